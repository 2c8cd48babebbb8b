"""Drivers of activity by city and year: population, urbanisation, income, floor area, output.

National control totals are given; cities differ in their growth (population and urbanisation of
their own, provincial growth, convergence of income), and the sum over cities is scaled back to the
control total. Where a scenario knows the years after the base year, provinces follow their annual
statistics; afterwards provincial and city trends fade with a half-life, so that nothing runs away.
Between the years of a table values follow a smooth curve (:mod:`scenair.projection.curves`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from scenair.core.errors import InputError
from scenair.projection.curves import smooth

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    Array = npt.NDArray[np.float64]

#: Drivers an elasticity may name.
DRIVERS: Final = (
    "population",
    "urban",
    "rural",
    "income",
    "gdp",
    "floor",
    "floor_urban",
    "floor_rural",
)


@dataclass(frozen=True)
class Observed:
    """What is known of the years after the base year by the province of each city.

    ``gdp`` and ``population`` (year, city): index over that of the nation, base year first and 1;
    ``vehicles`` (year, city): index of private vehicles, base year first and 1. All may have one
    row: nothing is known.
    """

    gdp: Array
    population: Array
    vehicles: Array


@dataclass(frozen=True)
class Drivers:
    """Levels by year and city, and national indices (base year = 1).

    ``population``, ``urban_population`` in persons (year, city); ``gdp`` an index (year, city);
    ``floor_urban``, ``floor_rural`` dwellings in m2 (year, city); ``national`` driver -> index
    (year,); ``national_share`` of the nation's people in these cities; ``vehicles`` observed index
    of private vehicles (some first years, city).
    """

    years: npt.NDArray[np.int32]
    population: Array
    urban_population: Array
    gdp: Array
    floor_urban: Array
    floor_rural: Array
    national: Mapping[str, Array]
    national_share: float
    vehicles: Array

    def index(self, driver: str) -> Array:
        """Growth since the base year by city, shape (year, city)."""
        level = {
            "population": self.population,
            "urban": self.urban_population,
            "rural": self.population - self.urban_population,
            "income": self.gdp / (self.population / self.population[:1]),
            "gdp": self.gdp,
            "floor": self.floor_urban + self.floor_rural,
            "floor_urban": self.floor_urban,
            "floor_rural": self.floor_rural,
        }[driver]
        # a city without rural people has no rural floor and no activity that follows it
        out: Array = np.divide(level, level[:1], out=np.ones_like(level), where=level[:1] > 0)
        return out


def interpolate(
    series: Mapping[int, float], years: Sequence[int], *, where: str, log: bool = False
) -> Array:
    """Smooth between given years; with ``log`` it is the growth that is smooth.

    Raises
    ------
    InputError
        Years outside the series.
    """
    knots = sorted(series)
    if years[0] < knots[0] or years[-1] > knots[-1]:
        raise InputError(
            "a driver does not cover the years",
            where=where,
            value=f"{knots[0]}-{knots[-1]}",
            allowed=f"{years[0]}-{years[-1]}",
            remedy="add rows for the missing years",
        )
    return smooth(series, years, log=log)


def _faded(rate: Array, years: Array, half_life: float) -> Array:
    """Sum over the years of a rate that fades, shape (year, city); 0 in the base year."""
    elapsed = years - years[0]
    decay = np.log(2.0) / half_life
    return np.outer((1.0 - np.exp(-decay * elapsed)) / decay, rate)


def _logit(share: Array) -> Array:
    bounded = np.clip(share, 0.02, 0.995)
    return np.log(bounded / (1.0 - bounded))


def _relative(observed: Array, rate: Array, years: Array, half_life: float) -> Array:
    """Logarithm of a province over the nation: as observed, then its trend fades (year, city)."""
    known = min(observed.shape[0], years.size)
    out = np.empty((years.size, observed.shape[1]))
    out[:known] = np.log(observed[:known])
    later = np.concatenate([years[known - 1 : known], years[known:]])
    out[known:] = out[known - 1] + _faded(rate, later, half_life)[1:]
    return out


def _population(
    features: pd.DataFrame,
    years: Array,
    total: Array,
    half_life: float,
    *,
    province: npt.NDArray[np.int32],
    observed: Array,
) -> Array:
    """City population: its trend 2010-2020 against the nation fades; the sum is given.

    In observed years the cities of a province together keep its share of the nation; the factor
    that reaches it holds afterwards.
    """
    old, new = (
        features["population_2010"].to_numpy(),
        features["population_2020_same_boundary"].to_numpy(),
    )
    trend = np.log(new / old) / 10.0 - np.log(new.sum() / old.sum()) / 10.0
    start = features["population_2020"].to_numpy() * np.exp(-3.0 * trend)
    raw: Array = start * np.exp(_faded(np.clip(trend, -0.04, 0.04), years, half_life))
    known = min(observed.shape[0], years.size)
    mean = raw.sum(axis=1) / raw[0].sum()
    for p in np.unique(province) if known > 1 else ():
        inside = province == p
        own = raw[:, inside].sum(axis=1) / raw[0, inside].sum() / mean
        factor = observed[:known, inside].mean(axis=1) / own[:known]
        raw[:, inside] *= np.append(factor, np.repeat(factor[-1], years.size - known))[:, None]
    raw *= (total / raw.sum(axis=1))[:, None]
    return raw


def _floor(per_person: float, ceiling: float, income: Array, response: float) -> Array:
    """Floor per person (m2): what lacks to the ceiling falls with income^-response."""
    out: Array = ceiling - (ceiling - per_person) * np.maximum(income, 1e-6) ** -response
    return out


def _urban(
    features: pd.DataFrame, years: Array, share: Array, population: Array, p: Mapping[str, float]
) -> Array:
    """Urban population: each city on its own logistic path, shifted so that the sum is national."""
    now = features["urban_share_2020"].to_numpy()
    slope = (
        _logit(features["urban_share_2020_same_boundary"].to_numpy())
        - _logit(features["urban_share_2010"].to_numpy())
    ) / 10.0
    own = np.clip(slope - np.median(slope), -0.05, 0.05)
    ceiling = np.maximum(p["urban_saturation"], now)
    logits = _logit(now) + _faded(own, years, p["urban_trend_half_life"])
    low, high = np.full(years.size, -6.0), np.full(years.size, 6.0)
    urban: Array = now * population
    for _ in range(60):  # bisection: the sum grows with the shift
        middle = 0.5 * (low + high)
        urban = np.minimum(1 / (1 + np.exp(-(logits + middle[:, None]))), ceiling) * population
        above = urban.sum(axis=1) > share * population.sum(axis=1)
        high = np.where(above, middle, high)
        low = np.where(above, low, middle)
    return urban


def build_drivers(
    *,
    features: pd.DataFrame,
    province: npt.NDArray[np.int32],
    gdp_trend: Array,
    observed: Observed,
    national: Mapping[str, Mapping[int, float]],
    years: Sequence[int],
    national_share: float,
    parameters: Mapping[str, float],
) -> Drivers:
    """Drivers of all cities.

    Parameters
    ----------
    features : DataFrame
        Index city; columns population_2010, population_2020, population_2020_same_boundary
        (person), urban_share_2010, urban_share_2020, urban_share_2020_same_boundary (1).
    province : ndarray of int32, shape (city,)
    gdp_trend : ndarray, shape (city,)
        Yearly logarithmic growth of the city's province less that of the nation (yr-1), after
        the observed years.
    observed : Observed
        Provincial statistics of the first years.
    national : mapping
        population (1e6 person), urban_share (1), gdp (index) by year.
    years : sequence of int
        Base year first.
    national_share : float
        Share of the national population in these cities (1 for the whole mainland).
    parameters : mapping
        Half-lives and convergence (``parameters.csv``).
    """
    grid = np.asarray(years, dtype=np.float64)
    series = {
        name: interpolate(
            national[name], years, where=f"national driver {name}", log=name != "urban_share"
        )
        for name in ("population", "urban_share", "gdp")
    }
    total = series["population"] * 1e6 * national_share
    population = _population(
        features,
        grid,
        total,
        parameters["population_trend_half_life"],
        province=province,
        observed=observed.population,
    )
    share = _urban_target(features, series["urban_share"], parameters["urban_share_census_2020"])
    urban = _urban(features, grid, share, population, parameters)
    half_life = parameters["income_trend_half_life"]
    u0 = urban[0] / population[0]
    closing = parameters["income_convergence"] * (series["urban_share"][0] - u0)
    relative = _relative(observed.gdp, gdp_trend, grid, half_life)
    relative += _faded(closing, grid, half_life)
    people = population / population[:1]
    gdp = series["gdp"][:, None] * np.exp(relative) * people / people.mean(axis=1, keepdims=True)
    floor = {
        kind: _floor(
            parameters[f"floor_{kind}"],
            parameters[f"floor_{kind}_saturation"],
            gdp / people,
            parameters["floor_income_response"],
        )
        for kind in ("urban", "rural")
    }
    return Drivers(
        years=np.asarray(years, dtype=np.int32),
        population=population,
        urban_population=urban,
        gdp=gdp,
        floor_urban=urban * floor["urban"],
        floor_rural=np.maximum(population - urban, 0.0) * floor["rural"],
        national=_national(series, parameters),
        national_share=national_share,
        vehicles=observed.vehicles,
    )


def _national(series: Mapping[str, Array], parameters: Mapping[str, float]) -> dict[str, Array]:
    """Indices of the nation by driver, base year = 1."""
    people = series["population"] / series["population"][0]
    income = series["gdp"] / series["gdp"][0] / people
    urban, rural = people * series["urban_share"], people * (1 - series["urban_share"])
    floor = {
        kind: heads
        * _floor(
            parameters[f"floor_{kind}"],
            parameters[f"floor_{kind}_saturation"],
            income,
            parameters["floor_income_response"],
        )
        for kind, heads in (("urban", urban), ("rural", rural))
    }
    levels = {
        "population": people,
        "urban": urban,
        "rural": rural,
        "gdp": series["gdp"],
        "income": income,
        "floor": floor["urban"] + floor["rural"],
        "floor_urban": floor["urban"],
        "floor_rural": floor["rural"],
    }
    return {name: level / level[0] for name, level in levels.items()}


def _urban_target(features: pd.DataFrame, national: Array, census: float) -> Array:
    """Urban share of these cities together: the nation's logistic path from their own level."""
    weight = features["population_2020"].to_numpy()
    own = float((features["urban_share_2020"].to_numpy() * weight).sum() / weight.sum())
    path = _logit(national) - _logit(np.array([census])) + _logit(np.array([own]))
    out: Array = 1.0 / (1.0 + np.exp(-path))
    return out


def growth(drivers: Drivers, elasticity: Mapping[str, float], *, national: bool) -> Array:
    """Growth since the base year by elasticities: prod x_d^e_d exp(-efficiency (t - t0)).

    Returns
    -------
    ndarray, shape (year,) if ``national`` else (year, city)
    """
    shape = drivers.years.shape if national else drivers.gdp.shape
    log = np.zeros(shape)
    for driver, e in elasticity.items():
        if driver == "efficiency":
            passed = (drivers.years - drivers.years[0]).astype(np.float64)
            log -= e * (passed if national else passed[:, None])
        elif e:
            source = drivers.national[driver] if national else drivers.index(driver)
            log += e * np.log(source)
    return np.exp(log)


def scaled_activity(base: Array, city: Array, national: Array) -> Array:
    """Activity by year and city: the city's own growth, the sum on the national control total.

    A(t, c) = A0(c) g(t, c) G(t) sum(A0) / sum(A0 g).

    Parameters
    ----------
    base : ndarray, shape (city,)
    city : ndarray, shape (year, city)
    national : ndarray, shape (year,)
    """
    raw = base * city
    total = raw.sum(axis=1)
    factor = np.divide(national * base.sum(), total, out=np.zeros_like(total), where=total > 0)
    raw *= factor[:, None]
    return raw
