"""Sulphur and ash balances, the imputation chain, reconciliation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scenair.core.errors import InputError
from scenair.core.io.tables import read_table
from scenair.inventory import combustion


@pytest.fixture(scope="module")
def parameters() -> pd.DataFrame:
    return read_table("inventory/combustion.csv")


def boiler(**change: object) -> pd.DataFrame:
    unit = {
        "plant": "A", "city": 130200, "province": 130000, "fuel_use": 1000.0, "sulfur": 1.0,
        "ash": 20.0, "heat_value": 20.9, "boiler": "pulverised", "dust_control": "none",
        "so2_control": "none", "nox_control": "none", "operation": 1.0,
    }  # fmt: skip
    return pd.DataFrame([unit | change])


def test_uncontrolled_boiler_by_hand(parameters: pd.DataFrame) -> None:
    out = combustion.unit_emissions(boiler(), parameters).iloc[0]
    # 1000 t x 1 % S x 64.0638/32.06 x (1 - 0.15)
    assert out["SO2"] == pytest.approx(1000 * 0.01 * 1.998247 * 0.85, rel=1e-6)
    # 1000 t x 20 % ash x 75 % fly x 6 % (23 %)
    assert out["PM25"] == pytest.approx(9.0)
    assert out["PM10"] == pytest.approx(34.5)
    # 94.6 kg CO2 a GJ, 98 % oxidised
    assert out["CO2"] == pytest.approx(1000 * 20.9 * 0.0946 * 0.98, rel=2e-4)


def test_controls_multiply(parameters: pd.DataFrame) -> None:
    raw = combustion.unit_emissions(boiler(), parameters).iloc[0]
    clean = combustion.unit_emissions(
        boiler(dust_control="esp", so2_control="wet_fgd", nox_control="scr"), parameters
    ).iloc[0]
    assert clean["SO2"] / raw["SO2"] == pytest.approx(0.05)
    assert clean["NOx"] / raw["NOx"] == pytest.approx(0.20)
    # ESP 96 %, and half of what is left goes with the scrubber
    assert clean["PM25"] / raw["PM25"] == pytest.approx(0.04 * 0.5)
    assert clean["CO2"] == raw["CO2"]
    half = combustion.unit_emissions(boiler(so2_control="wet_fgd", operation=0.5), parameters).iloc[
        0
    ]
    assert half["SO2"] / raw["SO2"] == pytest.approx(1 - 0.95 * 0.5)


def test_sulphur_is_linear_and_conserved(parameters: pd.DataFrame) -> None:
    one = combustion.unit_emissions(boiler(), parameters)["SO2"].item()
    two = combustion.unit_emissions(boiler(sulfur=2.0), parameters)["SO2"].item()
    assert two == pytest.approx(2 * one)
    # no more sulphur leaves than came in
    assert one / combustion.SO2_OVER_S <= 1000 * 0.01


def test_imputation_chain() -> None:
    units = pd.DataFrame(
        {
            "plant": ["A", "A", "B", "C", "D"],
            "city": [1, 1, 1, 2, 3],
            "province": [10, 10, 10, 10, 20],
            "sulfur": [0.5, np.nan, np.nan, np.nan, np.nan],
            "boiler": ["grate", None, None, None, None],
        }
    )
    defaults = {
        "sulfur": 0.95, "ash": 22.0, "heat_value": 20.9, "operation": 0.95,
        "boiler": "pulverised", "dust_control": "esp", "so2_control": "none",
        "nox_control": "none",
    }  # fmt: skip
    out = combustion.impute(units, defaults)
    assert out["sulfur"].tolist() == [0.5, 0.5, 0.5, 0.5, 0.95]
    assert [combustion.CHAIN[i] for i in out["sulfur_from"]] == [
        "reported", "plant", "city median", "province mean", "national default",
    ]  # fmt: skip
    assert out["boiler"].tolist() == ["grate", "grate", "grate", "grate", "pulverised"]
    assert (out["ash_from"] == combustion.CHAIN.index("national default")).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fuel_use": -1.0}, "below zero"),
        ({"fuel_use": np.nan}, "missing"),
        ({"boiler": "steam engine"}, "unknown word for boiler"),
        ({"so2_control": "prayer"}, "unknown word for so2_control"),
    ],
)
def test_refusals(parameters: pd.DataFrame, change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        combustion.unit_emissions(boiler(**change), parameters)


def test_sulphur_as_a_fraction_of_a_hundred() -> None:
    with pytest.raises(InputError, match="outside its range"):
        combustion.impute(boiler(sulfur=95.0), {})


def test_reconciliation() -> None:
    totals = pd.DataFrame({"province": [1, 2, 3], "value": [100.0, 100.0, 100.0]})
    points = pd.DataFrame({"province": [1, 1, 2, 3, 4], "value": [30.0, 50.0, 101.0, 150.0, 5.0]})
    out = combustion.reconcile(points, totals, keys=["province"]).set_index("province")
    assert out["residual"].tolist()[:3] == [20.0, 0.0, 0.0]
    assert out["status"].tolist() == ["residual", "scaled", "conflict", "no total"]
    assert out.loc[3, "points"] * out.loc[3, "scale"] == pytest.approx(100.0)
    closed = out["points"] * out["scale"] + out["residual"]
    np.testing.assert_allclose(closed.iloc[:3], 100.0)
