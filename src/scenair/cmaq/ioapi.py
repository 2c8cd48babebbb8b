"""I/O API files: what CMAQ reads and writes, described and decoded.

Nothing here opens a file; :mod:`scenair.cmaq.io_tools` does and hands over a :class:`IoapiFile`
or an xarray dataset. Source of the conventions: I/O API 3.2 and the behaviour of CMAQ 5.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from scenair.core.errors import InputError
from scenair.core.grids import Grid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import xarray as xr

NAME_LENGTH: Final = 16
DESC_LENGTH: Final = 80
FILEDESC_LINES: Final = 60
GRIDDED, BOUNDARY = 1, 2
HOURLY: Final = 10_000
VGTYP_SIGMA: Final = 7


@dataclass(frozen=True)
class Variable:
    """One netCDF variable as stored."""

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    attrs: Mapping[str, Any]


@dataclass(frozen=True)
class IoapiFile:
    """A file as stored: nothing masked, scaled or renamed.

    Attributes
    ----------
    name : str
        How messages name the file.
    data_model : str
        NETCDF3_CLASSIC, NETCDF3_64BIT_OFFSET, NETCDF3_64BIT_DATA, NETCDF4, NETCDF4_CLASSIC.
    dims, attrs, variables : mapping
    read : callable
        ``read(variable, record)`` gives one record (first axis) as stored; ``record=None`` all.
    """

    name: str
    data_model: str
    dims: Mapping[str, int]
    attrs: Mapping[str, Any]
    variables: Mapping[str, Variable]
    read: Callable[[str, int | None], npt.NDArray[Any]]

    @property
    def data_variables(self) -> tuple[str, ...]:
        """All variables but TFLAG, in file order."""
        return tuple(name for name in self.variables if name != "TFLAG")

    @property
    def records(self) -> int:
        """Number of time records (0 where there is no TSTEP dimension)."""
        return int(self.dims.get("TSTEP", 0))


def text(value: object) -> str:
    """A character attribute without its padding (blanks or NULs)."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    return str(value).replace("\0", " ").rstrip()


def number(value: object) -> float | None:
    """A numeric attribute as float; None where it is not one finite number."""
    array = np.asarray(value)
    if array.dtype.kind not in "iuf" or array.size != 1 or not np.isfinite(array).all():
        return None
    return float(array.reshape(-1)[0])


def slots(value: object, *, width: int = NAME_LENGTH) -> list[str]:
    """VAR-LIST cut into its 16-character slots, each stripped."""
    raw = value if isinstance(value, str) else str(value)
    return [raw[i : i + width].rstrip() for i in range(0, len(raw), width)]


def timestamp(date: int, time: int) -> pd.Timestamp | None:
    """(YYYYDDD, HHMMSS) -> UTC time; None where that is no date or time."""
    year, day = divmod(int(date), 1000)
    hour, rest = divmod(int(time), 10_000)
    minute, second = divmod(rest, 100)
    if not (1900 <= year <= 2300 and 1 <= day <= 366 and time >= 0):
        return None
    if day == 366 and not pd.Timestamp(year, 1, 1).is_leap_year:
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    start = pd.Timestamp(year, 1, 1) + pd.Timedelta(days=day - 1)
    return start + pd.Timedelta(hours=hour, minutes=minute, seconds=second)


def date_time(when: pd.Timestamp) -> tuple[int, int]:
    """UTC time -> (YYYYDDD, HHMMSS)."""
    return (
        when.year * 1000 + when.dayofyear,
        when.hour * 10_000 + when.minute * 100 + when.second,
    )


def times(tflag: npt.NDArray[np.integer[Any]], *, where: str) -> pd.DatetimeIndex:
    """UTC times of the records from TFLAG (record, 2) or (record, variable, 2).

    Raises
    ------
    InputError
        A record that is no date.
    """
    flags = np.asarray(tflag)
    flags = flags[:, 0, :] if flags.ndim == 3 else flags
    out = []
    for i, (date, time) in enumerate(flags):
        when = timestamp(int(date), int(time))
        if when is None:
            raise InputError(
                "TFLAG is no date",
                where=f"{where}, record {i + 1}",
                value=f"{int(date)}, {int(time)}",
                allowed="YYYYDDD, HHMMSS (UTC)",
            )
        out.append(when)
    return pd.DatetimeIndex(out)


def grid_of(attrs: Mapping[str, Any], *, where: str) -> Grid:
    """The grid of a file's header.

    Raises
    ------
    InputError
        Attributes missing, or a projection other than lat-lon, Lambert, Mercator, polar.
    """
    reals = ("P_ALP", "P_BET", "P_GAM", "XCENT", "YCENT", "XORIG", "YORIG", "XCELL", "YCELL")
    found = {name: number(attrs.get(name)) for name in ("GDTYP", "NCOLS", "NROWS", *reals)}
    missing = [name for name, value in found.items() if value is None]
    if missing:
        raise InputError("grid attributes missing", where=where, value=", ".join(missing))
    known = {name.lower(): value for name, value in found.items() if value is not None}
    whole = {name: int(known.pop(name)) for name in ("gdtyp", "ncols", "nrows")}
    name = text(attrs.get("GDNAM", "")) or "unnamed"
    try:
        return Grid(
            name=name,
            projection=name,
            gdtyp=whole["gdtyp"],
            ncols=whole["ncols"],
            nrows=whole["nrows"],
            nthik=1,
            **known,
        )
    except ValueError as error:
        raise InputError("no usable grid in the header", where=where, value=str(error)) from error


def header(
    grid: Grid,
    *,
    variables: Mapping[str, tuple[str, str]],
    start: pd.Timestamp | None,
    upname: str,
    description: str,
    vglvls: tuple[float, ...] = (1.0, 0.995),
    vgtop: float = 5000.0,
) -> dict[str, Any]:
    """Global attributes of a gridded file, in the order in which I/O API writes them.

    Parameters
    ----------
    grid : Grid
    variables : mapping
        Name -> (units, description), in file order.
    start : Timestamp or None
        First record (hourly file), or None for a file without time (TSTEP 0).
    upname : str
        Program name, at most 16 characters.
    description : str
    vglvls : tuple of float
        Layer faces, one more than layers.
    vgtop : float
        Pa.

    Returns
    -------
    dict
        Dates of creation are constant: the same content gives the same bytes.
    """
    date, clock = date_time(start) if start is not None else (0, 0)
    i4 = np.int32
    lines = "".join(line.ljust(DESC_LENGTH) for line in description.splitlines())
    numbers: dict[str, Any] = {
        "FTYPE": i4(GRIDDED),
        **dict.fromkeys(("CDATE", "WDATE"), i4(1970001)),
        **dict.fromkeys(("CTIME", "WTIME"), i4(0)),
        "SDATE": i4(date),
        "STIME": i4(clock),
        "TSTEP": i4(HOURLY if start is not None else 0),
        "NTHIK": i4(grid.nthik),
        "NCOLS": i4(grid.ncols),
        "NROWS": i4(grid.nrows),
        "NLAYS": i4(len(vglvls) - 1),
        "NVARS": i4(len(variables)),
        "GDTYP": i4(grid.gdtyp),
    }
    doubles = ("P_ALP", "P_BET", "P_GAM", "XCENT", "YCENT", "XORIG", "YORIG", "XCELL", "YCELL")
    return {
        "IOAPI_VERSION": "scenair".ljust(DESC_LENGTH),
        "EXEC_ID": "scenair".ljust(DESC_LENGTH),
        **numbers,
        **{name: np.float64(getattr(grid, name.lower())) for name in doubles},
        "VGTYP": i4(VGTYP_SIGMA),
        "VGTOP": np.float32(vgtop),
        "VGLVLS": np.asarray(vglvls, dtype=np.float32),
        "GDNAM": grid.name.ljust(NAME_LENGTH),
        "UPNAM": upname.ljust(NAME_LENGTH),
        "VAR-LIST": "".join(name.ljust(NAME_LENGTH) for name in variables),
        "FILEDESC": lines.ljust(DESC_LENGTH * FILEDESC_LINES),
        "HISTORY": " ",
    }


def decode(ds: xr.Dataset, *, where: str) -> xr.Dataset:
    """An I/O API dataset with coordinates: (time, layer, y, x), plain units.

    Parameters
    ----------
    ds : Dataset
        As opened without decoding times; may be dask-backed.
    where : str

    Returns
    -------
    Dataset
        ``time`` (UTC, start of the record) where TSTEP is not 0, ``x``, ``y`` (m) from the header
        with the DOT grid's shift already in XORIG; attributes of the grid kept.

    Raises
    ------
    InputError
        No TFLAG, no dimension TSTEP, or header and dimensions disagree.
    """
    if "TFLAG" not in ds.variables or "TSTEP" not in ds.dims:
        raise InputError("no I/O API file", where=where, value="TFLAG or TSTEP is missing")
    grid = grid_of(ds.attrs, where=where)
    out = ds.drop_vars("TFLAG")
    if int(number(ds.attrs.get("TSTEP")) or 0) == 0:
        # files without time carry one record with a date that means nothing
        out = out.isel(TSTEP=0)
    else:
        out = out.rename(TSTEP="time").assign_coords(time=times(ds["TFLAG"].values, where=where))
    names = {"LAY": "layer", "ROW": "y", "COL": "x"}
    out = out.rename({k: v for k, v in names.items() if k in out.dims})
    for dim, axis in (("x", grid.x), ("y", grid.y)):
        if dim in out.dims:
            if out.sizes[dim] != len(axis):
                raise InputError(
                    "header and dimensions disagree",
                    where=where,
                    value=f"{dim}: {out.sizes[dim]} cells, header {len(axis)}",
                )
            out = out.assign_coords({dim: axis})
    for var in out.data_vars.values():
        var.attrs = {k: text(v) for k, v in var.attrs.items() if isinstance(v, str)}
    return out
