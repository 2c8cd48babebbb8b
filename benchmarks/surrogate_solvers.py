"""Time of the surrogate's solvers beside scipy's, and of a scenario-year beside InMAP's.

Usage: ``python benchmarks/surrogate_solvers.py [--coarsen 2] [--default] [--year]``. CPU seconds of
one process; scipy's default ordering (COLAMD) takes long and much memory at 36 km. With ``--year``
four quarters of one scenario-year of made-up emissions are solved, ozone included, and the run time
that is published for InMAP is printed beside them: another domain and another computer, so no more
than the order of magnitude is comparable.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
import scipy.sparse.linalg as spl

from scenair.core.grids import CN36
from scenair.core.io.netcdf import open_netcdf
from scenair.core.io.paths import resources
from scenair.surrogate.coarsen import coarse_grid
from scenair.surrogate.frontal import FrontalFactor
from scenair.surrogate.geometry import geometry
from scenair.surrogate.inverse import Factored
from scenair.surrogate.io.fields import read_normals, read_parameters
from scenair.surrogate.meteorology import free_meteorology
from scenair.surrogate.operator import with_loss
from scenair.surrogate.quarter import prepare_quarter
from scenair.surrogate.solver import ColumnSystem, Factor
from scenair.surrogate.sources import EMITTED
from scenair.surrogate.year import Emitted, solve_year

#: Hours a simulation, the shortest and the longest; abstract of the source.
INMAP_HOURS = (2.6, 8.4)
INMAP_SOURCE = (
    "Thakrar et al. 2022, PLoS ONE 17, e0268714, doi:10.1371/journal.pone.0268714: Global InMAP, "
    "cells of 4 to 500 km, a desktop computer"
)
#: Emission of every tracer in the made-up year, Tg yr-1.
_TERAGRAM = 10.0


def timed(label: str, call):
    """Run, print CPU seconds and the peak memory so far."""
    begin = time.process_time()
    out = call()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{label}: {time.process_time() - begin:.2f} s, peak so far {peak:.2f} GB", flush=True)
    return out


def year(met, *, grid, par) -> None:
    """A scenario-year beside the published time of InMAP."""
    geo = geometry(grid)
    source = np.zeros(geo.shape)
    source[0] = np.random.default_rng(1).random(grid.shape) ** 8
    source *= _TERAGRAM * 1e18 / (365 * 86_400) / source.sum()
    emitted = [Emitted(dict.fromkeys(EMITTED, source), source)] * 4
    biogenic = np.full((4, *grid.shape), 2.0)
    begin = time.perf_counter()
    timed(
        "a scenario-year, four quarters",
        lambda: solve_year(met, emitted, biogenic=biogenic, geo=geo, par=par),
    )
    ours = time.perf_counter() - begin
    low, high = (hours * 3600 / ours for hours in INMAP_HOURS)
    print(f"the same, wall: {ours:.1f} s on one thread")
    print(f"InMAP as published: {INMAP_HOURS[0]:g} to {INMAP_HOURS[1]:g} h a simulation "
          f"({low:.0f} to {high:.0f} times as long)\n  {INMAP_SOURCE}")  # fmt: skip


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--coarsen", type=int, default=1)
    parser.add_argument("--default", action="store_true", help="also scipy's default ordering")
    parser.add_argument("--year", action="store_true", help="also a scenario-year, and InMAP's")
    given = parser.parse_args()
    grid = coarse_grid(CN36, given.coarsen) if given.coarsen > 1 else CN36
    folder = resources() / "surrogate"
    par = read_parameters()
    met = free_meteorology(
        open_netcdf(folder / "mpi_esm_lr_2005_monthly_east_asia.nc"),
        open_netcdf(folder / "etopo20_east_asia.nc"),
        grid=grid,
        par=par,
        normals=read_normals(),
    )
    quarter = prepare_quarter(met, 0, geo=geometry(grid), par=par)
    transport = quarter.transport
    loss = transport.flat(np.sum(list(quarter.loss_terms("BC").values()), axis=0))
    matrix = with_loss(transport, loss)
    source = np.zeros(transport.shape)
    source[0] = np.random.default_rng(1).random(grid.shape)
    rhs = transport.flat(source)
    many = np.repeat(rhs[:, None], 50, axis=1)
    print(f"{grid.cell_km:g} km, {matrix.shape[0]} unknowns, {matrix.nnz} entries")
    system = timed("iteration, set-up", lambda: ColumnSystem(transport, {"BC": loss}))
    step = timed("iteration, one solution", lambda: system.solve(("BC",), rhs[:, None]))[:, 0]
    factor = timed("nested dissection, factor", lambda: Factor(matrix, shape=transport.shape))
    direct = timed("nested dissection, one solution", lambda: factor.solve(rhs))
    timed("nested dissection, 50 solutions", lambda: factor.solve(many))
    print(f"largest difference of the two: {_apart(step, direct):.1e}")
    frontal = timed(
        "multifrontal, single precision, factor",
        lambda: FrontalFactor(matrix, shape=transport.shape, single=True),
    )
    timed("multifrontal, single precision, 50 solutions", lambda: frontal.solve(many))
    twice = timed(
        "the same, corrected to 1e-11, factor and 50 solutions",
        lambda: Factored(transport, loss).solve(many),
    )
    print(f"largest difference from the direct solution: {_apart(twice[:, 0], direct):.1e}")
    if given.default:
        lu = timed("scipy's default, factor", lambda: spl.splu(matrix.tocsc()))
        timed("scipy's default, one solution", lambda: lu.solve(rhs))
        timed("scipy's default, 50 solutions", lambda: lu.solve(many))
    if given.year:
        year(met, grid=grid, par=par)


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    """Largest difference over the largest value."""
    return float(np.abs(one - other).max() / other.max())


if __name__ == "__main__":
    main()
