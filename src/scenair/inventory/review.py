"""What a reader asks of an inventory: does it meet the published totals, who disagrees, what moved.

Pure tables out of what the stage has written; the command ``scenair inventory`` prints them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import xarray as xr

from scenair.core.errors import InputError
from scenair.core.regions import PROVINCE_CODES
from scenair.core.species import SPECIES
from scenair.core.units import conversion
from scenair.inventory.national import by_meic
from scenair.inventory.quality import RATIOS
from scenair.inventory.sources import PLANT_SECTORS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Ten cities of different kind: capitals, steel, coal, coast, west, tourism.
TEN_CITIES: Final = (
    110000, 130200, 140200, 310000, 320200, 370900, 440300, 500000, 610800, 460200,
)  # fmt: skip
#: Capacity of the trackers whose provincial share stands beside a sector's CO2.
TRACKED: Final[dict[str, tuple[str, ...]]] = {
    "power": ("cfb", "subcritical", "supercritical", "ultra-supercritical"),
    "iron_steel": ("pig_iron",),
    "cement": ("dry_kiln",),
}


def totals(emission: Mapping[int, xr.DataArray], published: pd.DataFrame) -> pd.DataFrame:
    """National totals by sector and species beside the published ones, every published year.

    Parameters
    ----------
    emission : mapping
        year -> (city, sector, species), Mg yr-1.
    published : DataFrame
        species, meic_sector, year, value, unit.

    Returns
    -------
    DataFrame
        year, meic_sector, species, published, inventory (Mg yr-1; empty for years without an
        inventory), relative_difference.
    """
    rows = published.copy()
    factor = [conversion(unit, "Mg yr-1") for unit in rows["unit"]]
    rows["published"] = rows["value"].to_numpy(np.float64) * factor
    keys = ["year", "meic_sector", "species"]
    frames = []
    for year, values in emission.items():
        table = by_meic(values.sum("city")).rename("inventory").to_dataframe().reset_index()
        frames.append(table.assign(year=year))
    found = pd.concat(frames)[[*keys, "inventory"]]
    out = rows[[*keys, "published"]].merge(found, on=keys, how="left").sort_values(keys)
    difference = (out["inventory"] - out["published"]).abs()
    out["relative_difference"] = (difference / out["published"]).where(out["published"] > 0)
    zero = (out["published"] == 0) & out["inventory"].notna()
    out.loc[zero, "relative_difference"] = difference[zero]
    return out.reset_index(drop=True)


def published_changes(table: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Change from the first published year to the last, beside the percentages in the literature.

    Parameters
    ----------
    table : DataFrame
        Of :func:`totals`. The last year is that of the inventory where there is one.
    changes : DataFrame
        species, first_year, last_year, value (percent).

    Returns
    -------
    DataFrame
        species, first_year, last_year, found, published (percent), reproduced (equal when rounded).
    """
    value = table["inventory"].fillna(table["published"])
    series = table.assign(value=value).groupby(["year", "species"])["value"].sum()
    sums = {(int(y), str(s)): float(v) for (y, s), v in zip(series.index, series, strict=True)}
    rows = []
    for name, start, end, percent in zip(
        changes["species"].astype(str), changes["first_year"].astype(int),
        changes["last_year"].astype(int), changes["value"].astype(float), strict=True,
    ):  # fmt: skip
        found = 100 * (float(sums[end, name]) / float(sums[start, name]) - 1)
        rows.append((name, start, end, found, percent))
    out = pd.DataFrame(rows, columns=["species", "first_year", "last_year", "found", "published"])
    out["reproduced"] = out["found"].round() == out["published"]
    return out


def causes(factors: pd.DataFrame) -> pd.DataFrame:
    """Closing factors outside the band, counted by cause, sector and species."""
    rows = factors[factors["outside_band"]]
    rows = rows.assign(cause=rows["reason"].str.split(":").str[0])
    groups = rows.groupby(["cause", "sector", "species"])
    out = groups["k"].agg(provinces="count", least="min", median="median", most="max")
    return out.reset_index().sort_values("provinces", ascending=False, ignore_index=True)


def provinces(
    emission: xr.DataArray,
    province: np.ndarray[tuple[int], np.dtype[np.int32]],
    reas: pd.DataFrame,
    *,
    species: str,
) -> pd.DataFrame:
    """Provincial total of a species beside REAS's share of the same national total.

    Parameters
    ----------
    emission : DataArray
        (city, sector, species), Mg yr-1.
    province : array
        Province of each city.
    reas : DataFrame
        province, species, group, value of one year.

    Returns
    -------
    DataFrame
        province, letters, inventory (Mg yr-1), reas (its share of the inventory's sum, Mg yr-1),
        relative_difference.
    """
    ours = emission.sel(species=species).sum("sector").to_series().groupby(province).sum()
    rows = reas[(reas["species"] == species) & (reas["group"] != "biofuel")]
    share = rows.groupby("province")["value"].sum().reindex(ours.index)
    out = pd.DataFrame({"inventory": ours, "reas": share / share.sum() * ours.sum()})
    out["relative_difference"] = out["inventory"] / out["reas"] - 1
    out.insert(0, "letters", out.index.map(PROVINCE_CODES))
    return out.rename_axis("province").reset_index()


def trackers(
    emission: xr.DataArray,
    province: np.ndarray[tuple[int], np.dtype[np.int32]],
    points: pd.DataFrame,
    reas: pd.DataFrame,
) -> pd.DataFrame:
    """Provincial share of CO2 of power, steel and cement beside capacity and REAS, percent.

    Returns
    -------
    DataFrame
        sector, province, letters, inventory, capacity (share of the operating capacity of the
        trackers), reas (power: its own group; steel and cement: industry as a whole).
    """
    place = dict(zip(emission["city"].values.tolist(), province.tolist(), strict=True))
    frames = []
    for sector in PLANT_SECTORS:
        ours = emission.sel(species="CO2", sector=sector).to_series().groupby(province).sum()
        rows = points[points["technology"].isin(TRACKED[sector])]
        capacity = rows["capacity"].groupby(rows["adcode"].map(place)).sum().reindex(ours.index)
        group = "power" if sector == "power" else "industry"
        theirs = reas[(reas["species"] == "CO2") & (reas["group"] == group)]
        share = theirs.set_index("province")["value"].reindex(ours.index)
        frame = pd.DataFrame(
            {
                "sector": sector,
                "letters": ours.index.map(PROVINCE_CODES),
                "inventory": 100 * ours / ours.sum(),
                "capacity": 100 * capacity.fillna(0.0) / capacity.sum(),
                "reas": 100 * share / share.sum(),
            }
        )
        frames.append(frame.rename_axis("province").reset_index())
    return pd.concat(frames, ignore_index=True)


def ratios(
    quality: pd.DataFrame, bands: pd.DataFrame, *, cities: Sequence[int] = TEN_CITIES
) -> pd.DataFrame:
    """CO, NOx and SO2 over CO2 by sector of some cities beside the plausible range, kg Mg-1.

    Returns
    -------
    DataFrame
        sector, ratio, low, high, one column a city, inside (how many of the cities).
    """
    found = quality.set_index(["adcode", "sector"])
    limits = {
        (str(sector), str(ratio), str(bound)): float(value)
        for sector, ratio, bound, value in zip(
            bands["sector"], bands["ratio"], bands["bound"], bands["value"], strict=True
        )
    }
    rows = []
    for sector in sorted({key[0] for key in limits}):
        here = found.xs(sector, level="sector").reindex(pd.Index(cities))
        for ratio in RATIOS.values():
            if (sector, ratio, "low") not in limits:
                continue
            low, high = (limits[sector, ratio, side] for side in ("low", "high"))
            values = here[ratio]
            count = f"{int(values.between(low, high).sum())} of {int(values.notna().sum())}"
            rows.append((sector, ratio, low, high, *values.to_list(), count))
    columns = ["sector", "ratio", "low", "high", *map(str, cities), "inside"]
    return pd.DataFrame(rows, columns=columns)


def doubled(ds: xr.Dataset, *, city: int, sector: str, source: str) -> pd.DataFrame:
    """Emission of a city and sector when one activity is doubled, from the file's own factors.

    Returns
    -------
    DataFrame
        species, before, after (Mg yr-1), ratio; 2 where the source is the sector's only one.

    Raises
    ------
    InputError
        Unknown city, sector or source, or nothing to double.
    """
    from scenair.inventory.outputs import recomputed

    for dim, value in (("city", city), ("sector", sector), ("source", source)):
        if value not in ds[dim].values:
            raise InputError(f"unknown {dim}", value=value)
    cell = {"city": city, "sector": sector, "source": source}
    if float(ds["activity"].sel(cell)) == 0:
        raise InputError("nothing to double", where=f"city {city}, {sector}, {source}")
    more = ds.copy()
    more["activity"] = ds["activity"].copy()
    more["activity"].loc[cell] *= 2
    here = {"city": city, "sector": sector}
    before, after = (recomputed(x).sel(here).to_series() for x in (ds, more))
    out = pd.DataFrame({"before": before, "after": after})
    out = out[out["before"] > 0]
    out["ratio"] = out["after"] / out["before"]
    return out.rename_axis("species").reset_index()


def compared(
    before: xr.Dataset, after: xr.Dataset, *, city: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What another source changed: in a city, in its province, in the nation.

    Parameters
    ----------
    before, after : Dataset
        Inventories of the same year and cities.

    Returns
    -------
    levels : DataFrame
        level (city, other cities of the province, other provinces, nation), species, before,
        after (Mg yr-1), change (relative).
    sectors : DataFrame
        sector, species, before, after, change of the city, where something changed.

    Raises
    ------
    InputError
        Other cities, or a city that is not in the files.
    """
    old, new = before["emission"], after["emission"]
    if not np.array_equal(old["city"].values, new["city"].values):
        raise InputError("inventories of different cities")
    if city not in old["city"].values:
        raise InputError("unknown city", value=city)
    mine = old["city"].values == city
    province = before["province_of_city"].values
    near = (province == province[mine][0]) & ~mine
    masks = {
        "city": mine,
        "other cities of the province": near,
        "other provinces": ~(mine | near),
        "nation": np.ones_like(mine),
    }
    rows = []
    for level, mask in masks.items():
        for name in SPECIES:
            a, b = (
                float(x.sel(species=name).isel(city=np.flatnonzero(mask)).sum()) for x in (old, new)
            )
            rows.append((level, name, a, b, b / a - 1 if a > 0 else float("nan")))
    levels = pd.DataFrame(rows, columns=["level", "species", "before", "after", "change"])
    pair = pd.DataFrame(
        {"before": old.sel(city=city).to_series(), "after": new.sel(city=city).to_series()}
    )
    pair = pair[~np.isclose(pair["before"], pair["after"], rtol=1e-12)]
    pair["change"] = pair["after"] / pair["before"] - 1
    return levels, pair.reset_index()
