"""The transport operator: exact properties and analytic solutions."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse.linalg as spl
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import k0

from scenair.core.io.netcdf import open_netcdf
from scenair.surrogate.geometry import Geometry
from scenair.surrogate.operator import Mixing, assemble, bernoulli, face_flow, with_loss
from scenair.surrogate.solver import ColumnSystem, Factor, nested_dissection
from scenair.surrogate.winds import column_divergence, mass_consistent, volume_flow


def flat_geometry(nx: int, ny: int, *, dx: float, dy: float, depth: np.ndarray) -> Geometry:
    """A plane with square-cornered cells."""
    one_x, one_y = np.ones((ny, nx + 1)), np.ones((ny + 1, nx))
    return Geometry(
        area=np.full((ny, nx), dx * dy),
        depth=np.asarray(depth, dtype=float),
        length_x=dy * one_x,
        length_y=dx * one_y,
        distance_x=dx * one_x,
        distance_y=dy * one_y,
        cos_x=one_x,
        sin_x=0 * one_x,
        cos_y=one_y,
        sin_y=0 * one_y,
    )


def uniform(
    geo: Geometry,
    *,
    u: float,
    v: float = 0.0,
    k: float,
    ky: float | None = None,
    kz: float = 1.0,
    top: float = 0.0,
):
    """The operator of a uniform wind."""
    ky = k if ky is None else ky
    nz, ny, nx = geo.shape
    flow = volume_flow(np.full((nz, ny, nx + 1), u), np.full((nz, ny + 1, nx), v), geo=geo)
    mixing = Mixing(
        np.full((nz, ny, nx + 1), k),
        np.full((nz, ny + 1, nx), ky),
        np.full((nz - 1, ny, nx), kz),
        top,
    )
    return assemble(flow, mixing, geo=geo)


@given(st.floats(-1e3, 1e3))
def test_bernoulli_identity(x):
    """B(-x) = B(x) + x, B > 0."""
    assert bernoulli(-x) == pytest.approx(float(bernoulli(x)) + x, rel=1e-12, abs=1e-12)
    assert bernoulli(np.array(x)) >= 0
    assert bernoulli(0.0) == 1.0


@given(st.floats(-1e12, 1e12), st.floats(1e-3, 1e12))
def test_face_flow_carries_the_flow(flow, exchange):
    a, b = face_flow(np.array(flow), np.array(exchange))
    assert a >= 0
    assert b >= 0
    assert a - b == pytest.approx(flow, rel=1e-12, abs=1e-12 * exchange)


def test_free_stream_is_kept(winter):
    """Without losses and with 1 outside, the field is 1 (test 3, threshold 1e-10)."""
    transport = winter.transport
    residual = transport.matrix @ np.ones(len(transport.volume)) - transport.inflow
    assert np.abs(residual / transport.volume).max() < 1e-16
    system = ColumnSystem(transport, {"inert": np.zeros(len(transport.volume))})
    c = system.solve(("inert",), transport.inflow[:, None], rtol=1e-13)
    assert np.abs(c - 1).max() < 1e-10


def test_columns_sum_to_what_leaves(winter):
    """The transport moves mass only: column sums are the outflow (test 4)."""
    transport = winter.transport
    sums = np.ones(len(transport.volume)) @ transport.matrix
    assert np.abs((sums - transport.outflow) / transport.volume).max() < 1e-16


def test_m_matrix(winter):
    """Off-diagonal entries are never positive, the diagonal is (test 5)."""
    matrix = winter.transport.matrix.tocoo()
    off = matrix.row != matrix.col
    assert (matrix.data[off] <= 0).all()
    assert (matrix.data[~off] > 0).all()


def test_winds_lose_their_divergence(small):
    for q in range(4):
        x, y = small.met["wind_x"].values[q], small.met["wind_y"].values[q]
        flow = volume_flow(x, y, geo=small.geo)
        column = column_divergence(flow.x, flow.y).sum(axis=0) / small.geo.volume.sum(axis=0)
        assert np.abs(column).max() < 1e-16
        cell = column_divergence(flow.x, flow.y) + np.diff(flow.z, axis=0)
        assert np.abs(cell / small.geo.volume).max() < 1e-14


def test_wind_correction_leaves_consistent_winds_alone():
    geo = flat_geometry(12, 9, dx=36e3, dy=36e3, depth=np.array([100.0, 300.0]))
    x, y = np.full((2, 9, 13), 3.0), np.full((2, 10, 12), -1.0)
    new_x, new_y = mass_consistent(x, y, geo=geo)
    np.testing.assert_allclose(new_x, x, atol=1e-12)
    np.testing.assert_allclose(new_y, y, atol=1e-12)


def test_wind_correction_keeps_what_is_known(rng):
    """Layers take the correction in proportion to their error variance; mass closes the same."""
    geo = flat_geometry(12, 9, dx=36e3, dy=36e3, depth=np.array([100.0, 300.0, 500.0]))
    x, y = rng.normal(0, 3, (3, 9, 13)), rng.normal(0, 3, (3, 10, 12))
    new_x, new_y = mass_consistent(x, y, geo=geo, variance=np.array([0.0, 1.0, 3.0]))
    flow = volume_flow(new_x, new_y, geo=geo)
    column = column_divergence(flow.x, flow.y).sum(axis=0) / geo.volume.sum(axis=0)
    assert np.abs(column).max() < 1e-16
    np.testing.assert_array_equal(new_x[0], x[0])
    np.testing.assert_allclose(new_x[2] - x[2], 3 * (new_x[1] - x[1]), rtol=1e-9)
    assert np.abs(new_y[1] - y[1]).max() > 0.1


def test_free_winds_near_the_ground_are_those_given(small, par):
    """The wind that was read survives the correction in the lowest layer."""
    from scenair.core.io.paths import resources
    from scenair.surrogate.meteorology import Regular

    surface = open_netcdf(resources() / "surrogate/mpi_esm_lr_2005_monthly_east_asia.nc")
    lon, lat = small.grid.unproject(*np.meshgrid(small.grid.x_edges, small.grid.y))
    given = [
        Regular(surface["lon"].values, surface["lat"].values, surface[n].values[:3].mean(axis=0))
        for n in ("uas", "vas")
    ]
    east, north = (g.at(lon, lat) for g in given)
    along = east * small.geo.cos_x + north * small.geo.sin_x
    lowest = small.met["wind_x"].values[0, 0]
    # terrain only slows it; 20 m above ground by the power law
    assert np.corrcoef(along.ravel(), lowest.ravel())[0, 1] > 0.9
    assert np.abs(lowest).mean() < 1.3 * np.abs(along).mean()


def _line_error(dx: float, *, u=3.0, k=2e5, loss=5e-6, length=4.32e6) -> float:
    """Relative L1 error of a steady point source in one dimension."""
    nx = round(length / dx)
    geo = flat_geometry(nx, 1, dx=dx, dy=1.0, depth=np.array([1.0]))
    # nothing goes through the sides
    transport = uniform(geo, u=u, k=k, ky=1e-30)
    matrix = with_loss(transport, loss * transport.volume)
    source = np.zeros(nx)
    centre = nx // 3
    source[centre] = 1.0
    c = spl.spsolve(matrix.tocsc(), source)
    x = (np.arange(nx) - centre) * dx
    root = np.sqrt(u * u + 4 * k * loss)
    exact = np.exp((u * x - root * np.abs(x)) / (2 * k)) / root
    inside = slice(5, nx - nx // 4)
    return float(np.abs(c - exact)[inside].sum() / exact[inside].sum())


def test_one_dimension_second_order():
    """Advection, diffusion, decay against the analytic solution (test 6)."""
    error = [_line_error(dx) for dx in (72e3, 36e3, 18e3)]
    assert error[1] < 0.004
    order = np.log2(error[0] / error[1]), np.log2(error[1] / error[2])
    assert min(order) > 1.8


def _plane_error(dx: float, *, u=3.0, k=2e5, loss=5e-6) -> float:
    """Relative error of a point source in the plane against Bessel K0, 150 to 800 km away."""
    n = 2 * round(2.2e6 / dx) + 1
    geo = flat_geometry(n, n, dx=dx, dy=dx, depth=np.array([1.0]))
    transport = uniform(geo, u=u, k=k)
    c = np.zeros((n, n))
    source = np.zeros(n * n)
    source[(n // 2) * n + n // 2] = 1.0
    matrix = with_loss(transport, loss * transport.volume)
    c = Factor(matrix, shape=(1, n, n)).solve(source).reshape(n, n)
    x = (np.arange(n) - n // 2) * dx
    xx, yy = np.meshgrid(x, x)
    r = np.hypot(xx, yy)
    kappa = np.sqrt((u / (2 * k)) ** 2 + loss / k)
    with np.errstate(invalid="ignore", over="ignore"):
        exact = np.exp(u * xx / (2 * k)) * k0(kappa * r) / (2 * np.pi * k)
    ring = (r > 150e3) & (r < 800e3)
    return float(np.abs(c - exact)[ring].sum() / exact[ring].sum())


def test_plane_against_bessel():
    """Point source in uniform wind (test 6)."""
    coarse, fine = _plane_error(72e3), _plane_error(36e3)
    assert fine < 0.01
    assert np.log2(coarse / fine) > 1.8


def _column_error(layers: int, *, k=5.0, loss=1e-5, velocity=5e-3, height=1000.0) -> float:
    """Diffusion, deposition and decay in a column, flux at the top; largest relative error."""
    depth = np.full(layers, height / layers)
    geo = flat_geometry(1, 1, dx=1.0, dy=1.0, depth=depth)
    transport = uniform(geo, u=0.0, k=1e-30, kz=k)
    total = loss * transport.volume
    total[0] += 1 / (1 / velocity + depth[0] / (2 * k))
    source = np.zeros(layers)
    source[-1] = 1.0
    c = spl.spsolve(with_loss(transport, total).tocsc(), source)
    m = np.sqrt(loss / k)
    ratio = velocity / (k * m)
    # k c'(0) = v c(0), k c'(H) = 1
    scale = 1 / (k * m * (np.sinh(m * height) + ratio * np.cosh(m * height)))
    edges = np.linspace(0, height, layers + 1)
    integral = scale * (np.sinh(m * edges) + ratio * np.cosh(m * edges)) / m
    exact = np.diff(integral) / depth
    return float(np.abs(c / exact - 1).max())


def test_column_second_order():
    """Vertical diffusion against cosh and sinh (test 6)."""
    error = [_column_error(n) for n in (8, 16, 32)]
    assert error[1] < 1e-3
    assert np.log2(error[0] / error[1]) > 1.7


def test_plume_far_field():
    """Crosswind integral Q/u and variance 2 K x / u (test 14, 2 %)."""
    u, k, dx = 5.0, 1e5, 20e3
    geo = flat_geometry(60, 61, dx=dx, dy=dx, depth=np.array([1000.0]))
    transport = uniform(geo, u=u, k=k)
    source = np.zeros(60 * 61)
    source[30 * 60 + 5] = 1.0
    c = Factor(transport.matrix, shape=(1, 61, 60)).solve(source).reshape(61, 60)
    y = (np.arange(61) - 30) * dx
    for i in (20, 30, 40):
        integral = c[:, i].sum() * dx * 1000
        assert integral == pytest.approx(1 / u, rel=0.02)
        distance = (i - 5) * dx
        variance = (c[:, i] * y**2).sum() / c[:, i].sum()
        # the second term is the diffusion along the wind: moments of the exact solution
        expected = 2 * k * distance / u + 4 * k**2 / u**2
        assert variance == pytest.approx(expected, rel=0.02)


def test_solvers_agree_and_transpose(winter, rng):
    """Iteration and LU give the same; dot product of forward and transposed (test 8)."""
    transport = winter.transport
    loss = transport.flat(np.sum(list(winter.loss_terms("SO2").values()), axis=0))
    matrix = with_loss(transport, loss)
    factor = Factor(matrix, shape=transport.shape)
    e, w = rng.random((2, len(loss)))
    lu = factor.solve(e)
    step = ColumnSystem(transport, {"SO2": loss}).solve(("SO2",), e[:, None], rtol=1e-12)[:, 0]
    np.testing.assert_allclose(step, lu, rtol=1e-8)
    psi = factor.solve(w, transposed=True)
    assert w @ lu == pytest.approx(psi @ e, rel=1e-12)
    back = ColumnSystem(transport, {"SO2": loss}, transposed=True)
    psi_step = back.solve(("SO2",), w[:, None], rtol=1e-12)[:, 0]
    assert psi_step @ e == pytest.approx(psi @ e, rel=1e-10)


def test_positive(winter, rng):
    """No source gives a negative concentration (test 5)."""
    transport = winter.transport
    e = (rng.random(len(transport.volume)) < 0.01).astype(float)
    loss = transport.flat(np.sum(list(winter.loss_terms("BC").values()), axis=0))
    assert Factor(with_loss(transport, loss), shape=transport.shape).solve(e).min() >= 0


def test_nested_dissection_is_a_permutation():
    order = nested_dissection(13, 22, 3)
    assert sorted(order.tolist()) == list(range(13 * 22 * 3))
