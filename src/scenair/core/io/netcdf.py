"""CF netCDF in and out: atomic, deterministic, checked.

Deterministic means: no dates, fixed compression, fixed order of attributes, pieces of lazy
variables computed and written one after the other. The same data give the same bytes.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from scenair.core.audit.memory import CHUNK_BYTES, bounded_chunks
from scenair.core.errors import InputError, UnitsError
from scenair.core.io.atomic import atomic_path
from scenair.core.io.classic import require_whole
from scenair.core.io.safe import MAX_ARRAY_BYTES, MAX_CHUNKS
from scenair.core.io.tables import tables_read

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CONVENTIONS = "CF-1.11"


def _encoding(ds: xr.Dataset, *, level: int) -> dict[str, dict[str, Any]]:
    encoding: dict[str, dict[str, Any]] = {}
    for name, var in ds.variables.items():
        if var.dtype.kind == "f" and name not in ds.coords:
            encoding[str(name)] = {"_FillValue": np.array(np.nan, dtype=var.dtype)}
        else:
            encoding[str(name)] = {"_FillValue": None}
        if level and var.dtype.kind in "fiu" and var.size > 256:
            encoding[str(name)] |= {"zlib": True, "complevel": level, "shuffle": True}
    return encoding


def write_netcdf(
    ds: xr.Dataset,
    path: str | Path,
    *,
    title: str,
    attrs: Mapping[str, Any] | None = None,
    level: int = 1,
) -> None:
    """Write a dataset to netCDF-4, atomically and deterministically.

    Every data variable must carry ``units``. Missing is NaN. The resource tables read by this
    process are named in the attribute ``resource_tables``.

    Raises
    ------
    UnitsError
        Where a numeric data variable has no ``units``.
    """
    for name, data in ds.data_vars.items():
        if data.dtype.kind == "f" and "units" not in data.attrs:
            raise UnitsError("a variable without units", where=f"{path}, variable {name}")
    out = ds.copy()
    out.attrs = {
        "Conventions": CONVENTIONS,
        "title": title,
        **dict(sorted((attrs or {}).items())),
        "resource_tables": " ".join(tables_read()),
    }
    for var in out.variables.values():
        # what a reader left behind must not steer the writing
        var.encoding = {}
    lazy = [str(name) for name, data in out.data_vars.items() if data.chunks is not None]
    ready = out.drop_vars(lazy)
    with atomic_path(path) as part:
        ready.to_netcdf(
            part, engine="netcdf4", format="NETCDF4", encoding=_encoding(ready, level=level)
        )
        if lazy:
            _append_pieces(out[lazy], part, level=level)


def _append_pieces(ds: xr.Dataset, path: Path, *, level: int) -> None:
    """Add dask-backed variables to a file, one piece in memory at a time and always in one order.

    A stored chunk is one step of the first dimension, so that no piece unpacks what another wrote.
    (xarray's own writer stores pieces in the order of the names that dask invents.)
    """
    import netCDF4

    with netCDF4.Dataset(path, "a") as file:
        for dim, length in ds.sizes.items():
            if dim not in file.dimensions:
                file.createDimension(str(dim), length)
        for name, data in ds.data_vars.items():
            create: Any = file.createVariable  # its types leave out a dtype known only now
            variable = create(
                str(name), data.dtype, tuple(map(str, data.dims)), zlib=level > 0, shuffle=True,
                complevel=max(level, 1), chunksizes=(1, *data.shape[1:]),
                fill_value=np.nan if data.dtype.kind == "f" else False,
            )  # fmt: skip
            variable.set_auto_maskandscale(False)
            variable.setncatts(data.attrs)
            for piece in np.ndindex(*data.data.numblocks):
                region = tuple(
                    slice(sum(lengths[:i]), sum(lengths[: i + 1]))
                    for i, lengths in zip(piece, data.data.chunks, strict=True)
                )
                variable[region] = data[region].compute(scheduler="synchronous").to_numpy()


def open_netcdf(
    path: str | Path,
    *,
    variables: Mapping[str, str] | Iterable[str] = (),
    chunks: Mapping[str, int] | None = None,
) -> xr.Dataset:
    """Open a netCDF file and check that it is what it should be.

    Parameters
    ----------
    path : str or Path
    variables : mapping of name -> units, or names
        Variables that must be there; with units, these must match to the letter.
    chunks : mapping, optional
        Dask chunks; without, the file is read into memory and closed.

    Raises
    ------
    InputError
        Missing, truncated or no netCDF; variable missing.
    UnitsError
        Another unit than asked for.
    """
    file = Path(path)
    if not file.exists():
        raise InputError("file not found", where=str(file))
    try:
        require_whole(file)
        if chunks is None:
            with xr.open_dataset(file, engine="netcdf4") as lazy:
                _require_fitting(lazy, file)
                ds = lazy.load()
        else:
            with warnings.catch_warnings():
                # small variables may be kept in other pieces than the largest
                warnings.filterwarnings("ignore", message="The specified chunks separate")
                ds = xr.open_dataset(file, engine="netcdf4", chunks=dict(chunks))
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise _unreadable(str(file), error) from error
    wanted: dict[str, str | None] = (
        dict(variables.items()) if isinstance(variables, Mapping) else dict.fromkeys(variables)
    )
    for name, unit in wanted.items():
        if name not in ds.variables:
            raise InputError(
                "variable missing",
                where=f"{file}, variable {name}",
                allowed=f"the file has {', '.join(map(str, ds.data_vars))}",
            )
        found = ds[name].attrs.get("units")
        if unit is not None and found != unit:
            raise UnitsError(
                "wrong unit", where=f"{file}, variable {name}", value=found, allowed=unit
            )
    return ds


def open_in_chunks(
    path: str | Path,
    *,
    along: Sequence[str],
    variables: Mapping[str, str] | Iterable[str] = (),
    limit: int = CHUNK_BYTES,
    multiple: int = 1,
) -> xr.Dataset:
    """Open a file of any size for dask, with chunks that keep memory bounded.

    Parameters
    ----------
    path : str or Path
    along : sequence of str
        Dimensions that may be cut; the first that the file's largest variable has is cut.
    variables : mapping of name -> units, or names
        As for :func:`open_netcdf`.
    limit : int
        Bytes a chunk of the largest variable (more where the file itself keeps more together).
    multiple : int
        See :func:`scenair.core.audit.memory.bounded_chunks`.

    Raises
    ------
    InputError, UnitsError
        As :func:`open_netcdf`; none of ``along`` in the file.
    """
    with open_netcdf(path, chunks={}) as probe:
        if not probe.variables:
            raise InputError("a netCDF file without variables", where=str(path))
        largest = max(probe.variables.values(), key=lambda v: v.nbytes)
        sizes = {str(d): n for d, n in largest.sizes.items()}
        stored = largest.encoding.get("chunksizes") or (1,) * len(sizes)
    if largest.nbytes > MAX_CHUNKS * limit:
        raise InputError(
            "a header that declares more than any file holds", where=str(path),
            value=f"{largest.nbytes / 1e12:.1f} TB", allowed=f"{MAX_CHUNKS * limit / 1e12:.1f} TB",
        )  # fmt: skip
    cut = next((d for d in along if d in sizes), None)
    if cut is None or 0 in sizes.values():
        raise InputError(
            "nothing to cut a large file along", where=str(path), value=sizes,
            allowed=f"a dimension named {' or '.join(along)}, no dimension of length 0",
        )  # fmt: skip
    # counted in what the file keeps together: no stored chunk is unpacked twice
    unit = dict(zip(sizes, stored, strict=True))
    block = largest.dtype.itemsize * math.prod(stored)
    blocks = bounded_chunks(
        {dim: -(-length // unit[dim]) for dim, length in sizes.items()},
        along=cut,
        itemsize=block,
        limit=max(limit, block),
        multiple=math.lcm(multiple, unit[cut]) // unit[cut],
    )
    chunks = {dim: min(sizes[dim], count * unit[dim]) for dim, count in blocks.items()}
    return open_netcdf(path, variables=variables, chunks=chunks)


def compute(*values: Any, where: str) -> tuple[Any, ...]:
    """What dask has only planned, in one walk over the file; plain values come back as they are.

    Raises
    ------
    InputError
        A file that breaks off or is damaged inside.
    """
    import dask.base

    walk: Any = dask.base.compute  # dask has no types
    try:
        return tuple(walk(*values))
    except (OSError, RuntimeError) as error:
        raise _unreadable(where, error) from error


def _unreadable(where: str, error: Exception) -> InputError:
    return InputError(
        "not a readable netCDF file (truncated or of another format)",
        where=where,
        value=next(iter(str(error).splitlines()), type(error).__name__),
        remedy="delete it and run again, or bring it anew",
    )


def _require_fitting(ds: xr.Dataset, file: Path) -> None:
    """A header of a few kilobytes can declare arrays of any size."""
    if ds.nbytes > MAX_ARRAY_BYTES:
        raise InputError(
            "more than is read at once",
            where=str(file),
            value=f"{ds.nbytes / 1e9:.1f} GB as declared by the file",
            allowed=f"{MAX_ARRAY_BYTES / 1e9:.0f} GB",
            remedy="check the file; what is that large is to be read in chunks",
        )


def require_finite(da: xr.DataArray, *, where: str, minimum: float | None = 0.0) -> None:
    """Stop where an array has NaN, infinity or values below ``minimum``.

    Raises
    ------
    InputError
        With the first offending cell and its value.
    """
    values = np.asarray(da.values)
    bad = ~np.isfinite(values)
    what = "a value that is no number"
    if not bad.any() and minimum is not None:
        bad = values < minimum
        what = f"a value below {minimum:g}"
    if bad.any():
        first = tuple(int(axis[0]) for axis in np.nonzero(bad))
        cell = ", ".join(
            f"{dim}={da[dim].values[i] if dim in da.coords else i}"
            for dim, i in zip(da.dims, first, strict=True)
        )
        raise InputError(
            what,
            where=f"{where}, variable {da.name}, {cell}",
            value=f"{values[first]} ({int(bad.sum())} such cells)",
            allowed="finite" if minimum is None else f"finite and >= {minimum:g}",
        )
