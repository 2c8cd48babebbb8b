"""Where people live inside a county: settlements as Gaussian kernels, integrated exactly.

A settlement of population P covers a built-up area P a (a: m2 a person); its kernel is an
isotropic Gaussian in the plane of the grid whose one-sigma radius is half the radius of that area,
not below ``sigma_minimum``. The integral over a cell is a product of differences of the error
function, so nothing depends on a cell centre.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.special import ndtr

from scenair.core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    import shapely

    from scenair.core.grids import Grid

Array = npt.NDArray[np.float64]

#: Half-width of a kernel in sigmas; the rest (6e-5 of the mass) is normalised away.
_REACH = 4.0


def kernel_sigma(population: Array, *, area_per_person: float, minimum: float) -> Array:
    """Standard deviation (m) of the kernel of settlements with ``population`` persons."""
    return np.maximum(0.5 * np.sqrt(population * area_per_person / np.pi), minimum)


def county_of_settlement(
    settlements: pd.DataFrame, geometries: list[shapely.Geometry]
) -> npt.NDArray[np.int64]:
    """Position of the county that each settlement lies in, -1 for none."""
    import shapely

    tree = shapely.STRtree(geometries)
    point, county = tree.query(
        shapely.points(settlements["lon"].to_numpy(), settlements["lat"].to_numpy()),
        predicate="within",
    )
    out = np.full(len(settlements), -1, dtype=np.int64)
    out[point] = county
    return out


def _bands(centre: Array, sigma: Array, origin: float, size: float, count: int, width: int) -> Any:
    """First cell of the window of each kernel and the kernel's mass in each cell of the window."""
    first = np.floor((centre - _REACH * sigma - origin) / size).astype(np.int64)
    index = first[:, None] + np.arange(width)
    edges = origin + size * (first[:, None] + np.arange(width + 1))
    mass = np.diff(ndtr((edges - centre[:, None]) / sigma[:, None]), axis=1)
    return np.where((index >= 0) & (index < count), index, -1), mass


def kernel_matrix(settlements: pd.DataFrame, grid: Grid, *, sigma: Array) -> sp.csr_matrix:
    """Share of each settlement's kernel in each cell.

    Parameters
    ----------
    settlements : DataFrame
        Columns lon, lat (degrees).
    grid : Grid
    sigma : array (n,)
        Standard deviation (m); degrees for a lat-lon grid.

    Returns
    -------
    csr_matrix
        (grid.size + 1, n); columns sum to 1, the last row is what falls outside the grid.

    Raises
    ------
    InputError
        Coordinates that are no numbers.
    """
    x, y = grid.project(settlements["lon"], settlements["lat"])
    if not (np.isfinite(x) & np.isfinite(y)).all():
        raise InputError(
            "settlements with coordinates that can't be projected",
            value=int((~np.isfinite(x)).sum()),
            allowed="longitude and latitude in degrees inside the range of the projection",
        )
    # windows of equal width go together, so that the few wide kernels don't widen all
    width = np.ceil(2 * _REACH * sigma / min(grid.xcell, grid.ycell)).astype(np.int64) + 1
    rows, cols, values = [], [], []
    for size in np.unique(width):
        member = np.flatnonzero(width == size)
        ix, mx = _bands(x[member], sigma[member], grid.xorig, grid.xcell, grid.ncols, int(size))
        iy, my = _bands(y[member], sigma[member], grid.yorig, grid.ycell, grid.nrows, int(size))
        cell = iy[:, :, None] * grid.ncols + ix[:, None, :]
        inside = (iy[:, :, None] >= 0) & (ix[:, None, :] >= 0)
        mass = my[:, :, None] * mx[:, None, :]
        rows.append(np.where(inside, cell, grid.size).ravel())
        cols.append(np.repeat(member, size * size))
        values.append((mass / mass.sum(axis=(1, 2), keepdims=True)).ravel())
    matrix = sp.coo_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(cols))),
        shape=(grid.size + 1, len(settlements)),
    )
    return matrix.tocsr()
