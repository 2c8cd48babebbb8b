"""Secondary energy: electricity and heat balances, fuel at the place of generation.

Electricity is balanced in regional grids. Demand of a grid with its losses is met by its own plants
and by imports: an importing grid draws the share of its demand that it drew in the base year, the
exporting grids deliver it in the proportions of the base year. Generation of a grid is split into
non-fossil, gas and biomass, and coal; coal burnt is placed where its plants stand. Heat that
sectors draw from networks is added to the heating sector of the same city.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from scenair.projection.state import State

    Array = npt.NDArray[np.float64]

TJ_PER_TWH: Final = 3600.0
#: Rounds between the sums of provinces and of sectors.
FITTING: Final = 30
TECHNOLOGIES: Final = ("nonfossil", "gas_biomass", "coal")


@dataclass(frozen=True)
class Grids:
    """Regional grids: ``names``, ``region`` of each city (index into names), and ``nonfossil``,
    the share of each in the non-fossil generation of the base year (sums to 1)."""

    names: tuple[str, ...]
    region: npt.NDArray[np.int32]
    nonfossil: Array

    def members(self) -> list[npt.NDArray[np.bool_]]:
        """Cities of each grid."""
        return [self.region == r for r in range(len(self.names))]


@dataclass(frozen=True)
class Balance:
    """Electricity in TWh yr-1.

    ``demand`` (year, city, sector); ``regional`` (year, grid, technology) generation; ``export``
    (year, grid) what a grid sends to the others, negative where it imports (sums to 0). In each
    grid generation - export = demand / (1 - loss).
    """

    demand: Array
    regional: Array
    export: Array
    loss: float

    @property
    def generation(self) -> Array:
        """National generation, shape (year, technology)."""
        out: Array = self.regional.sum(axis=1)
        return out


def electricity_base(
    state: State,
    *,
    use: dict[str, float],
    population: Array,
    sectors: tuple[str, ...],
    provincial: Mapping[int, float],
) -> Array:
    """Electricity of the base year by city and sector (TJ), national use by sector given (TWh).

    Where the inventory has electricity, it holds; else the use of a sector follows its size, and
    people where it has none, and all are fitted to the shares ``provincial`` of the provinces (by
    iteration between the sums of sectors and of provinces; the sums of sectors are exact).

    Returns
    -------
    ndarray, shape (city, sector)
    """
    out = np.zeros((state.cities.size, len(sectors)))
    for j, sector in enumerate(sectors):
        given = state.activity[:, _electric(state, sector)]
        if given.any():
            out[:, j] = given
            continue
        if sector not in use:
            raise InputError(
                "no electricity use of a sector", where="electricity_use.csv", value=sector
            )
        weight = _weight(state, sector, population)
        out[:, j] = use[sector] * TJ_PER_TWH * weight / weight.sum()
    free = [j for j, s in enumerate(sectors) if not state.activity[:, _electric(state, s)].any()]
    out[:, free] = _fitted(out[:, free], state.province, provincial)
    return out


def _electric(state: State, sector: str) -> int:
    return state.position[sector, "electricity"]


def _fitted(use: Array, province: npt.NDArray[np.int32], shares: Mapping[int, float]) -> Array:
    """Fit (city, sector) to shares of provinces, keeping the sums of sectors."""
    codes = np.unique(province)
    missing = [int(p) for p in codes if int(p) not in shares]
    if missing:
        raise InputError(
            "a province without electricity", where="province_electricity.csv", value=missing[0]
        )
    wanted = np.array([shares[int(p)] for p in codes])
    wanted *= use.sum() / wanted.sum()
    group = np.searchsorted(codes, province)
    out, by_sector = use.copy(), use.sum(axis=0)
    for _ in range(FITTING):
        now = np.bincount(group, weights=out.sum(axis=1), minlength=codes.size)
        out *= np.divide(wanted, now, out=np.ones_like(now), where=now > 0)[group][:, None]
        now = out.sum(axis=0)
        out *= np.divide(by_sector, now, out=np.ones_like(now), where=now > 0)
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
    grids: Grids,
    planned: Array,
    national: Array,
    nonfossil: Array,
    gas_biomass: Array,
) -> Balance:
    """The electricity balance of every grid.

    Parameters
    ----------
    activity : ndarray, shape (year, city, pair)
        With ``electricity`` (TJ) of every sector.
    planned : ndarray, shape (year, city)
        Electricity (TJ) by the drivers alone: grids plan their non-fossil share for it, so that
        what is saved or drawn in one grid changes no share in another.
    national : ndarray, shape (year,)
        Non-fossil share of the nation's generation; it is met exactly for ``planned``.
    nonfossil, gas_biomass : ndarray, shape (year, grid)
        What the cities of each grid aim at: share of generation, share of thermal generation. The
        non-fossil share of a grid moves from its own value in the base year by the same odds.
    """
    columns = [state.position[sector, "electricity"] for sector in sectors]
    demand = activity[:, :, columns] / TJ_PER_TWH
    need = np.stack([demand[:, c].sum(axis=(1, 2)) for c in grids.members()], axis=1) / (1 - loss)
    coal = state.activity[:, state.position["power", "coal"]]
    thermal = np.array([coal[c].sum() for c in grids.members()]) / coal.sum()
    total = need[0].sum()
    clean = national[0] * total * grids.nonfossil
    start = clean + (1.0 - national[0]) * total * thermal
    surplus = start - need[0]
    export = _exchange(need, surplus)
    made = need + export
    own = np.where(thermal > 0, clean / start, 1.0)
    plan = np.stack([planned[:, c].sum(axis=1) for c in grids.members()], axis=1)
    plan *= need[0] / plan[0]
    plan += _exchange(plan, surplus)
    share = _nonfossil(own, nonfossil, national, plan, fixed=thermal <= 0)
    burnt = made * (1.0 - share)
    regional = np.stack([made * share, burnt * gas_biomass, burnt * (1.0 - gas_biomass)], axis=2)
    return Balance(demand=demand, regional=regional, export=export, loss=loss)


def _exchange(need: Array, surplus: Array) -> Array:
    """Net export (year, grid): importers draw a fixed share of their need, exporters share it."""
    drawn = np.maximum(-surplus, 0.0) / need[0]
    out = np.maximum(surplus, 0.0)
    given = out / out.sum() if out.sum() > 0 else out
    imports = need * drawn
    export: Array = imports.sum(axis=1)[:, None] * given - imports
    return export


def _odds(share: Array) -> Array:
    bounded = np.clip(share, 1e-4, 1.0 - 1e-4)
    out: Array = np.log(bounded / (1.0 - bounded))
    return out


def _nonfossil(
    own: Array, aim: Array, national: Array, made: Array, *, fixed: npt.NDArray[np.bool_]
) -> Array:
    """Non-fossil share (year, grid): own odds moved as the aim moves, then all alike to the sum."""
    odds = _odds(own) + _odds(aim) - _odds(aim[:1])
    low, high = np.full(national.shape, -20.0), np.full(national.shape, 20.0)
    share = np.where(fixed, 1.0, 1.0 / (1.0 + np.exp(-odds)))
    wanted = national * made.sum(axis=1)
    for _ in range(80):  # bisection: the sum grows with the shift
        middle = 0.5 * (low + high)
        share = np.where(fixed, 1.0, 1.0 / (1.0 + np.exp(-(odds + middle[:, None]))))
        above = (share * made).sum(axis=1) > wanted
        high = np.where(above, middle, high)
        low = np.where(above, low, middle)
    return share


def planned_demand(state: State, terminal: Array) -> Array:
    """Electricity by the drivers alone (TJ), shape (year, city)."""
    columns = [i for i, (_, source) in enumerate(state.pairs) if source == "electricity"]
    out: Array = terminal[:, :, columns].sum(axis=2)
    return out


def growth(balance: Balance) -> Array:
    """Generation over that of the base year, 1 where there was none (year, grid, technology)."""
    start = balance.regional[:1]
    out: Array = np.divide(
        balance.regional, start, out=np.ones_like(balance.regional), where=start > 0
    )
    return out


def thermal_growth(balance: Balance) -> Array:
    """Thermal generation over that of the base year, 1 where there was none (year, grid)."""
    made = balance.regional[..., 1:].sum(axis=2)
    out: Array = np.divide(made, made[:1], out=np.ones_like(made), where=made[:1] > 0)
    return out
