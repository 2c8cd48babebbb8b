"""Targets both ways: what an emission cut gives, and what a target asks for.

The link is the responsibility matrix: contribution of each source city to the PM2.5 of each
receptor city (ug m-3), at base emissions. It is linear, so it holds for moderate cuts; the full
chain is to be run with what comes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scenair.attainment.rounding import round_gb8170
from scenair.core.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt


def concentration_after(
    base: npt.NDArray[np.float64],
    contribution: npt.NDArray[np.float64],
    cut: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Concentration of the receptors when each source cuts a share of its emissions.

    Parameters
    ----------
    base : ndarray (receptor,)
        ug m-3.
    contribution : ndarray (receptor, source)
        ug m-3 at base emissions.
    cut : ndarray (source,)
        Share of the source's emissions that is cut, 0-1.

    Returns
    -------
    ndarray (receptor,)
        ug m-3.

    Raises
    ------
    InputError
        Cuts outside 0-1.
    """
    if ((cut < 0) | (cut > 1)).any():
        raise InputError("a cut outside 0-1", value=float(cut.min()), allowed="0 to 1")
    return np.asarray(base - contribution @ cut)


def required_cut(
    observed: npt.NDArray[np.float64],
    target: npt.NDArray[np.float64],
    controlled: npt.NDArray[np.float64],
    background: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Share of the controlled concentration that must go for monitor x response to meet a target.

    target / observed = ((1 - x) C + B) / (C + B), so x = (1 - target / observed)(C + B) / C.

    Returns
    -------
    ndarray
        0 where the target is met already; above 1 where no control reaches it.
    """
    x = (1 - target / observed) * (controlled + background) / controlled
    return np.asarray(np.maximum(x, 0.0))


def graded_targets(
    observed: pd.Series, grades: pd.DataFrame, *, base_year: int, year: int, limit: float
) -> pd.Series:
    """City targets from the bottom up: the dirtier, the faster, never below the limit.

    Parameters
    ----------
    observed : Series
        Base-year value by city, ug m-3.
    grades : DataFrame
        ``resources/attainment/target_grades.csv``: lower (ug m-3, ascending), value (yearly
        reduction, percent) for values from ``lower`` up.
    base_year, year : int
    limit : float
        ug m-3; cities at or below it keep their value.

    Returns
    -------
    Series
        Target by city, ug m-3.

    Raises
    ------
    InputError
        Grades that do not ascend, a year before the base year.
    """
    table = grades.sort_values("lower")
    if year < base_year or table["lower"].duplicated().any():
        raise InputError("grades must be unique and the year after the base year", value=year)
    index = np.searchsorted(table["lower"].to_numpy(), observed.to_numpy(), side="right") - 1
    if (index < 0).any():
        raise InputError("values below the lowest grade", value=float(observed.min()))
    rate = table["value"].to_numpy(np.float64)[index] / 100
    graded = observed.to_numpy() * (1 - rate) ** (year - base_year)
    target = np.where(observed <= limit, observed, np.maximum(graded, limit))
    return pd.Series(target, index=observed.index)


def plan_against_observed(plan: pd.Series, observed: pd.Series) -> pd.DataFrame:
    """A plan beside what was observed, year by year.

    Parameters
    ----------
    plan, observed : Series
        Index year; annual value, ug m-3.

    Returns
    -------
    DataFrame
        Index year (of both); plan, observed, difference (observed less plan), kept (rounded value
        at or below the rounded plan; missing without observation).
    """
    years = plan.index.union(observed.index)
    table = pd.DataFrame({"plan": plan.reindex(years), "observed": observed.reindex(years)})
    kept = round_gb8170(table["observed"]) <= round_gb8170(table["plan"])
    known = table.notna().all(axis=1)
    return table.assign(
        difference=table["observed"] - table["plan"],
        kept=pd.arrays.BooleanArray(kept, ~known.to_numpy()),
    )


def year_of_attainment(values: pd.DataFrame, limits: pd.Series) -> pd.Series:
    """First year from which a city stays at or below the limit of each year to the end.

    Parameters
    ----------
    values : DataFrame
        Index year ascending, a column a city; ug m-3.
    limits : Series
        Index year; ug m-3.

    Returns
    -------
    Series
        Year by city; missing where the last year does not attain or a value is missing.
    """
    rounded = pd.DataFrame(round_gb8170(values), index=values.index, columns=values.columns)
    ok = rounded.le(limits.reindex(values.index), axis=0)
    stays = ok.iloc[::-1].cummin().iloc[::-1]
    first = stays.idxmax()
    return first.where(stays.iloc[-1]).astype("Int64")


def rising(series: pd.DataFrame, *, since: int, until: int) -> pd.Series:
    """Whether each column is higher in ``until`` than in ``since`` (index year)."""
    later, earlier = series.loc[until].to_numpy(), series.loc[since].to_numpy()
    return pd.Series(later > earlier, index=series.columns)
