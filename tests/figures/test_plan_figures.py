"""Figures of plans: the numbers by hand, the files drawn."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from matplotlib.image import imread

from scenair.config.figures import FiguresConfig
from scenair.core.errors import InputError
from scenair.core.io.tables import write_csv
from scenair.figures.io_plans import draw_path, draw_plan
from scenair.figures.plans import path_shares, plan_chart
from scenair.figures.style import house_style
from tests.figures.contract_case import CASE

CONFIG = {
    "case": CASE.model_dump(mode="json"),
    "figures": FiguresConfig(dpi=72).model_dump(mode="json"),
}
CURVE = pd.DataFrame(
    {
        "measure": ["R1", "P1"],
        "reduction": [2000.0, 1000.0],
        "unit_cost": [-500.0, 4000.0],
        "CO2": [10.0, -5.0],
    }
)
RECEPTORS = pd.DataFrame(
    {
        "adcode": [110000, 130100],
        "pm25": [33.0, 40.0],
        "pm25_after": [30.5 + 1e-9, 32.0],
        "limit": 30.0,
    }
)
PATH = pd.DataFrame(
    {
        "adcode": [110000, 120000, 130100, 130200],
        "basis": ["monitor", "monitor", "fused", "monitor"],
        "co2_peak_year": [2025, 2035, 2020, 2030],
        "peaked": [True, False, True, True],
        "pm25_2025": [35.5, 36.0, 10.0, 30.0],
        "pm25_2030": [30.4, 31.0, 10.0, 25.0],
    }
)


def test_bars_stand_on_what_was_cut_before() -> None:
    with house_style():
        cities = RECEPTORS.assign(name=["Beijing", "Shijiazhuang"])
        fig = plan_chart(CURVE, cities, heading="x")
    left, right = fig.axes
    bars = [(b.get_x(), b.get_width(), b.get_height()) for b in left.patches]
    assert bars == [(0.0, 2.0, -0.5), (2.0, 1.0, 4.0)]
    attains, fails = (c for c in right.collections if c.get_label().startswith("with the plan"))
    # 30.5 and a hair is what the solver leaves of a plan that ends on the bound
    assert attains.get_offsets()[:, 0].tolist() == pytest.approx([30.5])
    assert fails.get_offsets()[:, 0].tolist() == [32.0]
    # the worst city first
    assert [t.get_text() for t in right.get_yticklabels()] == ["Shijiazhuang", "Beijing"]


def test_shares_round_before_they_compare() -> None:
    table = path_shares(PATH, limits={"35": 35.0, "30": 30.0})
    # 35.5 rounds to 36, 30.4 to 30; a fused value is not counted
    assert table.loc[2025].tolist() == pytest.approx([100 / 3, 100 / 3, 50.0])
    assert table.loc[2030].tolist() == pytest.approx([100.0, 200 / 3, 75.0])


def test_drawn_with_ink(tmp_path: Path) -> None:
    for name, table in {"curve": CURVE, "receptors": RECEPTORS, "path": PATH}.items():
        write_csv(table, tmp_path / f"{name}.csv")
    draw_plan(
        year=2030,
        title="CO2 peak",
        config=CONFIG,
        curve=tmp_path / "curve.csv",
        receptors=tmp_path / "receptors.csv",
        png=tmp_path / "plan.png",
        svg=tmp_path / "plan.svg",
    )
    draw_path(
        scenario="peak",
        title="CO2 peak",
        config=CONFIG,
        path=tmp_path / "path.csv",
        png=tmp_path / "years.png",
        svg=tmp_path / "years.svg",
    )
    for stem in ("plan", "years"):
        ink = (imread(tmp_path / f"{stem}.png")[..., :3].min(axis=2) < 0.9).mean()
        assert 0.01 < ink < 0.9, stem


def test_a_city_that_there_is_not_is_named(tmp_path: Path) -> None:
    write_csv(CURVE, tmp_path / "curve.csv")
    write_csv(RECEPTORS.assign(adcode=[110000, 999999]), tmp_path / "receptors.csv")
    with pytest.raises(InputError, match="999999"):
        draw_plan(
            year=2030,
            title="x",
            config=CONFIG,
            curve=tmp_path / "curve.csv",
            receptors=tmp_path / "receptors.csv",
            png=tmp_path / "a.png",
            svg=tmp_path / "a.svg",
        )
