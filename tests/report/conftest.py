"""A made-up result with manifest, figures and report."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scenair.config.figures import FIGURES, FiguresConfig
from scenair.core.io import tables
from scenair.core.io.paths import resources
from scenair.report.io import build_manifest, build_report
from tests.figures.contract_case import CASE, Made, write_case

#: the smallest PNG there is: figures have tests of their own
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
CONFIG = {
    "case": CASE.model_dump(mode="json"),
    "figures": FiguresConfig().model_dump(mode="json"),
}


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Results resolve from the working directory."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def contract_files(made: Made) -> list[str]:
    """Names of the made files, relative to the run."""
    kinds = ("*.nc", "*.csv", "*.json")
    found = [p for kind in kinds for p in (made.root / "results").rglob(kind)]
    return sorted(str(p.relative_to(made.root)) for p in found if p.name != "manifest.json")


def brought(made: Made) -> list[str]:
    """A shipped table and a file of the user."""
    own = made.root / "mine.csv"
    if not own.exists():
        own.write_text("adcode,value\n110000,1\n", encoding="utf-8")
    return ["mine.csv", str(resources() / "attainment/standards.csv")]


def write_report(made: Made, **words: object) -> Path:
    """Manifest and report of the made-up result."""
    target = f"results/{made.year}/{made.scenario}"
    with inside(made.root):
        figures = {stem: f"{target}/figures/{stem}.png" for stem in FIGURES}
        for path in figures.values():
            Path(path).parent.mkdir(exist_ok=True)
            Path(path).write_bytes(PIXEL)
        build_manifest(
            year=made.year,
            scenario=made.scenario,
            config=CONFIG,
            files=contract_files(made),
            brought=brought(made),
            figures=list(figures.values()),
            manifest=f"{target}/manifest.json",
        )
        names = ("cities", "cities_fused", "double", "sites")
        build_report(
            year=made.year,
            scenario=made.scenario,
            words={
                "title": "CO2 peak",
                "description": "A <made-up> description & more.",
                "counterfactual": False,
                **words,
            },
            config=CONFIG,
            inputs={
                "trajectory": f"results/trajectories/{made.scenario}.nc",
                "annual": f"{target}/air_quality/annual.nc",
                **{name: f"{target}/attainment/{name}.csv" for name in names},
                "summary": f"{target}/attainment/summary.json",
                "manifest": f"{target}/manifest.json",
                "measures": None
                if made.scenario == "history"
                else f"results/trajectories/{made.scenario}.measures.csv",
            },
            figures=figures,
            report=f"{target}/report.html",
        )
    return made.result


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Read only; tests that change files copy it."""
    with pytest.MonkeyPatch.context() as patch:
        # as in a process of its own: the files name the tables that were read for them
        patch.setattr(tables, "_read", {})
        tables.read_table("regions/city_names_en.csv")
        made = write_case(tmp_path_factory.mktemp("report"))
        write_report(made)
    return made


@pytest.fixture
def made(made_once: Made, tmp_path: Path) -> Made:
    """A copy to change."""
    import shutil

    shutil.copytree(made_once.root, tmp_path / "run")
    return Made(tmp_path / "run", made_once.year, made_once.scenario)
