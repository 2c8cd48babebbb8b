"""Vertical mixing of a mean day: what a steady model needs to have the mean of day and night.

By day convection mixes deep, by night hardly at all, and what is emitted at night waits near the
ground. Neither the mean diffusivity nor that of the mean mixing height gives the mean
concentration. A column with a source at the ground and a slow loss is therefore carried through the
hours until its days repeat; the mean flux over the mean gradient is the diffusivity that a steady
model takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from scenair.surrogate import parametric
from scenair.surrogate.layers import middle, thickness

if TYPE_CHECKING:
    from collections.abc import Callable

    from scenair.surrogate.parameters import Parameters
    from scenair.surrogate.parametric import MixedLayer

Array = npt.NDArray[np.float64]

HOURS: Final = 24
_STEP_S: Final = 3600.0
#: Days until the day repeats to better than a thousandth.
_DAYS: Final = 9


def hourly_diffusivity(
    hour: int,
    layer: MixedLayer,
    *,
    interface: Array,
    friction: Array,
    pressure: Array,
    par: Parameters,
) -> Array:
    """Kz over land at the interfaces (interface, ...) in an hour after sunrise, m2 s-1.

    By day convection adds to the wind: the velocity of the profile is ``(u*^3 + 0.28 w*^3)^(1/3)``
    with ``w*^3 = g h H / (rho cp T)`` (Troen and Mahrt 1986, Boundary-Layer Meteorol. 37,
    129-148; Holtslag and Boville 1993, J. Climate 6, 1825-1842; the form from memory); heat
    follows a sine.
    """
    share = (hour + 0.5) / (HOURS * np.maximum(layer.day, 0.01))
    light = share < 1
    share = np.minimum(share, 1.0)
    mixing = np.where(light, layer.height_at(share), layer.wind)
    heat = layer.heat * np.pi / 2 * np.sin(np.pi * share)
    convective = 9.80665 * mixing * heat * 287.05 / (1005.0 * pressure)
    convection = np.cbrt(friction**3 + 0.28 * np.maximum(convective, 0.0))
    speed = np.where(light, convection, layer.night_friction)
    return parametric.vertical_diffusivity(interface, friction=speed, mixing=mixing, par=par)


def effective_diffusivity(
    hourly: Callable[[int], Array], *, tops: tuple[float, ...], loss: float
) -> Array:
    """The steady Kz at the interfaces (interface, ...) of a day of ``hourly`` ones, m2 s-1.

    Parameters
    ----------
    hourly : callable
        Hour (0-23) -> Kz (interface, ...), m2 s-1.
    tops : tuple of float
        Layer tops, m.
    loss : float
        First-order loss of the column, s-1.
    """
    depth = thickness(tops)
    distance = np.diff(middle(tops))
    day = [hourly(hour) for hour in range(HOURS)]
    shape = day[0].shape[1:]
    mean = np.mean(day, axis=0)
    c = _steady(mean, depth=depth, distance=distance, loss=loss)
    total = np.zeros_like(c)
    for n in range(_DAYS * HOURS):
        c = _implicit(c, day[n % HOURS], depth=depth, distance=distance, loss=loss)
        if n >= (_DAYS - 1) * HOURS:
            total += c / HOURS
    flat = (slice(None),) + (None,) * len(shape)
    # what is lost above an interface is what passes it
    flux = np.cumsum((loss * total * depth[flat])[::-1], axis=0)[::-1][1:]
    gradient = -np.diff(total, axis=0) / distance[flat]
    return np.asarray(flux / np.maximum(gradient, 1e-30))


def _implicit(c: Array, k: Array, *, depth: Array, distance: Array, loss: float) -> Array:
    """A backward step of an hour with a unit flux (1 s-1 m-2) from the ground."""
    source = c.copy()
    source[0] += _STEP_S / depth[0]
    return _tridiagonal(k * _STEP_S, 1 + loss * _STEP_S, source, depth, distance)


def _steady(k: Array, *, depth: Array, distance: Array, loss: float) -> Array:
    source = np.zeros((len(depth), *k.shape[1:]))
    source[0] = 1 / depth[0]
    return _tridiagonal(k, loss, source, depth, distance)


def _tridiagonal(k: Array, diagonal: float, source: Array, depth: Array, distance: Array) -> Array:
    """Solve ``diagonal c - d/dz(k dc/dz) = source`` for all columns (Thomas algorithm)."""
    n = len(depth)
    up = [k[i] / distance[i] for i in range(n - 1)]
    c = np.empty_like(source)
    upper: list[Array] = []
    previous: Array | float = 0.0
    for i in range(n):
        lower = up[i - 1] / depth[i] if i else 0.0
        ahead = up[i] / depth[i] if i < n - 1 else 0.0
        pivot = diagonal + lower + ahead - lower * (upper[-1] if i else 0.0)
        c[i] = (source[i] + lower * previous) / pivot
        upper.append(np.asarray(ahead / pivot))
        previous = c[i]
    for i in range(n - 2, -1, -1):
        c[i] += upper[i] * c[i + 1]
    return c
