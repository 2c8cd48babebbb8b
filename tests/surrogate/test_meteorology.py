"""Sources of meteorology: shipped fields, ERA5 names, fields on the grid."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from scenair.core.errors import InputError, UnitsError
from scenair.core.io.netcdf import open_netcdf, write_netcdf
from scenair.core.io.paths import resources
from scenair.surrogate import parametric
from scenair.surrogate.adapters import from_era5, magnus
from scenair.surrogate.background import COMPONENTS, _blend, _shares
from scenair.surrogate.io.fields import build_meteorology
from scenair.surrogate.meteorology import Regular, free_meteorology, on_grid_meteorology
from scenair.surrogate.winds import column_divergence, volume_flow

SHIPPED = resources() / "surrogate"


def era5(years: int = 1) -> xr.Dataset:
    """ERA5-like monthly means, latitude descending as they come."""
    lat, lon = np.arange(60.0, 9.0, -2.5), np.arange(65.0, 150.0, 2.5)
    time = np.arange("2015-01", f"{2015 + years}-01", dtype="datetime64[M]").astype(
        "datetime64[ns]"
    )
    shape = (len(time), len(lat), len(lon))
    month = np.arange(len(time)) % 12
    swing = np.cos(2 * np.pi * month / 12)[:, None, None]

    def var(values, units):
        return (
            ("valid_time", "latitude", "longitude"),
            np.broadcast_to(values, shape),
            {"units": units},
        )

    return xr.Dataset(
        {
            "u10": var(2 * swing, "m s**-1"),
            "v10": var(-3 * swing, "m s**-1"),
            "t2m": var(285 - 12 * swing, "K"),
            "d2m": var(280 - 12 * swing, "K"),
            "tp": var(0.003 - 0.0025 * swing, "m"),
            "blh": var(700 - 300 * swing, "m"),
        },
        coords={"valid_time": time, "latitude": lat, "longitude": lon},
    )


def test_era5_is_understood(small, par):
    ds = from_era5(era5(years=2))
    assert (np.diff(ds["lat"]) > 0).all()
    assert float(ds["pr"].isel(month=0).mean()) == pytest.approx(0.5e-3 * 1000 / 86_400)
    expected = magnus(xr.DataArray(268.0)) / magnus(xr.DataArray(273.0))
    assert float(ds["hurs"].isel(month=0).mean()) == pytest.approx(float(expected))
    relief = open_netcdf(SHIPPED / "etopo20_east_asia.nc")
    met = free_meteorology(ds, relief, grid=small.grid, par=par)
    assert float(met["mixing_height"].isel(quarter=2).mean()) == pytest.approx(
        700 + 300 * np.mean(np.cos(2 * np.pi * np.array([0, 1, 2]) / 12)), rel=1e-5
    )
    # 2 m temperature moves with the terrain of the grid
    assert float(met["temperature"].isel(quarter=0, y=0, x=0)) > float(met["temperature"].min())


def test_magnus_at_zero_celsius():
    assert float(magnus(xr.DataArray(273.15))) == pytest.approx(610.94)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda d: d.drop_vars("v10"), InputError, "v10"),
        (lambda d: d.isel(valid_time=slice(0, 11)), InputError, "months missing"),
        (lambda d: d.assign(u10=d["u10"].assign_attrs(units="km h-1")), UnitsError, "wrong unit"),
        (lambda d: d.assign(tp=d["tp"].assign_attrs(units="mm")), UnitsError, "tp"),
    ],
)
def test_era5_mistakes(change, error, words):
    with pytest.raises(error, match=words):
        from_era5(change(era5()))


def test_rule_takes_era5_and_says_what_is_parametric(small, tmp_path):
    write_netcdf(era5(), tmp_path / "era5.nc", title="ERA5-like")
    config = {**small.config, "surrogate": {**small.config["surrogate"], "meteorology": "era5.nc"}}
    build_meteorology(
        config=config, winds=tmp_path / "era5.nc", relief=SHIPPED / "etopo20_east_asia.nc",
        meteorology=tmp_path / "met.nc",
    )  # fmt: skip
    ds = open_netcdf(tmp_path / "met.nc")
    assert ds.attrs["note"] == "parametric: wet_fraction; climate normals: wet_event"
    assert ds.attrs["synthetic"] == "true"


def test_fields_on_the_grid_are_made_consistent(small, tmp_path, rng):
    """Winds of another model, with divergence, leave without; the file goes through the rule."""
    met = small.met.copy(deep=True)
    met["wind_x"].values += rng.normal(size=met["wind_x"].shape)
    got = on_grid_meteorology(met, grid=small.grid)
    flow = volume_flow(got["wind_x"].values[1], got["wind_y"].values[1], geo=small.geo)
    column = column_divergence(flow.x, flow.y).sum(axis=0) / small.geo.volume.sum(axis=0)
    assert np.abs(column).max() < 1e-16
    met.attrs = {"source": "wrfout of somebody", "note": "measured", "synthetic": "false"}
    write_netcdf(met, tmp_path / "own.nc", title="own", attrs=met.attrs)
    build_meteorology(
        config=small.config, winds=tmp_path / "own.nc", relief=SHIPPED / "etopo20_east_asia.nc",
        meteorology=tmp_path / "met.nc",
    )  # fmt: skip
    assert open_netcdf(tmp_path / "met.nc").attrs["synthetic"] == "false"


def test_rule_is_labelled_synthetic(small):
    assert "synthetic meteorology" in small.met.attrs["note"]
    assert small.met.attrs["synthetic"] == "true"


def test_bilinear_is_exact_for_planes(rng):
    lon, lat = np.arange(100.0, 110.0), np.arange(20.0, 30.0)
    plane = 3 * lon[None] - 2 * lat[:, None] + 1
    x, y = rng.uniform(100, 109, 50), rng.uniform(20, 29, 50)
    np.testing.assert_allclose(Regular(lon, lat, plane).at(x, y), 3 * x - 2 * y + 1)


def test_winds_without_twelve_months(small, par):
    surface = open_netcdf(SHIPPED / "mpi_esm_lr_2005_monthly_east_asia.nc")
    relief = open_netcdf(SHIPPED / "etopo20_east_asia.nc")
    with pytest.raises(InputError, match="twelve months"):
        free_meteorology(surface.isel(month=slice(0, 6)), relief, grid=small.grid, par=par)
    bad = surface.copy(deep=True)
    bad["uas"].values[0, 0, 0] = np.nan
    with pytest.raises(InputError, match="missing values"):
        free_meteorology(bad, relief, grid=small.grid, par=par)


def test_rain_of_the_monsoon(par):
    """Dry winter and wet summer in the north, wet winter in the south."""
    month = 365.25 / 12 * 86_400
    lon, lat = np.array([115.0, 113.0]), np.array([39.0, 24.0])
    january, july = (parametric.monsoon_rain(m, lon, lat, par=par) * month for m in (1, 7))
    assert january[0] < 10 < july[0]
    assert january[1] > 40
    assert july[1] > 150


def test_background_by_component(small):
    ds = open_netcdf(small.folder / "background.nc", variables={"BACKGROUND": "ug m-3"})
    assert tuple(ds["component"].values) == COMPONENTS
    total = ds["component_field"].sum("component")
    np.testing.assert_allclose(total, ds["BACKGROUND"], rtol=1e-6)
    x, y = small.grid.project(82.0, 39.0)
    desert = ds["BACKGROUND"].sel(x=x, y=y, method="nearest")
    x, y = small.grid.project(113.0, 23.0)
    south = ds["BACKGROUND"].sel(x=x, y=y, method="nearest")
    assert float(desert.mean()) > 2 * float(south.mean())


def test_regions_blend_and_keep_their_means():
    """Two regions side by side: no step, the mean of each as in the table."""
    cells = np.repeat([[0] * 40 + [1] * 40], 30, axis=0)
    share = _shares(cells, 2, cell_km=36.0)
    np.testing.assert_allclose(share.sum(axis=-1), 1.0)
    field = _blend(np.array([[10.0], [4.0]]), cells, share)[..., 0]
    assert field[cells == 0].mean() == pytest.approx(10.0, rel=1e-9)
    assert field[cells == 1].mean() == pytest.approx(4.0, rel=1e-9)
    assert (np.diff(field[15]) < 0.05 * 6 + 0.1).all()
    assert np.abs(np.diff(field[15])).max() < 0.6


def test_insolation_published():
    """Daily means above the atmosphere: equator in March, 40N in January and July."""
    assert parametric.insolation(3, np.array([0.0]))[0] == pytest.approx(433, abs=5)
    january, july = (parametric.insolation(m, np.array([40.0]))[0] for m in (1, 7))
    assert january == pytest.approx(160, abs=12)
    assert july == pytest.approx(475, abs=12)
    assert parametric.insolation(12, np.array([75.0]))[0] == 0.0


def test_sunlight_and_heat_by_hand(par):
    """FAO-56 shares of sunlight; all heat is sensible on dry ground, little on wet warm ground."""
    lat, warm = np.array([35.0]), np.array([300.0])
    top = parametric.insolation(7, lat)
    absorbed, loss = parametric.net_radiation(
        7, lat, temperature=warm, humidity=np.array([0.7]), sunshine=np.array([0.6])
    )
    assert absorbed[0] == pytest.approx(0.77 * 0.55 * top[0])
    vapour = 0.7 * parametric.saturation(warm)[0] / 1000
    black = 5.67e-8 * 300.0**4
    assert loss[0] == pytest.approx(
        black * (0.34 - 0.14 * vapour**0.5) * (1.35 * 0.55 / 0.75 - 0.35)
    )
    state = {"temperature": warm, "pressure": np.array([1e5]), "par": par}
    dry = parametric.sensible_heat(np.array([120.0]), rain=np.zeros(1), **state)
    wet = parametric.sensible_heat(np.array([120.0]), rain=np.array([1.0]), **state)
    assert dry[0] == pytest.approx(120.0 - par["heat_beta"], rel=1e-3)
    # psychrometric constant 64.4 Pa K-1 (1000 hPa), slope 208 Pa K-1 at 300 K
    share = (64.6 / 208) / (1 + 64.6 / 208)
    assert wet[0] == pytest.approx(share * 120 - par["heat_beta"], abs=0.3)
    assert parametric.sensible_heat(np.array([-50.0]), rain=np.zeros(1), **state)[0] == 0.0


def _layer(month, par, **change):
    state = {
        "temperature": np.full(1, 285.0), "humidity": np.full(1, 0.5),
        "sunshine": np.full(1, 0.6), "rain": np.full(1, 1e-6), "pressure": np.full(1, 1e5),
        "snow": np.zeros(1), "friction": np.full(1, 0.25), "speed": np.full(1, 2.2),
    }  # fmt: skip
    return parametric.mixed_layer(month, np.full(1, 35.0), **(state | change), par=par)


def _height(month, par, **change):
    return parametric.mixing_height(_layer(month, par, **change), np.ones(1), par=par)[0]


def test_friction_of_the_night_by_hand():
    """Half of the neutral one in light wind, nearly all of it in strong wind."""
    light = parametric.stable_friction(np.array(0.228), np.array(2.0), np.array(1.0))
    assert light == pytest.approx(0.114)
    strong = parametric.stable_friction(np.array(1.14), np.array(10.0), np.array(1.0))
    buoyancy = 4.7 * 10 * 9.80665 * 0.09 / 285
    assert strong == pytest.approx(0.57 * (1 + (1 - 4 * buoyancy / 11.4) ** 0.5))
    cloudy = parametric.stable_friction(np.array(0.4), np.array(3.5), np.array(0.0))
    clear = parametric.stable_friction(np.array(0.4), np.array(3.5), np.array(1.0))
    assert cloudy > clear


def test_mixing_height_by_day_and_night(par):
    """Wind alone without sun; cloud and wet ground damp it; the sea is as the table says."""
    layer = _layer(4, par)
    assert layer.wind[0] == max(2300 * layer.night_friction[0] ** 1.5, par["mixing_height_least"])
    assert _height(1, par, sunshine=np.full(1, 0.05), rain=np.full(1, 1.0)) < 1.5 * layer.wind[0]
    assert _height(4, par) > _height(4, par, sunshine=np.full(1, 0.2)) > layer.wind[0]
    assert _height(4, par) > 1.2 * _height(4, par, rain=np.full(1, 1e-4))
    sea = parametric.mixing_height(layer, np.zeros(1), par=par)
    assert sea[0] == par["mixing_height_sea"]
    # by hand: heat of a day to height
    state = {"temperature": np.full(1, 285.0), "pressure": np.full(1, 1e5)}
    absorbed, loss = parametric.net_radiation(
        4, np.full(1, 35.0), temperature=np.full(1, 285.0), humidity=np.full(1, 0.5),
        sunshine=np.full(1, 0.6),
    )  # fmt: skip
    heat = parametric.sensible_heat(
        0.9 * (absorbed - loss * layer.day), rain=np.full(1, 1e-6), par=par, **state
    )
    density = 1e5 / 287.05 / 285.0
    top = (2.8 * 86_400 * heat / (density * 1005 * parametric.stability_above(285.0))) ** 0.5
    assert layer.highest[0] == pytest.approx(top[0], rel=1e-12)
    assert layer.height_at(np.array(1.0))[0] == pytest.approx(top[0])
    assert layer.height_at(np.array(1e-6))[0] == layer.wind[0]


def test_stability_of_the_reference_atmospheres():
    """ITU-R P.835-6: temperature at 0 and 1 km, adiabatic 9.758 K/km; linear between."""
    one = parametric.stability_above(np.array([250.0, 272.7241, 300.4222, 310.0]))
    assert one == pytest.approx([0.010642, 0.0059602, 0.0034106, 0.0034106], abs=2e-6)
    half = parametric.stability_above(np.array((272.7241 + 286.8374) / 2))
    assert half == pytest.approx((0.0059602 + 0.0048371) / 2, abs=2e-6)


def test_snow_lies_until_a_warm_month(par):
    """10 kg m-2 in November and December, the spring thaws; the second winter knows the first."""
    month = 365.25 / 12 * 86_400
    temperature = np.full(12, 280.0)
    temperature[[10, 11, 0]] = 260.0
    temperature[1] = 268.15
    rain = np.zeros(12)
    rain[[10, 11, 5]] = 10.0 / month
    share = parametric.snow_cover(rain, temperature, par=par)
    half = par["snow_half"]
    assert share[10] == pytest.approx(10 / (10 + half))
    assert share[[11, 0]] == pytest.approx([20 / (20 + half)] * 2)
    assert share[1] == pytest.approx(0.5 * 20 / (20 + half))
    assert (share[2:10] == 0).all()


def test_snow_lowers_the_mixed_layer(par):
    cold = {"temperature": np.full(1, 262.0)}
    bare = _height(2, par, **cold)
    assert _height(2, par, snow=np.ones(1), **cold) < bare
    # the same by albedo: what snow reflects is not absorbed
    absorbed = [
        parametric.net_radiation(
            2, np.full(1, 35.0), temperature=cold["temperature"], humidity=np.full(1, 0.5),
            sunshine=np.full(1, 0.6), albedo=albedo,
        )[0][0]
        for albedo in (0.23, par["snow_albedo"])
    ]  # fmt: skip
    assert absorbed[1] / absorbed[0] == pytest.approx((1 - par["snow_albedo"]) / 0.77)


def test_mixing_height_has_the_published_pattern(small):
    """Higher in spring than in other seasons inland in the north and lowest in winter or autumn
    (ERA5 over Jiangsu: 700-1200 m by day, 100-400 m by night, Atmosphere 14, 1330, 2023);
    southwest high, southeast low (radiosondes, 10.1029/2021jd036367)."""

    def at(lon, lat):
        x, y = small.grid.project(lon, lat)
        return small.met["mixing_height"].sel(x=x, y=y, method="nearest").values

    north, jiangsu = at(115.0, 37.0), at(119.5, 33.0)
    assert north.argmax() == 1
    assert 400 <= jiangsu.mean() <= 800  # half of each
    assert (at(101.5, 26.0)[:2] > 1.3 * at(113.5, 27.0)[:2]).all()
