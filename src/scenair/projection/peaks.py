"""When CO2 peaks: the year of the maximum, ties to the last year, never in the last year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


def peak_years(
    co2: npt.NDArray[np.float64], years: Sequence[int], *, tolerance: float = 0.0
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """Peak year and whether CO2 has peaked, by city.

    The peak year is the last year in which CO2 equals its maximum (a tie counts to its end). A
    city has not peaked if that is the last year of the series, or if CO2 in the last year exceeds
    (1 - tolerance) of the maximum with ``tolerance`` > 0 given as a demand for a clear fall.

    Parameters
    ----------
    co2 : ndarray, shape (year, city)
        Direct CO2 (Mg yr-1).
    years : sequence of int
    tolerance : float
        Share by which the last year must lie below the maximum (0: any fall counts).

    Returns
    -------
    year : ndarray of int32, shape (city,)
    peaked : ndarray of bool, shape (city,)
    """
    top = co2.max(axis=0)
    # rounding of the last bits is no fall
    at_top = co2 >= top * (1.0 - 1e-12)
    last = co2.shape[0] - 1 - np.argmax(at_top[::-1], axis=0)
    year = np.asarray(years, dtype=np.int32)[last]
    peaked = (last < co2.shape[0] - 1) & (co2[-1] <= top * (1.0 - tolerance)) & (top > 0)
    return year, peaked
