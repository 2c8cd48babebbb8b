"""What the surrogate takes from ``gridded.nc``, checked against the city totals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import xarray as xr

from scenair.core.audit.closure import closure_table, require_closed
from scenair.core.errors import InputError
from scenair.core.io.netcdf import require_finite
from scenair.core.periods import seconds_in_months
from scenair.core.species import SPECIES
from scenair.core.units import FLUX, require_units
from scenair.surrogate.layers import remap_release
from scenair.surrogate.sources import INPUT_SPECIES, quarter_flux, tracer_emissions

if TYPE_CHECKING:
    import pandas as pd

    from scenair.core.grids import Grid
    from scenair.surrogate.parameters import Parameters

Array = npt.NDArray[np.float64]
KG_TO_UG = 1e9
KG_PER_MG = 1e3


def check_grid(ds: xr.Dataset, grid: Grid, *, where: str) -> None:
    """Stop where the axes of a file are not those of the grid.

    Raises
    ------
    InputError
    """
    for name, axis in (("x", grid.x), ("y", grid.y)):
        found = ds[name].values if name in ds.coords else np.empty(0)
        if found.shape != axis.shape or not np.allclose(found, axis, rtol=0, atol=1.0):
            raise InputError(
                "the file is on another grid",
                where=f"{where}, coordinate {name}",
                value=f"{found.size} values",
                allowed=f"{axis.size} cell centres of {grid.name}",
                remedy="delete it and run again, or mend the case",
            )


def check_gridded(
    ds: xr.Dataset, cities: xr.DataArray, *, year: int, grid: Grid, where: str
) -> pd.DataFrame:
    """Closure of the gridded emissions against the city totals.

    Parameters
    ----------
    ds : Dataset
        The contents of ``gridded.nc``.
    cities : DataArray
        ``emission(city, sector, species)``, Mg yr-1.
    year : int
    grid : Grid
    where : str
        Name of the file, for messages.

    Returns
    -------
    DataFrame
        Closure rows per species and sector, Mg.

    Raises
    ------
    InputError, UnitsError, MassBalanceError
    """
    check_grid(ds, grid, where=where)
    if int(ds.attrs.get("year", -1)) != year:
        raise InputError(
            "the file is of another year",
            where=where,
            value=ds.attrs.get("year"),
            allowed=str(year),
        )
    require_units(cities, "Mg yr-1", where="cities.nc")
    seconds = seconds_in_months(year)
    area = ds["cell_area"].transpose("y", "x").values.astype(np.float64)
    masses = {}
    for name in SPECIES:
        if name not in ds:
            raise InputError("species missing", where=where, value=name, allowed=", ".join(SPECIES))
        flux = require_units(ds[name], FLUX, where=where).transpose("month", "sector", "y", "x")
        require_finite(flux, where=where)
        monthly = np.einsum("msyx,yx->ms", flux.values, area, dtype=np.float64)
        masses[name] = seconds @ monthly / KG_PER_MG
    coords = {"species": list(SPECIES), "sector": ds["sector"].values}
    inside = xr.DataArray(
        np.stack(list(masses.values())), dims=("species", "sector"), coords=coords
    )
    outside = ds["outside"].sum("month") / KG_PER_MG
    table = closure_table(
        stage="surrogate input",
        mass_in=cities.sum("city"),
        mass_out=inside.reindex(sector=cities["sector"], species=cities["species"]),
        outside=outside,
    )
    return require_closed(table, where=where)


@dataclass(frozen=True)
class Sources:
    """Emissions of the tracers and what they come from.

    Attributes
    ----------
    by_sector : mapping of tracer -> (quarter, sector, y, x)
        ug s-1.
    release : (sector, layer)
        Fractions on the layers of the surrogate.
    sectors : tuple of str
    """

    by_sector: dict[str, Array]
    release: Array
    sectors: tuple[str, ...]

    def of_quarter(self, quarter: int) -> dict[str, Array]:
        """Emissions (layer, y, x), ug s-1."""
        return {
            name: np.einsum("sl,syx->lyx", self.release, values[quarter], optimize=True)
            for name, values in self.by_sector.items()
        }


def read_sources(ds: xr.Dataset, *, year: int, par: Parameters) -> Sources:
    """The sources of the tracers from the contents of a checked ``gridded.nc``."""
    species = species_by_sector(ds, INPUT_SPECIES, year=year)
    return Sources(
        tracer_emissions(species, par=par),
        release_of(ds),
        tuple(str(s) for s in ds["sector"].values),
    )


def release_of(ds: xr.Dataset) -> Array:
    """Release fractions (sector, layer) on the layers of the surrogate."""
    return remap_release(
        ds["release"].transpose("sector", "layer").values.astype(np.float64),
        bottom=ds["layer_bottom"].values.astype(np.float64),
        top=ds["layer_top"].values.astype(np.float64),
    )


def species_by_sector(ds: xr.Dataset, names: tuple[str, ...], *, year: int) -> dict[str, Array]:
    """Emissions of species (quarter, sector, y, x), ug s-1, from a checked ``gridded.nc``."""
    seconds = seconds_in_months(year)
    area = ds["cell_area"].transpose("y", "x").values.astype(np.float64)
    out = {}
    for name in names:
        monthly = ds[name].transpose("month", "sector", "y", "x").values
        out[name] = quarter_flux(monthly, seconds=seconds) * area * KG_TO_UG
    return out
