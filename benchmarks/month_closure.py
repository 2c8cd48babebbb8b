"""Inventory -> gridded -> hourly files: a whole month summed from its files, by stream and species.

    python benchmarks/month_closure.py CITIES_NC POINTS_CSV SPATIAL_NC [CASE]

Writes every UTC day of February and July of a leap and of a common year (in a temporary folder, a
day at a time) and compares the trapezoid of all files with the mass in gridded.nc.
"""

from __future__ import annotations

import single_thread  # noqa: F401  # isort: skip

import datetime as dt
import shutil
import sys
import tempfile
from pathlib import Path

import common
import numpy as np
import pandas as pd

from scenair.cmaq.io import write_range
from scenair.core.periods import days_in_months
from scenair.gridding.io import build_gridded, read_spatial

SPECIES = ("SO2", "NOx", "NH3", "CO", "NMVOC", "PM25", "PM10", "BC", "OC")


def month_error(folder: Path, *, year: int, month: int, points: Path) -> float:
    """Largest relative error of a stream and species over the month."""
    days = int(days_in_months(year)[month - 1])
    frames = []
    for day in range(1, days + 1):
        date = dt.date(year, month, day)
        target = folder / "day"
        write_range(
            start=date, stop=date, scenario="test", config={"cmaq": {}},
            gridded=folder / "gridded.nc", points=points, folder=target,
        )  # fmt: skip
        frames.append(pd.read_csv(target / "closure.csv"))
        shutil.rmtree(target)
    table = pd.concat(frames)
    stage = table["stage"].str.split()
    daily = table[stage.str[1].isin(["emis", "points"])]
    out = daily.groupby("species")[["mass_out", "outside"]].sum().sum(axis=1)
    monthly = frames[0][frames[0]["stage"].str.contains("month")]
    # what an inconsistent inventory leaves over is not in the files
    into = monthly.groupby("species")["mass_in"].sum() - monthly.groupby("species")["outside"].sum()
    return float(np.abs(out / into - 1).reindex(SPECIES).max())


def main(cities: str, points: str, spatial: str) -> None:
    grid, _, adcodes = read_spatial(spatial)
    print(f"{grid.name}: {grid.ncols} x {grid.nrows} cells, {len(adcodes)} units")
    rows = [("month", "largest relative error", "")]
    for year in (2016, 2017):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            build_gridded(
                year=year, config={"gridding": {}}, cities=cities, points=points, spatial=spatial,
                gridded=folder / "gridded.nc", closure=folder / "closure.csv",
            )  # fmt: skip
            for month in (2, 7):
                error = month_error(folder, year=year, month=month, points=Path(points))
                rows.append((f"{year}-{month:02d}", f"{error:.1e}", "from all its files"))
    common.report(rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
