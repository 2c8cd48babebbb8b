"""Classic netCDF files that end too early."""

from __future__ import annotations

import contextlib
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenair.core.errors import InputError
from scenair.core.io.classic import end_of_data, require_whole
from scenair.core.io.netcdf import open_netcdf

MODELS = ("NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA")


def write(path: Path, *, model: str, kinds: tuple[str, ...], records: int) -> Path:
    """Fixed and record variables of the given types."""
    with netCDF4.Dataset(path, "w", format=model) as data:
        data.createDimension("t", None)
        data.createDimension("x", 7)
        data.title = "some text"
        data.numbers = np.arange(3, dtype="f8")
        for i, kind in enumerate(kinds):
            dims = ("t", "x") if i % 2 == 0 else ("x",)
            variable = data.createVariable(f"v{i}", kind, dims)
            variable.units = "m" * (i + 1)
            shape = (records, 7) if len(dims) == 2 else (7,)
            variable[:] = np.ones(shape, dtype=kind)
        data.createVariable("scalar", "f8", ())[...] = 1.0
    return path


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kinds", [("f4",), ("f4", "f8", "i4", "i2"), ("i2", "f4", "i1")])
@pytest.mark.parametrize("records", [0, 1, 5])
def test_the_end_is_where_the_library_puts_it(tmp_path, model, kinds, records):
    path = write(tmp_path / "a.nc", model=model, kinds=kinds, records=records)
    size = path.stat().st_size
    end = end_of_data(path.read_bytes())
    # the library pads the last value to four bytes
    assert size - 3 <= end <= size
    require_whole(path)
    path.write_bytes(path.read_bytes()[: end - 1])
    with pytest.raises(InputError, match="truncated"):
        require_whole(path)


def test_readers_of_the_project_refuse_it(tmp_path):
    path = write(tmp_path / "a.nc", model=MODELS[1], kinds=("f4", "f4", "f8"), records=5)
    open_netcdf(path)
    path.write_bytes(path.read_bytes()[:-24])
    with pytest.raises(InputError, match="truncated"):
        open_netcdf(path)


def test_a_header_that_is_cut_off(tmp_path):
    path = write(tmp_path / "a.nc", model=MODELS[1], kinds=("f4",), records=2)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(InputError, match="header"):
        require_whole(path)


def test_other_formats_pass(tmp_path):
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w") as data:
        data.createDimension("x", 2)
    require_whole(path)
    path.write_bytes(b"text")
    require_whole(path)


@given(tail=st.binary(max_size=200))
def test_any_header_is_judged_or_refused(tmp_path_factory, tail):
    path = tmp_path_factory.mktemp("f") / "a.nc"
    path.write_bytes(b"CDF\x02" + tail)
    # nothing but our own message may come out of it
    with contextlib.suppress(InputError):
        require_whole(path)
