"""Design values: the base that a response factor scales, and what comes out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from scenair.attainment.rounding import truncate
from scenair.core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Form = Literal["single_year", "mean3", "weighted5"]

#: Mean of the three 3-year means that hold the base year.
WEIGHTS_5: Final = (1, 2, 3, 2, 1)


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
    reach = {"single_year": 0, "mean3": 1, "weighted5": 2}[form]
    years = list(range(base_year - reach, base_year + reach + 1))
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
