"""Files of the stage: one function a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from scenair.config.case import CaseConfig
from scenair.config.inventory import InventoryConfig
from scenair.core.audit.closure import require_closed
from scenair.core.io.netcdf import open_netcdf, require_finite, write_netcdf
from scenair.core.io.tables import read_csv, read_table, write_csv
from scenair.inventory import outputs
from scenair.inventory.closing import factor_table
from scenair.inventory.conflicts import conflict_table
from scenair.inventory.fusion import change_rows
from scenair.inventory.io_inputs import (
    county_census,
    national_estimate,
    provincial_sums,
    read_tables,
    read_users,
    registered_vehicles,
)
from scenair.inventory.private_cars import SPECIES as CAR_SPECIES
from scenair.inventory.private_cars import compare, private_cars
from scenair.inventory.quality import quality_table
from scenair.inventory.survey import replace_points
from scenair.inventory.uncertainty import contributions, intervals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import xarray as xr

    from scenair.inventory.estimate import Estimate


def build_inventory(
    *,
    year: int,
    config: Mapping[str, Any],
    inventory: str | Path,
    points: str | Path,
    closure: str | Path,
    factors: str | Path,
    conflicts: str | Path,
    quality: str | Path,
    gridded_sums: str | Path | None = None,
) -> None:
    """Inventory of one year, for the cities of the case.

    The computation is always national; a case with fewer cities is cut out of it, so that
    closing factors are the same in every case.

    Parameters
    ----------
    year : int
    config : mapping
        ``case`` and ``inventory`` sections.
    inventory, points, closure, factors, conflicts, quality : path
        Files to write.
    gridded_sums : path, optional
        Provincial sums of the user's gridded inventories, to read.

    Raises
    ------
    InputError, UnitsError, MassBalanceError
    """
    case = CaseConfig.model_validate(config["case"])
    options = InventoryConfig.model_validate(config["inventory"])
    tables = read_tables()
    users = read_users(year=year, options=options, gridded_sums=gridded_sums)
    result, changes = national_estimate(year=year, options=options, tables=tables, users=users)
    cities = case.adcodes()
    write_netcdf(
        outputs.dataset(result, cities=cities),
        inventory,
        title=f"Emission inventory {year}",
        attrs=outputs.ATTRS | {"year": year, "case": case.name},
    )
    plants = outputs.points_table(result, tables.stacks, cities=cities)
    if users.plants is not None:
        mine = users.plants[users.plants["adcode"].isin(cities)]
        plants = replace_points(plants, mine, result.emission, tables.stacks)
    write_csv(plants, points)
    _read_back(result, inventory=inventory, points=points, closure=closure, cities=cities)
    band = {"low": options.band_low, "high": options.band_high}
    write_csv(factor_table(result.factor, result.base, **band), factors)
    write_csv(
        quality_table(result, bands=tables.ratios, own=users.own, cities=cities, **band), quality
    )
    found = conflict_table(
        result,
        reas=tables.reas,
        edgar=tables.edgar,
        sulfur=tables.sulfur,
        year=year,
        threshold=options.conflict_threshold,
        changes=change_rows(changes),
    )
    write_csv(found, conflicts)


def _read_back(
    result: Estimate,
    *,
    inventory: str | Path,
    points: str | Path,
    closure: str | Path,
    cities: Sequence[int],
) -> None:
    """Check the written files against their own numbers and the national targets."""
    written = open_netcdf(inventory, variables={"emission": "Mg yr-1", "removal": "1"})
    require_finite(written["emission"], where=str(inventory))
    outputs.require_recomputable(written, where=str(inventory))
    outputs.require_points_inside(
        read_csv(points, columns=("adcode", "sector")), written, where=str(points)
    )
    closed = outputs.closure(written, result, cities=cities)
    write_csv(require_closed(closed, where=str(inventory)), closure)


def build_regional(*, config: Mapping[str, Any], regional: str | Path) -> None:
    """Provincial sums of the user's gridded inventories, as a regional inventory.

    Raises
    ------
    InputError, UnitsError
    """
    options = InventoryConfig.model_validate(config["inventory"])
    write_csv(provincial_sums(options.gridded_inventory), regional)


def build_uncertainty(
    *, config: Mapping[str, Any], inventory: str | Path, uncertainty: str | Path
) -> None:
    """95 % intervals of the emission of every city, by Monte Carlo.

    Parameters
    ----------
    config : mapping
        ``inventory`` section (draws and seed).
    inventory : path
        ``results/inventory/{year}.nc``.
    uncertainty : path
        File to write.

    Raises
    ------
    InputError, UnitsError, MassBalanceError
    """
    options = InventoryConfig.model_validate(config["inventory"])
    ds = checked_inventory(inventory)
    out = intervals(
        ds,
        read_table("inventory/uncertainty.csv"),
        draws=options.uncertainty_draws,
        seed=options.seed,
    )
    write_netcdf(
        out,
        uncertainty,
        title="Uncertainty of the emission inventory",
        attrs={
            "draws": options.uncertainty_draws,
            "seed": options.seed,
            "note": "quantiles of log-normal multipliers whose spreads are assumed",
        },
    )


def checked_inventory(path: str | Path) -> xr.Dataset:
    """An inventory file, recomputed from its own activity before it is used."""
    ds = open_netcdf(path, variables={"emission": "Mg yr-1", "activity": "see unit(source)"})
    require_finite(ds["emission"], where=str(path))
    outputs.require_recomputable(ds, where=str(path))
    return ds


def build_vehicles(
    *, year: int, inventory: str | Path, vehicles: str | Path, comparison: str | Path
) -> None:
    """Private cars by county, and the model against the road sector of the inventory.

    Parameters
    ----------
    year : int
    inventory : path
        ``results/inventory/{year}.nc``; its cities are those of the tables.
    vehicles, comparison : path
        Files to write.

    Raises
    ------
    InputError, UnitsError, MassBalanceError
    """
    ds = checked_inventory(inventory)
    census, registered = county_census(), registered_vehicles()
    cars = private_cars(
        census,
        registered,
        year=year,
        fleet=read_table("inventory/vehicle_fleet.csv"),
        conditions=read_table("inventory/province_conditions.csv"),
        factors=read_table("inventory/vehicle_factors.csv"),
        corrections=read_table("inventory/vehicle_corrections.csv"),
    )
    cars = cars[cars["adcode"].isin(ds["city"].values)]
    place = (
        ds["sector"].values.tolist().index("on_road"),
        ds["source"].values.tolist().index("gasoline"),
    )
    gasoline = pd.DataFrame(
        {name: contributions(ds, name)[:, place[0], place[1]] for name in CAR_SPECIES.values()},
        index=ds["city"].values,
    ).assign(province=ds["province_of_city"].values)
    write_csv(cars, vehicles)
    write_csv(compare(cars, gasoline), comparison)
