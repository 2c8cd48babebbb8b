"""Gridded inventories of any size: in chunks as at once, and nothing whole in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from scenair.core.audit import memory
from scenair.core.errors import InputError
from scenair.core.io import netcdf
from scenair.core.regions import units
from scenair.inventory.io_inputs import provincial_sums
from scenair.inventory.readers.files import read_gridded
from scenair.inventory.readers.products import parse_product
from scenair.inventory.regional import provincial_table

LAT, LON = np.arange(15.25, 55, 0.5), np.arange(70.25, 140, 0.5)
FLUX = "kg m-2 s-1"


def month_fields(seed: int, *, missing: bool = False) -> np.ndarray:
    """Random, a hundred times more inland than elsewhere (rows north to south)."""
    values = np.random.default_rng(seed).random((12, len(LAT), len(LON))).astype(np.float32) * 1e-11
    inland = np.outer((LAT[::-1] > 28) & (LAT[::-1] < 38), (LON > 104) & (LON < 116))
    values *= np.where(inland, 100, 1).astype(np.float32)
    if missing:
        values[:, 3, 5], values[2, 7, 8] = np.nan, -1e-9
    return values


def product(kind: str) -> tuple[str, xr.Dataset]:
    """A file of a product: rows north to south, longitudes as delivered."""
    dims = ("time", "lat", "lon")
    coords = {"lat": LAT[::-1], "lon": LON}
    if kind == "htap":
        names = ("HTAPv3_3_Energy", "HTAPv3_4_1_Industry", "HTAPv3_4_2_Fugitive",
                 "HTAPv3_1_International_Shipping")  # fmt: skip
        data = {n: (dims, month_fields(i, missing=i < 2), {"units": FLUX})
                for i, n in enumerate(names)}  # fmt: skip
        return "edgar_HTAPv3_2017_SO2.nc", xr.Dataset(data, coords=coords)
    if kind == "edgar":
        data = {"fluxes": (dims, month_fields(5), {"units": FLUX, "substance": "SO2"})}
        return "v8.1_FT2022_AP_SO2_2017_bkl_AGRICULTURE_flx.nc", xr.Dataset(data, coords=coords)
    cube = np.stack([month_fields(i) for i in range(8)], axis=1)
    return "SO2-em-anthro_input4MIPs_CEDS_2017.nc", xr.Dataset(
        {"SO2_em_anthro": (("time", "sector", "lat", "lon"), cube, {"units": FLUX})}, coords=coords
    )


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of a tenth of a megabyte: every file is cut."""
    monkeypatch.setattr(netcdf.open_in_chunks, "__kwdefaults__",
                        netcdf.open_in_chunks.__kwdefaults__ | {"limit": 100_000})  # fmt: skip


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("kind", ["htap", "edgar", "ceds"])
def test_in_chunks_as_at_once(tmp_path: Path, kind: str) -> None:
    name, ds = product(kind)
    ds.to_netcdf(tmp_path / name)
    lazy = read_gridded(tmp_path / name)
    whole = parse_product(ds, name=name)
    assert len(lazy["emission"].chunks[1]) > 1
    assert lazy["emission"].dtype == whole["emission"].dtype == np.float64
    np.testing.assert_array_equal(lazy["emission"].values, whole["emission"].values)
    assert {k: v for k, v in lazy.attrs.items() if not k.startswith("audit")} == {
        k: v for k, v in whole.attrs.items() if not k.startswith("audit")
    }
    for key, value in whole.attrs.items():
        if key.startswith("audit"):
            assert lazy.attrs[key] == pytest.approx(value, rel=1e-12)
    ours = provincial_table([whole], units())
    theirs = provincial_sums([str(tmp_path / name)])
    np.testing.assert_allclose(theirs["value"], ours["value"], rtol=1e-12)


@pytest.mark.usefixtures("small_chunks")
def test_a_file_damaged_inside_is_told(tmp_path: Path) -> None:
    name, ds = product("htap")
    path = tmp_path / name
    ds.to_netcdf(path, encoding={v: {"zlib": True, "fletcher32": True} for v in ds.data_vars})
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = bytes(2000)
    path.write_bytes(data)
    with pytest.raises(InputError, match="not a readable netCDF file") as told:
        read_gridded(path)
    assert name in str(told.value)


def test_a_header_that_declares_petabytes_is_refused(tmp_path: Path) -> None:
    import netCDF4

    path = tmp_path / "edgar_HTAPv3_2017_SO2.nc"
    with netCDF4.Dataset(path, "w") as file:
        for dim, length in (("time", 12), ("lat", 10**7), ("lon", 10**7)):
            file.createDimension(dim, length)
        variable = file.createVariable("HTAPv3_3_Energy", "f4", ("time", "lat", "lon"), zlib=True)
        variable.units = FLUX
    assert memory.CHUNK_BYTES * 1e5 < 4.8e15
    with pytest.raises(InputError, match="more than any file holds"):
        read_gridded(path)
