"""What the rules that run a scenario take: one bundle, read and resolved in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scenair.config.case import CaseConfig
from scenair.config.projection import ProjectionConfig
from scenair.config.scenario import Scenario
from scenair.projection.io.potentials import read_potentials
from scenair.projection.io.readers import read_types
from scenair.projection.io.setup import read_setup
from scenair.projection.io.weights import read_weights
from scenair.projection.resolve import Resolved, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from scenair.projection.setup import Setup
    from scenair.projection.state import State


@dataclass(frozen=True)
class Loaded:
    """A scenario as the model has it: its case, its plan, what it starts from and what it does."""

    case: CaseConfig
    options: ProjectionConfig
    plan: Scenario
    setup: Setup
    states: list[State]
    types: npt.NDArray[np.int32]
    resolved: Resolved


@dataclass(frozen=True, kw_only=True)
class ScenarioInputs:
    """Files and parameters of one scenario.

    Parameters
    ----------
    scenario : mapping
        The scenario file, inheritance resolved.
    config : mapping
        Sections ``case`` and ``projection``.
    inventories : sequence of path
        One a history year, ascending.
    points, city_types : path
        Plants of the base year; types.
    user_measures : sequence of path
        The user's measure tables.
    potentials : path, optional
        Effects of measures alone, for scenarios that select.
    responsibility : path, optional
        Contribution of a Mg to PM2.5, for scenarios that choose by it.
    iamc : path, optional
        IAMC file whose growth replaces national drivers.
    """

    scenario: Mapping[str, Any]
    config: Mapping[str, Any]
    inventories: Sequence[str | Path]
    points: str | Path
    city_types: str | Path
    user_measures: Sequence[str | Path] = ()
    potentials: str | Path | None = None
    responsibility: str | Path | None = None
    iamc: str | Path | None = None

    @classmethod
    def of_rule(cls, files: Any, params: Any) -> ScenarioInputs:
        """From ``input`` and ``params`` of a rule that has them by these names.

        Inputs that a scenario may lack are lists of none or one.
        """
        return cls(
            scenario=params.plan,
            config=params.config,
            inventories=list(files.inventories),
            points=files.points,
            city_types=files.types,
            user_measures=list(files.user_measures),
            potentials=next(iter(files.potentials), None),
            responsibility=next(iter(files.responsibility), None),
            iamc=next(iter(files.iamc), None),
        )

    def read(self) -> Loaded:
        """Read the files and resolve the choice of the scenario.

        Raises
        ------
        InputError, ScenairError
            As the readers and :func:`scenair.projection.resolve.resolve`.
        """
        case = CaseConfig.model_validate(self.config["case"])
        options = ProjectionConfig.model_validate(self.config["projection"])
        plan = Scenario.model_validate(dict(self.scenario))
        setup, states = read_setup(
            self.inventories,
            self.points,
            case=case,
            options=options,
            plan=plan,
            user_measures=self.user_measures,
            iamc=self.iamc,
        )
        types = read_types(self.city_types, setup.state.cities)
        found = weights = None
        if self.potentials is not None:
            found = read_potentials(self.potentials, cities=setup.state.cities)
            weights = read_weights(self.responsibility, setup=setup)
        resolved = resolve(setup, plan, types, potentials=found, weights=weights)
        return Loaded(case, options, plan, setup, states, types, resolved)
