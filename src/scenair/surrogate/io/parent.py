"""What a run writes so that others can be its nests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from scenair.core.io.netcdf import open_netcdf, write_netcdf
from scenair.surrogate.geometry import geometry
from scenair.surrogate.gridded import check_grid
from scenair.surrogate.io.annual import read_biogenic
from scenair.surrogate.io.fields import read_config, read_meteorology, read_parameters
from scenair.surrogate.io.nest import CLEAN, emitted_with, read_nest
from scenair.surrogate.io.tracers import read_emissions, tracers_dataset, verify_tracers
from scenair.surrogate.quarter import TRACERS
from scenair.surrogate.year import solve_quarter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from scenair.surrogate.ozone import Whole

Fields = npt.NDArray[np.float32]


def build_tracers(
    *,
    year: int,
    scenario: str,
    config: Mapping[str, Any],
    gridded: str | Path,
    meteorology: str | Path,
    background: str | Path,
    annual: str | Path,
    tracers: str | Path,
    parent: Sequence[str | Path] = (),
    threads: int = 1,
) -> None:
    """Fields of all tracers of one year of a scenario, from which nests take their inflow.

    Parameters
    ----------
    year, scenario
        Wildcards of the target.
    config : mapping
        Sections ``case`` and ``surrogate``.
    gridded, meteorology, background : path
    annual : path
        Concentrations of the same run; the surface fields must agree.
    tracers : path
        Written: ``concentration(quarter, tracer, layer, y, x)``, ug m-3; with ozone also
        ``oxidant`` (ppb) and ``voc`` (ug m-3) of the warm quarters.
    parent : sequence of path
        As in ``build_air_quality``: a nest may be a parent itself.
    threads : int
        Quarters that are solved side by side.
    """
    case, options = read_config(config)
    grid, par = case.grid.build(), read_parameters(options.parameters)
    met = read_meteorology(meteorology, grid=grid)
    b = open_netcdf(background, variables={"BACKGROUND": "ug m-3"})
    check_grid(b, grid, where=str(background))
    biogenic = read_biogenic(b, options, where=str(background))
    emissions = read_emissions(gridded, year=year)
    check_grid(emissions, grid, where=str(gridded))
    nest = read_nest(parent, own=emissions, case=case, year=year, scenario=scenario, grid=grid)
    geo = geometry(grid)

    def solve(number: int) -> tuple[Fields, Whole | None]:
        emitted = emitted_with(nest, emissions, number, year=year, par=par)
        solved = solve_quarter(
            met, number, emitted, biogenic=biogenic, geo=geo, par=par, nest=nest, whole=True
        )
        fields = np.stack([solved.result.tracer[name] for name in TRACERS])
        ozone = solved.solution.ozone
        return _written(fields), None if ozone is None else ozone.whole

    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        found = list(pool.map(solve, range(4)))
    warm = [_written(np.stack(ozone)) for _, ozone in found if ozone is not None]
    ds = tracers_dataset(np.stack([fields for fields, _ in found]), warm, grid=grid)
    attrs = {
        "year": year,
        "scenario": scenario,
        "case": case.name,
        "source": "surrogate",
        "synthetic": met.attrs.get("synthetic", "false"),
        "note": f"{met.attrs.get('note', '')}; not anchored; without the background B".strip("; "),
        "inflow": CLEAN if nest is None else nest.origin,
    }
    write_netcdf(ds, tracers, title=f"tracers {year} {scenario}", attrs=attrs, level=4)
    verify_tracers(tracers, annual=annual, year=year, scenario=scenario)


def _written(fields: npt.NDArray[np.float64]) -> Fields:
    """In single precision; the iteration leaves round-off below zero."""
    return np.maximum(fields, 0.0).astype(np.float32)
