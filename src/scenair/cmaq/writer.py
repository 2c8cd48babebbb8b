"""I/O API files written as CDF-2 records, at the speed of the disk.

The netCDF classic format stores an unlimited dimension record by record: TFLAG, then every variable
in file order, big-endian. So a file is a header built once and records filled in one preallocated
buffer and handed to ``os.write``. numpy only. Format: "netCDF Classic and 64-bit Offset File
Formats" (NUG appendix B); layout of I/O API 3.2.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from scenair.core.io.atomic import atomic_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

GAS_UNIT: Final = "moles/s"
PARTICLE_UNIT: Final = "g/s"
_NC_CHAR, _NC_INT, _NC_FLOAT, _NC_DOUBLE = 2, 4, 5, 6
_TAG_DIMENSION, _TAG_VARIABLE, _TAG_ATTRIBUTE = 10, 11, 12
_TYPES = {"i": (_NC_INT, ">i4"), "f": (_NC_FLOAT, ">f4"), "d": (_NC_DOUBLE, ">f8")}
_ITEM = 4  # bytes: int32 and float32 alike, so that no variable needs padding
_VSIZE_MAX = 2**32 - 4


@dataclass(frozen=True)
class Field:
    """A variable of an I/O API file: name, unit, description, ``f`` (float32) or ``i`` (int32)."""

    name: str
    units: str
    description: str
    kind: str = "f"


def _pad(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def _name(text: str) -> bytes:
    raw = text.encode("ascii")
    return struct.pack(">i", len(raw)) + _pad(raw)


def _attribute(name: str, value: Any) -> bytes:
    if isinstance(value, str):
        raw = value.encode("ascii", "replace")
        return _name(name) + struct.pack(">ii", _NC_CHAR, len(raw)) + _pad(raw)
    array = np.atleast_1d(np.asarray(value))
    key = {"i": "i", "u": "i"}.get(array.dtype.kind, "f" if array.dtype.itemsize == 4 else "d")
    code, dtype = _TYPES[key]
    raw = array.astype(dtype).tobytes()
    return _name(name) + struct.pack(">ii", code, array.size) + _pad(raw)


def _attributes(values: Mapping[str, Any]) -> bytes:
    body = b"".join(_attribute(name, value) for name, value in values.items())
    return struct.pack(">ii", _TAG_ATTRIBUTE, len(values)) + body


def cdf2_header(
    attributes: Mapping[str, Any],
    fields: Sequence[Field],
    *,
    shape: tuple[int, int, int],
    records: int,
) -> bytes:
    """Header of a file of ``fields`` on (layer, row, column), TFLAG first.

    Parameters
    ----------
    attributes : mapping
        Global attributes in file order; str, int32, float32 or float64.
    shape : tuple of int
        Layers, rows, columns.
    records : int
        Number of records.
    """
    dims = {
        "TSTEP": 0,
        "DATE-TIME": 2,
        "LAY": shape[0],
        "VAR": len(fields),
        "ROW": shape[1],
        "COL": shape[2],
    }
    head = b"CDF\x02" + struct.pack(">i", records)
    head += struct.pack(">ii", _TAG_DIMENSION, len(dims))
    head += b"".join(_name(name) + struct.pack(">i", size) for name, size in dims.items())
    head += _attributes(attributes)
    tflag = {
        "units": "<YYYYDDD,HHMMSS>",
        "long_name": "TFLAG".ljust(16),
        "var_desc": "Timestep-valid flags:  (1) YYYYDDD or (2) HHMMSS".ljust(80),
    }
    cell = shape[0] * shape[1] * shape[2] * _ITEM
    entries: list[tuple[str, tuple[int, ...], dict[str, str], int, int]] = [
        ("TFLAG", (0, 3, 1), tflag, _NC_INT, len(fields) * 2 * _ITEM)
    ]
    for field in fields:
        described = {
            "long_name": field.name.ljust(16),
            "units": field.units.ljust(16),
            "var_desc": field.description.ljust(80),
        }
        code = _NC_INT if field.kind == "i" else _NC_FLOAT
        entries.append((field.name, (0, 2, 4, 5), described, code, cell))
    fixed = []
    for name, axes, described, code, size in entries:
        text = _name(name) + struct.pack(f">i{len(axes)}i", len(axes), *axes)
        text += _attributes(described)
        fixed.append((text + struct.pack(">iI", code, min(size, _VSIZE_MAX)), size))
    head += struct.pack(">ii", _TAG_VARIABLE, len(entries))
    offset = len(head) + sum(len(text) + 8 for text, _ in fixed)
    for text, size in fixed:
        head += text + struct.pack(">q", offset)
        offset += size
    return head


def write_records(
    path: str | Path,
    *,
    attributes: Mapping[str, Any],
    fields: Sequence[Field],
    shape: tuple[int, int, int],
    stamps: Sequence[tuple[int, int]],
    fill: Callable[[int, npt.NDArray[Any], npt.NDArray[Any]], None],
) -> None:
    """Write an I/O API file, atomically, one record at a time.

    Parameters
    ----------
    attributes : mapping
        Global attributes (:func:`scenair.cmaq.ioapi.header`).
    fields : sequence of Field
    shape : tuple of int
        Layers, rows, columns.
    stamps : sequence of (YYYYDDD, HHMMSS)
        Time of each record, UTC; (0, 0) for a file without time.
    fill : callable
        ``fill(record, floats, ints)`` fills one record: both views are big-endian and share their
        memory, (fields, layers x rows x columns); float variables go to ``floats``, integer ones
        to ``ints``. The buffer keeps what the record before left in it.
    """
    cells = shape[0] * shape[1] * shape[2]
    flags = 2 * len(fields)
    buffer = np.zeros(flags + len(fields) * cells, dtype=">i4")
    tflag = buffer[:flags].reshape(len(fields), 2)
    ints = buffer[flags:].reshape(len(fields), cells)
    floats = ints.view(">f4")
    with atomic_path(path) as part:
        # a fixed mode, so that a group keeps its read permission
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        try:
            head = cdf2_header(attributes, fields, shape=shape, records=len(stamps))
            position = _write_all(descriptor, memoryview(head))
            for record, stamp in enumerate(stamps):
                tflag[:] = stamp
                fill(record, floats, ints)
                size = _write_all(descriptor, buffer.data.cast("B"))
                _start_writeback(descriptor, position, size)
                position += size
        finally:
            os.close(descriptor)


def _write_all(descriptor: int, data: memoryview) -> int:
    """Write everything; returns the number of bytes."""
    size = len(data)
    while data:
        data = data[os.write(descriptor, data) :]
    return size


def _start_writeback(descriptor: int, start: int, size: int) -> None:
    """Let the disk begin with a record while the next one is computed (Linux).

    The advice makes the kernel queue the dirty pages at once, so that the flush before the rename
    finds little left to do; it never waits and says nothing about the content.
    """
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, start, size, os.POSIX_FADV_DONTNEED)
