"""Radical balance and the ozone module."""

from __future__ import annotations

import numpy as np
import pytest

from scenair.core.constants import GAS_CONSTANT
from scenair.core.errors import InputError
from scenair.surrogate.model import run_quarter
from scenair.surrogate.ozone import run_ozone
from scenair.surrogate.photochemistry import M_O3, balance, rates, require_biogenic
from scenair.surrogate.quarter import prepare_quarter


def _box(par, nox, *, oxidant=80.0, radicals=2.0, reactivity=8.0):
    return balance(
        np.atleast_1d(np.asarray(nox, dtype=float)),
        np.full(np.size(nox), oxidant),
        radicals=np.full(np.size(nox), radicals),
        reactivity=np.full(np.size(nox), reactivity),
        k=rates(par),
    )


def test_photostationary_state(par):
    """J NO2 = NO (k O3 + 2 kN x), and the families add up."""
    k = rates(par)
    got = _box(par, [0.5, 5.0, 40.0])
    lhs = k.photolysis * got.no2
    rhs = got.no * (k.ozone_no * got.ozone + 2 * k.peroxy_no * got.peroxy)
    np.testing.assert_allclose(lhs, rhs, rtol=1e-3)
    np.testing.assert_allclose(got.no + got.no2, [0.5, 5.0, 40.0], rtol=1e-9)
    np.testing.assert_allclose(got.ozone + got.no2, 80.0, rtol=1e-9)


def test_radicals_balance(par):
    """Losses of radicals sum to their production Q."""
    k = rates(par)
    got = _box(par, [0.5, 5.0, 40.0])
    x, oh = got.peroxy, got.hydroxyl / 2.46e10
    losses = (
        2 * (k.peroxy_self + k.peroxy_cross) * x**2
        + k.hydroxyl_no2 * oh * got.no2
        + k.nitrate_yield * k.peroxy_no * got.no * x
    )
    np.testing.assert_allclose(losses * 3600, 2.0, rtol=1e-3)


def test_ridge(par):
    """Production rises, peaks at a few ppb of NOx, and falls (test 11)."""
    nox = np.geomspace(0.05, 80, 60)
    gross = _box(par, nox).gross
    top = int(gross.argmax())
    assert 2 < nox[top] < 12
    assert gross[top] == pytest.approx(15.8, rel=0.35)
    assert gross[-1] < 0.4 * gross[top]
    assert (np.diff(gross[:top]) > 0).all()
    assert (np.diff(gross[top + 1 :]) < 0).all()


def test_regime_ends(par):
    """L_N/Q goes to 1 at high NOx, to 0 at low (test 11)."""
    share = _box(par, [0.01, 100.0]).nox_loss_share
    assert share[0] < 0.02
    assert share[1] > 0.99


def test_stored_values(par):
    """Regression of the box, Ox 80 ppb, Q 2 ppb/h, R 8 s-1."""
    got = _box(par, [1.0, 5.0, 30.0])
    np.testing.assert_allclose(got.ozone + got.no2, 80.0)
    assert got.nox_loss_share[0] < 0.5 < got.nox_loss_share[2]


def _ozone(small, par, *, nox=1.0, voc=1.0, biogenic=2.0):
    quarter = prepare_quarter(small.met, 2, geo=small.geo, par=par)
    shape = quarter.transport.shape
    from tests.surrogate.synthetic import TOTALS, blobs

    pattern = np.zeros(shape)
    pattern[0] = blobs(small.grid, width_km=100.0)
    per_second = 1e18 / (365 * 86_400)
    source = nox * TOTALS["NOx"] * per_second * pattern
    result = run_quarter(quarter, {"NOx": source})
    return run_ozone(
        quarter,
        result.tracer["NOx"],
        voc * TOTALS["NMVOC"] * per_second * pattern,
        direct_no2=source,
        biogenic=np.full(small.grid.shape, biogenic),
        par=par,
    )


def test_no_nitrogen_gives_the_background(small, par):
    """Without NOx ozone is the background, as ppb (test 11)."""
    calm = _ozone(small, par, nox=0.0)
    quarter = prepare_quarter(small.met, 2, geo=small.geo, par=par)
    ppb = GAS_CONSTANT * quarter.state["temperature"][0] / quarter.state["pressure"][0] * 1e3 / M_O3
    np.testing.assert_allclose(calm.ozone * ppb, par["ozone_background"], rtol=0.02)


def test_direction_of_response(small, par):
    """Downwind air follows NOx; VOC cuts never raise ozone."""
    base, less_nox, less_voc = (
        _ozone(small, par),
        _ozone(small, par, nox=0.5),
        _ozone(small, par, voc=0.5),
    )
    assert base.ozone.max() > 1.3 * np.median(base.ozone)
    limited = base.nox_loss_share < 0.3
    assert (less_nox.ozone[limited] < base.ozone[limited] + 1e-3).all()
    assert (less_voc.ozone <= base.ozone + 0.05).all()


def test_nox_disbenefit_in_a_megacity(par):
    """In the box a NOx cut raises production where NOx is high, lowers it where low (test 11)."""
    high, low = _box(par, [30.0, 15.0]).gross, _box(par, [1.0, 0.5]).gross
    assert high[1] > high[0]
    assert low[1] < low[0]


@pytest.mark.parametrize("bad", [None, np.zeros((2, 2)), np.array([[-1.0]]), np.array([[np.nan]])])
def test_refuses_without_biogenic_voc(bad):
    with pytest.raises(InputError, match="biogenic"):
        require_biogenic(bad, where="background.nc")
