"""Readers of observations: CNEMC hourly archives, user CSV, daily city tables.

All return hourly values on a complete axis of local time (UTC+8), labelled by the hour's beginning,
in ug m-3 (CO mg m-3). What is repaired (identical duplicate rows, missing codes) is logged with its
count; what is contradictory stops.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import xarray as xr

from scenair.attainment.io.csv import (
    MISSING,
    UNITS,
    Label,
    block_of_numbers,
    complete_axis,
    numbers,
    pivot,
    read_frame,
    read_wide,
    require_codes,
    stack,
    times,
)
from scenair.attainment.statistics.city import is_control
from scenair.core.errors import InputError
from scenair.core.io.reading import reader
from scenair.core.units import conversion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Names of the hourly items in the archives that hold one file a day with stations as columns.
WIDE_TYPES: Final[dict[str, str]] = {
    "PM2.5": "PM25",
    "PM10": "PM10",
    "SO2": "SO2",
    "NO2": "NO2",
    "O3": "O3",
    "CO": "CO",
}
#: Names in the archives that hold one row a station and hour.
LONG_COLUMNS: Final[dict[str, str]] = {
    "pm2_5": "PM25",
    "pm10": "PM10",
    "so2": "SO2",
    "no2": "NO2",
    "o3": "O3",
    "co": "CO",
}


@dataclass(frozen=True)
class CsvLayout:
    """Declared columns of a user's hourly CSV.

    Attributes
    ----------
    time, station : str
        Column names; time as ISO text, local.
    pollutants : mapping
        Column -> one of :data:`UNITS`.
    units : mapping
        Pollutant -> unit of the file, where it differs from :data:`UNITS`; known factors only.
    label : {"beginning", "ending"}
        Whether the time names the hour's beginning or its end.
    missing : sequence
        Codes for missing.
    """

    time: str = "time"
    station: str = "station"
    pollutants: Mapping[str, str] = field(default_factory=lambda: {k: k for k in UNITS})
    units: Mapping[str, str] = field(default_factory=dict)
    label: Label = "beginning"
    missing: Sequence[str] = MISSING


def read_cnemc_wide(
    paths: Sequence[str | Path],
    *,
    label: Label = "ending",
    stations: Sequence[str] | None = None,
    pollutants: Sequence[str] = tuple(UNITS),
) -> xr.Dataset:
    """Archive with one file a day: columns date, hour, type and one column a station.

    Parameters
    ----------
    paths : sequence of path
        ``china_sites_YYYYMMDD.csv`` and alike.
    label : {"beginning", "ending"}
        The hour of the archive names the hour's end (assumed; hour 0 is the last of the day
        before). Say ``beginning`` for the habit of taking hours 0-23 as the day.
    stations : sequence of str, optional
        Codes to keep; without, all of the first file.
    pollutants : sequence of str

    Returns
    -------
    Dataset
        (time, site), complete hourly axis.

    Raises
    ------
    InputError
        No file, missing columns, hours out of range, unknown types only, duplicate hours with
        other values, broken numbers, station codes of another form.
    """
    wanted = {old: new for old, new in WIDE_TYPES.items() if new in pollutants}
    if not paths:
        raise InputError("no observation file is given", where="read_cnemc_wide")
    parts: dict[str, list[pd.DataFrame]] = {new: [] for new in wanted.values()}
    columns = list(stations) if stations is not None else None
    for path in map(Path, paths):
        frame = read_wide(path, keep=wanted)
        codes = [c for c in frame.columns if c not in ("date", "hour", "type")]
        require_codes(codes, where=str(path), known=None)
        columns = codes if columns is None else columns
        day = times(frame["date"].astype(str), where=f"{path}, column date", layout="%Y%m%d")
        time = day + pd.to_timedelta(frame["hour"], unit="h")
        block = block_of_numbers(frame.reindex(columns=columns), where=str(path))
        for old, new in wanted.items():
            rows = (frame["type"] == old).to_numpy()
            part = pd.DataFrame(block[rows], index=time[rows], columns=columns)
            parts[new].append(part)
    frames = {name: stack(blocks, name) for name, blocks in parts.items() if len(blocks)}
    return complete_axis(frames, label=label)


def read_cnemc_long(
    paths: Sequence[str | Path],
    *,
    label: Label = "ending",
    pollutants: Sequence[str] = tuple(UNITS),
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Archive with one row a station and hour: timepoint, stationcode, ..., pm2_5, o3, co.

    Returns
    -------
    Dataset
        (time, site).
    DataFrame
        Stations: index code; lon, lat, city_zh, name_zh, control.

    Raises
    ------
    InputError
        As :func:`read_cnemc_wide`.
    """
    if not paths:
        raise InputError("no observation file is given", where="read_cnemc_long")
    wanted = {old: new for old, new in LONG_COLUMNS.items() if new in pollutants}
    frames = []
    for path in map(Path, paths):
        frame = read_frame(path, missing=MISSING, text=("stationcode", "area", "positionname"))
        needed = ["timepoint", "stationcode", *wanted]
        missing = [c for c in needed if c not in frame.columns]
        if missing:
            raise InputError("columns missing", where=str(path), value=", ".join(missing))
        frame[list(wanted)] = numbers(frame, list(wanted), where=str(path))
        frames.append(frame)
    table = pd.concat(frames, ignore_index=True)
    table["timepoint"] = times(table["timepoint"], where="column timepoint")
    require_codes(table["stationcode"].unique().tolist(), where="stationcode", known=None)
    arrays = pivot(table, wanted, time="timepoint", station="stationcode", where="CNEMC rows")
    info = table.groupby("stationcode").first()
    stations = pd.DataFrame(
        {
            "lon": info.get("longitude"),
            "lat": info.get("latitude"),
            "city_zh": info.get("area"),
            "name_zh": info.get("positionname"),
        }
    )
    stations["control"] = is_control(stations["name_zh"])
    return complete_axis(arrays, label=label), stations


@reader
def read_hourly_csv(path: str | Path, layout: CsvLayout | None = None) -> xr.Dataset:
    """A user's hourly CSV with declared columns.

    Raises
    ------
    InputError
        Missing columns, times that can't be read, broken numbers, contradictory duplicates.
    UnitsError
        A unit without a known factor, or values that fit another unit.
    """
    layout = layout or CsvLayout()
    file = Path(path)
    frame = read_frame(file, missing=layout.missing, text=(layout.station,))
    columns = {old: new for old, new in layout.pollutants.items() if old in frame.columns}
    missing = [c for c in (layout.time, layout.station) if c not in frame.columns]
    if missing or not columns:
        raise InputError(
            "columns missing",
            where=str(file),
            value=", ".join(missing) or "all pollutants",
            allowed=f"{layout.time}, {layout.station}, {', '.join(layout.pollutants)}",
            remedy="declare the columns of the file (CsvLayout)",
        )
    unknown = sorted(set(columns.values()) - set(UNITS))
    if unknown:
        raise InputError("unknown pollutants", value=", ".join(unknown), allowed=", ".join(UNITS))
    frame[list(columns)] = numbers(frame, list(columns), where=str(file))
    for old, new in columns.items():
        if new in layout.units:
            frame[old] *= conversion(layout.units[new], UNITS[new])
    frame[layout.time] = times(frame[layout.time], where=str(file), layout="ISO8601")
    if frame[layout.time].dt.minute.any():
        raise InputError("times that are not whole hours", where=str(file))
    arrays = pivot(frame, columns, time=layout.time, station=layout.station, where=str(file))
    return complete_axis(arrays, label=layout.label)


@reader
def read_daily_table(
    path: str | Path,
    *,
    date: str = "date",
    place: str = "city",
    column: str = "pm25",
    unit: str = "ug m-3",
) -> xr.DataArray:
    """A table of daily city values.

    Returns
    -------
    DataArray (day, site)
        ug m-3.

    Raises
    ------
    InputError
        Missing columns, negative or broken values, contradictory duplicates.
    UnitsError
        Another unit than ug m-3 or mg m-3.
    """
    file = Path(path)
    frame = read_frame(file, missing=MISSING, text=(place,))
    missing = [c for c in (date, place, column) if c not in frame.columns]
    if missing:
        raise InputError("columns missing", where=str(file), value=", ".join(missing))
    frame[column] = numbers(frame, [column], where=str(file))[column] * conversion(unit, "ug m-3")
    if (frame[column] < 0).any():
        raise InputError("a negative concentration", where=f"{file}, column {column}")
    frame[date] = times(frame[date], where=f"{file}, column {date}")
    wide = pivot(frame, {column: column}, time=date, station=place, where=str(file))[column]
    days = pd.date_range(wide.index.min(), wide.index.max())
    wide = wide.reindex(days)
    return xr.DataArray(
        wide.to_numpy(np.float64),
        dims=("day", "site"),
        coords={"day": days, "site": wide.columns.to_numpy(str)},
        attrs={"units": "ug m-3"},
    )
