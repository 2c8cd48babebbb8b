"""The files of a CMAQ run as lazy hourly series, whatever their size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from scenair.cmaq import ioapi, readback
from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_in_chunks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from scenair.core.grids import Grid


def open_run(files: Sequence[str | Path]) -> dict[readback.Kind, xr.Dataset]:
    """Files by kind, each a lazy hourly series (time, y, x) of the surface layer.

    Raises
    ------
    InputError
        No files, one that can't be read, other grids, hours twice.
    """
    groups: dict[readback.Kind, list[xr.Dataset]] = {}
    for path in files:
        ds = open_in_chunks(path, along=("TSTEP",), variables=("TFLAG",))
        decoded = ioapi.decode(ds, where=str(path))
        if "layer" in decoded.dims:
            decoded = decoded.isel(layer=0)
        decoded.attrs = dict(ds.attrs) | {"file": str(path)}
        groups.setdefault(readback.kind_of(decoded), []).append(decoded)
    if not groups:
        raise InputError("no CMAQ output files", remedy="give ACONC, AELMO or COMBINE files")
    return {kind: _series(members, kind=kind) for kind, members in groups.items()}


def _series(members: Sequence[xr.Dataset], *, kind: str) -> xr.Dataset:
    ordered = sorted(members, key=lambda ds: ds.indexes["time"][0])
    first = ioapi.grid_of(ordered[0].attrs, where=ordered[0].attrs["file"])
    common = set(ordered[0].data_vars)
    for ds in ordered:
        if _place(ioapi.grid_of(ds.attrs, where=ds.attrs["file"])) != _place(first):
            raise InputError(
                "files of different grids",
                where=f"{ordered[0].attrs['file']}, {ds.attrs['file']}",
            )
        common &= set(ds.data_vars)
    names = [n for n in ordered[0].data_vars if n in common]
    joined = xr.concat(
        [ds[names] for ds in ordered], dim="time", combine_attrs="override", join="override",
        data_vars="minimal", coords="minimal", compat="override",
    )  # fmt: skip
    time = joined.indexes["time"]
    if not time.is_monotonic_increasing or time.has_duplicates:
        twice = time[1:][np.diff(time.to_numpy()) <= np.timedelta64(0)][0]
        raise InputError(
            f"the same hour in two {kind} files", value=f"{twice:%Y-%m-%d %H}Z",
            remedy="give each day once (a file with 25 records shares its last with the next day)",
        )  # fmt: skip
    joined.attrs = dict(ordered[0].attrs)
    return joined


def _place(grid: Grid) -> tuple[object, ...]:
    numbers = (grid.p_alp, grid.p_bet, grid.p_gam, grid.xcent, grid.ycent, grid.xorig, grid.yorig)
    return (grid.gdtyp, grid.ncols, grid.nrows, *(round(n, 3) for n in numbers))


def grid_of_run(series: Mapping[readback.Kind, xr.Dataset]) -> Grid:
    """The one grid of all files of a run.

    Raises
    ------
    InputError
        Several grids.
    """
    grids = [ioapi.grid_of(ds.attrs, where=ds.attrs["file"]) for ds in series.values()]
    if len({_place(g) for g in grids}) > 1:
        raise InputError("ACONC, AELMO and COMBINE files are on different grids")
    return grids[0]
