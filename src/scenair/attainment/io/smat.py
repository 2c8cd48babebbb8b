"""SMAT-CE and MATS monitor and model files: written and read.

Both programs take comma-separated files whose first line names the period and whose second line
names the columns. Layouts follow public files: daily "unofficial" monitor data with ``_ID, _TYPE,
LAT, LONG, DATE, <pollutant>, EPA_FLAG, USER_FLAG``, and daily model data with ``_ID`` = 1000 x
column + row. Dates are YYYYMMDD.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import xarray as xr

from scenair.core.errors import InputError
from scenair.core.io.atomic import write_text
from scenair.core.io.reading import reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scenair.core.grids import Grid

_HEAD: Final = ("_ID", "_TYPE", "LAT", "LONG", "DATE")
_FLAGS: Final = ("EPA_FLAG", "USER_FLAG")


def write_monitor_file(
    daily: xr.DataArray,
    stations: pd.DataFrame,
    path: str | Path,
    *,
    pollutant: str = "PM25",
    kind: str = "FRM",
) -> int:
    """Write daily monitor values; days without a value are left out.

    Parameters
    ----------
    daily : DataArray (day, site)
        ug m-3 (ozone in the unit the run expects, ppb by custom).
    stations : DataFrame
        Index site; lon, lat.
    pollutant : str
        Column name, for example ``PM25`` or ``O3``.
    kind : str
        ``_TYPE`` of every row.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    InputError
        A site without coordinates; a header that a comma would break.
    """
    if "," in pollutant or "," in kind:
        raise InputError("a name with a comma", value=f"{pollutant}, {kind}")
    lacking = sorted(set(daily["site"].values.tolist()) - set(stations.index))
    if lacking:
        raise InputError("stations without coordinates", value=", ".join(map(str, lacking[:5])))
    table = daily.transpose("site", "day").to_series().dropna().rename(pollutant).reset_index()
    place = stations.loc[table["site"]]
    out = pd.DataFrame(
        {
            "_ID": table["site"].astype(str),
            "_TYPE": kind,
            "LAT": place["lat"].to_numpy(),
            "LONG": place["lon"].to_numpy(),
            "DATE": pd.DatetimeIndex(table["day"]).strftime("%Y%m%d").astype(int),
            pollutant: table[pollutant].to_numpy(),
            "EPA_FLAG": 0,
            "USER_FLAG": 0,
        }
    )
    write_text("Day\n" + _csv(out), path)
    return len(out)


def _csv(frame: pd.DataFrame) -> str:
    """Bare header, quoted text, bare numbers."""
    rows: str = frame.to_csv(
        index=False, header=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC
    )
    return ",".join(map(str, frame.columns)) + "\n" + rows


@reader
def read_monitor_file(path: str | Path) -> tuple[xr.Dataset, pd.DataFrame]:
    """Read a daily monitor file of SMAT-CE or MATS.

    Returns
    -------
    Dataset
        One variable (day, site) a pollutant column; rows with a set flag are left out.
    DataFrame
        Index site; lon, lat, kind.

    Raises
    ------
    InputError
        Another period than days, missing columns, dates or numbers that can't be read, a station
        with two positions or two values a day.
    """
    file = Path(path)
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("not a readable text file", where=str(file), value=str(error)) from error
    if len(lines) < 3 or lines[0].strip().rstrip(",").lower() != "day":
        raise InputError(
            "not a daily monitor file",
            where=f"{file}, line 1",
            value=lines[0][:40] if lines else "empty",
            allowed="Day, then the column names, then rows",
        )
    frame = pd.read_csv(
        file, skiprows=1, skipinitialspace=True, encoding="utf-8-sig", dtype={"_ID": str}
    )
    frame.columns = [str(c).strip() for c in frame.columns]
    missing = [c for c in _HEAD if c not in frame.columns]
    values = [c for c in ("PM25", "PM10", "O3", "SO2", "NO2", "CO") if c in frame.columns]
    if missing or not values:
        raise InputError("columns missing", where=str(file), value=", ".join(missing) or "values")
    for flag in (f for f in _FLAGS if f in frame.columns):
        frame = frame[frame[flag].fillna(0) == 0]
    try:
        frame["DATE"] = pd.to_datetime(frame["DATE"].astype(str), format="%Y%m%d")
        frame[values] = frame[values].astype(float)
    except ValueError as error:
        raise InputError(
            "a date or number that can't be read", where=str(file), value=str(error)
        ) from error
    places = frame.groupby("_ID")[["LAT", "LONG"]].nunique()
    if (places > 1).any(axis=None):
        raise InputError("a station with two positions", where=str(file))
    if frame.duplicated(["_ID", "DATE"]).any():
        raise InputError("a station with two values for one day", where=str(file))
    wide = frame.set_index(["DATE", "_ID"])[values].to_xarray()
    info = frame.groupby("_ID").first()
    stations = pd.DataFrame({"lon": info["LONG"], "lat": info["LAT"], "kind": info["_TYPE"]})
    return wide.rename(DATE="day", _ID="site"), stations.rename_axis("site")


def write_model_file(
    daily: Mapping[str, np.ndarray[tuple[int, int, int], np.dtype[np.float64]]],
    days: pd.DatetimeIndex,
    grid: Grid,
    path: str | Path,
) -> int:
    """Write daily model fields in the layout of MATS (one row a cell and day).

    Parameters
    ----------
    daily : mapping
        Column name (CRUSTAL, NH4, SO4, EC, NO3, OC, PM25, CM, SALT, or O3) -> (day, y, x), ug m-3
        (O3 ppb).
    days : DatetimeIndex
    grid : Grid

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    InputError
        Fields of another shape.
    """
    shape = (len(days), *grid.shape)
    for name, field in daily.items():
        if field.shape != shape:
            raise InputError("a field of another shape", where=name, value=field.shape)
    lon, lat = grid.lonlat
    row, col = np.meshgrid(np.arange(grid.nrows), np.arange(grid.ncols), indexing="ij")
    identity = ((col + 1) * 1000 + row + 1).ravel()
    order = np.argsort(identity, kind="stable")
    n = grid.size
    frame = pd.DataFrame(
        {
            "_ID": np.repeat(identity[order], len(days)),
            "_TYPE": "",
            "LAT": np.repeat(lat.ravel()[order].round(6), len(days)),
            "LONG": np.repeat(lon.ravel()[order].round(6), len(days)),
            "DATE": np.tile(days.strftime("%Y%m%d").astype(int), n),
        }
    )
    for name, field in daily.items():
        frame[name] = field.reshape(len(days), n)[:, order].T.ravel()
    write_text("DAY\n" + _csv(frame), path)
    return len(frame)
