"""The rule attainment from files to files, on a synthetic world with real monitors and census."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import netCDF4
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.attainment.io.build import build_attainment
from scenair.attainment.io.job import judge
from scenair.attainment.io.places import read_monitors
from scenair.config.attainment import AttainmentConfig
from scenair.core.errors import InputError, UnitsError
from scenair.core.grids import CN36
from tests.attainment.conftest import World, write_air_quality

if TYPE_CHECKING:
    from pathlib import Path


def run(world: World, name: str, *, year: int = 2030, scenario: str = "peak", **over: Path) -> dict:
    files = {
        "air_quality": world.future,
        "base_air_quality": world.base,
        "trajectory": world.trajectory,
        "monitors": world.monitors,
    }
    out = world.outputs(name)
    build_attainment(year=year, scenario=scenario, config=world.config, **(files | over), **out)
    return out


@pytest.fixture(scope="module")
def done(world: World) -> dict:
    return run(world, "done")


def test_factor_of_the_monitor_year_is_exactly_one(world: World) -> None:
    out = run(world, "history", year=2015, scenario="history", air_quality=world.base)
    sites = pd.read_csv(out["sites"])
    assert (sites["response_factor"] == 1).all()
    assert (sites["future_value"] == sites["base_value"]).all()
    double = pd.read_csv(out["double"])
    # a history run has no future, so nothing can be said of a peak
    assert double["peaked"].isna().all()
    assert double["class"].isna().all()


def test_site_value_is_monitor_times_response(world: World, done: dict) -> None:
    """Beijing by hand: quarterly ambient observation x (C + B)/(C0 + B) of its 3 x 3 cells."""
    sites = pd.read_csv(done["sites"]).set_index("adcode")
    monitors, _ = read_monitors(world.monitors, grid=world.grid)
    i = monitors.table["adcode"].tolist().index(110000)
    row, col = divmod(int(monitors.table["cell"][i]), world.grid.ncols)
    with xr.open_dataset(world.base) as b, xr.open_dataset(world.future) as f:
        box = {"y": slice(row - 1, row + 2), "x": slice(col - 1, col + 2)}
        old = b["PM25"].isel(box).astype("f8").mean(("y", "x")).values
        new = f["PM25"].isel(box).astype("f8").mean(("y", "x")).values
    quarters = monitors.observed[:, i] * new / old
    annual = (quarters * monitors.counts[:, i]).sum() / monitors.counts[:, i].sum()
    assert sites.loc[110000, "future_value"] == pytest.approx(annual, rel=1e-6)
    assert sites.loc[110000, "base_value_raw"] == 77.83
    assert sites.loc[110000, "background"] == pytest.approx(8, rel=1e-6)
    # particles at 273.15 K are denser than at ambient conditions in the annual mean
    assert 0.9 < sites.loc[110000, "base_value"] / 77.83 < 1.0


def test_unmonitored_cities_have_no_value(done: dict) -> None:
    cities = pd.read_csv(done["cities"])
    bare = cities[~cities["monitored"]]
    assert len(bare) > 0
    assert bare[["pm25", "pm25_base", "pm25_attains"]].isna().all().all()
    fused = pd.read_csv(done["cities_fused"]).set_index("adcode")
    assert fused.loc[bare["adcode"], "pm25_best"].notna().all()
    far = fused["nearest_monitor_km"] > 200
    assert (fused.loc[bare["adcode"], "basis"] == "fused").all()
    assert not far.any()
    assert cities[["o3_base", "o3", "o3_attains", "o3_response_factor"]].isna().all().all()


def test_ozone_answers_by_its_relative_change_only(world: World, tmp_path: Path) -> None:
    files = {}
    for name, ozone in (("base", 120.0), ("future", 90.0)):
        with xr.open_dataset(getattr(world, name)) as ds:
            run_with = ds.load()
        plane = (("y", "x"), np.full(world.grid.shape, ozone, dtype="f4"), {"units": "ug m-3"})
        run_with["O3_WARM"] = plane
        run_with["O3_REGIME_WARM"] = (plane[0], np.full(world.grid.shape, 0.8), {"units": "1"})
        files[name] = tmp_path / f"{name}.nc"
        run_with.to_netcdf(files[name])
    out = run(world, "ozone", air_quality=files["future"], base_air_quality=files["base"])
    cities = pd.read_csv(out["cities"])
    assert cities["o3_response_factor"].to_numpy() == pytest.approx(0.75)
    assert cities[["o3_base", "o3", "o3_attains"]].isna().all().all()
    fused = pd.read_csv(out["cities_fused"])
    assert set(fused["o3_regime"]) == {"VOC"}
    assert fused["o3_basis"].str.contains("surrogate").all()


def test_other_gases_answer_where_both_runs_have_them(world: World, tmp_path: Path) -> None:
    files = {}
    for name, level in (("base", 20.0), ("future", 5.0)):
        with xr.open_dataset(getattr(world, name)) as ds:
            run_with = ds.load()
        field = np.full(world.grid.shape, level, dtype="f4")
        run_with["SO2_annual"] = (("y", "x"), field, {"units": "ug m-3"})
        if name == "base":
            run_with["NOx_annual"] = run_with["SO2_annual"]
        files[name] = tmp_path / f"{name}.nc"
        run_with.to_netcdf(files[name])
    out = run(world, "gases", air_quality=files["future"], base_air_quality=files["base"])
    fused = pd.read_csv(out["cities_fused"])
    assert fused["so2_response_factor"].to_numpy() == pytest.approx(0.25)
    assert "no2_response_factor" not in fused
    assert set(fused["gas_basis"].str.partition(" ")[0]) == {"SO2"}


def test_no2_answers_as_nitrogen_oxides_and_says_so(world: World, tmp_path: Path) -> None:
    """The surrogate has NOx only; a run with NO2 is taken at its NO2."""
    files = {}
    for name, level in (("base", 20.0), ("future", 5.0)):
        with xr.open_dataset(getattr(world, name)) as ds:
            run_with = ds.load()
        field = np.full(world.grid.shape, level, dtype="f4")
        field[0, 0] = 0.0
        run_with["NOx_annual"] = (("y", "x"), field, {"units": "ug m-3"})
        files[name] = tmp_path / f"{name}.nc"
        run_with.to_netcdf(files[name])
    out = run(world, "nox", air_quality=files["future"], base_air_quality=files["base"])
    fused = pd.read_csv(out["cities_fused"])
    assert fused["no2_response_factor"].dropna().to_numpy() == pytest.approx(0.25)
    assert fused["gas_basis"].str.contains("as NOx, an approximation").all()
    with xr.open_dataset(files["future"]) as ds:
        broken = ds.load()
    broken["NOx_annual"].values[1, 1] = np.nan
    broken.to_netcdf(tmp_path / "broken.nc")
    with pytest.raises(InputError, match="no number"):
        run(world, "nan", air_quality=tmp_path / "broken.nc", base_air_quality=files["base"])


def test_county_records_are_sites_but_not_cities(done: dict) -> None:
    sites = pd.read_csv(done["sites"])
    cities = pd.read_csv(done["cities"])
    county = sites[sites["level"] == "county"]["adcode"]
    assert not set(county) & set(cities["adcode"])
    own = set(sites[sites["level"] == "prefecture"]["adcode"])
    assert set(cities[cities["monitored"]]["adcode"]) == own & set(cities["adcode"])


def test_limits_by_year(world: World, done: dict) -> None:
    options = AttainmentConfig()
    for year, limit, profile in (
        (2025, 35, "gb3095-2012"),
        (2026, 30, "gb3095-2026-transition"),
        (2030, 30, "gb3095-2026-transition"),
        (2031, 25, "gb3095-2026"),
    ):
        found = judge(options, year=year)
        assert (found.pm25_limit, found.profile, found.o3_limit) == (limit, profile, 160)
    cities = pd.read_csv(done["cities"])
    assert (cities["pm25_limit"] == 30).all()
    assert (cities["standard"] == "gb3095-2026-transition").all()
    assert (cities["o3_limit"] == 160).all()
    named = judge(AttainmentConfig(standard="who-2021-it4"), year=2030)
    assert (named.pm25_limit, named.o3_limit) == (10, None)


def test_summary_agrees_with_the_tables(done: dict) -> None:
    summary = json.loads(done["summary"].read_text(encoding="utf-8"))
    cities = pd.read_csv(done["cities"])
    fused = pd.read_csv(done["cities_fused"])
    national = summary["national"]
    monitored = cities[cities["monitored"]]
    assert national["n_units"] == 28
    assert national["n_monitored"] == len(monitored)
    assert national["n_attain_monitored"] == int((monitored["pm25_attains"] == True).sum())  # noqa: E712
    expected = np.average(fused["pm25_fused_population"], weights=cities["population"])
    assert national["population_weighted_pm25"] == pytest.approx(expected, rel=1e-12)
    shares = national["double_fused"]
    assert shares["n"] == 28
    assert sum(shares["percent"].values()) == pytest.approx(100)
    by_type = summary["types"]
    assert sum(t["n_units"] for t in by_type.values()) == 28
    assert {"raw_model", "fused", "observations_only"} <= set(summary["leave_one_out"])


def test_health_and_exposure(done: dict) -> None:
    """Cleaner air avoids deaths; people are conserved; national and city figures agree."""
    summary = json.loads(done["summary"].read_text(encoding="utf-8"))
    health = pd.read_csv(done["health"])
    assert (health["avoided"] > 0).all()
    figures = summary["health"]
    assert figures["deaths_avoided"] == pytest.approx(health["avoided"].sum())
    low, high = figures["deaths_avoided_95_percent"]
    assert low < figures["deaths_avoided"] < high
    exposure = pd.read_csv(done["exposure"])
    people = pd.read_csv(done["cities"])["population"].sum()
    assert exposure["people"].sum() == pytest.approx(exposure["people_base"].sum())
    assert exposure["people"].sum() <= people + len(health)  # counts are rounded
    above = summary["people_above_ug_m3"]
    assert above["5"] >= above["25"] >= above["30"] >= above["35"]


def test_probability_and_ratios(done: dict) -> None:
    fused = pd.read_csv(done["cities_fused"])
    sure = fused["margin"] > 10
    assert (fused.loc[sure, "probability_attains"] > 0.5).all()
    over = ~fused["best_attains"].astype(bool)
    assert (fused.loc[over, "probability_attains"] < 0.5).all()
    cities = pd.read_csv(done["cities"])
    ratio = cities["pm25"] / cities["pm25_base"]
    seen = cities["monitored"]
    np.testing.assert_allclose(fused.loc[seen, "pm25_ratio"], ratio[seen])
    assert fused["co2_ratio"].notna().all()
    assert fused["nearest_monitor_km"].between(0, 300).all()


def test_spread_of_years_replaces_the_assumed_sigma(
    world: World, done: dict, tmp_path: Path
) -> None:
    """Beijing swings by a fifth from year to year: less sure than with the assumed 6 %."""
    rows = [
        {"adcode": 110000, "year": y, "value": 60.0 * (1.2 if y % 2 else 0.8), "unit": "ug m-3",
         "source": "test", "doi": "", "tag": "assumed", "note": ""}
        for y in range(2013, 2020)
    ]  # fmt: skip
    table = tmp_path / "years.csv"
    pd.DataFrame([*rows, {**rows[0], "adcode": 120000}]).to_csv(table, index=False)
    options = world.config["attainment"] | {"yearly_means": str(table)}
    out = world.outputs("years")
    build_attainment(
        year=2030,
        scenario="peak",
        config=world.config | {"attainment": options},
        air_quality=world.future,
        base_air_quality=world.base,
        trajectory=world.trajectory,
        monitors=world.monitors,
        **out,
    )
    key = "probability_attains"
    own, plain = (pd.read_csv(o["cities_fused"]).set_index("adcode")[key] for o in (out, done))
    assert abs(own[110000] - 0.5) < abs(plain[110000] - 0.5)
    np.testing.assert_array_equal(own.drop(110000), plain.drop(110000))
    summary = json.loads(out["summary"].read_text(encoding="utf-8"))
    assert summary["uncertainty"]["cities_with_sigma_of_years"] == 1
    pd.DataFrame([*rows, rows[0]]).to_csv(table, index=False)
    with pytest.raises(InputError, match="once a city and year"):
        build_attainment(
            year=2030,
            scenario="peak",
            config=world.config | {"attainment": options},
            air_quality=world.future,
            base_air_quality=world.base,
            trajectory=world.trajectory,
            monitors=world.monitors,
            **world.outputs("bad_years"),
        )


def test_sensitivity_orders(done: dict) -> None:
    """More background means less response, so never more cities; a laxer limit never fewer."""
    table = pd.read_csv(done["sensitivity"])
    comparison = table[table["basis"] == "comparison"]
    wide = comparison.pivot_table(
        index="background_factor", columns="limit", values="n_attain_fused"
    )
    assert (np.diff(wide.to_numpy(), axis=1) >= 0).all()
    pwm = comparison.groupby("background_factor")["population_weighted_pm25"].first()
    assert pwm.is_monotonic_increasing


def test_double_classes(done: dict) -> None:
    double = pd.read_csv(done["double"])
    known = double[double["monitored"]]
    expected = np.where(
        known["pm25_attains"].astype(bool),
        np.where(known["co2_peak_year"] <= 2030, "both", "attains_only"),
        np.where(known["co2_peak_year"] <= 2030, "peaked_only", "neither"),
    )
    assert known["class"].tolist() == expected.tolist()
    assert double.loc[double["co2_peak_year"] == 2035, "peaked"].eq(False).all()


def test_fused_field_is_limited_to_the_units(world: World, done: dict) -> None:
    with xr.open_dataset(done["fused"]) as ds:
        monitors, places = read_monitors(world.monitors, grid=world.grid)
        inside = np.isfinite(ds["PM25_annual"].values.ravel())
        assert inside.sum() == len(monitors.cells)
        assert (places.cell_people[~inside] == 0).all()
        # quarters of 2015, day-weighted
        mean = np.average(ds["PM25"].values, axis=0, weights=[90, 91, 92, 92])
        np.testing.assert_allclose(mean, ds["PM25_annual"].values, rtol=1e-5)
        ratio = ds["PM25"] / ds["PM25_base"]
        np.testing.assert_allclose(ratio, ds["response_factor"], rtol=1e-5)


def fractions_table(path: Path, share: dict[str, float]) -> Path:
    rows = [
        {"adcode": 110000, "period": q, "species": s, "value": v, "unit": "1", "source": "test",
         "doi": "", "tag": "assumed", "note": ""}
        for q in ("Q1", "Q2", "Q3", "Q4")
        for s, v in share.items()
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def run_with_fractions(world: World, name: str, table: Path) -> pd.DataFrame:
    options = world.config["attainment"] | {"species_fractions": str(table)}
    out = world.outputs(name)
    build_attainment(
        year=2030,
        scenario="peak",
        config=world.config | {"attainment": options},
        air_quality=world.future,
        base_air_quality=world.base,
        trajectory=world.trajectory,
        monitors=world.monitors,
        **out,
    )
    return pd.read_csv(out["sites"]).set_index("adcode")["response_factor"]


def test_observed_composition_changes_its_own_site_only(
    world: World, done: dict, tmp_path: Path
) -> None:
    """All of it background: nothing responds. All of it sulfate: more than the total does."""
    plain = pd.read_csv(done["sites"]).set_index("adcode")["response_factor"]
    rest = plain.index != 110000
    dust = run_with_fractions(world, "dust", fractions_table(tmp_path / "a.csv", {"BACKGROUND": 1}))
    assert dust[110000] == pytest.approx(1)
    np.testing.assert_array_equal(dust[rest], plain[rest])
    sulfate = run_with_fractions(world, "sulf", fractions_table(tmp_path / "b.csv", {"SO4": 1}))
    assert sulfate[110000] < plain[110000]
    with pytest.raises(InputError, match="sum to 1"):
        run_with_fractions(world, "bad", fractions_table(tmp_path / "c.csv", {"SO4": 0.5}))
    with pytest.raises(InputError, match="unknown species"):
        run_with_fractions(world, "bad", fractions_table(tmp_path / "d.csv", {"ASH": 1}))


@pytest.mark.parametrize("method", ["evna", "avna", "vna", "optimal_interpolation"])
def test_other_fusions_leave_the_sites_alone(world: World, done: dict, method: str) -> None:
    """The fusion decides what lies between the monitors, never the monitored cities."""
    options = world.config["attainment"] | {"fusion": method}
    out = world.outputs(method)
    build_attainment(
        year=2030,
        scenario="peak",
        config=world.config | {"attainment": options},
        air_quality=world.future,
        base_air_quality=world.base,
        trajectory=world.trajectory,
        monitors=world.monitors,
        **out,
    )
    assert out["sites"].read_bytes() == done["sites"].read_bytes()
    assert out["cities"].read_bytes() == done["cities"].read_bytes()
    with xr.open_dataset(out["fused"]) as ds, xr.open_dataset(done["fused"]) as central:
        there = [np.isfinite(f["PM25"].values) for f in (ds, central)]
        assert (there[0] == there[1]).all()
        assert float(abs(ds["PM25_annual"] - central["PM25_annual"]).max()) > 0.1
        assert ("PM25_base_deviation" in ds) == (method == "optimal_interpolation")


def test_same_input_same_bytes(world: World) -> None:
    # both in a row: a file names the tables that its process has read so far
    first, again = run(world, "first"), run(world, "again")
    for key, path in first.items():
        assert path.read_bytes() == again[key].read_bytes(), key


def _edited(world: World, name: str, variable: str, edit) -> Path:
    path = world.folder / f"{name}.nc"
    path.write_bytes(world.future.read_bytes())
    with netCDF4.Dataset(path, "a") as nc:
        edit(nc[variable])
    return path


def _double_a_cell(var: netCDF4.Variable) -> None:
    var[0, 10, 10] = 2 * var[0, 10, 10]


def _nan(var: netCDF4.Variable) -> None:
    var[1, 5, 5] = np.nan


def _negative(var: netCDF4.Variable) -> None:
    var[1, 5, 5] = -3.0


def _unit(var: netCDF4.Variable) -> None:
    var.units = "kg m-3"


@pytest.mark.parametrize(
    ("variable", "edit", "error", "words"),
    [
        ("SO4", _double_a_cell, InputError, "PM25 is not the sum of its parts"),
        ("PM25", _double_a_cell, InputError, "PM25 is not the sum of its parts"),
        ("PM25", _nan, InputError, "no number"),
        ("BACKGROUND", _negative, InputError, "below"),
        ("PM25", _unit, UnitsError, "kg m-3"),
    ],
)
def test_damaged_input_stops(world: World, variable: str, edit, error: type, words: str) -> None:
    path = _edited(world, f"bad_{variable}_{edit.__name__}", variable, edit)
    with pytest.raises(error, match=words):
        run(world, "bad", air_quality=path)
    assert not world.outputs("bad")["cities"].exists()


def test_truncated_and_missing_files(world: World, tmp_path: Path) -> None:
    short = tmp_path / "short.nc"
    short.write_bytes(world.future.read_bytes()[:2000])
    with pytest.raises(InputError, match="not a readable netCDF"):
        run(world, "bad", air_quality=short)
    with pytest.raises(InputError, match="file not found"):
        run(world, "bad", air_quality=tmp_path / "none.nc")


def test_another_grid_stops(world: World, tmp_path: Path) -> None:
    path = tmp_path / "cn36.nc"
    write_air_quality(path, CN36, scale=0.5)
    with pytest.raises(InputError, match="another grid"):
        run(world, "bad", air_quality=path)


def test_another_background_stops(world: World) -> None:
    def lift(var: netCDF4.Variable) -> None:
        var[:] = var[:] * 1.5

    path = _edited(world, "lifted", "BACKGROUND", lift)
    with netCDF4.Dataset(path, "a") as nc:
        nc["PM25"][:] = nc["PM25"][:] + nc["BACKGROUND"][:] / 3
        nc["PM25_annual"][:] = np.average(nc["PM25"][:], axis=0, weights=[90, 91, 92, 92])
    with pytest.raises(InputError, match="background differs"):
        run(world, "bad", air_quality=path)


def test_a_false_peak_year_stops(world: World, tmp_path: Path) -> None:
    path = tmp_path / "false.nc"
    path.write_bytes(world.trajectory.read_bytes())
    with netCDF4.Dataset(path, "a") as nc:
        nc["co2_peak_year"][3] = 2018
    with pytest.raises(InputError, match="last maximum"):
        run(world, "bad", trajectory=path)
