"""Winds of a nest that carry through its borders what the parent's winds carry there.

The correction that makes winds mass-consistent depends on the domain: on a small one it leaves the
mean wind as it was guessed, on a large one it does not. So the column flow through the borders of
a nest is that of the parent, and the difference is spread over the nest as the flow of a
potential, which has no divergence of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import scipy.sparse.linalg as spl

from scenair.surrogate.geometry import geometry
from scenair.surrogate.nesting import bilinear

if TYPE_CHECKING:
    from scenair.core.grids import Grid
    from scenair.surrogate.geometry import Geometry

Array = npt.NDArray[np.float64]


class Borders(NamedTuple):
    """Column flow through the outermost faces, m3 s-1, positive to growing x and y.

    ``west`` and ``east`` (y,), ``south`` and ``north`` (x,).
    """

    west: Array
    east: Array
    south: Array
    north: Array

    def net(self) -> float:
        """What enters more than leaves, m3 s-1."""
        along_x = self.west.sum() - self.east.sum()
        return float(along_x + self.south.sum() - self.north.sum())


def column_transport(wind_x: Array, wind_y: Array, *, geo: Geometry) -> tuple[Array, Array]:
    """Wind times depth, summed over the column, to the east and north, (y, x), m2 s-1."""
    depth = geo.depth[:, None, None]
    x, y = (wind_x * depth).sum(axis=0), (wind_y * depth).sum(axis=0)
    x, y = (x[:, 1:] + x[:, :-1]) / 2, (y[1:] + y[:-1]) / 2
    cos = (geo.cos_x[:, 1:] + geo.cos_x[:, :-1]) / 2
    sin = (geo.sin_x[:, 1:] + geo.sin_x[:, :-1]) / 2
    return x * cos - y * sin, x * sin + y * cos


def flow_of_parent(
    wind_x: Array, wind_y: Array, *, parent: Grid, parent_geo: Geometry, grid: Grid, geo: Geometry
) -> Borders:
    """Column flow of the parent through the borders of a nest, without net inflow.

    Parameters
    ----------
    wind_x, wind_y : (layer, y, x + 1), (layer, y + 1, x)
        Of the parent, m s-1.
    parent, grid : Grid
    parent_geo, geo : Geometry
    """
    transport = [f.ravel() for f in column_transport(wind_x, wind_y, geo=parent_geo)]

    def at(x: Array, y: Array) -> tuple[Array, Array]:
        lon, lat = grid.unproject(*np.broadcast_arrays(x, y))
        weights = bilinear(parent, *parent.project(lon, lat), nest=grid.name)
        east, north = (weights @ f for f in transport)
        return east, north

    found = []
    for i in (0, -1):
        east, north = at(grid.x_edges[i], grid.y)
        normal = east * geo.cos_x[:, i] + north * geo.sin_x[:, i]
        found.append(normal * geo.length_x[:, i])
    for j in (0, -1):
        east, north = at(grid.x, grid.y_edges[j])
        normal = -east * geo.sin_y[j] + north * geo.cos_y[j]
        found.append(normal * geo.length_y[j])
    raw = Borders(*found)
    lengths = (geo.length_x[:, 0], geo.length_x[:, -1], geo.length_y[0], geo.length_y[-1])
    surplus = raw.net() / sum(float(length.sum()) for length in lengths)
    signs = (-1, 1, -1, 1)
    return Borders(*(f + s * surplus * n for f, s, n in zip(raw, signs, lengths, strict=True)))


def spread_inside(wanted: Borders, *, geo: Geometry) -> tuple[Array, Array]:
    """The potential flow (y, x + 1), (y + 1, x) with the given flow through the borders, m3 s-1."""
    ny, nx = geo.area.shape
    flow_x, flow_y = np.zeros((ny, nx + 1)), np.zeros((ny + 1, nx))
    flow_x[:, 0], flow_x[:, -1] = wanted.west, wanted.east
    flow_y[0], flow_y[-1] = wanted.south, wanted.north
    gx = (geo.length_x / geo.distance_x)[:, 1:-1]
    gy = (geo.length_y / geo.distance_y)[1:-1]
    index = np.arange(ny * nx).reshape(ny, nx)
    main = np.zeros((ny, nx))
    main[:, 1:] += gx
    main[:, :-1] += gx
    main[1:] += gy
    main[:-1] += gy
    main[0, 0] += 1.0  # the potential is free by a constant
    rows, cols, data = [index.ravel()], [index.ravel()], [main.ravel()]
    for left, right, g in ((index[:, :-1], index[:, 1:], gx), (index[:-1], index[1:], gy)):
        rows += [left.ravel(), right.ravel()]
        cols += [right.ravel(), left.ravel()]
        data += [-g.ravel(), -g.ravel()]
    matrix = sp.coo_matrix(
        (np.concatenate(data), (np.concatenate(rows), np.concatenate(cols))), shape=(ny * nx,) * 2
    )
    entering = -(np.diff(flow_x, axis=1) + np.diff(flow_y, axis=0))
    phi = spl.splu(matrix.tocsc(), permc_spec="MMD_AT_PLUS_A").solve(entering.ravel())
    phi = phi.reshape(ny, nx)
    flow_x[:, 1:-1] = -gx * np.diff(phi, axis=1)
    flow_y[1:-1] = -gy * np.diff(phi, axis=0)
    return flow_x, flow_y


def matched(
    wind_x: Array, wind_y: Array, *, wanted: Borders, geo: Geometry, variance: Array
) -> tuple[Array, Array]:
    """Winds of a nest with the wanted column flow through its borders.

    Parameters
    ----------
    wind_x, wind_y : (layer, y, x + 1), (layer, y + 1, x)
        Free of divergence by column, m s-1.
    wanted : Borders
        Without net inflow.
    geo : Geometry
    variance : (layer,)
        How the change is shared between the layers, as in :func:`.winds.mass_consistent`.
    """
    share = (variance * geo.depth.sum() / (variance * geo.depth).sum())[:, None, None]
    depth = geo.depth[:, None, None]
    own_x = (wind_x * depth).sum(axis=0) * geo.length_x
    own_y = (wind_y * depth).sum(axis=0) * geo.length_y
    own = (own_x[:, 0], own_x[:, -1], own_y[0], own_y[-1])
    change = Borders(*(w - o for w, o in zip(wanted, own, strict=True)))
    flow_x, flow_y = spread_inside(change, geo=geo)
    total = geo.depth.sum()
    return (
        wind_x + share * flow_x / geo.length_x / total,
        wind_y + share * flow_y / geo.length_y / total,
    )


def nest_winds(
    winds: tuple[Array, Array],
    of_parent: tuple[Array, Array],
    *,
    grid: Grid,
    parent: Grid,
    tops: tuple[float, ...],
    parent_tops: tuple[float, ...],
    variance: Array,
) -> tuple[Array, Array]:
    """Winds (quarter, layer, ...) of a nest, its borders as in the winds of the parent."""
    geo, parent_geo = geometry(grid, tops=tops), geometry(parent, tops=parent_tops)
    found = []
    for x, y, px, py in zip(*winds, *of_parent, strict=True):
        wanted = flow_of_parent(px, py, parent=parent, parent_geo=parent_geo, grid=grid, geo=geo)
        found.append(matched(x, y, wanted=wanted, geo=geo, variance=variance))
    return np.stack([x for x, _ in found]), np.stack([y for _, y in found])
