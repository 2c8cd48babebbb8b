"""One scenario from the base year to the horizon: drivers, turnover, measures, supply, controls.

Order of work: drivers give terminal activity; plants of steel and cement and coke ovens move
between cities as they turn over; dwellings and road fleets age; measures act on the one activity
table; network heat is added to the heating sector; electricity demand becomes fuel where the power
plants of its grid stand; end-of-pipe control gives the net factors; emission = activity x net
factor, for CO2 and pollutants alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from scenair.core.errors import InputError
from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES
from scenair.projection import housing, road, supply, turnover
from scenair.projection.actions import Actions
from scenair.projection.controls import apply_controls, net_after
from scenair.projection.generation import burn
from scenair.projection.library import SYSTEM_PARAMETERS
from scenair.projection.setup import OVENS, Choice, Projection, Setup, values_of
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
            weight = self.state.size(sector)
            needed = self._output(sector, name, weight)
            turned = self._turn(sector, needed=needed, oldest=None, demand=self._demand(sector))
            place = (
                turnover.spread_ratio(turned.output, weight, self.state.province, needed)
                / np.maximum(needed, 1e-9)[:, None]
            )
            self._move(pairs, place)
            if sector == "iron_steel":
                self._ovens(place, weight)

    def _ovens(self, place: Array, weight: Array) -> None:
        """Coke ovens turn over; those of a province run as its steel works do."""
        ovens = self.state.size(OVENS)
        if ovens.sum() <= 0:
            return
        no_city = np.full_like(place, np.nan)
        no_city[:, weight > 0] = place[:, weight > 0]
        steel = turnover.spread_ratio(
            _province_mean(no_city, weight, self.state.province),
            ovens,
            self.state.province,
            np.ones(place.shape[0]),
        )
        needed = self._needed(OVENS, ovens)
        life = _mean(self.system["coking_life"], ovens)
        turned = self._turn(OVENS, needed=needed, oldest=life, demand=steel)
        moved = turnover.spread_ratio(turned.output * steel, ovens, self.state.province, needed)
        self._move(self.state.of_sector(OVENS), moved / np.maximum(needed, 1e-9)[:, None])

    def _needed(self, sector: str, weight: Array) -> Array:
        """Output of a sector over the base year by the measures on all of its sources."""
        out = np.ones(len(self.setup.years))
        for items in self.setup.tables.library.values():
            for p in items:
                if p.sector == sector and p.sources == ("*",) and p.operator in ("ratio", "cut"):
                    values = values_of(self.setup, self.choice, p)
                    out *= _mean(values / p.x0 if p.operator == "ratio" else 1.0 - values, weight)
        return out

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
        present = self.state.size(sector) > 0
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

    def homes(self) -> None:
        """Fuel that warms dwellings follows the heat need of the stock."""
        p, drivers = self.p, self.setup.drivers
        self.dwellings = housing.turn_over(
            self.setup.tables.dwellings,
            floor=drivers.floor_urban + drivers.floor_rural,
            years=self.setup.grid,
            new_heat=self.system["new_building_heat"],
            retrofitted=self.system["retrofitted_share"],
            retrofit_heat=p["retrofit_heat"],
            median=p["building_life_median"],
            slope=p["building_life_slope"],
        )
        for (sector, source), share in self.setup.tables.heat_use.items():
            pairs = self.state.match(sector, (source,))
            if pairs.size:
                factor = 1.0 - share + share * self.dwellings.heat
                self.activity[:, :, pairs] *= factor[:, :, None]

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
        grids = self.setup.grids
        aim = {
            name: _by_group(self.system[name], weight, grids.region, len(grids.names))
            for name in ("nonfossil_share", "gas_biomass_share")
        }
        self.balance = supply.balance(
            state,
            self.activity,
            sectors=SECTORS,
            loss=self.p["grid_loss"],
            grids=grids,
            planned=supply.planned_demand(state, self.setup.terminal),
            national=_mean(self.system["nonfossil_share"], weight),
            nonfossil=aim["nonfossil_share"],
            gas_biomass=aim["gas_biomass_share"],
        )
        # a city whose type replaces more of its thermal power than its grid burns less
        tilt = np.ones_like(self.system["nonfossil_share"])
        for name, mean in aim.items():
            tilt *= (1 - self.system[name]) / (1 - mean)[:, grids.region]
        intensity = _mean(self.system["coal_intensity"], weight)
        ratio, self.turned["power"] = burn(
            self.setup,
            self.balance,
            weight=weight,
            tilt=tilt,
            oldest=_mean(self.system["power_life"], weight),
            heat_rate=intensity / intensity[0],
        )
        index = supply.growth(self.balance)[:, grids.region]
        fuel = weight * ratio
        self._set_power(coal, fuel, index[..., 2])
        thermal = supply.thermal_growth(self.balance)[:, grids.region]
        for source in ("gas", "biomass", "oil"):
            pair = state.position["power", source]
            self._set_power(pair, state.activity[:, pair] * thermal, thermal)
        # what substitutes coal burns where the coal is replaced, not where gas burns already
        share = self.system["gas_biomass_share"]
        efficiency = self.setup.tables.efficiency
        taken = np.maximum(share - share[:1], 0.0) / (1.0 - share)
        taken *= efficiency["*", "coal"] / efficiency["*", "gas"]
        self.activity[:, :, state.position["power", "gas"]] += fuel * taken

    def _set_power(self, pair: int, fuel: Array, generation: Array) -> None:
        """Fuel of a power source; what measures did to it directly holds as a factor."""
        before = self.setup.terminal[:, :, pair]
        after = self.activity[:, :, pair]
        factor = np.divide(after, before, out=np.ones_like(after), where=before > 0)
        brought = np.where(before > 0, 0.0, after) * generation
        self.activity[:, :, pair] = fuel * factor + brought

    def controls(self) -> Array:
        """Net factors (year, region, pair, species); the energy penalty raises activity."""
        state = self.state
        fresh = {}
        for sector, turned in self.turned.items():
            fresh[sector] = _by_region(turned.new_share, self.state.size(sector), state)
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
            weight = self.state.size(sector)
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
    return _by_group(values, weight, state.region, state.n_regions)


def _by_group(values: Array, weight: Array, group: npt.NDArray[np.int32], n: int) -> Array:
    """Weighted mean over the cities of each group, shape (year, group)."""
    out = np.empty((values.shape[0], n))
    for g in range(n):
        inside = group == g
        out[:, g] = _mean(values[:, inside], weight[inside])
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
    run.homes()
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
        dwellings=run.dwellings,
        grids=setup.grids,
    )
