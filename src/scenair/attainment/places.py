"""Where people and cities are on the grid: exact county overlay with the census."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from scenair.core.errors import InputError
from scenair.core.overlay import mass_weights, polygon_areas

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import numpy.typing as npt
    import pandas as pd

    from scenair.core.grids import Grid


@dataclass(frozen=True)
class Places:
    """People and area of the units on the grid.

    Attributes
    ----------
    adcodes : ndarray (city,)
    people, area : csr_matrix (city, cell)
        Persons and m2 of a unit in a cell; what lies outside the grid is left out.
    census : ndarray (city,)
        Persons of the unit, also outside the grid.
    """

    adcodes: npt.NDArray[np.int32]
    people: sp.csr_matrix
    area: sp.csr_matrix
    census: npt.NDArray[np.float64]

    @property
    def cell_people(self) -> npt.NDArray[np.float64]:
        """Persons of the case's units in each cell."""
        return np.asarray(self.people.sum(axis=0)).ravel()

    @property
    def cell_area(self) -> npt.NDArray[np.float64]:
        """Area of the case's units in each cell, m2."""
        return np.asarray(self.area.sum(axis=0)).ravel()


def locate_people(
    counties: gpd.GeoDataFrame, population: pd.Series, grid: Grid, *, adcodes: Sequence[int]
) -> Places:
    """Spread census counts evenly over each county and cut counties at cell borders.

    Parameters
    ----------
    counties : GeoDataFrame
        Index county; adcode (unit), geometry (WGS84).
    population : Series
        Persons by county; counties without a row count as empty.
    grid : Grid
    adcodes : sequence of int
        Units of the case, ascending.

    Raises
    ------
    InputError
        Negative or missing counts; a unit without county.
    """
    inside = counties[counties["adcode"].isin(adcodes)]
    lacking = sorted(set(adcodes) - set(inside["adcode"]))
    if lacking:
        raise InputError("units without a county polygon", value=lacking[:5])
    persons = population.reindex(inside.index).fillna(0.0).to_numpy(np.float64)
    if not (np.isfinite(persons) & (persons >= 0)).all():
        raise InputError("a census count that is negative or no number", where="census by county")
    areas = polygon_areas(list(inside.geometry), grid)
    people = mass_weights(areas) @ sp.diags_array(persons)
    row = np.searchsorted(np.asarray(adcodes), inside["adcode"].to_numpy())
    n = len(inside)
    group = sp.csr_matrix((np.ones(n), (row, np.arange(n))), shape=(len(adcodes), n))
    keep = slice(0, grid.size)
    return Places(
        adcodes=np.asarray(adcodes, dtype=np.int32),
        people=(group @ people.T).tocsr()[:, keep],
        area=(group @ areas.T).tocsr()[:, keep],
        census=np.asarray(group @ persons, dtype=np.float64),
    )


def weighted_mean(weight: sp.csr_matrix, field: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Weighted mean of a field for each unit, NaN cells left out.

    Parameters
    ----------
    weight : csr_matrix (city, cell)
    field : ndarray (cell,)

    Returns
    -------
    ndarray (city,)
        NaN where a unit has no weight on the grid.
    """
    known = np.isfinite(field)
    total = weight @ known.astype(np.float64)
    mean = weight @ np.where(known, field, 0.0)
    out: npt.NDArray[np.float64] = np.full(len(total), np.nan)
    np.divide(mean, total, out=out, where=total > 0)
    return out
