"""A direct solver for many right-hand sides: multifrontal elimination by nested dissection.

Columns of air are eliminated from the leaves of a nested dissection to its widest separator (George
1973, SIAM J. Numer. Anal. 10, 345-363); every step is a dense block (Duff and Reid 1983, ACM Trans.
Math. Softw. 9, 302-325), so that the work of many right-hand sides is matrix products. An M-matrix
needs no pivoting between blocks; inside a block rows are pivoted. In single precision, half the
memory and time, it is an approximate inverse that a residual in double precision corrects.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import scipy.sparse as sp

Array = npt.NDArray[np.float64]
Block = npt.NDArray[np.floating]
Index = npt.NDArray[np.int64]

#: Columns of air, each way, of a leaf.
_LEAF: Final = 5


class Node(NamedTuple):
    """A step of the elimination.

    Attributes
    ----------
    columns : (n,)
        Columns of air that it eliminates.
    children : tuple of int
        Steps before it on whose remainders it stands.
    """

    columns: Index
    children: tuple[int, ...]


class Front(NamedTuple):
    """The factored block of a step; unknowns are numbered in the order of elimination.

    Attributes
    ----------
    own : slice
        Unknowns that the step eliminates.
    others : (m,)
        Later unknowns that it touches.
    inverse : (n, n)
    forward : (m, n)
        Block below.
    backward : (n, m)
        Inverse times the block to the right.
    """

    own: slice
    others: Index
    inverse: Block
    forward: Block
    backward: Block


def dissection(ny: int, nx: int, *, leaf: int = _LEAF) -> list[Node]:
    """Steps of the elimination of ``ny`` x ``nx`` columns, children before parents."""
    nodes: list[Node] = []

    def cut(i0: int, i1: int, j0: int, j1: int) -> tuple[int, ...]:
        """Steps that eliminate a rectangle; the last of them, if there is any."""
        wide, high = i1 - i0, j1 - j0
        if wide <= 0 or high <= 0:
            return ()
        if wide <= leaf and high <= leaf:
            columns = np.add.outer(np.arange(j0, j1) * nx, np.arange(i0, i1)).ravel()
            nodes.append(Node(columns, ()))
        elif wide >= high:
            mid = (i0 + i1) // 2
            children = cut(i0, mid, j0, j1) + cut(mid + 1, i1, j0, j1)
            nodes.append(Node(np.arange(j0, j1) * nx + mid, children))
        else:
            mid = (j0 + j1) // 2
            children = cut(i0, i1, j0, mid) + cut(i0, i1, mid + 1, j1)
            nodes.append(Node(mid * nx + np.arange(i0, i1), children))
        return (len(nodes) - 1,)

    cut(0, nx, 0, ny)
    return nodes


class FrontalFactor:
    """The factored operator; :meth:`solve` takes (n, k).

    Parameters
    ----------
    matrix : csr_matrix
        An operator of :mod:`.operator`: columns of air, neighbours side by side.
    shape : (layer, y, x)
    single : bool
        In single precision.
    """

    def __init__(
        self, matrix: sp.csr_matrix, *, shape: tuple[int, int, int], single: bool = False
    ) -> None:
        nz, ny, nx = shape
        self._type = np.dtype(np.float32 if single else np.float64)
        nodes = dissection(ny, nx)
        columns = np.concatenate([node.columns for node in nodes])
        self._perm = (columns[:, None] * nz + np.arange(nz)).ravel()
        permuted = matrix[self._perm][:, self._perm].tocsr().astype(self._type)
        turned = permuted.T.tocsr()
        self._fronts: list[Front] = []
        remainders: dict[int, tuple[Index, Block]] = {}
        start = 0
        for number, node in enumerate(nodes):
            end = start + len(node.columns) * nz
            below = [remainders.pop(child) for child in node.children]
            front, rest = _eliminate(permuted, turned, slice(start, end), below)
            self._fronts.append(front)
            remainders[number] = (front.others, rest)
            start = end

    def solve(self, rhs: Array) -> Array:
        """``M x = rhs`` for (n, k) right-hand sides."""
        x = np.ascontiguousarray(rhs[self._perm], dtype=self._type)
        for front in self._fronts:
            part = front.inverse @ x[front.own]
            x[front.own] = part
            if len(front.others):
                x[front.others] -= front.forward @ part
        for front in reversed(self._fronts):
            if len(front.others):
                x[front.own] -= front.backward @ x[front.others]
        out = np.empty(x.shape)
        out[self._perm] = x
        return out


def _eliminate(
    rows: sp.csr_matrix,
    columns: sp.csr_matrix,
    own: slice,
    below: list[tuple[Index, Block]],
) -> tuple[Front, Block]:
    """A step: assemble the block with what its children left, factor it, return what it leaves."""
    right, upper = _entries(rows, own)
    down, lower = _entries(columns, own)
    touched = [right[right >= own.stop], down[down >= own.stop]]
    touched += [others[others >= own.stop] for others, _ in below]
    others = np.unique(np.concatenate(touched)).astype(np.int64)
    n = own.stop - own.start
    block = np.zeros((n + len(others), n + len(others)), dtype=rows.dtype)

    def place(unknowns: Index) -> Index:
        inside = unknowns < own.stop
        found = np.where(inside, unknowns - own.start, n + np.searchsorted(others, unknowns))
        return np.asarray(found)

    block[_row_numbers(rows, own, right), place(right)] = upper
    later = down >= own.stop
    block[place(down[later]), _row_numbers(columns, own, down)[later]] = lower[later]
    for unknowns, rest in below:
        runs = _runs(place(unknowns))
        for here, above in runs:
            for there, beside_it in runs:
                block[here, there] += rest[above, beside_it]
    inverse = np.linalg.inv(block[:n, :n])
    forward, beside = block[n:, :n].copy(), block[:n, n:]
    backward = inverse @ beside
    rest = block[n:, n:].copy()
    rest -= forward @ backward
    return Front(own, others, inverse, forward, backward), rest


def _runs(at: Index) -> list[tuple[slice, slice]]:
    """Stretches of consecutive numbers: where they point, and where they stand in ``at``.

    A remainder comes in few of them, and adding stretch by stretch needs no copies.
    """
    cuts = np.flatnonzero(np.diff(at) != 1) + 1
    edges = [0, *cuts.tolist(), len(at)]
    return [
        (slice(int(at[a]), int(at[a]) + b - a), slice(a, b)) for a, b in pairwise(edges) if b > a
    ]


def _entries(matrix: sp.csr_matrix, own: slice) -> tuple[Index, Block]:
    """Column numbers and values of the rows of a step, those eliminated before set aside."""
    part = slice(matrix.indptr[own.start], matrix.indptr[own.stop])
    found = matrix.indices[part]
    keep = found >= own.start
    return found[keep].astype(np.int64), matrix.data[part][keep]


def _row_numbers(matrix: sp.csr_matrix, own: slice, kept: Index) -> Index:
    """Number, inside the step, of the row of each entry of :func:`_entries`."""
    counts = np.diff(matrix.indptr[own.start : own.stop + 1])
    rows = np.repeat(np.arange(own.stop - own.start), counts)
    part = slice(matrix.indptr[own.start], matrix.indptr[own.stop])
    out: Index = np.asarray(rows[matrix.indices[part] >= own.start])
    assert len(out) == len(kept)
    return out
