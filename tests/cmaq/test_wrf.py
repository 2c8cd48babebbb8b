"""wrfout readers: generated files by hand-computed numbers, real files by their traps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.cmaq import wrf
from scenair.cmaq.io_meteorology import read_wrf, write_quarters
from scenair.core.errors import InputError, UnitsError
from scenair.core.grids import CN36, Grid

GRID = CN36.nest(name="WRF36", ratio=1, col0=80, row0=50, cols=5, rows=4)


def wrfout(
    *, grid: Grid = GRID, times=("2015-01-01_00:00:00", "2015-01-01_01:00:00"), levels: int = 3
) -> xr.Dataset:  # fmt: skip
    """A small wrfout: uniform wind (3, -2), T 280 K, q 0.005, faces every 100 m."""
    n, rows, cols = len(times), *grid.shape
    lon, lat = grid.lonlat
    mass = ("Time", "bottom_top", "south_north", "west_east")
    flat = ("Time", "south_north", "west_east")
    pressure = np.array([95e3, 94e3, 93e3])[:levels]

    def volume(values, unit, dims=mass):
        shape = [n, *(len(values) if d.startswith("bottom") else 0 for d in dims[1:2]), rows, cols]
        shape[2] += dims[2].endswith("stag")
        shape[3] += dims[3].endswith("stag")
        data = np.broadcast_to(np.asarray(values, float)[None, :, None, None], shape)
        return (dims, data.astype(np.float32), {"units": unit})

    def surface(value, unit):
        return (flat, np.full((n, rows, cols), value, np.float32), {"units": unit})

    theta = 280.0 * (1e5 / pressure) ** wrf.KAPPA - 300
    faces = (np.arange(levels + 1) * 100.0 + 50.0) * wrf.GRAVITY
    data = {
        "Times": (("Time", "DateStrLen"), np.array([list(t) for t in times], dtype="S1")),
        "XLAT": (flat, np.broadcast_to(lat, (n, rows, cols)).astype(np.float32)),
        "XLONG": (flat, np.broadcast_to(lon, (n, rows, cols)).astype(np.float32)),
        "U": volume([3.0] * levels, "m s-1", (*mass[:3], "west_east_stag")),
        "V": volume([-2.0] * levels, "m s-1", (*mass[:2], "south_north_stag", mass[3])),
        "W": volume([0.0, 0.1, 0.2, 0.0], "m s-1", ("Time", "bottom_top_stag", *mass[2:])),
        "T": volume(theta, "K"),
        "P": volume([0.0] * levels, "Pa"),
        "PB": volume(pressure, "Pa"),
        "PH": volume(faces * 0.25, "m2 s-2", ("Time", "bottom_top_stag", *mass[2:])),
        "PHB": volume(faces * 0.75, "m2 s-2", ("Time", "bottom_top_stag", *mass[2:])),
        "QVAPOR": volume([0.005] * levels, "kg kg-1"),
        "PBLH": surface(640.0, "m"),
        "UST": surface(0.31, "m s-1"),
        "T2": surface(281.0, "K"),
        "U10": surface(3.0, "m s-1"),
        "V10": surface(-4.0, "m s-1"),
        "RAINC": surface(0.0, "mm"),
        "RAINNC": surface(2.0, "mm"),
    }
    attrs = {
        "MAP_PROJ": np.int32(1), "TRUELAT1": np.float32(25), "TRUELAT2": np.float32(40),
        "STAND_LON": np.float32(110), "MOAD_CEN_LAT": np.float32(34), "DX": np.float32(36000),
        "DY": np.float32(36000), "BUCKET_MM": np.float32(-1),
    }  # fmt: skip
    return xr.Dataset(data, attrs=attrs)


def test_fields_by_hand():
    got = wrf.fields(wrfout(), where="wrfout")
    assert got["u"].dims == ("time", "level", "y", "x")
    np.testing.assert_allclose(got["u"], 3.0)
    np.testing.assert_allclose(got["v"], -2.0)
    np.testing.assert_allclose(got["w"][0, :, 0, 0], [0.05, 0.15, 0.1], rtol=1e-6)
    np.testing.assert_allclose(got["temperature"], 280.0, rtol=1e-6)
    np.testing.assert_allclose(got["height"][0, :, 0, 0], [50, 150, 250], rtol=1e-5)
    np.testing.assert_allclose(got["height_face"][0, :, 0, 0], [0, 100, 200, 300], rtol=1e-5)
    density = 95e3 / (287.0 * 280.0 * (1 + 0.608 * 0.005))
    np.testing.assert_allclose(got["density"][0, 0], density, rtol=1e-6)
    # Bolton at 280 K: 991.2 Pa; e = 0.005 * 95000 / 0.627
    np.testing.assert_allclose(got["relative_humidity"][0, 0], 757.58 / 991.16, rtol=1e-3)
    assert got["friction_velocity"].attrs["units"] == "m s-1"
    assert set(got.attrs["missing"].split()) == {
        "cloud_fraction", "cloud_water", "heat_flux", "rain_water", "roughness_length",
        "shortwave_down", "surface_pressure", "terrain_height",
    }  # fmt: skip


def test_grid_of_a_cut_out_is_right():
    ds = wrfout()
    grid = wrf.grid_of(ds, where="wrfout")
    assert grid.shape == GRID.shape
    assert grid.xorig == pytest.approx(GRID.xorig, abs=5)
    assert grid.yorig == pytest.approx(GRID.yorig, abs=5)
    part = ds.isel(south_north=slice(1, None), west_east=slice(2, None))
    cut = wrf.grid_of(part, where="wrfout")
    assert cut.xorig == pytest.approx(GRID.xorig + 2 * GRID.xcell, abs=5)
    assert cut.yorig == pytest.approx(GRID.yorig + GRID.ycell, abs=5)


def test_rain_from_sums_buckets_and_restarts():
    times = tuple(f"2015-01-01_{h:02d}:00:00" for h in range(4))
    ds = wrfout(times=times)
    for i, total in enumerate((1.0, 4.6, 0.5, 0.5)):
        ds["RAINNC"][i] = total
    rate = wrf.fields(ds, where="w")["rain_rate"][:, 0, 0].values
    # 3.6 mm in an hour; then a restart begins anew and 0.5 mm have fallen since
    assert np.isnan(rate[0])
    np.testing.assert_allclose(rate[1:], [1e-3, 0.5 / 3600, 0.0], rtol=1e-5)
    ds.attrs["BUCKET_MM"] = np.float32(100)
    ds["RAINNC"][:] = 99.0
    ds["RAINNC"][1:] = 2.6
    ds["I_RAINNC"] = ds["RAINNC"].astype(np.int32) * 0
    ds["I_RAINNC"][1:] = 1
    rate = wrf.fields(ds, where="w")["rain_rate"][:, 0, 0].values
    np.testing.assert_allclose(rate[1:], [1e-3, 0, 0], atol=1e-8)


def test_one_time_has_no_rain_rate():
    got = wrf.fields(wrfout(times=("2015-01-01_00:00:00",)), where="w")
    assert "rain_rate" in got.attrs["missing"]


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda d: d.drop_vars("Times"), InputError, "Times is missing"),
        (lambda d: d.drop_attrs(deep=False), InputError, "no projection"),
        (lambda d: d.assign_attrs(MAP_PROJ=np.int32(6)), InputError, "unsupported projection"),
        (lambda d: d.assign_attrs(STAND_LON=np.float32(100)), InputError, "not where the grid"),
        (lambda d: d.assign_attrs(DX=np.float32(27000)), InputError, "not where the grid"),
        (lambda d: d.isel(south_north=slice(None, None, -1)), InputError, "not where the grid"),
        (lambda d: d.drop_vars("XLAT"), InputError, "XLAT"),
        (lambda d: d.isel(Time=[1, 0]), InputError, "do not ascend"),
        (lambda d: d.assign(PBLH=d["PBLH"].assign_attrs(units="km")), UnitsError, "PBLH"),
        (lambda d: d.assign(RAINNC=d["RAINNC"].assign_attrs(units="cm")), UnitsError, "RAINNC"),
    ],
)
def test_files_that_cannot_be_used(change, error, words):
    with pytest.raises(error, match=words):
        wrf.fields(change(wrfout()), where="wrfout")


def test_a_given_grid_serves_files_without_projection():
    bare = wrfout().drop_attrs(deep=False)
    got = wrf.fields(bare, where="w", grid=GRID)
    np.testing.assert_allclose(got["x"], GRID.x)
    with pytest.raises(InputError, match="another grid"):
        wrf.fields(bare, where="w", grid=CN36)


def test_files_join_in_time_and_average_by_quarter(tmp_path):
    paths = []
    for i, day in enumerate(("2015-02-01", "2015-01-01", "2015-05-01")):
        ds = wrfout(times=tuple(f"{day}_{h:02d}:00:00" for h in (0, 12)))
        ds["PBLH"][:] = 100.0 * (i + 1)
        path = tmp_path / f"wrfout_{i}"
        ds.to_netcdf(path)
        paths.append(path)
    got = read_wrf(paths)
    assert pd.DatetimeIndex(got["time"].values).is_monotonic_increasing
    write_quarters(got, tmp_path / "q.nc")
    with xr.open_dataset(tmp_path / "q.nc") as q:
        assert list(q["quarter"].values) == ["Q1", "Q2"]
        np.testing.assert_allclose(q["pbl_height"][:, 0, 0], [150, 300])
        np.testing.assert_allclose(q["wind_speed_10m"], 5.0)
        assert list(q["records"].values) == [4, 2]
        assert q["u"].attrs["units"] == "m s-1"
    with pytest.raises(InputError, match="different domains"):
        part = {"west_east": slice(1, None), "west_east_stag": slice(1, None)}
        wrfout().isel(part).to_netcdf(tmp_path / "other")
        read_wrf([*paths, tmp_path / "other"])
    with pytest.raises(InputError, match="no wrfout"):
        read_wrf([])
    with pytest.raises(InputError, match="not found"):
        read_wrf([tmp_path / "absent"])


# ---- real files --------------------------------------------------------------------------------


@pytest.mark.realdata
def test_real_hours_of_an_australian_domain(realdata):
    folder = realdata / "model_samples"
    got = read_wrf([folder / f"WRFOUT_d01_2022-12-07T0{h}00Z.nc" for h in (6, 0)])
    assert got.sizes == {"time": 2, "level": 32, "level_face": 33, "y": 14, "x": 14}
    assert got.attrs["missing"] == ""
    # heights obey the hypsometric equation
    p, t, q = (got[n].isel(time=0).values for n in ("pressure", "temperature", "mixing_ratio"))
    virtual = t * (1 + 0.608 * q)
    step = 287 / 9.81 * (virtual[1:] + virtual[:-1]) / 2 * np.log(p[:-1] / p[1:])
    z = got["height"].isel(time=0).values
    np.testing.assert_allclose(z[1:] - z[0], np.cumsum(step, axis=0), rtol=5e-3, atol=1)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "shape", "gdtyp", "absent"),
    [
        ("wrf_d01_allvars_cropped.nc", (8, 10), 2, {"roughness_length"}),
        ("mercator_sample.nc", (48, 48), 7, {"pbl_height", "friction_velocity"}),
        ("wrf_tip_d1.nc", (200, 200), 2, {"u", "v", "height", "rain_rate"}),
    ],
)
def test_real_domains(realdata, name, shape, gdtyp, absent):
    got = read_wrf([realdata / "model_samples" / name])
    assert got["temperature_2m"].shape[1:] == shape
    assert absent <= set(got.attrs["missing"].split())
    assert int(got["crs"].attrs["griddesc_gdtyp"]) == gdtyp
