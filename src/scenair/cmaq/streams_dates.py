"""Which UTC days are written, and which file serves which date.

A UTC day runs from 08:00 to 08:00 local time, so its records depend on the classes of two local
days. Within a month two UTC days with the same pair have the same records, except for the first
record of the month and the last one, which meet the neighbour month. One file a pair and one each
for the first and the last day therefore stand for the whole month exactly.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pandas as pd

from scenair.cmaq.hours import day_class
from scenair.core.errors import ConfigError
from scenair.core.periods import days_in_months

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WEDNESDAY = 2


def default_days(*, year: int, calendar: Mapping[dt.date, str]) -> tuple[dt.date, ...]:
    """The Wednesday nearest to the 15th of January and of July that is no holiday."""
    out = []
    for month in (1, 7):
        middle = dt.date(year, month, 15)
        near = sorted(
            (middle + dt.timedelta(days=d) for d in range(-14, 15)),
            key=lambda date: (abs((date - middle).days), date),
        )
        ordinary = (d for d in near if d.weekday() == _WEDNESDAY and calendar.get(d) != "holiday")
        out.append(next(ordinary))
    return tuple(out)


def named_days(days: Sequence[str], *, year: int) -> tuple[dt.date, ...]:
    """Days given as MM-DD.

    Raises
    ------
    ConfigError
        A 29th of February in a common year.
    """
    out = []
    for day in days:
        try:
            out.append(dt.date.fromisoformat(f"{year}-{day}"))
        except ValueError as error:
            raise ConfigError(
                "a day that the year does not have", where="cmaq.days", value=f"{year}-{day}"
            ) from error
    return tuple(out)


def date_range(start: dt.date, stop: dt.date) -> tuple[dt.date, ...]:
    """All days from ``start`` to ``stop``, both included.

    Raises
    ------
    ConfigError
        Where ``stop`` lies before ``start`` or in another year (a gridded file has one year).
    """
    if stop < start or stop.year != start.year:
        raise ConfigError(
            "a range of days in one year is expected",
            value=f"{start} to {stop}",
            remedy="give the first day, then the last, of the same year; one call a year",
        )
    return tuple(start + dt.timedelta(days=d) for d in range((stop - start).days + 1))


def representative_days(*, year: int, calendar: Mapping[dt.date, str]) -> pd.DataFrame:
    """The date mapping of a representative-day set.

    Returns
    -------
    DataFrame
        date, file_date (the day whose file serves), day_class (of the local days that the UTC day
        touches); one row for every day of the year. File and date are always of one month.
    """
    rows = []
    for month, length in enumerate(days_in_months(year), start=1):
        chosen: dict[tuple[str, ...], dt.date] = {}
        for day in range(1, int(length) + 1):
            date = dt.date(year, month, day)
            follows = date + dt.timedelta(days=1)
            pair = (day_class(date, calendar), day_class(follows, calendar))
            edge = {1: "first", int(length): "last"}.get(day, "")
            served = chosen.setdefault((*pair, edge), date)
            rows.append((date, served, "-".join(dict.fromkeys(pair))))
    return pd.DataFrame(rows, columns=["date", "file_date", "day_class"])
