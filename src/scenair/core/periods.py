"""Months, calendar quarters and their lengths.

Emissions carry months; concentrations carry calendar quarters Q1-Q4 and the day-weighted annual
mean.
"""

from __future__ import annotations

import calendar
from typing import Final

import numpy as np
import numpy.typing as npt

QUARTERS: Final[tuple[str, ...]] = ("Q1", "Q2", "Q3", "Q4")
SECONDS_PER_DAY: Final = 86_400


def days_in_months(year: int) -> npt.NDArray[np.int64]:
    """Days of the twelve months of ``year`` (Gregorian)."""
    return np.array([calendar.monthrange(year, m)[1] for m in range(1, 13)], dtype=np.int64)


def seconds_in_months(year: int) -> npt.NDArray[np.float64]:
    """Seconds of the twelve months of ``year``."""
    return days_in_months(year).astype(np.float64) * SECONDS_PER_DAY


def days_in_quarters(year: int) -> npt.NDArray[np.int64]:
    """Days of the four calendar quarters of ``year``."""
    return np.asarray(days_in_months(year).reshape(4, 3).sum(axis=1), dtype=np.int64)
