"""The measure that a modeller adds: rows of a table, no code. The table of docs/measures.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from scenair.config import load_scenarios
from scenair.config.load import dump
from scenair.config.scenario import MeasureUse, Scenario
from scenair.core.errors import InputError
from scenair.projection import io as rules
from scenair.projection.io.readers import read_trajectory


@pytest.fixture(scope="module")
def example(repo: Path) -> str:
    """The table as the documentation shows it."""
    text = (repo / "docs/measures.md").read_text(encoding="utf-8")
    found = re.search(r"```csv\n(measure,.*?)```", text, flags=re.DOTALL)
    assert found is not None
    return found.group(1)


def run(small: dict[str, Any], folder: Path, table: Path | None, *measures: str) -> xr.Dataset:
    plan = Scenario(title="t", measures=tuple(MeasureUse(measure=m) for m in measures))
    rules.build_trajectory(
        name="t",
        inputs=rules.ScenarioInputs(
            scenario=dump(plan), user_measures=[table] if table else [], **small
        ),
        trajectory=folder / "t.nc", closure=folder / "t.csv",
        plants=folder / "p.csv", measures=folder / "m.csv", selection=folder / "s.csv",
    )  # fmt: skip
    return read_trajectory(folder / "t.nc")


def test_rows_change_the_result(small: dict[str, Any], tmp_path: Path, example: str) -> None:
    table = tmp_path / "heat_pumps.csv"
    table.write_text(example, encoding="utf-8")
    plain = run(small, tmp_path, None)
    # a table alone changes nothing: the measure has no baseline of its own
    there = run(small, tmp_path, table)
    np.testing.assert_array_equal(there["emission"].values, plain["emission"].values)
    found = run(small, tmp_path, table, "U1")
    coal = [d["activity"].sel(sector="industrial_boilers", source="coal", year=2035).sum()
            for d in (plain, found)]  # fmt: skip
    assert (coal[1] / coal[0]).item() == pytest.approx(1 - 0.30, rel=1e-9)
    replaced = (coal[0] - coal[1]).item()
    drawn = (found["electricity_demand"] - plain["electricity_demand"]).sel(
        year=2035, sector="industrial_boilers"
    )
    # 0.75 of useful heat a TJ of coal by a heat pump of 3: ratio 0.25
    assert drawn.sum().item() * 3600 == pytest.approx(0.25 * replaced, rel=1e-9)
    change = (found["emission"] - plain["emission"]).sum("city").sel(year=2035, species="CO2")
    assert change.sel(sector="industrial_boilers") < 0
    assert change.sel(sector="power") > 0
    assert "measures.csv" in found.attrs["resource_tables"]
    assert not any(t.startswith("/") for t in found.attrs["resource_tables"].split())


def test_its_rise_has_to_be_declared(small: dict[str, Any], tmp_path: Path, example: str) -> None:
    table = tmp_path / "heat_pumps.csv"
    silent = "\n".join(row for row in example.splitlines() if ",raises," not in row) + "\n"
    table.write_text(silent, encoding="utf-8")
    out = {name: tmp_path / name for name in ("potentials", "table", "scores", "type_table",
                                              "sectors")}  # fmt: skip
    with pytest.raises(InputError, match=r"without declaring it.*measure U1.*power"):
        rules.build_measure_potentials(user_measures=[table], **small, **out)
    assert not out["potentials"].exists()


def test_a_name_that_ships_already(small: dict[str, Any], tmp_path: Path, example: str) -> None:
    table = tmp_path / "mine.csv"
    table.write_text(example.replace("U1,", "P1,"), encoding="utf-8")
    with pytest.raises(InputError, match="ships already.*P1"):
        run(small, tmp_path, table)


def test_scenarios_know_the_users_measures(tmp_path: Path, example: str) -> None:
    (tmp_path / "measures").mkdir()
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "measures/heat_pumps.csv").write_text(example, encoding="utf-8")
    (tmp_path / "scenarios/mine.yaml").write_text(
        "title: mine\nmeasures: [{measure: U1, intensity: enhanced}]\n", encoding="utf-8"
    )
    assert load_scenarios(tmp_path / "scenarios")["mine"].measures[0].measure == "U1"
