"""A nest beside its parent over the same area: what inflow brings, what resolution changes.

Usage, in the working directory of a nest whose ``air_quality/annual.nc`` took its inflow from a
parent::

    python benchmarks/surrogate_nest.py ../china [--year 2015] [--scenario history] \
        [--case bth] [--figure nest.png]

The nest is solved again with clean inflow, with and without the emissions of units around its own,
and on the cells of the parent, where only nesting itself differs. Fields are compared as means over
the cells of the parent, weighted with people where it says so.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import single_thread  # noqa: F401  # isort: skip
import numpy as np
from common import report
from surrogate_grids import CONTROLLED, emissions_on, make_meteorology, population

from scenair.config import load_config
from scenair.config.case import CaseConfig
from scenair.core.grids import Grid, grid_from_attributes
from scenair.core.io.netcdf import open_netcdf
from scenair.core.io.paths import resources
from scenair.core.periods import days_in_quarters
from scenair.surrogate.geometry import geometry
from scenair.surrogate.io.fields import read_parameters
from scenair.surrogate.io.nest import emitted_with, read_nest
from scenair.surrogate.io.tracers import read_emissions
from scenair.surrogate.nesting import Nest, shared_cells
from scenair.surrogate.year import solve_quarter

PAR = read_parameters()
SHOWN = (*CONTROLLED, "BACKGROUND")


def solved(met, emissions, nest: Nest | None, grid: Grid, *, year: int) -> dict[str, np.ndarray]:
    """Annual means of the controlled parts, (y, x)."""
    days, geo = days_in_quarters(year), geometry(grid)
    parts = {name: np.zeros(grid.shape) for name in CONTROLLED}
    for q in range(4):
        emitted = emitted_with(nest, emissions, q, year=year, par=PAR)
        one = solve_quarter(met, q, emitted, biogenic=None, geo=geo, par=PAR, nest=nest)
        for name in CONTROLLED:
            parts[name] += one.solution.parts[name] * days[q] / days.sum()
    return parts


def annual(path: Path) -> tuple[dict[str, np.ndarray], Grid]:
    """Annual means of all parts, and their grid."""
    ds = open_netcdf(path)
    print(f"{path}: inflow = {ds.attrs['inflow']}")
    fields = {name: ds[f"{name}_annual"].values.astype(float) for name in SHOWN}
    return fields, grid_from_attributes(ds["crs"].attrs)


def on_parent_cells(parts, grid: Grid, outer: Grid) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Means over the cells of the parent that the grid covers, and which these are."""
    shared = shared_cells(outer, grid)
    area = shared @ grid.cell_area.ravel()
    full = area > 0.99 * outer.cell_area.ravel()
    means = {
        n: (shared @ (f * grid.cell_area).ravel())[full] / area[full] for n, f in parts.items()
    }
    return means, full


def same_cells(outer: Grid, grid: Grid) -> Grid:
    """The parent's own cells that lie wholly in the nest."""
    _, full = on_parent_cells({}, grid, outer)
    rows, cols = np.nonzero(full.reshape(outer.shape))
    return outer.nest(
        name="SAME", ratio=1, col0=int(cols.min()), row0=int(rows.min()),
        cols=int(np.ptp(cols)) + 1, rows=int(np.ptp(rows)) + 1,
    )  # fmt: skip


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parent", type=Path)
    parser.add_argument("--year", type=int, default=2015)
    parser.add_argument("--scenario", default="history")
    parser.add_argument("--case", default="bth")
    parser.add_argument("--figure", type=Path)
    given = parser.parse_args()
    target = Path("results", str(given.year), given.scenario)
    year, files = given.year, [given.parent / target / "air_quality/tracers.nc"]
    files.append(given.parent / target / "emissions/gridded.nc")
    parent, outer = annual(given.parent / target / "air_quality/annual.nc")
    nested, grid = annual(target / "air_quality/annual.nc")
    case = load_config({"case": given.case}, folder=resources().parent / "config").case
    own = read_emissions(target / "emissions/gridded.nc", year=year)
    met = open_netcdf("results/surrogate/meteorology.nc")
    kind = {"year": year, "scenario": given.scenario}
    nest = read_nest(files, own=own, case=case, grid=grid, **kind)
    runs = {
        "parent": (parent, outer),
        "nest": (nested, grid),
        "clean, units around": (
            solved(met, own, replace(nest, boundary={}), grid, year=year), grid),
        "clean, own units only": (solved(met, own, None, grid, year=year), grid),
        "inflow, own units only": (solved(met, own, replace(nest, around=None), grid, year=year),
                                   grid),
        "nest on parent's cells": same(given.parent, files, outer, grid, kind),
    }  # fmt: skip
    show(runs, grid=grid, outer=outer)
    if given.figure:
        scatter(runs, grid=grid, outer=outer, path=given.figure)


def same(folder: Path, files: list[Path], outer: Grid, grid: Grid, kind: dict) -> tuple[dict, Grid]:
    """The nest with cells and emissions of the parent, meteorology made for the nest."""
    window = same_cells(outer, grid)
    made = Path("same_meteorology.nc")
    make_meteorology(window, made, parent=True, folder=folder)
    met = open_netcdf(made)
    made.unlink()
    emissions = emissions_on(window, files[1], year=kind["year"])
    every = CaseConfig()
    nest = read_nest(files, own=emissions, case=every, grid=window, **kind)
    return solved(met, emissions, nest, window, year=kind["year"]), window


def show(runs: dict, *, grid: Grid, outer: Grid) -> None:
    """Population-weighted parts over the nest, and cell by cell against the parent."""
    rows = [("run", *SHOWN, "controlled")]
    table = [("run", "mean bias", "NMB %", "NME %", "r")]
    _, full = on_parent_cells({}, grid, outer)
    people = population(outer)[full]
    base: np.ndarray | None = None
    for name, (parts, where) in runs.items():
        if where == outer:
            cells = {n: f.ravel()[full] for n, f in parts.items()}
        else:
            cells, covered = on_parent_cells(parts, where, outer)
            assert (covered == full).all()
        total = np.sum([cells[n] for n in CONTROLLED], axis=0)
        mean = {n: f @ people / people.sum() for n, f in (cells | {"controlled": total}).items()}
        rows.append((name, *(f"{mean[n]:.2f}" if n in mean else "" for n in rows[0][1:])))
        if base is None:
            base = total
            continue
        off = total - base
        table.append(
            (name, f"{off.mean():+.2f}", f"{100 * off.sum() / base.sum():+.1f}",
             f"{100 * np.abs(off).sum() / base.sum():.1f}", f"{np.corrcoef(total, base)[0, 1]:.4f}")
        )  # fmt: skip
    print(f"\npopulation-weighted over {int(full.sum())} cells of {outer.name}, ug m-3:")
    report(rows)
    print("\ncontrolled PM2.5, cell by cell against the parent:")
    report(table)


def scatter(runs: dict, *, grid: Grid, outer: Grid, path: Path) -> None:
    """Controlled PM2.5 on the parent's cells, nest over parent."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    _, full = on_parent_cells({}, grid, outer)
    fields = {
        name: on_parent_cells(parts, where, outer)[0] if where != outer
        else {n: f.ravel()[full] for n, f in parts.items()}
        for name, (parts, where) in runs.items()
    }  # fmt: skip
    total = {name: np.sum([f[n] for n in CONTROLLED], axis=0) for name, f in fields.items()}
    figure, axis = plt.subplots(figsize=(5, 5), layout="constrained")
    for name in ("nest", "nest on parent's cells", "clean, units around"):
        axis.plot(total["parent"], total[name], ".", label=name, markersize=3)
    top = max(float(t.max()) for t in total.values())
    axis.plot([0, top], [0, top], color="0.5", linewidth=0.8)
    axis.set(xlabel=f"{outer.name}, µg m$^{{-3}}$", ylabel=f"{grid.name}, mean of its cells")
    axis.set_title("controlled PM2.5, annual mean")
    axis.legend()
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
