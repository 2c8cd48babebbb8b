"""A case on a grid of the user's own GRIDDESC."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from scenair.config.case import CaseConfig, GridConfig
from scenair.config.load import dump, load_config
from scenair.core.errors import ConfigError, InputError
from scenair.core.griddesc import format_griddesc, named_grid, parse_griddesc
from scenair.core.grids import Grid, grid_from_attributes

GRIDDESC = """' '
'LCC_HB'
  2  30.0  60.0  112.0  112.0  31.0
'POLE'
  6  1.0  45.0  110.0  110.0  90.0
'EQMERC'
  7  30.0  0.0  114.0  114.0  0.0
'DEGREES'
  1  0.0  0.0  0.0  0.0  0.0
'ALBERS'
  9  25.0  47.0  105.0  105.0  0.0
' '
'HB09'
'LCC_HB'  -405000.0  -270000.0  9000.0  9000.0  90  60  1
'HB03'
'LCC_HB'   0.0  -108000.0  3000.0  3000.0  72  72  1
'POLE50'
'POLE'  -1.0D6  -6.0D6  5.0D4  5.0D4  40  40  1
'EQ09'
'EQMERC'  -90000.0  2700000.0  9000.0  9000.0  20  20  1
'DEG01'
'DEGREES'  112.0  29.0  0.1  0.1  40  30  1
'ALB36'
'ALBERS'  -1.0D6  -1.0D6  3.6D4  3.6D4  40  40  1
' '
"""


@pytest.fixture
def griddesc(tmp_path: Path) -> Path:
    path = tmp_path / "GRIDDESC"
    path.write_text(GRIDDESC, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("HB09", (60, 90)),
        ("HB03", (72, 72)),
        ("POLE50", (40, 40)),
        ("EQ09", (20, 20)),
        ("DEG01", (30, 40)),
    ],
)
def test_a_case_takes_its_grid_by_name(griddesc, name, shape):
    grid = GridConfig(griddesc=str(griddesc), name=name).build()
    assert (grid.name, grid.shape) == (name, shape)
    assert grid == parse_griddesc(format_griddesc([grid]))[name]


def test_numbers_take_the_place_of_the_path(griddesc):
    case = CaseConfig.model_validate({"grid": {"griddesc": str(griddesc), "name": "HB03"}})
    plain = dump(case)
    griddesc.unlink()
    # a job sees numbers: it needs no file, and an edit of the file changes what it depends on
    assert plain["grid"]["griddesc"] == ""
    assert CaseConfig.model_validate(plain) == case
    assert case.grid.build().xcell == 3000.0


def test_nests_of_one_file_share_cell_edges(griddesc):
    coarse, fine = (GridConfig(griddesc=str(griddesc), name=n).build() for n in ("HB09", "HB03"))
    start = (fine.xorig - coarse.xorig) / coarse.xcell, (fine.yorig - coarse.yorig) / coarse.ycell
    assert start == (45.0, 18.0)


def test_equatorial_mercator_is_true_at_its_latitude(griddesc):
    grid = GridConfig(griddesc=str(griddesc), name="EQ09").build()
    x, y = grid.project([114.0, 115.0], [0.0, 30.0])
    assert (x[0], y[0]) == pytest.approx((0.0, 0.0), abs=1e-6)
    # a degree along the true parallel: R cos(30) pi / 180
    assert x[1] == pytest.approx(6_370_000 * 0.8660254 * 0.01745329252, rel=1e-7)
    assert grid_from_attributes(grid.cf_attributes()) == grid


def test_a_file_with_one_grid_needs_no_name(tmp_path):
    grid = parse_griddesc(GRIDDESC.replace("'ALBERS'\n  9", "'ALBERS'\n  2"))["HB09"]
    path = tmp_path / "GRIDDESC"
    path.write_text(format_griddesc([grid]), encoding="utf-8")
    assert GridConfig(griddesc=str(path)).build() == grid


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": "HB27"}, "no such grid.*HB09, HB03"),
        ({}, "which grid"),
        ({"name": "ALB36"}, "GDTYP 9"),
        ({"name": "HB09", "xcell": 1000.0}, "leave out xcell"),
        ({"name": "HB09", "nest": {"ratio": 3}}, "leave out nest"),
    ],
)
def test_refusals_name_the_mistake(griddesc, given, words):
    with pytest.raises(ValidationError, match="(?s)" + words):
        GridConfig.model_validate({"griddesc": str(griddesc), **given})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "file not found"),
        (b"", "an empty file"),
        (b"\xff\xfe\x00", "codec"),
        (GRIDDESC[:60].encode(), "truncated"),
        (b"{'a': 1}", "GRIDDESC"),
        (GRIDDESC.replace("'LCC_HB'  -405000.0", "'LCC_XX'  -405000.0").encode(), "undeclared"),
        (GRIDDESC.replace("90  60  1", "0  60  1").encode(), "at least one cell"),
        (GRIDDESC.replace("-405000.0", "west").encode(), "(?i)not a number"),
    ],
)
def test_a_wrong_file_is_one_message_of_the_configuration(tmp_path, repo, content, words):
    path = tmp_path / "GRIDDESC"
    if content is not None:
        path.write_bytes(content)
    case = tmp_path / "own.yaml"
    case.write_text(f"case:\n  name: own\n  grid: {{griddesc: {path}, name: HB09}}\n")
    with pytest.raises(ConfigError, match="(?s)" + words) as told:
        load_config({"case": str(case)}, folder=repo / "config")
    assert "case.grid" in str(told.value)


def test_other_grids_of_a_file_may_be_of_any_kind():
    assert named_grid(GRIDDESC, "HB09").name == "HB09"
    with pytest.raises(InputError, match="ALB36"):
        parse_griddesc(GRIDDESC)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("GRIDDESC", "au-test_v1"),
        ("GRIDDESC.CN27km", "CN27km"),
        ("GRIDDESC.CN245x195", "CN245x195"),
        ("GRIDDESC_CN9CD_83X83", "CN9CD_83X83"),
        ("GRIDDESC_pseudonetcdf", "108NHEMI2"),
        ("GRIDDESC_pseudonetcdf", "CMAQNORTHSA"),
        ("GRIDDESC_pseudonetcdf", "global_1"),
    ],
)
def test_files_of_other_models(realdata, file, name):
    grid = GridConfig(griddesc=str(realdata / "model_samples" / file), name=name).build()
    assert isinstance(grid, Grid)
    lon, lat = grid.lonlat
    assert (abs(lat) <= 90).all()
    assert lon.shape == grid.shape
