"""What a further scenario-year costs in a sweep, beside a run of its own.

Usage, in a working directory with ``results/surrogate`` and some ``emissions/gridded.nc``::

    python benchmarks/surrogate_sweep.py [--quarter 1] [--most 8]

Processor seconds of one quarter, one thread; the year has four. Differences between the two ways
are over the largest concentration of each part.
"""

from __future__ import annotations

import argparse
import re
import resource
import time
from pathlib import Path

import numpy as np

from scenair.core.grids import grid_from_attributes
from scenair.core.io.netcdf import open_netcdf
from scenair.surrogate.geometry import geometry
from scenair.surrogate.io.fields import read_parameters
from scenair.surrogate.model import run_quarter
from scenair.surrogate.quarter import prepare_quarter
from scenair.surrogate.sweep import SharedQuarter
from scenair.surrogate.year import read_emitted, with_ozone


def members(most: int) -> dict[tuple[int, str], Path]:
    """Scenario-years that are there."""
    found = {}
    for path in sorted(Path("results").glob("*/*/emissions/gridded.nc")):
        year, scenario = re.split(r"/", str(path))[1:3]
        found[int(year), scenario] = path
    return dict(list(found.items())[:most])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quarter", type=int, default=1, choices=(1, 2, 3, 4))
    parser.add_argument("--most", type=int, default=8)
    given = parser.parse_args()
    q, par = given.quarter - 1, read_parameters()
    met = open_netcdf("results/surrogate/meteorology.nc")
    geo = geometry(grid_from_attributes(met["crs"].attrs))
    biogenic = open_netcdf("results/surrogate/background.nc")["biogenic_reactivity"].values
    files = members(given.most)
    clock = time.process_time
    begin = clock()
    emitted = {
        m: read_emitted(open_netcdf(path, chunks={}), q, year=m[0], par=par)
        for m, path in files.items()
    }
    print(f"{len(files)} scenario-years read: {clock() - begin:.1f} s")
    first = next(iter(emitted))
    begin = clock()
    quarter = prepare_quarter(met, q, geo=geo, par=par)
    alone = run_quarter(quarter, emitted[first].tracers)
    reference = with_ozone(quarter, q, alone, emitted[first], biogenic=biogenic, par=par)
    print(f"one of them alone: {clock() - begin:.1f} s")
    begin = clock()
    shared = SharedQuarter(prepare_quarter(met, q, geo=geo, par=par))
    print(f"sweep, set-up: {clock() - begin:.1f} s")
    begin = clock()
    start = shared.linear({m: e.tracers for m, e in emitted.items()})
    linear = clock() - begin
    print(f"sweep, linear tracers of all: {linear:.1f} s")
    times = []
    for member, one in emitted.items():
        begin = clock()
        result = shared.run(one.tracers, start.pop(member))
        solution = with_ozone(shared.quarter, q, result, one, biogenic=biogenic, par=par)
        times.append(clock() - begin)
        if member == first:
            for name, field in solution.parts.items():
                other = reference.parts[name]
                print(f"  {name}: difference {np.abs(field - other).max() / other.max():.1e}")
    print(f"sweep, the rest of one: {np.mean(times):.1f} s ({min(times):.1f} to {max(times):.1f})")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"a scenario-year in this sweep: {np.mean(times) + linear / len(times):.1f} s a quarter; "
          f"peak memory {peak:.2f} GB")  # fmt: skip


if __name__ == "__main__":
    main()
