"""The 28 cities as a nest of a coarse run of the whole country, by the workflow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

YEAR = "results/2015/history"
NAMES = ("bth", "china")
#: CN36 on 108 km, for speed.
PARENT = """
case:
  name: china-coarse
  title: China on 108 km
  grid: {name: CN108, xcell: 108000, ycell: 108000, ncols: 57, nrows: 42}
"""


def snakemake(
    folder: Path, repo: Path, *arguments: str, config: tuple[str, ...]
) -> subprocess.CompletedProcess[str]:
    command = [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(repo / "Snakefile")),
        *("--directory", str(folder), "--cores", "2", *arguments, "--config", *config),
    ]
    return subprocess.run(
        command, cwd=repo, capture_output=True, text=True, timeout=600, check=False
    )


def open_nc(path: Path) -> xr.Dataset:
    with xr.open_dataset(path) as ds:
        return ds.load()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, repo: Path) -> Path:
    """``china`` and ``bth``, made in the way that the first message says."""
    folder = tmp_path_factory.mktemp("nest")
    (folder / "china").mkdir()
    (folder / "china.yaml").write_text(PARENT, encoding="utf-8")
    nest = ("case=bth", "surrogate={parent: ../china}")
    asked = snakemake(folder / "bth", repo, f"{YEAR}/air_quality/annual.nc", config=nest)
    assert asked.returncode != 0
    command = f"--directory ../china {YEAR}/air_quality/tracers.nc"
    assert asked.stderr.count("[scenair]") == 1
    assert command in asked.stderr
    assert "Traceback" not in asked.stderr
    own = (f"case={folder / 'china.yaml'}",)
    targets = [f"{YEAR}/air_quality/{name}" for name in ("tracers.nc", "closure.csv")]
    done = snakemake(folder / "china", repo, *targets, config=own)
    assert done.returncode == 0, done.stderr[-4000:]
    done = snakemake(
        folder / "bth", repo, f"{YEAR}/air_quality/annual.nc", "results/responsibility/2015.nc",
        config=nest,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return folder


def test_the_nest_has_the_level_of_its_parent(runs: Path) -> None:
    """Means over the nest: 108 km cells and 12 km cells agree within a fifth."""
    inner, outer = (open_nc(runs / name / YEAR / "air_quality/annual.nc") for name in NAMES)
    box = {axis: slice(float(inner[axis].min()), float(inner[axis].max())) for axis in "xy"}
    for part in ("SO4", "NO3", "OA", "BACKGROUND"):
        level = float(outer[f"{part}_annual"].sel(box).mean())
        assert float(inner[f"{part}_annual"].mean()) == pytest.approx(level, rel=0.2), part
    assert inner.attrs["inflow"].startswith("parent china-coarse CN108 2015/history, sha256 ")
    assert "tests_only" not in inner.attrs


def test_everything_closes(runs: Path) -> None:
    table = pd.read_csv(runs / "bth" / YEAR / "air_quality/closure.csv")
    assert table["relative_error"].abs().max() < 1e-6
    assert "surrogate surroundings" in set(table["stage"])
    matrix = open_nc(runs / "bth/results/responsibility/2015.nc")
    part = (matrix["contribution"].astype(float) * matrix["emission"]).sum(
        ("source_city", "sector", "species")
    )
    total = part + matrix["outside"].sum("origin")
    np.testing.assert_allclose(total, matrix["concentration"], rtol=1e-5)
    assert (matrix["outside"] > 0).all()


def test_a_parent_that_is_made_again_is_seen(runs: Path, repo: Path) -> None:
    """The parent's file is an input like any other."""
    (runs / "china" / YEAR / "air_quality/tracers.nc").touch()
    asked = snakemake(
        runs / "bth", repo, "-n", f"{YEAR}/air_quality/annual.nc",
        config=("case=bth", "surrogate={parent: ../china}"),
    )  # fmt: skip
    assert "air_quality" in asked.stdout + asked.stderr
    assert "Nothing to be done" not in asked.stdout + asked.stderr
