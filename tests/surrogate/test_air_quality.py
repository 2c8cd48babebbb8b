"""The rules of the surrogate on a small case: conservation, checks, messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from scenair.core.errors import InputError, MassBalanceError, UnitsError
from scenair.core.io.netcdf import open_netcdf, write_netcdf
from scenair.surrogate.io.annual import build_air_quality
from scenair.surrogate.io.fields import read_meteorology
from scenair.surrogate.layers import remap_release, thickness
from scenair.surrogate.model import run_quarter
from scenair.surrogate.operator import with_loss
from scenair.surrogate.products import BESIDE, PARTS, check_fields
from scenair.surrogate.solver import Factor
from scenair.surrogate.sources import split_particles
from tests.surrogate.synthetic import blobs

if TYPE_CHECKING:
    from pathlib import Path


def build(small, folder: Path, **over) -> None:
    """Run the rule with files of the small case, some replaced."""
    files = {
        name: small.folder / f"{name}.nc"
        for name in ("gridded", "cities", "meteorology", "background")
    }
    build_air_quality(
        year=over.pop("year", 2015),
        scenario="history",
        config=small.config,
        annual=folder / "annual.nc",
        closure=folder / "closure.csv",
        **(files | over),
    )


@pytest.fixture(scope="module")
def annual(small, tmp_path_factory):
    """The small case run once."""
    folder = tmp_path_factory.mktemp("annual")
    build(small, folder)
    return folder


def test_mass_closes(annual):
    """Emission = deposition + loss + outflow, every tracer and quarter (test 4)."""
    table = pd.read_csv(annual / "closure.csv")
    assert table["relative_error"].abs().max() < 1e-7
    assert set(table["stage"]) == {"surrogate input", "surrogate sources", "surrogate transport"}
    assert len(table[table["stage"] == "surrogate transport"]) == 10 * 4


def test_tables_of_the_background_are_named(annual):
    ds = open_netcdf(annual / "annual.nc")
    assert "surrogate/background.csv" in ds.attrs["background"]
    assert "surrogate/biogenic.csv" in ds.attrs["biogenic"]


def test_parts_sum_and_are_plausible(small, annual):
    ds = open_netcdf(annual / "annual.nc", variables={"PM25": "ug m-3", "PM25_annual": "ug m-3"})
    total = sum(ds[name].astype(float) for name in PARTS)
    np.testing.assert_allclose(ds["PM25"], total, rtol=1e-6)
    assert ds.attrs["source"] == "surrogate"
    assert ds.attrs["synthetic"] == "true"
    assert 20 < float(ds["PM25_annual"].max()) < 200
    # winter above summer for what is emitted evenly over the year, in the mean of where that is
    where = blobs(small.grid)
    winter, summer = (float((ds["BC"].sel(quarter=q) * where).sum()) for q in ("Q1", "Q3"))
    assert winter > 1.2 * summer


def test_same_bytes(small, annual, tmp_path):
    build(small, tmp_path)
    assert (tmp_path / "annual.nc").read_bytes() == (annual / "annual.nc").read_bytes()


def _changed(small, tmp_path, change):
    ds = open_netcdf(small.folder / "gridded.nc")
    attrs = dict(ds.attrs)
    ds = change(ds) or ds
    path = tmp_path / "gridded.nc"
    write_netcdf(ds, path, title="changed", attrs={"year": attrs["year"]})
    return path


def _cell(name, value):
    def change(ds):
        ds[name].values[3, 2, 10, 20] = value

    return change


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (_cell("SO2", 1e-6), MassBalanceError, "SO2"),
        (_cell("NOx", np.nan), InputError, "no number"),
        (_cell("NH3", -1e-9), InputError, "below 0"),
        (lambda ds: ds["PM25"].attrs.update(units="g m-2 s-1"), UnitsError, "wrong unit"),
        (lambda ds: ds.drop_vars("CO"), InputError, "species missing"),
        (lambda ds: ds.isel(x=slice(1, None)), InputError, "another grid"),
        (lambda ds: ds.assign(release=ds["release"] * 0.5), InputError, "do not sum to 1"),
    ],
)
def test_damaged_emissions_stop_the_run(small, tmp_path, change, error, words):
    path = _changed(small, tmp_path, change)
    with pytest.raises(error, match=words):
        build(small, tmp_path, gridded=path)
    assert not (tmp_path / "annual.nc").exists()


def test_year_must_fit(small, tmp_path):
    with pytest.raises(InputError, match="another year"):
        build(small, tmp_path, year=2016)


def test_truncated_file(small, tmp_path):
    path = tmp_path / "gridded.nc"
    path.write_bytes((small.folder / "gridded.nc").read_bytes()[:5000])
    with pytest.raises(InputError, match="truncated"):
        build(small, tmp_path, gridded=path)


def test_damaged_meteorology(small, tmp_path):
    met = small.met.copy(deep=True)
    met["wind_x"].values[0, 0, 3, 3] = np.nan
    write_netcdf(met, tmp_path / "met.nc", title="damaged")
    with pytest.raises(InputError, match="wind_x"):
        read_meteorology(tmp_path / "met.nc", grid=small.grid)
    met = small.met.copy(deep=True)
    met["diffusivity_z"].values[0, 0, 3, 3] = 0.0
    write_netcdf(met, tmp_path / "met.nc", title="damaged")
    with pytest.raises(InputError, match="positive"):
        read_meteorology(tmp_path / "met.nc", grid=small.grid)


def test_soa_and_gases_stand_apart(annual):
    """SOA is part of OA; SO2 and NOx are fields of their own, no part of PM2.5."""
    ds = open_netcdf(annual / "annual.nc", variables=dict.fromkeys(BESIDE, "ug m-3"))
    assert not set(BESIDE) & set(PARTS)
    share = float(ds["SOA_annual"].sum() / ds["OA_annual"].sum())
    assert 0.05 < share < 0.95
    for name in ("SO2", "NOx"):
        assert 5 < float(ds[f"{name}_annual"].max()) < 300
        # reactive gases stay nearer to their sources than black carbon does
        near = float(ds[f"{name}_annual"].max() / ds[f"{name}_annual"].mean())
        assert near > float(ds["BC_annual"].max() / ds["BC_annual"].mean())
        assert "relative change" in ds[name].attrs["note"]


@pytest.mark.parametrize(
    "name", ["SO4", "PM25", "BC_annual", "BC", "SOA", "SO2", "NOx", "NOx_annual", "OA"]
)
def test_damaged_result_is_seen(annual, name):
    ds = open_netcdf(annual / "annual.nc")
    values = ds[name].values
    values[..., 20, 25] *= 1.01
    with pytest.raises(MassBalanceError):
        check_fields(ds, year=2015, where="annual.nc")


def test_sectors_superpose(winter, small, rng):
    """Linear tracers: the sum of two runs is the run of the sum (test 8).

    With the iteration of a run, and with the direct solver.
    """
    shape = winter.transport.shape
    one = {name: rng.random(shape) for name in ("BC", "SO2", "PRECURSOR")}
    two = {name: rng.random(shape) for name in ("BC", "SO2", "PRECURSOR")}
    both = {name: one[name] + two[name] for name in one}
    runs = [run_quarter(winter, sources) for sources in (one, two, both)]
    for name in ("BC", "SO2", "SO4", "SOA"):
        a, b, c = (run.tracer[name] for run in runs)
        np.testing.assert_allclose(a + b, c, rtol=0, atol=1e-10 * c.max())
    transport = winter.transport
    loss = transport.flat(np.sum(list(winter.loss_terms("SO2").values()), axis=0))
    factor = Factor(with_loss(transport, loss), shape=shape)
    a, b, c = (factor.solve(transport.flat(s["SO2"])) for s in (one, two, both))
    np.testing.assert_allclose(a + b, c, rtol=1e-10)


def test_particles_split_exactly(rng):
    pm, bc, oc = rng.random((3, 1000))
    black, organic, other = split_particles(pm, bc, oc, ratio=1.5)
    np.testing.assert_allclose(black + organic + other, pm, rtol=1e-14)
    assert min(black.min(), organic.min(), other.min()) >= 0


def test_release_is_moved_between_layers(rng):
    fractions = rng.dirichlet(np.ones(5), size=3)
    edges = np.array([0, 50, 150, 500, 1500, 4000.0])
    got = remap_release(fractions, bottom=edges[:-1], top=edges[1:])
    np.testing.assert_allclose(got.sum(axis=1), 1.0)
    np.testing.assert_allclose(got[:, 0], fractions[:, 0] * 0.8)
    same = remap_release(
        np.eye(8), bottom=np.r_[0, np.cumsum(thickness())[:-1]], top=np.cumsum(thickness())
    )
    np.testing.assert_allclose(same, np.eye(8))
