"""Name the cell of an array that a message is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr


def largest_cell(values: xr.DataArray) -> tuple[str, float]:
    """Labels of the cell with the largest value (NaN counts as largest), and the value."""
    filled = np.where(np.isnan(values.values), np.inf, values.values)
    place = np.unravel_index(int(np.argmax(filled)), filled.shape)
    labels = ", ".join(
        f"{dim} {values[dim].values[i]}" for dim, i in zip(values.dims, place, strict=True)
    )
    return labels, float(filled[place])
