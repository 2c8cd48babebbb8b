"""National arrays: activity, factors, removal, and the totals that each sector has to meet.

Emission of a source without closing: ``activity x factor x (1 - removal)`` (Mg yr-1), the form of
MEIC (Zheng et al. 2018) with technology and control shares folded into one removal a source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from scenair.core.errors import InputError
from scenair.core.sectors import MEIC_OF, MEIC_SECTORS, SECTORS
from scenair.core.species import SPECIES
from scenair.core.units import conversion
from scenair.inventory.sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd


def _index(names: pd.Series, known: Sequence[str], *, where: str) -> npt.NDArray[np.int64]:
    """Position of each name in ``known``; stops at the first unknown one."""
    place = names.map({name: i for i, name in enumerate(known)})
    if place.isna().any():
        raise InputError(
            f"unknown {names.name}",
            where=where,
            value=names[place.isna()].iloc[0],
            allowed=", ".join(known),
        )
    return np.asarray(place, dtype=np.int64)


def _fill(frame: pd.DataFrame, keys: Mapping[str, Sequence[str]], *, where: str) -> xr.DataArray:
    """Scatter ``value`` into an array of the named dimensions, zero elsewhere."""
    values = np.zeros([len(known) for known in keys.values()])
    columns = {"source": "source_name"}
    place = tuple(
        _index(frame[columns.get(dim, dim)], known, where=where) for dim, known in keys.items()
    )
    if frame.duplicated([columns.get(dim, dim) for dim in keys]).any():
        raise InputError("a figure is given twice", where=where, allowed="one row a key")
    number = frame["value"].to_numpy(np.float64)
    if not (np.isfinite(number) & (number >= 0)).all():
        bad = int(np.argmax(~(np.isfinite(number) & (number >= 0))))
        raise InputError(
            "a figure below zero or no number", where=f"{where}, row {bad + 2}", value=number[bad]
        )
    values[place] = number
    return xr.DataArray(values, dims=list(keys), coords={k: list(v) for k, v in keys.items()})


def national_activity(table: pd.DataFrame, *, year: int) -> xr.DataArray:
    """National activity of a year, (sector, source), in the unit of each source.

    Raises
    ------
    InputError
        No row for the year, unknown names, a unit other than that of the source.
    """
    rows = table[table["year"] == year]
    where = "resources/inventory/activity_national.csv"
    if rows.empty:
        raise InputError(
            "no national activity for the year",
            where=where,
            value=year,
            allowed=", ".join(map(str, sorted(table["year"].unique()))),
        )
    wrong = rows["unit"] != rows["source_name"].map(SOURCES)
    if wrong.any():
        raise InputError(
            "activity in another unit than its source has",
            where=f"{where}, source {rows.loc[wrong, 'source_name'].iloc[0]}",
            value=rows.loc[wrong, "unit"].iloc[0],
        )
    return _fill(rows, {"sector": SECTORS, "source": tuple(SOURCES)}, where=where)


def emission_factors(table: pd.DataFrame) -> xr.DataArray:
    """Factors before removal, (sector, source, species), Mg per unit of the source.

    Raises
    ------
    InputError
        Unknown names, or a unit that does not fit the source.
    """
    where = "resources/inventory/emission_factors.csv"
    per = table["source_name"].map(SOURCES).replace({"persons": "person"})
    wrong = table["unit"] != "Mg " + per + "-1"
    if wrong.any():
        first = table[wrong].iloc[0]
        raise InputError(
            "a factor in a unit that does not fit its source",
            where=f"{where}, {first['sector']} {first['source_name']} {first['species']}",
            value=first["unit"],
        )
    keys = {"sector": SECTORS, "source": tuple(SOURCES), "species": SPECIES}
    return _fill(table, keys, where=where)


def removal(table: pd.DataFrame, *, year: int) -> xr.DataArray:
    """Share removed by the fleet's controls, (sector, source, species), 0-1.

    Linear between the years of the table, constant outside.

    Raises
    ------
    InputError
        A share outside 0-1.
    """
    where = "resources/inventory/removal.csv"
    keys = {"sector": SECTORS, "source": tuple(SOURCES), "species": SPECIES}
    years = sorted(int(y) for y in table["year"].unique())
    if (table["value"] > 1).any():
        raise InputError("a removal above 1", where=where, value=float(table["value"].max()))
    stack = xr.concat(
        [_fill(table[table["year"] == y], keys, where=where) for y in years], dim="year"
    ).assign_coords(year=years)
    at = float(np.clip(year, years[0], years[-1]))
    return stack.interp(year=at).drop_vars("year")


def meic_totals(table: pd.DataFrame, *, year: int) -> xr.DataArray:
    """Published national totals, (meic_sector, species), Mg yr-1.

    Raises
    ------
    InputError
        A sector or species without a figure for the year.
    """
    rows = table[table["year"] == year]
    where = "resources/inventory/meic_national.csv"
    expected = len(MEIC_SECTORS) * len(SPECIES)
    if len(rows) != expected:
        raise InputError(
            "the published totals are not complete for the year",
            where=where,
            value=f"{year}: {len(rows)} figures",
            allowed=f"{expected} figures; years {sorted(table['year'].unique())}",
        )
    factor = np.array([conversion(unit, "Mg yr-1") for unit in rows["unit"]])
    rows = rows.assign(value=rows["value"].to_numpy(np.float64) * factor)
    return _fill(rows, {"meic_sector": tuple(MEIC_SECTORS), "species": SPECIES}, where=where)


def bottom_up(activity: xr.DataArray, factors: xr.DataArray, removed: xr.DataArray) -> xr.DataArray:
    """Emission before closing: sum over sources of activity x factor x (1 - removal), Mg yr-1."""
    net = factors * (1.0 - removed)
    out: xr.DataArray = xr.dot(activity, net, dim="source")
    return out


def _block_weights(
    rows: pd.DataFrame, *, sectors: Sequence[str], now: xr.DataArray, anchor: xr.DataArray
) -> dict[tuple[str, ...], float]:
    """Weight of each block: its share in 2012 times the change of its own emission since 2013."""
    if rows.empty:
        return {tuple(sectors): 1.0}
    weights = {}
    for members, share in zip(rows["sectors"], rows["value"], strict=True):
        block = tuple(members.split())
        before = float(anchor.sel(sector=list(block)).sum())
        after = float(now.sel(sector=list(block)).sum())
        weights[block] = float(share) * (after / before if before > 0 else 1.0)
    return weights


def sector_targets(
    totals: xr.DataArray,
    second_level: pd.DataFrame,
    *,
    now: xr.DataArray,
    anchor: xr.DataArray,
) -> xr.DataArray:
    """National emission each of the fifteen sectors has to meet, (sector, species), Mg yr-1.

    Inside industry and transport a block of sectors gets its share of the second-level table of
    2012, moved by the change of the block's own bottom-up emission since 2013; inside a block,
    and for species the table does not have, the bottom-up emission decides.

    Parameters
    ----------
    totals : DataArray
        (meic_sector, species), Mg yr-1.
    second_level : DataFrame
        species, meic_sector, block, sectors, value.
    now, anchor : DataArray
        Bottom-up emission (sector, species) of the year and of 2013, Mg yr-1.

    Raises
    ------
    InputError
        A total above zero for sectors that emit nothing bottom-up.
    """
    out = xr.zeros_like(now)
    for meic, sectors in MEIC_SECTORS.items():
        for name in SPECIES:
            total = float(totals.sel(meic_sector=meic, species=name))
            base, then = now.sel(species=name), anchor.sel(species=name)
            rows = second_level[
                (second_level["meic_sector"] == meic) & (second_level["species"] == name)
            ]
            weights = _block_weights(rows, sectors=sectors, now=base, anchor=then)
            if total > 0 and not any(
                float(base.sel(sector=list(b)).sum()) > 0 and w > 0 for b, w in weights.items()
            ):
                raise InputError(
                    "a published total has no activity or factor to carry it",
                    where=f"{meic}, {name}",
                    value=f"{total:g} Mg yr-1",
                    remedy="add a factor to resources/inventory/emission_factors.csv",
                )
            sum_weights = sum(weights.values())
            for block, weight in weights.items():
                inside = base.sel(sector=list(block))
                if total > 0 and weight > 0:
                    share = weight / sum_weights * inside / float(inside.sum())
                    out.loc[{"sector": list(block), "species": name}] = total * share
    return out


def by_meic(emission: xr.DataArray) -> xr.DataArray:
    """Sum the fifteen sectors to the six of MEIC (dimension ``sector`` -> ``meic_sector``)."""
    groups = xr.DataArray(
        [MEIC_OF[str(s)] for s in emission["sector"].values], dims="sector", name="meic_sector"
    )
    summed = emission.groupby(groups).sum("sector")
    return summed.sel(meic_sector=list(MEIC_SECTORS))
