"""Equations that are not linear, for many members at once.

``x + f(x)`` with a correction ``f`` that an approximate inverse makes of the residual, mixed after
Anderson (1965, J. ACM 12, 547-560): GMRES where the equation is linear (Walker and Ni 2011, SIAM
J. Numer. Anal. 49, 1715-1735). Every member has its own mixture and stops on its own; what they
share is the inverse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from scenair.surrogate.solver import NotConvergedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

#: Largest correction over the largest value at which a member is solved.
TOLERANCE: Final = 3e-8
_MOST_STEPS: Final = 80
_DEPTH: Final = 6
#: Numbers that are worked on at once.
_IN_CACHE: Final = 32_768


class Mixture:
    """Anderson's mixing of the columns of (n, member), each with weights of its own."""

    def __init__(self, depth: int = _DEPTH) -> None:
        self._depth = depth
        self._last: tuple[Array, Array] | None = None
        self._change: list[Array] = []
        # single precision halves the memory; what it loses is far below the next correction
        self._move: list[npt.NDArray[np.float32]] = []
        self._gram: list[list[Array]] = []
        #: Inner products of the changes and of the last correction.
        self._along: list[Array] = []

    def next(self, at: Array, correction: Array) -> Array:
        """The next point (n, member) from a point and its correction, which are kept."""
        if self._last is not None:
            # memory of the change that is forgotten serves the new one: fresh pages cost more than
            # the difference itself
            spare = self._change[0] if len(self._change) == self._depth else None
            if spare is not None:
                self._forget()
            change = np.subtract(correction, self._last[1], out=spare)
            move = np.empty(at.shape, dtype=np.float32)
            for rows in row_blocks(at):
                move[rows] = at[rows] - self._last[0][rows] + change[rows]
            self._remember(change, move, correction)
        self._last = (at, correction)
        if not self._change:
            return at + correction
        gram = np.array(self._gram).transpose(2, 0, 1)
        weight = _least(gram, np.stack(self._along, axis=1))
        new, blocks = np.empty_like(at), row_blocks(at)
        # weights as wide as a block: products of short rows would take twice as long
        wide = np.broadcast_to(weight.T[:, None, :], (weight.shape[1], blocks[0].stop, at.shape[1]))
        wide = np.ascontiguousarray(wide)
        for rows in blocks:
            block = at[rows] + correction[rows]
            for move, each in zip(self._move, wide, strict=True):
                block -= move[rows] * each[: len(block)]
            new[rows] = block
        return new

    def _remember(self, change: Array, move: npt.NDArray[np.float32], correction: Array) -> None:
        products = [_dots(c, change) for c in self._change]
        for row, product in zip(self._gram, products, strict=True):
            row.append(product)
        self._gram.append([*products, _dots(change, change)])
        # the correction has moved by this change, and so have its products with the older ones
        self._along = [a + p for a, p in zip(self._along, products, strict=True)]
        self._along.append(_dots(change, correction))
        self._change.append(change)
        self._move.append(move)

    def _forget(self) -> None:
        """Forget the oldest change."""
        del self._change[0], self._move[0], self._gram[0], self._along[0]
        for row in self._gram:
            del row[0]

    def keep(self, which: npt.NDArray[np.bool_]) -> None:
        """Forget all members but ``which``."""
        self._change = [c[:, which] for c in self._change]
        self._move = [m[:, which] for m in self._move]
        self._gram = [[g[which] for g in row] for row in self._gram]
        self._along = [a[which] for a in self._along]
        if self._last is not None:
            self._last = (self._last[0][:, which], self._last[1][:, which])


def columns(field: Array, members: Index) -> Array:
    """Some columns, or the field itself where it is all of them."""
    return field if len(members) == field.shape[1] else field[:, members]


def row_blocks(field: Array) -> list[slice]:
    """Rows of (n, member) in blocks that stay in the cache while they are worked on."""
    many = max(1, _IN_CACHE // field.shape[1])
    return [slice(i, min(i + many, len(field))) for i in range(0, len(field), many)]


def _dots(a: Array, b: Array) -> Array:
    """Inner products of the columns, without BLAS: the same bits on any number of threads."""
    return np.asarray(np.einsum("ij,ij->j", a, b))


def largest(field: Array) -> Array:
    """Largest absolute value of each column."""
    blocks = (np.abs(field[rows]).max(axis=0) for rows in row_blocks(field))
    return np.asarray(np.maximum.reduce(list(blocks)))


def _least(gram: Array, along: Array) -> Array:
    """Weights (member, d) of least squares from the normal equations, scaled to a unit diagonal."""
    size = np.sqrt(np.einsum("mii->mi", gram))
    size = np.where(size > 0, size, 1.0)
    scaled = gram / size[:, :, None] / size[:, None, :]
    inverse = np.linalg.pinv(scaled, rcond=1e-12, hermitian=True)
    return np.asarray(np.einsum("mij,mj->mi", inverse, along / size) / size)


def solve_members(
    correction: Callable[[Array, Index], Array],
    start: Array,
    *,
    parts: Sequence[slice] = (slice(None),),
    what: str,
    tolerance: float = TOLERANCE,
    most: int = _MOST_STEPS,
) -> tuple[Array, npt.NDArray[np.int64]]:
    """Solve for all members side by side.

    Parameters
    ----------
    correction : callable
        ``(x, members)`` -> correction, (n, k) each: the columns of the members that are left.
    start : (n, member)
    parts : sequence of slice
        Rows that each have to meet the tolerance.
    what : str
        Name of the equation, for the message.
    tolerance : float
    most : int
        Steps after which it is given up.

    Returns
    -------
    solution : (n, member)
    steps : (member,)

    Raises
    ------
    NotConvergedError
        A member did not reach the tolerance; nothing is returned of the others either.
    """
    out, mixture = np.empty_like(start), Mixture()
    left = np.arange(start.shape[1])
    steps = np.zeros(start.shape[1], dtype=np.int64)
    change = np.full(len(left), np.inf)
    now = start
    for step in range(1, most + 1):
        correct = correction(now, left)
        change = np.max([_change(correct[p], now[p]) for p in parts], axis=0)
        done = change <= tolerance
        if done.any():
            out[:, left[done]] = now[:, done] + correct[:, done]
            steps[left[done]] = step
            left, change = left[~done], change[~done]
            if not len(left):
                return out, steps
            mixture.keep(~done)
            now, correct = now[:, ~done], correct[:, ~done]
        now = mixture.next(now, correct)
    raise NotConvergedError(
        f"{what}: {len(left)} of {start.shape[1]} scenario-years did not converge in {most} steps; "
        f"relative change {change.max():.1e}, allowed {tolerance:.0e}"
    )


def _change(correction: Array, at: Array) -> Array:
    """Largest correction over the largest value; no number counts as not solved."""
    size, whole = largest(correction), largest(at)
    ratio = np.where(size > 0, size / np.maximum(whole, np.finfo(float).tiny), 0.0)
    return np.where(np.isfinite(size), ratio, np.inf)
