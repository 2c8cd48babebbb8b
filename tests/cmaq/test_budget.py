"""CMAQ's budget file against emission files, by the layout of budget_defn.F."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scenair.cli import main
from scenair.cmaq import budget
from scenair.core.errors import InputError
from tests.cmaq import ioapi_files as make

PROCESSES = ("ZADV", "HDIF", "VDIF", "EMIS", "DDEP", "CLDS", "CHEM", "AERO")
SIDES = [f"{side}_{way}" for side in ("WEST", "EAST", "SOUTH", "NORTH") for way in ("IN", "OUT")]
BURDEN = ("SPECIES", "T_START", "T_FINAL", "T_DELTA", "M_START", "M_FINAL", "M_DELTA")
HEADER = ",".join([*BURDEN, *SIDES, *PROCESSES, "RESID"])
MASS = {"NO": 30.0, "NO2": 46.0, "SO2": 64.0, "NH3": 17.0, "CO": 28.0}


def budget_text(emissions: dict[str, np.ndarray], *, hours=range(24)) -> str:
    """The file as Fortran writes it: species -> kg in each of 24 hours."""
    lines = ["# CMAQ", "#      EXEC_ID: test", "#", HEADER]
    for hour in hours:
        start, stop = (make.DAY + pd.Timedelta(hours=hour + k) for k in (0, 1))
        for name, kg in emissions.items():
            numbers = dict.fromkeys(["M", "F", "D", *SIDES, *PROCESSES, "RESID"], 0.0)
            numbers["EMIS"] = float(kg[hour])
            cells = ",".join(f"{v:15.8E}" for v in numbers.values())
            lines.append(
                f"{name},{start:%Y-%m-%dT%H:%M:%SZ},{stop:%Y-%m-%dT%H:%M:%SZ},  1.000,{cells}"
            )
    return "\n".join(lines) + "\n"


def emitted_by(draft: make.Draft) -> dict[str, np.ndarray]:
    """What the model emits hour by hour from a file, computed on its own: half of both records."""
    out = {}
    for name, values in draft.data.items():
        rate = values.astype(float).sum(axis=(1, 2, 3))
        amount = 1800.0 * (rate[:-1] + rate[1:])
        if name in MASS:
            out[name] = amount * MASS[name] / 1000
        elif name == "PEC":
            out |= {"AECI": 0.1 * amount / 1000, "AECJ": 0.9 * amount / 1000}
        elif name == "PMOTHR":
            out |= {"AOTHRI": 0.1 * amount / 1000, "AOTHRJ": 0.9 * amount / 1000}
    return out


@pytest.fixture
def day(tmp_path):
    draft = make.emissions()
    path = make.write(draft, tmp_path / "emis.nc")
    text = tmp_path / "CCTM_BUDGET_test.txt"
    text.write_text(budget_text(emitted_by(draft)))
    return draft, path, text


def test_a_right_file_agrees(day, capsys):
    _, path, text = day
    assert main(["cmaq", "budget", str(text), str(path)]) == 0
    printed = capsys.readouterr()
    assert "AECI+AECJ" in printed.out
    assert "NO2" in printed.out
    assert "not compared: PAR, PMC, PNCOM, POC, PSO4, XYLMN" in printed.err


@pytest.mark.parametrize("factor", [30.0, 3600.0, 0.0, 1.001])
def test_a_silent_mistake_of_the_model_is_seen(day, capsys, factor):
    draft, path, text = day
    kg = emitted_by(draft)
    kg["NO"] = kg["NO"] * factor
    text.write_text(budget_text(kg))
    assert main(["cmaq", "budget", str(text), str(path)]) == 1
    line = next(x for x in capsys.readouterr().out.splitlines() if x.lstrip().startswith("NO "))
    assert f"{factor - 1:.1e}" in line


def test_some_hours_and_several_files_add_up(day, tmp_path, capsys):
    draft, path, text = day
    kg = {k: 2 * v for k, v in emitted_by(draft).items()}
    text.write_text(budget_text(kg, hours=range(3, 7)))
    twin = make.write(draft, tmp_path / "twin.nc")
    assert main(["cmaq", "budget", str(text), str(path), str(twin)]) == 0
    assert main(["cmaq", "budget", str(text), str(path)]) == 1
    capsys.readouterr()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: "", "no budget file"),
        (lambda t: t.replace("EMIS", "ELSE"), "columns missing: EMIS"),
        (lambda t: t[:-40], "cut off"),
        (lambda t: t.replace("E+00", "*****", 1), "can't be read"),
        (lambda t: t.replace("T03:00:00Z", "Txx", 1), "can't be read"),
        (lambda t: "\n".join(t.splitlines()[:4]), "without numbers"),
        (lambda t: "\n".join(x for x in t.splitlines() if "T05:00:00Z,2" not in x), "missing"),
        (lambda t: t + "\n".join(t.splitlines()[4:]), "twice"),
        (lambda t: t.replace("2030-07-04T00", "2030-07-02T00"), "more than one UTC day"),
    ],
)
def test_wrong_budgets_are_refused(day, change, words):
    draft, _, _ = day
    text = change(budget_text(emitted_by(draft)))
    with pytest.raises(InputError, match=words):
        budget.emitted(budget.parse_budget(text))


def test_files_that_are_no_day_are_refused(day, tmp_path, capsys):
    _, _, text = day
    short = make.write(make.emissions(records=24), tmp_path / "short.nc")
    assert main(["cmaq", "budget", str(text), str(short)]) == 2
    assert "25 records" in capsys.readouterr().err
