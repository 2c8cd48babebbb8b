"""Figures across scenarios: the numbers by hand, the files drawn."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from matplotlib.image import imread

from scenair.config.figures import SCENARIO_FIGURES, FiguresConfig
from scenair.core.errors import InputError
from scenair.figures.io_scenarios import draw_scenarios
from scenair.figures.scenarios import double_by_scenario, outcomes, peaked_by_type
from tests.figures.contract_case import CASE, write_case

DOUBLE = pd.DataFrame(
    {
        "city_type": ["a", "a", "b", "b"],
        "peaked": ["true", "false", "true", None],
        "class": ["both", "neither", "both", None],
    }
)


def test_outcomes_take_the_central_background_and_the_range() -> None:
    rows = [
        {"background_factor": b, "limit": limit, "basis": basis, "n_attain_monitored": n,
         "n_monitored": 10, "population_weighted_pm25": w}
        for limit, basis, counts in (
            (30.0, "in force", (9, 7, 4)), (35.0, "comparison", (10, 9, 8))
        )
        for b, n, w in zip((0.5, 1.0, 1.5), counts, (20.0, 25.0, 28.0), strict=True)
    ]  # fmt: skip
    table = outcomes({"x": {"sensitivity": rows}}, {"x": DOUBLE}, other_limit=35.0)
    assert table.loc["x", ["force", "force_low", "force_high"]].tolist() == [70, 40, 90]
    assert table.loc["x", ["other", "weighted", "weighted_low"]].tolist() == [90, 25, 20]
    assert table.loc["x", "peaked"] == 50


def test_peaked_by_type_counts_a_missing_answer_as_not_peaked() -> None:
    table = peaked_by_type({"x": DOUBLE})
    assert table["x"].to_dict() == {"all": 50, "a": 50, "b": 50}


def test_double_by_scenario() -> None:
    table = double_by_scenario({"x": DOUBLE})
    assert table.loc["x"].to_dict() == {
        "both": 2, "attains_only": 0, "peaked_only": 0, "neither": 1,
    }  # fmt: skip


def test_drawn_with_ink_and_the_same_twice(tmp_path: Path) -> None:
    made = [write_case(tmp_path, scenario=name) for name in ("peak", "pollution_control")]

    def draw(folder: Path) -> None:
        draw_scenarios(
            year=2030,
            names=[m.scenario for m in made],
            titles=["CO2 peak", "Pollution control"],
            config={
                "case": CASE.model_dump(mode="json"),
                "figures": FiguresConfig(dpi=72).model_dump(mode="json"),
            },
            trajectories=[tmp_path / f"results/trajectories/{m.scenario}.nc" for m in made],
            summaries=[m.result / "attainment/summary.json" for m in made],
            doubles=[m.result / "attainment/double.csv" for m in made],
            folder=folder,
        )

    draw(tmp_path / "one")
    draw(tmp_path / "two")
    for stem in SCENARIO_FIGURES:
        ink = (imread(tmp_path / f"one/{stem}.png")[..., :3].min(axis=2) < 0.9).mean()
        assert 0.01 < ink < 0.9, stem
        for ending in ("png", "svg"):
            first, second = (tmp_path / f"{k}/{stem}.{ending}" for k in ("one", "two"))
            assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(("text", "message"), [("{", "JSON"), ("{}", "lacks something")])
def test_damaged_summary(tmp_path: Path, text: str, message: str) -> None:
    made = write_case(tmp_path)
    (made.result / "attainment/summary.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        draw_scenarios(
            year=2030,
            names=["peak"],
            titles=["CO2 peak"],
            config={
                "case": CASE.model_dump(mode="json"),
                "figures": FiguresConfig(dpi=72).model_dump(mode="json"),
            },
            trajectories=[tmp_path / "results/trajectories/peak.nc"],
            summaries=[made.result / "attainment/summary.json"],
            doubles=[made.result / "attainment/double.csv"],
            folder=tmp_path,
        )
