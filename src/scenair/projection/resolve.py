"""From a scenario file to a choice: levels of measures by city and end-of-pipe policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scenair.projection.library import LEVELS
from scenair.projection.setup import Choice, Setup, choose
from scenair.projection.typology import TYPES

if TYPE_CHECKING:
    import numpy.typing as npt

    from scenair.config.projection import ProjectionConfig
    from scenair.config.scenario import MeasureUse, Scenario


@dataclass(frozen=True)
class Resolved:
    """A choice and the table that shows it."""

    choice: Choice
    table: pd.DataFrame


def level_index(level: str) -> int:
    """Index of an intensity; ``none`` is the baseline."""
    return 0 if level == "none" else LEVELS.index(level)


def levels_of(
    use: MeasureUse, types: npt.NDArray[np.int32], key_region: npt.NDArray[np.bool_]
) -> npt.NDArray[np.intp]:
    """Level by city of one use: everywhere, then by type, then in the key regions."""
    out = np.full(types.size, level_index(use.intensity), dtype=np.intp)
    for name, level in use.types.items():
        out[types == TYPES.index(name)] = level_index(level)
    if use.key_regions is not None:
        out[key_region] = np.maximum(out[key_region], level_index(use.key_regions))
    return out


def resolve(
    setup: Setup,
    plan: Scenario,
    types: npt.NDArray[np.int32],
    *,
    weights: Any = None,
    options: ProjectionConfig,
) -> Resolved:
    """The choice of a scenario: the measures it names, and those it lets the model choose."""
    levels = {use.measure: levels_of(use, types, setup.state.key_region) for use in plan.measures}
    choice = choose(
        setup,
        list(levels.items()),
        policy=plan.controls,
        policy_key_regions=plan.controls_key_regions,
    )
    del weights, options
    return Resolved(choice=choice, table=choice_table(setup, choice, types))


def choice_table(setup: Setup, choice: Choice, types: npt.NDArray[np.int32]) -> pd.DataFrame:
    """Share of the cities of each type at each level, one row a measure and type."""
    rows = []
    for measure in setup.tables.library:
        level = choice.levels.get(measure, np.zeros(types.size, dtype=np.intp))
        for code, name in enumerate(TYPES):
            inside = types == code
            if inside.any():
                shares = np.bincount(level[inside], minlength=len(LEVELS)) / inside.sum()
                rows.append(
                    {
                        "measure": measure,
                        "city_type": name,
                        "cities": int(inside.sum()),
                        **{f"share_{n}": shares[i] for i, n in enumerate(LEVELS)},
                    }
                )
    return pd.DataFrame(rows)
