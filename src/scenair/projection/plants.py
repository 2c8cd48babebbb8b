"""Plants of a year: those of the base year less what has closed, and what has been built.

A plant keeps its share of its city and sector in proportion to its surviving capacity; new
capacity of a city is one plant a sector and period of construction. Emissions of the plants are
scaled so that they hold the same share of their city and sector as capacity of the sector does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.core.species import SPECIES

if TYPE_CHECKING:
    import numpy.typing as npt
    import xarray as xr

    Array = npt.NDArray[np.float64]

#: New capacity of a city is grouped into plants of this many years.
PERIOD: Final = 5
STACK: Final = (
    "stack_height_m",
    "stack_diameter_m",
    "stack_temperature_k",
    "stack_velocity_m_s",
)


def plant_table(
    plants: pd.DataFrame,
    *,
    cities: npt.NDArray[np.int32],
    years: tuple[int, ...],
    surviving: dict[str, Array],
    new: dict[str, Array],
) -> pd.DataFrame:
    """Surviving and new capacity, long form.

    Parameters
    ----------
    plants : DataFrame
        Plants of the base year in the order that ``surviving`` has within each sector.
    surviving : dict
        Sector -> share (year, plant).
    new : dict
        Sector -> capacity built since the base year (year, city).

    Returns
    -------
    DataFrame
        id, sector, adcode, start_year, and one column ``capacity_{year}`` a year (unit of the
        plant list).
    """
    columns = [f"capacity_{y}" for y in years]
    parts = []
    for sector, share in surviving.items():
        rows = plants[plants["sector"] == sector]
        kept = pd.DataFrame(
            (share * rows["capacity"].to_numpy()).T, columns=columns, index=rows.index
        )
        parts.append(pd.concat([rows[["id", "sector", "adcode", "start_year"]], kept], axis=1))
        parts.append(_new_rows(sector, new[sector], cities=cities, years=years, columns=columns))
    return pd.concat([p for p in parts if len(p)], ignore_index=True)


def _new_rows(
    sector: str,
    capacity: Array,
    *,
    cities: npt.NDArray[np.int32],
    years: tuple[int, ...],
    columns: list[str],
) -> pd.DataFrame:
    added = np.diff(capacity, axis=0, prepend=capacity[:1])
    rows = []
    first = years[1] if len(years) > 1 else years[0]
    for start in range(first, years[-1] + 1, PERIOD):
        chosen = np.array([start <= y < start + PERIOD for y in years])
        built = np.cumsum(np.where(chosen[:, None], added, 0.0), axis=0)
        for c in np.flatnonzero(built[-1] > 0):
            rows.append(
                {
                    "id": f"{sector}-{cities[c]}-new-{start}",
                    "sector": sector,
                    "adcode": int(cities[c]),
                    "start_year": start,
                    **dict(zip(columns, built[:, c], strict=True)),
                }
            )
    return pd.DataFrame(rows)


def plants_of_year(
    base: pd.DataFrame,
    table: pd.DataFrame,
    *,
    year: int,
    emission: xr.DataArray,
    base_emission: xr.DataArray,
) -> pd.DataFrame:
    """Plants that run in ``year`` with their emissions.

    A sector of a city emitted the share w in plants in the base year (1 where everything was in
    plants). The plants of ``year`` hold the same share, split by capacity. New plants stand at the
    site of the largest plant of their city and sector and take its stack.

    Parameters
    ----------
    base : DataFrame
        Plants of the base year as the inventory writes them.
    table : DataFrame
        :func:`plant_table`.
    emission, base_emission : DataArray
        (city, sector, species) of the year and of the base year (Mg yr-1).

    Returns
    -------
    DataFrame
        Columns of ``base``.
    """
    running = table[["id", "sector", "adcode", "start_year", f"capacity_{year}"]]
    running = running.rename(columns={f"capacity_{year}": "running"})
    running = running[running["running"] > 0]
    largest = base.sort_values(["capacity", "id"], ascending=[False, True]).drop_duplicates(
        ["sector", "adcode"]
    )
    kept = base.drop(columns=["capacity"]).merge(running[["id", "running"]], on="id")
    fresh = running[~running["id"].isin(base["id"])]
    site = [c for c in base.columns if c not in ("id", "capacity", "start_year", *SPECIES)]
    fresh = fresh.merge(largest[site], on=["sector", "adcode"], how="inner")
    others = base[~base["sector"].isin(table["sector"].unique())]
    out = pd.concat([kept, fresh, others.assign(running=others["capacity"])], ignore_index=True)
    share = _plant_share(base, base_emission)
    group = out.groupby(["sector", "adcode"])["running"].transform("sum")
    weight = (out["running"] / group).to_numpy()
    for species in SPECIES:
        total = _lookup(emission.sel(species=species), out)
        held = _lookup(share.sel(species=species), out)
        out[species] = total * held * weight
    out["capacity"] = out["running"]
    return out[list(base.columns)].sort_values("id").reset_index(drop=True)


def _plant_share(base: pd.DataFrame, emission: xr.DataArray) -> xr.DataArray:
    """Share of each city, sector and species that the base-year plants emit, 0 to 1."""
    import xarray as xr

    out = xr.zeros_like(emission)
    sums = base.groupby(["adcode", "sector"])[list(SPECIES)].sum()
    cities = {int(c): i for i, c in enumerate(emission["city"].values)}
    sectors = {str(s): i for i, s in enumerate(emission["sector"].values)}
    values = out.transpose("city", "sector", "species").values.copy()
    where = (
        [cities[int(a)] for a in sums.index.get_level_values("adcode")],
        [sectors[str(s)] for s in sums.index.get_level_values("sector")],
    )
    values[where] = sums.to_numpy(dtype=np.float64)
    total = emission.transpose("city", "sector", "species")
    ratio = np.divide(values, total.values, out=np.zeros_like(values), where=total.values > 0)
    return total.copy(data=np.clip(ratio, 0.0, 1.0))


def _lookup(array: xr.DataArray, frame: pd.DataFrame) -> Array:
    import xarray as xr

    return np.asarray(
        array.sel(
            city=xr.DataArray(frame["adcode"].to_numpy(), dims="row"),
            sector=xr.DataArray(frame["sector"].to_numpy(dtype=str), dims="row"),
        ).values,
        dtype=np.float64,
    )
