"""The command that says what a file holds, and the readers on any grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from scenair.cli import main as command
from scenair.inventory.readers import meic
from scenair.inventory.readers.form import gridded

ASC = (
    "ncols 2\nnrows 2\nxllcorner 100\nyllcorner 30\ncellsize 0.25\nNODATA_value -9999\n1 2\n3 -1\n"
)


def test_a_good_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "2017_01__power__SO2.asc"
    file.write_text(ASC)
    assert command(["inventory", "check", str(file)]) == 0
    out = capsys.readouterr().out
    assert "MEIC, SO2, 2017, months 1-1" in out
    assert "power: 6 Mg" in out
    assert "negative 1 (-1 Mg)" in out
    assert "largest units:" in out


def test_a_bad_file_among_good_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "2017_00_power_SO2.asc", tmp_path / "2017_00_power_NOx.asc"
    good.write_text(ASC)
    bad.write_text(ASC[:-5])
    assert command(["inventory", "check", str(good), str(bad)]) == 2
    said = capsys.readouterr()
    assert "the whole year" in said.out
    assert "not complete" in said.err


def test_what_was_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ds = xr.Dataset(
        {
            f"HTAPv3_{name}": (("time", "lat", "lon"), np.ones((12, 2, 2)), {"units": "t/month"})
            for name in ("3_Energy", "1_International_Shipping")
        },
        coords={"lat": [30.5, 31.5], "lon": [110.5, 111.5]},
    )
    file = tmp_path / "edgar_HTAPv3_2017_SO2.nc"
    ds.to_netcdf(file)
    assert command(["inventory", "check", str(file)]) == 0
    assert "left out (outside the boundary): 48 Mg" in capsys.readouterr().out


def test_tables_of_users(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "own.csv"
    own.write_text(
        "adcode,year,sector,species,value,unit,source\n130200,2017,power,SO2,1.5,Gg yr-1,bureau\n"
    )
    assert command(["inventory", "check", "--as", "own", str(own)]) == 0
    assert "SO2 1500" in capsys.readouterr().out
    assert command(["inventory", "check", "--as", "regional", str(own)]) == 2
    assert "unknown adcode" in capsys.readouterr().err
    plants = tmp_path / "plants.csv"
    plants.write_text(
        "id,lon,lat,sector,fuel,fuel_use,sulfur\nA,118.2,39.6,power,coal,1000000,0.8\n"
    )
    assert command(["inventory", "check", "--as", "plants", str(plants)]) == 0
    assert "1 plants in 1 cities, 1 with filled fields" in capsys.readouterr().out
    cities = tmp_path / "cities.csv"
    cities.write_text("adcode,year,gdp,population\n130200,2017,7106,7893000\n")
    assert command(["inventory", "check", "--as", "cities", str(cities)]) == 0
    assert "1 cities, 2017-2017: gdp, population" in capsys.readouterr().out


def test_years_are_not_mixed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [tmp_path / f"{year}_01_power_SO2.asc" for year in (2016, 2017)]
    for file in files:
        file.write_text(ASC)
    assert command(["inventory", "check", "--together", *map(str, files)]) == 2
    assert "2016" in capsys.readouterr().err


@given(
    arrays(
        float,
        array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=6),
        elements=st.floats(min_value=0, max_value=1e6).map(lambda v: round(v, 3)),
    )
)
def test_ascii_keeps_every_cell_in_its_place(rows: np.ndarray) -> None:
    ny, nx = rows.shape
    text = (
        f"ncols {nx}\nnrows {ny}\nxllcorner 100\nyllcorner 30\ncellsize 0.5\nNODATA_value -9999\n"
    )
    text += "\n".join(" ".join(repr(float(v)) for v in row) for row in rows)
    ds = meic.parse_asc(text, name="2017_03_residential_CO.asc")
    np.testing.assert_array_equal(ds["emission"].values[0, 0], rows[::-1])
    assert ds.attrs["audit_total"] == pytest.approx(rows.sum())
    np.testing.assert_allclose(
        ds["lat_bnds"].mean("bound").values, ds["lat"].values, rtol=0, atol=1e-9
    )


@given(arrays(float, (1, 1, 3, 4), elements=st.floats(min_value=-1, max_value=10)))
def test_longitudes_to_180_and_to_360_give_one_field(values: np.ndarray) -> None:
    attrs = {"product": "test", "species": "CO", "year": 2017}
    common = {
        "sectors": ["power"], "months": [0], "lat": np.array([-60.0, 0.0, 60.0]),
        "units": "Mg cell-1 yr-1", "attrs": attrs,
    }  # fmt: skip
    east = gridded(values, lon=np.array([45.0, 135.0, 225.0, 315.0]), where="a", **common)
    both = gridded(
        np.roll(values, 2, axis=3), lon=np.array([-135.0, -45.0, 45.0, 135.0]), where="b", **common
    )
    np.testing.assert_array_equal(east["lon"].values, both["lon"].values)
    np.testing.assert_array_equal(east["emission"].values, both["emission"].values)
