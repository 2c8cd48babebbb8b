"""Climate normals: the station table, what it carries to the cells, the rain map."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from scenair.core.errors import InputError, UnitsError
from scenair.core.io.netcdf import open_netcdf, write_netcdf
from scenair.core.io.paths import resources
from scenair.core.io.tables import read_table
from scenair.surrogate import normals, parametric
from scenair.surrogate.geometry import great_circle
from scenair.surrogate.io.fields import (
    RAIN_MAP,
    UPPER_WIND,
    build_meteorology,
    read_normals,
    read_rain_map,
    read_upper_wind,
)
from scenair.surrogate.meteorology import _toward, free_meteorology
from tests.surrogate.synthetic import coarse

SHIPPED = resources() / "surrogate"
TABLE = SHIPPED / "climate_normals.csv"
MONTH_S = 365.25 / 12 * 86_400


def pair(days=(10.0, 4.0), rain=(100.0, 10.0)) -> normals.Stations:
    """Two stations on the equator, ten degrees apart, the same every month."""
    full = np.ones(12)
    return normals.Stations(
        np.array([100.0, 110.0]),
        np.zeros(2),
        np.array([rain[0] * full, rain[1] * full]) / MONTH_S,
        np.array([days[0] * full, days[1] * full]),
    )


def test_weights_by_hand(par):
    """Between two stations: weights 1/(d + 50 km)^2, and one at 1000 km for no departure."""
    stations = pair()
    departure = np.array([np.full(12, 1.0), np.full(12, -2.0)])
    lon, lat = np.array([103.0]), np.array([0.0])
    got = normals.spread(departure, stations, lon=lon, lat=lat, par=par)
    assert got.shape == (12, 1)
    d = [great_circle(x, np.zeros(1), lon, lat)[0] / 1000 for x in (100.0, 110.0)]
    w = [1 / (x + 50) ** 2 for x in d]
    assert got[0, 0] == pytest.approx((w[0] - 2 * w[1]) / (sum(w) + 1 / 1050**2), rel=1e-12)


def test_days_at_a_station_and_far_away(par):
    """The station's own days beside it (to the weight of nothing), the formula far from all."""
    stations = pair()
    rain = np.full((12, 2), 100.0) / MONTH_S
    near, far = np.array([100.0, 100.0]), np.array([0.0, 85.0])
    days = normals.rain_days(rain, stations, lon=near, lat=far, par=par)[0]
    formula = par["rain_days_factor"] * 100 ** par["rain_days_exponent"]
    assert days[0] == pytest.approx(10.0, rel=0.03)
    assert days[1] == pytest.approx(formula, rel=0.05)
    assert (normals.rain_days(0 * rain, stations, lon=near, lat=far, par=par) == 0).all()
    wet = normals.rain_days(1e5 * rain, stations, lon=near, lat=far, par=par)
    assert (wet <= normals.DAYS).all()


def test_humidity_stays_between_0_and_1(par, rng):
    stations = normals.stations_from_table(read_table(TABLE), quantity="humidity")
    lon, lat = rng.uniform(70, 140, 50), rng.uniform(10, 55, 50)
    rain = rng.uniform(0, 500, (12, 50)) / MONTH_S
    got = normals.relative_humidity(rain, stations, lon=lon, lat=lat, par=par)
    assert ((got > 0.2) & (got < 0.95)).all()


def test_sunshine_at_a_station(par):
    """Hours over the daylight; beside the station its own share (to the weight of nothing)."""
    found = read_normals()
    table = read_table(TABLE)
    rows = table[(table["station"] == "Kashgar") & (table["variable"] == "sunshine")]
    july = rows.set_index("month")["value"][7]
    i = int(np.abs(found.sunshine.lon - 75.98).argmin())
    full = parametric.daylight(7, np.array(39.47)) * 24 * 365.25 / 12
    assert found.sunshine.values[i, 6] == pytest.approx(july / full)
    lon, lat = found.sunshine.lon, found.sunshine.lat
    rain = found.sunshine.rain.T
    humidity = normals.relative_humidity(rain, found.humidity, lon=lon, lat=lat, par=par)
    days = normals.rain_days(rain, found.rain_days, lon=lon, lat=lat, par=par)
    got = normals.relative_sunshine(humidity, days, found, lon=lon, lat=lat, par=par).T
    assert np.abs(got - found.sunshine.values).mean() < 0.02
    formula = parametric.relative_sunshine(humidity, days, par=par).T
    assert np.abs(formula - found.sunshine.values).mean() < 0.1


@pytest.mark.parametrize("quantity", ["rain_days", "humidity"])
def test_left_out_stations_are_found_again(par, quantity):
    """The formula held to the other stations beats the formula alone, and is near the truth."""
    every = normals.stations_from_table(read_table(TABLE), quantity=quantity)
    alone, held = [], []
    for i in range(len(every.lon)):
        rest = normals.Stations(*(np.delete(part, i, axis=0) for part in vars(every).values()))
        rain = every.rain[i][:, None]
        at = {"lon": every.lon[i : i + 1], "lat": every.lat[i : i + 1], "par": par}
        if quantity == "rain_days":
            alone.append(parametric.rain_days(rain, par=par)[:, 0])
            held.append(normals.rain_days(rain, rest, **at)[:, 0])
        else:
            alone.append(parametric.relative_humidity(rain, par=par)[:, 0])
            held.append(normals.relative_humidity(rain, rest, **at)[:, 0])
    error = [np.abs(np.array(part) - every.values).mean() for part in (alone, held)]
    assert error[1] < 0.9 * error[0]
    assert error[1] < (1.7 if quantity == "rain_days" else 0.045)


def test_rain_map_against_the_stations():
    """An independent source: annual totals within a quarter at 14 of 17, months r > 0.95."""
    table = read_table(TABLE)
    rain = table[table["variable"] == "rain"]
    station = rain.pivot_table(index="station", columns="month", values="value")
    place = rain.groupby("station")[["lon", "lat"]].first()
    mapped = read_rain_map(resources() / RAIN_MAP).at(
        place["lon"].to_numpy(), place["lat"].to_numpy()
    )
    ratio = mapped.sum(axis=0) / station.sum(axis=1).to_numpy()
    assert (np.abs(ratio - 1) < 0.25).sum() >= 14
    assert np.corrcoef(mapped.T.ravel(), station.to_numpy().ravel())[0, 1] > 0.95


def test_rain_days_formula_is_that_of_the_table(par):
    """The two derived figures, from the table they name."""
    every = normals.stations_from_table(read_table(TABLE), quantity="rain_days")
    assert every.values.size == 192
    x, y = np.log(every.rain * MONTH_S).ravel(), np.log(every.values).ravel()
    assert par["rain_days_exponent"] == pytest.approx(np.polyfit(x, y, 1)[0], abs=0.01)
    factor = np.exp((y - par["rain_days_exponent"] * x).mean())
    assert par["rain_days_factor"] == pytest.approx(factor, abs=0.01)


def test_rate_and_frequency_by_hand(par):
    """ITU-R P.837-7: 0.5874 exp(0.0883 t) mm/h; 100 mm at 20 degrees rain 29.1 h of a month."""
    rate = parametric.rain_rate(np.array([253.15, 273.15, 293.15]), par=par)
    np.testing.assert_allclose(rate, [0.5874, 0.5874, 0.5874 * np.exp(1.766)])
    wet = parametric.wet_fraction(np.array(100 / MONTH_S), np.array(293.15), par=par)
    assert wet * 365.25 / 12 * 24 == pytest.approx(29.12, abs=0.05)
    assert parametric.wet_fraction(np.array(1.0), np.array(263.15), par=par) == 0.7
    event = parametric.wet_event(wet, np.array(8.0), par=par)
    assert event == pytest.approx(29.12 / 8 * 3600, rel=2e-3)


def _changed(change) -> pd.DataFrame:
    table = read_table(TABLE)
    row = (table["station"] == "Changde") & (table["variable"] == "humidity")
    row &= table["month"] == 3
    assert row.sum() == 1
    return change(table, row)


def _set(column, value):
    def change(table, row):
        return table.assign(**{column: table[column].where(~row, value)})

    return change


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (_set("value", np.nan), InputError, "out of range"),
        (_set("value", -3.0), InputError, "out of range"),
        (_set("value", 780.0), InputError, "Changde"),
        (_set("unit", "1"), UnitsError, "wrong unit"),
        (_set("month", 13), InputError, "month outside"),
        (_set("month", 4), InputError, "twice"),
        (_set("variable", "snow"), InputError, "unknown variable"),
        (_set("lon", 290.0), InputError, "two places"),
        (lambda t, row: t[~row], InputError, "all twelve months"),
        (
            lambda t, row: t[~((t["station"] == "Changde") & (t["variable"] == "rain"))],
            InputError,
            "variable rain",
        ),
        (lambda t, row: t.assign(lat=t["lat"] + 80), InputError, "off the globe"),
        (lambda t, row: t[t["variable"] == "rain"], InputError, "station any"),
    ],
)
def test_a_corrupt_table_stops(change, error, words):
    with pytest.raises(error, match=words):
        normals.stations_from_table(_changed(change), quantity="humidity")


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda d: d.isel(month=slice(0, 11)), InputError, "twelve months"),
        (lambda d: d.assign(rain=d["rain"].assign_attrs(units="mm")), UnitsError, "unit"),
        (lambda d: d.assign(rain=d["rain"].where(d["lat"] > 12)), InputError, "missing values"),
        (lambda d: d.rename(rain="regen"), InputError, "variable missing"),
    ],
)
def test_a_corrupt_map_stops(tmp_path, change, error, words):
    ds = open_netcdf(resources() / RAIN_MAP)
    bad = change(ds)
    for name in bad.data_vars:
        bad[name].attrs.setdefault("units", "1")
    write_netcdf(bad, tmp_path / "map.nc", title="bad")
    with pytest.raises(error, match=words):
        read_rain_map(tmp_path / "map.nc")


def test_negative_rain_in_the_map_stops(tmp_path):
    ds = open_netcdf(resources() / RAIN_MAP).load()
    ds["rain"].values[3, 10, 10] = -1
    write_netcdf(ds, tmp_path / "map.nc", title="bad")
    with pytest.raises(InputError, match="negative rain"):
        read_rain_map(tmp_path / "map.nc")


def test_own_rain_and_frequency_come_first(small, par):
    """What a user's file has is taken; what follows from it uses it."""
    surface = open_netcdf(SHIPPED / "mpi_esm_lr_2005_monthly_east_asia.nc")
    relief = open_netcdf(SHIPPED / "etopo20_east_asia.nc")
    like = surface["uas"] * 0
    own = surface.assign(
        pr=(like + 5e-5).assign_attrs(units="kg m-2 s-1"),
        wet_fraction=(like + 0.11).assign_attrs(units="1"),
    )
    met = free_meteorology(own, relief, grid=small.grid, par=par, normals=read_normals())
    np.testing.assert_allclose(met["precipitation"], 5e-5, rtol=1e-6)
    np.testing.assert_allclose(met["wet_fraction"], 0.11, rtol=1e-6)
    timed = own.assign(wet_event=(like + 7200.0).assign_attrs(units="s"))
    met = free_meteorology(timed, relief, grid=small.grid, par=par, normals=read_normals())
    np.testing.assert_allclose(met["wet_event"], 7200.0, rtol=1e-6)


def test_monsoon_in_the_default_case(small):
    """Meiyu and dry north: amounts, frequency and humidity where they are known."""
    met = small.met

    def at(lon, lat, name, quarter):
        x, y = small.grid.project(lon, lat)
        return float(met[name].sel(x=x, y=y, method="nearest").isel(quarter=quarter))

    month = 365.25 / 12 * 86_400
    assert at(113.3, 23.1, "precipitation", 2) * month > 150
    assert at(116.4, 39.9, "precipitation", 0) * month < 12
    assert at(85.0, 39.0, "precipitation", 2) * month < 20
    assert at(106.0, 30.0, "humidity", 0) > 0.7 > 0.65 > at(116.4, 39.9, "humidity", 0)
    assert at(113.3, 23.1, "wet_fraction", 0) < at(112.0, 28.0, "wet_fraction", 0)
    events = {
        q: at(112.0, 28.0, "wet_fraction", q) * month / at(112.0, 28.0, "wet_event", q)
        for q in range(4)
    }
    assert events[0] == pytest.approx(13, abs=4)
    assert events[0] > events[3]


def test_file_says_what_is_formula_and_what_normals(small, tmp_path):
    assert "normals of stations" in small.met.attrs["note"]
    assert "P.837-7" in small.met.attrs["sources"]
    for name in ("a.nc", "b.nc"):
        build_meteorology(
            config=small.config, winds=SHIPPED / "mpi_esm_lr_2005_monthly_east_asia.nc",
            relief=SHIPPED / "etopo20_east_asia.nc", meteorology=tmp_path / name,
        )  # fmt: skip
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()


def test_the_water_of_the_national_grid_takes_less_than_a_second(par):
    grid = coarse(1)
    lon, lat = grid.lonlat
    found = read_normals()
    start = time.process_time()
    rain = found.rain.at(lon, lat) / MONTH_S
    normals.rain_days(rain, found.rain_days, lon=lon, lat=lat, par=par)
    normals.relative_humidity(rain, found.humidity, lon=lon, lat=lat, par=par)
    assert time.process_time() - start < 1.0


def test_upper_wind_blows_as_it_should():
    """The jet of January over the lower Yangtze, none in July; October between."""
    east, north = read_upper_wind(resources() / UPPER_WIND)
    at = np.array([120.0]), np.array([31.0])
    wind = east.at(*at)[:, 0]
    assert wind[0] > 40 > 25 > wind[9] > 15 > wind[6]
    assert wind[3] == pytest.approx((wind[0] + wind[6]) / 2)
    assert np.abs(north.at(*at)).max() < 15


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda d: d.isel(month=[0]), InputError, "January and July"),
        (lambda d: d.drop_vars("va300"), InputError, "variable missing"),
        (lambda d: d.assign(ua300=d["ua300"].assign_attrs(units="kt")), UnitsError, "unit"),
        (lambda d: d.assign(ua300=(d["ua300"] * 9).assign_attrs(units="m s-1")), InputError, "120"),
        (lambda d: d.assign(ua300=d["ua300"].where(d["lat"] > 30)), InputError, "missing values"),
    ],
)
def test_a_corrupt_upper_wind_stops(tmp_path, change, error, words):
    write_netcdf(change(open_netcdf(resources() / UPPER_WIND)), tmp_path / "w.nc", title="bad")
    with pytest.raises(error, match=words):
        read_upper_wind(tmp_path / "w.nc")


def test_wind_turns_to_that_of_300_hpa():
    """By hand: a tenth of the way up over the plain, more over high ground, near the ground not."""
    near, upper = np.array([[2.0, 2.0], [2.0, 2.0]]), np.array([30.0, 30.0])
    ground, height = np.array([0.0, 4000.0]), np.array([0.0, 916.4])[:, None]
    got = _toward(upper, near, ground, 0 * ground, height)
    np.testing.assert_allclose(got[0], 2.0)
    assert got[1, 0] == pytest.approx(0.9 * 2 + 0.1 * 30)
    assert got[1, 1] == pytest.approx(2 + 28 * 916.4 / 5164.0)
    # a basin 1500 m deep is sheltered up to its rim
    basin = _toward(upper, near, np.full(2, 500.0), np.full(2, 2000.0), height)
    np.testing.assert_allclose(basin, 2.0)
    rim = _toward(upper, near, np.full(2, 500.0), np.full(2, 2000.0), height + 1500)
    assert rim[1, 0] == pytest.approx(2 + 28 * 916.4 / 7164.0)


def test_westerlies_aloft_in_winter(small):
    """At 2.7 km over the North China Plain: west wind in winter, little in summer."""
    x, y = small.grid.project(116.0, 37.0)
    aloft = small.met["wind_x"].isel(layer=-1)
    i = int(np.abs(aloft["x_face"].values - x).argmin())
    j = int(np.abs(aloft["y"].values - y).argmin())
    wind = aloft.values[:, j - 1 : j + 2, i - 2 : i + 3].mean(axis=(1, 2))
    assert wind[0] > 5
    assert wind[0] > wind[2] + 4
