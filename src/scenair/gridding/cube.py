"""City totals and plants -> mass a month, sector and cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from scenair.core.errors import MassBalanceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd
    import xarray as xr

    from scenair.core.grids import Grid

#: A plant may exceed its city's total by round-off only.
_ROUND_OFF = 1e-9


def plant_totals(
    points: pd.DataFrame, *, cities: Sequence[int], sectors: Sequence[str], species: Sequence[str]
) -> npt.NDArray[np.float64]:
    """Sum over the plants of each city and sector, (city, sector, species), Mg yr-1."""
    out = np.zeros((len(cities), len(sectors), len(species)))
    city = np.searchsorted(np.asarray(cities), points["adcode"].to_numpy())
    sector = points["sector"].map({s: i for i, s in enumerate(sectors)}).to_numpy(dtype=np.int64)
    np.add.at(out, (city, sector), points[list(species)].to_numpy(dtype=np.float64))
    return out


def area_remainder(emission: xr.DataArray, plants: npt.NDArray[np.float64]) -> xr.DataArray:
    """City totals without their plants, Mg yr-1, never negative.

    Parameters
    ----------
    emission : DataArray (city, sector, species)
        Mg yr-1, plants included.
    plants : array (city, sector, species)

    Raises
    ------
    MassBalanceError
        Plants of a city and sector emit more than the city's total.
    """
    total = emission.transpose("city", "sector", "species")
    rest = total - plants
    slack = _ROUND_OFF * np.maximum(total.values, plants)
    short = rest.values < -slack
    if short.any():
        c, s, p = (int(axis[0]) for axis in np.nonzero(short))
        raise MassBalanceError(
            "the plants of a city emit more than the city's total",
            where=(
                f"city {int(total['city'][c])}, sector {total['sector'].values[s]}, "
                f"species {total['species'].values[p]}"
            ),
            value=f"plants {plants[c, s, p]:.6g}, total {float(total[c, s, p]):.6g} Mg yr-1",
            allowed="plants are part of the total",
            remedy="points.csv and cities.nc are of different runs: delete both and run again",
        )
    return rest.clip(min=0.0)


def cell_month_mass(
    operator: sp.csc_matrix,
    area: npt.NDArray[np.float64],
    share: npt.NDArray[np.float64],
    *,
    plants: npt.NDArray[np.float64],
    plant_cell: npt.NDArray[np.int64],
    plant_city: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """Mass of one sector a cell, species and month.

    Parameters
    ----------
    operator : csc_matrix (cells + 1, cities)
    area : array (cities, species)
        Emission without plants, Mg yr-1.
    share : array (species, month, cities)
        Monthly shares, 1.
    plants : array (n, species)
        Mg yr-1 of the plants of this sector.
    plant_cell, plant_city : array (n,)
        Row of the operator that a plant falls into (the last is outside) and its city's position.

    Returns
    -------
    array (cells + 1, species, month)
        Mg; the last row is the mass outside the grid.
    """
    n_species, n_months, n_cities = share.shape
    monthly = (area.T[:, None, :] * share).reshape(-1, n_cities)
    out = (operator @ monthly.T).reshape(-1, n_species, n_months)
    if len(plants):
        source = plants[:, :, None] * share[:, :, plant_city].transpose(2, 0, 1)
        scatter = sp.csr_matrix(
            (np.ones(len(plants)), (plant_cell, np.arange(len(plants)))),
            shape=(operator.shape[0], len(plants)),
        )
        out += (scatter @ source.reshape(len(plants), -1)).reshape(out.shape)
    return np.asarray(out)


def locate_plants(points: pd.DataFrame, grid: Grid) -> npt.NDArray[np.int64]:
    """Flat cell of each plant by floor(); ``grid.size`` (the outside row) where it is outside."""
    cell = grid.locate(points["lon"], points["lat"])
    return np.where(cell < 0, grid.size, cell)
