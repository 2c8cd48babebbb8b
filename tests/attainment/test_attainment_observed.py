"""Judging a year of observations from files to tables, tracking a plan, SMAT-CE both ways."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scenair.attainment.io.observed import Rules, build_tracking
from scenair.cli import main
from scenair.core.errors import InputError
from scenair.core.io.tables import read_table

YEAR = 2019
STATIONS = pd.DataFrame(
    {
        "station": ["1001A", "1002A", "1013A"],
        "lon": [116.40, 116.17, 117.20],
        "lat": [39.91, 40.29, 39.10],
        "control": [False, True, False],
    }
)
#: PM2.5 of Beijing's site, its control site and Tianjin's; heavy from 10 to 12 January in Beijing
LEVEL = {"1001A": 36.0, "1002A": 5.0, "1013A": 35.0}
OTHER = {"PM10": 60.0, "SO2": 10.0, "NO2": 32.0, "O3": 50.0, "CO": 1.2}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Hourly CSV and station list."""
    folder = tmp_path_factory.mktemp("archive")
    time = pd.date_range(f"{YEAR}-01-01", f"{YEAR}-12-31 23:00", freq="h")
    parts = []
    for code, level in LEVEL.items():
        # values differ from hour to hour, so that nothing looks stuck; the daily mean is kept
        wave = np.where(time.hour.to_numpy() % 2 == 0, 1.02, 0.98)
        part = pd.DataFrame({"time": time, "station": code, "PM2.5": level * wave})
        for name, value in OTHER.items():
            part[name] = value * wave
        if code == "1001A":
            heavy = (time >= f"{YEAR}-01-10") & (time < f"{YEAR}-01-13")
            part.loc[heavy, "PM2.5"] = 200.0 * wave[heavy]
        parts.append(part)
    hours, stations = folder / "hours.csv", folder / "stations.csv"
    pd.concat(parts).to_csv(hours, index=False)
    STATIONS.to_csv(stations, index=False)
    return hours, stations


def arguments(archive: tuple[Path, Path]) -> list[str]:
    hours, stations = archive
    names = [f"--column={c}={c.replace('.', '')}" for c in ("PM2.5", *OTHER)]
    shape = ["--format", "csv", "--label", "beginning", *names]
    return [str(hours), "--stations", str(stations), *shape]


@pytest.fixture(scope="module")
def judged(
    archive: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, pd.DataFrame]:
    out = tmp_path_factory.mktemp("judged")
    command = ["monitors", "evaluate", *arguments(archive), "--year", str(YEAR), "--out", str(out)]
    assert main(command) == 0
    return {path.stem: pd.read_csv(path) for path in out.glob("*.csv")}


def test_items_and_cities(judged: dict[str, pd.DataFrame]) -> None:
    """Beijing by hand: (362 x 36 + 3 x 200) / 365 = 37.35, so 37 > 35; its control site is out."""
    items = judged["items"].set_index(["adcode", "pollutant"])
    fine = items.loc[(110000, "PM25")]
    assert fine["mean"] == pytest.approx((362 * 36 + 3 * 200) / 365, abs=1e-4)
    assert (fine["n_valid"], fine["days_over"]) == (365, 3)
    assert not fine["attains"]
    cities = judged["cities"].set_index("adcode")
    assert cities["pm25_mean_attains"].to_dict() == {110000: False, 120000: True}
    assert cities["six_items_attain"].to_dict() == {110000: False, 120000: True}
    assert (cities["standard"] == "gb3095-2012").all()
    # ranking form by hand, limits of 2012
    rest = 10 / 60 + 32 / 40 + 60 / 70 + 1.2 / 4 + 50 / 160
    assert cities.loc[120000, "composite_index"] == pytest.approx(rest + 35 / 35, abs=1e-4)
    assert cities["rank"].to_dict() == {110000: 2, 120000: 1}


def test_alert_days_and_levels(judged: dict[str, pd.DataFrame]) -> None:
    episodes = judged["episodes"]
    assert episodes[["adcode", "days"]].to_numpy().tolist() == [[110000, 3]]
    assert episodes.loc[0, "start"].startswith(f"{YEAR}-01-10")
    cities = judged["cities"].set_index("adcode")
    assert cities["alert_days"].to_dict() == {110000: 3, 120000: 0}
    levels = cities[[f"level_{k}" for k in range(1, 7)]]
    assert levels.sum(axis=1).tolist() == [365, 365]
    assert cities.loc[120000, "good_days_percent"] == 100


def test_monitor_table_is_accepted(judged: dict[str, pd.DataFrame]) -> None:
    table = judged[f"monitors_{YEAR}"]
    assert {"value", "unit", "source", "tag"} <= set(table.columns)
    mean = table[(table["statistic"] == "mean") & (table["pollutant"] == "PM25")]
    assert mean[mean["period"] == "year"].set_index("adcode")["value"][120000] == pytest.approx(35)


def test_editions_by_year() -> None:
    assert Rules.of_year(2025).aqi == "hj633-2012"
    later = Rules.of_year(2026)
    assert (later.aqi, later.evaluation.profile) == ("hj633-2026", "hj663-2026")
    assert later.daily_limits()["PM25"] == 60
    assert Rules.of_year(2031).daily_limits()["PM25"] == 50


def test_tracking_a_plan(tmp_path: Path) -> None:
    """Observed 2015 at ambient conditions beside a path from 2013 to 2017."""
    table = read_table("attainment/monitors_2015.csv")
    observed = tmp_path / "monitors_2015.csv"
    table.to_csv(observed, index=False)
    plan = pd.DataFrame({"adcode": [110000, 120000], "pm25_2013": [90.0, 40.0]})
    plan["pm25_2017"] = plan["pm25_2013"]
    path = tmp_path / "path.csv"
    plan.to_csv(path, index=False)
    out = tmp_path / "track.csv"
    result = build_tracking(plan=path, observed=[observed], out=out).set_index("adcode")
    assert result["year"].tolist() == [2015, 2015]
    assert result["plan"].to_numpy() == pytest.approx([90, 40])
    assert result["kept"].to_dict() == {110000: True, 120000: False}
    raw = table[(table["adcode"] == 110000) & (table["period"] == "year")]
    raw = raw.set_index("statistic")["value"].astype(float)["mean"]
    assert 0.9 * raw < result.loc[110000, "observed"] < raw
    assert main(["monitors", "track", str(path), str(observed), "--out", str(out)]) == 1
    plan.rename(columns={"pm25_2013": "pm25_2030", "pm25_2017": "pm25_2035"}).to_csv(path)
    with pytest.raises(InputError, match="no year or no city"):
        build_tracking(plan=path, observed=[observed], out=out)


def test_smat_files_there_and_back(archive: tuple[Path, Path], tmp_path: Path) -> None:
    smat, back = tmp_path / "smat.csv", tmp_path / "back.csv"
    assert main(["monitors", "to-smat", *arguments(archive), "--out", str(smat)]) == 0
    assert smat.read_text(encoding="utf-8").startswith("Day\n_ID,_TYPE,LAT,LONG,DATE,PM25")
    assert main(["monitors", "from-smat", str(smat), "--out", str(back)]) == 0
    table = pd.read_csv(back)
    assert len(table) == 3 * 365
    mean = table.groupby("site")["PM25"].mean()
    assert mean["1013A"] == pytest.approx(35, rel=1e-6)
    assert table.loc[0, ["lon", "lat"]].tolist() == [116.40, 39.91]


def test_wrong_arguments(archive: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    command = ["monitors", "evaluate", *arguments(archive), "--out", "x"]
    assert main([*command, "--year", "2030"]) == 2
    assert "no values of this year" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*command, "--year", "2019", "--column", "PM2.5"])
