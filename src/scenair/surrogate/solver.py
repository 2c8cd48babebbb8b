"""Solvers of the stationary operator.

Two ways, for two uses:

* :class:`ColumnSystem` - a handful of right-hand sides (one scenario-year): columns of air are
  solved exactly, one colour of a chequerboard of columns is eliminated, BiCGStab works on the
  other, and means over blocks of columns are deflated (Nicolaides 1987, SIAM J. Numer. Anal. 24,
  355-365). Little memory; tracers that differ in their losses only share the transport.
* :class:`Factor` - many right-hand sides of one operator (footprints): a sparse LU in geometric
  nested-dissection order. Sweeps have a factor of their own, :mod:`.frontal`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import scipy.sparse.linalg as spl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scenair.surrogate.operator import Transport

Array = npt.NDArray[np.float64]

#: Sums of runs are runs of sums to 1e-10 of the largest value.
RELATIVE_RESIDUAL = 1e-11
_MOST_STEPS = 2000
#: Solutions to a tighter residual than this are worth the set-up of the deflation.
_DEFLATE_BELOW = 1e-6
#: Columns of air, each way, whose mean is solved directly.
_BLOCK = 6


class NotConvergedError(RuntimeError):
    """The iteration did not reach its tolerance: a defect, not a wrong input."""


def bicgstab(
    apply: Callable[[Array], Array], rhs: Array, *, start: Array | None = None, rtol: float
) -> Array:
    """BiCGStab (van der Vorst 1992).

    Parameters
    ----------
    apply : callable
        The operator, (n,) -> (n,).
    rhs : (n,)
    start : (n,), optional
    rtol : float
        Residual over right-hand side, 2-norm.

    Raises
    ------
    NotConvergedError
        After 2000 steps, or where the method breaks down.
    """
    goal = rtol * np.sqrt(_dot(rhs, rhs))
    x = np.zeros_like(rhs) if start is None else start.copy()
    r = rhs.copy() if start is None else rhs - apply(x)
    shadow, p = r.copy(), r.copy()
    rho = _dot(shadow, r)
    for _ in range(_MOST_STEPS):
        if np.sqrt(_dot(r, r)) <= goal:
            return x
        v = apply(p)
        along = _dot(shadow, v)
        if along == 0 or not np.isfinite(along):
            break
        alpha = rho / along
        r -= alpha * v
        t = apply(r)
        size = _dot(t, t)
        if size == 0:
            return x + alpha * p
        omega = _dot(t, r) / size
        x += alpha * p
        x += omega * r
        r -= omega * t
        new = _dot(shadow, r)
        if rho * omega == 0 or not np.isfinite(new):
            break
        p -= omega * v
        p *= new * alpha / (rho * omega)
        p += r
        rho = new
    raise NotConvergedError(f"BiCGStab: no convergence to {rtol:g} in {_MOST_STEPS} steps")


def _dot(a: Array, b: Array) -> float:
    """Inner product without BLAS: the same bits whatever the number of threads."""
    return float(np.einsum("i,i->", a, b))


def _block_diagonal(blocks: Array) -> sp.csr_matrix:
    """Dense blocks (m, k, k) as one sparse matrix."""
    m, k, _ = blocks.shape
    index = np.broadcast_to(
        np.arange(m)[:, None, None] * k + np.arange(k)[None, None, :], blocks.shape
    )
    pointer = np.arange(0, m * k * k + 1, k)
    return sp.csr_matrix((blocks.ravel(), index.ravel(), pointer), shape=(m * k, m * k))


class ColumnSystem:
    """A quarter's operator split for the iteration; losses come with each tracer.

    Parameters
    ----------
    transport : Transport
    losses : mapping of tracer -> (n,)
        Rate times volume, m3 s-1.
    transposed : bool
        Solve with the transposed operator.
    """

    def __init__(
        self, transport: Transport, losses: Mapping[str, Array], *, transposed: bool = False
    ) -> None:
        nz, ny, nx = transport.shape
        matrix = transport.matrix.T.tocsr() if transposed else transport.matrix
        row, col = np.divmod(np.arange(ny * nx), nx)
        red = (row + col) % 2 == 0
        order = np.concatenate([np.flatnonzero(red), np.flatnonzero(~red)])
        self._perm = (order[:, None] * nz + np.arange(nz)).ravel()
        self._split = int(red.sum()) * nz
        self._nz = nz
        self._blocks = _column_blocks(matrix, nz)[order]
        permuted = matrix[self._perm][:, self._perm].tocsr()
        self._red_black = permuted[: self._split, self._split :].tocsr()
        self._black_red = permuted[self._split :, : self._split].tocsr()
        self._loss: dict[str, Array] = {}
        self._inverse: dict[str, tuple[sp.csr_matrix, sp.csr_matrix]] = {}
        self._basis = _aggregates(row[~red], col[~red], nz)
        self._deflation: dict[str, tuple[sp.csr_matrix, spl.SuperLU]] = {}
        for name, loss in losses.items():
            self.set_loss(name, loss)

    def set_loss(self, name: str, loss: Array) -> None:
        """Give a tracer its losses (n,), m3 s-1; the same losses once more cost nothing."""
        if name in self._loss and np.array_equal(self._loss[name], loss):
            return
        self._loss[name] = loss
        nz = self._nz
        blocks = self._blocks.copy()
        blocks[:, np.arange(nz), np.arange(nz)] += loss[self._perm].reshape(-1, nz)
        inverse = np.linalg.inv(blocks)
        half = self._split // nz
        self._inverse[name] = (_block_diagonal(inverse[:half]), _block_diagonal(inverse[half:]))
        self._deflation.pop(name, None)

    def solve(
        self,
        names: tuple[str, ...],
        rhs: Array,
        *,
        start: Array | None = None,
        rtol: float = RELATIVE_RESIDUAL,
    ) -> Array:
        """Solutions (n, k); column i is the tracer ``names[i]``."""
        out = np.empty_like(rhs)
        for i, name in enumerate(names):
            begin = None if start is None else start[:, i]
            out[:, i] = self._solve(name, rhs[:, i], start=begin, rtol=rtol)
        return out

    def _schur(self, name: str, x: Any) -> Any:
        """The operator on the second colour, after elimination of the first; vector or sparse."""
        first, second = self._inverse[name]
        return x - second @ (self._black_red @ (first @ (self._red_black @ x)))

    def _deflated(self, name: str) -> tuple[sp.csr_matrix, spl.SuperLU]:
        """Image of the slow, smooth part of the field and the factor of its small operator."""
        if name not in self._deflation:
            image = self._schur(name, self._basis).tocsr()
            small = spl.splu((self._basis.T @ image).tocsc(), permc_spec="MMD_AT_PLUS_A")
            self._deflation[name] = (image, small)
        return self._deflation[name]

    def _solve(self, name: str, rhs: Array, *, start: Array | None, rtol: float) -> Array:
        if not rhs.any():
            return np.zeros_like(rhs)
        first, second = self._inverse[name]
        red_b, black_b = rhs[self._perm[: self._split]], rhs[self._perm[self._split :]]
        right: Array = second @ (black_b - self._black_red @ (first @ red_b))
        begin = None if start is None else start[self._perm[self._split :]]
        if rtol < _DEFLATE_BELOW:
            black = self._solve_deflated(name, right, start=begin, rtol=rtol)
        else:
            black = bicgstab(lambda x: self._schur(name, x), right, start=begin, rtol=rtol)
        red = first @ (red_b - self._red_black @ black)
        out = np.empty_like(rhs)
        out[self._perm] = np.concatenate([red, black])
        return out

    def _solve_deflated(
        self, name: str, right: Array, *, start: Array | None, rtol: float
    ) -> Array:
        """Deflated BiCGStab: the smooth part is solved directly, the iteration does the rest."""
        image, small = self._deflated(name)
        restrict = self._basis.T.tocsr()

        def project(y: Array) -> Array:
            smooth: Array = image @ small.solve(restrict @ y)
            return y - smooth

        begin = project(right)
        size = np.sqrt(_dot(begin, begin))
        goal = rtol * np.sqrt(_dot(right, right)) / max(size, np.finfo(float).tiny)
        x = bicgstab(lambda y: project(self._schur(name, y)), begin, start=start, rtol=goal)
        rest = right - self._schur(name, x)
        return np.asarray(x + self._basis @ small.solve(restrict @ rest))


def _aggregates(row: npt.NDArray[np.int_], col: npt.NDArray[np.int_], nz: int) -> sp.csr_matrix:
    """Piecewise constant fields: blocks of columns, each layer apart, (unknowns, blocks)."""
    wide = int(col.max()) // _BLOCK + 1
    _, block = np.unique((row // _BLOCK) * wide + col // _BLOCK, return_inverse=True)
    index = (block.ravel()[:, None] * nz + np.arange(nz)).ravel()
    n = len(index)
    return sp.csr_matrix((np.ones(n), (np.arange(n), index)), shape=(n, int(index.max()) + 1))


def _column_blocks(matrix: sp.csr_matrix, nz: int) -> Array:
    """The diagonal blocks (columns, nz, nz) of the columns of air."""
    coo = matrix.tocoo()
    same = coo.row // nz == coo.col // nz
    row, col = coo.row[same], coo.col[same]
    blocks = np.zeros((matrix.shape[0] // nz, nz, nz))
    blocks[row // nz, row % nz, col % nz] = coo.data[same]
    return blocks


def nested_dissection(ny: int, nx: int, nz: int, *, leaf: int = 4) -> npt.NDArray[np.int64]:
    """Elimination order of the unknowns: halves first, separators last (George 1973)."""
    parts: list[npt.NDArray[np.int64]] = []

    def split(i0: int, i1: int, j0: int, j1: int) -> None:
        wide, high = i1 - i0, j1 - j0
        if wide <= 0 or high <= 0:
            return
        if wide <= leaf and high <= leaf:
            parts.append(np.add.outer(np.arange(j0, j1) * nx, np.arange(i0, i1)).ravel())
        elif wide >= high:
            mid = (i0 + i1) // 2
            split(i0, mid, j0, j1)
            split(mid + 1, i1, j0, j1)
            parts.append(np.arange(j0, j1) * nx + mid)
        else:
            mid = (j0 + j1) // 2
            split(i0, i1, j0, mid)
            split(i0, i1, mid + 1, j1)
            parts.append(mid * nx + np.arange(i0, i1))

    split(0, nx, 0, ny)
    columns = np.concatenate(parts)
    return np.asarray((columns[:, None] * nz + np.arange(nz)).ravel())


class Factor:
    """Sparse LU of an operator; ``solve`` takes (n,) or (n, k)."""

    def __init__(self, matrix: sp.csr_matrix, *, shape: tuple[int, int, int]) -> None:
        nz, ny, nx = shape
        self._perm = nested_dissection(ny, nx, nz)
        permuted = matrix[self._perm][:, self._perm].tocsc()
        permuted.sort_indices()
        # an M-matrix needs no pivoting
        self._lu = spl.splu(
            permuted,
            permc_spec="NATURAL",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )

    def solve(self, rhs: Array, *, transposed: bool = False) -> Array:
        """``M x = rhs``, or ``M' x = rhs``."""
        out = np.empty_like(rhs, dtype=np.float64)
        out[self._perm] = self._lu.solve(
            np.ascontiguousarray(rhs[self._perm], dtype=np.float64), "T" if transposed else "N"
        )
        return out
