"""Weights: accuracy and time against shapely, CDO (where installed) and cell-centre binning.

    python benchmarks/weights.py            # 27 km
    python benchmarks/weights.py D03        # a 3 km nest

The reference is shapely on densified cells with spherical areas, another code than ours.
"""

from __future__ import annotations

import single_thread  # noqa: F401  # isort: skip

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import common
import netCDF4
import numpy as np
import scipy.sparse as sp
import shapely

from scenair.core.overlay import mass_weights, polygon_areas
from scenair.core.regions import counties
from scenair.gridding import io_cache, rasters
from scenair.gridding.latlon import Raster, latlon_weights

SOURCE = Raster(np.linspace(70, 140, 281), np.linspace(15, 55, 161))


def source_boxes() -> np.ndarray:
    lon, lat = np.meshgrid(SOURCE.lon, SOURCE.lat)
    return shapely.box(
        lon[:-1, :-1].ravel(), lat[:-1, :-1].ravel(), lon[1:, 1:].ravel(), lat[1:, 1:].ravel()
    )


def near(grid) -> np.ndarray:
    """Source cells that may touch the grid."""
    weights = latlon_weights(SOURCE, grid, extra=0)
    return np.flatnonzero(np.asarray(weights[: grid.size].sum(axis=0)).ravel() > 0)


def full(part: sp.spmatrix, cells: np.ndarray) -> sp.csr_matrix:
    """Columns of some source cells put back to all."""
    n = SOURCE.shape[0] * SOURCE.shape[1]
    place = sp.csr_matrix(
        (np.ones(len(cells)), (np.arange(len(cells)), cells)), shape=(len(cells), n)
    )
    return (part @ place).tocsr()


def cdo_weights(grid, folder: Path) -> tuple[float, sp.csr_matrix]:
    """Wall time of ``cdo gencon`` with file I/O, and its weights in mass form."""
    with netCDF4.Dataset(folder / "in.nc", "w") as data:
        for name, edges in (("lat", SOURCE.lat), ("lon", SOURCE.lon)):
            data.createDimension(name, len(edges) - 1)
            var = data.createVariable(name, "f8", (name,))
            var.units = "degrees_north" if name == "lat" else "degrees_east"
            var.standard_name = "latitude" if name == "lat" else "longitude"
            var[:] = (edges[1:] + edges[:-1]) / 2
        data.createVariable("e", "f4", ("lat", "lon"))[:] = 1.0
    (folder / "grid.txt").write_text(common.grid_file(grid))
    command = ["cdo", "-s", f"gencon,{folder / 'grid.txt'}", folder / "in.nc", folder / "w.nc"]
    seconds = common.best(lambda: subprocess.run(command, check=True), repeat=3)
    with netCDF4.Dataset(folder / "w.nc") as data:
        value = np.asarray(data["remap_matrix"][:, 0])
        source = np.asarray(data["src_address"][:]) - 1
        target = np.asarray(data["dst_address"][:]) - 1
        covered = np.asarray(data["dst_grid_frac"][:])
    area = grid.cell_area.ravel()[target] * covered[target]
    share = value * area / SOURCE.cell_area.ravel()[source]
    n = SOURCE.shape[0] * SOURCE.shape[1]
    return seconds, sp.csr_matrix((share, (target, source)), shape=(grid.size + 1, n))


def l1(weights: sp.spmatrix, reference: sp.spmatrix, fields: np.ndarray, at: np.ndarray) -> float:
    """Mean relative L1 difference of gridded fields on the grid cells ``at``."""
    mine, true = (np.asarray(w[at] @ fields.T) for w in (weights, reference))
    return float(np.mean(np.abs(mine - true).sum(axis=0) / true.sum(axis=0)))


def main(name: str = "D27") -> None:
    grid = getattr(common, name)
    grid.cell_area  # noqa: B018 - computed once, not timed
    cells = near(grid)
    boxes = source_boxes()[cells]
    fields = common.spotty_fields(20, SOURCE.shape[0] * SOURCE.shape[1])
    reference = full(mass_weights(polygon_areas(shapely.segmentize(boxes, 0.25 / 16), grid)), cells)
    # cells that the source covers wholly: tools treat the others each in their own way
    area = reference[: grid.size] @ SOURCE.cell_area.ravel()
    whole = np.flatnonzero(np.abs(area / grid.cell_area.ravel() - 1) < 1e-4)
    part = np.setdiff1d(np.arange(grid.size + 1), whole)
    inner = np.setdiff1d(cells, np.unique(reference[part].indices))
    rows = [("method", "seconds", "L1 against the reference, columns")]

    def add(label: str, seconds: float, weights: sp.spmatrix) -> float:
        column = np.asarray(weights.sum(axis=0)).ravel()
        off = np.abs(column[inner] - 1).max()
        error = l1(weights, reference, fields, whole)
        rows.append((label, f"{seconds:.3f}", f"{error:.1e}  {off:.1e}"))
        return seconds

    ours = {
        extra: add(
            f"scenair, {extra} vertices a side",
            common.best(lambda e=extra: latlon_weights(SOURCE, grid, extra=e)),
            latlon_weights(SOURCE, grid, extra=extra),
        )
        for extra in (0, 3)
    }
    peer = add(
        "shapely STRtree, intersection",
        common.best(lambda: polygon_areas(boxes, grid), repeat=1),
        full(mass_weights(polygon_areas(boxes, grid)), cells),
    )
    centre = full(common.point_weights(*centres(cells), grid), cells)
    add(
        "cell-centre binning",
        common.best(lambda: common.point_weights(*centres(cells), grid)),
        centre,
    )
    rows.append(("P1 shapely / scenair", f"{peer / ours[0]:.1f}", "aim >= 5"))
    if shutil.which("cdo"):
        with tempfile.TemporaryDirectory() as folder:
            seconds, weights = cdo_weights(grid, Path(folder))
        add("cdo gencon, with files", seconds, weights)
        rows.append(("P1 cdo / scenair", f"{seconds / ours[0]:.2f}", "aim >= 1.5"))
    common.report(rows)
    apply(grid)
    polygons(grid)


def centres(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lon, lat = np.meshgrid(
        (SOURCE.lon[1:] + SOURCE.lon[:-1]) / 2, (SOURCE.lat[1:] + SOURCE.lat[:-1]) / 2
    )
    return lon.ravel()[cells], lat.ravel()[cells]


def apply(grid) -> None:
    """P3: 600 fields through the operator."""
    weights = latlon_weights(SOURCE, grid).tocsr().astype(np.float32)
    fields = common.spotty_fields(600, weights.shape[1]).T.astype(np.float32).copy()
    seconds = common.best(lambda: weights @ fields)
    buffer = np.empty((weights.shape[0], 600), dtype=np.float32)

    def stream() -> None:
        np.copyto(buffer, 1.0)
        fields.sum()

    limit = common.best(stream)
    common.report(
        [("P3 600 fields, us a field", f"{seconds / 600 * 1e6:.0f}",
          f"{seconds / limit:.1f} x reading and writing the same bytes (aim <= 4)")]
    )  # fmt: skip


def polygons(grid) -> None:
    """P4: counties x a 0.05 degree surrogate."""
    table = counties()
    shapes = list(table.geometry)
    raster = Raster(np.linspace(70, 140, 1401), np.linspace(0, 55, 1101))
    amount = np.random.default_rng(0).lognormal(0, 1, raster.shape)

    def build():
        return rasters.raster_operator(shapes, raster, amount, grid, names=table.index)

    cold = common.best(build, repeat=2)
    with tempfile.TemporaryDirectory() as folder:
        io_cache.cached_operator("bench", build, folder=Path(folder))
        warm = common.best(lambda: io_cache.cached_operator("bench", build, folder=Path(folder)))
    off = np.abs(np.asarray(build().sum(axis=0)).ravel() - 1).max()
    common.report(
        [("P4 counties x raster, cold", f"{cold:.2f}", "aim <= 2.5 s"),
         ("P4 cached", f"{warm:.3f}", "aim <= 0.05 s"),
         ("P4 columns", f"{off:.1e}", "aim 1e-12, outside row included")]
    )  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
