"""A small case that the tests of the surrogate share."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from scenair.config import load_config
from scenair.config.load import dump
from scenair.core.io.netcdf import open_netcdf, write_netcdf
from scenair.core.io.paths import resources
from scenair.surrogate.geometry import geometry
from scenair.surrogate.io.fields import build_background, build_meteorology, read_parameters
from scenair.surrogate.quarter import prepare_quarter
from tests.surrogate.synthetic import coarse, emissions

if TYPE_CHECKING:
    from pathlib import Path

RATIO = 4


@pytest.fixture(scope="session")
def par():
    """The shipped parameters."""
    return read_parameters()


@pytest.fixture(scope="session")
def small(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """China in cells of 144 km: files, configuration, grid, geometry, meteorology."""
    folder = tmp_path_factory.mktemp("surrogate")
    grid = coarse(RATIO)
    numbers = {
        key: getattr(grid, key)
        for key in ("name", "xcell", "ycell", "ncols", "nrows", "xorig", "yorig")
    }
    config = load_config({"case": "china-open"}, folder=repo / "config")
    sections = {"case": dump(config.case), "surrogate": dump(config.surrogate)}
    sections["case"]["grid"] |= numbers
    shipped = resources() / "surrogate"
    build_meteorology(
        config=sections,
        winds=shipped / "mpi_esm_lr_2005_monthly_east_asia.nc",
        relief=shipped / "etopo20_east_asia.nc",
        meteorology=folder / "meteorology.nc",
    )
    build_background(config=sections, background=folder / "background.nc")
    gridded, cities = emissions(grid)
    write_netcdf(gridded, folder / "gridded.nc", title="synthetic", attrs={"year": 2015})
    write_netcdf(cities, folder / "cities.nc", title="synthetic")
    return SimpleNamespace(
        folder=folder,
        config=sections,
        grid=grid,
        geo=geometry(grid),
        met=open_netcdf(folder / "meteorology.nc"),
    )


@pytest.fixture(scope="session")
def winter(small, par):
    """The physics of the first quarter of the small case."""
    return prepare_quarter(small.met, 0, geo=small.geo, par=par)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20150101)
