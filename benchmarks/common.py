"""What the benchmarks share: best-of-n timing, the work, a table of ratios."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from scenair.core.grids import CN36, Grid

#: 27 km, 220 x 165 cells: the grid that the published figures of peers were measured on.
D27 = replace(
    CN36, name="D27", xorig=-110 * 27e3, yorig=-82.5 * 27e3, xcell=27e3, ycell=27e3,
    ncols=220, nrows=165,
)  # fmt: skip
D36 = replace(CN36, name="D36", xorig=-82.5 * 36e3, yorig=-62.5 * 36e3, ncols=165, nrows=125)
D03 = replace(
    CN36, name="D03", xorig=486e3 - 120 * 3e3, yorig=486e3 - 105 * 3e3, xcell=3e3, ycell=3e3,
    ncols=240, nrows=210,
)  # fmt: skip


def best(function: Callable[[], object], *, repeat: int = 3) -> float:
    """Shortest wall time of some runs, s."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def paired(
    function: Callable[[], object], other: Callable[[], object], *, repeat: int = 5
) -> tuple[float, float, float]:
    """Shortest wall times of two functions run in turn, and the median of their ratios.

    In turn, because a disk that others use is fast in one minute and slow in the next.
    """
    times = [(best(function, repeat=1), best(other, repeat=1)) for _ in range(repeat)]
    ratios = [a / b for a, b in times]
    return min(a for a, _ in times), min(b for _, b in times), float(np.median(ratios))


def peak_memory(function: Callable[[], object]) -> float:
    """Peak of what a function allocates beyond what is there before it, MB."""
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def report(rows: list[tuple[str, ...]]) -> None:
    """Print rows as a table."""
    width = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(w) for cell, w in zip(row, width, strict=True)))


def spotty_fields(count: int, size: int) -> np.ndarray:
    """Emission-like fields (fields, cells): few hot spots over a log-normal background."""
    rng = np.random.default_rng(2026)
    fields = rng.lognormal(0, 1, (count, size))
    return fields * np.where(rng.random((count, size)) < 0.02, 50.0, 1.0)


def smooth_fields(count: int, shape: tuple[int, int]) -> np.ndarray:
    """Emission-like fields (fields, cells): smooth hot spots, each cell log-normal with sigma 1."""
    rng = np.random.default_rng(2027)
    y, x = np.mgrid[: shape[0], : shape[1]]
    out = []
    for _ in range(count):
        field = np.full(shape, 0.02)
        for _ in range(40):
            cy, cx = rng.uniform(0, shape[0]), rng.uniform(0, shape[1])
            width = rng.uniform(1, 8)
            field += np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * width**2))
        out.append((field * rng.lognormal(0, 1, shape)).ravel())
    return np.stack(out)


def point_weights(lon: np.ndarray, lat: np.ndarray, grid: Grid) -> sp.csr_matrix:
    """Binning by cell centres, as other tools do it; the last row is outside."""
    cell = grid.locate(lon, lat)
    cell = np.where(cell < 0, grid.size, cell)
    n = len(cell)
    return sp.csr_matrix((np.ones(n), (cell, np.arange(n))), shape=(grid.size + 1, n))


def grid_file(grid: Grid) -> str:
    """CDO description of a projected grid by the corners of its cells."""
    xe, ye = np.meshgrid(grid.x_edges, grid.y_edges)
    lon, lat = grid.unproject(xe, ye)
    clon, clat = grid.lonlat

    def corners(a: np.ndarray) -> str:
        quad = np.stack([a[:-1, :-1], a[:-1, 1:], a[1:, 1:], a[1:, :-1]], axis=-1)
        return "\n".join(" ".join(f"{v:.9f}" for v in q) for q in quad.reshape(-1, 4))

    return (
        f"gridtype = curvilinear\ngridsize = {grid.size}\nxsize = {grid.ncols}\n"
        f"ysize = {grid.nrows}\nxvals = "
        + " ".join(f"{v:.9f}" for v in clon.ravel())
        + f"\nxbounds = {corners(lon)}\nyvals = "
        + " ".join(f"{v:.9f}" for v in clat.ravel())
        + f"\nybounds = {corners(lat)}\n"
    )
