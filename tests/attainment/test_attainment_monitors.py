"""Monitor tables, ambient conditions, people on the grid: right and wrong input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import netCDF4
import numpy as np
import pandas as pd
import pytest

from scenair.attainment.design import design_records
from scenair.attainment.io.places import build_monitors, read_monitors
from scenair.attainment.monitors import ambient_factors, complete, monitor_records, quarter_mean
from scenair.attainment.places import locate_people, weighted_mean
from scenair.core.errors import InputError
from scenair.core.grids import CN36
from scenair.core.io.tables import read_table
from scenair.core.regions import CITIES_2_26, N_CITIES, counties, units

if TYPE_CHECKING:
    from pathlib import Path

    from tests.attainment.conftest import World


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return read_table("attainment/monitors_2015.csv")


@pytest.fixture(scope="module")
def records(table: pd.DataFrame) -> pd.DataFrame:
    return monitor_records(table, year=2015)


def test_shipped_records(records: pd.DataFrame) -> None:
    assert len(records) == 183
    assert records["level"].value_counts().to_dict() == {"prefecture": 156, "county": 27}
    assert records.loc[110000, "mean"] == 77.83
    assert complete(records, year=2015).all()
    known = units()
    cities = records.index[records["level"] == "prefecture"]
    assert set(cities) <= set(known.index[known["level"] == "city"])
    assert set(records.index[records["level"] == "county"]) <= set(counties().index)
    assert len(cities) < N_CITIES


def test_records_lie_in_their_own_unit(records: pd.DataFrame) -> None:
    """The daily file has seven cities hundreds of km off; the shipped positions do not."""
    frame = units()
    for code in records.index[records["level"] == "prefecture"]:
        place = frame.geometry[code]
        point = (records.loc[code, "lon"], records.loc[code, "lat"])
        from shapely import Point

        assert place.distance(Point(*point)) < 0.3, code


def test_2014_is_there_too() -> None:
    older = monitor_records(
        pd.concat(
            [
                read_table("attainment/monitors_2014.csv.gz"),
                read_table("attainment/monitors_2015.csv")
                .query("statistic in ('lon', 'lat')")
                .assign(year=2014),
            ]
        ),
        year=2014,
    )
    assert len(older) == 183


def _set(table: pd.DataFrame, period: str, statistic: str, value: float) -> pd.DataFrame:
    out = table.copy()
    row = (out["adcode"] == 110000) & (out["period"] == period) & (out["statistic"] == statistic)
    out.loc[row, "value"] = value
    return out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.assign(year=1999), "no monitor records"),
        (lambda t: t.iloc[:0], "no monitor records"),
        (lambda t: pd.concat([t, t.iloc[:1]]), "given twice"),
        (lambda t: t[~((t["adcode"] == 110000) & (t["period"] == "Q3"))], "missing.*110000"),
        (lambda t: t.assign(unit=t["unit"].replace("ug m-3", "mg m-3")), "wrong or mixed units"),
        (lambda t: t.assign(unit=t["unit"].where(t["adcode"] != 110000, "ppb")), "mixed units"),
        (lambda t: _set(t, "Q1", "mean", -5), "out of range"),
        (lambda t: _set(t, "Q1", "mean", np.nan), "missing"),
        (lambda t: _set(t, "Q1", "count", 95), "more daily values than days"),
        (lambda t: _set(t, "year", "mean", 60.0), "contradict"),
    ],
)
def test_damaged_tables_are_refused(table: pd.DataFrame, change, words: str) -> None:
    with pytest.raises(InputError, match=words):
        monitor_records(change(table), year=2015)


def test_completeness(records: pd.DataFrame) -> None:
    few = records.copy()
    few.loc[110000, ["n_valid", "n_Q3"]] = [323, 50]
    assert not complete(few, year=2015)[110000]
    thin = records.copy()
    thin.loc[120000, "n_Q2"] = 80
    assert not complete(thin, year=2015)[120000]
    assert quarter_mean(records)[110000] == pytest.approx(77.83, abs=0.01)


def test_ambient_factors(records: pd.DataFrame) -> None:
    conditions = read_table("attainment/site_conditions.csv.gz")
    factor = ambient_factors(conditions, records, year=2015)
    assert factor.shape == (183, 4)
    # thin and warm air holds less: Lhasa far below Beijing, summer below winter at the coast
    assert (factor.loc[540100] < 0.7).all()
    assert factor.loc[310000, "Q3"] < factor.loc[310000, "Q1"]
    assert 0.9 < factor.mean().mean() < 0.95
    assert (ambient_factors(conditions, records, year=2020) == 1).all(axis=None)
    # every unit has conditions, so that a table of all cities can be read
    assert set(units().index) <= set(conditions["adcode"])
    with pytest.raises(InputError, match="two reference states"):
        ambient_factors(conditions, records, year=2018)
    with pytest.raises(InputError, match="without temperature"):
        ambient_factors(conditions[conditions["adcode"] != 110000], records, year=2015)


def test_people_are_conserved() -> None:
    census = read_table("regions/census2020_county.csv.gz")
    people = census[census["variable"] == "pop"].set_index("county")["value"]
    places = locate_people(counties(), people, CN36, adcodes=CITIES_2_26)
    np.testing.assert_allclose(np.asarray(places.people.sum(axis=1)).ravel(), places.census)
    assert places.cell_people.sum() == pytest.approx(places.census.sum())
    assert ((places.cell_people > 0) <= (places.cell_area > 0)).all()
    uniform = weighted_mean(places.people, np.full(CN36.size, 42.0))
    np.testing.assert_allclose(uniform, 42)
    with pytest.raises(InputError, match="negative"):
        locate_people(counties(), people - 1e9, CN36, adcodes=CITIES_2_26)
    with pytest.raises(InputError, match="without a county"):
        locate_people(counties(), people, CN36, adcodes=[1])


def test_missing_cells_are_left_out_of_a_mean() -> None:
    import scipy.sparse as sp

    weight = sp.csr_matrix(np.array([[1.0, 3, 0], [0, 0, 2], [0, 0, 0]]))
    out = weighted_mean(weight, np.array([10.0, 20, np.nan]))
    assert out[0] == 17.5
    assert np.isnan(out[1:]).all()


def test_written_monitors_read_back(world: World) -> None:
    monitors, places = read_monitors(world.monitors, grid=world.grid)
    assert (monitors.table["cell"] >= 0).all()
    assert monitors.observed.shape == (4, len(monitors.table))
    assert places.adcodes.tolist() == list(CITIES_2_26)
    with pytest.raises(InputError, match="another grid"):
        read_monitors(world.monitors, grid=CN36)


@pytest.mark.parametrize("name", ["weights_data", "observed", "census"])
def test_damaged_monitor_file_stops(world: World, tmp_path: Path, name: str) -> None:
    path = tmp_path / "monitors.nc"
    path.write_bytes(world.monitors.read_bytes())
    with netCDF4.Dataset(path, "a") as nc:
        nc[name][..., 0] = -5.0
    with pytest.raises(InputError, match="sum to 1|damaged"):
        read_monitors(path, grid=world.grid)


def test_a_grid_without_monitors_is_told(world: World, tmp_path: Path) -> None:
    """Users with a domain elsewhere hear what to give."""
    case = world.config["case"] | {
        "grid": world.config["case"]["grid"]
        | {"nest": {"ratio": 3, "col0": 0, "row0": 0, "cols": 10, "rows": 10}}
    }
    with pytest.raises(InputError, match=r"too few monitors.*attainment\.monitors"):
        build_monitors(config=world.config | {"case": case}, out=tmp_path / "m.nc")


def several_years(table: pd.DataFrame, factors: dict[int, float]) -> pd.DataFrame:
    """The shipped year again for others, concentrations times a factor."""
    parts = []
    for year, factor in factors.items():
        part = table[table["year"] == 2015].assign(year=year)
        level = part["statistic"].isin(["mean", "p95"])
        parts.append(part.assign(value=part["value"].where(~level, part["value"] * factor)))
    return pd.concat(parts, ignore_index=True)


def test_design_values_over_years(table: pd.DataFrame, records: pd.DataFrame) -> None:
    """Factors 1.2, 1, 0.5 average to 0.9; five years weighted 1, 2, 3, 2, 1 likewise by hand."""
    factors = {2013: 2.0, 2014: 1.2, 2015: 1.0, 2016: 0.5, 2017: 0.8}
    many = several_years(table, factors)
    by_year = {y: monitor_records(many, year=y) for y in factors if y != 2016}
    by_year[2016] = monitor_records(many, year=2016)
    three = design_records(by_year, base_year=2015, form="mean3")
    np.testing.assert_allclose(three["mean_Q1"], 0.9 * records["mean_Q1"])
    assert three.loc[110000, "mean"] == pytest.approx(0.9 * 77.83, abs=0.02)
    five = design_records(by_year, base_year=2015, form="weighted5")
    expected = (2.0 + 2 * 1.2 + 3 * 1.0 + 2 * 0.5 + 0.8) / 9
    np.testing.assert_allclose(five["mean_Q3"], expected * records["mean_Q3"])
    same = design_records(by_year, base_year=2015, form="single_year")
    pd.testing.assert_frame_equal(same, by_year[2015])
    del by_year[2016]
    with pytest.raises(InputError, match=r"missing \[2016\]"):
        design_records(by_year, base_year=2015, form="mean3")
    with pytest.raises(InputError, match="both reference states"):
        design_records(by_year, base_year=2017, form="mean3")


def test_monitors_of_three_years(world: World, table: pd.DataFrame, tmp_path: Path) -> None:
    named = tmp_path / "years.csv"
    several_years(table, {2014: 1.2, 2015: 1.0, 2016: 0.5}).to_csv(named, index=False)
    options = world.config["attainment"] | {"monitors": str(named), "design_value": "mean3"}
    out = tmp_path / "monitors.nc"
    build_monitors(config=world.config | {"attainment": options}, out=out)
    found, _ = read_monitors(out, grid=world.grid)
    plain, _ = read_monitors(world.monitors, grid=world.grid)
    np.testing.assert_allclose(found.observed, 0.9 * plain.observed)
