"""Design values: the base that a response factor scales, and what comes out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from scenair.attainment.monitors import quarter_mean
from scenair.attainment.reference_state import CHANGE_OF_STATE
from scenair.attainment.rounding import truncate
from scenair.core.errors import InputError
from scenair.core.periods import QUARTERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

Form = Literal["single_year", "mean3", "weighted5"]

#: Mean of the three 3-year means that hold the base year.
WEIGHTS_5: Final = (1, 2, 3, 2, 1)


def years_of(base_year: int, form: Form) -> list[int]:
    """Years that a form needs."""
    reach = {"single_year": 0, "mean3": 1, "weighted5": 2}[form]
    return list(range(base_year - reach, base_year + reach + 1))


def design_records(
    records: Mapping[int, pd.DataFrame], *, base_year: int, form: Form
) -> pd.DataFrame:
    """Monitor records whose concentrations are design values, quarter by quarter.

    Parameters
    ----------
    records : mapping
        Year -> records of :func:`scenair.attainment.monitors.monitor_records`; one reference state.
    base_year : int
        Its places, names and counts are kept.
    form : {"single_year", "mean3", "weighted5"}

    Returns
    -------
    DataFrame
        Sites that have all the years.

    Raises
    ------
    InputError
        A year is missing, years of both reference states, no site with all years.
    """
    if form == "single_year":
        return records[base_year]
    years = years_of(base_year, form)
    if len({year < CHANGE_OF_STATE.year for year in years}) > 1:
        raise InputError(
            "a design value over both reference states (the change is on 1 September 2018)",
            where="keys attainment.design_value and case.monitor_year",
            value=f"{years[0]}-{years[-1]}",
            remedy="take single_year, or years on one side",
        )
    lacking = [year for year in years if year not in records]
    if lacking:
        raise InputError(f"the design value {form} needs more years", value=f"missing {lacking}")
    common = records[base_year].index
    for year in years:
        common = common.intersection(records[year].index)
    if common.empty:
        raise InputError("no site has all the years of the design value", value=years)
    weights = np.array(WEIGHTS_5 if form == "weighted5" else [1.0] * len(years))
    out = records[base_year].loc[common].copy()
    for column in ("p95", *(f"mean_{q}" for q in QUARTERS)):
        table = np.stack([records[year].loc[common, column].to_numpy() for year in years])
        out[column] = np.average(table, axis=0, weights=weights)
    out["mean"] = quarter_mean(out)
    return out


def base_design_value(annual: pd.Series, *, base_year: int, form: Form = "single_year") -> float:
    """Base design value from annual values.

    Parameters
    ----------
    annual : Series
        Index year; annual mean or percentile, ug m-3 (or ppb).
    base_year : int
    form : {"single_year", "mean3", "weighted5"}
        The year itself; mean of the year and its neighbours (the three-year form of HJ 663-2026);
        weights 1, 2, 3, 2, 1 (EPA).

    Raises
    ------
    InputError
        A year that the form needs is missing.
    """
    years = years_of(base_year, form)
    values = annual.reindex(years)
    if values.isna().any():
        raise InputError(
            f"the design value {form} needs more years",
            value=f"missing {values.index[values.isna()].tolist()}",
            allowed=f"all of {years}",
            remedy="give these years or take single_year",
        )
    weights = WEIGHTS_5 if form == "weighted5" else None
    return float(np.average(values.to_numpy(np.float64), weights=weights))


def future_design_value(base: float, factor: float, *, truncated: bool = False) -> float:
    """Base design value x response factor; ``truncated`` to an integer for US ozone (ppb)."""
    value = base * factor
    return float(truncate(value)) if truncated else value
