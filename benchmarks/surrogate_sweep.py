"""What a further scenario-year costs in a sweep, beside a run of its own.

Usage, in a working directory with ``results/surrogate`` and some ``emissions/gridded.nc``::

    python benchmarks/surrogate_sweep.py [--quarter 1] [--members 28] [--alone 3] [--threads 1]

Processor seconds of one quarter; the year has four. Where fewer scenario-years are there than asked
for, mixtures of them stand in (half and half, a quarter and three quarters, ...). Differences
between the two ways are over the largest value of each written field.
"""

from __future__ import annotations

import argparse
import itertools
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
from scenair.surrogate.products import Solution
from scenair.surrogate.quarter import prepare_quarter
from scenair.surrogate.sweep import SharedQuarter
from scenair.surrogate.year import Emitted, read_emitted, with_ozone

Member = tuple[int, str]


def read(quarter: int, *, most: int, par) -> dict[Member, Emitted]:
    """Emissions of the scenario-years that are there, filled up by mixtures."""
    found: dict[Member, Emitted] = {}
    for path in sorted(Path("results").glob("*/*/emissions/gridded.nc"))[:most]:
        year, scenario = re.split(r"/", str(path))[1:3]
        found[int(year), scenario] = read_emitted(
            open_netcdf(path, chunks={}), quarter, year=int(year), par=par
        )
    pairs = list(itertools.combinations(list(found), 2))
    parts = [(w, pair) for w in (0.5, 0.25, 0.75) for pair in pairs]
    for number, (w, (a, b)) in enumerate(parts[: most - len(found)]):
        found[3000 + number, f"{w:g} {a[1]}, {1 - w:g} {b[1]}"] = mixed(found[a], found[b], w)
    return found


def mixed(one: Emitted, other: Emitted, weight: float) -> Emitted:
    """A weighted mean of emissions."""
    rest = 1 - weight
    return Emitted(
        {k: weight * v + rest * other.tracers[k] for k, v in one.tracers.items()},
        weight * one.voc + rest * other.voc,
    )


def differences(one: Solution, other: Solution) -> dict[str, float]:
    """Largest difference of each field over its maximum."""
    fields = [(one.parts, other.parts), (one.beside, other.beside)]
    if one.ozone is not None:
        fields.append(({"O3": one.ozone.ozone}, {"O3": other.ozone.ozone}))
    return {k: float(np.abs(a[k] - b[k]).max() / b[k].max()) for a, b in fields for k in a}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quarter", type=int, default=1, choices=(1, 2, 3, 4))
    parser.add_argument("--members", type=int, default=28)
    parser.add_argument("--alone", type=int, default=3, help="members that are also run alone")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    q, par, clock = given.quarter - 1, read_parameters(), time.process_time
    met = open_netcdf("results/surrogate/meteorology.nc")
    geo = geometry(grid_from_attributes(met["crs"].attrs))
    biogenic = open_netcdf("results/surrogate/background.nc")["biogenic_reactivity"].values
    begin = clock()
    emitted = read(q, most=given.members, par=par)
    print(f"{len(emitted)} scenario-years read or mixed: {clock() - begin:.1f} s", flush=True)
    quarter = prepare_quarter(met, q, geo=geo, par=par)
    begin, wall = clock(), time.perf_counter()
    shared = SharedQuarter(quarter, threads=given.threads)
    swept = shared.solve(emitted, q, biogenic=biogenic, par=par)
    sweep, wall = clock() - begin, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"sweep: {sweep:.1f} s, {wall:.1f} s wall, peak memory {peak:.2f} GB", flush=True)
    times, apart = [], {}
    chosen = list(emitted)[:: max(1, len(emitted) // given.alone)][: given.alone]
    for member in chosen:
        begin = clock()
        result = run_quarter(quarter, emitted[member].tracers)
        alone = with_ozone(quarter, q, result, emitted[member], biogenic=biogenic, par=par)
        times.append(clock() - begin)
        for name, value in differences(swept[member], alone).items():
            apart[name] = max(value, apart.get(name, 0.0))
    for name, value in apart.items():
        print(f"  {name}: largest difference {value:.1e} of its maximum")
    one = sweep / len(emitted)
    print(f"a scenario-year alone: {np.mean(times):.2f} s a quarter (of {len(times)})")
    print(f"a scenario-year in this sweep: {one:.2f} s a quarter, {np.mean(times) / one:.1f}x less")


if __name__ == "__main__":
    main()
