"""Time of the surrogate's two solvers beside scipy's default ordering.

Usage: ``python benchmarks/surrogate_solvers.py [--coarsen 2] [--default]``. CPU seconds of one
process; the default ordering (COLAMD) takes long and much memory at 36 km.
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
from scenair.surrogate.geometry import geometry
from scenair.surrogate.io.fields import read_parameters
from scenair.surrogate.meteorology import free_meteorology
from scenair.surrogate.operator import with_loss
from scenair.surrogate.quarter import prepare_quarter
from scenair.surrogate.solver import ColumnSystem, Factor


def timed(label: str, call):
    """Run, print CPU seconds and the peak memory so far."""
    begin = time.process_time()
    out = call()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{label}: {time.process_time() - begin:.2f} s, peak so far {peak:.2f} GB", flush=True)
    return out


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--coarsen", type=int, default=1)
    parser.add_argument("--default", action="store_true", help="also scipy's default ordering")
    given = parser.parse_args()
    grid = coarse_grid(CN36, given.coarsen) if given.coarsen > 1 else CN36
    folder = resources() / "surrogate"
    par = read_parameters()
    met = free_meteorology(
        open_netcdf(folder / "mpi_esm_lr_2005_monthly_east_asia.nc"),
        open_netcdf(folder / "etopo20_east_asia.nc"),
        grid=grid,
        par=par,
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
    print(f"largest difference of the two: {np.abs(step - direct).max() / direct.max():.1e}")
    if given.default:
        lu = timed("scipy's default, factor", lambda: spl.splu(matrix.tocsc()))
        timed("scipy's default, one solution", lambda: lu.solve(rhs))


if __name__ == "__main__":
    main()
