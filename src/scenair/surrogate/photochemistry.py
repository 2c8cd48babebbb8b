"""Photochemistry of the warm season: the radical balance of a cell.

Production of ozone follows from a steady state of peroxy radicals, hydroxyl and the photostationary
state of NO, NO2 and O3 (Kleinman 2005, Atmos. Environ. 39, 575-586, in spirit). Biogenic VOC are
an input that has to be given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from scenair.core.errors import InputError
from scenair.surrogate.solver import NotConvergedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from scenair.surrogate.parameters import Parameters

Array = npt.NDArray[np.float64]

_STEPS: Final = 200
#: Relative change of the peroxy radicals at which their balance is reached.
_BALANCE: Final = 1e-9
M_O3: Final = 47.998
M_NO2: Final = 46.0055
#: Molecules cm-3 of one ppb at 298 K and 1 atm.
_PER_PPB: Final = 2.46e10


class Balance(NamedTuple):
    """State of the photochemistry.

    Attributes
    ----------
    ozone, no, no2 : array
        ppb.
    production : array
        Net chemical source of Ox, ppb h-1 (production less NO2 + OH).
    gross : array
        Production of Ox by peroxy radicals with NO, ppb h-1.
    nox_loss_share : array
        L_N / Q, share of radicals lost by reaction with nitrogen oxides: 1 where ozone is
        limited by VOC, 0 where by NOx.
    hydroxyl : array
        molecules cm-3.
    peroxy : array
        ppb.
    """

    ozone: Array
    no: Array
    no2: Array
    production: Array
    gross: Array
    nox_loss_share: Array
    hydroxyl: Array
    peroxy: Array


@dataclass(frozen=True)
class Rates:
    """Rate constants in ppb-1 s-1 and s-1 (300 K)."""

    peroxy_no: float
    ozone_no: float
    hydroxyl_no2: float
    peroxy_self: float
    peroxy_cross: float
    nitrate_yield: float
    photolysis: float


def rates(par: Parameters) -> Rates:
    """Rate constants from the parameter table (cm3 molecule-1 s-1 there)."""

    def per_ppb(name: str) -> float:
        return par[name] * _PER_PPB

    return Rates(
        per_ppb("k_peroxy_no"),
        per_ppb("k_ozone_no"),
        per_ppb("k_hydroxyl_no2"),
        per_ppb("k_peroxy_self"),
        per_ppb("k_peroxy_cross"),
        par["organic_nitrate_yield"],
        par["photolysis_no2"],
    )


def balance(
    nox: Array,
    oxidant: Array,
    *,
    radicals: Array,
    reactivity: Array,
    k: Rates,
    start: Array | None = None,
) -> Balance:
    """Radical balance and photostationary state.

    Parameters
    ----------
    nox, oxidant : array
        NOx and Ox = O3 + NO2, ppb.
    radicals : array
        Primary production of radicals Q, ppb h-1.
    reactivity : array
        Reactivity of OH with VOC, CO and CH4, s-1.
    k : Rates
    start : array, optional
        Peroxy radicals (ppb) to begin with.
    """
    q = np.asarray(radicals, dtype=np.float64) / 3600
    nox = np.maximum(nox, 1e-6)
    oxidant = np.maximum(oxidant, 1e-6)

    def state(peroxy: Array) -> tuple[Array, Array, Array, Array]:
        """O3, NO, NO2 and the peroxy radicals that they leave."""
        ozone = _photostationary(nox, oxidant, peroxy, k)
        no2 = np.clip(oxidant - ozone, 0.0, nox)
        no = nox - no2
        taken = k.hydroxyl_no2 * no2 / reactivity
        a = 2 * (k.peroxy_self + k.peroxy_cross) + taken * k.peroxy_cross
        b = (taken + k.nitrate_yield) * k.peroxy_no * no
        # the root of a x^2 + b x = q without the difference of two large numbers
        return ozone, no, no2, 2 * q / (b + np.sqrt(b * b + 4 * a * q))

    shape = np.broadcast_shapes(nox.shape, oxidant.shape, q.shape)
    peroxy = np.full(shape, 0.01) if start is None else np.broadcast_to(start, shape)
    peroxy = _fixed_point(lambda x: state(x)[3], peroxy)
    ozone, no, no2, _ = state(peroxy)
    hydroxyl = (k.peroxy_no * no * peroxy + k.peroxy_cross * peroxy**2) / reactivity
    gross = 2 * k.peroxy_no * no * peroxy * (1 - k.nitrate_yield / 2)
    loss = k.hydroxyl_no2 * hydroxyl * no2
    by_nitrogen = (loss + k.nitrate_yield * k.peroxy_no * no * peroxy) / q
    return Balance(
        ozone,
        no,
        no2,
        (gross - loss) * 3600,
        gross * 3600,
        by_nitrogen,
        hydroxyl * _PER_PPB,
        peroxy,
    )


def _fixed_point(image: Callable[[Array], Array], start: Array) -> Array:
    """``x = image(x)`` of positive numbers, each by secants of its own.

    Raises
    ------
    NotConvergedError
    """
    x, y = start, image(start)
    slope = np.zeros(x.shape)
    for _ in range(_STEPS):
        if (np.abs(y - x) <= _BALANCE * y).all():
            return y
        # the image falls where radicals free more ozone, so a secant never meets a pole; where
        # two points are too near for a secant the last slope stands
        new = np.clip(x + (y - x) / (1 - slope), 0.2 * np.minimum(x, y), 5 * np.maximum(x, y))
        image_of_new = image(new)
        apart = new - x
        known = np.abs(apart) > 1e-7 * new
        secant = (image_of_new - y) / np.where(known, apart, 1.0)
        slope = np.where(known, np.clip(secant, -100.0, 0.9), slope)
        x, y = new, image_of_new
    raise NotConvergedError(f"radical balance: no convergence to {_BALANCE:g} in {_STEPS} steps")


def _photostationary(nox: Array, oxidant: Array, peroxy: Array, k: Rates) -> Array:
    """O3 (ppb) from ``J NO2 = NO (k O3 + 2 kN x)`` with NO2 = Ox - O3, NO = NOx - NO2."""
    extra = 2 * k.peroxy_no * peroxy
    # NO2 = Ox - O3; (J + extra)(Ox - O3) = k O3 (NOx - Ox + O3) + extra NOx
    b = k.ozone_no * (nox - oxidant) + k.photolysis + extra
    c = extra * nox - (k.photolysis + extra) * oxidant
    root = np.sqrt(np.maximum(b * b - 4 * k.ozone_no * c, 0.0))
    # each sign of b in the form that adds, so that little ozone is not lost in the difference
    with np.errstate(divide="ignore", invalid="ignore"):
        ozone = np.where(b > 0, -2 * c / (b + root), (root - b) / (2 * k.ozone_no))
    return np.clip(ozone, 0.0, oxidant)


def require_biogenic(reactivity: Array | None, *, where: str) -> Array:
    """The reactivity of biogenic VOC, or a message that ozone can't be had without it.

    Raises
    ------
    InputError
        Not given, negative, missing values, or zero everywhere.
    """
    if reactivity is None:
        raise InputError(
            "the ozone module needs biogenic VOC",
            where=where,
            remedy="give a table or field of biogenic reactivity; without it rural ozone is wrong "
            "in sign, so no ozone is computed",
        )
    values = np.asarray(reactivity, dtype=np.float64)
    if not np.isfinite(values).all() or (values < 0).any() or not (values > 0).any():
        raise InputError(
            "biogenic reactivity must be finite, not negative, and not zero everywhere", where=where
        )
    return values
