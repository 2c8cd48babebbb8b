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
from scenair.gridding.coverage import coverage, edges_of, spherical_areas

if TYPE_CHECKING:
    from scenair.core.grids import Grid

Array = npt.NDArray[np.float64]
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

    Returns
    -------
    csc_matrix
        (grid.size + 1, raster cells).
    """
    if extra is None:
        extra = 3 if np.diff(raster.lon).max() > _COARSE_DEG else 0
    wanted = np.arange(raster.shape[0] * raster.shape[1]) if cells is None else np.asarray(cells)
    parts = [
        _weights(raster, grid, wanted[i : i + _CHUNK], extra=extra)
        for i in range(0, len(wanted), _CHUNK)
    ]
    n = raster.shape[0] * raster.shape[1]
    rows, cols, values = (np.concatenate([p[k] for p in parts]) for k in range(3))
    return sp.csc_matrix((values, (rows, cols)), shape=(grid.size + 1, n))


def _weights(
    raster: Raster, grid: Grid, wanted: npt.NDArray[np.int64], *, extra: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Array]:
    x, y = _outlines(raster, grid, wanted, extra=extra)
    n, corners = x.shape
    hit = _reaches(x, y, grid)
    # an outline inside one cell needs no cutting (most of a raster finer than the grid)
    col, row = np.floor(x[:, 0]), np.floor(y[:, 0])
    single = hit & (np.floor(x) == col[:, None]).all(1) & (np.floor(y) == row[:, None]).all(1)
    inner = np.flatnonzero(single)
    alone = (row[inner] * grid.ncols + col[inner]).astype(np.int64)
    hit &= ~single
    start = np.arange(hit.sum() + 1) * corners
    edges = edges_of(x[hit].ravel(), y[hit].ravel(), start, np.flatnonzero(hit))
    pieces = coverage(edges, ncols=grid.ncols, nrows=grid.nrows)
    area = spherical_areas(pieces, grid)
    inside = np.bincount(pieces.polygon, area, n)
    inside[inner] = 1.0
    whole = (x.min(1) >= 0) & (x.max(1) <= grid.ncols) & (y.min(1) >= 0) & (y.max(1) <= grid.nrows)
    exact = raster.cell_area.ravel()[wanted]
    total = np.where(whole, inside, np.maximum(exact, inside))
    outside = np.where(whole, 0.0, 1 - inside / total)
    # an outline of chords misses a sliver of a cell that the grid's edge does not cut
    edge = np.flatnonzero(outside > 0)
    rows = np.concatenate([alone, pieces.cell, np.full(len(edge), grid.size)])
    cols = wanted[np.concatenate([inner, pieces.polygon, edge])]
    values = [np.ones(len(inner)), area / total[pieces.polygon], outside[edge]]
    return rows, cols, np.concatenate(values)


def _outlines(
    raster: Raster, grid: Grid, wanted: npt.NDArray[np.int64], *, extra: int
) -> tuple[Array, Array]:
    """Outlines of raster cells in index space of the grid, counter-clockwise."""
    row, col = np.divmod(wanted, raster.shape[1])
    step = np.linspace(0, 1, extra + 2)
    # every vertex is projected once: all parallels with their extra vertices
    first, last = int(row.min()), int(row.max()) + 1
    lon = (raster.lon[:-1, None] + np.diff(raster.lon)[:, None] * step[:-1]).ravel()
    lon = np.append(lon, raster.lon[-1])
    px, py = grid.project(*np.meshgrid(lon, raster.lat[first : last + 1]))
    px = (px - grid.xorig) / grid.xcell
    py = (py - grid.yorig) / grid.ycell
    along = col[:, None] * (extra + 1) + np.arange(extra + 2)
    south, north = (row - first)[:, None], (row - first + 1)[:, None]
    x = np.hstack([px[south, along], px[north, along[:, ::-1]]])
    y = np.hstack([py[south, along], py[north, along[:, ::-1]]])
    return x, y


def _reaches(x: Array, y: Array, grid: Grid) -> npt.NDArray[np.bool_]:
    """Outlines whose bounding box touches the grid (NaN and infinity don't)."""
    with np.errstate(invalid="ignore"):
        near = (x.max(1) > 0) & (x.min(1) < grid.ncols)
        near &= (y.max(1) > 0) & (y.min(1) < grid.nrows)
    return np.asarray(near & np.isfinite(x).all(1) & np.isfinite(y).all(1))
