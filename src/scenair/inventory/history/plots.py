"""Figures of the history years: maps, and the analytics on one sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from scenair.core.sectors import MEIC_SECTORS

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt
    import pandas as pd
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAPPED: Final = ("CO2", "SO2", "NOx", "PM25")
LABEL: Final = {"CO2": "CO$_2$", "SO2": "SO$_2$", "NOx": "NO$_x$", "PM25": "PM$_{2.5}$"}
#: Lambert conformal as the model grid has it: shapes as readers of Chinese maps expect them.
_MAP_CRS: Final = "+proj=lcc +lat_1=25 +lat_2=47 +lat_0=35 +lon_0=105 +ellps=WGS84"


def maps(emission: xr.DataArray, units: gpd.GeoDataFrame) -> Figure:
    """Last year per area (upper row) and change since the first year (lower row).

    Parameters
    ----------
    emission : DataArray
        (year, city, species), Mg yr-1.
    units : GeoDataFrame
        Index adcode.
    """
    from matplotlib.colors import LogNorm, TwoSlopeNorm
    from matplotlib.figure import Figure

    first, last = (int(emission["year"].values[i]) for i in (0, -1))
    shapes = units.loc[emission["city"].values].to_crs(_MAP_CRS)
    area_km2 = shapes.to_crs(6933).area.to_numpy() / 1e6
    shapes["geometry"] = shapes.geometry.simplify(8_000)
    figure = Figure(figsize=(15, 7.2), layout="constrained")
    axes = figure.subplots(2, len(MAPPED))
    for column, name in enumerate(MAPPED):
        now = emission.sel(year=last, species=name).values
        before = emission.sel(year=first, species=name).values
        density = now / area_km2
        positive = density[density > 0]
        low, high = np.quantile(positive, [0.05, 0.99])
        _map(
            axes[0, column], shapes, density, norm=LogNorm(low, high), cmap="viridis",
            title=f"{LABEL[name]} {last}", label="t km$^{-2}$ yr$^{-1}$",
        )  # fmt: skip
        with np.errstate(divide="ignore", invalid="ignore"):
            change = 100 * (now / before - 1)
        size = float(np.nanquantile(np.abs(change), 0.95))
        _map(
            axes[1, column], shapes, change, norm=TwoSlopeNorm(0, -size, size), cmap="RdBu_r",
            title=f"change {first}-{last}", label="percent",
        )  # fmt: skip
    return figure


def _map(
    ax: Axes,
    shapes: gpd.GeoDataFrame,
    values: npt.NDArray[np.float64],
    *,
    norm: object,
    cmap: str,
    title: str,
    label: str,
) -> None:
    shapes.assign(value=values).plot(
        "value", ax=ax, norm=norm, cmap=cmap, linewidth=0.1, edgecolor="0.6", legend=True,
        legend_kwds={"label": label, "shrink": 0.7, "orientation": "horizontal", "pad": 0.01},
        missing_kwds={"color": "0.85"},
    )  # fmt: skip
    ax.set_title(title, fontsize=11)
    ax.set_axis_off()


def sheet(
    emission: xr.DataArray,
    *,
    lorenz: pd.DataFrame,
    gini: pd.DataFrame,
    decoupling: pd.DataFrame,
    decomposition: pd.DataFrame,
    names: dict[int, str],
) -> Figure:
    """National sectors, Lorenz curves, decoupling scatter and decomposition on one sheet.

    ``emission``: (year, sector, species), Mg yr-1, summed over the cities of the case.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 9), layout="constrained")
    grid = figure.add_gridspec(2, 4)
    for column, name in enumerate(MAPPED):
        _bars(figure.add_subplot(grid[0, column]), emission.sel(species=name), name)
    _lorenz(figure.add_subplot(grid[1, 0]), lorenz, gini)
    _scatter(figure.add_subplot(grid[1, 1:3]), decoupling, names)
    _effects(figure.add_subplot(grid[1, 3]), decomposition)
    return figure


def _bars(ax: Axes, emission: xr.DataArray, name: str) -> None:
    years = emission["year"].values
    scale, unit = (1e9, "Pg") if name == "CO2" else (1e6, "Tg")
    bottom = np.zeros(len(years))
    for i, (meic, sectors) in enumerate(MEIC_SECTORS.items()):
        values = emission.sel(sector=list(sectors)).sum("sector").values / scale
        if values.sum() == 0:
            continue
        ax.bar(years, values, bottom=bottom, label=meic, color=f"C{i}", width=0.75)
        bottom += values
    ax.set_title(f"{LABEL[name]} ({unit} yr$^{{-1}}$)", fontsize=11)
    ax.set_xticks(years)
    if name == MAPPED[0]:
        ax.legend(fontsize=8, loc="lower left")


def _lorenz(ax: Axes, lorenz: pd.DataFrame, gini: pd.DataFrame) -> None:
    last = gini["year"].max()
    value = gini[gini["year"] == last].set_index("species")["gini"]
    for name, part in lorenz.groupby("species", sort=False):
        ax.plot(
            part["cities_share"], part["emission_share"],
            label=f"{LABEL[str(name)]}  Gini {value[str(name)]:.2f}",
        )  # fmt: skip
    ax.plot([0, 1], [0, 1], color="0.6", linewidth=0.8)
    ax.set(xlabel="share of cities, small emitters first", ylabel="share of emission",
           title=f"Lorenz curves {last}")  # fmt: skip
    ax.legend(fontsize=8)


def _scatter(ax: Axes, table: pd.DataFrame, names: dict[int, str]) -> None:
    first, last = table["first_year"].min(), table["last_year"].max()
    whole = table[(table["first_year"] == first) & (table["last_year"] == last)]
    for name, part in whole.groupby("class"):
        ax.scatter(100 * part["gdp_change"], 100 * part["co2_change"], label=str(name), s=28)
    if len(whole) <= 40:
        for code, x, y in zip(
            whole["adcode"], whole["gdp_change"], whole["co2_change"], strict=True
        ):
            ax.annotate(names.get(int(code), ""), (100 * x, 100 * y), fontsize=7,
                        xytext=(3, 2), textcoords="offset points")  # fmt: skip
    ax.axhline(0, color="0.6", linewidth=0.8)
    ax.set(xlabel=f"change of GDP {first}-{last}, current prices (%)",
           ylabel="change of CO$_2$ (%)", title="Decoupling of CO$_2$ from GDP")  # fmt: skip
    if len(whole):
        ax.legend(fontsize=8)


def _effects(ax: Axes, table: pd.DataFrame) -> None:
    names = ["population", "affluence", "activity", "control", "rest"]
    rows = table[(table["adcode"] == 0) & table["species"].isin(MAPPED)].set_index("species")
    rows = rows.reindex([n for n in MAPPED if n in rows.index])
    place = np.arange(len(rows))
    for i, effect in enumerate(names):
        share = 100 * rows[effect] / rows["before"]
        ax.bar(place + 0.16 * (i - 2), share, width=0.15, label=effect)
    ax.axhline(0, color="0.4", linewidth=0.8)
    ax.set_xticks(place, [LABEL[n] for n in rows.index])
    ax.set(ylabel="% of the first year", title="What moved emissions (LMDI)")
    ax.legend(fontsize=8, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.06))
