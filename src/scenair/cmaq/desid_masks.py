"""Masks of DESID regions on the model grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import xarray as xr

from scenair.cmaq.desid import EVERYWHERE
from scenair.core.errors import InputError
from scenair.core.overlay import polygon_areas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import scipy.sparse as sp
    import shapely

    from scenair.cmaq.desid import Region
    from scenair.core.grids import Grid


def city_areas(geometries: Mapping[int, shapely.Geometry], grid: Grid) -> sp.csr_matrix:
    """Area of each city in each cell, m2: (grid.size, city) in the mapping's order."""
    return polygon_areas(list(geometries.values()), grid)[: grid.size].tocsr()


def masks(
    areas: sp.csr_matrix,
    *,
    cities: Sequence[int],
    regions: Sequence[Region],
    grid: Grid,
    of: Literal["land", "cell"] = "land",
) -> xr.DataArray:
    """Fractional masks of regions.

    Parameters
    ----------
    areas : csr_matrix (grid.size, city)
        m2, all cities that emit (also those outside the regions).
    cities : sequence of int
        adcodes of the columns.
    regions : sequence of Region
    grid : Grid
    of : {"land", "cell"}
        What the fraction is of: the cities' land in the cell (a coastal cell of one city has mask
        1, as all its emission is that city's), or the whole cell.

    Returns
    -------
    DataArray (region, y, x)
        float32, 0-1; the sum over regions is at most 1.

    Raises
    ------
    InputError
        A region names a city that has no polygon.
    """
    column = {c: i for i, c in enumerate(cities)}
    whole = grid.cell_area.ravel()
    land = np.asarray(areas.sum(axis=1)).ravel()
    denominator = np.where(land > 0, land, 1.0) if of == "land" else np.maximum(whole, land)
    out = np.zeros((len(regions), *grid.shape), dtype=np.float32)
    for i, region in enumerate(regions):
        lost = [c for c in region.cities if c not in column]
        if lost:
            raise InputError("a city without a polygon", where=f"region {region.label}", value=lost)
        if region.label == EVERYWHERE:
            out[i] = 1.0
            continue
        part = areas[:, [column[c] for c in region.cities]].sum(axis=1)
        share = np.asarray(part).ravel() / denominator
        out[i] = np.clip(share, 0.0, 1.0).reshape(grid.shape)
    return xr.DataArray(
        out,
        dims=("region", "y", "x"),
        coords={"region": [r.label for r in regions], "y": grid.y, "x": grid.x},
        attrs={"units": "fraction"},
    )
