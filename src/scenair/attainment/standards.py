"""Air-quality standards as data: profiles side by side, each with its time in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from scenair.core.errors import ConfigError, InputError

if TYPE_CHECKING:
    import pandas as pd

AUTO: Final = "auto-by-year"
#: Profiles that follow one another in time in China.
NATIONAL: Final = "gb3095"


@dataclass(frozen=True)
class Limit:
    """A limit of one profile, pollutant, averaging time and area class."""

    profile: str
    pollutant: str
    averaging: str
    area_class: str
    value: float
    unit: str


def profile_in_force(standards: pd.DataFrame, on: date) -> str:
    """The national profile in force on a day.

    Parameters
    ----------
    standards : DataFrame
        ``resources/attainment/standards.csv``.
    on : date

    Raises
    ------
    InputError
        None or more than one is in force.
    """
    national = standards[standards["profile"].str.startswith(NATIONAL)]
    spans = national[["profile", "in_force_from", "in_force_to"]].drop_duplicates()
    day = on.isoformat()
    begun = spans["in_force_from"].astype(str) <= day
    until = spans["in_force_to"].fillna("9999-12-31").astype(str)
    found = spans.loc[begun & (day <= until), "profile"].tolist()
    if len(found) != 1:
        raise InputError(
            "not exactly one standard is in force",
            where="resources/attainment/standards.csv",
            value=f"{day}: {', '.join(found) or 'none'}",
            remedy="mend in_force_from and in_force_to",
        )
    return str(found[0])


def profile_of_year(standards: pd.DataFrame, year: int, *, standard: str = AUTO) -> str:
    """Profile that judges a year: the one in force on its 31 December, or the one asked for.

    Raises
    ------
    ConfigError
        Unknown profile.
    """
    if standard == AUTO:
        return profile_in_force(standards, date(year, 12, 31))
    known = standards["profile"].drop_duplicates().tolist()
    if standard not in known:
        raise ConfigError(
            "unknown standard",
            where="key attainment.standard",
            value=standard,
            allowed=", ".join([AUTO, *known]),
        )
    return standard


def find_limit(
    standards: pd.DataFrame,
    profile: str,
    pollutant: str,
    averaging: str,
    *,
    area_class: str = "II",
) -> Limit | None:
    """The limit, or None where the profile has none for this item.

    Raises
    ------
    InputError
        More than one row fits.
    """
    rows = standards[
        (standards["profile"] == profile)
        & (standards["pollutant"] == pollutant)
        & (standards["averaging"] == averaging)
        & (standards["area_class"].isna() | (standards["area_class"] == area_class))
    ]
    if rows.empty:
        return None
    if len(rows) > 1:
        raise InputError(
            "a limit is given twice",
            where="resources/attainment/standards.csv",
            value=f"{profile}, {pollutant}, {averaging}, class {area_class}",
        )
    row = rows.iloc[0]
    return Limit(profile, pollutant, averaging, area_class, float(row["value"]), str(row["unit"]))
