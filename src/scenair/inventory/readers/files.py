"""Open the files of other inventories; the parsing is in the pure modules beside this one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_in_chunks
from scenair.core.io.reading import reader
from scenair.inventory.readers import meic
from scenair.inventory.readers.products import parse_product

if TYPE_CHECKING:
    from collections.abc import Iterable

    import xarray as xr


#: Dimensions along which a large file may be cut, the first that it has.
_CUT: Final = ("time", "month", "lat", "latitude", "y", "xysize")


@reader
def read_gridded(path: str | Path, *, units: str | None = None) -> xr.Dataset:
    """A gridded inventory file of any known product, in the one form.

    ``.asc`` is MEIC; a netCDF file with ``z`` and ``x_range`` is MEIC; everything else is sniffed
    (see :func:`scenair.inventory.readers.products.identify`). These stay on disk: a dask array in
    chunks that keep memory bounded whatever the size of the file.

    Raises
    ------
    InputError, UnitsError
        Missing, truncated, unknown or contradicting files, each with one message.
    """
    file = Path(path)
    if not file.exists():
        raise InputError("file not found", where=str(file))
    if file.suffix.lower() in (".asc", ".txt"):
        try:
            text = file.read_text(encoding="ascii")
        except UnicodeDecodeError as error:
            raise InputError("not an ASCII grid", where=str(file), value=str(error)) from None
        return meic.parse_asc(text, name=file.name)
    ds = open_in_chunks(file, along=_CUT)
    if "z" in ds.variables and "x_range" in ds.variables:
        return meic.parse_dataset(ds, name=file.name)
    return parse_product(ds, name=file.name, units=units)


def read_meic(files: Iterable[str | Path]) -> xr.Dataset:
    """MEIC files of one species and year, joined over sectors and months.

    Raises
    ------
    InputError
        See :func:`scenair.inventory.readers.meic.combine`.
    """
    return meic.combine(read_gridded(file) for file in sorted(map(Path, files)))
