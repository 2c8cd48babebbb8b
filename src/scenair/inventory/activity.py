"""National activity over the cities, once.

Plants take what they use; the rest of a sector's source goes to the provinces by a rule and
to the cities of a province by drivers of the census (``resources/inventory/proxies.csv``).
Between the censuses of 2010 and 2020 a driver moves with the people it belongs to: employment on
farms with rural, other employment with urban population, cars with all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import xarray as xr

from scenair.core.errors import InputError
from scenair.core.sectors import SECTORS
from scenair.inventory.shares import PROVINCES, normalised
from scenair.inventory.sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

#: Year of the census of the drivers, and years since the one before.
CENSUS_YEAR: Final = 2020
CENSUS_INTERVAL: Final = 10

#: Population whose change between the censuses a driver follows (others: urban population).
FOLLOWS: Final[Mapping[str, str]] = {
    "pop": "pop",
    "households": "pop",
    "households_with_car": "pop",
    "pop_rural": "pop_rural",
    "emp_agriculture": "pop_rural",
}


def city_drivers(
    census: pd.DataFrame,
    change: pd.DataFrame,
    dwellings: pd.DataFrame,
    plants: pd.DataFrame,
    cities: npt.NDArray[np.int32],
    *,
    year: int,
) -> pd.DataFrame:
    """Drivers of a year by city: census variables, floor area, capacity of blast furnaces.

    ``floor_urban`` and ``floor_rural`` are the floor area a head of the city times its urban and
    rural people (m2), ``pig_iron_capacity`` is that of the fleet (Mg yr-1).

    Parameters
    ----------
    census : DataFrame
        adcode, variable, value of 2020 (persons, or households).
    change : DataFrame
        adcode, variable (pop, pop_urban, pop_rural), value: 2010 over 2020.
    dwellings : DataFrame
        adcode, variable (floor_per_head), value of 2020 (m2 person-1).
    plants : DataFrame
        Operating clusters.
    cities : array
        adcodes.
    year : int
        2010 to 2020 between the censuses at a constant rate a year; that of 2020 after.

    Raises
    ------
    InputError
        A city without a census figure.
    """
    table = _by_city(census, cities, where="resources/regions/census2020_city.csv.gz")
    ratio = _by_city(change, cities, where="resources/inventory/census_change.csv.gz")
    back = max(CENSUS_YEAR - year, 0) / CENSUS_INTERVAL
    for name in table.columns:
        table[name] *= ratio[FOLLOWS.get(name, "pop_urban")] ** back
    floor = _by_city(dwellings, cities, where="resources/inventory/dwellings.csv.gz")
    for where in ("urban", "rural"):
        table[f"floor_{where}"] = table[f"pop_{where}"] * floor["floor_per_head"]
    iron = plants[plants["technology"] == "pig_iron"].groupby("adcode")["value"].sum()
    table["pig_iron_capacity"] = iron.reindex(cities).fillna(0.0)
    return table


def _by_city(frame: pd.DataFrame, cities: npt.NDArray[np.int32], *, where: str) -> pd.DataFrame:
    table = frame.pivot_table(
        index="adcode", columns="variable", values="value", aggfunc="first"
    ).reindex(cities)
    if table.isna().any(axis=None):
        city = table.index[table.isna().any(axis=1)][0]
        raise InputError("a city without census figures", where=where, value=int(city))
    return table.astype(np.float64)


def within_province(
    drivers: pd.DataFrame, weights: pd.Series, province: npt.NDArray[np.int32]
) -> Array:
    """Share of each city in its province by weighted drivers; sums to 1 in every province.

    A driver that a province does not have at all gives its weight to the others, and to
    population where there is none left.
    """
    share = np.zeros(len(drivers))
    weight_sum = np.zeros(len(drivers))
    for name, weight in zip(weights.index.astype(str), weights, strict=True):
        total = drivers.groupby(province)[name].transform("sum").to_numpy()
        has = total > 0
        part = np.divide(drivers[name].to_numpy(), total, out=np.zeros(len(drivers)), where=has)
        share += weight * part
        weight_sum += weight * has
    people = (drivers["pop"] / drivers.groupby(province)["pop"].transform("sum")).to_numpy()
    return np.where(weight_sum > 0, share / np.where(weight_sum > 0, weight_sum, 1.0), people)


def national_pattern(drivers: pd.DataFrame, weights: pd.Series) -> Array:
    """Share of each city in the country by weighted drivers; sums to 1."""
    parts = [w * normalised(drivers[str(d)].to_numpy(np.float64)) for d, w in weights.items()]
    return normalised(np.sum(parts, axis=0))


def spread(
    rule: str,
    weights: pd.Series,
    *,
    drivers: pd.DataFrame,
    province: npt.NDArray[np.int32],
    provincial: Mapping[str, pd.Series],
) -> Array:
    """City shares (sum 1) of one source of one sector.

    Parameters
    ----------
    rule : str
        ``national`` (drivers over the whole country) or a key of ``provincial``.
    weights : Series
        driver -> weight.
    drivers : DataFrame
        (city, driver).
    province : array
        adcode of each city's province.
    provincial : mapping
        Provincial shares by rule.

    Raises
    ------
    InputError
        Unknown rule or driver.
    """
    where = "resources/inventory/proxies.csv"
    unknown = [d for d in weights.index if d not in drivers.columns]
    if unknown:
        raise InputError(
            "unknown driver", where=where, value=unknown[0], allowed=", ".join(drivers.columns)
        )
    if rule == "national":
        return national_pattern(drivers, weights)
    if rule not in provincial:
        raise InputError(
            "unknown provincial rule",
            where=where,
            value=rule,
            allowed=", ".join(["national", *sorted(provincial)]),
        )
    inside = within_province(drivers, weights, province)
    share = provincial[rule].reindex(province).to_numpy(np.float64)
    return normalised(share * inside)


def heating_shares(
    season: pd.DataFrame, drivers: pd.DataFrame, province: npt.NDArray[np.int32]
) -> dict[str, pd.Series]:
    """Provincial shares of central heating by rule (``heating coal``, ``heating gas``).

    Months of the season, weighted by how much of the heat burns the fuel, times urban population.
    """
    urban = drivers["pop_urban"].groupby(province).sum().reindex(PROVINCES)
    out = {}
    for fuel, rows in season.groupby("fuel"):
        demand = rows.set_index("province")["value"].reindex(PROVINCES).astype(float) * urban
        out[f"heating {fuel}"] = demand / demand.sum()
    return out


def distribute(
    national: xr.DataArray,
    *,
    plants: pd.DataFrame,
    plant_use: pd.DataFrame,
    proxies: pd.DataFrame,
    drivers: pd.DataFrame,
    province: npt.NDArray[np.int32],
    provincial: Mapping[str, pd.Series],
) -> xr.DataArray:
    """Activity of the cities, (city, sector, source).

    What plants use lies where they stand; the rest follows its rule and drivers. Sums over cities
    equal ``national``.
    """
    cities = drivers.index.to_numpy(np.int32)
    out = xr.DataArray(
        np.zeros((len(cities), len(SECTORS), len(SOURCES))),
        dims=("city", "sector", "source"),
        coords={"city": cities, "sector": list(SECTORS), "source": list(SOURCES)},
        name="activity",
    )
    at_plants = city_sum(plants, plant_use, cities)
    for (sector, source), rows in proxies.groupby(["sector", "source_name"]):
        amount = float(national.sel(sector=sector, source=source))
        point = at_plants.sel(sector=sector, source=source)
        rest = amount - float(point.sum())
        # what is left of a full share of the plants is round-off
        rest = rest if rest > 1e-9 * amount else 0.0
        weights = rows.set_index("driver")["value"]
        shares = spread(
            str(rows["province_rule"].iloc[0]),
            weights,
            drivers=drivers,
            province=province,
            provincial=provincial,
        )
        out.loc[{"sector": sector, "source": source}] = point + rest * shares
    return out


def city_sum(
    plants: pd.DataFrame, plant_use: pd.DataFrame, cities: npt.NDArray[np.int32]
) -> xr.DataArray:
    """Plants' activity summed to (city, sector, source).

    Raises
    ------
    InputError
        A plant in a city that is not one of the units.
    """
    lost = ~plants["adcode"].isin(cities)
    if lost.any():
        raise InputError(
            "a plant belongs to no unit",
            where="resources/inventory/plants.csv.gz",
            value=int(plants.loc[lost, "adcode"].iloc[0]),
        )
    values = np.zeros((len(cities), len(SECTORS), len(SOURCES)))
    city = np.searchsorted(cities, plants["adcode"].to_numpy())
    sector = plants["sector"].map({s: i for i, s in enumerate(SECTORS)}).to_numpy()
    np.add.at(values, (city, sector), plant_use[list(SOURCES)].to_numpy(np.float64))
    return xr.DataArray(
        values,
        dims=("city", "sector", "source"),
        coords={"city": cities, "sector": list(SECTORS), "source": list(SOURCES)},
    )


def provincial_sum(values: xr.DataArray, province: npt.NDArray[np.int32]) -> xr.DataArray:
    """Sum the dimension ``city`` to ``province`` (all 31, zero where no city is given)."""
    place = np.searchsorted(np.array(PROVINCES), province)
    arr = values.transpose("city", ...)
    out = np.zeros((len(PROVINCES), *arr.shape[1:]))
    np.add.at(out, place, arr.values)
    coords = {k: v for k, v in arr.coords.items() if k != "city" and "city" not in v.dims}
    return xr.DataArray(
        out,
        dims=("province", *arr.dims[1:]),
        coords={"province": np.array(PROVINCES, dtype=np.int32), **coords},
    )
