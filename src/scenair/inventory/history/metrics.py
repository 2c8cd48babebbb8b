"""Measures of change and inequality, each a pure function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

#: Zero in a logarithm is replaced by this (Ang 2015: any number small enough gives the limit).
TINY: Final = 1e-20

#: Tapio's classes by sign of GDP growth: (upper limit of the elasticity, class), ascending.
_GROWING: Final = (
    (0.0, "strong decoupling"),
    (0.8, "weak decoupling"),
    (1.2, "expansive coupling"),
    (np.inf, "expansive negative decoupling"),
)
_SHRINKING: Final = (
    (0.0, "strong negative decoupling"),
    (0.8, "weak negative decoupling"),
    (1.2, "recessive coupling"),
    (np.inf, "recessive decoupling"),
)


def tapio(co2_change: float, gdp_change: float) -> tuple[float, str]:
    """Elasticity and class of decoupling after Tapio (2005).

    Parameters
    ----------
    co2_change, gdp_change : float
        Relative changes over the period.

    Returns
    -------
    elasticity : float
        ``co2_change / gdp_change``; NaN where GDP did not change.
    name : str
        0-0.8 weak, 0.8-1.2 coupling (limits included below), and so on.
    """
    if gdp_change == 0:
        return float("nan"), "not defined"
    e = co2_change / gdp_change
    classes = _GROWING if gdp_change > 0 else _SHRINKING
    if e < 0:
        return e, classes[0][1]
    return e, next(name for limit, name in classes[1:] if e <= limit)


def log_mean(a: Array, b: Array) -> Array:
    """Logarithmic mean ``(a - b) / (ln a - ln b)``; ``a`` where equal, 0 where one is zero."""
    a, b = np.broadcast_arrays(np.asarray(a, float), np.asarray(b, float))
    both = (a > 0) & (b > 0)
    close = both & (np.abs(a - b) <= 1e-12 * np.maximum(a, b))
    far = both & ~close
    out = np.where(close, a, 0.0)
    np.divide(a - b, np.log(a, where=far, out=np.zeros(a.shape)) - np.log(
        b, where=far, out=np.zeros(b.shape)), out=out, where=far)  # fmt: skip
    return out


def lmdi(before: list[Array], after: list[Array]) -> list[Array]:
    """Additive LMDI-I: the effect of each factor on the product of all.

    Parameters
    ----------
    before, after : lists of arrays of one shape
        Factors whose product is the quantity. A zero factor counts as :data:`TINY`.

    Returns
    -------
    One array a factor; they sum to ``prod(after) - prod(before)`` up to the tiny number.
    """
    first = [np.where(np.asarray(f, float) == 0, TINY, f) for f in before]
    last = [np.where(np.asarray(f, float) == 0, TINY, f) for f in after]
    # products in logarithms: twenty powers of ten times a large emission must not underflow
    log_change = [np.log(b) - np.log(a) for a, b in zip(first, last, strict=True)]
    start, end = np.prod(np.stack(before), axis=0), np.prod(np.stack(after), axis=0)
    total = np.sum(log_change, axis=0)
    difference = end - start
    weight = np.divide(difference, total, out=start.copy(), where=np.abs(total) > 1e-12)
    return [weight * change for change in log_change]


def gini(values: Array) -> float:
    """Gini coefficient of values that are not negative: mean absolute difference over 2 means."""
    x = np.sort(np.asarray(values, dtype=float))
    if (x < 0).any():
        raise ValueError("a Gini coefficient needs values that are not negative")
    n, total = len(x), x.sum()
    if n == 0 or total == 0:
        return float("nan")
    return float((2 * (np.arange(1, n + 1) * x).sum() / (n * total)) - (n + 1) / n)


def lorenz(values: Array) -> tuple[Array, Array]:
    """Cumulative share of units and of the quantity, both starting at 0."""
    x = np.sort(np.asarray(values, dtype=float))
    share = np.concatenate([[0.0], np.cumsum(x) / x.sum()])
    return np.linspace(0, 1, len(x) + 1), share


def cocontrol_elasticity(
    pollutant: tuple[float, float], co2: tuple[float, float], *, least_change: float = 0.01
) -> float:
    """Relative change of a pollutant over that of CO2, (before, after) each.

    NaN where CO2 changed by less than ``least_change``: a ratio to almost nothing means nothing.
    """
    change = co2[1] / co2[0] - 1
    if abs(change) < least_change:
        return float("nan")
    return (pollutant[1] / pollutant[0] - 1) / change


def local_signal(change: Array, group: npt.NDArray[np.int32], weight: Array) -> float:
    """Share of the variance of cities' changes that lies within provinces, 0-1.

    Near 0 every city does what its province does: the spread inside provinces comes from fixed
    shares and says nothing about cities. 0 where nothing varies.
    """
    ok = np.isfinite(change) & (weight > 0)
    x, g, w = change[ok], group[ok], weight[ok]
    if len(x) == 0:
        return 0.0
    _, place = np.unique(g, return_inverse=True)
    mean = np.bincount(place, w * x) / np.bincount(place, w)
    overall = np.average(x, weights=w)
    total = np.average((x - overall) ** 2, weights=w)
    within = np.average((x - mean[place]) ** 2, weights=w)
    return float(within / total) if total > 1e-18 else 0.0
