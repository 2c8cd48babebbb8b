"""CMAQ output files for tests: hourly, UTC, surface layer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from scenair.cmaq import ioapi
from scenair.core.grids import CN36
from scenair.core.io.tables import read_table
from tests.cmaq import ioapi_files as make

GRID = CN36.nest(name="OUT36", ratio=1, col0=90, row0=60, cols=3, rows=2)
Value = Callable[[str, pd.DatetimeIndex], np.ndarray]


def species() -> list[str]:
    return list(read_table("cmaq/readback_aero7.csv")["species"])


def write_day(
    path: Path, *, kind: str, day: str, value: Value, hours: int = 24, grid=GRID, units=None
) -> Path:  # fmt: skip
    """One file from 00Z; ``value(name, hours)`` gives (hour,)."""
    names = {
        "aelmo": ["PM25", "PM25_SO4", "PM25_NO3", "PM25_NH4", "PM25_EC", "PM25_OA", "PM10"],
        "combine": ["PM25_TOT", "PM25_SO4", "PM25_NO3", "PM25_NH4", "PM25_EC", "PM25_OM", "O3"],
        "gases": ["O3", "NO2", "SO2", "CO"],
        "aconc": [*species(), "O3", "NO2", "SO2", "CO"],
    }[kind]
    start = pd.Timestamp(day)
    stamps = pd.date_range(start, periods=hours, freq="h")
    data, unit = {}, {}
    for name in names:
        v = np.asarray(value(name, stamps), dtype=np.float32).reshape(hours, 1, 1, 1)
        data[name] = np.broadcast_to(v, (hours, 1, *grid.shape))
        gas = "ppbV" if kind == "combine" else "ppmV"
        particle = name not in ("O3", "NO2", "SO2", "CO")
        unit[name] = (units or {}).get(name, "ug m-3" if particle else gas)
    attrs = ioapi.header(
        grid,
        variables={n: (unit[n], n) for n in names},
        start=start,
        upname="TEST",
        description="test",
    )
    draft = make.Draft(grid, attrs, data, unit, make.flags(start, hours, len(names)))
    return make.write(draft, path)
