"""Metrics by hand, and what the tables say about the shipped history."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scenair.config.inventory import InventoryConfig
from scenair.core.errors import MassBalanceError
from scenair.core.io.netcdf import write_netcdf
from scenair.core.regions import adcodes, units
from scenair.inventory import outputs
from scenair.inventory.estimate import Estimate
from scenair.inventory.history import analysis, metrics
from scenair.inventory.history.measures import measures
from scenair.inventory.history.panel import demean, kuznets
from scenair.inventory.io import build_history
from scenair.inventory.io_inputs import read_tables
from scenair.inventory.shares import provincial_statistic

TABLES = ("falling", "tapio", "ekc", "lmdi", "gini", "lorenz", "cocontrol", "measures")


@pytest.mark.parametrize(
    ("dc", "dg", "name"),
    [
        (-0.1, 0.2, "strong decoupling"),
        (0.1, 0.2, "weak decoupling"),
        (0.16, 0.2, "weak decoupling"),
        (0.17, 0.2, "expansive coupling"),
        (0.24, 0.2, "expansive coupling"),
        (0.25, 0.2, "expansive negative decoupling"),
        (-0.3, -0.2, "recessive decoupling"),
        (-0.2, -0.2, "recessive coupling"),
        (-0.1, -0.2, "weak negative decoupling"),
        (0.1, -0.2, "strong negative decoupling"),
        (0.1, 0.0, "not defined"),
    ],
)
def test_tapio(dc: float, dg: float, name: str) -> None:
    assert metrics.tapio(dc, dg)[1] == name


_number = st.one_of(st.just(0.0), st.floats(min_value=1e-6, max_value=1e6))


@given(arrays(float, (3, 4), elements=_number), arrays(float, (3, 4), elements=_number))
def test_lmdi_closes(before: np.ndarray, after: np.ndarray) -> None:
    effects = metrics.lmdi(list(before), list(after))
    change = after.prod(axis=0) - before.prod(axis=0)
    scale = np.maximum(before.prod(axis=0), after.prod(axis=0)).max()
    np.testing.assert_allclose(np.sum(effects, axis=0), change, atol=1e-9 * max(scale, 1e-9))


def test_lmdi_by_hand() -> None:
    """2 x 3 -> 4 x 3: everything is the first factor's."""
    first, second = metrics.lmdi(
        [np.array([2.0]), np.array([3.0])], [np.array([4.0]), np.array([3.0])]
    )
    assert first.item() == pytest.approx(6.0)
    assert second.item() == pytest.approx(0.0)
    # both double: each gets half of the change of 6 -> 24
    first, second = metrics.lmdi(
        [np.array([2.0]), np.array([3.0])], [np.array([4.0]), np.array([6.0])]
    )
    assert first.item() == pytest.approx(9.0)
    assert second.item() == pytest.approx(9.0)


def test_log_mean() -> None:
    np.testing.assert_allclose(
        metrics.log_mean(np.array([2.0, 5.0, 0.0]), np.array([1.0, 5.0, 1.0])),
        [1 / np.log(2), 5.0, 0.0],
    )


def test_gini_known_values() -> None:
    assert metrics.gini(np.ones(7)) == pytest.approx(0.0)
    assert metrics.gini(np.array([0.0, 0.0, 0.0, 1.0])) == pytest.approx(0.75)
    assert metrics.gini(np.array([1.0, 2.0, 3.0])) == pytest.approx(2 / 9)
    with pytest.raises(ValueError, match="not negative"):
        metrics.gini(np.array([-1.0, 2.0]))


@given(arrays(float, 12, elements=st.floats(min_value=0.01, max_value=1e3)))
def test_gini_is_twice_the_area_above_lorenz(values: np.ndarray) -> None:
    x, y = metrics.lorenz(values)
    area = np.trapezoid(y, x)
    assert metrics.gini(values) == pytest.approx(1 - 2 * area, abs=1e-9)


def test_local_signal() -> None:
    group = np.array([1, 1, 2, 2], dtype=np.int32)
    same = np.array([0.1, 0.1, -0.3, -0.3])
    assert metrics.local_signal(same, group, np.ones(4)) == 0.0
    assert metrics.local_signal(np.array([0.1, -0.1, 0.1, -0.1]), group, np.ones(4)) == 1.0
    assert metrics.local_signal(np.full(4, np.nan), group, np.ones(4)) == 0.0


def _panel_data(b1: float, b2: float, noise: float) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(2)
    units_, years = 40, 6
    unit, time = (a.ravel() for a in np.indices((units_, years)))
    g = np.exp(rng.normal(10.5, 0.5, units_)[unit] + 0.05 * time + rng.normal(0, 0.2, unit.size))
    lng = np.log(g)
    y = rng.normal(size=units_)[unit] + 0.1 * time + b1 * lng + b2 * lng**2
    return np.exp(y + noise * rng.normal(size=unit.size)), g, unit, time


def test_kuznets_recovers_an_inverted_u() -> None:
    r = kuznets(*_panel_data(6.0, -0.28, 0.01))
    assert r.b1 == pytest.approx(6.0, abs=0.2)
    assert r.b2 == pytest.approx(-0.28, abs=0.01)
    assert r.turning_point == pytest.approx(np.exp(6.0 / 0.56), rel=0.03)
    assert r.inverted_u


def test_kuznets_does_not_see_one_in_a_rise() -> None:
    r = kuznets(*_panel_data(0.7, 0.0, 0.05))
    assert not r.inverted_u
    assert r.sasabuchi_p > 0.05


def test_kuznets_against_dummies() -> None:
    """Within estimator equals least squares with dummies."""
    c, g, unit, time = _panel_data(1.0, -0.02, 0.1)
    lng = np.log(g)
    design = np.column_stack(
        [lng, lng**2, np.eye(unit.max() + 1)[unit], np.eye(time.max() + 1)[time][:, 1:]]
    )
    beta, *_ = np.linalg.lstsq(design, np.log(c), rcond=None)
    r = kuznets(c, g, unit, time)
    assert r.b1 == pytest.approx(beta[0], rel=1e-5)
    assert r.b2 == pytest.approx(beta[1], rel=1e-5)
    with pytest.raises(ValueError, match="above zero"):
        kuznets(-c, g, unit, time)
    with pytest.raises(ValueError, match="does not vary"):
        kuznets(c, np.full_like(g, 5.0), unit, time)


def test_demean_removes_both_effects() -> None:
    unit, time = (a.ravel() for a in np.indices((5, 4)))
    values = (unit * 3.0 + time * 7.0)[:, None]
    np.testing.assert_allclose(demean(values, unit, time), 0, atol=1e-10)


def test_elasticity_of_nothing() -> None:
    assert metrics.cocontrol_elasticity((10.0, 5.0), (10.0, 9.0)) == pytest.approx(5.0)
    assert np.isnan(metrics.cocontrol_elasticity((10.0, 5.0), (10.0, 9.99)))


@pytest.fixture(scope="module")
def data(result_2013: Estimate, result_2017: Estimate) -> analysis.Panel:
    files = {
        year: outputs.dataset(result, cities=adcodes())
        for year, result in ((2013, result_2013), (2017, result_2017))
    }
    count = units()["province"].value_counts()
    return analysis.panel(files, units_of={int(p): int(n) for p, n in count.items()})


@pytest.fixture(scope="module")
def provinces(data: analysis.Panel) -> tuple[pd.DataFrame, pd.DataFrame]:
    statistics = read_tables().statistics
    gdp, people = (
        pd.DataFrame({y: provincial_statistic(statistics, variable=v, year=y) for y in data.years})
        for v in ("gdp", "population")
    )
    return gdp, people * 1e4


def test_all_provinces_are_whole(data: analysis.Panel) -> None:
    assert len(data.whole) == 31
    np.testing.assert_allclose(data.parts.sum().item(), data.emission.sum().item(), rtol=1e-12)


def test_decomposition_of_the_nation(
    data: analysis.Panel, provinces: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    table = analysis.decomposition(data, *provinces)
    nation = table[table["adcode"] == 0].set_index("species")
    effects = nation[list(analysis.EFFECTS)].sum(axis=1)
    np.testing.assert_allclose(effects, nation["after"] - nation["before"], rtol=1e-6)
    assert nation.loc["CO2", "control"] == 0
    assert nation.loc["SO2", "control"] < 0
    assert nation.loc["CO2", "affluence"] > 0
    with pytest.raises(MassBalanceError, match="do not sum"):
        analysis.decomposition(data, *provinces, tolerance=-1.0)


def test_falling_is_not_identified_from_fixed_shares(data: analysis.Panel) -> None:
    table = analysis.falling(data).set_index("species")
    assert float(table.loc["SO2", "share"]) > 0.9
    # every city like its province: nothing about cities can be said
    group = xr.DataArray(data.province, dims="city")
    flat = data.emission.groupby(group).map(lambda part: part * 0 + part.mean("city"))
    fixed = analysis.Panel(
        flat.transpose(*data.emission.dims), data.activity, data.parts, data.removed,
        data.province, data.whole,
    )  # fmt: skip
    assert (analysis.falling(fixed)["share"] == analysis.NOT_IDENTIFIED).all()


def test_measures_have_the_right_sign(data: analysis.Panel) -> None:
    table = measures(data.parts, data.activity, data.removed).set_index("measure")
    assert table.loc["end-of-pipe control of power plants", "SO2"] < 0
    assert table.loc["end-of-pipe control of power plants", "CO2"] == 0
    assert table.loc["coal boilers replaced or closed", "CO2"] < 0


def test_kuznets_needs_provinces(
    provinces: tuple[pd.DataFrame, pd.DataFrame], data: analysis.Panel
) -> None:
    gdp, people = (frame.iloc[:5] for frame in provinces)
    few = analysis.Panel(
        data.emission, data.activity, data.parts, data.removed, data.province, data.whole[:5]
    )
    tables = analysis.all_tables(few, gdp=gdp, population=people, cities=None)
    assert tables["ekc"]["verdict"].str.startswith(analysis.NOT_IDENTIFIED).all()


def test_cities_with_their_own_gdp(
    provinces: tuple[pd.DataFrame, pd.DataFrame], data: analysis.Panel
) -> None:
    cities = pd.DataFrame(
        [
            {"adcode": code, "year": year, "population": 1e6,
             "gdp": 1000.0 + i * 10 + 100 * (year - 2013) * (1 + i % 3)}
            for i, code in enumerate(adcodes()[:12])
            for year in (2013, 2017)
        ]
    )  # fmt: skip
    gdp, people = provinces
    tables = analysis.all_tables(data, gdp=gdp, population=people, cities=cities)
    assert set(tables["tapio"]["level"]) == {"city"}
    assert (tables["ekc"]["level"] == "city").all()


def test_the_rule(tmp_path: Path, result_2013: Estimate, result_2017: Estimate) -> None:
    """Two years of the 28 cities: files, figures, and words where nothing can be said."""
    from scenair.core.regions import CITIES_2_26

    inventories = {}
    for year, result in ((2013, result_2013), (2017, result_2017)):
        inventories[year] = tmp_path / f"{year}.nc"
        write_netcdf(outputs.dataset(result, cities=CITIES_2_26), inventories[year], title="test")
    files = {name: tmp_path / f"{name}.csv" for name in TABLES}
    build_history(
        config={"inventory": InventoryConfig().model_dump(mode="json")},
        inventories=inventories,
        tables=files,
        sheet=tmp_path / "sheet.png",
        maps=tmp_path / "maps.png",
    )
    assert pd.read_csv(files["ekc"])["verdict"].str.startswith("not identified").all()
    # only Beijing and Tianjin are whole
    assert set(pd.read_csv(files["tapio"])["adcode"]) == {110000, 120000}
    for name in ("sheet", "maps"):
        assert (tmp_path / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
