"""netCDF: atomic, deterministic, checked on reading."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from scenair.core.errors import InputError, UnitsError
from scenair.core.io.atomic import atomic_path, write_json
from scenair.core.io.netcdf import open_netcdf, require_finite, write_netcdf


def dataset() -> xr.Dataset:
    values = np.arange(600.0).reshape(20, 30)
    values[3, 4] = np.nan
    return xr.Dataset(
        {"a": (("y", "x"), values, {"units": "m"}), "name": (("y",), [f"n{i}" for i in range(20)])},
        coords={"x": np.arange(30.0), "y": np.arange(20.0)},
    )


def test_round_trip_and_bytes(tmp_path: Path) -> None:
    for name in ("one.nc", "two.nc"):
        write_netcdf(dataset(), tmp_path / name, title="t", attrs={"b": 1, "a": "x"})
    assert (tmp_path / "one.nc").read_bytes() == (tmp_path / "two.nc").read_bytes()
    back = open_netcdf(tmp_path / "one.nc", variables={"a": "m"})
    assert back["a"].identical(dataset()["a"])
    assert back["name"].values.tolist()[:2] == ["n0", "n1"]
    assert not list(tmp_path.glob(".*.part"))


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x.nc"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="in the middle"), atomic_path(path) as part:
        part.write_text("half")
        raise RuntimeError("in the middle")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.nc"]


def test_unit_is_demanded(tmp_path: Path) -> None:
    ds = dataset()
    del ds["a"].attrs["units"]
    with pytest.raises(UnitsError, match="without units"):
        write_netcdf(ds, tmp_path / "x.nc", title="t")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"no netcdf at all", None])
def test_unreadable_files(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.nc"
    if content is None:
        write_netcdf(dataset(), path, title="t")
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    else:
        path.write_bytes(content)
    with pytest.raises(InputError, match="not a readable netCDF"):
        open_netcdf(path)


def test_missing_wrong_unit_and_missing_variable(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="file not found"):
        open_netcdf(tmp_path / "none.nc")
    write_netcdf(dataset(), tmp_path / "x.nc", title="t")
    with pytest.raises(UnitsError, match="wrong unit.*found: m; allowed: km"):
        open_netcdf(tmp_path / "x.nc", variables={"a": "km"})
    with pytest.raises(InputError, match="variable missing"):
        open_netcdf(tmp_path / "x.nc", variables=["b"])


@given(st.integers(0, 5), st.sampled_from([np.nan, np.inf, -1.0]))
def test_require_finite_names_the_cell(i: int, bad: float) -> None:
    da = xr.DataArray(np.ones(6), dims="city", coords={"city": np.arange(6) + 100}, name="emission")
    require_finite(da, where="file")
    da[i] = bad
    with pytest.raises(InputError, match=f"city={100 + i}"):
        require_finite(da, where="file")


def test_json_is_sorted(tmp_path: Path) -> None:
    write_json({"b": 1, "a": {"d": 0.1, "c": "京"}}, tmp_path / "x.json")
    assert (tmp_path / "x.json").read_text(encoding="utf-8") == (
        '{\n "a": {\n  "c": "京",\n  "d": 0.1\n },\n "b": 1\n}\n'
    )
