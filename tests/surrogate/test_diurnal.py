"""Vertical mixing of a mean day: limits, conservation, an independent solution."""

from __future__ import annotations

import numpy as np
import pytest

from scenair.surrogate import parametric
from scenair.surrogate.diurnal import _steady, effective_diffusivity, hourly_diffusivity
from scenair.surrogate.layers import LAYER_TOPS_M, middle, thickness

LOSS = 1e-5
N = len(LAYER_TOPS_M) - 1


def test_a_day_without_change_gives_its_own_diffusivity(rng):
    k = rng.uniform(0.5, 40, (N, 3, 2))
    got = effective_diffusivity(lambda hour: k, tops=LAYER_TOPS_M, loss=LOSS)
    np.testing.assert_allclose(got, k, rtol=1e-9)


def test_steady_column_against_a_dense_solution(rng):
    depth, distance = thickness(), np.diff(middle())
    k = rng.uniform(0.5, 40, N)
    matrix = np.diag(np.full(N + 1, LOSS))
    for i in range(N):
        rate = k[i] / distance[i]
        matrix[i, i] += rate / depth[i]
        matrix[i, i + 1] -= rate / depth[i]
        matrix[i + 1, i + 1] += rate / depth[i + 1]
        matrix[i + 1, i] -= rate / depth[i + 1]
    source = np.zeros(N + 1)
    source[0] = 1 / depth[0]
    got = _steady(k[:, None], depth=depth, distance=distance, loss=LOSS)[:, 0]
    np.testing.assert_allclose(got, np.linalg.solve(matrix, source), rtol=1e-10)
    assert (got * depth).sum() * LOSS == pytest.approx(1)


@pytest.mark.parametrize(("step", "change"), [(3600.0, 1.0), (900.0, 0.05)])
def test_day_and_night_against_a_time_march(step, change):
    """A steady column with the effective Kz has the mean of a marched one near the ground."""
    day = np.array([8.0, 20.0, 40.0, 60.0, 50.0, 20.0, 0.5])[:, None]
    night = np.array([1.5, 1.0, 0.5, 0.5, 0.5, 0.5, 0.5])[:, None]
    hours = [day if 0 <= hour < 12 else night for hour in range(24)]
    effective = effective_diffusivity(lambda hour: hours[hour], tops=LAYER_TOPS_M, loss=LOSS)
    assert (effective[0] < (day[0] + night[0]) / 2).all()
    assert (effective[0] > 2 / (1 / day[0] + 1 / night[0])).all()
    depth, distance = thickness(), np.diff(middle())
    steady = _steady(effective, depth=depth, distance=distance, loss=LOSS)[:, 0]
    c, mean, n = np.zeros(N + 1), np.zeros(N + 1), int(86_400 / step)
    for i in range(20 * n):
        k = hours[int(i % n * step // 3600)][:, 0]
        matrix = np.eye(N + 1) * (1 + LOSS * step)
        for j in range(N):
            rate = k[j] / distance[j] * step
            matrix[j, j : j + 2] += np.array([rate, -rate]) / depth[j]
            matrix[j + 1, j : j + 2] += np.array([-rate, rate]) / depth[j + 1]
        c = c.copy()
        c[0] += step / depth[0]
        c = np.linalg.solve(matrix, c)
        mean += (i >= 19 * n) * c / n
    np.testing.assert_allclose(steady, mean, rtol=2e-3 if change == 1.0 else 0.06)


def test_convection_mixes_by_day_and_wind_by_night(par):
    layer = parametric.MixedLayer(*(np.full(1, v) for v in (0.5, 1500.0, 150.0, 120.0, 0.1)))
    interface = np.array(LAYER_TOPS_M[:-1])
    state = {"interface": interface, "friction": np.full(1, 0.25), "pressure": np.full(1, 1e5)}
    noon = hourly_diffusivity(6, layer, par=par, **state)
    night = hourly_diffusivity(18, layer, par=par, **state)
    height = 1500 * np.sin(np.pi / 2 * 6.5 / 12)
    heat = 120 * np.pi / 2 * np.sin(np.pi * 6.5 / 12)
    velocity = np.cbrt(0.25**3 + 0.28 * 9.80665 * height * heat * 287.05 / 1005e5)
    by_hand = 0.4 * velocity * 200 * (1 - 200 / (1.3 * height)) ** 2
    assert noon[2, 0] == pytest.approx(by_hand)
    assert night[0, 0] == pytest.approx(0.4 * 0.1 * 40 * (1 - 40 / 195) ** 2)
    assert night[3, 0] == par["vertical_mixing_least"]
