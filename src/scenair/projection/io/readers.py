"""Files of other stages and of this one, read and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from scenair.core.errors import InputError, MassBalanceError
from scenair.core.io.netcdf import open_netcdf, require_finite
from scenair.core.io.reading import reader
from scenair.core.io.tables import read_csv
from scenair.core.species import SPECIES
from scenair.projection.state import RECOMPUTE
from scenair.projection.supply import TJ_PER_TWH

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt
    import pandas as pd

POINT_COLUMNS = (
    "id",
    "lon",
    "lat",
    "adcode",
    "sector",
    "capacity",
    "capacity_unit",
    "start_year",
    "stack_height_m",
    "stack_diameter_m",
    "stack_temperature_k",
    "stack_velocity_m_s",
    *SPECIES,
)


@reader
def read_inventory(path: str | Path, *, year: int) -> xr.Dataset:
    """The inventory of one year, its coordinates and values checked.

    Raises
    ------
    InputError, UnitsError
        Another year, NaN or negative emission, missing variables.
    """
    ds = open_netcdf(
        path,
        variables={
            "emission": "Mg yr-1",
            "activity": None,
            "unit": None,
            "emission_factor": None,
            "removal": "1",
            "closing_factor": "1",
            "province_of_city": None,
        },
    )
    found = ds.attrs.get("year", year)
    if int(found) != year:
        raise InputError(
            "another year", where=f"{path}, attribute year", value=found, allowed=str(year)
        )
    require_finite(ds["emission"], where=str(path))
    require_finite(ds["activity"].fillna(0.0).rename("activity"), where=str(path))
    for name in ("removal", "emission_factor", "closing_factor"):
        require_finite(ds[name].fillna(0.0).rename(name), where=str(path))
    if float(ds["removal"].max()) > 1:
        raise InputError(
            "a removal above 1", where=f"{path}, variable removal", value=float(ds["removal"].max())
        )
    cities = ds["city"].values
    if (np.diff(cities) <= 0).any():
        raise InputError("cities are not in ascending adcode", where=str(path))
    return ds


@reader
def read_points(path: str | Path) -> pd.DataFrame:
    """Plants of a year as the inventory writes them.

    Raises
    ------
    InputError
        Missing columns, doubled ids, negative or missing capacity or emission.
    """
    frame = read_csv(path, columns=POINT_COLUMNS, dtype={"adcode": "int64", "id": "str"})
    numeric = ["lon", "lat", "capacity", "start_year", *SPECIES]
    for column in numeric:
        values = frame[column].to_numpy(dtype=np.float64)
        bad = ~np.isfinite(values)
        if column not in ("lon", "lat"):
            bad |= values < 0
        if bad.any():
            row = int(bad.argmax())
            raise InputError(
                "a plant with a value that is missing or negative",
                where=f"{path}, line {row + 2}, column {column}",
                value=frame[column].iloc[row],
                allowed="finite and >= 0",
            )
    if frame["id"].duplicated().any():
        twice = frame.loc[frame["id"].duplicated(), "id"].iloc[0]
        raise InputError("a plant is listed twice", where=str(path), value=twice)
    return frame


@reader
def read_trajectory(path: str | Path) -> xr.Dataset:
    """A trajectory file whose emission has been recomputed from its activity and net factors.

    Raises
    ------
    InputError, MassBalanceError
        NaN, negative values, or an emission that activity and factors do not give.
    """
    ds = open_netcdf(
        path,
        variables={
            "emission": "Mg yr-1",
            "activity": None,
            "net_factor": None,
            "control_region": None,
            "city_type": None,
        },
    )
    require_finite(ds["emission"], where=str(path))
    verify_trajectory(ds, where=str(path))
    if "electricity_demand" in ds:
        verify_electricity(ds, where=str(path))
    return ds


def verify_trajectory(ds: xr.Dataset, *, where: str) -> None:
    """Stop where emission(year, city, sector, species) is not activity x net factor.

    Raises
    ------
    MassBalanceError
        With the worst year, city, sector and species.
    """
    region = ds["control_region"].values.astype(np.intp)
    activity = ds["activity"].transpose("year", "city", "sector", "source").fillna(0.0).values
    net = ds["net_factor"].transpose("year", "region", "sector", "source", "species").fillna(0.0)
    stated = ds["emission"].transpose("year", "city", "sector", "species").values
    factor = net.values
    again = np.empty_like(stated)
    for r in range(factor.shape[1]):
        inside = np.flatnonzero(region == r)
        # (year, sector, city, source) @ (year, sector, source, species)
        left = activity[:, inside].transpose(0, 2, 1, 3)
        again[:, inside] = (left @ factor[:, r]).transpose(0, 2, 1, 3)
    scale = np.maximum(np.abs(stated), np.abs(stated).sum(axis=1, keepdims=True) * 1e-9) + 1e-12
    error = np.abs(again - stated) / scale
    if (error <= RECOMPUTE * 100).all():
        return
    index = np.unravel_index(int(np.nanargmax(error)), error.shape)
    cell = ", ".join(
        f"{dim} {ds[dim].values[i]}"
        for dim, i in zip(("year", "city", "sector", "species"), index, strict=True)
    )
    raise MassBalanceError(
        "the emission of the file is not its activity times its net factors",
        where=f"{where}, {cell}",
        value=f"emission {stated[index]:.9g}, activity x factors {again[index]:.9g} Mg yr-1",
        allowed="relative difference up to 1e-7",
        remedy="the file was changed or damaged after it was written: delete it and run again",
    )


def verify_electricity(ds: xr.Dataset, *, where: str) -> None:
    """Stop where electricity in the activity table, demand and generation disagree.

    Raises
    ------
    MassBalanceError
        With the worst year.
    """
    demand = ds["electricity_demand"].transpose("year", "city", "sector").values
    drawn = ds["activity"].sel(source="electricity").transpose("year", "city", "sector").values
    known = np.isfinite(demand[:, 0, 0])
    later = known & (np.cumsum(known) > 1)  # the base year is the inventory's, without electricity
    made = ds["generation"].sum("technology").values * (1.0 - ds["generation"].attrs["loss"])
    total = demand.sum(axis=(1, 2))
    off_table = np.abs(drawn / TJ_PER_TWH - demand).sum(axis=(1, 2)) / total
    off_balance = np.abs(made - total) / total
    error = np.where(later, np.maximum(off_table, off_balance), 0.0)
    if not (error <= 1e-9).all():
        worst = int(np.nanargmax(error))
        raise MassBalanceError(
            "the electricity of the file does not balance",
            where=f"{where}, year {int(ds['year'].values[worst])}",
            value=f"demand {total[worst]:.9g}, generation less losses {made[worst]:.9g} TWh yr-1, "
            f"relative error {error[worst]:.2e}",
            remedy="the file was changed or damaged after it was written: delete it and run again",
        )


def require_part(plants: pd.DataFrame, emission: xr.DataArray, *, where: str) -> None:
    """Stop where plants of a city and sector emit more than the city and sector.

    Raises
    ------
    MassBalanceError
        With the worst city, sector and species.
    """
    sums = plants.groupby(["adcode", "sector"])[list(SPECIES)].sum()
    total = emission.sel(
        city=xr.DataArray(sums.index.get_level_values("adcode").to_numpy(), dims="row"),
        sector=xr.DataArray(sums.index.get_level_values("sector").to_numpy(dtype=str), dims="row"),
        species=list(SPECIES),
    ).transpose("row", "species")
    over = sums.to_numpy(dtype=np.float64) - total.values
    if (over > 1e-6 * np.maximum(total.values, 1e-3)).any():
        row, s = np.unravel_index(int(np.argmax(over)), over.shape)
        place = " ".join(map(str, sums.index[int(row)]))
        raise MassBalanceError(
            "plants emit more than their city and sector",
            where=f"{where}, {place}, {SPECIES[int(s)]}",
            value=f"plants {float(sums.to_numpy()[row, s]):.9g}, "
            f"city {total.values[row, s]:.9g} Mg yr-1",
        )


@reader
def read_types(path: str | Path, cities: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Code of the type of each city (index of :data:`scenair.projection.typology.TYPES`).

    Raises
    ------
    InputError
        A city without a type.
    """
    frame = read_csv(path, columns=("adcode", "type_code"), dtype={"adcode": "int64"})
    code = frame.set_index("adcode")["type_code"].reindex(cities)
    if code.isna().any():
        raise InputError(
            "cities without a type", where=str(path), value=list(code.index[code.isna()][:5])
        )
    return code.to_numpy(dtype=np.int32)
