"""The county vehicle model run on private cars: a check of the road sector from the other side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.inventory.shares import PROVINCES
from scenair.inventory.vehicles import (
    Conditions,
    county_cars,
    county_emissions,
    fleet_factor,
    standard_shares,
    turnover,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Species of the factors -> ours. HC is what leaves the tailpipe; evaporation is not in it.
SPECIES: Final = {"CO": "CO", "HC": "NMVOC", "NOx": "NOx", "PM25": "PM25"}
CLASS: Final = ("car_small", "gasoline")


def _fleet_numbers(table: pd.DataFrame) -> tuple[dict[str, float], dict[str, int]]:
    numbers = table[table["standard"] == "all"].set_index("quantity")["value"]
    starts = table[table["quantity"] == "standard_start"].set_index("standard")["value"]
    return (
        {str(k): float(v) for k, v in numbers.items()},
        {str(k): int(v) for k, v in starts.items()},
    )


def _conditions(table: pd.DataFrame, *, speed: float) -> dict[int, Conditions]:
    """State of each province."""
    values = {
        (int(p), str(q)): float(v)
        for p, q, v in zip(table["province"], table["quantity"], table["value"], strict=True)
    }
    return {
        code: Conditions(
            temperature=values[code, "temperature"],
            humidity=values[code, "humidity"],
            altitude=values[code, "altitude"],
            speed=speed,
        )
        for code in PROVINCES
    }


def provincial_shares(
    vehicles: pd.DataFrame, *, year: int, numbers: Mapping[str, float], starts: Mapping[str, int]
) -> pd.DataFrame:
    """Share of each standard in the private cars of each province, (province, standard).

    ``vehicles``: provinces x consecutive years.
    """
    past = vehicles.loc[:, np.asarray(vehicles.columns) <= year]
    out = {}
    for code in PROVINCES:
        series = past.loc[code]
        totals = pd.Series(series.to_numpy(np.float64), index=past.columns.astype(int))
        fleet = turnover(totals, lifetime=numbers["lifetime"], shape=numbers["shape"])
        out[code] = standard_shares(fleet.vintages(year), starts)
    return pd.DataFrame(out).T


def private_cars(
    census: pd.DataFrame,
    vehicles: pd.DataFrame,
    *,
    year: int,
    fleet: pd.DataFrame,
    conditions: pd.DataFrame,
    factors: pd.DataFrame,
    corrections: pd.DataFrame,
) -> pd.DataFrame:
    """Private cars of every county and what they emit.

    Parameters
    ----------
    census : DataFrame
        Index county; adcode, province, households_with_car.
    vehicles : DataFrame
        Private vehicles, provinces x years, 1e4.
    fleet, conditions, factors, corrections : DataFrame
        ``vehicle_fleet.csv``, ``province_conditions.csv``, ``vehicle_factors.csv``,
        ``vehicle_corrections.csv``.

    Returns
    -------
    DataFrame
        county, adcode, province, cars, CO, NMVOC, NOx, PM25 (Mg yr-1).
    """
    numbers, starts = _fleet_numbers(fleet)
    shares = provincial_shares(vehicles, year=year, numbers=numbers, starts=starts)
    state = _conditions(conditions, speed=numbers["speed"])
    cars = county_cars(census, vehicles[year] * 1e4)
    out = pd.DataFrame(
        {"adcode": census["adcode"], "province": census["province"], "cars": cars},
        index=census.index,
    )
    for name, ours in SPECIES.items():
        mean = {
            code: fleet_factor(
                factors,
                corrections,
                pd.Series(shares.loc[code]),
                vehicle_class=CLASS[0],
                fuel=CLASS[1],
                species=name,
                at=at,
            )
            for code, at in state.items()
        }
        factor = census["province"].map(mean).astype("float64")
        out[ours] = county_emissions(cars, distance_km=numbers["distance"], factor=factor)
    return out.reset_index()


def compare(cars: pd.DataFrame, gasoline: pd.DataFrame) -> pd.DataFrame:
    """Model against the gasoline part of the road sector, by province and in sum (code 0).

    Parameters
    ----------
    cars : DataFrame
        Of :func:`private_cars`, for the cities of ``gasoline``.
    gasoline : DataFrame
        Index adcode; province and the four species, Mg yr-1.

    Returns
    -------
    DataFrame
        province, species, model, inventory (Mg yr-1), ratio.
    """
    names = list(SPECIES.values())
    model = cars.groupby("province")[names].sum()
    ours = gasoline.groupby("province")[names].sum()
    model.loc[0], ours.loc[0] = model.sum(), ours.sum()
    rows = [
        (int(code), name, float(model.loc[code, name]), float(ours.loc[code, name]))
        for code in ours.index
        for name in names
    ]
    frame = pd.DataFrame(rows, columns=["province", "species", "model", "inventory"])
    frame["ratio"] = (frame["model"] / frame["inventory"]).where(frame["inventory"] > 0, np.nan)
    return frame
