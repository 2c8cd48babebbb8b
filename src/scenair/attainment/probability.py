"""How likely a city attains, under declared uncertainties.

The value is taken as lognormal. Its variance is that of the monitor (sampling and instrument), of
year-to-year meteorology, and of the response: an emission or model error scales the logarithm of
the response factor, so a value that stays at its base carries none of it. All three are assumed
unless several observed years are given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.special import ndtr

from scenair.attainment.rounding import DECIMALS, round_gb8170
from scenair.core.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

#: Years that a spread from observations needs.
FEWEST_YEARS: Final = 5


@dataclass(frozen=True)
class Uncertainty:
    """One-sigma uncertainties, relative.

    Attributes
    ----------
    response : float
        Of the logarithm of the response factor (emissions, chemistry, transport).
    meteorology : float or ndarray
        Of the annual mean from year to year at fixed emissions; of each value, or of all.
    monitor : float
        Of the observed annual mean.
    """

    response: float
    meteorology: float | npt.NDArray[np.float64]
    monitor: float

    def log_sigma(self, factor: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Standard deviation of the logarithm of a value with this response factor."""
        change = np.abs(np.log(np.asarray(factor, dtype=np.float64)))
        return np.sqrt((self.response * change) ** 2 + self.meteorology**2 + self.monitor**2)


def largest_attaining(limit: float, *, pollutant: str = "PM25") -> float:
    """Upper bound of the values that attain after rounding (35 -> 35.5, CO 4.0 -> 4.05)."""
    return limit + 0.5 * 10.0 ** -DECIMALS[pollutant]


def probability(
    value: npt.ArrayLike,
    factor: npt.ArrayLike,
    limit: npt.ArrayLike,
    uncertainty: Uncertainty,
    *,
    pollutant: str = "PM25",
) -> npt.NDArray[np.float64]:
    """Probability that the rounded value is at or below the limit; NaN stays NaN.

    Parameters
    ----------
    value : array_like
        Central estimate, ug m-3.
    factor : array_like
        Its response factor, 1.
    limit : array_like
        ug m-3.
    """
    v = np.asarray(value, dtype=np.float64)
    bound = np.asarray(limit, dtype=np.float64) + 0.5 * 10.0 ** -DECIMALS[pollutant]
    sigma = uncertainty.log_sigma(factor)
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = np.asarray(ndtr((np.log(bound) - np.log(v)) / sigma))
    # nothing uncertain: the rounded value itself decides
    below = round_gb8170(v, decimals=DECIMALS[pollutant]) <= np.asarray(limit, dtype=np.float64)
    sure = np.where(np.isfinite(v), below.astype(float), np.nan)
    return np.asarray(np.where(sigma == 0, sure, chance))


def spread_of_years(annual: pd.Series) -> float:
    """Relative year-to-year standard deviation around the log-linear trend.

    Parameters
    ----------
    annual : Series
        Index year; annual means, ug m-3.

    Raises
    ------
    InputError
        Fewer than five years.
    """
    values = annual.dropna()
    if len(values) < FEWEST_YEARS:
        raise InputError(
            "too few years for a spread",
            value=len(values),
            allowed=f">= {FEWEST_YEARS}",
            remedy="use the assumed sigma of the configuration",
        )
    years = values.index.to_numpy(np.float64)
    logs = np.log(values.to_numpy(np.float64))
    residual = logs - np.polyval(np.polyfit(years, logs, 1), years)
    return float(np.sqrt((residual**2).sum() / (len(values) - 2)))


def spread_by_city(yearly: pd.DataFrame) -> pd.Series:
    """:func:`spread_of_years` of every city that has years enough.

    Parameters
    ----------
    yearly : DataFrame
        adcode, year, value (annual mean, ug m-3, one reference state).

    Returns
    -------
    Series
        By adcode, 1; cities with fewer than five years are left out.

    Raises
    ------
    InputError
        A city and year twice, values that are not positive.
    """
    if yearly.duplicated(["adcode", "year"]).any() or not (yearly["value"] > 0).all():
        raise InputError(
            "yearly means must be positive and there once a city and year",
            where="table attainment.yearly_means",
        )
    wide = yearly.pivot_table(index="year", columns="adcode", values="value")
    enough = wide.columns[wide.notna().sum() >= FEWEST_YEARS]
    return pd.Series({code: spread_of_years(wide[code]) for code in enough}, dtype=float)
