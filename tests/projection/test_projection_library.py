"""The measure library and scenario files: what is read, and the words for what is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenair.config import load_scenarios
from scenair.config.scenario import MeasureUse, Scenario, expand_matrices
from scenair.core.errors import ConfigError, InputError
from scenair.projection.library import (
    LEVELS,
    Parameter,
    build_library,
    close_gap,
    parse_destinations,
    paths,
    progress,
)
from scenair.projection.resolve import levels_of
from scenair.projection.setup import Setup

ROW = {
    "measure": "Z1", "sector": "residential", "parameter": "stoves", "operator": "shift",
    "from": "coal", "to": "gas 0.6; electricity 0.4", "unit": "1", "tag": "assumed",
}  # fmt: skip


def rows(**changes: object) -> pd.DataFrame:
    values = [("base", 2017, 0.0), ("conventional", 2030, 0.3), ("enhanced", 2030, 0.6),
              ("best", 2030, 0.9)]  # fmt: skip
    frame = pd.DataFrame([ROW | {"level": level, "year": y, "value": v} for level, y, v in values])
    for column, value in changes.items():
        frame[column.rstrip("_")] = value
    return frame


def parameter(x0: float, best: dict[int, float], **levels: dict[int, float]) -> Parameter:
    knots = {"baseline": {}, "conventional": best, "enhanced": best, "best": best} | levels
    return Parameter("Z", "power", "x", "cut", ("coal",), (), "1", x0, knots, "assumed")


def test_a_measure_from_rows() -> None:
    found = build_library(rows(), base_year=2017)["Z1"][0]
    assert found.x0 == 0.0
    assert found.goal == 0.9
    assert found.sources == ("coal",)
    assert [(d.sector, d.source, d.share, d.ratio) for d in found.to] == [
        ("residential", "gas", 0.6, None), ("residential", "electricity", 0.4, None)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"value": 40.0}, "share outside its range.*40.*not per cent"),
        ({"value": [0, 0.3, np.nan, 0.9]}, "a value that is no number"),
        ({"year": [2017, 2010, 2030, 2030]}, "a year outside the projection.*2010"),
        ({"year": [2017, 2130, 2030, 2030]}, "a year outside the projection.*2130"),
        ({"unit": "%"}, "a share has the unit 1.*%"),
        ({"unit": ["1", "1", "kg", "1"]}, "several values of unit"),
        ({"operator": "shrink"}, "unknown operator.*shrink"),
        ({"sector": "homes"}, "unknown sector.*homes"),
        ({"level": ["base", "mild", "enhanced", "best"]}, "unknown level.*mild"),
        ({"to": "gas 0.6"}, "shares of the destinations do not sum to 1.*0.6"),
        ({"to": "gas much"}, "a destination that can't be read.*gas much"),
        ({"to": "mars/gas 1"}, "unknown sector.*mars"),
        ({"operator": "set", "parameter": "nonfosil_share"}, "did you mean nonfossil_share"),
        ({"operator": "set", "parameter": "power_life"}, "wrong unit of a parameter.*yr"),
        ({"operator": "abate", "to": "XX 0.9"}, "abate needs species"),
    ],
)
def test_wrong_rows_are_told(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        build_library(rows(**changes), base_year=2017)


def test_doubled_and_missing_rows() -> None:
    with pytest.raises(InputError, match="given twice"):
        build_library(pd.concat([rows(), rows()]), base_year=2017)
    with pytest.raises(InputError, match="rows of every intensity"):
        build_library(rows().iloc[:3], base_year=2017)


def test_destination_in_another_sector_with_its_ratio() -> None:
    found = parse_destinations("off_road/diesel 0.8@0.25; gas 0.2", sector="on_road", where="x")
    assert (found[0].sector, found[0].ratio) == ("off_road", 0.25)
    assert (found[1].sector, found[1].ratio) == ("on_road", None)


def test_paths_start_at_the_base_year_and_keep_their_knots() -> None:
    p = parameter(0.0, {2030: 0.5, 2035: 0.6}, baseline={2030: 0.1})
    found = paths(p, years=range(2017, 2036), base_year=2017, diverge=2018)
    assert found.shape == (4, 19)
    assert (found[:, 0] == 0).all()
    assert found[3, 13] == 0.5
    assert found[3, -1] == 0.6
    assert (np.diff(found[3]) > 0).all()
    # no kink at 2030: the yearly step changes by little from one year to the next
    step = np.diff(found[3])
    assert np.abs(np.diff(step)).max() < 0.25 * step.max()
    assert found[0, 13] == found[0, -1] == 0.1, "held after its last year"


def test_a_level_is_never_weaker_than_the_baseline() -> None:
    p = parameter(0.0, {2030: 0.5}, baseline={2030: 0.4}, conventional={2030: 0.2})
    found = paths(p, years=(2017, 2030), base_year=2017, diverge=2018)
    assert found[1, 1] == found[0, 1] == 0.4
    # a parameter whose goal lies below, such as output
    q = parameter(100.0, {2030: 50.0}, baseline={2030: 80.0}, conventional={2030: 90.0})
    assert paths(q, years=(2017, 2030), base_year=2017, diverge=2018)[1, 1] == 80.0


def test_scenarios_share_one_path_until_they_diverge() -> None:
    p = parameter(0.0, {2030: 0.5, 2035: 0.6}, baseline={2030: 0.1})
    observed = {2018: 0.05, 2024: 0.35}
    found = paths(p, years=range(2017, 2036), base_year=2017, diverge=2025, observed=observed)
    assert np.ptp(found[:, :8], axis=0).max() == 0
    assert found[0, 7] == 0.35
    assert (found[0, 8:] >= 0.1).all()
    assert found[3, -1] == 0.6


def test_no_level_goes_back_behind_what_has_happened() -> None:
    p = parameter(0.0, {2030: 0.5, 2035: 0.6}, baseline={2025: 0.05, 2030: 0.1})
    seen = {2020: 0.1, 2024: 0.3}
    found = paths(p, years=range(2017, 2036), base_year=2017, diverge=2025, observed=seen)
    assert (found[:, 7] == 0.3).all()
    assert (np.diff(found, axis=1) >= -1e-12).all()
    assert found[0, -1] == 0.3, "a baseline of 0.1 would undo what is there"
    assert found[3, -1] == 0.6


def test_gap_closing_by_hand() -> None:
    # national 0.15 -> 0.55; a city at 0.35 with half of the progress done
    p = parameter(0.15, {2035: 0.55})
    half = progress(p, np.array([[0.35]]))
    assert half[0, 0] == pytest.approx(0.5)
    found = close_gap(np.array([0.35, 0.15, 0.7]), p.goal, np.full((1, 3), 0.5))
    np.testing.assert_allclose(found[0], [0.45, 0.35, 0.7])


@given(
    start=st.lists(st.floats(0, 1), min_size=1, max_size=5),
    goal=st.floats(0, 1),
    share=st.floats(0, 1),
)
def test_gap_closing_never_moves_away_from_best(
    start: list[float], goal: float, share: float
) -> None:
    x0 = np.array(start)
    x = close_gap(x0, goal, np.full((1, x0.size), share))[0]
    assert (np.abs(goal - x) <= np.abs(goal - x0) + 1e-12).all()
    assert (x[x0 >= goal] == x0[x0 >= goal]).all()


def test_conventional_is_never_weaker_than_what_has_happened(setup: Setup) -> None:
    """2025 of ``conventional`` against the last observed value of the parameter."""
    seen = 0
    for items in setup.tables.library.values():
        for p in items:
            observed = setup.tables.national["observed"].get(p.name)
            if not observed or p.name in ("population", "gdp", "urban_share"):
                continue
            sign = np.sign(p.goal - p.x0)
            conventional = p.knots["conventional"]
            by_2025 = conventional[2025]
            assert sign * by_2025 >= sign * observed[max(observed)] - 1e-9, p.name
            seen += 1
    assert seen >= 8


def test_intensities_are_ordered(setup: Setup) -> None:
    for items in setup.tables.library.values():
        for p in items:
            sign = np.sign(p.goal - p.x0)
            for year in p.knots["best"]:
                values = [p.knots[level].get(year, p.x0) for level in LEVELS]
                assert (np.diff(np.array(values) * sign) >= -1e-12).all(), (p.name, year)


def test_levels_by_type_and_region() -> None:
    use = MeasureUse(
        measure="P1", intensity="conventional", types={"energy": "none", "tourism": "best"},
        key_regions="enhanced",
    )  # fmt: skip
    types = np.array([0, 3, 2, 3], dtype=np.int32)
    key = np.array([False, False, True, True])
    assert levels_of(use, types, key).tolist() == [1, 0, 3, 2]


# ------------------------------------------------------------------ scenario files
def scenarios(folder: Path, **files: str) -> Path:
    target = folder / "scenarios"
    target.mkdir()
    for name, text in files.items():
        (target / f"{name}.yaml").write_text(text, encoding="utf-8")
    return target


def test_a_circle_of_inheritance(tmp_path: Path) -> None:
    folder = scenarios(tmp_path, a="title: a\ninherits: b", b="title: b\ninherits: a")
    with pytest.raises(ConfigError, match=r"inherit in a circle.*a -> b -> a"):
        load_scenarios(folder)


def test_unknown_measure_level_year_and_key_all_at_once(tmp_path: Path) -> None:
    folder = scenarios(
        tmp_path,
        a="title: a\ndiverge_from: 2040\nmesures: []\nmeasures:\n"
        "  - {measure: P11}\n  - {measure: R1, intensity: extreme}\n",
    )
    with pytest.raises(ConfigError) as error:
        load_scenarios(folder)
    text = str(error.value)
    for word in ("4 mistake(s)", "2040", "unknown key", "unknown measure", "did you mean P1",
                 "extreme"):  # fmt: skip
        assert word in text


def test_a_measure_twice() -> None:
    with pytest.raises(ValueError, match="given twice: P1"):
        Scenario(title="x", measures=({"measure": "P1"}, {"measure": "P1"}))  # type: ignore[arg-type]


def test_a_scenario_overrides_what_it_inherits(tmp_path: Path) -> None:
    folder = scenarios(
        tmp_path,
        a="title: a\ncontrols: best\nselect: {goal: co2_peak, peak_year: 2030}",
        b="title: b\ninherits: a\nselect: {peak_year: 2025}",
    )
    found = load_scenarios(folder)["b"]
    assert found.controls == "best"
    assert found.select is not None
    assert (found.select.goal, found.select.peak_year) == ("co2_peak", 2025)


MATRIX = """
matrix:
  climate:
    free: {title: no measure}
    peak: {title: peak 2030, set: {select: {goal: co2_peak}}}
  pollution:
    current: {title: current control, set: {controls: current}}
    best: {title: best control, set: {controls: best}}
"""


def test_a_matrix_of_scenarios(tmp_path: Path) -> None:
    found = load_scenarios(scenarios(tmp_path, grid=MATRIX))
    assert sorted(found) == ["free_best", "free_current", "peak_best", "peak_current"]
    assert found["peak_best"].controls == "best"
    assert found["peak_best"].select is not None
    assert found["free_current"].select is None
    assert found["peak_best"].title == "peak 2030, best control"


def test_wrong_matrices() -> None:
    one = {"title": "x", "set": {"controls": "best"}}
    with pytest.raises(ConfigError, match="both axes set the same key.*controls"):
        expand_matrices({"m": {"matrix": {"climate": {"a": one}, "pollution": {"b": one}}}})
    with pytest.raises(ConfigError, match="not a scenario matrix"):
        expand_matrices({"m": {"matrix": {"climate": {"a": one}}}})
    with pytest.raises(ConfigError, match="no other key.*title"):
        expand_matrices({"m": {"matrix": {}, "title": "x"}})
    clash = {"matrix": {"climate": {"a": {"title": "x"}}, "pollution": {"b": {"title": "y"}}}}
    with pytest.raises(ConfigError, match="scenario name in use.*a_b"):
        expand_matrices({"a_b": {"title": "z"}, "m": clash})


def test_shipped_scenarios(repo: Path) -> None:
    found = load_scenarios(repo / "config/scenarios")
    assert {"reference", "pollution_control", "peak", "early_peak", "synergy", "ozone",
            "ozone_regional"} <= set(found)  # fmt: skip
    assert found["reference"].counterfactual
    assert all(not found[n].counterfactual for n in found if n != "reference")
    assert {found[n].controls for n in found if n != "reference"} == {"best"}
