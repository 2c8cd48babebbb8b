"""Daily responses and city targets from files to files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.attainment.io.build import build_attainment
from scenair.attainment.io.city_targets import build_city_targets
from scenair.attainment.io.daily import build_daily_response
from scenair.attainment.io.paths import build_attainment_path
from scenair.attainment.io.raw_model import build_performance
from scenair.core.errors import InputError, UnitsError
from scenair.core.io.netcdf import write_netcdf
from scenair.core.regions import CITIES_2_26
from scenair.core.sectors import SECTORS
from tests.attainment.conftest import write_air_quality

if TYPE_CHECKING:
    from pathlib import Path

    from tests.attainment.conftest import World


def write_daily(path: Path, world: World, *, o3_cut: float, no2: float, days: int = 60) -> None:
    """Ozone from 60 to 240 ug m-3; only days above 150 are cut."""
    g = world.grid
    day = pd.date_range("2015-03-01", periods=days)
    level = np.linspace(60, 240, days)[:, None, None] * np.ones((1, *g.shape))
    level = np.where(level > 150, level * o3_cut, level)
    ds = xr.Dataset(
        {
            "O3_MDA8": (("day", "y", "x"), level.astype("f4"), {"units": "ug m-3"}),
            "NO2": (("day", "y", "x"), np.full(level.shape, no2, "f4"), {"units": "ug m-3"}),
        },
        coords={"day": day, "y": g.y, "x": g.x},
    )
    write_netcdf(ds, path, title="synthetic daily fields")


def test_daily_response(world: World, tmp_path: Path) -> None:
    base, future, out = tmp_path / "b.nc", tmp_path / "f.nc", tmp_path / "r.csv"
    write_daily(base, world, o3_cut=1.0, no2=40)
    write_daily(future, world, o3_cut=0.8, no2=10)
    files = {"config": world.config, "monitors": world.monitors, "out": out}
    build_daily_response(base=base, future=future, **files)
    table = pd.read_csv(out)
    assert set(table["adcode"]) == set(CITIES_2_26)
    city = table[table["adcode"] == 110000].set_index(["pollutant", "method", "period"])
    factor = city["response_factor"]
    assert factor["NO2", "quarterly_mean", "Q1"] == pytest.approx(0.25)
    assert city.loc[("NO2", "quarterly_mean", "Q1"), "n_days"] == 31
    # of the 37 top days of 60 the lower ones are not cut
    assert 0.8 < factor["O3", "top_days", "year"] < 1
    assert factor["O3", "decile", "D10"] == pytest.approx(0.8, rel=1e-6)
    assert factor["O3", "decile", "D1"] == 1
    assert factor["O3", "percentile_90", "year"] < 0.9


def test_daily_response_refuses(world: World, tmp_path: Path) -> None:
    base, future = tmp_path / "b.nc", tmp_path / "f.nc"
    write_daily(base, world, o3_cut=1.0, no2=40)
    files = {"config": world.config, "monitors": world.monitors, "out": tmp_path / "r.csv"}
    write_daily(future, world, o3_cut=1.0, no2=40, days=50)
    with pytest.raises(InputError, match="different days"):
        build_daily_response(base=base, future=future, **files)
    with pytest.raises(InputError, match="not a file of daily fields"):
        build_daily_response(base=base, future=world.future, **files)


def write_matrix(path: Path, *, unit: str = "ug m-3 (Mg yr-1)-1") -> None:
    """A city gives itself 8, its neighbours in the list 2 and all others 0.05 ug m-3 in all."""
    n = len(CITIES_2_26)
    gap = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    total = np.where(gap == 0, 8.0, np.where(gap == 1, 2.0, 0.05))
    share = np.zeros((len(SECTORS), 2))
    share[0] = 0.5  # all of it from the first sector, half from each species
    ds = xr.Dataset(
        {
            "contribution": (
                ("receptor", "source_city", "sector", "species"),
                total[:, :, None, None] * share / 100.0,
                {"units": unit},
            )
        },
        coords={
            "receptor": np.array(CITIES_2_26, "i4"),
            "source_city": np.array(CITIES_2_26, "i4"),
            "sector": list(SECTORS),
            "species": ["SO2", "NOx"],
        },
    )
    write_netcdf(ds, path, title="synthetic matrix")


@pytest.fixture
def target_files(world: World, tmp_path: Path) -> dict:
    out = world.outputs("targets")
    build_attainment(
        year=2030,
        scenario="peak",
        config=world.config,
        air_quality=world.future,
        base_air_quality=world.base,
        trajectory=world.trajectory,
        monitors=world.monitors,
        **out,
    )
    emission = np.full((len(CITIES_2_26), len(SECTORS), 2), 100.0)
    ds = xr.Dataset(
        {"emission": (("city", "sector", "species"), emission, {"units": "Mg yr-1"})},
        coords={
            "city": np.array(CITIES_2_26, "i4"),
            "sector": list(SECTORS),
            "species": ["NOx", "SO2"],
        },
    )
    write_netcdf(ds, tmp_path / "cities.nc", title="synthetic emissions")
    write_matrix(tmp_path / "matrix.nc")
    return {
        "year": 2030,
        "config": world.config,
        "cities": out["cities"],
        "cities_fused": out["cities_fused"],
        "air_quality": world.future,
        "monitors": world.monitors,
        "emissions": tmp_path / "cities.nc",
        "responsibility": tmp_path / "matrix.nc",
        "out": tmp_path / "targets.csv",
    }


def test_city_targets(target_files: dict) -> None:
    build_city_targets(**target_files)
    table = pd.read_csv(target_files["out"])
    over = table["excess"] > 0
    assert over.any()
    assert not over.all()
    assert (table.loc[over, "required_cut_of_controlled"] > 0).all()
    assert (table.loc[~over, "required_cut_of_controlled"] == 0).all()
    assert table["cut"].between(0, 0.9 + 1e-9).all()
    # every city reaches its limit or says what is left
    assert (table["shortfall"] <= table["excess"] + 1e-9).all()
    np.testing.assert_allclose(table["cut_tonnes"], table["cut"] * 100 * len(SECTORS) * 2)
    inner = table["own_share"].iloc[5]
    assert inner == pytest.approx(8 / (8 + 2 * 2 + 25 * 0.05))
    kept = table["pm25"] <= table["limit"]
    np.testing.assert_allclose(table.loc[kept, "graded_target_in_5_years"], table.loc[kept, "pm25"])


def test_city_targets_refuse(target_files: dict, world: World) -> None:
    write_matrix(target_files["responsibility"], unit="ug m-3")
    with pytest.raises(UnitsError, match="contribution"):
        build_city_targets(**target_files)
    write_matrix(target_files["responsibility"])
    with pytest.raises(InputError, match="variable missing|other cities"):
        build_city_targets(**(target_files | {"emissions": world.base}))


def test_attainment_path(world: World, tmp_path: Path) -> None:
    """The city tables of three years; between them the logarithm is straight."""
    years = {}
    for year, scale in ((2020, 0.8), (2030, 0.5), (2035, 0.3)):
        run = tmp_path / f"{year}.nc"
        write_air_quality(run, world.grid, scale=scale)
        out = world.outputs(f"path{year}")
        build_attainment(
            year=year,
            scenario="peak",
            config=world.config,
            air_quality=run,
            base_air_quality=world.base,
            trajectory=world.trajectory,
            monitors=world.monitors,
            **out,
        )
        years[year] = out["cities_fused"]
    path = tmp_path / "path.csv"
    files = {"config": world.config, "trajectory": world.trajectory, "out": path}
    build_attainment_path(years=years, **files)
    table = pd.read_csv(path).set_index("adcode")
    fused = pd.read_csv(years[2030]).set_index("adcode")
    np.testing.assert_allclose(table["pm25_2030"], fused["pm25_best"])
    np.testing.assert_allclose(
        table["pm25_2015"], fused["pm25_best"] / fused["pm25_ratio"], rtol=1e-12
    )
    late, early = table["year_attains"], table["year_attains_35"]
    both = late.notna() & early.notna()
    assert both.any()
    assert (early[both] <= late[both]).all()
    beijing = table.loc[110000]
    slope = np.log(beijing["pm25_2030"] / beijing["pm25_2020"]) / 10
    crossing = 2020 + np.log(35.5 / beijing["pm25_2020"]) / slope
    if 2020 < crossing < 2030:
        assert beijing["year_attains_35"] == int(np.ceil(crossing))
    with pytest.raises(InputError, match="after the monitor year"):
        build_attainment_path(years={2015: years[2020]}, **files)


def test_performance_of_the_raw_model(world: World, tmp_path: Path) -> None:
    out = tmp_path / "performance.csv"
    pictures = {"soccer_plot": tmp_path / "soccer.png", "taylor_plot": tmp_path / "taylor.png"}
    build_performance(
        config=world.config, air_quality=world.base, monitors=world.monitors, out=out, **pictures
    )
    for path in pictures.values():
        assert path.read_bytes().startswith(b"\x89PNG")
    table = pd.read_csv(out).set_index(["region", "period"])
    assert set(table.index.get_level_values("period")) == {"year", "Q1", "Q2", "Q3", "Q4"}
    row = table.loc[("all", "year")]
    assert row["nmb"] == pytest.approx(
        100 * (row["mean_modelled"] / row["mean_observed"] - 1), rel=1e-9
    )
    law = 1 + row["std_ratio"] ** 2 - 2 * row["std_ratio"] * row["r"]
    assert row["centred_rmse"] ** 2 == pytest.approx(law)
    for column in ("mfb_level_boylan2006", "nme_level_emery2017", "r_level_huang2021"):
        assert set(table[column]) <= {"goal", "criteria", "outside"}
