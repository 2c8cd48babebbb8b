"""Resistances of dry deposition against hand-computed and published cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenair.surrogate.deposition import (
    Surface,
    aerodynamic_resistance,
    co_deposition,
    cold_correction,
    deposition_velocities,
    friction_velocity,
    laminar_resistance,
    mean_speed,
)


def _one(value: float) -> np.ndarray:
    return np.array([[value]])


def _velocities(par, *, celsius=10.0, humidity=0.6, friction=0.3, land=1.0):
    temperature = _one(celsius + 273.15)
    surface = Surface(
        friction=_one(friction),
        roughness=_one(0.3 if land else 2e-4),
        land=_one(land),
        temperature=temperature,
        humidity=_one(humidity),
        warmth=par.warmth(temperature),
    )
    got = deposition_velocities(surface, depth=40.0, par=par)
    return {phase: float(v.item()) for phase, v in got.items()}


def test_friction_velocity_by_hand(par, rng):
    """A wind of (3, 4) m s-1 with a variance of 2 m2 s-2; the speed against 1e6 draws."""
    k = 2 * par["transient_time"]
    wind = np.full((2, 3), 3.0), np.full((3, 2), 4.0)
    got = mean_speed(wind, (np.full((2, 3), k), np.full((3, 2), k)), par=par)
    assert got.shape == (2, 2)
    np.testing.assert_allclose(got, np.sqrt(25 + np.pi))
    draws = np.hypot(*(rng.normal(m, np.sqrt(2), 1_000_000) for m in (3.0, 4.0)))
    assert got[0, 0] == pytest.approx(draws.mean(), rel=0.02)
    friction = friction_velocity(got, _one(0.3), height=20.0)
    assert friction[0, 0] == pytest.approx(0.4 * np.sqrt(25 + np.pi) / 4.19971, rel=1e-5)


def test_resistances_by_hand():
    """ln(20 / 0.3) / (0.4 x 0.3) and 2 / (0.4 x 0.3) (Sc / 0.72)^(2/3)."""
    ra = aerodynamic_resistance(_one(0.3), _one(0.3), height=20.0).item()
    assert ra == pytest.approx(4.19971 / 0.12, rel=1e-5)
    rb = laminar_resistance("nh3", _one(0.3), _one(0.3), water=False).item()
    assert rb == pytest.approx(2 / 0.12 * (0.15 / 0.21 / 0.72) ** (2 / 3), rel=1e-12)
    rough = laminar_resistance("so2", _one(0.05), _one(1e-5), water=True).item()
    assert rough == 10.0


def test_co_deposition_by_hand():
    """Equations of Simpson et al. (2012) at 10 degrees C, 80 % humidity and a ratio of 0.5."""
    got = co_deposition(_one(10.0), _one(0.8), _one(0.5))
    nh3 = 10 * np.log10(12) * np.exp(20 / 7) * 10 ** (1.6769 - 0.55495) / 22
    assert got["nh3"].item() == pytest.approx(nh3, rel=1e-12)
    assert got["so2"].item() == pytest.approx(11.84 * np.exp(0.55) * 0.8**-1.67, rel=1e-12)


@pytest.mark.parametrize(
    ("celsius", "expected"),
    [(-0.5, 100.0), (-3.0, 100 * np.exp(0.4)), (-6.0, 500 * np.exp(1.0) ** 0.693147), (-30, 1000)],
)
def test_cold_surfaces(celsius, expected):
    """100 and 500 s m-1 by temperature, times exp(0.2 (-1 - T)) up to 2."""
    got = co_deposition(_one(celsius), _one(0.5), _one(1.0))
    assert got["so2"].item() == pytest.approx(expected, rel=1e-5)
    assert got["nh3"].item() == got["so2"].item()
    assert 1 <= cold_correction(_one(celsius)).item() <= 2


@given(st.floats(1, 35), st.floats(0.1, 0.98), st.floats(0.01, 2.9))
def test_acid_surfaces_take_ammonia_and_refuse_sulfur(celsius, humidity, acidity):
    low = co_deposition(_one(celsius), _one(humidity), _one(acidity))
    high = co_deposition(_one(celsius), _one(humidity), _one(acidity + 0.1))
    assert high["nh3"] <= low["nh3"]
    assert high["so2"] >= low["so2"]
    assert 10 <= low["nh3"].item() <= 200
    assert 10 <= low["so2"].item() <= 1000


@given(st.floats(-30, 35), st.floats(0.1, 0.95), st.floats(0.03, 1.0), st.sampled_from([0.0, 1.0]))
def test_velocities_are_plausible(par, celsius, humidity, friction, land):
    """Positive, below 1 / Ra, and in the order of reactivity."""
    got = _velocities(par, celsius=celsius, humidity=humidity, friction=friction, land=land)
    limit = 0.4 * friction / np.log(20 / (0.3 if land else 2e-4))
    assert all(0 < v < limit for v in got.values())
    assert got["hno3"] > got["nox"]
    assert got["particle"] < got["ammonium"] < got["nitrate"]


def test_published_ranges(par):
    """Fine particles 1-2 mm s-1, SO2 2-12, NH3 2-8, ozone 1-6 over land, u* 0.3 m s-1."""
    for celsius in (2.0, 25.0):
        got = {k: 1e3 * v for k, v in _velocities(par, celsius=celsius).items()}
        assert 0.5 < got["particle"] < 2
        assert 2 < got["so2"] < 12
        assert 2 < got["nh3"] < 8
        assert 1 < got["ozone"] < 6
        assert 5 < got["hno3"] < 25
    assert _velocities(par, celsius=-20.0)["nh3"] < _velocities(par, celsius=2.0)["nh3"] / 2


def test_sea_takes_sulfur_and_spares_ozone(par):
    sea = _velocities(par, land=0.0, friction=0.2)
    assert sea["ozone"] < 6e-4
    assert sea["so2"] > 3e-3
