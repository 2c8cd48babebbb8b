"""A user's grids and plant survey through the rule's functions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.config.case import CaseConfig
from scenair.config.inventory import InventoryConfig
from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_netcdf
from scenair.core.io.tables import read_table
from scenair.core.regions import units
from scenair.core.species import SPECIES
from scenair.inventory.estimate import Estimate
from scenair.inventory.io import build_inventory, build_regional
from scenair.inventory.readers.form import gridded
from scenair.inventory.regional import provincial_table
from scenair.inventory.survey import MODELLED, raised_totals, replace_points, survey_plants

SHANXI = 140000


def _config(**options: object) -> dict[str, object]:
    return {
        "case": CaseConfig(name="bth", units="2+26", tests_only=True).model_dump(mode="json"),
        "inventory": InventoryConfig(**options).model_dump(mode="json"),
    }


def _grid(values: np.ndarray, lat: np.ndarray, lon: np.ndarray, **attrs: object) -> xr.Dataset:
    return gridded(
        values[None, None], sectors=["residential"], months=[0], lat=lat, lon=lon,
        units="Mg cell-1 yr-1",
        attrs={"product": "HTAP", "species": "SO2", "year": 2017} | attrs, where="test",
    )  # fmt: skip


LAT, LON = np.arange(18.5, 54, 1.0), np.arange(73.5, 136, 1.0)


@pytest.fixture(scope="module")
def even() -> np.ndarray:
    """Mass where people live: one in every city's cell."""
    centre = units().geometry.representative_point()
    values = np.zeros((len(LAT), len(LON)))
    i = np.floor(centre.y.to_numpy() - 18).astype(int)
    j = np.floor(centre.x.to_numpy() - 73).astype(int)
    np.add.at(values, (i[i >= 0], j[i >= 0]), 100.0)
    return values


def test_provincial_table(even: np.ndarray) -> None:
    table = provincial_table([_grid(even, LAT, LON)], units())
    assert len(table) == 31
    assert table["value"].sum() == pytest.approx(even.sum())
    assert set(table["source"]) == {"HTAP"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"species": "CH4"}, "species that the inventory does not have"),
        ({"product": "EDGAR"}, "more than one product"),
    ],
)
def test_grids_that_do_not_serve(even: np.ndarray, change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        provincial_table([_grid(even, LAT, LON), _grid(even, LAT, LON, **change)], units())


def test_half_a_year(even: np.ndarray) -> None:
    ds = _grid(even, LAT, LON).assign_coords(month=[3])
    with pytest.raises(InputError, match="not a whole year"):
        provincial_table([ds], units())


def test_grids_through_the_rules(tmp_path: Path, even: np.ndarray, result_2017: Estimate) -> None:
    """A grid twelve times a year in flux: its pattern is in the province, the nation stays."""
    doubled = even.copy()
    shanxi = units().loc[[140100, 140200, 140300]].geometry.representative_point()
    for x, y in zip(shanxi.x, shanxi.y, strict=True):
        doubled[int(y - 18), int(x - 73)] += 5000.0
    ds = xr.Dataset(
        {
            "HTAPv3_6_Residential": (
                ("time", "lat", "lon"), np.repeat(doubled[None], 12, axis=0), {"units": "t/month"},
            )
        },
        coords={"lat": LAT, "lon": LON},
    )  # fmt: skip
    ds.to_netcdf(tmp_path / "edgar_HTAPv3_2017_SO2.nc")
    pattern = str(tmp_path / "*HTAP*.nc")
    config = _config(gridded_inventory=[pattern], conflict_threshold=1e-9)
    build_regional(config=config, regional=tmp_path / "regional.csv")
    names = ("points", "closure", "factors", "conflicts", "quality")
    files = {name: tmp_path / f"{name}.csv" for name in names}
    build_inventory(
        year=2017, config=config, inventory=tmp_path / "y.nc",
        gridded_sums=tmp_path / "regional.csv", **files,
    )  # fmt: skip
    conflicts = pd.read_csv(files["conflicts"])
    mine = conflicts[(conflicts["winner"] == "regional inventory")]
    assert len(mine) == 31
    row = mine[mine["adcode"] == SHANXI].iloc[0]
    table = pd.read_csv(tmp_path / "regional.csv").set_index("adcode")["value"]
    total = float(result_2017.totals.sel(meic_sector="residential", species="SO2"))
    assert row["winner_value"] == pytest.approx(total * table[SHANXI] / table.sum())
    closure = pd.read_csv(files["closure"])
    assert closure["relative_error"].abs().max() < 1e-9


def test_pattern_without_files() -> None:
    with pytest.raises(InputError, match="no file of a gridded inventory matches"):
        build_regional(config=_config(gridded_inventory=["nowhere/*.nc"]), regional="x.csv")


def test_grids_and_a_regional_table_together() -> None:
    with pytest.raises(ValueError, match="not both"):
        InventoryConfig(gridded_inventory=("a",), regional_inventory="b")


def survey(**change: object) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "id": ["east", "west"], "lon": [118.18, 118.10], "lat": [39.63, 39.70],
            "sector": "power", "fuel": "coal", "fuel_use": [2.0e6, 1.0e6],
            "sulfur": [0.8, np.nan], "boiler": "pulverised", "dust_control": ["esp", None],
        }
    )  # fmt: skip
    for column, value in change.items():
        frame[column] = value
    return frame


@pytest.fixture(scope="module")
def parameters() -> pd.DataFrame:
    return read_table("inventory/combustion.csv")


def test_survey_plants(parameters: pd.DataFrame) -> None:
    out = survey_plants(survey(), parameters, units(), where="survey.csv")
    assert set(out["adcode"]) == {130200}
    # the second plant takes the sulphur of its city and says so
    assert out["sulfur_from"].tolist() == [0, 2]
    assert out.loc[0, "SO2"] / out.loc[1, "SO2"] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sector": "magic"}, "unknown sector"),
        ({"fuel": "gas"}, "covers coal"),
        ({"lon": 20.0}, "far from every unit"),
        ({"sulfur": 80.0}, "outside its range"),
    ],
)
def test_survey_refuses(parameters: pd.DataFrame, change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        survey_plants(survey(**change), parameters, units(), where="survey.csv")


def test_surveyed_plants_replace_the_clusters(
    tmp_path: Path, parameters: pd.DataFrame, result_2017: Estimate
) -> None:
    survey().to_csv(tmp_path / "survey.csv", index=False)
    names = ("points", "closure", "factors", "conflicts", "quality")
    files = {name: tmp_path / f"{name}.csv" for name in names}
    config = _config(plant_survey=str(tmp_path / "survey.csv"))
    build_inventory(year=2017, config=config, inventory=tmp_path / "y.nc", **files)
    points = pd.read_csv(files["points"])
    here = points[(points["adcode"] == 130200) & (points["sector"] == "power")]
    assert sorted(here["id"]) == ["survey-east", "survey-west"]
    expected = survey_plants(survey(), parameters, units(), where="x")["CO2"].sum()
    assert here["CO2"].sum() == pytest.approx(expected)
    # other cities keep their clusters, and the city total was large enough
    assert (points["adcode"] == 130100).any()
    ds = open_netcdf(tmp_path / "y.nc")
    np.testing.assert_allclose(
        ds["emission"].sel(species="CO2").values,
        result_2017.emission.sel(species="CO2", city=ds["city"].values).values,
        rtol=1e-12,
    )


def test_a_large_plant_raises_its_city(parameters: pd.DataFrame, result_2017: Estimate) -> None:
    plants = survey_plants(survey(fuel_use=[4.0e7, 1.0]), parameters, units(), where="survey.csv")
    raised = raised_totals(plants, result_2017.emission)
    assert set(raised["species"]) <= set(MODELLED)
    co2 = raised.set_index("species").loc["CO2", "value"]
    assert co2 > float(result_2017.emission.sel(city=130200, sector="power", species="CO2"))


def test_plants_above_an_own_figure_are_scaled(
    parameters: pd.DataFrame, result_2017: Estimate
) -> None:
    from scenair.core.regions import CITIES_2_26
    from scenair.inventory import outputs

    stacks = read_table("inventory/stacks.csv")
    points = outputs.points_table(result_2017, stacks, cities=CITIES_2_26)
    plants = survey_plants(survey(fuel_use=[4.0e7, 1e7]), parameters, units(), where="x")
    out = replace_points(points, plants, result_2017.emission, stacks)
    here = out[(out["adcode"] == 130200) & (out["sector"] == "power")]
    city = result_2017.emission.sel(city=130200, sector="power")
    for name in SPECIES:
        assert here[name].sum() <= float(city.sel(species=name)) * (1 + 1e-9)
