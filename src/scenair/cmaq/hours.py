"""Months to hourly records: local calendar and clock, UTC files, exact by the trapezoid.

CMAQ interpolates linearly between hourly records, so what it emits over a span is the trapezoid of
the records. A record at UTC time t of month m is ``amplitude_m x w(t)``, with w the product of the
day-class and the hour weight at local time t + 8 h. The record at 00Z of the first day of a month
belongs to both months (record 25 of the last day is record 1 of the next); it takes the smaller of
the two months' rates, and the amplitude of the month is chosen so that the trapezoid over the
month's UTC span is the month's mass exactly and nothing is negative:

    3600 [ B_m / 2 + A_m (S_m - w_m0) + B_(m+1) / 2 ] = M_m,
    B_m = w_m0 min(M_(m-1) / S_(m-1), M_m / S_m) / 3600,   S_m = sum of w over the month.

December and January of one year meet each other (the file of a year knows no other year).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from scenair.core.errors import InputError
from scenair.core.periods import days_in_months

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

Array = npt.NDArray[np.float64]

#: China uses one civil time from Fuyuan to Kashgar.
UTC_OFFSET_HOURS: Final = 8
SECONDS_PER_HOUR: Final = 3600.0
#: Records of a UTC day file: 00Z to 24Z.
RECORDS: Final = 25
DAY_CLASSES: Final = ("weekday", "saturday", "sunday", "holiday")


def day_class(date: dt.date, calendar: Mapping[dt.date, str]) -> str:
    """Class of a local date.

    Parameters
    ----------
    date : date
        Local calendar date.
    calendar : mapping
        Date -> ``holiday`` or ``workday`` (a make-up working day counts as a weekday).
    """
    special = calendar.get(date)
    if special == "holiday":
        return "holiday"
    if special == "workday" or date.weekday() < 5:
        return "weekday"
    return "saturday" if date.weekday() == 5 else "sunday"


@dataclass(frozen=True)
class Profiles:
    """Weights by sector.

    Attributes
    ----------
    hour : array (sectors, day classes, 24)
        Local hour; mean 1 over the hours of a weekday.
    week : array (sectors, day classes)
        Relative to a weekday.
    """

    hour: Array
    week: Array


def build_profiles(
    *, hours: pd.DataFrame, week: pd.DataFrame, profiles: pd.DataFrame, sectors: Sequence[str]
) -> Profiles:
    """Profiles of the sectors from their tables.

    Parameters
    ----------
    hours : DataFrame
        Columns profile, day_class (``*`` for those not named), hour (local), value.
    week : DataFrame
        Columns profile, day_class, value.
    profiles : DataFrame
        Columns sector, kind (``hours`` or ``week``), value (the profile's name).

    Raises
    ------
    InputError
        Missing profile, day class or hour; negative weights.
    """
    name = {(str(r.sector), str(r.kind)): str(r.value) for r in profiles.itertuples()}
    clock = np.empty((len(sectors), len(DAY_CLASSES), 24))
    relative = np.empty((len(sectors), len(DAY_CLASSES)))
    by_hour = {
        (str(p), str(c)): group.sort_values("hour")["value"].to_numpy(dtype=np.float64)
        for (p, c), group in hours.groupby(["profile", "day_class"])
    }
    by_week = {(str(r.profile), str(r.day_class)): float(r.value) for r in week.itertuples()}  # type: ignore[arg-type]
    for i, sector in enumerate(sectors):
        for j, kind in enumerate(DAY_CLASSES):
            key = name.get((sector, "hours"), "")
            weights = by_hour.get((key, kind), by_hour.get((key, "*")))
            day = by_week.get((name.get((sector, "week"), ""), kind))
            if weights is None or day is None or len(weights) != 24:
                raise InputError(
                    "no temporal profile of 24 hours and four day classes",
                    where=f"cmaq/temporal_*.csv, sector {sector}, day class {kind}",
                    value=key,
                    remedy="name existing profiles in cmaq/temporal_profiles.csv",
                )
            if (weights < 0).any() or weights.sum() <= 0 or day < 0:
                raise InputError(
                    "a temporal profile with negative weights or without any",
                    where=f"cmaq/temporal_*.csv, sector {sector}, day class {kind}",
                )
            clock[i, j] = weights / weights.mean()
            relative[i, j] = day
    return Profiles(hour=clock, week=relative)


def month_weights(
    profiles: Profiles, *, year: int, month: int, calendar: Mapping[dt.date, str]
) -> Array:
    """Weights w (sectors, 24 x days + 1) of the records of a UTC month, the last one included.

    The last column is 00Z of the first day after the month, weighted by its own local day.
    """
    days = int(days_in_months(year)[month - 1])
    start = dt.datetime(year, month, 1)  # noqa: DTZ001 - UTC by convention of the files
    utc = np.arange(24 * days + 1)
    local = utc + UTC_OFFSET_HOURS
    first = start.date()
    classes = np.array(
        [
            DAY_CLASSES.index(day_class(first + dt.timedelta(days=d), calendar))
            for d in range(days + 2)
        ]
    )
    kind = classes[local // 24]
    return np.asarray(profiles.week[:, kind] * profiles.hour[:, kind, local % 24])


@dataclass(frozen=True)
class MonthRates:
    """What turns the weights of a month into rates, for any set of cells.

    Attributes
    ----------
    amplitude : array (sectors, ..., cells)
        kg s-1 at weight 1.
    first, last : array (sectors, ..., cells)
        kg s-1 of the records at the month's first and last instant.
    weights : array (sectors, 24 x days + 1)
    """

    amplitude: Array
    first: Array
    last: Array
    weights: Array

    def mass(self, *, start: int = 0, stop: int | None = None) -> Array:
        """Trapezoid of the records from ``start`` to ``stop`` (indices of weights), kg."""
        end = self.weights.shape[1] - 1
        stop = end if stop is None else stop
        w = self.weights.copy()
        w[:, 0] = w[:, end] = 0.0
        factor = np.zeros(self.weights.shape[1])
        factor[start : stop + 1] = 1.0
        factor[[start, stop]] -= 0.5
        shape = (-1, *([1] * (self.amplitude.ndim - 1)))
        total = self.amplitude * (w @ factor).reshape(shape)
        total = total + factor[0] * self.first + factor[end] * self.last
        return np.asarray(total * SECONDS_PER_HOUR)


def month_rates(
    before: Array, mass: Array, after: Array, *, weights: tuple[Array, Array, Array]
) -> MonthRates:
    """Amplitude and boundary records of a month.

    Parameters
    ----------
    before, mass, after : array (sectors, ..., cells)
        kg in the month before, the month and the month after.
    weights : tuple of array
        :func:`month_weights` of the three months.
    """
    shape = (-1, *([1] * (mass.ndim - 1)))

    def rate(kg: Array, w: Array) -> Array:
        total = w[:, :-1].sum(axis=1)
        return np.asarray(kg / (SECONDS_PER_HOUR * total).reshape(shape))

    w = weights[1]
    here = rate(mass, w)
    first = w[:, 0].reshape(shape) * np.minimum(rate(before, weights[0]), here)
    last = w[:, -1].reshape(shape) * np.minimum(here, rate(after, weights[2]))
    inner = (w[:, :-1].sum(axis=1) - w[:, 0]).reshape(shape)
    amplitude = (mass / SECONDS_PER_HOUR - (first + last) / 2) / inner
    return MonthRates(amplitude=amplitude, first=first, last=last, weights=w)
