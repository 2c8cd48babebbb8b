"""Time and memory of a year of hourly values of 1500 stations, and of the fusion weights.

Values are random; only sizes are real. Reading is timed on ``--days`` files and scaled to the year.

    python benchmarks/attainment_statistics.py [--days 10] [--block 150]
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from scenair.attainment.fusion import fuse
from scenair.attainment.io.readers import WIDE_TYPES, read_cnemc_wide
from scenair.attainment.statistics.qc import apply_flags, qc_flags
from scenair.attainment.statistics.year import city_values, daily_values, year_statistics
from scenair.attainment.weights import neighbour_weights
from scenair.core.grids import CN36

N_STATIONS, N_CITIES = 1500, 337
LEVEL = {"PM25": 50, "PM10": 80, "SO2": 15, "NO2": 35, "O3": 70, "CO": 1}


def synthetic_year() -> xr.Dataset:
    """A year of six pollutants, 2 % missing."""
    rng = np.random.default_rng(0)
    hours = pd.date_range("2017-01-01", periods=8760, freq="h")
    data = {}
    for name, level in LEVEL.items():
        v = rng.gamma(2, level / 2, (8760, N_STATIONS)).astype(np.float32)
        v[rng.random(v.shape, dtype=np.float32) < 0.02] = np.nan
        data[name] = (("time", "site"), v, {"units": "mg m-3" if name == "CO" else "ug m-3"})
    return xr.Dataset(
        data, coords={"time": hours, "site": [f"{i:04d}A" for i in range(N_STATIONS)]}
    )


class Clock:
    """Wall and processor time since it was made."""

    def __init__(self) -> None:
        self.wall, self.work = time.perf_counter(), time.process_time()

    def report(self, what: str) -> None:
        """One line with both times and the peak memory of the process so far."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        wall, work = time.perf_counter() - self.wall, time.process_time() - self.work
        print(f"{what}: processor {work:.2f} s, wall {wall:.2f} s, peak {peak:.2f} GB")


def reading(days: int) -> None:
    """Write and read ``days`` daily files."""
    rng = np.random.default_rng(1)
    codes = [f"{i:04d}A" for i in range(N_STATIONS)]
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for day in pd.date_range("2017-01-01", periods=days):
            frame = pd.DataFrame(rng.integers(1, 120, (24 * 15, N_STATIONS)), columns=codes)
            types = [*WIDE_TYPES, *(f"other{i}" for i in range(9))]
            head = {"date": f"{day:%Y%m%d}", "hour": np.repeat(range(24), 15), "type": types * 24}
            frame = pd.concat([pd.DataFrame(head), frame], axis=1)
            frame.loc[frame["type"] == "CO", codes] = 1
            paths.append(Path(folder) / f"china_sites_{day:%Y%m%d}.csv")
            frame.to_csv(paths[-1], index=False)
        start = time.process_time()
        read_cnemc_wide(paths, label="beginning")
        took = time.process_time() - start
        print(
            f"reading: processor {took / days:.3f} s a day file, {took / days * 365:.0f} s a year"
        )


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--block", type=int, default=150, help="stations a dask block; 0: no dask")
    options = parser.parse_args()
    reading(options.days)
    ds = synthetic_year()
    if options.block:
        ds = ds.chunk({"site": options.block})
    stations = pd.DataFrame(
        {"city": np.arange(N_STATIONS) % N_CITIES, "control": False}, index=ds["site"].values
    )
    clock = Clock()
    clean, _ = apply_flags(ds, qc_flags(ds))
    clock.report("quality flags")
    clock = Clock()
    daily = daily_values(clean)
    sites = year_statistics(daily)
    cities = year_statistics(city_values(daily, stations))
    clock.report(f"statistics of {len(sites)} site and {len(cities)} city items")
    rng = np.random.default_rng(2)
    low, high = np.array(CN36.bounds[:2]), np.array(CN36.bounds[2:])
    monitors = rng.uniform(low, high, (N_STATIONS, 2))
    cells = np.column_stack([np.tile(CN36.x, CN36.nrows), np.repeat(CN36.y, CN36.ncols)])[:20_000]
    clock = Clock()
    weights = neighbour_weights(monitors, cells, neighbours="voronoi", nearest=30)
    clock.report(f"Voronoi weights, {len(cells)} cells")
    clock = Clock()
    neighbour_weights(monitors, cells)
    clock.report("inverse-distance weights")
    clock = Clock()
    field = rng.uniform(10, 90, (4, len(cells)))
    fuse(weights, rng.uniform(20, 80, (4, N_STATIONS)), field[:, :N_STATIONS], field)
    clock.report("fusion of a scenario, four quarters")


if __name__ == "__main__":
    main()
