"""Files of the analytics of the history years: the panel, then one rule an analytic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from scenair.config.inventory import InventoryConfig
from scenair.core.errors import ConfigError
from scenair.core.io.atomic import atomic_path
from scenair.core.io.netcdf import open_netcdf, require_finite, write_netcdf
from scenair.core.io.tables import read_table, write_csv
from scenair.core.regions import PROVINCE_CODES, units
from scenair.inventory.history import analysis, series
from scenair.inventory.io import checked_inventory
from scenair.inventory.io_inputs import city_gdp
from scenair.inventory.shares import provincial_statistic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from scenair.inventory.history.analytics import Inputs


def build_panel(*, inventories: Mapping[int, str | Path], panel: str | Path) -> None:
    """The history years side by side, each inventory recomputed from its own activity first.

    Parameters
    ----------
    inventories : mapping
        year -> inventory file, two years or more.
    panel : path
        File to write.

    Raises
    ------
    InputError, UnitsError, MassBalanceError
    """
    count = units()["province"].value_counts()
    data = series.panel(
        {year: checked_inventory(path) for year, path in inventories.items()},
        units_of={int(p): int(n) for p, n in count.items()},
    )
    write_netcdf(series.dataset(data), panel, title="History years of the emission inventory")
    series.from_dataset(open_netcdf(panel), where=str(panel))


def build_analytic(
    *,
    name: str,
    config: Mapping[str, Any],
    panel: str | Path,
    table: str | Path,
    figure: str | Path,
) -> None:
    """Table and figure of one analytic.

    Parameters
    ----------
    name : str
        A key of :data:`scenair.inventory.history.analytics.BY_NAME`.
    config : mapping
        ``inventory`` section.
    panel : path
        ``results/inventory/history/panel.nc``.
    table, figure : path
        Files to write (CSV and PNG).

    Raises
    ------
    ConfigError
        Unknown name.
    InputError, UnitsError, MassBalanceError
    """
    from scenair.inventory.history.analytics import BY_NAME

    if name not in BY_NAME:
        raise ConfigError("unknown analytic", value=name, allowed=", ".join(BY_NAME))
    inputs = _inputs(config=config, panel=panel)
    found = BY_NAME[name].table(inputs)
    write_csv(found, table)
    drawn = BY_NAME[name].draw(inputs, found)
    with atomic_path(figure) as part:
        drawn.savefig(part, format="png", dpi=110, metadata={"Software": None})


def _inputs(*, config: Mapping[str, Any], panel: str | Path) -> Inputs:
    from scenair.inventory.history.analytics import Inputs

    options = InventoryConfig.model_validate(config["inventory"])
    ds = open_netcdf(panel, variables={"emission": "Mg yr-1", "parts": "Mg yr-1", "removal": "1"})
    require_finite(ds["emission"], where=str(panel))
    data = series.from_dataset(ds, where=str(panel))
    statistics = read_table("regions/province_statistics.csv.gz")
    gdp, people = (
        pd.DataFrame(
            {y: provincial_statistic(statistics, variable=v, year=y) for y in data.years}
        ).loc[list(data.whole)]
        for v in ("gdp", "population")
    )
    provinces = analysis.Drivers("province", gdp, people * 1e4)
    known = analysis.drivers(
        data, gdp=gdp, population=provinces.population, cities=city_gdp(options)
    )
    return Inputs(data=data, known=known, provinces=provinces, units=units(), names=PROVINCE_CODES)
