"""Province borders, units and a graticule in the plane of a model grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from scenair.core.boundaries import read_boundaries
from scenair.core.overlay import project_geometries
from scenair.core.regions import OUTSIDE_PROVINCES, units

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from matplotlib.axes import Axes

    from scenair.core.grids import Grid

#: Vertices closer to a straight line than this share of the map's width are dropped.
_SIMPLIFY: Final = 1 / 2500


@dataclass(frozen=True)
class Basemap:
    """What is drawn under the data of a map.

    Attributes
    ----------
    grid : Grid
    extent : tuple of float
        xmin, xmax, ymin, ymax of the window (m).
    borders : list of array (n, 2)
        Province borders, x and y (m).
    """

    grid: Grid
    extent: tuple[float, float, float, float]
    borders: list[npt.NDArray[np.float64]]


def make_basemap(grid: Grid, adcodes: Sequence[int]) -> Basemap:
    """Borders of the mainland provinces and a window around the units of the case."""
    shapes = units().geometry.loc[list(adcodes)]
    xmin, ymin, xmax, ymax = shapely.total_bounds(project_geometries(list(shapes), grid))
    left, bottom, right, top = grid.bounds
    pad = 0.03 * max(xmax - xmin, ymax - ymin)
    extent = (
        max(xmin - pad, left),
        min(xmax + pad, right),
        max(ymin - pad, bottom),
        min(ymax + pad, top),
    )
    table, geometries = read_boundaries("province")
    mainland = ~table["province_adcode"].isin(OUTSIDE_PROVINCES).to_numpy()
    lines = shapely.boundary(
        project_geometries([g for g, keep in zip(geometries, mainland, strict=True) if keep], grid)
    )
    window = shapely.box(extent[0], extent[2], extent[1], extent[3])
    lines = shapely.intersection(
        shapely.simplify(lines, (extent[1] - extent[0]) * _SIMPLIFY), window
    )
    parts = shapely.get_parts(shapely.line_merge(lines))
    borders = [shapely.get_coordinates(p) for p in parts if p.geom_type == "LineString"]
    return Basemap(grid=grid, extent=extent, borders=[b for b in borders if len(b) > 1])


def draw_basemap(ax: Axes, base: Basemap) -> None:
    """Set the window of an axes; draw borders and a labelled graticule."""
    from matplotlib.collections import LineCollection

    ax.set_xlim(base.extent[:2])
    ax.set_ylim(base.extent[2:])
    ax.set_aspect("equal")
    for spine in ax.spines.values():
        spine.set_visible(True)
    _graticule(ax, base)
    ax.add_collection(
        LineCollection(base.borders, colors="#404040", linewidths=0.35, zorder=3), autolim=False
    )


def _graticule(ax: Axes, base: Basemap) -> None:
    x0, x1, y0, y1 = base.extent
    xs, ys = np.linspace(x0, x1, 60), np.linspace(y0, y1, 60)
    lon_low, _ = base.grid.unproject(xs, np.full_like(xs, y0))
    _, lat_left = base.grid.unproject(np.full_like(ys, x0), ys)
    step_lon, step_lat = _step(np.ptp(lon_low)), _step(np.ptp(lat_left))
    line: dict[str, Any] = {"color": "#B0B0B0", "linewidth": 0.3, "zorder": 0.5}
    lats, lons = np.linspace(-5, 80, 200), np.linspace(40, 180, 400)
    for lon in np.arange(0, 360, step_lon):
        ax.plot(*base.grid.project(np.full_like(lats, lon), lats), **line)
    for lat in np.arange(0, 80, step_lat):
        ax.plot(*base.grid.project(lons, np.full_like(lons, lat)), **line)
    ticks = np.arange(np.ceil(lon_low[0] / step_lon) * step_lon, lon_low[-1], step_lon)
    ax.set_xticks(np.interp(ticks, lon_low, xs), [f"{v:g}°E" for v in ticks])
    ticks = np.arange(np.ceil(lat_left[0] / step_lat) * step_lat, lat_left[-1], step_lat)
    ax.set_yticks(np.interp(ticks, lat_left, ys), [f"{v:g}°N" for v in ticks])
    ax.tick_params(length=2, width=0.4, labelsize=6.5, colors="#606060")


def _step(span: float) -> float:
    return next((s for s in (1.0, 2.0, 5.0, 10.0) if span / s <= 6), 20.0)


def unit_paths(base: Basemap, adcodes: Sequence[int]) -> list[Any]:
    """Matplotlib paths of the units, holes included, in the order of ``adcodes``."""
    from matplotlib.path import Path

    shapes = project_geometries(list(units().geometry.loc[list(adcodes)]), base.grid)
    tolerance = (base.extent[1] - base.extent[0]) * _SIMPLIFY
    paths = []
    for shape in shapely.simplify(shapes, tolerance):
        rings = [
            shapely.get_coordinates(ring)
            for part in shapely.get_parts(shape)
            if part.geom_type == "Polygon"
            for ring in (part.exterior, *part.interiors)
        ]
        paths.append(Path.make_compound_path(*[Path(ring, closed=True) for ring in rings]))
    return paths


def unit_points(base: Basemap, adcodes: Sequence[int]) -> npt.NDArray[np.float64]:
    """A point inside every unit, (n, 2) x and y in m, in the order of ``adcodes``."""
    shapes = project_geometries(list(units().geometry.loc[list(adcodes)]), base.grid)
    return np.asarray(shapely.get_coordinates(shapely.point_on_surface(shapes)))
