"""A small synthetic world in the files' own contract: the case bth with two model runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr

from scenair.config.attainment import AttainmentConfig
from scenair.config.case import CaseConfig, GridConfig, NestConfig
from scenair.config.load import dump
from scenair.core.io.netcdf import write_netcdf
from scenair.core.regions import CITIES_2_26
from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES

if TYPE_CHECKING:
    from scenair.core.grids import Grid

PARTS = {"SO4": 0.2, "NO3": 0.2, "NH4": 0.1, "BC": 0.05, "OA": 0.2, "OTHER": 0.05}
DAYS = np.array([90.0, 91.0, 92.0, 92.0])


@dataclass(frozen=True)
class World:
    """Paths of a synthetic run directory and the configuration."""

    folder: Path
    config: dict[str, Any]
    grid: Grid

    @property
    def base(self) -> Path:
        return self.folder / "base.nc"

    @property
    def future(self) -> Path:
        return self.folder / "future.nc"

    @property
    def trajectory(self) -> Path:
        return self.folder / "peak.nc"

    @property
    def monitors(self) -> Path:
        return self.folder / "monitors.nc"

    def outputs(self, name: str) -> dict[str, Path]:
        out = self.folder / name
        files = {
            "sites": "sites.csv",
            "cities": "cities.csv",
            "cities_fused": "cities_fused.csv",
            "double": "double.csv",
            "sensitivity": "sensitivity.csv",
            "exposure": "exposure.csv",
            "health": "health.csv",
            "fused": "fused.nc",
            "summary": "summary.json",
        }
        return {key: out / value for key, value in files.items()}


def write_air_quality(path: Path, grid: Grid, *, scale: float, tilt: float = 0.0) -> None:
    """annual.nc with controlled PM2.5 = scale x a smooth field, and a constant background."""
    yy, xx = np.meshgrid(
        np.linspace(-1, 1, grid.nrows), np.linspace(-1, 1, grid.ncols), indexing="ij"
    )
    season = np.array([1.3, 0.9, 0.7, 1.2])[:, None, None]
    shape = 60 * np.exp(-(xx**2 + yy**2)) * season
    controlled = shape * (scale + tilt * xx)
    background = np.full_like(controlled, 8.0)
    share = sum(PARTS.values())
    fields = {name: controlled * f / share for name, f in PARTS.items()}
    fields["BACKGROUND"] = background
    fields = {k: v.astype(np.float32) for k, v in fields.items()}
    fields["PM25"] = np.sum([v.astype(np.float64) for v in fields.values()], axis=0).astype("f4")
    ds = xr.Dataset(coords={"quarter": ["Q1", "Q2", "Q3", "Q4"], "y": grid.y, "x": grid.x})
    for name, value in fields.items():
        ds[name] = (("quarter", "y", "x"), value, {"units": "ug m-3"})
        mean = np.average(value.astype(np.float64), axis=0, weights=DAYS).astype("f4")
        ds[f"{name}_annual"] = (("y", "x"), mean, {"units": "ug m-3"})
    write_netcdf(ds, path, title="synthetic", attrs={"source": "surrogate", "synthetic": "test"})


def write_trajectory(path: Path) -> None:
    """A city's CO2 peaks in 2020 + (position mod 20), so some peak after 2030 or never."""
    years = np.arange(2013, 2036)
    n = len(CITIES_2_26)
    peak = 2020 + np.arange(n) % 16
    co2 = 1000.0 - 10.0 * np.abs(years[:, None] - peak[None, :])
    emission = np.ones((len(years), n, len(SECTORS), len(SPECIES)))
    emission[..., SPECIES.index("CO2")] = co2[..., None]
    ds = xr.Dataset(
        {
            "emission": (
                ("year", "city", "sector", "species"),
                emission,
                {"units": "Mg yr-1"},
            ),
            "city_type": (
                "city",
                (np.arange(n) % 2).astype(np.int32),
                {"flag_values": np.array([0, 1], dtype=np.int32), "flag_meanings": "heavy light"},
            ),
            "co2_peak_year": ("city", peak.astype(np.int32)),
            "peaked": ("city", (peak < 2035).astype(np.int32)),
        },
        coords={
            "year": years.astype(np.int32),
            "city": np.array(CITIES_2_26, dtype=np.int32),
            "sector": list(SECTORS),
            "species": list(SPECIES),
        },
    )
    write_netcdf(ds, path, title="synthetic trajectory")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The case bth with a base and a cleaner future run, monitors built."""
    from scenair.attainment.io.places import build_monitors

    folder = tmp_path_factory.mktemp("attainment")
    nest = NestConfig(ratio=3, col0=88, row0=63, cols=22, rows=24)
    case = CaseConfig(name="bth", units="2+26", grid=GridConfig(name="BTH12", nest=nest))
    config = {"case": dump(case), "attainment": dump(AttainmentConfig())}
    made = World(folder=folder, config=config, grid=case.grid.build())
    write_air_quality(made.base, made.grid, scale=1.0)
    write_air_quality(made.future, made.grid, scale=0.4, tilt=0.1)
    write_trajectory(made.trajectory)
    build_monitors(config=config, out=made.monitors)
    return made
