"""Rounding as the standards prescribe it: one step, at the comparison, never before."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import numpy.typing as npt

#: Decimal places at the comparison with a limit (HJ 663-2013, from memory).
DECIMALS: Final[dict[str, int]] = {
    "PM25": 0,
    "PM10": 0,
    "SO2": 0,
    "NO2": 0,
    "O3": 0,
    "CO": 1,
}

#: Noise below this many places (binary fractions, float32 input) is taken off before a tie is
#: looked for. A mean of a year of hourly values moves in steps far larger than that.
_NOISE_PLACES: Final = 6


def _quantize(value: float, decimals: int, mode: str) -> float:
    if not np.isfinite(value):
        return float("nan")
    exact = Decimal(str(round(float(value), _NOISE_PLACES)))
    return float(exact.quantize(Decimal(1).scaleb(-decimals), rounding=mode))


def round_gb8170(value: npt.ArrayLike, *, decimals: int = 0) -> npt.NDArray[np.float64]:
    """Round by GB/T 8170: half to even, in one step; NaN stays NaN.

    Parameters
    ----------
    value : array_like
    decimals : int
        Places kept.

    Returns
    -------
    ndarray
        Same shape (0-d for a scalar).

    Notes
    -----
    A decimal tie is looked for in the decimal form of the number to six places, because
    4.15 is no binary number.
    """
    rounder = np.frompyfunc(lambda v: _quantize(v, decimals, ROUND_HALF_EVEN), 1, 1)
    return np.asarray(rounder(np.asarray(value, dtype=np.float64)), dtype=np.float64)


def truncate(value: npt.ArrayLike, *, decimals: int = 0) -> npt.NDArray[np.float64]:
    """Drop the places behind ``decimals`` (US design values of ozone); NaN stays NaN."""
    rounder = np.frompyfunc(lambda v: _quantize(v, decimals, ROUND_DOWN), 1, 1)
    return np.asarray(rounder(np.asarray(value, dtype=np.float64)), dtype=np.float64)


def attains(
    value: npt.ArrayLike, limit: npt.ArrayLike, *, pollutant: str
) -> pd.arrays.BooleanArray:
    """Rounded value at or below the limit; missing where the value or the limit is missing.

    Parameters
    ----------
    value, limit : array_like
        Same unit.
    pollutant : str
        Key of :data:`DECIMALS`.
    """
    rounded = round_gb8170(value, decimals=DECIMALS[pollutant])
    bound = np.broadcast_to(np.asarray(limit, dtype=np.float64), rounded.shape)
    known = np.isfinite(rounded) & np.isfinite(bound)
    below = np.where(known, rounded, np.inf) <= np.where(known, bound, -np.inf)
    return pd.arrays.BooleanArray(np.atleast_1d(below), np.atleast_1d(~known))
