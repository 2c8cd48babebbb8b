"""What CMAQ will emit under DESID rules, beside what the scenario's own files would hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scenair.cmaq.desid import Region


def predicted_ratio(masks: xr.DataArray, factor: xr.DataArray) -> xr.DataArray:
    """Emission over base in each cell as CMAQ computes it: ``1 - sum_k f_k (1 - s_k)``.

    Parameters
    ----------
    masks : DataArray (region, y, x)
    factor : DataArray (region, ...)

    Returns
    -------
    DataArray (..., y, x), 1
    """
    ratio: xr.DataArray = 1 - xr.dot(masks.astype("float64"), 1 - factor, dim="region")
    return ratio


def compare(
    scenario: xr.DataArray, base: xr.DataArray, *, ratio: xr.DataArray, level: str
) -> pd.DataFrame:
    """Prediction against the scenario, by stream and part.

    Parameters
    ----------
    scenario, base, ratio : DataArray (stream, part, place dimensions)
        Amounts in one unit (Mg yr-1), and the predicted ratio.
    level : str
        ``cell`` or ``city``; goes into the table.

    Returns
    -------
    DataFrame
        level, stream, part, base, scenario, predicted, relative_error (of the sum) and
        misplaced: half the sum of absolute differences over the scenario's sum, the share of the
        mass that is in the wrong place.
    """
    predicted = base * ratio
    places = [d for d in scenario.dims if d not in ("stream", "part")]
    sums = {
        "base": base.sum(places),
        "scenario": scenario.sum(places),
        "predicted": predicted.sum(places),
        "difference": abs(predicted - scenario).sum(places) / 2,
    }
    table = xr.Dataset(sums).to_dataframe().reset_index()
    total = table["scenario"].where(table["scenario"] > 0)
    table["relative_error"] = ((table["predicted"] - table["scenario"]) / total).fillna(0.0)
    table["misplaced"] = (table["difference"] / total).fillna(0.0)
    table.insert(0, "level", level)
    columns = ["level", "stream", "part", "base", "scenario", "predicted"]
    return table[[*columns, "relative_error", "misplaced"]].sort_values(["stream", "part"])


def spread(
    factor: xr.DataArray, *, regions: Sequence[Region], cities: Sequence[int]
) -> xr.DataArray:
    """Factor of the region that each city belongs to; 1 for cities in none.

    Returns
    -------
    DataArray (city, stream, part)
    """
    label = {c: r.label for r in regions for c in r.cities}
    one = xr.ones_like(factor.isel(region=0, drop=True))
    rows = [factor.sel(region=label[c], drop=True) if c in label else one for c in cities]
    return xr.concat(rows, dim="city").assign_coords(city=list(cities))
