"""The record writer, read by independent readers; GRIDDESC round trips."""

from __future__ import annotations

import shutil
import subprocess

import netCDF4
import numpy as np
import pandas as pd
import pytest
import scipy.io

from scenair.cmaq import ioapi, writer
from scenair.core.errors import InputError
from scenair.core.griddesc import format_griddesc, parse_griddesc
from scenair.core.grids import CN36, Grid
from tests.cmaq.ioapi_files import GRID

FIELDS = (
    writer.Field("NO", "moles/s", "NO from NOx"),
    writer.Field("ISTACK", "none", "group", "i"),
    writer.Field("PEC", "g/s", "PEC from BC"),
)
START = pd.Timestamp("2030-12-31")


def write(path, *, records: int = 25, layers: int = 1):
    """Values that tell record, variable and cell."""
    cells = layers * GRID.size

    def fill(record, floats, ints):
        floats[0] = record * 1000.5 + np.arange(cells)
        ints[1] = -7 + record
        floats[2] = record / 3

    writer.write_records(
        path,
        attributes=ioapi.header(
            GRID,
            variables={f.name: (f.units, f.description) for f in FIELDS},
            start=START,
            upname="test",
            description="a test",
        ),
        fields=FIELDS,
        shape=(layers, *GRID.shape),
        stamps=[ioapi.date_time(START + pd.Timedelta(hours=h)) for h in range(records)],
        fill=fill,
    )


def test_netcdf4_reads_it(tmp_path):
    write(tmp_path / "a.nc")
    with netCDF4.Dataset(tmp_path / "a.nc") as data:
        assert data.data_model == "NETCDF3_64BIT_OFFSET"
        assert data.dimensions["TSTEP"].isunlimited()
        assert data["NO"].dimensions == ("TSTEP", "LAY", "ROW", "COL")
        assert data["NO"].dtype == np.float32
        assert data["ISTACK"].dtype == np.int32
        cells = np.arange(GRID.size, dtype=np.float32).reshape(GRID.shape)
        assert np.array_equal(data["NO"][24, 0], (24 * 1000.5 + cells).astype(np.float32))
        assert np.array_equal(data["ISTACK"][3, 0], np.full(GRID.shape, -4))
        assert data["PEC"][2, 0, 0, 0] == np.float32(2 / 3)
        assert data["TFLAG"].shape == (25, 3, 2)
        # the year turns between record 24 and 25
        assert data["TFLAG"][23, 1].tolist() == [2030365, 230000]
        assert data["TFLAG"][24, 2].tolist() == [2031001, 0]
        assert data.getncattr("VAR-LIST") == "NO".ljust(16) + "ISTACK".ljust(16) + "PEC".ljust(16)
        assert data["NO"].units == "moles/s".ljust(16)


def test_scipy_reads_it(tmp_path):
    write(tmp_path / "a.nc", records=3)
    with scipy.io.netcdf_file(tmp_path / "a.nc", mmap=False) as data:
        assert data.version_byte == 2
        assert data.variables["NO"].shape == (3, 1, *GRID.shape)
        assert data.variables["ISTACK"][2].min() == -5


def test_the_file_has_no_byte_too_many(tmp_path):
    write(tmp_path / "a.nc")
    head = writer.cdf2_header({}, FIELDS, shape=(1, *GRID.shape), records=25)
    record = 4 * (2 * 3 + 3 * GRID.size)
    size = (tmp_path / "a.nc").stat().st_size
    assert (size - 25 * record) % 4 == 0
    assert size > 25 * record + len(head)


def test_the_same_content_gives_the_same_bytes(tmp_path):
    write(tmp_path / "a.nc")
    write(tmp_path / "b.nc")
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()


def test_layers(tmp_path):
    write(tmp_path / "a.nc", layers=3, records=2)
    with netCDF4.Dataset(tmp_path / "a.nc") as data:
        assert data["NO"].shape == (2, 3, *GRID.shape)
        assert data["NO"][0, 2, 0, 0] == 2 * GRID.size


def test_a_failure_leaves_nothing(tmp_path):
    def fill(record, floats, ints):
        raise RuntimeError("disk on fire")

    with pytest.raises(RuntimeError):
        writer.write_records(
            tmp_path / "a.nc",
            attributes={},
            fields=FIELDS,
            shape=(1, 2, 2),
            stamps=[(0, 0)],
            fill=fill,
        )
    assert not list(tmp_path.iterdir())


GRIDS = [
    CN36,
    CN36.nest(name="NEST3", ratio=12, col0=80, row0=60, cols=10, rows=9),
    Grid("POLAR", "POL_NP", 6, 1.0, 60.0, -80.0, -80.0, 90.0, -1e6, -2e6, 1.2e4, 1.2e4, 50, 60),
    Grid("MERC", "MERC_EQ", 3, 10.0, 0.0, 100.0, 100.0, 0.0, 0.0, 0.0, 9e3, 9e3, 30, 20),
    Grid("LL", "LATLON", 1, 0.0, 0.0, 0.0, 0.0, 0.0, 70.0, 15.0, 0.25, 0.1, 280, 160),
]


def test_griddesc_round_trip():
    back = parse_griddesc(format_griddesc(GRIDS))
    assert list(back) == [g.name for g in GRIDS]
    for grid in GRIDS:
        assert back[grid.name] == grid


def test_griddesc_as_fortran_writes_it():
    text = """' '
'LCC_CHN'
  2, 25.D0, 40.0D0, 110.0, 110.0, 34.0 ! true latitudes
' '
'CN36'
'LCC_CHN' -3096000.D0 -2286000. 36.0D3 36000. 172 127 1
' '
"""
    assert parse_griddesc(text)["CN36"] == CN36


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an empty file"),
        ("' '\n'A'\n 2 25 40 110\n' '\n", "truncated"),
        ("' '\n'A'\n 2 25 40 110 110 34\n", "truncated"),
        ("' '\n'A'\n 2 25 40 110 110 34\n' '\n' '\n", "without grids"),
        ("' '\n'A'\n 2 25 40 110 110 34\n' '\n'G'\n'B' 0 0 1 1 2 2 1\n' '", "undeclared"),
        ("' '\n'A'\n 9 25 40 110 110 34\n' '\n'G'\n'A' 0 0 1 1 2 2 1\n' '", "GDTYP 9"),
        ("' '\n'A'\n 2 25 forty 110 110 34\n' '\n'G'\n'A' 0 0 1 1 2 2 1\n' '", "not a number"),
    ],
)
def test_a_broken_griddesc_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        parse_griddesc(text)


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name", ["GRIDDESC", "GRIDDESC.CN27km", "GRIDDESC.CN245x195", "GRIDDESC_CN9CD_83X83"]
)
def test_real_griddesc_files(realdata, name):
    text = (realdata / "model_samples" / name).read_text()
    grids = parse_griddesc(text, where=name)
    assert grids
    assert all(g.ncols > 1 for g in grids.values())


@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        ("cdo", ["-s", "output", "-fldsum", "-seltimestep,13", "-selname,PEC"]),
        ("ncks", ["-H", "-C", "-v", "PEC", "-d", "TSTEP,12", "-s", "%.9g\\n"]),
    ],
)
def test_programs_of_others_read_it(tmp_path, program, arguments):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    write(tmp_path / "a.nc")
    out = subprocess.run(
        [program, *arguments, str(tmp_path / "a.nc")], capture_output=True, text=True, check=True
    ).stdout
    # record 13 holds 12 / 3 in every cell; the sum over cells is theirs (cdo) or ours (ncks)
    assert sum(map(float, out.split())) == pytest.approx(4.0 * GRID.size, rel=1e-5)
