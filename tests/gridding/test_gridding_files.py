"""Rule functions of gridding on the case bth: closure, refusals, determinism."""

from __future__ import annotations

import shutil

import netCDF4
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.config.case import CaseConfig
from scenair.core.errors import InputError, MassBalanceError, UnitsError
from scenair.core.io.netcdf import open_netcdf, write_netcdf
from scenair.core.io.tables import write_csv
from scenair.core.periods import seconds_in_months
from scenair.core.regions import units
from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES
from scenair.gridding import io

NEST = {"ratio": 3, "col0": 88, "row0": 63, "cols": 22, "rows": 24}
CASE = CaseConfig.model_validate(
    {"name": "bth", "units": "2+26", "grid": {"name": "BTH12", "nest": NEST}}
)
CONFIG = {"case": CASE.model_dump(mode="json"), "gridding": {}}
CITIES = CASE.adcodes()


def cities_and_points(folder, *, year: int = 2016):
    """Random city totals with plants that emit a part of them."""
    rng = np.random.default_rng(7)
    emission = rng.lognormal(6, 1.5, (len(CITIES), len(SECTORS), len(SPECIES)))
    # a consistent inventory: BC + OC < PM25 < PM10
    index = {name: i for i, name in enumerate(SPECIES)}
    emission[..., index["PM10"]] = 2 * emission[..., index["PM25"]]
    emission[..., index["BC"]] = 0.1 * emission[..., index["PM25"]]
    emission[..., index["OC"]] = 0.2 * emission[..., index["PM25"]]
    emission[:, SECTORS.index("agriculture")] *= np.array(SPECIES) == "NH3"
    da = xr.DataArray(
        emission,
        dims=("city", "sector", "species"),
        coords={
            "city": np.array(CITIES, dtype=np.int32),
            "sector": list(SECTORS),
            "species": list(SPECIES),
        },
        attrs={"units": "Mg yr-1"},
    )
    write_netcdf(da.to_dataset(name="emission"), folder / "cities.nc", title="test")
    table = units().loc[list(CITIES)]
    centre = table.geometry.representative_point()
    rows = [
        {
            "id": f"{sector}-{city}",
            "lon": float(centre[city].x),
            "lat": float(centre[city].y),
            "adcode": city,
            "sector": sector,
            "stack_height_m": 200.0,
            **{s: 0.8 * emission[i, SECTORS.index(sector), j] for j, s in enumerate(SPECIES)},
        }
        for sector in ("power", "iron_steel")
        for i, city in enumerate(CITIES)
    ]
    write_csv(pd.DataFrame(rows), folder / "points.csv")


def grid(folder, *, year: int = 2016):
    io.build_gridded(
        year=year,
        config=CONFIG,
        cities=folder / "cities.nc",
        points=folder / "points.csv",
        spatial=folder / "spatial.nc",
        gridded=folder / "gridded.nc",
        closure=folder / "closure.csv",
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gridding")
    cities_and_points(folder)
    io.build_spatial(config=CONFIG, spatial=folder / "spatial.nc")
    grid(folder)
    return folder


@pytest.fixture
def copy(made, tmp_path):
    for path in made.iterdir():
        shutil.copy(path, tmp_path)
    return tmp_path


def test_mass_closes(made):
    table = pd.read_csv(made / "closure.csv")
    assert len(table) == len(SECTORS) * len(SPECIES)
    assert table["relative_error"].abs().max() < 1e-7


def test_the_file_follows_the_contract(made):
    ds = open_netcdf(made / "gridded.nc")
    assert ds["SO2"].dims == ("month", "sector", "y", "x")
    assert ds["SO2"].dtype == np.float32
    assert ds["SO2"].attrs["units"] == "kg m-2 s-1"
    assert ds["cell_area"].dtype == np.float64
    assert ds["outside"].dims == ("species", "month", "sector")
    assert ds["release"].sum("layer").values == pytest.approx(np.ones(15), rel=1e-12)
    assert ds["release_slab"].sum("slab").values == pytest.approx(np.ones(15), rel=1e-12)
    assert ds.attrs["year"] == 2016
    assert ds["crs"].attrs["grid_mapping_name"] == "lambert_conformal_conic"
    assert ds["x"].values[0] < ds["x"].values[-1]


def test_the_year_is_a_leap_year(made):
    """February of 2016 has 29 days: a flat sector keeps its rate."""
    ds = open_netcdf(made / "gridded.nc")
    flux = ds["CO"].sel(sector="waste_other").sum(("y", "x"))
    assert float(flux[1] / flux[0]) == pytest.approx(1, rel=1e-5)


def test_plants_are_in_their_cell(made):
    """A cell holds the operator's share of every city's rest and its plants, exactly."""
    ds = open_netcdf(made / "gridded.nc")
    grid_, operators, _ = io.read_spatial(made / "spatial.nc")
    plants = pd.read_csv(made / "points.csv")
    plants = plants[plants["sector"] == "power"]
    cells = grid_.locate(plants["lon"], plants["lat"])
    cell = int(cells[0])
    total = open_netcdf(made / "cities.nc")["emission"].sel(sector="power", species="SO2").values
    rest = total - plants["SO2"].to_numpy()
    expected = operators["power"][[cell]] @ rest + plants["SO2"].to_numpy()[cells == cell].sum()
    flux = ds["SO2"].sel(sector="power").values.reshape(12, -1)[:, cell]
    mass = (flux * seconds_in_months(2016)).sum() * ds["cell_area"].values.ravel()[cell] / 1000
    assert mass == pytest.approx(expected[0], rel=1e-6)


def test_columns_sum_to_one(made):
    _, operators, cities = io.read_spatial(made / "spatial.nc")
    assert cities == CITIES
    for matrix in operators.values():
        assert np.asarray(matrix.sum(axis=0)).ravel() == pytest.approx(
            np.ones(len(CITIES)), rel=1e-12
        )


def test_the_same_input_gives_the_same_bytes(copy):
    first = (copy / "gridded.nc").read_bytes()
    grid(copy)
    assert (copy / "gridded.nc").read_bytes() == first


def _change(path, name, index, value):
    with netCDF4.Dataset(path, "a") as data:
        data[name][index] = value


def test_a_changed_cell_of_the_output_stops_the_closure(copy):
    ds = open_netcdf(copy / "cities.nc")
    _change(copy / "gridded.nc", "SO2", (3, 0, 30, 30), 1e-5)
    with pytest.raises(MassBalanceError, match="SO2, power"):
        io.close_gridded(copy / "gridded.nc", emission=ds["emission"], year=2016)


@pytest.mark.parametrize(("value", "message"), [(np.nan, "no number"), (-1.0, "below 0")])
def test_bad_city_totals_stop(copy, value, message):
    _change(copy / "cities.nc", "emission", (0, 0, 0), value)
    with pytest.raises(InputError, match=message):
        grid(copy)


def test_a_wrong_unit_stops(copy):
    with netCDF4.Dataset(copy / "cities.nc", "a") as data:
        data["emission"].units = "kt yr-1"
    with pytest.raises(UnitsError):
        grid(copy)


def test_a_changed_operator_stops(copy):
    _change(copy / "spatial.nc", "weight", 5, 0.9)
    with pytest.raises(InputError, match="doesn't sum to 1"):
        grid(copy)


def test_another_case_stops(copy):
    ds = open_netcdf(copy / "cities.nc").isel(city=slice(1, None))
    write_netcdf(ds, copy / "cities.nc", title="test")
    with pytest.raises(InputError, match="coordinate city"):
        grid(copy)


def test_plants_above_their_city_stop(copy):
    table = pd.read_csv(copy / "points.csv")
    table.loc[3, "NOx"] *= 2
    write_csv(table, copy / "points.csv")
    with pytest.raises(MassBalanceError, match="emit more than the city's total"):
        grid(copy)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("sector", "magic", "unknown sector"),
        ("adcode", 999999, "unknown adcode"),
        ("CO", -1.0, "negative or no number"),
        ("lon", np.nan, "negative or no number"),
    ],
)
def test_bad_plants_stop(copy, column, value, message):
    table = pd.read_csv(copy / "points.csv")
    table.loc[2, column] = value
    write_csv(table, copy / "points.csv")
    with pytest.raises(InputError, match=message):
        grid(copy)


def test_city_totals_are_compared_with_their_own_closure(copy):
    emission = open_netcdf(copy / "cities.nc")["emission"]
    table = emission.sum("city").to_dataframe("mass_out").reset_index()
    write_csv(table, copy / "cities.closure.csv")
    io.require_totals(emission, copy / "cities.closure.csv", where="cities.nc")
    _change(copy / "cities.nc", "emission", (3, 2, 1), 12.5)
    changed = open_netcdf(copy / "cities.nc")["emission"]
    with pytest.raises(MassBalanceError, match="NOx, industrial_boilers"):
        io.require_totals(changed, copy / "cities.closure.csv", where="cities.nc")


def test_a_sector_follows_the_users_raster(copy):
    lat = 30 + 0.1 * (np.arange(150) + 0.5)
    lon = 108 + 0.1 * (np.arange(150) + 0.5)
    lights = xr.DataArray(
        np.random.default_rng(0).lognormal(0, 2, (150, 150)),
        dims=("lat", "lon"),
        coords={"lat": lat, "lon": lon},
        name="lights",
    )
    lights.to_netcdf(copy / "lights.nc")
    proxy = {"sector": "solvent", "path": str(copy / "lights.nc")}
    config = {**CONFIG, "gridding": {"rasters": [proxy]}}
    io.build_spatial(config=config, spatial=copy / "new.nc")
    _, ours, _ = io.read_spatial(copy / "spatial.nc")
    _, new, _ = io.read_spatial(copy / "new.nc")
    assert abs(new["solvent"] - ours["solvent"]).max() > 0.01
    assert abs(new["on_road"] - ours["on_road"]).max() == 0
    # a prefecture's brightest cell gets the most
    city = list(CITIES).index(110000)
    assert new["solvent"][:, [city]].nnz > 100


def test_no_plants_at_all(copy):
    table = pd.read_csv(copy / "points.csv")
    write_csv(table.iloc[:0], copy / "points.csv")
    grid(copy)
    assert pd.read_csv(copy / "closure.csv")["relative_error"].abs().max() < 1e-7


def test_a_truncated_input_stops(copy):
    raw = (copy / "cities.nc").read_bytes()
    (copy / "cities.nc").write_bytes(raw[: len(raw) // 2])
    with pytest.raises(InputError, match="not a readable netCDF"):
        grid(copy)


def test_a_failed_run_spoils_nothing(copy):
    before = (copy / "gridded.nc").read_bytes()
    _change(copy / "cities.nc", "emission", (0, 0, 0), -1.0)
    with pytest.raises(InputError):
        grid(copy)
    assert (copy / "gridded.nc").read_bytes() == before


LATLON = {
    "gdtyp": 1,
    "xorig": 110.0,
    "yorig": 34.0,
    "xcell": 0.25,
    "ycell": 0.25,
    "ncols": 40,
    "nrows": 32,
}
POLAR = {
    "gdtyp": 6,
    "xorig": -4e5,
    "yorig": -6.2e6,
    "xcell": 27e3,
    "ycell": 27e3,
    "ncols": 30,
    "nrows": 40,
}
POLES = {"latlon": (0, 0, 0, 0, 0), "polar": (1, 60, 114, 114, 90)}


@pytest.mark.parametrize(("name", "numbers"), [("latlon", LATLON), ("polar", POLAR)])
def test_any_projection_of_a_griddesc(tmp_path, name, numbers):
    keys = ("p_alp", "p_bet", "p_gam", "xcent", "ycent")
    own = {
        "name": "OWN",
        "projection": "OWN",
        **numbers,
        **dict(zip(keys, POLES[name], strict=True)),
    }
    case = CaseConfig.model_validate({"units": "2+26", "grid": own})
    io.build_spatial(
        config={"case": case.model_dump(mode="json"), "gridding": {}}, spatial=tmp_path / "s.nc"
    )
    found, operators, _ = io.read_spatial(tmp_path / "s.nc")
    assert found == case.grid.build()
    for matrix in operators.values():
        assert np.asarray(matrix.sum(axis=0)).ravel() == pytest.approx(np.ones(28), rel=1e-12)
    beijing = list(CITIES).index(110000)
    cell = int(found.locate(116.4, 39.9))
    assert operators["heating"][:, [beijing]].toarray().argmax() == cell
