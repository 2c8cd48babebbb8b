"""Readers of the files that stages exchange: whatever the file holds, the outcome is one message.

A file is given what its reader asks for, by the words of the reader's own messages, in odd shapes
and types: the reader must end with a message of scenair or with a value, never with a defect.
"""

from __future__ import annotations

import importlib
import random
import re
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr

from scenair.core.errors import ScenairError
from scenair.core.grids import CN36

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CITIES = (110000, 120000)
GRID = CN36.nest(name="SMALL", ratio=1, col0=90, row0=60, cols=3, rows=2)
#: module, function, keywords, whether it takes a list of paths
READERS: list[tuple[str, str, dict[str, Any], bool]] = [
    ("attainment.io.model", "read_air_quality", {"grid": GRID}, False),
    ("attainment.io.model", "read_city_paths", {"adcodes": CITIES}, False),
    ("attainment.io.places", "read_monitors", {"grid": GRID}, False),
    ("attainment.io.store", "open_hourly", {}, False),
    ("cmaq.io_desid", "read_cities", {}, False),
    ("cmaq.io_desid", "read_gridded", {}, False),
    ("cmaq.io_inputs", "read_gridded", {"year": 2017}, False),
    ("cmaq.io_meteorology", "read_wrf", {}, True),
    ("cmaq.io_meteorology", "read_mcip", {}, True),
    ("cmaq.io_run", "open_run", {}, True),
    ("gridding.io", "read_spatial", {}, False),
    ("gridding.io", "read_cities", {"cities": CITIES}, False),
    ("inventory.readers.files", "read_gridded", {}, False),
    ("projection.io.potentials", "read_potentials", {"cities": np.array(CITIES)}, False),
    ("projection.io.readers", "read_inventory", {"year": 2017}, False),
    ("projection.io.readers", "read_trajectory", {}, False),
    ("projection.io.weights", "read_responsibility",
     {"cities": np.array(CITIES), "population": np.ones(2)}, False),
    ("surrogate.io.anchoring", "read_factors", {"grid": GRID}, False),
    ("surrogate.io.annual", "read_solutions", {"grid": GRID}, False),
    ("surrogate.io.fields", "read_meteorology", {"grid": GRID}, False),
    ("surrogate.io.tracers", "read_tracers", {"year": 2017, "scenario": "history"}, False),
    ("surrogate.io.tracers", "read_emissions", {"year": 2017}, False),
    ("surrogate.io.tracers", "read_background", {}, False),
]  # fmt: skip
DIMS = ("city", "sector", "species", "source", "year", "quarter", "month", "y", "x", "site", "time")
TRIES = 40


def reader_of(module: str, function: str, keywords: dict[str, Any]) -> Callable[..., object]:
    found = getattr(importlib.import_module(f"scenair.{module}"), function)
    return partial(found, **keywords)


def odd_variable(rng: random.Random, units: str) -> xr.Variable:
    """Of any rank and type; numbers may be negative or missing."""
    dims = tuple(rng.sample(DIMS, rng.randrange(4)))
    shape = tuple(2 if d != "y" else 3 for d in dims)
    numbers = np.random.default_rng(rng.randrange(2**32))
    values: Any = numbers.normal(size=shape) * 10.0 ** rng.randrange(-3, 6)
    match rng.randrange(5):
        case 0:
            values = np.full(shape, "word", dtype=object)
        case 1:
            values = np.zeros(shape, dtype=np.int32)
        case 2:
            values = np.full(shape, np.nan)
        case 3:
            values = np.abs(values)
    return xr.Variable(dims, values, {"units": units})


def grown(told: str, ds: xr.Dataset, rng: random.Random) -> xr.Dataset | None:
    """The dataset with what the message asked for, or None where it asked for no variable."""
    missing = re.search(r"variable missing; where: .*?, variable (\w+)", told)
    wrong = re.search(r"wrong unit; where: .*?, variable (\w+);.* allowed: ([^;]+?)[.;]", told)
    if missing:
        return ds.assign({missing[1]: odd_variable(rng, "1")})
    if wrong and wrong[1] in ds.variables:
        return ds.assign({wrong[1]: ds[wrong[1]].assign_attrs(units=wrong[2])})
    return None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("module", "function", "keywords", "many"), READERS, ids=lambda v: str(v)[:24]
)
@pytest.mark.parametrize("seed", range(6))
def test_what_a_reader_asks_for_in_odd_shapes(
    tmp_path: Path, module: str, function: str, keywords: dict[str, Any], many: bool, seed: int
) -> None:
    reader, rng = reader_of(module, function, keywords), random.Random(seed)
    ds = xr.Dataset(attrs={"year": rng.choice([2017, 1, "word"])})
    path = tmp_path / "METCRO2D.nc"
    for attempt in range(TRIES):
        path = tmp_path / f"MIX_SO2_2017_{attempt}.nc"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ds.to_netcdf(path)
        try:
            reader([path] if many else path)
        except ScenairError as error:
            more = grown(str(error), ds, rng)
            if more is None:
                return
            ds = more
        else:
            return
    pytest.fail("the reader never came to an end")


@pytest.mark.parametrize(
    ("module", "function", "keywords", "many"), READERS, ids=lambda v: str(v)[:24]
)
def test_what_is_no_netcdf(
    tmp_path: Path, module: str, function: str, keywords: dict[str, Any], many: bool
) -> None:
    reader = reader_of(module, function, keywords)
    sound = tmp_path / "sound.nc"
    xr.Dataset({"a": ("x", np.arange(5000.0), {"units": "1"})}).to_netcdf(sound)
    contents = (
        b"",
        b"text",
        sound.read_bytes()[:1000],
        b"\x89HDF\r\n\x1a\n",
        b"CDF\x02" + bytes(40),
    )
    for number, content in enumerate(contents):
        path = tmp_path / f"{number}.nc"
        path.write_bytes(content)
        with pytest.raises(ScenairError):
            reader([path] if many else path)
    for path in (tmp_path / "none.nc", tmp_path):
        with pytest.raises(ScenairError):
            reader([path] if many else path)
