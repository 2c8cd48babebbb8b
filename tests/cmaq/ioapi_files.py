"""I/O API files for tests, right or with one defect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pandas as pd

from scenair.cmaq import ioapi
from scenair.core.grids import CN36, Grid

DAY = pd.Timestamp("2030-07-04")
#: Over the North China Plain: 10 columns and 8 rows of 36 km.
GRID = CN36.nest(name="TEST36", ratio=1, col0=90, row0=60, cols=10, rows=8)
GASES = ("NO", "NO2", "SO2", "NH3", "CO", "PAR", "XYLMN")
PARTICLES = ("PEC", "POC", "PNCOM", "PMOTHR", "PMC", "PSO4")


def units_of(name: str) -> str:
    return "g/s" if name.startswith("P") and name != "PAR" else "moles/s"


@dataclass
class Draft:
    """A file before it is written; tests change one thing of it."""

    grid: Grid
    attrs: dict[str, Any]
    data: dict[str, np.ndarray]
    units: dict[str, str]
    tflag: np.ndarray
    model: str = "NETCDF3_64BIT_OFFSET"
    dims: dict[str, str] = field(default_factory=dict)
    drop_tflag: bool = False
    var_attrs: dict[str, dict[str, Any]] = field(default_factory=dict)
    fixed_time: bool = False

    def relist(self) -> None:
        """Make VAR-LIST, NVARS and TFLAG follow the data."""
        self.attrs["VAR-LIST"] = "".join(n.ljust(16) for n in self.data)
        self.attrs["NVARS"] = np.int32(len(self.data))
        self.tflag = np.repeat(self.tflag[:, :1], len(self.data), axis=1)

    def rename(self, old: str, new: str) -> None:
        self.data = {new if k == old else k: v for k, v in self.data.items()}
        self.units[new] = self.units.pop(old)
        self.relist()


def flags(start: pd.Timestamp | None, records: int, variables: int) -> np.ndarray:
    pairs = [
        (0, 0) if start is None else ioapi.date_time(start + i * pd.Timedelta(hours=1))
        for i in range(records)
    ]
    return np.repeat(np.array(pairs, dtype=np.int32)[:, None, :], variables, axis=1)


def emissions(
    *, grid: Grid = GRID, names: tuple[str, ...] = GASES + PARTICLES, start: pd.Timestamp = DAY,
    records: int = 25, layers: int = 1,
) -> Draft:  # fmt: skip
    """A right emission file: positive, with a diurnal cycle."""
    rng = np.random.default_rng(len(names))
    hour = 1 + 0.5 * np.sin(np.arange(records) / 24 * 2 * np.pi)
    field_ = rng.uniform(0.1, 2.0, (layers, *grid.shape))
    data = {
        n: ((i + 1) * hour[:, None, None, None] * field_).astype(np.float32)
        for i, n in enumerate(names)
    }
    faces = tuple(np.linspace(1, 0.9, layers + 1)) if layers > 1 else (1.0, 0.995)
    attrs = ioapi.header(
        grid,
        variables={n: (units_of(n), n) for n in names},
        start=start,
        upname="TEST",
        description="test",
        vglvls=faces,
    )
    return Draft(
        grid, attrs, data, {n: units_of(n) for n in names}, flags(start, records, len(names))
    )


def masks(*, names: tuple[str, ...] = ("C110100", "C130100"), grid: Grid = GRID) -> Draft:
    """A right masks file: two regions that share the domain."""
    share = np.linspace(0, 1, grid.size).reshape(1, 1, *grid.shape).astype(np.float32)
    data = {n: share if i == 0 else (1 - share) / (len(names) - 1) for i, n in enumerate(names)}
    attrs = ioapi.header(
        grid,
        variables=dict.fromkeys(names, ("fraction", "")),
        start=None,
        upname="TEST",
        description="",
    )
    return Draft(grid, attrs, data, dict.fromkeys(names, "fraction"), flags(None, 1, len(names)))


STACK_UNITS = {
    "ISTACK": "none", "XLOCA": "m", "YLOCA": "m", "STKDM": "m", "STKHT": "m", "STKTK": "K",
    "STKVE": "m/s", "LONGITUDE": "degrees", "LATITUDE": "degrees",
}  # fmt: skip


def stacks(n: int = 3, *, grid: Grid = GRID) -> Draft:
    """A right stack group file with ``n`` sources."""
    x = grid.xorig + grid.xcell * np.linspace(1.5, 6.5, n)
    y = grid.yorig + grid.ycell * np.linspace(1.5, 5.5, n)
    lon, lat = grid.unproject(x, y)
    columns = {
        "ISTACK": np.arange(1, n + 1, dtype=np.int32), "XLOCA": x, "YLOCA": y,
        "STKDM": np.full(n, 7.0), "STKHT": np.full(n, 210.0), "STKTK": np.full(n, 323.0),
        "STKVE": np.full(n, 18.0), "LONGITUDE": lon, "LATITUDE": lat,
    }  # fmt: skip
    rows = _rows(grid, n)
    attrs = ioapi.header(
        rows,
        variables={k: (u, k) for k, u in STACK_UNITS.items()},
        start=None,
        upname="TEST",
        description="",
    )
    data = {
        k: (v if k == "ISTACK" else v.astype(np.float32)).reshape(1, 1, n, 1)
        for k, v in columns.items()
    }
    return Draft(rows, attrs, data, dict(STACK_UNITS), flags(None, 1, len(data)))


def points(n: int = 3, *, names: tuple[str, ...] = ("NO", "SO2", "PEC")) -> Draft:
    """Hourly emissions of ``n`` sources."""
    return emissions(grid=_rows(GRID, n), names=names)


def _rows(grid: Grid, n: int) -> Grid:
    from dataclasses import replace

    return replace(grid, ncols=1, nrows=n)


def write(draft: Draft, path: Path) -> Path:
    """Write a draft as it is, right or wrong."""
    name = lambda d: draft.dims.get(d, d)  # noqa: E731
    records, nvars = draft.tflag.shape[:2]
    with netCDF4.Dataset(path, "w", format=draft.model) as out:
        shape = next(iter(draft.data.values())).shape
        out.createDimension(name("TSTEP"), records if draft.fixed_time else None)
        out.createDimension("DATE-TIME", 2)
        out.createDimension("VAR", nvars)
        for dim, size in zip(("LAY", "ROW", "COL"), shape[1:], strict=True):
            out.createDimension(name(dim), size)
        if not draft.drop_tflag:
            var = out.createVariable("TFLAG", "i4", (name("TSTEP"), "VAR", "DATE-TIME"))
            var.setncatts({"units": "<YYYYDDD,HHMMSS>", "long_name": "TFLAG".ljust(16)})
            var.setncatts({"var_desc": "Timestep-valid flags".ljust(80)})
            var[:] = draft.tflag
        for key, values in draft.data.items():
            dims = tuple(name(d) for d in ("TSTEP", "LAY", "ROW", "COL"))
            var = out.createVariable(key, values.dtype, dims, fill_value=False)
            attrs = {
                "long_name": key.ljust(16),
                "units": draft.units[key].ljust(16),
                "var_desc": key.ljust(80),
            }
            var.setncatts({**attrs, **draft.var_attrs.get(key, {})})
            var[:] = values
        out.setncatts(draft.attrs)
    return path


Change = Callable[[Draft], None]
