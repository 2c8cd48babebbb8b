"""Figures of measures and peaks: the numbers by hand, the files drawn."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from matplotlib.image import imread

from scenair.config.figures import PROJECTION_FIGURES, FiguresConfig
from scenair.core.errors import InputError
from scenair.core.io.tables import write_csv
from scenair.figures.io_measures import draw_drivers, draw_measures, sectors_of
from scenair.figures.measures import (
    POTENTIAL_SPECIES,
    drivers_chart,
    measure_labels,
    reduction_percent,
    sector_color,
)
from scenair.figures.style import house_style

LEVELS = ("conventional", "enhanced", "best")
POTENTIALS = pd.DataFrame(
    [
        {"measure": measure, "level": level, "year": year, "sectors": "power", "SO2": -9e9}
        | {f"{name}_share": -0.01 * (k + 1) * (year == 2030) for name in POTENTIAL_SPECIES}
        for measure in ("R1", "P1", "MINE")
        for k, level in enumerate(LEVELS)
        for year in (2025, 2030)
    ]
)
NAMES = pd.DataFrame(
    {
        "measure": ["P1", "R1"],
        "sector": ["power", "residential"],
        "value": ["non-fossil generation", "scattered coal replaced"],
    }
)
CONTRIBUTIONS = pd.DataFrame(
    {
        "species": ["SO2", "CO2"],
        "year": 2030,
        "reference": [100.0, 1000.0],
        "end_of_pipe": [-50.0, 10.0],
        "co_control": [-10.0, -100.0],
    }
)
SHAPLEY = pd.DataFrame(
    {
        "measure": ["P1", "R1", "P1", "R1"],
        "species": ["CO2", "CO2", "SO2", "SO2"],
        "contribution": [-2e6, -5e6, -1.0, -1.0],
        "standard_error": [1e5, 1e5, 0.0, 0.0],
    }
)
SECTORS = pd.DataFrame(
    {
        "sector": ["power", "solvent"],
        "start": 2018,
        "end": 2030,
        "cities_peaked": 3,
        "cities_not_peaked": 4,
        "change_peaked": [1e6, 0.0],
        "change_not_peaked": [2e6, 0.0],
    }
)


def test_a_share_lost_is_a_reduction_in_the_order_of_the_file() -> None:
    table = reduction_percent(POTENTIALS, year=2030)
    assert list(table.index) == ["R1", "P1", "MINE"]
    assert table.loc["P1", ("SO2", "best")] == pytest.approx(3.0)
    assert table.loc["P1", ("CO2", "conventional")] == pytest.approx(1.0)


def test_labels_have_words_where_there_are_any() -> None:
    assert measure_labels(NAMES, ["R1", "MINE"]) == {
        "R1": "R1 scattered coal replaced",
        "MINE": "MINE",
    }
    assert sectors_of(POTENTIALS, NAMES) == {"P1": "power", "R1": "residential", "MINE": "power"}


def test_a_sector_has_the_colour_of_its_group() -> None:
    assert sector_color("coking") == sector_color("iron_steel") != sector_color("power")


def test_drivers_stack_falls_and_rises_on_their_sides() -> None:
    with house_style():
        fig = drivers_chart(CONTRIBUTIONS, SHAPLEY, SECTORS, labels={}, heading="x")
    left, middle, right = fig.axes
    ends = [(bar.get_x(), bar.get_width()) for bar in left.patches if bar.get_width()]
    # SO2: -50 then -10 further; CO2: +1 % to the right, -10 % to the left
    assert sorted(ends) == [(-50.0, -10.0), (0.0, -50.0), (0.0, -10.0), (0.0, 1.0)]
    # the larger measure first, in Tg
    assert [bar.get_width() for bar in middle.patches] == [-5.0, -2.0]
    # a sector that doesn't move is left out
    assert [tick.get_text() for tick in right.get_yticklabels()] == ["power"]


def test_drawn_with_ink(tmp_path: Path) -> None:
    config = {"figures": FiguresConfig(dpi=72).model_dump(mode="json")}
    scores = pd.DataFrame({"city_type": ["tourism", "energy"], "cities": [3, 4]}).assign(
        importance=[10.0, 60.0], feasibility=[20.0, 50.0], action=[30.0, 40.0], score=[20.0, 50.0]
    )
    peaks = pd.DataFrame(
        {"scenario": ["peak", "peak", "mine", "mine"], "city_type": ["all", "energy"] * 2}
    ).assign(cities=[7, 4, 7, 4], peaked_2025=[0.1, 0.2, 0.3, 0.4], peaked_2030=0.5)
    shipped = POTENTIALS[POTENTIALS["measure"] != "MINE"]
    tables = {"potentials": shipped, "scores": scores, "peaks": peaks}
    for name, table in tables.items():
        write_csv(table, tmp_path / f"{name}.csv")
    draw_measures(
        year=2030,
        titles={"peak": "CO2 peak", "mine": "Mine"},
        config=config,
        **{name: tmp_path / f"{name}.csv" for name in tables},
        folder=tmp_path,
    )
    parts = {"contributions": CONTRIBUTIONS, "shapley": SHAPLEY, "sectors": SECTORS}
    for name, table in parts.items():
        write_csv(table, tmp_path / f"{name}.csv")
    draw_drivers(
        title="Mine",
        config=config,
        **{name: tmp_path / f"{name}.csv" for name in parts},
        png=tmp_path / "drivers.png",
        svg=tmp_path / "drivers.svg",
    )
    for stem in (*PROJECTION_FIGURES, "drivers"):
        ink = (imread(tmp_path / f"{stem}.png")[..., :3].min(axis=2) < 0.9).mean()
        assert 0.01 < ink < 0.9, stem
        assert "<dc:date>" not in (tmp_path / f"{stem}.svg").read_text(encoding="utf-8")


def test_a_table_without_its_columns_is_refused(tmp_path: Path) -> None:
    for name in ("potentials", "scores", "peaks"):
        (tmp_path / f"{name}.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="columns missing"):
        draw_measures(
            year=2030,
            titles={},
            config={"figures": FiguresConfig().model_dump(mode="json")},
            potentials=tmp_path / "potentials.csv",
            scores=tmp_path / "scores.csv",
            peaks=tmp_path / "peaks.csv",
            folder=tmp_path,
        )
