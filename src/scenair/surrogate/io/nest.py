"""What a nest takes from its parent."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from scenair.core.audit.checksums import sha256_of
from scenair.core.audit.closure import closure_table, require_closed
from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_netcdf, require_finite, write_netcdf
from scenair.core.overlay import polygon_areas
from scenair.core.periods import seconds_in_months
from scenair.core.regions import units
from scenair.surrogate.io.fields import read_config, read_meteorology, read_parameters
from scenair.surrogate.io.tracers import (
    own_grid,
    read_background,
    read_emissions,
    read_tracers,
)
from scenair.surrogate.layers import LAYER_TOPS_M, middle
from scenair.surrogate.nest_winds import nest_winds
from scenair.surrogate.nesting import Nest, bilinear, boundary_values, emissions_around
from scenair.surrogate.ozone import Whole
from scenair.surrogate.parametric import wind_profile
from scenair.surrogate.products import WARM_QUARTERS
from scenair.surrogate.quarter import TRACERS
from scenair.surrogate.sources import INPUT_SPECIES
from scenair.surrogate.year import read_emitted, together

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from scenair.config.case import CaseConfig
    from scenair.config.surrogate import SurrogateConfig
    from scenair.core.grids import Grid
    from scenair.surrogate.parameters import Parameters
    from scenair.surrogate.year import Emitted

Array = npt.NDArray[np.float64]

CLEAN: Final = "clean: no controlled species enters through the borders"


def build_nest_background(
    *, config: Mapping[str, Any], parent: str | Path, background: str | Path
) -> None:
    """The background B of a nest, which is that of its parent.

    What neither run controls is the same air in both. Made anew on the nest it would differ,
    because the means of the table hold for the part of a region that lies on the grid.

    Parameters
    ----------
    config : mapping
        Sections ``case`` and ``surrogate``.
    parent : path
        ``background.nc`` of the parent.
    background : path
        Written: the same variables on the nest, bilinear.
    """
    case, _ = read_config(config)
    grid = case.grid.build()
    ds, outer = read_background(parent)
    xx, yy = np.meshgrid(grid.x, grid.y)
    lon, lat = grid.unproject(xx.ravel(), yy.ravel())
    weights = bilinear(outer, *outer.project(lon, lat), nest=grid.name)
    moved: dict[str, Any] = {}
    for name, field in ds.data_vars.items():
        if field.dims[-2:] != ("y", "x"):
            continue
        flat = field.values.reshape(-1, outer.size).astype(np.float64)
        values = (weights @ flat.T).T.reshape(*field.shape[:-2], *grid.shape)
        moved[str(name)] = (field.dims, values.astype(np.float32), field.attrs)
    coords: dict[str, Any] = {c: ds[c] for c in ("component", "quarter") if c in ds.coords}
    coords |= {"y": ("y", grid.y, {"units": "m"}), "x": ("x", grid.x, {"units": "m"})}
    out = xr.Dataset(moved, coords=coords)
    out["crs"] = ((), np.int32(0), grid.cf_attributes())
    attrs = {key: ds.attrs[key] for key in ("synthetic", "note") if key in ds.attrs}
    attrs["parent"] = f"background of {outer.name}, sha256 {sha256_of(parent)}"
    title = "PM2.5 that no scenario controls, by calendar quarter"
    write_netcdf(out, background, title=title, attrs=attrs)


def match_winds(
    meteorology: str | Path, *, winds: str | Path, parent: str | Path, config: Mapping[str, Any]
) -> None:
    """Let the winds of a nest carry through its borders what those of its parent carry there.

    Winds that the user brought on the nest's own grid stay as they are.

    Parameters
    ----------
    meteorology : path
        Of the nest; read, and written anew.
    winds : path
        What it was made from.
    parent : path
        ``meteorology.nc`` of the parent.
    config : mapping
        Sections ``case`` and ``surrogate``.
    """
    with open_netcdf(winds, chunks={}) as source:
        if "wind_x" in source:
            return
    case, options = read_config(config)
    grid, par = case.grid.build(), read_parameters(options.parameters)
    ds = read_meteorology(meteorology, grid=grid)
    theirs = open_netcdf(parent, variables={"wind_x": "m s-1", "wind_y": "m s-1"})
    outer = own_grid(theirs, where=str(parent))
    for name in ("wind_x", "wind_y"):
        require_finite(theirs[name], where=str(parent), minimum=None)
    tops, parent_tops = (tuple(f["layer_top"].values.tolist()) for f in (ds, theirs))
    # as in the free fields: the wind at 10 m is kept, aloft it is less known
    variance = (wind_profile(middle(tops), par=par) - 1) ** 2
    found = nest_winds(
        (ds["wind_x"].values.astype(float), ds["wind_y"].values.astype(float)),
        (theirs["wind_x"].values.astype(float), theirs["wind_y"].values.astype(float)),
        grid=grid, parent=outer, tops=tops, parent_tops=parent_tops, variance=variance,
    )  # fmt: skip
    for name, values in zip(("wind_x", "wind_y"), found, strict=True):
        ds[name] = (ds[name].dims, values.astype(ds[name].dtype), ds[name].attrs)
    by_writer = ("Conventions", "title", "resource_tables")
    attrs = {k: v for k, v in ds.attrs.items() if k not in by_writer}
    attrs["parent"] = f"column flow through the borders of {outer.name}, sha256 {sha256_of(parent)}"
    title = "meteorology of the surrogate by calendar quarter"
    write_netcdf(ds, meteorology, title=title, attrs=attrs)


def read_nest(
    parent: Sequence[str | Path],
    *,
    own: xr.Dataset,
    case: CaseConfig,
    year: int,
    scenario: str,
    grid: Grid,
) -> Nest | None:
    """What the parent's files give to this run; nothing where there are none.

    Parameters
    ----------
    parent : sequence of path
        None, or ``tracers.nc`` and ``gridded.nc`` of the parent's same year and scenario.
    own : Dataset
        Contents of the nest's ``gridded.nc``.
    case : CaseConfig
    year, scenario
    grid : Grid
        Of the nest.
    """
    if not parent:
        return None
    nest = read_boundary(parent[0], year=year, scenario=scenario, grid=grid)
    around = read_around(parent[1], own=own, case=case, year=year, grid=grid)
    return replace(nest, around=around)


def read_boundary(path: str | Path, *, year: int, scenario: str, grid: Grid) -> Nest:
    """Air of the parent at the borders of ``grid``, without the emissions around."""
    ds, outer = read_tracers(path, year=year, scenario=scenario)
    move = partial(
        boundary_values, parent=outer, grid=grid,
        parent_tops=ds["layer_top"].values.astype(np.float64), tops=np.array(LAYER_TOPS_M),
    )  # fmt: skip
    values = move(ds["concentration"].values)
    boundary = {name: values[:, i] for i, name in enumerate(TRACERS)}
    ozone = {}
    if "oxidant" in ds:
        fields = Whole(move(ds["oxidant"].values), move(ds["voc"].values))
        ozone = {q: Whole(fields.oxidant[i], fields.voc[i]) for i, q in enumerate(WARM_QUARTERS)}
    origin = f"parent {ds.attrs.get('case', '')} {outer.name} {year}/{scenario}"
    origin += f", sha256 {sha256_of(path)}"
    if not ozone:
        origin += "; Ox and VOC of the ozone module keep their own boundary"
    return Nest(boundary, None, origin, ozone)


def read_around(
    path: str | Path, *, own: xr.Dataset, case: CaseConfig, year: int, grid: Grid
) -> xr.Dataset | None:
    """Emissions of the parent inside the nest from other units; nothing where there are none."""
    others = area_of_others(case, grid)
    if not others.any():
        return None
    emissions = read_emissions(path, year=year)
    outer = own_grid(emissions, where=str(path))
    around, taken = emissions_around(emissions, own, parent_grid=outer, grid=grid, others=others)
    around["taken"] = taken.assign_attrs(units="kg s-1")
    return around


def require_own(case: CaseConfig, options: SurrogateConfig, *, what: str, remedy: str) -> None:
    """Stop where a nest asks for what only a run without parent can give.

    Raises
    ------
    InputError
    """
    if options.parent:
        raise InputError(
            f"a nest can't have {what} of its own", where=f"case {case.name}, surrogate.parent",
            value=options.parent, remedy=remedy,
        )  # fmt: skip


def emitted_with(
    nest: Nest | None, ds: xr.Dataset, quarter: int, *, year: int, par: Parameters
) -> Emitted:
    """Emissions of a quarter from ``gridded.nc``, with those around a nest's units."""
    own = read_emitted(ds, quarter, year=year, par=par)
    if nest is None or nest.around is None:
        return own
    return together(own, read_emitted(nest.around, quarter, year=year, par=par))


def area_of_others(case: CaseConfig, grid: Grid) -> Array:
    """Area (y, x) of the mainland's units that are not the case's, m2."""
    frame = units()
    others = frame.loc[~frame.index.isin(case.adcodes())]
    if others.empty:
        return np.zeros(grid.shape)
    west, south, east, north = _lonlat_bounds(grid)
    near = others.cx[west:east, south:north]
    areas = polygon_areas(list(near.geometry), grid)[:-1]
    return np.asarray(areas.sum(axis=1)).reshape(grid.shape)


def _lonlat_bounds(grid: Grid) -> tuple[float, float, float, float]:
    lon, lat = grid.unproject(*np.meshgrid(grid.x_edges, grid.y_edges))
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def around_closure(nest: Nest | None, *, year: int, where: str) -> pd.DataFrame | None:
    """Closure of the emissions that a nest takes from its parent, Mg."""
    if nest is None or nest.around is None:
        return None
    ds = nest.around
    seconds = seconds_in_months(year)
    area = ds["cell_area"].transpose("y", "x").values.astype(np.float64)
    masses = [
        seconds @ np.einsum("msyx,yx->ms", ds[name].values, area) / 1e3 for name in INPUT_SPECIES
    ]
    coords = {"species": list(INPUT_SPECIES), "sector": ds["sector"].values}
    table = closure_table(
        stage="surrogate surroundings",
        mass_in=(ds["taken"] * xr.DataArray(seconds / 1e3, dims="month")).sum("month"),
        mass_out=xr.DataArray(np.stack(masses), dims=("species", "sector"), coords=coords),
    )
    return require_closed(table, where=where)
