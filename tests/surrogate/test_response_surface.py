"""Designs, polynomial fits, leave-one-out errors, indicators."""

from __future__ import annotations

import numpy as np
import pytest

from scenair.core.errors import InputError
from scenair.surrogate.aerosol import partition
from scenair.surrogate.photochemistry import balance, rates
from scenair.surrogate.response_surface import (
    design,
    fit,
    isopleth,
    normalised_error,
    peak_ratio,
    voc_to_nox_ratio,
)
from scenair.surrogate.surface_terms import (
    OZONE_TERMS,
    Nitrate,
    choose_terms,
    design_matrix,
    left_out,
    parse_term,
    particle_candidates,
    term_name,
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
            points, np.full((30, 1), 50.0), factors=FACTORS, terms=({"NH3": 1},),
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
        error = normalised_error(
            surface.predict(held), _box_ozone(par, held, nox=nox, voc=voc)[:, None]
        )
        assert error.mean() < 0.02
        assert error.max() < 0.10


PARTICLE_FACTORS = ("SO2", "NOx", "NH3", "PM25", "NMVOC")


def _box_particles(r: np.ndarray) -> np.ndarray:
    """Inorganic aerosol of a box with primary and organic particles beside it, ug m-3."""
    got = partition(
        8.0 * r[:, 0], 20.0 * r[:, 1], 10.0 * r[:, 2], temperature=np.full(len(r), 280.0),
        humidity=np.full(len(r), 0.6), pressure=np.full(len(r), 1e5),
    )  # fmt: skip
    total = got.nitrate + got.ammonium + 8.0 * r[:, 0] + 15 * r[:, 3] + 8 * r[:, 4] + 5.0
    return total[:, None]


def test_particle_surface(rng):
    """45 runs in five factors, terms chosen from them alone, 100 held out: below 2 % in the mean.

    The sharp kink of a single box is harder than the annual mean of a cell.
    """
    points = design(PARTICLE_FACTORS, 45)
    runs = _box_particles(points)
    terms = choose_terms(
        points, runs, base=runs[0], factors=PARTICLE_FACTORS, candidates=particle_candidates()
    )
    assert len(terms) <= 45 / 1.5
    held = rng.uniform(0.2, 1.5, size=(100, 5))
    surface = fit(points, runs, factors=PARTICLE_FACTORS, terms=terms, base=runs[0])
    mean = normalised_error(surface.predict(held), _box_particles(held)).mean()
    assert mean < 0.02
    plain = tuple(t for t in particle_candidates() if not isinstance(t, Nitrate))
    without = choose_terms(points, runs, base=runs[0], factors=PARTICLE_FACTORS, candidates=plain)
    polynomial = fit(points, runs, factors=PARTICLE_FACTORS, terms=without, base=runs[0])
    far = normalised_error(polynomial.predict(held), _box_particles(held)).mean()
    assert mean < 0.7 * far


def test_terms_that_made_the_runs_are_found(rng):
    """Without noise the choice ends at the generating terms, and nothing idle is kept."""
    points = design(PARTICLE_FACTORS, 45)
    true = ({"PM25": 1}, {"SO2": 1}, Nitrate(1.0, 0.25))
    change = design_matrix(points, PARTICLE_FACTORS, true) @ rng.uniform(3, 9, (3, 20))
    runs = 60.0 + change
    terms = choose_terms(
        points, runs, base=np.full(20, 60.0), factors=PARTICLE_FACTORS,
        candidates=particle_candidates(),
    )  # fmt: skip
    assert set(map(term_name, true)) <= set(map(term_name, terms))
    matrix = design_matrix(points, PARTICLE_FACTORS, terms)
    assert np.abs(left_out(matrix, change)).max() < 1e-3


def test_nitrate_is_limited_by_the_scarce_side():
    term = Nitrate(1.0, 0.5)
    assert term.at(*np.ones((3, 1)))[0] == 0
    one, none = np.ones(1), np.zeros(1)
    # base: NOx 1, ammonia left over by sulfate 0.5; without ammonia or NOx next to nothing is left
    assert term.at(one, none, one)[0] == pytest.approx(term.at(none, one, one)[0], abs=0.15)
    # ammonia limits: more of it counts for nearly one, more NOx hardly
    up = 1.2 * one
    assert term.at(one, up, one)[0] > 5 * term.at(up, one, one)[0]
    # less SO2 frees ammonia
    assert term.at(one, one, none)[0] > 0.3


def test_names_of_terms_go_both_ways():
    for term in (*particle_candidates(), *OZONE_TERMS):
        assert parse_term(term_name(term)) == term
    with pytest.raises(InputError, match="no term"):
        parse_term("NOx^x")


def test_slope_is_the_derivative_at_base(rng):
    points = design(FACTORS, 45)
    runs = 100.0 + design_matrix(points, FACTORS, OZONE_TERMS) @ rng.normal(size=(12, 3))
    surface = fit(points, runs, factors=FACTORS, terms=OZONE_TERMS, base=np.full(3, 100.0))
    np.testing.assert_allclose(surface.slope("NOx"), surface.coefficients[0], rtol=1e-5)


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
