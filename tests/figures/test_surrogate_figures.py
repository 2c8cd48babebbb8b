"""Figures of the surrogate: what is shown, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scenair.core.grids import CN36
from scenair.core.regions import units
from scenair.figures.basemap import make_basemap
from scenair.figures.surrogate import (
    _peak_words,
    _ridge,
    component_maps,
    isopleth_chart,
    monitor_scatter,
)


@pytest.fixture(scope="module")
def base():
    codes = units().index.tolist()
    return make_basemap(CN36, [c for c in codes if c // 10_000 in (11, 12, 13)])


def test_ridge_lies_between_the_samples() -> None:
    x = np.arange(0.0, 1.55, 0.05)
    peaks = np.array([0.52, 0.88, 1.234])
    field = 100 - (x[None] - peaks[:, None]) ** 2
    assert _ridge(x, field) == pytest.approx(peaks, abs=1e-9)


def test_ridge_on_an_edge_is_no_ridge() -> None:
    x = np.linspace(0, 1.5, 7)
    assert np.isnan(_ridge(x, np.stack([x, -x]))).all()


def test_a_peak_outside_the_samples_is_named_so() -> None:
    assert _peak_words(1.5, largest=1.5) == "peak ratio above 1.5"
    assert _peak_words(0.876, largest=1.5) == "peak ratio 0.88"


def _meshes(figure) -> dict[str, np.ndarray]:
    found = {}
    for ax in figure.axes:
        if ax.get_title():
            found[ax.get_title()] = np.asarray(ax.collections[0].get_array())
    return found


def test_groups_of_parts_sum_to_the_total(base) -> None:
    shape = CN36.shape
    value = {"SO4": 1.0, "NO3": 2.0, "NH4": 3.0, "BC": 4.0, "OA": 5.0, "OTHER": 6.0}
    value |= {"BACKGROUND": 7.0, "PM25": 28.0}
    parts = {name: np.full(shape, v) for name, v in value.items()}
    for told, groups in (({"SOA": np.full(shape, 1.5)}, 6), ({}, 6)):
        shown = _meshes(component_maps(base, parts | told, heading="h"))
        assert len(shown) == groups
        total = shown.pop("PM$_{2.5}$")
        assert np.sum(list(shown.values()), axis=0) == pytest.approx(total)
        assert ("secondary organic" in shown) == bool(told)


def test_isopleths_have_a_panel_a_place() -> None:
    ratio = np.linspace(0, 1.5, 7)
    n, v = np.meshgrid(ratio, ratio)
    lines = pd.DataFrame({"nox_ratio": n.ravel(), "nmvoc_ratio": v.ravel()})
    lines["o3"] = 100 - (lines["nox_ratio"] - 0.8) ** 2 + lines["nmvoc_ratio"]
    frames = [lines.assign(place=p) for p in ("megacity", "rural")]
    places = pd.DataFrame({"place": ["megacity", "rural"], "peak_ratio": [0.8, 1.5]})
    figure = isopleth_chart(pd.concat(frames), places, heading="h")
    titles = [ax.get_title() for ax in figure.axes if ax.get_title()]
    assert titles == ["megacity: peak ratio 0.80", "rural: peak ratio above 1.5"]


def test_scatter_prints_the_skill_it_was_given() -> None:
    rows = [(110000, "fit", q, 50.0, 60.0) for q in range(4)]
    rows += [(310000, "judge", q, 40.0, 30.0) for q in range(4)]
    pairs = pd.DataFrame(
        rows, columns=["adcode", "set", "quarter", "observed", "modelled_case_grid"]
    )
    skills = pd.DataFrame(
        [("case_grid", use, p, 4, 0.2, 0.25, 0.9) for use in ("fit", "judge")
         for p in ("annual", "quarters")],
        columns=["parameters", "set", "period", "n", "nmb", "nme", "r"],
    )  # fmt: skip
    figure = monitor_scatter(pairs, skills, heading="h")
    words = [t.get_text() for ax in figure.axes for t in ax.get_legend().get_texts()]
    assert words[0] == "regions that a fit may see: n 4, NMB +20%, NME 25%, r 0.90"
    assert len(words) == 4
