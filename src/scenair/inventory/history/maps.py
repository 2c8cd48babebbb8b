"""Maps of the cities: emission a km2 of the last year, and what changed since the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    import numpy.typing as npt
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

    Array = npt.NDArray[np.float64]

MAPPED: Final = ("CO2", "SO2", "NOx", "PM25")
LABEL: Final = {"CO2": "CO$_2$", "SO2": "SO$_2$", "NOx": "NO$_x$", "PM25": "PM$_{2.5}$"}
#: Lambert conformal as the model grid has it: shapes as readers of Chinese maps expect them.
_MAP_CRS: Final = "+proj=lcc +lat_1=25 +lat_2=47 +lat_0=35 +lon_0=105 +ellps=WGS84"
_EQUAL_AREA: Final = 6933
SANSHA: Final = 460300


def density(changes: pd.DataFrame, units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Emission of the last year over the area of the unit.

    Columns adcode, species, year, emission (Mg yr-1), area_km2, density (Mg km-2 yr-1).
    """
    area = units.to_crs(_EQUAL_AREA).area / 1e6
    frame = changes[["adcode", "species", "last_year", "after"]].rename(
        columns={"last_year": "year", "after": "emission"}
    )
    frame["area_km2"] = frame["adcode"].map(area)
    frame["density"] = frame["emission"] / frame["area_km2"]
    return frame


def draw_density(table: pd.DataFrame, units: gpd.GeoDataFrame) -> Figure:
    """Four maps of the last year, logarithmic between the 5th and the 99th percentile."""
    from matplotlib.colors import LogNorm

    def norm(values: Array) -> Normalize:
        low, high = np.quantile(values[values > 0], [0.05, 0.99])
        return LogNorm(low, high)

    year = int(table["year"].iloc[0])
    return _four(
        table.rename(columns={"density": "shown"}), units, norm=norm, cmap="viridis",
        title=f"{{}} {year}", label="t km$^{-2}$ yr$^{-1}$",
    )  # fmt: skip


def draw_change(table: pd.DataFrame, units: gpd.GeoDataFrame) -> Figure:
    """Four maps of the relative change, the colours even about zero."""
    from matplotlib.colors import TwoSlopeNorm

    def norm(values: Array) -> Normalize:
        size = max(float(np.nanquantile(np.abs(values), 0.95)), 1.0)
        return TwoSlopeNorm(0, -size, size)

    first, last = (int(table[c].iloc[0]) for c in ("first_year", "last_year"))
    return _four(
        table.assign(shown=100 * table["change"]), units, norm=norm, cmap="RdBu_r",
        title=f"{{}}, change {first}-{last}", label="percent",
    )  # fmt: skip


def _four(
    table: pd.DataFrame,
    units: gpd.GeoDataFrame,
    *,
    norm: Callable[[Array], Normalize],
    cmap: str,
    title: str,
    label: str,
) -> Figure:
    from matplotlib.figure import Figure

    shapes = units.loc[np.unique(table["adcode"])].to_crs(_MAP_CRS)
    shapes["geometry"] = shapes.geometry.simplify(5_000)
    figure = Figure(figsize=(11, 8.6), layout="constrained")
    for ax, name in zip(figure.subplots(2, 2).ravel(), MAPPED, strict=True):
        shown = table[table["species"] == name].set_index("adcode")["shown"]
        values = shown.reindex(shapes.index).to_numpy(np.float64)
        _map(ax, shapes, values, norm=norm(values), cmap=cmap, label=label)
        ax.set_title(title.format(LABEL[name]), fontsize=11)
    return figure


def _map(
    ax: Axes, shapes: gpd.GeoDataFrame, values: Array, *, norm: Normalize, cmap: str, label: str
) -> None:
    shapes.assign(value=values).plot(
        "value", ax=ax, norm=norm, cmap=cmap, linewidth=0.1, edgecolor="0.6", legend=True,
        legend_kwds={"label": label, "shrink": 0.75, "pad": 0.01, "extend": "both"},
        missing_kwds={"color": "0.85"},
    )  # fmt: skip
    # Sansha, islands of the South China Sea, would halve the scale of the map
    west, south, east, north = shapes[shapes.index != SANSHA].total_bounds
    ax.set_xlim(west, east)
    ax.set_ylim(south, north)
    ax.set_axis_off()
