"""Ownership, survival, standards, corrections, counties."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenair.core.errors import InputError
from scenair.core.io.netcdf import write_netcdf
from scenair.core.io.tables import read_table
from scenair.core.regions import adcodes
from scenair.inventory import outputs
from scenair.inventory import vehicles as v
from scenair.inventory.estimate import Estimate
from scenair.inventory.io import build_vehicles

STARTS = {"I": 2000, "II": 2005, "III": 2008, "IV": 2011, "V": 2017}


@pytest.fixture(scope="module")
def factors() -> pd.DataFrame:
    return read_table("inventory/vehicle_factors.csv")


@pytest.fixture(scope="module")
def corrections() -> pd.DataFrame:
    return read_table("inventory/vehicle_corrections.csv")


def test_gompertz_is_fitted_back() -> None:
    income = np.linspace(1, 20, 12)
    curve = v.gompertz(income, saturation=400, alpha=-5.0, beta=-0.2)
    alpha, beta = v.fit_gompertz(income, curve, saturation=400)
    assert (alpha, beta) == (pytest.approx(-5.0), pytest.approx(-0.2))
    with pytest.raises(InputError, match="Gompertz"):
        v.fit_gompertz(income, curve + 400, saturation=400)
    with pytest.raises(ValueError, match="saturation"):
        v.gompertz(income, saturation=400, alpha=1.0, beta=-0.2)


def test_weibull_by_hand() -> None:
    np.testing.assert_allclose(
        v.survival(np.array([0.0, 10.0, 20.0]), lifetime=10, shape=2), [1, np.exp(-1), np.exp(-4)]
    )


@given(st.lists(st.floats(min_value=1.0, max_value=1e6), min_size=2, max_size=12))
def test_stock_is_conserved(totals: list[float]) -> None:
    series = pd.Series(totals, index=range(2010, 2010 + len(totals)))
    fleet = v.turnover(series, lifetime=14, shape=4)
    np.testing.assert_allclose(fleet.stock.sum(axis=1), totals, rtol=1e-9)
    assert (fleet.stock >= 0).all()
    assert (fleet.sales >= 0).all()
    change = np.diff(fleet.stock.sum(axis=1))
    np.testing.assert_allclose(
        change, fleet.sales[1:] - fleet.scrapped[1:], rtol=1e-9, atol=1e-6 * max(totals)
    )


def test_standards_by_registration() -> None:
    assert v.standard_of([1995, 2000, 2004, 2010, 2030], STARTS) == ["PRE", "I", "I", "III", "V"]
    shares = v.standard_shares(pd.Series([1.0, 3.0], index=[1999, 2017]), STARTS)
    assert shares["PRE"] == 0.25
    assert shares["V"] == 0.75
    assert shares.sum() == pytest.approx(1.0)
    with pytest.raises(InputError, match="wrong order"):
        v.standard_of([2000], {"I": 2005, "II": 2000})


def test_fleet_mean_by_hand(factors: pd.DataFrame, corrections: pd.DataFrame) -> None:
    shares = pd.Series(0.0, index=list(v.STANDARDS))
    shares[["III", "IV"]] = 0.5
    options = {"vehicle_class": "car_small", "fuel": "gasoline", "species": "NOx"}
    # 30 km/h and 50 % lie in no row of speed, 50 % in the dry row no more
    base = v.fleet_factor(factors, corrections, shares, at=v.Conditions(), **options)
    assert base == pytest.approx((0.100 + 0.032) / 2)
    cold_plateau = v.Conditions(temperature=0, altitude=3600, humidity=30)
    high = v.fleet_factor(factors, corrections, shares, at=cold_plateau, **options)
    assert high / base == pytest.approx(1.15 * 3.15 * 1.06)


def test_class_rows_go_before_common_ones(corrections: pd.DataFrame) -> None:
    cold = v.Conditions(temperature=0)
    bus = v.correction(
        corrections, vehicle_class="bus_large", fuel="diesel", species="PM25", at=cold
    )
    truck = v.correction(
        corrections, vehicle_class="truck_heavy", fuel="diesel", species="PM25", at=cold
    )
    assert (bus, truck) == (1.87, 1.70)


@pytest.mark.parametrize(
    ("load", "expected"), [(0, 0.83), (50, 1.0), (60, 1.09), (75, 1.21), (100, 1.43)]
)
def test_load(corrections: pd.DataFrame, load: float, expected: float) -> None:
    at = v.Conditions(load=load)
    assert v.correction(
        corrections, vehicle_class="truck_heavy", fuel="diesel", species="NOx", at=at
    ) == pytest.approx(expected)


def test_later_standards_are_cleaner(factors: pd.DataFrame) -> None:
    table = factors.pivot_table(
        index=["vehicle_class", "fuel", "species"], columns="standard", values="value"
    )
    assert (table["VI"] <= table["V"]).all()
    assert (table["V"] < table["PRE"]).all()


def test_missing_factor(factors: pd.DataFrame, corrections: pd.DataFrame) -> None:
    shares = pd.Series({"III": 1.0})
    with pytest.raises(InputError, match="without a factor"):
        v.fleet_factor(
            factors, corrections, shares, vehicle_class="tram", fuel="gasoline", species="CO",
            at=v.Conditions(),
        )  # fmt: skip


def test_counties_sum_to_the_province() -> None:
    census = pd.DataFrame(
        {"province": [1, 1, 2], "households_with_car": [10.0, 30.0, 5.0]}, index=[11, 12, 21]
    )
    cars = v.county_cars(census, pd.Series({1: 100.0, 2: 7.0}))
    assert cars.tolist() == [25.0, 75.0, 7.0]
    emission = v.county_emissions(cars, distance_km=10_000, factor=pd.Series(0.1, index=cars.index))
    assert emission[12] == pytest.approx(75 * 1e4 * 0.1 * 1e-6)
    with pytest.raises(InputError, match="province without"):
        v.county_cars(census, pd.Series({1: 100.0}))


def test_private_cars_of_the_country(
    tmp_path: Path, result_2017: Estimate, factors: pd.DataFrame
) -> None:
    """Counties sum to the registered vehicles; the model is of the size of the road sector."""
    write_netcdf(outputs.dataset(result_2017, cities=adcodes()), tmp_path / "y.nc", title="test")
    build_vehicles(
        year=2017,
        inventory=tmp_path / "y.nc",
        vehicles=tmp_path / "v.csv",
        comparison=tmp_path / "c.csv",
    )
    cars = pd.read_csv(tmp_path / "v.csv")
    # National Bureau of Statistics: 185.2 million private vehicles in 2017
    assert cars["cars"].sum() == pytest.approx(185.2e6, rel=2e-3)
    nation = pd.read_csv(tmp_path / "c.csv").query("province == 0").set_index("species")
    assert nation["ratio"].between(0.05, 5).all()
    # thin air: a car in Lhasa emits more NOx than one in Beijing
    per_car = cars.groupby("adcode")[["NOx", "cars"]].sum()
    per_car = per_car["NOx"] / per_car["cars"]
    assert per_car[540100] > 1.5 * per_car[110000]
