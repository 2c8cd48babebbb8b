"""Synthetic inputs of the surrogate: population-like blobs with national totals, small grids."""

from __future__ import annotations

import numpy as np
import xarray as xr

from scenair.core.grids import CN36, Grid
from scenair.core.io.netcdf import open_netcdf
from scenair.core.io.paths import resources
from scenair.core.periods import seconds_in_months
from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES
from scenair.surrogate.io.fields import read_normals
from scenair.surrogate.meteorology import free_meteorology
from scenair.surrogate.parameters import Parameters

#: Tg yr-1, the size of China's emissions about 2015-2017
TOTALS = {
    "SO2": 13.0, "NOx": 23.0, "NMVOC": 28.0, "NH3": 10.4, "CO": 145.0,
    "PM25": 8.6, "PM10": 11.5, "BC": 1.4, "OC": 2.4, "CO2": 10500.0,
}  # fmt: skip
#: lon, lat, weight: centres of provinces or so
PLACES = (
    (116.4, 39.9, 3), (114.5, 38.0, 6), (117.0, 36.5, 8), (113.7, 34.7, 8), (112.5, 37.8, 4),
    (121.4, 31.2, 3), (119.0, 32.5, 7), (117.2, 31.8, 5), (120.2, 30.0, 5), (114.3, 30.6, 5),
    (113.0, 28.2, 5), (113.3, 23.1, 7), (108.3, 22.8, 4), (104.1, 30.7, 7), (106.5, 29.5, 4),
    (106.7, 26.6, 3), (102.7, 25.0, 3), (108.9, 34.3, 4), (123.4, 41.8, 4), (126.6, 45.8, 4),
    (111.7, 40.8, 3), (103.8, 36.1, 2), (87.6, 43.8, 2), (115.9, 28.7, 4), (119.3, 26.1, 3),
)  # fmt: skip


def coarse(ratio: int) -> Grid:
    """CN36 with cells ``ratio`` times as long (whole domain, edges cut)."""
    from dataclasses import replace

    return replace(
        CN36,
        name=f"CN{36 * ratio}",
        xcell=CN36.xcell * ratio,
        ycell=CN36.ycell * ratio,
        ncols=CN36.ncols // ratio,
        nrows=CN36.nrows // ratio,
    )


def blobs(grid: Grid, *, width_km: float = 150.0) -> np.ndarray:
    """A pattern that sums to 1, (y, x)."""
    xx, yy = np.meshgrid(grid.x, grid.y)
    out = np.zeros(grid.shape)
    for lon, lat, weight in PLACES:
        x, y = grid.project(lon, lat)
        distance = np.hypot(xx - x, yy - y) / (width_km * 1e3)
        out += weight * np.exp(-0.5 * distance**2)
    return out / out.sum()


def shipped_meteorology(grid: Grid, par: Parameters) -> xr.Dataset:
    """Weather of the default case on a grid."""
    shipped = resources() / "surrogate"
    return free_meteorology(
        open_netcdf(shipped / "mpi_esm_lr_2005_monthly_east_asia.nc"),
        open_netcdf(shipped / "etopo20_east_asia.nc"),
        grid=grid,
        par=par,
        normals=read_normals(),
    )


def emissions(
    grid: Grid, *, year: int = 2015, scale: dict[str, float] | None = None
) -> tuple[xr.Dataset, xr.Dataset]:
    """``gridded.nc`` and ``cities.nc`` of one fictitious city, consistent with each other."""
    pattern = blobs(grid)
    seconds = seconds_in_months(year)
    share = np.linspace(1, 2, len(SECTORS))
    share /= share.sum()
    data = {}
    mass = np.zeros((len(SPECIES), len(SECTORS)))
    for i, name in enumerate(SPECIES):
        total = TOTALS[name] * 1e6 * (scale or {}).get(name, 1.0)
        yearly = total * share[:, None, None] * pattern
        flux = (yearly * 1e3 / seconds.sum() / grid.cell_area).astype(np.float32)
        monthly = np.broadcast_to(flux, (12, *flux.shape)).copy()
        data[name] = (("month", "sector", "y", "x"), monthly, {"units": "kg m-2 s-1"})
        mass[i] = (flux.astype(float) * grid.cell_area).sum(axis=(1, 2)) * seconds.sum() / 1e3
    release = np.tile([0.6, 0.4, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], (len(SECTORS), 1))
    release[0] = [0, 0.1, 0.3, 0.4, 0.2, 0, 0, 0]
    edges = np.array([0, 40, 100, 200, 400, 700, 1200, 2000, 3500.0])
    gridded = xr.Dataset(
        data | {
            "cell_area": (("y", "x"), grid.cell_area, {"units": "m2"}),
            "outside": (
                ("species", "month", "sector"),
                np.zeros((len(SPECIES), 12, len(SECTORS))),
                {"units": "kg"},
            ),
            "release": (("sector", "layer"), release, {"units": "1"}),
            "layer_bottom": (("layer",), edges[:-1], {"units": "m"}),
            "layer_top": (("layer",), edges[1:], {"units": "m"}),
        },
        coords={
            "month": np.arange(1, 13, dtype=np.int32),
            "sector": list(SECTORS),
            "species": list(SPECIES),
            "x": grid.x,
            "y": grid.y,
        },
        attrs={"year": year},
    )  # fmt: skip
    gridded["crs"] = ((), np.int32(0), grid.cf_attributes())
    cities = xr.Dataset(
        {
            "emission": (
                ("city", "sector", "species"),
                mass.T[None],
                {"units": "Mg yr-1"},
            )
        },
        coords={
            "city": np.array([110000], dtype=np.int32),
            "sector": list(SECTORS),
            "species": list(SPECIES),
        },
    )
    return gridded, cities
