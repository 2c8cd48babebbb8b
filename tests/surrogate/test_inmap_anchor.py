"""Published numbers of InMAP as far as their inputs are published, its defects, and anchoring."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse.linalg as spl
import xarray as xr

from scenair.cli import main
from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_netcdf
from scenair.surrogate.anchor import ANCHORED, anchor_dataset, anchor_factor
from scenair.surrogate.io.anchoring import build_anchor, read_factors
from scenair.surrogate.operator import Mixing, assemble, with_loss
from scenair.surrogate.removal import scavenging_rate
from scenair.surrogate.winds import Flow
from tests.surrogate.test_air_quality import build
from tests.surrogate.test_operator import flat_geometry, uniform

# inputs of InMAP's test of the surface cell (0, 0): emission in ug s-1, 4 km cells
EMISSION, CELL, DEPTH = 1e6, 4000.0, 55.616737
VELOCITY, STEP = 0.0007427706732414663, 155.75137587735657


def _box():
    """One cell that nothing leaves except by deposition."""
    geo = flat_geometry(1, 1, dx=CELL, dy=CELL, depth=np.array([DEPTH]))
    still = Flow(np.zeros((1, 1, 2)), np.zeros((1, 2, 1)), np.zeros((2, 1, 1)))
    tiny = Mixing(np.full((1, 1, 2), 1e-30), np.full((1, 2, 1), 1e-30), np.ones((0, 1, 1)), 0.0)
    return geo, assemble(still, tiny, geo=geo)


def test_steady_state_limit():
    """E / (dx dy v_d) = 84.14440991 ug m-3 (test 1)."""
    geo, transport = _box()
    c = spl.spsolve(with_loss(transport, VELOCITY * geo.area.ravel()).tocsc(), [EMISSION])
    assert c[0] == pytest.approx(84.14440991, rel=1e-10)


def test_marching_meets_inmap():
    """InMAP's own marching, 2 and 3010 steps, with the operator's loss rate (test 1)."""
    geo, transport = _box()
    matrix = with_loss(transport, VELOCITY * geo.area.ravel())
    rate = matrix.diagonal()[0] / transport.volume[0]
    assert rate == pytest.approx(VELOCITY / DEPTH, rel=1e-12)
    c = 0.0
    for step in range(1, 3011):
        c = (c + EMISSION * STEP / transport.volume[0]) * np.exp(-rate * STEP)
        if step == 2:
            # the depth is published with eight digits
            assert c == pytest.approx(0.3489647639076775, rel=2e-8)
    assert c == pytest.approx(83.89644268259369, rel=2e-8)


def test_gas_scavenging_has_the_million():
    """1 mm h-1 removes gases at 4e-5 to 4e-4 s-1, not 1e-10."""
    rain = np.array([1 / 3600])
    for ratio, expected in ((0.15, 4.2e-5), (1.4, 3.9e-4)):
        rate = scavenging_rate(
            rain, wet_fraction=np.ones(1), in_cloud=ratio, below_cloud=ratio, cloudy=np.ones(1)
        )
        assert rate[0, 0] == pytest.approx(expected, rel=0.02)


def test_upwind_mass_does_not_depend_on_the_cell():
    """Transient mixing as a diffusivity converges with the grid; an exchange velocity does not."""

    def upwind_mass(dx: float, k: float) -> float:
        nx = round(2.16e6 / dx)
        geo = flat_geometry(nx, 1, dx=dx, dy=1.0, depth=np.array([1.0]))
        transport = uniform(geo, u=3.0, k=k, ky=1e-30)
        source = np.zeros(nx)
        source[nx // 2] = 1.0
        c = spl.spsolve(with_loss(transport, 5e-6 * transport.volume).tocsc(), source)
        return float(c[: nx // 2].sum() * dx)

    ours = [upwind_mass(dx, 2e5) for dx in (36e3, 18e3, 9e3)]
    meander = [upwind_mass(dx, 2.5 * dx) for dx in (36e3, 18e3, 9e3)]
    # first-order in the half cell of the source only
    assert abs(ours[2] / ours[1] - 1) < 0.1
    assert meander[0] > 3 * meander[2]


def test_anchoring_reproduces_the_reference(rng):
    """Unsmoothed factors within bounds give the reference exactly (test 15, 1e-12)."""
    model = rng.uniform(5, 20, (4, 6, 7))
    reference = model * rng.uniform(0.4, 2.5, model.shape)
    factor = anchor_factor(reference, model)
    np.testing.assert_allclose(factor * model, reference, rtol=1e-12)


def test_anchoring_is_bounded(rng):
    model, reference = np.full((4, 5, 5), 10.0), np.full((4, 5, 5), 100.0)
    assert (anchor_factor(reference, model) == 3.0).all()
    assert (anchor_factor(0 * reference, model) == 1 / 3).all()
    smooth = anchor_factor(reference, model, smoothing_cells=2.0)
    np.testing.assert_allclose(smooth, 3.0)
    with pytest.raises(InputError, match="finite"):
        anchor_factor(np.full((1, 2, 2), np.nan), np.ones((1, 2, 2)))
    with pytest.raises(InputError, match="shape"):
        anchor_factor(np.ones((1, 2, 2)), np.ones((1, 2, 3)))


def test_nothing_to_anchor_to():
    model = xr.Dataset({"PM25": (("quarter", "y", "x"), np.ones((4, 2, 2)))})
    with pytest.raises(InputError, match="nothing to anchor to"):
        anchor_dataset(xr.Dataset({"T": (("y",), [1.0])}), model)


def test_anchored_run(small, tmp_path):
    """Through the files: the reference comes back, the factors are in the file, budgets close."""
    build(small, tmp_path)
    model = open_netcdf(tmp_path / "annual.nc")
    reference = model.copy(deep=True)
    for name in ANCHORED:
        reference[name] = reference[name] * 1.4
    reference[list(ANCHORED)].to_netcdf(tmp_path / "cmaq.nc")
    build_anchor(
        reference=tmp_path / "cmaq.nc",
        modelled=tmp_path / "annual.nc",
        anchor=tmp_path / "anchor.nc",
    )
    factors = read_factors(tmp_path / "anchor.nc", grid=small.grid)
    assert factors["SO4"].max() == pytest.approx(1.4, rel=1e-5)
    section = {**small.config["surrogate"], "anchor": str(tmp_path / "anchor.nc")}
    anchored = tmp_path / "anchored"
    anchored.mkdir()
    over = type(small)(**{**vars(small), "config": {**small.config, "surrogate": section}})
    build(over, anchored)
    got = open_netcdf(anchored / "annual.nc")
    for name in ANCHORED:
        np.testing.assert_allclose(got[name], reference[name], rtol=1e-6)
        assert f"anchor_{name}" in got
    with pytest.raises(InputError, match="anchored already"):
        build_anchor(
            reference=tmp_path / "cmaq.nc", modelled=anchored / "annual.nc",
            anchor=tmp_path / "twice.nc",
        )  # fmt: skip


def test_command_anchors_and_refuses(small, tmp_path, capsys):
    """A fused field alone; what exists, another grid and another year are refused."""
    build(small, tmp_path)
    model = open_netcdf(tmp_path / "annual.nc")
    fused = model[["PM25"]].assign(
        PM25=model["BACKGROUND"] + 1.5 * (model["PM25"] - model["BACKGROUND"])
    )
    fused.assign_attrs(year=model.attrs["year"]).to_netcdf(tmp_path / "fused.nc")
    command = ["anchor", str(tmp_path / "fused.nc"), str(tmp_path / "annual.nc"), "--out"]
    assert main([*command, str(tmp_path / "a.nc")]) == 0
    assert "NO3: factor 1.50" in capsys.readouterr().out
    # float32: where next to nothing is emitted the ratio of two small differences is rough
    carbon = read_factors(tmp_path / "a.nc", grid=small.grid)["BC"]
    assert np.median(carbon) == pytest.approx(1.5, rel=1e-3)
    assert main([*command, str(tmp_path / "a.nc")]) == 2
    assert "the file exists" in capsys.readouterr().err
    fused.assign_attrs(year=1999).to_netcdf(tmp_path / "old.nc")
    command[1] = str(tmp_path / "old.nc")
    assert main([*command, str(tmp_path / "b.nc")]) == 2
    assert "different years" in capsys.readouterr().err
    fused.assign_coords(x=fused["x"] + 500.0).to_netcdf(tmp_path / "shifted.nc")
    command[1] = str(tmp_path / "shifted.nc")
    assert main([*command, str(tmp_path / "b.nc")]) == 2
    assert "different grids (x)" in capsys.readouterr().err
    assert not (tmp_path / "b.nc").exists()
