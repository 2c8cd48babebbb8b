"""Nests: what a window of a run gets from the run is what the run has there."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from scenair.core.errors import InputError
from scenair.core.grids import CN36, Grid
from scenair.core.io.netcdf import open_netcdf
from scenair.surrogate.geometry import geometry
from scenair.surrogate.io.fields import build_meteorology
from scenair.surrogate.layers import LAYER_TOPS_M, middle
from scenair.surrogate.meteorology import VARIABLES, meteorology_dataset
from scenair.surrogate.model import run_quarter
from scenair.surrogate.nest_winds import Borders, nest_winds, spread_inside
from scenair.surrogate.nesting import (
    Nest,
    border_weights,
    boundary_values,
    emissions_around,
    entering,
    layer_weights,
    shared_cells,
)
from scenair.surrogate.ozone import Whole
from scenair.surrogate.parametric import wind_profile
from scenair.surrogate.quarter import TRACERS, prepare_quarter
from scenair.surrogate.winds import column_divergence, volume_flow
from scenair.surrogate.year import Emitted, read_emitted, solve_quarter
from tests.surrogate.synthetic import emissions

if TYPE_CHECKING:
    pass

TOPS = np.array(LAYER_TOPS_M)


def window(parent: Grid, *, ratio: int = 1, at=(22, 8), size=(12, 14)) -> Grid:
    """A nest over ``size`` (columns, rows) parent cells."""
    return parent.nest(
        name="WINDOW", ratio=ratio, col0=at[0], row0=at[1], cols=size[0], rows=size[1]
    )


def cut(field: np.ndarray, at=(22, 8), size=(12, 14)) -> np.ndarray:
    """The window of a field of the parent."""
    return field[..., at[1] : at[1] + size[1], at[0] : at[0] + size[0]]


def cut_meteorology(met, grid: Grid, at=(22, 8), size=(12, 14)):
    """The window of the parent's own meteorology."""
    fields = {}
    for name in VARIABLES:
        extra = (int(name.endswith("_x")), int(name.endswith("_y")))
        wide = (size[0] + extra[0], size[1] + extra[1])
        fields[name] = cut(met[name].values.astype(float), at, wide)
    ds = meteorology_dataset(fields, grid=grid, tops=LAYER_TOPS_M)
    ds.attrs = dict(met.attrs)
    return ds


@pytest.fixture
def free_winds(small, repo, tmp_path):
    """Winds made for a grid from the free fields, (x, y), each (quarter, layer, ...)."""

    def make(grid: Grid) -> tuple[np.ndarray, np.ndarray]:
        config = deepcopy(small.config)
        keys = ("name", "xcell", "ycell", "ncols", "nrows", "xorig", "yorig")
        config["case"]["grid"] |= {key: getattr(grid, key) for key in keys}
        shipped = repo / "resources/surrogate"
        build_meteorology(
            config=config, meteorology=tmp_path / "met.nc",
            winds=shipped / "mpi_esm_lr_2005_monthly_east_asia.nc",
            relief=shipped / "etopo20_east_asia.nc",
        )  # fmt: skip
        met = open_netcdf(tmp_path / "met.nc")
        return met["wind_x"].values.astype(float), met["wind_y"].values.astype(float)

    return make


def test_layers_are_means():
    same = layer_weights(TOPS, TOPS)
    np.testing.assert_allclose(same, np.eye(8), atol=1e-12)
    coarse = layer_weights(np.array([100.0, 4000.0]), np.array([40.0, 200.0, 2000.0]))
    np.testing.assert_allclose(coarse, [[0.4, 0.6, 0], [0, 100 / 3900, 1800 / 3900]])


def test_boundary_is_exact_for_a_plane(small):
    """Bilinear weights reproduce a linear field; another projection sees the same air."""
    nest = window(small.grid, ratio=3)
    xx, yy = np.meshgrid(small.grid.x, small.grid.y)
    field = np.broadcast_to(5e6 + xx + 2 * yy, (1, 8, *small.grid.shape))
    got = boundary_values(field, parent=small.grid, grid=nest, parent_tops=TOPS, tops=TOPS)[0]
    west = 5e6 + (nest.x[0] - nest.xcell) + 2 * nest.y[1:-1]
    np.testing.assert_allclose(got[3, 1:-1, 0], west)
    assert (got[:, 1:-1, 1:-1] == 0).all()
    turned = replace(
        nest, name="TURNED", projection="OTHER", p_alp=15.0, p_gam=105.0, xcent=105.0, ycent=30.0,
        xorig=-3e5, yorig=-2e5, xcell=9e3, ycell=9e3, ncols=40, nrows=30,
    )  # fmt: skip
    lon, lat = turned.unproject(turned.x[5:6], turned.y[:1] - turned.ycell)
    x, y = small.grid.project(lon, lat)
    got = boundary_values(field, parent=small.grid, grid=turned, parent_tops=TOPS, tops=TOPS)[0]
    np.testing.assert_allclose(got[0, 0, 5], (5e6 + x + 2 * y)[0])


def test_a_nest_must_lie_inside(small):
    with pytest.raises(InputError, match="reaches beyond its parent"):
        border_weights(small.grid, replace(small.grid, xorig=small.grid.xorig + 5e5))


@pytest.fixture(scope="module")
def pair(small, par, winter):
    """A window of the small case, with the parent's own air, meteorology and sources."""
    sources, _ = emissions(small.grid)
    emitted = read_emitted(sources, 0, year=2015, par=par).tracers
    parent = run_quarter(winter, emitted)
    grid = window(small.grid)
    quarter = prepare_quarter(cut_meteorology(small.met, grid), 0, geo=geometry(grid), par=par)
    values = boundary_values(
        np.stack([parent.tracer[name] for name in TRACERS]),
        parent=small.grid, grid=grid, parent_tops=TOPS, tops=TOPS,
    )  # fmt: skip
    boundary = dict(zip(TRACERS, values, strict=True))
    inflow = entering(quarter, boundary, top_exchange=par["top_exchange"])
    own = {name: cut(field) for name, field in emitted.items()}
    return SimpleNamespace(
        parent=parent, quarter=quarter, own=own, inflow=inflow,
        nested=run_quarter(quarter, own, inflow=inflow), clean=run_quarter(quarter, own),
    )  # fmt: skip


@pytest.mark.parametrize("name", TRACERS)
def test_a_window_of_the_parent_is_the_parent(pair, name):
    """Same cells, winds and sources: only the corners, which have two neighbours, differ."""
    expected, got = cut(pair.parent.tracer[name]), pair.nested.tracer[name]
    error = np.abs(got - expected) / expected.max()
    missing = np.abs(pair.clean.tracer[name] - expected) / expected.max()
    assert error.max() < 0.02
    assert np.sqrt((error**2).mean()) < 0.02 * np.sqrt((missing**2).mean())


@pytest.mark.parametrize("name", TRACERS)
def test_budget_closes_with_inflow(pair, name):
    b = {term: v for (tracer, term), v in pair.nested.budget.items() if tracer == name}
    into = b["emission"] + b["production"] + b["inflow"]
    out = b["dry_deposition"] + b["wet_deposition"] + b["conversion"] + b["outflow"]
    assert b["inflow"] > 0
    assert abs(out / into - 1) < 1e-7


def test_nothing_enters_through_the_top(small, par, winter):
    """In the top layer only the sides of border cells let air of the parent in."""
    ones = {"BC": np.ones(winter.transport.shape)}
    got = entering(winter, ones, top_exchange=par["top_exchange"])["BC"]
    flow = winter.transport.field(winter.transport.inflow) * got
    assert (flow[-1, 1:-1, 1:-1] == 0).all()
    assert flow[-1, 0].max() > 0
    np.testing.assert_array_equal(got[:-1, 0], 1.0)


@pytest.mark.parametrize("ratio", [1, 3, 4, 5])
def test_cells_are_shared_exactly(ratio):
    nest = window(CN36, ratio=ratio, at=(90, 60), size=(5, 4))
    shared = shared_cells(CN36, nest)
    np.testing.assert_allclose(shared.sum(axis=0), 1.0)
    taken = (shared @ nest.cell_area.ravel()).reshape(CN36.shape)
    inside = cut(taken, (90, 60), (5, 4))
    np.testing.assert_allclose(inside, cut(CN36.cell_area, (90, 60), (5, 4)), rtol=1e-6)


def test_emissions_around_are_what_is_missing(small):
    """Own units emit in the west; the east comes from the parent, and nothing comes twice."""
    parent, _ = emissions(small.grid)
    nest = window(small.grid, ratio=2)
    own, _ = emissions(nest)
    shared = shared_cells(small.grid, nest)
    west = np.arange(nest.ncols) < nest.ncols // 2 + 1  # the border goes through cells
    for name in own.data_vars:
        if own[name].dims == ("month", "sector", "y", "x"):
            fine = parent[name].values.reshape(-1, small.grid.size) @ shared
            own[name].values[:] = fine.reshape(own[name].shape) * west
    others = nest.cell_area * ~west
    around, taken = emissions_around(parent, own, parent_grid=small.grid, grid=nest, others=others)
    for name in ("SO2", "BC", "NMVOC"):
        both = (around[name] + own[name]).values * nest.cell_area
        total = (both.sum(axis=(2, 3))).sum()
        wanted = cut(parent[name].values * small.grid.cell_area).sum()
        assert total == pytest.approx(wanted, rel=1e-5)
        assert (around[name].values[..., west] == 0).all()
        mass = (around[name].values * nest.cell_area).sum(axis=(2, 3))
        np.testing.assert_allclose(taken.sel(species=name), mass, rtol=1e-9)
    none, _ = emissions_around(
        parent, own, parent_grid=small.grid, grid=nest, others=np.zeros(nest.shape)
    )
    assert float(none["SO2"].sum()) == 0


def test_ozone_of_a_window_is_that_of_the_parent(small, par):
    """With Ox and VOC of the parent at the borders; with the background it is another."""
    met, gridded = small.met, emissions(small.grid)[0]
    emitted = read_emitted(gridded, 2, year=2015, par=par)
    biogenic = np.full((4, *small.grid.shape), 1.0)
    outer = solve_quarter(met, 2, emitted, biogenic=biogenic, geo=small.geo, par=par, whole=True)
    grid = window(small.grid)
    weather = cut_meteorology(met, grid)
    own = Emitted({k: cut(v) for k, v in emitted.tracers.items()}, cut(emitted.voc))

    def move(values):
        return boundary_values(values, parent=small.grid, grid=grid, parent_tops=TOPS, tops=TOPS)

    tracers = {name: np.stack([move(outer.result.tracer[name])] * 4) for name in TRACERS}
    whole = outer.solution.ozone.whole
    edges = {"own": {}, "parent": {2: Whole(move(whole.oxidant), move(whole.voc))}}
    expected, error = cut(outer.solution.ozone.ozone), {}
    for name, edge in edges.items():
        nest = Nest(tracers, None, "", edge)
        got = solve_quarter(
            weather, 2, own, biogenic=cut(biogenic), geo=geometry(grid), par=par, nest=nest
        )
        error[name] = np.abs(got.solution.ozone.ozone / expected - 1)
    assert error["parent"].max() < 0.02
    assert error["parent"].mean() < 0.1 * error["own"].mean()


def test_winds_of_a_nest_carry_what_the_parent_s_carry(small, par, free_winds):
    """Made anew on the window they differ; with the parent's flow at the borders they do not."""
    grid = window(small.grid)
    geo = geometry(grid)
    own, expected = free_winds(grid), cut_meteorology(small.met, grid)
    theirs = tuple(small.met[n].values.astype(float) for n in ("wind_x", "wind_y"))
    variance = (wind_profile(middle(LAYER_TOPS_M), par=par) - 1) ** 2
    found = nest_winds(
        own, theirs, grid=grid, parent=small.grid, tops=LAYER_TOPS_M, parent_tops=LAYER_TOPS_M,
        variance=variance,
    )  # fmt: skip
    for name, before, after in zip(("wind_x", "wind_y"), own, found, strict=True):
        wanted = expected[name].values
        error, was = (float(np.sqrt(((w - wanted) ** 2).mean())) for w in (after, before))
        assert error < 0.4 * was, name
        # the wind at 10 m is given: the lowest layer hardly moves
        np.testing.assert_allclose(after[:, 0], before[:, 0], atol=0.1)
    flow = volume_flow(found[0][0], found[1][0], geo=geo)
    lid = np.abs(column_divergence(flow.x.sum(axis=0), flow.y.sum(axis=0))).max()
    assert lid < 1e-9 * np.abs(flow.x).max()


def test_potential_flow_fills_a_nest(small, rng):
    """The flow through the borders is that asked for, and nothing is made inside."""
    geo = geometry(window(small.grid))
    ny, nx = geo.area.shape
    sides = [rng.normal(size=n) for n in (ny, ny, nx, nx)]
    sides[1] += Borders(*sides).net() / ny
    x, y = spread_inside(Borders(*sides), geo=geo)
    np.testing.assert_allclose(column_divergence(x, y), 0, atol=1e-12)
    np.testing.assert_array_equal(x[:, 0], sides[0])
    np.testing.assert_array_equal(y[-1], sides[3])
