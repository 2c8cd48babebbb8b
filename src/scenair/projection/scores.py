"""How much is asked of a city: relative ranks of importance, feasibility and action; key sectors.

s_i(c) = 100 (rank_i(c) - 0.5) / N with ranks ascending in the demand an indicator makes; a
dimension is the mean of its indicators, the score the mean of the three dimensions. The higher
the score, the earlier and the stronger a city should peak. The formula is ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.core.sectors import SECTORS
from scenair.projection.peaks import peak_years
from scenair.projection.typology import TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

#: dimension -> indicator -> sign (+1: the larger the more is asked).
INDICATORS: Final = {
    "importance": {"co2": 1, "co2_per_person": 1},
    "feasibility": {"cars_per_person": 1, "services": 1, "urban_share": 1, "co2_growth": -1},
    "action": {"key_region": 1, "so2_fall": 1},
}
#: A sector is key when it holds at least this share of the growth of cities that have not peaked.


def relative_rank(values: Array) -> Array:
    """100 (rank - 0.5) / N, ties share their mean rank."""
    ranks = pd.Series(values).rank(method="average").to_numpy(dtype=np.float64)
    out: Array = 100.0 * (ranks - 0.5) / values.size
    return out


def city_scores(indicators: pd.DataFrame) -> pd.DataFrame:
    """Scores by city.

    Parameters
    ----------
    indicators : DataFrame
        One column an indicator of :data:`INDICATORS`, one row a city.

    Returns
    -------
    DataFrame
        importance, feasibility, action and score, 0 to 100.
    """
    out = pd.DataFrame(index=indicators.index)
    for dimension, group in INDICATORS.items():
        ranks = [
            relative_rank(sign * indicators[name].to_numpy(float)) for name, sign in group.items()
        ]
        out[dimension] = np.mean(ranks, axis=0)
    out["score"] = out[list(INDICATORS)].mean(axis=1)
    return out


def indicator_table(
    *,
    co2: Array,
    so2: Array,
    population: Array,
    features: pd.DataFrame,
    key_region: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    """Indicators from the history.

    Parameters
    ----------
    co2, so2 : ndarray, shape (year, city)
        History (Mg yr-1).
    population : ndarray, shape (city,)
    """
    return pd.DataFrame(
        {
            "co2": co2[-1],
            "co2_per_person": co2[-1] / np.maximum(population, 1.0),
            "cars_per_person": features["car_households_per_person"].to_numpy(),
            "services": features["employment_services"].to_numpy(),
            "urban_share": features["urban_share_2020"].to_numpy(),
            "co2_growth": co2[-1] / np.maximum(co2[0], 1.0),
            "key_region": key_region.astype(np.float64),
            "so2_fall": 1.0 - so2[-1] / np.maximum(so2[0], 1.0),
        },
        index=features.index,
    )


def type_scores(scores: pd.DataFrame, types: npt.NDArray[np.int32]) -> pd.DataFrame:
    """Mean scores by city type."""
    frame = scores.groupby(types).mean()
    frame.insert(0, "city_type", [TYPES[int(i)] for i in frame.index])
    frame.insert(1, "cities", pd.Series(types).value_counts().reindex(frame.index).to_numpy())
    return frame.reset_index(drop=True)


def key_sectors(
    co2: Array, years: Sequence[int], *, start: int, end: int, deadline: int, key_share: float
) -> pd.DataFrame:
    """Sectors that drive the growth of cities that have not peaked by ``deadline``.

    Parameters
    ----------
    co2 : ndarray, shape (year, city, sector)
        Mg yr-1.
    years : sequence of int
    start, end : int
        Growth is taken between these years.
    key_share : float
        Share from which a sector is a key sector (1; ``key_sector_share`` of ``parameters.csv``).

    Returns
    -------
    DataFrame
        sector, growth of not-peaked and of peaked cities (Mg yr-1), share of all growth of the
        not-peaked (sum of positive changes), key (share >= ``key_share`` and growth > 0).
    """
    index = {int(y): i for i, y in enumerate(years)}
    year, peaked = peak_years(co2.sum(axis=2), years)
    done = peaked & (year <= deadline)
    change = co2[index[end]] - co2[index[start]]
    open_growth = np.maximum(change[~done], 0.0).sum(axis=0)
    total = max(float(open_growth.sum()), 1e-9)
    net = change[~done].sum(axis=0)
    return pd.DataFrame(
        {
            "sector": list(SECTORS),
            "growth_not_peaked": net,
            "growth_peaked": change[done].sum(axis=0),
            "share": open_growth / total,
            "key": (open_growth / total >= key_share) & (net > 0),
            "cities_not_peaked": int((~done).sum()),
        }
    )
