"""AQI of HJ 633, editions 2012 and 2026, and the composite index of HJ 663."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from scenair.attainment.rounding import DECIMALS, round_gb8170
from scenair.core.errors import ConfigError, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    import pandas as pd

LEVELS: Final = (50, 100, 150, 200, 300)
#: Items of the daily report: (pollutant, averaging).
DAILY_ITEMS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "hj633-2012": (
        ("SO2", "24h"),
        ("NO2", "24h"),
        ("PM10", "24h"),
        ("PM25", "24h"),
        ("CO", "24h"),
        ("O3", "1h"),
        ("O3", "mda8"),
    ),
    "hj633-2026": (
        ("SO2", "24h"),
        ("NO2", "24h"),
        ("PM10", "24h"),
        ("PM25", "24h"),
        ("CO", "24h"),
        ("O3", "mda8"),
    ),
}
#: Above the last break point: 2012 computes nothing for these items, 2026 caps them.
_OPEN_ENDED: Final[dict[tuple[str, str], int]] = {("SO2", "1h"): 200, ("O3", "mda8"): 300}
_TOP: Final = 500
#: Takes binary noise off before rounding up: 150.00000000000003 is 150.
_NOISE_PLACES: Final = 9


def iaqi(
    concentration: npt.ArrayLike,
    pollutant: str,
    averaging: str,
    *,
    breakpoints: pd.DataFrame,
    profile: str,
) -> npt.NDArray[np.float64]:
    """Individual air-quality index, rounded up; NaN stays NaN.

    Parameters
    ----------
    concentration : array_like
        ug m-3 (CO mg m-3).
    pollutant, averaging : str
        For example ``PM25``, ``24h``; ``O3``, ``mda8``.
    breakpoints : DataFrame
        ``resources/attainment/iaqi.csv``.
    profile : str
        ``hj633-2012`` or ``hj633-2026``. The latter rounds the concentration by GB/T 8170 first.

    Raises
    ------
    ConfigError
        No break points for this item.
    InputError
        Negative concentration.
    """
    rows = breakpoints[
        (breakpoints["profile"] == profile)
        & (breakpoints["pollutant"] == pollutant)
        & (breakpoints["averaging"] == averaging)
    ].sort_values("iaqi")
    if rows.empty:
        raise ConfigError("no break points", value=f"{profile}, {pollutant}, {averaging}")
    c = np.asarray(concentration, dtype=np.float64)
    if (c < 0).any():
        raise InputError(
            "a negative concentration", where=f"{pollutant} {averaging}", value=c.min()
        )
    if profile == "hj633-2026":
        c = round_gb8170(c, decimals=DECIMALS[pollutant])
    points = rows["value"].to_numpy(np.float64)
    index = rows["iaqi"].to_numpy(np.float64)
    value = np.ceil(np.round(np.interp(c, points, index), _NOISE_PLACES))
    above = c > points[-1]
    if (pollutant, averaging) in _OPEN_ENDED:
        cap = np.nan if profile == "hj633-2012" else _OPEN_ENDED[pollutant, averaging]
        value = np.where(above, cap, value)
    else:
        value = np.where(above, _TOP, value)
    return np.asarray(np.where(np.isfinite(c), value, np.nan))


def daily_aqi(
    concentrations: Mapping[tuple[str, str], npt.ArrayLike],
    *,
    breakpoints: pd.DataFrame,
    profile: str = "hj633-2026",
) -> pd.DataFrame:
    """AQI, level (1-6) and primary pollutants of days.

    Parameters
    ----------
    concentrations : mapping
        (pollutant, averaging) -> values (day,); items of :data:`DAILY_ITEMS` that are absent or
        NaN are missing.
    profile : str

    Returns
    -------
    DataFrame
        aqi (NaN where not to be published), level, primary (``;`` between ties; empty for AQI up
        to 50), n_items. 2026: with an item missing, the AQI is published only above 100; 2012:
        from what is there.
    """
    import pandas as pd

    items = DAILY_ITEMS[profile]
    size = max(np.size(v) for v in concentrations.values())
    table = np.full((len(items), size), np.nan)
    for i, item in enumerate(items):
        if item in concentrations:
            table[i] = iaqi(concentrations[item], *item, breakpoints=breakpoints, profile=profile)
    present = np.isfinite(table)
    top = np.where(present, table, -1).max(axis=0)
    aqi = np.where(present.any(axis=0), top, np.nan)
    if profile == "hj633-2026":
        whole = present.all(axis=0)
        aqi = np.where(whole | (aqi > 100), aqi, np.nan)
    primary = [
        ";".join(dict.fromkeys(items[i][0] for i in np.flatnonzero(table[:, d] == aqi[d])))
        if aqi[d] > LEVELS[0]
        else ""
        for d in range(size)
    ]
    level = np.where(np.isfinite(aqi), np.searchsorted(LEVELS, np.nan_to_num(aqi)) + 1, 0)
    return pd.DataFrame(
        {"aqi": aqi, "level": level, "primary": primary, "n_items": present.sum(axis=0)}
    )


def heavy_episodes(aqi: pd.Series, *, threshold: float = 200.0, shortest: int = 2) -> pd.DataFrame:
    """Runs of days with an AQI above a threshold: what alerts are called for.

    Parameters
    ----------
    aqi : Series
        Index day (ascending, complete); missing ends a run.
    threshold : float
        200 is heavy pollution.
    shortest : int
        Days a run needs (two for the lowest alert level, from memory).

    Returns
    -------
    DataFrame
        start, end, days, highest; the sum of ``days`` is the number of alert days.
    """
    import pandas as pd

    above = (aqi > threshold).to_numpy()
    run = np.cumsum(np.diff(above.astype(int), prepend=0) == 1)
    rows = []
    for number in np.unique(run[above]):
        part = aqi[above & (run == number)]
        if len(part) >= shortest:
            rows.append((part.index[0], part.index[-1], len(part), float(part.max())))
    return pd.DataFrame(rows, columns=["start", "end", "days", "highest"])


def composite_index(
    statistics: Mapping[str, float],
    limits: Mapping[str, float],
    *,
    weights: Mapping[str, float] | None = None,
    percentiles: Mapping[str, tuple[float, float]] | None = None,
) -> float:
    """Composite index: sum of weight x statistic / limit over the six items.

    Parameters
    ----------
    statistics : mapping
        Annual mean of SO2, NO2, PM10, PM25 (ug m-3), P95 of CO (mg m-3), P90 of MDA8 (ug m-3).
    limits : mapping
        Annual limits of the four, daily limit of CO, MDA8 limit of O3.
    weights : mapping, optional
        1 each by default (HJ 663-2013).
    percentiles : mapping, optional
        pollutant -> (percentile, daily limit): the index takes the larger of both ratios
        (annual evaluation of HJ 663-2013). Without, the ranking form.

    Returns
    -------
    float
        Unrounded; two places where shown.
    """
    total = 0.0
    for item, limit in limits.items():
        ratio = statistics[item] / limit
        if percentiles is not None and item in percentiles:
            value, daily = percentiles[item]
            ratio = max(ratio, value / daily)
        total += (1.0 if weights is None else weights[item]) * ratio
    return total


def ranking(index: pd.Series) -> pd.Series:
    """Rank of cities by the composite index rounded to two places; ties share the better rank."""
    import pandas as pd

    rounded = pd.Series(round_gb8170(index.to_numpy(), decimals=2), index=index.index)
    return rounded.rank(method="min").astype("Int64")
