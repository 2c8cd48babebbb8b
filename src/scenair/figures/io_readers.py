"""Contract files as figures need them, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from scenair.core.errors import InputError
from scenair.core.flags import flag_words
from scenair.core.io.netcdf import open_netcdf, require_finite
from scenair.core.io.tables import read_csv, read_table
from scenair.figures import fields

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr

CITY_COLUMNS = (
    "adcode", "name_zh", "name_en", "province", "city_type", "population", "monitored",
    "pm25_base", "pm25", "pm25_limit", "pm25_attains",
)  # fmt: skip


def part_units() -> dict[str, str]:
    """Annual variables that ``annual.nc`` must have, with their unit."""
    return {f"{name}_annual": "ug m-3" for name in ("PM25", *fields.PARTS)}


def read_trajectory(path: Path) -> tuple[xr.DataArray, xr.Dataset]:
    """Emission (Mg yr-1; in memory) and the facts of the units (type, CO2 peak year)."""
    facts = ("co2_peak_year", "city_type")
    with open_netcdf(path, variables={"emission": "Mg yr-1"}, chunks={}) as ds:
        missing = [name for name in facts if name not in ds.variables]
        if missing:
            raise InputError("variable missing", where=str(path), value=", ".join(missing))
        emission = ds["emission"].load()
        require_finite(emission, where=str(path))
        return emission, ds[list(facts)].load()


def city_types(variable: xr.DataArray) -> list[str]:
    """City types as words."""
    words = flag_words(variable)
    return [words.get(str(value), str(value)) for value in variable.values]


def read_fused(path: Path) -> xr.DataArray:
    """The fused annual mean PM2.5 (y, x), ug m-3."""
    return open_netcdf(path, variables={"PM25_annual": "ug m-3"})["PM25_annual"]


def read_cities(path: Path) -> pd.DataFrame:
    """``cities.csv`` with typed columns, ascending adcode."""
    frame = read_csv(path, columns=CITY_COLUMNS, dtype={"adcode": "int32"})
    frame["monitored"] = as_boolean(frame["monitored"], where=f"{path}, column monitored")
    frame["pm25_attains"] = as_boolean(frame["pm25_attains"], where=f"{path}, column pm25_attains")
    if frame["monitored"].isna().any():
        raise InputError("a city without true or false", where=f"{path}, column monitored")
    return frame.astype({"monitored": bool}).sort_values("adcode", ignore_index=True)


def as_boolean(column: pd.Series, *, where: str) -> pd.Series:
    """``true``/``false``/empty as nullable boolean.

    Raises
    ------
    InputError
        Any other word.
    """
    words = column.map(lambda v: v if pd.isna(v) else str(v).lower())
    wrong = words.notna() & ~words.isin(["true", "false"])
    if wrong.any():
        raise InputError(
            "neither true nor false",
            where=where,
            value=column[wrong].iloc[0],
            allowed="true, false",
        )
    return words.map({"true": True, "false": False}).astype("boolean")


def who_guideline() -> float:
    """Guideline of WHO (2021) for the annual mean of PM2.5, ug m-3."""
    table = read_table("attainment/standards.csv")
    chosen = (table["profile"] == "who-2021-aqg") & (table["pollutant"] == "PM25")
    return float(table.loc[chosen & (table["averaging"] == "annual"), "value"].iloc[0])
