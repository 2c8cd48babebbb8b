"""Files of anchoring factors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_netcdf, require_finite, write_netcdf
from scenair.core.io.reading import reader
from scenair.surrogate.anchor import ANCHORED, LIMIT, anchor_dataset
from scenair.surrogate.gridded import check_grid

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr

    from scenair.core.grids import Grid

Array = npt.NDArray[np.float64]


def build_anchor(
    *,
    reference: str | Path,
    modelled: str | Path,
    anchor: str | Path,
    smoothing_cells: float = 0.0,
) -> None:
    """Factors from a reference (CMAQ or fused) and the surrogate's own file of the same year.

    Parameters
    ----------
    reference : path
        Parts of PM2.5, or PM25 alone, by quarter, ug m-3.
    modelled : path
        ``annual.nc`` of the surrogate without anchoring.
    anchor : path
        Written.
    smoothing_cells : float

    Raises
    ------
    InputError
        The model file is anchored already; the two differ in grid or year.
    """
    model = open_netcdf(modelled, variables={"PM25": "ug m-3"})
    if any(str(name).startswith("anchor_") for name in model.data_vars):
        raise InputError("the model file is anchored already", where=str(modelled))
    other = open_netcdf(reference)
    _require_same(other, model, where=f"{reference} and {modelled}")
    ds = anchor_dataset(other, model, smoothing_cells=smoothing_cells)
    write_netcdf(
        ds,
        anchor,
        title="anchoring factors of the surrogate",
        attrs={"year": model.attrs.get("year", ""), "smoothing_cells": smoothing_cells},
    )


def _require_same(reference: xr.Dataset, model: xr.Dataset, *, where: str) -> None:
    for name in ("y", "x"):
        given = reference[name].values if name in reference.coords else np.array([])
        wanted = model[name].values
        if given.shape != wanted.shape or not np.allclose(given, wanted, rtol=0, atol=1.0):
            raise InputError(
                f"reference and model lie on different grids ({name})",
                where=where,
                value=f"{given.size} cells from {given[0]:g} m" if given.size else "none",
                allowed=f"{wanted.size} cells from {wanted[0]:g} m",
                remedy="take the reference on the grid of the case",
            )
    years = [str(ds.attrs["year"]) for ds in (reference, model) if "year" in ds.attrs]
    if len(set(years)) > 1:
        raise InputError(
            "reference and model are of different years",
            where=where,
            value=" and ".join(years),
            remedy="anchor with the same year: results/{year}/history/air_quality/annual.nc",
        )


@reader
def read_factors(path: str | Path, *, grid: Grid) -> dict[str, Array]:
    """Factors by part, (quarter, y, x), checked.

    Raises
    ------
    InputError
        Another grid, a factor missing, not a number or out of bounds.
    """
    ds = open_netcdf(path, variables={f"factor_{name}": "1" for name in ANCHORED})
    check_grid(ds, grid, where=str(path))
    out = {}
    for name in ANCHORED:
        field = ds[f"factor_{name}"].transpose("quarter", "y", "x")
        require_finite(field, where=str(path), minimum=1 / LIMIT - 1e-9)
        if float(field.max()) > LIMIT + 1e-9:
            raise InputError(
                "an anchoring factor out of bounds",
                where=f"{path}, variable factor_{name}",
                value=float(field.max()),
                allowed=f"{1 / LIMIT:.3g} to {LIMIT:g}",
            )
        out[name] = field.values.astype(np.float64)
    return out
