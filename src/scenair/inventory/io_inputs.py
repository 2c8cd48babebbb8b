"""What the stage reads: resource tables and users' files, and the estimate made from them."""

from __future__ import annotations

from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scenair.core.errors import InputError
from scenair.core.io.tables import read_table
from scenair.core.io.user_tables import read_user_table
from scenair.core.regions import adcodes, units
from scenair.inventory.estimate import Estimate, Tables, estimate, require_national
from scenair.inventory.fusion import Change, apply_own, regional_targets, require_parts
from scenair.inventory.readers.declared import (
    OWN_INVENTORY,
    PLANT_SURVEY,
    REGIONAL_INVENTORY,
    Schema,
    check,
    city_statistics,
    emissions_table,
)
from scenair.inventory.readers.files import read_gridded, read_meic
from scenair.inventory.regional import provincial_table
from scenair.inventory.shares import PROVINCES
from scenair.inventory.survey import raised_totals, survey_plants

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import xarray as xr

    from scenair.config.inventory import InventoryConfig

#: Field of :class:`Tables` -> file below ``resources/``.
TABLE_FILES = {
    "meic": "inventory/meic_national.csv",
    "second_level": "inventory/second_level_2012.csv",
    "activity": "inventory/activity_national.csv",
    "factors": "inventory/emission_factors.csv",
    "removal": "inventory/removal.csv",
    "proxies": "inventory/proxies.csv",
    "reas": "inventory/reas_province.csv.gz",
    "edgar": "inventory/edgar_national.csv",
    "sulfur": "inventory/fuel_sulfur.csv",
    "plants": "inventory/plants.csv.gz",
    "heat_rates": "inventory/heat_rates.csv",
    "operation": "inventory/plant_operation.csv",
    "stacks": "inventory/stacks.csv",
    "ratios": "inventory/plausible_ratios.csv",
    "heating_season": "inventory/heating_season.csv",
    "census": "regions/census2020_city.csv.gz",
    "census_change": "inventory/census_change.csv.gz",
    "dwellings": "inventory/dwellings.csv.gz",
    "statistics": "regions/province_statistics.csv.gz",
}


def read_tables() -> Tables:
    """All resource tables of the stage.

    Raises
    ------
    InputError
        See :func:`scenair.core.io.tables.read_table`.
    """
    return Tables(**{field: read_table(name) for field, name in TABLE_FILES.items()})


@dataclass(frozen=True)
class Users:
    """What users bring for one year.

    Attributes
    ----------
    own, regional : DataFrame
        Checked inventories (Mg yr-1); without rows where none is configured.
    plants : DataFrame or None
        Surveyed plants with their emissions.
    """

    own: pd.DataFrame
    regional: pd.DataFrame
    plants: pd.DataFrame | None


def read_users(*, year: int, options: InventoryConfig, gridded_sums: str | Path | None) -> Users:
    """Users' files of a year, checked.

    Parameters
    ----------
    gridded_sums : path, optional
        Provincial sums of gridded inventories (:func:`provincial_sums`); they stand for a regional
        inventory.

    Raises
    ------
    InputError, UnitsError
    """
    regional = options.regional_inventory if gridded_sums is None else str(gridded_sums)
    return Users(
        own=_declared(options.own_inventory, OWN_INVENTORY, codes=adcodes(), year=year),
        regional=_declared(regional, REGIONAL_INVENTORY, codes=PROVINCES, year=year),
        plants=_survey(options.plant_survey),
    )


def _declared(path: str | None, schema: Schema, *, codes: Sequence[int], year: int) -> pd.DataFrame:
    """Rows of the year of a user's inventory; empty where none is configured."""
    columns = ["adcode", "year", "sector", "species", "value", "source"]
    if path is None:
        return pd.DataFrame(columns=columns)
    table = emissions_table(read_user_table(path), adcodes=codes, schema=schema, where=path)
    return table[table["year"] == year].reset_index(drop=True)


def _survey(path: str | None) -> pd.DataFrame | None:
    if path is None:
        return None
    table = check(read_user_table(path), PLANT_SURVEY, where=path)
    return survey_plants(table, read_table("inventory/combustion.csv"), units(), where=path)


def national_estimate(
    *, year: int, options: InventoryConfig, tables: Tables, users: Users
) -> tuple[Estimate, list[Change]]:
    """The country in one year, users' inventories fused in by precedence.

    Raises
    ------
    InputError, MassBalanceError
    """
    table = units()
    changes: list[Change] = []

    def move(target: xr.DataArray, totals: xr.DataArray) -> xr.DataArray:
        moved, found = regional_targets(target, users.regional, totals=totals)
        changes.extend(found)
        return moved

    result = estimate(
        tables,
        year=year,
        cities=table.index.to_numpy(np.int32),
        province=table["province"].to_numpy(np.int32),
        floor=options.residual_floor,
        regional=move,
    )
    own = users.own
    if users.plants is not None:
        raised = raised_totals(users.plants, result.emission)
        # a city's own figure goes before its plants
        keys = ["adcode", "sector", "species"]
        own = pd.concat([own, raised]).drop_duplicates(keys, ignore_index=True)
    if len(own):
        result, found = apply_own(result, own, floor=options.others_floor)
        require_parts(result.emission, users.own)
        changes.extend(found)
    require_national(result.emission, result.totals)
    return result, changes


def provincial_sums(patterns: Sequence[str]) -> pd.DataFrame:
    """Gridded inventories by province, in the schema of a regional inventory.

    Parameters
    ----------
    patterns : sequence of str
        Files or patterns, of one product.

    Raises
    ------
    InputError
        A pattern without files, or what the readers refuse.
    """
    files: list[str] = []
    for pattern in patterns:
        # patterns may be absolute, which Path.glob refuses
        found = sorted(glob(pattern, recursive=True))  # noqa: PTH207
        if not found:
            raise InputError(
                "no file of a gridded inventory matches",
                where="key inventory.gridded_inventory",
                value=pattern,
                remedy="paths are relative to the working directory",
            )
        files += found
    return provincial_table(_grids(files), units(), people=population())


def population() -> pd.Series:
    """Population of the units, census of 2020."""
    table = read_table("regions/census2020_city.csv.gz")
    rows = table[table["variable"] == "pop"]
    return rows.set_index("adcode")["value"].astype("float64")


def _grids(files: Sequence[str]) -> Iterator[xr.Dataset]:
    """One dataset a file; files of MEIC joined by year and species, a group at a time."""
    groups: dict[tuple[int, str], list[str]] = {}
    for file in files:
        ds = read_gridded(file)
        if ds.attrs["product"] == "MEIC":
            key = (int(ds.attrs["year"]), str(ds.attrs["species"]))
            groups.setdefault(key, []).append(file)
        else:
            yield ds
    for names in groups.values():
        yield read_meic(names)


def city_gdp(options: InventoryConfig) -> pd.DataFrame | None:
    """The user's city statistics, or nothing."""
    if options.city_statistics is None:
        return None
    return city_statistics(
        read_user_table(options.city_statistics),
        adcodes=adcodes(),
        where=options.city_statistics,
    )


def county_census() -> pd.DataFrame:
    """Index county; adcode, province, households_with_car."""
    table = read_table("regions/census2020_county.csv.gz")
    rows = table[table["variable"] == "households_with_car"].set_index("county")
    province = units()["province"].reindex(rows["adcode"]).to_numpy()
    return pd.DataFrame(
        {
            "adcode": rows["adcode"],
            "province": province,
            "households_with_car": rows["value"].astype("float64"),
        }
    )


def registered_vehicles() -> pd.DataFrame:
    """Private vehicles, provinces x years, 1e4."""
    table = read_table("regions/province_statistics.csv.gz")
    rows = table[table["variable"] == "private_vehicles"]
    out = rows.pivot_table(index="province", columns="year", values="value")
    out.columns = out.columns.astype(int)
    return out.sort_index(axis=1)
