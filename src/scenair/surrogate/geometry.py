"""True lengths and areas of the finite volumes of a model grid.

Lengths are great-circle distances on the grid's sphere, so the geometry holds for every
projection that GRIDDESC knows, map scale included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scenair.core.grids import EARTH_RADIUS_M
from scenair.surrogate.layers import LAYER_TOPS_M, thickness

if TYPE_CHECKING:
    from scenair.core.grids import Grid

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Geometry:
    """Finite volumes.

    Attributes
    ----------
    area : (y, x)
        True cell area, m2.
    depth : (layer,)
        Layer thickness, m.
    length_x, length_y : (y, x + 1), (y + 1, x)
        Length of the faces that look east-west and north-south, m.
    distance_x, distance_y : (y, x + 1), (y + 1, x)
        Distance of the cell centres on both sides of these faces, m.
    cos_x, sin_x, cos_y, sin_y : (y, x + 1), (y + 1, x)
        Direction of the grid's x axis against east at these faces.
    """

    area: Array
    depth: Array
    length_x: Array
    length_y: Array
    distance_x: Array
    distance_y: Array
    cos_x: Array
    sin_x: Array
    cos_y: Array
    sin_y: Array

    @property
    def shape(self) -> tuple[int, int, int]:
        """(layer, y, x)."""
        ny, nx = self.area.shape
        return len(self.depth), ny, nx

    @property
    def volume(self) -> Array:
        """(layer, y, x), m3."""
        return np.asarray(self.depth[:, None, None] * self.area)


def great_circle(lon1: Array, lat1: Array, lon2: Array, lat2: Array) -> Array:
    """Distance of points on the sphere of the grids, m (haversine); degrees in."""
    a, b = np.radians(lat1), np.radians(lat2)
    half = np.sin((b - a) / 2) ** 2
    half = half + np.cos(a) * np.cos(b) * np.sin(np.radians(lon2 - lon1) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(half)))


def _axis_direction(grid: Grid, x: Array, y: Array) -> tuple[Array, Array]:
    """Cosine and sine of the angle from east to the grid's x axis, counter-clockwise."""
    step = grid.xcell * 1e-3
    lon0, lat0 = grid.unproject(x - step, y)
    lon1, lat1 = grid.unproject(x + step, y)
    east = (lon1 - lon0) * np.cos(np.radians((lat0 + lat1) / 2))
    north = lat1 - lat0
    size = np.hypot(east, north)
    return east / size, north / size


def _between(grid: Grid, x1: Array, y1: Array, x2: Array, y2: Array) -> Array:
    return great_circle(*grid.unproject(x1, y1), *grid.unproject(x2, y2))


def geometry(grid: Grid, *, tops: tuple[float, ...] = LAYER_TOPS_M) -> Geometry:
    """Finite volumes of ``grid`` with layers up to ``tops`` (m above ground)."""
    xe, ye = np.meshgrid(grid.x_edges, grid.y), np.meshgrid(grid.x, grid.y_edges)
    dx, dy = grid.xcell / 2, grid.ycell / 2
    cos_x, sin_x = _axis_direction(grid, *xe)
    cos_y, sin_y = _axis_direction(grid, *ye)
    return Geometry(
        area=grid.cell_area,
        depth=thickness(tops),
        length_x=_between(grid, xe[0], xe[1] - dy, xe[0], xe[1] + dy),
        length_y=_between(grid, ye[0] - dx, ye[1], ye[0] + dx, ye[1]),
        distance_x=_between(grid, xe[0] - dx, xe[1], xe[0] + dx, xe[1]),
        distance_y=_between(grid, ye[0], ye[1] - dy, ye[0], ye[1] + dy),
        cos_x=cos_x,
        sin_x=sin_x,
        cos_y=cos_y,
        sin_y=sin_y,
    )
