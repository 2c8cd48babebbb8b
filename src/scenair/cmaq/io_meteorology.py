"""wrfout and MCIP files as one neutral dataset, and as the meteorology of the surrogate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import xarray as xr

from scenair.cmaq import mcip, met_quarters, wrf
from scenair.core.errors import InputError
from scenair.core.grids import grid_from_attributes
from scenair.core.io.netcdf import open_netcdf, write_netcdf
from scenair.core.io.tables import read_table
from scenair.core.periods import QUARTERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scenair.core.grids import Grid

MCIP_KINDS = ("METCRO2D", "METCRO3D", "METDOT3D", "GRIDCRO2D")


def read_wrf(files: Sequence[str | Path], *, grid: Grid | None = None) -> xr.Dataset:
    """Files of one WRF domain as fields in SI units (:func:`scenair.cmaq.wrf.fields`), lazy.

    Raises
    ------
    InputError
        Files that can't be read, of other shapes, or times that do not ascend.
    """
    if not files:
        raise InputError("no wrfout files")
    parts = [_open(path) for path in files]
    shapes = {tuple(sorted((k, v) for k, v in ds.sizes.items() if k != "Time")) for ds in parts}
    if len(shapes) > 1:
        raise InputError("wrfout files of different domains", where=", ".join(map(str, files)))
    common = set.intersection(*({str(v) for v in ds.data_vars} for ds in parts))
    parts = [ds[sorted(common)] for ds in parts]
    order = sorted(parts, key=lambda ds: wrf.times_of(ds, where="wrfout")[0])
    joined = order[0]
    if len(order) > 1:
        joined = xr.concat(
            order, dim="Time", data_vars="minimal", coords="minimal", compat="override",
            join="override", combine_attrs="override",
        )  # fmt: skip
    return wrf.fields(joined, where=str(files[0]), grid=grid)


def read_mcip(folders: Sequence[str | Path], *, grid: Grid | None = None) -> xr.Dataset:
    """Folders of MCIP output, a day each, as fields in SI units, lazy.

    A folder holds one file of each of METCRO2D, METCRO3D, METDOT3D, GRIDCRO2D (any suffix).

    Raises
    ------
    InputError
        No METCRO2D, or two of a kind in a folder.
    """
    days = []
    for folder in map(Path, folders):
        found = {}
        for kind in MCIP_KINDS:
            files = sorted(folder.glob(f"{kind}*"))
            if len(files) > 1:
                raise InputError(
                    f"more than one {kind}", where=str(folder),
                    value=", ".join(f.name for f in files), remedy="one folder a day",
                )  # fmt: skip
            if files:
                found[kind] = _open(files[0])
        days.append(mcip.fields(found, where=str(folder), grid=grid))
    return mcip.join(days, where=", ".join(map(str, folders)))


def _open(path: str | Path) -> xr.Dataset:
    """As stored and lazy: no decoding of times (Times and TFLAG are read by hand)."""
    open_netcdf(path, chunks={}).close()
    return xr.open_dataset(path, engine="netcdf4", chunks="auto", decode_times=False)


def write_quarters(fields: xr.Dataset, path: str | Path) -> None:
    """Means by calendar quarter of the fields, with the number of records in each.

    The 10 m wind also as mean speed, since a mean vector says nothing of how fast air moved.
    """
    quarter = xr.DataArray(
        [QUARTERS[(int(m) - 1) // 3] for m in fields["time.month"].values], dims="time",
        name="quarter",
    )  # fmt: skip
    moving = [n for n, v in fields.data_vars.items() if "time" in v.dims]
    named = fields[moving]
    if "u_10m" in named and "v_10m" in named:
        speed = (named["u_10m"] ** 2 + named["v_10m"] ** 2) ** 0.5
        named = named.assign(wind_speed_10m=speed.assign_attrs(units="m s-1"))
    units = {n: named[n].attrs["units"] for n in named.data_vars}
    means = named.groupby(quarter).mean("time", skipna=True).astype("float32")
    count = quarter.groupby(quarter).count().astype("int32")
    out = means.assign({n: v for n, v in fields.data_vars.items() if n not in moving})
    out["records"] = count.assign_attrs(units="1")
    for name, unit in units.items():
        out[name].attrs["units"] = unit
    write_netcdf(out, path, title="Quarterly means of meteorology", attrs=dict(fields.attrs))


def write_for_surrogate(fields: xr.Dataset, path: str | Path, *, grid: Grid | None = None) -> None:
    """The fields as the file that ``surrogate.meteorology`` of a case can name.

    Parameters
    ----------
    fields : Dataset
        :func:`read_wrf` or :func:`read_mcip`; hours of every quarter.
    path : path
    grid : Grid, optional
        The case's grid where the files cover more (wrfout without the cut of MCIP).

    Raises
    ------
    InputError
        Fields or quarters missing; cells that are not those of the grid.
    """
    where = f"meteorology from {fields.attrs.get('source', 'files')}"
    if grid is None:
        grid = grid_from_attributes(fields["crs"].attrs)
    else:
        fields = met_quarters.window(fields, grid, where=where)
    table = read_table("surrogate/parameters.csv")
    table = table[table["parameter"].isin(met_quarters.FIGURES)]
    figures = {str(r.parameter): float(str(r.value)) for r in table.itertuples()}
    made = met_quarters.quarterly(fields, grid=grid, figures=figures, where=where)
    first, last = (f"{fields.indexes['time'][k]:%Y-%m-%d %H}Z" for k in (0, -1))
    write_netcdf(
        made,
        path,
        title="Quarterly meteorology for the surrogate, from hourly fields",
        attrs={
            "source": f"{fields.attrs['source']}, {first} to {last}",
            "note": "horizontal diffusivity is the variance of the hourly wind times "
            "transient_time; hours of a quarter stand for the quarter",
        },
    )
