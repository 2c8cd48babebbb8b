"""Files of the stage: one function a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scenair.config.case import CaseConfig
from scenair.config.inventory import InventoryConfig
from scenair.core.audit.closure import require_closed
from scenair.core.io.netcdf import open_netcdf, require_finite, write_netcdf
from scenair.core.io.tables import read_csv, read_table, write_csv
from scenair.core.regions import units
from scenair.inventory import outputs
from scenair.inventory.closing import factor_table
from scenair.inventory.conflicts import conflict_table
from scenair.inventory.estimate import Tables, estimate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

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


def build_inventory(
    *,
    year: int,
    config: Mapping[str, Any],
    inventory: str | Path,
    points: str | Path,
    closure: str | Path,
    factors: str | Path,
    conflicts: str | Path,
) -> None:
    """Inventory of one year, for the cities of the case.

    The computation is always national; a case with fewer cities is cut out of it, so that
    closing factors are the same in every case.

    Parameters
    ----------
    year : int
    config : mapping
        ``case`` and ``inventory`` sections.
    inventory, points, closure, factors, conflicts : path
        Files to write.

    Raises
    ------
    InputError, MassBalanceError
    """
    case = CaseConfig.model_validate(config["case"])
    options = InventoryConfig.model_validate(config["inventory"])
    tables = read_tables()
    table = units()
    result = estimate(
        tables,
        year=year,
        cities=table.index.to_numpy(np.int32),
        province=table["province"].to_numpy(np.int32),
        floor=options.residual_floor,
    )
    cities = case.adcodes()
    write_netcdf(
        outputs.dataset(result, cities=cities),
        inventory,
        title=f"Emission inventory {year}",
        attrs=outputs.ATTRS | {"year": year, "case": case.name},
    )
    write_csv(outputs.points_table(result, tables.stacks, cities=cities), points)

    written = open_netcdf(inventory, variables={"emission": "Mg yr-1", "removal": "1"})
    require_finite(written["emission"], where=str(inventory))
    outputs.require_recomputable(written, where=str(inventory))
    outputs.require_points_inside(
        read_csv(points, columns=("adcode", "sector")), written, where=str(points)
    )
    closed = outputs.closure(written, result, cities=cities)
    write_csv(require_closed(closed, where=str(inventory)), closure)
    write_csv(
        factor_table(result.factor, result.base, low=options.band_low, high=options.band_high),
        factors,
    )
    write_csv(
        conflict_table(
            result,
            reas=tables.reas,
            edgar=tables.edgar,
            year=year,
            threshold=options.conflict_threshold,
        ),
        conflicts,
    )
