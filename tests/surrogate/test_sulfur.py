"""Sulfate: hydroxyl that nitrogen oxides leave, and the rest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenair.surrogate.model import run_quarter
from scenair.surrogate.sulfur import hydroxyl_constant, sulfate_formation


def _box(value: float) -> np.ndarray:
    return np.full((1, 1, 1), value)


def test_rate_constant_by_hand():
    """Lindemann-Hinshelwood form at 300 K and 2.446e19 molecules cm-3."""
    air = 101_325.0 / (8.314462618 * 300.0) * 6.02214076e23 * 1e-6
    low = 3.3e-31 * air
    expected = low / (1 + low / 1.6e-12) * 0.6 ** (1 / (1 + np.log10(low / 1.6e-12) ** 2))
    assert hydroxyl_constant(_box(300.0), _box(101_325.0)).item() == pytest.approx(expected)
    assert 8e-13 < expected < 1.1e-12


@given(st.floats(240, 310), st.floats(0, 1))
def test_clean_air_has_the_rate_of_the_table(par, temperature, warmth):
    """Near the ground and with all hydroxyl the rate is the figure; it falls with what is left."""
    w = np.full((1, 1), warmth)
    got = sulfate_formation(par, warmth=w, temperature=_box(temperature), pressure=_box(1e5))
    whole = par.at("oxidation_so2", w).item()
    assert got.rate().item() == pytest.approx(whole, rel=1e-12)
    assert got.rate(0.0).item() < got.rate(0.5).item() < whole
    assert got.rate(0.0).item() > 0.4 * whole


def test_less_nox_more_sulfate(winter):
    """NOx takes hydroxyl from SO2; mass is conserved and SO2 stays linear for given NOx."""
    source = np.zeros(winter.transport.shape)
    source[0, 8:24, 20:34] = 1e9
    got = {
        nox: run_quarter(winter, {"NOx": nox * source, "SO2": sulfur * source})
        for nox, sulfur in ((0.0, 1.0), (0.5, 1.0), (1.0, 1.0))
    }
    most = [r.tracer["SO4"][0].max() for r in got.values()]
    assert most[0] > most[1] > most[2] > 0.5 * most[0]
    budget = got[1.0].budget
    left = sum(v for (t, k), v in budget.items() if t == "SO2" and k != "emission")
    assert left == pytest.approx(budget["SO2", "emission"], rel=1e-6)
    twice = run_quarter(winter, {"NOx": source, "SO2": 2 * source})
    np.testing.assert_allclose(
        twice.tracer["SO4"], 2 * got[1.0].tracer["SO4"], rtol=1e-5, atol=1e-9
    )
