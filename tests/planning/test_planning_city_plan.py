"""Least-cost plans of cities: hand-computed cases, an independent search, and the rule's files."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.config.case import CaseConfig
from scenair.config.load import dump
from scenair.core.errors import InputError
from scenair.core.regions import CITIES_2_26
from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES
from scenair.planning.city_plan import Options, least_cost_plan, per_unit, scenario_reduction
from scenair.planning.io import build_city_plan

LEVELS = ("conventional", "enhanced", "best")


def options(reduction: np.ndarray, cost: np.ndarray, emission: float = 1e9) -> Options:
    """One sector and species; reduction (measure, level, city)."""
    full = reduction[..., None, None].astype(float)
    held = np.full((reduction.shape[2], 1, 1), emission)
    return Options(reduction=full, cost=cost.astype(float), emission=held)


def solve(
    excess: list[float], slope: np.ndarray, choice: Options, linked: np.ndarray | None = None
):
    lowering = per_unit(choice.reduction, slope[..., None, None].astype(float))
    everyone = np.ones(slope.shape, dtype=bool)
    return least_cost_plan(
        np.array(excess), lowering, choice, linked=everyone if linked is None else linked
    )


def test_the_cheaper_measure_comes_first() -> None:
    """Two measures of 10 Mg for 1 and 3; 12 Mg are needed: all of one and a fifth of the other."""
    choice = options(np.array([[[10.0]], [[10.0]]]), np.array([[[1.0]], [[3.0]]]))
    plan = solve([12.0], np.array([[1.0]]), choice)
    np.testing.assert_allclose(plan.level.ravel(), [1.0, 0.2], atol=1e-5)
    assert plan.cost == pytest.approx(1.6, abs=1e-4)
    assert plan.lowered[0] == pytest.approx(12, abs=1e-4)
    assert plan.shortfall[0] == 0


def test_levels_of_a_measure_exclude_each_other() -> None:
    """Half of the low and half of the high level make 15 Mg; never both whole."""
    choice = options(np.array([[[10.0], [20.0]]]), np.array([[[1.0], [4.0]]]))
    plan = solve([15.0], np.array([[1.0]]), choice)
    assert plan.level.sum() == pytest.approx(1, abs=1e-5)
    assert plan.cost == pytest.approx(2.5, abs=1e-4)
    most = solve([30.0], np.array([[1.0]]), choice)
    assert most.shortfall[0] == pytest.approx(10, abs=1e-4)


def test_a_sector_keeps_a_tenth() -> None:
    choice = options(
        np.full((3, 1, 1), 60.0), np.array([[[1.0]], [[2.0]], [[3.0]]]), emission=100.0
    )
    plan = solve([500.0], np.array([[1.0]]), choice)
    assert plan.lowered[0] == pytest.approx(90, abs=1e-3)


def test_a_receptor_out_of_reach_asks_its_linked_cities_only() -> None:
    """City 1 gives receptor 0 a thousandth: it need not act for it, and doesn't."""
    choice = options(np.full((1, 1, 2), 10.0), np.ones((1, 1, 2)))
    slope = np.array([[1.0, 0.001]])
    plan = solve([50.0], slope, choice, np.array([[True, False]]))
    np.testing.assert_allclose(plan.level.ravel(), [1, 0], atol=1e-5)
    assert plan.shortfall[0] == pytest.approx(40, abs=1e-3)
    # within reach it counts what unlinked cities give
    both = np.array([[1.0, 0.5], [0.0, 1.0]])
    near = np.array([[True, False], [False, True]])
    plan = solve([9.0, 10.0], both, choice, near)
    assert plan.level.ravel() == pytest.approx([0.4, 1.0], abs=1e-5)


def test_measures_in_use_are_taken_off() -> None:
    change = -np.array([1.0, 2.0, 4.0]).reshape(1, 3, 1, 1, 1)
    used = np.array([0, 1.0, 0]).reshape(1, 3, 1)
    left = scenario_reduction(change, used).ravel()
    assert left.tolist() == [-1.0, 0.0, 2.0]


def test_plan_is_no_dearer_than_any_whole_choice() -> None:
    """Against all 2^8 choices of whole measures of two cities for two receptors."""
    rng = np.random.default_rng(5)
    reduction, cost = rng.uniform(1, 9, (4, 1, 2)), rng.uniform(1, 9, (4, 1, 2))
    slope = rng.uniform(0.2, 1, (2, 2))
    excess = [8.0, 9.0]
    choice = options(reduction, cost)
    plan = solve(excess, slope, choice)
    lowering = per_unit(choice.reduction, slope[..., None, None]).reshape(2, -1)
    whole = [
        float(cost.ravel() @ bits)
        for bits in map(np.array, itertools.product([0, 1], repeat=8))
        if (lowering @ bits >= excess).all()
    ]
    assert (lowering @ plan.level.ravel() >= np.array(excess) - 1e-4).all()
    assert plan.cost <= min(whole) + 1e-6


def test_nonsense_is_refused() -> None:
    choice = options(np.ones((1, 1, 1)), np.ones((1, 1, 1)))
    with pytest.raises(InputError, match="above their limit"):
        solve([0.0], np.array([[1.0]]), choice)
    negative = options(np.ones((1, 1, 1)), -np.ones((1, 1, 1)))
    with pytest.raises(InputError, match="not negative"):
        solve([1.0], np.array([[1.0]]), negative)


@pytest.fixture
def files(tmp_path: Path) -> dict:
    """The 28 cities; each gives itself 4 ug m-3 at base and its neighbour in the list 1."""
    n, sectors, species = len(CITIES_2_26), list(SECTORS), list(SPECIES)
    cities = np.array(CITIES_2_26, dtype=np.int32)
    emission = np.full((n, len(sectors), len(species)), 1000.0)
    axes = {"city": cities, "sector": sectors, "species": species}
    dims = ("city", "sector", "species")
    xr.Dataset({"emission": (dims, emission, {"units": "Mg yr-1"})}, coords=axes).to_netcdf(
        tmp_path / "cities.nc"
    )
    reacting = ["SO2", "NOx", "NMVOC", "NH3", "CO", "PM25"]
    give = 4.0 * np.eye(n) + np.eye(n, k=1)
    slope = give[:, :, None, None] / (1000.0 * len(sectors) * len(reacting))
    slope = np.broadcast_to(slope, (n, n, len(sectors), len(reacting))).astype("f4")
    xr.Dataset(
        {
            "contribution": (
                ("receptor", "source_city", "sector", "species"),
                slope,
                {"units": "ug m-3 (Mg yr-1)-1"},
            )
        },
        coords={"receptor": cities, "source_city": cities, "sector": sectors, "species": reacting},
    ).to_netcdf(tmp_path / "responsibility.nc")
    # P1 at its best takes 60 % of power, R1 60 % of homes; X1 is optional
    change = np.zeros((3, 3, n, len(sectors), len(species)), dtype="f4")
    for i, sector in enumerate(("power", "residential", "power")):
        for j in range(3):
            change[i, j, :, sectors.index(sector)] = -200.0 * (j + 1)
    xr.Dataset(
        {
            "change": (("measure", "level", *dims), change, {"units": "Mg yr-1"}),
            "optional": ("measure", np.array([0, 0, 1], dtype=np.int32), {"units": "1"}),
        },
        coords={"measure": ["P1", "R1", "X1"], "level": list(LEVELS), **axes},
        attrs={"year": 2030},
    ).to_netcdf(tmp_path / "potentials.nc")
    goals = pd.DataFrame(
        {"adcode": cities, "name_en": [f"city {c}" for c in cities], "pm25": 30.0,
         "pm25_modelled": 15.0, "basis": "monitor", "limit": 30.0, "excess": 0.0, "asked_for": 0}
    )  # fmt: skip
    goals.loc[0, ["pm25", "excess"]] = [30.7, 0.2]
    goals.loc[[0, 1], "asked_for"] = 1
    goals.loc[5, ["excess", "basis"]] = [9.0, "fused_far"]
    goals.to_csv(tmp_path / "targets.csv", index=False)
    pd.DataFrame({"adcode": cities, "city_type": "heavy"}).to_csv(
        tmp_path / "double.csv", index=False
    )
    rows = [
        {"measure": m, "city_type": "heavy", "share_baseline": 1.0}
        | dict.fromkeys((f"share_{v}" for v in LEVELS), 0.0)
        for m in ("P1", "R1", "X1")
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "measures.csv", index=False)
    case = CaseConfig(name="bth", units="2+26")
    outputs = ("portfolio", "receptors", "needs", "curve")
    return {
        "year": 2030,
        "config": {"case": dump(case)},
        "targets": tmp_path / "targets.csv",
        "responsibility": tmp_path / "responsibility.nc",
        "potentials": tmp_path / "potentials.nc",
        "emissions": tmp_path / "cities.nc",
        "used": tmp_path / "measures.csv",
        "double": tmp_path / "double.csv",
    } | {name: tmp_path / f"{name}.csv" for name in outputs}


def test_rule_city_plan(files: dict) -> None:
    """Beijing needs 0.2 of what it gives itself (8 ug m-3 scaled): P1 is the cheaper a tonne."""
    build_city_plan(**files)
    table = pd.read_csv(files["portfolio"])
    assert set(table["measure"]) == {"P1"}  # 150 CNY a tonne of CO2 against 600
    assert set(table["adcode"]) == {110000}
    taken = table["SO2"].sum()
    # 8 ug m-3 from itself at 1000 Mg of each species in 15 sectors
    assert 8.0 * 30.7 / 30 * taken / (1000 * 15) == pytest.approx(0.2, rel=1e-4)
    receptors = pd.read_csv(files["receptors"])
    assert receptors["adcode"].tolist() == [110000]  # what is far from monitors obliges nobody
    assert receptors.loc[0, "pm25_after"] == pytest.approx(30.5, abs=1e-4)
    needs = pd.read_csv(files["needs"])
    assert needs.loc[0, "cost"] == pytest.approx(table["cost"].sum())
    curve = pd.read_csv(files["curve"])
    assert curve["measure"].tolist() == ["P1"]
    weight = (1 / 0.95 + 1 / 0.95 + 1 / 2.18) * taken
    assert curve.loc[0, "reduction"] == pytest.approx(weight)


def test_what_the_scenario_has_costs_nothing_again(files: dict) -> None:
    table = pd.read_csv(files["used"])
    table.loc[table["measure"] == "P1", "share_best"] = 1.0
    table.to_csv(files["used"], index=False)
    build_city_plan(**files)
    assert set(pd.read_csv(files["portfolio"])["measure"]) == {"R1"}


def test_no_city_above_its_limit_is_an_empty_plan(files: dict) -> None:
    goals = pd.read_csv(files["targets"]).assign(excess=0.0, asked_for=0)
    goals.to_csv(files["targets"], index=False)
    build_city_plan(**files)
    for name in ("portfolio", "receptors", "needs", "curve"):
        assert pd.read_csv(files[name]).empty


def test_wrong_inputs_are_refused(files: dict) -> None:
    with pytest.raises(InputError, match="another year"):
        build_city_plan(**(files | {"year": 2035}))
    table = pd.read_csv(files["used"])
    table.iloc[1:].to_csv(files["used"], index=False)
    with pytest.raises(InputError, match="without shares"):
        build_city_plan(**files)
    table.to_csv(files["used"], index=False)
    goals = pd.read_csv(files["targets"])
    goals.iloc[1:].to_csv(files["targets"], index=False)
    with pytest.raises(InputError, match="other cities"):
        build_city_plan(**files)
    assert not files["portfolio"].exists()
