"""From hourly values of stations to a monitor table that attainment takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.attainment.io.observations import build_monitor_table, read_stations, unit_of
from scenair.attainment.io.places import build_monitors, read_monitors
from scenair.attainment.monitors import monitor_records
from scenair.core.errors import InputError
from scenair.core.io.tables import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from tests.attainment.conftest import World

#: Tiananmen, a control site in the hills, Tianjin, Shijiazhuang, Tangshan
SITES = pd.DataFrame(
    {
        "station": ["1001A", "1002A", "1013A", "1029A", "1036A"],
        "lon": [116.40, 116.17, 117.20, 114.50, 118.18],
        "lat": [39.91, 40.29, 39.10, 38.04, 39.63],
        "control": [False, True, False, False, False],
    }
)
UNITS = [110000, 110000, 120000, 130100, 130200]


@pytest.fixture
def stations(tmp_path: Path) -> Path:
    path = tmp_path / "stations.csv"
    SITES.to_csv(path, index=False)
    return path


def year_of_hours(days: int = 365) -> xr.Dataset:
    """A season from 90 in January to 30 in July; the control site has 5."""
    time = pd.date_range("2015-01-01", periods=24 * days, freq="h")
    season = 60 + 30 * np.cos(2 * np.pi * (time.day_of_year.to_numpy() - 1) / 365)
    noise = np.sin(np.arange(len(time)))[:, None]
    values = season[:, None] * np.array([1.0, 0, 0.9, 1.2, 1.1]) + noise
    values[:, 1] = 5 + noise[:, 0]
    return xr.Dataset(
        {"PM25": (("time", "site"), values, {"units": "ug m-3"})},
        coords={"time": time, "site": SITES["station"].to_numpy(str)},
    )


def test_stations_find_their_unit(stations: Path, tmp_path: Path) -> None:
    table = read_stations(stations)
    assert table["city"].tolist() == UNITS
    assert table["control"].tolist() == SITES["control"].tolist()
    given = SITES.assign(adcode=[130600, *UNITS[1:]])
    path = tmp_path / "given.csv"
    given.to_csv(path, index=False)
    assert read_stations(path)["city"].iloc[0] == 130600


def test_a_point_off_the_coast_takes_the_nearest_unit() -> None:
    found = unit_of(pd.Series([121.99]), pd.Series([31.0]))
    assert found.iloc[0] == 310000
    with pytest.raises(InputError, match="outside every unit"):
        unit_of(pd.Series([150.0]), pd.Series([20.0]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: pd.concat([f, f.iloc[:1]]), "twice.*"),
        (lambda f: f.assign(lon=f["lat"], lat=f["lon"]), "out of range"),
        (lambda f: f.drop(columns="control"), "columns missing"),
        (lambda f: f.iloc[:0], "without rows"),
    ],
)
def test_station_lists_are_checked(tmp_path: Path, change, words: str) -> None:
    path = tmp_path / "bad.csv"
    change(SITES).to_csv(path, index=False)
    with pytest.raises(InputError, match=words):
        read_stations(path)


def test_hourly_values_become_a_monitor_table(
    stations: Path, tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hourly = year_of_hours()
    hourly["PM25"][100, 0] = -9
    table, report = tmp_path / "monitors.csv", tmp_path / "quality.csv"
    build_monitor_table(
        hourly,
        stations=read_stations(stations),
        year=2015,
        source="synthetic",
        out=table,
        report=report,
    )
    records = monitor_records(read_table(table), year=2015)
    assert records.index.tolist() == sorted(set(UNITS))
    # the control site is out of the mean and of the position
    assert records.loc[110000, "mean"] == pytest.approx(60, abs=0.5)
    assert records.loc[110000, ["lon", "lat"]].tolist() == [116.40, 39.91]
    assert records.loc[130100, "mean_Q1"] > records.loc[130100, "mean_Q3"]
    flags = pd.read_csv(report).set_index("flag")
    assert flags.loc["negative", ["n_flagged", "n_dropped"]].tolist() == [1, 1]
    # and the stage takes it, by its name in the working directory
    monkeypatch.chdir(tmp_path)
    options = world.config["attainment"] | {"monitors": table.name}
    out = tmp_path / "monitors.nc"
    build_monitors(config=world.config | {"attainment": options}, out=out)
    monitors, _ = read_monitors(out, grid=world.grid)
    assert monitors.table["adcode"].tolist() == [110000, 120000, 130100, 130200]


def test_a_year_of_300_days_is_not_judged(stations: Path, tmp_path: Path, world: World) -> None:
    """Too few days: the records are left out, and with none left the user is told."""
    table = tmp_path / "monitors.csv"
    build_monitor_table(
        year_of_hours(300),
        stations=read_stations(stations),
        year=2015,
        source="synthetic",
        out=table,
        report=tmp_path / "quality.csv",
    )
    records = monitor_records(read_table(table), year=2015)
    assert (records["n_valid"] == 300).all()
    options = world.config["attainment"] | {"monitors": str(table)}
    with pytest.raises(InputError, match="too few monitors"):
        build_monitors(config=world.config | {"attainment": options}, out=tmp_path / "monitors.nc")


def test_another_year_is_told(stations: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no values of this year.*2015"):
        build_monitor_table(
            year_of_hours(30),
            stations=read_stations(stations),
            year=2019,
            source="synthetic",
            out=tmp_path / "a.csv",
            report=tmp_path / "b.csv",
        )
