"""The fields of all tracers of a run, and what a nest takes from them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from scenair.core.audit.checksums import sha256_of
from scenair.core.audit.closure import closure_table, require_closed
from scenair.core.errors import InputError, MassBalanceError
from scenair.core.grids import grid_from_attributes
from scenair.core.io.netcdf import open_netcdf, require_finite, write_netcdf
from scenair.core.io.reading import reader
from scenair.core.overlay import polygon_areas
from scenair.core.periods import QUARTERS, seconds_in_months
from scenair.core.regions import units
from scenair.core.units import FLUX
from scenair.surrogate.geometry import geometry
from scenair.surrogate.gridded import check_grid
from scenair.surrogate.io.fields import read_config, read_meteorology, read_parameters
from scenair.surrogate.layers import LAYER_TOPS_M
from scenair.surrogate.nesting import Nest, bilinear, boundary_values, emissions_around
from scenair.surrogate.quarter import TRACERS
from scenair.surrogate.sources import INPUT_SPECIES
from scenair.surrogate.year import read_emitted, solve_quarter, together

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from scenair.config.case import CaseConfig
    from scenair.core.grids import Grid
    from scenair.surrogate.parameters import Parameters
    from scenair.surrogate.year import Emitted

Array = npt.NDArray[np.float64]

#: Tracers whose surface field stands in ``annual.nc`` too.
_COMPARED: Final = ("SO4", "BC", "OTHER")
#: Relative to the largest value: a sweep's solution may differ from one of its own by this.
_SAME: Final = 1e-4
CLEAN: Final = "clean: no controlled species enters through the borders"


def build_tracers(
    *,
    year: int,
    scenario: str,
    config: Mapping[str, Any],
    gridded: str | Path,
    meteorology: str | Path,
    annual: str | Path,
    tracers: str | Path,
    parent: Sequence[str | Path] = (),
    threads: int = 1,
) -> None:
    """Fields of all tracers of one year of a scenario, from which nests take their inflow.

    Parameters
    ----------
    year, scenario
        Wildcards of the target.
    config : mapping
        Sections ``case`` and ``surrogate``.
    gridded, meteorology : path
    annual : path
        Concentrations of the same run; the surface fields must agree.
    tracers : path
        Written: ``concentration(quarter, tracer, layer, y, x)``, ug m-3.
    parent : sequence of path
        As in ``build_air_quality``: a nest may be a parent itself.
    threads : int
        Quarters that are solved side by side.
    """
    case, options = read_config(config)
    grid, par = case.grid.build(), read_parameters(options.parameters)
    met = read_meteorology(meteorology, grid=grid)
    emissions = read_emissions(gridded, year=year)
    check_grid(emissions, grid, where=str(gridded))
    nest = read_nest(parent, own=emissions, case=case, year=year, scenario=scenario, grid=grid)
    geo = geometry(grid)

    def solve(number: int) -> npt.NDArray[np.float32]:
        emitted = emitted_with(nest, emissions, number, year=year, par=par)
        solved = solve_quarter(met, number, emitted, biogenic=None, geo=geo, par=par, nest=nest)
        fields = np.stack([solved.result.tracer[name] for name in TRACERS])
        # the iteration leaves round-off below zero
        return np.maximum(fields, 0.0).astype(np.float32)

    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        fields = np.stack(list(pool.map(solve, range(4))))
    attrs = {
        "year": year,
        "scenario": scenario,
        "case": case.name,
        "source": "surrogate",
        "synthetic": met.attrs.get("synthetic", "false"),
        "note": f"{met.attrs.get('note', '')}; not anchored; without the background B".strip("; "),
        "inflow": CLEAN if nest is None else nest.origin,
    }
    write_netcdf(
        tracers_dataset(fields, grid=grid), tracers, title=f"tracers {year} {scenario}",
        attrs=attrs, level=4,
    )  # fmt: skip
    verify_tracers(tracers, annual=annual, year=year, scenario=scenario)


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


@reader
def read_background(path: str | Path) -> tuple[xr.Dataset, Grid]:
    """A background file and its grid.

    Raises
    ------
    InputError, UnitsError
        Unreadable, variable missing, wrong unit or grid, values missing or negative.
    """
    ds = open_netcdf(path, variables={"BACKGROUND": "ug m-3"})
    grid = grid_from_attributes(ds["crs"].attrs)
    check_grid(ds, grid, where=str(path))
    for name, field in ds.data_vars.items():
        if name != "crs":
            require_finite(field, where=str(path))
    return ds, grid


def tracers_dataset(fields: npt.NDArray[np.float32], *, grid: Grid) -> xr.Dataset:
    """A dataset of ``fields`` (quarter, tracer, layer, y, x), ug m-3."""
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
    grid = grid_from_attributes(ds["crs"].attrs)
    check_grid(ds, grid, where=where)
    ds["concentration"] = ds["concentration"].transpose("quarter", "tracer", "layer", "y", "x")
    for dim, wanted in (("tracer", TRACERS), ("quarter", QUARTERS)):
        if tuple(ds[dim].values.tolist()) != tuple(wanted):
            raise InputError(
                f"the file has another set along {dim}", where=where,
                value=", ".join(map(str, ds[dim].values)), allowed=", ".join(wanted),
                remedy="make it with this version of scenair",
            )  # fmt: skip
    require_finite(ds["concentration"], where=where)
    tops = ds["layer_top"].values
    if not (np.diff(np.r_[0.0, tops]) > 0).all():
        raise InputError("layers that do not rise", where=f"{where}, layer_top", value=tops)
    return ds, grid


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
    path, gridded = parent
    ds, outer = read_tracers(path, year=year, scenario=scenario)
    tops = ds["layer_top"].values.astype(np.float64)
    values = boundary_values(
        ds["concentration"].values,
        parent=outer, grid=grid, parent_tops=tops, tops=np.array(LAYER_TOPS_M),
    )  # fmt: skip
    boundary = {name: values[:, i] for i, name in enumerate(TRACERS)}
    name = ds.attrs.get("case", "")
    origin = f"parent {name} {outer.name} {year}/{scenario}, sha256 {sha256_of(path)}"
    others = area_of_others(case, grid)
    around = None
    if others.any():
        emissions = read_emissions(gridded, year=year)
        check_grid(emissions, outer, where=str(gridded))
        around, taken = emissions_around(
            emissions, own, parent_grid=outer, grid=grid, others=others
        )
        around["taken"] = taken.assign_attrs(units="kg s-1")
    return Nest(boundary, around, origin)


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
