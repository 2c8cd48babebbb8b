"""Hourly meteorology to the quarterly form of the surrogate."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.cli import main
from scenair.cmaq import met_quarters
from scenair.cmaq.io_meteorology import read_mcip, read_wrf, write_for_surrogate
from scenair.core.errors import InputError
from scenair.core.grids import CN36
from scenair.surrogate.io.fields import build_meteorology

GRID = CN36.nest(name="MET36", ratio=1, col0=90, row0=60, cols=6, rows=5)
FIGURES = {"transient_time": 1e4, "vertical_mixing": 1.0, "vertical_mixing_least": 0.5}
HEIGHT = np.array([10.0, 100.0, 500.0, 1500.0, 4000.0])


def hourly(hours: int = 48) -> xr.Dataset:
    """Two days at the middle of each quarter; simple enough for hand calculation."""
    time = pd.DatetimeIndex(
        np.concatenate(
            [pd.date_range(f"2015-{m:02d}-10", periods=hours, freq="h") for m in (1, 4, 7, 10)]
        )
    )
    shape = (len(time), len(HEIGHT), *GRID.shape)
    ones = np.ones((len(time), *GRID.shape))
    sign = np.where(np.arange(len(time)) % 2, 1.0, -1.0)[:, None, None, None]
    height = np.broadcast_to(HEIGHT[None, :, None, None], shape)
    # u: 3 +- 2 m s-1, v grows with height by 1 m s-1 a km
    u, v = 3.0 + 2.0 * sign * np.ones(shape), height / 1000.0
    # 6 h of rain in a row of every 24
    rain = np.where(np.arange(len(time)) % 24 < 6, 1.0, 0.0)[:, None, None] * ones / 3600
    volume = ("time", "level", "y", "x")
    plane = volume[:1] + volume[2:]
    ds = xr.Dataset(
        {
            "u": (volume, u), "v": (volume, v), "height": (volume, height.copy()),
            "relative_humidity": (volume, np.full(shape, 0.6)),
            "pbl_height": (plane, 1000.0 * ones), "friction_velocity": (plane, 0.3 * ones),
            "temperature_2m": (plane, 290.0 * ones), "surface_pressure": (plane, 9e4 * ones),
            "rain_rate": (plane, rain), "terrain_height": (("y", "x"), 50.0 * ones[0]),
        },
        coords={"time": time, "x": GRID.x, "y": GRID.y},
        attrs={"source": "WRF"},
    )  # fmt: skip
    ds["crs"] = ((), np.int32(0), GRID.cf_attributes())
    return ds


def test_hand_calculation():
    made = met_quarters.quarterly(hourly(), grid=GRID, figures=FIGURES, where="test")
    assert made["wind_x"].shape == (4, 8, 5, 7)
    assert made["wind_y"].shape == (4, 8, 6, 6)
    np.testing.assert_allclose(made["wind_x"], 3.0, rtol=1e-6)
    # variance 4 m2 s-2 times 1e4 s; v does not vary: the floor
    np.testing.assert_allclose(made["diffusivity_x"], 4e4, rtol=1e-5)
    np.testing.assert_allclose(made["diffusivity_y"], 100.0, rtol=1e-5)
    middle = [20.0, 70.0, 150.0, 300.0, 550.0, 950.0, 1600.0, 2750.0]
    np.testing.assert_allclose(made["wind_y"][0, :, 0, 0], np.array(middle) / 1000, rtol=1e-5)
    # K(z) = 0.4 u* z (1 - z / 1.3 h)^2 at 40 m
    assert made["diffusivity_z"][0, 0, 0, 0] == pytest.approx(0.12 * 40 * (1 - 40 / 1300) ** 2)
    assert made["diffusivity_z"][0, -1, 0, 0] == pytest.approx(0.5)
    np.testing.assert_allclose(made["wet_fraction"], 0.25)
    np.testing.assert_allclose(made["wet_event"], 6 * 3600.0)
    np.testing.assert_allclose(made["precipitation"], 0.25 / 3600, rtol=1e-6)
    assert made["records"].values.tolist() == [48] * 4
    assert float(made["land"].min()) == 1.0


def test_a_rain_event_over_midnight_counts_once():
    hours = hourly()
    rain = np.zeros(hours["rain_rate"].shape)
    rain[20:28] = 1 / 3600
    hours["rain_rate"] = (hours["rain_rate"].dims, rain)
    made = met_quarters.quarterly(hours, grid=GRID, figures=FIGURES, where="test")
    np.testing.assert_allclose(made["wet_event"][0], 8 * 3600.0)
    # where it never rains an event has the length of a record
    np.testing.assert_allclose(made["wet_event"][2], 3600.0)


def test_missing_fields_and_quarters_are_named():
    with pytest.raises(InputError, match=r"UST \(USTAR\)"):
        met_quarters.quarterly(
            hourly().drop_vars("friction_velocity"), grid=GRID, figures=FIGURES, where="test"
        )
    short = hourly().isel(time=slice(0, 100))
    with pytest.raises(InputError, match="Q4"):
        met_quarters.quarterly(short, grid=GRID, figures=FIGURES, where="test")


def test_a_window_of_the_domain():
    inner = CN36.nest(name="IN", ratio=1, col0=92, row0=61, cols=3, rows=2)
    cut = met_quarters.window(hourly(), inner, where="test")
    assert cut["u"].shape[2:] == inner.shape
    np.testing.assert_allclose(cut["x"], inner.x)
    for wrong, words in (
        (CN36.nest(name="IN", ratio=1, col0=88, row0=61, cols=3, rows=2), "not a window"),
        (CN36.nest(name="IN", ratio=2, col0=92, row0=61, cols=3, rows=2), "cell size"),
    ):
        with pytest.raises(InputError, match=words):
            met_quarters.window(hourly(), wrong, where="test")


def case(grid) -> dict:
    numbers = ("name", "projection", "gdtyp", "p_alp", "p_bet", "p_gam", "xcent", "ycent")
    numbers += ("xorig", "yorig", "xcell", "ycell", "ncols", "nrows")
    return {"grid": {n: getattr(grid, n) for n in numbers}}


def test_the_surrogate_reads_the_file(tmp_path):
    write_for_surrogate(hourly(), tmp_path / "met.nc")
    build_meteorology(
        config={"case": case(GRID), "surrogate": {"meteorology": str(tmp_path / "met.nc")}},
        winds=tmp_path / "met.nc", relief=tmp_path / "absent.nc", meteorology=tmp_path / "out.nc",
    )  # fmt: skip
    with xr.open_dataset(tmp_path / "out.nc") as ds:
        # winds were made free of divergence, all else is as it was
        assert np.isfinite(ds["wind_x"].values).all()
        np.testing.assert_allclose(ds["mixing_height"], 1000.0)
        assert "WRF" in ds.attrs["sources"] or "WRF" in str(ds.attrs)


@pytest.mark.realdata
def test_real_mcip_files_reach_the_surrogate(realdata, tmp_path, monkeypatch):
    days = []
    for month in (1, 4, 7, 10):
        folder = tmp_path / f"day{month}"
        folder.mkdir()
        for file in (realdata / "model_samples").glob("MET*_au-test_v1.nc"):
            shutil.copy(file, folder / file.name)
        shutil.copy(realdata / "model_samples/GRIDCRO2D_au-test_v1.nc", folder)
        day = read_mcip([folder])
        # the sample is one December day: it stands for a day of each quarter
        days.append(day.assign_coords(time=day.indexes["time"] - pd.DateOffset(months=12 - month)))
    joined = xr.concat(days, dim="time", data_vars="minimal", coords="minimal", compat="override",
                       join="override", combine_attrs="override")  # fmt: skip
    write_for_surrogate(joined, tmp_path / "met.nc")
    grid = met_quarters.grid_from_attributes(joined["crs"].attrs)
    build_meteorology(
        config={"case": case(grid), "surrogate": {}},
        winds=tmp_path / "met.nc", relief=tmp_path / "absent.nc", meteorology=tmp_path / "out.nc",
    )  # fmt: skip
    with xr.open_dataset(tmp_path / "out.nc") as ds:
        assert 200 < float(ds["mixing_height"].mean()) < 3000
        assert 280 < float(ds["temperature"].mean()) < 315
        assert 0.1 < float(ds["humidity"].mean()) < 1.0
        assert float(ds["diffusivity_x"].min()) > 0
        assert abs(float(ds["wind_x"].mean())) < 15


@pytest.mark.realdata
def test_the_command_says_what_a_sample_lacks(realdata, tmp_path, capsys):
    path = realdata / "model_samples" / "mercator_sample.nc"
    out = tmp_path / "met.nc"
    assert main(["cmaq", "met", str(path), "--surrogate", "--out", str(out)]) == 2
    assert "friction_velocity" in capsys.readouterr().err
    assert not out.exists()
    real = read_wrf([realdata / "model_samples" / "wrf_d01_allvars_cropped.nc"])
    with pytest.raises(InputError, match="quarters without hours"):
        write_for_surrogate(real, out)
