"""Users' own tables with a declared schema: a city's inventory, its statistics, plant surveys.

The columns are declared once, here; a table that lacks one is refused with the schema in the
message. Units are converted, names checked, rows counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.core.errors import InputError
from scenair.core.sectors import MEIC_SECTORS, SECTORS
from scenair.core.species import SPECIES
from scenair.core.units import conversion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Schema:
    """Columns of a user's table.

    Attributes
    ----------
    name : str
    required : mapping
        column -> meaning and unit.
    optional : mapping
        column -> meaning and unit.
    """

    name: str
    required: Mapping[str, str]
    optional: Mapping[str, str]

    def words(self) -> str:
        """The schema for a message."""
        return "; ".join(f"{k}: {v}" for k, v in {**self.required, **self.optional}.items())


OWN_INVENTORY: Final = Schema(
    "a city's own inventory",
    {
        "adcode": "six digits of the unit",
        "year": "year of the figure",
        "sector": "one of the fifteen sectors",
        "species": "one of the ten species",
        "value": "emission",
        "unit": "Mg yr-1, kg yr-1, Gg yr-1, Tg yr-1",
        "source": "where the figure comes from",
    },
    {"uncertainty": "95 % half width over value", "note": "free text"},
)

REGIONAL_INVENTORY: Final = Schema(
    "a regional inventory",
    {
        "adcode": "six digits of the province (xx0000)",
        "year": "year of the figure",
        "sector": "one of MEIC's six sectors",
        "species": "one of the ten species",
        "value": "emission",
        "unit": "Mg yr-1, kg yr-1, Gg yr-1, Tg yr-1",
        "source": "where the figure comes from",
    },
    {"note": "free text"},
)

CITY_STATISTICS: Final = Schema(
    "city statistics",
    {
        "adcode": "six digits of the unit",
        "year": "year",
        "gdp": "1e8 yuan, current prices",
    },
    {
        "share_primary": "percent of GDP",
        "share_secondary": "percent of GDP",
        "share_tertiary": "percent of GDP",
        "population": "persons",
        "vehicles": "vehicles",
    },
)

PLANT_SURVEY: Final = Schema(
    "a pollution census or environmental statistics table",
    {
        "id": "name or number of the plant",
        "lon": "degrees east, WGS84",
        "lat": "degrees north, WGS84",
        "sector": "one of the fifteen sectors",
        "fuel": "coal, oil, gas or none",
        "fuel_use": "Mg yr-1 (gas: 1e4 m3 yr-1)",
    },
    {
        "sulfur": "percent by mass of the fuel",
        "ash": "percent by mass of the fuel",
        "heat_value": "GJ Mg-1",
        "boiler": "pulverised, circulating, grate",
        "dust_control": "none, cyclone, scrubber, esp, fabric, esp_fabric, wet_esp",
        "so2_control": "none, dry_fgd, wet_fgd, ule_fgd",
        "nox_control": "none, lnb, sncr, scr, lnb_scr",
        "operation": "share of the year the controls run, 0-1",
        "capacity": "MW or Mg yr-1",
        "start_year": "year",
    },
)


def check(frame: pd.DataFrame, schema: Schema, *, where: str) -> pd.DataFrame:
    """The declared columns of a user's table.

    Raises
    ------
    InputError
        No rows, required columns missing, a required cell empty.
    """
    missing = [c for c in schema.required if c not in frame.columns]
    if missing:
        raise InputError(
            f"{schema.name}: columns missing",
            where=where,
            value=", ".join(missing),
            allowed=schema.words(),
        )
    if frame.empty:
        raise InputError(f"{schema.name}: no rows", where=where)
    columns = [*schema.required, *(c for c in schema.optional if c in frame.columns)]
    out = frame[columns].copy()
    for column in schema.required:
        empty = out[column].isna()
        if empty.any():
            raise InputError(
                f"{schema.name}: an empty cell",
                where=f"{where}, column {column}, row {int(empty.to_numpy().argmax()) + 2}",
            )
    return out


def _known(column: pd.Series, allowed: Sequence[object], *, where: str) -> None:
    odd = ~column.isin(list(allowed))
    if odd.any():
        shown = ", ".join(map(str, allowed)) if len(allowed) < 40 else f"{len(allowed)} known codes"
        raise InputError(
            f"unknown {column.name}",
            where=f"{where}, row {int(odd.to_numpy().argmax()) + 2}",
            value=column[odd].iloc[0],
            allowed=shown,
        )


def _amounts(frame: pd.DataFrame, *, where: str) -> pd.Series:
    """``value`` in Mg yr-1.

    Raises
    ------
    InputError, UnitsError
    """
    value = pd.to_numeric(frame["value"], errors="coerce")
    bad = ~np.isfinite(value.to_numpy(np.float64)) | (value.to_numpy(np.float64) < 0)
    if bad.any():
        row = int(bad.argmax())
        raise InputError(
            "an emission below zero or no number",
            where=f"{where}, row {row + 2}",
            value=frame["value"].iloc[row],
        )
    factor = pd.Series([conversion(str(u), "Mg yr-1") for u in frame["unit"]], index=frame.index)
    return value.astype("float64") * factor


def emissions_table(
    frame: pd.DataFrame, *, adcodes: Sequence[int], schema: Schema = OWN_INVENTORY, where: str
) -> pd.DataFrame:
    """A city's own or a regional inventory, checked and in Mg yr-1.

    Returns
    -------
    DataFrame
        adcode (int32), year, sector, species, value (Mg yr-1), source.

    Raises
    ------
    InputError, UnitsError
        Unknown code, sector, species or unit; a figure twice, below zero or no number.
    """
    out = check(frame, schema, where=where)
    _known(out["adcode"], adcodes, where=where)
    sectors = SECTORS if schema is OWN_INVENTORY else tuple(MEIC_SECTORS)
    _known(out["sector"], sectors, where=where)
    _known(out["species"], SPECIES, where=where)
    twice = out.duplicated(["adcode", "year", "sector", "species"])
    if twice.any():
        raise InputError(
            "a figure is given twice", where=f"{where}, row {int(twice.to_numpy().argmax()) + 2}"
        )
    out["value"] = _amounts(out, where=where)
    out["adcode"] = out["adcode"].astype(np.int32)
    return out[["adcode", "year", "sector", "species", "value", "source"]].reset_index(drop=True)


def city_statistics(frame: pd.DataFrame, *, adcodes: Sequence[int], where: str) -> pd.DataFrame:
    """City statistics: checked codes, positive GDP, shares that sum to about 100.

    Raises
    ------
    InputError
    """
    out = check(frame, CITY_STATISTICS, where=where)
    _known(out["adcode"], adcodes, where=where)
    for column in out.columns[2:]:
        number = pd.to_numeric(out[column], errors="coerce")
        bad = (number.isna() & out[column].notna()) | (number < 0)
        if bad.any():
            raise InputError(
                "a statistic below zero or no number",
                where=f"{where}, column {column}, row {int(bad.to_numpy().argmax()) + 2}",
                value=out.loc[bad, column].iloc[0],
            )
        out[column] = number
    shares = [c for c in ("share_primary", "share_secondary", "share_tertiary") if c in out]
    if len(shares) == 3:
        total = out[shares].sum(axis=1, min_count=3)
        off = (total - 100).abs() > 1.5
        if off.any():
            row = int(off.to_numpy().argmax())
            raise InputError(
                "the three shares of GDP do not sum to 100 percent",
                where=f"{where}, row {row + 2}",
                value=float(total.iloc[row]),
                remedy="give percent, not fractions",
            )
    if out.duplicated(["adcode", "year"]).any():
        raise InputError("a city and year is given twice", where=where)
    return out.reset_index(drop=True)
