"""Rules decomposition, comparison and IAMC export: tables for figures and for other models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from scenair.core.io.tables import read_table, write_csv
from scenair.projection import decomposition
from scenair.projection.comparison import (
    beside,
    beside_bands,
    growth_spread,
    national_order,
    national_table,
    peak_distribution,
    peaks_by_type,
)
from scenair.projection.iamc import export
from scenair.projection.io.readers import read_trajectory
from scenair.projection.model import project

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from scenair.projection.io.inputs import ScenarioInputs


def build_decomposition(
    *,
    inputs: ScenarioInputs,
    contributions: str | Path,
    shapley: str | Path,
    sectors: str | Path,
    cities: str | Path,
) -> None:
    """Decomposition of one scenario in the year ``projection.decomposition_year``.

    Parameters
    ----------
    inputs : ScenarioInputs
    contributions, shapley, sectors, cities : path
        Outputs: end-of-pipe against co-control; measures; sectors of peaked and other cities; first
        sector and elasticity by city.
    """
    loaded = inputs.read()
    setup, options, resolved = loaded.setup, loaded.options, loaded.resolved
    year = min(options.decomposition_year, loaded.case.horizon)
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
            start=loaded.case.first_year,
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
    peak_years: str | Path,
    bands: str | Path,
) -> None:
    """All scenarios beside each other and beside other sources; nothing is fitted to these.

    Parameters
    ----------
    trajectories : mapping
        Scenario -> trajectory file.
    national, order, spread, types, peak_years, bands : path
        Outputs: national totals with GAINS and observations; violations of the national order;
        spread of city growth; share of peaked cities by type; cities by year of their CO2 maximum;
        published bands with ours and why they differ.
    """
    totals, spreads, peaks, maxima = [], [], [], []
    series: dict[str, npt.NDArray[np.float64]] = {}
    years: list[int] = []
    for name, path in trajectories.items():
        ds = read_trajectory(path)
        years = [int(y) for y in ds["year"].values]
        totals.append(national_table(ds, scenario=name))
        spreads.append(growth_spread(ds, scenario=name))
        peaks.append(peaks_by_type(ds, scenario=name))
        maxima.append(peak_distribution(ds, scenario=name))
        summed = ds["emission"].sum(["city", "sector"]).transpose("year", "species")
        series[name] = summed.values
    others = read_table("projection/comparators.csv")
    table = beside(pd.concat(totals, ignore_index=True), others)
    by_type = pd.concat(peaks, ignore_index=True)
    write_csv(table, national)
    write_csv(national_order(series, years), order)
    write_csv(pd.concat(spreads, ignore_index=True), spread)
    write_csv(by_type, types)
    write_csv(pd.concat(maxima, ignore_index=True), peak_years)
    write_csv(beside_bands(table, by_type, read_table("projection/published_bands.csv")), bands)


def build_iamc_export(*, scenario: str, trajectory: str | Path, table: str | Path) -> None:
    """A trajectory as an IAMC table (CSV that pyam reads).

    Parameters
    ----------
    trajectory, table : path
        Input and output.
    """
    ds = read_trajectory(trajectory)
    write_csv(export(ds, scenario=scenario), table)
