"""What readers say to bad input: message and exit status of `scenair inventory check`.

python inventory_bad_input.py
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xarray as xr

from scenair.cli import main
from scenair.core.regions import units
from scenair.inventory.io_inputs import population

ROWS, COLUMNS = 200, 320
OWN = "adcode,year,sector,species,value,unit,source\n"


def asc(values: np.ndarray, *, west: float = 70.0, cell: float = 0.25) -> str:
    """An ESRI grid as MEIC delivers it, north first."""
    head = (
        f"ncols {values.shape[1]}\nnrows {values.shape[0]}\nxllcorner {west}\nyllcorner 10\n"
        f"cellsize {cell}\nNODATA_value -9999\n"
    )
    return head + "\n".join(" ".join(f"{v:g}" for v in row) for row in values) + "\n"


def china() -> np.ndarray:
    """A tonne for every ten thousand people, in the cell of the middle of their city."""
    table, people = units(), population()
    middle = table.geometry.representative_point()
    row = ((60 - middle.y.to_numpy()) * 4).astype(int)
    column = ((middle.x.to_numpy() - 70) * 4).astype(int)
    values = np.zeros((ROWS, COLUMNS))
    inside = row < ROWS  # Sansha lies south of the grid
    amount = people.reindex(table.index).to_numpy() / 1e4
    np.add.at(values, (row[inside], column[inside]), amount[inside])
    return values


def edgar(folder: Path, *, units: str = "Tonnes", year: str = "2017") -> Path:
    """A small file in the form of EDGAR."""
    lat, lon = np.arange(-89.0, 90, 2.0), np.arange(-179.0, 180, 2.0)
    values = np.zeros((lat.size, lon.size), dtype="f4")
    values[np.ix_((lat > 30) & (lat < 40), (lon > 110) & (lon < 119))] = 1.0
    ds = xr.Dataset({"emissions": (("lat", "lon"), values)}, coords={"lat": lat, "lon": lon})
    ds["emissions"].attrs = {
        "substance": "SO2", "long_name": "Energy industry", "year": year, "units": units,
    }  # fmt: skip
    path = folder / "v8.1_FT2022_AP_SO2_2017_ENE_emi.nc"
    ds.to_netcdf(path)
    return path


def text(name: str, content: str) -> Callable[[Path], list[str]]:
    """A case that is one text file."""

    def write(folder: Path) -> list[str]:
        (folder / name).write_text(content)
        return [str(folder / name)]

    return write


def mixed(folder: Path) -> list[str]:
    """Two years of MEIC given as one."""
    files = [folder / f"{year}_01_power_SO2.asc" for year in (2016, 2017)]
    for file in files:
        file.write_text(asc(china()))
    return ["--together", *map(str, files)]


def cut(folder: Path) -> list[str]:
    """A netCDF file that ends early."""
    path = edgar(folder)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return [str(path)]


NAME = "2017_01_power_SO2.asc"
CASES: dict[str, Callable[[Path], list[str]]] = {
    "a good grid": text(NAME, asc(china())),
    "truncated grid": text(NAME, asc(china())[:60_000]),
    "truncated netCDF": cut,
    "wrong units": lambda folder: [str(edgar(folder, units="furlongs"))],
    "year in name and file differ": lambda folder: [str(edgar(folder, year="2012"))],
    "mixed years": mixed,
    "shifted grid (west edge 30 degrees off)": text(NAME, asc(china(), west=100.0)),
    "flipped rows": text(NAME, asc(china()[::-1])),
    "not a number": text(NAME, asc(china()).replace(" 0 ", " none ", 1)),
    "empty file": text(NAME, ""),
    "name without meaning": text("power.asc", asc(china())),
    "own: unit unknown": text(
        "own.csv", f"{OWN}130200,2017,power,SO2,1,lb,bureau\n"
    ),
    "own: negative": text("own.csv", f"{OWN}130200,2017,power,SO2,-1,Mg yr-1,bureau\n"),
    "own: empty cell": text("own.csv", f"{OWN}130200,2017,power,SO2,,Mg yr-1,bureau\n"),
    "own: unknown city": text("own.csv", f"{OWN}999999,2017,power,SO2,1,Mg yr-1,bureau\n"),
    "own: column missing": text("own.csv", "adcode,year\n130200,2017\n"),
    "own: given twice": text("own.csv", OWN + 2 * "130200,2017,power,SO2,1,Mg yr-1,bureau\n"),
    "plants: sulfur of 80 percent": text(
        "plants.csv",
        "id,lon,lat,sector,fuel,fuel_use,sulfur\nA,118.2,39.6,power,coal,1000000,80\n",
    ),
    "plants: longitude and latitude swapped": text(
        "plants.csv", "id,lon,lat,sector,fuel,fuel_use\nA,39.6,118.2,power,coal,1000000\n"
    ),
    "cities: shares of GDP as fractions": text(
        "cities.csv",
        "adcode,year,gdp,share_primary,share_secondary,share_tertiary\n"
        "130200,2017,7106,0.09,0.57,0.34\n",
    ),
}  # fmt: skip


def main_table() -> None:
    """Run every case and print status and message."""
    for name, write in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            kind = name.split(":")[0] if ":" in name else "grid"
            files = write(Path(folder))
            out, err = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                status = main(["inventory", "check", "--as", kind, *files])
            said = (err.getvalue() or out.getvalue()).replace(f"{folder}/", "").strip()
            print(f"[{status}] {name}\n    " + said.replace("\n", "\n    "))


if __name__ == "__main__":
    main_table()
