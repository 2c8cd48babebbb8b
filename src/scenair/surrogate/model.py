"""A quarter of the surrogate: sources in, concentrations and the budget of every tracer out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scenair.surrogate.inverse import Iterated
from scenair.surrogate.members import STAGES, Members, reference_loss
from scenair.surrogate.solver import ColumnSystem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scenair.surrogate.quarter import Quarter

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Result:
    """Concentrations of a quarter.

    Attributes
    ----------
    tracer : mapping of tracer -> (layer, y, x)
        ug m-3.
    nitrate, ammonium : (layer, y, x)
        Particle phase, ug m-3.
    particle_share : mapping of tracer -> (layer, y, x)
        Share of total nitrate and ammonium in the particle phase that set their removal.
    budget : mapping of (tracer, term) -> float
        ug s-1.
    picard : int
        Steps to total nitrate and ammonium.
    oxidation_nox : (layer, y, x)
        Rate of NOx to nitric acid that was reached, s-1.
    """

    tracer: Mapping[str, Array]
    nitrate: Array
    ammonium: Array
    particle_share: Mapping[str, Array]
    budget: Mapping[tuple[str, str], float]
    picard: int
    oxidation_nox: Array


def run_quarter(
    quarter: Quarter,
    sources: Mapping[str, Array],
    *,
    inflow: Mapping[str, Array] | None = None,
) -> Result:
    """Steady state of all tracers.

    Parameters
    ----------
    quarter : Quarter
    sources : mapping of tracer -> (layer, y, x)
        Emissions, ug s-1.
    inflow : mapping of tracer -> (layer, y, x), optional
        Concentration that enters through the borders of the domain, ug m-3; clean without.

    Returns
    -------
    Result

    Raises
    ------
    NotConvergedError
    """
    members = Members(quarter, [sources], inflow=inflow)
    system = ColumnSystem(quarter.transport, {})
    for operators in STAGES:
        members.solve(
            operators,
            [Iterated(system, name, reference_loss(quarter, name)) for name in operators],
        )
    return results(members)[0]


def results(members: Members) -> list[Result]:
    """What was found for each of the members."""
    field = members.quarter.transport.field

    def of(flat: Array, i: int) -> Array:
        return np.ascontiguousarray(field(flat[:, i]))

    return [
        Result(
            {name: of(c, i) for name, c in members.concentration.items()},
            of(members.particle["TNO3"], i),
            of(members.particle["TNH4"], i),
            {name: of(share, i) for name, share in members.share.items()},
            budget,
            int(members.steps[i]),
            of(members.oxidation, i),
        )
        for i, budget in enumerate(members.budgets)
    ]
