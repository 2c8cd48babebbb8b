"""Response factors, design values, ozone days and performance statistics: vectors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenair.attainment.design import base_design_value, future_design_value
from scenair.attainment.ozone import (
    decile_factors,
    future_percentile,
    paired_in_space,
    scale_by_decile,
    top_days,
)
from scenair.attainment.performance import boylan_bounds, judge, statistics, taylor
from scenair.attainment.response import array_radius, at_cells, response_factor, species_response
from scenair.attainment.rounding import round_gb8170, truncate
from scenair.core.errors import InputError
from scenair.core.io.tables import read_table


@pytest.mark.parametrize(
    ("cell_km", "radius"), [(36, 0), (27, 0), (12, 1), (9, 1), (4, 4), (3, 6), (1, 19)]
)
def test_array_rule_is_in_km(cell_km: float, radius: int) -> None:
    assert array_radius(cell_km) == radius
    assert (2 * radius + 1) * cell_km <= 40


def test_array_mean() -> None:
    field = np.arange(20.0).reshape(4, 5)
    assert at_cells(field, np.array([6]), radius=0) == 6
    assert at_cells(field, np.array([6]), radius=1) == pytest.approx(field[0:3, 0:3].mean())
    assert at_cells(field, np.array([0]), radius=1) == pytest.approx(field[0:2, 0:2].mean())


def test_background_in_both_terms() -> None:
    base, future, b = np.array([40.0]), np.array([20.0]), np.array([10.0])
    assert response_factor(base, future, b) == 30 / 50
    assert response_factor(base, future, b, background_factor=0.5) == 25 / 45
    assert response_factor(base, future, b, background_factor=0) == 0.5
    with pytest.raises(InputError, match="not positive"):
        response_factor(base * 0, future, b * 0)


@given(st.floats(0.1, 300), st.floats(0, 50), st.floats(0, 3))
def test_factor_of_the_same_run_is_one_exactly(c: float, b: float, f: float) -> None:
    c_, b_ = np.array([c]), np.array([b])
    assert response_factor(c_, c_.copy(), b_, background_factor=f)[0] == 1.0


SPECIES = np.array(
    [
        [9, 16, 8, 14, 4, 6, 3],
        [8, 6, 4.5, 8, 2.5, 9, 2],
        [10, 3, 4.2, 7, 2, 5, 2],
        [8, 12, 6.5, 13, 3.5, 7, 3],
    ]
)
FACTORS = np.array(
    [
        [0.70, 0.85, 0.80, 0.75, 0.72, 0.95, 0.9],
        [0.68, 0.80, 0.75, 0.78, 0.75, 0.95, 0.9],
        [0.66, 0.78, 0.72, 0.80, 0.78, 0.95, 0.9],
        [0.69, 0.84, 0.79, 0.76, 0.73, 0.95, 0.9],
    ]
)


def test_species_form() -> None:
    observed = SPECIES.sum(axis=1)
    assert observed.tolist() == [60, 40, 33.2, 53]
    fraction = SPECIES / observed[:, None]
    quarters, annual = species_response(observed, fraction, FACTORS)
    np.testing.assert_allclose(quarters, [48.08, 32.08, 25.674, 42.52], rtol=1e-12)
    assert annual == pytest.approx(37.0885, abs=1e-10)
    with pytest.raises(InputError, match="sum to 1"):
        species_response(observed, fraction * 0.9, FACTORS)


def test_species_form_with_model_fractions_is_the_total_form() -> None:
    rng = np.random.default_rng(3)
    base, future = rng.uniform(1, 20, (4, 7)), rng.uniform(1, 20, (4, 7))
    fraction = base / base.sum(axis=1, keepdims=True)
    observed = np.array([80.0, 50, 40, 70])
    quarters, _ = species_response(observed, fraction, future / base)
    np.testing.assert_allclose(quarters, observed * future.sum(axis=1) / base.sum(axis=1))


def test_epa_ozone_example() -> None:
    base = np.array([98.3, 100.2, 91.6, 90.7])
    future = np.array([87.2, 82.4, 77.5, 81.1])
    rounded = round_gb8170([future.mean(), base.mean()], decimals=1)
    assert rounded.tolist() == [82.0, 95.2] or rounded.tolist() == [82.1, 95.2]
    plain = top_days(base, future, fewest=4)
    assert plain.factor == pytest.approx(0.86187, abs=5e-6)
    assert plain.n_days == 4
    # with the third day below the threshold
    kept = top_days(base[[0, 1, 3]], future[[0, 1, 3]], fewest=3)
    assert kept.factor == pytest.approx(0.867, abs=5e-4)
    assert future_design_value(102.0, 0.867) == pytest.approx(88.434)
    assert future_design_value(102.0, 0.867, truncated=True) == 88
    assert truncate(70.9) == 70


def test_ten_days() -> None:
    base = np.array([92.0, 88, 85, 84, 80, 78, 75, 72, 70, 66])
    future = np.array([80.0, 79, 77, 75, 74, 73, 70, 69, 68, 65])
    shuffled = np.random.default_rng(0).permutation(40)
    low = np.full(30, 55.0)
    b = np.concatenate([base, low])[shuffled]
    f = np.concatenate([future, low * 2])[shuffled]
    out = top_days(b, f)
    assert out.n_days == 10
    assert out.factor == pytest.approx(0.924051, abs=5e-7)
    assert future_design_value(74.3, out.factor) == pytest.approx(68.657, abs=5e-4)
    assert future_design_value(74.3, out.factor, truncated=True) == 68


def test_too_few_ozone_days_give_no_factor() -> None:
    out = top_days(np.array([70.0, 65, 62, 61, 40]), np.full(5, 50.0))
    assert np.isnan(out.factor)
    assert out.n_days == 4


def test_pairing_in_space_keeps_the_base_cell() -> None:
    base = np.array([[60.0, 80, 70], [90, 20, 30]])
    future = np.array([[99.0, 50, 99], [40, 99, 99]])
    b, f = paired_in_space(base, future)
    assert b.tolist() == [80, 90]
    assert f.tolist() == [50, 40]
    with pytest.raises(InputError, match="don't match"):
        paired_in_space(base, future[:, :2])
    with pytest.raises(InputError, match="no numbers"):
        paired_in_space(base, future * np.nan)


def test_decile_scaling_respects_the_percentile() -> None:
    """High days fall by 30 %, low days rise: P90 follows the high days, not the mean."""
    rng = np.random.default_rng(5)
    base = rng.uniform(40, 240, 365)
    future = np.where(base > 150, base * 0.7, base * 1.1)
    observed = rng.permutation(base * 1.2)
    before, after = future_percentile(observed, base, future)
    assert after / before == pytest.approx(0.7, abs=0.02)
    factors = decile_factors(base, future)
    assert factors[0] == pytest.approx(1.1)
    assert factors[-1] == pytest.approx(0.7)
    assert np.isnan(scale_by_decile(np.array([np.nan] + [1.0] * 20), factors)[0])
    with pytest.raises(InputError, match="deciles"):
        decile_factors(base[:5], future[:5])


def test_design_value_forms() -> None:
    """The published 24-hour example: three-year means 65.4, 58.7, 60.9."""
    annual = pd.Series([72.6, 60.5, 63.0, 52.5, 67.1], index=range(2001, 2006))
    means = annual.rolling(3).mean().dropna()
    assert round_gb8170(means, decimals=1).tolist() == [65.4, 58.7, 60.9]
    five = base_design_value(annual, base_year=2003, form="weighted5")
    assert five == pytest.approx(61.633, abs=5e-4)
    assert five == pytest.approx(means.mean())
    assert base_design_value(annual, base_year=2003, form="mean3") == pytest.approx(58.666667)
    assert base_design_value(annual, base_year=2003) == 63.0
    with pytest.raises(InputError, match="2000"):
        base_design_value(annual, base_year=2001, form="mean3")


def test_performance_statistics() -> None:
    s = statistics([30, 50, 80, 20, 60], [36, 45, 100, 15, 66])
    assert s["mb"] == pytest.approx(4.4)
    assert s["nmb"] == pytest.approx(9.1667, abs=5e-5)
    assert s["nme"] == pytest.approx(17.5)
    assert s["rmse"] == pytest.approx(10.217632, abs=5e-7)
    assert s["r"] == pytest.approx(0.977105, abs=5e-7)
    assert s["mfb"] == pytest.approx(2.166021, abs=5e-7)
    assert s["mfe"] == pytest.approx(17.805119, abs=5e-7)
    assert s["ioa_1981"] == pytest.approx(0.958578, abs=5e-7)
    assert s["fac2"] == 1
    # refined index: 1 - sum|M - O| / (2 sum|O - mean|) = 1 - 42 / 184... by hand
    o = np.array([30, 50, 80, 20, 60])
    assert s["ioa_2011"] == pytest.approx(1 - 42 / (2 * np.abs(o - o.mean()).sum()))


def test_a_perfect_model_and_missing_pairs() -> None:
    s = statistics([1, 2, np.nan, 4], [1, 2, 3, 4])
    assert s["n"] == 3
    assert s["nmb"] == s["rmse"] == 0
    assert s["ioa_1981"] == s["ioa_2011"] == 1
    with pytest.raises(InputError, match="too few"):
        statistics([1.0], [1.0])
    with pytest.raises(InputError, match="length"):
        statistics([1.0, 2], [1.0])


def test_benchmarks() -> None:
    table = read_table("attainment/benchmarks.csv")
    s = {"nmb": -12.0, "nme": 34.0, "r": 0.39}
    found = judge(s, table, item="PM25_24h", source="emery2017")
    assert found == {"nmb": "criteria", "nme": "goal", "r": "outside"}
    with pytest.raises(InputError, match="emery2017 PM25_24h"):
        judge(s, table, item="PM99", source="emery2017")
    far = boylan_bounds(200, 200)
    assert far["mfe_goal"] == pytest.approx(50)
    assert far["mfb_criteria"] == pytest.approx(60)


@given(st.lists(st.floats(1, 500), min_size=3, max_size=20, unique=True), st.floats(0.2, 3))
def test_taylor_law_of_cosines(values: list[float], scale: float) -> None:
    o = np.array(values)
    t = taylor(o, scale * o[::-1])
    law = 1 + t["std_ratio"] ** 2 - 2 * t["std_ratio"] * t["r"]
    assert t["centred_rmse"] ** 2 == pytest.approx(law, abs=1e-6)
