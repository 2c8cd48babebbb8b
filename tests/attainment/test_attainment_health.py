"""Health functions against published tables and hand-computed attribution."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenair.attainment.health import (
    age_groups,
    attributable_deaths,
    gemm,
    interval,
    interval_by_age,
    log_linear,
    tabulated,
    transferred_vsl,
)
from scenair.core.errors import InputError
from scenair.core.io.tables import read_table


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return read_table("attainment/gemm.csv")


@pytest.mark.parametrize(
    ("c", "rr"),
    [
        (5, 1.058689), (10, 1.118171), (25, 1.237257), (30, 1.273134), (35, 1.308554),
        (50, 1.412681), (75, 1.572589), (100, 1.703919), (2.4, 1.0), (0, 1.0),
    ],
)  # fmt: skip
def test_gemm_all_causes(table: pd.DataFrame, c: float, rr: float) -> None:
    assert gemm(table).relative_risk(c) == pytest.approx(rr, abs=5e-7)


@pytest.mark.parametrize(
    ("cause", "rr"),
    [
        ("IHD", 1.713076), ("stroke", 1.391059), ("COPD", 1.382538), ("lung_cancer", 1.447966),
        ("LRI", 2.172616),
    ],
)  # fmt: skip
def test_gemm_causes_at_35(table: pd.DataFrame, cause: str, rr: float) -> None:
    assert gemm(table, cause=cause).relative_risk(35) == pytest.approx(rr, abs=5e-7)


def test_gemm_interval_and_ages(table: pd.DataFrame) -> None:
    f = gemm(table)
    assert f.relative_risk(35, deviations=-1.96) == pytest.approx(1.2242, abs=5e-5)
    assert f.relative_risk(35, deviations=1.96) == pytest.approx(1.3987, abs=5e-5)
    assert gemm(table, age="25").theta == 0.1585
    assert gemm(table, cause="stroke", age="80").theta == 0.1368
    with pytest.raises(InputError, match="NCD\\+LRI all"):
        gemm(table, cause="flu")


def test_attribution_methods_differ(table: pd.DataFrame) -> None:
    """1e6 persons, 0.007, from 50 to 35 ug m-3."""
    f = gemm(table)
    p, y = [1e6], 0.007
    old, new = f.relative_risk([50.0]), f.relative_risk([35.0])
    paf = attributable_deaths(p, y, old, method="paf"), attributable_deaths(p, y, new, method="paf")
    assert paf[0][0] == pytest.approx(2044.88, abs=0.01)
    assert paf[1][0] == pytest.approx(1650.58, abs=0.01)
    fixed = [
        attributable_deaths(p, y, rr, base_risk=old, method="fixed_rate")[0] for rr in (old, new)
    ]
    assert fixed[0] - fixed[1] == pytest.approx(515.96, abs=0.01)
    central, low, high = interval(f, p, y, [50.0], [35.0])
    assert central == pytest.approx(515.96, abs=0.01)
    assert low < central < high
    with pytest.raises(InputError, match="unknown attribution"):
        attributable_deaths(p, y, old, method="other")  # type: ignore[arg-type]


def test_pwrr_keeps_the_national_total(table: pd.DataFrame) -> None:
    """The rate of the domain is met: sum P (underlying) RR = y sum P."""
    p = np.array([1e6, 2e6, 5e5])
    rr = gemm(table).relative_risk([20.0, 60, 90])
    deaths = attributable_deaths(p, 0.008, rr)
    underlying = 0.008 * p / np.average(rr, weights=p)
    assert deaths.sum() + underlying.sum() == pytest.approx(0.008 * p.sum())


@given(st.floats(0, 200), st.floats(0, 200))
def test_risk_never_falls(a: float, b: float) -> None:
    f = gemm(read_table("attainment/gemm.csv"))
    low, high = sorted((a, b))
    assert 1 <= f.relative_risk(low) <= f.relative_risk(high)


def test_ozone_and_log_linear() -> None:
    params = read_table("attainment/health.csv").set_index("quantity")["value"]
    copd = {
        "rr": float(params["o3_copd_rr"]),
        "per": 10,
        "threshold": float(params["o3_copd_threshold"]),
    }
    assert log_linear(42.4, **copd) == pytest.approx(1.06)
    assert log_linear(50, **copd) == pytest.approx(1.107996, abs=5e-7)
    assert log_linear(20, **copd) == 1
    assert log_linear(15, rr=1.06, per=10, threshold=5) == pytest.approx(1.06)


def test_users_table() -> None:
    assert tabulated([15.0, 100], [10, 20], [1.1, 1.2]).tolist() == pytest.approx([1.15, 1.2])
    with pytest.raises(InputError, match="ascend"):
        tabulated([1.0], [2, 1], [1.1, 1.2])


def test_value_transfer() -> None:
    value = transferred_vsl(3.83, income=16, reference_income=38, elasticity=1.2)
    assert value == pytest.approx(1.356446, abs=5e-7)
    with pytest.raises(InputError, match="positive"):
        transferred_vsl(1, income=0, reference_income=1, elasticity=1)


def test_ages_add_up(table: pd.DataFrame) -> None:
    """Mean rate and people are kept; one age alone is the plain function of that age."""
    ages = read_table("attainment/age_structure.csv")
    groups = age_groups(table, ages, rate=0.0083)
    assert sum(g.share for g in groups) == pytest.approx(1)
    assert sum(g.share * g.rate for g in groups) == pytest.approx(0.0083)
    old = ages[(ages["quantity"] == "people") & (ages["age"] >= 60)]["value"].sum()
    assert old == pytest.approx(264.02)  # the published count of 60 and older
    one = age_groups(table, ages[ages["age"] == 60], rate=0.01)
    expected = interval(gemm(table, age="60"), [1e6], 0.01, [50.0], [35.0])
    assert interval_by_age(one, [1e6], [50.0], [35.0]) == pytest.approx(expected)
    many = interval_by_age(groups, [1e6], [50.0], [35.0])
    assert many[1] < many[0] < many[2]
    # the old die more and respond less: between the youngest and the oldest age alone
    youngest, oldest = (
        interval(gemm(table, age=a), [1e6], 0.0083, [50.0], [35.0])[0] for a in ("25", "80")
    )
    assert oldest < many[0] < youngest
    with pytest.raises(InputError, match="same ages"):
        age_groups(table, ages[ages["quantity"] == "people"], rate=0.01)
