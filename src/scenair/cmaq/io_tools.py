"""Files of the CMAQ tools: the only place where they are opened and written.

Readers: I/O API files for the validator, CMAQ output, MCIP and wrfout. Writers: masks and
namelists for DESID, the run kit, ``air_quality/annual.nc`` and ``daily.nc`` from CMAQ.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scenair.cmaq.ioapi import IoapiFile, Variable
from scenair.core.errors import InputError
from scenair.core.io.classic import require_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    import numpy.typing as npt

#: The header of a file with 2048 variables fits in this.
_HEADER_BYTES = 4_000_000


class IoapiReader:
    """Opens files for the validator and closes them: ``with IoapiReader(paths) as files``."""

    def __init__(self, paths: Sequence[str | Path]) -> None:
        self.paths = [Path(p) for p in paths]
        self._stack = ExitStack()

    def __enter__(self) -> list[IoapiFile]:
        return [self._open(path) for path in self.paths]

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _open(self, path: Path) -> IoapiFile:
        import netCDF4

        if not path.is_file():
            raise InputError("file not found", where=str(path))
        require_whole(path)
        try:
            data = self._stack.enter_context(netCDF4.Dataset(path))
            data.set_auto_maskandscale(False)
            data.set_auto_chartostring(False)
            # attributes are read through a copy: netCDF4 looks them up one by one
            attrs = {name: data.getncattr(name) for name in data.ncattrs()}
            raw = _raw_units(path, classic=str(data.data_model).startswith("NETCDF3"))
            variables = {str(n): _variable(v, raw) for n, v in data.variables.items()}
        except (OSError, RuntimeError, UnicodeDecodeError) as error:
            raise InputError(
                "not a readable netCDF file (truncated or of another format)",
                where=str(path),
                value=str(error),
                remedy="write it anew",
            ) from error

        def read(name: str, record: int | None) -> npt.NDArray[Any]:
            try:
                return np.asarray(data[name][...] if record is None else data[name][record])
            except (OSError, RuntimeError) as error:
                raise InputError(
                    "data can't be read (the file is truncated or damaged)",
                    where=f"{path}, variable {name}",
                    value=str(error),
                    remedy="write it anew",
                ) from error

        return IoapiFile(
            name=str(path),
            data_model=str(data.data_model),
            dims={str(k): len(v) for k, v in data.dimensions.items()},
            attrs=attrs,
            variables=variables,
            read=read,
        )


def _raw_units(path: Path, *, classic: bool) -> list[str]:
    """Values of ``units`` in file order with the NULs that netCDF4 takes away (last one first).

    The header of a classic file holds each as name length 5, ``units`` padded to 8 bytes, type 2
    (characters), length, value. A netCDF-4 file doesn't show them.
    """
    if not classic:
        return []
    with path.open("rb") as stream:
        wide = stream.read(4) == b"CDF\x05"
        header = stream.read(_HEADER_BYTES)
    size = 8 if wide else 4
    mark = (5).to_bytes(size, "big") + b"units\0\0\0" + (2).to_bytes(4, "big")
    values = []
    start = header.find(mark)
    while start >= 0:
        start += len(mark)
        length = int.from_bytes(header[start : start + size], "big")
        values.append(header[start + size : start + size + length].decode("latin-1"))
        start = header.find(mark, start)
    return values[::-1]


def _variable(variable: Any, raw: list[str]) -> Variable:
    attrs = {name: variable.getncattr(name) for name in variable.ncattrs()}
    if "units" in attrs and raw:
        units = raw.pop()
        if units.replace("\0", "") == str(attrs["units"]):
            attrs["units"] = units
    return Variable(
        name=str(variable.name),
        dims=tuple(map(str, variable.dimensions)),
        shape=tuple(map(int, variable.shape)),
        dtype=np.dtype(variable.dtype),
        attrs=attrs,
    )
