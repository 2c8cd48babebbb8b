"""Designs, polynomial fits, leave-one-out errors, indicators."""

from __future__ import annotations

import numpy as np
import pytest

from scenair.core.errors import InputError
from scenair.surrogate.aerosol import partition
from scenair.surrogate.ozone import balance, rates
from scenair.surrogate.response_surface import (
    OZONE_TERMS,
    PARTICLE_TERMS,
    design,
    fit,
    isopleth,
    normalised_errors,
    peak_ratio,
    voc_to_nox_ratio,
)

FACTORS = ("NOx", "NMVOC")


def test_design_has_base_corners_and_margins():
    points = design(FACTORS, 45)
    assert points.shape == (45, 2)
    assert (points[0] == 1).all()
    assert (points[1] == 0).all()
    assert (points[2] == 1.5).all()
    assert points.min() >= 0
    assert points.max() <= 1.5
    # denser near the ends than in the middle
    inner = points[5:, 0]
    assert ((inner < 0.25) | (inner > 1.25)).mean() > ((inner > 0.5) & (inner < 1.0)).mean()


def test_hammersley_is_even():
    """First axis (i + 1/2)/n, second the radical inverse in base 2."""
    points = design(FACTORS, 8, corners=False, largest=1.0)
    cube = np.arccos(1 - 2 * points) / np.pi
    np.testing.assert_allclose(cube[:, 0], (np.arange(8) + 0.5) / 8)
    np.testing.assert_allclose(cube[:4, 1], [1 / 2, 1 / 4, 3 / 4, 1 / 8])


@pytest.mark.parametrize("method", ["hammersley", "lhs"])
def test_designs_repeat(method):
    np.testing.assert_array_equal(
        design(FACTORS, 30, method=method), design(FACTORS, 30, method=method)
    )


def test_design_messages():
    with pytest.raises(InputError, match="too few runs"):
        design(FACTORS, 5)
    with pytest.raises(InputError, match="unknown design"):
        design(FACTORS, 20, method="random")


def test_polynomial_is_recovered(rng):
    """A surface of the fitted form comes back; leave-one-out errors vanish."""
    points = design(FACTORS, 45)
    true = rng.normal(size=(len(OZONE_TERMS), 7))
    from scenair.surrogate.response_surface import design_matrix

    base = np.full(7, 100.0)
    runs = base + design_matrix(points, FACTORS, OZONE_TERMS) @ true
    surface = fit(points, runs, factors=FACTORS, terms=OZONE_TERMS, base=base)
    np.testing.assert_allclose(surface.predict(points), runs, atol=1e-3)
    assert np.abs(surface.loo_error).max() < 1e-3
    np.testing.assert_array_equal(surface.predict({"NOx": 1.0, "NMVOC": 1.0}), base)


def test_leave_one_out_by_refitting(rng):
    """The hat-matrix form equals dropping a run and fitting again."""
    points = design(FACTORS, 30)
    runs = 100 + rng.normal(size=(30, 3)) * 5
    base = runs[0]
    surface = fit(points, runs, factors=FACTORS, terms=OZONE_TERMS, base=base)
    k = 17
    keep = np.arange(30) != k
    again = fit(points[keep], runs[keep], factors=FACTORS, terms=OZONE_TERMS, base=base)
    from scenair.surrogate.response_surface import design_matrix

    guess = base + design_matrix(points[[k]], FACTORS, OZONE_TERMS)[0] @ again.coefficients
    np.testing.assert_allclose(surface.loo_error[k], (runs[k] - guess) / runs[k], rtol=1e-3)


def test_refuses_to_extrapolate():
    points = design(FACTORS, 30, largest=1.2)
    surface = fit(
        points, np.full((30, 1), 50.0), factors=FACTORS, terms=OZONE_TERMS, base=np.array([50.0])
    )
    with pytest.raises(InputError, match="outside what the surface was fitted on"):
        surface.predict({"NOx": 1.3})
    with pytest.raises(InputError, match="fewer runs than terms"):
        fit(
            points[:5], np.full((5, 1), 50.0), factors=FACTORS, terms=OZONE_TERMS,
            base=np.array([50.0]),
        )  # fmt: skip
    with pytest.raises(InputError, match="unknown factor"):
        fit(
            points, np.full((30, 1), 50.0), factors=FACTORS, terms=PARTICLE_TERMS,
            base=np.array([50.0]),
        )  # fmt: skip


def _box_ozone(par, ratios: np.ndarray, *, nox: float, voc: float) -> np.ndarray:
    """Ozone of a box that holds its Ox production for some hours, ppb."""
    n, v = ratios[:, 0] * nox, ratios[:, 1] * voc
    oxidant = np.full(len(n), 60.0)
    for _ in range(12):
        now = balance(
            n, oxidant, radicals=np.full(len(n), 2.0), reactivity=1.5 + 2.0 + v, k=rates(par)
        )
        oxidant = 45.0 + 4.0 * now.production
        oxidant = np.maximum(oxidant, 1.0)
    return now.ozone


def test_surface_of_the_box(par, rng):
    """45 design runs, 200 held out: mean error < 2 %, largest < 10 % for NOx > 0.2 (test 13)."""
    points = design(FACTORS, 45)
    for nox, voc in ((7.5, 5.0), (2.1, 3.0)):
        runs = _box_ozone(par, points, nox=nox, voc=voc)[:, None]
        surface = fit(points, runs, factors=FACTORS, terms=OZONE_TERMS, base=runs[0])
        held = np.column_stack([rng.uniform(0.2, 1.5, 200), rng.uniform(0, 1.5, 200)])
        mean, largest = normalised_errors(
            surface.predict(held), _box_ozone(par, held, nox=nox, voc=voc)[:, None]
        )
        assert mean < 0.02
        assert largest < 0.10


def test_particle_surface(rng):
    """Inorganic aerosol of a box, 60 runs in five factors, 100 held out."""
    factors = ("SO2", "NOx", "NH3", "PM25", "VOC_CO")
    points = design(factors, 60)
    held = rng.uniform(0.2, 1.5, size=(100, 5))

    def particles(r: np.ndarray) -> np.ndarray:
        got = partition(
            8.0 * r[:, 0], 20.0 * r[:, 1], 10.0 * r[:, 2], temperature=np.full(len(r), 280.0),
            humidity=np.full(len(r), 0.6), pressure=np.full(len(r), 1e5),
        )  # fmt: skip
        total = got.nitrate + got.ammonium + 8.0 * r[:, 0] + 15 * r[:, 3] + 8 * r[:, 4]
        return total[:, None]

    surface = fit(
        points, particles(points), factors=factors, terms=PARTICLE_TERMS, base=particles(points)[0]
    )
    mean, _ = normalised_errors(surface.predict(held), particles(held))
    # the kink of the equilibrium where ammonia runs out keeps a polynomial from 2 %
    assert mean < 0.06


def test_indicators(par):
    """A cell limited by VOC peaks below 1 and needs VOC cuts; a rural one peaks above."""
    points = design(FACTORS, 45)
    runs = np.column_stack(
        [_box_ozone(par, points, nox=20.0, voc=8.0), _box_ozone(par, points, nox=1.0, voc=1.0)]
    )
    surface = fit(points, runs, factors=FACTORS, terms=OZONE_TERMS, base=runs[0])
    peak = peak_ratio(surface)
    assert peak[0] < 1 < peak[1]
    ratio = voc_to_nox_ratio(surface)
    assert ratio[0] > 0
    assert ratio[1] == 0
    x, y, values = isopleth(surface, x="NOx", y="NMVOC", points=11)
    assert values.shape == (11, 11, 2)
    assert x[0] == 0
    assert y[-1] == 1.5
