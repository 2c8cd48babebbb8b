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
from scenair.core.errors import ConfigError, MassBalanceError
from scenair.core.io.netcdf import write_netcdf
from scenair.core.regions import adcodes, units
from scenair.inventory import outputs
from scenair.inventory.estimate import Estimate
from scenair.inventory.history import ANALYTICS, analysis, metrics, plots, series
from scenair.inventory.history.measures import measures
from scenair.inventory.history.panel import demean, kuznets
from scenair.inventory.io_history import build_analytic, build_panel
from scenair.inventory.io_inputs import read_tables
from scenair.inventory.shares import provincial_statistic


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
def data(result_2013: Estimate, result_2017: Estimate) -> series.Panel:
    files = {
        year: outputs.dataset(result, cities=adcodes())
        for year, result in ((2013, result_2013), (2017, result_2017))
    }
    count = units()["province"].value_counts()
    return series.panel(files, units_of={int(p): int(n) for p, n in count.items()})


@pytest.fixture(scope="module")
def provinces(data: series.Panel) -> tuple[pd.DataFrame, pd.DataFrame]:
    statistics = read_tables().statistics
    gdp, people = (
        pd.DataFrame({y: provincial_statistic(statistics, variable=v, year=y) for y in data.years})
        for v in ("gdp", "population")
    )
    return gdp, people * 1e4


def test_all_provinces_are_whole(data: series.Panel) -> None:
    assert len(data.whole) == 31
    np.testing.assert_allclose(data.parts.sum().item(), data.emission.sum().item(), rtol=1e-12)


def test_decomposition_of_the_nation(
    data: series.Panel, provinces: tuple[pd.DataFrame, pd.DataFrame]
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


@pytest.fixture(scope="module")
def fixed(data: series.Panel) -> series.Panel:
    """Every city like its province: nothing about cities can be said."""
    group = xr.DataArray(data.province, dims="city")
    flat = data.emission.groupby(group).map(lambda part: part * 0 + part.mean("city"))
    return series.Panel(
        flat.transpose(*data.emission.dims), data.activity, data.parts, data.removed,
        data.province, data.whole,
    )  # fmt: skip


def _yearbook() -> pd.DataFrame:
    """GDP of a dozen cities."""
    return pd.DataFrame(
        [
            {"adcode": code, "year": year, "population": 1e6,
             "gdp": 1000.0 + i * 10 + 100 * (year - 2013) * (1 + i % 3)}
            for i, code in enumerate(adcodes()[:12])
            for year in (2013, 2017)
        ]
    )  # fmt: skip


def test_falling_is_not_identified_from_fixed_shares(
    data: series.Panel, fixed: series.Panel
) -> None:
    table = analysis.falling(data).set_index("species")
    assert float(table.loc["SO2", "share"]) > 0.9
    assert (analysis.falling(fixed)["share"] == analysis.NOT_IDENTIFIED).all()
    assert (analysis.inequality(fixed)["trend"] == analysis.NOT_IDENTIFIED).all()
    assert (analysis.inequality(data)["trend"] == "identified").all()


def test_city_gdp_does_not_identify_fixed_shares(
    provinces: tuple[pd.DataFrame, pd.DataFrame], fixed: series.Panel
) -> None:
    gdp, people = provinces
    known = analysis.drivers(fixed, gdp=gdp, population=people, cities=_yearbook())
    tapio = analysis.tapio_table(fixed, known)
    assert (tapio["class"] == analysis.NOT_IDENTIFIED).all()
    assert tapio["elasticity"].isna().all()
    ekc = analysis.ekc_table(fixed, known)
    assert ekc["verdict"].str.startswith(analysis.NOT_IDENTIFIED).all()
    assert ekc["b1"].isna().all()
    plots.kuznets(ekc, analysis.per_head(fixed, known))
    plots.decoupling(tapio, {})


def test_measures_have_the_right_sign(data: series.Panel) -> None:
    table = measures(data.parts, data.activity, data.removed).set_index("measure")
    assert table.loc["end-of-pipe control of power plants", "SO2"] < 0
    assert table.loc["end-of-pipe control of power plants", "CO2"] == 0
    assert table.loc["coal boilers replaced or closed", "CO2"] < 0


def test_kuznets_needs_provinces(
    provinces: tuple[pd.DataFrame, pd.DataFrame], data: series.Panel
) -> None:
    gdp, people = (frame.iloc[:5] for frame in provinces)
    few = series.Panel(
        data.emission, data.activity, data.parts, data.removed, data.province, data.whole[:5]
    )
    known = analysis.drivers(few, gdp=gdp, population=people, cities=None)
    table = analysis.ekc_table(few, known)
    assert table["verdict"].str.startswith(analysis.NOT_IDENTIFIED).all()


def test_cities_with_their_own_gdp(
    provinces: tuple[pd.DataFrame, pd.DataFrame], data: series.Panel
) -> None:
    gdp, people = provinces
    known = analysis.drivers(data, gdp=gdp, population=people, cities=_yearbook())
    assert set(analysis.tapio_table(data, known)["level"]) == {"city"}
    assert (analysis.ekc_table(data, known)["level"] == "city").all()
    heads = analysis.per_head(data, known)
    assert len(heads) == 24
    # 1e6 people, 1000e8 yuan: 100 000 yuan a head
    assert heads.loc[0, "income"] == pytest.approx(1e5)
    city = data.emission.sum("sector").sel(species="SO2", city=heads.loc[0, "adcode"], year=2013)
    assert heads.loc[0, "SO2"] == pytest.approx(float(city) * 1e3 / 1e6)


def test_changes_and_sectors(data: series.Panel) -> None:
    table = analysis.changes(data)
    row = table[(table["adcode"] == 130200) & (table["species"] == "SO2")].iloc[0]
    total = data.emission.sum("sector").sel(city=130200, species="SO2")
    assert row["before"] == pytest.approx(float(total.sel(year=2013)))
    assert row["change"] == pytest.approx(row["after"] / row["before"] - 1)
    sums = analysis.sectors(data).groupby("species")["emission"].sum()
    np.testing.assert_allclose(
        sums["NOx"], data.emission.sel(species="NOx").sum().item(), rtol=1e-12
    )


def test_a_damaged_panel_is_refused(data: series.Panel) -> None:
    ds = series.dataset(data).copy(deep=True)
    again = series.from_dataset(ds, where="x")
    assert again.whole == data.whole
    ds["parts"].values[0, 3] *= 1.001
    with pytest.raises(MassBalanceError, match="do not sum"):
        series.from_dataset(ds, where="x")


@pytest.fixture(scope="module")
def north(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Panel of two years of the 28 cities."""
    from scenair.core.regions import CITIES_2_26

    folder = tmp_path_factory.mktemp("history")
    inventories: dict[int, str | Path] = {}
    for year in (2013, 2017):
        result = request.getfixturevalue(f"result_{year}")
        inventories[year] = folder / f"{year}.nc"
        write_netcdf(outputs.dataset(result, cities=CITIES_2_26), inventories[year], title="test")
    build_panel(inventories=inventories, panel=folder / "panel.nc")
    return folder


@pytest.mark.parametrize("name", ANALYTICS)
def test_the_rules(name: str, north: Path) -> None:
    """A table and a figure each, and words where nothing can be said."""
    table, figure = north / f"{name}.csv", north / f"{name}.png"
    build_analytic(
        name=name,
        config={"inventory": InventoryConfig().model_dump(mode="json")},
        panel=north / "panel.nc",
        table=table,
        figure=figure,
    )
    assert figure.read_bytes()[:4] == b"\x89PNG"
    frame = pd.read_csv(table)
    assert len(frame)
    if name == "ekc":
        assert frame["verdict"].str.startswith("not identified").all()
    if name == "tapio":
        # only Beijing and Tianjin are whole
        assert set(frame["adcode"]) == {110000, 120000}


def test_unknown_analytic(north: Path) -> None:
    with pytest.raises(ConfigError, match="unknown analytic"):
        build_analytic(
            name="magic", config={}, panel=north / "panel.nc", table=north / "x", figure=north / "y"
        )


def test_every_rule_has_its_analytic() -> None:
    from scenair.inventory.history.analytics import BY_NAME

    assert tuple(BY_NAME) == ANALYTICS
