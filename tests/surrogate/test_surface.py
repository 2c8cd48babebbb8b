"""Response surfaces as rules: design, CMAQ rules, runs, fit, refusal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.config.surface import SurfaceConfig
from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_netcdf, write_netcdf
from scenair.surrogate.design_runs import FACTORS, design_runs
from scenair.surrogate.io.annual import build_air_quality
from scenair.surrogate.io.surface import (
    build_design,
    build_runs,
    build_surface,
    collect_runs,
    read_design,
)
from scenair.surrogate.surface_fit import read_surface
from scenair.surrogate.surface_terms import OZONE_TERMS, design_matrix

if TYPE_CHECKING:
    from pathlib import Path

RUNS, JUDGES = 34, 5
PLACES = {"city": [114.7, 38.0], "far": [91.1, 29.6]}


def sections(small, **over):
    options = SurfaceConfig(
        runs=RUNS, held_out=JUDGES, coarsening=2, places=PLACES, **over
    ).model_dump(mode="json")
    return small.config | {"surface": options}


@pytest.fixture(scope="module")
def made(small, tmp_path_factory) -> Path:
    """Design, runs and fit on cells of 288 km."""
    folder = tmp_path_factory.mktemp("surface")
    config = sections(small)
    build_design(
        config=config,
        mechanism="cmaq/mechanism_cb6r5_ae7.csv",
        design=folder / "design.csv",
        rules=[folder / f"run_{run}.nml" for run in range(1, RUNS + JUDGES + 1)],
    )
    build_runs(
        year=2015,
        config=config,
        design=folder / "design.csv",
        gridded=small.folder / "gridded.nc",
        meteorology=small.folder / "meteorology.nc",
        background=small.folder / "background.nc",
        runs=folder / "runs.nc",
        threads=2,
    )
    fit_it(small, folder, folder)
    return folder


def fit_it(small, folder: Path, out: Path) -> None:
    build_surface(
        config=sections(small),
        design=folder / "design.csv",
        runs=folder / "runs.nc",
        surface=out / "surface.nc",
        errors=out / "errors.csv",
        places=out / "places.csv",
        isopleths=out / "isopleths.csv",
    )


def test_design_has_two_kinds_of_runs():
    fitted, judged = design_runs(runs=45, held_out=10, method="hammersley", largest=1.5)
    assert fitted.shape == (45, 5)
    assert judged.shape == (10, 5)
    assert (fitted[0] == 1).all()
    assert not {tuple(r) for r in judged.round(6)} & {tuple(r) for r in fitted.round(6)}
    # enough for the terms of ozone, and every coefficient is determined
    assert len(fitted) >= 1.5 * len(OZONE_TERMS)
    matrix = design_matrix(fitted, FACTORS, OZONE_TERMS)
    assert np.linalg.matrix_rank(matrix) == len(OZONE_TERMS)


def test_runs_are_written_for_cmaq(made):
    """Every CMAQ variable of a factor once, with the ratio of the run."""
    table = read_design(made / "design.csv")
    for run in (1, 2, RUNS + JUDGES):
        text = (made / f"run_{run}.nml").read_text()
        rows = re.findall(r"'EVERYWHERE','ALL','(\w+)' *,'ALL','ALL',([-\d.e+]+),'UNIT','m',", text)
        found = {name: float(value) for name, value in rows}
        assert len(found) == len(rows)
        row = table[table["run"] == run].iloc[0]
        for factor, variable in (
            ("NOx", "NO2"), ("NMVOC", "TOL"), ("SO2", "SULF"), ("NH3", "NH3"), ("PM25", "PEC"),
        ):  # fmt: skip
            assert found[variable] == pytest.approx(row[factor], rel=1e-8, abs=1e-12)
        assert "CO" not in found


def test_first_run_is_the_base(small, made, tmp_path):
    """Run 1 of the design is what a run of the year alone gives, on the same cells."""
    runs = open_netcdf(made / "runs.nc")
    assert runs.sizes["run"] == RUNS + JUDGES
    build_air_quality(
        year=2015, scenario="history", config=small.config,
        annual=tmp_path / "annual.nc", closure=tmp_path / "closure.csv",
        **{k: small.folder / f"{k}.nc" for k in ("gridded", "cities", "meteorology", "background")},
    )  # fmt: skip
    fine = open_netcdf(tmp_path / "annual.nc")["PM25_annual"].values
    ny, nx = (2 * n for n in runs["PM25"].shape[1:])
    block = fine[:ny, :nx].reshape(ny // 2, 2, nx // 2, 2).mean(axis=(1, 3))
    # other cells, so not the same: the mean over the domain within a few per cent
    assert runs["PM25"][0].mean() == pytest.approx(block.mean(), rel=0.05)
    # without any emission the background is left
    zero = runs["PM25"][1].values
    assert 0 < zero.min() < zero.max() < runs["PM25"][0].values.max()


def test_errors_and_indicators(made):
    errors = pd.read_csv(made / "errors.csv")
    assert set(errors["quantity"]) == {"PM25", "O3"}
    runs = errors.pivot_table(index=["quantity", "runs"], columns="part", values="n_runs")
    assert (runs["interior"] + runs["margin"] == runs["all"]).all()
    assert (errors["n_outside"] <= errors["n_runs"]).all()
    held = errors[(errors["runs"] == "held_out") & (errors["part"] == "nox_over_margin")]
    assert (held["mne"] < 0.05).all()
    assert (held["r"] > 0.99).all()
    places = pd.read_csv(made / "places.csv").set_index("place")
    assert set(places.index) == set(PLACES)
    lines = pd.read_csv(made / "isopleths.csv")
    base = lines[
        (lines["place"] == "city")
        & np.isclose(lines["nox_ratio"], 1.0)
        & np.isclose(lines["nmvoc_ratio"], 1.0)
    ]
    assert base["o3"].iloc[0] == pytest.approx(places.loc["city", "o3_base"], rel=1e-9)


def test_the_file_predicts_and_refuses(made):
    ds, table = open_netcdf(made / "surface.nc"), read_design(made / "design.csv")
    surface = read_surface(ds, "PM25")
    runs = open_netcdf(made / "runs.nc")["PM25"].values.reshape(RUNS + JUDGES, -1)
    np.testing.assert_allclose(surface.predict({}), runs[0], rtol=1e-12)
    one = surface.predict(table[list(FACTORS)].to_numpy()[RUNS : RUNS + 1])[0]
    assert np.abs(one / runs[RUNS] - 1).mean() < 0.05
    with pytest.raises(InputError, match="outside what the surface was fitted on"):
        surface.predict({"NOx": 1.6})


def test_runs_of_another_model(small, made, tmp_path):
    """Files of the user's own model, one a run, give the runs of the design."""
    table = read_design(made / "design.csv")
    axes = {"y": ("y", small.grid.y), "x": ("x", small.grid.x)}
    files = []
    for run in table["run"]:
        field = np.full(small.grid.shape, float(run))
        ds = xr.Dataset({"PM25_annual": (("y", "x"), field, {"units": "ug m-3"})}, coords=axes)
        files.append(tmp_path / f"{run}.nc")
        write_netcdf(ds, files[-1], title="another model")

    def collect(chosen):
        collect_runs(
            year=2015, config=small.config, design=made / "design.csv",
            gridded=small.folder / "gridded.nc", files=chosen, runs=tmp_path / "runs.nc",
        )  # fmt: skip

    collect(files)
    ds = open_netcdf(tmp_path / "runs.nc")
    np.testing.assert_array_equal(ds["PM25"][:, 3, 3], table["run"])
    assert "O3" not in ds
    with pytest.raises(InputError, match="not every run"):
        collect(files[:-1])


def test_damaged_design(made, tmp_path):
    table = pd.read_csv(made / "design.csv")
    for change, words in (
        ({"NOx": -0.1}, "negative"), ({"NOx": np.nan}, "no number"), ({"use": "fit"}, "both kinds"),
    ):  # fmt: skip
        table.assign(**change).to_csv(tmp_path / "design.csv", index=False)
        with pytest.raises(InputError, match=words):
            read_design(tmp_path / "design.csv")


def test_runs_of_another_design(small, made, tmp_path):
    table = pd.read_csv(made / "design.csv")
    table.assign(run=table["run"] + 1).to_csv(tmp_path / "design.csv", index=False)
    (tmp_path / "runs.nc").symlink_to(made / "runs.nc")
    with pytest.raises(InputError, match="another design"):
        fit_it(small, tmp_path, tmp_path)
