"""Probability, exposure, targets and SMAT-CE files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from scenair.attainment.allocation import equal_effort, least_cuts
from scenair.attainment.exposure import exposure_table, people_above
from scenair.attainment.io.smat import read_monitor_file, write_model_file, write_monitor_file
from scenair.attainment.probability import (
    Uncertainty,
    largest_attaining,
    probability,
    spread_of_years,
)
from scenair.attainment.rounding import attains
from scenair.attainment.statistics.aqi import heavy_episodes
from scenair.attainment.targets import (
    concentration_after,
    graded_targets,
    plan_against_observed,
    required_cut,
    rising,
    year_of_attainment,
)
from scenair.core.errors import InputError
from scenair.core.grids import CN36
from scenair.core.io.tables import read_table

if TYPE_CHECKING:
    from pathlib import Path

SIGMA = Uncertainty(response=0.25, meteorology=0.06, monitor=0.02)


def test_probability_by_hand() -> None:
    """At the bound itself the chance is one half; a sigma away it is 84 or 16 %."""
    assert probability(35.5, 0.5, 35, SIGMA) == pytest.approx(0.5)
    s = float(SIGMA.log_sigma(0.5))
    assert s == pytest.approx(np.sqrt((0.25 * np.log(2)) ** 2 + 0.06**2 + 0.02**2))
    assert probability(35.5 * np.exp(-s), 0.5, 35, SIGMA) == pytest.approx(0.841345, abs=1e-6)
    assert probability(35.5 * np.exp(s), 0.5, 35, SIGMA) == pytest.approx(0.158655, abs=1e-6)
    # an unchanged value carries no response error
    assert SIGMA.log_sigma(1.0) == pytest.approx(np.hypot(0.06, 0.02))
    assert np.isnan(probability(np.nan, 0.5, 35, SIGMA))
    assert largest_attaining(4.0, pollutant="CO") == pytest.approx(4.05)


@given(st.floats(1, 200), st.floats(0.2, 1.5), st.sampled_from([25.0, 30.0, 35.0]))
def test_without_uncertainty_probability_is_the_rule(c: float, rf: float, limit: float) -> None:
    sharp = probability([c], [rf], limit, Uncertainty(0, 0, 0))[0]
    assert sharp == float(attains([c], limit, pollutant="PM25")[0])
    wide = probability([c], [rf], limit, SIGMA)[0]
    assert 0 <= wide <= 1
    if abs(c - limit - 0.5) > 1e-6:
        assert (wide >= 0.5) == (c <= limit + 0.5)


def test_spread_of_years() -> None:
    years = np.arange(2010, 2020)
    trend = pd.Series(80 * np.exp(-0.05 * (years - 2010)), index=years)
    assert spread_of_years(trend) == pytest.approx(0, abs=1e-9)
    wave = trend * np.exp(0.1 * np.where(np.arange(10) % 2, 1, -1))
    assert spread_of_years(wave) == pytest.approx(0.11, abs=0.01)
    with pytest.raises(InputError, match="too few years"):
        spread_of_years(trend.iloc[:4])


def test_exposure_keeps_people() -> None:
    people = np.array([10.0, 20, 30, 40])
    base = np.array([12.0, 38, 61, np.nan])
    future = np.array([8.0, 22, 35, np.nan])
    table = exposure_table(people, base, future)
    assert table["people"].sum() == table["people_base"].sum() == 60
    row = table.set_index("lower")
    assert row.loc[35.0, "people"] == 30  # a value on a border belongs above
    assert row.loc[0.0, "share_above"] == 1
    assert row.loc[35.0, "share_above_base"] == pytest.approx(50 / 60)
    assert people_above(people, base, [35, 75]) == {35.0: 50.0, 75.0: 0.0}


MATRIX = np.array([[20.0, 5, 1], [4, 15, 2], [1, 3, 10]])


def test_scenario_to_concentration_and_back() -> None:
    base = np.array([50.0, 45, 30])
    out = concentration_after(base, MATRIX, np.array([0.5, 0.2, 0]))
    np.testing.assert_allclose(out, [39, 40, 28.9])
    with pytest.raises(InputError, match="outside 0-1"):
        concentration_after(base, MATRIX, np.array([1.5, 0, 0]))


def test_required_cut_meets_the_target_exactly() -> None:
    observed, target = np.array([60.0, 30, 80]), np.array([35.0, 35, 5])
    c, b = np.array([45.0, 20, 60]), np.array([10.0, 10, 10])
    x = required_cut(observed, target, c, b)
    assert x[1] == 0
    assert observed[0] * ((1 - x[0]) * c[0] + b[0]) / (c[0] + b[0]) == pytest.approx(35)
    assert x[2] > 1  # the background alone is above


def test_least_cuts_meet_targets_at_least_cost() -> None:
    excess = np.array([8.0, 5, 0])
    plan = least_cuts(excess, MATRIX, linked_share=0)
    assert (MATRIX @ plan.cut >= excess - 1e-6).all()
    assert plan.shortfall.max() == 0
    # never dearer than everyone cutting alike
    alike = (excess / MATRIX.sum(axis=1)).max()
    assert plan.cost <= 3 * alike + 1e-9
    # two receptors, both binding: the 2 x 2 system by hand
    expected = np.linalg.solve(MATRIX[:2, :2], excess[:2])
    np.testing.assert_allclose(plan.cut, [*expected, 0], atol=1e-6)


def test_out_of_reach_is_a_shortfall() -> None:
    plan = least_cuts(np.array([40.0, 0, 0]), MATRIX, steps=[(0.5, 1)], linked_share=0)
    assert plan.shortfall[0] == pytest.approx(40 - 13)
    np.testing.assert_allclose(plan.cut, 0.5, atol=1e-4)


def test_only_linked_sources_are_asked() -> None:
    """Source 2 gives receptor 0 under 1 % of what it gets: it is not asked to save it."""
    matrix = np.array([[10.0, 5, 0.1], [0.1, 6, 4]])
    plan = least_cuts(np.array([40.0, 0]), matrix, steps=[(0.9, 1)])
    assert plan.linked.tolist() == [[True, True, False], [False, False, False]]
    np.testing.assert_allclose(plan.cut, [0.9, 0.9, 0], atol=1e-5)
    assert plan.shortfall[0] == pytest.approx(40 - 13.5, abs=1e-4)
    nobody = least_cuts(np.array([-1.0, 0]), matrix)
    assert (nobody.cut == 0).all()
    assert nobody.cost == 0


def test_rising_costs_spread_the_effort() -> None:
    """Two alike sources: a flat price may take one alone, a rising one takes both alike."""
    matrix = np.array([[10.0, 10.0]])
    plan = least_cuts(np.array([6.0]), matrix, steps=[(0.3, 1), (0.9, 2)])
    np.testing.assert_allclose(plan.cut, [0.3, 0.3], atol=1e-6)
    assert plan.cost == pytest.approx(0.6)
    further = least_cuts(np.array([12.0]), matrix, steps=[(0.3, 1), (0.6, 2), (0.9, 4)])
    np.testing.assert_allclose(further.cut, [0.6, 0.6], atol=1e-6)
    for wrong in ([(0.6, 1), (0.3, 2)], [(0.3, 2), (0.6, 1)], [(1.2, 1)]):
        with pytest.raises(InputError, match="ascend"):
            least_cuts(np.array([6.0]), matrix, steps=wrong)
    np.testing.assert_allclose(equal_effort(np.array([6.0]), matrix, largest=0.9), [0.3])


def test_graded_targets() -> None:
    grades = read_table("attainment/target_grades.csv")
    observed = pd.Series({1: 30.0, 2: 36.0, 3: 80.0})
    target = graded_targets(observed, grades, base_year=2015, year=2025, limit=35)
    assert target[1] == 30
    assert target[2] == 35
    assert target[3] == pytest.approx(80 * 0.96**10)
    with pytest.raises(InputError, match="year"):
        graded_targets(observed, grades, base_year=2015, year=2010, limit=35)


def test_year_of_attainment_holds_to_the_end() -> None:
    """A drops once and rises again; B fails when the limit falls; C attains for good."""
    years = [2025, 2030, 2031, 2035]
    values = pd.DataFrame({"A": [30, 40, 26, 25], "B": [29, 28, 27, 26], "C": [40, 30, 25, 24]},
                          index=years)  # fmt: skip
    limits = pd.Series([35, 30, 25, 25], index=years)
    first = year_of_attainment(values.astype(float), limits)
    assert first["A"] == 2035
    assert pd.isna(first["B"])
    assert first["C"] == 2030
    up = rising(values, since=2025, until=2030)
    assert up.to_dict() == {"A": True, "B": False, "C": False}


def test_plan_against_observed() -> None:
    plan = pd.Series({2016: 70.0, 2017: 65.4, 2018: 60.0})
    out = plan_against_observed(plan, pd.Series({2016: 73.0, 2017: 65.45}))
    assert out["kept"].tolist()[:2] == [False, True]
    assert pd.isna(out["kept"][2018])
    assert out.loc[2016, "difference"] == 3


def test_heavy_episodes() -> None:
    days = pd.date_range("2015-12-01", periods=9)
    aqi = pd.Series([210.0, 190, 220, 260, 230, np.nan, 240, 250, 100], index=days)
    out = heavy_episodes(aqi)
    assert out["days"].tolist() == [3, 2]
    assert out["highest"].tolist() == [260, 250]
    assert out["start"].tolist() == [days[2], days[6]]
    assert heavy_episodes(aqi, shortest=1)["days"].sum() == 6


def daily() -> tuple[xr.DataArray, pd.DataFrame]:
    da = xr.DataArray(
        [[35.5, np.nan], [40.25, 12.0]],
        dims=("day", "site"),
        coords={"day": pd.date_range("2015-01-01", periods=2), "site": ["1001A", "1002A"]},
    )
    places = pd.DataFrame({"lon": [116.366, 116.17], "lat": [39.8673, 40.2865]}, da["site"].values)
    return da, places


def test_smat_monitor_round_trip(tmp_path: Path) -> None:
    da, places = daily()
    path = tmp_path / "smat.csv"
    assert write_monitor_file(da, places, path) == 3
    lines = path.read_text().splitlines()
    assert lines[:3] == [
        "Day",
        "_ID,_TYPE,LAT,LONG,DATE,PM25,EPA_FLAG,USER_FLAG",
        '"1001A","FRM",39.8673,116.366,20150101,35.5,0,0',
    ]
    ds, stations = read_monitor_file(path)
    xr.testing.assert_allclose(ds["PM25"].transpose("day", "site").drop_attrs(), da)
    assert stations.loc["1002A", "lat"] == 40.2865
    with pytest.raises(InputError, match="without coordinates"):
        write_monitor_file(da, places.iloc[:1], path)


def test_smat_reads_the_official_layout(tmp_path: Path) -> None:
    path = tmp_path / "official.csv"
    path.write_text(
        "Day\n_ID, _TYPE, LAT, LONG, DATE, PM25, 98_PERCENTILE, EPA_FLAG, COMPLETION_CODE\n"
        '"490","FRM",40.1,-111.2,20150101,12.5,0,0,2\n"490","FRM",40.1,-111.2,20150102,99,0,1,2\n'
    )
    ds, _ = read_monitor_file(path)
    assert ds["PM25"].values.ravel().tolist() == [12.5]  # the flagged day is left out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a daily monitor file"),
        ("Quarter\n_ID\n1\n", "not a daily monitor file"),
        ("Day\n_ID,LAT\n1,2\n", "columns missing.*_TYPE"),
        ("Day\n_ID,_TYPE,LAT,LONG,DATE,PM25\n1,F,1,2,2015x101,3\n", "can't be read"),
        ("Day\n_ID,_TYPE,LAT,LONG,DATE,PM25\n1,F,1,2,20150101,3\n1,F,9,2,20150102,3\n", "two pos"),
        ("Day\n_ID,_TYPE,LAT,LONG,DATE,PM25\n1,F,1,2,20150101,3\n1,F,1,2,20150101,4\n", "two val"),
    ],
)
def test_smat_faults(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        read_monitor_file(path)


def test_smat_model_file(tmp_path: Path) -> None:
    grid = CN36.nest(name="TINY", ratio=1, col0=80, row0=60, cols=3, rows=2)
    days = pd.date_range("2015-01-01", periods=2)
    field = np.arange(12.0).reshape(2, 2, 3)
    path = tmp_path / "model.csv"
    assert write_model_file({"PM25": field}, days, grid, path) == 12
    frame = pd.read_csv(path, skiprows=1)
    cell = frame[frame["_ID"] == 3002].set_index("DATE")["PM25"]  # column 3, row 2
    assert cell.to_dict() == {20150101: 5.0, 20150102: 11.0}
    lon, lat = grid.lonlat
    first = frame[frame["_ID"] == 1001].iloc[0]
    assert (first["LAT"], first["LONG"]) == pytest.approx((lat[0, 0], lon[0, 0]), abs=1e-5)
    with pytest.raises(InputError, match="another shape"):
        write_model_file({"PM25": field[:1]}, days, grid, path)
