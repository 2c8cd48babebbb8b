"""Any bytes in, one message out: the readers of the files that users bring to the stages."""

from __future__ import annotations

import contextlib
import importlib
import random
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from scenair.core.errors import ScenairError
from tests.fuzz.test_readers import mangle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ASC = (
    "ncols 3\nnrows 2\nxllcorner 70\nyllcorner 10\ncellsize 0.25\nNODATA_value -9999\n"
    "1 2 3\n4 5 -9999\n"
)
CNEMC = "date,hour,type,1001A,1002A\n20150101,0,PM2.5,35,\n20150101,1,PM2.5,40,41\n"
LONG = "timepoint,stationcode,pm2_5,o3\n2015-01-01 01:00:00,1001A,35,60\n"
DAILY = "date,city,pm25\n2015-01-01,110000,35\n2015-01-02,110000,36\n"
STATIONS = "station,name,city,lon,lat\n1001A,万寿西宫,北京,116.366,39.8673\n"
IAMC = "Model,Scenario,Region,Variable,Unit,2020,2030\nM,S,China,Emissions|CO2,Mt CO2/yr,1,2\n"
GRIDDESC = (
    "' '\n'LCC_CHN'\n 2 25.0 40.0 110.0 110.0 34.0\n' '\n"
    "'CN36'\n'LCC_CHN' -3096000.0 -2286000.0 36000.0 36000.0 172 127 1\n' '\n"
)

#: module, function, name of the file, a sound content, whether it takes a list of paths
READERS = [
    ("inventory.readers.files", "read_gridded", "2017__SO2.asc", ASC, False),
    ("core.io.user_tables", "read_user_table", "table.csv", DAILY, False),
    ("core.io.user_tables", "read_user_table", "iamc.csv", IAMC, False),
    ("core.io.user_tables", "read_user_table", "table.xlsx", DAILY, False),
    ("attainment.io.readers", "read_cnemc_wide", "china_sites_20150101.csv", CNEMC, True),
    ("attainment.io.readers", "read_cnemc_long", "long.csv", LONG, True),
    ("attainment.io.readers", "read_hourly_csv", "hourly.csv", LONG, False),
    ("attainment.io.readers", "read_daily_table", "daily.csv", DAILY, False),
    ("attainment.io.observations", "read_stations", "stations.csv", STATIONS, False),
    ("projection.io.readers", "read_points", "points.csv", DAILY, False),
    ("gridding.io_rasters", "read_raster", "raster.nc", ASC, False),
    ("report.verify", "read_manifest", "manifest.json", '{"versions": {}}', False),
]


def outcome(reader: Callable[[Any], object], argument: object) -> None:
    with warnings.catch_warnings(), contextlib.suppress(ScenairError):
        warnings.simplefilter("ignore")
        reader(argument)


@pytest.mark.parametrize(
    ("module", "function", "name", "content", "many"), READERS, ids=lambda v: str(v)[:30]
)
def test_a_damaged_user_file_is_read_or_told(
    tmp_path: Path, module: str, function: str, name: str, content: str, many: bool
) -> None:
    reader = getattr(importlib.import_module(f"scenair.{module}"), function)
    file = tmp_path / name
    rng = random.Random(20)
    for seed in range(40):
        noise = bytes(rng.randrange(256) for _ in range(rng.randrange(200)))
        file.write_bytes(noise if seed % 8 == 0 else mangle(content.encode(), seed))
        argument: object = tmp_path if function == "read_manifest" else file
        outcome(reader, [argument] if many else argument)


def test_a_damaged_griddesc_is_read_or_told() -> None:
    from scenair.core.griddesc import parse_griddesc

    assert set(parse_griddesc(GRIDDESC)) == {"CN36"}
    for seed in range(200):
        text = mangle(GRIDDESC.encode(), seed).decode("utf-8", errors="replace")
        outcome(parse_griddesc, text)
