"""The command line: exit status, one message, one line a finding."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from scenair.attainment.io.model import read_air_quality
from scenair.cli import main
from scenair.cli.parser import build_parser
from scenair.cli.results import configuration, locate, parse
from scenair.core.errors import InputError
from scenair.core.griddesc import format_griddesc
from scenair.core.grids import CN36
from tests.cmaq import cmaq_output as output
from tests.cmaq import ioapi_files as make


@pytest.fixture
def good(tmp_path):
    return make.write(make.emissions(), tmp_path / "emis.nc")


@pytest.fixture
def griddesc(tmp_path):
    path = tmp_path / "GRIDDESC"
    path.write_text(format_griddesc([make.GRID]))
    return path


def test_help_needs_nothing_heavy():
    import subprocess
    import sys

    code = (
        "import sys; from scenair.cli import main\n"
        "try: main(['cmaq', '--help'])\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'xarray', 'pandas', 'netCDF4', 'geopandas'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize("argv", [[], ["cmaq"]])
def test_without_a_command_the_help_is_shown(argv, capsys):
    assert main(argv) == 2
    assert "check" in capsys.readouterr().out or not argv


def test_every_command_names_a_function_that_exists():
    from importlib import import_module

    targets = {
        "scenair.cli.cmaq": ("check", "desid", "kit", "read", "met", "write"),
        "scenair.cli.verify": ("verify",),
    }
    for module, names in targets.items():
        assert all(callable(getattr(import_module(module), n)) for n in names)
    parser = build_parser()
    assert parser.parse_args(["cmaq", "check", "a.nc"]).files == ["a.nc"]
    assert parser.parse_args(["verify", "results/2030/peak"]).result == "results/2030/peak"


def test_check_of_a_right_file(good, griddesc, capsys):
    assert main(["cmaq", "check", str(good), "--griddesc", str(griddesc), "--quiet"]) == 0
    out = capsys.readouterr()
    assert out.out == ""
    assert "1 file: 0 errors, 0 warnings" in out.err


def test_check_of_a_wrong_file_is_one_line_a_finding(tmp_path, capsys):
    draft = make.emissions()
    draft.units["NO"] = "g/s"
    draft.rename("XYLMN", "XYL")
    path = make.write(draft, tmp_path / "emis.nc")
    assert main(["cmaq", "check", str(path), "--quiet"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("error") for line in lines)
    assert main(["cmaq", "check", str(path), "--quiet", "--format", "csv"]) == 1
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {r["code"] for r in rows} == {"unit", "name"}


def test_check_against_a_table(good, tmp_path, capsys):
    table = tmp_path / "totals.csv"
    table.write_text("variable,value,unit\nNO,1,kg\n")
    assert main(["cmaq", "check", str(good), "--table", str(table), "--quiet"]) == 1
    assert "closure" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["absent.nc"], "file not found"),
        (["{good}", "--griddesc", "absent"], "check --griddesc"),
        (["{good}", "--griddesc", "{griddesc}", "--grid", "OTHER"], "no such grid"),
        (["{good}", "--mechanism", "cb99"], "file not found"),
        (["{good}", "--kind", "picture"], "unknown kind"),
        (["{griddesc}"], "not a readable netCDF"),
    ],
)
def test_what_cannot_be_done_is_one_message(good, griddesc, capsys, arguments, words):
    argv = [a.format(good=good, griddesc=griddesc) for a in arguments]
    assert main(["cmaq", "check", *argv]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) == 1


def test_a_griddesc_with_two_grids_needs_a_name(good, tmp_path, capsys):
    path = tmp_path / "GRIDDESC2"
    path.write_text(format_griddesc([make.GRID, CN36]))
    assert main(["cmaq", "check", str(good), "--griddesc", str(path)]) == 2
    assert "TEST36, CN36" in capsys.readouterr().err
    assert main(["cmaq", "check", str(good), "--griddesc", str(path), "--grid", "TEST36"]) == 0


def test_a_defect_keeps_its_traceback(monkeypatch, good):
    from scenair.cmaq import check as checks

    monkeypatch.setattr(checks, "check_files", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["cmaq", "check", str(good)])


def test_orientation_is_looked_at_where_the_grid_covers_china(tmp_path, capsys, monkeypatch):
    from scenair.cmaq import check_orientation
    from scenair.core.grids import Grid

    def fake(grid: Grid):
        rows = np.arange(grid.nrows)[:, None] >= grid.nrows // 2
        land = np.broadcast_to(rows, grid.shape).astype(float)
        lon, lat = grid.lonlat
        spots = [(grid.nrows - 2, c) for c in (10, 20, 30)]
        cities = {str(i): (float(lon[s]), float(lat[s])) for i, s in enumerate(spots)}
        return check_orientation.Orientation(grid=grid, land=land, cities=cities)

    monkeypatch.setattr(check_orientation, "mainland_orientation", fake)
    coarse = CN36.nest(name="COARSE", ratio=1, col0=0, row0=0, cols=172, rows=126)
    draft = make.emissions(grid=coarse, names=("NO",), records=25)
    weight = np.zeros(coarse.shape, dtype=np.float32)
    weight[: coarse.nrows // 2] = 1.0
    weight[1, [10, 20, 30]] = 9.0
    draft.data["NO"] = draft.data["NO"] * weight
    path = make.write(draft, tmp_path / "flipped.nc")
    assert main(["cmaq", "check", str(path), "--quiet"]) == 1
    assert "rows flipped" in capsys.readouterr().out
    assert main(["cmaq", "check", str(path), "--quiet", "--no-land"]) == 0


def test_read_writes_the_products(tmp_path, capsys):
    files = [
        str(output.write_day(tmp_path / f"{m}{d}.nc", kind="aelmo", day=f"2015-{m:02d}-{d}",
                             value=lambda n, h: np.full(len(h), 1.0 if n == "PM25" else 0.1)))
        for m in (1, 4, 7, 10) for d in (14, 15)
    ]  # fmt: skip
    result = tmp_path / "results" / "2030" / "peak"
    assert main(["cmaq", "read", str(result), *files]) == 2
    assert "does not cover a year" in capsys.readouterr().err
    assert main(["cmaq", "read", str(result), *files, "--partial"]) == 0
    # the stage that reads it takes it as it is
    run, ds = read_air_quality(result / "air_quality" / "annual.nc", grid=output.GRID)
    assert ds.attrs["source"] == "cmaq"
    np.testing.assert_allclose(run.pm25, 1.0, rtol=1e-6)


def test_met_refuses_a_mixture(tmp_path, capsys):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    argv = ["cmaq", "met", str(tmp_path / "folder"), str(tmp_path / "file")]
    assert main(argv) == 2
    assert "don't mix" in capsys.readouterr().err


def test_results_are_named_by_year_and_scenario(tmp_path):
    assert parse("results/2030/peak").year == 2030
    for wrong in ("results/peak", "results/20x0/peak"):
        with pytest.raises(InputError, match="no result"):
            parse(wrong)
    with pytest.raises(InputError, match="no such result"):
        locate(str(tmp_path / "results" / "2030" / "peak"))
    (tmp_path / "results" / "2030" / "peak").mkdir(parents=True)
    result = locate(str(tmp_path / "results" / "2030" / "peak"))
    with pytest.raises(InputError, match="lacks a file"):
        result.file("emissions/cities.nc")
    with pytest.raises(InputError, match="file not found"):
        _ = result.trajectories


def test_configuration_of_a_case():
    given = configuration("bth", {"cmaq": {"desid": {"by": "province"}}})
    assert given["case"]["name"] == "bth"
    assert given["cmaq"]["desid"]["by"] == "province"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["cmaq", "write", "results/2030/peak"], "no such result"),
        (
            ["cmaq", "desid", "results/2030/peak", "--base", "results/2030/reference"],
            "no such result",
        ),
        (["cmaq", "kit", "results/2030/peak"], "no such result"),
        (["verify", "results/2030/peak"], "no manifest"),
    ],
)
def test_commands_on_absent_results(argv, words, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    if argv[1] == "write":
        argv = [*argv, "--start", "2030-01-01", "--end", "2030-01-02", "--folder", "x"]
    assert main(argv) == 2
    assert words in capsys.readouterr().err


def test_dates_of_write(tmp_path, capsys):
    result = tmp_path / "results" / "2030" / "peak"
    result.mkdir(parents=True)
    common = ["cmaq", "write", str(result), "--folder", "x", "--end", "2030-01-02", "--start"]
    assert main([*common, "January"]) == 2
    assert "no date" in capsys.readouterr().err
    assert main([*common, "2029-01-01"]) == 2
    assert "another year" in capsys.readouterr().err
