"""Grids: GRIDDESC numbers, projection, true areas, nests."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenair.core.grids import (
    CN36,
    EARTH_RADIUS_M,
    LATLON,
    MERCATOR,
    POLAR,
    Grid,
    grid_from_attributes,
)


def latlon_grid() -> Grid:
    return Grid("LL", "LATLON", LATLON, 0, 0, 0, 0, 0, 70.0, 10.0, 0.25, 0.25, 320, 200)


def test_cn36_numbers() -> None:
    assert CN36.shape == (127, 172)
    assert CN36.xorig == -172 * 36_000 / 2
    assert CN36.yorig == -127 * 36_000 / 2
    assert np.all(np.diff(CN36.x) > 0)
    assert np.all(np.diff(CN36.y) > 0)
    assert CN36.cell_km == 36


def test_projection_centre_is_the_reference_point() -> None:
    x, y = CN36.project(110.0, 34.0)
    assert abs(float(x)) < 1e-6
    assert abs(float(y)) < 1e-6


@given(lon=st.floats(75, 140), lat=st.floats(12, 52))
def test_projection_round_trip(lon: float, lat: float) -> None:
    back = CN36.unproject(*CN36.project(lon, lat))
    assert np.allclose(back, (lon, lat), atol=1e-9)


def test_latlon_cell_area_is_the_closed_form() -> None:
    grid = latlon_grid()
    south, north = np.radians(grid.y_edges[:-1]), np.radians(grid.y_edges[1:])
    expected = EARTH_RADIUS_M**2 * np.radians(0.25) * (np.sin(north) - np.sin(south))
    assert np.allclose(grid.cell_area, expected[:, None], rtol=1e-12)


@pytest.mark.parametrize(
    "grid",
    [
        CN36,
        Grid("PS", "POLAR", POLAR, 1, 60, 110, 110, 90, -2e6, -5e6, 50e3, 50e3, 40, 30),
        Grid("MER", "MERC", MERCATOR, 20, 0, 110, 110, 0, -2e6, 1e6, 50e3, 50e3, 40, 30),
    ],
    ids=["lambert", "polar", "mercator"],
)
def test_cell_area_against_geodesic_polygons(grid: Grid) -> None:
    # pyproj's geodesic on the same sphere is independent of our quadrature; its edges are great
    # circles, so edges are densified first
    geod = pyproj.Geod(a=EARTH_RADIUS_M, b=EARTH_RADIUS_M)
    for row, col in ((0, 0), (grid.nrows // 2, grid.ncols // 2), (grid.nrows - 1, grid.ncols - 1)):
        x0, y0 = grid.x_edges[col], grid.y_edges[row]
        t = np.linspace(0, 1, 201)[:-1]
        ring_x = x0 + grid.xcell * np.concatenate([t, np.ones(200), 1 - t, np.zeros(200)])
        ring_y = y0 + grid.ycell * np.concatenate([np.zeros(200), t, np.ones(200), 1 - t])
        area = abs(geod.polygon_area_perimeter(*grid.unproject(ring_x, ring_y))[0])
        assert grid.cell_area[row, col] == pytest.approx(area, rel=1e-6)


def test_locate_by_floor_and_outside() -> None:
    lon, lat = CN36.unproject(CN36.x_edges[[3, 3]] + [0.0, 1.0], CN36.y_edges[[2, 2]] + [5.0, 5.0])
    cells = CN36.locate(lon + 1e-9, lat)
    assert cells.tolist() == [2 * 172 + 3] * 2
    assert CN36.locate([-100.0, 110.0], [40.0, 34.0]).tolist()[0] == -1


def test_nest_shares_edges_with_its_parent() -> None:
    nest = CN36.nest(name="N", ratio=3, col0=88, row0=63, cols=22, rows=24)
    assert nest.shape == (72, 66)
    assert np.allclose(nest.x_edges[::3], CN36.x_edges[88:111])
    assert nest.cell_area.reshape(24, 3, 22, 3).sum(axis=(1, 3)) == pytest.approx(
        CN36.cell_area[63:87, 88:110], rel=1e-9
    )
    with pytest.raises(ValueError, match="leaves its parent"):
        CN36.nest(name="N", ratio=3, col0=160, row0=0, cols=22, rows=24)


def test_attributes_round_trip() -> None:
    assert grid_from_attributes(CN36.cf_attributes()) == CN36


def test_refusals() -> None:
    with pytest.raises(ValueError, match="GDTYP"):
        Grid("A", "B", 5, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1)
    with pytest.raises(ValueError, match="positive"):
        Grid("A", "B", 2, 25, 40, 110, 110, 34, 0, 0, -1, 1, 1, 1)


@pytest.mark.parametrize("grid", [CN36, latlon_grid()])
def test_no_points_have_no_areal_scale(grid: Grid) -> None:
    for shape in ((0,), (3, 0)):
        assert grid.areal_scale(np.empty(shape), np.empty(shape)).shape == shape
