"""Readers of observations and quality flags: right files, and every way a file can be wrong."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.attainment.io.readers import (
    CsvLayout,
    read_cnemc_long,
    read_cnemc_wide,
    read_daily_table,
    read_hourly_csv,
)
from scenair.attainment.statistics.qc import FLAGS, apply_flags, qc_flags, runs_of_equal
from scenair.attainment.statistics.year import daily_values, year_statistics
from scenair.core.errors import InputError, UnitsError

LEVEL = {"PM2.5": 60.0, "PM10": 90.0, "SO2": 10.0, "NO2": 30.0, "O3": 80.0, "CO": 0.8, "AQI": 80.0}


def wide_day(day: str, *, codes: tuple[str, ...] = ("1001A", "1002A")) -> pd.DataFrame:
    rows = [
        {"date": day, "hour": h, "type": kind, **dict.fromkeys(codes, level + h)}
        for h in range(24)
        for kind, level in LEVEL.items()
    ]
    frame = pd.DataFrame(rows)
    co = frame["type"] == "CO"
    frame.loc[co, list(codes)] = 0.8
    return frame


def save(frame: pd.DataFrame, folder: Path, name: str = "day.csv") -> Path:
    path = folder / name
    frame.to_csv(path, index=False)
    return path


def test_wide_archive(tmp_path: Path) -> None:
    paths = [
        save(wide_day("20170101"), tmp_path, "a.csv"),
        save(wide_day("20170102"), tmp_path, "b.csv"),
    ]
    begin = read_cnemc_wide(paths, label="beginning")
    assert begin.sizes == {"time": 48, "site": 2}
    assert begin["PM25"].attrs["units"] == "ug m-3"
    assert begin["CO"].attrs["units"] == "mg m-3"
    assert begin["PM25"].sel(time="2017-01-02T05", site="1002A") == 65
    # the label "ending" moves hour 0 to the last hour of the day before
    end = read_cnemc_wide(paths)
    assert end["PM25"].sel(time="2016-12-31T23", site="1001A") == 60
    assert end["PM25"].sel(time="2017-01-02T04", site="1001A") == 65
    assert end.sizes["time"] == 72
    one = read_cnemc_wide(paths, label="beginning", stations=["1002A"], pollutants=["O3"])
    assert list(one.data_vars) == ["O3"]
    assert one["site"].values.tolist() == ["1002A"]


def test_wide_archive_duplicates(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    frame = wide_day("20170101")
    with caplog.at_level(logging.WARNING):
        same = [save(frame, tmp_path, "a.csv"), save(frame, tmp_path, "b.csv")]
        assert read_cnemc_wide(same, label="beginning").sizes["time"] == 24
    assert "24 identical duplicate hours left out" in caplog.text
    other = save(frame.assign(**{"1001A": frame["1001A"] + 1}), tmp_path, "c.csv")
    with pytest.raises(InputError, match="twice with different values"):
        read_cnemc_wide([same[0], other], label="beginning")


def test_wide_archive_gap_is_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    frame = wide_day("20170101")
    with caplog.at_level(logging.WARNING):
        ds = read_cnemc_wide([save(frame[frame["hour"] != 7], tmp_path)], label="beginning")
    assert np.isnan(ds["PM25"].sel(time="2017-01-01T07").values).all()
    assert "1 of 24 hours are absent" in caplog.text


def test_wide_archive_missing_codes(tmp_path: Path) -> None:
    frame = wide_day("20170101").astype({"1001A": object})
    frame.loc[frame["hour"] == 3, "1001A"] = "—"
    frame.loc[frame["hour"] == 4, "1001A"] = "-99"
    ds = read_cnemc_wide([save(frame, tmp_path)], label="beginning")
    assert np.isnan(ds["PM25"].sel(site="1001A").values).sum() == 2


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda f: f.drop(columns="hour"), InputError, "columns missing.*hour"),
        (lambda f: f.assign(hour=f["hour"] + 1), InputError, "hours out of range"),
        (lambda f: f.rename(columns={"1001A": "Beijing"}), InputError, "unknown form.*Beijing"),
        (lambda f: f.iloc[:0], InputError, "without rows"),
        (lambda f: f[f["type"] == "AQI"], InputError, "no rows of this type"),
        (lambda f: f.assign(**{"1001A": "broken"}), InputError, "no number.*1001A.*broken"),
        (
            lambda f: f.assign(
                **{c: f[c].where(f["type"] != "CO", 800.0) for c in ("1001A", "1002A")}
            ),
            UnitsError,
            "CO.*ug m-3, not mg m-3",
        ),
    ],
)
def test_wide_archive_faults(tmp_path: Path, change, error: type, words: str) -> None:
    path = save(change(wide_day("20170101")), tmp_path)
    with pytest.raises(error, match=words):
        read_cnemc_wide([path])


def test_no_file_missing_file_and_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no observation file"):
        read_cnemc_wide([])
    with pytest.raises(InputError, match="file not found"):
        read_cnemc_wide([tmp_path / "none.csv"])
    path = tmp_path / "bad.csv"
    path.write_bytes(b"\xff\xfe\x00a,b\n1,2\n")
    with pytest.raises(InputError, match="not a readable"):
        read_cnemc_wide([path])
    path.write_text("")
    with pytest.raises(InputError, match="not a readable"):
        read_cnemc_wide([path])


def long_hour(hour: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "timepoint": f"2022-01-01 {hour:02d}:00:00",
            "stationcode": ["1001A", "1002A"],
            "longitude": [116.366, 116.17],
            "latitude": [39.8673, 40.2865],
            "area": "北京市",
            "positionname": ["万寿西宫", "定陵(对照点)"],
            "pm2_5": [30 + hour, 10],
            "pm10": 60,
            "so2": 3,
            "no2": 40,
            "o3": 20,
            "co": 0.6,
        }
    )


def test_long_archive(tmp_path: Path) -> None:
    paths = [save(long_hour(h), tmp_path, f"{h}.csv") for h in range(24)]
    ds, stations = read_cnemc_long(paths, label="beginning")
    assert ds["PM25"].sel(time="2022-01-01T05", site="1001A") == 35
    assert stations.loc["1002A", "control"]
    assert not stations.loc["1001A", "control"]
    assert stations.loc["1001A", "city_zh"] == "北京市"
    clash = save(long_hour(3).assign(pm2_5=99), tmp_path, "clash.csv")
    with pytest.raises(InputError, match="two different rows"):
        read_cnemc_long([*paths, clash])
    bare = save(long_hour(3).drop(columns="o3"), tmp_path, "bare.csv")
    with pytest.raises(InputError, match="columns missing.*o3"):
        read_cnemc_long([bare])


def test_user_csv_with_declared_columns(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "when": [f"2020-05-01T{h:02d}:00" for h in range(24)],
            "code": "mine",
            "fine": 40.0,
            "carbon monoxide": 800.0,
        }
    )
    layout = CsvLayout(
        time="when",
        station="code",
        pollutants={"fine": "PM25", "carbon monoxide": "CO"},
        units={"CO": "ug m-3"},
    )
    # ug m-3 -> mg m-3
    ds = read_hourly_csv(save(frame, tmp_path), layout)
    assert ds["CO"].max() == pytest.approx(0.8)
    assert ds.sizes == {"time": 24, "site": 1}
    with pytest.raises(UnitsError, match="CO"):
        read_hourly_csv(save(frame, tmp_path), CsvLayout(**{**vars(layout), "units": {}}))
    with pytest.raises(UnitsError, match="ppm"):
        read_hourly_csv(
            save(frame, tmp_path), CsvLayout(**{**vars(layout), "units": {"CO": "ppm"}})
        )
    with pytest.raises(InputError, match="columns missing"):
        read_hourly_csv(save(frame, tmp_path))
    with pytest.raises(InputError, match="can't be read"):
        read_hourly_csv(save(frame.assign(when="noon"), tmp_path), layout)
    with pytest.raises(InputError, match="whole hours"):
        read_hourly_csv(save(frame.assign(when="2020-05-01T00:30"), tmp_path), layout)
    with pytest.raises(InputError, match="unknown pollutants"):
        read_hourly_csv(save(frame, tmp_path), CsvLayout("when", "code", {"fine": "PM1"}))


def test_daily_table(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "date": ["2015-01-01", "2015-01-03"] * 2,
            "city": ["A", "A", "B", "B"],
            "pm25": [1, 2, 3, 4],
        }
    )
    da = read_daily_table(save(frame, tmp_path))
    assert da.shape == (3, 2)
    assert np.isnan(da.sel(day="2015-01-02", site="A"))
    with pytest.raises(InputError, match="negative"):
        read_daily_table(save(frame.assign(pm25=-1), tmp_path))
    with pytest.raises(InputError, match="two different rows"):
        read_daily_table(save(frame.assign(date="2015-01-01"), tmp_path))


def hourly(values: np.ndarray, coarse: np.ndarray | None = None) -> xr.Dataset:
    time = pd.date_range("2017-01-01", periods=len(values), freq="h")
    data = {"PM25": (("time", "site"), values[:, None])}
    if coarse is not None:
        data["PM10"] = (("time", "site"), coarse[:, None])
    return xr.Dataset(data, coords={"time": time, "site": ["A"]})


def test_flags_by_hand() -> None:
    rng = np.random.default_rng(0)
    v = rng.uniform(30, 60, 96).round()
    v[5] = -3
    v[10] = 1600
    v[40] = 900
    v[60:86] = 50
    coarse = np.full(96, 80.0)
    coarse[90] = 10
    flags = qc_flags(hourly(v, coarse))["PM25"].values[:, 0]
    assert flags[5] == FLAGS["negative"]
    assert flags[10] & FLAGS["out_of_range"]
    assert flags[40] & FLAGS["spike"]
    assert (flags[60:86] & FLAGS["stuck"] > 0).all()
    assert not (flags[:60] & FLAGS["stuck"]).any()
    assert flags[90] & FLAGS["fine_above_coarse"]


def test_flags_never_delete_silently() -> None:
    v = np.full(48, 40.0) + np.arange(48) % 7
    v[3] = -1
    coarse = np.full(48, 20.0)
    ds = hourly(v, coarse)
    flags = qc_flags(ds)
    clean, report = apply_flags(ds, flags)
    pm = report[report["pollutant"] == "PM25"].set_index("flag")
    assert pm.loc["negative", ["n_flagged", "n_dropped", "n_values"]].tolist() == [1, 1, 48]
    # shown but not taken out
    assert pm.loc["fine_above_coarse", "n_flagged"] > 40
    assert pm.loc["fine_above_coarse", "n_dropped"] == 0
    assert np.isnan(clean["PM25"].values).sum() == pm["n_dropped"].sum()
    untouched, _ = apply_flags(ds, flags, drop=())
    xr.testing.assert_equal(untouched["PM25"], ds["PM25"])


def test_low_values_may_repeat() -> None:
    assert not qc_flags(hourly(np.full(100, 3.0)))["PM25"].values.any()
    assert qc_flags(hourly(np.full(100, 30.0)))["PM25"].values.all()


def test_runs() -> None:
    v = np.array([1.0, 1, 2, np.nan, np.nan, 3, 3, 3])[:, None]
    assert runs_of_equal(v)[:, 0].tolist() == [2, 2, 1, 0, 0, 3, 3, 3]


@pytest.mark.realdata
def test_beijing_hourly_file_through_the_user_reader(realdata: Path) -> None:
    layout = CsvLayout(
        pollutants={"PM2.5": "PM25", "PM10": "PM10", "O3": "O3", "CO": "CO"},
        units={"CO": "ug m-3"},
    )
    path = realdata / "observations/beijing_12stations_hourly_20130301_20170228.csv.gz"
    ds = read_hourly_csv(path, layout)
    assert ds.sizes == {"time": 35064, "site": 12}
    assert float(ds["CO"].median()) == pytest.approx(0.9, abs=0.2)
    flags = qc_flags(ds.sel(time="2015"))
    _, report = apply_flags(ds.sel(time="2015"), flags)
    shown = report.set_index(["pollutant", "flag"])["n_flagged"]
    assert shown["O3", "negative"] == 0
    assert shown["PM25", "fine_above_coarse"] > 0


def test_flags_and_statistics_are_the_same_through_dask() -> None:
    """Blocks of stations give what the whole table gives, lazily until the counts are asked."""
    rng = np.random.default_rng(3)
    time = pd.date_range("2017-01-01", periods=24 * 365, freq="h")
    data = {}
    for name, level in (("PM25", 50), ("PM10", 60), ("O3", 80)):
        v = rng.gamma(2, level / 2, (len(time), 6)).astype(np.float32)
        v[rng.random(v.shape) < 0.05] = np.nan
        v[100:140, 2] = 77
        v[500, 3] = -5
        data[name] = (("time", "site"), v, {"units": "ug m-3"})
    whole = xr.Dataset(data, coords={"time": time, "site": [f"100{i}A" for i in range(6)]})
    blocks = whole.chunk({"site": 2})
    lazy = qc_flags(blocks)
    assert lazy["PM25"].chunks is not None
    xr.testing.assert_identical(lazy.compute(), qc_flags(whole))
    clean, counts = apply_flags(blocks, lazy)
    again, expected = apply_flags(whole, qc_flags(whole))
    pd.testing.assert_frame_equal(counts, expected)
    assert clean["O3"].chunks is not None
    pd.testing.assert_frame_equal(
        year_statistics(daily_values(clean)), year_statistics(daily_values(again))
    )
