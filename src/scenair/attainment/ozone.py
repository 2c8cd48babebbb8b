"""Ozone response factors from daily model output: top days (EPA) and deciles (for a percentile).

Both are paired in space: the cell that holds the base maximum of a day gives the future value of
that day. Without biogenic VOC in the runs an ozone response is not to be trusted; that is checked
where the runs are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scenair.attainment.statistics.annual import percentile_hj663
from scenair.core.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True)
class OzoneResponse:
    """A response factor and what it rests on.

    Attributes
    ----------
    factor : float
        NaN where too few days qualify.
    n_days : int
    base, future : float
        Means over the days, unit of the input.
    """

    factor: float
    n_days: int
    base: float
    future: float


def paired_in_space(
    base: npt.NDArray[np.float64], future: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Base maximum of the array of cells on each day, and the future of the same cell.

    Parameters
    ----------
    base, future : ndarray (day, cell)
        MDA8 in the array of cells around a monitor.

    Raises
    ------
    InputError
        Other shapes or values that are no numbers.
    """
    if base.shape != future.shape or base.ndim != 2:
        raise InputError(
            "base and future days don't match",
            value=f"{base.shape} and {future.shape}",
            allowed="(day, cell), the same days and cells",
        )
    if not (np.isfinite(base).all() and np.isfinite(future).all()):
        raise InputError("model days with values that are no numbers")
    cell = base.argmax(axis=1)
    day = np.arange(len(base))
    return base[day, cell], future[day, cell]


def top_days(
    base: npt.NDArray[np.float64],
    future: npt.NDArray[np.float64],
    *,
    days: int = 10,
    threshold: float = 60.0,
    fewest: int = 5,
) -> OzoneResponse:
    """Response on the highest base days (EPA 2018: ten days of at least 60 ppb).

    Parameters
    ----------
    base, future : ndarray (day,)
        From :func:`paired_in_space`.
    days : int
        Days used: 10 (EPA), or a tenth of the year (37) for a limit on the 90th percentile.
    threshold : float
        Smallest base value, unit of the input (60 ppb, 100 ug m-3).
    fewest : int
        With fewer qualifying days there is no factor.
    """
    order = np.argsort(-base, kind="stable")[:days]
    order = order[base[order] >= threshold]
    if len(order) < fewest:
        return OzoneResponse(float("nan"), len(order), float("nan"), float("nan"))
    b, f = float(base[order].mean()), float(future[order].mean())
    return OzoneResponse(f / b, len(order), b, f)


def decile_factors(
    base: npt.NDArray[np.float64], future: npt.NDArray[np.float64], *, bins: int = 10
) -> npt.NDArray[np.float64]:
    """Response factor in each decile of the base days, lowest first.

    Days are ranked by base value and cut into ``bins`` groups of (nearly) equal size.
    """
    if len(base) < bins:
        raise InputError("too few days for deciles", value=len(base), allowed=f">= {bins}")
    groups = np.array_split(np.argsort(base, kind="stable"), bins)
    return np.array([future[g].mean() / base[g].mean() for g in groups])


def scale_by_decile(
    observed: npt.NDArray[np.float64], factors: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Observed days scaled with the factor of their own decile; NaN stays NaN."""
    out = np.full(observed.shape, np.nan)
    known = np.flatnonzero(np.isfinite(observed))
    groups = np.array_split(known[np.argsort(observed[known], kind="stable")], len(factors))
    for group, factor in zip(groups, factors, strict=True):
        out[group] = observed[group] * factor
    return out


def future_percentile(
    observed: npt.NDArray[np.float64],
    base: npt.NDArray[np.float64],
    future: npt.NDArray[np.float64],
    *,
    percent: float = 90.0,
) -> tuple[float, float]:
    """Percentile of the observed year, now and after decile scaling (respects the form P90).

    Parameters
    ----------
    observed : ndarray (day,)
        Observed MDA8.
    base, future : ndarray (day,)
        Model days, paired in space.

    Returns
    -------
    base_percentile, future_percentile : float
        Unit of ``observed``.
    """
    scaled = scale_by_decile(observed, decile_factors(base, future))
    return percentile_hj663(observed, percent), percentile_hj663(scaled, percent)
