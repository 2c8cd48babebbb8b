"""Files of the stage: one function a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scenair.config.case import CaseConfig
from scenair.config.inventory import InventoryConfig
from scenair.core.audit.closure import require_closed
from scenair.core.io.atomic import atomic_path
from scenair.core.io.netcdf import open_netcdf, require_finite, write_netcdf
from scenair.core.io.tables import read_csv, read_table, write_csv
from scenair.core.regions import PROVINCE_CODES, adcodes, units
from scenair.inventory import outputs
from scenair.inventory.closing import factor_table
from scenair.inventory.conflicts import conflict_table
from scenair.inventory.estimate import Estimate, Tables, estimate, require_national
from scenair.inventory.fusion import Change, apply_own, change_rows, regional_targets
from scenair.inventory.history import analysis, plots
from scenair.inventory.quality import quality_table
from scenair.inventory.readers.declared import (
    OWN_INVENTORY,
    REGIONAL_INVENTORY,
    Schema,
    city_statistics,
    emissions_table,
)
from scenair.inventory.readers.files import read_table_file
from scenair.inventory.shares import PROVINCES, provincial_statistic
from scenair.inventory.uncertainty import intervals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import xarray as xr

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
    "plants": "inventory/plants.csv.gz",
    "heat_rates": "inventory/heat_rates.csv",
    "operation": "inventory/plant_operation.csv",
    "stacks": "inventory/stacks.csv",
    "ratios": "inventory/plausible_ratios.csv",
    "heating_season": "inventory/heating_season.csv",
    "census": "regions/census2020_city.csv.gz",
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


def _declared(path: str | None, schema: Schema, *, codes: Sequence[int], year: int) -> pd.DataFrame:
    """Rows of the year of a user's inventory; empty where none is configured."""
    columns = ["adcode", "year", "sector", "species", "value", "source"]
    if path is None:
        return pd.DataFrame(columns=columns)
    table = emissions_table(read_table_file(path), adcodes=codes, schema=schema, where=path)
    return table[table["year"] == year].reset_index(drop=True)


def national_estimate(
    *, year: int, options: InventoryConfig, tables: Tables
) -> tuple[Estimate, pd.DataFrame, list[Change]]:
    """The country in one year, users' inventories fused in.

    Returns
    -------
    result : Estimate
    own : DataFrame
        Rows of cities' own inventories that were used.
    changes : list of Change
        What users' inventories moved.
    """
    table = units()
    regional = _declared(options.regional_inventory, REGIONAL_INVENTORY, codes=PROVINCES, year=year)
    own = _declared(options.own_inventory, OWN_INVENTORY, codes=adcodes(), year=year)
    changes: list[Change] = []

    def move(target: xr.DataArray, totals: xr.DataArray) -> xr.DataArray:
        moved, found = regional_targets(target, regional, totals=totals)
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
    if len(own):
        result, found = apply_own(result, own, floor=options.others_floor)
        changes.extend(found)
    require_national(result.emission, result.totals)
    return result, own, changes


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

    Raises
    ------
    InputError, UnitsError, MassBalanceError
    """
    case = CaseConfig.model_validate(config["case"])
    options = InventoryConfig.model_validate(config["inventory"])
    tables = read_tables()
    result, own, changes = national_estimate(year=year, options=options, tables=tables)
    cities = case.adcodes()
    write_netcdf(
        outputs.dataset(result, cities=cities),
        inventory,
        title=f"Emission inventory {year}",
        attrs=outputs.ATTRS | {"year": year, "case": case.name},
    )
    write_csv(outputs.points_table(result, tables.stacks, cities=cities), points)
    _read_back(result, inventory=inventory, points=points, closure=closure, cities=cities)
    band = {"low": options.band_low, "high": options.band_high}
    write_csv(factor_table(result.factor, result.base, **band), factors)
    write_csv(quality_table(result, bands=tables.ratios, own=own, cities=cities, **band), quality)
    found = conflict_table(
        result,
        reas=tables.reas,
        edgar=tables.edgar,
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
    ds = _checked_inventory(inventory)
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


def _checked_inventory(path: str | Path) -> xr.Dataset:
    """An inventory file, recomputed from its own activity before it is used."""
    ds = open_netcdf(path, variables={"emission": "Mg yr-1", "activity": "see unit(source)"})
    require_finite(ds["emission"], where=str(path))
    outputs.require_recomputable(ds, where=str(path))
    return ds


def build_history(
    *,
    config: Mapping[str, Any],
    inventories: Mapping[int, str | Path],
    tables: Mapping[str, str | Path],
    sheet: str | Path,
    maps: str | Path,
) -> None:
    """Analytics of the history years.

    Parameters
    ----------
    config : mapping
        ``inventory`` section.
    inventories : mapping
        year -> inventory file, two years or more.
    tables : mapping
        falling, tapio, ekc, lmdi, gini, lorenz, cocontrol, measures -> file to write.
    sheet, maps : path
        Figures to write (PNG).

    Raises
    ------
    InputError, UnitsError, MassBalanceError
    """
    options = InventoryConfig.model_validate(config["inventory"])
    everywhere = units()
    count = everywhere["province"].value_counts()
    data = analysis.panel(
        {year: _checked_inventory(path) for year, path in inventories.items()},
        units_of={int(p): int(n) for p, n in count.items()},
    )
    statistics = read_table("regions/province_statistics.csv.gz")
    gdp, people = (
        pd.DataFrame(
            {y: provincial_statistic(statistics, variable=v, year=y) for y in data.years}
        ).loc[list(data.whole)]
        for v in ("gdp", "population")
    )
    found = analysis.all_tables(data, gdp=gdp, population=people * 1e4, cities=_city_gdp(options))
    for name, path in tables.items():
        write_csv(found[name], path)
    drawn = plots.sheet(
        data.emission.sum("city"),
        lorenz=found["lorenz"],
        gini=found["gini"],
        decoupling=found["tapio"],
        decomposition=found["lmdi"],
        names=PROVINCE_CODES,
    )
    for figure, path in (
        (drawn, sheet),
        (plots.maps(data.emission.sum("sector"), everywhere), maps),
    ):
        with atomic_path(path) as part:
            figure.savefig(part, format="png", dpi=110, metadata={"Software": None})


def _city_gdp(options: InventoryConfig) -> pd.DataFrame | None:
    """The user's city statistics, or nothing."""
    if options.city_statistics is None:
        return None
    return city_statistics(
        read_table_file(options.city_statistics),
        adcodes=adcodes(),
        where=options.city_statistics,
    )
