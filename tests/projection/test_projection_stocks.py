"""Smooth curves, dwellings by vintage, drivers that follow annual statistics: by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenair.core.errors import InputError
from scenair.projection.curves import smooth
from scenair.projection.housing import Dwellings, turn_over
from scenair.projection.setup import Setup
from scenair.projection.supply import _exchange, _fitted
from scenair.projection.turnover import survival

YEARS = np.arange(2017, 2036, dtype=np.float64)


# ------------------------------------------------------------------ curves
def test_a_curve_turns_between_its_knots() -> None:
    steel = {2017: 870.0, 2025: 1000.0, 2030: 1010.0, 2035: 980.0}
    found = smooth(steel, YEARS)
    assert [found[i] for i in (0, 8, 13, 18)] == list(steel.values())
    assert int(YEARS[found.argmax()]) == 2029
    # a straight line would turn at 2030 and change its slope there by 8 units at once
    assert np.abs(np.diff(found, 2)).max() < 4.0


def test_a_straight_line_stays_one() -> None:
    np.testing.assert_allclose(smooth({2017: 0.0, 2020: 3.0, 2035: 18.0}, YEARS), YEARS - 2017)
    # constant growth stays constant growth
    grown = smooth({2017: 1.0, 2025: 1.05**8, 2035: 1.05**18}, YEARS, log=True)
    np.testing.assert_allclose(grown, 1.05 ** (YEARS - 2017), rtol=1e-12)


def test_one_knot_and_years_outside() -> None:
    assert (smooth({2030: 0.4}, YEARS) == 0.4).all()
    found = smooth({2020: 1.0, 2025: 2.0}, YEARS)
    assert found[0] == 1.0
    assert found[-1] == 2.0


@given(
    steps=st.lists(st.floats(0.0, 1.0), min_size=2, max_size=5),
    gaps=st.lists(st.integers(1, 8), min_size=5, max_size=5),
)
def test_monotone_data_give_a_monotone_curve(steps: list[float], gaps: list[int]) -> None:
    years = 2017 + np.concatenate([[0], np.cumsum(gaps[: len(steps)])])
    values = np.concatenate([[0.0], np.cumsum(steps)])
    fine = np.linspace(years[0], years[-1], 400)
    found = smooth(dict(zip(years.tolist(), values.tolist(), strict=True)), fine)
    assert (np.diff(found) >= -1e-9).all()
    assert found.min() >= -1e-12
    assert found.max() <= values[-1] + 1e-9


# ------------------------------------------------------------------ dwellings
def stock(floor: np.ndarray, *, new: float = 0.4, retrofitted: float = 0.0) -> object:
    return turn_over(
        Dwellings(
            start=np.array([1980.0, 2010.0]), share=np.array([0.5, 0.5]), heat=np.array([1.0, 0.6])
        ),
        floor=floor,
        years=YEARS,
        new_heat=np.full(floor.shape, new),
        retrofitted=np.linspace(0, retrofitted, YEARS.size)[:, None] * np.ones(floor.shape[1]),
        retrofit_heat=0.5,
        median=50.0,
        slope=0.1,
    )


def test_dwellings_of_two_vintages_by_hand() -> None:
    found = stock(np.full((YEARS.size, 1), 100.0))
    ages = np.array([37.0, 7.0])
    alive = survival(ages + 1, median=50.0, slope=0.1) / survival(ages, median=50.0, slope=0.1)
    left = 50.0 * alive
    assert found.plain[1, 0] == pytest.approx(left.sum())  # type: ignore[attr-defined]
    assert found.built[1, 0] == pytest.approx(100.0 - left.sum())  # type: ignore[attr-defined]
    need = left @ np.array([1.0, 0.6]) + (100.0 - left.sum()) * 0.4
    assert found.heat[1, 0] == pytest.approx(need / 80.0)  # type: ignore[attr-defined]


def test_retrofits_lower_the_heat_need_and_keep_the_floor() -> None:
    flat = np.full((YEARS.size, 2), 100.0)
    plain, deep = stock(flat), stock(flat, retrofitted=0.4)
    np.testing.assert_allclose(deep.floor, flat, rtol=1e-12)  # type: ignore[attr-defined]
    share = deep.retrofitted / (deep.plain + deep.retrofitted)  # type: ignore[attr-defined]
    np.testing.assert_allclose(share[-1], 0.4)
    assert (deep.heat[1:] < plain.heat[1:]).all()  # type: ignore[attr-defined]


@given(st.lists(st.floats(0.2, 3.0), min_size=YEARS.size, max_size=YEARS.size))
def test_any_floor_balances(path: list[float]) -> None:
    floor = np.array(path)[:, None] * np.array([[1e6, 2e3]])
    found = stock(floor, retrofitted=0.3)
    np.testing.assert_allclose(found.floor, floor, rtol=1e-9)  # type: ignore[attr-defined]
    flow = (found.built - found.demolished)[1:]  # type: ignore[attr-defined]
    np.testing.assert_allclose(np.diff(floor, axis=0), flow, rtol=1e-6, atol=1e-3)
    assert (found.built >= 0).all()  # type: ignore[attr-defined]
    assert (found.demolished >= -1e-6).all()  # type: ignore[attr-defined]
    assert (found.heat > 0).all()  # type: ignore[attr-defined]


# ------------------------------------------------------------------ grids
def test_importers_draw_their_share_and_exporters_deliver_it() -> None:
    need = np.array([[100.0, 50.0, 50.0], [200.0, 50.0, 50.0]])
    surplus = np.array([-20.0, 15.0, 5.0])
    found = _exchange(need, surplus)
    np.testing.assert_allclose(found[0], surplus)
    # the importer doubles: 40 drawn, three quarters from the second grid
    np.testing.assert_allclose(found[1], [-40.0, 30.0, 10.0])


def test_electricity_is_fitted_to_provinces_and_sectors_at_once() -> None:
    use = np.array([[10.0, 30.0], [20.0, 10.0], [30.0, 0.0]])
    province = np.array([110000, 130000, 130000], dtype=np.int32)
    found = _fitted(use, province, {110000: 0.3, 130000: 0.6})
    np.testing.assert_allclose(found.sum(axis=0), use.sum(axis=0), rtol=1e-12)
    assert found[0].sum() == pytest.approx(100.0 / 3, rel=1e-6)
    with pytest.raises(InputError, match=r"a province without electricity.*130000"):
        _fitted(use, province, {110000: 1.0})


# ------------------------------------------------------------------ drivers
def test_floor_grows_to_its_saturation_and_differs_by_city(setup: Setup) -> None:
    d = setup.drivers
    per_head = d.floor_urban / d.urban_population
    p = setup.tables.parameters
    assert (per_head < p["floor_urban_saturation"]).all()
    assert (np.diff(per_head.mean(axis=1)) > 0).all()
    assert per_head[-1].std() > 0
    np.testing.assert_allclose(per_head[0], p["floor_urban"])
