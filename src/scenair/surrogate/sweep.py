"""Many scenario-years of one quarter: what they share is set up once.

Transport, the factors of the columns and of the deflation belong to the quarter. Where a linear
tracer has many right-hand sides over sectors and scenarios, its operator is factored once and all
of them are solved together; the iteration of :func:`.model.run_quarter` starts from there, finds
that the residual is below its own tolerance, and goes on with what is not linear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from scenair.surrogate.frontal import FrontalFactor
from scenair.surrogate.model import run_quarter
from scenair.surrogate.operator import with_loss
from scenair.surrogate.quarter import CONVERSIONS
from scenair.surrogate.solver import ColumnSystem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scenair.surrogate.model import Result
    from scenair.surrogate.quarter import Quarter

Array = npt.NDArray[np.float64]
#: Year and scenario.
Member = tuple[int, str]

#: Right-hand sides from which a factor is worth its making (about twenty iterated solutions).
FACTOR_FROM: Final = 24
#: Members that are solved at once: bounds the memory.
_TOGETHER: Final = 8
#: Linear systems in the order in which they can be solved, with their tracers.
LINEAR: Final[tuple[tuple[str, ...], ...]] = (
    ("SO2",),
    ("PRECURSOR",),
    ("BC", "POA", "OTHER", "SO4", "SOA"),
)
#: Name of the system of :mod:`.model` that each group of tracers solves.
_SYSTEM: Final = {"SO2": "SO2", "PRECURSOR": "PRECURSOR", "BC": "particle"}


class SharedQuarter:
    """A quarter's operator, set up for all scenario-years.

    Parameters
    ----------
    quarter : Quarter
    """

    def __init__(self, quarter: Quarter) -> None:
        self.quarter = quarter
        self._loss = {group[0]: self._losses(group[0]) for group in LINEAR}
        losses = {_SYSTEM[name]: loss for name, loss in self._loss.items()}
        self.system = ColumnSystem(quarter.transport, losses)
        self.system.set_up()

    def _losses(self, tracer: str) -> Array:
        terms = self.quarter.loss_terms(tracer)
        return self.quarter.transport.flat(np.sum(list(terms.values()), axis=0))

    def linear(
        self, sources: Mapping[Member, Mapping[str, Array]]
    ) -> dict[Member, dict[str, Array]]:
        """Concentrations (layer, y, x) of the linear tracers, ug m-3.

        Parameters
        ----------
        sources : mapping of member -> tracer -> (layer, y, x)
            Emissions, ug s-1.

        Returns
        -------
        dict
            By member and tracer.
        """
        found: dict[Member, dict[str, Array]] = {member: {} for member in sources}
        members = list(sources)
        for group in LINEAR:
            solve = self._solver(group, len(group) * len(sources))
            for first in range(0, len(members), _TOGETHER):
                some = {m: sources[m] for m in members[first : first + _TOGETHER]}
                self._solve_together(solve, group, some, found)
        return found

    def _solver(self, group: tuple[str, ...], columns: int) -> Callable[[Array], Array]:
        """What solves for so many right-hand sides of a group's operator."""
        if columns >= FACTOR_FROM:
            matrix = with_loss(self.quarter.transport, self._loss[group[0]])
            return FrontalFactor(matrix, shape=self.quarter.transport.shape).solve
        name = _SYSTEM[group[0]]
        return lambda rhs: self.system.solve((name,) * rhs.shape[1], rhs)

    def _solve_together(
        self,
        solve: Callable[[Array], Array],
        group: tuple[str, ...],
        sources: Mapping[Member, Mapping[str, Array]],
        found: dict[Member, dict[str, Array]],
    ) -> None:
        """Solve a group of tracers for some members at once; the solutions go to ``found``."""
        columns = {
            (member, name): self._right_hand_side(name, emitted, found[member])
            for member, emitted in sources.items()
            for name in group
        }
        field = self.quarter.transport.field(solve(np.stack(list(columns.values()), axis=1)))
        for i, (member, name) in enumerate(columns):
            found[member][name] = np.ascontiguousarray(field[..., i])

    def _right_hand_side(
        self, tracer: str, emitted: Mapping[str, Array], known: Mapping[str, Array]
    ) -> Array:
        """Source (n,) of a tracer from emissions and from its parent, ug s-1."""
        total = np.zeros(self.quarter.transport.shape) + emitted.get(tracer, 0.0)
        if tracer in CONVERSIONS:
            parent, yield_, _ = CONVERSIONS[tracer]
            lost = self.quarter.loss_terms(parent)["conversion"]
            total = total + yield_ * lost * known[parent]
        return self.quarter.transport.flat(total)

    def run(self, sources: Mapping[str, Array], start: Mapping[str, Array]) -> Result:
        """One member; ``start`` is what :meth:`linear` found for it."""
        return run_quarter(self.quarter, sources, system=self.system.fork(), start=start)
