"""Datasets of the stage gridding in memory: the packed operator and the gridded fluxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import scipy.sparse as sp
import xarray as xr

from scenair.core.grids import LATLON, Grid
from scenair.core.io.netcdf import require_finite
from scenair.core.periods import seconds_in_months
from scenair.core.sectors import SECTORS
from scenair.core.species import LONG_NAMES, SPECIES
from scenair.core.units import FLUX
from scenair.gridding import cube

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

MG_TO_KG: Final = 1000.0
_CELL_DIMS = ("month", "sector", "y", "x")


def axes(grid: Grid) -> dict[str, Any]:
    unit = "degree" if grid.gdtyp == LATLON else "m"
    name = "grid_" if grid.gdtyp == LATLON else "projection_"
    suffix = ("longitude", "latitude") if grid.gdtyp == LATLON else ("x_coordinate", "y_coordinate")
    return {
        axis: (
            axis,
            values,
            {"units": unit, "standard_name": f"{name}{kind}", "axis": axis.upper()},
        )
        for axis, values, kind in zip(("x", "y"), (grid.x, grid.y), suffix, strict=True)
    }


def pack_operators(
    operators: Mapping[str, sp.csc_matrix], *, grid: Grid, cities: tuple[int, ...]
) -> xr.Dataset:
    """Operators of all sectors as compressed columns (sector-major, then city)."""
    stacked = sp.hstack([operators[s] for s in operators], format="csc")
    stacked.sort_indices()
    return xr.Dataset(
        {
            "weight": ("entry", stacked.data, {"units": "1"}),
            "cell": ("entry", stacked.indices.astype(np.int32), {"long_name": "flat cell"}),
            "column_start": ("bound", stacked.indptr.astype(np.int32)),
            "cell_area": (("y", "x"), grid.cell_area, {"units": "m2", "grid_mapping": "crs"}),
            "crs": ((), np.int32(0), grid.cf_attributes()),
        },
        coords={
            "sector": list(operators),
            "city": np.asarray(cities, dtype=np.int32),
            **axes(grid),
        },
    )


def grid_emissions(
    emission: xr.DataArray,
    points: pd.DataFrame,
    *,
    grid: Grid,
    operators: Mapping[str, sp.csc_matrix],
    share: xr.DataArray,
    year: int,
) -> xr.Dataset:
    """Monthly fluxes of all sectors.

    Parameters
    ----------
    emission : DataArray (city, sector, species)
        Mg yr-1, plants included.
    points : DataFrame
        Columns of :data:`POINT_COLUMNS`, Mg yr-1.
    operators : mapping
        Sector -> csc_matrix (cells + 1, cities), columns sum to 1.
    share : DataArray (sector, species, month, city)

    Returns
    -------
    Dataset
        One float32 variable a species (month, sector, y, x) in kg m-2 s-1; ``mass`` and
        ``outside`` (species, month, sector) in kg; ``month_share``; ``cell_area``; ``crs``.
    """
    adcodes = [int(c) for c in emission["city"].values]
    plants = cube.plant_totals(points, cities=adcodes, sectors=SECTORS, species=SPECIES)
    rest = cube.area_remainder(emission, plants)
    cell = cube.locate_plants(points, grid)
    city = np.searchsorted(np.asarray(adcodes), points["adcode"].to_numpy(dtype=np.int64))
    amounts = points[list(SPECIES)].to_numpy(dtype=np.float64)
    per_flux = MG_TO_KG / (grid.cell_area.ravel()[:, None] * seconds_in_months(year)[None, :])
    flux = np.zeros((len(SPECIES), 12, len(SECTORS), grid.size), dtype=np.float32)
    outside = np.zeros((len(SPECIES), 12, len(SECTORS)))
    total = np.zeros_like(outside)
    for i, sector in enumerate(SECTORS):
        member = (points["sector"] == sector).to_numpy()
        mass = cube.cell_month_mass(
            operators[sector],
            rest.values[:, i],
            share.sel(sector=sector).values,
            plants=amounts[member],
            plant_cell=cell[member],
            plant_city=city[member],
        )
        flux[:, :, i] = (mass[:-1] * per_flux[:, None, :]).transpose(1, 2, 0)
        outside[:, :, i] = mass[-1] * MG_TO_KG
        total[:, :, i] = mass.sum(axis=0) * MG_TO_KG
    return _gridded_dataset(flux, total=total, outside=outside, share=share, grid=grid)


def _gridded_dataset(
    flux: np.ndarray[Any, Any],
    *,
    total: np.ndarray[Any, Any],
    outside: np.ndarray[Any, Any],
    share: xr.DataArray,
    grid: Grid,
) -> xr.Dataset:
    table = ("species", "month", "sector")
    ds = xr.Dataset(
        {
            "cell_area": (("y", "x"), grid.cell_area, {"units": "m2", "grid_mapping": "crs"}),
            "crs": ((), np.int32(0), grid.cf_attributes()),
            "mass": (table, total, {"units": "kg", "long_name": "mass in the month, all"}),
            "outside": (table, outside, {"units": "kg", "long_name": "part outside the grid"}),
            "month_share": share,
        },
        coords={
            "month": np.arange(1, 13, dtype=np.int32),
            "sector": list(SECTORS),
            "species": list(SPECIES),
            **axes(grid),
        },
    )
    for name, values in zip(SPECIES, flux, strict=True):
        ds[name] = (
            _CELL_DIMS,
            values.reshape(12, len(SECTORS), *grid.shape),
            {
                "units": FLUX,
                "long_name": f"emission flux of {LONG_NAMES[name]}",
                "grid_mapping": "crs",
                "cell_methods": "month: mean",
            },
        )
    return ds


def gridded_mass(ds: xr.Dataset, *, where: str) -> xr.DataArray:
    """Mass in the grid (species, month, sector), kg, from fluxes and the file's own attributes.

    Raises
    ------
    InputError
        Values that are negative or no numbers.
    """
    seconds = seconds_in_months(int(ds.attrs["year"]))
    area = ds["cell_area"].values.ravel()
    out = []
    for name in ds["species"].values:
        flux = ds[str(name)].transpose(*_CELL_DIMS)
        require_finite(flux, where=where)
        sums = flux.values.reshape(12, -1, area.size).astype(np.float64) @ area
        out.append(sums * seconds[:, None])
    return xr.DataArray(
        np.stack(out),
        dims=("species", "month", "sector"),
        coords={k: ds[k] for k in ("species", "month", "sector")},
    )
