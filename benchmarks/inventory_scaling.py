"""Time and memory of the inventory stage: cities of the case, and the grid of a user's inventory.

python inventory_scaling.py            # every case in a process of its own
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SECTORS = ("power", "industry", "residential", "transportation", "agriculture")


def stage(units: str) -> None:
    """One year of the stage, files included, for the cities of a case."""
    from scenair.config.case import CaseConfig
    from scenair.config.inventory import InventoryConfig
    from scenair.core.regions import adcodes
    from scenair.inventory.io import build_inventory

    # prefecture-level units end in 00; the 32 directly administered ones do not
    prefectures = tuple(code for code in adcodes() if code % 100 == 0)
    chosen = {"2+26": "2+26", "all": "all", "prefectures": prefectures}[units]
    case = CaseConfig(name="bench", units=chosen, tests_only=units == "2+26")
    config = {
        "case": case.model_dump(mode="json"),
        "inventory": InventoryConfig().model_dump(mode="json"),
    }
    names = ("points", "closure", "factors", "conflicts", "quality")
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{name}.csv" for name in names}
        build_inventory(year=2017, config=config, inventory=Path(folder) / "2017.nc", **paths)
    print(f"{len(case.adcodes())} cities", end="")


def grid(cell: float) -> None:
    """Five sectors of a year of one species on MEIC's domain, to provinces (annual files)."""
    from scenair.core.regions import units
    from scenair.inventory.io_inputs import population, provincial_sums

    rows, columns = round(50 / cell), round(80 / cell)
    values = np.random.default_rng(1).lognormal(size=(rows, columns)) * 1e-3
    # most of the mass where people are
    middle, people = units().geometry.representative_point(), population()
    row = ((60 - middle.y.to_numpy()) / cell).astype(int)
    column = ((middle.x.to_numpy() - 70) / cell).astype(int)
    inside = row < rows  # Sansha lies south of the grid
    np.add.at(values, (row[inside], column[inside]), people.reindex(middle.index)[inside] / 1e4)
    head = (
        f"ncols {columns}\nnrows {rows}\nxllcorner 70\nyllcorner 10\ncellsize {cell}\n"
        "NODATA_value -9999\n"
    )
    body = "\n".join(" ".join(f"{v:.4g}" for v in row) for row in values)
    with tempfile.TemporaryDirectory() as folder:
        for sector in SECTORS:
            (Path(folder) / f"2017_00_{sector}_SO2.asc").write_text(f"{head}{body}\n")
        start = time.perf_counter()
        table = provincial_sums([f"{folder}/*.asc"])
        spent = time.perf_counter() - start
    print(f"{columns} x {rows} cells, {len(table)} rows, sums alone {spent:.1f} s", end="")


CASES = ("stage 2+26", "stage prefectures", "stage all", "grid 0.25", "grid 0.1")


def run(case: str) -> None:
    """One case; prints what it did, wall and processor time and the peak of memory."""
    kind, what = case.split(" ")
    start = time.perf_counter()
    if kind == "stage":
        stage(what)
    else:
        grid(float(what))
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        f"; with imports {time.perf_counter() - start:.1f} s wall, "
        f"{used.ru_utime + used.ru_stime:.1f} s processor, {used.ru_maxrss / 1024:.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run(" ".join(sys.argv[1:]))
    else:
        for name in CASES:
            print(f"{name}: ", end="", flush=True)
            subprocess.run([sys.executable, __file__, *name.split(" ")], check=True)
