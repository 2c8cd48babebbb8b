"""Hours are read in chunks that the code chooses: memory stays flat while the input doubles."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import netCDF4
import numpy as np
import pytest

#: What a stage does with a year of hours: means of a day, the mean of all, nothing held whole.
READER = """
import sys
import dask
from scenair.core.audit.memory import bounded_chunks, peak_memory_mb
from scenair.core.io.netcdf import open_netcdf

path, threads = sys.argv[1], int(sys.argv[2])
with open_netcdf(path, chunks={}) as lazy:
    sizes = dict(lazy["PM25"].sizes)
start = peak_memory_mb()
ds = open_netcdf(path, chunks=bounded_chunks(sizes, along="time", limit=2**22, multiple=24))
daily = ds["PM25"].coarsen(time=24).mean()
with dask.config.set(scheduler="threads", num_workers=threads):
    mean = float(daily.mean())
print(mean, peak_memory_mb() - start)
"""


def hours(path: Path, *, days: int) -> float:
    """A synthetic file of hours, written a day at a time; its size in MB."""
    with netCDF4.Dataset(path, "w") as ds:
        for name, length in (("time", None), ("y", 127), ("x", 172)):
            ds.createDimension(name, length)
        field = ds.createVariable("PM25", "f4", ("time", "y", "x"), chunksizes=(24, 127, 172))
        field.units = "ug m-3"
        for day in range(days):
            field[24 * day : 24 * day + 24] = np.full((24, 127, 172), day, dtype="f4")
    return path.stat().st_size / 2**20


def read(path: Path, *, threads: int) -> tuple[float, float]:
    """Mean of the file, and how much memory grew while it was read (MB)."""
    command = [sys.executable, "-c", READER, str(path), str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    mean, grown = map(float, done.stdout.split())
    return mean, grown


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
def test_memory_stays_flat_while_the_input_doubles(tmp_path: Path, threads: int) -> None:
    small, large = tmp_path / "small.nc", tmp_path / "large.nc"
    size_small, size_large = hours(small, days=40), hours(large, days=80)
    assert size_large == pytest.approx(2 * size_small, rel=0.02)
    mean_small, grown_small = read(small, threads=threads)
    mean_large, grown_large = read(large, threads=threads)
    assert mean_small == pytest.approx(19.5)
    assert mean_large == pytest.approx(39.5)
    assert grown_large < grown_small + 0.2 * (size_large - size_small)
