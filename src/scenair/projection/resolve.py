"""From a scenario file to a choice: levels of measures by city and end-of-pipe policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.core.errors import InputError
from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES
from scenair.projection.library import LEVELS
from scenair.projection.model import project
from scenair.projection.peaks import peak_years
from scenair.projection.selection import (
    Answer,
    Problem,
    by_potential,
    effort_of,
    solve_peak,
)
from scenair.projection.setup import Choice, Projection, Setup, choose
from scenair.projection.typology import TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    import xarray as xr

    from scenair.config.scenario import MeasureUse, Scenario, Selection

    Array = npt.NDArray[np.float64]

#: CO2 in Mg yr-1: without measures, by the programme, in the full run, and what the programme
#: allows; then the least effort, the gap that the solver left, and its status.
PROGRAMME: Final = (
    "year",
    "co2_without",
    "co2_programme",
    "co2_full_run",
    "co2_limit",
    "objective",
    "gap",
    "status",
)
#: Full runs that correct the sum of single effects.
ROUNDS: Final = 6


@dataclass(frozen=True)
class Resolved:
    """A choice, the table that shows it, its run, and the programme that made the choice."""

    choice: Choice
    table: pd.DataFrame
    projection: Projection
    programme: pd.DataFrame


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
    potentials: xr.Dataset | None = None,
    weights: Mapping[str, Mapping[str, Array]] | None = None,
) -> Resolved:
    """The choice of a scenario: the measures it names, and those it lets the model choose.

    Parameters
    ----------
    potentials : Dataset, optional
        Needed where the scenario has ``select``.
    weights : mapping, optional
        Goal -> species -> potential of a Mg by (city, sector) or a number.

    Raises
    ------
    InputError
        Unknown measures, a selection without potentials, no choice that reaches the goal.
    """
    named = {use.measure: levels_of(use, types, setup.state.key_region) for use in plan.measures}
    if plan.select is None:
        choice = _choice(setup, plan, named)
        nothing = pd.DataFrame(columns=list(PROGRAMME))
        table = choice_table(setup, choice, types)
        return Resolved(choice, table, project(setup, choice), nothing)
    if potentials is None or weights is None:
        raise InputError("a scenario that selects measures needs the potentials")
    return _select(setup, plan, plan.select, types, named, potentials, weights)


def _choice(setup: Setup, plan: Scenario, levels: Mapping[str, npt.NDArray[np.intp]]) -> Choice:
    return choose(
        setup,
        list(levels.items()),
        policy=plan.controls,
        policy_key_regions=plan.controls_key_regions,
    )


def _select(
    setup: Setup,
    plan: Scenario,
    select: Selection,
    types: npt.NDArray[np.int32],
    named: Mapping[str, npt.NDArray[np.intp]],
    potentials: xr.Dataset,
    weights: Mapping[str, Mapping[str, Array]],
) -> Resolved:
    measures = [str(m) for m in potentials["measure"].values]
    problem = _problem(setup, potentials, types, named, ceiling=level_index(select.ceiling))
    value = potential_of(potentials, weights, select)
    fixed = np.zeros((len(measures), len(TYPES)), dtype=np.int64)
    if select.goal != "co2_peak":
        usable = np.where(potentials["optional"].values == 1, 0.0, value)
        taken = by_potential(
            usable, share=select.potential, ceiling=level_index(select.ceiling), names=measures
        )
        fixed[:] = taken[:, None]
    floor = level_index(select.key_sectors)
    fixed = np.maximum(fixed, np.where(_asked(setup, potentials, problem), floor, 0))
    # the potentials leave history in 2018 and name no measure: this scenario may do otherwise
    start = project(setup, _choice(setup, plan, named)).emission
    without = start[..., SPECIES.index("CO2")].sum(axis=(1, 2))
    correction = without - problem.base
    rounds = 0
    for rounds in range(1, ROUNDS + 1):  # noqa: B007 - shown in the table
        answer = solve_peak(problem, peak_year=select.peak_year, fixed=fixed, correction=correction)
        chosen = answer.levels
        levels = _by_city(measures, chosen, types, setup.state.key_region, named, select)
        choice = _choice(setup, plan, levels)
        run = project(setup, choice)
        co2 = run.emission[..., SPECIES.index("CO2")].sum(axis=(1, 2))
        year, peaked = peak_years(co2[:, None], setup.years)
        if peaked[0] and year[0] <= select.peak_year:
            break
        correction = co2 - _predicted(problem, chosen)
    else:
        raise InputError(
            "the chosen measures do not reach the CO2 peak in the full run",
            where="scenario, key select",
            value=f"peak in {int(year[0])} after {ROUNDS} rounds",
            remedy="choose a later peak year or a higher ceiling",
        )
    table = choice_table(setup, choice, types)
    table = table.merge(
        _selection_rows(problem, measures, chosen, fixed, value, setup),
        how="left",
        on=["measure", "city_type"],
    )
    return Resolved(
        choice,
        table.assign(rounds=rounds, national_peak=int(year[0])),
        run,
        _programme(problem, answer, correction, without, co2, peak_year=select.peak_year),
    )


def _programme(
    problem: Problem,
    answer: Answer,
    correction: Array,
    without: Array,
    co2: Array,
    *,
    peak_year: int,
) -> pd.DataFrame:
    """What the last round of the programme saw: columns :data:`PROGRAMME`, one row a year."""
    years = np.asarray(problem.years)
    predicted = _predicted(problem, answer.levels) + correction
    limit = np.full(years.size, np.nan)
    limit[1:] = np.where(years[1:] > peak_year, (1.0 - problem.fall) * predicted[:-1], np.nan)
    values = (years, without, predicted, co2, limit)
    return pd.DataFrame(dict(zip(PROGRAMME[:5], values, strict=True))).assign(
        objective=answer.objective, gap=answer.gap, status=answer.status
    )


def _problem(
    setup: Setup,
    potentials: xr.Dataset,
    types: npt.NDArray[np.int32],
    named: Mapping[str, npt.NDArray[np.intp]],
    *,
    ceiling: int,
) -> Problem:
    measures = [str(m) for m in potentials["measure"].values]
    parameters = setup.tables.parameters
    effort = effort_of(
        potentials["co2_touched"].values,
        potentials["score"].values,
        _in_key_sector(setup, potentials),
        parameters=parameters,
    )
    allowed = np.ones(effort.shape, dtype=bool)
    allowed[:, :, ceiling:] = False
    allowed[potentials["optional"].values == 1] = False
    allowed[[m in named for m in measures]] = False
    for code in range(len(TYPES)):
        if not (types == code).any():
            allowed[:, code] = False
    return Problem(
        years=setup.years,
        base=potentials["co2_base"].sum("city_type").values,
        effect=potentials["co2_change"].transpose("measure", "level", "year", "city_type").values,
        effort=effort,
        allowed=allowed,
        fall=parameters["choice_fall"],
    )


def _in_key_sector(setup: Setup, potentials: xr.Dataset) -> npt.NDArray[np.bool_]:
    """Whether a measure acts in any key sector, (measure,)."""
    keys = {SECTORS[i] for i in np.flatnonzero(potentials["key_sector"].values)}
    library = setup.tables.library
    return np.array(
        [any(row.sector in keys for row in library[str(m)]) for m in potentials["measure"].values]
    )


def _asked(setup: Setup, potentials: xr.Dataset, problem: Problem) -> npt.NDArray[np.bool_]:
    """Measures of key sectors in the types whose score is above the middle, (measure, type)."""
    key = _in_key_sector(setup, potentials)
    high = potentials["score"].values > setup.tables.parameters["choice_asked_score"]
    return np.asarray(key[:, None] & high[None, :] & problem.allowed.any(axis=2))


def _predicted(problem: Problem, chosen: npt.NDArray[np.int64]) -> Array:
    total = problem.base.copy()
    for m, k in zip(*np.nonzero(chosen), strict=True):
        total += problem.effect[m, chosen[m, k] - 1, :, k]
    return total


def _by_city(
    measures: list[str],
    chosen: npt.NDArray[np.int64],
    types: npt.NDArray[np.int32],
    key_region: npt.NDArray[np.bool_],
    named: Mapping[str, npt.NDArray[np.intp]],
    select: Selection,
) -> dict[str, npt.NDArray[np.intp]]:
    levels = dict(named)
    for m, measure in enumerate(measures):
        if chosen[m].any() and measure not in levels:
            own = chosen[m][types].astype(np.intp)
            if select.key_regions is not None:
                stronger = np.maximum(own, level_index(select.key_regions))
                own = np.where(key_region & (own > 0), stronger, own).astype(np.intp)
            levels[measure] = own
    return levels


def potential_of(
    potentials: xr.Dataset, weights: Mapping[str, Mapping[str, Array]], select: Selection
) -> Array:
    """Improvement by measure at the ceiling: minus the sum of weight x change.

    For the goal ``ozone`` the two goals count alike: each is divided by its sum over measures.
    """
    change = potentials["change"].sel(level=select.ceiling)
    goals = ["pm25"] if select.goal != "ozone" else ["pm25", "ozone"]
    total = np.zeros(potentials.sizes["measure"])
    for goal in goals:
        gain = np.zeros_like(total)
        for species, weight in weights[goal].items():
            part = change.sel(species=species).transpose("measure", "city", "sector").values
            gain -= (part * weight).sum(axis=(1, 2))
        positive = np.maximum(gain, 0.0).sum()
        total += gain / positive if positive > 0 else gain
    return total


def _selection_rows(
    problem: Problem,
    measures: list[str],
    chosen: npt.NDArray[np.int64],
    fixed: npt.NDArray[np.int64],
    value: Array,
    setup: Setup,
) -> pd.DataFrame:
    at = setup.years.index(min(2030, setup.years[-1]))
    rows = []
    for m, measure in enumerate(measures):
        for k, name in enumerate(TYPES):
            level = int(chosen[m, k])
            rows.append(
                {
                    "measure": measure,
                    "city_type": name,
                    "chosen": LEVELS[level] if level else "none",
                    "by_potential": bool(fixed[m, k]),
                    "potential_share": float(value[m]),
                    "effort": float(problem.effort[m, k, level - 1]) if level else 0.0,
                    "co2_effect_2030": float(problem.effect[m, level - 1, at, k]) if level else 0.0,
                }
            )
    return pd.DataFrame(rows)


def choice_table(setup: Setup, choice: Choice, types: npt.NDArray[np.int32]) -> pd.DataFrame:
    """Share of the cities of each type at each level, one row a measure and type."""
    rows = []
    for measure in setup.tables.library:
        level = choice.levels.get(measure, np.zeros(types.size, dtype=np.intp))
        for code, name in enumerate(TYPES):
            inside = types == code
            if inside.any():
                shares = np.bincount(level[inside], minlength=len(LEVELS)) / inside.sum()
                row: dict[str, object] = {
                    "measure": measure,
                    "city_type": name,
                    "cities": int(inside.sum()),
                }
                rows.append(row | {f"share_{n}": shares[i] for i, n in enumerate(LEVELS)})
    return pd.DataFrame(rows)
