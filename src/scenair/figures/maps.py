"""Maps: emissions, PM2.5, its change, attainment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from scenair.figures.basemap import Basemap, draw_basemap, unit_paths, unit_points
from scenair.figures.style import ATTAINS, FAILS, NOT_MONITORED, PRETTY, new_figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure

#: Colour limits of the emission maps, Mg km-2 yr-1; fixed, so that maps can be laid side by side.
DENSITY_LIMITS: Final[dict[str, tuple[float, float]]] = {
    "SO2": (1e-2, 1e2),
    "NOx": (1e-2, 1e2),
    "PM25": (1e-2, 1e2),
    "CO2": (1e1, 1e5),
}
PM25_LEVELS: Final = (5, 10, 15, 20, 25, 30, 35, 45, 60, 75, 100)
CHANGE_LEVELS: Final = (-60, -40, -30, -20, -15, -10, -5, -2, 2, 5, 10)
PERCENT_LEVELS: Final = (-80, -70, -60, -50, -40, -30, -20, -10, -2, 2, 10, 20)
#: Classes of limit less value, ug m-3. The middle is -0.5: up to there a value rounds to the limit.
MARGIN_LEVELS: Final = (-15, -10, -5, -2, -0.5, 2, 5, 10, 15)
PROBABILITY_LEVELS: Final = (0.05, 0.2, 0.4, 0.6, 0.8, 0.95)


def _panels(base: Basemap, *, rows: int, cols: int, width: float = 10.0) -> tuple[Figure, Any]:
    """A figure whose map panels have the shape of the window."""
    x0, x1, y0, y1 = base.extent
    # what a colour bar and tick labels take from a panel, inches
    panel = width / cols - 1.15
    fig = new_figure(width, rows * (panel * (y1 - y0) / (x1 - x0) + 0.5) + 0.3)
    return fig, fig.subplots(rows, cols, squeeze=False)


def _mesh(ax: Axes, base: Basemap, values: npt.NDArray[np.floating], **style: Any) -> Any:
    mesh = ax.pcolormesh(
        base.grid.x_edges, base.grid.y_edges, values, rasterized=True, zorder=1, **style
    )
    draw_basemap(ax, base)
    return mesh


def emission_maps(base: Basemap, density: Mapping[str, xr.DataArray], *, heading: str) -> Figure:
    """Emission per area of some species.

    Parameters
    ----------
    base : Basemap
    density : mapping of species -> DataArray (y, x)
        Mg km-2 yr-1.
    heading : str
    """
    from matplotlib.colors import LogNorm

    fig, axes = _panels(base, rows=(len(density) + 1) // 2, cols=2)
    for ax, (name, field) in zip(axes.flat, density.items(), strict=False):
        values = field.values
        low, high = DENSITY_LIMITS[name]
        shown = np.ma.masked_where(~(values > 0), values)
        mesh = _mesh(ax, base, shown, norm=LogNorm(low, high), cmap="inferno_r")
        bar = fig.colorbar(mesh, ax=ax, shrink=0.85, pad=0.02, extend="both")
        bar.set_label(f"{PRETTY[name]}  (Mg km$^{{-2}}$ yr$^{{-1}}$)")
        total = float((values * base.grid.cell_area).sum() / 1e6 / 1e6)
        shown_total = f"{total:,.0f}" if total >= 100 else f"{total:.3g}"
        ax.set_title(f"{PRETTY[name]}: {shown_total} Tg in the domain")
    fig.suptitle(heading)
    return fig


def _level_style(levels: Sequence[float], cmap: str, *, centre: float | None = None) -> Any:
    """Colours of classes; with ``centre`` the class that holds it gets the middle colour."""
    import matplotlib as mpl
    from matplotlib.colors import BoundaryNorm, ListedColormap

    n = len(levels) + 1
    if centre is None:
        place = np.linspace(0.02, 0.98, n)
    else:
        middle = int(np.searchsorted(levels, centre))
        place = np.concatenate(
            [np.linspace(0.0, 0.5, middle, endpoint=False), np.linspace(0.5, 1.0, n - middle)]
        )
    colors = mpl.colormaps[cmap](place)
    listed = ListedColormap(colors[1:-1]).with_extremes(under=colors[0], over=colors[-1])
    return {"norm": BoundaryNorm(levels, len(levels) - 1), "cmap": listed}


def pm25_map(
    base: Basemap,
    *,
    modelled: xr.DataArray,
    fused: xr.DataArray | None,
    cities: pd.DataFrame,
    limit: float,
    heading: str,
) -> Figure:
    """Modelled and fused annual mean.

    Parameters
    ----------
    base : Basemap
    modelled, fused : DataArray (y, x)
        ug m-3; ``fused`` may be absent.
    cities : DataFrame
        Columns x, y (m, of the city's monitors) and pm25 (ug m-3); monitored cities only.
    limit : float
        Drawn as a line, ug m-3.
    heading : str
    """
    fields = {"model field (dry mass)": modelled}
    if fused is not None:
        fields["fused with monitors"] = fused
    fig, axes = _panels(base, rows=1, cols=len(fields), width=6.0 * len(fields))
    style = _level_style(PM25_LEVELS, "RdYlBu_r")
    for ax, (name, field) in zip(axes.flat, fields.items(), strict=True):
        mesh = _mesh(ax, base, np.ma.masked_invalid(field.values), **style)
        _limit_line(ax, base, field.values, limit)
        ax.set_title(name)
    ax = axes.flat[-1]
    ax.scatter(
        cities["x"], cities["y"], c=cities["pm25"], s=14, linewidths=0.4, edgecolors="black",
        zorder=4, **style,
    )  # fmt: skip
    bar = fig.colorbar(mesh, ax=axes, shrink=0.8, pad=0.01, extend="both", ticks=PM25_LEVELS)
    bar.set_label("annual mean PM$_{2.5}$  (µg m$^{-3}$)")
    fig.suptitle(f"{heading}   (black line: limit of {limit:g} µg m$^{{-3}}$)")
    return fig


def _limit_line(ax: Axes, base: Basemap, values: npt.NDArray[np.floating], limit: float) -> None:
    finite = np.nan_to_num(values)
    if finite.min() < limit < finite.max():
        ax.contour(
            base.grid.x, base.grid.y, finite, levels=[limit], colors="black", linewidths=0.9,
            zorder=2,
        )  # fmt: skip


def change_map(base: Basemap, *, before: xr.DataArray, after: xr.DataArray, heading: str) -> Figure:
    """Absolute and relative change of a concentration, ug m-3 and per cent."""
    difference = after.values - before.values
    with np.errstate(divide="ignore", invalid="ignore"):
        percent = np.where(before.values > 0, 100.0 * difference / before.values, np.nan)
    fig, axes = _panels(base, rows=1, cols=2, width=12.0)
    panels = (
        (difference, CHANGE_LEVELS, "change of PM$_{2.5}$  (µg m$^{-3}$)"),
        (percent, PERCENT_LEVELS, "change of PM$_{2.5}$  (%)"),
    )
    for ax, (values, levels, label) in zip(axes.flat, panels, strict=True):
        style = _level_style(levels, "RdBu_r", centre=0.0)
        mesh = _mesh(ax, base, np.ma.masked_invalid(values), **style)
        bar = fig.colorbar(mesh, ax=ax, shrink=0.8, pad=0.02, extend="both", ticks=levels)
        bar.set_label(label)
        if not difference.any():
            words = "the same run:\nno change"
            ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center", fontsize=12)
    fig.suptitle(heading)
    return fig


def attainment_map(base: Basemap, cities: pd.DataFrame, *, heading: str) -> Figure:
    """Units coloured by attainment.

    Parameters
    ----------
    base : Basemap
    cities : DataFrame
        ``cities.csv``: adcode, monitored (bool), pm25_attains (boolean, empty where not judged).
    heading : str
    """
    from matplotlib.collections import PathCollection
    from matplotlib.patches import Patch

    judged = cities["pm25_attains"].notna()
    attains = cities["pm25_attains"].fillna(False).astype(bool)
    classes = (
        ("not monitored", NOT_MONITORED, ~judged),
        ("attains", ATTAINS, judged & attains),
        ("does not attain", FAILS, judged & ~attains),
    )
    fig, axes = _panels(base, rows=1, cols=1, width=7.5)
    ax = axes.flat[0]
    handles = []
    for name, color, mask in classes:
        paths = unit_paths(base, cities.loc[mask, "adcode"].tolist())
        ax.add_collection(
            PathCollection(paths, facecolors=color, edgecolors="white", linewidths=0.25, zorder=1),
            autolim=False,
        )
        handles.append(Patch(color=color, label=f"{name}: {int(mask.sum())}"))
    draw_basemap(ax, base)
    ax.legend(handles=handles, loc="lower left", frameon=True, framealpha=0.9, edgecolor="none")
    fig.suptitle(heading)
    return fig


def margin_map(base: Basemap, cities: pd.DataFrame, *, limit: float, heading: str) -> Figure:
    """Units by their distance to the limit, and by the probability that they attain it.

    Parameters
    ----------
    base : Basemap
    cities : DataFrame
        ``cities_fused.csv``: adcode, basis (``monitor``, ``fused``, ``fused_far``), margin (limit
        less value, ug m-3; NaN where not judged), probability_attains.
    limit : float
        ug m-3.
    heading : str
    """
    fig, axes = _panels(base, rows=1, cols=2, width=12.0)
    monitored = (cities["basis"] == "monitor").to_numpy()
    paths = unit_paths(base, cities["adcode"].tolist())
    dots = unit_points(base, cities.loc[monitored, "adcode"].tolist())
    panels = (
        ("margin", MARGIN_LEVELS, f"limit of {limit:g} less PM$_{{2.5}}$  (µg m$^{{-3}}$)"),
        ("probability_attains", PROBABILITY_LEVELS, "probability of attaining the limit"),
    )
    for ax, (column, levels, label) in zip(axes.flat, panels, strict=True):
        shades = _units(ax, paths, cities, cities[column], _level_style(levels, "PuOr"))
        draw_basemap(ax, base)
        ax.scatter(dots[:, 0], dots[:, 1], s=3, color="white", linewidths=0.3, edgecolors="black",
                   zorder=4)  # fmt: skip
        bar = fig.colorbar(shades, ax=ax, shrink=0.8, pad=0.02, extend="both", ticks=levels)
        bar.ax.set_yticklabels([f"{level:g}" for level in levels])
        bar.set_label(label)
    _margin_legend(fig, cities, monitored)
    fig.suptitle(heading)
    return fig


def _units(
    ax: Axes, paths: list[Any], cities: pd.DataFrame, values: pd.Series, style: dict[str, Any]
) -> PathCollection:
    """Filled units, hatched where far from any monitor."""
    from matplotlib.collections import PathCollection

    def draw(mask: npt.NDArray[np.bool_], zorder: float, **look: Any) -> PathCollection:
        chosen = [path for path, keep in zip(paths, mask, strict=True) if keep]
        style_of: dict[str, Any] = {"edgecolors": "white", "linewidths": 0.25} | look
        drawn = PathCollection(chosen, zorder=zorder, **style_of)
        ax.add_collection(drawn, autolim=False)
        return drawn

    known = values.notna().to_numpy()
    draw(~known, 1.0, facecolors=NOT_MONITORED)
    shades = draw(known, 1.0)
    shades.set(array=values[known].to_numpy(dtype=float), **style)
    draw(known & _far(cities), 1.1, facecolors="none", edgecolors="#909090", hatch="////")
    return shades


def _far(cities: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Units so far from any monitor that the fused field has the model's shape only."""
    return np.asarray(cities["basis"] == "fused_far")


def _margin_legend(fig: Figure, cities: pd.DataFrame, monitored: npt.NDArray[np.bool_]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    known = cities["margin"].notna().to_numpy()
    far = _far(cities) & known
    near = int((known & ~monitored & ~far).sum())
    frame: dict[str, Any] = {"facecolor": "none", "edgecolor": "#909090"}
    dot: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 3}
    handles = [
        Line2D([], [], color="white", markeredgecolor="black", label=f"monitored: "
               f"{int(monitored.sum())}", **dot),
        Patch(label=f"estimate by the fused field: {near}", **frame),
        Patch(label=f"estimate far from any monitor: {int(far.sum())}", hatch="////",
              **frame),
    ]  # fmt: skip
    if not known.all():
        handles.append(Patch(color=NOT_MONITORED, label=f"not judged: {int((~known).sum())}"))
    fig.legend(handles=handles, loc="outside lower center", ncols=len(handles))
