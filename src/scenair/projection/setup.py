"""What a projection starts from and what a scenario chooses."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from scenair.core.errors import InputError
from scenair.core.sectors import SECTORS
from scenair.projection import housing, supply, turnover
from scenair.projection.drivers import Drivers, growth, scaled_activity
from scenair.projection.library import LEVELS, Parameter, paths
from scenair.projection.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from scenair.projection.tables import Tables

    Array = npt.NDArray[np.float64]

#: Sectors whose plants turn over.
PLANT_SECTORS: Final = ("power", "iron_steel", "cement")
#: Coke ovens turn over by age classes that are the same in every city.
OVENS: Final = "coking"


@dataclass(frozen=True)
class Setup:
    """What all scenarios of a case and a divergence year share."""

    state: State
    tables: Tables
    drivers: Drivers
    features: pd.DataFrame
    plants: pd.DataFrame
    years: tuple[int, ...]
    diverge: int
    #: another model's path of a parameter, in place of its baseline: name -> year -> value
    given: Mapping[str, Mapping[int, float]] = field(default_factory=dict)

    @property
    def base_year(self) -> int:
        """First of ``years``."""
        return self.years[0]

    @cached_property
    def grid(self) -> Array:
        """Years as floats."""
        return np.asarray(self.years, dtype=np.float64)

    @cached_property
    def paths(self) -> dict[tuple[str, str, str], Array]:
        """(measure, sector, parameter) -> values by level and year."""
        observed = self.tables.national["observed"] if self.diverge > self.base_year + 1 else {}
        return {
            (p.measure, p.sector, p.name): paths(
                p,
                years=self.years,
                base_year=self.base_year,
                diverge=self.diverge,
                observed=observed.get(p.name),
                baseline=self.given.get(p.name),
            )
            for items in self.tables.library.values()
            for p in items
        }

    @cached_property
    def terminal(self) -> Array:
        """Activity by drivers alone, with electricity (TJ), shape (year, city, pair)."""
        base = self.state.activity.copy()
        electricity = supply.electricity_base(
            self.state,
            use={
                sector: twh * self.drivers.national_share
                for sector, twh in self.tables.electricity.items()
            },
            population=self.drivers.population[0],
            sectors=SECTORS,
            provincial=self.tables.provincial_electricity,
        )
        for j, sector in enumerate(SECTORS):
            base[:, self.state.position[sector, "electricity"]] = electricity[:, j]
        out = np.empty((len(self.years), *base.shape))
        cache: dict[int, tuple[Array, Array]] = {}
        for i, (sector, source) in enumerate(self.state.pairs):
            elasticity = self._elasticity(sector, source)
            if id(elasticity) not in cache:
                cache[id(elasticity)] = (
                    growth(self.drivers, elasticity, national=False),
                    growth(self.drivers, elasticity, national=True),
                )
            out[:, :, i] = scaled_activity(base[:, i], *cache[id(elasticity)])
        return out

    def _elasticity(self, sector: str, source: str) -> Mapping[str, float]:
        for key in ((sector, source), (sector, "*")):
            if key in self.tables.elasticities:
                return self.tables.elasticities[key]
        raise InputError("no elasticity", where="elasticities.csv", value=f"{sector}, {source}")

    @cached_property
    def fleets(self) -> dict[str, turnover.Fleet]:
        """Plants by sector."""
        order = {int(c): i for i, c in enumerate(self.state.cities)}
        out = {}
        for sector in PLANT_SECTORS:
            rows = self.plants[self.plants["sector"] == sector]
            out[sector] = turnover.Fleet(
                capacity=rows["capacity"].to_numpy(dtype=np.float64),
                city=np.array([order[int(a)] for a in rows["adcode"]], dtype=np.intp),
                start=turnover.last_rebuild(
                    rows["start_year"].to_numpy(dtype=np.float64),
                    base_year=self.base_year,
                    period=self.tables.parameters[f"{sector}_rebuild"],
                ),
            )
        out[OVENS] = self._ovens()
        return out

    def _ovens(self) -> turnover.Fleet:
        """Coke ovens: the size of the sector says where, the table of age classes when."""
        weight = self.state.size(OVENS)
        where = np.flatnonzero(weight > 0)
        start, share = self.tables.oven_start, self.tables.oven_share
        return turnover.Fleet(
            capacity=(weight[where, None] * share).ravel(),
            city=np.repeat(where, start.size),
            start=np.tile(start, where.size),
        )

    @cached_property
    def grids(self) -> supply.Grids:
        """Regional grids that have cities in the case; non-fossil shares among them."""
        names = [
            self.tables.grid_regions.get(int(c), self.tables.grid_regions.get(int(p), ""))
            for c, p in zip(self.state.cities, self.state.province, strict=True)
        ]
        if "" in names:
            lacking = int(self.state.cities[names.index("")])
            raise InputError("a city without a grid", where="grid_regions.csv", value=lacking)
        known = tuple(dict.fromkeys(names))
        clean = np.array([self.tables.grid_nonfossil[name] for name in known])
        return supply.Grids(
            names=known,
            region=np.array([known.index(name) for name in names], dtype=np.int32),
            nonfossil=clean / clean.sum(),
        )


@dataclass(frozen=True)
class Choice:
    """What a scenario does.

    ``levels`` measure -> index into :data:`LEVELS` by city (0 = without); ``policy`` end-of-pipe
    policy by control region.
    """

    levels: Mapping[str, npt.NDArray[np.intp]]
    policy: tuple[str, ...]


@dataclass(frozen=True)
class Projection:
    """Result by year (base year first), city and pair, sector or species."""

    years: tuple[int, ...]
    activity: Array
    net: Array
    emission: Array
    balance: supply.Balance
    turnover: Mapping[str, turnover.Turnover]
    dwellings: housing.Stock
    grids: supply.Grids


def values_of(setup: Setup, choice: Choice, parameter: Parameter) -> Array:
    """The national path of the level of each city, shape (year, city)."""
    table = setup.paths[parameter.measure, parameter.sector, parameter.name]
    level = choice.levels.get(parameter.measure)
    if level is None:
        return np.repeat(table[0][:, None], setup.state.cities.size, axis=1)
    return table[level].T


def choose(
    setup: Setup,
    uses: Sequence[tuple[str, npt.NDArray[np.intp]]],
    *,
    policy: str,
    policy_key_regions: str | None = None,
) -> Choice:
    """A choice from (measure, level by city) and the policy names.

    Raises
    ------
    InputError
        Unknown measure.
    """
    for measure, _ in uses:
        if measure not in setup.tables.library:
            near = difflib.get_close_matches(measure, setup.tables.library, n=1, cutoff=0.3)
            raise InputError(
                "unknown measure",
                where="scenario, key measures",
                value=measure,
                allowed=", ".join(setup.tables.library),
                remedy=f"did you mean {near[0]}" if near else "add its rows",
            )
    key = np.zeros(setup.state.n_regions, dtype=bool)
    key[np.unique(setup.state.region[setup.state.key_region])] = True
    names = tuple((policy_key_regions or policy) if k else policy for k in key)
    return Choice(levels=dict(uses), policy=names)


def uniform(setup: Setup, level: str) -> npt.NDArray[np.intp]:
    """The same level in every city."""
    return np.full(setup.state.cities.size, LEVELS.index(level), dtype=np.intp)
