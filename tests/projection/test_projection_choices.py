"""Types, scores, selection."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scenair.core.errors import InputError
from scenair.core.sectors import SECTORS
from scenair.projection import io as rules
from scenair.projection.scores import city_scores, key_sectors, relative_rank
from scenair.projection.selection import (
    Problem,
    by_potential,
    effort_of,
    solve_peak,
)
from scenair.projection.typology import (
    ARCHETYPES,
    FEATURES,
    TYPES,
    assign_names,
    classify,
    standardise,
)

LEVEL_EFFORT = np.array([1.0, 2.0, 3.0])
WEIGHTS = {
    "choice_effort_low": 1.0,
    "choice_effort_middle": 2.0,
    "choice_effort_high": 3.0,
    "choice_effort_score": 200.0,
    "choice_key_discount": 0.5,
}


# ------------------------------------------------------------------ types
def cloud(seed: int = 0, per_type: int = 15) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    values = np.repeat(ARCHETYPES, per_type, axis=0) + rng.normal(0, 0.25, (6 * per_type, 8))
    return pd.DataFrame(values, columns=list(FEATURES))


def test_archetypes_are_found_again() -> None:
    found = classify(cloud(), k=6, seed=3, seeds=5)
    np.testing.assert_array_equal(found.code, np.repeat(np.arange(6), 15))
    assert found.stability == pytest.approx(1.0)
    assert found.silhouette > 0.5


def test_labels_depend_neither_on_the_seed_nor_on_the_order_of_cities() -> None:
    frame = cloud(1)
    first = classify(frame, k=6, seed=1, seeds=2).code
    assert np.array_equal(first, classify(frame, k=6, seed=99, seeds=2).code)
    order = np.random.default_rng(0).permutation(len(frame))
    again = classify(frame.iloc[order], k=6, seed=1, seeds=2).code
    assert np.array_equal(again, first[order])


def test_names_are_one_to_one() -> None:
    shuffled = ARCHETYPES[[3, 1, 5, 0, 2, 4]]
    assert assign_names(shuffled).tolist() == [3, 1, 5, 0, 2, 4]
    assert len(set(assign_names(np.zeros((6, 8))))) == 6


def test_constant_features_and_few_cities() -> None:
    frame = cloud().assign(urban_share=0.5)
    assert (standardise(frame)["urban_share"] == 0).all()
    few = classify(frame.iloc[:10], k=6, seed=1, seeds=2)
    assert len(few.code) == 10
    assert np.isnan(few.stability)


def test_city_types_of_a_case(small: dict[str, Any], tmp_path: Path) -> None:
    rules.build_city_types(
        config=small["config"],
        inventory=small["inventories"][-1],
        types=tmp_path / "types.csv",
        quality=tmp_path / "quality.csv",
    )
    frame = pd.read_csv(tmp_path / "types.csv")
    assert set(frame["city_type"]) <= set(TYPES)
    assert frame["name_en"].iloc[0] == "Beijing"


def test_a_yearbook_replaces_census_features(small: dict[str, Any], tmp_path: Path) -> None:
    book = tmp_path / "yearbook.csv"
    head = "adcode,feature,value,unit,source,doi,tag,note\n"
    row = "110000,employment_agriculture,0.9,1,my yearbook,,published,\n"
    book.write_text(head + row, encoding="utf-8")
    config = small["config"] | {
        "projection": small["config"]["projection"] | {"yearbook": str(book)}
    }
    rules.build_city_types(
        config=config, inventory=small["inventories"][-1],
        types=tmp_path / "types.csv", quality=tmp_path / "quality.csv",
    )  # fmt: skip
    frame = pd.read_csv(tmp_path / "types.csv").set_index("adcode")
    assert frame.loc[110000, "employment_agriculture"] == 0.9
    assert frame.loc[120000, "employment_agriculture"] < 0.2


# ------------------------------------------------------------------ scores
def test_relative_rank_by_hand() -> None:
    np.testing.assert_allclose(relative_rank(np.array([3.0, 1.0, 2.0, 2.0])), [87.5, 12.5, 50, 50])


def test_scores_average_to_the_middle() -> None:
    rng = np.random.default_rng(0)
    names = ["co2", "co2_per_person", "cars_per_person", "services", "urban_share", "co2_growth",
             "key_region", "so2_fall"]  # fmt: skip
    frame = pd.DataFrame(rng.random((20, 8)), columns=names)
    found = city_scores(frame)
    np.testing.assert_allclose(found.mean(), 50.0)
    # more is asked of a city that grew less
    best = frame.assign(co2_growth=0.0)
    best.loc[0, "co2_growth"] = -1.0
    assert city_scores(best).loc[0, "feasibility"] > city_scores(best)["feasibility"].mean() - 50


def test_key_sectors_are_those_of_cities_that_still_grow() -> None:
    co2 = np.zeros((3, 2, len(SECTORS)))
    co2[:, 0, 0] = [1.0, 2.0, 3.0]  # city 0 grows by power
    co2[:, 0, 9] = [1.0, 1.1, 1.15]  # and a little by homes
    co2[:, 1, 3] = [9.0, 5.0, 4.0]  # city 1 has peaked
    found = key_sectors(co2, (2028, 2029, 2030), start=2028, end=2030, deadline=2030, key_share=0.1)
    found = found.set_index("sector")
    assert found.loc["power", "key"]
    assert not found.loc["residential", "key"]
    assert not found.loc["iron_steel", "key"]
    assert found.loc["power", "share"] == pytest.approx(2.0 / 2.15)
    assert found.loc["iron_steel", "growth_peaked"] == -5.0


# ------------------------------------------------------------------ selection
def toy() -> Problem:
    """One type, three measures, three years; CO2 grows by 10 a year from 100 Mt."""
    effect = np.zeros((3, 3, 3, 1))
    for m, gain in enumerate((4.0, 8.0, 20.0)):
        for level in range(3):
            effect[m, level, :, 0] = [0, -gain * (level + 1) * 1e6, -2 * gain * (level + 1) * 1e6]
    effort = np.array([1.0, 3.0, 12.0])[:, None, None] * LEVEL_EFFORT
    return Problem(
        years=(2029, 2030, 2031), base=np.array([100e6, 110e6, 120e6]), effect=effect,
        effort=effort, allowed=np.ones((3, 1, 3), dtype=bool), fall=5e-4,
    )  # fmt: skip


def test_least_effort_by_hand() -> None:
    none = np.zeros((3, 1), dtype=np.int64)
    # 2031 <= 2030 asks for a yearly gain above 10: 12 of the first measure at level 3 costs 3
    found = solve_peak(toy(), peak_year=2030, fixed=none, correction=np.zeros(3))
    assert found.levels.ravel().tolist() == [3, 0, 0]
    assert found.objective == pytest.approx(3.0)
    assert found.gap <= 1e-3
    # a full run that saves less than the sum asks for more
    found = solve_peak(toy(), peak_year=2030, fixed=none, correction=np.array([0.0, 0.0, 3e6]))
    assert found.levels.ravel().tolist() == [2, 1, 0]
    # what is fixed stays
    fixed = np.array([[0], [2], [0]])
    found = solve_peak(toy(), peak_year=2030, fixed=fixed, correction=np.zeros(3))
    assert found.levels.ravel().tolist() == [0, 2, 0]


def test_a_goal_out_of_reach_is_told() -> None:
    problem = toy()
    shut = Problem(
        years=problem.years, base=problem.base, effect=problem.effect * 0.01,
        effort=problem.effort, allowed=problem.allowed, fall=5e-4,
    )  # fmt: skip
    with pytest.raises(InputError, match=r"no choice of measures reaches.*2030"):
        solve_peak(shut, peak_year=2030, fixed=np.zeros((3, 1), int), correction=np.zeros(3))


def test_effort_falls_with_score_and_in_key_sectors() -> None:
    touched = np.array([[10e6, 10e6], [10e6, 10e6]])
    found = effort_of(touched, np.array([0.0, 100.0]), np.array([False, True]), parameters=WEIGHTS)
    np.testing.assert_allclose(found[:, :, 0], [[10, 5], [5, 2.5]], rtol=1e-5)
    np.testing.assert_allclose(found[0, 0], 10 * LEVEL_EFFORT, rtol=1e-5)


def test_highest_potential_first() -> None:
    potential = np.array([1.0, 5.0, -3.0, 4.0])
    names = ("a", "b", "c", "d")
    assert by_potential(potential, share=0.5, ceiling=3, names=names).tolist() == [0, 3, 0, 0]
    assert by_potential(potential, share=0.8, ceiling=2, names=names).tolist() == [0, 2, 0, 2]
    assert by_potential(potential, share=1.0, ceiling=3, names=names).tolist() == [3, 3, 0, 3]
