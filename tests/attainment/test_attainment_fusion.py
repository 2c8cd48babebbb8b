"""Weights, fusion and optimal interpolation: vectors, properties, real leave-one-out skill."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from scenair.attainment.fusion import bounded_ratio, fuse, leave_one_out
from scenair.attainment.interpolation import (
    Covariance,
    choose_length,
    fuse_by_interpolation,
    left_out,
    left_out_by_interpolation,
    optimal_interpolation,
)
from scenair.attainment.monitors import monitor_records
from scenair.attainment.weights import nearest_distance, neighbour_weights
from scenair.core.errors import InputError
from scenair.core.grids import CN36
from scenair.core.io.tables import read_table

if TYPE_CHECKING:
    from pathlib import Path

MONITORS = np.array([[0.0, 0], [4, 0], [0, 3], [10, 10]])
RATIO = np.array([1.2, 0.8, 1.0, 2.0])


def test_voronoi_vectors() -> None:
    """Computed once with nna_methods 0.6."""
    targets = np.array([[1.0, 1], [5, 5]])
    w = neighbour_weights(MONITORS, targets, neighbours="voronoi").toarray()
    np.testing.assert_allclose(w[0], [0.625, 0.125, 0.25, 0], atol=1e-12)
    np.testing.assert_allclose(w[1], [0, 0.413813, 0.371005, 0.215183], atol=5e-7)
    assert (w @ RATIO)[0] == pytest.approx(1.1)
    assert (w @ RATIO)[1] == pytest.approx(1.132420, abs=5e-7)
    idw = neighbour_weights(MONITORS, targets).toarray() @ RATIO
    np.testing.assert_allclose(idw, [1.106891, 1.144387], atol=5e-7)


@given(st.integers(0, 10_000))
def test_natural_neighbours_equal_delaunay(seed: int) -> None:
    rng = np.random.default_rng(seed)
    monitors = rng.uniform(0, 100, (14, 2))
    target = rng.uniform(20, 80, (1, 2))
    w = neighbour_weights(monitors, target, neighbours="voronoi", nearest=14)
    tri = Delaunay(np.vstack([monitors, target]))
    start, neighbours = tri.vertex_neighbor_vertices
    expected = neighbours[start[14] : start[15]]
    assert set(w.indices) == set(expected)


def test_weights_sum_to_one_and_a_monitor_speaks_for_itself() -> None:
    rng = np.random.default_rng(0)
    monitors, targets = rng.uniform(0, 1e6, (40, 2)), rng.uniform(0, 1e6, (300, 2))
    for kind in ("idw", "voronoi"):
        w = neighbour_weights(monitors, targets, neighbours=kind)
        np.testing.assert_allclose(np.asarray(w.sum(axis=1)).ravel(), 1)
        own = neighbour_weights(monitors, monitors, neighbours=kind)
        np.testing.assert_array_equal(own.toarray(), np.eye(40))
        others = neighbour_weights(monitors, monitors, neighbours=kind, leave_out=True)
        assert (others.diagonal() == 0).all()
        np.testing.assert_allclose(np.asarray(others.sum(axis=1)).ravel(), 1)
    assert nearest_distance(monitors, monitors).max() == 0


def test_monitors_on_a_line() -> None:
    line = np.array([[0.0, 0], [1, 0], [2, 0], [5, 0]])
    w = neighbour_weights(line, np.array([[1.5, 0.0]]), neighbours="voronoi").toarray()[0]
    np.testing.assert_allclose(w, [0, 0.5, 0.5, 0])


def test_two_monitors_at_one_place_are_refused() -> None:
    with pytest.raises(InputError, match="one place"):
        neighbour_weights(np.array([[0.0, 0], [0, 0], [1, 1]]), np.array([[2.0, 2]]))
    with pytest.raises(InputError, match="too few"):
        neighbour_weights(np.array([[0.0, 0]]), np.array([[2.0, 2]]))


def test_fusion_methods_by_hand() -> None:
    w = neighbour_weights(MONITORS, np.array([[1.0, 1]]), neighbours="voronoi")
    model = np.array([50.0, 60, 40, 30])
    observed = RATIO * model
    target = np.array([70.0])

    def fused(method: str) -> float:
        return float(fuse(w, observed, model, target, method=method)[0])  # type: ignore[arg-type]

    assert fused("evna") == pytest.approx(70 * 1.1)
    assert fused("vna") == pytest.approx(0.625 * 60 + 0.125 * 48 + 0.25 * 40)
    assert fused("avna") == pytest.approx(70 - (0.625 * -10 + 0.125 * 12 + 0))
    log = 0.625 * np.log(1.2) + 0.125 * np.log(0.8)
    assert fused("log_ratio") == pytest.approx(70 * np.exp(log))


@given(st.floats(0.2, 5), st.sampled_from(["evna", "log_ratio", "avna", "vna"]))
def test_a_model_wrong_by_a_factor_is_put_right(factor: float, method: str) -> None:
    rng = np.random.default_rng(7)
    monitors, targets = rng.uniform(0, 100, (20, 2)), rng.uniform(0, 100, (30, 2))
    truth = 40.0
    w = neighbour_weights(monitors, targets)
    fused = fuse(
        w,
        np.full(20, truth),
        np.full(20, truth * factor),
        np.full(30, truth * factor),
        method=method,  # type: ignore[arg-type]
    )
    np.testing.assert_allclose(fused, truth, rtol=1e-12)


def test_ratio_is_bounded_and_counted() -> None:
    ratio, n = bounded_ratio(np.array([50.0, 1, 30]), np.array([0.0, 50, 30]), (0.1, 10))
    assert ratio.tolist() == [10, 0.1, 1]
    assert n == 2


def test_optimal_interpolation_vector() -> None:
    """Monitors 10 and 20 km from the target and 25 km apart."""
    # place the target at the origin, the first monitor on the x axis, the second by the cosine law
    cosine = (10**2 + 20**2 - 25**2) / (2 * 10 * 20)
    monitors = np.array([[10.0, 0], [20 * cosine, 20 * np.sqrt(1 - cosine**2)]])
    assert np.hypot(*(monitors[0] - monitors[1])) == pytest.approx(25)
    analysis, variance = optimal_interpolation(
        monitors,
        np.zeros((1, 2)),
        np.array([60.0, 45.0]),
        np.array([50.0, 50.0]),
        np.array([50.0]),
        Covariance(100, 25, 20),
    )
    assert analysis[0] == pytest.approx(53.443132, abs=5e-7)
    assert variance[0] == pytest.approx(66.147149, abs=5e-7)


def test_fast_leave_one_out_equals_the_slow_one() -> None:
    rng = np.random.default_rng(2)
    monitors = rng.uniform(0, 100, (12, 2))
    observed, model = rng.uniform(20, 90, 12), rng.uniform(20, 90, 12)
    cov = Covariance(200, 30, 40)
    fast = left_out(monitors, observed, model, cov)
    for i in range(12):
        keep = np.arange(12) != i
        slow, _ = optimal_interpolation(
            monitors[keep], monitors[[i]], observed[keep], model[keep], model[[i]], cov
        )
        assert fast[i] == pytest.approx(slow[0])
    chosen = choose_length(monitors, observed, model, lengths=[5, 20, 80])
    assert chosen.length in (5, 20, 80)


def test_interpolation_of_ratios() -> None:
    """A model wrong by a factor is put right; far from monitors the model is kept."""
    rng = np.random.default_rng(9)
    monitors = rng.uniform(0, 1e6, (30, 2))
    factor = np.tile(np.exp(np.sin(monitors[:, 0] / 3e5)), (4, 1))
    targets = np.vstack([monitors[:1], [[9e7, 9e7]]])
    at_targets = np.full((4, 2), 20.0)
    field, deviation = fuse_by_interpolation(
        monitors, targets, 20 * factor, np.full((4, 30), 20.0), at_targets
    )
    assert (field > 0).all()
    np.testing.assert_allclose(field[:, 1], 20)
    assert (deviation[:, 0] < deviation[:, 1]).all()
    np.testing.assert_allclose(field[:, 0], 20 * factor[:, 0], rtol=0.15)
    alone = left_out_by_interpolation(monitors, 20 * factor[0], np.full(30, 20.0))
    assert np.corrcoef(alone, factor[0])[0, 1] > 0.8


@pytest.mark.realdata
def test_leave_one_out_benchmark(realdata: Path) -> None:
    """Published model field against the 2015 monitors: fused < observations only < raw."""
    path = realdata / "observations/model_fields/china_pm25_base2015_ssp1_2030_0p5deg.nc"
    records = monitor_records(read_table("attainment/monitors_2015.csv"), year=2015)
    at = {"lat": ("site", records["lat"].to_numpy()), "lon": ("site", records["lon"].to_numpy())}
    where = {key: xr.DataArray(value, dims=dim) for key, (dim, value) in at.items()}
    with xr.open_dataset(path) as ds:
        cells = ds.sel(where, method="nearest").load()
    model = cells["pm25_base2015"].to_numpy().astype(float)
    after = cells["pm25_ssp1_baseline2030"].to_numpy().astype(float)
    known = np.isfinite(model) & np.isfinite(after) & (model > 0)
    assert known.sum() > 150
    rows, model, after = records[known], model[known], after[known]
    observed = rows["mean"].to_numpy()
    xy = np.column_stack(CN36.project(rows["lon"], rows["lat"]))
    for kind, nearest in (("idw", 10), ("voronoi", 30)):
        w = neighbour_weights(xy, xy, neighbours=kind, nearest=nearest, leave_out=True)  # type: ignore[arg-type]
        for method in ("evna", "log_ratio"):
            skill = leave_one_out(w, observed, model, method=method)  # type: ignore[arg-type]
            nme = {name: value.nme_percent for name, value in skill.items()}
            assert nme["fused"] < nme["observations_only"] < nme["raw_model"]
    # raw model output must not decide: monitor x response finds many more that attain
    assert (observed * after / model <= 35).sum() > 1.5 * (after <= 35).sum()
