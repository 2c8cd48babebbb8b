"""Annual values between the years that a table gives: smooth, and no peak made by the table.

A cubic Hermite curve whose slope at a knot is that of the parabola through the knot and its
neighbours, limited to three times the smaller of the two adjacent slopes (Fritsch and Carlson
1980; relaxed at extremes as Hyman 1983 does). Monotone data give a monotone curve, so shares stay
between their values; where the data turn, the curve turns between the knots and not at one, as
a straight line or a PCHIP of the levels would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]


def slopes(x: Array, y: Array) -> Array:
    """Limited slopes of the curve at its knots, shape (knot,)."""
    secant = np.diff(y) / np.diff(x)
    if secant.size == 1:
        return np.repeat(secant, 2)
    h = np.diff(x)
    inner = (h[1:] * secant[:-1] + h[:-1] * secant[1:]) / (h[:-1] + h[1:])
    first = secant[0] + h[0] / (h[0] + h[1]) * (secant[0] - secant[1])
    last = secant[-1] + h[-1] / (h[-1] + h[-2]) * (secant[-1] - secant[-2])
    raw = np.concatenate([[first], inner, [last]])
    before, after = np.append(secant[:1], secant), np.append(secant, secant[-1:])
    bound = 3.0 * np.minimum(np.abs(before), np.abs(after))
    limited = np.sign(raw) * np.minimum(np.abs(raw), bound)
    # between knots that rise (or fall) on both sides the curve does so too
    same = np.sign(before) == np.sign(after)
    out: Array = np.where(same & (np.sign(limited) != np.sign(before)), 0.0, limited)
    return out


def smooth(
    series: Mapping[int, float], years: Sequence[int] | Array, *, log: bool = False
) -> Array:
    """Values of a series in all ``years``; constant before its first and after its last knot.

    Parameters
    ----------
    series : mapping
        Year -> value, at least one.
    years : sequence of int
    log : bool
        Interpolate the logarithm: growth, not level, is smooth (positive values only).

    Returns
    -------
    ndarray, shape (year,)
    """
    from scipy.interpolate import CubicHermiteSpline

    knots = np.array(sorted(series), dtype=np.float64)
    values = np.array([series[int(k)] for k in knots], dtype=np.float64)
    grid = np.asarray(years, dtype=np.float64)
    if knots.size == 1:
        return np.full(grid.shape, values[0])
    level = np.log(values) if log else values
    curve = CubicHermiteSpline(knots, level, slopes(knots, level))
    found = curve(np.clip(grid, knots[0], knots[-1]))
    out: Array = np.exp(found) if log else found
    # a value that is given is kept to the last bit
    exact = np.searchsorted(knots, grid).clip(0, knots.size - 1)
    return np.where(knots[exact] == grid, values[exact], out)
