"""The rule ``city_plan``: measures, costs and needs that bring cities to their limit."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from scenair.config.case import CaseConfig
from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_netcdf, require_finite
from scenair.core.io.tables import read_csv, read_table, write_csv
from scenair.core.units import require_units
from scenair.planning.city_plan import (
    Options,
    Plan,
    least_cost_plan,
    per_unit,
    scenario_reduction,
)
from scenair.planning.costs import pollutant_equivalents
from scenair.planning.curves import cost_curve

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt
    import xarray as xr

    Array = npt.NDArray[np.float64]

logger = logging.getLogger("scenair.planning")

#: Pollutants whose change says how large a measure is in a city; shown in the tables, with CO2.
SIZE: Final = ("SO2", "NOx", "NMVOC", "NH3", "PM25")
SHOWN: Final = (*SIZE, "CO2")
#: Share of a receptor's controlled PM2.5 from which a city is linked to it, as in the targets.
LINKED_SHARE: Final = 0.01
#: What is used less than this is not named.
_SMALLEST: Final = 1e-4


@dataclass(frozen=True)
class _World:
    """Read inputs on the axes of the potentials."""

    measures: list[str]
    levels: list[str]
    cities: npt.NDArray[np.int32]
    species: list[str]
    options: Options
    slope: Array
    linked: npt.NDArray[np.bool_]
    receptors: pd.DataFrame


def build_city_plan(
    *,
    year: int,
    config: Mapping[str, Any],
    targets: str | Path,
    responsibility: str | Path,
    potentials: str | Path,
    emissions: str | Path,
    used: str | Path,
    double: str | Path,
    portfolio: str | Path,
    receptors: str | Path,
    needs: str | Path,
    curve: str | Path,
) -> None:
    """Least-cost measures of every city that is asked, so that cities reach their limit.

    Parameters
    ----------
    year : int
        Year of the potentials.
    config : mapping
        Section ``case``.
    targets : path
        ``attainment/targets.csv`` of the run: excess, modelled concentration, who is asked.
    responsibility : path
        ``contribution(receptor, source_city, sector, species)``, ug m-3 (Mg yr-1)-1.
    potentials : path
        ``change(measure, level, city, sector, species)``, Mg yr-1.
    emissions : path
        ``emissions/cities.nc`` of the run.
    used : path
        ``trajectories/{scenario}.measures.csv``: shares of the levels by city type.
    double : path
        ``attainment/double.csv``: city types.
    portfolio : path
        CSV: adcode, name_en, measure, name, level, share, cost (CNY yr-1), reductions (Mg yr-1).
    receptors : path
        CSV: adcode, name_en, pm25, limit, excess, lowered, pm25_after, shortfall (ug m-3).
    needs : path
        CSV: by city: measures, cost (CNY yr-1), reductions (Mg yr-1).
    curve : path
        CSV: measures of the plan by cost a pollutant equivalent, with their CO2.

    Raises
    ------
    InputError, UnitsError
        Potentials of another year, other cities, values that are no numbers, measures without cost.
    """
    case = CaseConfig.model_validate(config["case"])
    world = _read(
        year=year,
        adcodes=case.adcodes(),
        targets=targets,
        responsibility=responsibility,
        potentials=potentials,
        emissions=emissions,
        used=used,
        double=double,
    )
    plan = _plan(world)
    table = _portfolio(world, plan, targets=targets)
    write_csv(table, portfolio)
    out = world.receptors.assign(lowered=plan.lowered, shortfall=plan.shortfall)
    out["pm25_after"] = out["pm25"] - out["lowered"]
    columns = ["adcode", "name_en", "pm25", "limit", "excess", "lowered", "pm25_after", "shortfall"]
    write_csv(out[columns], receptors)
    write_csv(_needs(table), needs)
    write_csv(_curve(table), curve)
    logger.info(
        "%d cities above their limit, %d out of reach; %d measures in %d cities, %.3g CNY yr-1",
        len(out),
        int((plan.shortfall > 0).sum()),
        len(table),
        table["adcode"].nunique(),
        plan.cost,
    )


def _plan(world: _World) -> Plan:
    if world.receptors.empty:
        shape = world.options.cost.shape
        return Plan(np.zeros(shape), np.zeros(0), np.zeros(0), 0.0)
    lowering = per_unit(world.options.reduction, world.slope)
    excess = world.receptors["excess"].to_numpy(np.float64)
    return least_cost_plan(excess, lowering, world.options, linked=world.linked)


def _read(
    *,
    year: int,
    adcodes: tuple[int, ...],
    targets: str | Path,
    responsibility: str | Path,
    potentials: str | Path,
    emissions: str | Path,
    used: str | Path,
    double: str | Path,
) -> _World:
    goals = read_csv(
        targets,
        columns=("adcode", "name_en", "pm25", "pm25_modelled", "limit", "excess", "asked_for"),
    )
    _require_cities(goals["adcode"], adcodes, where=str(targets))
    asked = np.flatnonzero(goals["asked_for"].to_numpy() > 0)
    receptors = goals[(goals["excess"] > 0) & (goals["basis"] != "fused_far")]
    known = open_netcdf(potentials, variables={"change": "Mg yr-1", "optional": "1"})
    if int(known.attrs.get("year", -1)) != year:
        raise InputError(
            "the potentials are those of another year",
            where=str(potentials),
            value=known.attrs.get("year"),
            allowed=str(year),
            remedy="ask for the plan of the year of the potentials",
        )
    _require_cities(known["city"].values, adcodes, where=str(potentials))
    kept = known["change"].isel(measure=np.flatnonzero(known["optional"].values == 0))
    every = kept.transpose("measure", "level", "city", "sector", "species")
    require_finite(every, where=str(potentials), minimum=None)
    change = every.isel(city=asked)
    species = [str(s) for s in change["species"].values]
    emitted = open_netcdf(emissions, variables=("emission",))["emission"]
    require_units(emitted, "Mg yr-1", where=str(emissions))
    _require_cities(emitted["city"].values, adcodes, where=str(emissions))
    amount = emitted.sel(sector=change["sector"].values, species=species)
    amount = amount.transpose("city", "sector", "species").astype(np.float64)
    require_finite(amount, where=str(emissions))
    slope = _slope(responsibility, change, receptors, adcodes=adcodes)
    given = np.einsum("icsp,csp->ic", slope, amount.values)
    linked = given >= LINKED_SHARE * given.sum(axis=1, keepdims=True)
    values = change.values.astype(np.float64)
    shares = _used(used, double, change, cities=change["city"].values)
    cost = _costs(every, asked, shares)
    return _World(
        measures=[str(m) for m in change["measure"].values],
        levels=[str(v) for v in change["level"].values],
        cities=change["city"].values,
        species=species,
        options=Options(
            # a level that costs no more than what is in use is a step back, no option
            reduction=np.where((cost > 0)[..., None, None], scenario_reduction(values, shares), 0),
            cost=cost,
            emission=amount.values[asked],
        ),
        slope=slope[:, asked],
        linked=linked[:, asked],
        receptors=receptors.reset_index(drop=True),
    )


def _require_cities(found: Any, adcodes: tuple[int, ...], *, where: str) -> None:
    if list(np.asarray(found)) != list(adcodes):
        raise InputError("other cities than the case's", where=where)


def _slope(
    path: str | Path, change: xr.DataArray, receptors: pd.DataFrame, *, adcodes: tuple[int, ...]
) -> Array:
    """Fall of the receptors' PM2.5 a Mg yr-1, in the units of the potentials; 0 for other species.

    The model's concentration stands for the city's: its shares count, not its level.
    """
    ds = open_netcdf(path, variables={"contribution": "ug m-3 (Mg yr-1)-1"})
    for dim in ("receptor", "source_city"):
        _require_cities(ds[dim].values, adcodes, where=f"{path}, {dim}")
    k = ds["contribution"].sel(
        receptor=receptors["adcode"].to_numpy(),
        sector=change["sector"].values,
    )
    k = k.reindex(species=change["species"].values, fill_value=0.0)
    k = k.transpose("receptor", "source_city", "sector", "species")
    require_finite(k, where=str(path), minimum=None)
    scale = (receptors["pm25"] / receptors["pm25_modelled"]).to_numpy(np.float64)
    return np.asarray(k.values.astype(np.float64) * scale[:, None, None, None])


def _used(
    path: str | Path, double: str | Path, change: xr.DataArray, *, cities: npt.NDArray[np.int32]
) -> Array:
    """Share of each level of each measure that the scenario uses in each city."""
    table = read_csv(path, columns=("measure", "city_type", "share_baseline"))
    kind = read_csv(double, columns=("adcode", "city_type")).set_index("adcode")["city_type"]
    kinds = kind.reindex(cities).astype(str)
    out = np.zeros((change.sizes["measure"], change.sizes["level"], len(cities)))
    for j, level in enumerate(change["level"].values):
        wide = table.pivot_table(index="measure", columns="city_type", values=f"share_{level}")
        wide = wide.reindex(index=change["measure"].values, columns=sorted(set(kinds)))
        if wide.isna().any(axis=None):
            raise InputError(
                "measures or city types without shares",
                where=f"{path}, share_{level}",
                value=wide.index[wide.isna().any(axis=1)].tolist()[:5],
            )
        out[:, j] = wide[kinds.tolist()].to_numpy(np.float64)
    return out


def _costs(every: xr.DataArray, asked: npt.NDArray[np.int64], used: Array) -> Array:
    """Yearly cost of each option beyond what the scenario pays already, CNY.

    Over all cities a measure costs its unit cost times the fall of its basis; cities share that by
    the size of what changes in their pollutants (a city where the basis alone does not fall would
    else have the measure for nothing).

    Parameters
    ----------
    every : DataArray (measure, level, city, sector, species)
        Potentials of all cities, Mg yr-1.
    asked : ndarray of int
        Positions of the cities that are asked.
    used : ndarray (measure, level, city)
        Of the cities that are asked.
    """
    table = read_table("planning/measure_costs.csv")
    unit = table[table["measure"].notna()].set_index("measure")
    lacking = sorted(set(map(str, every["measure"].values)) - set(unit.index))
    if lacking:
        raise InputError(
            "measures without a cost",
            where="resources/planning/measure_costs.csv",
            value=lacking,
            remedy="add a row for each",
        )
    step = table[table["level"].notna()].set_index("level")["value"]
    factor = step.reindex(every["level"].values).to_numpy(np.float64)[:, None]
    rates, basis = unit["value"].astype(float).to_dict(), unit["basis"].to_dict()
    full = np.zeros(used.shape)
    for i, name in enumerate(map(str, every["measure"].values)):
        change = every[i].sum("sector").astype(np.float64)
        fall = -change.sel(species=basis[name]).sum("city").values[:, None]
        if (fall <= 0).any():
            raise InputError(
                "a measure whose basis of cost does not fall",
                where="resources/planning/measure_costs.csv",
                value=f"{name}, {basis[name]}",
                remedy="name another basis",
            )
        size = abs(change.sel(species=list(SIZE))).sum("species").transpose("level", "city").values
        whole = np.maximum(size.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        share = (
            size[:, asked] / whole
        )  # a measure for CO2 alone costs nothing here, and lowers nothing
        full[i] = rates[name] * factor * fall * share
    there = (used * full).sum(axis=1, keepdims=True)
    return np.asarray(np.maximum(full - there, 0.0))


def _portfolio(world: _World, plan: Plan, *, targets: str | Path) -> pd.DataFrame:
    names = read_table("projection/measure_names.csv").set_index("measure")["value"]
    cities = read_csv(targets, columns=("adcode", "name_en")).set_index("adcode")["name_en"]
    rows = []
    for m, v, c in zip(*np.nonzero(plan.level > _SMALLEST), strict=True):
        share = float(plan.level[m, v, c])
        taken = share * world.options.reduction[m, v, c].sum(axis=0)
        rows.append(
            {
                "adcode": int(world.cities[c]),
                "name_en": cities[int(world.cities[c])],
                "measure": world.measures[m],
                "name": names.get(world.measures[m], ""),
                "level": world.levels[v],
                "share": share,
                "cost": share * float(world.options.cost[m, v, c]),
            }
            | {s: float(taken[world.species.index(s)]) for s in SHOWN}
        )
    columns = ["adcode", "name_en", "measure", "name", "level", "share", "cost", *SHOWN]
    return pd.DataFrame(rows, columns=columns).sort_values(["adcode", "measure", "level"])


def _needs(portfolio: pd.DataFrame) -> pd.DataFrame:
    """What each city is asked: measures (largest cost first), yearly cost, reductions."""
    rows = []
    for code, part in portfolio.groupby("adcode", sort=True):
        order = part.sort_values(["cost", "measure"], ascending=[False, True], kind="stable")
        line = {"adcode": code, "name_en": part["name_en"].iloc[0]}
        line |= {"measures": " ".join(dict.fromkeys(order["measure"])), "cost": part["cost"].sum()}
        rows.append(line | {s: part[s].sum() for s in SHOWN})
    return pd.DataFrame(rows, columns=["adcode", "name_en", "measures", "cost", *SHOWN])


def _curve(portfolio: pd.DataFrame) -> pd.DataFrame:
    """Measures of the plan by cost a pollutant equivalent (SO2, NOx, PM2.5), with their CO2."""
    columns = ["measure", "name", "cost", "reduction", "CO2", "unit_cost", "cumulative"]
    if portfolio.empty:
        return pd.DataFrame(columns=[*columns, "total_cost", "saves"])
    table = read_table("planning/equivalents.csv")
    weights = dict(zip(table["pollutant"], table["value"].astype(float), strict=True))
    total = portfolio.groupby("measure")[["cost", *SHOWN]].sum()
    taken = {"SO2": total["SO2"], "NOx": total["NOx"], "PM": total["PM25"]}
    total["reduction"] = pollutant_equivalents(taken, equivalents=weights)
    total["name"] = portfolio.groupby("measure")["name"].first()
    able = total[total["reduction"] > 0]
    return cost_curve(able[["name", "cost", "reduction", "CO2"]]).reset_index()
