"""What a projection starts from, read from files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from scenair.core.errors import InputError
from scenair.core.io.user_tables import WESTERN, read_user_table
from scenair.projection.drivers import Drivers, Observed, build_drivers
from scenair.projection.iamc import drivers_from, provincial_from, tidy
from scenair.projection.io import readers
from scenair.projection.io.resources import (
    read_features,
    read_observed,
    read_resources,
    read_trend,
)
from scenair.projection.setup import Setup
from scenair.projection.state import State, build_state

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt
    import pandas as pd

    from scenair.config.case import CaseConfig
    from scenair.config.projection import ProjectionConfig
    from scenair.config.scenario import Scenario
    from scenair.projection.tables import Tables


def read_states(
    inventories: Sequence[str | Path], *, case: CaseConfig, tables: Tables
) -> list[State]:
    """The history, one state a year, with the control regions of the base year.

    Raises
    ------
    InputError
        Files that do not fit the history years or each other.
    """
    if len(inventories) != len(case.history):
        raise InputError(
            "one inventory a history year is needed",
            value=len(inventories),
            allowed=str(len(case.history)),
        )
    states = []
    for year, path in zip(case.history, inventories, strict=True):
        ds = readers.read_inventory(path, year=year)
        states.append(
            build_state(
                ds,
                year=year,
                where=str(path),
                key_provinces=tables.key_provinces,
                default_factors=tables.default_factors,
            )
        )
    base = states[-1]
    for state, path in zip(states, inventories, strict=True):
        if not np.array_equal(state.cities, base.cities):
            raise InputError("inventories of different cities", where=str(path))
        if not np.array_equal(state.region, base.region):
            raise InputError(
                "control regions differ between years",
                where=str(path),
                remedy="use the same leading dimension of emission_factor and removal in all years",
            )
    return states


def read_iamc(
    path: str | Path, *, plan: Scenario, years: Sequence[int], tables: Tables
) -> dict[str, dict[int, float]]:
    """National drivers of an IAMC file (CSV in UTF-8 or latin-1, or XLSX).

    Raises
    ------
    InputError
        Unreadable, or anything :func:`scenair.projection.iamc.tidy` and
        :func:`scenair.projection.iamc.drivers_from` refuse.
    """
    known = "trend" if plan.diverge_from == years[0] + 1 else "observed"
    history = {
        name: series[years[0]]
        for name, series in tables.national[known].items()
        if name in ("population", "gdp")
    }
    for items in tables.library.values():
        for parameter in items:
            if parameter.name in ("crude_steel", "cement_output", "nonfossil_share"):
                history[parameter.name] = parameter.x0
    return drivers_from(
        tidy(read_user_table(path, encodings=WESTERN), where=str(path)),
        model=plan.iamc_model,
        scenario=plan.iamc_scenario,
        years=years,
        history=history,
        where=str(path),
    )


def read_iamc_provinces(
    path: str | Path,
    *,
    plan: Scenario,
    years: Sequence[int],
    province: npt.NDArray[np.int32],
    known: Observed,
) -> Observed:
    """Growth of the provinces over the nation in an IAMC file; ``known`` where it has none."""
    found = provincial_from(
        tidy(read_user_table(path, encodings=WESTERN), where=str(path)),
        model=plan.iamc_model,
        scenario=plan.iamc_scenario,
        years=years,
        where=str(path),
    )
    series = {
        name: np.stack([by_province[int(p)] for p in province], axis=1)
        for name, by_province in found.items()
    }
    return replace(known, **series)


def read_drivers(
    state: State,
    *,
    years: Sequence[int],
    diverge: int,
    features: pd.DataFrame,
    tables: Tables,
    observed: Observed,
    national: Mapping[str, Mapping[int, float]] | None = None,
) -> Drivers:
    """Drivers of the cities of a state under the national series of a divergence year."""
    known = "trend" if diverge == years[0] + 1 else "observed"
    series = {**tables.national[known], **(national or {})}
    nation = series["population"][min(series["population"])] * 1e6
    here = float(features["population_2020"].sum())
    return build_drivers(
        features=features,
        province=state.province,
        gdp_trend=read_trend(state.province, diverge=diverge),
        observed=observed,
        national=series,
        years=years,
        national_share=min(here / nation, 1.0) if here / nation < 0.99 else 1.0,
        parameters=tables.parameters,
    )


def read_setup(
    inventories: Sequence[str | Path],
    points: str | Path,
    *,
    case: CaseConfig,
    options: ProjectionConfig,
    plan: Scenario,
    user_measures: Sequence[str | Path] = (),
    iamc: str | Path | None = None,
) -> tuple[Setup, list[State]]:
    """Everything a scenario of a case needs, and the states of the history."""
    tables = read_resources(base_year=case.base_year, user_measures=user_measures)
    states = read_states(inventories, case=case, tables=tables)
    state = states[-1]
    years = (case.base_year, *case.years)
    features = read_features(state.cities, yearbook=options.yearbook)
    given: dict[str, dict[int, float]] = {}
    observed = read_observed(state.province, base_year=case.base_year, diverge=plan.diverge_from)
    if iamc is not None:
        given = read_iamc(iamc, plan=plan, years=years, tables=tables)
        observed = read_iamc_provinces(
            iamc, plan=plan, years=years, province=state.province, known=observed
        )
    drivers = read_drivers(
        state,
        years=years,
        diverge=plan.diverge_from,
        features=features,
        tables=tables,
        observed=observed,
        national={k: v for k, v in given.items() if k in ("population", "gdp")},
    )
    plants = readers.read_points(points)
    outside = sorted(set(plants["adcode"]) - {int(c) for c in state.cities})
    if outside:
        raise InputError(
            "plants in cities that the case does not have", where=str(points), value=outside[:5]
        )
    setup = Setup(
        state=state,
        tables=tables,
        drivers=drivers,
        features=features,
        plants=plants,
        years=years,
        diverge=plan.diverge_from,
        given={k: v for k, v in given.items() if k not in ("population", "gdp")},
    )
    return setup, states
