"""Turnover of plants: cohorts close along a survival curve, new capacity fills the gap.

Survival of a cohort of age a is logistic, S(a) = 1 / (1 + exp(k (a - L50))), taken relative to the
base year; an early-retirement measure adds an oldest age. What demand needs beyond the surviving
capacity is built as best technology, in the cities that built in the last years and where demand
grows (capacity swap). Capacity never grows without demand, and what is built stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fleet:
    """Plants of one sector in the base year: capacity (any unit), city index, first year."""

    capacity: Array
    city: npt.NDArray[np.intp]
    start: Array


@dataclass(frozen=True)
class Turnover:
    """Capacity of a sector, all shapes in years of the projection, base year first.

    ``surviving`` (year, plant) share of each plant; ``old`` and ``new`` (year, city) capacity;
    ``output`` (year, city) share of the output index; ``fuel`` (year, city) fuel per base fuel by
    heat rate and output; ``efficiency`` (year,) national fuel per output by turnover alone.
    """

    surviving: Array
    old: Array
    new: Array
    output: Array
    fuel: Array
    efficiency: Array

    @property
    def new_share(self) -> Array:
        """Share of new plants in the capacity by city, 0 where there is none (year, city)."""
        total = self.old + self.new
        return np.divide(self.new, total, out=np.zeros_like(total), where=total > 0)


def survival(age: Array, *, median: float | Array, slope: float) -> Array:
    """Share of a cohort that still runs at ``age`` (yr)."""
    return 1.0 / (1.0 + np.exp(np.clip(slope * (age - median), -60, 60)))


def last_rebuild(start: Array, *, base_year: int, period: float) -> Array:
    """Year of the last rebuild up to the base year; ``period`` 0 means that none happens."""
    if period <= 0:
        return start
    out: Array = start + period * np.floor(np.maximum(base_year - start, 0.0) / period)
    return out


def surviving_share(
    start: Array,
    years: Array,
    *,
    median: float,
    slope: float,
    oldest: Array | None,
    closed_below: float,
) -> Array:
    """Share of every plant's base-year capacity that runs, shape (year, plant).

    Parameters
    ----------
    start : ndarray, shape (plant,)
    years : ndarray, shape (year,)
        Base year first; the share is 1 there.
    oldest : ndarray, shape (year,), optional
        Age beyond which plants close early (yr); only closings after the base year count.
    closed_below : float
        A share below this counts as closed.
    """
    age = years[:, None] - start[None, :]
    share = survival(age, median=median, slope=slope)
    if oldest is not None:
        share = np.minimum(share, survival(age, median=oldest[:, None], slope=1.0))
    share = share / share[:1]
    share = np.minimum.accumulate(np.minimum(share, 1.0), axis=0)
    return np.where(share < closed_below, 0.0, share)


def siting_weights(
    fleet: Fleet,
    *,
    n_cities: int,
    base_year: int,
    window: float,
    recent_weight: float,
    demand: Array,
    open_cities: npt.NDArray[np.bool_],
) -> Array:
    """Where the capacity of each year goes, shape (year, city), every row sums to 1.

    Recent build-out and the demand of that year decide; no later year does.

    Parameters
    ----------
    demand : ndarray, shape (year, city)
        Growth of demand since the base year.
    open_cities : ndarray of bool, shape (city,)
        Cities that have the sector in the inventory.
    """
    capacity = np.bincount(fleet.city, weights=fleet.capacity, minlength=n_cities)
    young = fleet.start >= base_year - window
    recent = np.bincount(fleet.city[young], weights=fleet.capacity[young], minlength=n_cities)
    parts: list[Array] = []
    for weight in (np.broadcast_to(recent, demand.shape), capacity * demand):
        inside = np.where(open_cities, weight, 0.0)
        total = inside.sum(axis=1, keepdims=True)
        if (total > 0).all():
            parts.append(inside / total)
    if not parts:
        even = open_cities.astype(np.float64) / max(float(open_cities.sum()), 1.0)
        parts = [np.broadcast_to(even, demand.shape)]
    share = recent_weight if len(parts) == 2 else 1.0
    out: Array = share * parts[0] + (1.0 - share) * parts[-1]
    return out


def turn_over(
    fleet: Fleet,
    *,
    surviving: Array,
    years: Array,
    needed: Array,
    weights: Array,
    heat_rate_fall: float,
) -> Turnover:
    """Capacity by city when ``needed`` grows.

    Parameters
    ----------
    surviving : ndarray, shape (year, plant)
    needed : ndarray, shape (year,)
        Output of the sector over that of the base year (1); capacity needed grows with it.
    weights : ndarray, shape (year, city)
        :func:`siting_weights`.
    heat_rate_fall : float
        Fuel per output falls by this with each later year of construction (yr-1).
    """
    n_cities = weights.shape[1]
    base = years[0]
    running = surviving * fleet.capacity
    old = _by_city(running, fleet.city, n_cities)
    rate = np.exp(-heat_rate_fall * (fleet.start - base))
    old_fuel = _by_city(running * rate, fleet.city, n_cities)
    gap = np.maximum(needed * old[0].sum() - old.sum(axis=1), 0.0)
    built = np.maximum.accumulate(gap)
    added = np.diff(built, prepend=0.0)
    placed = added[:, None] * weights
    new = np.cumsum(placed, axis=0)
    new_rate = np.exp(-heat_rate_fall * (years - base))
    new_fuel = np.cumsum(placed * new_rate[:, None], axis=0)
    capacity, fuel = old + new, old_fuel + new_fuel
    total = capacity.sum(axis=1)
    used = needed * total[0] / np.where(total > 0, total, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        output = np.where(capacity[0] > 0, capacity / capacity[0] * used[:, None], np.nan)
        need = np.where(capacity[0] > 0, fuel / old_fuel[0] * used[:, None], np.nan)
    per_output = np.divide(fuel.sum(axis=1), total, out=np.ones_like(total), where=total > 0)
    efficiency = per_output / per_output[0]
    return Turnover(
        surviving=surviving, old=old, new=new, output=output, fuel=need, efficiency=efficiency
    )


def _by_city(values: Array, city: npt.NDArray[np.intp], n_cities: int) -> Array:
    """Sum over the plants of each city, (year, plant) -> (year, city)."""
    order = np.argsort(city, kind="stable")
    where = np.searchsorted(city[order], np.arange(n_cities + 1))
    total = np.zeros((values.shape[0], city.size + 1))
    np.cumsum(values[:, order], axis=1, out=total[:, 1:])
    out: Array = np.diff(total[:, where], axis=1)
    return out


def spread_ratio(
    ratio: Array, base: Array, province: npt.NDArray[np.int32], needed: Array
) -> Array:
    """City ratios to the base year such that the sum of base x ratio is needed x sum(base).

    Cities without plants follow the plants of their province, else the nation; then all are scaled
    to the control total.

    Parameters
    ----------
    ratio : ndarray, shape (year, city)
        NaN where a city has no plant.
    base : ndarray, shape (city,)
        Base-year activity.
    needed : ndarray, shape (year,)
    """
    out = ratio.copy()
    known = np.isfinite(ratio[0]) & (base > 0)
    for p in np.unique(province):
        inside = province == p
        here = inside & known
        mean = (
            (ratio[:, here] * base[here]).sum(axis=1) / base[here].sum() if here.any() else needed
        )
        out[:, inside & ~known] = mean[:, None]
    total = (out * base).sum(axis=1)
    if base.sum() <= 0:
        return np.repeat(needed[:, None], base.size, axis=1)
    out *= (needed * base.sum() / np.where(total > 0, total, 1.0))[:, None]
    return out
