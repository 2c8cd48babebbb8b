"""Size and time of the surrogate on 36, 27 and 9 km, and what the finer grid changes.

Usage, in a working directory with a year of the default case and its tracers
(``snakemake --cores 2 results/2015/history/air_quality/tracers.nc``)::

    python benchmarks/surrogate_grids.py [--year 2015] [--quarters 4] [--nest FOLDER]

Each grid is run in a process of its own, on one thread. Meteorology is made on the grid; emissions
are those of the case, shared by area between the cells. The 9 km nest takes its inflow from the
36 km run. With ``--nest`` (a working directory with ``results`` of a case on that nest, or on any
other grid that its files name) emissions and meteorology of that folder are taken as well, so that
the resolution of emissions counts too.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path

import single_thread  # noqa: F401  # isort: skip
import numpy as np
import xarray as xr
from common import report

from scenair.config.case import CaseConfig, GridConfig
from scenair.config.load import dump
from scenair.config.surrogate import SurrogateConfig
from scenair.core.grids import CN36, Grid, grid_from_attributes
from scenair.core.io.netcdf import open_netcdf
from scenair.core.io.paths import resources
from scenair.core.io.tables import read_table
from scenair.core.periods import days_in_quarters
from scenair.core.regions import counties
from scenair.surrogate.geometry import geometry
from scenair.surrogate.io.fields import build_background, build_meteorology, read_parameters
from scenair.surrogate.io.nest import emitted_with, match_winds, read_nest
from scenair.surrogate.io.tracers import read_emissions
from scenair.surrogate.nesting import shared_cells
from scenair.surrogate.products import PARTS
from scenair.surrogate.sources import INPUT_SPECIES
from scenair.surrogate.year import solve_quarter

CN27 = replace(CN36, name="CN27", xcell=27e3, ycell=27e3, ncols=229, nrows=169)
#: A nest over the Sichuan basin on a projection of its own, as in a GRIDDESC of the field.
CD9 = Grid(
    name="CD9", projection="LAM_32N_104E", gdtyp=2, p_alp=15.0, p_bet=40.0, p_gam=104.2,
    xcent=104.2, ycent=32.0, xorig=-369e3, yorig=-454e3, xcell=9e3, ycell=9e3, ncols=83, nrows=83,
)  # fmt: skip
#: The same area on 36 km, and on 36 km cells of its parent: what nesting alone changes.
CD36 = replace(CD9, name="CD36", xcell=36e3, ycell=36e3, ncols=21, nrows=21)
GRIDS = {grid.name: grid for grid in (CN36, CN27, CD36, CD9)}
NESTS = ("CD36", "CD9")
CHENGDU = 510100
CONTROLLED = tuple(name for name in PARTS if name != "BACKGROUND")


def emissions_on(grid: Grid, path: Path, *, year: int) -> xr.Dataset:
    """The emissions of a case on another grid, shared by area."""
    ds = read_emissions(path, year=year)
    outer = grid_from_attributes(ds["crs"].attrs)
    if outer == grid:
        return ds
    shared = shared_cells(outer, grid)
    out = ds[["release", "layer_bottom", "layer_top"]]
    for name in INPUT_SPECIES:
        flux = ds[name].transpose("month", "sector", "y", "x").values
        fine = (shared.T @ flux.reshape(-1, outer.size).T).T.reshape(*flux.shape[:2], *grid.shape)
        out[name] = (("month", "sector", "y", "x"), fine.astype(np.float32), ds[name].attrs)
    out["cell_area"] = (("y", "x"), grid.cell_area, {"units": "m2"})
    return out.assign_attrs(ds.attrs)


def configuration(grid: Grid) -> dict[str, dict]:
    """Sections of a case on a grid with all units."""
    numbers = {k: v for k, v in asdict(grid).items() if k in GridConfig.model_fields}
    case = CaseConfig(grid=GridConfig(**numbers))
    return {"case": dump(case), "surrogate": dump(SurrogateConfig())}


def make_meteorology(grid: Grid, path: Path, *, parent: bool, folder: Path = Path()) -> None:
    """Meteorology on a grid; the borders of a nest as in the run of ``folder``."""
    shipped, config = resources() / "surrogate", configuration(grid)
    winds = shipped / "mpi_esm_lr_2005_monthly_east_asia.nc"
    build_meteorology(
        config=config, meteorology=path, winds=winds, relief=shipped / "etopo20_east_asia.nc"
    )
    if parent:
        theirs = folder / "results/surrogate/meteorology.nc"
        match_winds(path, winds=winds, parent=theirs, config=config)


def population(grid: Grid, adcode: int | None = None) -> np.ndarray:
    """People (cell,) of the counties of a city, or of all."""
    census = read_table("regions/census2020_county.csv.gz", dtype={"county": "int64"})
    people = census[census["variable"] == "pop"].set_index("county")["value"].astype(float)
    places = counties()
    if adcode is not None:
        places = places[places["adcode"] == adcode]
    point = places.geometry.representative_point()
    cell = grid.locate(point.x.to_numpy(), point.y.to_numpy())
    weight = people.reindex(places.index).fillna(0.0).to_numpy()
    return np.bincount(cell[cell >= 0], weights=weight[cell >= 0], minlength=grid.size)


def weighted(parts: dict[str, np.ndarray], people: np.ndarray) -> dict[str, float]:
    """Population-weighted parts and their sum, ug m-3."""
    out = {name: float(field.ravel() @ people / people.sum()) for name, field in parts.items()}
    return out | {"controlled": sum(out[name] for name in CONTROLLED)}


class Clock:
    """Wall and processor seconds of the steps of a run."""

    def __init__(self) -> None:
        self.seen: dict[str, tuple[float, float]] = {}
        self._last = (time.perf_counter(), time.process_time())

    def mark(self, name: str) -> None:
        now = (time.perf_counter(), time.process_time())
        self.seen[name] = (now[0] - self._last[0], now[1] - self._last[1])
        self._last = now


def run(name: str, *, year: int, quarters: int, nest: Path | None) -> dict:
    """One grid, start to end; what is printed."""
    clock, target = Clock(), Path("results", str(year), "history")
    files = [target / "air_quality/tracers.nc", target / "emissions/gridded.nc"]
    par = read_parameters()
    if nest is not None:
        folder = nest / target.relative_to(".") / "emissions/gridded.nc"
        emissions = read_emissions(folder, year=year)
        grid, met = grid_from_attributes(emissions["crs"].attrs), nest / "results/surrogate"
        met = met / "meteorology.nc"
    else:
        grid = GRIDS[name]
        scratch = Path(tempfile.mkdtemp())
        met = scratch / "meteorology.nc"
        make_meteorology(grid, met, parent=name in NESTS)
        build_background(config=configuration(grid), background=scratch / "background.nc")
        emissions = emissions_on(grid, files[1], year=year)
    config = CaseConfig.model_validate(configuration(grid)["case"])
    inner = name in NESTS or nest is not None
    given = read_nest(
        files if inner else (), own=emissions, case=config, year=year, scenario="history", grid=grid
    )
    weather, geo = open_netcdf(met), geometry(grid)
    clock.mark("set-up")
    parts = {part: np.zeros(grid.shape) for part in CONTROLLED}
    days = days_in_quarters(year)[:quarters]
    for q in range(quarters):
        emitted = emitted_with(given, emissions, q, year=year, par=par)
        solved = solve_quarter(weather, q, emitted, biogenic=None, geo=geo, par=par, nest=given)
        for part in CONTROLLED:
            parts[part] += solved.solution.parts[part] * days[q] / days.sum()
        if q == 0:
            clock.mark("quarter")
    clock.mark("others")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {
        "name": name, "cells": f"{grid.ncols} x {grid.nrows}", "unknowns": 8 * grid.size,
        "seconds": clock.seen, "peak": peak,
        "chengdu": weighted(parts, population(grid, CHENGDU)),
        "nest": weighted(parts, common_people(grid)),
    }  # fmt: skip


def common_people(grid: Grid) -> np.ndarray:
    """People within the 9 km nest, on any grid, (cell,)."""
    lon, lat = grid.lonlat
    inside = CD9.locate(lon, lat).ravel() >= 0
    return population(grid) * inside


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--year", type=int, default=2015)
    parser.add_argument("--quarters", type=int, default=4, choices=(1, 2, 3, 4))
    parser.add_argument("--nest", type=Path)
    parser.add_argument("--only")
    given = parser.parse_args()
    if given.only:
        nest = given.nest if given.only == "own" else None
        print(json.dumps(run(given.only, year=given.year, quarters=given.quarters, nest=nest)))
        return
    names = [*GRIDS, "own"] if given.nest else list(GRIDS)
    found = []
    for name in names:
        command = [sys.executable, __file__, "--only", name, "--year", str(given.year)]
        command += ["--quarters", str(given.quarters)]
        command += ["--nest", str(given.nest)] if name == "own" else []
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found.append(json.loads(done.stdout.splitlines()[-1]))
    show(found, quarters=given.quarters)


def show(found: list[dict], *, quarters: int) -> None:
    """Print the tables."""
    rows = [("grid", "cells", "unknowns", "set-up s", "a quarter s", f"{quarters} quarters s",
             "processor s", "peak GB")]  # fmt: skip
    for one in found:
        s = one["seconds"]
        solved = [s["quarter"][i] + s["others"][i] for i in (0, 1)]
        rows.append(
            (one["name"], one["cells"], str(one["unknowns"]), f"{s['set-up'][0]:.1f}",
             f"{s['quarter'][0]:.1f}", f"{solved[0]:.1f}", f"{solved[1]:.1f}",
             f"{one['peak']:.2f}")
        )  # fmt: skip
    report(rows)
    for where in ("chengdu", "nest"):
        print(f"\npopulation-weighted, ug m-3, {where} (over {found[0]['name']}):")
        names = (*CONTROLLED, "controlled")
        table = [("grid", *names)]
        base = found[0][where]
        for one in found:
            cells = [f"{one[where][n]:.2f} ({one[where][n] / base[n]:.2f})" for n in names]
            table.append((one["name"], *cells))
        report(table)


if __name__ == "__main__":
    main()
