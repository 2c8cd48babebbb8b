"""Dwellings by year of construction: what is pulled down, retrofitted and built, and its heat need.

floor(t) = floor(t - 1) - demolished(t) + built(t) in every city. A cohort survives along a logistic
curve of its age; what the drivers ask for beyond the survivors is built to the code of the year;
where they ask for less, dwellings of every age are given up. A share of the dwellings of the base
year is retrofitted. The heat need per floor is that of the mix over that of the base year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scenair.projection.turnover import survival

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Dwellings:
    """Floor of the base year by year of construction.

    ``start`` first years, ``share`` of the floor (sums to 1), ``heat`` need per floor (1).
    """

    start: Array
    share: Array
    heat: Array


@dataclass(frozen=True)
class Stock:
    """Floor in m2 and heat need per floor over that of the base year, all (year, city).

    ``plain`` + ``retrofitted`` + ``new`` = the floor; ``built`` and ``demolished`` are yearly.
    """

    plain: Array
    retrofitted: Array
    new: Array
    built: Array
    demolished: Array
    heat: Array

    @property
    def floor(self) -> Array:
        """All dwellings (m2), shape (year, city)."""
        return self.plain + self.retrofitted + self.new


def turn_over(
    dwellings: Dwellings,
    *,
    floor: Array,
    years: Array,
    new_heat: Array,
    retrofitted: Array,
    retrofit_heat: float,
    median: float,
    slope: float,
) -> Stock:
    """Carry the dwellings of all cities from the base year on.

    Parameters
    ----------
    dwellings : Dwellings
    floor : ndarray, shape (year, city)
        What the drivers ask for (m2), base year first.
    years : ndarray, shape (year,)
    new_heat : ndarray, shape (year, city)
        Heat need of a dwelling built in the year, on the scale of ``dwellings.heat``.
    retrofitted : ndarray, shape (year, city)
        Share of the base-year dwellings that has been retrofitted.
    retrofit_heat : float
        Heat need after a retrofit over that before.
    median, slope : float
        Of the survival curve (yr, yr-1).
    """
    n_years, n_cities = floor.shape
    age = years[:, None] - dwellings.start[None, :]
    alive = survival(age, median=median, slope=slope)
    alive = alive / alive[:1] * dwellings.share
    old_share = alive.sum(axis=1)
    old_heat = alive @ dwellings.heat / old_share
    young = survival(np.arange(n_years, dtype=np.float64), median=median, slope=slope)
    step = young[1:] / young[:-1]
    cohorts = np.zeros((n_years, n_cities))
    old, new, built, demolished = (np.zeros((n_years, n_cities)) for _ in range(4))
    heat = np.empty((n_years, n_cities))
    done = np.maximum.accumulate(retrofitted, axis=0)
    done = done - done[:1]
    old[0] = floor[0]
    for t in range(n_years):
        if t:
            old[t] = old[t - 1] * old_share[t] / old_share[t - 1]
            cohorts[1:t] *= step[t - 2 :: -1][: t - 1, None]
            survivors = old[t] + cohorts.sum(axis=0)
            keep = np.minimum(1.0, floor[t] / np.maximum(survivors, 1e-9))
            old[t] *= keep
            cohorts *= keep
            built[t] = np.maximum(floor[t] - survivors * keep, 0.0)
            cohorts[t] = built[t]
            demolished[t] = old[t - 1] + new[t - 1] - survivors * keep
        new[t] = cohorts.sum(axis=0)
        mixed = old_heat[t] * (1.0 - done[t] * (1.0 - retrofit_heat))
        need = old[t] * mixed + (cohorts * new_heat).sum(axis=0)
        heat[t] = need / np.maximum(old[t] + new[t], 1e-9)
    return Stock(
        plain=old * (1.0 - done),
        retrofitted=old * done,
        new=new,
        built=built,
        demolished=demolished,
        heat=np.divide(heat, heat[:1], out=np.ones_like(heat), where=heat[:1] > 0),
    )
