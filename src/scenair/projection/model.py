"""One scenario from the base year to the horizon: drivers, turnover, measures, supply, controls.

Order of work: drivers give terminal activity; plants of steel and cement move between cities as
they turn over; road fleets age; measures act on the one activity table; network heat is added to
the heating sector; electricity demand becomes fuel where the power plants stand; end-of-pipe
control gives the net factors; emission = activity x net factor, for CO2 and pollutants alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from scenair.core.errors import InputError
from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES
from scenair.projection import road, supply, turnover
from scenair.projection.actions import Actions
from scenair.projection.controls import apply_controls, net_after
from scenair.projection.library import SYSTEM_PARAMETERS
from scenair.projection.setup import PLANT_SECTORS, Choice, Projection, Setup, values_of
from scenair.projection.state import State, emission_of

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

#: The measure parameter that sets the output of a sector whose plants turn over.
OUTPUT: Final = {"iron_steel": "crude_steel", "cement": "cement_output"}


class _Run:
    """One pass over the chain; methods in the order of work."""

    def __init__(self, setup: Setup, choice: Choice) -> None:
        self.setup, self.choice = setup, choice
        self.state, self.p = setup.state, setup.tables.parameters
        self.activity = setup.terminal.copy()
        self.system = {
            p.name: values_of(setup, choice, p)
            for items in setup.tables.library.values()
            for p in items
            if p.operator == "set"
        }
        missing = sorted(set(SYSTEM_PARAMETERS) - set(self.system))
        if missing:
            raise InputError(
                "measures lack system parameters", where="measures.csv", value=", ".join(missing)
            )
        self.turned: dict[str, turnover.Turnover] = {}

    def relocate(self) -> None:
        """Steel and cement move between cities as plants turn over; coking follows steel."""
        for sector, name in OUTPUT.items():
            pairs = self.state.of_sector(sector)
            weight = self.state.emission[:, SECTORS.index(sector), SPECIES.index("CO2")]
            needed = self._output(sector, name, weight)
            turned = self._turn(sector, needed=needed, oldest=None, demand=self._demand(sector))
            place = (
                turnover.spread_ratio(turned.output, weight, self.state.province, needed)
                / np.maximum(needed, 1e-9)[:, None]
            )
            self._move(pairs, place)
            if sector == "iron_steel":
                self._follow(place, weight)

    def _follow(self, place: Array, weight: Array) -> None:
        """Coke ovens grow as the steel works of their province."""
        ovens = self.state.emission[:, SECTORS.index("coking"), SPECIES.index("CO2")]
        no_city = np.full_like(place, np.nan)
        no_city[:, weight > 0] = place[:, weight > 0]
        by_province = turnover.spread_ratio(
            _province_mean(no_city, weight, self.state.province),
            ovens,
            self.state.province,
            np.ones(place.shape[0]),
        )
        self._move(self.state.of_sector("coking"), by_province)

    def _move(self, pairs: npt.NDArray[np.intp], place: Array) -> None:
        """Move activity between cities; the sum of every source stays on its control total."""
        before = self.activity[:, :, pairs].sum(axis=1, keepdims=True)
        moved = self.activity[:, :, pairs] * place[:, :, None]
        after = moved.sum(axis=1, keepdims=True)
        self.activity[:, :, pairs] = moved * np.divide(
            before, after, out=np.ones_like(after), where=after > 0
        )

    def _output(self, sector: str, name: str, weight: Array) -> Array:
        for items in self.setup.tables.library.values():
            for parameter in items:
                if parameter.sector == sector and parameter.name == name:
                    values = values_of(self.setup, self.choice, parameter) / parameter.x0
                    return _mean(values, weight)
        return np.ones(len(self.setup.years))

    def _demand(self, sector: str) -> Array:
        return self.setup.drivers.index("urban" if sector == "cement" else "gdp")

    def _turn(
        self, sector: str, *, needed: Array, oldest: Array | None, demand: Array
    ) -> turnover.Turnover:
        fleet, p = self.setup.fleets[sector], self.p
        present = self.state.emission[:, SECTORS.index(sector), SPECIES.index("CO2")] > 0
        share = turnover.surviving_share(
            fleet.start,
            self.setup.grid,
            median=p[f"{sector}_life_median"],
            slope=p[f"{sector}_life_slope"],
            oldest=oldest,
            closed_below=p["closed_below"],
        )
        weights = turnover.siting_weights(
            fleet,
            n_cities=self.state.cities.size,
            base_year=self.setup.base_year,
            window=p["siting_window"],
            recent_weight=p["siting_recent_weight"],
            demand=demand,
            open_cities=present,
        )
        self.turned[sector] = turnover.turn_over(
            fleet,
            surviving=share,
            years=self.setup.grid,
            needed=needed,
            weights=weights,
            heat_rate_fall=p["old_heat_rate_per_year"],
        )
        return self.turned[sector]

    def measures(self) -> None:
        """All measures of the library act, those that are not chosen along their baseline."""
        actions = Actions(self.state, self.activity, efficiency=self.setup.tables.efficiency)
        for items in self.setup.tables.library.values():
            for parameter in items:
                values = values_of(self.setup, self.choice, parameter)
                if parameter.operator == "price":
                    cost = (
                        self.setup.tables.default_factors["industrial_boilers", "coal"]["CO2"]
                        * self.p["coal_energy"]
                        / self.p["coal_price"]
                    )
                    actions.price(
                        parameter, values, carbon_cost=cost, e=self.p["carbon_price_elasticity"]
                    )
                else:
                    actions.apply(parameter, values)
        self.abated = actions.abated

    def power(self) -> None:
        """Electricity demand to fuel at the generating city."""
        state = self.state
        coal = state.position["power", "coal"]
        weight = state.activity[:, coal]
        if weight.sum() <= 0:
            raise InputError("the power sector burns no coal", where="inventory, activity")
        mean = {
            name: _mean(self.system[name], weight)
            for name in ("nonfossil_share", "gas_biomass_share", "coal_intensity", "power_life")
        }
        self.balance = supply.balance(
            state,
            self.activity,
            sectors=SECTORS,
            loss=self.p["grid_loss"],
            nonfossil=mean["nonfossil_share"],
            gas_biomass=mean["gas_biomass_share"],
        )
        generation = self.balance.generation / self.balance.generation[:1]
        demand = self.balance.demand.sum(axis=2)
        city_demand = demand / np.maximum(demand[:1], 1e-12)
        turned = self._turn(
            "power", needed=generation[:, 2], oldest=mean["power_life"], demand=city_demand
        )
        heat_rate = mean["coal_intensity"] / mean["coal_intensity"][0]
        needed = generation[:, 2] * np.minimum(turned.efficiency, heat_rate)
        # a city whose type replaces more of its thermal power than the nation burns less
        tilt = (1 - self.system["nonfossil_share"]) / (1 - mean["nonfossil_share"])[:, None]
        tilt *= (1 - self.system["gas_biomass_share"]) / (1 - mean["gas_biomass_share"])[:, None]
        ratio = turnover.spread_ratio(turned.fuel * tilt, weight, state.province, needed)
        self._set_power(coal, weight * ratio, generation[:, 2])
        for source, index in (("gas", 1), ("biomass", 1), ("oil", 2)):
            pair = state.position["power", source]
            fuel = state.activity[:, pair] * generation[:, index, None]
            self._set_power(pair, fuel, generation[:, index])

    def _set_power(self, pair: int, fuel: Array, generation: Array) -> None:
        """Fuel of a power source; what measures did to it directly holds as a factor."""
        before = self.setup.terminal[:, :, pair]
        after = self.activity[:, :, pair]
        factor = np.divide(after, before, out=np.ones_like(after), where=before > 0)
        brought = np.where(before > 0, 0.0, after) * generation[:, None]
        self.activity[:, :, pair] = fuel * factor + brought

    def controls(self) -> Array:
        """Net factors (year, region, pair, species); the energy penalty raises activity."""
        state = self.state
        fresh = {}
        for sector in PLANT_SECTORS:
            weight = state.emission[:, SECTORS.index(sector), SPECIES.index("CO2")]
            fresh[sector] = _by_region(self.turned[sector].new_share, weight, state)
        pace = np.ones(state.n_regions)
        pace[np.unique(state.region[state.key_region])] = self.p["key_region_pace"]
        result = apply_controls(
            self.setup.tables.chains,
            years=self.setup.grid,
            pairs=state.pairs,
            policy=self.choice.policy,
            pace=pace,
            new_share=fresh,
            diverge=self.setup.diverge,
        )
        self.activity *= (1.0 + result.penalty)[:, state.region]
        net = net_after(state.net, result)
        for pairs, species, efficiency, values in self.abated:
            chosen = range(len(SPECIES)) if species == "*" else [SPECIES.index(species)]
            sector = state.pairs[pairs[0]][0]
            weight = state.emission[:, SECTORS.index(sector), SPECIES.index("CO2")]
            left = 1.0 - efficiency * _by_region(values, weight, state)
            for s in chosen:
                net[:, :, pairs, s] *= left[:, :, None]
        return net


def _mean(values: Array, weight: Array) -> Array:
    """Weighted mean over cities, shape (year,)."""
    if weight.sum() <= 0:
        return np.asarray(values.mean(axis=1))
    return np.asarray(values @ weight / weight.sum())


def _by_region(values: Array, weight: Array, state: State) -> Array:
    """Weighted mean over the cities of each control region, shape (year, region)."""
    out = np.empty((values.shape[0], state.n_regions))
    for r in range(state.n_regions):
        inside = state.region == r
        out[:, r] = _mean(values[:, inside], weight[inside])
    return out


def _province_mean(values: Array, weight: Array, province: npt.NDArray[np.int32]) -> Array:
    """Every city gets the mean of its province, NaN where no city of it has a value."""
    out = np.full_like(values, np.nan)
    for p in np.unique(province):
        inside = province == p
        known = inside & np.isfinite(values[0]) & (weight > 0)
        if known.any():
            out[:, inside] = (values[:, known] @ weight[known] / weight[known].sum())[:, None]
    return out


def project(setup: Setup, choice: Choice) -> Projection:
    """Run one scenario.

    Returns
    -------
    Projection
        All arrays with the base year first; emission in Mg yr-1.

    Raises
    ------
    InputError
        Tables that do not fit the inventory.
    """
    run = _Run(setup, choice)
    run.relocate()
    factor = road.apply_fleets(setup, run.system, run.activity, policy=choice.policy)
    run.measures()
    supply.add_heat(setup.state, run.activity, efficiency=run.p["heat_boiler_efficiency"])
    run.power()
    net = run.controls()
    road.apply_factors(setup.state, net, factor)
    np.maximum(run.activity, 0.0, out=run.activity)
    emission = emission_of(run.activity, net, region=setup.state.region, pairs=setup.state.pairs)
    return Projection(
        years=setup.years,
        activity=run.activity,
        net=net,
        emission=emission,
        balance=run.balance,
        turnover=run.turned,
    )
