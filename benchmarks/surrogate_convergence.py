"""Order of convergence with the cell size on real weather and terrain, both smoothed.

Usage: ``python benchmarks/surrogate_convergence.py [--smooth 200] [--fine]`` from the root of the
repository. Winds (with what the terrain does to them), mixing, rain and temperature of the default
case are filtered to ``--smooth`` km, so that every grid sees the same continuous fields, and
sampled on 108, 72 and 36 km (``--fine``: 24 km as well); winds are made mass-consistent on each
grid. The source is smooth too. What is shown is the order of the scheme; what cells of 36 km miss
of rough terrain and of real sources is the representation error, which
``surrogate_evaluation.py resolution`` shows.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import xarray as xr
from scipy.interpolate import RectBivariateSpline
from scipy.ndimage import gaussian_filter
from scipy.optimize import brentq

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.surrogate.synthetic import blobs, shipped_meteorology

from scenair.core.grids import CN36, Grid
from scenair.surrogate.coarsen import block_sum
from scenair.surrogate.geometry import geometry
from scenair.surrogate.io.fields import read_parameters
from scenair.surrogate.model import run_quarter
from scenair.surrogate.quarter import prepare_quarter
from scenair.surrogate.winds import mass_consistent

#: China in whole cells of 216 km, so that 108, 72, 36 and 24 km have the same borders.
DOMAIN = replace(CN36, name="CNORDER", ncols=168, nrows=126)


#: 1 Tg yr-1 in ug s-1.
TERAGRAM = 1e18 / (365 * 86_400)


def with_cells(km: float) -> Grid:
    """The domain in cells of ``km``."""
    count = {"ncols": round(168 * 36 / km), "nrows": round(126 * 36 / km)}
    return replace(DOMAIN, xcell=1e3 * km, ycell=1e3 * km, **count)


def smoothed(met: xr.Dataset, *, grid: Grid, target: Grid, km: float) -> xr.Dataset:
    """A quarter of ``met`` (on ``grid``), filtered to ``km`` and sampled on ``target``."""
    at = {
        "x": (grid.x, target.x), "x_face": (grid.x_edges, target.x_edges),
        "y": (grid.y, target.y), "y_face": (grid.y_edges, target.y_edges),
    }  # fmt: skip
    width = km * 1e3 / grid.xcell
    data = {}
    for name, field in met.data_vars.items():
        if field.dims[-2:] == () or not {"x", "x_face"} & set(field.dims):
            continue
        (y0, y1), (x0, x1) = at[str(field.dims[-2])], at[str(field.dims[-1])]
        planes = field.values.astype(float).reshape(-1, len(y0), len(x0))
        out = []
        for plane in planes:
            smooth = gaussian_filter(plane, width, mode="nearest")
            sampled = RectBivariateSpline(y0, x0, smooth)(y1, x1)
            out.append(np.clip(sampled, smooth.min(), smooth.max()))
        shape = (*field.shape[:-2], len(y1), len(x1))
        data[name] = (field.dims, np.stack(out).reshape(shape), field.attrs)
    geo = geometry(target)
    pair = (data["wind_x"][1][0], data["wind_y"][1][0])
    for name, values in zip(("wind_x", "wind_y"), mass_consistent(*pair, geo=geo), strict=True):
        data[name] = (data[name][0], values[None], data[name][2])
    return xr.Dataset(data, coords={"layer_top": met["layer_top"]})


def order(values: list[float], sizes: tuple[float, float, float]) -> float:
    """Exponent p of ``v(h) = v0 + a h**p`` through three cell sizes (Richardson)."""
    a, b, c = sizes
    ratio = (values[0] - values[1]) / (values[1] - values[2])

    def gap(p: float) -> float:
        return (a**p - b**p) / (b**p - c**p) - ratio

    try:
        return float(brentq(gap, 0.05, 8.0))
    except ValueError:
        return float("nan")


def field_order(fields: dict[float, np.ndarray]) -> float:
    """The same from the fields: mean distance of 108 and 72 km from 36 km, on their cells."""
    fine, distance = 36.0, []
    for km in (108.0, 72.0):
        ratio = round(km / fine)
        mean = block_sum(fields[fine], ratio) / ratio**2
        distance.append(np.abs(fields[km] - mean).mean())

    def gap(p: float) -> float:
        return (108**p - fine**p) / (72**p - fine**p) - distance[0] / distance[1]

    try:
        return float(brentq(gap, 0.05, 8.0))
    except ValueError:
        return float("nan")


def solve(met: xr.Dataset, *, km: float, smooth: float) -> tuple[float, np.ndarray]:
    """Mean weighted by the source, and field, of a primary tracer at ground, ug m-3."""
    target, par = with_cells(km), read_parameters()
    quarter = prepare_quarter(
        smoothed(met, grid=DOMAIN, target=target, km=smooth), 0, geo=geometry(target), par=par
    )
    pattern = blobs(target, width_km=400.0)
    source = np.zeros((8, *target.shape))
    source[0] = pattern * TERAGRAM
    field = run_quarter(quarter, {"BC": source}).tracer["BC"][0]
    return float((field * pattern).sum()), field


def convergence(*, quarter: int, smooth: float, fine: bool) -> dict[str, float]:
    """Orders of one quarter, printed with the means they come from."""
    met = shipped_meteorology(DOMAIN, read_parameters()).isel(quarter=[quarter])
    sizes = (108.0, 72.0, 36.0, 24.0) if fine else (108.0, 72.0, 36.0)
    found = {km: solve(met, km=km, smooth=smooth) for km in sizes}
    means = {km: mean for km, (mean, _) in found.items()}
    got = {"mean, 108-72-36 km": order([means[k] for k in sizes[:3]], (108.0, 72.0, 36.0))}
    if fine:
        got["mean, 72-36-24 km"] = order([means[k] for k in sizes[1:]], (72.0, 36.0, 24.0))
    got["field, L1"] = field_order({km: field for km, (_, field) in found.items()})
    change = abs(means[36.0] / means[72.0] - 1)
    print(
        f"Q{quarter + 1}, smoothed to {smooth:g} km: means "
        + ", ".join(f"{km:g} km {mean:.4f}" for km, mean in means.items())
        + f" ug m-3; 72 to 36 km {change:.2%}; order "
        + ", ".join(f"{what} {p:.2f}" for what, p in got.items())
    )
    return got


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smooth", type=float, default=200.0, help="km, standard deviation")
    parser.add_argument("--fine", action="store_true", help="24 km as well")
    given = parser.parse_args()
    for quarter in (0, 2):
        convergence(quarter=quarter, smooth=given.smooth, fine=given.fine)


if __name__ == "__main__":
    main()
