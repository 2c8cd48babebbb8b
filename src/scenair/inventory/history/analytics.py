"""The analytics by name: each gives one table and one figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from scenair.inventory.history import analysis, maps, plots
from scenair.inventory.history.measures import measures

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    import pandas as pd
    from matplotlib.figure import Figure

    from scenair.inventory.history.analysis import Drivers
    from scenair.inventory.history.series import Panel


@dataclass(frozen=True)
class Inputs:
    """What an analytic may use.

    Attributes
    ----------
    data : Panel
    known : Drivers
        GDP and population of cities or provinces.
    provinces : Drivers
        GDP and population of the whole provinces.
    units : GeoDataFrame
        Index adcode, for maps.
    names : dict
        Province code -> letters.
    """

    data: Panel
    known: Drivers
    provinces: Drivers
    units: gpd.GeoDataFrame
    names: dict[int, str]


@dataclass(frozen=True)
class Analytic:
    """One table and its figure."""

    table: Callable[[Inputs], pd.DataFrame]
    draw: Callable[[Inputs, pd.DataFrame], Figure]


#: name -> analytic; each is a rule and gives ``results/inventory/history/{name}.csv`` and ``.png``.
BY_NAME: Final[dict[str, Analytic]] = {
    "sectors": Analytic(lambda x: analysis.sectors(x.data), lambda _, table: plots.sectors(table)),
    "falling": Analytic(
        lambda x: analysis.falling(x.data),
        lambda x, table: plots.falling(table, analysis.changes(x.data)),
    ),
    "tapio": Analytic(
        lambda x: analysis.tapio_table(x.data, x.known),
        lambda x, table: plots.decoupling(table, x.names),
    ),
    "ekc": Analytic(
        lambda x: analysis.ekc_table(x.data, x.known),
        lambda x, table: plots.kuznets(
            table,
            analysis.per_head(x.data, x.known) if "b1" in table.columns else None,
        ),
    ),
    "lmdi": Analytic(
        lambda x: analysis.decomposition(x.data, x.provinces.gdp, x.provinces.population),
        lambda _, table: plots.effects(table),
    ),
    "lorenz": Analytic(
        lambda x: analysis.lorenz_curves(x.data),
        lambda x, table: plots.lorenz(table, analysis.inequality(x.data)),
    ),
    "gini": Analytic(
        lambda x: analysis.inequality(x.data), lambda _, table: plots.inequality(table)
    ),
    "cocontrol": Analytic(
        lambda x: analysis.cocontrol(x.data), lambda x, table: plots.cocontrol(table, x.names)
    ),
    "measures": Analytic(
        lambda x: measures(x.data.parts, x.data.activity, x.data.removed),
        lambda _, table: plots.measures(table),
    ),
    "maps": Analytic(
        lambda x: maps.density(analysis.changes(x.data), x.units),
        lambda x, table: maps.draw_density(table, x.units),
    ),
    "change": Analytic(
        lambda x: analysis.changes(x.data), lambda x, table: maps.draw_change(table, x.units)
    ),
}
