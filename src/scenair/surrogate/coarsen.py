"""The same physics on a grid whose cells are a whole number of cells wide.

Volume flows through the faces add up, so coarse winds are mass-consistent where the fine ones
are. Rows and columns that do not fill a coarse cell are cut off at the north and east.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scenair.surrogate.geometry import geometry
from scenair.surrogate.meteorology import VARIABLES, meteorology_dataset

if TYPE_CHECKING:
    import xarray as xr

    from scenair.core.grids import Grid

Array = npt.NDArray[np.float64]


def coarse_grid(grid: Grid, ratio: int) -> Grid:
    """``grid`` with cells ``ratio`` times as wide."""
    return replace(
        grid,
        name=f"{grid.name}x{ratio}"[:16],
        xcell=grid.xcell * ratio,
        ycell=grid.ycell * ratio,
        ncols=grid.ncols // ratio,
        nrows=grid.nrows // ratio,
    )


def block_sum(field: Array, ratio: int) -> Array:
    """Sums over ``ratio`` x ``ratio`` cells of the last two axes, incomplete blocks cut off."""
    ny, nx = (n // ratio for n in field.shape[-2:])
    cut = field[..., : ny * ratio, : nx * ratio]
    return np.asarray(cut.reshape(*field.shape[:-2], ny, ratio, nx, ratio).sum(axis=(-3, -1)))


def coarse_meteorology(met: xr.Dataset, *, grid: Grid, ratio: int) -> xr.Dataset:
    """A meteorology dataset of ``grid`` on :func:`coarse_grid`."""
    coarse = coarse_grid(grid, ratio)
    fine_geo, geo = geometry(grid), geometry(coarse)
    ny, nx = coarse.shape
    fields: dict[str, Array] = {}
    for name in VARIABLES:
        values = met[name].values.astype(np.float64)
        if name.endswith("_x"):
            faces = values[..., : ny * ratio, : nx * ratio + 1 : ratio]
            lengths = fine_geo.length_x[: ny * ratio, : nx * ratio + 1 : ratio]
            fields[name] = _face_mean(faces, lengths, geo.length_x, ratio=ratio, axis=-2)
        elif name.endswith("_y"):
            faces = values[..., : ny * ratio + 1 : ratio, : nx * ratio]
            lengths = fine_geo.length_y[: ny * ratio + 1 : ratio, : nx * ratio]
            fields[name] = _face_mean(faces, lengths, geo.length_y, ratio=ratio, axis=-1)
        else:
            fields[name] = block_sum(values, ratio) / ratio**2
    out = meteorology_dataset(fields, grid=coarse, tops=tuple(met["layer_top"].values.tolist()))
    out.attrs = dict(met.attrs)
    return out


def _face_mean(values: Array, fine: Array, coarse: Array, *, ratio: int, axis: int) -> Array:
    """Mean over the fine faces that make up a coarse one, so that flows add up."""
    flow = np.moveaxis(values * fine, axis, -1)
    summed = flow.reshape(*flow.shape[:-1], -1, ratio).sum(axis=-1)
    return np.asarray(np.moveaxis(summed, -1, axis) / coarse)
