"""The rule ``comparison``: scenarios of one year side by side, and beside published figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from scenair.attainment.comparison import attaining, contributions, double_by_type, long_table
from scenair.attainment.io.paths import OLD_LIMIT
from scenair.attainment.io.text import markdown
from scenair.attainment.published import Study, beside_published
from scenair.core.errors import InputError
from scenair.core.io.atomic import read_json, write_text
from scenair.core.io.netcdf import open_netcdf, require_finite
from scenair.core.io.tables import read_csv, read_table, write_csv
from scenair.core.regions import units
from scenair.core.units import require_units

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def read_summary(path: str | Path) -> dict[str, Any]:
    """A summary written by the rule ``attainment``.

    Raises
    ------
    InputError
        Missing, no JSON, or without national figures.
    """
    data = read_json(path)
    if not isinstance(data, dict) or "national" not in data:
        raise InputError("not a summary of attainment", where=str(path), remedy="run it again")
    return data


def build_comparison(
    *,
    summaries: Mapping[str, str | Path],
    cities: Mapping[str, str | Path],
    trajectories: Mapping[str, str | Path],
    base_cities: str | Path,
    base_year: int,
    out: Mapping[str, str | Path],
) -> None:
    """Tables over the scenarios of one year.

    Parameters
    ----------
    summaries, cities, trajectories : mapping
        Scenario -> ``summary.json``, ``cities_fused.csv``, trajectory.
    base_cities : path
        ``cities_fused.csv`` of history in ``base_year``, for changes since then.
    base_year : int
    out : mapping
        ``comparison`` (all groups, long), ``attaining``, ``contributions``, ``double``,
        ``published`` (CSV each) and ``text`` (the same as tables to read).

    Raises
    ------
    InputError
        No summaries, of several years, or not of the scenario they are named for.
    """
    data = {name: read_summary(path) for name, path in summaries.items()}
    found = {d["year"] for d in data.values()}
    if len(found) != 1 or any(d["scenario"] != name for name, d in data.items()):
        raise InputError(
            "summaries of one year, each of its own scenario, are compared",
            where=str(out["comparison"]),
            value=[f"{d['scenario']} {d['year']}" for d in data.values()],
        )
    year = int(found.pop())
    every = list(data.values())
    study = Study(
        table=read_table("attainment/city_study.csv"),
        summaries=data,
        emissions=pd.DataFrame({n: _national(p, year=year) for n, p in trajectories.items()}),
        ratios=_ratios(cities, base_cities),
        ratio_year=base_year,
    )
    tables = {
        "attaining": attaining(every),
        "contributions": contributions(every),
        "double": double_by_type(every),
        "published": beside_published(study),
    }
    write_csv(long_table(every), out["comparison"])
    for name, table in tables.items():
        write_csv(table, out[name])
    write_text(_text(tables, year=year, summaries=data), out["text"])


def _national(path: str | Path, *, year: int) -> pd.Series:
    """National emissions of a year by species, Mg yr-1."""
    emission = open_netcdf(path, variables=("emission",))["emission"]
    require_units(emission, "Mg yr-1", where=str(path))
    if year not in emission["year"].values:
        raise InputError("the trajectory lacks a year", where=str(path), value=year)
    chosen = emission.sel(year=year)
    require_finite(chosen, where=str(path))
    return chosen.sum(["city", "sector"]).to_series()


def _ratios(cities: Mapping[str, str | Path], base: str | Path) -> pd.DataFrame:
    """PM2.5 of each prefecture-level city over that of the base year, by scenario."""

    def ratio(path: str | Path) -> pd.Series:
        return read_csv(path, columns=("adcode", "pm25_ratio")).set_index("adcode")["pm25_ratio"]

    level = units()["level"]
    start = ratio(base)
    start = start[level.reindex(start.index).eq("city")]
    return pd.DataFrame({n: ratio(p).reindex(start.index) / start for n, p in cities.items()})


def _text(
    tables: Mapping[str, pd.DataFrame], *, year: int, summaries: Mapping[str, Mapping[str, Any]]
) -> str:
    """All tables to read, in Markdown."""
    first = next(iter(summaries.values()))
    count = tables["attaining"]
    label = (
        count["limit"].map("{:g}".format) + ", B x " + count["background_factor"].map("{:g}".format)
    )
    order = list(dict.fromkeys(label))

    def wide(column: str) -> pd.DataFrame:
        table = count.assign(label=label).pivot_table(
            index="scenario", columns="label", values=column, sort=False
        )
        return table[order].astype(int).reset_index()

    weighted = count.drop_duplicates(["scenario", "background_factor"]).pivot_table(
        index="scenario", columns="background_factor", values="population_weighted_pm25", sort=False
    )
    double = tables["double"]
    shares = ["both_percent", "attains_only_percent", "peaked_only_percent", "neither_percent"]
    beside = [
        "scenario",
        "item",
        "ours",
        "ours_low",
        "ours_high",
        "published",
        "difference",
        "unit",
    ]
    national = first["national"]
    sections = {
        f"Monitored cities at or below each limit (of {national['n_monitored']}; ug m-3)": wide(
            "n_attain_monitored"
        ),
        f"All cities, the others by the fused field (of {national['n_judged']}, of which "
        f"{national['n_fused_far']} over 200 km from a monitor)": wide("n_attain_fused"),
        "Population-weighted PM2.5 by factor on the background, ug m-3": weighted.reset_index(),
        "Falls of the population-weighted mean, ug m-3": tables["contributions"],
        **{
            f"Attainment of {limit:g} ug m-3 and CO2 peak, percent of {basis} cities by type": part[
                ["scenario", "city_type", "n", *shares]
            ]
            for (limit, basis), part in double.groupby(["limit", "basis"], sort=False)
            if limit in (first["pm25_limit"], OLD_LIMIT)
        },
        "Beside published figures": tables["published"][beside],
        "What explains the difference": tables["published"][["scenario", "item", "explanation"]],
    }
    head = (
        f"# Scenarios in {year}\n\nMonitors of {first['monitor_year']}, limit in force "
        f"{first['pm25_limit']:g} ug m-3.\n"
    )
    return head + "".join(f"\n## {t}\n\n{markdown(table)}" for t, table in sections.items())
