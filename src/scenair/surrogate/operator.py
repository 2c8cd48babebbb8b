"""The stationary transport operator of one tracer and one quarter.

``M c = E`` with c in ug m-3 and E in ug s-1: M holds the flows through the faces of the finite
volumes (Scharfetter and Gummel 1969, exponential fitting: exact in one dimension, an M-matrix for
every Peclet number), the exchange with the outside and first-order losses. Column sums of M are
the losses and the outflow, so mass closes to round-off; row sums vanish for a free stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

if TYPE_CHECKING:
    from scenair.surrogate.geometry import Geometry
    from scenair.surrogate.winds import Flow

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int_]


@dataclass(frozen=True)
class Mixing:
    """Turbulent diffusivities, m2 s-1.

    ``x`` (layer, y, x + 1), ``y`` (layer, y + 1, x), ``z`` (layer - 1, y, x) at the inner
    interfaces; ``top`` is the exchange velocity with the air above, m s-1.
    """

    x: Array
    y: Array
    z: Array
    top: float


@dataclass(frozen=True)
class Transport:
    """What all tracers of a quarter share.

    Attributes
    ----------
    matrix : csr_matrix
        Flows and exchange with the outside, without losses, m3 s-1; unknowns are numbered column
        by column of air: ``(j nx + i) nz + k``.
    outflow : (n,)
        The part of the diagonal that leaves the domain, m3 s-1.
    inflow : (n,)
        Volume flow that enters with the concentration outside, m3 s-1.
    volume : (n,)
        m3.
    shape : (layer, y, x)
    """

    matrix: sp.csr_matrix
    outflow: Array
    inflow: Array
    volume: Array
    shape: tuple[int, int, int]

    def flat(self, field: Array) -> Array:
        """(layer, y, x) -> unknowns."""
        return np.moveaxis(np.broadcast_to(field, self.shape), 0, -1).reshape(-1).copy()

    def field(self, flat: Array) -> Array:
        """Unknowns (n, ...) -> (layer, y, x, ...)."""
        nz, ny, nx = self.shape
        return np.moveaxis(flat.reshape(ny, nx, nz, *flat.shape[1:]), 2, 0)


def bernoulli(x: Array) -> Array:
    """``x / (exp(x) - 1)``, by series near 0 and without overflow."""
    x = np.asarray(x, dtype=np.float64)
    small = np.abs(x) < 1e-5
    safe = np.where(small, 1.0, x)
    return np.where(small, 1 - x / 2 + x * x / 12, safe / np.expm1(np.clip(safe, -700.0, 700.0)))


def face_flow(flow: Array, exchange: Array) -> tuple[Array, Array]:
    """Coefficients (a, b) of the flow ``a c_left - b c_right`` through a face, m3 s-1.

    Parameters
    ----------
    flow : array
        Volume flow from left to right, m3 s-1.
    exchange : array
        Diffusivity times face area over distance, m3 s-1, positive.

    Returns
    -------
    a, b : array
        Not negative; ``a - b = flow``.
    """
    peclet = flow / exchange
    # one from the other keeps a - b = flow exact, whatever the size of the Peclet number
    b = exchange * bernoulli(np.abs(peclet))
    a = b + np.abs(flow)
    ahead = flow >= 0
    return np.where(ahead, a, b), np.where(ahead, b, a)


def assemble(flow: Flow, mixing: Mixing, *, geo: Geometry) -> Transport:
    """The transport part of the operator.

    Parameters
    ----------
    flow : Flow
        Volume flow, m3 s-1, free of divergence.
    mixing : Mixing
    geo : Geometry
    """
    nz, ny, nx = geo.shape
    index = np.arange(nz * ny * nx).reshape(ny, nx, nz).transpose(2, 0, 1)
    depth = geo.depth[:, None, None]
    between = (geo.depth[1:] + geo.depth[:-1])[:, None, None] / 2
    ax, bx = face_flow(flow.x, mixing.x * depth * geo.length_x / geo.distance_x)
    ay, by = face_flow(flow.y, mixing.y * depth * geo.length_y / geo.distance_y)
    az, bz = face_flow(flow.z[1:-1], mixing.z * geo.area / between)
    outflow, inflow = np.zeros(geo.shape), np.zeros(geo.shape)
    outflow[:, :, 0] += bx[:, :, 0]
    inflow[:, :, 0] += ax[:, :, 0]
    outflow[:, :, -1] += ax[:, :, -1]
    inflow[:, :, -1] += bx[:, :, -1]
    outflow[:, 0] += by[:, 0]
    inflow[:, 0] += ay[:, 0]
    outflow[:, -1] += ay[:, -1]
    inflow[:, -1] += by[:, -1]
    outflow[-1] += mixing.top * geo.area
    inflow[-1] += mixing.top * geo.area
    inner = [
        (index[:, :, :-1], index[:, :, 1:], ax[:, :, 1:-1], bx[:, :, 1:-1]),
        (index[:, :-1], index[:, 1:], ay[:, 1:-1], by[:, 1:-1]),
        (index[:-1], index[1:], az, bz),
    ]
    numbered = np.argsort(index.ravel())
    out = outflow.ravel()[numbered]
    matrix = _from_faces(inner, diagonal=out)
    return Transport(matrix, out, inflow.ravel()[numbered], geo.volume.ravel()[numbered], geo.shape)


def _from_faces(
    faces: list[tuple[Index, Index, Array, Array]], *, diagonal: Array
) -> sp.csr_matrix:
    """Sum of the faces' two-by-two blocks and of a diagonal."""
    n = len(diagonal)
    main = diagonal.copy()
    rows, cols, data = [], [], []
    for left, right, a, b in faces:
        i, j, av, bv = left.ravel(), right.ravel(), a.ravel(), b.ravel()
        main += np.bincount(i, weights=av, minlength=n) + np.bincount(j, weights=bv, minlength=n)
        rows += [i, j]
        cols += [j, i]
        data += [-bv, -av]
    every = np.arange(n)
    entries = (
        np.concatenate([main, *data]),
        (np.concatenate([every, *rows]), np.concatenate([every, *cols])),
    )
    return sp.coo_matrix(entries, shape=(n, n)).tocsr()


def with_loss(transport: Transport, loss: Array) -> sp.csr_matrix:
    """The operator of a tracer; ``loss`` (n,) is rate times volume, m3 s-1."""
    return (transport.matrix + sp.diags_array(loss)).tocsr()
