"""Monitors, people and fusion weights of a case: made once, read by every scenario."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
import xarray as xr

from scenair.attainment.assess import MonitorSet
from scenair.attainment.design import design_records, years_of
from scenair.attainment.io.csv import named_table
from scenair.attainment.monitors import ambient_factors, complete, monitor_records
from scenair.attainment.places import Places, locate_people
from scenair.attainment.weights import nearest_distance, neighbour_weights
from scenair.config.attainment import AttainmentConfig
from scenair.config.case import CaseConfig
from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_netcdf, write_netcdf
from scenair.core.io.reading import reader
from scenair.core.io.tables import read_table
from scenair.core.periods import QUARTERS
from scenair.core.regions import counties, units

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from scenair.core.grids import Grid

logger = logging.getLogger("scenair.attainment")

_MATRICES = ("weights", "left_out", "people", "area")


def build_monitors(*, config: Mapping[str, Any], out: str | Path) -> None:
    """Monitor records at ambient conditions, population and fusion weights on the case's grid.

    Parameters
    ----------
    config : mapping
        Sections ``case`` and ``attainment``.
    out : path
        netCDF; sparse matrices as CSR arrays.

    Raises
    ------
    InputError
        Damaged tables, no usable monitor on the grid.
    """
    case = CaseConfig.model_validate(config["case"])
    options = AttainmentConfig.model_validate(config["attainment"])
    grid = case.grid.build()
    records = _usable_records(options, year=case.monitor_year, grid=grid)
    factors = ambient_factors(
        read_table("attainment/site_conditions.csv.gz"), records, year=case.monitor_year
    )
    census = read_table("regions/census2020_county.csv.gz")
    people = census[census["variable"] == "pop"].set_index("county")["value"]
    places = locate_people(counties(), people, grid, adcodes=case.adcodes())
    x, y = grid.project(records["lon"], records["lat"])
    monitors = np.column_stack([x, y])
    cells = np.flatnonzero(places.cell_area > 0)
    centres = cell_centres(grid)[cells]
    weights = partial(
        neighbour_weights,
        neighbours=options.neighbours,
        nearest=options.nearest,
        power=options.power,
    )
    matrices = {
        "weights": weights(monitors, centres),
        "left_out": weights(monitors, monitors, leave_out=True),
        "people": places.people,
        "area": places.area,
    }
    ds = _dataset(records, factors, places, grid=grid, cells=cells)
    ds["nearest_km"] = ("cell", nearest_distance(monitors, centres) / 1000, {"units": "km"})
    for name, matrix in matrices.items():
        ds = ds.assign(_pack(name, matrix))
    ds.attrs = {}
    write_netcdf(
        ds,
        out,
        title=f"Monitors, people and fusion weights of the case {case.name}",
        attrs={
            "monitor_year": case.monitor_year,
            "design_value": options.design_value,
            "reference_state": "observed: ambient; observed_raw: as reported (273.15 K to 2018-08)",
            "note": "temperature and pressure of one climate-model year; people of 2020 spread "
            "evenly over each county",
        },
    )


def cell_centres(grid: Grid) -> npt.NDArray[np.float64]:
    """x, y of the cell centres in the order of flat indices, (cell, 2), m."""
    return np.column_stack([np.tile(grid.x, grid.nrows), np.repeat(grid.y, grid.ncols)])


def _usable_records(options: AttainmentConfig, *, year: int, grid: Grid) -> pd.DataFrame:
    table = read_table(named_table(options.monitors))
    by_year = {}
    for needed in years_of(year, options.design_value):
        found = monitor_records(table, year=needed)
        enough = complete(found, year=needed)
        if not enough.all():
            left_out = found.index[~enough].tolist()
            logger.warning("%d: too few daily values, left out: %s", needed, left_out)
        by_year[needed] = found[enough]
    records = design_records(by_year, base_year=year, form=options.design_value)
    records = records.assign(cell=grid.locate(records["lon"], records["lat"]))
    outside = records["cell"] < 0
    logger.info("%d monitor records, %d of them outside the grid", len(records), outside.sum())
    records = records[~outside]
    if len(records) < 3:
        raise InputError(
            "too few monitors on the grid",
            where=f"{options.monitors}, {year}",
            value=len(records),
            allowed="3 or more",
            remedy="give a monitor table of this region (key attainment.monitors)",
        )
    return records


def _dataset(
    records: pd.DataFrame, factors: pd.DataFrame, places: Places, *, grid: Grid, cells: Any
) -> xr.Dataset:
    raw = records[[f"mean_{q}" for q in QUARTERS]].to_numpy().T
    counts = records[[f"n_{q}" for q in QUARTERS]].to_numpy().T
    unit_of = counties()["adcode"].reindex(records.index)
    city = np.where(records["level"] == "prefecture", records.index, unit_of).astype(np.int32)
    known = units()["level"].reindex(city).notna()
    if not known.all():
        raise InputError(
            "monitor records with an unknown adcode",
            where="monitor statistics",
            value=records.index[~known.to_numpy()].tolist()[:5],
            remedy="use the adcodes of the 369 units, or of a county with level county",
        )
    concentration = {"units": "ug m-3"}
    return xr.Dataset(
        {
            "name_zh": ("site", records["name_zh"].astype(str).to_numpy()),
            "level": ("site", records["level"].astype(str).to_numpy()),
            "unit": ("site", city),
            "lon": ("site", records["lon"].to_numpy(), {"units": "degrees_east"}),
            "lat": ("site", records["lat"].to_numpy(), {"units": "degrees_north"}),
            "cell_of_site": ("site", records["cell"].to_numpy(np.int32)),
            "n_valid": ("site", records["n_valid"].to_numpy(np.int32)),
            "value_raw": ("site", records["mean"].to_numpy(), concentration),
            "observed_raw": (("quarter", "site"), raw, concentration),
            "observed": (("quarter", "site"), raw * factors.to_numpy().T, concentration),
            "count": (("quarter", "site"), counts.astype(np.int32)),
            "flat_index": ("cell", cells.astype(np.int32)),
            "census": ("city", places.census, {"units": "persons"}),
            "x_size": ((), np.int32(grid.ncols)),
            "y_size": ((), np.int32(grid.nrows)),
        },
        coords={
            "site": records.index.to_numpy(np.int32),
            "city": places.adcodes,
            "quarter": list(QUARTERS),
        },
    )


def _pack(name: str, matrix: sp.csr_matrix) -> dict[str, xr.DataArray]:
    matrix = sp.csr_matrix(matrix)
    matrix.sort_indices()
    return {
        f"{name}_data": xr.DataArray(
            matrix.data.astype(np.float64), dims=f"{name}_entry", attrs={"units": "1"}
        ),
        f"{name}_indices": xr.DataArray(matrix.indices.astype(np.int32), dims=f"{name}_entry"),
        f"{name}_indptr": xr.DataArray(matrix.indptr.astype(np.int32), dims=f"{name}_row"),
        f"{name}_columns": xr.DataArray(np.int32(matrix.shape[1])),
    }


def _unpack(ds: xr.Dataset, name: str) -> sp.csr_matrix:
    indptr = ds[f"{name}_indptr"].values
    return sp.csr_matrix(
        (ds[f"{name}_data"].values, ds[f"{name}_indices"].values, indptr),
        shape=(len(indptr) - 1, int(ds[f"{name}_columns"])),
    )


@reader
def read_monitors(path: str | Path, *, grid: Grid) -> tuple[MonitorSet, Places]:
    """What :func:`build_monitors` wrote, checked.

    Raises
    ------
    InputError
        Another grid, damaged values, weights that do not sum to 1.
    """
    needed: dict[str, Any] = {"observed": "ug m-3", "census": "persons"}
    ds = open_netcdf(path, variables=needed)
    if (int(ds["y_size"]), int(ds["x_size"])) != grid.shape:
        raise InputError("made for another grid", where=str(path), remedy="delete it and run again")
    m = {name: _unpack(ds, name) for name in _MATRICES}
    for name in ("weights", "left_out"):
        total = np.asarray(m[name].sum(axis=1)).ravel()
        if not np.allclose(total, 1, atol=1e-9):
            raise InputError("fusion weights that do not sum to 1", where=f"{path}, {name}")
    observed = ds["observed"].values
    people = np.asarray(m["people"].sum(axis=1)).ravel()
    beyond = people > ds["census"].values * (1 + 1e-9) + 1e-6
    if beyond.any() or not (np.isfinite(observed) & (observed > 0)).all():
        raise InputError("damaged values", where=str(path), remedy="delete it and run again")
    table = pd.DataFrame(
        {
            "adcode": ds["site"].values,
            "name_zh": ds["name_zh"].values,
            "level": ds["level"].values,
            "city": ds["unit"].values,
            "lon": ds["lon"].values,
            "lat": ds["lat"].values,
            "n_valid": ds["n_valid"].values,
            "value_raw": ds["value_raw"].values,
            "cell": ds["cell_of_site"].values,
        }
    )
    monitors = MonitorSet(
        table=table,
        observed=observed,
        counts=ds["count"].values.astype(np.float64),
        cells=ds["flat_index"].values.astype(np.int64),
        xy=np.column_stack(grid.project(ds["lon"].values, ds["lat"].values)),
        cell_xy=cell_centres(grid)[ds["flat_index"].values],
        weights=m["weights"],
        left_out=m["left_out"],
        nearest_km=ds["nearest_km"].values,
    )
    places = Places(
        adcodes=ds["city"].values.astype(np.int32),
        people=m["people"],
        area=m["area"],
        census=ds["census"].values,
    )
    return monitors, places
