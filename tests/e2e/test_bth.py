"""The whole chain for the 28 cities, in a working directory of its own.

What is asserted is the file contract between stages, mass closure, and what a second call does.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.core.regions import CITIES_2_26
from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES

pytestmark = pytest.mark.e2e

TARGET = "results/2030/peak"


def snakemake(
    folder: Path, repo: Path, *arguments: str, check: bool = True
) -> subprocess.CompletedProcess[str]:
    command = [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(repo / "Snakefile")),
        *("--directory", str(folder), "--cores", "2", *arguments),
        *("--config", "case=bth"),
    ]
    done = subprocess.run(
        command, cwd=repo, capture_output=True, text=True, timeout=850, check=False
    )
    if check:
        assert done.returncode == 0, done.stderr[-4000:]
    return done


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, repo: Path) -> Path:
    folder = tmp_path_factory.mktemp("bth")
    snakemake(folder, repo, TARGET, "results/2015/history")
    return folder


def open_nc(path: Path) -> xr.Dataset:
    with xr.open_dataset(path) as ds:
        return ds.load()


def test_inventory_contract(run: Path) -> None:
    ds = open_nc(run / "results/inventory/2017.nc")
    assert ds["emission"].dims == ("city", "sector", "species")
    assert ds["emission"].attrs["units"] == "Mg yr-1"
    assert ds["emission"].dtype == np.float64
    assert ds["city"].values.tolist() == list(CITIES_2_26)
    assert ds["sector"].values.tolist() == list(SECTORS)
    assert ds["species"].values.tolist() == list(SPECIES)
    assert (ds["emission"] >= 0).all()
    k = ds["closing_factor"].sel(province=ds["province_of_city"]).drop_vars("province")
    controlled = ds["activity"] * ds["emission_factor"] * (1 - ds["removal"])
    again = (controlled.sum("source") * k).transpose(*ds["emission"].dims)
    xr.testing.assert_allclose(again, ds["emission"], rtol=1e-9)


def test_trajectory_contract(run: Path) -> None:
    ds = open_nc(run / "results/trajectories/peak.nc")
    assert ds["emission"].dims == ("year", "city", "sector", "species")
    assert ds["year"].values.tolist() == list(range(2013, 2036))
    base = open_nc(run / "results/inventory/2017.nc")["emission"]
    xr.testing.assert_allclose(
        ds["emission"].sel(year=2017).drop_vars("year"), base, rtol=1e-9, check_dim_order=False
    )
    total = ds["emission"].sel(species="CO2").sum("sector")
    last_of_tie = 2035 - total.isel(year=slice(None, None, -1)).argmax("year")
    assert ds["co2_peak_year"].values.tolist() == last_of_tie.values.tolist()


def test_gridded_contract(run: Path) -> None:
    ds = open_nc(run / TARGET / "emissions/gridded.nc")
    cities = open_nc(run / TARGET / "emissions/cities.nc")["emission"].sum("city")
    days = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    seconds = xr.DataArray(days * 86400.0, dims="month", coords={"month": ds["month"]})
    assert np.all(np.diff(ds["x"]) > 0)
    assert np.all(np.diff(ds["y"]) > 0)
    for name in SPECIES:
        flux = ds[name]
        assert flux.dims == ("month", "sector", "y", "x")
        assert flux.dtype == np.float32
        assert flux.attrs["units"] == "kg m-2 s-1"
        mass = (flux.astype("f8") * ds["cell_area"] * seconds).sum(("month", "y", "x"))
        mass = mass + ds["outside"].sel(species=name).sum("month")
        np.testing.assert_allclose(
            mass.values / 1e3, cities.sel(species=name).values, rtol=1e-6, atol=1e-9
        )


def test_air_quality_contract(run: Path) -> None:
    ds = open_nc(run / TARGET / "air_quality/annual.nc")
    assert ds.attrs["source"] == "surrogate"
    parts = ("SO4", "NO3", "NH4", "BC", "OA", "OTHER", "BACKGROUND")
    assert ds["PM25"].dims == ("quarter", "y", "x")
    total = sum(ds[p].astype("f8") for p in parts)
    np.testing.assert_allclose(total, ds["PM25"], rtol=1e-5, atol=1e-5)
    weights = xr.DataArray([90, 91, 92, 92], dims="quarter") / 365
    np.testing.assert_allclose(
        (ds["PM25"].astype("f8") * weights.values[:, None, None]).sum("quarter"),
        ds["PM25_annual"],
        rtol=1e-5,
    )


def test_response_factor_of_the_monitor_year_is_one(run: Path) -> None:
    sites = pd.read_csv(run / "results/2015/history/attainment/sites.csv")
    assert len(sites) > 0
    assert (sites["response_factor"].dropna() == 1).all()


def test_attainment_tables(run: Path) -> None:
    folder = run / TARGET / "attainment"
    cities = pd.read_csv(folder / "cities.csv")
    assert cities.columns.tolist() == [
        "adcode", "name_zh", "name_en", "province", "city_type", "population", "monitored",
        "pm25_base", "pm25", "pm25_limit", "pm25_attains", "o3_base", "o3", "o3_limit",
        "o3_attains", "o3_response_factor", "standard",
    ]  # fmt: skip
    assert cities["adcode"].tolist() == list(CITIES_2_26)
    assert (cities["pm25_limit"] == 30).all()
    assert cities[["o3_base", "o3", "o3_attains"]].isna().all().all()
    assert cities["o3_response_factor"].between(0.3, 2).all()
    monitored = cities[cities["monitored"]]
    attains = monitored["pm25"].apply(lambda v: round(v) <= 30)
    assert monitored["pm25_attains"].tolist() == attains.tolist()
    double = pd.read_csv(folder / "double.csv")
    assert set(double["class"].dropna()) <= {"both", "attains_only", "peaked_only", "neither"}
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["national"]["n_monitored"] == len(monitored)


def test_all_stages_close(run: Path) -> None:
    files = [*run.glob("results/**/*closure*.csv")]
    assert len(files) >= 6
    for path in files:
        frame = pd.read_csv(path)
        assert frame["relative_error"].abs().max() <= 1e-6, path


def test_manifest_and_report(run: Path) -> None:
    manifest = json.loads((run / TARGET / "manifest.json").read_text(encoding="utf-8"))
    assert {"versions", "config", "inputs", "assumed", "closure", "synthetic"} <= set(manifest)
    assert manifest["assumed"]
    report = (run / TARGET / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"(src|href)=[\"']https?://", report)


def test_second_call_does_nothing_and_one_deleted_product_comes_back(run: Path, repo: Path) -> None:
    again = snakemake(run, repo, TARGET)
    assert "Nothing to be done" in again.stderr + again.stdout
    product = run / TARGET / "attainment/summary.json"
    before = product.read_bytes()
    product.unlink()
    rebuilt = snakemake(run, repo, TARGET, "--rerun-triggers", "mtime", "params", "input", "code")
    rules = set(re.findall(r"^(?:local)?rule (\S+):", rebuilt.stderr, flags=re.MULTILINE))
    assert "attainment" in rules
    assert not rules & {"inventory", "trajectory", "gridded", "air_quality", "cmaq"}
    assert product.read_bytes() == before


def test_a_corrupted_cell_stops_the_run(run: Path, repo: Path, tmp_path: Path) -> None:
    import netCDF4

    path = run / TARGET / "emissions/gridded.nc"
    whole = path.read_bytes()
    stat = path.stat()
    try:
        with netCDF4.Dataset(path, "a") as nc:
            field = nc["SO2"]
            month = field[0].filled(0)
            where = np.unravel_index(int(np.argmax(month)), month.shape)
            field[(0, *where)] = month[where] * 2
        done = snakemake(run, repo, TARGET, "--keep-going", check=False)
        assert done.returncode != 0
        assert "SO2" in done.stderr
        assert "does not close" in done.stderr
    finally:
        path.write_bytes(whole)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
