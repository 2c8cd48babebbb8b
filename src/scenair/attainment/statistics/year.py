"""From a year of hourly station values to the statistics of sites and cities."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from scenair.attainment.statistics.annual import Completeness, annual_statistics
from scenair.attainment.statistics.city import city_daily
from scenair.attainment.statistics.daily import Convention, daily_mean, mda8
from scenair.core.errors import InputError
from scenair.core.periods import QUARTERS

#: Percentile of the daily values that HJ 663 evaluates.
PERCENT: Final[dict[str, float]] = {
    "SO2": 98.0,
    "NO2": 98.0,
    "PM10": 95.0,
    "PM25": 95.0,
    "CO": 95.0,
    "O3": 90.0,
}


def whole_year(hourly: xr.Dataset, year: int) -> xr.Dataset:
    """The hours of one year on a complete axis; hours that are absent become missing.

    Raises
    ------
    InputError
        No hour of that year.
    """
    time = pd.date_range(f"{year}-01-01", f"{year}-12-31 23:00", freq="h")
    if not np.isin(hourly["time"].dt.year.values, year).any():
        raise InputError(
            "no values of this year",
            value=year,
            allowed=", ".join(map(str, np.unique(hourly["time"].dt.year.values))),
        )
    return hourly.reindex(time=time)


def daily_values(
    hourly: xr.Dataset, *, convention: Convention = "cn", o3_limit: float | None = 160.0
) -> dict[str, xr.Dataset]:
    """Daily mean of each pollutant, MDA8 of ozone.

    Parameters
    ----------
    hourly : Dataset
        (time, site), complete hourly axis.

    Returns
    -------
    dict
        Pollutant -> Dataset with ``value (day, site)`` and ``n_valid``.
    """
    return {
        str(name): mda8(var, convention=convention, limit=o3_limit)
        if name == "O3"
        else daily_mean(var)
        for name, var in hourly.data_vars.items()
    }


def year_statistics(
    daily: dict[str, xr.Dataset],
    *,
    daily_limits: dict[str, float] | None = None,
    rule: Completeness | None = None,
) -> pd.DataFrame:
    """Annual statistics of every site and pollutant.

    Returns
    -------
    DataFrame
        pollutant, site, mean, percentile, n_valid, days_over, valid, reason, then the mean and the
        count of each quarter (mean_Q1, n_Q1, ...).
    """
    parts = []
    for name, ds in daily.items():
        limit = (daily_limits or {}).get(name)
        value = ds["value"].compute()
        table = annual_statistics(value, percent=PERCENT[name], limit=limit, rule=rule)
        table = table.join(quarter_means(value))
        parts.append(table.reset_index(names="site").assign(pollutant=name))
    out = pd.concat(parts, ignore_index=True)
    return out[["pollutant", *[c for c in out.columns if c != "pollutant"]]]


def quarter_means(daily: xr.DataArray) -> pd.DataFrame:
    """Means and counts of the daily values in each calendar quarter (index site)."""
    quarter = pd.DatetimeIndex(daily["day"].values).quarter
    values = daily.transpose("day", ...).values.astype(np.float64)
    site = next(d for d in daily.dims if d != "day")
    out = {}
    for i, name in enumerate(QUARTERS, start=1):
        part = values[quarter == i]
        n = np.isfinite(part).sum(axis=0)
        total = np.nansum(part, axis=0)
        mean = np.full(part.shape[1], np.nan)
        np.divide(total, n, out=mean, where=n > 0)
        out[f"mean_{name}"], out[f"n_{name}"] = mean, n
    return pd.DataFrame(out, index=pd.Index(daily[site].values, name=str(site)))


def city_values(daily: dict[str, xr.Dataset], stations: pd.DataFrame) -> dict[str, xr.Dataset]:
    """City daily values (control sites left out), in the form of :func:`daily_values`."""
    out = {}
    for name, ds in daily.items():
        city = city_daily(ds["value"], stations)
        out[name] = city.rename(city="site")
    return out


def monitor_rows(
    statistics: pd.DataFrame, places: pd.DataFrame, *, year: int, source: str
) -> pd.DataFrame:
    """City statistics in the form of ``resources/attainment/monitors_YYYY.csv``.

    Parameters
    ----------
    statistics : DataFrame
        From :func:`year_statistics` of city values; ``site`` is the adcode.
    places : DataFrame
        Index adcode; name_zh, level, lon, lat.
    source : str
        Where the hourly values come from.

    Returns
    -------
    DataFrame
        The long form with provenance columns, tag ``derived``.
    """
    rows = []
    for _, s in statistics.iterrows():
        code = int(s["site"])
        if code not in places.index:
            raise InputError("a city without a row in the list of places", value=code)
        unit = "mg m-3" if s["pollutant"] == "CO" else "ug m-3"
        figures = [("year", "mean", s["mean"], unit), ("year", "count", s["n_valid"], "days")]
        figures.append(("year", f"p{PERCENT[s['pollutant']]:.0f}", s["percentile"], unit))
        for q in QUARTERS:
            figures.append((q, "mean", s[f"mean_{q}"], unit))
            figures.append((q, "count", s[f"n_{q}"], "days"))
        place = places.loc[code]
        figures.append(("year", "lon", place["lon"], "degrees_east"))
        figures.append(("year", "lat", place["lat"], "degrees_north"))
        head = (code, place["name_zh"], place["level"], year, s["pollutant"])
        rows += [
            (*head, period, statistic, value, u, source, "", "derived", "")
            for period, statistic, value, u in figures
            if np.isfinite(value)
        ]
    columns = ["adcode", "name_zh", "level", "year", "pollutant", "period", "statistic"]
    columns += ["value", "unit", "source", "doi", "tag", "note"]
    return pd.DataFrame(rows, columns=columns)
