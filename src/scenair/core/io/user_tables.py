"""Tables that users bring: CSV in UTF-8 or an older encoding, plain or gzipped, or Excel.

Nothing about the columns is asked here; the stages check what they need. Whatever is in the file,
the outcome is a table or one message.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from scenair.core.errors import InputError
from scenair.core.io.safe import MAX_TABLE_BYTES, open_bounded, require_size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: UTF-8 with or without byte-order mark; municipal tables often come in the national encoding.
CHINESE: Final = ("utf-8-sig", "gb18030")
#: Databases of scenarios of western origin.
WESTERN: Final = ("utf-8-sig", "latin-1")
_NAMES: Final = {"utf-8-sig": "UTF-8", "gb18030": "GB18030", "latin-1": "Latin-1"}
#: A workbook is XML, packed about tenfold: what it unpacks to is bounded like any table.
_WORKBOOKS: Final = (".xlsx", ".xlsm")


def read_user_table(
    path: str | Path,
    *,
    encodings: Sequence[str] = CHINESE,
    sheet: str | int = 0,
    missing: Sequence[str] | None = None,
    text: Sequence[str] = (),
    maximum: int = MAX_TABLE_BYTES,
) -> pd.DataFrame:
    """A user's table as it stands.

    Parameters
    ----------
    path : str or Path
        ``.csv``, ``.csv.gz`` (or any text), ``.xlsx``.
    encodings : sequence of str
        Tried in this order; the first that fits is taken.
    sheet : str or int
        Sheet of a workbook, by name or number from 0.
    missing : sequence of str, optional
        What else stands for "not available".
    text : sequence of str
        Columns that stay text (codes with leading zeros).
    maximum : int
        Bytes that are read at most, packed or unpacked.

    Returns
    -------
    DataFrame
        At least one row and one column.

    Raises
    ------
    InputError
        Missing, oversized, unreadable or empty.
    """
    file = Path(path)
    require_size(file, maximum=maximum)
    if file.suffix.lower() == ".xls":
        raise InputError(
            "a workbook of the format before 2007", where=str(file), allowed=".xlsx or CSV",
            remedy="save it as .xlsx",
        )  # fmt: skip
    options = {"na_values": missing, "dtype": dict.fromkeys(text, str)}
    if file.suffix.lower() in _WORKBOOKS:
        frame = _workbook(file, sheet=sheet, maximum=maximum, options=options)
    else:
        frame = _csv(file, encodings=encodings, maximum=maximum, options=options)
    if frame.empty:
        raise InputError("a table without rows", where=str(file))
    return frame


def _csv(
    file: Path, *, encodings: Sequence[str], maximum: int, options: Mapping[str, Any]
) -> pd.DataFrame:
    reason: Exception = ValueError("no encoding given")
    for encoding in encodings:
        try:
            with open_bounded(file, maximum=maximum) as stream:
                # in one pass: a type guessed from the first rows would differ from file to file
                frame: pd.DataFrame = pd.read_csv(
                    stream, encoding=encoding, low_memory=False, **options
                )
                return frame
        except UnicodeDecodeError as error:
            reason = error
        except (ValueError, OverflowError, OSError, EOFError, zlib.error) as error:
            reason = error
            break
    names = " or ".join(_NAMES.get(encoding, encoding) for encoding in encodings)
    raise InputError(
        "not a readable table", where=str(file), value=_first_line(reason),
        allowed=f"CSV in {names}, or an Excel workbook (.xlsx)",
    ) from reason  # fmt: skip


def _workbook(
    file: Path, *, sheet: str | int, maximum: int, options: Mapping[str, Any]
) -> pd.DataFrame:
    try:
        with zipfile.ZipFile(file) as bundle:
            # a member never yields more than it declares
            unpacked = sum(member.file_size for member in bundle.infolist())
        if unpacked <= maximum:
            frame: pd.DataFrame = pd.read_excel(file, sheet_name=sheet, **options)
            return frame
    except Exception as error:
        # the reader of workbooks ends in errors of every kind on a damaged one
        raise InputError(
            "not a readable Excel workbook", where=f"{file}, sheet {sheet}",
            value=_first_line(error), remedy="open it, look, and save it anew",
        ) from error  # fmt: skip
    raise InputError(
        "a workbook that unpacks to more than this reader takes", where=str(file),
        value=f"{unpacked} bytes", allowed=f"{maximum} bytes",
    )  # fmt: skip


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
