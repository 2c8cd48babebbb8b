"""Drivers of activity by city: population, urbanisation, income, output.

National control totals are given; cities differ in their growth (population and urbanisation of
their own, provincial growth, convergence of income), and the sum over cities is scaled back to the
control total. Provincial and city trends fade with a half-life, so that nothing runs away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    Array = npt.NDArray[np.float64]

#: Drivers an elasticity may name.
DRIVERS: Final = ("population", "urban", "rural", "income", "gdp")


@dataclass(frozen=True)
class Drivers:
    """Levels by year and city, and national indices (base year = 1).

    ``population``, ``urban_population`` in persons (year, city); ``gdp`` an index (year, city);
    ``national`` driver -> index (year,); ``national_share`` of the nation's people in these cities.
    """

    years: npt.NDArray[np.int32]
    population: Array
    urban_population: Array
    gdp: Array
    national: Mapping[str, Array]
    national_share: float

    def index(self, driver: str) -> Array:
        """Growth since the base year by city, shape (year, city)."""
        level = {
            "population": self.population,
            "urban": self.urban_population,
            "rural": self.population - self.urban_population,
            "income": self.gdp / (self.population / self.population[:1]),
            "gdp": self.gdp,
        }[driver]
        return level / level[:1]


def interpolate(series: Mapping[int, float], years: Sequence[int], *, where: str) -> Array:
    """Linear between given years.

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
    return np.interp(years, knots, [series[k] for k in knots])


def _faded(rate: Array, years: Array, half_life: float) -> Array:
    """Sum over the years of a rate that fades, shape (year, city); 0 in the base year."""
    elapsed = years - years[0]
    decay = np.log(2.0) / half_life
    return np.outer((1.0 - np.exp(-decay * elapsed)) / decay, rate)


def _logit(share: Array) -> Array:
    bounded = np.clip(share, 0.02, 0.995)
    return np.log(bounded / (1.0 - bounded))


def _population(features: pd.DataFrame, years: Array, total: Array, half_life: float) -> Array:
    """City population: its trend 2010-2020 against the nation fades; the sum is given."""
    old, new = (
        features["population_2010"].to_numpy(),
        features["population_2020_same_boundary"].to_numpy(),
    )
    trend = np.log(new / old) / 10.0 - np.log(new.sum() / old.sum()) / 10.0
    start = features["population_2020"].to_numpy() * np.exp(-3.0 * trend)
    raw: Array = start * np.exp(_faded(np.clip(trend, -0.04, 0.04), years, half_life))
    raw *= (total / raw.sum(axis=1))[:, None]
    return raw


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
    gdp_trend: Array,
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
    gdp_trend : ndarray, shape (city,)
        Yearly logarithmic growth of the city's province less that of the nation (yr-1).
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
        name: interpolate(national[name], years, where=f"national driver {name}")
        for name in ("population", "urban_share", "gdp")
    }
    total = series["population"] * 1e6 * national_share
    population = _population(features, grid, total, parameters["population_trend_half_life"])
    share = _urban_target(features, series["urban_share"], parameters["urban_share_census_2020"])
    urban = _urban(features, grid, share, population, parameters)
    u0 = urban[0] / population[0]
    rate = gdp_trend + parameters["income_convergence"] * (series["urban_share"][0] - u0)
    relative = _faded(rate, grid, parameters["income_trend_half_life"])
    people = population / population[:1]
    gdp = series["gdp"][:, None] * np.exp(relative) * people / people.mean(axis=1, keepdims=True)
    pop = series["population"] / series["population"][0]
    urb = pop * series["urban_share"] / series["urban_share"][0]
    rural = pop * (1 - series["urban_share"]) / (1 - series["urban_share"][0])
    growth = series["gdp"] / series["gdp"][0]
    return Drivers(
        years=np.asarray(years, dtype=np.int32),
        population=population,
        urban_population=urban,
        gdp=gdp,
        national={
            "population": pop,
            "urban": urb,
            "rural": rural,
            "gdp": growth,
            "income": growth / pop,
        },
        national_share=national_share,
    )


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
