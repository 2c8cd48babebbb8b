"""Many scenario-years of one quarter: what they share is made once.

An operator is factored once, in single precision, and serves all members as the approximate inverse
of :mod:`.inverse`: exact within a few corrections where the equation is linear, and near enough
where NOx, nitrate or ozone of a member set the losses. One operator is held at a time (two of total
nitrate and ammonium), and members are worked on in groups whose size does not depend on threads, so
memory is bounded and the result is the same on any number of them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from scenair.surrogate.inverse import Factored, Iterated
from scenair.surrogate.members import STAGES, Members, reference_loss
from scenair.surrogate.model import results
from scenair.surrogate.ozone import OPERATORS, Air, OzoneMembers
from scenair.surrogate.products import WARM_QUARTERS, solution_of
from scenair.surrogate.solver import ColumnSystem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from scenair.surrogate.inverse import Inverse
    from scenair.surrogate.ozone import OzoneState
    from scenair.surrogate.parameters import Parameters
    from scenair.surrogate.products import Solution
    from scenair.surrogate.quarter import Quarter
    from scenair.surrogate.year import Emitted

Array = npt.NDArray[np.float64]
#: Year and scenario.
Member = tuple[int, str]

#: Members from which factors are worth their making.
FACTOR_FROM: Final = 6
#: Members that are solved at once: bounds the memory.
TOGETHER: Final = 14


class SharedQuarter:
    """A quarter's operators, set up for all scenario-years.

    Parameters
    ----------
    quarter : Quarter
    threads : int
        Groups of members that are solved side by side; the result does not depend on it.
    """

    def __init__(self, quarter: Quarter, *, threads: int = 1) -> None:
        self.quarter, self._threads = quarter, max(1, threads)

    def solve(
        self,
        emitted: Mapping[Member, Emitted],
        number: int,
        *,
        biogenic: Array | None,
        par: Parameters,
    ) -> dict[Member, Solution]:
        """What is kept of all members, in the order given.

        Parameters
        ----------
        emitted : mapping of member -> Emitted
        number : int
            Of the quarter, 0-3.
        biogenic : (quarter, y, x), optional
            Reactivity of biogenic VOC near the ground by day, s-1; without it no ozone.
        par : Parameters

        Raises
        ------
        NotConvergedError
            One of them did not converge.
        """
        from threadpoolctl import threadpool_limits

        # groups are what runs side by side; threads inside a product would wait for each other,
        # and its rounding would depend on their number
        with threadpool_limits(1):
            return self._solve(emitted, number, biogenic=biogenic, par=par)

    def _solve(
        self,
        emitted: Mapping[Member, Emitted],
        number: int,
        *,
        biogenic: Array | None,
        par: Parameters,
    ) -> dict[Member, Solution]:
        ordered = sorted(emitted)
        factor = len(ordered) >= FACTOR_FROM
        count = -(-len(ordered) // TOGETHER)
        groups = [list(group) for group in (ordered[i::count] for i in range(count))]
        members = [Members(self.quarter, [emitted[m].tracers for m in group]) for group in groups]
        for operators in STAGES:
            losses = {name: reference_loss(self.quarter, name) for name in operators}
            self._stage(losses, [partial(one.solve, operators) for one in members], factor=factor)
        ozone: list[list[OzoneState | None]] = [[None] * len(group) for group in groups]
        if biogenic is not None and number in WARM_QUARTERS:
            air = Air(self.quarter, biogenic=biogenic[number], par=par)
            voc = [[emitted[m].voc for m in group] for group in groups]
            ozone = self._ozone(
                [OzoneMembers(air, *x) for x in zip(members, voc, strict=True)], factor=factor
            )
        found = {
            member: solution_of(self.quarter, result, state)
            for group, one, states in zip(groups, members, ozone, strict=True)
            for member, result, state in zip(group, results(one), states, strict=True)
        }
        return {member: found[member] for member in emitted}

    def _ozone(
        self, members: Sequence[OzoneMembers], *, factor: bool
    ) -> list[list[OzoneState | None]]:
        for operator in OPERATORS:
            losses = {operator: members[0].air.reference_loss(operator)}
            self._stage(losses, [partial(one.solve, operator) for one in members], factor=factor)
        return [list(one.states()) for one in members]

    def _stage(
        self,
        losses: Mapping[str, Array],
        jobs: Sequence[Callable[[list[Inverse]], None]],
        *,
        factor: bool,
    ) -> None:
        """Make the operators of a stage, do the jobs of all groups, and forget the operators."""
        transport = self.quarter.transport
        inverses: list[Inverse]
        if factor:
            inverses = [Factored(transport, loss) for loss in losses.values()]
        else:
            system = ColumnSystem(transport, {})
            inverses = [Iterated(system, name, loss) for name, loss in losses.items()]
        with ThreadPoolExecutor(max_workers=self._threads) as pool:
            list(pool.map(lambda job: job(inverses), jobs))
