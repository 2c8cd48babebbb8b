"""A year of observations judged: HJ 663 items, AQI days, composite index, alert days; and tracking.

What a plan's baseline and its yearly review need, from hourly archives to tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from scenair.attainment.evaluation import (
    ITEMS,
    Evaluation,
    city_attains,
    evaluate,
    evaluation_profile,
    index_of,
)
from scenair.attainment.io.paths import interpolated
from scenair.attainment.monitors import ambient_factors, monitor_records
from scenair.attainment.standards import AUTO, find_limit, profile_of_year
from scenair.attainment.statistics.aqi import LEVELS, daily_aqi, heavy_episodes, ranking
from scenair.attainment.statistics.qc import DROPPED, apply_flags, qc_flags
from scenair.attainment.statistics.year import (
    city_values,
    daily_values,
    monitor_rows,
    whole_year,
    year_statistics,
)
from scenair.attainment.targets import plan_against_observed
from scenair.core.errors import InputError
from scenair.core.io.tables import read_csv, read_table, write_csv
from scenair.core.periods import QUARTERS
from scenair.core.regions import units

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

#: From this day the editions of 2026 hold (GB 3095, HJ 633, HJ 663).
EDITIONS_2026: Final = date(2026, 3, 1)
_HEAVY: Final = 200.0


@dataclass(frozen=True)
class Rules:
    """What judges a year.

    Attributes
    ----------
    standard, aqi : str
        Profiles of ``standards.csv`` and ``iaqi.csv``.
    evaluation : Evaluation
    standards, breakpoints : DataFrame
    """

    standard: str
    aqi: str
    evaluation: Evaluation
    standards: pd.DataFrame
    breakpoints: pd.DataFrame

    @classmethod
    def of_year(cls, year: int, *, standard: str = AUTO) -> Rules:
        """Rules in force on 31 December of a year, or another standard by name."""
        edition = "2026" if date(year, 12, 31) >= EDITIONS_2026 else "2013"
        standards = read_table("attainment/standards.csv")
        return cls(
            standard=profile_of_year(standards, year, standard=standard),
            aqi="hj633-2026" if edition == "2026" else "hj633-2012",
            evaluation=evaluation_profile(
                read_table("attainment/evaluation.csv"), f"hj663-{edition}"
            ),
            standards=standards,
            breakpoints=read_table("attainment/iaqi.csv"),
        )

    def daily_limits(self) -> dict[str, float]:
        """Daily limit of each item that has one (ug m-3, CO mg m-3)."""
        found = {
            name: find_limit(self.standards, self.standard, name, "mda8" if name == "O3" else "24h")
            for name in ITEMS
        }
        return {name: limit.value for name, limit in found.items() if limit is not None}


def build_evaluation(
    hourly: xr.Dataset,
    *,
    stations: pd.DataFrame,
    year: int,
    source: str,
    folder: str | Path,
    standard: str = AUTO,
    drop: Sequence[str] = DROPPED,
) -> pd.DataFrame:
    """Judge a year of hourly values; values are at the reference state of their time.

    Parameters
    ----------
    hourly : Dataset
        From one of the readers.
    stations : DataFrame
        From :func:`scenair.attainment.io.observations.read_stations`.
    year : int
    source : str
        Named in every row of the monitor table.
    folder : path
        Written into: ``items.csv`` (city and item: mean, percentile, limits, multiple, attains,
        n_valid, days_over, valid, reason), ``cities.csv`` (what is returned), ``days.csv`` (city
        and day: values, aqi, level, primary), ``episodes.csv`` (runs of heavy days),
        ``quality.csv`` (flags), ``monitors_{year}.csv`` (for ``attainment.monitors``).
    standard : str
        Profile of the table of standards; by default the one in force.
    drop : sequence of str
        Quality flags whose values are taken out.

    Returns
    -------
    DataFrame
        adcode, name_zh; pm25_mean_attains, pm25_attains, six_items_attain (empty where it can't be
        said); composite_index, rank; days by AQI level (level_1 .. level_6), good_days_percent,
        heavy_days, alert_days; standard, evaluation.

    Raises
    ------
    InputError
        A year without values, stations that are not in the list.
    """
    rules = Rules.of_year(year, standard=standard)
    values = whole_year(hourly, year)
    clean, quality = apply_flags(values, qc_flags(values), drop=drop)
    daily = city_values(daily_values(clean), stations)
    statistics = year_statistics(
        daily, daily_limits=rules.daily_limits(), rule=rules.evaluation.completeness
    )
    days = _days(daily, rules)
    items = _items(statistics, rules)
    episodes = _episodes(days)
    cities = _cities(items, days, episodes, rules)
    out = Path(folder)
    use = stations[~stations["control"]].groupby("city")[["lon", "lat"]].mean()
    places = use.assign(name_zh=units()["name_zh"].reindex(use.index), level="prefecture")
    tables = {
        "items": items,
        "cities": cities,
        "days": days,
        "episodes": episodes,
        "quality": quality,
        f"monitors_{year}": monitor_rows(statistics, places, year=year, source=source),
    }
    for name, table in tables.items():
        write_csv(table, out / f"{name}.csv")
    return cities


def _days(daily: dict[str, xr.Dataset], rules: Rules) -> pd.DataFrame:
    """One row a city and day: values of the items, AQI, level, primary pollutants."""
    first = next(iter(daily.values()))
    parts = []
    for code in first["site"].values:
        part = pd.DataFrame({"adcode": int(code), "day": first["day"].values})
        known = {n: ds["value"].sel(site=code).values for n, ds in daily.items()}
        for name in (n for n in ITEMS if n in known):
            part[name] = known[name]
        named = {(n, "mda8" if n == "O3" else "24h"): v for n, v in known.items()}
        index = daily_aqi(named, breakpoints=rules.breakpoints, profile=rules.aqi)
        parts.append(pd.concat([part, index], axis=1))
    return pd.concat(parts, ignore_index=True)


def _items(statistics: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    parts = []
    for code in np.unique(statistics["site"].to_numpy(np.int64)):
        table = statistics[statistics["site"] == code].set_index("pollutant")
        judged = evaluate(
            table, rules.standards, standard=rules.standard, evaluation=rules.evaluation
        )
        counts = table[["n_valid", "days_over", "reason"]]
        parts.append(judged.join(counts).reset_index().assign(adcode=int(code)))
    out = pd.concat(parts, ignore_index=True)
    return out[["adcode", *[c for c in out.columns if c != "adcode"]]]


def _episodes(days: pd.DataFrame) -> pd.DataFrame:
    parts = [
        heavy_episodes(part.set_index("day")["aqi"], threshold=_HEAVY).assign(adcode=code)
        for code, part in days.groupby("adcode")
    ]
    return pd.concat(parts, ignore_index=True)[["adcode", "start", "end", "days", "highest"]]


def _cities(
    items: pd.DataFrame, days: pd.DataFrame, episodes: pd.DataFrame, rules: Rules
) -> pd.DataFrame:
    alert = episodes.groupby("adcode")["days"].sum()
    names = units()["name_zh"]
    rows = []
    for code, part in items.groupby("adcode", sort=True):
        judged = part.set_index("pollutant")
        level = days.loc[days["adcode"] == code, "level"]
        known = int((level > 0).sum())
        line: dict[str, Any] = {"adcode": code, "name_zh": names.get(code, "")}
        if "PM25" in judged.index:
            line["pm25_mean_attains"] = city_attains(judged, scope="annual_mean")
            line["pm25_attains"] = city_attains(judged, scope="item")
        whole = set(ITEMS) <= set(judged.index)
        line["six_items_attain"] = city_attains(judged) if whole else None
        line["composite_index"] = index_of(judged, rules.evaluation) if whole else np.nan
        line |= {f"level_{k}": int((level == k).sum()) for k in range(1, len(LEVELS) + 2)}
        good = int(level.between(1, 2).sum())
        line["good_days_percent"] = 100 * good / known if known else np.nan
        line["heavy_days"] = int((level >= 5).sum())
        line["alert_days"] = int(alert.get(code, 0))
        rows.append(line | {"standard": rules.standard, "evaluation": rules.evaluation.profile})
    table = pd.DataFrame(rows)
    for column in ("pm25_mean_attains", "pm25_attains", "six_items_attain"):
        if column in table:
            table[column] = table[column].astype("boolean")
    index = table["composite_index"]
    table["rank"] = ranking(index.dropna()).reindex(index.index)
    return table


def build_tracking(
    *, plan: str | Path, observed: Sequence[str | Path], out: str | Path
) -> pd.DataFrame:
    """A scenario's path beside the observed years, city by city.

    Observed values of years before 2018 are brought to ambient conditions, in which plans are.

    Parameters
    ----------
    plan : path
        ``results/attainment/path_{scenario}.csv``; years between those that were run are
        interpolated in the logarithm.
    observed : sequence of path
        Monitor tables (``monitors_{year}.csv``).
    out : path
        CSV: adcode, year, plan, observed, difference (ug m-3), kept; years of the plan that are
        observed.

    Raises
    ------
    InputError
        No common years or cities.
    """
    table = read_csv(plan, columns=("adcode",)).set_index("adcode")
    run = table.filter(regex=r"^pm25_\d{4}$").T
    run.index = run.index.str.removeprefix("pm25_").astype(int)
    every = interpolated(run.sort_index().dropna(axis=1))
    seen = pd.concat([_annual(path) for path in observed], axis=1).T.sort_index()
    years = every.index.intersection(seen.index)
    cities = every.columns.intersection(seen.columns)
    if years.empty or cities.empty:
        raise InputError(
            "the plan and the observations have no year or no city in common",
            where=str(plan),
            value=f"plan {every.index.min()}-{every.index.max()}, observed {seen.index.tolist()}",
        )
    parts = [
        plan_against_observed(every.loc[years, code], seen.loc[years, code])
        .rename_axis("year")
        .reset_index()
        .assign(adcode=code)
        for code in cities
    ]
    result = pd.concat(parts, ignore_index=True)
    result = result[["adcode", "year", "plan", "observed", "difference", "kept"]]
    write_csv(result, out)
    return result


def _annual(path: str | Path) -> pd.Series:
    """Annual PM2.5 at ambient conditions of one monitor table, named by its year."""
    table = read_table(Path(path).resolve())
    years = table["year"].unique().tolist()
    if len(years) != 1:
        raise InputError("a monitor table of one year is expected", where=str(path), value=years)
    year = int(years[0])
    records = monitor_records(table, year=year)
    records = records[records["level"] == "prefecture"]
    factor = ambient_factors(
        read_table("attainment/site_conditions.csv.gz"), records, year=year
    ).to_numpy()
    mean = records[[f"mean_{q}" for q in QUARTERS]].to_numpy()
    count = records[[f"n_{q}" for q in QUARTERS]].to_numpy()
    value = (mean * factor * count).sum(axis=1) / count.sum(axis=1)
    return pd.Series(value, index=records.index, name=year)
