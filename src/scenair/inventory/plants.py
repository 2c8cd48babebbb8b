"""Plants of a year from the open trackers, as clusters (0.1 degree x vintage x technology).

Coal units: capacity x hours x heat rate, the heat rates scaled so that the fleet meets the
national coal intensity of supply. Steel, cement and gas power: the national output is shared by
operating capacity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.core.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

#: MJ in a gram of coal equivalent times 1000 (GJ per tce).
GJ_PER_TCE: Final = 29.3076

#: technology -> sources its capacity carries (power technologies all burn one fuel).
CARRIES: Final[dict[str, tuple[str, ...]]] = {
    "pig_iron": ("pig_iron", "coke", "coal", "gas"),
    "bof_steel": ("steel",),
    "eaf_steel": ("steel",),
    "dry_kiln": ("cement", "coal"),
    "gas": ("gas",),
}


def in_operation(plants: pd.DataFrame, *, year: int) -> pd.DataFrame:
    """Clusters with ``start_year <= year < retired_year`` (empty: still running).

    Raises
    ------
    InputError
        Capacity below zero, coordinates outside China's bounding box.
    """
    where = "resources/inventory/plants.csv.gz"
    bad = ~(plants["value"] > 0) | ~plants["lon"].between(73, 136) | ~plants["lat"].between(17, 54)
    if bad.any():
        first = plants[bad].iloc[0]
        raise InputError(
            "a plant without capacity or off the map",
            where=f"{where}, line {int(np.argmax(bad.to_numpy())) + 2}",
            value=f"capacity {first['value']}, lon {first['lon']}, lat {first['lat']}",
            allowed="capacity above 0, 73-136 E, 17-54 N",
        )
    runs = (plants["start_year"] <= year) & (
        plants["retired_year"].isna() | (plants["retired_year"] > year)
    )
    return plants[runs].reset_index(drop=True)


def _heat_rate(fleet: pd.DataFrame, heat_rates: pd.DataFrame) -> pd.Series:
    """Heat rate of each cluster (MJ kWh-1), by technology and size, else by technology."""
    exact = heat_rates.set_index(["technology", "size_class"])["value"]
    mean = heat_rates.groupby("technology")["value"].mean()
    keys = pd.MultiIndex.from_frame(fleet[["technology", "size_class"]])
    out = pd.Series(exact.reindex(keys).to_numpy(), index=fleet.index)
    out = out.fillna(fleet["technology"].map(mean))
    if out.isna().any():
        raise InputError(
            "a technology without heat rate",
            where="resources/inventory/heat_rates.csv",
            value=fleet.loc[out.isna(), "technology"].iloc[0],
        )
    return out


def operation_of(table: pd.DataFrame, *, year: int) -> dict[str, float]:
    """Operating figures of a year by quantity (hours, coal intensity, ...)."""
    rows = table[table["year"] == year]
    if rows.empty:
        raise InputError(
            "no operating figures for the year",
            where="resources/inventory/plant_operation.csv",
            value=year,
        )
    return {str(k): float(v) for k, v in zip(rows["quantity"], rows["value"], strict=True)}


def coal_use(
    fleet: pd.DataFrame, heat_rates: pd.DataFrame, *, operation: dict[str, float]
) -> pd.Series:
    """Coal of each cluster of power units, TJ yr-1.

    ``MW x h = MWh``; heat rates keep their pattern and are scaled so that the capacity-weighted
    mean meets the coal intensity of supplied electricity times the share supplied.
    """
    rate = _heat_rate(fleet, heat_rates)
    supplied = operation["coal_intensity"] * 1e-6 * GJ_PER_TCE * 1e3  # MJ per kWh supplied
    gross = supplied * (1.0 - operation["own_use"])
    scale = gross * fleet["value"].sum() / (rate * fleet["value"]).sum()
    return fleet["value"] * operation["coal_hours"] * rate * scale * 1e-3


def plant_activity(
    fleet: pd.DataFrame,
    national: xr.DataArray,
    heat_rates: pd.DataFrame,
    *,
    operation: dict[str, float],
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Activity of every cluster.

    Parameters
    ----------
    fleet : DataFrame
        Operating clusters (:func:`in_operation`).
    national : DataArray
        (sector, source) national activity.
    heat_rates : DataFrame
    operation : dict
        Figures of :func:`operation_of`.

    Returns
    -------
    activity : DataFrame
        Index of ``fleet``; one column a source (its unit a year).
    reconciliation : dict
        ``power_coal_plants`` (bottom-up) and ``power_coal_national``, TJ yr-1. The plants get
        ``listed_share`` of the national figure, the mean of the ratio over the history years: hours
        and coal intensity are known nationally only, and their errors must not move shares from
        year to year. The rest is area source.
    """
    out = pd.DataFrame(0.0, index=fleet.index, columns=national["source"].values)
    power = fleet["sector"] == "power"
    coal = power & (fleet["technology"] != "gas")
    use = coal_use(fleet[coal], heat_rates, operation=operation)
    limit = float(national.sel(sector="power", source="coal"))
    total = float(use.sum())
    out.loc[coal, "coal"] = use * operation["listed_share"] * limit / total
    weight = fleet["value"].where(
        fleet["technology"] != "eaf_steel", fleet["value"] * operation["eaf_utilisation"]
    )
    for sector in ("power", "iron_steel", "cement"):
        mine = fleet["sector"] == sector
        technologies = fleet.loc[mine, "technology"].unique()
        for source in sorted({s for t in technologies for s in CARRIES.get(t, ())}):
            carries = mine & fleet["technology"].map(lambda t, s=source: s in CARRIES.get(t, ()))
            amount = float(national.sel(sector=sector, source=source))
            out.loc[carries, source] += amount * weight[carries] / weight[carries].sum()
    return out, {"power_coal_plants": total, "power_coal_national": limit}
