"""Open plant trackers: coal units (GEM), steel plants (GEM), cement plants (SFI).

Brought to one table of plants, then to clusters (0.1 degree x vintage x technology x size), the
form of ``resources/inventory/plants.csv.gz``. Gaps are filled by stated rules and flagged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.core.errors import InputError
from scenair.inventory.places import unit_of_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

PLANT_COLUMNS: Final = (
    "sector",
    "technology",
    "lon",
    "lat",
    "start_year",
    "retired_year",
    "value",
    "unit",
    "filled",
)
#: Words of a tracker that mean nothing is known.
UNKNOWN: Final = ("", "unknown", "n/a", "na", "nan", "none", "-", ">0", "tbd")
RUNS: Final = ("operating", "operating pre-retirement", "mothballed", "retired", "idled", "closed")
PLANNED: Final = (
    "announced", "pre-permit", "permitted", "construction", "under construction", "shelved",
    "cancelled", "proposed",
)  # fmt: skip
#: Year in which a unit that stopped at an unknown date is taken to have left.
STOPPED_UNKNOWN: Final = 2020


def number(column: pd.Series, *, where: str) -> pd.Series:
    """Text numbers of a tracker: thousands commas go, unknown words become missing.

    Raises
    ------
    InputError
        A text that is neither a number nor a word for unknown, or a number below zero.
    """
    text = column.astype("string").str.strip().str.replace(",", "", regex=False)
    known = text.notna() & ~text.str.lower().isin(UNKNOWN)
    out = pd.to_numeric(text.where(known), errors="coerce").astype("float64")
    odd = known & out.isna()
    if odd.any():
        raise InputError(
            "not a number",
            where=f"{where}, column {column.name}, row {int(odd.to_numpy().argmax()) + 2}",
            value=text[odd].iloc[0],
            allowed=f"a number or one of {', '.join(w for w in UNKNOWN if w)}",
        )
    if (out < 0).any():
        raise InputError(
            "a number below zero",
            where=f"{where}, column {column.name}, row {int((out < 0).to_numpy().argmax()) + 2}",
            value=float(out.min()),
        )
    return out


def year_number(column: pd.Series, *, where: str) -> pd.Series:
    """Years out of numbers, dates and words; missing where unknown."""
    text = column.astype("string").str.strip()
    plain = text.str.replace(r"^(\d{4})[-/ ].*$", r"\1", regex=True)
    plain.name = column.name
    return number(plain, where=where)


def _need(frame: pd.DataFrame, columns: Sequence[str], *, where: str) -> None:
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise InputError(
            "not the tracker that was expected",
            where=where,
            value=f"missing {', '.join(missing)}",
            allowed=f"columns {', '.join(columns)}",
        )
    if frame.empty:
        raise InputError("a tracker without rows", where=where)


def _running(status: pd.Series, *, where: str) -> pd.Series:
    word = status.astype("string").str.strip().str.lower()
    odd = ~word.isin(RUNS) & ~word.isin(PLANNED)
    if odd.any():
        raise InputError(
            "unknown status word",
            where=where,
            value=word[odd].iloc[0],
            allowed=", ".join((*RUNS, *PLANNED)),
        )
    return word.isin(RUNS)


def coal_units(frame: pd.DataFrame, *, where: str) -> pd.DataFrame:
    """Global Coal Plant Tracker rows as plants.

    Planned units are dropped, and units retired at an unknown date (mostly before 2013). A
    missing start year is the median of the same technology and size class.

    Raises
    ------
    InputError
        Another table, unknown status, text where a number should be.
    """
    columns = ("Capacity (MW)", "Status", "Start year", "Retired year",
               "Combustion technology", "Latitude", "Longitude")  # fmt: skip
    _need(frame, columns, where=where)
    rows = frame[_running(frame["Status"], where=where)].reset_index(drop=True)
    size = number(rows["Capacity (MW)"], where=where)
    start = year_number(rows["Start year"], where=where)
    retired = year_number(rows["Retired year"], where=where)
    status = rows["Status"].str.lower()
    word = rows["Combustion technology"].str.lower().str.removesuffix("/ccs")
    technology = word.replace({"igcc": "supercritical", "unknown": "subcritical"})
    retired = retired.where(status != "operating")
    retired = retired.fillna(float(STOPPED_UNKNOWN)).where(
        (status == "mothballed") | retired.notna()
    )
    group = [technology, size_class("power", size)]
    filled = start.isna()
    start = start.fillna(start.groupby(group).transform("median")).fillna(start.median())
    out = pd.DataFrame(
        {
            "sector": "power",
            "technology": technology,
            "lon": rows["Longitude"].astype(float),
            "lat": rows["Latitude"].astype(float),
            "start_year": start.astype(int),
            "retired_year": retired,
            "value": size,
            "unit": "MW",
            "filled": filled,
        }
    )
    lost = (status == "retired") & retired.isna()
    return out[~lost & (size > 0)].reset_index(drop=True)


def steel_plants(frame: pd.DataFrame, *, where: str) -> pd.DataFrame:
    """Global Steel Plant Tracker rows as pig iron, converter and electric-furnace capacity.

    Plants with a blast furnace of unknown capacity get the ratio of iron to converter steel of
    the others.

    Raises
    ------
    InputError
    """
    columns = ("Status", "Coordinates", "Start date", "Closed/idled date",
               "Nominal crude steel capacity (ttpa)", "Nominal BOF steel capacity (ttpa)",
               "Nominal EAF steel capacity (ttpa)", "Nominal BF capacity (ttpa)",
               "Main production process")  # fmt: skip
    _need(frame, columns, where=where)
    rows = frame[_running(frame["Status"], where=where)].reset_index(drop=True)
    crude, bof, eaf, iron = (
        number(rows[f"Nominal {c} capacity (ttpa)"], where=where)
        for c in ("crude steel", "BOF steel", "EAF steel", "BF")
    )
    process = rows["Main production process"].fillna("unknown").str.lower()
    electric = process == "electric"
    eaf = eaf.fillna(crude).where(electric, eaf.fillna(0.0)).fillna(0.0)
    bof = bof.fillna((crude - eaf).clip(lower=0)).where(~electric, 0.0).fillna(0.0)
    blast = process.str.contains("bf|oxygen|ironmaking")
    known = blast & iron.notna() & (bof > 0)
    ratio = iron[known].sum() / bof[known].sum() if known.any() else 0.9
    filled = blast & iron.isna()
    iron = iron.fillna(bof * ratio).where(blast, 0.0).fillna(0.0)
    lonlat = _coordinates(rows["Coordinates"], where=where)
    start = year_number(rows["Start date"], where=where)
    base = pd.DataFrame(
        {
            "sector": "iron_steel",
            "lon": lonlat[0],
            "lat": lonlat[1],
            "start_year": start.fillna(start.median()).astype(int),
            "retired_year": year_number(rows["Closed/idled date"], where=where)
            .fillna(float(STOPPED_UNKNOWN + 1))
            .where(rows["Status"].str.lower() != "operating"),
            "unit": "Mg yr-1",
            "filled": filled | start.isna(),
        }
    )
    parts = [
        base.assign(technology=name, value=amount * 1e3)[amount > 0]
        for name, amount in (("pig_iron", iron), ("bof_steel", bof), ("eaf_steel", eaf))
    ]
    return pd.concat(parts, ignore_index=True)[list(PLANT_COLUMNS)]


def _coordinates(column: pd.Series, *, where: str) -> tuple[pd.Series, pd.Series]:
    """``"lat, lon"`` texts as longitude and latitude."""
    parts = column.astype("string").str.extract(
        r"^\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*$"
    )
    if parts.isna().any(axis=None):
        row = int(parts.isna().any(axis=1).to_numpy().argmax())
        raise InputError(
            "coordinates that can't be read",
            where=f"{where}, row {row + 2}",
            value=column.iloc[row],
            allowed="latitude, longitude",
        )
    return parts[1].astype(float), parts[0].astype(float)


def cement_plants(frame: pd.DataFrame, *, where: str, unknown_start: int = 2008) -> pd.DataFrame:
    """Integrated plants of the SFI database; missing capacity is the median of the others.

    Raises
    ------
    InputError
    """
    columns = ("status", "plant_type", "capacity", "year", "latitude", "longitude")
    _need(frame, columns, where=where)
    running = _running(frame["status"], where=where) & (frame["plant_type"] == "Integrated")
    rows = frame[running].reset_index(drop=True)
    capacity = number(rows["capacity"], where=where)
    start = year_number(rows["year"], where=where)
    return pd.DataFrame(
        {
            "sector": "cement",
            "technology": "dry_kiln",
            "lon": rows["longitude"].astype(float),
            "lat": rows["latitude"].astype(float),
            "start_year": start.fillna(float(unknown_start)).astype(int),
            "retired_year": np.nan,
            "value": capacity.fillna(capacity.median()) * 1e6,
            "unit": "Mg yr-1",
            "filled": capacity.isna(),
        }
    )


def size_class(sector: str, value: pd.Series) -> pd.Series:
    """Size class of a capacity: MW for power, Mg yr-1 for iron and steel and cement."""
    limits, names = {
        "power": ([0, 100, 300, 600, np.inf], ["<100", "100-300", "300-600", ">=600"]),
        "iron_steel": ([0, 1e6, 5e6, np.inf], ["small", "medium", "large"]),
        "cement": ([0, 1e6, 2e6, np.inf], ["small", "medium", "large"]),
    }[sector]
    return pd.cut(value, limits, right=False, labels=names).astype("string")


def clusters(plants: pd.DataFrame, units: gpd.GeoDataFrame, *, where: str) -> pd.DataFrame:
    """Plants summed over cells of 0.1 degree, vintage, technology and (power) size.

    Vintages are exact from 2008 on and five-year classes before. Steel and cement sizes are those
    of the sum.

    Returns
    -------
    DataFrame
        sector, technology, size_class, adcode, lon, lat, start_year, retired_year, units, value,
        unit, filled (plants with a gap filled).
    """
    frame = plants.copy()
    frame["adcode"], _ = unit_of_points(frame["lon"], frame["lat"], units, where=where)
    for axis in ("lon", "lat"):
        frame[axis] = (np.floor(frame[axis] * 10) / 10 + 0.05).round(2)
    year = frame["start_year"]
    frame["start_year"] = year.where(year >= 2008, year // 5 * 5)
    frame["size_class"] = ""
    power = frame["sector"] == "power"
    frame.loc[power, "size_class"] = size_class("power", frame.loc[power, "value"])
    keys = ["sector", "technology", "size_class", "adcode", "lon", "lat", "start_year",
            "retired_year", "unit"]  # fmt: skip
    out = (
        frame.groupby(keys, dropna=False)
        .agg(value=("value", "sum"), units=("value", "size"), filled=("filled", "sum"))
        .reset_index()
    )
    for sector in ("iron_steel", "cement"):
        mine = out["sector"] == sector
        out.loc[mine, "size_class"] = size_class(sector, out.loc[mine, "value"])
    return out
