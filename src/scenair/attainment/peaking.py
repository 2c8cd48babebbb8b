"""Other readings of "CO2 has peaked", beside the criterion of the projection.

The projection decides (`peaked`: the last year of the maximum, never the last year of the series).
Counts under the other readings are shown beside it, because published counts seldom name theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

if TYPE_CHECKING:
    import numpy.typing as npt

#: Share of the maximum that counts as a clear fall, or as still on the plateau.
TOLERANCE: Final = 0.01
#: Years after the peak that a trend needs, and the level of its test (Mann-Kendall, one-sided).
FEWEST_YEARS: Final = 5
LEVEL: Final = 0.05


def peak_readings(co2: pd.DataFrame, *, year: int, tolerance: float = TOLERANCE) -> pd.DataFrame:
    """Whether CO2 has peaked by a year, in four readings.

    Parameters
    ----------
    co2 : DataFrame
        Index year ascending, a column a city; Mg yr-1.
    year : int
    tolerance : float
        Relative.

    Returns
    -------
    DataFrame of bool, index city
        ``maximum``: the last year of the maximum is not after ``year`` nor the last of the series;
        ``clear_fall``: and the last year lies at least ``tolerance`` below it;
        ``falling_trend``: and the years after the peak fall (Mann-Kendall, p < 0.05, five or
        more);
        ``plateau``: CO2 is within ``tolerance`` of its maximum by ``year`` (later growth stays
        within it, a fall is not asked).
    """
    values = co2.to_numpy(np.float64)
    years = co2.index.to_numpy()
    top = values.max(axis=0)
    # sums over sectors may differ in the last bits
    last = len(years) - 1 - np.argmax((values >= top * (1 - 1e-12))[::-1], axis=0)
    peaked = (last < len(years) - 1) & (years[last] <= year) & (top > 0)
    near = years[np.argmax(values >= top * (1 - tolerance), axis=0)] <= year
    falls = [_falls(values[i:, k]) for k, i in enumerate(last)]
    return pd.DataFrame(
        {
            "maximum": peaked,
            "clear_fall": peaked & (values[-1] <= top * (1 - tolerance)),
            "falling_trend": peaked & np.array(falls, dtype=bool),
            "plateau": near & (top > 0),
        },
        index=co2.columns,
    )


def _falls(series: npt.NDArray[np.float64]) -> bool:
    """Whether a series from its peak on has a falling trend."""
    if len(series) <= FEWEST_YEARS or np.ptp(series) == 0:
        return False
    test = kendalltau(np.arange(len(series)), series, alternative="less")
    return bool(test.pvalue < LEVEL)
