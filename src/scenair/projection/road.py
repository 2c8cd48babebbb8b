"""Road vehicles in the activity table: fuel, electricity and factors of the three fleets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scenair.core.species import SPECIES
from scenair.projection.vehicles import FleetInput, FleetResult, ownership, run_fleet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from scenair.projection.setup import Setup
    from scenair.projection.state import State

    Array = npt.NDArray[np.float64]

#: Species whose factor follows the standards; the others follow the fuel.
FOLLOWS = {
    "CO": "CO",
    "NMVOC": "NMVOC",
    "NOx": "NOx",
    "PM25": "PM25",
    "PM10": "PM25",
    "BC": "PM25",
    "OC": "PM25",
}


def stocks(setup: Setup) -> dict[str, Array]:
    """Stock of each class over that of the base year, shape (year, city)."""
    p, drivers = setup.tables.parameters, setup.drivers
    households = setup.features["car_households_per_person"].to_numpy(dtype=np.float64)
    cars = np.maximum(households * p["cars_per_car_household"] * 1000.0, 5.0)
    people = drivers.index("population")
    light = people * ownership(
        cars,
        drivers.index("income"),
        saturation=p["car_saturation"],
        slope=p["car_gompertz_income"],
    )
    light = light * _observed(light, setup)
    freight = drivers.index("gdp") ** p["freight_gdp_elasticity"]
    return {"light": light, "heavy": freight, "bus": drivers.index("urban")}


def _observed(light: Array, setup: Setup) -> Array:
    """What brings the light vehicles of a province to its statistics; the last one holds."""
    known = setup.drivers.vehicles[: light.shape[0]]
    out = np.ones_like(light)
    people = setup.drivers.population[0]
    for p in np.unique(setup.state.province) if known.shape[0] > 1 else ():
        inside = setup.state.province == p
        mean = light[:, inside] @ people[inside] / people[inside].sum()
        factor = known[:, inside].mean(axis=1) / mean[: known.shape[0]]
        out[: known.shape[0], inside] = factor[:, None]
        out[known.shape[0] :, inside] = factor[-1]
    return out


def run_fleets(setup: Setup, system: Mapping[str, Array], *, policy: str) -> dict[str, FleetResult]:
    """The three fleets under one policy of standards."""
    p, tables = setup.tables.parameters, setup.tables
    nothing = np.zeros_like(system["old_diesel_scrapped"])
    sales = {"light": "nev_share_light", "heavy": "nev_share_heavy", "bus": "nev_share_bus"}
    out = {}
    for vehicle, stock in stocks(setup).items():
        kind = "light" if vehicle == "light" else "heavy"
        out[vehicle] = run_fleet(
            FleetInput(
                stock=stock,
                electric_sales=system[sales[vehicle]],
                scrapped=nothing if vehicle == "light" else system["old_diesel_scrapped"],
                economy=system["fuel_economy"],
                factors=tables.vehicle_factors[vehicle],
                starts=tables.vehicle_starts[policy][vehicle],
                past_growth=p[f"{kind}_past_growth"],
                scale=p[f"{kind}_survival_scale"],
                shape=p[f"{kind}_survival_shape"],
            ),
            base_year=setup.base_year,
        )
    return out


def apply_fleets(
    setup: Setup, system: Mapping[str, Array], activity: Array, *, policy: Sequence[str]
) -> dict[str, Array]:
    """Set on-road fuel and electricity; return factors over the base year.

    Returns
    -------
    dict
        Source (``gasoline``, ``diesel``) -> array (year, region, species).
    """
    state, p = setup.state, setup.tables.parameters
    by_policy = {name: run_fleets(setup, system, policy=name) for name in sorted(set(policy))}
    # standards change factors, not the stock: any policy gives the same fuel
    fleets = next(iter(by_policy.values()))
    bus = p["bus_share_of_diesel"]
    parts = {"gasoline": {"light": 1.0}, "diesel": {"heavy": 1.0 - bus, "bus": bus}}
    electricity = state.position["on_road", "electricity"]
    for source, weights in parts.items():
        pair = state.position["on_road", source]
        base = state.activity[:, pair]
        activity[:, :, pair] = base * sum(w * fleets[v].fuel for v, w in weights.items())
        drawn = sum(w * fleets[v].electricity for v, w in weights.items())
        activity[:, :, electricity] += base * drawn * p["electric_vehicle_energy_ratio"]
    return {
        source: _factors(state, by_policy, weights, policy, state.position["on_road", source])
        for source, weights in parts.items()
    }


def _factors(
    state: State,
    by_policy: Mapping[str, Mapping[str, FleetResult]],
    weights: Mapping[str, float],
    policy: Sequence[str],
    pair: int,
) -> Array:
    n_years = next(iter(next(iter(by_policy.values())).values())).fuel.shape[0]
    out = np.ones((n_years, state.n_regions, len(SPECIES)))
    base = state.activity[:, pair]
    for r, name in enumerate(policy):
        inside = (state.region == r) & (base > 0)
        if not inside.any():
            continue
        fleets = by_policy[name]
        for species, key in FOLLOWS.items():
            mass = np.zeros(n_years)
            fuel = np.zeros(n_years)
            for vehicle, w in weights.items():
                used = w * fleets[vehicle].fuel[:, inside] * base[inside]
                fuel += used.sum(axis=1)
                mass += (used * fleets[vehicle].factor[key][:, inside]).sum(axis=1)
            out[:, r, SPECIES.index(species)] = np.divide(
                mass, fuel, out=np.ones_like(mass), where=fuel > 0
            )
    return out


def apply_factors(state: State, net: Array, factors: Mapping[str, Array]) -> None:
    """Multiply the net factors of on-road fuels, in place."""
    for source, factor in factors.items():
        net[:, :, state.position["on_road", source]] *= factor
