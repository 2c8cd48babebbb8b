"""Conservative weights from a longitude-latitude raster to any grid, in mass form.

``mass_on_grid = W @ mass_on_raster``: a column is a raster cell, its entries the shares of that
cell's true spherical area in the grid's cells, the last row what lies outside. A raster cell that
is inside the grid has a column sum of 1 to round-off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from scenair.core.errors import InputError
from scenair.core.grids import EARTH_RADIUS_M
from scenair.gridding.coverage import Edges, coverage, spherical_areas

if TYPE_CHECKING:
    from scenair.core.grids import Grid

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
#: Raster cells that are handled at once; bounds the memory of a fine raster to about 200 MB.
_CHUNK = 200_000
_COARSE_DEG = 0.15


@dataclass(frozen=True)
class Raster:
    """Edges of a regular or rectilinear longitude-latitude raster, both ascending, degrees."""

    lon: Array
    lat: Array

    def __post_init__(self) -> None:
        for name, edges in (("longitude", self.lon), ("latitude", self.lat)):
            if edges.ndim != 1 or len(edges) < 2 or not (np.diff(edges) > 0).all():
                raise InputError(
                    f"edges of {name} must ascend", value=edges[:3].tolist(),
                    remedy="flip the raster so that row 1 is the southernmost",
                )  # fmt: skip
        if self.lat[0] < -90 or self.lat[-1] > 90 or self.lon[-1] - self.lon[0] > 360:
            raise InputError(
                "a raster beyond the globe",
                value=[self.lon[0], self.lon[-1], self.lat[0], self.lat[-1]],
                allowed="longitudes over at most 360 degrees, latitudes within -90 to 90",
            )

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns); row 1 is the southernmost."""
        return len(self.lat) - 1, len(self.lon) - 1

    @property
    def cell_area(self) -> Array:
        """True area of the cells, m2: R2 (sin north - sin south) times the width."""
        height = np.diff(np.sin(np.radians(self.lat)))
        width = np.diff(np.radians(self.lon))
        return np.asarray(EARTH_RADIUS_M**2 * np.outer(height, width))

    @classmethod
    def from_centres(cls, lon: Array, lat: Array) -> Raster:
        """A raster from equally spaced cell centres.

        Raises
        ------
        InputError
            Centres that are not equally spaced.
        """
        edges = []
        for name, centre in (("longitude", lon), ("latitude", lat)):
            step = np.diff(centre)
            if len(step) == 0 or not np.allclose(step, step.mean(), rtol=1e-3, atol=0):
                raise InputError(f"{name} is not equally spaced", value=centre[:3].tolist())
            # from the ends, so that rounded centres don't add up
            width = (centre[-1] - centre[0]) / (len(centre) - 1)
            edges.append(centre[0] + width * (np.arange(len(centre) + 1) - 0.5))
        return cls(*edges)


def latlon_weights(
    raster: Raster,
    grid: Grid,
    *,
    extra: int | None = None,
    cells: npt.NDArray[np.int64] | None = None,
) -> sp.csc_matrix:
    """Weights of a raster on a grid.

    Parameters
    ----------
    raster : Raster
    grid : Grid
    extra : int, optional
        Vertices between the corners along the parallels, which bend in the plane of a conic
        projection. The error of straight sides falls with the square of the cell (1e-4 at 0.25
        degrees, 5e-6 at 0.05); by default 3 from 0.15 degrees on, else none.
    cells : array of int, optional
        Flat raster cells (row-major, south first) to do; others get an empty column.
        A cell that does not touch the grid has its whole mass in the last row.

    Returns
    -------
    csc_matrix
        (grid.size + 1, raster cells).
    """
    if extra is None:
        extra = 3 if np.diff(raster.lon).max() > _COARSE_DEG else 0
    rows, columns = raster.shape
    member = np.ones(raster.shape, dtype=bool)
    if cells is not None:
        member[:] = False
        member.ravel()[cells] = True
    band = max(1, _CHUNK // columns)
    parts = [
        _band(raster, grid, first, member[first : first + band], extra=extra)
        for first in range(0, rows, band)
        if member[first : first + band].any()
    ]
    if not parts:
        return sp.csc_matrix((grid.size + 1, rows * columns))
    target, source, values = (np.concatenate([p[k] for p in parts]) for k in range(3))
    return sp.csc_matrix((values, (target, source)), shape=(grid.size + 1, rows * columns))


def _band(
    raster: Raster, grid: Grid, first: int, member: npt.NDArray[np.bool_], *, extra: int
) -> tuple[Index, Index, Array]:
    """Target cells, source cells and shares of a band of raster rows."""
    x, y = _vertices(raster, grid, first, first + len(member), extra=extra)
    (x_low, x_high), (y_low, y_high) = (_extremes(a, extra) for a in (x, y))
    with np.errstate(invalid="ignore"):
        near = member & np.isfinite(x_high - x_low) & np.isfinite(y_high - y_low)
        near &= (x_high > 0) & (x_low < grid.ncols) & (y_high > 0) & (y_low < grid.nrows)
        col, row = np.floor(x_low), np.floor(y_low)
        # a cell inside one grid cell needs no cutting (most of a raster finer than the grid)
        single = near & (np.floor(x_high) == col) & (np.floor(y_high) == row)
        whole = (x_low >= 0) & (x_high <= grid.ncols) & (y_low >= 0) & (y_high <= grid.nrows)
    edges = _shared_edges(x, y, near & ~single, extra=extra)
    pieces = coverage(edges, ncols=grid.ncols, nrows=grid.nrows)
    area = spherical_areas(pieces, grid)
    inner = np.flatnonzero(single)
    alone = (row.ravel()[inner] * grid.ncols + col.ravel()[inner]).astype(np.int64)
    inside = np.bincount(pieces.polygon, area, member.size)
    inside[inner] = 1.0
    exact = raster.cell_area[first : first + len(member)].ravel()
    # a cell inside the grid sums to 1 by its own pieces; of a cut one the exact area is the whole
    total = np.where(whole.ravel(), inside, np.maximum(exact, inside))
    cut = (near & ~whole & ~single).ravel()
    outside = np.zeros(member.size)
    outside[cut] = 1 - inside[cut] / total[cut]
    outside[(member & ~near).ravel()] = 1.0
    edge = np.flatnonzero(outside > 0)
    rows = np.concatenate([alone, pieces.cell, np.full(len(edge), grid.size)])
    cols = np.concatenate([inner, pieces.polygon, edge]) + first * member.shape[1]
    values = [np.ones(len(inner)), area / total[pieces.polygon], outside[edge]]
    return rows, cols, np.concatenate(values)


def _vertices(
    raster: Raster, grid: Grid, first: int, last: int, *, extra: int
) -> tuple[Array, Array]:
    """Vertices of rows ``first`` to ``last`` in index space of the grid, (lines, vertices).

    Every vertex is projected once; between two corners of a parallel lie ``extra`` more.
    """
    step = np.linspace(0, 1, extra + 2)[:-1]
    lon = (raster.lon[:-1, None] + np.diff(raster.lon)[:, None] * step).ravel()
    lon = np.append(lon, raster.lon[-1])
    x, y = grid.project(*np.meshgrid(lon, raster.lat[first : last + 1]))
    return (x - grid.xorig) / grid.xcell, (y - grid.yorig) / grid.ycell


def _extremes(values: Array, extra: int) -> tuple[Array, Array]:
    """Smallest and largest coordinate of each cell's outline, (rows, columns)."""
    low = high = values[:, : -1 : extra + 1]
    for k in range(1, extra + 2):
        column = values[:, k :: extra + 1][:, : low.shape[1]]
        low, high = np.minimum(low, column), np.maximum(high, column)
    return np.minimum(low[:-1], low[1:]), np.maximum(high[:-1], high[1:])


def _shared_edges(x: Array, y: Array, active: npt.NDArray[np.bool_], *, extra: int) -> Edges:
    """Sides of the active cells, each once: parallels eastward, meridians northward."""
    rows, columns = active.shape
    number = np.full((rows + 2, columns + 2), -1)
    number[1:-1, 1:-1] = np.where(active, np.arange(rows * columns).reshape(rows, columns), -1)
    above = np.repeat(number[1:, 1:-1], extra + 1, axis=1)
    below = np.repeat(number[:-1, 1:-1], extra + 1, axis=1)
    corner_x, corner_y = x[:, :: extra + 1], y[:, :: extra + 1]
    edges = Edges(
        *(
            np.concatenate([a.ravel(), b.ravel()])
            for a, b in (
                (x[:, :-1], corner_x[:-1]),
                (y[:, :-1], corner_y[:-1]),
                (x[:, 1:], corner_x[1:]),
                (y[:, 1:], corner_y[1:]),
                (above, number[1:-1, :-1]),
                (below, number[1:-1, 1:]),
            )
        )
    )
    return edges.take((edges.left >= 0) | (edges.right >= 0))
