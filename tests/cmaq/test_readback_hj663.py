"""Statistics of HJ 663 on hourly values of one local day."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenair.cmaq import readback

#: A day worked by hand: hours 00-23 local; its 17 windows end at 08 to 24.
DAY = np.array(
    [20] * 8 + [40, 60, 80, 100, 120, 140, 160, 180, 170, 150, 120, 90, 60, 40, 30, 20.0]
)
WINDOWS = [
    20, 22.5, 27.5, 35, 45, 57.5, 72.5, 90, 110, 126.25, 137.5, 142.5, 141.25, 133.75, 121.25,
    105, 85,
]  # fmt: skip


def test_mda8_of_the_worked_day():
    assert readback.mda8(DAY) == 142.5
    means = [DAY[k : k + 8].mean() for k in range(17)]
    np.testing.assert_allclose(means, WINDOWS)


def test_mda8_with_three_hours_missing():
    gap = DAY.copy()
    gap[[8, 9, 10]] = np.nan
    # 11 of 17 windows: not a valid day, unless its maximum is above the limit
    assert np.isnan(readback.mda8(gap))
    assert readback.mda8(gap * 1.2) == pytest.approx(145.714285 * 1.2, rel=1e-6)


def test_mda8_takes_no_window_of_the_day_before_and_none_of_the_next():
    spike = np.full(24, 30.0)
    spike[0] = 800.0
    assert readback.mda8(spike) == pytest.approx((7 * 30 + 800) / 8)
    spike = np.full(24, 30.0)
    spike[23] = 800.0
    assert readback.mda8(spike) == pytest.approx((7 * 30 + 800) / 8)


@given(st.lists(st.floats(0, 400), min_size=24, max_size=24))
def test_mda8_lies_between_daily_mean_and_maximum_and_below_24_windows(values):
    day = np.array(values)
    got = float(readback.mda8(day))
    assert got <= day.max() + 1e-9
    # the three disjoint windows 00-08, 08-16, 16-24 average to the daily mean
    assert got >= day.mean() - 1e-9
    # hr2day's 24 windows run into the next day: never less than HJ 663's 17
    two_days = np.concatenate([day, day])
    assert got <= max(two_days[k : k + 8].mean() for k in range(24)) + 1e-9


def test_daily_mean_needs_20_hours():
    day = np.ones(24)
    day[:4] = np.nan
    assert readback.daily_mean(day) == 1
    day[4] = np.nan
    assert np.isnan(readback.daily_mean(day))


def test_percentile_is_hj_663():
    # 365 days 1..365: rank 1 + 364 * 0.9 = 328.6
    assert readback.percentile(np.arange(1.0, 366)[:, None], 0.9) == pytest.approx([328.6])
    assert np.isnan(readback.percentile(np.full((5, 1), np.nan), 0.9)).all()
