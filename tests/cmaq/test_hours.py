"""Local clock to UTC records; the trapezoid of a month is its mass."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scenair.cmaq import hours
from scenair.cmaq.io_inputs import read_calendar
from scenair.core.errors import InputError
from scenair.core.io.tables import read_table
from scenair.core.periods import days_in_months
from scenair.core.sectors import SECTORS


def shipped():
    return hours.build_profiles(
        hours=read_table("cmaq/temporal_hours.csv"),
        week=read_table("cmaq/temporal_week.csv"),
        profiles=read_table("cmaq/temporal_profiles.csv"),
        sectors=SECTORS,
    )


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2017-01-18", "weekday"),
        ("2017-01-21", "saturday"),
        ("2017-01-22", "weekday"),  # a Sunday worked for the Spring Festival
        ("2017-01-27", "holiday"),
        ("2017-10-08", "holiday"),
        ("2017-10-15", "sunday"),
    ],
)
def test_day_classes_of_the_official_calendar(date, expected):
    assert hours.day_class(dt.date.fromisoformat(date), read_calendar(2017)) == expected


@pytest.mark.parametrize("year", range(2013, 2036))
def test_every_year_has_its_holidays(year):
    calendar = read_calendar(year)
    own = [d for d, kind in calendar.items() if d.year == year and kind == "holiday"]
    assert 11 <= len(own) <= 35
    assert dt.date(year, 10, 1) in own


def test_the_traffic_peak_is_at_seventeen_local_time():
    """17 h local (UTC+8) is 09Z, in Urumqi as in Beijing: one civil time."""
    weights = hours.month_weights(shipped(), year=2030, month=7, calendar={})
    i = SECTORS.index("on_road")
    day = weights[i, 24 * 16 : 24 * 17]
    local = (np.arange(24) + 8) % 24
    order = local[np.argsort(-day, kind="stable")]
    assert set(order[:2]) == {8, 17}


def test_weights_follow_the_local_day_not_the_utc_day():
    """16Z of Friday is Saturday 0 h in China."""
    profiles = hours.Profiles(hour=np.ones((1, 4, 24)), week=np.array([[1.0, 2.0, 3.0, 4.0]]))
    weights = hours.month_weights(profiles, year=2030, month=3, calendar={})[0]
    friday = dt.date(2030, 3, 1)
    assert friday.weekday() == 4
    assert weights[:16].tolist() == [1.0] * 16
    assert weights[16:40].tolist() == [2.0] * 24
    assert weights[40:64].tolist() == [3.0] * 24
    assert len(weights) == 24 * 31 + 1


def rates_of(year: int, masses: np.ndarray):
    """Rates of all months; ``masses`` (sectors, months)."""
    profiles, calendar = shipped(), read_calendar(year)
    w = [hours.month_weights(profiles, year=year, month=m, calendar=calendar) for m in range(1, 13)]
    return [
        hours.month_rates(
            masses[:, [m - 1]],
            masses[:, [m]],
            masses[:, [(m + 1) % 12]],
            weights=(w[m - 1], w[m], w[(m + 1) % 12]),
        )
        for m in range(12)
    ]


def records(rates, time: int) -> np.ndarray:
    end = rates.weights.shape[1] - 1
    if time == 0:
        return rates.first
    if time == end:
        return rates.last
    return rates.amplitude * rates.weights[:, [time]]


@pytest.mark.parametrize("year", [2016, 2017])
def test_months_close_by_the_trapezoid_of_their_day_files(year):
    masses = np.random.default_rng(3).lognormal(0, 1, (len(SECTORS), 12)) * 1e6
    for m, rates in enumerate(rates_of(year, masses)):
        days = int(days_in_months(year)[m])
        total = 0.0
        for day in range(days):
            r = np.hstack([records(rates, 24 * day + h) for h in range(25)])
            total = total + np.trapezoid(r, dx=3600.0, axis=1)
        assert total == pytest.approx(masses[:, m], rel=1e-12)
        assert rates.mass()[:, 0] == pytest.approx(masses[:, m], rel=1e-12)


def test_record_25_is_record_1_of_the_next_month():
    masses = np.random.default_rng(4).lognormal(0, 2, (len(SECTORS), 12))
    months = rates_of(2020, masses)
    for m in range(12):
        assert months[m].last == pytest.approx(months[(m + 1) % 12].first, rel=1e-14)


def test_a_month_without_emission_stays_without():
    masses = np.ones((len(SECTORS), 12))
    masses[:, 5] = 0.0
    june = rates_of(2019, masses)[5]
    for field in (june.amplitude, june.first, june.last):
        assert not field.any()


@given(hnp.arrays(np.float64, (len(SECTORS), 12), elements=st.floats(0, 1e9)))
def test_nothing_is_ever_negative(masses):
    for rates in rates_of(2024, masses)[:3]:
        assert rates.amplitude.min() >= 0
        assert rates.first.min() >= 0
        assert rates.last.min() >= 0


def test_day_masses_sum_to_the_month():
    masses = np.random.default_rng(5).lognormal(0, 1, (len(SECTORS), 12))
    rates = rates_of(2016, masses)[1]
    days = [rates.mass(start=24 * d, stop=24 * d + 24)[:, 0] for d in range(29)]
    assert np.sum(days, axis=0) == pytest.approx(masses[:, 1], rel=1e-12)


def test_profiles_are_normalised_and_checked():
    table = read_table("cmaq/temporal_hours.csv")
    assert shipped().hour.mean(axis=2) == pytest.approx(np.ones((len(SECTORS), 4)), rel=1e-12)
    short = table[~((table["profile"] == "traffic") & (table["hour"] == 3))]
    with pytest.raises(InputError, match="24 hours"):
        hours.build_profiles(
            hours=short,
            week=read_table("cmaq/temporal_week.csv"),
            profiles=read_table("cmaq/temporal_profiles.csv"),
            sectors=SECTORS,
        )
    wrong = table.copy()
    wrong.loc[wrong["profile"] == "power", "value"] = -1.0
    with pytest.raises(InputError, match="negative"):
        hours.build_profiles(
            hours=wrong,
            week=read_table("cmaq/temporal_week.csv"),
            profiles=read_table("cmaq/temporal_profiles.csv"),
            sectors=SECTORS,
        )
