"""Inventory -> gridded -> hourly files: months summed from their files, by stream and species.

    python benchmarks/month_closure.py CITIES_NC POINTS_CSV SPATIAL_NC

Writes every UTC day of February and July of a leap and of a common year (in a temporary folder),
sums the trapezoids of all files, gridded and points, as they were read back, and compares them with
the mass of each stream in gridded.nc. A grid of some thousand cells is enough (2 GB of disk).
"""

from __future__ import annotations

import single_thread  # noqa: F401  # isort: skip

import datetime as dt
import logging
import shutil
import sys
import tempfile
from pathlib import Path

import common
import numpy as np
import pandas as pd

from scenair.cmaq.io import write_range
from scenair.cmaq.io_inputs import prepare
from scenair.core.periods import days_in_months
from scenair.gridding.io import build_gridded, read_spatial

SPECIES = ("SO2", "NOx", "NH3", "CO", "NMVOC", "PM25", "PM10", "BC", "OC")


def in_the_files(folder: Path, *, year: int, month: int, points: Path) -> pd.DataFrame:
    """closure.csv of all days of a month (kg), by stage, species and sector or stream."""
    target = folder / "month"
    days = int(days_in_months(year)[month - 1])
    write_range(
        start=dt.date(year, month, 1), stop=dt.date(year, month, days), scenario="test",
        config={"cmaq": {}}, gridded=folder / "gridded.nc", points=points, folder=target,
    )  # fmt: skip
    table = pd.read_csv(target / "closure.csv")
    shutil.rmtree(target)
    return table


def month_errors(folder: Path, *, year: int, month: int, points: Path) -> pd.DataFrame:
    """Relative error, stream x species; NaN where a stream has none of a species."""
    kit = prepare(
        year=year, scenario="test", config={"cmaq": {}}, gridded=folder / "gridded.nc",
        points=points,
    )  # fmt: skip
    mass = kit.source.month_mass(month)
    table = in_the_files(folder, year=year, month=month, points=points)
    kind = table["stage"].str.split().str[1]
    # what an inconsistent inventory leaves over (BC + OC above PM2.5) is not in the files
    left = table[kind == "month"].set_index(["species", "sector"])["outside"]
    files = table[kind != "month"].groupby(["species", "sector"])[["mass_out", "outside"]].sum()
    out: dict[str, list[float]] = {}
    for stream in kit.streams:
        labels = [stream.label, stream.point_label]
        for name in SPECIES:
            share = stream.share[:, kit_species(name)]
            rows = kit.rows(stream)
            into = float((mass[name][rows].sum(axis=1) * share).sum())
            into -= float(sum(left.get((name, s), 0.0) for s in stream.sectors))
            there = [(name, label) for label in labels if (name, label) in files.index]
            found = float(files.loc[there].to_numpy().sum())
            out.setdefault(stream.name, []).append(found / into - 1 if into else np.nan)
    return pd.DataFrame(out, index=list(SPECIES)).T


def kit_species(name: str) -> int:
    from scenair.cmaq.streams_hourly import MASS_SPECIES

    return MASS_SPECIES.index(name)


def main(cities: str, points: str, spatial: str) -> None:
    logging.disable(logging.WARNING)
    grid, _, adcodes = read_spatial(spatial)
    print(f"{grid.name}: {grid.ncols} x {grid.nrows} cells, {len(adcodes)} units")
    rows = [("month", "inventory -> gridded", "gridded -> files", "worst stream and species")]
    worst = []
    for year in (2016, 2017):
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as scratch:
            folder = Path(scratch)
            build_gridded(
                year=year, config={"gridding": {}}, cities=cities, points=points, spatial=spatial,
                gridded=folder / "gridded.nc", closure=folder / "closure.csv",
            )  # fmt: skip
            first = pd.read_csv(folder / "closure.csv")["relative_error"].abs().max()
            for month in (2, 7):
                error = month_errors(folder, year=year, month=month, points=Path(points))
                worst.append(error.abs())
                at = error.abs().max().idxmax()
                rows.append(
                    (f"{year}-{month:02d}", f"{first:.1e}", f"{error[at].abs().max():.1e}",
                     f"{error[at].abs().idxmax()} {at}")
                )  # fmt: skip
    common.report(rows)
    print("largest relative error of the four months, by stream and species")
    largest = pd.concat(worst).groupby(level=0).max()
    print(largest.to_string(float_format=lambda x: f"{x:.0e}", na_rep="-"))


if __name__ == "__main__":
    main(*sys.argv[1:])
