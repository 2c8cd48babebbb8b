"""An archive of hourly stations as one file in pieces: years of all stations in bounded memory.

An archive is a file a day with all stations; statistics need a station with all its hours. The
store turns one into the other: some days are read at a time, and afterwards some stations.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import netCDF4
import numpy as np
import pandas as pd

from scenair.attainment.io.csv import UNITS, Label
from scenair.attainment.io.readers import WIDE_TYPES, read_cnemc_wide
from scenair.core.audit.memory import bounded_chunks
from scenair.core.errors import InputError
from scenair.core.io.atomic import atomic_path
from scenair.core.io.netcdf import compute, open_in_chunks
from scenair.core.io.reading import reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import xarray as xr

#: Days that are read at a time: tables of text take ten times the room of their numbers.
DAYS_AT_ONCE: Final = 10
#: Bytes of one pollutant of the stations that are looked at together, in double precision.
STATION_BYTES: Final = 8 * 2**20
_SITES_A_PIECE: Final = 64
#: What the library keeps of one pollutant while it is written.
_CACHE_BYTES: Final = 2**20
_KEYS: Final = ("date", "hour", "type")


def store_hourly(
    paths: Sequence[str | Path],
    out: str | Path,
    *,
    year: int,
    label: Label = "ending",
    pollutants: Sequence[str] = tuple(WIDE_TYPES.values()),
) -> None:
    """Put an archive of one file a day (:func:`read_cnemc_wide`) into one netCDF file.

    Parameters
    ----------
    paths : sequence of path
        All days of the year, and the first of the next where an hour is named by its end.
    out : path
        Gets every pollutant (time, site) in ug m-3 (CO mg m-3), every hour of the year and every
        station that any file has; NaN where there is no value.
    year : int
        Local time; hours of other years are left out.
    label : {"beginning", "ending"}
        What the archive names an hour by.

    Raises
    ------
    InputError
        What the reader refuses; no file; the same hour with two values.
    """
    files = sorted(map(Path, paths))
    stations = _stations(files)
    time = pd.date_range(f"{year}-01-01", f"{year}-12-31 23:00", freq="h")
    with atomic_path(out) as part, netCDF4.Dataset(part, "w") as store:
        _define(store, time=time, stations=stations, pollutants=pollutants)
        for start in range(0, len(files), DAYS_AT_ONCE):
            some = files[start : start + DAYS_AT_ONCE]
            hours = read_cnemc_wide(some, label=label, stations=stations, pollutants=pollutants)
            inside = hours.sel(time=slice(time[0], time[-1]))
            if inside.sizes["time"]:
                first = int(time.get_indexer(inside.indexes["time"][:1])[0])
                _merge(store, inside, first=first, where=f"{some[0]} to {some[-1].name}")


def _stations(files: Sequence[Path]) -> list[str]:
    """Codes of all stations that the files have, in order of their first appearance."""
    if not files:
        raise InputError("no observation file is given", where="store_hourly")
    codes: dict[str, None] = {}
    for path in files:
        try:
            with path.open(encoding="utf-8-sig") as stream:
                header = stream.readline(1_000_000).strip().split(",")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                "not a readable UTF-8 CSV file", where=str(path), value=str(error)
            ) from None
        codes |= dict.fromkeys(code for code in header if code not in _KEYS)
    return list(codes)


def _define(
    store: netCDF4.Dataset,
    *,
    time: pd.DatetimeIndex,
    stations: Sequence[str],
    pollutants: Sequence[str],
) -> None:
    store.createDimension("time", len(time))
    store.createDimension("site", len(stations))
    hours = store.createVariable("time", "i4", ("time",))
    hours.setncatts({"units": f"hours since {time[0]}", "calendar": "standard"})
    hours[:] = np.arange(len(time))
    store.createVariable("site", str, ("site",))[:] = np.array(stations, dtype=object)
    pieces = (24 * DAYS_AT_ONCE, min(_SITES_A_PIECE, len(stations)))
    for name in pollutants:
        values = store.createVariable(
            name, "f4", ("time", "site"), chunksizes=pieces, fill_value=np.nan,
            chunk_cache=_CACHE_BYTES,
        )  # fmt: skip
        values.units = UNITS[name]


def _merge(store: netCDF4.Dataset, hours: xr.Dataset, *, first: int, where: str) -> None:
    """Put hours beside what is there already: two batches of days share an hour at most."""
    region = slice(first, first + hours.sizes["time"])
    for name, data in hours.data_vars.items():
        stored = store[str(name)]
        stored.set_auto_mask(False)
        old, new = stored[region], data.to_numpy()
        clash = np.isfinite(old) & np.isfinite(new) & (old != new)
        if clash.any():
            row, column = (int(axis[0]) for axis in np.nonzero(clash))
            raise InputError(
                "the same hour with two values",
                where=f"{where}, {hours['site'].values[column]}, {hours['time'].values[row]}",
                value=f"{old[row, column]:g} and {new[row, column]:g} {UNITS[str(name)]}",
            )
        stored[region] = np.where(np.isfinite(new), new, old)


@reader
def open_hourly(path: str | Path) -> xr.Dataset:
    """A store, opened for dask: all hours of some stations a chunk.

    Raises
    ------
    InputError
        Unreadable, or no store.
    """
    return open_in_chunks(path, along=("site",), limit=STATION_BYTES // 2)


def blocks_of_stations(hourly: xr.Dataset) -> Iterator[xr.Dataset]:
    """All hours of some stations at a time, in memory, as many as :data:`STATION_BYTES` allow."""
    sizes = {"time": hourly.sizes["time"], "site": hourly.sizes["site"]}
    count = bounded_chunks(sizes, along="site", itemsize=8, limit=STATION_BYTES)["site"]
    for first in range(0, sizes["site"], count):
        (block,) = compute(hourly.isel(site=slice(first, first + count)), where="hourly values")
        yield block
