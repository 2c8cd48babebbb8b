"""Monte Carlo: reproducible, correlated, national sums kept by the shares."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.core.errors import InputError
from scenair.core.io.tables import read_table
from scenair.inventory import outputs
from scenair.inventory import uncertainty as mc
from scenair.inventory.estimate import Estimate

FEW = (110000, 130100, 130200, 310000)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return read_table("inventory/uncertainty.csv")


@pytest.fixture(scope="module")
def inventory(result_2017: Estimate) -> xr.Dataset:
    return outputs.dataset(result_2017, cities=FEW)


def test_sigma_gives_the_coefficient_back() -> None:
    s = mc.sigma(0.5)
    sample = np.exp(s * np.random.default_rng(1).standard_normal(400_000))
    assert sample.std() / sample.mean() == pytest.approx(0.5, rel=0.02)
    assert mc.sigma(0.0) == 0


def test_contributions_sum_to_the_emission(inventory: xr.Dataset) -> None:
    for name in ("SO2", "CO2"):
        np.testing.assert_allclose(
            mc.contributions(inventory, name).sum(axis=2),
            inventory["emission"].sel(species=name).values,
            rtol=1e-12,
        )


def test_seed_makes_it_reproducible(inventory: xr.Dataset, table: pd.DataFrame) -> None:
    one, two, other = (
        mc.intervals(inventory, table, draws=60, seed=s)["total_quantile"] for s in (3, 3, 4)
    )
    np.testing.assert_array_equal(one.values, two.values)
    assert not np.array_equal(one.values, other.values)


def test_interval_brackets_the_estimate(inventory: xr.Dataset, table: pd.DataFrame) -> None:
    out = mc.intervals(inventory, table, draws=400, seed=1)
    emission = inventory["emission"]
    low, high = (out["emission_quantile"].sel(quantile=q) for q in (0.025, 0.975))
    there = emission > 0
    assert float(((low <= emission) & (emission <= high)).where(there).mean()) > 0.95
    # CO2 is known better than BC
    width = ((high - low) / emission.where(there)).mean(("city", "sector"))
    assert float(width.sel(species="CO2")) < float(width.sel(species="BC"))


def test_no_spread_no_interval(inventory: xr.Dataset, table: pd.DataFrame) -> None:
    out = mc.intervals(inventory, table.assign(value=0.0), draws=5, seed=1)
    for q in mc.QUANTILES:
        np.testing.assert_allclose(
            out["emission_quantile"].sel(quantile=q).values,
            inventory["emission"].values,
            rtol=1e-12,
        )


def test_shares_alone_leave_the_sum(inventory: xr.Dataset, table: pd.DataFrame) -> None:
    only = table.assign(value=table["value"].where(table["kind"] == "share", 0.0))
    out = mc.intervals(inventory, only, draws=50, seed=1)
    national = inventory["emission"].sum("city")
    for q in mc.QUANTILES:
        np.testing.assert_allclose(
            out["national_quantile"].sel(quantile=q).values, national.values, rtol=1e-9
        )


def test_activity_is_common_to_species() -> None:
    """One source, activity the only spread: quantiles of two species are proportional."""
    part = np.ones((2, 1, 1))
    multiplier = np.exp(np.random.default_rng(0).standard_normal((100, 1, 1)))
    one = mc._sample(part, multiplier, np.ones((100, 2, 1)))
    two = mc._sample(3 * part, multiplier, np.ones((100, 2, 1)))
    np.testing.assert_allclose(two, 3 * one)


def test_bad_table(table: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="below zero"):
        mc.spread_of(table.assign(value=-1.0), ["SO2"])
    with pytest.raises(InputError, match="no coefficient"):
        mc.spread_of(table[table["kind"] != "share"], ["SO2"])
