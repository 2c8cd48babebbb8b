"""Coal at the power plants of each grid: units close, new ones fill the gap, fuel follows both."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from scenair.projection import supply, turnover

if TYPE_CHECKING:
    import numpy.typing as npt

    from scenair.projection.setup import Setup

    Array = npt.NDArray[np.float64]


def burn(
    setup: Setup,
    balance: supply.Balance,
    *,
    weight: Array,
    tilt: Array,
    oldest: Array,
    heat_rate: Array,
) -> tuple[Array, turnover.Turnover]:
    """Coal by city over that of the base year, and the turnover of all units.

    Parameters
    ----------
    weight : ndarray, shape (city,)
        Coal of the base year (TJ).
    tilt : ndarray, shape (year, city)
        What a city burns relative to its grid by choices of its own.
    oldest : ndarray, shape (year,)
        Age at which units close early (yr).
    heat_rate : ndarray, shape (year,)
        Coal per kWh that the scenario asks for, base year = 1; turnover alone may reach less.
    """
    fleet, p, n_cities = setup.fleets["power"], setup.tables.parameters, setup.state.cities.size
    surviving = turnover.surviving_share(
        fleet.start,
        setup.grid,
        median=p["power_life_median"],
        slope=p["power_life_slope"],
        oldest=oldest,
        closed_below=p["closed_below"],
    )
    # sites follow the demand that drivers make, so that a measure moves no plant by itself
    demand = supply.planned_demand(setup.state, setup.terminal)
    local = demand / np.maximum(demand[:1], 1e-12)
    coal = supply.growth(balance)[..., supply.TECHNOLOGIES.index("coal")]
    ratio = np.ones((setup.grid.size, n_cities))
    parts: list[turnover.Turnover] = []
    for r, inside in enumerate(setup.grids.members()):
        own = inside[fleet.city]
        units = turnover.Fleet(fleet.capacity[own], fleet.city[own], fleet.start[own])
        if not units.capacity.sum() > 0:
            ratio[:, inside] = (coal[:, r] * heat_rate)[:, None] * tilt[:, inside]
            continue
        turned = turnover.turn_over(
            units,
            surviving=surviving[:, own],
            years=setup.grid,
            needed=coal[:, r],
            weights=turnover.siting_weights(
                units,
                n_cities=n_cities,
                base_year=setup.base_year,
                window=p["siting_window"],
                recent_weight=p["siting_recent_weight"],
                demand=local,
                open_cities=inside & (weight > 0),
            ),
            heat_rate_fall=p["old_heat_rate_per_year"],
        )
        parts.append(turned)
        ratio[:, inside] = turnover.spread_ratio(
            (turned.fuel * tilt)[:, inside],
            weight[inside],
            setup.state.province[inside],
            coal[:, r] * np.minimum(turned.efficiency, heat_rate),
        )
    return ratio, _together(parts, surviving)


def _together(parts: list[turnover.Turnover], surviving: Array) -> turnover.Turnover:
    """One turnover of all grids; a city is in one grid only."""
    size = np.stack([(t.old + t.new).sum(axis=1) for t in parts])
    known = [np.where(np.isfinite(t.output), t.output, 0.0) for t in parts]
    burnt = [np.where(np.isfinite(t.fuel), t.fuel, 0.0) for t in parts]
    some = np.any([np.isfinite(t.output) for t in parts], axis=0)
    return replace(
        parts[0],
        surviving=surviving,
        old=np.sum([t.old for t in parts], axis=0),
        new=np.sum([t.new for t in parts], axis=0),
        output=np.where(some, np.sum(known, axis=0), np.nan),
        fuel=np.where(some, np.sum(burnt, axis=0), np.nan),
        efficiency=np.average([t.efficiency for t in parts], axis=0, weights=size),
    )
