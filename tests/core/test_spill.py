"""Fields spilled to disk, files opened in chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dask
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from scenair.core.errors import InputError, UnitsError
from scenair.core.io.netcdf import open_in_chunks, open_netcdf, write_netcdf
from scenair.core.io.spill import Spill

if TYPE_CHECKING:
    from pathlib import Path


def stack(steps: int, *, folder: Path | None = None) -> tuple[Spill, np.ndarray]:
    values = np.random.default_rng(3).normal(size=(steps, 5, 7)).astype(np.float32)
    spill = Spill((5, 7), folder=folder)
    for field in values:
        spill.append(field)
    return spill, values


SLICES = st.builds(
    slice, st.integers(0, 9), st.integers(0, 9) | st.none(), st.integers(1, 3) | st.none()
)


@settings(deadline=None)
@given(steps=st.integers(0, 6), key=st.tuples(SLICES, SLICES, SLICES))
def test_what_is_read_is_what_was_written(steps: int, key: tuple[slice, slice, slice]) -> None:
    spill, values = stack(steps)
    np.testing.assert_array_equal(spill[key], values[key])
    spill.append(np.zeros((5, 7)))
    assert spill.shape == (steps + 1, 5, 7)


@pytest.mark.parametrize("along", ["step", "y"])
@pytest.mark.parametrize("limit", [60, 300, 10**6])
def test_lazy_pieces_are_bounded(tmp_path: Path, along: str, limit: int) -> None:
    spill, values = stack(6, folder=tmp_path)
    lazy = spill.lazy(along=along, limit=limit)
    assert 4 * np.prod([max(lengths) for lengths in lazy.chunks]) <= limit
    with dask.config.set(scheduler="threads", num_workers=4):
        np.testing.assert_array_equal(lazy.compute(), values)
    assert list(tmp_path.iterdir()) == [], "the file has no name that a kill could leave behind"


def test_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="stack of"):
        Spill((2, 3)).append(np.zeros((3, 2)))


def write(path: Path, values: np.ndarray | object) -> None:
    ds = xr.Dataset({"a": (("time", "y", "x"), values, {"units": "1"}), "b": ("x", np.arange(7.0))})
    ds["b"].attrs["units"] = "m"
    write_netcdf(ds, path, title="t")


def test_pieces_and_whole_give_the_same_values(tmp_path: Path) -> None:
    spill, values = stack(6)
    write(tmp_path / "whole.nc", values)
    for name in ("pieces.nc", "again.nc"):
        write(tmp_path / name, spill.lazy(along="step", limit=300))
    whole, pieces = (open_netcdf(tmp_path / n)["a"].values for n in ("whole.nc", "pieces.nc"))
    np.testing.assert_array_equal(whole, pieces)
    assert (tmp_path / "pieces.nc").read_bytes() == (tmp_path / "again.nc").read_bytes()


def test_chunks_are_chosen(tmp_path: Path) -> None:
    path = tmp_path / "t.nc"
    write(path, stack(6)[1])
    ds = open_in_chunks(path, along=("month", "time"), variables={"a": "1"}, limit=2 * 5 * 7 * 4)
    assert ds["a"].chunks == ((2, 2, 2), (5,), (7,))
    # a limit below what the file keeps together is not a reason to cut that
    assert open_in_chunks(path, along=("time",), multiple=3, limit=500)["a"].chunks[0] == (3, 3)
    with pytest.raises(InputError, match="nothing to cut"):
        open_in_chunks(path, along=("month",))
    with pytest.raises(UnitsError):
        open_in_chunks(path, along=("time",), variables={"a": "m"})


def test_many_variables_in_pieces_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.nc", "two.nc"):
        ds = xr.Dataset()
        for k in range(8):
            spill = Spill((5, 7))
            for step in range(9):
                spill.append(np.full((5, 7), 10 * k + step))
            ds[f"v{k}"] = (("time", "y", "x"), spill.lazy(along="step", limit=300), {"units": "1"})
        write_netcdf(ds, tmp_path / name, title="t")
    assert (tmp_path / "one.nc").read_bytes() == (tmp_path / "two.nc").read_bytes()
