"""From contract files to what a figure shows: sums and means, no drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import xarray as xr

from scenair.core.errors import InputError
from scenair.core.grids import Grid, grid_from_attributes
from scenair.core.overlay import polygon_areas
from scenair.core.periods import seconds_in_months
from scenair.core.regions import CITIES_2_26, units
from scenair.core.units import FLUX, require_units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

PARTS: Final = ("BACKGROUND", "OTHER", "OA", "BC", "NH4", "NO3", "SO4")

#: Regions of control policy; a unit belongs to the first that claims it.
REGION_PROVINCES: Final[dict[str, tuple[int, ...]]] = {
    "Beijing-Tianjin-Hebei\nand surroundings (2+26)": (),
    "Yangtze River Delta": (310000, 320000, 330000, 340000),
    "Guangdong": (440000,),
    "Sichuan and Chongqing": (500000, 510000),
    "North China, rest": (130000, 140000, 370000, 410000, 610000),
    "Central and South": (360000, 420000, 430000, 350000, 450000, 460000),
    "North-East": (210000, 220000, 230000),
    "North-West": (150000, 620000, 630000, 640000, 650000),
    "South-West": (520000, 530000, 540000),
}


def grid_of(ds: xr.Dataset, *, where: str) -> Grid:
    """The grid of a gridded file, from its grid mapping.

    Raises
    ------
    InputError
        The file has no variable ``crs`` with the names of GRIDDESC.
    """
    if "crs" not in ds.variables or "griddesc_ncols" not in ds["crs"].attrs:
        raise InputError("no grid mapping", where=f"{where}, variable crs", remedy="write it anew")
    return grid_from_attributes(dict(ds["crs"].attrs))


def annual_density(flux: xr.DataArray, *, year: int) -> xr.DataArray:
    """Annual emission per area, all sectors.

    Parameters
    ----------
    flux : DataArray
        (month, sector, y, x), kg m-2 s-1.
    year : int
        Decides the seconds of February.

    Returns
    -------
    DataArray
        (y, x), Mg km-2 yr-1.

    Raises
    ------
    UnitsError
        Another unit than kg m-2 s-1.
    """
    require_units(flux, FLUX, where="gridded.nc")
    seconds = xr.DataArray(seconds_in_months(year), dims="month", coords={"month": range(1, 13)})
    total = (flux.sum("sector", dtype="float64") * seconds).sum("month")
    # 1 kg m-2 = 1000 Mg km-2
    return (total * 1000.0).assign_attrs(units="Mg km-2 yr-1")


def total_over_units(emission: xr.DataArray) -> xr.DataArray:
    """Sum over units: (year, sector, species) in Tg yr-1 from Mg yr-1."""
    require_units(emission, "Mg yr-1", where="trajectories")
    return (emission.sum("city") / 1e6).assign_attrs(units="Tg yr-1")


def region_of_units(adcodes: Sequence[int], province: Sequence[int]) -> list[str]:
    """Region of every unit (keys of :data:`REGION_PROVINCES`)."""
    names = list(REGION_PROVINCES)
    by_province = {p: name for name, group in REGION_PROVINCES.items() for p in group}
    return [
        names[0] if code in CITIES_2_26 else by_province.get(int(home), names[4])
        for code, home in zip(adcodes, province, strict=True)
    ]


def region_weights(
    adcodes: Sequence[int], province: Sequence[int], *, grid: Grid, people: npt.NDArray[np.floating]
) -> pd.DataFrame:
    """People of every region by cell.

    Parameters
    ----------
    adcodes, province : sequence of int
        The units.
    grid : Grid
    people : ndarray (y, x)
        Persons; NaN counts as nobody.

    Returns
    -------
    DataFrame
        One row a cell (row-major, south first), one column a region with people, ``All units``
        first. A cell's people are shared between units by area.
    """
    areas = polygon_areas(list(units().geometry.loc[list(adcodes)]), grid)[: grid.size]
    region = np.array(region_of_units(adcodes, province))
    persons = np.nan_to_num(np.asarray(people, dtype=float)).ravel() / grid.cell_area.ravel()
    columns = {"All units": np.asarray(areas.sum(axis=1)).ravel() * persons}
    for name in REGION_PROVINCES:
        column = np.asarray(areas[:, region == name].sum(axis=1)).ravel() * persons
        if column.sum() > 0:
            columns[name] = column
    return pd.DataFrame(columns)


def regional_parts(fields: Mapping[str, xr.DataArray], weights: pd.DataFrame) -> pd.DataFrame:
    """Population-weighted parts of PM2.5 by region.

    Parameters
    ----------
    fields : mapping of part -> DataArray (y, x)
        ug m-3.
    weights : DataFrame
        From :func:`region_weights`.

    Returns
    -------
    DataFrame
        Index region, columns the parts, ug m-3.
    """
    values = pd.DataFrame(
        {name: field.transpose("y", "x").values.ravel() for name, field in fields.items()}
    ).astype("float64")
    return (weights.T @ values).div(weights.sum(), axis=0)


def double_counts(double: pd.DataFrame) -> pd.DataFrame:
    """Cities by type and class.

    Parameters
    ----------
    double : DataFrame
        ``double.csv``; rows without a class (not monitored) are left out.

    Returns
    -------
    DataFrame
        Index city type ("all" first, then ascending), columns both, attains_only, peaked_only,
        neither; numbers of cities.
    """
    classes = ["both", "attains_only", "peaked_only", "neither"]
    known = double[double["class"].isin(classes)]
    table = pd.crosstab(known["city_type"], known["class"]).reindex(columns=classes, fill_value=0)
    every = known["class"].value_counts().reindex(classes, fill_value=0).rename("all")
    return pd.concat([every.to_frame().T, table.sort_index()])


def peak_counts(
    peak_year: Sequence[int], city_type: Sequence[str], *, last_year: int
) -> tuple[pd.DataFrame, pd.Series[int]]:
    """Units by CO2 peak year and type, and the units that do not peak.

    Parameters
    ----------
    peak_year : sequence of int
        Year of the maximum of each unit; ``last_year`` means that it has not peaked.
    city_type : sequence of str
    last_year : int
        Last year of the trajectory.

    Returns
    -------
    table : DataFrame
        Index year, columns city type; numbers of units.
    rest : Series
        Index city type; numbers of units not peaked.
    """
    frame = pd.DataFrame({"year": list(peak_year), "type": list(city_type)})
    ever = frame["year"] < last_year
    table = pd.crosstab(frame.loc[ever, "year"], frame.loc[ever, "type"])
    return table, frame.loc[~ever, "type"].value_counts().sort_index()
