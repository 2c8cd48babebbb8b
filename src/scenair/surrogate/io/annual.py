"""Concentrations of a scenario-year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import xarray as xr

from scenair.core.audit.checksums import sha256_of
from scenair.core.audit.closure import require_closed
from scenair.core.io.netcdf import open_netcdf, require_finite, write_netcdf
from scenair.core.io.reading import reader
from scenair.core.io.tables import write_csv
from scenair.surrogate.background import background_attributes
from scenair.surrogate.geometry import geometry
from scenair.surrogate.gridded import check_grid, check_gridded
from scenair.surrogate.io.anchoring import read_factors
from scenair.surrogate.io.fields import read_config, read_meteorology, read_parameters
from scenair.surrogate.io.nest import CLEAN, around_closure, emitted_with, read_nest
from scenair.surrogate.photochemistry import require_biogenic
from scenair.surrogate.products import (
    BESIDE,
    VELOCITIES,
    annual_dataset,
    budget_closure,
    check_fields,
)
from scenair.surrogate.solutions import solution_from
from scenair.surrogate.sources import species_of_tracers
from scenair.surrogate.year import solve_year

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from scenair.config.case import CaseConfig
    from scenair.config.surrogate import SurrogateConfig
    from scenair.core.grids import Grid
    from scenair.surrogate.nesting import Nest

    Array = npt.NDArray[np.float64]


def build_air_quality(
    *,
    year: int,
    scenario: str,
    config: Mapping[str, Any],
    gridded: str | Path,
    cities: str | Path,
    meteorology: str | Path,
    background: str | Path,
    annual: str | Path,
    closure: str | Path,
    quarters: Sequence[str | Path] = (),
    parent: Sequence[str | Path] = (),
    threads: int = 1,
) -> None:
    """Concentrations of one year of a scenario.

    Parameters
    ----------
    year, scenario
        Wildcards of the target.
    config : mapping
        Sections ``case`` and ``surrogate``.
    gridded, cities : path
        Emissions on the grid and by city; the two must agree.
    meteorology, background : path
    annual, closure : path
        Written: fields by quarter and the closure of emissions and of every tracer.
    quarters : sequence of path
        The four quarters of a sweep that holds this scenario-year; solved here without.
    parent : sequence of path
        Of a nest: ``tracers.nc`` and ``gridded.nc`` of the parent's run of the same year and
        scenario; clean inflow without.
    threads : int
        Quarters that are solved side by side; the result does not depend on it.
    """
    case, options = read_config(config)
    grid, par = case.grid.build(), read_parameters(options.parameters)
    met = read_meteorology(meteorology, grid=grid)
    b = open_netcdf(background, variables={"BACKGROUND": "ug m-3"})
    check_grid(b, grid, where=str(background))
    require_finite(b["BACKGROUND"], where=str(background))
    emissions = open_netcdf(gridded)
    totals = open_netcdf(cities, variables={"emission": "Mg yr-1"})["emission"]
    input_rows = check_gridded(emissions, totals, year=year, grid=grid, where=str(gridded))
    nest = read_nest(parent, own=emissions, case=case, year=year, scenario=scenario, grid=grid)
    around_rows = around_closure(nest, year=year, where=str(gridded))
    if around_rows is not None:
        input_rows = pd.concat([input_rows, around_rows], ignore_index=True)
    if quarters:
        member, made = (year, scenario), sha256_of(gridded)
        solutions = [
            solution_from(read_solutions(path, grid=grid), member, emission=made, where=str(path))
            for path in quarters
        ]
    else:
        biogenic = read_biogenic(b, options, where=str(background))
        emitted = [emitted_with(nest, emissions, q, year=year, par=par) for q in range(4)]
        solutions = solve_year(
            met, emitted, biogenic=biogenic, geo=geometry(grid), par=par, threads=threads, nest=nest
        )
    emissions.close()
    factors = None if options.anchor is None else read_factors(options.anchor, grid=grid)
    ds = annual_dataset(
        solutions,
        background=b["BACKGROUND"].transpose("quarter", "y", "x").values,
        factors=factors,
        year=year,
        grid=grid,
    )
    write_netcdf(
        ds,
        annual,
        title=f"air quality {year} {scenario}",
        attrs=_attributes(case, options, met, year, scenario, nest=nest),
    )
    verify_air_quality(annual, input_rows=input_rows, year=year, closure=closure)


@reader
def read_solutions(path: str | Path, *, grid: Grid) -> xr.Dataset:
    """A quarter of a sweep, opened without reading it.

    Raises
    ------
    InputError, UnitsError
        Unreadable, a variable missing, another unit or grid.
    """
    units = {"SO4": "ug m-3", "budget": "ug s-1"} | dict.fromkeys(BESIDE, "ug m-3")
    units |= dict.fromkeys(VELOCITIES.values(), "m s-1")
    ds = open_netcdf(path, variables=units, chunks={"member": 1})
    check_grid(ds, grid, where=str(path))
    return ds


def read_biogenic(b: xr.Dataset, options: SurrogateConfig, *, where: str) -> Array | None:
    """Biogenic reactivity (quarter, y, x), or nothing where ozone is not wanted.

    Raises
    ------
    InputError
        Ozone is wanted and there are no biogenic VOC.
    """
    if not options.ozone:
        return None
    if "biogenic_reactivity" not in b:
        return require_biogenic(None, where=where)
    field = b["biogenic_reactivity"].transpose("quarter", "y", "x").values
    return require_biogenic(field, where=where)


def _attributes(
    case: CaseConfig,
    options: SurrogateConfig,
    met: xr.Dataset,
    year: int,
    scenario: str,
    *,
    nest: Nest | None,
) -> dict[str, Any]:
    attrs = {
        "source": "surrogate",
        "year": year,
        "scenario": scenario,
        "inflow": CLEAN if nest is None else nest.origin,
        "synthetic": met.attrs.get("synthetic", "false"),
        "note": f"{met.attrs.get('note', '')}; background B is assumed".strip("; "),
    }
    attrs |= background_attributes(options.background, options.biogenic)
    if case.tests_only and nest is None:
        attrs["tests_only"] = "tests only: a nest with clean inflow"
    return attrs


def verify_air_quality(
    annual: str | Path,
    *,
    input_rows: pd.DataFrame,
    year: int,
    closure: str | Path,
) -> None:
    """Read ``annual`` back, check it, and write the closure table.

    Parameters
    ----------
    annual : path
    input_rows : DataFrame
        Closure of the gridded emissions (species by sector, Mg).
    year : int
    closure : path
        Written.

    Raises
    ------
    MassBalanceError
    """
    ds = open_netcdf(annual, variables={"PM25": "ug m-3", "budget": "Mg"})
    check_fields(ds, year=year, where=str(annual))
    budget = require_closed(budget_closure(ds), where=str(annual), unit="Mg")
    emitted = ds["budget"].sel(term="emission").sum("quarter")
    taken = species_of_tracers({str(t): float(emitted.sel(tracer=t)) for t in ds["tracer"].values})
    inside = input_rows.groupby("species")["mass_out"].sum()
    rows = pd.DataFrame(
        {
            "stage": "surrogate sources",
            "species": list(taken),
            "sector": "all",
            "mass_in": [float(inside[s]) for s in taken],
            "mass_out": list(taken.values()),
            "outside": 0.0,
        }
    )
    rows["relative_error"] = (rows["mass_out"] / rows["mass_in"] - 1).where(
        rows["mass_in"] > 0, 0.0
    )
    require_closed(rows, where=str(annual))
    write_csv(pd.concat([input_rows, rows, budget], ignore_index=True), closure)
