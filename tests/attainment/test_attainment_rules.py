"""Standards, rounding, reference state, AQI and indices against published and computed vectors."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenair.attainment.reference_state import (
    GAS_STP_TO_REFERENCE,
    particle_factor,
    state_of,
    ug_m3_per_ppb,
)
from scenair.attainment.rounding import attains, round_gb8170, truncate
from scenair.attainment.standards import find_limit, profile_in_force, profile_of_year
from scenair.attainment.statistics.aqi import composite_index, daily_aqi, iaqi, ranking
from scenair.core.errors import ConfigError, InputError
from scenair.core.io.tables import read_table


@pytest.fixture(scope="module")
def standards() -> pd.DataFrame:
    return read_table("attainment/standards.csv")


@pytest.fixture(scope="module")
def breakpoints() -> pd.DataFrame:
    return read_table("attainment/iaqi.csv")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (34.5, 34), (35.49, 35), (35.5, 36), (30.5, 30), (60.5, 60), (24.5, 24), (25.5, 26),
        (160.5, 160), (161.5, 162), (-0.5, 0),
    ],
)  # fmt: skip
def test_rounding_to_integer(value: float, expected: float) -> None:
    assert round_gb8170(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(4.05, 4.0), (4.15, 4.2), (2.25, 2.2), (2.35, 2.4)]
)
def test_rounding_to_one_place(value: float, expected: float) -> None:
    assert round_gb8170(value, decimals=1) == expected


@given(st.decimals(min_value=0, max_value=2000, places=3))
def test_rounding_equals_decimal(value: Decimal) -> None:
    expected = value.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    assert round_gb8170(float(value)) == float(expected)


def test_rounding_keeps_shape_and_missing() -> None:
    out = round_gb8170([[1.5, np.nan], [2.5, 3.2]])
    np.testing.assert_array_equal(out, [[2, np.nan], [2, 3]])


def test_truncation() -> None:
    assert truncate(70.9) == 70
    assert truncate(88.434) == 88


def test_attains_after_rounding() -> None:
    result = attains([30.5, 30.51, 25.5, np.nan], [30, 30, 25, 30], pollutant="PM25")
    assert result[:3].tolist() == [True, False, False]
    assert pd.isna(result[3])
    assert attains([4.05], 4.0, pollutant="CO").tolist() == [True]


@pytest.mark.parametrize(
    ("day", "profile"),
    [
        (date(2026, 2, 28), "gb3095-2012"),
        (date(2026, 3, 1), "gb3095-2026-transition"),
        (date(2030, 12, 31), "gb3095-2026-transition"),
        (date(2031, 1, 1), "gb3095-2026"),
    ],
)
def test_standard_by_date(standards: pd.DataFrame, day: date, profile: str) -> None:
    assert profile_in_force(standards, day) == profile


@pytest.mark.parametrize(
    ("year", "limit"), [(2015, 35), (2025, 35), (2026, 30), (2030, 30), (2031, 25), (2035, 25)]
)
def test_limit_of_year(standards: pd.DataFrame, year: int, limit: float) -> None:
    profile = profile_of_year(standards, year)
    found = find_limit(standards, profile, "PM25", "annual")
    assert found is not None
    assert found.value == limit
    ozone = find_limit(standards, profile, "O3", "mda8")
    assert ozone is not None
    assert ozone.value == 160


def test_unknown_standard_names_the_known(standards: pd.DataFrame) -> None:
    with pytest.raises(ConfigError, match="gb3095-2012"):
        profile_of_year(standards, 2020, standard="gb3095")
    assert find_limit(standards, "who-2021-aqg", "PM25", "annual").value == 5  # type: ignore[union-attr]
    assert find_limit(standards, "who-2021-it4", "CO", "24h") is None


def test_overlapping_standards_are_refused(standards: pd.DataFrame) -> None:
    broken = standards.assign(in_force_to="2099-12-31")
    with pytest.raises(InputError, match="not exactly one"):
        profile_in_force(broken, date(2032, 1, 1))


def test_reference_states() -> None:
    assert pytest.approx(0.916150, abs=5e-7) == GAS_STP_TO_REFERENCE
    assert ug_m3_per_ppb("O3") == pytest.approx(1.96195, abs=2e-4)
    assert ug_m3_per_ppb("O3", temperature_k=273.15) == pytest.approx(2.14152, abs=2e-4)
    assert ug_m3_per_ppb("NO2") == pytest.approx(1.88043, abs=1e-4)
    assert ug_m3_per_ppb("SO2") == pytest.approx(2.61864, abs=2e-4)
    assert ug_m3_per_ppb("CO") == pytest.approx(1.14489, abs=1e-4)
    assert 160 / ug_m3_per_ppb("O3") == pytest.approx(81.55, abs=0.01)
    assert particle_factor(298.15, 1013.25) == pytest.approx(GAS_STP_TO_REFERENCE)
    assert particle_factor(273.15, 650) == pytest.approx(650 / 1013.25)
    assert state_of(date(2018, 8, 31)) == "stp"
    assert state_of(date(2018, 9, 1)) == "cn2018"


@pytest.mark.parametrize(("t", "p"), [(25.0, 1013.0), (298.0, 101325.0), (np.nan, 1000.0)])
def test_celsius_and_pascal_are_refused(t: float, p: float) -> None:
    with pytest.raises(InputError, match="out of range"):
        particle_factor(t, p)


IAQI = [
    ("PM25", "24h", 36, 52, 52), ("PM25", "24h", 50, 69, 80), ("PM25", "24h", 60, 82, 100),
    ("PM25", "24h", 61, 83, 101), ("PM25", "24h", 75, 100, 114), ("PM25", "24h", 76, 102, 115),
    ("PM25", "24h", 115, 150, 150), ("PM25", "24h", 150, 200, 200), ("PM25", "24h", 250, 300, 300),
    ("PM25", "24h", 500, 500, 500), ("PM10", "24h", 120, 85, 100), ("PM10", "24h", 150, 100, 112),
    ("O3", "mda8", 161, 101, 101), ("O3", "mda8", 215, 150, 150), ("O3", "mda8", 300, 207, 207),
    ("SO2", "24h", 50, 50, 50), ("SO2", "24h", 100, 75, 75), ("SO2", "24h", 150, 100, 100),
    ("SO2", "24h", 151, 101, 101), ("NO2", "24h", 41, 52, 52), ("NO2", "24h", 100, 110, 110),
    ("CO", "24h", 0.9, 23, 23), ("CO", "24h", 2.1, 53, 53), ("CO", "24h", 4.0, 100, 100),
]  # fmt: skip


@pytest.mark.parametrize(("pollutant", "averaging", "c", "old", "new"), IAQI)
def test_iaqi(
    breakpoints: pd.DataFrame, pollutant: str, averaging: str, c: float, old: int, new: int
) -> None:
    for profile, expected in (("hj633-2012", old), ("hj633-2026", new)):
        found = iaqi(c, pollutant, averaging, breakpoints=breakpoints, profile=profile)
        assert found == expected, profile


def test_iaqi_edges(breakpoints: pd.DataFrame) -> None:
    new = {"breakpoints": breakpoints, "profile": "hj633-2026"}
    assert iaqi(60.5, "PM25", "24h", **new) == 100
    assert iaqi(900, "O3", "mda8", **new) == 300
    assert np.isnan(iaqi(900, "O3", "mda8", breakpoints=breakpoints, profile="hj633-2012"))
    assert iaqi(9000, "PM25", "24h", **new) == 500
    with pytest.raises(InputError, match="negative"):
        iaqi(-1, "PM25", "24h", **new)
    with pytest.raises(ConfigError, match="no break points"):
        iaqi(1, "NH3", "24h", **new)


@given(st.floats(0, 700), st.floats(0, 700))
def test_iaqi_never_falls(a: float, b: float) -> None:
    table = read_table("attainment/iaqi.csv")
    low, high = sorted((a, b))
    for profile in ("hj633-2012", "hj633-2026"):
        first, second = iaqi([low, high], "PM25", "24h", breakpoints=table, profile=profile)
        assert first <= second


def test_daily_aqi_primary_and_missing(breakpoints: pd.DataFrame) -> None:
    """Day 1: PM2.5 60 and O3 160 both give 100; day 2 lacks CO at 100, day 3 at 150."""
    day = {
        ("SO2", "24h"): [10, 10, 10],
        ("NO2", "24h"): [20, 20, 20],
        ("PM10", "24h"): [50, 50, 50],
        ("PM25", "24h"): [60, 60, 115],
        ("CO", "24h"): [0.5, np.nan, np.nan],
        ("O3", "mda8"): [160, 90, 90],
    }
    new = daily_aqi(day, breakpoints=breakpoints)
    assert new["aqi"].tolist()[0] == 100
    assert new["primary"].tolist() == ["PM25;O3", "", "PM25"]
    assert np.isnan(new["aqi"][1])
    assert new["aqi"][2] == 150
    assert new["level"].tolist() == [2, 0, 3]
    old = daily_aqi(day, breakpoints=breakpoints, profile="hj633-2012")
    assert old["aqi"].tolist() == [100, 82, 150]


def test_composite_index() -> None:
    value = {"SO2": 10, "NO2": 32, "PM10": 60, "PM25": 33, "CO": 1.2, "O3": 165}
    limits = {
        "2012": {"SO2": 60, "NO2": 40, "PM10": 70, "PM25": 35, "CO": 4, "O3": 160},
        "transition": {"SO2": 60, "NO2": 40, "PM10": 60, "PM25": 30, "CO": 4, "O3": 160},
        "2031": {"SO2": 20, "NO2": 30, "PM10": 50, "PM25": 25, "CO": 4, "O3": 160},
    }
    table = read_table("attainment/evaluation.csv")
    rows = table[(table["profile"] == "hj663-2026") & (table["quantity"] == "index_weight")]
    weights = dict(zip(rows["pollutant"], rows["value"], strict=True))
    for name, plain, weighted in (
        ("2012", 4.098, 7.815),
        ("transition", 4.398, 8.429),
        ("2031", 5.418, 10.156),
    ):
        assert composite_index(value, limits[name]) == pytest.approx(plain, abs=5e-4)
        found = composite_index(value, limits[name], weights=weights)
        assert found == pytest.approx(weighted, abs=5e-4)
    both = composite_index(value, limits["2012"], percentiles={"PM25": (90.0, 75.0)})
    assert both == pytest.approx(4.098 - 33 / 35 + 90 / 75, abs=5e-4)


def test_ranking_shares_ties() -> None:
    ranks = ranking(pd.Series({"a": 3.104, "b": 3.0, "c": 3.101}))
    assert ranks.to_dict() == {"a": 2, "b": 1, "c": 2}
