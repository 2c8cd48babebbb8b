"""Two inverses of a tracer's operator, exact or good enough to correct with.

One scenario-year iterates; many of them share a factor in single precision, whose error a residual
in double precision takes away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import numpy.typing as npt

from scenair.surrogate.frontal import FrontalFactor
from scenair.surrogate.operator import with_loss
from scenair.surrogate.solver import RELATIVE_RESIDUAL, NotConvergedError

if TYPE_CHECKING:
    from scenair.surrogate.operator import Transport
    from scenair.surrogate.solver import ColumnSystem

Array = npt.NDArray[np.float64]

#: Residual that a correction may leave: more costs steps there, less costs steps around it.
_LOOSE: Final = 0.03
_REFINEMENTS: Final = 5


class Inverse(Protocol):
    """Of ``M + loss``, for (n, k) right-hand sides."""

    def solve(self, rhs: Array) -> Array:
        """To :data:`.solver.RELATIVE_RESIDUAL`."""

    def correct(self, residual: Array) -> Array:
        """About the correction that a residual asks for."""


class Iterated:
    """By iteration over columns of air.

    Parameters
    ----------
    system : ColumnSystem
        Gets a loss of that name.
    name : str
    loss : (n,)
        m3 s-1.
    """

    def __init__(self, system: ColumnSystem, name: str, loss: Array) -> None:
        self._system, self._name = system, name
        system.set_loss(name, loss)

    def solve(self, rhs: Array) -> Array:
        """See :class:`Inverse`."""
        return self._system.solve((self._name,) * rhs.shape[1], rhs)

    def correct(self, residual: Array) -> Array:
        """See :class:`Inverse`."""
        return self._system.solve((self._name,) * residual.shape[1], residual, rtol=_LOOSE)


class Factored:
    """By a factor in single precision.

    Parameters
    ----------
    transport : Transport
    loss : (n,)
        m3 s-1.
    """

    def __init__(self, transport: Transport, loss: Array) -> None:
        self._matrix = with_loss(transport, loss)
        self._factor = FrontalFactor(self._matrix, shape=transport.shape, single=True)

    def solve(self, rhs: Array) -> Array:
        """See :class:`Inverse`."""
        x = self._factor.solve(rhs)
        goal = RELATIVE_RESIDUAL * _sizes(rhs)
        for _ in range(_REFINEMENTS):
            residual = rhs - self._matrix @ x
            if (_sizes(residual) <= goal).all():
                return x
            x += self._factor.solve(residual)
        raise NotConvergedError(f"a factor did not solve to {RELATIVE_RESIDUAL:g}")

    def correct(self, residual: Array) -> Array:
        """See :class:`Inverse`."""
        return self._factor.solve(residual)


def _sizes(columns: Array) -> Array:
    return np.asarray(np.sqrt(np.einsum("ij,ij->j", columns, columns)))
