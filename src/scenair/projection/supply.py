"""Secondary energy: electricity and heat balances, fuel at the place of generation.

Demand is summed over cities and sectors; generation = demand / (1 - loss) is split into non-fossil,
gas and biomass, and coal; coal burnt = generation x coal per kWh, placed where the plants stand.
Heat that sectors draw from networks is added to the heating sector of the same city.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from scenair.core.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    from scenair.projection.state import State

    Array = npt.NDArray[np.float64]

TJ_PER_TWH: Final = 3600.0
TECHNOLOGIES: Final = ("nonfossil", "gas_biomass", "coal")


@dataclass(frozen=True)
class Balance:
    """Electricity in TWh yr-1: ``demand`` (year, city, sector), ``generation`` (year, technology).

    generation summed over technologies x (1 - loss) = demand summed over cities and sectors.
    """

    demand: Array
    generation: Array
    loss: float


def electricity_base(
    state: State, *, use: dict[str, float], population: Array, sectors: tuple[str, ...]
) -> Array:
    """Electricity of the base year by city and sector (TJ), national use by sector given (TWh).

    Where the inventory has electricity, it holds; else the use of a sector follows its energy and
    product activity, and people where it has none.

    Returns
    -------
    ndarray, shape (city, sector)
    """
    out = np.zeros((state.cities.size, len(sectors)))
    for j, sector in enumerate(sectors):
        given = state.activity[:, state.position[sector, "electricity"]]
        if given.any():
            out[:, j] = given
            continue
        if sector not in use:
            raise InputError(
                "no electricity use of a sector", where="electricity_use.csv", value=sector
            )
        weight = _weight(state, sector, population)
        out[:, j] = use[sector] * TJ_PER_TWH * weight / weight.sum()
    return out


def _weight(state: State, sector: str, population: Array) -> Array:
    if sector in ("residential", "on_road", "heating", "agriculture", "waste_other"):
        return population
    # CO2 measures the size of a sector over all its sources, in one unit
    size = state.emission[:, _sector_index(sector), -1]
    return size if size.sum() > 0 else population


def _sector_index(sector: str) -> int:
    from scenair.core.sectors import SECTORS

    return SECTORS.index(sector)


def add_heat(state: State, activity: Array, *, efficiency: float) -> None:
    """Add network heat of all sectors (TJ) to the fuel of the heating sector, city by city.

    A city whose heating sector burns nothing takes gas. ``activity`` (year, city, pair) is changed
    in place; the drawn heat stays in the table (it has no factor).
    """
    drawn = [i for i, (j, f) in enumerate(state.pairs) if f == "heat" and j != "heating"]
    base = state.activity[:, drawn].sum(axis=1)
    heat = activity[:, :, drawn].sum(axis=2) - base
    fuels = [
        i
        for i in state.of_sector("heating")
        if state.is_energy(int(i)) and state.pairs[i][1] not in ("electricity", "heat")
    ]
    have = activity[:, :, fuels]
    total = have.sum(axis=2)
    need = np.maximum(heat, 0.0) / efficiency
    ratio = np.where(total > 0, 1.0 + need / np.where(total > 0, total, 1.0), 1.0)
    activity[:, :, fuels] = have * ratio[:, :, None]
    gas = state.position["heating", "gas"]
    activity[:, :, gas] += np.where(total > 0, 0.0, need)


def balance(
    state: State,
    activity: Array,
    *,
    sectors: tuple[str, ...],
    loss: float,
    nonfossil: Array,
    gas_biomass: Array,
) -> Balance:
    """The national electricity balance.

    Parameters
    ----------
    activity : ndarray, shape (year, city, pair)
        With ``electricity`` (TJ) of every sector.
    nonfossil, gas_biomass : ndarray, shape (year,)
        Share of generation; share of thermal generation.
    """
    columns = [state.position[sector, "electricity"] for sector in sectors]
    demand = activity[:, :, columns] / TJ_PER_TWH
    total = demand.sum(axis=(1, 2)) / (1.0 - loss)
    thermal = 1.0 - nonfossil
    shares = np.stack([nonfossil, thermal * gas_biomass, thermal * (1 - gas_biomass)], axis=1)
    return Balance(demand=demand, generation=total[:, None] * shares, loss=loss)
