"""Plants from a survey (pollution census, environmental statistics) in place of the trackers'.

Where a survey covers a sector of a city its plants replace the tracker's clusters there. Their
SO2, NOx, PM and CO2 come from the point-source model; species that the model does not have follow
the replaced clusters by fuel use. A city total is raised where its plants emit more than it had;
what is left of the total stays area source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scenair.core.errors import InputError
from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES
from scenair.inventory.combustion import CHAIN, FIELDS, WORDS, impute, unit_emissions
from scenair.inventory.places import unit_of_points

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

MODELLED = ("SO2", "NOx", "PM25", "PM10", "CO2")
_DEFAULT_WORDS = {
    "boiler": "pulverised",
    "dust_control": "esp",
    "so2_control": "wet_fgd",
    "nox_control": "scr",
}


def survey_plants(
    survey: pd.DataFrame, parameters: pd.DataFrame, units: gpd.GeoDataFrame, *, where: str
) -> pd.DataFrame:
    """Survey rows as plants with emissions.

    Parameters
    ----------
    survey : DataFrame
        Columns of the schema :data:`scenair.inventory.readers.declared.PLANT_SURVEY`.
    parameters : DataFrame
        ``resources/inventory/combustion.csv``.
    units : GeoDataFrame
        Index adcode, column province.

    Returns
    -------
    DataFrame
        id, lon, lat, adcode, sector, fuel_use, capacity, start_year, the modelled species (Mg
        yr-1), ``<field>_from`` for every field that can be filled, and ``imputed`` (the same in
        words).

    Raises
    ------
    InputError
        Unknown sectors, fuels other than coal, values out of range, points off the map.
    """
    odd = ~survey["sector"].isin(SECTORS)
    if odd.any():
        raise InputError(
            "unknown sector", where=where, value=survey.loc[odd, "sector"].iloc[0],
            allowed=", ".join(SECTORS),
        )  # fmt: skip
    other = survey["fuel"] != "coal"
    if other.any():
        raise InputError(
            "the point-source model covers coal", where=where,
            value=survey.loc[other, "fuel"].iloc[0],
            remedy="report plants with other fuels in an own inventory",
        )  # fmt: skip
    frame = survey.reset_index(drop=True).copy()
    frame["adcode"], _ = unit_of_points(frame["lon"], frame["lat"], units, where=where)
    frame["plant"], frame["city"] = frame["id"].astype(str), frame["adcode"]
    frame["province"] = frame["adcode"].map(units["province"])
    filled = impute(frame, _defaults(parameters))
    emission = unit_emissions(filled, parameters)
    keep = ["id", "lon", "lat", "adcode", "sector", "fuel_use",
            *(f"{name}_from" for name in (*FIELDS, *WORDS))]  # fmt: skip
    out = filled[keep].join(emission)
    out["imputed"] = _imputed(filled)
    for column in ("capacity", "start_year"):
        out[column] = frame.get(column, np.nan)
    return out


def _imputed(filled: pd.DataFrame) -> list[str]:
    """What was filled from where, in words: ``sulfur: city median; boiler: national default``."""
    names = (*FIELDS, *WORDS)
    steps = filled[[f"{name}_from" for name in names]].to_numpy(np.int64)
    return [
        "; ".join(f"{n}: {CHAIN[k]}" for n, k in zip(names, row, strict=True) if k) for row in steps
    ]


def _defaults(parameters: pd.DataFrame) -> dict[str, Any]:
    numbers = parameters[parameters["word"] == "default"]
    values: dict[str, Any] = {
        str(k): float(v) for k, v in zip(numbers["quantity"], numbers["value"], strict=True)
    }
    return values | _DEFAULT_WORDS


def raised_totals(plants: pd.DataFrame, emission: xr.DataArray) -> pd.DataFrame:
    """City totals that a survey's plants exceed, in the form of an own inventory.

    Returns
    -------
    DataFrame
        adcode, sector, species, value (Mg yr-1), source.
    """
    sums = plants.groupby(["adcode", "sector"])[list(MODELLED)].sum()
    rows = []
    for (adcode, sector), row in zip(sums.index, sums.to_numpy(np.float64), strict=True):
        have = emission.sel(city=adcode, sector=sector, species=list(MODELLED)).values
        rows += [
            {"adcode": adcode, "sector": sector, "species": name, "value": value,
             "source": "plant survey"}
            for name, value, old in zip(MODELLED, row, have, strict=True)
            if value > old
        ]  # fmt: skip
    columns = ["adcode", "sector", "species", "value", "source"]
    return pd.DataFrame(rows, columns=columns)


def replace_points(
    points: pd.DataFrame, plants: pd.DataFrame, emission: xr.DataArray, stacks: pd.DataFrame
) -> pd.DataFrame:
    """Points table in which surveyed plants stand for the clusters of their city and sector.

    Where a city's total is below its plants (its own inventory comes first), the plants are scaled
    down to it.
    """
    key = pd.MultiIndex.from_frame(points[["adcode", "sector"]])
    covered = key.isin(pd.MultiIndex.from_frame(plants[["adcode", "sector"]]))
    gone = points[covered].groupby(["adcode", "sector"])[list(SPECIES)].sum()
    rows = plants.copy()
    share = rows["fuel_use"] / rows.groupby(["adcode", "sector"])["fuel_use"].transform("sum")
    mine = pd.MultiIndex.from_frame(rows[["adcode", "sector"]])
    for name in SPECIES:
        if name not in MODELLED:
            rows[name] = share * gone[name].reindex(mine).fillna(0.0).to_numpy()
        whole = _city_values(emission, rows, name)
        total = rows.groupby(["adcode", "sector"])[name].transform("sum")
        scale = np.where(total > whole, whole / total.where(total > 0, 1.0), 1.0)
        rows[name] = rows[name] * scale
    rows = rows.assign(
        id="survey-" + rows["id"].astype(str),
        technology="surveyed",
        size_class="",
        capacity_unit=np.where(rows["sector"] == "power", "MW", "Mg yr-1"),
        retired_year=np.nan,
    )
    middle = stacks[stacks["size_class"].isin(["100-300", "medium"])]
    shape = middle.pivot_table(index="sector", columns="parameter", values="value")
    fallback = shape.loc["iron_steel"]
    for column in shape.columns:
        rows[column] = rows["sector"].map(shape[column]).fillna(fallback[column])
    rows["start_year"] = rows["start_year"].fillna(0).astype(np.int32)
    rows["retired_year"] = rows["retired_year"].astype("Int32")
    out = pd.concat([points[~covered], rows[points.columns]], ignore_index=True)
    return out.sort_values(["sector", "adcode", "id"], ignore_index=True)


def _city_values(emission: xr.DataArray, rows: pd.DataFrame, name: str) -> pd.Series:
    table = emission.sel(species=name).transpose("city", "sector").to_series()
    keys = pd.MultiIndex.from_frame(rows[["adcode", "sector"]])
    return pd.Series(table.reindex(keys).to_numpy(), index=rows.index)
