"""Annual means, percentiles and exceedances of daily values, with completeness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from scenair.core.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True)
class Completeness:
    """Daily values that an annual statistic needs (GB 3095-2026, table 4)."""

    days_a_year: int = 324
    days_a_month: int = 27
    days_february: int = 25


def percentile_hj663(values: npt.ArrayLike, percent: float) -> float:
    """Percentile of HJ 663-2013, annex A; NaN values are left out.

    k = 1 + (n - 1) p / 100, linear between the ranks beside k (NumPy's ``linear``, R type 7).

    Returns
    -------
    float
        NaN for no value.
    """
    x = np.asarray(values, dtype=np.float64)
    x = x[np.isfinite(x)]
    return float(np.percentile(x, percent, method="linear")) if x.size else float("nan")


def annual_statistics(
    daily: xr.DataArray,
    *,
    percent: float,
    limit: float | None = None,
    rule: Completeness | None = None,
) -> pd.DataFrame:
    """Mean, percentile, exceedances and validity of one calendar year.

    Parameters
    ----------
    daily : DataArray (day, site)
        Daily values of one year; NaN is missing. Days that are absent count as missing.
    percent : float
        Percentile, 0-100.
    limit : float, optional
        Daily limit; days above it are counted (unrounded comparison).
    rule : Completeness, optional

    Returns
    -------
    DataFrame
        Index site; mean, percentile, n_valid, days_over, valid, reason. The figures are given
        also where ``valid`` is false.

    Raises
    ------
    InputError
        Values of more than one year, a day twice.
    """
    rule = rule or Completeness()
    days = pd.DatetimeIndex(daily["day"].values)
    if len(set(days.year)) != 1:
        raise InputError("daily values of one year are expected", value=sorted(set(days.year)))
    if days.has_duplicates:
        raise InputError("a day is there twice", value=days[days.duplicated()][0].date())
    values = daily.transpose("day", ...).values.reshape(len(days), -1).astype(np.float64)
    good = np.isfinite(values)
    n = good.sum(axis=0)
    by_month = np.stack([good[days.month == m].sum(axis=0) for m in range(1, 13)])
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(n > 0, np.nansum(values, axis=0) / n, np.nan)
    over = np.zeros_like(n) if limit is None else (np.where(good, values, -1) > limit).sum(axis=0)
    reason = [_reason(int(k), months, rule) for k, months in zip(n, by_month.T, strict=True)]
    site = [d for d in daily.dims if d != "day"]
    index = daily[site[0]].values if site else [0]
    return pd.DataFrame(
        {
            "mean": mean,
            "percentile": _column_percentile(values, percent),
            "n_valid": n,
            "days_over": over,
            "valid": [r == "" for r in reason],
            "reason": reason,
        },
        index=pd.Index(index, name=str(site[0]) if site else "site"),
    )


def _column_percentile(values: npt.NDArray[np.float64], percent: float) -> npt.NDArray[np.float64]:
    """HJ 663 percentile of every column at once (NaN sort last)."""
    ordered = np.sort(values, axis=0)
    n = np.isfinite(values).sum(axis=0)
    k = np.maximum(n - 1, 0) * percent / 100
    low = np.floor(k).astype(int)
    column = np.arange(values.shape[1])
    lower = ordered[low, column]
    upper = ordered[np.minimum(low + 1, np.maximum(n - 1, 0)), column]
    return np.where(n > 0, lower + (upper - lower) * (k - low), np.nan)


def _reason(n: int, months: npt.NDArray[np.int64], rule: Completeness) -> str:
    needed = np.full(12, rule.days_a_month)
    needed[1] = rule.days_february
    short = np.flatnonzero(months < needed) + 1
    parts = []
    if n < rule.days_a_year:
        parts.append(f"{n} days of {rule.days_a_year} needed")
    if len(short):
        parts.append("too few days in month " + ", ".join(map(str, short)))
    return "; ".join(parts)


def moving_average(values: pd.Series, *, years: int = 3) -> pd.Series:
    """Mean of the last ``years`` annual values (HJ 663-2026 form, provisional).

    Parameters
    ----------
    values : Series
        Index year.
    years : int

    Returns
    -------
    Series
        NaN where one of the years is missing.
    """
    full = values.reindex(range(int(values.index.min()), int(values.index.max()) + 1))
    return full.rolling(years, min_periods=years).mean().reindex(values.index)
