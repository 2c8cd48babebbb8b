"""Files of the stage gridding: one function a rule, and the reader of the spatial operator."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
import xarray as xr

from scenair.config.case import CaseConfig
from scenair.config.gridding import GriddingConfig
from scenair.core.audit.closure import closure_table, require_closed
from scenair.core.errors import InputError
from scenair.core.grids import EARTH_RADIUS_M, LATLON, Grid, grid_from_attributes
from scenair.core.io.netcdf import open_netcdf, require_finite, write_netcdf
from scenair.core.io.reading import reader
from scenair.core.io.tables import read_csv, read_table, write_csv
from scenair.core.overlay import mass_weights, polygon_areas
from scenair.core.regions import counties, units
from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES
from scenair.core.units import EMISSION, FLUX
from scenair.gridding import months, operator, settlements, vertical
from scenair.gridding.dataset import MG_TO_KG, grid_emissions, gridded_mass, pack_operators
from scenair.gridding.io_cache import cached_operator, content_key
from scenair.gridding.io_rasters import read_raster
from scenair.gridding.rasters import raster_operator

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from shapely import Geometry

logger = logging.getLogger(__name__)

POINT_COLUMNS = ("id", "lon", "lat", "adcode", "sector", *SPECIES)


def build_spatial(*, config: Mapping[str, Any], spatial: str | Path) -> None:
    """Rule ``spatial``: the operator of every sector for the case's grid and units.

    Parameters
    ----------
    config : mapping
        Sections ``case`` and ``gridding``.
    spatial : path
        Output netCDF: compressed columns (sector-major, then city) of cells and weights.
    """
    case = CaseConfig.model_validate(config["case"])
    options = GriddingConfig.model_validate(config["gridding"])
    grid = case.grid.build()
    cities = case.adcodes()
    operators = _operators(grid, cities=cities, proxies=read_table(options.proxies))
    operators |= _raster_operators(grid, cities=cities, options=options)
    ds = pack_operators(operators, grid=grid, cities=cities)
    _check_columns(ds, where=str(spatial))
    write_netcdf(
        ds,
        spatial,
        title="Share of each unit's emission in each cell, by sector",
        attrs={
            "note": (
                "columns are sector-major, then city; cell is row-major from the south-west, "
                f"{grid.size} means outside the grid; every column sums to 1"
            ),
            "settlements": "GeoNames cities500, CC BY 4.0, https://www.geonames.org",
        },
    )


def _operators(
    grid: Grid, *, cities: tuple[int, ...], proxies: pd.DataFrame
) -> dict[str, sp.csc_matrix]:
    table = counties()
    table = table[table["adcode"].isin(cities)]
    missing = sorted(set(cities) - set(table["adcode"]))
    if missing:
        raise InputError(
            "units without counties", where="case.units", value=missing, allowed="adcodes of units"
        )
    geometries = list(table.geometry)
    areas = cached_operator(
        content_key("scenair.core.overlay", geometries=geometries, grid=grid),
        lambda: polygon_areas(geometries, grid),
    ).tocsr()
    census = read_table("regions/census2020_county.csv.gz")
    statistics = census.pivot_table(index="county", columns="variable", values="value")
    statistics = statistics.reindex(table.index).fillna(0.0)
    pattern = _settlement_pattern(grid, geometries=geometries, areas=areas)
    return operator.sector_operators(
        proxies,
        sectors=SECTORS,
        patterns={"area": mass_weights(areas), "settlement": pattern},
        statistics=statistics,
        unit_of_county=np.searchsorted(np.asarray(cities), table["adcode"].to_numpy()),
        n_units=len(cities),
        county_area=np.asarray(areas.sum(axis=0)).ravel(),
    )


def _settlement_pattern(
    grid: Grid, *, geometries: list[Geometry], areas: sp.csr_matrix
) -> sp.csr_matrix:
    """Cells x counties by the settlements of each county."""
    kernel = read_table("gridding/settlement_kernel.csv").set_index("parameter")["value"]
    places = read_table("gridding/settlements.csv.gz")
    population = places["value"].to_numpy(dtype=np.float64)
    population = np.where(population > 0, population, float(kernel["population_unknown"]))
    home = settlements.county_of_settlement(places, geometries)
    keep = home >= 0
    sigma = settlements.kernel_sigma(
        population[keep],
        area_per_person=float(kernel["built_up_area_per_person"]),
        minimum=float(kernel["sigma_minimum"]),
    )
    if grid.gdtyp == LATLON:
        sigma = np.degrees(sigma / EARTH_RADIUS_M)
    kernels = settlements.kernel_matrix(places[keep], grid, sigma=sigma)
    return operator.settlement_pattern(
        areas,
        kernels,
        population=population[keep],
        county=home[keep],
        cell_area=grid.cell_area,
    )


def _raster_operators(
    grid: Grid, *, cities: tuple[int, ...], options: GriddingConfig
) -> dict[str, sp.csc_matrix]:
    """Operators of the sectors for which the user has a raster."""
    out = {}
    geometries = list(units().geometry.loc[list(cities)]) if options.rasters else []
    for proxy in options.rasters:
        raster, amount = read_raster(proxy.path, variable=proxy.variable)
        arrays = (raster.lon, raster.lat, amount)
        key = content_key(
            "scenair.gridding.rasters", geometries=geometries, grid=grid, arrays=arrays
        )
        build = partial(raster_operator, geometries, raster, amount, grid, names=cities)
        out[proxy.sector] = cached_operator(key, build)
    return out


def _check_columns(ds: xr.Dataset, *, where: str) -> None:
    start = ds["column_start"].values
    total = np.add.reduceat(ds["weight"].values, start[:-1])
    bad = ~(np.abs(total - 1) < 1e-9) | (np.diff(start) < 1)
    if bad.any():
        raise InputError(
            "a column of the spatial operator doesn't sum to 1",
            where=f"{where}, column {int(bad.argmax())}",
            value=float(total[bad.argmax()]),
            allowed="1 within 1e-9",
            remedy="delete the file and run again",
        )


@reader
def read_spatial(path: str | Path) -> tuple[Grid, dict[str, sp.csc_matrix], tuple[int, ...]]:
    """The grid, the operator of each sector (cells + 1, cities) and the adcodes.

    Raises
    ------
    InputError
        Unreadable, or a column that doesn't sum to 1.
    """
    ds = open_netcdf(path, variables={"weight": "1", "cell": None, "column_start": None})
    require_finite(ds["weight"], where=str(path))
    _check_columns(ds, where=str(path))
    grid = grid_from_attributes(ds["crs"].attrs)
    stacked = sp.csc_matrix(
        (ds["weight"].values, ds["cell"].values, ds["column_start"].values),
        shape=(grid.size + 1, ds.sizes["sector"] * ds.sizes["city"]),
    )
    n = ds.sizes["city"]
    operators = {str(s): stacked[:, i * n : (i + 1) * n] for i, s in enumerate(ds["sector"].values)}
    return grid, operators, tuple(int(c) for c in ds["city"].values)


@reader
def read_points(
    path: str | Path, *, cities: tuple[int, ...], columns: tuple[str, ...] = POINT_COLUMNS
) -> pd.DataFrame:
    """Plants of a year, checked.

    Raises
    ------
    InputError
        Missing columns, unknown sector or city, emissions that are negative or no numbers.
    """
    import pandas as pd

    try:
        points = read_csv(path, columns=columns)
    except InputError as error:
        if "a table without rows" not in str(error):
            raise
        return pd.DataFrame(columns=list(columns))
    for column, allowed in (("sector", SECTORS), ("adcode", cities)):
        odd = ~points[column].isin(allowed)
        if odd.any():
            line = int(odd.to_numpy().argmax())
            raise InputError(
                f"a plant with an unknown {column}",
                where=f"{path}, line {line + 2}, id {points['id'].iloc[line]}",
                value=points[column].iloc[line],
                allowed="the sectors of scenair" if column == "sector" else "units of the case",
            )
    values = points[["lon", "lat", *SPECIES]].apply(pd.to_numeric, errors="coerce")
    amounts = values[list(SPECIES)].to_numpy(dtype=np.float64)
    wrong = ~np.isfinite(values.to_numpy(dtype=np.float64)).all(axis=1) | (amounts < 0).any(axis=1)
    if wrong.any():
        line = int(wrong.argmax())
        raise InputError(
            "a plant with an emission or coordinate that is negative or no number",
            where=f"{path}, line {line + 2}, id {points['id'].iloc[line]}",
            value=points.iloc[line][["lon", "lat", *SPECIES]].to_dict(),
            allowed="finite, emissions >= 0 Mg yr-1",
        )
    points[values.columns] = values
    return points


@reader
def read_cities(path: str | Path, *, cities: tuple[int, ...]) -> xr.DataArray:
    """``emission(city, sector, species)`` in Mg yr-1 of the case's units, all sectors and species.

    Raises
    ------
    InputError
        Other units, sectors or species than the case's; negative values or NaN.
    """
    emission = open_netcdf(path, variables={"emission": EMISSION})["emission"]
    for dim, wanted in (("city", cities), ("sector", SECTORS), ("species", SPECIES)):
        if dim not in emission.dims or tuple(emission[dim].values.tolist()) != wanted:
            raise InputError(
                f"the coordinate {dim} is not what the case asks for",
                where=str(path),
                value=f"{emission.sizes.get(dim, 0)} entries",
                allowed=f"{len(wanted)} entries in the order of scenair",
                remedy="the file belongs to another case: run in that case's working directory",
            )
    require_finite(emission, where=str(path))
    return emission.transpose("city", "sector", "species")


def require_totals(emission: xr.DataArray, check: str | Path, *, where: str) -> None:
    """Stop where city totals are not what the closure table beside them says.

    Raises
    ------
    MassBalanceError
        A species and sector off by more than 1e-6.
    """
    table = read_csv(check, columns=("species", "sector", "mass_out"))
    said = table.set_index(["species", "sector"])["mass_out"].to_xarray().fillna(0.0)
    into = said.reindex(species=list(SPECIES), sector=list(SECTORS), fill_value=0.0)
    frame = closure_table(stage="city totals", mass_in=into, mass_out=emission.sum("city"))
    require_closed(frame, where=f"{where}, against {check}")


def build_gridded(
    *,
    year: int,
    config: Mapping[str, Any],
    cities: str | Path,
    points: str | Path,
    spatial: str | Path,
    gridded: str | Path,
    closure: str | Path,
    check: str | Path | None = None,
) -> None:
    """Rule ``gridded``: city totals and plants to monthly fluxes, and the proof that none is lost.

    Parameters
    ----------
    year : int
    config : mapping
        Sections ``case`` and ``gridding``.
    cities, points, spatial : path
        Inputs: cities.nc, points.csv, spatial.nc.
    gridded, closure : path
        Outputs: gridded.nc, closure.csv.
    check : path, optional
        Closure of cities.nc (cities.closure.csv): the totals that the input must have.

    Raises
    ------
    MassBalanceError
        What was written differs from what came in by more than 1e-6.
    """
    options = GriddingConfig.model_validate(config["gridding"])
    grid, operators, adcodes = read_spatial(spatial)
    emission = read_cities(cities, cities=adcodes)
    if check is not None:
        require_totals(emission, check, where=str(cities))
    plants = read_points(points, cities=adcodes)
    share = _month_share(options, cities=adcodes, year=year)
    ds = grid_emissions(emission, plants, grid=grid, operators=operators, share=share, year=year)
    ds = ds.merge(_release(options))
    write_netcdf(
        ds,
        gridded,
        title=f"Emissions of {year} by month, sector and cell",
        attrs={
            "year": year,
            "note": (
                "flux = mass of the month / (cell_area x seconds of the month); plants included, "
                "NOx as NO2; release heights are for the emission without plants"
            ),
        },
    )
    del ds
    table = close_gridded(gridded, emission=emission, year=year)
    write_csv(table, closure)


def _month_share(options: GriddingConfig, *, cities: tuple[int, ...], year: int) -> xr.DataArray:
    temperature = read_table(options.temperature).pivot_table(
        index="city", columns="month", values="value"
    )
    temperature = temperature.reindex(index=list(cities), columns=range(1, 13))
    if temperature.isna().to_numpy().any():
        raise InputError(
            "units without monthly temperature",
            where=options.temperature,
            value=temperature.index[temperature.isna().any(axis=1)].tolist(),
            remedy="add twelve rows a unit",
        )
    return months.month_shares(
        table=read_table(options.months),
        response=read_table("gridding/temperature_response.csv"),
        temperature=temperature.to_numpy(dtype=np.float64),
        cities=cities,
        sectors=SECTORS,
        species=SPECIES,
        year=year,
    )


def _release(options: GriddingConfig) -> xr.Dataset:
    """Heights of release, as tabled (slabs) and on the layers of the surrogate."""
    heights, profiles = read_table(options.heights), read_table(options.sector_heights)
    tops = np.array(vertical.LAYER_TOPS)
    low, high, slabs = vertical.release_slabs(heights, profiles, sectors=SECTORS)
    layers = vertical.release_shares(heights, profiles, sectors=SECTORS)
    metres = {"units": "m", "positive": "up"}
    share = {"units": "1", "comment": "of the emission without plants"}
    return xr.Dataset(
        {
            "release": (("sector", "layer"), layers, share),
            "release_slab": (("sector", "slab"), slabs, share),
        },
        coords={
            "sector": list(SECTORS),
            "layer_bottom": ("layer", np.concatenate([[0.0], tops[:-1]]), metres),
            "layer_top": ("layer", tops, metres),
            "slab_bottom": ("slab", low, metres),
            "slab_top": ("slab", high, metres),
        },
    )


def close_gridded(path: str | Path, *, emission: xr.DataArray, year: int) -> pd.DataFrame:
    """Closure of gridded.nc against the city totals, from the written file.

    Raises
    ------
    MassBalanceError
        Any species and sector off by more than 1e-6.
    """
    units = dict.fromkeys(SPECIES, FLUX) | {"cell_area": "m2", "outside": "kg"}
    ds = open_netcdf(path, variables=units)
    if int(ds.attrs["year"]) != year:
        raise InputError("wrong year", where=str(path), value=ds.attrs["year"], allowed=str(year))
    table = closure_table(
        stage="gridding",
        mass_in=emission.sum("city"),
        mass_out=gridded_mass(ds, where=str(path)).sum("month") / MG_TO_KG,
        outside=ds["outside"].sum("month") / MG_TO_KG,
    )
    return require_closed(table, where=str(path))
