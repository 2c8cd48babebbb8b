"""Units x surrogate raster -> grid, as one sparse operator.

W = G diag(s) P / (s P): P is the share of each raster cell in each unit, s the surrogate (people,
lights, road length ...) a raster cell, G the raster's weights on the grid. Columns (units) sum to
1; a unit in which the surrogate is zero follows its area.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import shapely

from scenair.core.errors import InputError
from scenair.core.grids import CN36, LATLON, Grid
from scenair.gridding.coverage import Edges, coverage, edges_of, spherical_areas
from scenair.gridding.latlon import Raster, latlon_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = npt.NDArray[np.float64]
#: A unit may stick out of the raster by this share of its area (a coast drawn differently).
_OVERHANG = 1e-3


def raster_grid(raster: Raster) -> Grid:
    """The raster as a lat-lon grid of the core; its cells must be of one size."""
    lon, lat = np.diff(raster.lon), np.diff(raster.lat)
    if not (np.allclose(lon, lon[0], rtol=1e-6) and np.allclose(lat, lat[0], rtol=1e-6)):
        raise InputError("a surrogate raster needs cells of one size")
    return replace(
        CN36,
        name="RASTER",
        projection="LATLON",
        gdtyp=LATLON,
        p_alp=0.0,
        p_bet=0.0,
        p_gam=0.0,
        xcent=0.0,
        ycent=0.0,
        xorig=float(raster.lon[0]),
        yorig=float(raster.lat[0]),
        xcell=float(lon.mean()),
        ycell=float(lat.mean()),
        ncols=len(lon),
        nrows=len(lat),
    )


def ring_edges(geometries: Sequence[shapely.Geometry], grid: Grid) -> Edges:
    """Edges of the rings of polygons in index space of a lat-lon grid; holes run clockwise."""
    parts, owner = shapely.get_parts(np.asarray(geometries, dtype=object), return_index=True)
    rings, part = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    start = np.concatenate([[0], np.cumsum(np.bincount(ring, minlength=len(rings)))])
    x = (xy[:, 0] - grid.xorig) / grid.xcell
    y = (xy[:, 1] - grid.yorig) / grid.ycell
    return edges_of(x, y, start, owner[part])


def polygon_shares(
    geometries: Sequence[shapely.Geometry], raster: Raster, *, names: Sequence[object]
) -> sp.csc_matrix:
    """Share of each raster cell (rows) that lies in each polygon (columns).

    Raises
    ------
    InputError
        A polygon that the raster does not cover.
    """
    grid = raster_grid(raster)
    pieces = coverage(ring_edges(geometries, grid), ncols=grid.ncols, nrows=grid.nrows)
    covered = np.bincount(pieces.polygon, pieces.area, len(geometries))
    plane = shapely.area(np.asarray(geometries, dtype=object)) / (grid.xcell * grid.ycell)
    bare = covered < plane * (1 - _OVERHANG)
    if bare.any():
        first = int(bare.argmax())
        raise InputError(
            "a surrogate raster does not cover a unit",
            where=f"unit {names[first]}",
            value=f"{covered[first] / plane[first]:.1%} of its area covered; {bare.sum()} units",
            remedy="bring a raster that covers all units of the case",
        )
    share = spherical_areas(pieces, grid) / raster.cell_area.ravel()[pieces.cell]
    shape = (grid.size, len(geometries))
    return sp.csc_matrix((share, (pieces.cell, pieces.polygon)), shape=shape)


def raster_operator(
    geometries: Sequence[shapely.Geometry],
    raster: Raster,
    surrogate: Array,
    grid: Grid,
    *,
    names: Sequence[object],
) -> sp.csc_matrix:
    """Operator units -> grid by a surrogate raster.

    Parameters
    ----------
    geometries : sequence
        Polygons of the units (longitude, latitude).
    raster : Raster
    surrogate : array (rows, columns)
        Amount a raster cell, not negative, south first; NaN counts as zero.
    grid : Grid
    names : sequence
        Names of the units for messages.

    Returns
    -------
    csc_matrix
        (grid.size + 1, units), columns sum to 1.

    Raises
    ------
    InputError
        Negative surrogate, wrong shape, or units outside the raster.
    """
    amount = np.asarray(surrogate, dtype=np.float64)
    amount = np.where(np.isnan(amount), 0.0, amount)
    if amount.shape != raster.shape or not np.isfinite(amount).all() or (amount < 0).any():
        raise InputError(
            "a surrogate must be finite, not negative and of the raster's shape",
            value=f"shape {amount.shape}, minimum {amount.min():g}",
            allowed=f"shape {raster.shape}, minimum 0",
        )
    share = polygon_shares(geometries, raster, names=names)
    mass = sp.diags_array(amount.ravel()) @ share
    empty = np.asarray(mass.sum(axis=0)).ravel() <= 0
    if empty.any():
        area = sp.diags_array(raster.cell_area.ravel()) @ share
        mass = mass + area @ sp.diags_array(empty.astype(np.float64))
    mass = mass.tocsc()
    mass.eliminate_zeros()
    weights = latlon_weights(raster, grid, cells=np.unique(mass.indices))
    on_grid = (weights @ mass).tocsc()
    total = np.asarray(on_grid.sum(axis=0)).ravel()
    return (on_grid @ sp.diags_array(1 / total)).tocsc()
