"""Rules decomposition, comparison and IAMC export: tables for figures and for other models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from scenair.config.case import CaseConfig
from scenair.config.projection import ProjectionConfig
from scenair.config.scenario import Scenario
from scenair.core.io.tables import read_table, write_csv
from scenair.projection import decomposition
from scenair.projection.comparison import (
    beside,
    growth_spread,
    national_order,
    national_table,
    peaks_by_type,
)
from scenair.projection.iamc import export
from scenair.projection.io.potentials import read_potentials
from scenair.projection.io.readers import read_trajectory, read_types
from scenair.projection.io.setup import read_setup
from scenair.projection.io.weights import read_weights
from scenair.projection.model import project
from scenair.projection.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt


def build_decomposition(
    *,
    scenario: Mapping[str, Any],
    config: Mapping[str, Any],
    inventories: Sequence[str | Path],
    points: str | Path,
    city_types: str | Path,
    user_measures: Sequence[str | Path],
    potentials: str | Path | None,
    responsibility: str | Path | None,
    iamc: str | Path | None,
    contributions: str | Path,
    shapley: str | Path,
    sectors: str | Path,
    cities: str | Path,
) -> None:
    """Decomposition of one scenario in the year ``projection.decomposition_year``.

    Parameters
    ----------
    contributions, shapley, sectors, cities : path
        Outputs: end-of-pipe against co-control; measures; sectors of peaked and other cities; first
        sector and elasticity by city. Other parameters as for a trajectory.
    """
    case = CaseConfig.model_validate(config["case"])
    options = ProjectionConfig.model_validate(config["projection"])
    plan = Scenario.model_validate(dict(scenario))
    setup, _ = read_setup(
        inventories,
        points,
        case=case,
        options=options,
        plan=plan,
        user_measures=user_measures,
        iamc=iamc,
    )
    types = read_types(city_types, setup.state.cities)
    found = None if potentials is None else read_potentials(potentials, cities=setup.state.cities)
    weights = None if found is None else read_weights(responsibility, setup=setup)
    resolved = resolve(setup, plan, types, potentials=found, weights=weights)
    year = min(options.decomposition_year, case.horizon)
    at = setup.years.index(year)
    reference = project(setup, decomposition.reference_choice(setup)).emission[at]
    write_csv(decomposition.contributions(setup, resolved.choice, year=year), contributions)
    write_csv(
        decomposition.measure_values(
            setup,
            resolved.choice,
            year=year,
            permutations=options.shapley_permutations,
            seed=options.seed,
        ),
        shapley,
    )
    emission = resolved.projection.emission
    write_csv(
        decomposition.sector_drivers(
            emission,
            setup.years,
            start=case.first_year,
            end=year,
            tolerance=options.peak_tolerance,
        ),
        sectors,
    )
    write_csv(decomposition.first_sectors(reference, emission[at], setup.state.cities), cities)


def build_comparison(
    *,
    trajectories: Mapping[str, str | Path],
    national: str | Path,
    order: str | Path,
    spread: str | Path,
    types: str | Path,
) -> None:
    """All scenarios beside each other and beside other sources; nothing is fitted to these.

    Parameters
    ----------
    trajectories : mapping
        Scenario -> trajectory file.
    national, order, spread, types : path
        Outputs: national totals with GAINS and observations; violations of the national order;
        spread of city growth; share of peaked cities by type.
    """
    totals, spreads, peaks = [], [], []
    series: dict[str, npt.NDArray[np.float64]] = {}
    years: list[int] = []
    for name, path in trajectories.items():
        ds = read_trajectory(path)
        years = [int(y) for y in ds["year"].values]
        totals.append(national_table(ds, scenario=name))
        spreads.append(growth_spread(ds, scenario=name))
        peaks.append(peaks_by_type(ds, scenario=name))
        summed = ds["emission"].sum(["city", "sector"]).transpose("year", "species")
        series[name] = summed.values
    others = read_table("projection/comparators.csv")
    write_csv(beside(pd.concat(totals, ignore_index=True), others), national)
    write_csv(national_order(series, years), order)
    write_csv(pd.concat(spreads, ignore_index=True), spread)
    write_csv(pd.concat(peaks, ignore_index=True), types)


def build_iamc_export(*, scenario: str, trajectory: str | Path, table: str | Path) -> None:
    """A trajectory as an IAMC table (CSV that pyam reads).

    Parameters
    ----------
    trajectory, table : path
        Input and output.
    """
    ds = read_trajectory(trajectory)
    write_csv(export(ds, scenario=scenario), table)
