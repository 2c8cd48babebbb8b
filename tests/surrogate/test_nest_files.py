"""A nest and its parent through their files: inflow, closure, messages."""

from __future__ import annotations

from copy import deepcopy
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from scenair.config.load import dump
from scenair.config.surface import SurfaceConfig
from scenair.core.errors import InputError, MassBalanceError, ScenairError, UnitsError
from scenair.core.io.netcdf import open_netcdf, write_netcdf
from scenair.surrogate.io.annual import build_air_quality
from scenair.surrogate.io.calibration import build_calibration
from scenair.surrogate.io.fields import build_background, build_meteorology, read_meteorology
from scenair.surrogate.io.nest import build_nest_background, match_winds
from scenair.surrogate.io.parent import build_tracers
from scenair.surrogate.io.responsibility import build_responsibility, verify_responsibility
from scenair.surrogate.io.surface import build_runs
from scenair.surrogate.io.tracers import read_background, read_tracers, verify_tracers
from scenair.surrogate.products import PARTS
from scenair.surrogate.quarter import TRACERS
from tests.surrogate.synthetic import emissions
from tests.surrogate.test_nesting import window

if TYPE_CHECKING:
    from pathlib import Path

KIND = {"year": 2015, "scenario": "history"}


@pytest.fixture(scope="module")
def parent(small, tmp_path_factory):
    """The small case with its tracers."""
    folder = tmp_path_factory.mktemp("parent")
    build_air_quality(
        **KIND, config=small.config, annual=folder / "annual.nc", closure=folder / "closure.csv",
        **{n: small.folder / f"{n}.nc" for n in ("gridded", "cities", "meteorology", "background")},
    )  # fmt: skip
    build_tracers(
        **KIND, config=small.config, tracers=folder / "tracers.nc", annual=folder / "annual.nc",
        **{n: small.folder / f"{n}.nc" for n in ("gridded", "meteorology", "background")},
    )  # fmt: skip
    return [folder / "tracers.nc", small.folder / "gridded.nc"]


@pytest.fixture(scope="module")
def nest(small, repo, tmp_path_factory):
    """The files of a nest over the plain, cells half as wide, 28 cities as its own."""
    folder = tmp_path_factory.mktemp("nest")
    grid = window(small.grid, ratio=2, at=(24, 13), size=(7, 7))
    config = deepcopy(small.config)
    keys = ("name", "xcell", "ycell", "ncols", "nrows", "xorig", "yorig")
    config["case"]["grid"] |= {key: getattr(grid, key) for key in keys}
    config["case"] |= {"units": "2+26", "tests_only": True}
    shipped = repo / "resources/surrogate"
    build_meteorology(
        config=config, meteorology=folder / "meteorology.nc",
        winds=shipped / "mpi_esm_lr_2005_monthly_east_asia.nc",
        relief=shipped / "etopo20_east_asia.nc",
    )  # fmt: skip
    build_background(config=config, background=folder / "background.nc")
    gridded, cities = emissions(grid, scale=dict.fromkeys(("SO2", "NOx", "PM25", "NH3"), 0.02))
    write_netcdf(gridded, folder / "gridded.nc", title="synthetic", attrs={"year": 2015})
    write_netcdf(cities, folder / "cities.nc", title="synthetic")
    return SimpleNamespace(folder=folder, config=config, grid=grid)


def build(nest, out: Path, **over) -> Path:
    """Concentrations of the nest."""
    names = ("gridded", "cities", "meteorology", "background")
    build_air_quality(
        **KIND, config=over.pop("config", nest.config), annual=out / "annual.nc",
        closure=out / "closure.csv", **{n: nest.folder / f"{n}.nc" for n in names}, **over,
    )  # fmt: skip
    return out / "annual.nc"


@pytest.fixture(scope="module")
def nested(nest, parent, tmp_path_factory):
    return build(nest, tmp_path_factory.mktemp("nested"), parent=parent)


def test_tracers_hold_what_the_run_has(small, parent):
    ds, grid = read_tracers(parent[0], **KIND)
    assert grid.shape == small.grid.shape
    assert ds["concentration"].dtype == np.float32
    assert ds["concentration"].dims == ("quarter", "tracer", "layer", "y", "x")
    assert ds.attrs["inflow"].startswith("clean")
    found = verify_tracers(parent[0], annual=parent[0].parent / "annual.nc", **KIND)
    assert max(found.values()) < 1e-6
    fields = open_netcdf(parent[0].parent / "annual.nc")
    lowest = ds["concentration"].sel(tracer=["POA", "SOA"]).isel(layer=0).sum("tracer")
    np.testing.assert_allclose(lowest, fields["OA"], rtol=1e-5, atol=1e-6)


def test_closure_with_inflow(nested):
    """Every budget closes, and the emissions around are counted in."""
    table = pd.read_csv(nested.parent / "closure.csv")
    assert table["relative_error"].abs().max() < 1e-6
    stages = {"surrogate input", "surrogate surroundings", "surrogate sources"}
    assert set(table["stage"]) == stages | {"surrogate transport"}
    around = table[table["stage"] == "surrogate surroundings"]
    assert around["mass_out"].sum() > 0
    budget = open_netcdf(nested)["budget"].sel(term="inflow")
    assert budget.dims == ("tracer", "quarter")
    assert (budget > 0).all()


def test_the_origin_is_written(nested, nest, parent, tmp_path):
    from scenair.core.audit.checksums import sha256_of

    attrs = open_netcdf(nested).attrs
    assert attrs["inflow"].startswith("parent china-open ")
    assert sha256_of(parent[0]) in attrs["inflow"]
    assert "tests_only" not in attrs
    attrs = open_netcdf(build(nest, tmp_path)).attrs
    assert attrs["inflow"].startswith("clean")
    assert "tests only" in attrs["tests_only"]


def test_inflow_fills_what_clean_air_lacks(nested, nest, parent, tmp_path):
    """The parent's level, less what its 28 cities emit more than the synthetic nest."""
    with_parent, clean = open_netcdf(nested), open_netcdf(build(nest, tmp_path))
    outer = open_netcdf(parent[0].parent / "annual.nc")
    level = outer["SO4_annual"].values[13:20, 24:31]
    inside = with_parent["SO4_annual"].values
    assert 0.7 * level.mean() < inside.mean() < 1.05 * level.mean()
    assert clean["SO4_annual"].values.mean() < 0.2 * level.mean()
    assert all(float(with_parent[p].min()) >= 0 for p in PARTS)


def test_no_surroundings_where_all_units_are_the_case_s(nest, parent, tmp_path):
    config = deepcopy(nest.config)
    config["case"]["units"] = "all"
    build(nest, tmp_path, parent=parent, config=config)
    table = pd.read_csv(tmp_path / "closure.csv")
    assert "surrogate surroundings" not in set(table["stage"])


def test_a_parent_without_ozone(nest, parent, tmp_path):
    """The ozone module then keeps its own boundary, and the result says so."""
    bare = _damaged(parent[0], tmp_path, lambda ds: ds.drop_vars(["oxidant", "voc"]))
    ds = open_netcdf(build(nest, tmp_path, parent=[bare, parent[1]]))
    assert ds.attrs["inflow"].endswith("keep their own boundary")
    assert float(ds["O3_WARM"].min()) > 0


def test_a_nest_may_be_a_parent(nest, nested, parent, tmp_path):
    build_tracers(
        **KIND, config=nest.config, tracers=tmp_path / "tracers.nc", annual=nested, parent=parent,
        **{n: nest.folder / f"{n}.nc" for n in ("gridded", "meteorology", "background")},
    )  # fmt: skip
    ds, grid = read_tracers(tmp_path / "tracers.nc", **KIND)
    assert grid.name == nest.grid.name
    assert ds.attrs["inflow"].startswith("parent")


def _damaged(path: Path, out: Path, change, **attrs) -> Path:
    ds = open_netcdf(path)
    kept = {k: v for k, v in ds.attrs.items() if k in ("year", "scenario", "case")} | attrs
    write_netcdf(change(ds), out / "tracers.nc", title="changed", attrs=kept)
    return out / "tracers.nc"


def _value(value: float):
    def change(ds):
        ds["concentration"].values[1, 2, 3, 4, 5] = value
        return ds

    return change


def _unit(ds):
    ds["concentration"].attrs["units"] = "kg m-3"
    return ds


def _nameless(ds):
    del ds["crs"].attrs["griddesc_xorig"]
    return ds


def _ozone_unit(ds):
    ds["oxidant"].attrs["units"] = "ug m-3"
    return ds


def _ozone_missing(ds):
    ds["voc"].values[0, 0, 0, 0] = np.nan
    return ds


def _renamed(ds):
    return ds.assign_coords(tracer=[*TRACERS[:-1], "dust"])


@pytest.mark.parametrize(
    ("change", "attrs", "error", "words"),
    [
        (_value(np.nan), {}, InputError, "no number"),
        (_value(-1.0), {}, InputError, "below 0"),
        (_unit, {}, UnitsError, "wrong unit"),
        (lambda ds: ds, {"year": 2017}, InputError, "another year"),
        (lambda ds: ds, {"scenario": "peak"}, InputError, "another year or scenario"),
        (lambda ds: ds.isel(x=slice(1, None)), {}, InputError, "another grid"),
        (lambda ds: ds.assign_coords(x=ds["x"] + 9e3), {}, InputError, "another grid"),
        (lambda ds: ds.isel(tracer=slice(0, 4)), {}, InputError, "another set along tracer"),
        (_renamed, {}, InputError, "another set along tracer"),
        (lambda ds: ds.isel(quarter=[0, 1, 2]), {}, InputError, "another set along quarter"),
        (lambda ds: ds.drop_vars("crs"), {}, InputError, "variable missing"),
        (_nameless, {}, InputError, "on which grid"),
        (lambda ds: ds.drop_vars("voc"), {}, InputError, "variable missing"),
        (lambda ds: ds.isel(warm_quarter=[0]), {}, InputError, "along warm_quarter"),
        (_ozone_unit, {}, UnitsError, "oxidant"),
        (_ozone_missing, {}, InputError, "no number"),
        (lambda ds: ds.drop_vars("layer_top"), {}, InputError, "variable missing"),
        (lambda ds: ds.assign(layer_top=ds["layer_top"][::-1]), {}, InputError, "do not rise"),
    ],
)  # fmt: skip
def test_damaged_tracers_are_refused(nest, parent, tmp_path, change, attrs, error, words):
    path = _damaged(parent[0], tmp_path, change, **attrs)
    with pytest.raises(error, match=words):
        build(nest, tmp_path, parent=[path, parent[1]])
    assert not (tmp_path / "annual.nc").exists()


def test_truncated_tracers(nest, parent, tmp_path):
    path = tmp_path / "tracers.nc"
    path.write_bytes(parent[0].read_bytes()[:20_000])
    with pytest.raises(InputError, match="truncated"):
        build(nest, tmp_path, parent=[path, parent[1]])
    path.write_bytes(b"")
    with pytest.raises(ScenairError):
        build(nest, tmp_path, parent=[path, parent[1]])


def test_emissions_of_another_year_are_refused(small, nest, parent, tmp_path):
    gridded, _ = emissions(small.grid, year=2016)
    write_netcdf(gridded, tmp_path / "gridded.nc", title="other", attrs={"year": 2016})
    with pytest.raises(InputError, match="another year"):
        build(nest, tmp_path, parent=[parent[0], tmp_path / "gridded.nc"])


def test_a_nest_outside_its_parent(small, nest, parent, tmp_path):
    """The nest's own files as parent: it does not lie inside itself."""
    ds = open_netcdf(parent[0]).isel(x=slice(0, 20), y=slice(0, 20))
    ds["crs"].attrs |= {"griddesc_ncols": 20, "griddesc_nrows": 20}
    write_netcdf(ds, tmp_path / "tracers.nc", title="a corner", attrs=dict(KIND))
    with pytest.raises(InputError, match="reaches beyond its parent"):
        build(nest, tmp_path, parent=[tmp_path / "tracers.nc", parent[1]])


def test_background_is_the_parent_s(small, nest, tmp_path):
    """Bilinear from the parent: the same air where cell centres meet, and no other level."""
    path = tmp_path / "background.nc"
    source = small.folder / "background.nc"
    build_nest_background(config=nest.config, parent=source, background=path)
    ds, grid = read_background(path)
    assert grid.name == nest.grid.name
    outer, own = open_netcdf(source), open_netcdf(nest.folder / "background.nc")
    assert set(ds.data_vars) == set(own.data_vars)
    level = outer["BACKGROUND"].values[:, 13:20, 24:31]
    mean = ds["BACKGROUND"].mean(("y", "x"))
    np.testing.assert_allclose(mean, level.mean(axis=(1, 2)), rtol=0.02)
    np.testing.assert_allclose(ds["BACKGROUND"], ds["component_field"].sum("component"), rtol=1e-5)
    damaged = open_netcdf(source)
    damaged["BACKGROUND"].values[0, 0, 0] = np.nan
    write_netcdf(damaged, tmp_path / "damaged.nc", title="damaged")
    with pytest.raises(InputError, match="no number"):
        read_background(tmp_path / "damaged.nc")


def test_responsibility_names_what_is_from_outside(nest, parent, nested, tmp_path):
    """Own cities, other units and inflow add up to the controlled PM2.5 of every receptor."""
    config = deepcopy(nest.config)
    config["surrogate"]["responsibility_coarsening"] = 1
    files = {n: nest.folder / f"{n}.nc" for n in ("gridded", "cities", "meteorology")}
    build_responsibility(
        year=2015, config=config, annual=nested, responsibility=tmp_path / "r.nc", parent=parent,
        **files,
    )  # fmt: skip
    assert verify_responsibility(tmp_path / "r.nc").abs().max() < 1e-6
    ds = open_netcdf(tmp_path / "r.nc")
    inside = ds["concentration"] > 0  # a few of the cities lie north of the nest
    share = (ds["outside"] / ds["concentration"].where(inside)).sel(receptor=inside)
    assert ds["origin"].values.tolist() == ["inflow", "surroundings"]
    assert (ds["outside"] >= 0).all()
    assert 0.3 < float(share.sum("origin").mean()) < 1
    assert ds.attrs["inflow"].startswith("parent")
    build_responsibility(
        year=2015, config=config, annual=build(nest, tmp_path), responsibility=tmp_path / "c.nc",
        **files,
    )  # fmt: skip
    clean = open_netcdf(tmp_path / "c.nc")
    assert float(clean["outside"].max()) == 0
    assert clean.attrs["inflow"].startswith("clean")


def test_surfaces_and_calibration_belong_to_the_parent(nest, tmp_path):
    """Both would take the inflow for clean."""
    config = deepcopy(nest.config) | {"surface": dump(SurfaceConfig())}
    config["surrogate"]["parent"] = "../china"
    config["case"]["tests_only"] = False
    files = dict.fromkeys(("gridded", "meteorology", "background"), tmp_path / "none.nc")
    with pytest.raises(InputError, match="response surface of its own"):
        build_runs(
            year=2015, config=config, design=tmp_path / "d.csv", runs=tmp_path / "r.nc", **files
        )
    outputs = {n: tmp_path / n for n in ("calibration", "evaluation", "pairs")}
    with pytest.raises(InputError, match="calibration of its own"):
        build_calibration(
            year=2015, config=config, coarsening=1, monitors="attainment/monitors_2015.csv",
            annual=tmp_path / "none.nc", **files, **outputs,
        )  # fmt: skip


def test_winds_are_matched_in_the_file(small, nest, repo, tmp_path):
    """Only winds change, they close, and winds of the user's own grid are left alone."""
    path, theirs = tmp_path / "meteorology.nc", small.folder / "meteorology.nc"
    path.write_bytes((nest.folder / "meteorology.nc").read_bytes())
    shipped = repo / "resources/surrogate/mpi_esm_lr_2005_monthly_east_asia.nc"
    match_winds(path, winds=shipped, parent=theirs, config=nest.config)
    before = read_meteorology(nest.folder / "meteorology.nc", grid=nest.grid)
    after = read_meteorology(path, grid=nest.grid)
    changed = {n for n in before.data_vars if not before[n].equals(after[n])}
    assert changed == {"wind_x", "wind_y"}
    assert after.attrs["parent"].startswith("column flow")
    assert after.attrs["synthetic"] == before.attrs["synthetic"]
    kept = path.read_bytes()
    match_winds(path, winds=theirs, parent=theirs, config=nest.config)
    assert path.read_bytes() == kept
    damaged = open_netcdf(theirs)
    damaged["wind_x"].values[0, 0, 0, 0] = np.nan
    write_netcdf(damaged, tmp_path / "damaged.nc", title="damaged")
    with pytest.raises(InputError, match="no number"):
        match_winds(path, winds=shipped, parent=tmp_path / "damaged.nc", config=nest.config)


def test_tracers_of_another_run_are_seen(parent, tmp_path):
    """A surface field that is not that of annual.nc stops the rule."""
    ds = open_netcdf(parent[0].parent / "annual.nc")
    ds["SO4"] = (ds["SO4"] * 1.01).assign_attrs(units="ug m-3")
    write_netcdf(ds, tmp_path / "annual.nc", title="changed")
    with pytest.raises(MassBalanceError, match="not of one run"):
        verify_tracers(parent[0], annual=tmp_path / "annual.nc", **KIND)
