"""Provincial shares from REASv3.2 (2013-2015), moved by provincial statistics after 2015.

The groups of the table: power, industry, residential, on_road, off_road (NOx), solvent (NMVOC),
waste_other (NMVOC), livestock, fertilizer, agriculture (NH3), biofuel (CO2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.core.errors import InputError
from scenair.core.regions import PROVINCE_CODES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

PROVINCES: Final[tuple[int, ...]] = tuple(sorted(PROVINCE_CODES))
LAST_REAS_YEAR: Final = 2015

#: Statistic whose provincial change since 2015 moves the shares of a group.
MOVED_BY: Final[Mapping[str, str]] = {
    "industry": "gdp",
    "off_road": "gdp",
    "solvent": "gdp",
    "residential": "population",
    "waste_other": "population",
    "on_road": "private_vehicles",
}


def provincial_statistic(table: pd.DataFrame, *, variable: str, year: int) -> pd.Series:
    """A statistic of a year by province (31 values, in the table's unit).

    Raises
    ------
    InputError
        Where a province has no figure.
    """
    rows = table[(table["variable"] == variable) & (table["year"] == year)]
    out = rows.set_index("province")["value"].reindex(PROVINCES).astype(float)
    if out.isna().any():
        raise InputError(
            "a province without a figure",
            where=f"provincial statistics, {variable} {year}",
            value=", ".join(str(p) for p in out.index[out.isna()]),
        )
    return out


def shares_of_year(
    reas: pd.DataFrame, statistics: pd.DataFrame, *, year: int
) -> dict[tuple[str, str], pd.Series]:
    """Provincial shares (sum 1) by (species, group).

    Parameters
    ----------
    reas : DataFrame
        province, species, group, year, value (Gg yr-1).
    statistics : DataFrame
        province, year, variable, value.
    year : int
        2013 or later; years after 2015 use the shares of 2015 moved by :data:`MOVED_BY`.

    Raises
    ------
    InputError
        A year before the table, or a group that does not cover the 31 provinces.
    """
    source_year = min(year, LAST_REAS_YEAR)
    rows = reas[reas["year"] == source_year]
    if rows.empty:
        raise InputError(
            "no provincial shares for the year",
            where="resources/inventory/reas_province.csv.gz",
            value=year,
            allowed=f"{int(reas['year'].min())} and later",
        )
    moved = {
        name: provincial_statistic(statistics, variable=name, year=year)
        / provincial_statistic(statistics, variable=name, year=source_year)
        for name in sorted(set(MOVED_BY.values()))
    }
    out = {}
    for (species, group), part in rows.groupby(["species", "group"]):
        values = part.set_index("province")["value"].reindex(PROVINCES).astype(float)
        if values.isna().any() or (values < 0).any() or values.sum() <= 0:
            raise InputError(
                "provincial shares are not complete",
                where=f"resources/inventory/reas_province.csv.gz, {species} {group} {source_year}",
                allowed="31 provinces, none below zero",
            )
        if str(group) in MOVED_BY:
            values = values * moved[MOVED_BY[str(group)]]
        out[str(species), str(group)] = values / values.sum()
    return out


def national_reas(reas: pd.DataFrame, *, year: int) -> pd.Series:
    """National sums of REAS by (species, group), Mg yr-1; empty after the last year."""
    rows = reas[reas["year"] == year]
    return rows.groupby(["species", "group"])["value"].sum() * 1e3


def normalised(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Values over their sum.

    Raises
    ------
    ValueError
        Where the sum is not above zero.
    """
    total = values.sum()
    if not total > 0:
        raise ValueError("nothing to share out by")
    out: npt.NDArray[np.float64] = values / total
    return out
