"""Nitric acid limited by radicals and by ozone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenair.surrogate.model import run_quarter
from scenair.surrogate.nitrogen import NitricAcid, night_ozone, nitric_acid


def _limits(par, *, warmth: float, temperature: float) -> NitricAcid:
    field = np.full((1, 1, 1), temperature)
    return nitric_acid(
        par,
        warmth=np.full((1, 1), warmth),
        temperature=field,
        pressure=np.full((1, 1, 1), 101_325.0),
        height=np.zeros((1, 1, 1)),
    )


@pytest.mark.parametrize("nox", [0.5, 5.0, 31.0, 200.0])
def test_night_ozone_is_the_mean_over_the_spread(nox, rng):
    """Against 4e6 draws of an exponential distribution."""
    draws = rng.exponential(nox, 4_000_000)
    expected = np.mean(draws * np.maximum(45.0 - draws, 0.0)) / nox
    assert night_ozone(np.array([nox]), 45.0)[0] == pytest.approx(expected, rel=5e-3)


@given(st.floats(1e-6, 1e6), st.floats(1.0001, 10.0))
def test_night_ozone_falls_with_nox(nox, more):
    low, high = night_ozone(np.array([nox]), 45.0)[0], night_ozone(np.array([nox * more]), 45.0)[0]
    assert 0 <= high <= low * (1 + 1e-9) <= 45.0 * (1 + 1e-6)


def test_series_meets_the_closed_form():
    n = np.array([45.0 / 0.9999e-3, 45.0 / 1.0001e-3])
    assert np.diff(night_ozone(n, 45.0))[0] == pytest.approx(0.0, abs=1e-5)


def test_no_more_acid_than_radicals(par):
    """By day alone, production approaches the supply of radicals and never passes it."""
    limits = replace(_limits(par, warmth=0.0, temperature=273.0), ozone=np.zeros((1, 1, 1)))
    nox = np.geomspace(0.1, 1e5, 40)
    made = [(limits.rate(np.full((1, 1, 1), n)) * n * limits.ppb).item() for n in nox]
    supply = limits.supply.item()
    # 0.5 ppb h-1 in 16 % of the day
    assert supply == pytest.approx(0.5 * 0.16 / 3600)
    assert (np.diff(made) > 0).all()
    assert made[-1] < supply
    assert made[-1] > 0.99 * supply


def test_supply_of_radicals_falls_off_with_height(par):
    """To 1/e over the scale height that ozone has too; clean air does not notice."""
    field = np.full((2, 1, 1), 273.0)
    height = np.array([0.0, par["radical_scale_height"]]).reshape(2, 1, 1)
    limits = nitric_acid(
        par, warmth=np.zeros((1, 1)), temperature=field, pressure=np.full_like(field, 1e5),
        height=height,
    )  # fmt: skip
    low, high = limits.supply.ravel()
    assert high == pytest.approx(low / np.e)
    clean = limits.rate(np.zeros_like(field)).ravel()
    assert clean[0] == pytest.approx(clean[1])


def test_clean_air_lifetimes_are_plausible(par):
    """NOx lives for a day or more in winter and for hours in summer in clean air."""
    for warmth, temperature, low, high in ((0.0, 270.0, 15, 60), (1.0, 300.0, 5, 12)):
        rate = _limits(par, warmth=warmth, temperature=temperature).rate(np.zeros((1, 1, 1)))
        assert low < 1 / rate.item() / 3600 < high


def test_winter_nitrate_responds_less_than_nox(winter, par):
    """Half the NOx leaves more than half of the nitrate, at 0.15 ug m-2 s-1 as in the plains."""
    source = np.zeros(winter.transport.shape)
    source[0, 8:24, 20:34] = 3e9
    acid = {}
    for factor in (1.0, 0.5):
        base = run_quarter(winter, {"NOx": factor * source, "TNH4": source})
        acid[factor] = base.tracer["TNO3"]
        assert base.budget["NOx", "conversion"] * 62.0049 / 46.0055 == pytest.approx(
            base.budget["TNO3", "production"], rel=1e-3
        )
        total = sum(v for (t, k), v in base.budget.items() if t == "NOx" and k != "emission")
        assert total == pytest.approx(base.budget["NOx", "emission"], rel=1e-7)
    where = np.unravel_index(acid[1.0][0].argmax(), acid[1.0][0].shape)
    assert 0.5 < acid[0.5][0][where] / acid[1.0][0][where] < 1.5


def test_rate_is_the_one_of_its_own_nox(winter):
    """The fixed point is reached."""
    source = np.zeros(winter.transport.shape)
    source[0, 8:24, 20:34] = 1e9
    got = run_quarter(winter, {"NOx": source})
    again = winter.nitric_acid.rate(got.tracer["NOx"])
    np.testing.assert_allclose(got.oxidation_nox, again, rtol=0.02)
