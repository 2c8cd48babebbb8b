"""Gridded inventories summed to provinces: the user's MEIC (or MIX, HTAP...) as regional data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from scenair.core.errors import InputError
from scenair.core.sectors import MEIC_SECTORS
from scenair.core.species import SPECIES
from scenair.inventory.places import aggregate

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import xarray as xr

COLUMNS = ("adcode", "year", "sector", "species", "value", "unit", "source")


def provincial_table(
    grids: Iterable[xr.Dataset], units: gpd.GeoDataFrame, *, people: pd.Series | None = None
) -> pd.DataFrame:
    """Provincial emission of gridded inventories, in the schema of a regional inventory.

    Months are summed; a product's sectors outside MEIC's six are left out by its reader, a sector
    ``total`` can't be shared out and is refused.

    Parameters
    ----------
    grids : iterable of Dataset
        The one form, mass units, whole years; looked at one after the other.
    units : GeoDataFrame
        Index adcode, column province.
    people : Series, optional
        Population by unit, against which mirrored grids are found.

    Raises
    ------
    InputError
        Species or sectors that the inventory does not know, months missing, two products.
    """
    parts = []
    for ds in grids:
        where = str(ds.attrs.get("file", ds.attrs["product"]))
        _usable(ds, where=where)
        table = aggregate(ds, units, where=where, people=people)
        table["adcode"] = table["adcode"].map(units["province"])
        table["source"] = str(ds.attrs["product"])
        parts.append(table)
    frame = pd.concat(parts, ignore_index=True)
    products = sorted(frame["source"].unique())
    if len(products) > 1:
        raise InputError(
            "gridded inventories of more than one product",
            value=", ".join(products),
            remedy="choose one: their sectors are not the same",
        )
    keys = ["adcode", "year", "sector", "species", "unit", "source"]
    out = frame.groupby(keys)["value"].sum().reset_index()
    return out[list(COLUMNS)]


def _usable(ds: xr.Dataset, *, where: str) -> None:
    if not str(ds["emission"].attrs["units"]).startswith("Mg"):
        raise InputError(
            "a speciated file can't serve as regional inventory", where=where,
            value=ds["emission"].attrs["units"], allowed="mass of VOC as a whole",
        )  # fmt: skip
    if ds.attrs["species"] not in SPECIES:
        raise InputError(
            "a species that the inventory does not have", where=where,
            value=ds.attrs["species"], allowed=", ".join(SPECIES),
        )  # fmt: skip
    odd = [str(s) for s in ds["sector"].values if str(s) not in MEIC_SECTORS]
    if odd:
        raise InputError(
            "a sector that can't be shared out", where=where, value=", ".join(odd),
            allowed=", ".join(MEIC_SECTORS),
        )  # fmt: skip
    months = [int(m) for m in ds["month"].values]
    if months not in ([0], list(range(1, 13))):
        raise InputError(
            "not a whole year", where=where, value=f"months {months}",
            remedy="bring all twelve months, or the annual file",
        )  # fmt: skip
