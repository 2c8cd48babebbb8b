"""The national computation of one year: tables in, city account out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import xarray as xr

from scenair.core.errors import MassBalanceError
from scenair.core.sectors import MEIC_SECTORS
from scenair.inventory import activity as act
from scenair.inventory import closing, national
from scenair.inventory import plants as plant_model
from scenair.inventory.cells import largest_cell
from scenair.inventory.shares import PROVINCES, shares_of_year
from scenair.inventory.sources import BESIDE_INDUSTRY, FIXED_INDUSTRY, REST_INDUSTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

#: Year of the second-level split's bottom-up anchor (the first year with activity).
ANCHOR_YEAR: Final = 2013
#: Published national sums are met to this relative error.
NATIONAL_TOLERANCE: Final = 1e-9


@dataclass(frozen=True)
class Tables:
    """Resource tables of the stage, as read (see ``resources/inventory/README.md``)."""

    meic: pd.DataFrame
    second_level: pd.DataFrame
    activity: pd.DataFrame
    factors: pd.DataFrame
    removal: pd.DataFrame
    proxies: pd.DataFrame
    reas: pd.DataFrame
    edgar: pd.DataFrame
    sulfur: pd.DataFrame
    plants: pd.DataFrame
    heat_rates: pd.DataFrame
    operation: pd.DataFrame
    stacks: pd.DataFrame
    ratios: pd.DataFrame
    heating_season: pd.DataFrame
    census: pd.DataFrame
    census_change: pd.DataFrame
    dwellings: pd.DataFrame
    statistics: pd.DataFrame


@dataclass(frozen=True)
class Estimate:
    """One year of the whole country.

    Attributes
    ----------
    activity : DataArray
        (city, sector, source), unit of the source.
    factors, removed : DataArray
        (sector, source, species): Mg per unit; share 0-1.
    factor : DataArray
        Closing factor (province, sector, species).
    emission : DataArray
        (city, sector, species), Mg yr-1.
    base : DataArray
        Bottom-up emission before closing (province, sector, species), Mg yr-1.
    targets : DataArray
        National targets (sector, species), Mg yr-1.
    totals : DataArray
        Published totals (meic_sector, species), Mg yr-1.
    plants, plant_use : DataFrame
        Operating clusters and their activity by source.
    negative : DataFrame
        Provinces whose plants exceed REAS's share of industry.
    reconciliation : dict
        Coal of the power plants against the national figure, TJ yr-1.
    shares : dict
        Provincial shares by (species, group).
    province : array
        adcode of each city's province.
    """

    activity: xr.DataArray
    factors: xr.DataArray
    removed: xr.DataArray
    factor: xr.DataArray
    emission: xr.DataArray
    base: xr.DataArray
    targets: xr.DataArray
    totals: xr.DataArray
    plants: pd.DataFrame
    plant_use: pd.DataFrame
    negative: pd.DataFrame
    reconciliation: dict[str, float]
    shares: dict[tuple[str, str], pd.Series]
    province: npt.NDArray[np.int32]


def emission_of(
    activity: xr.DataArray,
    factors: xr.DataArray,
    removed: xr.DataArray,
    factor: xr.DataArray,
    province: npt.NDArray[np.int32],
) -> xr.DataArray:
    """Emission (city, sector, species), Mg yr-1: activity x factor x (1 - removal) x k."""
    raw = national.bottom_up(activity, factors, removed)
    place = xr.DataArray(province, dims="city", coords={"city": activity["city"].values})
    k = factor.sel(province=place).drop_vars("province")
    return (raw * k).transpose("city", "sector", "species").rename("emission")


def rest_of_industry_shares(
    fixed_activity: xr.DataArray,
    *,
    factors: xr.DataArray,
    removed: xr.DataArray,
    targets: xr.DataArray,
    share: pd.Series,
    province: npt.NDArray[np.int32],
    floor: float,
) -> pd.Series:
    """Provincial share of the rest of industry's activity: REAS's CO2 less plants' CO2.

    ``fixed_activity`` holds the activity of iron and steel, coking and cement.
    """
    fixed = list(FIXED_INDUSTRY)
    shared = [s for s in MEIC_SECTORS["industry"] if s not in BESIDE_INDUSTRY]
    co2 = national.bottom_up(
        fixed_activity.sel(sector=fixed),
        factors.sel(species="CO2", sector=fixed),
        removed.sel(species="CO2", sector=fixed),
    )
    by_province = act.provincial_sum(co2, province)
    goal = targets.sel(species="CO2")
    scaled = by_province * goal.sel(sector=fixed) / by_province.sum("province")
    residual, _ = closing.industry_residual(
        share,
        total=float(goal.sel(sector=shared).sum()),
        fixed=scaled.sum("sector").values,
        rest_total=float(goal.sel(sector=list(REST_INDUSTRY)).sum()),
        floor=floor,
    )
    return pd.Series(residual / residual.sum(), index=PROVINCES)


def national_targets(tables: Tables, *, year: int) -> tuple[xr.DataArray, xr.DataArray]:
    """Published totals (meic_sector, species) and targets (sector, species), Mg yr-1."""
    factors = national.emission_factors(tables.factors)

    def raw(of: int) -> xr.DataArray:
        return national.bottom_up(
            national.national_activity(tables.activity, year=of),
            factors,
            national.removal(tables.removal, year=of),
        )

    totals = national.meic_totals(tables.meic, year=year)
    targets = national.sector_targets(
        totals, tables.second_level, now=raw(year), anchor=raw(ANCHOR_YEAR)
    )
    return totals, targets


def _provincial_rules(
    shares: Mapping[tuple[str, str], pd.Series], heating: Mapping[str, pd.Series]
) -> dict[str, pd.Series]:
    rules = {f"reas {species} {group}": value for (species, group), value in shares.items()}
    return rules | dict(heating)


def estimate(
    tables: Tables,
    *,
    year: int,
    cities: npt.NDArray[np.int32],
    province: npt.NDArray[np.int32],
    floor: float,
    regional: Callable[[xr.DataArray, xr.DataArray], xr.DataArray] | None = None,
) -> Estimate:
    """Compute the whole country for one year.

    Parameters
    ----------
    tables : Tables
    year : int
    cities, province : array
        adcodes of all units and of their provinces.
    floor : float
        See :func:`scenair.inventory.closing.industry_residual`.
    regional : callable, optional
        Moves the provincial targets: (targets, published totals) -> targets.

    Raises
    ------
    InputError
        Tables that contradict each other.
    MassBalanceError
        National sums off the published ones by more than 1e-9.
    """
    factors = national.emission_factors(tables.factors)
    removed = national.removal(tables.removal, year=year)
    amount = national.national_activity(tables.activity, year=year)
    totals, targets = national_targets(tables, year=year)
    shares = shares_of_year(tables.reas, tables.statistics, year=year)

    fleet = plant_model.in_operation(tables.plants, year=year)
    operation = plant_model.operation_of(tables.operation, year=year)
    use, reconciliation = plant_model.plant_activity(
        fleet, amount, tables.heat_rates, operation=operation
    )
    drivers = act.city_drivers(
        tables.census, tables.census_change, tables.dwellings, fleet, cities, year=year
    )
    rules = _provincial_rules(shares, act.heating_shares(tables.heating_season, drivers, province))
    rest_rows = tables.proxies["province_rule"] == "industry_rest"

    def lay_out(proxies: pd.DataFrame) -> xr.DataArray:
        return act.distribute(
            amount,
            plants=fleet,
            plant_use=use,
            proxies=proxies,
            drivers=drivers,
            province=province,
            provincial=rules,
        )

    first = lay_out(tables.proxies[~rest_rows])
    rules["industry_rest"] = rest_of_industry_shares(
        first,
        factors=factors,
        removed=removed,
        targets=targets,
        share=shares["CO2", "industry"],
        province=province,
        floor=floor,
    )
    activity = first + lay_out(tables.proxies[rest_rows])
    base = act.provincial_sum(national.bottom_up(activity, factors, removed), province)
    target, negative = closing.provincial_targets(base, targets, shares, floor=floor)
    if regional is not None:
        target = regional(target, totals)
    factor = closing.closing_factors(target, base)
    emission = emission_of(activity, factors, removed, factor, province)
    require_national(emission, totals)
    return Estimate(
        activity=activity.rename("activity"),
        factors=factors.rename("emission_factor"),
        removed=removed.rename("removal"),
        factor=factor,
        emission=emission,
        base=base,
        targets=targets,
        totals=totals,
        plants=fleet,
        plant_use=use,
        negative=negative,
        reconciliation=reconciliation,
        shares=shares,
        province=province,
    )


def require_national(emission: xr.DataArray, totals: xr.DataArray) -> None:
    """Stop where a national sum misses the published total by more than 1e-9.

    Raises
    ------
    MassBalanceError
    """
    found = national.by_meic(emission.sum("city")).transpose(*totals.dims)
    goal = totals.sel(species=found["species"])
    error = abs(found - goal) / goal.where(goal > 0, 1.0)
    if bool((error > NATIONAL_TOLERANCE).any()):
        where, worst = largest_cell(error)
        raise MassBalanceError(
            "a national sum misses the published total",
            where=where,
            value=f"relative error {worst:.2e}",
            allowed=f"up to {NATIONAL_TOLERANCE:g}",
        )


def point_emissions(result: Estimate) -> pd.DataFrame:
    """Emission of every cluster by species, Mg yr-1, with the closing factor of its province."""
    net = (result.factors * (1.0 - result.removed)).transpose(..., "source", "species")
    place = dict(zip(result.activity["city"].values.tolist(), result.province, strict=True))
    province = result.plants["adcode"].map(place).to_numpy()
    out = np.zeros((len(result.plants), net.sizes["species"]))
    for sector in result.plants["sector"].unique():
        mine = (result.plants["sector"] == sector).to_numpy()
        use = result.plant_use[mine].to_numpy(np.float64)
        factors = net.sel(sector=sector)
        if "city" in factors.dims:
            # cities with their own inventory have factors of their own
            of_city = factors.sel(city=result.plants.loc[mine, "adcode"].to_numpy()).values
            raw = np.einsum("ns,nsp->np", use, of_city)
        else:
            raw = use @ factors.values
        k = result.factor.sel(sector=sector).sel(province=province[mine])
        out[mine] = raw * k.transpose("province", "species").values
    return pd.DataFrame(out, columns=net["species"].values, index=result.plants.index)
