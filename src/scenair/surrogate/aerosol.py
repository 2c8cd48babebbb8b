"""Ammonia, nitric acid and sulfate in equilibrium, closed form.

Dissociation of ammonium nitrate after Mozurkewich (1993, Atmos. Environ. 27A, 261-270); the
partition follows from mass balance. The sum of gas and particle of sulfur, nitrate and ammonium
is conserved.
"""

from __future__ import annotations

from copy import copy
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from scenair.core.constants import GAS_CONSTANT

Array = npt.NDArray[np.float64]

#: Molar masses, g mol-1.
M_SO4: Final = 96.0626
M_NO3: Final = 62.0049
M_NH4: Final = 18.0385
#: Four times of day: departure of temperature (K) from its mean, and of relative humidity a kelvin.
DIURNAL_K: Final = (-5.0, -2.0, 2.0, 5.0)
RH_PER_K: Final = -0.025
_RH_RANGE: Final = (0.05, 0.98)


class Partition(NamedTuple):
    """Particle-phase nitrate and ammonium, ug m-3."""

    nitrate: Array
    ammonium: Array


class Response(NamedTuple):
    """Derivatives of NO3 + NH4 by total sulfate, nitrate and ammonium (ug m-3 per ug m-3)."""

    sulfate: Array
    nitrate: Array
    ammonium: Array


def dissociation_constant(temperature: Array, humidity: Array) -> Array:
    """Product of NH3 and HNO3 over ammonium nitrate, ppb2.

    Parameters
    ----------
    temperature : array
        K.
    humidity : array
        Relative humidity, 0-1.
    """
    t = np.asarray(temperature, dtype=np.float64)
    log_t = np.log(t)
    dry = np.exp(118.87 - 24084 / t - 6.025 * log_t)
    deliquescence = np.exp(618.3 / t - 2.551)
    p1 = np.exp(-135.94 + 8763 / t + 19.12 * log_t)
    p2 = np.exp(-122.65 + 9969 / t + 16.22 * log_t)
    p3 = np.exp(-182.61 + 13875 / t + 24.46 * log_t)
    gap = 1 - np.minimum(humidity, 0.999)
    wet = dry * (p1 - p2 * gap + p3 * gap**2) * gap**1.75
    return np.where(humidity < deliquescence, dry, wet)


def _nanomole(temperature: Array, pressure: Array) -> Array:
    """ppb of one ug m-3 of a species of 1 g mol-1."""
    return np.asarray(GAS_CONSTANT * temperature / pressure * 1e3)


def _nitrate_ppb(free: Array, acid: Array, constant: Array) -> tuple[Array, Array, Array]:
    """Ammonium nitrate (ppb) and its derivatives by free ammonia and nitric acid."""
    root = np.sqrt((free - acid) ** 2 + 4 * constant)
    forms = free * acid > constant
    value = np.where(forms, 0.5 * (free + acid - root), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(forms, (free - acid) / root, 0.0)
    return value, np.where(forms, 0.5 * (1 - slope), 0.0), np.where(forms, 0.5 * (1 + slope), 0.0)


def _nodes(temperature: Array, humidity: Array) -> list[tuple[Array, Array]]:
    return [(temperature + d, np.clip(humidity + RH_PER_K * d, *_RH_RANGE)) for d in DIURNAL_K]


class Equilibrium:
    """The equilibrium at given weather: what does not depend on concentrations is set up once.

    Parameters
    ----------
    temperature : array
        Daily mean, K.
    humidity : array
        Daily mean relative humidity, 0-1.
    pressure : array
        Pa.
    """

    def __init__(self, temperature: Array, humidity: Array, pressure: Array) -> None:
        #: Dissociation constant at each time of day, (umol m-3)2.
        self._constant = [
            dissociation_constant(t, rh) / _nanomole(t, pressure) ** 2
            for t, rh in _nodes(temperature, humidity)
        ]

    def rows(self, part: slice) -> Equilibrium:
        """The same for some of the places, along the first axis."""
        other = copy(self)
        other._constant = [constant[part] for constant in self._constant]
        return other

    def partition(self, sulfate: Array, nitrate: Array, ammonium: Array) -> Partition:
        """See :func:`partition`."""
        s, n, a = sulfate / M_SO4, nitrate / M_NO3, ammonium / M_NH4
        free = np.maximum(a - 2 * s, 0.0)
        both, apart = free + n, (free - n) ** 2
        salt = np.zeros(np.broadcast_shapes(apart.shape, self._constant[0].shape))
        for constant in self._constant:
            # 0 or less where free ammonia times nitric acid is below the constant
            salt += np.maximum(both - np.sqrt(apart + 4 * constant), 0.0)
        salt *= 0.5 / len(self._constant)
        particle = np.minimum(a, 2 * s) + salt
        return Partition(np.minimum(salt * M_NO3, nitrate), np.minimum(particle * M_NH4, ammonium))


def partition(
    sulfate: Array,
    nitrate: Array,
    ammonium: Array,
    *,
    temperature: Array,
    humidity: Array,
    pressure: Array,
) -> Partition:
    """Particle-phase nitrate and ammonium, mean over the day.

    Parameters
    ----------
    sulfate, nitrate, ammonium : array
        Totals of gas and particle as SO4, NO3 and NH4, ug m-3.
    temperature : array
        Daily mean, K.
    humidity : array
        Daily mean relative humidity, 0-1.
    pressure : array
        Pa.

    Returns
    -------
    Partition
        ug m-3, never above the totals.
    """
    return Equilibrium(temperature, humidity, pressure).partition(sulfate, nitrate, ammonium)


def partition_response(
    sulfate: Array,
    nitrate: Array,
    ammonium: Array,
    *,
    temperature: Array,
    humidity: Array,
    pressure: Array,
) -> Response:
    """Analytic derivatives of particle NO3 + NH4 by the three totals; arguments as above."""
    d_s = np.zeros(np.broadcast_shapes(np.shape(sulfate), np.shape(temperature)))
    d_n, d_a = np.zeros_like(d_s), np.zeros_like(d_s)
    for t, rh in _nodes(temperature, humidity):
        ppb = _nanomole(t, pressure)
        s, n, a = sulfate / M_SO4 * ppb, nitrate / M_NO3 * ppb, ammonium / M_NH4 * ppb
        rich = a > 2 * s
        _, by_free, by_acid = _nitrate_ppb(
            np.maximum(a - 2 * s, 0.0), n, dissociation_constant(t, rh)
        )
        salt_mass = M_NO3 + M_NH4
        # where sulfate takes all ammonia, ammonium follows the total; else twice the sulfate
        d_s += np.where(rich, 2 * M_NH4 - 2 * by_free * salt_mass, 0.0) / M_SO4
        d_a += np.where(rich, by_free * salt_mass, M_NH4) / M_NH4
        d_n += by_acid * salt_mass / M_NO3
    k = len(DIURNAL_K)
    return Response(d_s / k, d_n / k, d_a / k)


def path_response(
    sulfate: Array,
    nitrate: Array,
    ammonium: Array,
    *,
    temperature: Array,
    humidity: Array,
    pressure: Array,
    nodes: int = 24,
) -> Response:
    """Aumann-Shapley shares: derivatives averaged along the ray from nothing to the totals.

    ``total_X * share_X`` summed over the three totals is the particle NO3 + NH4 of the totals,
    because the integral along the path is that sum (Gauss-Legendre in ``nodes`` points; the kinks
    of the partition limit the quadrature, and the remainder is spread in proportion, so the sum is
    exact).
    """
    point, weight = np.polynomial.legendre.leggauss(nodes)
    mean = [np.zeros(np.broadcast_shapes(np.shape(sulfate), np.shape(temperature)))] * 3
    state = {"temperature": temperature, "humidity": humidity, "pressure": pressure}
    for p, w in zip((point + 1) / 2, weight / 2, strict=True):
        step = partition_response(p * sulfate, p * nitrate, p * ammonium, **state)
        mean = [m + w * part for m, part in zip(mean, step, strict=True)]
    total = sum(partition(sulfate, nitrate, ammonium, **state))
    quadrature = mean[0] * sulfate + mean[1] * nitrate + mean[2] * ammonium
    with np.errstate(divide="ignore", invalid="ignore"):
        closing = np.where(quadrature > 0, total / quadrature, 1.0)
    return Response(*(m * closing for m in mean))
