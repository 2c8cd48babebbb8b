"""DESID export: factors, groups, masks, namelists and the round trip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from scenair.cmaq import desid, desid_masks, desid_namelist, desid_roundtrip
from scenair.cmaq.check import Context, check_files
from scenair.cmaq.check_names import read_mechanism
from scenair.cmaq.desid import Region, Rule
from scenair.cmaq.io_desid import read_back, read_gridded, write_desid, write_masks
from scenair.cmaq.io_tools import IoapiReader
from scenair.core.errors import InputError, UnitsError
from scenair.core.grids import CN36
from scenair.core.periods import seconds_in_months
from scenair.core.species import POLLUTANTS, SPECIES
from tests.cmaq.test_desid_namelist import SHIPPED

GRID = CN36.nest(name="TEST36", ratio=1, col0=90, row0=60, cols=6, rows=4)
CITIES = [110000, 130100, 130600]
MECHANISM = read_mechanism()


@dataclass(frozen=True)
class Stream:
    label: str
    sectors: tuple[str, ...]
    share: np.ndarray

    @property
    def point_label(self) -> str:
        return self.label.replace("GR_", "PT_")


STREAMS = (
    Stream("GR_POWER", ("power",), np.ones((1, len(POLLUTANTS)))),
    Stream("GR_OTHER", ("residential", "on_road"), np.ones((2, len(POLLUTANTS)))),
)


def emission(scale: float = 1.0, *, cities: list[int] = CITIES) -> xr.DataArray:
    sectors = ["power", "residential", "on_road"]
    shape = (len(cities), len(sectors), len(SPECIES))
    values = np.arange(1, np.prod(shape) + 1, dtype=float).reshape(shape)
    out = xr.DataArray(
        values,
        dims=("city", "sector", "species"),
        coords={"city": cities, "sector": sectors, "species": list(SPECIES)},
        attrs={"units": "Mg yr-1"},
    )
    # black and organic carbon are part of PM2.5, PM2.5 of PM10
    out.loc[{"species": "PM25"}] = out.sel(species="BC") + 2 * out.sel(species="OC") + 5
    out.loc[{"species": "PM10"}] = out.sel(species="PM25") + 3
    return (out * scale).assign_attrs(out.attrs)


def parts_of(e: xr.DataArray) -> xr.DataArray:
    return desid.stream_parts(e, streams=STREAMS, om_oc=1.4)


def test_parts_do_not_overlap_and_close():
    e = emission()
    p = desid.parts(e, om_oc=1.4)
    fine = p.sel(part="BC") + 1.4 * p.sel(part="OC") + p.sel(part="PM25_REST")
    np.testing.assert_allclose(fine, e.sel(species="PM25"))
    np.testing.assert_allclose(fine + p.sel(part="PMC"), e.sel(species="PM10"), rtol=1e-12)
    with pytest.raises(UnitsError):
        desid.parts(e.assign_attrs(units="kt yr-1"), om_oc=1.4)


def test_streams_sum_their_sectors_with_their_shares():
    e = emission()
    half = Stream("GR_HALF", ("on_road",), np.full((1, len(POLLUTANTS)), 0.5))
    p = desid.stream_parts(e, streams=(*STREAMS, half), om_oc=1.4)
    nox = e.sel(species="NOx")
    got = p.sel(part="NOx", stream="GR_OTHER")
    np.testing.assert_allclose(got, nox.sel(sector=["residential", "on_road"]).sum("sector"))
    np.testing.assert_allclose(p.sel(part="NOx", stream="GR_HALF"), nox.sel(sector="on_road") / 2)
    with pytest.raises(InputError, match="unknown sector"):
        desid.stream_parts(
            e, streams=(Stream("X", ("steel",), np.ones((1, len(POLLUTANTS)))),), om_oc=1.4
        )


def test_ratio_of_nothing_to_nothing_is_one_and_something_from_nothing_is_refused():
    old, new = parts_of(emission()), parts_of(emission(0.5))
    zero = {"city": CITIES[0], "stream": "GR_POWER", "part": "NH3"}
    old.loc[zero] = 0
    both = new.copy()
    both.loc[zero] = 0
    assert float(desid.ratio(both, old).sel(**zero)) == 1
    regions = [Region("C110000", (CITIES[0],)), Region("REST", tuple(CITIES[1:]))]
    with pytest.raises(InputError, match="DESID can only multiply"):
        desid.group_factors(new, old, regions=regions)
    # in a group whose base has some, it is part of the error
    one = desid.group_factors(new, old, regions=[Region("ALL", tuple(CITIES))])
    assert float(one.sel(stream="GR_POWER", part="NH3").item()) > 0.5


@pytest.mark.parametrize(
    ("by", "labels"),
    [
        ("city", ["C110000", "C130100", "C130600"]),
        ("province", ["P110000", "P130000"]),
        ("everywhere", ["EVERYWHERE"]),
        ("type", ["T01", "T02"]),
        ("equal", ["G001"]),
        ("auto", ["G001"]),
    ],
)
def test_groups(by, labels):
    factor = desid.ratio(parts_of(emission(0.5)), parts_of(emission()))
    kinds = xr.DataArray(["b", "a", "b"], dims="city", coords={"city": CITIES})
    regions = desid.regions_of(factor, by=by, city_type=kinds)
    assert [r.label for r in regions] == labels
    assert sorted(c for r in regions for c in r.cities) == CITIES
    assert all(len(r.label) <= 16 and r.label == r.label.upper() for r in regions)


def test_equal_separates_what_differs():
    new = emission(0.5)
    new.loc[{"city": 130100, "species": "SO2"}] *= 0.9
    factor = desid.ratio(parts_of(new), parts_of(emission()))
    regions = desid.regions_of(factor, by="equal")
    assert [r.cities for r in regions] == [(110000, 130600), (130100,)]


def _many(n: int) -> tuple[xr.DataArray, xr.DataArray]:
    cities = [110000 + 100 * i for i in range(n)]
    old, new = emission(cities=cities), emission(cities=cities)
    new = new * xr.DataArray(np.linspace(0.3, 0.9, n), dims="city", coords={"city": cities})
    return parts_of(new.assign_attrs(old.attrs)), parts_of(old)


def test_more_than_99_regions_are_refused_and_auto_finds_a_way():
    new, old = _many(100)
    factor = desid.ratio(new, old)
    for by in ("city", "equal"):
        with pytest.raises(InputError, match="ignores every rule after the 99th"):
            desid.regions_of(factor, by=by)
    assert len(desid.regions_of(factor.isel(city=slice(99)), by="city")) == 99
    assert {r.label[0] for r in desid.regions_of(factor, by="auto")} == {"P"}
    kinds = xr.DataArray(np.arange(100) % 6, dims="city", coords={"city": factor["city"]})
    assert [r.label for r in desid.regions_of(factor, by="auto", city_type=kinds)] == [
        f"T0{i}" for i in range(1, 7)
    ]
    with pytest.raises(InputError, match="no city types"):
        desid.regions_of(factor, by="type")
    with pytest.raises(InputError, match="unknown way"):
        desid.regions_of(factor, by="colour")


def test_similar_makes_at_most_99_groups_of_neighbours():
    new, old = _many(150)
    regions = desid.regions_of(desid.ratio(new, old), by="similar")
    assert len(regions) == 99
    # factors rise with the city's number: groups are runs of neighbours
    assert all(np.ptp(r.cities) <= 100 * (len(r.cities) - 1) for r in regions)
    factor = desid.group_factors(new, old, regions=regions)
    spread = desid_roundtrip.spread(factor, regions=regions, cities=list(new["city"].values))
    table = desid_roundtrip.compare(new, old, ratio=spread, level="city")
    assert table["misplaced"].max() < 0.005


def test_rules_are_counted_by_variable_and_stream():
    rows = [Rule(f"R{i}", "A", "NO", 0.5) for i in range(99)]
    desid.require_rule_limit(rows + [Rule(f"R{i}", "B", "NO", 0.5) for i in range(99)])
    with pytest.raises(InputError, match="NO, stream A") as caught:
        desid.require_rule_limit([*rows, Rule("R100", "A", "NO", 0.5)])
    assert "found: 100" in str(caught.value)


def test_rules_name_every_variable_of_a_part_and_skip_what_stays():
    old = parts_of(emission())
    new = old.copy()
    new.loc[{"part": "NOx", "stream": "GR_POWER"}] *= 0.25
    regions = desid.regions_of(desid.ratio(new, old), by="everywhere")
    rows = desid.rules(desid.group_factors(new, old, regions=regions), mechanism=MECHANISM)
    assert {(r.variable, r.stream, r.region) for r in rows} == {
        (v, "GR_POWER", "EVERYWHERE") for v in ("NO", "NO2", "HONO")
    }
    assert {r.factor for r in rows} == {0.25}


# ---- masks ------------------------------------------------------------------------------------


def test_masks_are_exact_fractions_of_a_cell():
    # half of cell (0, 0) and a fifth of it; the projection's areal scale cancels in the share
    def box(x0, x1):
        x = GRID.xorig + GRID.xcell * np.array([x0, x1])
        y = GRID.yorig + GRID.ycell * np.array([0.0, 1.0])
        lon, lat = GRID.unproject([x[0], x[1], x[1], x[0]], [y[0], y[0], y[1], y[1]])
        return shapely.Polygon(np.column_stack([lon, lat]))

    areas = desid_masks.city_areas({1: box(0.0, 0.5), 2: box(0.5, 0.7)}, GRID)
    regions = [Region("C1", (1,)), Region("C2", (2,))]
    cell = desid_masks.masks(areas, cities=[1, 2], regions=regions, grid=GRID, of="cell")
    np.testing.assert_allclose(cell[:, 0, 0], [0.5, 0.2], atol=2e-4)
    land = desid_masks.masks(areas, cities=[1, 2], regions=regions, grid=GRID)
    np.testing.assert_allclose(land[:, 0, 0], [5 / 7, 2 / 7], atol=2e-4)
    # slivers that the curved edges leave in neighbours are the cities' own there
    assert float(land.sum("region").max()) <= 1 + 1e-6
    with pytest.raises(InputError, match="without a polygon"):
        desid_masks.masks(areas, cities=[1, 2], regions=[Region("C3", (3,))], grid=GRID)


def test_masks_file_passes_the_validator(tmp_path):
    rng = np.random.default_rng(1)
    share = rng.dirichlet([1, 1, 1], size=GRID.shape).transpose(2, 0, 1)[:2].astype(np.float32)
    masks = xr.DataArray(
        share, dims=("region", "y", "x"), coords={"region": ["C110000", "C130100"]}
    )
    for name in ("a.nc", "b.nc"):
        write_masks(masks, tmp_path / name, grid=GRID)
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()
    with IoapiReader([tmp_path / "a.nc"]) as files:
        found = check_files(files, context=Context(mechanism=MECHANISM, grid=GRID))
        back = files[0].read("C110000", None)
    assert not [str(f) for f in found if f.severity != "note"]
    np.testing.assert_array_equal(back[0, 0], share[0])


# ---- prediction -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shares", "factors", "expected"),
    # measured with CMAQ 5.5
    [((0.35,), (0.5,), 0.825), ((0.4, 0.6), (0.5, 0.2), 0.32), ((0.5, 0.5), (0.5, 0.2), 0.35)],
)
def test_prediction_is_what_the_model_did(shares, factors, expected):
    masks = xr.DataArray(np.array(shares)[:, None, None], dims=("region", "y", "x"))
    factor = xr.DataArray(np.array(factors), dims="region")
    got = desid_roundtrip.predicted_ratio(masks, factor)
    assert got.item() == pytest.approx(expected)


@given(st.lists(st.floats(0, 2), min_size=3, max_size=3))
def test_prediction_is_exact_where_cells_are_not_shared(values):
    masks = xr.DataArray(np.eye(3)[:, None, :], dims=("region", "y", "x"))
    factor = xr.DataArray(values, dims="region")
    np.testing.assert_allclose(
        desid_roundtrip.predicted_ratio(masks, factor).values[0], values, atol=1e-12
    )


def test_comparison_counts_misplaced_mass():
    base = xr.DataArray(np.ones((1, 1, 2)), dims=("stream", "part", "x"))
    base = base.assign_coords(stream=["A"], part=["SO2"])
    scenario = base * xr.DataArray([0.5, 1.5], dims="x")
    row = desid_roundtrip.compare(scenario, base, ratio=base, level="cell").iloc[0]
    assert row["relative_error"] == 0
    assert row["misplaced"] == pytest.approx(0.25)


# ---- the whole export -------------------------------------------------------------------------


def _case(tmp_path, *, by="auto", factors=(0.5, 0.8, 1.0)):
    old, new = emission(), emission()
    f = xr.DataArray(list(factors), dims="city", coords={"city": CITIES})
    new = (new * f).assign_attrs(old.attrs)
    paths = {}
    for name, data in (("scenario", new), ("base", old)):
        paths[name] = tmp_path / f"{name}.nc"
        xr.Dataset({"emission": data}).to_netcdf(paths[name])
    columns = np.linspace(0, GRID.ncols, 4)
    shapes = {}
    for i, c in enumerate(CITIES):
        x = GRID.xorig + GRID.xcell * columns[[i, i + 1]]
        y = np.array([GRID.yorig, GRID.yorig + GRID.nrows * GRID.ycell])
        lon, lat = GRID.unproject([x[0], x[1], x[1], x[0]], [y[0], y[0], y[1], y[1]])
        shapes[c] = shapely.Polygon(np.column_stack([lon, lat]))
    (tmp_path / "shipped.nml").write_text(SHIPPED)
    table = write_desid(
        scenario=paths["scenario"], base=paths["base"], streams=STREAMS, om_oc=1.4, grid=GRID,
        mechanism=MECHANISM, geometries=shapes, folder=tmp_path / "desid", by=by,
        shipped=tmp_path / "shipped.nml",
    )  # fmt: skip
    return table, tmp_path / "desid"


def test_export_writes_what_it_promises(tmp_path):
    table, folder = _case(tmp_path)
    assert {p.name for p in folder.iterdir()} == {
        "masks.nc", "CMAQ_Control_DESID.nml", "rules.nml", "regions.csv", "factors.csv",
        "roundtrip.csv", "shipped.nml",
    }  # fmt: skip
    # equal factors: exact by city
    assert table["misplaced"].max() < 1e-12
    rows = desid_namelist.parse_rules((folder / "shipped.nml").read_text())
    assert {r.stream for r in rows[2:]} == {"GR_POWER", "PT_POWER", "GR_OTHER", "PT_OTHER"}
    assert {round(r.factor, 9) for r in rows[2:]} == {0.5, 0.8}
    with IoapiReader([folder / "masks.nc"]) as files:
        found = check_files(files, context=Context(mechanism=MECHANISM, grid=GRID))
        names = set(files[0].data_variables)
    assert not [str(f) for f in found if f.severity == "error"]
    assert {r.region for r in rows[2:]} <= names


def test_files_that_were_changed_are_noticed(tmp_path):
    _, folder = _case(tmp_path)
    regions = [
        Region(r, tuple(c))
        for r, c in pd.read_csv(folder / "regions.csv").groupby("region")["adcode"]
    ]
    old = parts_of(emission())
    f = xr.DataArray([0.5, 0.8, 1.0], dims="city", coords={"city": CITIES})
    factor = desid.group_factors((old * f).assign_attrs(old.attrs), old, regions=regions)
    with IoapiReader([folder / "masks.nc"]) as (file,):
        values = [file.read(r.label, None)[0, 0] for r in regions]
    masks = xr.DataArray(
        np.stack(values).astype(np.float32), dims=("region", "y", "x"),
        coords={"region": [r.label for r in regions]},
    )  # fmt: skip
    read_back(folder, masks=masks, factor=factor, mechanism=MECHANISM)
    rules = folder / "rules.nml"
    rules.write_text(rules.read_text().replace(",0.5,", ",0.6,", 1))
    with pytest.raises(InputError, match="do not hold what was computed"):
        read_back(folder, masks=masks, factor=factor, mechanism=MECHANISM)


def test_export_by_everywhere_keeps_the_total_and_reports_the_rest(tmp_path):
    table, folder = _case(tmp_path, by="everywhere")
    assert not (folder / "masks.nc").exists()
    # factors are written with nine digits
    assert table["relative_error"].abs().max() < 2e-9
    assert table["misplaced"].max() > 0.05


def test_gridded_file_is_read_as_annual_mass(tmp_path):
    coords = {"month": np.arange(1, 13), "sector": ["power"], "y": GRID.y, "x": GRID.x}
    flux = xr.DataArray(
        np.full((12, 1, *GRID.shape), 2e-9, dtype=np.float32),
        dims=("month", "sector", "y", "x"), coords=coords, attrs={"units": "kg m-2 s-1"},
    )  # fmt: skip
    area = xr.DataArray(GRID.cell_area, dims=("y", "x"), attrs={"units": "m2"})
    path = tmp_path / "gridded.nc"
    xr.Dataset({"SO2": flux, "cell_area": area}, attrs={"year": 2028}).to_netcdf(path)
    mass = read_gridded(path)
    expected = np.float32(2e-9).astype(float) * GRID.cell_area.sum() * seconds_in_months(2028).sum()
    assert float(mass.sum()) == pytest.approx(expected / 1e3, rel=1e-12)
    xr.Dataset({"cell_area": area}, attrs={"year": 2028}).to_netcdf(path)
    with pytest.raises(InputError, match="no emission fields"):
        read_gridded(path)


def test_other_cities_in_the_base_are_refused(tmp_path):
    xr.Dataset({"emission": emission()}).to_netcdf(tmp_path / "a.nc")
    xr.Dataset({"emission": emission(cities=[110000, 130100, 130200])}).to_netcdf(tmp_path / "b.nc")
    with pytest.raises(InputError, match="other cities"):
        write_desid(
            scenario=tmp_path / "a.nc", base=tmp_path / "b.nc", streams=STREAMS, om_oc=1.4,
            grid=GRID, mechanism=MECHANISM, geometries={}, folder=tmp_path / "d",
        )  # fmt: skip


def test_region_table_is_readable(tmp_path):
    _, folder = _case(tmp_path)
    table = pd.read_csv(folder / "regions.csv")
    assert sorted(table["adcode"]) == CITIES
