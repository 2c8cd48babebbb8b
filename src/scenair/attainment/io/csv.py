"""What the readers of observations share: tables, numbers, duplicates, the complete time axis."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd
import xarray as xr

from scenair.attainment.statistics.qc import suspicious_units
from scenair.core.errors import InputError, UnitsError
from scenair.core.io.paths import resources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

logger = logging.getLogger("scenair.attainment")

Label = Literal["beginning", "ending"]

UNITS: Final[dict[str, str]] = {
    "PM25": "ug m-3",
    "PM10": "ug m-3",
    "SO2": "ug m-3",
    "NO2": "ug m-3",
    "O3": "ug m-3",
    "CO": "mg m-3",
}
#: What stands for "missing" in the archives.
MISSING: Final = ("", "NA", "—", "-", "_", "--", "-99", "-999", "-9999", "-99.0", "-999.0")
_STATION: Final = r"\d{4}[A-Z]"


def named_table(name: str) -> str:
    """Name for ``read_table`` of a table that the configuration names.

    A file of that name in the working directory comes before one in ``resources/``.
    """
    return os.path.relpath(name, resources()) if Path(name).is_file() else name


def times(values: pd.Series, *, where: str, layout: str | None = None) -> pd.Series:
    """Dates or times of a column, in the given ``strftime`` layout.

    Raises
    ------
    InputError
        One that can't be read.
    """
    try:
        return pd.to_datetime(values, format=layout)
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(
            "times that can't be read", where=where, value=str(error).splitlines()[0]
        ) from error


def read_frame(path: Path, *, missing: Sequence[str], text: Sequence[str] = ()) -> pd.DataFrame:
    """A CSV as text and numbers, or a message.

    Raises
    ------
    InputError
        Missing, unreadable or empty file.
    """
    try:
        frame = pd.read_csv(
            path,
            encoding="utf-8-sig",
            na_values=list(missing),
            dtype=dict.fromkeys(text, str),
            low_memory=False,
        )
    except FileNotFoundError:
        raise InputError("file not found", where=str(path)) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(
            "not a readable UTF-8 CSV file", where=str(path), value=str(error).strip()
        ) from error
    if frame.empty:
        raise InputError("a file without rows", where=str(path))
    return frame


def read_wide(path: Path, *, keep: Mapping[str, str]) -> pd.DataFrame:
    """One daily file with stations as columns: date, hour, type and the wanted types' rows.

    Read as single-precision numbers at once; a file that is not all numbers is read again slowly,
    so that the message can name the place.

    Raises
    ------
    InputError
        Unreadable file, missing columns, hours out of range.
    """
    frame = _read_fast(path, keep=keep)
    if frame is None:
        frame = read_frame(path, missing=MISSING, text=("type",))
    missing = [c for c in ("date", "hour", "type") if c not in frame.columns]
    if missing:
        raise InputError("columns missing", where=str(path), value=", ".join(missing))
    if not frame["hour"].between(0, 23).all():
        raise InputError("hours out of range", where=str(path), allowed="0-23")
    return frame[frame["type"].isin(list(keep))]


def _read_fast(path: Path, *, keep: Mapping[str, str]) -> pd.DataFrame | None:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as pv

    try:
        with path.open(encoding="utf-8-sig") as stream:
            header = stream.readline().strip().split(",")
        types = {c: pa.float32() for c in header} | {
            "date": pa.string(),
            "hour": pa.int64(),
            "type": pa.string(),
        }
        options = pv.ConvertOptions(
            column_types=types, null_values=list(MISSING), strings_can_be_null=True
        )
        table = pv.read_csv(path, convert_options=options)
        if table.num_rows == 0:
            return None
        wanted = pc.is_in(table["type"], value_set=pa.array(list(keep)))
        frame: pd.DataFrame = table.filter(wanted).to_pandas()
    except (pa.ArrowInvalid, KeyError, OSError, UnicodeDecodeError):
        return None
    return frame


def numbers(frame: pd.DataFrame, columns: Sequence[str], *, where: str) -> pd.DataFrame:
    """Columns as numbers; a value that is none stops with its line."""
    out = {}
    for column in columns:
        values = pd.to_numeric(frame[column], errors="coerce")
        broken = values.isna() & frame[column].notna()
        if broken.any():
            raise InputError(
                "a value that is no number",
                where=f"{where}, column {column}, line {int(broken.to_numpy().argmax()) + 2}",
                value=frame.loc[broken, column].iloc[0],
                remedy="correct it, or name it as a missing code",
            )
        out[column] = values
    return pd.DataFrame(out, index=frame.index)


def complete_axis(frames: Mapping[str, pd.DataFrame], *, label: Label) -> xr.Dataset:
    """Frames (time x station) on one complete axis of whole days."""
    first = next(iter(frames.values()))
    shift = pd.Timedelta(hours=1 if label == "ending" else 0)
    index = pd.DatetimeIndex(first.index) - shift
    time = pd.date_range(
        index.min().floor("D"), index.max().floor("D") + pd.Timedelta("23h"), freq="h"
    )
    lacking = len(time) - len(index)
    if lacking:
        logger.warning("%d of %d hours are absent from the files", lacking, len(time))
    sites = first.columns
    data = {
        name: (
            ("time", "site"),
            f.set_axis(index).reindex(index=time, columns=sites).to_numpy(np.float32),
            {"units": UNITS[name]},
        )
        for name, f in frames.items()
    }
    ds = xr.Dataset(data, coords={"time": time, "site": sites.to_numpy(str)})
    doubt = suspicious_units(ds)
    if doubt:
        name, what = next(iter(doubt.items()))
        raise UnitsError(
            "values look like another unit",
            where=f"variable {name}",
            value=what,
            allowed=UNITS[name],
            remedy="declare the unit of the file (CsvLayout.units)",
        )
    return ds


def pivot(
    frame: pd.DataFrame, columns: Mapping[str, str], *, time: str, station: str, where: str
) -> dict[str, pd.DataFrame]:
    """One table (time x station) a pollutant; identical duplicates out, contradictions stop."""
    keys = [time, station]
    twice = frame.duplicated([*keys, *columns])
    if twice.any():
        logger.warning("%s: %d identical duplicate rows left out", where, int(twice.sum()))
        frame = frame[~twice]
    clash = frame.duplicated(keys, keep=False)
    if clash.any():
        raise InputError(
            "one station has two different rows for one hour",
            where=where,
            value=", ".join(map(str, frame.loc[clash, keys].iloc[0])),
            remedy="remove the wrong row",
        )
    indexed = frame.set_index(keys)
    return {new: indexed[old].unstack(station) for old, new in columns.items()}  # noqa: PD010


def require_codes(codes: Sequence[str], *, where: str, known: Sequence[str] | None) -> None:
    """Stop on station codes of another form, or not in the list."""
    series = pd.Series(list(codes), dtype=str)
    wrong = series[~series.str.fullmatch(_STATION)]
    if len(wrong):
        raise InputError(
            "station codes of an unknown form",
            where=where,
            value=", ".join(wrong[:3]),
            allowed="four digits and a letter, for example 1001A",
        )
    if known is not None:
        strange = sorted(set(series) - set(known))
        if strange:
            raise InputError(
                "stations that are not in the station list",
                where=where,
                value=", ".join(strange[:5]) + f" ({len(strange)})",
                remedy="add them to the list, or select the known ones",
            )


def block_of_numbers(block: pd.DataFrame, *, where: str) -> npt.NDArray[np.float32]:
    """Single-precision values of a table; only columns that aren't numbers yet are looked at."""
    text = block.columns[~block.dtypes.map(pd.api.types.is_numeric_dtype)].tolist()
    if text:
        block = block.assign(**numbers(block, text, where=where))
    return block.to_numpy(np.float32)


def stack(blocks: Sequence[pd.DataFrame], name: str) -> pd.DataFrame:
    """Blocks of hours under one another; identical duplicates out, contradictions stop."""
    frame = pd.concat(blocks)
    if frame.empty:
        raise InputError("the files have no rows of this type", where=name)
    twice = frame.index.duplicated(keep="first")
    if twice.any():
        again = frame[twice]
        same = frame[~twice].loc[again.index]
        equal = (again.to_numpy() == same.to_numpy()) | (again.isna() & same.isna()).to_numpy()
        if not equal.all():
            raise InputError(
                "an hour is there twice with different values",
                where=name,
                value=again.index[~equal.all(axis=1)][0],
                remedy="remove one of the files",
            )
        logger.warning("%s: %d identical duplicate hours left out", name, int(twice.sum()))
        frame = frame[~twice]
    return frame.sort_index()
