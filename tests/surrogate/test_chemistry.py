"""Wet removal and the equilibrium of ammonia, nitric acid and sulfate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenair.surrogate.aerosol import (
    dissociation_constant,
    partition,
    partition_response,
    path_response,
)
from scenair.surrogate.removal import intermittent_rate, scavenging_rate

DAY = 86_400.0
mass = st.floats(0.0, 80.0)


def _one(value: float) -> np.ndarray:
    return np.array([value])


def test_dissociation_constant_published():
    """43.1 ppb2 at 298.15 K, dry (Mozurkewich 1993)."""
    assert dissociation_constant(_one(298.15), _one(0.3))[0] == pytest.approx(43.1, abs=0.05)


@given(mass, mass, mass, st.floats(255, 305), st.floats(0.2, 0.95))
def test_partition_conserves_and_stays_in_range(s, n, a, t, rh):
    state = {"temperature": _one(t), "humidity": _one(rh), "pressure": _one(1e5)}
    got = partition(_one(s), _one(n), _one(a), **state)
    assert 0 <= got.nitrate[0] <= n
    assert 0 <= got.ammonium[0] <= a
    # charge: ammonium neutralises nitrate and at most all sulfate
    ions = got.nitrate[0] / 62.0049 + 2 * s / 96.0626
    assert got.ammonium[0] / 18.0385 <= ions * (1 + 1e-12) + 1e-15


@given(mass, mass, st.floats(255, 305))
def test_no_nitrate_without_free_ammonia(s, n, t):
    a = 0.99 * 2 * s / 96.0626 * 18.0385
    got = partition(
        _one(s), _one(n), _one(a), temperature=_one(t), humidity=_one(0.6), pressure=_one(1e5)
    )
    assert got.nitrate[0] == 0.0
    assert got.ammonium[0] == pytest.approx(a)


@given(st.floats(1, 50), st.floats(1, 50), st.floats(1, 40), st.floats(0.01, 5))
def test_partition_is_monotone(s, n, a, more):
    state = {"temperature": _one(275.0), "humidity": _one(0.6), "pressure": _one(1e5)}
    base = partition(_one(s), _one(n), _one(a), **state)
    assert partition(_one(s), _one(n + more), _one(a), **state).nitrate >= base.nitrate - 1e-12
    assert partition(_one(s), _one(n), _one(a + more), **state).nitrate >= base.nitrate - 1e-12
    assert partition(_one(s + more), _one(n), _one(a), **state).nitrate <= base.nitrate + 1e-12


#: North China Plain in winter: totals (ug m-3) and weather
NCP = {"s": 12.0, "n": 25.0, "a": 18.0}
NCP_STATE = {"temperature": _one(273.0), "humidity": _one(0.5), "pressure": _one(1.013e5)}


def _ncp(s=1.0, n=1.0, a=1.0) -> float:
    got = partition(_one(NCP["s"] * s), _one(NCP["n"] * n), _one(NCP["a"] * a), **NCP_STATE)
    return float(got.nitrate[0] + got.ammonium[0] + NCP["s"] * s)


def test_winter_plain_resists_ammonia_cuts():
    """Rich in ammonia: 30 % less hardly helps, 50 % less flips the regime."""
    base = _ncp()
    assert abs(_ncp(a=0.9) - base) < 0.1
    assert abs(_ncp(a=0.7) - base) < 0.5
    assert _ncp(a=0.5) - base < -5
    assert _ncp(n=0.9) - base == pytest.approx(-3.23, abs=0.1)
    assert _ncp(s=0.9) - base == pytest.approx(-1.65, abs=0.1)


def test_analytic_derivatives():
    at = (_one(12.0), _one(25.0), _one(12.0))
    got = partition_response(*at, **NCP_STATE)
    for i, value in enumerate(got):
        step = 1e-4
        up = [x.copy() for x in at]
        down = [x.copy() for x in at]
        up[i] += step
        down[i] -= step
        difference = sum(partition(*up, **NCP_STATE)) - sum(partition(*down, **NCP_STATE))
        assert value[0] == pytest.approx(difference[0] / (2 * step), rel=1e-5)


@given(st.floats(0.1, 40), st.floats(0.1, 60), st.floats(0.1, 40), st.floats(262, 300))
def test_path_shares_add_up(s, n, a, t):
    """Aumann-Shapley contributions sum to nitrate + ammonium (test 12, 1e-10)."""
    state = {"temperature": _one(t), "humidity": _one(0.6), "pressure": _one(1e5)}
    share = path_response(_one(s), _one(n), _one(a), **state)
    total = sum(partition(_one(s), _one(n), _one(a), **state))
    assert share.sulfate * s + share.nitrate * n + share.ammonium * a == pytest.approx(
        total, rel=1e-10
    )


def test_quadrature_alone_is_close():
    """The closing factor of the path integral is near 1 away from the kinks."""
    at = (_one(12.0), _one(25.0), _one(18.0))
    few = path_response(*at, **NCP_STATE, nodes=24)
    many = path_response(*at, **NCP_STATE, nodes=200)
    for one, two in zip(few, many, strict=True):
        assert one[0] == pytest.approx(two[0], rel=0.02)


def test_intermittent_limits():
    """Light rain: Lambda p; heavy rain: a (a + b) / b (test 9)."""
    p, tau = 0.1, 8 * 3600.0
    b = 1 / tau
    a = p * b / (1 - p)
    light = intermittent_rate(_one(1e-12), wet_fraction=_one(p), wet_event=_one(tau))
    assert light[0] == pytest.approx(1e-12 * p, rel=1e-4)
    heavy = intermittent_rate(_one(1e6), wet_fraction=_one(p), wet_event=_one(tau))
    assert heavy[0] == pytest.approx(a * (a + b) / b, rel=1e-6)
    assert intermittent_rate(_one(0.0), wet_fraction=_one(p), wet_event=_one(tau))[0] == 0


def _markov_lifetime(rate: float, p: float, tau: float, rng: np.random.Generator) -> float:
    """Mean life of particles in a two-state Markov weather, s (Monte Carlo)."""
    n = 100_000
    dry_tau = tau * (1 - p) / p
    wet = rng.random(n) < p
    life = np.zeros(n)
    alive = np.arange(n)
    while alive.size:
        is_wet = wet[alive]
        change = rng.exponential(np.where(is_wet, tau, dry_tau))
        death = np.where(is_wet, rng.exponential(1 / rate, alive.size), np.inf)
        life[alive] += np.minimum(change, death)
        alive = alive[change < death]
        wet[alive] = ~wet[alive]
    return float(life.mean())


@pytest.mark.parametrize(
    ("rain_mm", "p", "tau_h"), [(3, 0.03, 12), (170, 0.15, 8), (50, 0.2, 10), (200, 0.22, 6)]
)
def test_intermittent_against_markov(rain_mm, p, tau_h, rng):
    """Renewal form against a simulated particle population (test 9, 1 %)."""
    rate = rain_mm / (31 * DAY) / p
    expected = _markov_lifetime(rate, p, tau_h * 3600.0, rng)
    got = intermittent_rate(_one(rate), wet_fraction=_one(p), wet_event=_one(tau_h * 3600.0))
    assert 1 / got[0] == pytest.approx(expected, rel=0.01)


def test_drizzle_lifetimes():
    """Continuous drizzle removes sulfate in 243 h, 4 h, 15 h and 4 h."""
    for rain, hours in ((3, 243), (170, 4), (50, 15), (200, 4)):
        rate = scavenging_rate(
            _one(rain / (31 * DAY)), wet_fraction=_one(1.0), in_cloud=1.0, below_cloud=0.0208,
            cloudy=np.ones(1),
        )  # fmt: skip
        assert 1 / rate[0, 0] / 3600 == pytest.approx(hours, rel=0.13)
