"""Is a user's file understood? What it holds in a few lines, or the message of its reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scenair.core.io.tables import read_table
from scenair.core.io.user_tables import read_user_table
from scenair.core.regions import adcodes, units
from scenair.inventory.io_inputs import population
from scenair.inventory.places import aggregate
from scenair.inventory.readers.declared import (
    OWN_INVENTORY,
    PLANT_SURVEY,
    REGIONAL_INVENTORY,
    check,
    city_statistics,
    emissions_table,
)
from scenair.inventory.readers.files import read_gridded, read_meic
from scenair.inventory.shares import PROVINCES
from scenair.inventory.survey import MODELLED, survey_plants

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    import xarray as xr

KINDS: Final = ("grid", "own", "regional", "plants", "cities")


def describe_file(path: str | Path, *, kind: str) -> str:
    """What a file holds.

    Parameters
    ----------
    path : path
    kind : str
        ``grid`` (MEIC, MIX, EDGAR, HTAP, CEDS), ``own``, ``regional``, ``plants`` or ``cities``.

    Raises
    ------
    InputError, UnitsError
        The reader's message.
    """
    if kind == "grid":
        return _grid(read_gridded(path), where=str(path))
    return _table(read_user_table(path), kind=kind, where=str(path))


def describe_joined(paths: Sequence[str | Path]) -> str:
    """What files of MEIC hold together: one species and year, any sectors and months.

    Raises
    ------
    InputError, UnitsError
    """
    return _grid(read_meic(paths), where=f"{paths[0]} and others")


def describe(ds: xr.Dataset) -> str:
    """What a gridded inventory holds, in a few lines."""
    west, east = float(ds["lon_bnds"].min()), float(ds["lon_bnds"].max())
    south, north = float(ds["lat_bnds"].min()), float(ds["lat_bnds"].max())
    months = [int(m) for m in ds["month"].values]
    total = ds["emission"].sum(("month", "lat", "lon")).compute()
    unit = str(ds["emission"].attrs["units"]).split()[0]
    lines = [
        f"{ds.attrs['product']}, {ds.attrs['species']}, {ds.attrs['year']}, "
        + ("the whole year" if months == [0] else f"months {months[0]}-{months[-1]}"),
        f"{ds.sizes['lon']} x {ds.sizes['lat']} cells, {west:g} to {east:g} E, "
        f"{south:g} to {north:g} N",
        *(f"{s}: {float(total.sel(sector=s)):.6g} {unit}" for s in ds["sector"].values.tolist()),
        f"missing cells {ds.attrs['audit_missing_cells']:g}, negative "
        f"{ds.attrs['audit_negative_cells']:g} ({ds.attrs['audit_negative_mass']:g} {unit})",
    ]
    if ds.attrs.get("audit_left_out"):
        lines.append(f"left out (outside the boundary): {ds.attrs['audit_left_out']:.6g} {unit}")
    return "\n".join(f"  {line}" for line in lines)


def _grid(ds: xr.Dataset, *, where: str) -> str:
    """Contents, and where the mass lies: a flipped or shifted grid is refused."""
    text = describe(ds)
    table = aggregate(ds, units(), where=where, people=population())
    largest = table.groupby("adcode")["value"].sum().nlargest(3)
    names = units()["name_en"]
    cities = ", ".join(f"{names[code]} {value:.4g}" for code, value in largest.items())
    return f"{text}\n  largest units: {cities} {table['unit'].iloc[0]}"


def _table(frame: pd.DataFrame, *, kind: str, where: str) -> str:
    if kind == "cities":
        table = city_statistics(frame, adcodes=adcodes(), where=where)
        what = ", ".join(table.columns[2:])
        years = f"{int(table['year'].min())}-{int(table['year'].max())}"
        return f"  city statistics: {table['adcode'].nunique()} cities, {years}: {what}"
    if kind == "plants":
        survey = check(frame, PLANT_SURVEY, where=where)
        plants = survey_plants(survey, read_table("inventory/combustion.csv"), units(), where=where)
        sums = ", ".join(f"{name} {plants[name].sum():.4g}" for name in MODELLED)
        filled = int((plants["imputed"] != "").sum())
        return (
            f"  {len(plants)} plants in {plants['adcode'].nunique()} cities, {filled} with filled "
            f"fields; Mg yr-1: {sums}"
        )
    schema = OWN_INVENTORY if kind == "own" else REGIONAL_INVENTORY
    codes = adcodes() if kind == "own" else PROVINCES
    table = emissions_table(frame, adcodes=codes, schema=schema, where=where)
    total = table.groupby("species")["value"].sum()
    listed = ", ".join(f"{name} {value:.6g}" for name, value in total.items())
    return (
        f"  {schema.name}: {table['adcode'].nunique()} units, years "
        f"{', '.join(map(str, sorted(table['year'].unique())))}, {table['sector'].nunique()} "
        f"sectors; Mg yr-1: {listed}"
    )
