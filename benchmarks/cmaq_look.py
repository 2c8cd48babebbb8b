"""The CMAQ files of a result looked at: layers, clock, independent readers, pictures.

    python benchmarks/cmaq_look.py results/2030/peak [FOLDER]

Prints the national sum of power and steel by layer, the local hour of the traffic peak in Beijing
and Urumqi, and what CDO, NCO and PseudoNetCDF read where they are installed (PSEUDONETCDF names a
Python that has it). Draws a stream's hour, the stacks and the diurnal cycle in local time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import common
import matplotlib as mpl
import netCDF4
import numpy as np
import pandas as pd
import xarray as xr

from scenair.core.grids import Grid, grid_from_attributes
from scenair.core.layers import remap_heights
from scenair.core.periods import seconds_in_months
from scenair.core.regions import units

mpl.use("Agg")

import matplotlib.pyplot as plt

LOCAL = 8
TOPS = np.array([40.0, 100.0, 200.0, 400.0, 700.0, 1200.0])
PLACES = {"Beijing": (116.41, 39.90), "Urumqi": (87.62, 43.82)}


def layers(result: Path) -> None:
    """National SO2 of power and steel by layer: plants at their stack's top, the rest by height."""
    with xr.open_dataset(result / "emissions/gridded.nc") as ds:
        seconds = xr.DataArray(seconds_in_months(int(ds.attrs["year"])), dims="month")
        total = (ds["SO2"] * ds["cell_area"] * seconds).sum(("month", "y", "x")) / 1e6
        slabs = ds["slab_bottom"].values, ds["slab_top"].values, ds["release_slab"]
        slabs = (*slabs[:2], slabs[2].load())
    points = pd.read_csv(result / "emissions/points.csv")
    rows = [("SO2, Gg a year", *(f"to {t:.0f} m" for t in TOPS), "all", "in stack files")]
    for sector in ("power", "iron_steel", "cement"):
        own = points[points["sector"] == sector]
        share = remap_heights(
            slabs[0], slabs[1], slabs[2].sel(sector=sector).values[None], layer_tops=TOPS
        )[0]
        plants = own["SO2"].sum() / 1000
        area = max(float(total.sel(sector=sector)) - plants, 0.0)
        height = own["stack_height_m"].fillna(200.0) if "stack_height_m" in own else 200.0
        at = np.searchsorted(TOPS, np.broadcast_to(height, len(own)))
        by_stack = np.bincount(at, own["SO2"] / 1000, len(TOPS))[: len(TOPS)]
        column = by_stack + area * share
        rows.append(
            (sector, *(f"{v:.1f}" for v in column), f"{plants + area:.1f}", f"{plants:.1f}")
        )
    common.report(rows)
    print("CMAQ adds plume rise to the plants; layer 1 alone would put all of it below 40 m\n")


def clock(result: Path) -> dict[str, np.ndarray]:
    """Local hour of the traffic peak; both cities keep UTC+8."""
    path = sorted((result / "cmaq/emis").glob("emis_transport_*_*07*.nc"))[-1]
    grid = grid_of(result)
    out = {}
    with netCDF4.Dataset(path) as data:
        for name, place in PLACES.items():
            row, col = np.divmod(grid.locate(*place), grid.ncols)
            if row < 0:
                continue
            # CO is of petrol cars; NO has machines in it, which work at other hours
            for gas in ("CO", "NO"):
                values = np.asarray(data[gas][:24, 0, int(row), int(col)], dtype=float)
                local = np.roll(values, LOCAL)  # index 0: 00 local
                out[f"{name} {gas}"] = local
                peak, utc = int(local.argmax()), int(values.argmax())
                print(f"{name}: {gas} of transport peaks at {peak:02d} h local (record {utc:02d}Z)")
    print(f"file {path.name}\n")
    return out


def grid_of(result: Path) -> Grid:
    with xr.open_dataset(result / "emissions/gridded.nc") as ds:
        return grid_from_attributes(ds["crs"].attrs)


def readers(path: Path) -> None:
    """The sum of NO at 12Z as independent programs read it."""
    with netCDF4.Dataset(path) as data:
        ours = float(np.asarray(data["NO"][12], dtype=np.float64).sum())
    rows = [("reader", "sum of NO at 12Z, mol s-1", "relative to netCDF4-python")]
    commands = {
        "CDO": ["cdo", "-s", "output", "-fldsum", "-seltimestep,13", "-selname,NO"],
        "NCO": ["ncks", "-H", "-C", "-v", "NO", "-s", "%.9g\\n"],
    }
    for name, command in commands.items():
        if shutil.which(command[0]):
            rows.append((name, *read_with(name, command, path, ours)))
    python = os.environ.get("PSEUDONETCDF")
    if python:
        code = (
            "import sys, PseudoNetCDF as p; f = p.pncopen(sys.argv[1], format='ioapi'); "
            "print(float(f.variables['NO'][12].astype('d').sum()))"
        )
        out = subprocess.run(
            [python, "-W", "ignore", "-c", code, path], capture_output=True, text=True
        )
        value = float(out.stdout.split()[-1])
        rows.append(("PseudoNetCDF", f"{value:.7g}", f"{value / ours - 1:+.1e}"))
    if shutil.which("ncdump"):
        out = subprocess.run(["ncdump", "-k", path], capture_output=True, text=True, check=True)
        rows.append(("ncdump -k", out.stdout.strip(), ""))
    common.report(rows)
    print()


def read_with(name: str, command: list[str], path: Path, ours: float) -> tuple[str, str]:
    if name == "NCO":
        command = [*command, "-d", "TSTEP,12"]
    out = subprocess.run([*command, path], capture_output=True, text=True, check=True)
    value = sum(float(x) for x in out.stdout.split())
    return f"{value:.7g}", f"{value / ours - 1:+.1e}"


def pictures(result: Path, cycles: dict[str, np.ndarray], folder: Path) -> None:
    """An hour of a stream, stacks on a map, diurnal cycles of the streams in local time."""
    grid = grid_of(result)
    folder.mkdir(parents=True, exist_ok=True)
    border = units().geometry.to_crs(grid.crs).boundary
    west, south, east, north = (v / 1000 for v in grid.bounds)
    line = border.affine_transform([0.001, 0, 0, 0.001, 0, 0])
    path = sorted((result / "cmaq/emis").glob("emis_transport_*_*07*.nc"))[-1]
    fig, axes = plt.subplots(1, 2, figsize=(15, 6), constrained_layout=True)
    with netCDF4.Dataset(path) as data:
        field = np.asarray(data["NO"][0, 0])
    shown = axes[0].imshow(
        np.where(field > 0, field, np.nan), origin="lower", extent=(west, east, south, north),
        norm=mpl.colors.LogNorm(vmin=np.nanpercentile(field[field > 0], 5), vmax=field.max()),
        cmap="magma_r",
    )  # fmt: skip
    fig.colorbar(shown, ax=axes[0], label="NO, mol s-1 a cell")
    axes[0].set_title(f"Traffic, 00Z = 08 h local, {path.stem[-8:]}")
    for group in sorted((result / "cmaq/points").glob("stack_groups_*.nc")):
        with netCDF4.Dataset(group) as data:
            x, y, z = (np.asarray(data[n][0, 0, :, 0]) for n in ("XLOCA", "YLOCA", "STKHT"))
        axes[1].scatter(
            x / 1000, y / 1000, s=z / 25, label=f"{group.stem[13:]}: {len(x)}", alpha=0.6
        )
    axes[1].legend(title="stack groups, size by height")
    axes[1].set_title("Stacks (XLOCA, YLOCA)")
    for ax in axes:
        line.plot(ax=ax, color="grey", linewidth=0.3)
        ax.set(xlim=(west, east), ylim=(south, north), xlabel="x, km", ylabel="y, km")
    fig.savefig(folder / "cmaq_maps.png", dpi=90)
    fig, axes = plt.subplots(1, 2, figsize=(13, 4.5), constrained_layout=True)
    for path in sorted((result / "cmaq/emis").glob("emis_*_*07*.nc")):
        with netCDF4.Dataset(path) as data:
            name = "NO" if "NO" in data.variables else "NH3"
            total = np.asarray(data[name][:24], dtype=float).sum(axis=(1, 2, 3))
        axes[0].plot(
            np.roll(total, LOCAL) / total.mean(), label=f"{path.stem.split('_')[1]} {name}"
        )
    for name, values in cycles.items():
        axes[1].plot(values / values.mean(), label=name)
    for ax, title in zip(
        axes, ("National sum of each stream", "Transport in two cities"), strict=True
    ):
        ax.set(
            title=title,
            xlabel="local hour (UTC+8)",
            ylabel="relative to the mean",
            xticks=range(0, 25, 3),
        )
        ax.legend()
        ax.grid(alpha=0.3)
    fig.savefig(folder / "cmaq_cycles.png", dpi=90)
    print(f"{folder}: cmaq_maps.png, cmaq_cycles.png")


def main(result: str, folder: str = "pictures") -> None:
    base = Path(result)
    layers(base)
    cycles = clock(base)
    readers(sorted((base / "cmaq/emis").glob("emis_transport_*.nc"))[0])
    pictures(base, cycles, Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
