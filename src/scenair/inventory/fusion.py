"""Fusion: better data for a city or a province replace what was shared out.

Precedence, best first: a city's own inventory, plants, a regional inventory, the national total
shared out. Totals above always stay: what a city reports more or less is taken from or given to
the other cities of its province, and where these would fall below a floor, to the other
provinces. National sector sums never change.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import xarray as xr

from scenair.core.errors import InputError
from scenair.core.sectors import MEIC_SECTORS
from scenair.inventory.estimate import Estimate

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Change:
    """What one figure of a better source did.

    Attributes
    ----------
    level, adcode, sector, species : what the figure is about.
    source : the winner's name.
    value, before : Mg yr-1, after and before.
    others : factor on the other cities of the province (or the other provinces).
    nation : Mg yr-1 taken from other provinces (negative: given).
    """

    level: str
    adcode: int
    sector: str
    species: str
    source: str
    value: float
    before: float
    others: float
    nation: float

    def reason(self) -> str:
        """The change in words."""
        what = "other cities of the province" if self.level == "city" else "other provinces"
        text = f"{what} times {self.others:.4f}"
        if self.nation:
            text += f"; {self.nation:+.6g} Mg yr-1 from other provinces"
        return f"{self.source} comes first; totals stay: {text}"


def _shift(
    column: Array,
    mine: npt.NDArray[np.bool_],
    near: npt.NDArray[np.bool_],
    target: Array,
    floor: float,
) -> tuple[Array, float, float]:
    """New values of one sector and species over all cities.

    Parameters
    ----------
    column : array (city,)
        Emission before, Mg yr-1.
    mine : array of bool
        Cities that bring their own figure ``target``.
    near : array of bool
        The other cities of their province.
    floor : float
        Least factor on ``near``.

    Returns
    -------
    column, factor on ``near``, amount taken from other provinces.
    """
    total, rest = column[mine | near].sum(), column[near].sum()
    wanted = total - target.sum()
    factor = max(wanted / rest, floor) if rest > 0 else 1.0
    taken = target.sum() + rest * factor - total
    out = column.copy()
    out[mine] = target
    out[near] = column[near] * factor
    far = ~(mine | near)
    if abs(taken) > 1e-12 * max(total, 1.0):
        available = column[far].sum()
        if taken >= available:
            raise InputError(
                "an own inventory reports more than the whole country has in the sector",
                value=f"{target.sum():g} Mg yr-1",
                allowed=f"below {available + total:g} Mg yr-1",
                remedy="check the unit of the table",
            )
        out[far] = column[far] * (1 - taken / available)
    else:
        taken = 0.0
    return out, float(factor), float(taken)


def apply_own(
    result: Estimate, own: pd.DataFrame, *, floor: float
) -> tuple[Estimate, list[Change]]:
    """Replace cities' figures by their own inventories.

    Factors become city factors (activity and closing factors stay), so that emission is still
    activity x factor x (1 - removal) x closing factor.

    Parameters
    ----------
    result : Estimate
    own : DataFrame
        adcode, sector, species, value (Mg yr-1), source; checked.
    floor : float
        Least part of their emission that the other cities of the province keep, 0-1.

    Raises
    ------
    InputError
        A figure for a city that has no activity in the sector, or beyond the national total.
    """
    emission = result.emission.copy()
    cities = emission["city"].values
    changes: list[Change] = []
    province_of = dict(zip(cities.tolist(), result.province.tolist(), strict=True))
    keyed = own.assign(province=own["adcode"].map(province_of))
    for (sector, species), part in keyed.groupby(["sector", "species"]):
        for province, rows in part.sort_values("adcode").groupby("province"):
            cell = {"sector": sector, "species": species}
            column = emission.sel(cell).values.copy()
            place = np.searchsorted(cities, rows["adcode"].to_numpy())
            _carried(column[place], rows, sector=str(sector), species=str(species))
            mine = np.zeros(len(cities), dtype=bool)
            mine[place] = True
            near = (result.province == province) & ~mine
            target = rows["value"].to_numpy(np.float64)
            new, factor, taken = _shift(column, mine, near, target, floor)
            emission.loc[cell] = new
            changes += [
                Change(
                    level="city", adcode=int(code), sector=str(sector), species=str(species),
                    source=f"own inventory ({source})", value=float(value), before=float(old),
                    others=factor, nation=taken,
                )
                for code, source, value, old in zip(
                    rows["adcode"], rows["source"], rows["value"], column[place], strict=True
                )
            ]  # fmt: skip
    ratio = (emission / result.emission).fillna(1.0)
    factors = (result.factors * ratio).transpose("city", "sector", "source", "species")
    return replace(result, emission=emission, factors=factors.rename("emission_factor")), changes


#: Species that hold others: whole -> parts.
WHOLES: Final = {"PM10": ("PM25",), "PM25": ("BC", "OC")}


def require_parts(emission: xr.DataArray, own: pd.DataFrame) -> None:
    """Stop where an own figure makes a part larger than its whole (PM2.5 in PM10, carbon in PM2.5).

    Parameters
    ----------
    emission : DataArray
        (city, sector, species), Mg yr-1, own figures in.
    own : DataFrame
        adcode, sector, species, value, source.

    Raises
    ------
    InputError
    """
    touched = own[own["species"].isin(["PM10", "PM25", "BC", "OC"])]
    for adcode, sector in sorted(set(zip(touched["adcode"], touched["sector"], strict=True))):
        here = emission.sel(city=adcode, sector=sector)
        for whole, parts in WHOLES.items():
            limit = float(here.sel(species=whole))
            found = float(here.sel(species=list(parts)).sum())
            if found > limit * (1 + 1e-9):
                raise InputError(
                    f"an own inventory makes {' and '.join(parts)} larger than {whole}",
                    where=f"city {adcode}, {sector}",
                    value=f"{found:g} Mg yr-1",
                    allowed=f"up to {limit:g} Mg yr-1 of {whole}",
                    remedy=f"report {whole} as well, or check the unit",
                )


def _carried(before: Array, rows: pd.DataFrame, *, sector: str, species: str) -> None:
    empty = (before == 0) & (rows["value"].to_numpy() > 0)
    if empty.any():
        raise InputError(
            "an own inventory reports emission where the city has no activity",
            where=f"city {rows['adcode'].to_numpy()[empty][0]}, {sector}, {species}",
            value=f"{rows['value'].to_numpy()[empty][0]:g} Mg yr-1",
            remedy="report it in a sector that the city has, or bring the plant",
        )


def regional_targets(
    target: xr.DataArray, regional: pd.DataFrame, *, totals: xr.DataArray
) -> tuple[xr.DataArray, list[Change]]:
    """Provincial targets moved to a regional inventory, national totals kept.

    Parameters
    ----------
    target : DataArray
        (province, sector, species), Mg yr-1.
    regional : DataFrame
        adcode (province), sector (MEIC's six), species, value (Mg yr-1), source; checked.
    totals : DataArray
        Published totals (meic_sector, species).

    Returns
    -------
    The new targets and what changed. A province and sector keeps its split over our sectors.

    Raises
    ------
    InputError
        Provinces of a regional inventory above the national total while others have a share.
    """
    out = target.copy()
    changes: list[Change] = []
    provinces = target["province"].values
    for (meic, species), rows in regional.groupby(["sector", "species"]):
        sectors = list(MEIC_SECTORS[str(meic)])
        block = target.sel(sector=sectors, species=species)
        before = block.sum("sector").values
        total = float(totals.sel(meic_sector=meic, species=species))
        mine = np.isin(provinces, rows["adcode"])
        given = rows.set_index("adcode")["value"].reindex(provinces[mine]).to_numpy(np.float64)
        after = _provinces_after(before, mine, given, total, where=f"{meic}, {species}")
        factor = np.divide(after, before, out=np.ones_like(after), where=before > 0)
        if ((before == 0) & (after > 0)).any():
            raise InputError(
                "a regional inventory reports emission where a province has no activity",
                where=f"{meic}, {species}, {provinces[(before == 0) & (after > 0)][0]}",
            )
        out.loc[{"sector": sectors, "species": species}] = block.values * _beside(factor, block)
        others = factor[~mine][0] if (~mine).any() else total / given.sum()
        changes += [
            Change(
                level="province", adcode=int(p), sector=str(meic), species=str(species),
                source="regional inventory", value=float(a), before=float(b),
                others=float(others), nation=0.0,
            )
            for p, a, b in zip(provinces[mine], after[mine], before[mine], strict=True)
        ]  # fmt: skip
    return out, changes


def _beside(factor: Array, block: xr.DataArray) -> Array:
    shape = [1] * block.ndim
    shape[block.dims.index("province")] = len(factor)
    return factor.reshape(shape)


def _provinces_after(
    before: Array, mine: npt.NDArray[np.bool_], given: Array, total: float, *, where: str
) -> Array:
    """Provincial totals: the given ones, the others scaled to the rest of the national total."""
    after = before.copy()
    if mine.all():
        # the whole country is given: its pattern counts, the total stays
        return given * total / given.sum() if given.sum() > 0 else before
    rest = total - given.sum()
    if rest < 0:
        raise InputError(
            "a regional inventory exceeds the national total",
            where=where,
            value=f"{given.sum():g} Mg yr-1",
            allowed=f"up to {total:g} Mg yr-1",
            remedy="check the unit, or bring all provinces: then only their pattern is used",
        )
    after[mine] = given
    old = before[~mine].sum()
    after[~mine] = before[~mine] * (rest / old if old > 0 else 0.0)
    return after


def change_rows(changes: list[Change]) -> list[dict[str, object]]:
    """Changes as rows of the conflict report (winner: the better source)."""
    rows: list[dict[str, object]] = []
    for c in changes:
        rows.append(
            {
                "level": c.level,
                "adcode": c.adcode,
                "sector": c.sector,
                "species": c.species,
                "winner": c.source,
                "winner_value": c.value,
                "loser": "downscaled",
                "loser_value": c.before,
                "unit": "Mg yr-1",
                "relative_difference": (c.before - c.value) / c.value if c.value else np.inf,
                "reason": c.reason(),
            }
        )
    return rows
