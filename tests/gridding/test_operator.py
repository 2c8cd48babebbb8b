"""Spatial operators: exact shares, nothing lost, settlements where they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenair.core.errors import InputError
from scenair.core.overlay import mass_weights, polygon_areas
from scenair.gridding import operator, settlements
from tests.gridding.small import COUNTIES, GRID, STATISTICS, UNIT_OF_COUNTY, square

AREAS = polygon_areas(COUNTIES, GRID)


def _operators(rows, **kwargs):
    return operator.sector_operators(
        pd.DataFrame(rows, columns=["sector", "statistic", "pattern", "value"]),
        sectors=["a"],
        patterns={"area": mass_weights(AREAS)},
        statistics=STATISTICS,
        unit_of_county=UNIT_OF_COUNTY,
        n_units=2,
        county_area=np.asarray(AREAS.sum(axis=0)).ravel(),
        **kwargs,
    )["a"]


def test_shares_by_hand():
    found = _operators([("a", "people", "area", 1.0)]).toarray()
    assert found.sum(axis=0) == pytest.approx([1, 1], abs=1e-14)
    # unit 0: a quarter of the people in county 0, which covers four quarter cells
    cell = 0 * GRID.ncols + 0
    assert found[cell, 0] == pytest.approx(0.25 / 4, rel=1e-3)
    # unit 1: half of the people in county 3, of which half lies outside
    assert found[GRID.size, 1] == pytest.approx(0.25, rel=2e-3)


def test_a_statistic_that_is_zero_falls_back_to_area():
    found = _operators([("a", "nothing", "area", 1.0)]).toarray()
    shares = np.asarray(AREAS.sum(axis=0)).ravel()
    expected = mass_weights(AREAS).toarray()[:, :2] @ (shares[:2] / shares[:2].sum())
    assert found[:, 0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", "people", "area", 0.9)], "don't sum to 1"),
        ([("a", "cows", "area", 1.0)], "unknown statistic"),
        ([("a", "people", "moon", 1.0)], "unknown pattern"),
    ],
)
def test_wrong_proxies_are_refused(rows, message):
    with pytest.raises(InputError, match=message):
        _operators(rows)


def _places(lon, lat):
    return pd.DataFrame({"lon": lon, "lat": lat})


def test_a_kernel_integrates_to_one_and_sits_on_its_settlement():
    lon, lat = GRID.unproject([GRID.x[2]], [GRID.y[1]])
    kernel = settlements.kernel_matrix(_places(lon, lat), GRID, sigma=np.array([3000.0]))
    assert kernel.sum() == pytest.approx(1, rel=1e-14)
    assert kernel[1 * GRID.ncols + 2, 0] == pytest.approx(1, rel=1e-6)


def test_a_kernel_on_an_edge_is_shared_equally():
    lon, lat = GRID.unproject([GRID.x_edges[2]], [GRID.y_edges[1]])
    kernel = settlements.kernel_matrix(_places(lon, lat), GRID, sigma=np.array([2000.0]))
    assert np.sort(kernel.toarray().ravel())[-4:] == pytest.approx([0.25] * 4, rel=1e-6)


def test_a_wide_kernel_agrees_with_a_monte_carlo_sample():
    rng = np.random.default_rng(0)
    x, y, sigma = GRID.x[2] + 5000, GRID.y[1] - 3000, 25000.0
    lon, lat = GRID.unproject([x], [y])
    kernel = settlements.kernel_matrix(_places(lon, lat), GRID, sigma=np.array([sigma]))
    draw = rng.normal((x, y), sigma, size=(200_000, 2))
    cell = GRID.locate(*GRID.unproject(draw[:, 0], draw[:, 1]))
    sample = np.bincount(np.where(cell < 0, GRID.size, cell), minlength=GRID.size + 1) / len(draw)
    assert np.abs(kernel.toarray().ravel() - sample).max() < 4e-3


@given(
    st.lists(
        st.tuples(st.floats(105, 115), st.floats(30, 38), st.floats(500, 60_000)),
        min_size=1,
        max_size=8,
    )
)
def test_kernels_never_lose_mass(rows):
    lon, lat, sigma = (np.array(v) for v in zip(*rows, strict=True))
    kernel = settlements.kernel_matrix(_places(lon, lat), GRID, sigma=sigma)
    assert np.asarray(kernel.sum(axis=0)).ravel() == pytest.approx(np.ones(len(rows)), rel=1e-12)
    assert kernel.min() >= 0


def test_settlements_stay_in_their_county_and_counties_without_keep_their_area():
    lon, lat = GRID.unproject([GRID.x[1] - 9000], [GRID.y[1] - 9000])
    places = _places(lon, lat)
    county = settlements.county_of_settlement(places, COUNTIES)
    assert county.tolist() == [0]
    kernels = settlements.kernel_matrix(places, GRID, sigma=np.array([20_000.0]))
    pattern = operator.settlement_pattern(
        AREAS, kernels, population=np.array([1e5]), county=county, cell_area=GRID.cell_area
    ).toarray()
    assert pattern.sum(axis=0) == pytest.approx(np.ones(4), rel=1e-12)
    assert set(np.flatnonzero(pattern[:, 0])) <= set(np.flatnonzero(AREAS.toarray()[:, 0]))
    assert pattern[:, 2] == pytest.approx(mass_weights(AREAS).toarray()[:, 2], rel=1e-12)


def test_a_settlement_in_no_county_belongs_to_none():
    lon, lat = GRID.unproject([GRID.x[5]], [GRID.y[3]])
    assert settlements.county_of_settlement(_places(lon, lat), COUNTIES).tolist() == [-1]


def test_the_overlay_of_a_rectangle_is_exact():
    areas = polygon_areas([square(1.25, 1.0, 1.5, 1.0)], GRID)
    share = mass_weights(areas).toarray().ravel()
    row = GRID.ncols
    assert share[[row + 1, row + 2]] == pytest.approx([0.5, 0.5], rel=1e-3)
