"""Road vehicles by age: light, heavy and bus fleets with standards and powertrains.

stock(a + 1, t + 1) = stock(a, t) S(a + 1) / S(a) with Weibull survival S; sales fill the gap to the
stock that ownership (Gompertz) or freight asks for; a share of the sales is electric, the rest has
the standard in force. Fuel follows the combustion vehicles and their fuel economy; factors per
fuel follow the standards of the combustion vehicles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

MAX_AGE: Final = 30
STANDARDS: Final = ("PRE", "I", "II", "III", "IV", "V", "VI", "VII")
#: Diesel vehicles up to this standard are "old".
_OLD: Final = STANDARDS.index("III")


@dataclass(frozen=True)
class FleetInput:
    """What drives one class of vehicles; arrays are (year, city) unless noted.

    ``stock`` index (base year = 1), ``electric_sales`` share of new vehicles, ``scrapped`` share of
    surviving old diesel taken off since the base year, ``economy`` fuel saved by a new vehicle
    against one of the base year; ``factors`` species -> g km-1 by standard; ``starts`` standard ->
    first year; ``past_growth`` of the stock (yr-1), ``scale`` (yr) and ``shape`` of the survival.
    """

    stock: Array
    electric_sales: Array
    scrapped: Array
    economy: Array
    factors: Mapping[str, Array]
    starts: Mapping[str, int]
    past_growth: float
    scale: float
    shape: float


@dataclass(frozen=True)
class FleetResult:
    """Outcome of one class by year and city.

    ``combustion`` and ``electric`` stock (base-year stock = 1), ``fuel`` index (base year = 1),
    ``electricity`` of electric vehicles in units of base-year fuel before the energy ratio,
    ``factor`` species -> emission per fuel over that of the base year, ``sales`` stock a year.
    """

    combustion: Array
    electric: Array
    fuel: Array
    electricity: Array
    factor: Mapping[str, Array]
    sales: Array


def ownership(cars: Array, income: Array, *, saturation: float, slope: float) -> Array:
    """Gompertz ownership over that of the base year.

    ln(V* / V(t)) = ln(V* / V0) exp(-slope ln(income)), with income relative to the base year.

    Parameters
    ----------
    cars : ndarray, shape (city,)
        Vehicles per 1000 persons in the base year.
    income : ndarray, shape (year, city)
    saturation : float
        Vehicles per 1000 persons.
    """
    ceiling = np.maximum(saturation, cars * 1.02)
    gap = np.log(ceiling / cars) * np.exp(-slope * np.log(np.maximum(income, 1e-6)))
    out: Array = ceiling * np.exp(-gap) / cars
    return out


def weibull(age: Array, *, scale: float, shape: float) -> Array:
    """Share of vehicles that reach ``age``: exp(-(age / scale)^shape)."""
    return np.exp(-((age / scale) ** shape))


def standard_of(year: int, starts: Mapping[str, int]) -> int:
    """Index in :data:`STANDARDS` of what is sold in ``year``."""
    index = 0
    for i, name in enumerate(STANDARDS):
        if name in starts and year >= starts[name]:
            index = i
    return index


def run_fleet(given: FleetInput, *, base_year: int) -> FleetResult:
    """Carry one class of vehicles from the base year to the horizon.

    The stock balances every year: stock = survivors - scrapped + sales, and combustion + electric
    = stock.
    """
    n_years, n_cities = given.stock.shape
    ages = np.arange(MAX_AGE + 1, dtype=np.float64)
    keep = weibull(ages, scale=given.scale, shape=given.shape)
    step = np.append(keep[1:] / np.maximum(keep[:-1], 1e-300), 0.0)[:, None]
    start = np.exp(-given.past_growth * ages) * keep
    electric0 = given.electric_sales[0] * (ages[:, None] < 3)
    combustion = (start / start.sum())[:, None] * np.ones((1, n_cities)) * (1 - electric0)
    electric = (start / start.sum())[:, None] * electric0
    economy = np.zeros((MAX_AGE + 1, n_cities))
    out = _Record(n_years, n_cities, tuple(given.factors))
    out.keep(0, combustion, electric, economy, given, base_year)
    for t in range(1, n_years):
        combustion, electric, economy = (
            _grow(a, s)
            for a, s in ((combustion, step), (electric, step), (economy, np.ones_like(step)))
        )
        year = base_year + t
        old = np.array(
            [standard_of(int(year - a), given.starts) <= _OLD for a in range(MAX_AGE + 1)]
        )
        left = (1 - given.scrapped[t]) / np.maximum(1 - given.scrapped[t - 1], 1e-9)
        combustion[old] *= np.clip(np.where(given.scrapped[t] >= 1, 0.0, left), 0.0, 1.0)
        survivors = combustion.sum(axis=0) + electric.sum(axis=0)
        # a shrinking stock loses vehicles of every age
        shrink = np.minimum(1.0, given.stock[t] / np.maximum(survivors, 1e-12))
        combustion *= shrink
        electric *= shrink
        sales = np.maximum(given.stock[t] - survivors * shrink, 0.0)
        combustion[0] = sales * (1 - given.electric_sales[t])
        electric[0] = sales * given.electric_sales[t]
        economy[0] = given.economy[t]
        out.sales[t] = sales
        out.keep(t, combustion, electric, economy, given, year)
    return out.result()


def _grow(array: Array, step: Array) -> Array:
    older = np.zeros_like(array)
    older[1:] = (array * step)[:-1]
    return older


class _Record:
    """Yearly totals of a running fleet."""

    def __init__(self, n_years: int, n_cities: int, species: tuple[str, ...]) -> None:
        shape = (n_years, n_cities)
        self.combustion, self.electric, self.fuel, self.sales = (np.zeros(shape) for _ in range(4))
        self.per_km = {s: np.zeros(shape) for s in species}

    def keep(
        self,
        t: int,
        combustion: Array,
        electric: Array,
        economy: Array,
        given: FleetInput,
        year: int,
    ) -> None:
        index = [standard_of(int(year - a), given.starts) for a in range(MAX_AGE + 1)]
        self.combustion[t] = combustion.sum(axis=0)
        self.electric[t] = electric.sum(axis=0)
        self.fuel[t] = (combustion * (1 - economy)).sum(axis=0)
        for species, by_standard in given.factors.items():
            self.per_km[species][t] = by_standard[index] @ combustion

    def result(self) -> FleetResult:
        fuel = self.fuel / self.fuel[0]
        factor = {}
        for species, mass in self.per_km.items():
            relative = mass / mass[0]
            factor[species] = np.divide(relative, fuel, out=np.ones_like(fuel), where=fuel > 0)
        # electric vehicles of the base year are in the base-year electricity already
        return FleetResult(
            combustion=self.combustion,
            electric=self.electric,
            fuel=fuel,
            electricity=np.maximum(self.electric - self.electric[:1], 0.0) / self.combustion[:1],
            factor=factor,
            sales=self.sales,
        )
