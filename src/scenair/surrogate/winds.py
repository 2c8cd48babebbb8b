"""Winds that conserve mass on the finite volumes of the surrogate."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import scipy.sparse.linalg as spl

if TYPE_CHECKING:
    from scenair.surrogate.geometry import Geometry

Array = npt.NDArray[np.float64]


class Flow(NamedTuple):
    """Volume flow through the faces, m3 s-1.

    ``x`` (layer, y, x + 1) and ``y`` (layer, y + 1, x) positive to growing x and y; ``z``
    (layer + 1, y, x) upward through the lower faces, 0 at the ground.
    """

    x: Array
    y: Array
    z: Array


def column_divergence(flow_x: Array, flow_y: Array) -> Array:
    """Net outflow of each cell, m3 s-1; (..., y, x)."""
    return np.asarray(np.diff(flow_x, axis=-1) + np.diff(flow_y, axis=-2))


def _laplacian(geo: Geometry) -> sp.csc_matrix:
    """Five-point operator of the potential, zero outside the grid."""
    ny, nx = geo.area.shape
    gx, gy = geo.length_x / geo.distance_x, geo.length_y / geo.distance_y
    index = np.arange(ny * nx).reshape(ny, nx)
    main = gx[:, :-1] + gx[:, 1:] + gy[:-1] + gy[1:]
    pairs = [
        (index[:, :-1], index[:, 1:], gx[:, 1:-1]),
        (index[:-1], index[1:], gy[1:-1]),
    ]
    rows, cols, data = [index.ravel()], [index.ravel()], [main.ravel()]
    for left, right, g in pairs:
        rows += [left.ravel(), right.ravel()]
        cols += [right.ravel(), left.ravel()]
        data += [-g.ravel(), -g.ravel()]
    entries = (np.concatenate(data), (np.concatenate(rows), np.concatenate(cols)))
    return sp.coo_matrix(entries, shape=(ny * nx, ny * nx)).tocsc()


def mass_consistent(
    wind_x: Array, wind_y: Array, *, geo: Geometry, variance: Array | None = None
) -> tuple[Array, Array]:
    """The nearest winds whose column flow has no divergence.

    The column flow F is replaced by ``F - grad(phi)`` with ``lap(phi) = div(F)`` and ``phi = 0``
    outside. The least-squares correction of a layer is in proportion to the error variance of its
    wind (Sasaki 1970, Mon. Wea. Rev. 98, 875-883; Sherman 1978, J. Appl. Meteorol. 17, 312-319):
    what is known well is kept, what is a guess closes the budget.

    Parameters
    ----------
    wind_x, wind_y : (layer, y, x + 1), (layer, y + 1, x)
        Wind normal to the faces, m s-1.
    geo : Geometry
    variance : (layer,), optional
        Error variance of the wind, any unit; the same in all layers without it.

    Returns
    -------
    wind_x, wind_y
        As above, corrected.
    """
    share = np.ones_like(geo.depth) if variance is None else variance
    share = (share * geo.depth.sum() / (share * geo.depth).sum())[:, None, None]
    depth = geo.depth[:, None, None]
    column_x = (wind_x * depth).sum(axis=0) * geo.length_x
    column_y = (wind_y * depth).sum(axis=0) * geo.length_y
    divergence = column_divergence(column_x, column_y)
    factor = spl.splu(_laplacian(geo), permc_spec="MMD_AT_PLUS_A")
    # -lap(phi) = -div(F) in the sign of the positive operator
    phi = factor.solve(-divergence.ravel()).reshape(divergence.shape)
    padded = np.pad(phi, 1)
    total = geo.depth.sum()
    correction_x = np.diff(padded[1:-1], axis=1) / geo.distance_x / total
    correction_y = np.diff(padded[:, 1:-1], axis=0) / geo.distance_y / total
    return wind_x - share * correction_x, wind_y - share * correction_y


def volume_flow(wind_x: Array, wind_y: Array, *, geo: Geometry) -> Flow:
    """Volume flow through all faces; the vertical part follows from continuity."""
    depth = geo.depth[:, None, None]
    x = wind_x * depth * geo.length_x
    y = wind_y * depth * geo.length_y
    z = np.zeros((geo.shape[0] + 1, *geo.area.shape))
    z[1:] = -np.cumsum(column_divergence(x, y), axis=0)
    # the column is free of divergence to round-off; the lid is closed exactly
    z[-1] = 0.0
    return Flow(x, y, z)
