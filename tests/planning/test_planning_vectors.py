"""Costs, controls, curves, portfolios, needs and indicators: vectors and independent solutions."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenair.core.errors import InputError
from scenair.planning.controls import apply_in_order, reduction, replace_control
from scenair.planning.costs import (
    annual_cost,
    capital_recovery_factor,
    elasticity,
    net_present_value,
    pollutant_equivalents,
)
from scenair.planning.curves import cost_curve, cost_of_target, without_dominated
from scenair.planning.indicators import combine, ordinal_score, score
from scenair.planning.needs import capital_needs, funding, gross_additions, supply_check
from scenair.planning.portfolio import least_cost, strongest_within

WEIGHTS = {"SO2": 0.95, "NOx": 0.95, "PM": 2.18}


@pytest.mark.parametrize(
    ("rate", "years", "factor"),
    [(0.07, 20, 0.0943929), (0.05, 20, 0.0802426), (0.05, 15, 0.0963423), (0.08, 10, 0.1490295)],
)
def test_capital_recovery(rate: float, years: int, factor: float) -> None:
    assert capital_recovery_factor(rate, years) == pytest.approx(factor, abs=5e-8)


def test_capital_recovery_edges() -> None:
    assert capital_recovery_factor(0, 10) == 0.1
    for bad in ((-0.1, 10), (0.05, 0)):
        with pytest.raises(InputError):
            capital_recovery_factor(*bad)


@given(st.floats(0.001, 0.3), st.integers(1, 60))
def test_annuity_pays_the_capital_back(rate: float, years: int) -> None:
    paid = capital_recovery_factor(rate, years) * sum((1 + rate) ** -t for t in range(1, years + 1))
    assert paid == pytest.approx(1)


def test_new_control_in_place_of_an_old_one() -> None:
    """40 t behind 60 %: 100 uncontrolled; 90 % x 100 % x 95 % leaves 14.5."""
    out = replace_control(40, existing=0.6, new=reduction(efficiency=0.9, effectiveness=0.95))
    assert out.uncontrolled == pytest.approx(100)
    assert out.percent_reduction == pytest.approx(0.855)
    assert out.effective_reduction == pytest.approx(25.5)
    assert out.final == pytest.approx(14.5)
    assert apply_in_order(100, [0.5, 0.2]) == [50, 40]
    with pytest.raises(InputError, match="share"):
        reduction(efficiency=90)
    with pytest.raises(InputError, match="leaves no inventory"):
        replace_control(0, existing=1, new=0.5)


@pytest.fixture
def four() -> pd.DataFrame:
    """Measures A to D: capital, operation, life; SO2, NOx, PM."""
    rows = pd.DataFrame(
        {
            "capital": [100, 300, 50, 800],
            "operation": [2, -25, 10, 30],
            "life": [20, 20, 10, 15],
            "SO2": [2, 1, 0.8, 4],
            "NOx": [0.5, 3, 0.1, 2],
            "PM": [0.4, 0.2, 0.9, 0.6],
        },
        index=list("ABCD"),
    )
    cost = annual_cost(rows["capital"], rows["operation"], rows["life"], rate=0.05)
    equivalents = pollutant_equivalents(
        {k: rows[k] for k in ("SO2", "NOx", "PM")}, equivalents=WEIGHTS
    )
    return rows.assign(cost=cost, reduction=equivalents)


def test_cost_curve_vector(four: pd.DataFrame) -> None:
    np.testing.assert_allclose(four["cost"], [10.0243, -0.9272, 16.4752, 107.0738], atol=5e-5)
    np.testing.assert_allclose(four["reduction"], [2.8151, 4.3023, 1.3602, 6.5910], atol=5e-5)
    curve = cost_curve(four)
    assert curve.index.tolist() == ["B", "A", "C", "D"]
    np.testing.assert_allclose(curve["unit_cost"], [-0.2155, 3.5609, 12.1122, 16.2454], atol=1e-4)
    np.testing.assert_allclose(curve["cumulative"], [4.3023, 7.1173, 8.4775, 15.0686], atol=1e-4)
    assert curve["saves"].tolist() == [True, False, False, False]
    half = cost_of_target(curve, 4.3023 + 2.8151 / 2)
    assert half == pytest.approx(-0.9272 + 10.0243 / 2, abs=1e-3)
    assert cost_of_target(curve, 1.0) == pytest.approx(-0.9272, abs=5e-5)
    with pytest.raises(InputError, match="more than all"):
        cost_of_target(curve, 99)
    with pytest.raises(InputError, match="without reduction"):
        cost_curve(four.assign(reduction=0))


def test_curve_is_the_linear_programme(four: pd.DataFrame) -> None:
    curve = cost_curve(four)
    for target in (5.0, 8.0, 12.0):
        plan = least_cost(four, {"reduction": target})
        assert plan.cost == pytest.approx(cost_of_target(curve, target))


def test_dominated_rungs_leave() -> None:
    """Rung 2 lies above the line from 1 to 3; rung 4 gives as much as 3 for more."""
    rungs = pd.DataFrame(
        {"reduction": [10.0, 15, 30, 30, 35], "cost": [5.0, 30, 35, 50, 60]}, index=list("12345")
    )
    hull = without_dominated(rungs)
    assert hull.index.tolist() == ["1", "3", "5"]
    np.testing.assert_allclose(hull["unit_cost"], [0.5, 1.5, 5.0])


@given(
    st.lists(st.tuples(st.floats(1, 100), st.floats(0.1, 100)), min_size=1, max_size=8, unique=True)
)
def test_hull_is_convex_and_below_everything(points: list[tuple[float, float]]) -> None:
    frame = pd.DataFrame(points, columns=["reduction", "cost"])
    frame.index = pd.Index([f"m{i}" for i in range(len(frame))])
    hull = without_dominated(frame)
    assert (np.diff(hull["unit_cost"]) > -1e-9).all()
    x, y = [0.0, *hull["reduction"]], [0.0, *hull["cost"]]
    inside = frame[frame["reduction"] <= x[-1]]
    assert (inside["cost"] >= np.interp(inside["reduction"], x, y) - 1e-6).all()


def test_portfolio_meets_all_targets_at_least_cost() -> None:
    """Against all 2^6 whole portfolios."""
    rng = np.random.default_rng(4)
    table = pd.DataFrame(
        {
            "cost": rng.uniform(1, 20, 6),
            "SO2": rng.uniform(0, 10, 6),
            "CO2": rng.uniform(-2, 10, 6),
        },
        index=[f"m{i}" for i in range(6)],
    )
    targets = {"SO2": 15.0, "CO2": 10.0}
    best = min(
        table["cost"].to_numpy() @ np.array(pick)
        for pick in itertools.product((0, 1), repeat=6)
        if all(table[k].to_numpy() @ np.array(pick) >= v for k, v in targets.items())
    )
    plan = least_cost(table, targets, whole=True)
    assert plan.cost == pytest.approx(best)
    relaxed = least_cost(table, targets)
    assert relaxed.cost <= plan.cost + 1e-9
    assert all(relaxed.achieved[k] >= v - 1e-6 for k, v in targets.items())
    bought = strongest_within(table, "SO2", budget=plan.cost)
    assert bought.cost <= plan.cost + 1e-9
    assert bought.achieved["SO2"] >= plan.achieved["SO2"] - 1e-6


def test_portfolio_limits() -> None:
    table = pd.DataFrame({"cost": [1.0, 2], "SO2": [5.0, 8]}, index=["a", "b"])
    one = least_cost(table, {"SO2": 7.5}, exclusive={"a": "stack", "b": "stack"})
    assert one.level.sum() <= 1 + 1e-9
    with pytest.raises(InputError, match="SO2 <= 13"):
        least_cost(table, {"SO2": 20})
    with pytest.raises(InputError, match="within the budget"):
        least_cost(table, {"SO2": 10}, budget=0.5)
    with pytest.raises(InputError, match="say nothing of"):
        least_cost(table, {"NH3": 1})


def test_needs_vector() -> None:
    years = [0, 1, 2, 3]
    stock = pd.Series(1000.0, index=years)
    share = pd.Series([0.2, 0.3, 0.4, 0.5], index=years)
    added = gross_additions(stock, share, pd.Series(0.0, index=years))
    np.testing.assert_allclose(added, [100, 100, 100])
    capital = capital_needs(added, unit_cost=2, learning=0.03, first_year=1)
    np.testing.assert_allclose(capital, [200, 194, 188.18])
    assert capital.sum() == pytest.approx(582.18)
    money = funding(capital, {"public": 0.3, "enterprise": 0.7}, {"public": 60.0})
    assert money.loc[1, "gap"] == pytest.approx(140)
    assert money.loc[3, "gap"] == pytest.approx(0.7 * 188.18)
    check = supply_check(added, 90, persons_per_unit=0.1)
    assert not check["deliverable"].any()
    assert check["staff"].tolist() == pytest.approx([10, 10, 10])
    with pytest.raises(InputError, match="sum to 1"):
        funding(capital, {"public": 0.3})
    with pytest.raises(InputError, match="same years"):
        gross_additions(stock, share, pd.Series(0.0, index=[1, 2, 3, 4]))
    with pytest.raises(InputError, match="outside 0-1"):
        gross_additions(stock, share * 3, pd.Series(0.0, index=years))


def test_retirement_adds_to_the_need() -> None:
    years = [1, 2]
    stock = pd.Series([100.0, 80], index=years)
    share = pd.Series([0.5, 0.5], index=years)
    assert gross_additions(stock, share, pd.Series([0.0, 20], index=years)).tolist() == [10]
    assert gross_additions(stock, share, pd.Series([0.0, 0], index=years)).tolist() == [0]


def test_benefits_against_costs() -> None:
    npv, ratio = net_present_value([0, 110, 121], [100, 0, 0], rate=0.1)
    assert npv == pytest.approx(100)
    assert ratio == pytest.approx(2)
    assert elasticity(-10, 100, -5, 25) == pytest.approx(0.5)
    with pytest.raises(InputError):
        elasticity(-10, 100, 0, 25)
    with pytest.raises(InputError):
        net_present_value([1, 2], [1], rate=0.1)
    with pytest.raises(InputError, match="no equivalent"):
        pollutant_equivalents({"NH3": [1.0]}, equivalents=WEIGHTS)


def test_indicator_vector_and_coverage() -> None:
    assert score(40, low=15, high=75, lower_better=True) == pytest.approx(0.583333, abs=5e-7)
    assert score([0, 100], low=15, high=75, lower_better=True).tolist() == [1, 0]
    assert ordinal_score([0, 4]).tolist() == [0, 1]
    with pytest.raises(InputError, match="0-4"):
        ordinal_score(5)
    with pytest.raises(InputError, match="ascend"):
        score(1, low=2, high=1, lower_better=False)
    table = pd.DataFrame(
        {
            "area": "a",
            "level1": ["air", "air", "management", "management"],
            "weight": [2.0, 1, 1, 1],
            "score": [0.5, np.nan, 1.0, np.nan],
        }
    )
    out = combine(table).set_index("level1")
    assert out.loc["air", "score"] == 0.5
    assert out.loc["air", "coverage"] == pytest.approx(2 / 3)
    assert np.isnan(out.loc["management", "score"])
