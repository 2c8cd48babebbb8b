"""Potential of a Mg: documented slopes, or the surrogate's responsibility matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_netcdf, require_finite
from scenair.core.io.reading import reader
from scenair.core.io.tables import read_table

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from scenair.projection.setup import Setup

    Array = npt.NDArray[np.float64]


def read_weights(responsibility: str | Path | None, *, setup: Setup) -> dict[str, dict[str, Array]]:
    """Goal -> species -> potential of a Mg yr-1, a number or an array (city, sector).

    Parameters
    ----------
    responsibility : path, optional
        With it the goal ``pm25`` counts where a Mg is emitted: population-weighted PM2.5 over all
        receptors (ug m-3 per Mg yr-1). Without, national slopes of ``potential_weights.csv``.
    """
    weights: dict[str, dict[str, Array]] = {}
    for row in read_table("projection/potential_weights.csv").to_dict("records"):
        weights.setdefault(str(row["goal"]), {})[str(row["species"])] = np.asarray(
            float(row["value"])
        )
    if responsibility is not None:
        weights["pm25"] = read_responsibility(
            responsibility,
            cities=setup.state.cities,
            population=setup.drivers.population[0],
        )
    return weights


@reader
def read_responsibility(
    path: str | Path, *, cities: npt.NDArray[np.int32], population: Array
) -> dict[str, Array]:
    """Population-weighted PM2.5 of all receptors for a Mg emitted in a city and sector.

    Parameters
    ----------
    path : path
        With ``contribution(receptor, source_city, sector, species)`` in ug m-3 (Mg yr-1)-1.
    population : ndarray, shape (city,)
        Weights of the receptors.

    Returns
    -------
    dict
        Species -> (city, sector), ug m-3 (Mg yr-1)-1.

    Raises
    ------
    InputError, UnitsError
        Another unit, other cities, NaN.
    """
    ds = open_netcdf(path, variables={"contribution": "ug m-3 (Mg yr-1)-1"})
    for name in ("receptor", "source_city"):
        if name not in ds.dims or not np.array_equal(ds[name].values, cities):
            raise InputError("a responsibility matrix of other cities", where=f"{path}, {name}")
    require_finite(ds["contribution"], where=str(path), minimum=None)
    values = ds["contribution"].transpose("species", "receptor", "source_city", "sector").values
    share = population / population.sum()
    mean = np.tensordot(share, values.astype(np.float64), axes=([0], [1]))
    return {str(s): mean[i] for i, s in enumerate(ds["species"].values)}
