"""Deflated netCDF-4 copies of emission files, several times faster than the netCDF library.

The library makes an empty file with all definitions; the chunks (a variable of a record each) are
shuffled, compressed by ISA-L into ordinary zlib streams, in threads if wanted, and stored as they
are. Any reader of netCDF-4 reads the file: the filters are the standard shuffle and deflate.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from scenair.core.errors import InputError
from scenair.core.io.atomic import atomic_path

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    Bytes = npt.NDArray[np.uint8]

_LEVEL: Final = 1
_ITEM: Final = 4  # bytes of int32 and float32


def archive_copy(path: Path, target: Path, *, threads: int = 1) -> None:
    """A deflated netCDF-4 classic copy with the same values (level 1, shuffle, a chunk a record).

    I/O API reads it only in builds with netCDF-4, and many times more slowly: it is for keeping,
    not for running.

    Parameters
    ----------
    path : Path
        A file of :func:`scenair.cmaq.writer.write_records`.
    target : Path
    threads : int
        That compress.

    Raises
    ------
    InputError
        Another kind of file, or one that is cut off.
    """
    import h5py
    import netCDF4

    with atomic_path(target) as part:
        with netCDF4.Dataset(path) as old:
            shapes = _record_shapes(old, path)
            content = _records(path, shapes, first=np.asarray(old.variables["TFLAG"][0]))
            _define(old, part)
        with h5py.File(part, "r+") as new, ThreadPoolExecutor(threads) as pool:
            new["TSTEP"].resize(len(content), axis=0)
            chunks_of = {}
            for name in shapes:
                new[name].resize(len(content), axis=0)
                # looked up once: a lookup costs half as much as a chunk
                chunks_of[name] = new[name].id.write_direct_chunk
            deflated = map if threads == 1 else pool.map
            for record, values in enumerate(content):
                pieces = _split(values, shapes)
                for name, chunk in zip(shapes, deflated(_deflate, pieces), strict=True):
                    origin = (record, *([0] * len(shapes[name])))
                    chunks_of[name](origin, chunk)


def _record_shapes(old: Any, path: Path) -> dict[str, tuple[int, ...]]:
    """Shape of a record of each variable, in the order of the file."""
    shapes = {}
    for name, variable in old.variables.items():
        if variable.dimensions[0] != "TSTEP" or variable.dtype.itemsize != _ITEM:
            raise InputError(
                "only files of hourly records of four-byte numbers can be archived",
                where=f"{path}, variable {name}",
                value=f"{variable.dtype} on {', '.join(variable.dimensions)}",
            )
        shapes[str(name)] = tuple(map(int, variable.shape[1:]))
    return shapes


def _define(old: Any, part: Path) -> None:
    """An empty netCDF-4 classic file with the dimensions, variables and attributes of ``old``."""
    import netCDF4

    with netCDF4.Dataset(part, "w", format="NETCDF4_CLASSIC") as new:
        new.setncatts({name: old.getncattr(name) for name in old.ncattrs()})
        for name, dim in old.dimensions.items():
            new.createDimension(name, None if dim.isunlimited() else len(dim))
        for name, var in old.variables.items():
            made = new.createVariable(
                name, var.dtype.newbyteorder("<"), var.dimensions, zlib=True, complevel=_LEVEL,
                shuffle=True, chunksizes=(1, *var.shape[1:]), endian="little",
            )  # fmt: skip
            made.setncatts({key: var.getncattr(key) for key in var.ncattrs()})


def _records(path: Path, shapes: dict[str, tuple[int, ...]], *, first: Any) -> Bytes:
    """The records of a classic file as bytes (records, bytes of a record), mapped.

    ``first``, the first TFLAG as the library reads it, shows that they begin where they should.
    """
    size = _ITEM * sum(math.prod(shape) for shape in shapes.values())
    with path.open("rb") as stream:
        count = int.from_bytes(stream.read(8)[4:], "big")
    content = np.asarray(np.memmap(path, dtype=np.uint8, mode="r"))
    begin = len(content) - count * size
    if (
        begin < 0
        or content[begin:][: _ITEM * first.size].tobytes() != first.astype(">i4").tobytes()
    ):
        raise InputError("the file is cut off", where=str(path), value=f"{len(content)} bytes")
    return content[begin:].reshape(count, size)


def _split(record: Bytes, shapes: dict[str, tuple[int, ...]]) -> list[Bytes]:
    """The bytes of each variable of a record."""
    ends = np.cumsum([_ITEM * math.prod(shape) for shape in shapes.values()])
    return np.split(record, ends[:-1])


def _deflate(values: Bytes) -> bytes:
    """Big-endian numbers as a little-endian, shuffled zlib stream."""
    from isal import isal_zlib

    # read as little-endian, the lowest byte of a number is the topmost of these four
    numbers = values.view("<u4")
    shuffled = np.empty((_ITEM, len(numbers)), dtype=np.uint8)
    for place in range(_ITEM):
        shuffled[place] = (numbers >> (8 * (_ITEM - 1 - place))).astype(np.uint8)
    return isal_zlib.compress(shuffled.data, _LEVEL)
