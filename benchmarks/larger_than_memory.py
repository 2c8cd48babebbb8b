"""Peak memory and time while the input doubles: inventories, CMAQ output, hourly stations.

    python benchmarks/larger_than_memory.py FOLDER [inventory|cmaq|stations ...] [--small]

Synthetic inputs are written into FOLDER (10 GB free, 1 GB with ``--small``) and removed. Every
measurement is a process of its own: peak resident memory as the kernel counts it, wall time, and
processor time beside it, because others may be at work. The function that is measured is the one
that the rule or command runs.
"""

from __future__ import annotations

import single_thread  # noqa: F401  # isort: skip

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import netCDF4
import numpy as np
import pandas as pd

from scenair.core.audit.memory import peak_memory_mb
from scenair.core.grids import CN36

ME = Path(__file__).resolve()
HTAP = (
    "3_Energy", "4_1_Industry", "4_2_Fugitive", "4_3_Solvents",
    "5_1_Road_Transport", "6_Residential", "7_Waste", "8_2_Agriculture_Livestock",
)  # fmt: skip
SPECIES = ("SO2", "NOx", "NMVOC", "NH3", "CO", "PM25", "PM10", "BC", "OC", "CO2")
AELMO = ("PM25", "PM25_SO4", "PM25_NO3", "PM25_NH4", "PM25_EC", "PM25_OA", "PM10")
GASES = ("O3", "NO2", "SO2", "CO")
NATIONAL = (70.05, 15.05, 700, 400)  # first centre, columns and rows of 0.1 degrees
GLOBAL = (-179.95, -89.95, 3600, 1800)


# -- synthetic inputs ----------------------------------------------------------------------------


def inventory_file(path: Path, *, sectors: int, box: tuple[float, float, int, int]) -> None:
    """A year of months on 0.1 degrees in the layout of HTAP, more inland than elsewhere."""
    west, south, columns, rows = box
    rng = np.random.default_rng(1)
    lon, lat = west + 0.1 * np.arange(columns), south + 0.1 * np.arange(rows)
    inland = np.outer((lat > 24) & (lat < 40), (lon > 103) & (lon < 117))
    field = (rng.random((rows, columns)) * np.where(inland, 1e-9, 1e-13)).astype(np.float32)
    with netCDF4.Dataset(path, "w") as ds:
        for name, values in (("lat", lat), ("lon", lon)):
            ds.createDimension(name, len(values))
            ds.createVariable(name, "f8", (name,))[:] = values
        ds.createDimension("time", 12)
        for sector in HTAP[:sectors]:
            variable = ds.createVariable(f"HTAPv3_{sector}", "f4", ("time", "lat", "lon"))
            variable.units = "kg m-2 s-1"
            for month in range(12):
                variable[month] = field


def cmaq_day(path: Path, day: pd.Timestamp, *, names: tuple[str, ...], unit: str) -> None:
    """24 hours of one layer on CN36, as CMAQ writes them."""
    from scenair.cmaq import ioapi

    attrs = ioapi.header(
        CN36, variables={n: (unit, n) for n in names}, start=day, upname="TEST", description="test"
    )
    rng = np.random.default_rng(day.day_of_year)
    with netCDF4.Dataset(path, "w", format="NETCDF3_64BIT_OFFSET") as ds:
        sizes = {"TSTEP": None, "DATE-TIME": 2, "LAY": 1, "VAR": len(names),
                 "ROW": CN36.nrows, "COL": CN36.ncols}  # fmt: skip
        for name, length in sizes.items():
            ds.createDimension(name, length)
        ds.setncatts(attrs)
        flags = ds.createVariable("TFLAG", "i4", ("TSTEP", "VAR", "DATE-TIME"))
        hours = pd.date_range(day, periods=24, freq="h")
        flags[:] = np.array([[ioapi.date_time(h)] * len(names) for h in hours], dtype=np.int32)
        for name in names:
            variable = ds.createVariable(name, "f4", ("TSTEP", "LAY", "ROW", "COL"))
            variable.units = unit
            level = {"PM25": 60.0, "PM10": 90.0}.get(name, 0.05 if unit == "ppmV" else 8.0)
            variable[:] = level * rng.uniform(0.8, 1.2, (24, 1, *CN36.shape)).astype(np.float32)


def cmaq_run(folder: Path, *, share: float) -> tuple[list[str], list[str]]:
    """Days of AELMO and of gases: the first ``share`` of every quarter, and half of these."""
    folder.mkdir(parents=True)
    half, whole = [], []
    for first in pd.date_range("2015-01-01", periods=4, freq="QS"):
        count = round(share * (first + pd.DateOffset(months=3) - first).days)
        for i, day in enumerate(pd.date_range(first, periods=count)):
            for kind, names, unit in (("AELMO", AELMO, "ug m-3"), ("ACONC", GASES, "ppmV")):
                path = folder / f"CCTM_{kind}_{day:%Y%m%d}.nc"
                cmaq_day(path, day, names=names, unit=unit)
                whole.append(str(path))
                if 2 * i < count:
                    half.append(str(path))
    return half, whole


def station_archive(folder: Path, *, days: int, stations: int) -> list[str]:
    """An archive of one file a day with all stations as columns."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(2)
    codes = [f"{1001 + i}A" for i in range(stations)]
    types = ("PM2.5", "PM10", "SO2", "NO2", "O3", "CO")
    files = []
    for day in pd.date_range("2015-01-01", periods=days):
        lines = ["date,hour,type," + ",".join(codes)]
        for hour in range(24):
            for kind in types:
                top = 3 if kind == "CO" else 120
                values = ",".join(map(str, rng.integers(1, top, stations)))
                lines.append(f"{day:%Y%m%d},{hour},{kind},{values}")
        path = folder / f"china_sites_{day:%Y%m%d}.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        files.append(str(path))
    return files


# -- what is measured, each in a process of its own ----------------------------------------------


def run_inventory(files: list[str], _: Path) -> str:
    from scenair.inventory.io_inputs import provincial_sums

    table = provincial_sums(files)
    return f"{table['value'].sum():.6g} Mg"


def run_cmaq(files: list[str], out: Path) -> str:
    from scenair.cmaq.io_readback import read_cmaq

    read_cmaq(
        files=files, year=2030, scenario="peak", annual=out / "annual.nc", daily=out / "daily.nc",
        partial=True, closure=out / "closure.csv",
    )  # fmt: skip
    with netCDF4.Dataset(out / "annual.nc") as ds:
        return f"{float(ds['PM25_annual'][:].mean()):.6g} ug m-3"


def run_stations(files: list[str], out: Path) -> str:
    from scenair.attainment.io.observations import build_monitor_table
    from scenair.attainment.io.store import open_hourly, store_hourly

    store_hourly(files, out / "hourly.nc", year=2015)
    hourly = open_hourly(out / "hourly.nc")
    codes = hourly["site"].values
    cities = np.array([110000, 120000, 130100, 130200, 130300])[np.arange(len(codes)) % 5]
    places = pd.DataFrame(
        {"lon": 116.0, "lat": 39.0, "city": cities, "control": False},
        index=pd.Index(codes, name="station"),
    )
    build_monitor_table(
        hourly, stations=places, year=2015, source="synthetic", out=out / "monitors.csv",
        report=out / "report.csv",
    )  # fmt: skip
    return f"{len(pd.read_csv(out / 'monitors.csv'))} figures"


def child(kind: str, listing: Path, out: Path) -> None:
    """Run one function on the files of a listing; prints what the parent puts in its table."""
    files = json.loads(listing.read_text())
    start = time.perf_counter()
    said = {"inventory": run_inventory, "cmaq": run_cmaq, "stations": run_stations}[kind](
        files, out
    )
    used = os.times()
    print(json.dumps({
        "wall": time.perf_counter() - start, "processor": used.user + used.system,
        "memory": peak_memory_mb(), "said": said,
    }))  # fmt: skip


def measure(kind: str, files: list[str], *, folder: Path, threads: int) -> dict[str, object]:
    """Time and memory of a process that reads ``files`` with some threads."""
    listing, out = folder / "files.json", folder / "out"
    listing.write_text(json.dumps(files))
    out.mkdir()
    env = os.environ | {
        "DASK_SCHEDULER": "threads" if threads > 1 else "synchronous",
        "DASK_NUM_WORKERS": str(threads),
    }
    command = [sys.executable, str(ME), "--child", kind, str(listing), str(out)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    shutil.rmtree(out)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def cases(kind: str, folder: Path, *, small: bool) -> list[tuple[str, list[str]]]:
    """Names and files of an input and of one of twice its size."""
    if kind == "inventory":
        folder.mkdir()
        made = []
        box, counts = (NATIONAL if small else GLOBAL), (4, 8)
        for count in counts:
            path = folder / f"edgar_HTAPv3_2017_SO2_{count}sectors.nc"
            inventory_file(path, sectors=count, box=box)
            made.append((f"0.1 degrees, 12 months, {count} sectors", [str(path)]))
        nation = [folder / f"edgar_HTAPv3_2017_{s}.nc" for s in SPECIES[: 2 if small else 10]]
        for path in nation:
            inventory_file(path, sectors=8, box=NATIONAL)
        for part in (len(nation) // 2, len(nation)):
            made.append((f"national, 8 sectors, {part} species", list(map(str, nation[:part]))))
        return made
    if kind == "cmaq":
        runs = cmaq_run(folder / "year", share=0.1 if small else 1.0)
        return [(f"{len(files) // 2} days of CN36, hourly", files) for files in runs]
    days, stations = (20, 300) if small else (183, 1500)
    files = station_archive(folder, days=2 * days - 1, stations=stations)
    return [(f"{days} days of {stations} stations", files[:days]),
            (f"{len(files)} days of {stations} stations", files)]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("kinds", nargs="*", help="inventory, cmaq, stations; all by default")
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    _line("input", "GB", "threads", "wall, s", "processor, s", "peak memory, MB", "result")
    for kind in options.kinds or ("inventory", "cmaq", "stations"):
        folder = options.folder / f"larger_than_memory_{kind}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            for name, files in cases(kind, folder, small=options.small):
                size = sum(Path(f).stat().st_size for f in files) / 1e9
                for threads in (1, 2):
                    took = measure(kind, files, folder=folder, threads=threads)
                    _line(name, f"{size:.2f}", threads, f"{took['wall']:.0f}",
                          f"{took['processor']:.0f}", f"{took['memory']:.0f}",
                          took["said"])  # fmt: skip
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _line(*cells: object) -> None:
    """A line of the table at once: a measurement takes minutes."""
    width = (36, 6, 7, 7, 12, 15, 0)
    print("  ".join(str(c).ljust(w) for c, w in zip(cells, width, strict=True)), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        main()
