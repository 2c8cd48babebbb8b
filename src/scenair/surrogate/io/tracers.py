"""The files of a run that its nests read: tracers, emissions, background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from scenair.core.errors import InputError, MassBalanceError
from scenair.core.grids import grid_from_attributes
from scenair.core.io.netcdf import open_netcdf, require_finite
from scenair.core.io.reading import reader
from scenair.core.periods import QUARTERS
from scenair.core.units import FLUX, require_units
from scenair.surrogate.gridded import check_grid
from scenair.surrogate.layers import LAYER_TOPS_M
from scenair.surrogate.products import WARM_QUARTERS
from scenair.surrogate.quarter import TRACERS
from scenair.surrogate.sources import INPUT_SPECIES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scenair.core.grids import Grid

#: Tracers whose surface field stands in ``annual.nc`` too.
_COMPARED: Final = ("SO4", "BC", "OTHER")
#: Fields of the ozone module: name -> unit, long name.
OZONE: Final = {
    "oxidant": ("ppb", "O3 + NO2"),
    "voc": ("ug m-3", "anthropogenic VOC"),
}
#: Relative to the largest value: a sweep's solution may differ from one of its own by this.
_SAME: Final = 1e-4


def tracers_dataset(
    fields: npt.NDArray[np.float32], warm: Sequence[npt.NDArray[np.float32]], *, grid: Grid
) -> xr.Dataset:
    """A dataset of the fields of a run.

    Parameters
    ----------
    fields : (quarter, tracer, layer, y, x)
        ug m-3.
    warm : sequence of (2, layer, y, x)
        Ox (ppb) and VOC (ug m-3) of the warm quarters, or nothing.
    grid : Grid
    """
    tops = np.array(LAYER_TOPS_M)
    ds = xr.Dataset(
        {
            "concentration": (
                ("quarter", "tracer", "layer", "y", "x"),
                fields,
                {
                    "units": "ug m-3",
                    "long_name": "concentration of what the run emits",
                    "grid_mapping": "crs",
                    "note": "NOx as NO2; TNO3 and TNH4: gas and particles together as nitrate and "
                    "ammonium; PRECURSOR: counted as the SOA it becomes",
                },
            ),
            "layer_bottom": (("layer",), np.r_[0.0, tops[:-1]], {"units": "m"}),
            "layer_top": (("layer",), tops, {"units": "m"}),
        },
        coords={
            "quarter": np.array(QUARTERS),
            "tracer": np.array(TRACERS),
            "y": ("y", grid.y, {"units": "m", "standard_name": "projection_y_coordinate"}),
            "x": ("x", grid.x, {"units": "m", "standard_name": "projection_x_coordinate"}),
        },
    )
    for i, (name, (unit, words)) in enumerate(OZONE.items() if warm else ()):
        attrs = {"units": unit, "long_name": words, "grid_mapping": "crs"}
        ds[name] = (("warm_quarter", "layer", "y", "x"), np.stack([w[i] for w in warm]), attrs)
    if warm:
        ds["warm_quarter"] = np.array([QUARTERS[q] for q in WARM_QUARTERS])
    ds["crs"] = ((), np.int32(0), grid.cf_attributes())
    return ds


def verify_tracers(
    path: str | Path, *, annual: str | Path, year: int, scenario: str
) -> dict[str, float]:
    """Largest difference of the surface fields from those in ``annual``, over the maximum.

    Raises
    ------
    InputError
        The written file can't be read back.
    MassBalanceError
        The two files are not of one run.
    """
    ds, _ = read_tracers(path, year=year, scenario=scenario)
    fields = open_netcdf(annual, variables=dict.fromkeys(_COMPARED, "ug m-3"))
    found = {}
    for name in _COMPARED:
        own = fields[name].transpose("quarter", "y", "x").values.astype(np.float64)
        if f"anchor_{name}" in fields:
            own = own / fields[f"anchor_{name}"].transpose("quarter", "y", "x").values
        mine = ds["concentration"].sel(tracer=name).isel(layer=0).values
        found[name] = float(np.abs(mine - own).max() / max(own.max(), 1e-30))
        if found[name] > _SAME:
            raise MassBalanceError(
                "tracers and concentrations are not of one run",
                where=f"{path} and {annual}, {name} at the surface",
                value=f"relative difference {found[name]:.1e}", allowed=f"up to {_SAME:g}",
                remedy="delete both and run again",
            )  # fmt: skip
    return found


@reader
def read_tracers(path: str | Path, *, year: int, scenario: str) -> tuple[xr.Dataset, Grid]:
    """A file of tracers, checked, and its grid.

    Raises
    ------
    InputError, UnitsError
        Unreadable, variable missing, wrong unit, of another year, scenario or set of tracers,
        coordinates that are not those of its own grid, values missing or negative.
    """
    where = str(path)
    ds = open_netcdf(path, variables={"concentration": "ug m-3", "layer_top": "m"})
    found = f"{ds.attrs.get('year')}/{ds.attrs.get('scenario')}"
    if found != f"{year}/{scenario}":
        raise InputError(
            "tracers of another year or scenario", where=where, value=found,
            allowed=f"{year}/{scenario}",
        )  # fmt: skip
    grid = own_grid(ds, where=where)
    ds["concentration"] = ds["concentration"].transpose("quarter", "tracer", "layer", "y", "x")
    for dim, wanted in (("tracer", TRACERS), ("quarter", QUARTERS)):
        if tuple(ds[dim].values.tolist()) != tuple(wanted):
            raise InputError(
                f"the file has another set along {dim}", where=where,
                value=", ".join(map(str, ds[dim].values)), allowed=", ".join(wanted),
                remedy="make it with this version of scenair",
            )  # fmt: skip
    require_finite(ds["concentration"], where=where)
    if any(name in ds for name in OZONE):
        _check_ozone(ds, where=where)
    tops = ds["layer_top"].values
    if not (np.diff(np.r_[0.0, tops]) > 0).all():
        raise InputError("layers that do not rise", where=f"{where}, layer_top", value=tops)
    return ds, grid


def _check_ozone(ds: xr.Dataset, *, where: str) -> None:
    for name, (unit, _) in OZONE.items():
        if name not in ds:
            raise InputError("variable missing", where=f"{where}, variable {name}")
        require_units(ds[name], unit, where=where)
        ds[name] = ds[name].transpose("warm_quarter", "layer", "y", "x")
        require_finite(ds[name], where=where)
    found = ds["warm_quarter"].values.tolist()
    wanted = [QUARTERS[q] for q in WARM_QUARTERS]
    if found != wanted:
        raise InputError(
            "the file has another set along warm_quarter", where=where,
            value=found, allowed=", ".join(wanted),
        )  # fmt: skip


@reader
def read_emissions(path: str | Path, *, year: int) -> xr.Dataset:
    """The emissions of a run, checked as far as they can be without its city totals.

    Raises
    ------
    InputError, UnitsError
        Unreadable, species missing, wrong unit or year, values missing or negative.
    """
    ds = open_netcdf(path, variables=dict.fromkeys(INPUT_SPECIES, FLUX) | {"cell_area": "m2"})
    if int(ds.attrs.get("year", -1)) != year:
        raise InputError(
            "the file is of another year", where=str(path),
            value=ds.attrs.get("year"), allowed=str(year),
        )  # fmt: skip
    for name in (*INPUT_SPECIES, "cell_area"):
        require_finite(ds[name], where=str(path))
    return ds


@reader
def read_background(path: str | Path) -> tuple[xr.Dataset, Grid]:
    """A background file and its grid.

    Raises
    ------
    InputError, UnitsError
        Unreadable, variable missing, wrong unit or grid, values missing or negative.
    """
    ds = open_netcdf(path, variables={"BACKGROUND": "ug m-3"})
    grid = own_grid(ds, where=str(path))
    for name, field in ds.data_vars.items():
        if name != "crs":
            require_finite(field, where=str(path))
    return ds, grid


def own_grid(ds: xr.Dataset, *, where: str) -> Grid:
    """The grid that a file of scenair names, if its axes are those of that grid.

    Raises
    ------
    InputError
    """
    if "crs" not in ds:
        raise InputError("variable missing", where=f"{where}, variable crs")
    try:
        grid = grid_from_attributes(ds["crs"].attrs)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            "the file does not say on which grid it is", where=f"{where}, variable crs",
            value=str(error), allowed="the GRIDDESC numbers that scenair writes",
        ) from error  # fmt: skip
    check_grid(ds, grid, where=where)
    return grid
