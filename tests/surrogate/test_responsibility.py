"""Source apportionment: additivity, the adjoint, and what the file says."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from scenair.core.errors import MassBalanceError
from scenair.core.io.netcdf import open_netcdf, write_netcdf
from scenair.core.periods import days_in_quarters
from scenair.surrogate.apportionment import SPECIES, Footprints, receptor_weights
from scenair.surrogate.coarsen import coarse_grid, coarse_meteorology
from scenair.surrogate.geometry import geometry
from scenair.surrogate.gridded import read_sources, species_by_sector
from scenair.surrogate.io.responsibility import (
    apportion,
    responsibility_dataset,
    verify_responsibility,
)
from scenair.surrogate.model import run_quarter
from scenair.surrogate.products import surface_parts
from scenair.surrogate.quarter import prepare_quarter
from scenair.surrogate.winds import column_divergence, volume_flow
from tests.surrogate.synthetic import PLACES

GROUPS = {
    "carbon_and_other": ("BC", "OA", "OTHER"),
    "sulfate": ("SO4",),
    "nitrate_ammonium": ("NO3", "NH4"),
}


@pytest.fixture(scope="module")
def matrix(small, par):
    """Three receptors, two sources (west and east), the small case."""
    ds = open_netcdf(small.folder / "gridded.nc")
    sources = read_sources(ds, year=2015, par=par)
    species = species_by_sector(ds, SPECIES, year=2015)
    lon, lat, _ = np.array(PLACES[:3]).T
    cells = small.grid.locate(lon, lat)
    weights = receptor_weights(cells, np.ones(3), np.arange(3), n_units=3, n_cells=small.grid.size)
    east = (np.arange(small.grid.size) % small.grid.ncols) > small.grid.ncols // 2
    # the third source is empty
    shares = sp.csr_matrix(np.stack([~east, east, 0 * east]).astype(float))
    target = {group: np.zeros((3, 4)) for group in GROUPS}
    results = []
    for q in range(4):
        result = run_quarter(
            prepare_quarter(small.met, q, geo=small.geo, par=par), sources.of_quarter(q)
        )
        results.append(result)
        parts = surface_parts(result)
        for group, names in GROUPS.items():
            target[group][:, q] = weights @ np.sum([parts[n] for n in names], axis=0).ravel()
    days = days_in_quarters(2015)
    out, footprint, outside = apportion(
        small.met,
        grid=small.grid,
        sources=sources,
        species=species,
        weights=weights,
        target=target,
        shares=shares,
        days=days,
        par=par,
    )
    ds = responsibility_dataset(
        out, footprint, outside, species=species, shares=shares, days=days,
        adcodes=np.array([110000, 130100, 370100], dtype=np.int32), sectors=sources.sectors,
        grid=small.grid,
    )  # fmt: skip
    total = sum(v @ days / days.sum() for v in target.values())
    ds["concentration"] = (("receptor",), total, {"units": "ug m-3"})
    return ds


def test_contributions_add_up(matrix, tmp_path):
    """Exactly additive, nonlinear chemistry included (test 12)."""
    write_netcdf(matrix, tmp_path / "r.nc", title="test")
    assert verify_responsibility(tmp_path / "r.nc").abs().max() < 1e-6


def test_damaged_matrix_is_seen(matrix, tmp_path):
    bad = matrix.copy(deep=True)
    bad["contribution"].values[0, 0, 0, 0] *= 1.5
    write_netcdf(bad, tmp_path / "r.nc", title="test")
    with pytest.raises(MassBalanceError, match="add up"):
        verify_responsibility(tmp_path / "r.nc")


def test_an_empty_source_has_no_part(matrix):
    assert float(np.abs(matrix["contribution"].sel(source_city=370100)).max()) == 0


def test_linear_measure_from_the_matrix(matrix, small, par):
    """A cut of primary particles in one sector: matrix times change = a new run."""
    ds = open_netcdf(small.folder / "gridded.nc")
    sources = read_sources(ds, year=2015, par=par)
    sector = 9
    lon, lat, _ = np.array(PLACES[:3]).T
    cell = small.grid.locate(lon, lat)
    days = days_in_quarters(2015)
    change = np.zeros(3)
    for q in range(4):
        quarter = prepare_quarter(small.met, q, geo=small.geo, par=par)
        full = {
            name: np.einsum("l,yx->lyx", sources.release[sector], values[q, sector])
            for name, values in sources.by_sector.items()
            if name in ("BC", "POA", "OTHER")
        }
        result = run_quarter(quarter, full)
        total = sum(result.tracer[name][0] for name in full)
        change += total.ravel()[cell] * days[q] / days.sum()
    part = matrix["contribution"] * matrix["emission"]
    from_matrix = part.sel(species="PM25").isel(sector=sector).sum("source_city").values
    np.testing.assert_allclose(from_matrix, change, rtol=1e-5)


def test_footprint_dot_product(winter, small, rng):
    """Forward and transposed solutions agree through the chain SO2 -> SO4 (test 8)."""
    base = run_quarter(winter, {"SO2": rng.random(winter.transport.shape)})
    weights = sp.csr_matrix(rng.random((2, small.grid.size)))
    ones = dict.fromkeys(GROUPS, np.ones(2))
    footprint = dict(Footprints(winter, base, weights, ones).items())["SO2"]
    source = rng.random(winter.transport.shape)
    forward = run_quarter(winter, {"SO2": source})
    sulfate = weights @ (forward.tracer["SO4"][0] * (1 + 0)).ravel()
    by_adjoint = footprint.T @ winter.transport.flat(source)
    # without ammonia all responses are those of sulfate
    np.testing.assert_allclose(by_adjoint, sulfate, rtol=1e-7)


def test_coarse_winds_stay_consistent(small):
    coarse = coarse_meteorology(small.met, grid=small.grid, ratio=2)
    grid = coarse_grid(small.grid, 2)
    geo = geometry(grid)
    x, y = coarse["wind_x"].values[0], coarse["wind_y"].values[0]
    flow = volume_flow(x, y, geo=geo)
    divergence = column_divergence(flow.x, flow.y).sum(axis=0) / geo.volume.sum(axis=0)
    assert np.abs(divergence).max() < 1e-15
