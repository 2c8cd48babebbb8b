"""Cited tables of ``resources/`` and plain result tables.

A resource table has one figure a row: key columns, then ``value, unit, source, doi, tag, note``.
A row without value, unit, source or tag is refused. What was read is recorded, so that a result
can list its ``assumed`` figures.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from scenair.core.errors import InputError
from scenair.core.io.atomic import atomic_path
from scenair.core.io.paths import resources
from scenair.core.io.safe import MAX_TABLE_BYTES, open_bounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PROVENANCE: Final = ("value", "unit", "source", "doi", "tag", "note")
TAGS: Final = ("published", "derived", "assumed")
_REQUIRED_FILLED: Final = ("value", "unit", "source", "tag")

#: Names (relative to resources/) of the tables that this process has read.
_read: dict[str, None] = {}


def tables_read() -> tuple[str, ...]:
    """Resource tables that this process has read, sorted."""
    return tuple(sorted(_read))


def read_table(name: str | Path, *, dtype: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """A cited table, checked.

    Parameters
    ----------
    name : str or Path
        Path relative to ``resources/`` (or absolute, for a user's own table). ``.gz`` is read.
    dtype : mapping, optional
        Types of key columns.

    Returns
    -------
    DataFrame
        Key columns and value, unit, source, doi, tag, note. ``value`` is float where every row
        is a number, else text.

    Raises
    ------
    InputError
        Missing file, missing columns, unfilled provenance, unknown tag, no rows.
    """
    path = resources() / name
    frame = _load(path, dtype=dtype)
    missing = [c for c in PROVENANCE if c not in frame.columns]
    if missing:
        raise InputError(
            "a resource table lacks provenance columns",
            where=str(name),
            value=f"missing {', '.join(missing)}",
            allowed=", ".join(PROVENANCE),
            remedy="add the columns; a figure without a source is not used",
        )
    for column in _REQUIRED_FILLED:
        empty = frame[column].isna() | (frame[column].astype(str).str.strip() == "")
        if empty.any():
            raise InputError(
                f"a row has no {column}",
                where=f"{name}, line {int(empty.to_numpy().argmax()) + 2}",
                remedy=f"fill in {column} or delete the row",
            )
    unknown = ~frame["tag"].isin(TAGS)
    if unknown.any():
        raise InputError(
            "unknown tag",
            where=f"{name}, line {int(unknown.to_numpy().argmax()) + 2}",
            value=frame.loc[unknown, "tag"].iloc[0],
            allowed=", ".join(TAGS),
        )
    try:
        frame["value"] = pd.to_numeric(frame["value"])
    except (ValueError, TypeError):
        frame["value"] = frame["value"].astype(str)
    _read[str(name)] = None
    return frame


def _load(path: Path, *, dtype: Mapping[str, Any] | None) -> pd.DataFrame:
    if not path.exists():
        raise InputError("file not found", where=str(path), remedy="check the name")
    try:
        with open_bounded(path, maximum=MAX_TABLE_BYTES) as stream:
            frame = pd.read_csv(stream, dtype=dict(dtype) if dtype else None, encoding="utf-8")
    except (ValueError, OverflowError, OSError, EOFError, zlib.error) as error:
        raise InputError(
            "not a readable UTF-8 CSV file", where=str(path), value=str(error).strip()
        ) from error
    if frame.empty:
        raise InputError("a table without rows", where=str(path))
    return frame


def read_csv(
    path: str | Path, *, columns: Iterable[str], dtype: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """A result table or a user's table with declared columns (no provenance columns asked).

    Raises
    ------
    InputError
        Missing file, unreadable, empty, or columns missing.
    """
    frame = _load(Path(path), dtype=dtype)
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise InputError(
            "columns missing",
            where=str(path),
            value=", ".join(missing),
            allowed=f"needed: {', '.join(columns)}",
            remedy=f"the file has {', '.join(map(str, frame.columns))}",
        )
    return frame


def write_csv(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a table atomically: UTF-8, full-precision floats, ``true``/``false``, empty = n/a."""
    out = frame.copy()
    for column in out.columns:
        if out[column].dtype == bool or str(out[column].dtype) == "boolean":
            out[column] = out[column].map({True: "true", False: "false"})
    with atomic_path(path) as part:
        out.to_csv(part, index=False, lineterminator="\n", encoding="utf-8")
