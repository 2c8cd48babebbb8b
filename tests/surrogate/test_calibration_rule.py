"""The rule of the calibration: sets by region, tables, refusal of an anchored file."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_netcdf, write_netcdf
from scenair.core.io.tables import read_table
from scenair.surrogate.calibration import Estimate
from scenair.surrogate.io import calibration
from scenair.surrogate.io.annual import build_air_quality
from scenair.surrogate.io.calibration import build_calibration

MONITORS = "attainment/monitors_2015.csv"


@pytest.fixture(scope="module")
def annual(small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("calibration")
    build_air_quality(
        year=2015, scenario="history", config=small.config,
        annual=folder / "annual.nc", closure=folder / "closure.csv",
        **{k: small.folder / f"{k}.nc" for k in ("gridded", "cities", "meteorology", "background")},
    )  # fmt: skip
    return folder / "annual.nc"


def build(small, folder, annual):
    build_calibration(
        year=2015,
        config=small.config,
        coarsening=2,
        monitors=MONITORS,
        annual=annual,
        calibration=folder / "parameters.csv",
        evaluation=folder / "evaluation.csv",
        pairs=folder / "pairs.csv",
        **{k: small.folder / f"{k}.nc" for k in ("gridded", "meteorology", "background")},
    )


def test_tables(small, annual, tmp_path, monkeypatch):
    """The fit sees only the fitted regions; the model reacts to every free parameter."""
    seen = {}

    def fake(forward, observed, *, names, prior, error, steps, bounds):
        base = forward(np.zeros(len(names)))
        moved = [forward(np.eye(len(names))[i] * 0.3) for i in range(len(names))]
        seen.update(n=len(observed), base=base, moved=moved)
        ones = np.ones(len(names))
        assert (bounds[0] < 1).all()
        assert (bounds[1] > 1).all()
        return Estimate(tuple(names), 1.1 * ones, ("",) * len(ones), prior, 0 * ones, 0 * ones)

    monkeypatch.setattr(calibration, "calibrate", fake)
    build(small, tmp_path, annual)
    pairs = pd.read_csv(tmp_path / "pairs.csv")
    sets = read_table("surrogate/calibration_sets.csv").set_index("member")["value"]
    assert (pairs["region"].map(sets) == pairs["set"]).all()
    assert set(pairs["set"]) == {"fit", "judge"}
    assert seen["n"] == (pairs["set"] == "fit").sum()
    assert all(np.abs(m / seen["base"] - 1).max() > 1e-4 for m in seen["moved"])
    table = pd.read_csv(tmp_path / "parameters.csv")
    free = read_table("surrogate/calibration_free.csv")
    assert table["parameter"].tolist() == list(dict.fromkeys(free["parameter"]))
    assert (table["lowest"] < table["multiplier"]).all()
    rows = pd.read_csv(tmp_path / "evaluation.csv")
    assert len(rows) == 3 * 2 * 2
    same = rows[(rows["parameters"] == "before") & (rows["set"] == "fit")]
    assert same["n"].tolist() == [seen["n"] // 4, seen["n"]]


def test_anchored_file_is_refused(small, annual, tmp_path, monkeypatch):
    ds = open_netcdf(annual)
    write_netcdf(ds.assign(anchor_SO4=ds["SO4"]), tmp_path / "annual.nc", title="anchored")
    ones = np.ones(7)
    monkeypatch.setattr(
        calibration,
        "calibrate",
        lambda *_, names, **__: Estimate(names, ones, ("",) * 7, *[ones] * 3),
    )
    with pytest.raises(InputError, match="anchored"):
        build(small, tmp_path, tmp_path / "annual.nc")


def test_a_case_for_tests_is_not_calibrated(small, annual, tmp_path):
    """With clean inflow the fit would blame the parameters."""
    config = small.config | {"case": small.config["case"] | {"tests_only": True}}
    with pytest.raises(InputError, match="tests only"):
        build(SimpleNamespace(**vars(small) | {"config": config}), tmp_path, annual)
