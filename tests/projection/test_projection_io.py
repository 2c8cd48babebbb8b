"""Files in and out: contract, closure, damage, determinism."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.config.load import dump
from scenair.config.scenario import MeasureUse, Scenario, Selection
from scenair.core.errors import InputError, MassBalanceError, ScenairError
from scenair.core.io.netcdf import open_netcdf, write_netcdf
from scenair.core.io.tables import write_csv
from scenair.core.species import SPECIES
from scenair.projection import io as rules
from scenair.projection.io.potentials import read_potentials
from scenair.projection.io.readers import (
    read_inventory,
    read_points,
    read_trajectory,
    read_types,
)
from scenair.projection.io.weights import read_responsibility
from tests.projection.conftest import CITIES, make_inventory, make_points

PLAN = Scenario(title="test", controls="best", measures=(MeasureUse(measure="R1"),))


def trajectory(
    small: dict[str, Any], folder: Path, *, plan: Scenario = PLAN, potentials: Path | None = None
) -> Path:
    rules.build_trajectory(
        name="test",
        inputs=rules.ScenarioInputs(scenario=dump(plan), potentials=potentials, **small),
        trajectory=folder / "test.nc",
        closure=folder / "test.closure.csv",
        plants=folder / "test.plants.csv",
        measures=folder / "test.measures.csv",
        selection=folder / "test.selection.csv",
    )
    return folder / "test.nc"


@pytest.fixture(scope="module")
def written(small: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trajectory of the small case."""
    return trajectory(small, tmp_path_factory.mktemp("written"))


def test_contract_of_the_trajectory(small: dict[str, Any], written: Path) -> None:
    ds = read_trajectory(written)
    assert ds["emission"].dims == ("year", "city", "sector", "species")
    assert ds["emission"].attrs["units"] == "Mg yr-1"
    assert ds["year"].values.tolist() == list(range(2013, 2036))
    assert ds["year"].dtype == ds["city"].dtype == np.int32
    assert ds["city"].values.tolist() == list(CITIES)
    assert ds["species"].values.tolist() == list(SPECIES)
    for year, path in zip(range(2013, 2018), small["inventories"], strict=True):
        stated = open_netcdf(path)["emission"]
        found = ds["emission"].sel(year=year, drop=True)
        np.testing.assert_array_equal(found.values, stated.values)
    co2 = ds["emission"].sel(species="CO2").sum("sector")
    at_peak = co2.sel(year=xr.DataArray(ds["co2_peak_year"].values, dims="city"), city=co2["city"])
    np.testing.assert_allclose(
        np.diagonal(at_peak.values) if at_peak.ndim == 2 else at_peak.values, co2.max("year").values
    )
    assert (ds["peaked"] == (ds["co2_peak_year"] < 2035)).all()
    made = ds["generation"].sum("technology", skipna=False) * (1 - ds["generation"].attrs["loss"])
    demand = ds["electricity_demand"].sum(["city", "sector"], skipna=False)
    np.testing.assert_allclose(made[4:], demand[4:])
    assert np.isnan(made[:4]).all()
    closure = pd.read_csv(written.with_name("test.closure.csv"))
    assert closure["relative_error"].abs().max() <= 1e-6


def test_a_corrupted_cell_stops_the_reader(written: Path, tmp_path: Path) -> None:
    for name in ("emission", "activity", "net_factor"):
        ds = open_netcdf(written)
        values = ds[name].values.copy()
        filled = np.argwhere(values)
        spot = tuple(int(i) for i in filled[len(filled) // 2])
        values[spot] *= 1.01
        ds[name].values = values
        write_netcdf(ds, tmp_path / "bad.nc", title="damaged")
        with pytest.raises(MassBalanceError, match="not its activity times its net|electricity"):
            read_trajectory(tmp_path / "bad.nc")


def test_nan_negative_truncated_and_mislabelled_trajectories(written: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.nc"
    for value, words in ((np.nan, "no number"), (-1.0, "below 0")):
        ds = open_netcdf(written)
        ds["emission"][3, 2, 1, 0] = value
        write_netcdf(ds, bad, title="damaged")
        with pytest.raises(InputError, match=words):
            read_trajectory(bad)
    ds = open_netcdf(written)
    ds["emission"].attrs["units"] = "kg yr-1"
    write_netcdf(ds, bad, title="damaged")
    with pytest.raises(ScenairError, match="wrong unit.*kg yr-1"):
        read_trajectory(bad)
    bad.write_bytes(written.read_bytes()[:5000])
    with pytest.raises(InputError, match="not a readable netCDF"):
        read_trajectory(bad)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda d: d["emission"].__setitem__((1, 2, 3), np.nan), "no number"),
        (lambda d: d["emission"].__setitem__((1, 2, 3), -5.0), "below 0"),
        (lambda d: d["removal"].__setitem__((0, 0, 0), 1.2), "removal above 1"),
        (lambda d: d["emission"].attrs.update(units="Gg yr-1"), "wrong unit.*Gg yr-1"),
    ],
)
def test_wrong_inventories(damage: Any, words: str, tmp_path: Path) -> None:
    ds = make_inventory()
    damage(ds)
    write_netcdf(ds, tmp_path / "i.nc", title="x", attrs={"year": 2017})
    with pytest.raises(ScenairError, match=words):
        read_inventory(tmp_path / "i.nc", year=2017)


def test_inventory_of_another_year_order_or_mass(small: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="another year"):
        read_inventory(small["inventories"][0], year=2017)
    path = tmp_path / "i.nc"
    write_netcdf(make_inventory().isel(city=slice(None, None, -1)), path, title="x")
    with pytest.raises(InputError, match="not in ascending adcode"):
        read_inventory(path, year=2017)
    ds = make_inventory()
    ds["activity"][0, 0, 0] *= 2.0
    write_netcdf(ds, path, title="x", attrs={"year": 2017})
    files = [*small["inventories"][:-1], path]
    with pytest.raises(MassBalanceError, match="not its activity times its factors.*110000"):
        trajectory(small | {"inventories": files}, tmp_path)


def test_wrong_plant_lists(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    good = make_points(make_inventory())
    for change, words in (
        ({"capacity": np.nan}, "line 2, column capacity"),
        ({"SO2": -1.0}, "missing or negative"),
    ):
        frame = good.copy()
        for column, value in change.items():
            frame.loc[0, column] = value
        write_csv(frame, path)
        with pytest.raises(InputError, match=words):
            read_points(path)
    write_csv(pd.concat([good, good.iloc[:1]]), path)
    with pytest.raises(InputError, match="listed twice"):
        read_points(path)
    write_csv(good.drop(columns="lon"), path)
    with pytest.raises(InputError, match="columns missing.*lon"):
        read_points(path)
    path.write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="not a readable UTF-8 CSV"):
        read_points(path)


def test_a_city_without_a_type(small: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "types.csv"
    write_csv(pd.DataFrame({"adcode": [110000], "type_code": [1]}), path)
    with pytest.raises(InputError, match="cities without a type"):
        read_types(path, np.array(CITIES, dtype=np.int32))


def test_the_same_input_gives_the_same_bytes(
    small: dict[str, Any], written: Path, tmp_path: Path
) -> None:
    again = trajectory(small, tmp_path)
    for name in ("test.nc", "test.closure.csv", "test.plants.csv", "test.measures.csv"):
        assert again.with_name(name).read_bytes() == written.with_name(name).read_bytes(), name


def test_history_and_its_slices(small: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "history.nc"
    rules.build_history_trajectory(
        config=small["config"],
        inventories=small["inventories"],
        city_types=small["city_types"],
        trajectory=path,
        closure=tmp_path / "history.closure.csv",
    )
    assert read_trajectory(path)["year"].values.tolist() == list(range(2013, 2018))
    rules.build_city_emissions(
        year=2017, scenario="history", config=small["config"], trajectory=path,
        points=small["points"], plants=None, cities=tmp_path / "cities.nc",
        points_out=tmp_path / "points.csv", closure=tmp_path / "closure.csv",
    )  # fmt: skip
    cities = open_netcdf(tmp_path / "cities.nc", variables={"emission": "Mg yr-1"})
    np.testing.assert_array_equal(cities["emission"].values, make_inventory()["emission"].values)
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "points.csv"), pd.read_csv(small["points"])
    )
    with pytest.raises(InputError, match=r"does not have the year.*2030.*2013-2017"):
        rules.build_city_emissions(
            year=2030, scenario="history", config=small["config"], trajectory=path,
            points=small["points"], plants=None, cities=tmp_path / "x.nc",
            points_out=tmp_path / "x.csv", closure=tmp_path / "xc.csv",
        )  # fmt: skip
    assert not (tmp_path / "x.nc").exists()


def test_plants_retire_appear_and_stay_part_of_their_city(
    small: dict[str, Any], written: Path, tmp_path: Path
) -> None:
    rules.build_city_emissions(
        year=2030, scenario="test", config=small["config"], trajectory=written,
        points=small["points"], plants=written.with_name("test.plants.csv"),
        cities=tmp_path / "cities.nc", points_out=tmp_path / "points.csv",
        closure=tmp_path / "closure.csv",
    )  # fmt: skip
    base, found = pd.read_csv(small["points"]), pd.read_csv(tmp_path / "points.csv")
    assert list(found.columns) == list(base.columns)
    # a kiln of 1982 has closed in 2030, a power station of 2003 runs, new ones stand beside it
    assert not found["id"].str.fullmatch(r"cement-110000-0").any()
    assert found["id"].str.fullmatch(r"power-110000-1").any()
    new = found[found["id"].str.contains("-new-")]
    assert len(new) > 0
    assert (new["start_year"] >= 2018).all()
    assert new["stack_height_m"].notna().all()
    cities = open_netcdf(tmp_path / "cities.nc")["emission"]
    total = cities.sel(city=110000, sector="power", species="SO2").item()
    mine = found[(found["adcode"] == 110000) & (found["sector"] == "power")]["SO2"].sum()
    assert mine == pytest.approx(0.8 * total, rel=1e-9), "plants keep their share of the sector"


# ------------------------------------------------------------------ potentials and selection
@pytest.fixture(scope="module")
def potentials(small: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Measures alone in the small case."""
    folder = tmp_path_factory.mktemp("potentials")
    rules.build_measure_potentials(
        user_measures=[],
        potentials=folder / "potentials.nc",
        table=folder / "potentials.csv",
        scores=folder / "scores.csv",
        type_table=folder / "types.csv",
        sectors=folder / "sectors.csv",
        **small,
    )
    return folder / "potentials.nc"


def test_potentials(potentials: Path) -> None:
    ds = read_potentials(potentials, cities=np.array(CITIES, dtype=np.int32))
    national = ds["change"].sum(["city", "sector"]).sel(species="CO2")
    assert (national.sel(level="best", measure=["P1", "S1", "C1", "R2"]) < 0).all()
    # CO2 given to types adds up to the national change
    table = pd.read_csv(potentials.with_name("potentials.csv"))
    row = table.query("measure == 'V1' and level == 'best' and year == 2030").iloc[0]
    by_type = ds["co2_change"].sel(measure="V1", level="best", year=2030).sum().item()
    assert by_type == pytest.approx(row["CO2"], rel=1e-6)
    assert "power" in row["sectors"]
    assert row["parameters"] == "nev_share_light"
    scores = pd.read_csv(potentials.with_name("scores.csv"))
    assert scores["score"].between(0, 100).all()
    assert scores["importance"].mean() == pytest.approx(50.0)


def test_a_peak_is_reached_by_chosen_measures(
    small: dict[str, Any], potentials: Path, tmp_path: Path
) -> None:
    plan = Scenario(
        title="peak", controls="best", select=Selection(goal="co2_peak", peak_year=2028)
    )
    path = trajectory(small, tmp_path, plan=plan, potentials=potentials)
    co2 = read_trajectory(path)["emission"].sel(species="CO2").sum(["city", "sector"])
    assert int(co2["year"][int(co2.argmax("year"))]) <= 2028
    after = co2.sel(year=slice(2028, None)).values
    assert (np.diff(after) < 0).all()
    table = pd.read_csv(path.with_name("test.measures.csv"))
    chosen = table[table["chosen"] != "none"]
    assert len(chosen)
    assert not chosen["measure"].isin(["X1", "X2"]).any(), "optional levers are never chosen"
    assert (chosen["effort"] > 0).all()
    # the programme can be looked at: what it was allowed, what it expected, what came
    programme = pd.read_csv(path.with_name("test.selection.csv")).set_index("year")
    late = programme.loc[2029:]
    assert (late["co2_programme"] <= late["co2_limit"] * (1 + 1e-6)).all()
    np.testing.assert_allclose(programme["co2_full_run"], co2.sel(year=programme.index).values)
    assert (programme["co2_full_run"] <= programme["co2_without"] * (1 + 1e-9)).all()
    assert programme["objective"].iloc[0] == pytest.approx(chosen["effort"].sum(), rel=1e-6)
    assert "ptimal" in programme["status"].iloc[0]


def test_a_selection_without_potentials(small: dict[str, Any], tmp_path: Path) -> None:
    plan = Scenario(title="peak", select=Selection(goal="co2_peak"))
    with pytest.raises(InputError, match="needs the potentials"):
        trajectory(small, tmp_path, plan=plan)


def test_responsibility_is_weighted_by_people(tmp_path: Path) -> None:
    cities = np.array([110000, 120000], dtype=np.int32)
    values = np.zeros((2, 2, 1, 1), dtype=np.float32)
    values[0, 1], values[1, 1] = 2e-6, 6e-6
    ds = xr.Dataset(
        {"contribution": (("receptor", "source_city", "sector", "species"), values,
                          {"units": "ug m-3 (Mg yr-1)-1"})},
        coords={"receptor": cities, "source_city": cities, "sector": ["power"],
                "species": ["PM25"]},
    )  # fmt: skip
    write_netcdf(ds, tmp_path / "r.nc", title="x")
    found = read_responsibility(tmp_path / "r.nc", cities=cities, population=np.array([3.0, 1.0]))[
        "PM25"
    ]
    np.testing.assert_allclose(found, [[0.0], [(2 * 3 + 6 * 1) / 4 * 1e-6]], rtol=1e-6)
    with pytest.raises(InputError, match="of other cities"):
        read_responsibility(tmp_path / "r.nc", cities=cities + 1, population=np.ones(2))
