"""Every figure is drawn from the contract files, is not blank, and has the same bytes twice."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from scenair.config.figures import FIGURES, FiguresConfig
from scenair.figures.io import draw_figures
from tests.figures.contract_case import CASE, Made, write_case


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return write_case(tmp_path_factory.mktemp("case"))


def inputs(made: Made) -> dict[str, str | None]:
    base = made.root / "results/2015/history"
    return {
        "trajectory": str(made.root / f"results/trajectories/{made.scenario}.nc"),
        "reference": str(made.root / "results/trajectories/reference.nc"),
        "gridded": str(made.result / "emissions/gridded.nc"),
        "annual": str(made.result / "air_quality/annual.nc"),
        "annual_base": str(base / "air_quality/annual.nc"),
        "cities": str(made.result / "attainment/cities.csv"),
        "sites": str(made.result / "attainment/sites.csv"),
        "double": str(made.result / "attainment/double.csv"),
        "fused": str(made.result / "attainment/fused.nc"),
        "cities_fused": str(made.result / "attainment/cities_fused.csv"),
        "exposure": str(made.result / "attainment/exposure.csv"),
    }


def draw(made: Made, folder: Path, **options: object) -> None:
    draw_figures(
        year=made.year,
        scenario=made.scenario,
        title="CO2 peak",
        config={
            "case": CASE.model_dump(mode="json"),
            "figures": FiguresConfig(dpi=72, **options).model_dump(mode="json"),
        },
        inputs=inputs(made),
        folder=folder,
    )


@pytest.fixture(scope="module")
def drawn(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    draw(made, folder)
    return folder


@pytest.mark.parametrize("stem", list(FIGURES))
def test_figure_has_ink_and_air(drawn: Path, stem: str) -> None:
    picture = imread(drawn / f"{stem}.png")[..., :3]
    ink = (picture.min(axis=2) < 0.9).mean()
    assert 0.01 < ink < 0.9
    # a picture of data has more than a handful of tones
    assert len(np.unique((picture * 255).astype(int).reshape(-1, 3), axis=0)) > 30
    text = (drawn / f"{stem}.svg").read_text(encoding="utf-8")
    assert "<dc:date>" not in text
    assert "<dc:creator>" not in text


def test_same_bytes_twice(made: Made, drawn: Path, tmp_path: Path) -> None:
    draw(made, tmp_path)
    for path in sorted(drawn.iterdir()):
        again = (tmp_path / path.name).read_bytes()
        assert hashlib.sha256(again).digest() == hashlib.sha256(path.read_bytes()).digest(), (
            path.name
        )
