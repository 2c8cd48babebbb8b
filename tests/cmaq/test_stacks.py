"""Stack groups: the seven variables right, kelvin and metres."""

from __future__ import annotations

import netCDF4
import numpy as np
import pandas as pd
import pytest

from scenair.cmaq import stacks
from scenair.cmaq.io_days import write_stack_groups
from scenair.core.errors import InputError
from scenair.core.io.tables import read_table
from tests.cmaq.ioapi_files import GRID

LON, LAT = GRID.unproject([GRID.x[2], GRID.x[7] + 5000], [GRID.y[1], GRID.y[5] - 3000])
PLANTS = pd.DataFrame(
    {
        "id": ["a", "b"],
        "lon": LON,
        "lat": LAT,
        "adcode": [130100, 130200],
        "sector": ["power", "nonferrous"],
        "stack_height_m": [240.0, np.nan],
        "stack_diameter_m": [7.5, np.nan],
        "stack_temperature_k": [325.0, np.nan],
        "stack_velocity_m_s": [22.0, np.nan],
    }
)


def complete(plants=PLANTS):
    return stacks.complete_stacks(plants, defaults=read_table("cmaq/vertical_stacks.csv"))


def test_given_figures_stay_and_missing_ones_are_typical():
    table = complete()
    assert table.loc[0, list(stacks.PARAMETERS)].tolist() == [240.0, 7.5, 325.0, 22.0]
    assert table.loc[1, "stack_height_m"] == 60.0
    assert table.loc[1, "stack_temperature_k"] == 400.0


def test_columns_that_are_not_there_at_all():
    table = complete(PLANTS.drop(columns=list(stacks.PARAMETERS)))
    assert table["stack_height_m"].tolist() == [210.0, 60.0]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("stack_temperature_k", 52.0),  # degrees Celsius
        ("stack_temperature_k", 0.0),
        ("stack_height_m", 0.0),
        ("stack_height_m", 24000.0),  # centimetres
        ("stack_diameter_m", 0.0),
        ("stack_velocity_m_s", -3.0),
    ],
)
def test_impossible_stacks_are_refused(column, value):
    plants = PLANTS.copy()
    plants.loc[0, column] = value
    with pytest.raises(InputError, match=column):
        complete(plants)


def test_a_plant_outside_the_grid_is_refused():
    plants = complete()
    plants.loc[1, "lon"] = 70.0
    with pytest.raises(InputError, match="outside the grid"):
        stacks.stack_values(plants, GRID)


def test_the_file(tmp_path):
    write_stack_groups(complete(), tmp_path / "stack.nc", grid=GRID)
    with netCDF4.Dataset(tmp_path / "stack.nc") as data:
        assert data.NCOLS == 1
        assert data.NROWS == 2
        assert data.TSTEP == 0
        assert data["ISTACK"].dtype == np.int32
        assert data["TFLAG"][:].tolist() == [[[0, 0]] * len(stacks.STACK_FIELDS)]
        assert data["STKTK"][0, 0, :, 0].tolist() == [325.0, 400.0]
        assert data["COL"][0, 0, :, 0].tolist() == [3, 8]
        assert data["ROW"][0, 0, :, 0].tolist() == [2, 6]
        # XLOCA, YLOCA decide in CMAQ: they must lie in the cell of ROW, COL
        x = np.asarray(data["XLOCA"][0, 0, :, 0], dtype=float)
        assert x == pytest.approx([GRID.x[2], GRID.x[7] + 5000], abs=0.1)
        flow = np.pi / 4 * 7.5**2 * 22.0
        assert data["STKFLW"][0, 0, 0, 0] == pytest.approx(flow, rel=1e-6)
