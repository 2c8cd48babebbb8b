"""Rule function of cmaq on a small grid: closure from the files, no overlap, refusals."""

from __future__ import annotations

import datetime as dt
import shutil

import netCDF4
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.cmaq import io, io_inputs
from scenair.cmaq.io_archive import archive_copy
from scenair.config.case import CaseConfig
from scenair.config.cmaq import CmaqConfig
from scenair.core.errors import InputError, MassBalanceError
from scenair.core.io.netcdf import write_netcdf
from scenair.core.io.tables import write_csv
from scenair.core.periods import seconds_in_months
from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES
from tests.cmaq.ioapi_files import GRID

CITIES = (130100, 130200)
YEAR = 2016
PLANT_SECTORS = ("power", "cement")


def gridded_and_points(folder, *, year: int = YEAR) -> None:
    """gridded.nc as its contract says, two plants of known emission in it."""
    rng = np.random.default_rng(11)
    n = GRID.size
    base = rng.lognormal(0, 1, (len(SECTORS), n)) * (rng.random((len(SECTORS), n)) < 0.6)
    share = rng.dirichlet(np.full(12, 8.0), size=(len(SECTORS), len(SPECIES), len(CITIES)))
    scale = dict.fromkeys(SPECIES, 1.0) | {"PM10": 1.5, "BC": 0.1, "OC": 0.3, "CO2": 800.0}
    lon, lat = GRID.unproject([GRID.x[2], GRID.x[7] + 5000], [GRID.y[1], GRID.y[5] - 3000])
    points = pd.DataFrame(
        {
            "id": ["a", "b"],
            "lon": lon,
            "lat": lat,
            "adcode": CITIES,
            "sector": PLANT_SECTORS,
            **{s: [5.0 * scale[s], 3.0 * scale[s]] for s in SPECIES},
        }
    )
    write_csv(points, folder / "points.csv")
    cell = GRID.locate(lon, lat)
    seconds = seconds_in_months(year)
    area = GRID.cell_area.ravel()
    ds = xr.Dataset(
        coords={
            "month": np.arange(1, 13),
            "sector": list(SECTORS),
            "species": list(SPECIES),
            "x": GRID.x,
            "y": GRID.y,
            "city": np.array(CITIES, dtype=np.int32),
        }
    )
    mass = np.zeros((len(SPECIES), 12, len(SECTORS)))
    for j, name in enumerate(SPECIES):
        # particles share one seasonal cycle, or BC could exceed PM2.5 in a month
        k = SPECIES.index("PM25") if name in ("PM10", "BC", "OC") else j
        kg = base[None] * 1000 * scale[name] * share[:, k].mean(axis=1).T[:, :, None]
        kg = kg * (np.array(SECTORS) != "agriculture")[None, :, None] if name != "NH3" else kg
        share[:, j] = share[:, k]
        for p in range(2):
            s = SECTORS.index(PLANT_SECTORS[p])
            kg[:, s, cell[p]] += points[name][p] * 1000 * share[s, j, p]
        mass[j] = kg.sum(axis=2)
        flux = (kg / (area * seconds[:, None, None])).astype(np.float32)
        ds[name] = (
            ("month", "sector", "y", "x"),
            flux.reshape(12, len(SECTORS), *GRID.shape),
            {"units": "kg m-2 s-1"},
        )
    table = ("species", "month", "sector")
    ds["mass"] = (table, mass, {"units": "kg"})
    ds["outside"] = (table, np.zeros_like(mass), {"units": "kg"})
    ds["month_share"] = (
        ("sector", "species", "month", "city"), share.transpose(0, 1, 3, 2), {"units": "1"},
    )  # fmt: skip
    release = np.zeros((len(SECTORS), 2))
    release[:, 0] = 0.25
    release[:, 1] = 0.75
    ds["release_slab"] = (("sector", "slab"), release, {"units": "1"})
    ds = ds.assign_coords(
        slab_bottom=("slab", [0.0, 40.0], {"units": "m"}),
        slab_top=("slab", [40.0, 100.0], {"units": "m"}),
    )
    ds["cell_area"] = (("y", "x"), GRID.cell_area, {"units": "m2"})
    ds["crs"] = ((), np.int32(0), GRID.cf_attributes())
    write_netcdf(ds, folder / "gridded.nc", title="test", attrs={"year": year})


def build(folder, **options):
    io.build_cmaq(
        year=YEAR,
        scenario="history",
        config={"case": CaseConfig().model_dump(mode="json"), "cmaq": options},
        gridded=folder / "gridded.nc",
        points=folder / "points.csv",
        griddesc=folder / "cmaq" / "GRIDDESC",
        emis=folder / "cmaq" / "emis",
        stack=folder / "cmaq" / "points",
        listing=folder / "cmaq" / "streams.csv",
        dates=folder / "cmaq" / "dates.csv",
        closure=folder / "cmaq" / "closure.csv",
        totals=folder / "cmaq" / "totals.csv",
        kit=folder / "cmaq",
    )


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    gridded_and_points(folder)
    return folder


@pytest.fixture
def copy(inputs, tmp_path):
    for path in inputs.iterdir():
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def february(tmp_path_factory, inputs):
    """Every day of a leap February, so that the month can be summed from files."""
    folder = tmp_path_factory.mktemp("february")
    for path in inputs.iterdir():
        shutil.copy(path, folder)
    build(folder, days=tuple(f"02-{d:02d}" for d in range(1, 30)))
    return folder


def trapezoid(folder, pattern: str, *names: str) -> float:
    """Sum of the trapezoids of some variables over files."""
    total = 0.0
    for path in sorted((folder / "cmaq").glob(pattern)):
        with netCDF4.Dataset(path) as data:
            for name in set(names) & set(data.variables):
                values = np.asarray(data[name][:], dtype=np.float64).reshape(25, -1).sum(axis=1)
                total += np.trapezoid(values, dx=3600.0)
    return total


def month_mass(folder, name: str, month: int, sectors=SECTORS) -> float:
    with xr.open_dataset(folder / "gridded.nc") as ds:
        mass = ds["mass"].sel(species=name, month=month, sector=list(sectors))
        return float(mass.sum())


def test_closure_is_written_and_small(february):
    table = pd.read_csv(february / "cmaq" / "closure.csv")
    assert table["relative_error"].abs().max() < 2e-7
    assert set(table["stage"].str.split().str[1]) == {"month", "emis", "points"}


def test_a_leap_february_summed_from_all_its_files(february):
    """Moles of nitrogen and grams of elemental carbon, gridded and points together."""
    moles = trapezoid(february, "*/*_201602*.nc", "NO", "NO2", "HONO")
    assert moles * 46.0055e-3 == pytest.approx(month_mass(february, "NOx", 2), rel=1e-6)
    grams = trapezoid(february, "*/*_201602*.nc", "PEC")
    assert grams / 1000 == pytest.approx(month_mass(february, "BC", 2), rel=1e-6)


def test_points_hold_the_plants_and_emis_does_not(february):
    points = pd.read_csv(february / "points.csv")
    with xr.open_dataset(february / "gridded.nc") as ds:
        share = ds["month_share"].sel(species="CO", month=2)
        plants = sum(
            p.CO * float(share.sel(sector=p.sector, city=p.adcode)) for p in points.itertuples()
        )
    moles = trapezoid(february, "points/inln_*.nc", "CO")
    assert moles * 28.0101e-6 == pytest.approx(plants, rel=1e-6)
    both = moles + trapezoid(february, "emis/*.nc", "CO")
    assert both * 28.0101e-3 == pytest.approx(month_mass(february, "CO", 2), rel=1e-6)


def test_fine_particles_sum_to_pm25(february):
    fine = ["PEC", "POC", "PNCOM", "PMOTHR", "PSO4", "PNO3", "PNH4", "PNA", "PCL", "PK", "PCA"]
    fine += ["PMG", "PFE", "PAL", "PSI", "PTI", "PMN"]
    grams = trapezoid(february, "*/*.nc", *fine)
    assert grams / 1000 == pytest.approx(month_mass(february, "PM25", 2), rel=1e-6)


def test_record_25_is_record_1_of_the_next_day(february):
    folder = february / "cmaq" / "emis"
    for day in (1, 12, 28):
        one = folder / f"emis_transport_TEST36_201602{day:02d}.nc"
        two = folder / f"emis_transport_TEST36_201602{day + 1:02d}.nc"
        with netCDF4.Dataset(one) as a, netCDF4.Dataset(two) as b:
            assert np.array_equal(a["NO"][24], b["NO"][0])


def test_the_default_kit_is_one_weekday_of_january_and_of_july(copy):
    build(copy)
    names = sorted(p.name for p in (copy / "cmaq" / "emis").glob("emis_power_*"))
    assert names == ["emis_power_TEST36_20160113.nc", "emis_power_TEST36_20160713.nc"]


def test_every_file_satisfies_the_checker(february):
    from scenair.cmaq.check import Context, check_files
    from scenair.cmaq.check_names import read_mechanism
    from scenair.cmaq.io_tools import IoapiReader

    paths = sorted((february / "cmaq").glob("*/*_20160210.nc"))
    paths += sorted((february / "cmaq" / "points").glob("stack_groups*"))
    table = pd.read_csv(february / "cmaq" / "totals.csv")
    table = table[table["file"].str.contains("20160210")]
    with IoapiReader(paths) as files:
        found = check_files(
            files, context=Context(mechanism=read_mechanism(), grid=GRID, table=table)
        )
    assert [f for f in found if f.severity in ("error", "warning")] == []


def test_agriculture_has_only_what_it_emits(february):
    with netCDF4.Dataset(february / "cmaq/emis/emis_agriculture_TEST36_20160201.nc") as data:
        assert set(data.variables) == {"TFLAG", "NH3"}


def test_the_same_input_gives_the_same_bytes(copy):
    build(copy, days=("07-06",))
    paths = sorted((copy / "cmaq").glob("*/*.nc"))
    first = [p.read_bytes() for p in paths]
    build(copy, days=("07-06",))
    assert [p.read_bytes() for p in paths] == first


def test_six_streams_keep_solid_fuel_apart(copy):
    build(copy, days=("01-13",), streams="six")
    listing = pd.read_csv(copy / "cmaq" / "streams.csv").set_index("label")
    assert listing.loc["GR_RES_FIRES", "pcvoc"] == "off"
    assert listing.loc["GR_RESIDENTIAL", "pcvoc"] == "on"
    moles = trapezoid(copy, "emis/emis_residential*", "CO")
    solid = trapezoid(copy, "emis/emis_residential_solid*", "CO")
    assert solid / moles == pytest.approx(0.97, rel=1e-5)


def test_a_changed_cell_of_gridded_nc_stops(copy):
    with netCDF4.Dataset(copy / "gridded.nc", "a") as data:
        data["SO2"][6, 3, 2, 2] = 1e-4
    with pytest.raises(MassBalanceError, match="month 7, sector iron_steel"):
        build(copy)


def test_plants_of_another_run_stop(copy):
    table = pd.read_csv(copy / "points.csv")
    table[list(SPECIES)] *= 1000
    write_csv(table, copy / "points.csv")
    with pytest.raises(MassBalanceError, match="holds less than its plants emit"):
        build(copy)


@pytest.mark.parametrize(
    ("column", "value"), [("NOx", -1.0), ("lat", np.nan), ("sector", "magic"), ("adcode", 1)]
)
def test_bad_plants_stop(copy, column, value):
    table = pd.read_csv(copy / "points.csv")
    table.loc[1, column] = value
    write_csv(table, copy / "points.csv")
    with pytest.raises(InputError, match="line 3"):
        build(copy)


def test_another_year_stops(copy):
    gridded_and_points(copy, year=2017)
    with pytest.raises(InputError, match="wrong year"):
        build(copy)


def test_a_plant_outside_the_grid_is_not_in_the_files(copy):
    table = pd.read_csv(copy / "points.csv")
    extra = table.iloc[[0]].assign(id="far", lon=75.0, lat=40.0)
    write_csv(pd.concat([table, extra]), copy / "points.csv")
    source = io_inputs.read_gridded(copy / "gridded.nc", year=YEAR)
    assert list(io_inputs.read_plants(copy / "points.csv", source=source)["id"]) == ["a", "b"]


def test_a_range_written_just_in_time_is_the_same_bytes(february, copy):
    files = io.write_range(
        start=dt.date(2016, 2, 28),
        stop=dt.date(2016, 3, 1),
        scenario="history",
        config={"cmaq": {}},
        gridded=copy / "gridded.nc",
        points=copy / "points.csv",
        folder=copy / "jit",
    )
    days = {p.stem[-8:] for p in files if p.stem[-8:].isdigit()}
    assert days == {"20160228", "20160229", "20160301"}
    for path in files:
        if "20160301" not in path.name:
            twin = february / "cmaq" / path.parent.name / path.name
            assert path.read_bytes() == twin.read_bytes()
    # the last record of February is the first of March
    stem = "emis_residential_TEST36_2016"
    with (
        netCDF4.Dataset(copy / "jit" / "emis" / f"{stem}0229.nc") as a,
        netCDF4.Dataset(copy / "jit" / "emis" / f"{stem}0301.nc") as b,
    ):
        assert np.array_equal(a["PEC"][24], b["PEC"][0])


def test_dates_say_which_file_serves(copy):
    build(copy)
    dates = pd.read_csv(copy / "cmaq" / "dates.csv")
    assert dates["file_date"].tolist() == ["2016-01-13", "2016-07-13"]


def test_a_second_mechanism_by_its_table(copy):
    build(copy, days=("07-06",), mechanism="saprc07tic_ae7i")
    with netCDF4.Dataset(copy / "cmaq/emis/emis_transport_TEST36_20160706.nc") as data:
        assert {"ALK4", "TOLU", "PEC"} <= set(data.variables)
        assert "PAR" not in data.variables
    assert pd.read_csv(copy / "cmaq" / "closure.csv")["relative_error"].abs().max() < 2e-7


def test_layers_by_metres_keep_the_mass(copy):
    """Release: a quarter below 40 m, the rest to 100 m; model layers to 20, 70 and 300 m."""
    build(copy, days=("07-06",), layer_tops_m=(20.0, 70.0, 300.0, 900.0))
    with netCDF4.Dataset(copy / "cmaq/emis/emis_transport_TEST36_20160706.nc") as data:
        assert data.NLAYS == 3  # nothing is released into the fourth
        assert len(data.VGLVLS) == 4
        assert data.VGLVLS[0] == 1.0
        layers = np.asarray(data["NO"][:], dtype=float).sum(axis=(0, 2, 3))
    expected = [0.125, 0.125 + 0.75 * 0.5, 0.75 * 0.5]
    assert layers / layers.sum() == pytest.approx(expected, rel=1e-5)
    assert pd.read_csv(copy / "cmaq" / "closure.csv")["relative_error"].abs().max() < 2e-7


def test_an_archive_holds_the_same_values_deflated(copy):
    build(copy, days=("07-06",), archive=True)
    path = copy / "cmaq/emis/emis_industry_TEST36_20160706.nc"
    twin = path.parent / "archive" / path.name
    with netCDF4.Dataset(path) as a, netCDF4.Dataset(twin) as b:
        assert b["NO"].filters()["zlib"]
        assert a.getncattr("VAR-LIST") == b.getncattr("VAR-LIST")
        assert b.data_model == "NETCDF4_CLASSIC"
        assert b["NO"].filters()["shuffle"]
        assert b.dimensions["TSTEP"].isunlimited()
        assert len(b.dimensions["TSTEP"]) == 25
        assert all(np.array_equal(a[name][:], b[name][:]) for name in a.variables)
        assert all(a[n].ncattrs() == b[n].ncattrs() for n in a.variables)


def test_an_archive_has_the_same_bytes_with_any_number_of_threads(copy):
    build(copy, days=("07-06",))
    path = copy / "cmaq/emis/emis_industry_TEST36_20160706.nc"
    made = [path.with_name(f"{n}.nc") for n in (1, 2)]
    for n, target in enumerate(made, start=1):
        archive_copy(path, target, threads=n)
    assert made[0].read_bytes() == made[1].read_bytes()


def test_only_whole_files_of_records_are_archived(copy):
    build(copy, days=("07-06",))
    path = copy / "cmaq/emis/emis_industry_TEST36_20160706.nc"
    path.write_bytes(path.read_bytes()[:-100_000])
    with pytest.raises(InputError, match="cut off"):
        archive_copy(path, copy / "twin.nc")
    with netCDF4.Dataset(copy / "other.nc", "w", format="NETCDF3_64BIT_OFFSET") as data:
        data.createDimension("x", 2)
        data.createVariable("a", "f8", ("x",))
    with pytest.raises(InputError, match="four-byte"):
        archive_copy(copy / "other.nc", copy / "twin.nc")
    assert not (copy / "twin.nc").exists()


@pytest.mark.realdata
def test_layers_of_a_real_metcro3d(realdata):
    options = CmaqConfig(layer_tops_from=str(realdata / "model_samples/METCRO3D_au-test_v1.nc"))
    tops = io_inputs.model_layers(options)
    assert 10 < tops[0] < 100
    assert list(tops) == sorted(tops)
