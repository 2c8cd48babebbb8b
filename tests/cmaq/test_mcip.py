"""MCIP readers: generated files by hand, a real day against the wrfout it was made from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.cmaq import ioapi, mcip
from scenair.cmaq.io_meteorology import read_mcip, read_wrf
from scenair.core.errors import InputError, UnitsError
from scenair.core.grids import CN36, Grid
from tests.cmaq import ioapi_files as make

GRID = CN36.nest(name="MET36", ratio=1, col0=84, row0=60, cols=4, rows=3)
DOT = replace(
    GRID, ncols=GRID.ncols + 1, nrows=GRID.nrows + 1, xorig=GRID.xorig - GRID.xcell / 2,
    yorig=GRID.yorig - GRID.ycell / 2,
)  # fmt: skip
FLAT = {
    "PBL": (640.0, "M"), "USTAR": (0.3, "M/S"), "HFX": (50.0, "WATTS/M**2"), "TEMP2": (281.0, "K"),
    "PRSFC": (95e3, "Pascal"), "RGRND": (300.0, "WATTS/M**2"), "ZRUF": (0.1, "M"),
    "CFRAC": (0.4, "FRACTION"), "WSPD10": (5.0, "M/S"), "WDIR10": (270.0, "DEGREES"),
    "RN": (0.036, "CM"), "RC": (-1.0, "CM"),
}  # fmt: skip
VOLUME = {
    "TA": (280.0, "K"), "PRES": (94e3, "Pa"), "DENS": (1.16, "KG/M**3"), "QV": (0.005, "KG/KG"),
    "QC": (0.0, "KG/KG"), "QR": (0.0, "KG/KG"), "ZH": (50.0, "M"), "ZF": (100.0, "M"),
}  # fmt: skip


def dataset(values: dict, *, grid: Grid = GRID, layers: int = 1, hours: int = 25) -> xr.Dataset:
    faces = tuple(np.linspace(1, 0.9, layers + 1))
    attrs = ioapi.header(
        grid, variables=dict.fromkeys(values, ("", "")), start=pd.Timestamp("2015-01-01"),
        upname="MCIP", description="", vglvls=faces,
    )  # fmt: skip
    shape = (hours, layers, *grid.shape)
    data = {
        n: (("TSTEP", "LAY", "ROW", "COL"), np.full(shape, v, np.float32), {"units": u.ljust(16)})
        for n, (v, u) in values.items()
    }
    flags = make.flags(pd.Timestamp("2015-01-01"), hours, len(values))
    # TFLAG stands anywhere in real files
    data["TFLAG"] = (("TSTEP", "VAR", "DATE-TIME"), flags)
    return xr.Dataset(data, attrs=attrs)


def files() -> dict[str, xr.Dataset]:
    cube = dataset(VOLUME, layers=2)
    cube["ZF"][:, 1] = 200.0
    cube["ZH"][:, 1] = 150.0
    dot = dataset({"UWINDC": (3.0, "M/S"), "VWINDC": (-2.0, "M/S")}, grid=DOT, layers=2)
    # what lies beyond the faces that exist is void
    dot["UWINDC"][:, :, -1, :] = -9e30
    dot["VWINDC"][:, :, :, -1] = -9e30
    return {"METCRO2D": dataset(FLAT), "METCRO3D": cube, "METDOT3D": dot}


def test_fields_by_hand():
    got = mcip.fields(files(), where="mcip", grid=GRID)
    assert got.sizes == {"time": 25, "level": 2, "level_face": 3, "y": 3, "x": 4}
    np.testing.assert_allclose(got["u"], 3.0)
    np.testing.assert_allclose(got["v"], -2.0)
    assert got["pbl_height"].attrs["units"] == "m"
    # 0.036 cm in an hour is 1e-4 kg m-2 s-1; RC of -1 says that there is none
    np.testing.assert_allclose(got["rain_rate"], 1e-4, rtol=1e-6)
    np.testing.assert_allclose(got["height_face"][0, :, 0, 0], [0, 100, 200])
    speed = np.hypot(got["u_10m"], got["v_10m"])
    np.testing.assert_allclose(speed, 5.0, rtol=1e-6)
    # a west wind, in the grid's axes within the convergence of four cells
    assert float(got["u_10m"].min()) > 4.99
    assert got["time"].values[-1] == np.datetime64("2015-01-02T00:00")
    np.testing.assert_allclose(got["x"], GRID.x)
    assert got.attrs["missing"] == "terrain_height"


def test_convergence_of_the_grid():
    # north of the equator and east of the meridian, north lies to the left
    east = CN36.nest(name="E", ratio=1, col0=150, row0=90, cols=2, rows=2)
    assert (mcip.convergence(east) < -0.05).all()
    middle = CN36.nest(name="M", ratio=1, col0=85, row0=60, cols=2, rows=2)
    assert np.abs(mcip.convergence(middle)).max() < 0.005


def test_only_the_surface_is_enough_and_the_rest_is_named():
    got = mcip.fields({"METCRO2D": dataset(FLAT)}, where="mcip")
    missing = set(got.attrs["missing"].split())
    assert {"u", "v", "temperature", "height", "relative_humidity"} <= missing
    assert "pbl_height" not in missing


def _put(kind, made):
    return lambda f: f.update({kind: made(f[kind])})


def _unit(kind, name, unit):
    return lambda f: f[kind][name].attrs.update(units=unit)


CROSS = dataset({"UWINDC": (1.0, "M/S")}, layers=2)
FAULTS = [
    (lambda f: f.pop("METCRO2D"), InputError, "METCRO2D is needed"),
    (_put("METDOT3D", lambda ds: CROSS), InputError, "another grid"),
    (_unit("METCRO2D", "PBL", "KM"), UnitsError, "PBL"),
    (_unit("METCRO2D", "RN", "MM"), UnitsError, "RN"),
    (_unit("METDOT3D", "UWINDC", "KM/H"), UnitsError, "UWINDC"),
    (_put("METCRO3D", lambda ds: ds.isel(TSTEP=slice(24))), InputError, "different times"),
    (_put("METCRO2D", lambda ds: ds.assign_attrs(NCOLS=9)), InputError, "header and dimensions"),
    (_put("METCRO2D", lambda ds: ds.drop_vars("TFLAG")), InputError, "no I/O API"),
    (_put("METCRO2D", lambda ds: ds.assign(TFLAG=ds["TFLAG"] * 0 + 7)), InputError, "no date"),
]


@pytest.mark.parametrize(("change", "error", "words"), FAULTS)
def test_files_that_cannot_be_used(change, error, words):
    given = files()
    change(given)
    with pytest.raises(error, match=words):
        mcip.fields(given, where="mcip")


def test_another_model_grid_is_refused():
    shifted = replace(GRID, xorig=GRID.xorig + GRID.xcell)
    with pytest.raises(InputError, match="not where the grid"):
        mcip.fields(files(), where="mcip", grid=shifted)
    # MCIP rounds its origin to the metre
    mcip.fields(files(), where="mcip", grid=replace(GRID, xorig=GRID.xorig + 1.3))


def test_days_join_and_the_shared_hour_counts_once():
    first = mcip.fields(files(), where="1")
    second = first.assign_coords(time=first["time"] + np.timedelta64(1, "D"))
    whole = mcip.join([second, first], where="x")
    assert whole.sizes["time"] == 49
    assert pd.DatetimeIndex(whole["time"].values).is_monotonic_increasing
    with pytest.raises(InputError, match="no meteorology"):
        mcip.join([], where="x")


def test_two_files_of_a_kind_in_a_folder(tmp_path):
    for name in ("METCRO2D_a.nc", "METCRO2D_b.nc"):
        dataset(FLAT).to_netcdf(tmp_path / name)
    with pytest.raises(InputError, match="more than one METCRO2D"):
        read_mcip([tmp_path])


@pytest.mark.realdata
def test_a_real_day_equals_the_wrfout_it_was_made_from(realdata):
    folder = realdata / "model_samples"
    day = read_mcip([folder])
    hours = read_wrf([folder / f"WRFOUT_d01_2022-12-07T0{h}00Z.nc" for h in (0, 6)])
    # MCIP cut two rows and columns on each side
    inner = hours.isel(x=slice(2, -2), y=slice(2, -2))
    same = day.sel(time=hours["time"].values)
    for name in (
        "u", "v", "temperature", "pressure", "mixing_ratio", "pbl_height", "friction_velocity",
        "heat_flux", "temperature_2m", "surface_pressure", "shortwave_down",
    ):  # fmt: skip
        np.testing.assert_allclose(same[name], inner[name], rtol=1e-6, atol=1e-4, err_msg=name)
    for name in ("u_10m", "v_10m"):
        np.testing.assert_allclose(same[name], inner[name], atol=2e-3, err_msg=name)
    np.testing.assert_allclose(same["lon"], inner["lon"], atol=1e-4)
    # without wrf_lc_ref_lat MCIP measures y from the mean of the true latitudes
    assert float(inner["crs"].attrs["griddesc_ycent"]) == pytest.approx(-23.268, abs=1e-3)
    assert float(same["crs"].attrs["griddesc_ycent"]) == -27.5
