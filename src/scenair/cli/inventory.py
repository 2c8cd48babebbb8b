"""``scenair inventory``: is a file understood, and what a finished inventory says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from scenair.core.errors import InputError, ScenairError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    import xarray as xr


def check(arguments: Namespace) -> int:
    """Say of every file what it holds; 2 where one is refused."""
    from scenair.inventory.io_check import describe_file, describe_joined

    if arguments.together:
        sys.stdout.write(f"{describe_joined(arguments.files)}\n")
        return 0
    status = 0
    for file in arguments.files:
        try:
            text = describe_file(file, kind=arguments.kind)
        except ScenairError as error:
            sys.stderr.write(f"[scenair] {error}\n")
            status = 2
        else:
            sys.stdout.write(f"{file}\n{text}\n")
    return status


def show(arguments: Namespace) -> int:
    """Print a table of a finished run."""
    views: dict[str, Callable[[Namespace], None]] = {
        "totals": _totals,
        "factors": _factors,
        "provinces": _provinces,
        "trackers": _trackers,
        "conflicts": _conflicts,
        "ratios": _ratios,
        "double": _double,
    }
    views[arguments.what](arguments)
    return 0


def template(arguments: Namespace) -> int:
    """Print a city's figures in the schema of an own inventory."""
    ds = _inventory(Path(arguments.inventory))
    if arguments.city not in ds["city"].values:
        raise InputError("unknown city", where=arguments.inventory, value=arguments.city)
    rows = ds["emission"].sel(city=arguments.city).rename("value").to_dataframe().reset_index()
    rows = rows[rows["value"] > 0].drop(columns="city")
    rows.insert(0, "adcode", arguments.city)
    rows.insert(1, "year", int(ds.attrs["year"]))
    rows = rows[["adcode", "year", "sector", "species", "value"]]
    rows.assign(unit="Mg yr-1", source="replace by yours").to_csv(
        sys.stdout, index=False, lineterminator="\n"
    )
    return 0


def compare(arguments: Namespace) -> int:
    """Print what changed in a city, its province and the nation."""
    from scenair.core.io.tables import read_csv
    from scenair.inventory.review import compared

    levels, sectors = compared(
        _inventory(Path(arguments.before)), _inventory(Path(arguments.after)), city=arguments.city
    )
    wide = levels.assign(change=100 * levels["change"]).pivot_table(
        index="level", columns="species", values="change", sort=False
    )
    _say("change in percent", wide.round(4))
    _say(f"the sectors of {arguments.city} that changed (Mg yr-1)", sectors, index=False)
    if arguments.conflicts:
        rows = read_csv(arguments.conflicts, columns=("level", "adcode", "winner", "reason"))
        rows = rows[(rows["level"] == "city") & (rows["adcode"] == arguments.city)]
        columns = ["sector", "species", "winner", "winner_value", "loser_value", "reason"]
        _say("conflict report of the city", rows[columns], index=False)
    return 0


def _say(title: str, table: pd.DataFrame, *, index: bool = True) -> None:
    text = table.to_string(index=index, max_colwidth=110, float_format=lambda v: f"{v:,.6g}")
    sys.stdout.write(f"-- {title}\n{text}\n")


def _inventory(path: Path) -> xr.Dataset:
    from scenair.inventory.io import checked_inventory

    return checked_inventory(path)


def _table(arguments: Namespace, stem: str, *columns: str) -> pd.DataFrame:
    from scenair.core.io.tables import read_csv

    return read_csv(Path(arguments.folder) / f"{stem}_{arguments.year}.csv", columns=columns)


def _of_year(arguments: Namespace) -> xr.Dataset:
    return _inventory(Path(arguments.folder) / f"{arguments.year}.nc")


def _totals(arguments: Namespace) -> None:
    from scenair.core.io.tables import read_table
    from scenair.inventory.review import published_changes, totals

    files = sorted(Path(arguments.folder).glob("[0-9][0-9][0-9][0-9].nc"))
    if not files:
        raise InputError("no inventory", where=arguments.folder)
    found = {int(f.stem): _inventory(f)["emission"] for f in files}
    table = totals(found, read_table("inventory/meic_national.csv"))
    for meic, rows in table.groupby("meic_sector", sort=False):
        value = rows.assign(value=rows["inventory"].fillna(rows["published"]) / 1e6)
        wide = value.pivot_table(index="species", columns="year", values="value")
        _say(f"{meic}, Tg yr-1 (years without an inventory: as published)", wide.round(3))
    worst = table["relative_difference"].max()
    years = f"{min(found)}-{max(found)}"
    sys.stdout.write(f"largest relative difference to Zheng et al., {years}: {worst:.2e}\n")
    changes = published_changes(table, read_table("inventory/published_changes.csv"))
    _say("published changes", changes, index=False)


def _factors(arguments: Namespace) -> None:
    from scenair.inventory.review import causes

    table = _table(arguments, "closing_factors", "outside_band", "reason")
    outside = int(table["outside_band"].sum())
    sys.stdout.write(f"{outside} of {len(table)} closing factors outside the band\n")
    rows = table[table["outside_band"]]
    _say("by cause", rows.groupby("reason").size().rename("count").to_frame())
    _say("by cause, sector and species", causes(table), index=False)


def _reas(year: int) -> pd.DataFrame:
    from scenair.core.io.tables import read_table
    from scenair.inventory.shares import LAST_REAS_YEAR

    table = read_table("inventory/reas_province.csv.gz")
    return table[table["year"] == min(year, LAST_REAS_YEAR)]


def _provinces(arguments: Namespace) -> None:
    from scenair.inventory.review import provinces

    ds = _of_year(arguments)
    table = provinces(
        ds["emission"],
        ds["province_of_city"].values,
        _reas(arguments.year),
        species=arguments.species,
    )
    _say(f"{arguments.species} {arguments.year} beside REAS's share, Mg yr-1", table, index=False)


def _trackers(arguments: Namespace) -> None:
    from scenair.inventory.review import trackers

    ds = _of_year(arguments)
    table = trackers(
        ds["emission"],
        ds["province_of_city"].values,
        _table(arguments, "points", "adcode", "technology", "capacity"),
        _reas(arguments.year),
    )
    for sector, rows in table.groupby("sector", sort=False):
        columns = ["letters", "inventory", "capacity", "reas"]
        _say(f"{sector}: share of CO2 {arguments.year}, percent", rows[columns], index=False)


def _conflicts(arguments: Namespace) -> None:
    rows = _table(arguments, "conflicts", "species", "winner", "reason")
    rows = rows[rows["species"] == arguments.species]
    columns = ["level", "adcode", "sector", "winner", "winner_value", "loser", "loser_value",
               "relative_difference", "reason"]  # fmt: skip
    _say(f"conflicts on {arguments.species} {arguments.year}", rows[columns], index=False)


def _ratios(arguments: Namespace) -> None:
    from scenair.core.io.tables import read_table
    from scenair.inventory.review import ratios

    table = ratios(
        _table(arguments, "quality", "adcode", "sector"),
        read_table("inventory/plausible_ratios.csv"),
    )
    _say(f"ratios to CO2 {arguments.year}, kg Mg-1", table.round(2), index=False)


def _double(arguments: Namespace) -> None:
    from scenair.inventory.review import doubled

    parts = arguments.cell.split(",")
    if len(parts) != 3 or not parts[0].isdigit():
        raise InputError(
            "not a cell", where="--cell", value=arguments.cell, allowed="CITY,SECTOR,SOURCE"
        )
    table = doubled(_of_year(arguments), city=int(parts[0]), sector=parts[1], source=parts[2])
    _say(f"activity of {arguments.cell} doubled", table, index=False)
