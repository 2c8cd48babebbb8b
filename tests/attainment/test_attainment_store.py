"""Archives of hourly stations in pieces: the same figures as at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.attainment.io import store
from scenair.attainment.io.observations import build_monitor_table, read_stations
from scenair.attainment.io.readers import read_cnemc_wide
from scenair.core.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

CODES = ["1001A", "1013A", "1029A", "1036A"]
TYPES = {"PM2.5": 40.0, "PM10": 80.0, "O3": 90.0}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The end of a year; one station begins in October, some hours are missing."""
    folder = tmp_path_factory.mktemp("archive")
    rng = np.random.default_rng(7)
    paths = []
    for day in pd.date_range("2015-09-20", "2016-01-01"):
        codes = CODES if day.month != 9 else CODES[:3]
        rows = [
            (f"{day:%Y%m%d}", hour, kind,
             *(None if rng.random() < 0.01 else round(float(level * rng.uniform(0.5, 2)))
               for _ in codes))
            for hour in range(24) for kind, level in TYPES.items()
        ]  # fmt: skip
        path = folder / f"china_sites_{day:%Y%m%d}.csv"
        pd.DataFrame(rows, columns=["date", "hour", "type", *codes]).to_csv(path, index=False)
        paths.append(path)
    return paths


@pytest.fixture(scope="module")
def stored(archive: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "hourly.nc"
    store.store_hourly(archive, path, year=2015, pollutants=("PM25", "PM10", "O3"))
    return path


def test_the_store_holds_what_the_reader_reads(archive: list[Path], stored: Path) -> None:
    whole = read_cnemc_wide(archive, stations=CODES, pollutants=("PM25", "PM10", "O3"))
    hourly = store.open_hourly(stored)
    assert hourly["site"].values.tolist() == CODES
    assert hourly.sizes["time"] == 8760
    assert hourly["PM25"].chunks is not None
    xr.testing.assert_equal(hourly.compute(), whole.reindex(time=hourly["time"]))
    assert hourly["PM25"].attrs["units"] == "ug m-3"


def test_blocks_of_stations_give_the_table_of_all(
    archive: list[Path], stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "stations.csv"
    pd.DataFrame(
        {"station": CODES, "lon": [116.4, 117.2, 114.5, 118.18],
         "lat": [39.91, 39.1, 38.04, 39.63], "control": False}
    ).to_csv(path, index=False)  # fmt: skip
    whole = read_cnemc_wide(archive, stations=CODES, pollutants=("PM25", "PM10", "O3"))
    options = {"stations": read_stations(path), "year": 2015, "source": "synthetic"}
    files = []
    for name, hourly in (("whole", whole), ("pieces", store.open_hourly(stored))):
        if name == "pieces":
            monkeypatch.setattr(store, "STATION_BYTES", 2 * 8760 * 8)
            assert [b.sizes["site"] for b in store.blocks_of_stations(hourly)] == [2, 2]
        out, report = tmp_path / f"{name}.csv", tmp_path / f"{name}_report.csv"
        build_monitor_table(hourly, out=out, report=report, **options)
        files.append(out.read_bytes() + report.read_bytes())
    assert files[0] == files[1]


def test_the_same_hour_twice_with_other_values_is_told(
    archive: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "DAYS_AT_ONCE", 1)
    other = tmp_path / "china_sites_20150102b.csv"
    other.write_text(archive[1].read_text().replace(",PM2.5,", ",PM2.5,1"))
    with pytest.raises(InputError, match="same hour with two values"):
        store.store_hourly(
            [*archive[:2], other], tmp_path / "x.nc", year=2015, pollutants=("PM25",)
        )
    assert not (tmp_path / "x.nc").exists()


def test_no_files_and_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no observation file"):
        store.store_hourly([], tmp_path / "x.nc", year=2015)
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"\xff\xfe\x00")
    for path in (bad, tmp_path / "no.csv"):
        with pytest.raises(InputError, match="not a readable"):
            store.store_hourly([path], tmp_path / "x.nc", year=2015)
