"""The rule ``daily_response``: responses of every pollutant from daily fields of two CMAQ runs.

Each unit is looked at in the cell where most of its people live, with the array of cells around it.
Ozone: top days (a tenth of the year, EPA form with a Chinese threshold), and deciles for the 90th
percentile. The others: quarterly means of the array. There is no national monitor set of these
pollutants under a free licence, so only responses are given; multiply your own design values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from scenair.attainment.io.model import require_grid
from scenair.attainment.io.places import read_monitors
from scenair.attainment.ozone import decile_factors, paired_in_space, top_days
from scenair.attainment.response import array_radius
from scenair.attainment.statistics.annual import percentile_hj663
from scenair.config.attainment import AttainmentConfig
from scenair.config.case import CaseConfig
from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_in_chunks, open_netcdf
from scenair.core.io.tables import write_csv

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt
    import xarray as xr

    from scenair.core.grids import Grid

#: Ozone days used: a tenth of the year, the days above a 90th percentile.
TOP_DAYS: Final = 37
#: Smallest base MDA8 that counts, ug m-3, and fewest such days.
THRESHOLD: Final = 100.0
FEWEST: Final = 10
_UNITS: Final = {
    "PM25": "ug m-3",
    "PM10": "ug m-3",
    "NO2": "ug m-3",
    "SO2": "ug m-3",
    "CO": "mg m-3",
    "O3_MDA8": "ug m-3",
}


def build_daily_response(
    *,
    config: Mapping[str, Any],
    base: str | Path,
    future: str | Path,
    monitors: str | Path,
    out: str | Path,
) -> None:
    """Response factors from daily fields.

    Parameters
    ----------
    config : mapping
        Sections ``case`` and ``attainment``.
    base, future : path
        ``daily.nc`` of the history run in the monitor year and of the run.
    monitors : path
        From ``build_monitors`` (where people are).
    out : path
        CSV: adcode, pollutant, method, period, response_factor, n_days, base, future (unit of the
        pollutant; model values, not for comparison with a limit).

    Raises
    ------
    InputError, UnitsError
        Another grid, other days, wrong units, values that are no numbers.
    """
    case = CaseConfig.model_validate(config["case"])
    options = AttainmentConfig.model_validate(config["attainment"])
    grid = case.grid.build()
    _, places = read_monitors(monitors, grid=grid)
    old, new = _read(base, grid), _read(future, grid)
    names = [n for n in _UNITS if n in old and n in new]
    days = _same_days(old, new)
    cells = np.asarray(places.people.tocsr().argmax(axis=1)).ravel()
    radius = array_radius(grid.cell_km, longest_km=options.array_km)
    inside = np.asarray(places.people.sum(axis=1)).ravel() > 0
    rows: list[dict[str, Any]] = []
    for adcode, cell in zip(places.adcodes[inside], cells[inside], strict=True):
        box = _box(int(cell), grid, radius)
        for name in names:
            pair = (_days_by_cell(old[name], box), _days_by_cell(new[name], box))
            found = _ozone(*pair) if name == "O3_MDA8" else _quarters(*pair, days)
            rows += [{"adcode": int(adcode), "pollutant": name.split("_")[0]} | r for r in found]
    write_csv(pd.DataFrame(rows), out)


def _read(path: str | Path, grid: Grid) -> xr.Dataset:
    with open_in_chunks(path, along=("day", "y")) as ds:
        require_grid(ds, grid, where=str(path))
        known = {n: u for n, u in _UNITS.items() if n in ds}
        whole = "day" in ds.dims
    if not known or not whole:
        raise InputError(
            "not a file of daily fields", where=str(path), allowed=f"day and any of {list(_UNITS)}"
        )
    return open_netcdf(path, variables=known)


def _same_days(old: xr.Dataset, new: xr.Dataset) -> pd.DatetimeIndex:
    """Days of the base run; the future run must have the same ones of its own year."""
    a, b = (pd.DatetimeIndex(ds["day"].values) for ds in (old, new))
    if a.strftime("%m-%d").tolist() != b.strftime("%m-%d").tolist():
        raise InputError(
            "the two runs have different days",
            value=f"{len(a)} and {len(b)}",
            remedy="run both with the same meteorology and days",
        )
    return a


def _box(cell: int, grid: Grid, radius: int) -> tuple[slice, slice]:
    row, col = divmod(cell, grid.ncols)
    return (
        slice(max(0, row - radius), row + radius + 1),
        slice(max(0, col - radius), col + radius + 1),
    )


def _days_by_cell(field: xr.DataArray, box: tuple[slice, slice]) -> npt.NDArray[np.float64]:
    values = field.transpose("day", "y", "x").values[:, box[0], box[1]]
    return np.asarray(values.reshape(len(values), -1), dtype=np.float64)


def _ozone(base: npt.NDArray[np.float64], future: npt.NDArray[np.float64]) -> list[dict[str, Any]]:
    known = np.isfinite(base).all(axis=1) & np.isfinite(future).all(axis=1)
    b, f = paired_in_space(base[known], future[known])
    top = top_days(b, f, days=TOP_DAYS, threshold=THRESHOLD, fewest=FEWEST)
    factors = decile_factors(b, f)
    p90 = percentile_hj663(b, 90), percentile_hj663(f, 90)
    line = {"method": "top_days", "period": "year", "response_factor": top.factor}
    line |= {"n_days": top.n_days, "base": top.base, "future": top.future}
    rows = [line]
    rows += [
        {
            "method": "decile",
            "period": f"D{i}",
            "response_factor": float(factor),
            "n_days": len(b) // len(factors),
        }
        for i, factor in enumerate(factors, start=1)
    ]
    rows.append(
        {
            "method": "percentile_90",
            "period": "year",
            "response_factor": p90[1] / p90[0],
            "n_days": len(b),
            "base": p90[0],
            "future": p90[1],
        }
    )
    return rows


def _quarters(
    base: npt.NDArray[np.float64], future: npt.NDArray[np.float64], days: pd.DatetimeIndex
) -> list[dict[str, Any]]:
    known = np.isfinite(base).all(axis=1) & np.isfinite(future).all(axis=1)
    rows: list[dict[str, Any]] = []
    for quarter in (1, 2, 3, 4):
        use = known & (days.quarter == quarter)
        if not use.any():
            continue
        b, f = float(base[use].mean()), float(future[use].mean())
        line = {"method": "quarterly_mean", "period": f"Q{quarter}", "response_factor": f / b}
        rows.append(line | {"n_days": int(use.sum()), "base": b, "future": f})
    return rows
