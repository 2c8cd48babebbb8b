"""Responsibility matrix times a change of emissions."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from scenair.core.errors import InputError
from scenair.surrogate.measures import Responsibility

NAMES = {"source_city": [110000, 120000], "sector": ["power", "solvent"], "species": ["SO2", "NOx"]}


@pytest.fixture
def matrix(rng) -> xr.Dataset:
    values = rng.random((3, 2, 2, 2))
    dims = ("receptor", *NAMES)
    return xr.Dataset({"contribution": (dims, values)}, coords={"receptor": [1, 2, 3], **NAMES})


def change(value, **labels) -> xr.DataArray:
    coords = NAMES | labels
    shape = [len(v) for v in coords.values()]
    return xr.DataArray(np.full(shape, value), dims=list(coords), coords=coords)


def test_one_measure(matrix):
    """A cut in one city, sector and species is that column."""
    cut = change(-5.0, source_city=[120000], sector=["power"], species=["NOx"])
    got = Responsibility(matrix).effect(cut)
    column = matrix["contribution"].sel(source_city=120000, sector="power", species="NOx")
    np.testing.assert_allclose(got, -5 * column, rtol=1e-6)


def test_order_of_dimensions_does_not_matter(matrix, rng):
    full = change(0.0)
    full.values[:] = rng.normal(size=full.shape)
    expected = np.einsum("rcsp,csp->r", matrix["contribution"].values, full.values)
    turned = full.transpose("species", "source_city", "sector").isel(source_city=[1, 0])
    np.testing.assert_allclose(Responsibility(matrix).effect(turned), expected, rtol=1e-5)


def test_strangers_are_refused(matrix):
    with pytest.raises(InputError, match="sector"):
        Responsibility(matrix).effect(change(1.0, sector=["space"]))
    with pytest.raises(InputError, match="no number"):
        Responsibility(matrix).effect(change(np.nan))
