"""Turnover, vehicles, controls, drivers, supply: hand-computed cases and properties."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scenair.core.errors import InputError
from scenair.core.species import SPECIES
from scenair.projection.controls import apply_controls, build_chains, net_after
from scenair.projection.drivers import growth, interpolate, scaled_activity
from scenair.projection.setup import Setup
from scenair.projection.turnover import (
    Fleet,
    last_rebuild,
    siting_weights,
    spread_ratio,
    survival,
    surviving_share,
    turn_over,
)
from scenair.projection.vehicles import (
    STANDARDS,
    FleetInput,
    ownership,
    run_fleet,
    standard_of,
    weibull,
)

YEARS = np.arange(2017.0, 2036.0)


# ------------------------------------------------------------------ turnover
def test_survival_is_half_at_the_median() -> None:
    assert survival(np.array([38.0]), median=38.0, slope=0.3)[0] == 0.5
    # 1 / (1 + exp(0.3 * 10))
    assert survival(np.array([48.0]), median=38.0, slope=0.3)[0] == pytest.approx(0.04742587)


def test_share_is_one_in_the_base_year_and_never_grows() -> None:
    start = np.array([1965.0, 1980.0, 2000.0, 2015.0])
    share = surviving_share(start, YEARS, median=38.0, slope=0.3, oldest=None, closed_below=0.05)
    assert (share[0] == 1).all()
    assert (np.diff(share, axis=0) <= 0).all()
    assert (np.diff(share[-1]) >= 0).all(), "older plants close first"
    # 2035: age 55 against age 37 of a plant of 1980, S(55)/S(37) = 0.0105 < 0.05: closed
    assert share[-1, 1] == 0.0


def test_a_works_has_the_vintage_of_its_last_rebuild() -> None:
    start = np.array([1958.0, 1988.0, 2010.0, 2020.0])
    found = last_rebuild(start, base_year=2017, period=30.0)
    assert found.tolist() == [1988.0, 1988.0, 2010.0, 2020.0]
    assert last_rebuild(start, base_year=2017, period=0.0).tolist() == start.tolist()


def test_an_oldest_age_closes_plants_early() -> None:
    start = np.array([1995.0, 2014.0])
    cap = np.linspace(40, 25, YEARS.size)
    late, early = (
        surviving_share(start, YEARS, median=38.0, slope=0.3, oldest=o, closed_below=0.05)
        for o in (None, cap)
    )
    assert (early <= late + 1e-12).all()
    assert early[-1, 0] == 0.0
    assert early[-1, 1] > 0.9


@given(
    capacity=arrays(np.float64, 8, elements=st.floats(1.0, 1e4)),
    start=arrays(np.float64, 8, elements=st.floats(1960, 2017)),
    needed=arrays(np.float64, YEARS.size, elements=st.floats(0.3, 2.0)),
)
def test_stocks_balance(capacity: np.ndarray, start: np.ndarray, needed: np.ndarray) -> None:
    needed = needed / needed[0]
    fleet = Fleet(capacity, np.array([0, 0, 1, 1, 2, 2, 3, 3]), np.floor(start))
    share = surviving_share(
        fleet.start, YEARS, median=30.0, slope=0.3, oldest=None, closed_below=0.05
    )
    weights = siting_weights(
        fleet, n_cities=5, base_year=2017, window=10, recent_weight=0.7,
        demand=np.ones((YEARS.size, 5)), open_cities=np.array([True, True, True, True, False]),
    )  # fmt: skip
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    assert (weights[:, 4] == 0).all()
    found = turn_over(
        fleet, surviving=share, years=YEARS, needed=needed, weights=weights, heat_rate_fall=0.004
    )
    total = (found.old + found.new).sum(axis=1)
    # stock(t) = stock(t-1) - closed + built, and never below what output needs
    closed = -np.diff((share * capacity).sum(axis=1))
    built = np.diff(found.new.sum(axis=1))
    np.testing.assert_allclose(np.diff(total), built - closed, rtol=1e-9, atol=1e-9 * total[0])
    assert (total >= needed * total[0] * (1 - 1e-9)).all()
    assert (built >= -1e-9 * total[0]).all(), "what is built stays"
    assert ((found.new_share >= 0) & (found.new_share <= 1)).all()
    output = np.nan_to_num(found.output) * found.old[0]
    np.testing.assert_allclose(output.sum(axis=1), needed * total[0], rtol=1e-9)
    assert (np.diff(found.efficiency) <= 1e-12).all(), "new plants need less fuel"


def test_spread_keeps_the_control_total_and_fills_cities_without_plants() -> None:
    ratio = np.array([[1.0, 1.0, np.nan, np.nan], [2.0, 1.0, np.nan, np.nan]])
    base = np.array([10.0, 30.0, 20.0, 40.0])
    province = np.array([110000, 110000, 110000, 120000], dtype=np.int32)
    needed = np.array([1.0, 1.1])
    found = spread_ratio(ratio, base, province, needed)
    np.testing.assert_allclose((found * base).sum(axis=1), needed * 100.0)
    # the third city follows its province, (2*10 + 1*30)/40 = 1.25, the fourth the nation, 1.1
    assert found[1, 2] / found[1, 1] == pytest.approx(1.25)
    assert found[1, 3] / found[1, 1] == pytest.approx(1.1)


# ------------------------------------------------------------------ vehicles
def fleet_input(**changes: object) -> FleetInput:
    shape = (YEARS.size, 2)
    given_ = {
        "stock": np.linspace(1.0, 1.8, YEARS.size)[:, None] * np.ones((1, 2)),
        "electric_sales": np.zeros(shape),
        "scrapped": np.zeros(shape),
        "economy": np.zeros(shape),
        "factors": {"NOx": np.array([10.0, 8.0, 7.0, 7.0, 5.0, 4.0, 0.4, 0.2])},
        "starts": {"I": 2001, "II": 2004, "III": 2008, "IV": 2013, "V": 2017, "VI": 2021},
        "past_growth": 0.05,
        "scale": 11.0,
        "shape": 3.5,
    }
    return FleetInput(**(given_ | changes))  # type: ignore[arg-type]


def test_standard_in_force() -> None:
    starts = fleet_input().starts
    assert [STANDARDS[standard_of(y, starts)] for y in (1995, 2001, 2007, 2012, 2017, 2035)] == [
        "PRE", "I", "II", "III", "V", "VI",
    ]  # fmt: skip


def test_weibull_and_gompertz() -> None:
    assert weibull(np.array([11.0]), scale=11.0, shape=3.5)[0] == pytest.approx(np.exp(-1))
    cars = np.array([50.0, 300.0])
    income = np.array([[1.0, 1.0], [2.0, 2.0], [1e9, 1e9]])
    found = ownership(cars, income, saturation=450.0, slope=0.85) * cars
    np.testing.assert_allclose(found[0], cars)
    # ln(450/50) = 2.1972; times 2^-0.85 = 0.5548 -> 450 exp(-1.2190)
    assert found[1, 0] == pytest.approx(450 * np.exp(-np.log(9) * 2**-0.85))
    np.testing.assert_allclose(found[2], 450.0)
    assert found[1, 0] / 50 > found[1, 1] / 300, "poorer cities catch up"


def test_stock_balances_and_factors_fall() -> None:
    sales_share = np.linspace(0.0, 0.8, YEARS.size)[:, None] * np.ones((1, 2))
    found = run_fleet(fleet_input(electric_sales=sales_share), base_year=2017)
    np.testing.assert_allclose(found.combustion + found.electric, fleet_input().stock, rtol=1e-12)
    assert (found.electric >= 0).all()
    assert (np.diff(found.factor["NOx"], axis=0) < 0).all()
    plain = run_fleet(fleet_input(), base_year=2017)
    assert (found.fuel[1:] < plain.fuel[1:]).all()
    # without electric vehicles fuel is the stock
    np.testing.assert_allclose(plain.fuel, fleet_input().stock, rtol=1e-12)


def test_fuel_economy_lowers_fuel_and_leaves_pollution_a_km() -> None:
    economy = np.full((YEARS.size, 2), 0.2)
    economy[0] = 0.0
    found = run_fleet(fleet_input(economy=economy), base_year=2017)
    plain = run_fleet(fleet_input(), base_year=2017)
    assert (found.fuel[-1] < plain.fuel[-1]).all()
    np.testing.assert_allclose(
        found.fuel * found.factor["NOx"], plain.fuel * plain.factor["NOx"], rtol=1e-12
    )


def test_scrapping_all_old_diesel() -> None:
    scrapped = np.clip((YEARS - 2017) / 5, 0, 1)[:, None] * np.ones((1, 2))
    found = run_fleet(fleet_input(scrapped=scrapped), base_year=2017)
    np.testing.assert_allclose(found.combustion, fleet_input().stock, rtol=1e-12)
    # 2022: nothing up to III is left, so no factor above that of IV
    per_km = found.factor["NOx"] * found.fuel / found.combustion
    plain = run_fleet(fleet_input(), base_year=2017)
    assert (per_km[5] < (plain.factor["NOx"] * plain.fuel / plain.combustion)[5]).all()


@given(stock=arrays(np.float64, (YEARS.size, 2), elements=st.floats(0.2, 3.0)))
def test_any_stock_balances(stock: np.ndarray) -> None:
    stock = stock / stock[:1]
    found = run_fleet(fleet_input(stock=stock), base_year=2017)
    np.testing.assert_allclose(found.combustion + found.electric, stock, rtol=1e-9)
    assert (found.sales >= 0).all()


def test_a_sector_without_plants_stays_without() -> None:
    empty = np.zeros(0)
    fleet = Fleet(capacity=empty, city=np.zeros(0, dtype=np.intp), start=empty)
    found = turn_over(
        fleet,
        surviving=np.zeros((YEARS.size, 0)),
        years=YEARS,
        needed=np.linspace(1.0, 2.0, YEARS.size),
        weights=np.full((YEARS.size, 2), 0.5),
        heat_rate_fall=0.01,
    )
    assert not found.new.any()
    assert np.isfinite(found.efficiency).all()
    assert np.isnan(found.output).all()


# ------------------------------------------------------------------ controls
def tables(
    share_2030: float = 0.6, fugitive: tuple[float, float] = (0.0, 0.0)
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    technologies = pd.DataFrame(
        [("power", "SO2", "FGD", "coal", "SO2", 0.9), ("power", "PM", "FF", "coal", "PM25", 0.9),
         ("power", "PM", "FF", "coal", "PM10", 0.99)],
        columns=["sector", "chain", "technology", "source_name", "species", "value"],
    )  # fmt: skip
    shares = pd.DataFrame(
        [("power", c, t, p, y, v)
         for c, t in (("SO2", "FGD"), ("PM", "FF"))
         for p, last in (("current", 0.4), ("enhanced", share_2030), ("best", 1.0))
         for y, v in ((2017, 0.4), (2035, last))],
        columns=["sector", "chain", "technology", "policy", "year", "value"],
    )  # fmt: skip
    effects = pd.DataFrame(
        [("power", "SO2", "FGD", "coal", "CO2", 0.5),
         ("power", "SO2", "FGD", "coal", "energy", 0.01)],
        columns=["sector", "chain", "technology", "source_name", "effect", "value"],
    )  # fmt: skip
    escaped = pd.DataFrame(
        [("power", "PM", p, y, v)
         for p in ("current", "enhanced", "best")
         for y, v in zip((2017, 2035), fugitive, strict=True)],
        columns=["sector", "chain", "policy", "year", "value"],
    )  # fmt: skip
    return technologies, shares, effects, escaped


def applied(policy: str, new: float = 0.0, fugitive: tuple[float, float] = (0.0, 0.0)) -> object:
    pairs = (("power", "coal"), ("power", "gas"))
    return apply_controls(
        build_chains(*tables(fugitive=fugitive)),
        years=YEARS,
        pairs=pairs,
        policy=(policy,),
        pace=np.ones(1),
        new_share={"power": np.full((YEARS.size, 1), new)},
        diverge=2018,
    )


def test_remainder_by_hand() -> None:
    found = applied("best")
    so2 = SPECIES.index("SO2")
    # 2035: R = 0.9, base R = 0.36: (1 - 0.9) / (1 - 0.36)
    assert found.remainder[-1, 0, 0, so2] == pytest.approx(0.1 / 0.64)  # type: ignore[attr-defined]
    assert (found.remainder[:, 0, 1] == 1).all(), "gas is not in the chain"  # type: ignore[attr-defined]
    # co-effects grow with the share: 0.6 more FGD
    assert found.added[-1, 0, 0, -1] == pytest.approx(0.3)  # type: ignore[attr-defined]
    assert found.penalty[-1, 0, 0] == pytest.approx(0.006)  # type: ignore[attr-defined]
    assert (applied("current").remainder == 1).all()  # type: ignore[attr-defined]


def test_new_plants_get_the_best_of_their_year() -> None:
    half = applied("current", new=0.5).remainder[-1, 0, 0, 0]  # type: ignore[attr-defined]
    # share = 0.5 * 0.4 + 0.5 * 1.0 = 0.7, R = 0.63
    assert half == pytest.approx(0.37 / 0.64)


def test_pm10_never_falls_below_pm25() -> None:
    found = applied("best")
    net = np.zeros((1, 2, len(SPECIES)))
    net[..., SPECIES.index("PM25")] = 2.0
    net[..., SPECIES.index("PM10")] = 3.0
    after = net_after(net, found)  # type: ignore[arg-type]
    fine, pm10 = after[-1, 0, 0, SPECIES.index("PM25")], after[-1, 0, 0, SPECIES.index("PM10")]
    assert fine == pytest.approx(2.0 * 0.1 / 0.64)
    # the coarse part (1.0) has the efficiency given for PM10
    assert pm10 == pytest.approx(fine + 1.0 * (1 - 0.99) / (1 - 0.4 * 0.99))


def test_what_escapes_the_hoods_is_not_removed() -> None:
    fine = SPECIES.index("PM25")
    found = applied("best", fugitive=(0.1, 0.05))
    # base R = 0.9 x 0.4 x 0.9 = 0.324; 2035: 0.95 x 1 x 0.9 = 0.855
    assert found.remainder[-1, 0, 0, fine] == pytest.approx(0.145 / 0.676)  # type: ignore[attr-defined]
    without = applied("best").remainder[-1, 0, 0, fine]  # type: ignore[attr-defined]
    assert found.remainder[-1, 0, 0, fine] > without  # type: ignore[attr-defined]


def test_wrong_fugitive_shares_are_told() -> None:
    for column, value, words in (
        ("value", 1.2, "a fugitive share outside 0 to 1"),
        ("chain", "dust", "unknown chain or policy"),
        ("policy", "none", "unknown chain or policy"),
    ):
        parts = tables()
        parts[3].loc[0, column] = value
        with pytest.raises(InputError, match=words):
            build_chains(*parts)
    parts = tables()
    with pytest.raises(InputError, match="fugitive shares of a policy are missing.*best"):
        build_chains(*parts[:3], parts[3][parts[3]["policy"] != "best"])


def test_shares_over_one_are_refused() -> None:
    technologies, shares, effects, escaped = tables()
    shares.loc[shares["year"] == 2035, "value"] = 1.2
    with pytest.raises(InputError, match=r"shares of one chain outside 0 to 1.*1\.2"):
        build_chains(technologies, shares, effects, escaped)
    technologies, shares, effects, escaped = tables()
    technologies.loc[0, "value"] = 90.0
    with pytest.raises(InputError, match="a removal outside 0 to 1"):
        build_chains(technologies, shares, effects, escaped)


def test_shipped_chains_order_policies(setup: Setup) -> None:
    for chain in setup.tables.chains:
        removal = [chain.removal(chain.share(p, YEARS)) for p in ("current", "enhanced", "best")]
        for weaker, stronger in itertools.pairwise(removal):
            assert (stronger >= weaker - 1e-9).all(), (chain.sector, chain.name)
        for policy in ("current", "enhanced", "best"):
            share = chain.share(policy, YEARS)
            assert (share.sum(axis=1) <= 1 + 1e-9).all()
            np.testing.assert_allclose(share[0], chain.share("current", YEARS)[0])


# ------------------------------------------------------------------ drivers
def test_interpolation_refuses_to_extrapolate() -> None:
    np.testing.assert_allclose(
        interpolate({2017: 1.0, 2019: 2.0}, (2017, 2018, 2019), where="x"), [1, 1.5, 2]
    )
    with pytest.raises(InputError, match="does not cover the years"):
        interpolate({2018: 1.0, 2019: 2.0}, (2017, 2018), where="x")


def test_cities_sum_to_the_nation(setup: Setup) -> None:
    drivers = setup.drivers
    share = drivers.population.sum(axis=1) / drivers.national["population"]
    np.testing.assert_allclose(share, share[0], rtol=1e-9)
    assert (drivers.urban_population <= drivers.population + 1e-6).all()
    urban = drivers.urban_population / drivers.population
    assert (np.diff(urban.sum(axis=1)) > 0).all()
    assert drivers.index("gdp")[-1].std() > 0.01, "cities grow differently"
    assert (drivers.index("gdp")[0] == 1).all()


def test_growth_by_hand(setup: Setup) -> None:
    found = growth(setup.drivers, {"gdp": 0.5, "efficiency": 0.01}, national=True)
    expected = setup.drivers.national["gdp"] ** 0.5 * np.exp(-0.01 * np.arange(19))
    np.testing.assert_allclose(found, expected)


@given(
    base=arrays(np.float64, 4, elements=st.floats(0, 1e6)),
    city=arrays(np.float64, (3, 4), elements=st.floats(0.1, 5)),
    nation=arrays(np.float64, 3, elements=st.floats(0.1, 5)),
)
def test_control_totals_hold(base: np.ndarray, city: np.ndarray, nation: np.ndarray) -> None:
    found = scaled_activity(base, city, nation)
    np.testing.assert_allclose(found.sum(axis=1), nation * base.sum(), rtol=1e-9, atol=1e-9)
    assert (found >= 0).all()
