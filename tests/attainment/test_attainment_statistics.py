"""Daily means, MDA8, percentiles and city values: vectors, properties and real stations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from scenair.attainment.statistics.annual import (
    annual_statistics,
    moving_average,
    percentile_hj663,
)
from scenair.attainment.statistics.city import city_daily, is_control
from scenair.attainment.statistics.daily import daily_mean, mda8
from scenair.core.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

DAY = [20.0] * 8 + [40, 60, 80, 100, 120, 140, 160, 180, 170, 150, 120, 90, 60, 40, 30, 20]


def hours(values: list[float], *, start: str = "2017-06-01") -> xr.DataArray:
    time = pd.date_range(start, periods=len(values), freq="h")
    return xr.DataArray(
        np.array(values, dtype=float)[:, None],
        dims=("time", "site"),
        coords={"time": time, "site": ["A"]},
        attrs={"units": "ug m-3"},
    )


def test_mda8_by_hand() -> None:
    out = mda8(hours([30.0] * 24 + DAY))
    assert out["value"].values[1, 0] == 142.5
    assert out["n_valid"].values[1, 0] == 17
    # the maximum covers hours 11 to 18 of the day
    assert out["first_hour"].values[1, 0] == 11


def test_mda8_needs_fourteen_windows_or_an_exceedance() -> None:
    gap = DAY.copy()
    gap[8:11] = [np.nan] * 3
    day = mda8(hours(gap), limit=160)
    assert day["n_valid"].item() == 11
    assert np.isnan(day["value"].item())
    high = mda8(hours(gap), limit=140)
    assert high["value"].item() == pytest.approx(145.714286, abs=1e-6)
    assert np.isnan(mda8(hours(gap), limit=None)["value"].item())


def test_conventions_look_at_other_hours() -> None:
    """Night ozone counts for the Chinese day and not for the US one."""
    two = hours([150.0] * 8 + [60.0] * 16 + [60.0] * 24)
    assert mda8(two)["value"].values[0, 0] == 150
    assert mda8(two, convention="us")["value"].values[0, 0] == 71.25
    assert mda8(two, convention="who")["value"].values[0, 0] == 150
    # the window that starts at 17:00 of the day before belongs to the European day only
    late = hours([60.0] * 17 + [200.0] * 7 + [200.0] + [60.0] * 23)
    assert mda8(late, convention="who")["value"].values[1, 0] == 200
    assert mda8(late, convention="who")["first_hour"].values[1, 0] == -7
    assert mda8(late)["value"].values[1, 0] == pytest.approx((200 + 7 * 60) / 8)


@given(st.lists(st.one_of(st.floats(0, 400), st.just(float("nan"))), min_size=48, max_size=48))
def test_mda8_equals_the_plain_loop(values: list[float]) -> None:
    out = mda8(hours(values))
    for d in range(2):
        x = np.array(values[24 * d : 24 * d + 24])
        windows = []
        for s in range(17):
            w = x[s : s + 8]
            if np.isfinite(w).sum() >= 6:
                windows.append(np.nanmean(w))
        ok = len(windows) >= 14 or (windows and max(windows) > 160)
        found = out["value"].values[d, 0]
        assert out["n_valid"].values[d, 0] == len(windows)
        if ok:
            assert found == pytest.approx(max(windows), rel=1e-12)
        else:
            assert np.isnan(found)


def test_mda8_of_dask_equals_numpy() -> None:
    rng = np.random.default_rng(1)
    array = xr.DataArray(
        rng.uniform(0, 300, (24 * 5, 7)),
        dims=("time", "site"),
        coords={"time": pd.date_range("2017-01-01", periods=120, freq="h"), "site": range(7)},
    )
    lazy = mda8(array.chunk({"site": 3}))
    assert lazy["value"].chunks is not None
    xr.testing.assert_identical(lazy.compute(), mda8(array))


def test_daily_mean_needs_twenty_hours() -> None:
    values = np.arange(48.0)
    values[:5] = np.nan
    values[24:28] = np.nan
    out = daily_mean(hours(list(values)))
    assert np.isnan(out["value"].values[0, 0])
    assert out["value"].values[1, 0] == np.arange(28, 48).mean()
    assert out["n_valid"].values[:, 0].tolist() == [19, 20]


@pytest.mark.parametrize("fault", ["gap", "twice", "part", "shift"])
def test_time_axis_is_checked(fault: str) -> None:
    full = hours([1.0] * 48)
    broken = {
        "gap": full.isel(time=[*range(10), *range(11, 48), 47]),
        "twice": full.isel(time=[*range(10), 9, *range(11, 48)]),
        "part": full.isel(time=slice(0, 30)),
        "shift": full.assign_coords(time=full["time"] + np.timedelta64(1, "h")),
    }[fault]
    with pytest.raises(InputError):
        mda8(broken)


def test_percentiles() -> None:
    ten = np.arange(1, 11)
    assert percentile_hj663(ten, 90) == pytest.approx(9.1)
    assert percentile_hj663(ten, 95) == pytest.approx(9.55)
    assert percentile_hj663([50, 60, 70, 80, 200], 90) == pytest.approx(152)
    assert percentile_hj663([5], 90) == 5
    for n, p90, p95, p98 in (
        (365, 328.6, 346.8, 357.72),
        (366, 329.5, 347.75, 358.7),
        (324, 291.7, 307.85, 317.54),
    ):
        x = np.arange(1, n + 1)
        for p, expected in ((90, p90), (95, p95), (98, p98)):
            assert percentile_hj663(x, p) == pytest.approx(expected, abs=1e-9)
    assert np.isnan(percentile_hj663([np.nan], 90))


def year_of(values: np.ndarray, year: int = 2015) -> xr.DataArray:
    days = pd.date_range(f"{year}-01-01", periods=len(values))
    return xr.DataArray(values[:, None], dims=("day", "site"), coords={"day": days, "site": ["A"]})


def test_annual_statistics_and_completeness() -> None:
    values = np.arange(1.0, 366.0)
    row = annual_statistics(year_of(values), percent=95, limit=300).loc["A"]
    assert row["mean"] == 183
    assert row["percentile"] == pytest.approx(346.8)
    assert row["days_over"] == 65
    assert row["valid"]
    short = annual_statistics(year_of(values[:300]), percent=95).loc["A"]
    assert not short["valid"]
    assert short["n_valid"] == 300
    assert "300 days of 324" in short["reason"]
    assert "month 11, 12" in short["reason"]
    february = values.copy()
    february[31:35] = np.nan
    assert "month 2" in annual_statistics(year_of(february), percent=95).loc["A", "reason"]
    february[34] = 1
    assert annual_statistics(year_of(february), percent=95).loc["A", "valid"]


def test_annual_statistics_refuse_two_years_and_doubles() -> None:
    with pytest.raises(InputError, match="one year"):
        annual_statistics(year_of(np.ones(400)), percent=95)
    twice = year_of(np.ones(3)).isel(day=[0, 1, 1])
    with pytest.raises(InputError, match="twice"):
        annual_statistics(twice, percent=95)


@given(st.lists(st.one_of(st.floats(0, 500), st.just(float("nan"))), min_size=1, max_size=365))
def test_column_percentile_equals_the_single_one(values: list[float]) -> None:
    row = annual_statistics(year_of(np.array(values)), percent=90).loc["A"]
    assert row["percentile"] == pytest.approx(percentile_hj663(values, 90), nan_ok=True)


def test_moving_average() -> None:
    series = pd.Series({2013: 80.0, 2014: 70.0, 2015: 60.0, 2017: 50.0})
    out = moving_average(series)
    assert out[2015] == 70
    assert np.isnan(out[2017])


def test_city_mean_leaves_the_control_site_out() -> None:
    assert is_control(pd.Series(["定陵(对照点)", "东四"])).tolist() == [True, False]
    stations = pd.DataFrame(
        {"city": ["北京"] * 5, "control": [False] * 4 + [True]}, index=list("abcde")
    )
    daily = xr.DataArray(
        [[10.0, 20, 30, 40, 1000], [10, 20, np.nan, np.nan, 1000]],
        dims=("day", "site"),
        coords={"day": pd.date_range("2015-01-01", periods=2), "site": list("abcde")},
    )
    out = city_daily(daily, stations)
    assert out["value"].values[0, 0] == 25
    assert np.isnan(out["value"].values[1, 0])  # two of four sites
    assert city_daily(daily, stations, site_share=0)["value"].values[1, 0] == 15
    with pytest.raises(InputError, match="without a city"):
        city_daily(daily, stations.drop("a"))
    with pytest.raises(InputError, match="control sites only"):
        city_daily(daily.isel(site=[4]), stations)


@pytest.mark.realdata
def test_beijing_2014_to_2016(realdata: Path) -> None:
    """Figures computed once with an independent script (control site out, 17 windows, >= 14)."""
    folder = realdata / "observations"
    raw = pd.read_csv(
        folder / "beijing_12stations_hourly_20130301_20170228.csv.gz", parse_dates=["time"]
    )
    stations = pd.read_csv(folder / "beijing_12stations.csv").set_index("station")
    table = pd.DataFrame({"city": "Beijing", "control": stations["control_site"].astype(bool)})
    expected = {
        2014: (363, 85.405, 223.659, 360, 197.290, 73),
        2015: (363, 80.653, 230.411, 363, 200.951, 69),
        2016: (364, 73.009, 197.925, 364, 198.845, 70),
    }
    for year, (n_pm, mean, p95, n_o3, p90, over) in expected.items():
        part = raw[raw["time"].dt.year == year]
        time = pd.date_range(f"{year}-01-01", f"{year}-12-31 23:00", freq="h")
        arrays = {}
        for name in ("PM2.5", "O3"):
            wide = part.pivot_table(index="time", columns="station", values=name).reindex(time)
            arrays[name] = xr.DataArray(
                wide.to_numpy(),
                dims=("time", "site"),
                coords={"time": time, "site": wide.columns.to_numpy(str)},
            )
        pm = city_daily(daily_mean(arrays["PM2.5"])["value"], table, site_share=0)["value"]
        o3 = city_daily(mda8(arrays["O3"])["value"], table, site_share=0)["value"]
        row = annual_statistics(pm.rename(city="site"), percent=95).iloc[0]
        ozone = annual_statistics(o3.rename(city="site"), percent=90, limit=160).iloc[0]
        assert row["n_valid"] == n_pm
        assert row["mean"] == pytest.approx(mean, abs=1e-3)
        assert row["percentile"] == pytest.approx(p95, abs=1e-3)
        assert ozone["n_valid"] == n_o3
        assert ozone["percentile"] == pytest.approx(p90, abs=1e-3)
        assert ozone["days_over"] == over
