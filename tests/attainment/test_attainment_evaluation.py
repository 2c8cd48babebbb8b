"""HJ 663 on the six items: both editions, three scopes, index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
import xarray as xr

from scenair.attainment.evaluation import (
    Evaluation,
    city_attains,
    evaluate,
    evaluation_profile,
    index_of,
)
from scenair.attainment.io.readers import CsvLayout, read_hourly_csv
from scenair.attainment.statistics.year import (
    city_values,
    daily_values,
    whole_year,
    year_statistics,
)
from scenair.core.errors import ConfigError
from scenair.core.io.tables import read_table

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def rules() -> pd.DataFrame:
    return read_table("attainment/evaluation.csv")


@pytest.fixture(scope="module")
def standards() -> pd.DataFrame:
    return read_table("attainment/standards.csv")


def year(**over: tuple[float, float]) -> pd.DataFrame:
    base = {
        "SO2": (10, 25), "NO2": (32, 70), "PM10": (60, 120), "PM25": (33, 74), "CO": (0.7, 1.2),
        "O3": (90, 158),
    }  # fmt: skip
    rows = base | over
    frame = pd.DataFrame(rows, index=["mean", "percentile"]).T
    return frame.assign(valid=True)


def test_profiles(rules: pd.DataFrame) -> None:
    old, new = (evaluation_profile(rules, f"hj663-{y}") for y in (2013, 2026))
    assert old.years_averaged == 1
    assert new.years_averaged == 3
    assert new.weight == {"SO2": 1, "NO2": 2, "PM10": 1, "PM25": 3, "CO": 1, "O3": 2}
    assert old.percentile["O3"] == 90
    assert old.decimals["CO"] == 1
    assert old.completeness.days_february == 25
    with pytest.raises(ConfigError, match="hj663-2013"):
        evaluation_profile(rules, "hj663")
    with pytest.raises(ConfigError, match="without all rules"):
        evaluation_profile(rules[rules["pollutant"] != "CO"], "hj663-2013")


def test_scopes(rules: pd.DataFrame, standards: pd.DataFrame) -> None:
    """33 and 74 attain 35 and 75, not 30 and 60; ozone 162.5 rounds to 162 and fails."""
    old = evaluation_profile(rules, "hj663-2013")

    def judged(statistics: pd.DataFrame, standard: str = "gb3095-2012") -> list[bool | None]:
        items = evaluate(statistics, standards, standard=standard, evaluation=old)
        return [city_attains(items, scope=s) for s in ("annual_mean", "item", "six_items")]

    assert judged(year()) == [True, True, True]
    assert judged(year(), "gb3095-2026-transition") == [False, False, False]
    assert judged(year(PM25=(35.5, 74))) == [False, False, False]
    assert judged(year(PM25=(35.49, 75.5))) == [True, False, False]
    assert judged(year(O3=(90, 160.5))) == [True, True, True]
    assert judged(year(O3=(90, 161.5))) == [True, True, False]
    assert judged(year(CO=(0.7, 4.05))) == [True, True, True]
    # one item missing: nobody can say all six attain, but a failed one decides
    assert judged(year().drop("CO"))[2] is None
    thin = year()
    thin.loc["NO2", "valid"] = False
    assert judged(thin)[2] is None
    thin.loc["PM25", ["mean", "percentile"]] = [40, 90]
    assert judged(thin) == [False, False, False]


def test_exceedance_multiple(rules: pd.DataFrame, standards: pd.DataFrame) -> None:
    old = evaluation_profile(rules, "hj663-2013")
    items = evaluate(year(PM25=(70, 90)), standards, standard="gb3095-2012", evaluation=old)
    assert items.loc["PM25", "multiple"] == pytest.approx(1.0)
    assert items.loc["SO2", "multiple"] == 0


def test_index_of_a_city(rules: pd.DataFrame, standards: pd.DataFrame) -> None:
    def index(profile: Evaluation, *, ranking: bool) -> float:
        items = evaluate(year(O3=(90, 165)), standards, standard="gb3095-2012", evaluation=profile)
        return index_of(items, profile, ranking=ranking)

    old, new = (evaluation_profile(rules, f"hj663-{y}") for y in (2013, 2026))
    assert index(old, ranking=True) == pytest.approx(4.098, abs=5e-4)
    assert index(new, ranking=True) == pytest.approx(7.815, abs=5e-4)
    assert index(old, ranking=False) > index(old, ranking=True)


@pytest.mark.realdata
def test_beijing_2015_by_the_book(
    realdata: Path, rules: pd.DataFrame, standards: pd.DataFrame
) -> None:
    """Hourly file to verdict, with the coverage rule of cities: Beijing 2015 fails four items."""
    layout = CsvLayout(
        pollutants={"PM2.5": "PM25", **{k: k for k in ("PM10", "SO2", "NO2", "CO", "O3")}},
        units={"CO": "ug m-3"},
    )
    folder = realdata / "observations"
    hourly = read_hourly_csv(folder / "beijing_12stations_hourly_20130301_20170228.csv.gz", layout)
    stations = pd.read_csv(folder / "beijing_12stations.csv").set_index("station")
    places = pd.DataFrame({"city": 110000, "control": stations["control_site"].astype(bool)})
    daily: dict[str, xr.Dataset] = city_values(daily_values(whole_year(hourly, 2015)), places)
    table = year_statistics(daily).set_index("pollutant")
    old = evaluation_profile(rules, "hj663-2013")
    items = evaluate(table, standards, standard="gb3095-2012", evaluation=old)
    # 80.65 over all days; days with fewer than three quarters of the sites are left out here
    assert table.loc["PM25", "mean"] == pytest.approx(80.65, abs=0.5)
    assert table["valid"].all()
    failed = items.index[items["attains"].eq(False)].tolist()
    assert sorted(failed) == ["NO2", "O3", "PM10", "PM25"]
    assert city_attains(items) is False
