"""Calibration and statistics, on made-up models whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from scenair.core.errors import InputError
from scenair.core.io.tables import read_table
from scenair.surrogate.calibration import calibrate
from scenair.surrogate.evaluation import ambient, skill
from scenair.surrogate.io import calibration as rule
from scenair.surrogate.io.calibration import free_parameters


def test_known_parameters_come_back(rng):
    """Plenty of data: the true multipliers; a parameter without effect stays at its prior."""
    mix = rng.uniform(0.5, 1.5, (200, 2))
    true = np.log([1.5, 0.7])

    def forward(state):
        return 30 * np.exp(mix @ state[:2])

    got = calibrate(
        forward, forward(np.r_[true, 0.0]), names=("a", "b", "idle"), prior=np.full(3, 0.5),
        error=0.05,
    )  # fmt: skip
    np.testing.assert_allclose(got.factor, [1.5, 0.7, 1.0], rtol=0.01)
    assert got.information[2] == pytest.approx(0.0, abs=1e-9)
    assert got.spread[2] == pytest.approx(0.5)
    assert got.information[:2].min() > 0.9


def test_one_datum_by_hand():
    """x* = s^2 k y / (k^2 s^2 + e^2) for a single datum of slope k."""
    s, e, k, y = 0.4, 0.3, 2.0, 0.5
    got = calibrate(
        lambda x: np.exp(k * x), np.array([np.exp(y)]), names=("p",), prior=np.array([s]), error=e
    )
    assert np.log(got.factor[0]) == pytest.approx(s**2 * k * y / (k**2 * s**2 + e**2))
    assert got.sensitivity[0] == pytest.approx(k)


def test_bounds_hold_and_are_named():
    """The free optimum lies outside: the fit stops at the edge and says so; the rest adapts."""
    slope = np.array([[1.0, 0.5], [0.2, 1.0], [0.7, 0.1]])

    def forward(state):
        return 30 * np.exp(slope @ state)

    bounds = (np.array([0.8, 0.5]), np.array([1.25, 2.0]))
    got = calibrate(
        forward, forward(np.log([3.0, 0.9])), names=("a", "b"), prior=np.full(2, 0.5), error=0.05,
        bounds=bounds, steps=10,
    )  # fmt: skip
    assert got.factor[0] == pytest.approx(1.25)
    assert got.at_bound == ("highest", "")
    assert 0.5 < got.factor[1] < 2.0
    # the least of the cost along the edge, by hand
    edge = np.log(1.25)
    left = slope @ np.log([3.0, 0.9]) - slope[:, 0] * edge
    best = slope[:, 1] @ left / 0.05**2 / (slope[:, 1] @ slope[:, 1] / 0.05**2 + 1 / 0.5**2)
    assert np.log(got.factor[1]) == pytest.approx(best, abs=1e-3)
    with pytest.raises(ValueError, match="plausible range"):
        calibrate(
            forward, np.ones(3), names=("a", "b"), prior=np.ones(2), error=0.1,
            bounds=(np.array([0.8, 1.1]), np.array([1.25, 2.0])),
        )  # fmt: skip


def test_refuses_bad_data():
    with pytest.raises(ValueError, match="positive"):
        calibrate(lambda x: x, np.array([0.0]), names=("p",), prior=np.ones(1), error=0.1)


def test_skill_by_hand():
    got = skill(np.array([10.0, 20.0, 30.0, np.nan]), np.array([12.0, 14.0, 70.0, 5.0]))
    assert got.n == 3
    assert got.nmb == pytest.approx(36 / 60)
    assert got.nme == pytest.approx(48 / 60)
    assert got.fac2 == pytest.approx(2 / 3)
    assert got.r == pytest.approx(np.corrcoef([10, 20, 30], [12, 14, 70])[0, 1])
    with pytest.raises(ValueError, match="too few"):
        skill(np.ones(2), np.ones(2))


def test_ambient_is_below_reference_in_summer_and_on_mountains():
    got = ambient(np.array(100.0), temperature=np.array(300.0), pressure=np.array(65_000.0))
    assert got == pytest.approx(100 * 273.15 / 300 * 65_000 / 101_325)


def test_sets_are_disjoint_and_cover_the_regions():
    sets = read_table("surrogate/calibration_sets.csv")
    regions = sets[sets["set_kind"] == "region_2015"]
    assert set(regions["value"]) == {"fit", "judge"}
    assert not regions["member"].duplicated().any()
    known = set(read_table("surrogate/background_regions.csv")["value"])
    assert set(regions["member"]) == known
    change = sets.set_index("member")["value"]
    assert change["change_2013_2017"] == "judge"


def test_free_parameters_exist(par):
    free = free_parameters()
    assert par.replace(**dict.fromkeys(free.index, 1.0)) == par
    assert {"spread", "lowest", "highest"} <= set(free.columns)


def test_ranges_hold_the_plausible_figures_of_the_notes(par):
    """Where the note of a parameter names a range, the bounds keep it inside in both climates."""
    free = free_parameters()
    for name, least, most in (
        ("oxidation_so2", {"cold": 1e-6, "warm": 4e-6}, {"cold": 2.5e-6, "warm": 8e-6}),
        ("radical_production", {"cold": 0.3, "warm": 1.0}, {"cold": 1.0, "warm": 3.0}),
    ):
        for climate in ("cold", "warm"):
            value = getattr(par, climate)[name]
            assert value * free.loc[name, "lowest"] >= 0.99 * least[climate]
            assert value * free.loc[name, "highest"] <= 1.01 * most[climate]


def test_free_parameters_are_checked(monkeypatch):
    table = read_table("surrogate/calibration_free.csv")
    for broken in (
        table[table["quantity"] != "lowest"],
        table.assign(value=table["value"].where(table["quantity"] != "highest", 0.9)),
    ):
        monkeypatch.setattr(rule, "read_table", lambda _, frame=broken: frame)
        with pytest.raises(InputError, match="range around 1"):
            free_parameters()
