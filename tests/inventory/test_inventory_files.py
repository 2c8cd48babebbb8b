"""The rule's function, and what happens to its files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.core.audit.checksums import sha256_of
from scenair.core.audit.closure import require_closed
from scenair.core.errors import MassBalanceError
from scenair.core.io.netcdf import open_netcdf
from scenair.core.regions import CITIES_2_26
from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES
from scenair.inventory import outputs
from scenair.inventory.estimate import Estimate
from scenair.inventory.io import build_inventory

NAMES = ("inventory", "points", "closure", "factors", "conflicts", "quality")


def _build(folder: Path, config: dict[str, object]) -> dict[str, Path]:
    files = {name: folder / f"{name}.csv" for name in NAMES} | {"inventory": folder / "year.nc"}
    build_inventory(year=2017, config=config, **files)
    return files


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, config: dict[str, object]) -> dict[str, Path]:
    return _build(tmp_path_factory.mktemp("inventory"), config)


def test_contract(files: dict[str, Path]) -> None:
    ds = open_netcdf(files["inventory"], variables={"emission": "Mg yr-1"})
    assert ds["emission"].dims == ("city", "sector", "species")
    assert tuple(ds["sector"].values) == SECTORS
    assert tuple(ds["species"].values) == SPECIES
    assert tuple(ds["city"].values) == CITIES_2_26
    assert ds["emission"].dtype == np.float64
    assert ds["city"].dtype == np.int32
    assert set(ds["unit"].values) == {"TJ", "Mg", "persons"}
    outputs.require_recomputable(ds, where="test")


def test_points_contract(files: dict[str, Path]) -> None:
    points = pd.read_csv(files["points"])
    expected = ["id", "lon", "lat", "adcode", "sector", "capacity", "capacity_unit", "start_year"]
    for column in [*expected, *outputs.STACK, *SPECIES]:
        assert column in points.columns
    assert points["id"].is_unique
    assert set(points["adcode"]) <= set(CITIES_2_26)
    assert points[list(SPECIES)].notna().all(axis=None)


def test_closure_and_lists(files: dict[str, Path]) -> None:
    closure = pd.read_csv(files["closure"])
    assert len(closure) == 150
    assert closure["relative_error"].abs().max() < 1e-9
    factors = pd.read_csv(files["factors"])
    columns = ["province", "sector", "species", "k", "national_k", "outside_band", "reason"]
    assert list(factors.columns) == columns
    assert (factors["outside_band"] == ~factors["k"].between(0.5, 2)).all()
    conflicts = pd.read_csv(files["conflicts"])
    edgar = conflicts[(conflicts["loser"] == "EDGAR v8") & (conflicts["species"] == "SO2")]
    assert edgar["relative_difference"].max() > 1


def test_same_bytes_again(
    files: dict[str, Path], tmp_path: Path, config: dict[str, object]
) -> None:
    again = _build(tmp_path, config)
    for name in NAMES:
        assert sha256_of(files[name]) == sha256_of(again[name]), name


def test_the_cut_changes_nothing(files: dict[str, Path], result_2017: Estimate) -> None:
    ds = open_netcdf(files["inventory"])
    whole = result_2017.emission.sel(city=list(CITIES_2_26))
    np.testing.assert_array_equal(ds["emission"].values, whole.values)
    np.testing.assert_array_equal(
        ds["closing_factor"].values,
        result_2017.factor.transpose("province", "sector", "species").values,
    )


@pytest.mark.parametrize("variable", ["activity", "emission_factor", "closing_factor"])
def test_corrupted_cell_stops(files: dict[str, Path], result_2017: Estimate, variable: str) -> None:
    ds = open_netcdf(files["inventory"])
    flat = ds[variable].values.reshape(-1)
    flat[int(np.argmax(flat))] *= 1.01
    with pytest.raises(MassBalanceError, match="emission is not activity"):
        outputs.require_recomputable(ds, where="file")
    with pytest.raises(MassBalanceError, match="does not close"):
        require_closed(outputs.closure(ds, result_2017, cities=CITIES_2_26), where="file")


def test_nan_in_the_file_stops(files: dict[str, Path]) -> None:
    ds = open_netcdf(files["inventory"])
    ds["emission"].values[0, 0, 0] = np.nan
    with pytest.raises(MassBalanceError, match="emission is not activity"):
        outputs.require_recomputable(ds, where="file")


def test_points_above_their_city_stop(files: dict[str, Path]) -> None:
    ds = open_netcdf(files["inventory"])
    points = pd.read_csv(files["points"])
    points.loc[0, "CO2"] *= 1e3
    with pytest.raises(MassBalanceError, match="plants emit more"):
        outputs.require_points_inside(points, ds, where="points")


def test_carbon_is_part_of_pm25(result_2017: Estimate) -> None:
    """BC + OC stay below PM2.5, PM2.5 below PM10, in every city's total."""
    total: xr.DataArray = result_2017.emission.sum("sector")
    carbon = total.sel(species="BC") + total.sel(species="OC")
    assert bool((carbon <= total.sel(species="PM25")).all())
    assert bool((total.sel(species="PM25") <= total.sel(species="PM10")).all())
