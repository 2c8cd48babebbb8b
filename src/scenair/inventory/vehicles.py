"""County vehicle model: fleet by age and standard, distance, factors with their corrections.

Ownership: Gompertz ``V = Vsat exp(alpha exp(beta g))`` (vehicles per 1000 people, g income).
Survival: Weibull ``S(a) = exp(-(a / T)^b)``. Stock of a year is past sales times survival; the
standard of a vintage is the one in force when it was registered. Emission:
``stock x km x factor x temperature x humidity x altitude x speed x load x sulphur``. Forms of
Zheng et al. 2014; base factors and corrections of the technical guideline of the Ministry of
Environmental Protection (2014), in ``resources/inventory/vehicle_factors.csv`` and
``vehicle_corrections.csv``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

STANDARDS: Final = ("PRE", "I", "II", "III", "IV", "V", "VI")


def gompertz(income: Array, *, saturation: float, alpha: float, beta: float) -> Array:
    """Vehicles per 1000 people: ``saturation x exp(alpha exp(beta income))``; alpha, beta < 0."""
    if alpha >= 0 or beta >= 0 or saturation <= 0:
        raise ValueError("a Gompertz curve needs saturation > 0 and alpha, beta < 0")
    return np.asarray(saturation * np.exp(alpha * np.exp(beta * np.asarray(income, float))))


def fit_gompertz(income: Array, ownership: Array, *, saturation: float) -> tuple[float, float]:
    """alpha and beta by least squares of ``ln(-ln(V / Vsat))`` on income.

    Raises
    ------
    InputError
        Ownership not between zero and the saturation, or fewer than three points.
    """
    v = np.asarray(ownership, dtype=float)
    if len(v) < 3 or not ((v > 0) & (v < saturation)).all():
        raise InputError(
            "ownership can't be fitted by a Gompertz curve",
            value=f"{len(v)} points, {v.min():g} to {v.max():g}",
            allowed=f"three points or more, above 0 and below {saturation:g}",
        )
    slope, intercept = np.polyfit(np.asarray(income, float), np.log(-np.log(v / saturation)), 1)
    return float(-np.exp(intercept)), float(slope)


def survival(age: Array, *, lifetime: float, shape: float) -> Array:
    """Weibull share of a vintage still on the road: ``exp(-(age / lifetime)^shape)``."""
    return np.asarray(np.exp(-((np.asarray(age, float) / lifetime) ** shape)))


@dataclass(frozen=True)
class Fleet:
    """Stock of one class of vehicle.

    Attributes
    ----------
    years : array (t,)
    stock : array (t, a)
        Vehicles by year and age.
    sales, scrapped : array (t,)
        New registrations and withdrawals in the year.
    """

    years: npt.NDArray[np.int64]
    stock: Array
    sales: Array
    scrapped: Array

    def vintages(self, year: int) -> pd.Series:
        """Vehicles of a year by year of registration."""
        row = int(np.flatnonzero(self.years == year)[0])
        return pd.Series(self.stock[row], index=year - np.arange(self.stock.shape[1]))


def turnover(totals: pd.Series, *, lifetime: float, shape: float, ages: int = 25) -> Fleet:
    """Stock by age that sums to given totals in every year.

    The first year's stock has the ages of a fleet in equilibrium; each later year loses what the
    survival curve takes and sells what is missing. Where a total falls faster than vehicles die,
    the survivors are scaled down (early scrapping).

    Parameters
    ----------
    totals : Series
        Vehicles by year, consecutive ascending years.
    """
    years = totals.index.to_numpy(dtype=np.int64)
    if len(years) == 0 or not (np.diff(years) == 1).all() or (totals < 0).any():
        raise InputError("vehicle totals need consecutive years and no value below zero")
    curve = survival(np.arange(ages + 1, dtype=float), lifetime=lifetime, shape=shape)
    keep = curve[1:] / curve[:-1]
    stock = np.zeros((len(years), ages))
    sales, scrapped = np.zeros(len(years)), np.zeros(len(years))
    stock[0] = totals.iloc[0] * curve[:ages] / curve[:ages].sum()
    sales[0] = stock[0, 0]
    for i in range(1, len(years)):
        stock[i, 1:] = stock[i - 1, :-1] * keep[: ages - 1]
        survivors, wanted = stock[i].sum(), float(totals.iloc[i])
        if survivors > wanted:
            stock[i] *= wanted / survivors
        sales[i] = stock[i, 0] = max(wanted - survivors, 0.0)
        scrapped[i] = stock[i - 1].sum() + sales[i] - stock[i].sum()
    return Fleet(years, stock, sales, scrapped)


def standard_of(registered: npt.ArrayLike, starts: Mapping[str, int]) -> list[str]:
    """Standard in force in the year of registration; ``PRE`` before the first.

    ``starts``: standard -> first year.
    """
    names = [s for s in STANDARDS if s in starts]
    first = np.array([starts[s] for s in names])
    if (np.diff(first) < 0).any():
        raise InputError("standards start in the wrong order", value=dict(starts))
    place = np.searchsorted(first, np.asarray(registered), side="right") - 1
    return ["PRE" if p < 0 else names[int(p)] for p in np.atleast_1d(place)]


def standard_shares(vintages: pd.Series, starts: Mapping[str, int]) -> pd.Series:
    """Share of each standard in a stock by year of registration; sums to 1."""
    labels = pd.Series(standard_of(vintages.index.to_numpy(), starts), index=vintages.index)
    shares = vintages.groupby(labels).sum() / vintages.sum()
    return shares.reindex(STANDARDS).fillna(0.0)


@dataclass(frozen=True)
class Conditions:
    """What corrects the base factors in a county and month (base state in brackets).

    Attributes
    ----------
    temperature : degrees Celsius (15)
    humidity : percent (50)
    altitude : m (below 1500)
    speed : km h-1 (30-40 class 1 at 30)
    load : percent of the payload, diesel trucks (50)
    """

    temperature: float = 15.0
    humidity: float = 50.0
    altitude: float = 0.0
    speed: float = 30.0
    load: float = 50.0


def correction(
    table: pd.DataFrame, *, vehicle_class: str, fuel: str, species: str, at: Conditions
) -> float:
    """Product of all corrections of one class, fuel and species.

    ``table``: correction, fuel, vehicle_class (``all`` or a class), species, low, high, value; a
    row applies where ``low <= condition < high``. What no row covers is 1.
    """
    state = {
        "temperature": at.temperature,
        "humidity": at.humidity,
        "altitude": at.altitude,
        "speed": at.speed,
        "load": at.load,
    }
    rows = table[(table["fuel"] == fuel) & (table["species"] == species)]
    rows = rows[rows["vehicle_class"].isin(["all", vehicle_class])]
    product = 1.0
    for name, value in state.items():
        hit = rows[(rows["correction"] == name) & (rows["low"] <= value) & (value < rows["high"])]
        # a row of the class itself goes before one for all
        hit = hit.sort_values("vehicle_class", key=lambda c: c == "all")
        if len(hit):
            product *= float(hit["value"].iloc[0])
    return product


def fleet_factor(
    factors: pd.DataFrame,
    corrections: pd.DataFrame,
    shares: pd.Series,
    *,
    vehicle_class: str,
    fuel: str,
    species: str,
    at: Conditions,
) -> float:
    """Mean factor of a fleet, g km-1.

    Parameters
    ----------
    factors : DataFrame
        vehicle_class, fuel, species, standard, value (g km-1).
    shares : Series
        Share of each standard.

    Raises
    ------
    InputError
        A standard with vehicles but no factor.
    """
    rows = factors[
        (factors["vehicle_class"] == vehicle_class)
        & (factors["fuel"] == fuel)
        & (factors["species"] == species)
    ].set_index("standard")["value"]
    base = rows.reindex(shares.index)
    lost = base.isna() & (shares > 0)
    if lost.any():
        raise InputError(
            "a standard without a factor",
            where=f"resources/inventory/vehicle_factors.csv, {vehicle_class} {fuel} {species}",
            value=str(shares.index[lost][0]),
        )
    mean = float((base.fillna(0.0) * shares).sum())
    return mean * correction(
        corrections, vehicle_class=vehicle_class, fuel=fuel, species=species, at=at
    )


def county_cars(census: pd.DataFrame, provincial: pd.Series) -> pd.Series:
    """Private vehicles by county: households with a car, scaled to the province's vehicles.

    Parameters
    ----------
    census : DataFrame
        Index county; columns households_with_car, province.
    provincial : Series
        Vehicles by province.

    Raises
    ------
    InputError
        A province without a figure or without any car-owning household.
    """
    sums = census.groupby("province")["households_with_car"].sum()
    missing = [int(p) for p in sums.index if p not in provincial.index or not sums[p] > 0]
    if missing:
        raise InputError("a province without vehicles or car-owning households", value=missing[0])
    share = census["households_with_car"] / census["province"].map(sums)
    vehicles = census["province"].map(provincial).astype("float64")
    return vehicles.mul(share)


def county_emissions(cars: pd.Series, *, distance_km: float, factor: pd.Series) -> pd.Series:
    """Emission by county, Mg yr-1: cars x km a year x g km-1 x 1e-6 (same index)."""
    return cars.mul(factor) * (distance_km * 1e-6)
