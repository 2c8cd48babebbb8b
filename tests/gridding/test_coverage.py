"""Exact coverage against shapely, by hand and on the sphere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from scenair.core.errors import InputError
from scenair.core.grids import CN36, LATLON, MERCATOR, POLAR, Grid
from scenair.core.overlay import mass_weights, polygon_areas
from scenair.gridding import coverage, io_cache, io_rasters, latlon, rasters

NCOLS, NROWS = 7, 5


def edges(polygons):
    """Edges of shapely polygons that are already in index space."""
    plane = replace(
        CN36, gdtyp=LATLON, xorig=0.0, yorig=0.0, xcell=1.0, ycell=1.0, ncols=NCOLS, nrows=NROWS
    )
    return rasters.ring_edges(polygons, plane)


def matrix(polygons):
    found = coverage.coverage(edges(polygons), ncols=NCOLS, nrows=NROWS)
    out = np.zeros((len(polygons), NCOLS * NROWS))
    np.add.at(out, (found.polygon, found.cell), found.area)
    return out, found


def by_shapely(polygons):
    boxes = [shapely.box(c, r, c + 1, r + 1) for r in range(NROWS) for c in range(NCOLS)]
    return np.array([[shapely.intersection(p, b).area for b in boxes] for p in polygons])


def test_a_triangle_by_hand():
    areas, found = matrix([shapely.Polygon([(0, 0), (2, 0), (0, 2)])])
    assert areas[0, [0, 1, NCOLS]] == pytest.approx([1.0, 0.5, 0.5], rel=1e-14)
    corner = found.cell == 1
    assert found.col[corner] == pytest.approx([1 + 1 / 3])
    assert found.row[corner] == pytest.approx([1 / 3])


HOLE = shapely.Polygon(
    [(0.3, 0.2), (6.8, 0.4), (6.5, 4.7), (0.5, 4.9)],
    [[(1.2, 1.1), (1.3, 3.8), (5.1, 3.6), (4.9, 1.2)]],
)
CASES = {
    "hole": HOLE,
    "two parts": shapely.MultiPolygon([shapely.box(0.5, 0.5, 1.5, 1.5), shapely.box(4, 2, 6, 3)]),
    "on grid lines": shapely.box(1, 1, 4, 3),
    "west of the grid": shapely.box(-3, 1.5, 2.5, 2.5),
    "east of the grid": shapely.box(5.5, 1.5, 11, 2.5),
    "around the grid": shapely.box(-2, -2, 10, 10),
    "outside": shapely.box(-5, -5, -1, -1),
    "clockwise": shapely.Polygon([(1, 1), (1, 3), (3, 3), (3, 1)]),
    "concave": shapely.Polygon([(0.5, 0.5), (6.5, 0.5), (6.5, 4.5), (3.5, 1.2), (0.5, 4.5)]),
}


@pytest.mark.parametrize("name", CASES)
def test_areas_agree_with_shapely(name):
    areas, found = matrix([CASES[name]])
    expected = by_shapely([CASES[name]])
    assert areas == pytest.approx(expected, abs=1e-12)
    assert (found.area > 0).all()


def test_centroids_agree_with_shapely():
    _, found = matrix([HOLE])
    for cell, col, row in zip(found.cell, found.col, found.row, strict=True):
        r, c = divmod(int(cell), NCOLS)
        centre = shapely.intersection(HOLE, shapely.box(c, r, c + 1, r + 1)).centroid
        assert (col, row) == pytest.approx((centre.x, centre.y), abs=1e-10)


points = st.lists(
    st.tuples(st.floats(-2, 9), st.floats(-2, 7)), min_size=3, max_size=9, unique=True
)


@given(points)
def test_any_polygon_agrees_with_shapely(vertices):
    hull = shapely.MultiPoint(vertices).convex_hull
    if hull.geom_type != "Polygon" or hull.area < 1e-6:
        return
    areas, _ = matrix([hull])
    assert areas == pytest.approx(by_shapely([hull]), abs=1e-9)


GRIDS = {
    "lambert": CN36,
    "nest": CN36.nest(name="N", ratio=12, col0=88, row0=66, cols=10, rows=9),
    "polar": Grid("P", "P", POLAR, 1.0, 60.0, 110.0, 110.0, 90.0, -9e5, -7e6, 5e4, 5e4, 40, 60),
    "mercator": Grid(
        "M", "M", MERCATOR, 30.0, 0.0, 110.0, 110.0, 0.0, -5e5, 2.4e6, 3e4, 3e4, 40, 40
    ),
    "latlon": Grid("L", "L", LATLON, 0.0, 0.0, 0.0, 0.0, 0.0, 100.0, 25.0, 0.3, 0.4, 40, 30),
}


@pytest.mark.parametrize("name", GRIDS)
def test_interior_columns_sum_to_one_and_areas_close(name):
    grid = GRIDS[name]
    lon, lat = grid.lonlat
    source = latlon.Raster(
        np.arange(np.floor(lon.min()) - 2, lon.max() + 2.1, 0.5),
        np.arange(np.floor(lat.min()) - 2, lat.max() + 2.1, 0.5),
    )
    weights = latlon.latlon_weights(source, grid)
    total = np.asarray(weights.sum(axis=0)).ravel()
    touched = weights[: grid.size].sum(axis=0)
    inside = np.asarray(touched).ravel() > 0
    assert np.abs(total[inside] - 1).max() < 1e-12
    # every cell of the grid gets exactly its own spherical area
    area = weights[: grid.size] @ source.cell_area.ravel()
    assert area == pytest.approx(grid.cell_area.ravel(), rel=2e-5)


def test_uniform_density_stays_uniform_to_the_accuracy_of_straight_sides():
    source = latlon.Raster(np.linspace(100, 120, 81), np.linspace(25, 40, 61))
    grid = CN36.nest(name="IN", ratio=3, col0=70, row0=50, cols=20, rows=20)
    straight, bent = (
        latlon.latlon_weights(source, grid, extra=extra)[: grid.size] @ source.cell_area.ravel()
        for extra in (0, 3)
    )
    exact = grid.cell_area.ravel()
    assert np.abs(bent / exact - 1).mean() < 2e-7
    assert np.abs(straight / exact - 1).mean() < 2e-5


def test_weights_agree_with_the_overlay_of_the_core():
    source = latlon.Raster(np.linspace(110, 112, 9), np.linspace(33, 35, 9))
    grid = CN36.nest(name="IN", ratio=1, col0=80, row0=58, cols=14, rows=12)
    weights = latlon.latlon_weights(source, grid, extra=9).toarray()
    cells = [
        shapely.box(w, s, e, n)
        for s, n in zip(source.lat[:-1], source.lat[1:], strict=True)
        for w, e in zip(source.lon[:-1], source.lon[1:], strict=True)
    ]
    peer = mass_weights(polygon_areas(cells, grid)).toarray()
    assert np.abs(weights - peer).max() < 5e-5


@pytest.mark.parametrize(
    ("lon", "lat", "message"),
    [
        ([2, 1], [0, 1], "must ascend"),
        ([0, 1], [1, 0], "must ascend"),
        ([0, 1], [0, 95], "beyond the globe"),
        ([0, 400], [0, 1], "beyond the globe"),
    ],
)
def test_wrong_rasters_are_refused(lon, lat, message):
    with pytest.raises(InputError, match=message):
        latlon.Raster(np.array(lon, dtype=float), np.array(lat, dtype=float))


UNITS = [shapely.box(110.1, 33.1, 110.9, 33.9), shapely.box(110.9, 33.1, 111.7, 33.9)]
RASTER = latlon.Raster(np.linspace(109, 113, 81), np.linspace(32, 35, 61))
TARGET = CN36.nest(name="IN", ratio=1, col0=78, row0=56, cols=20, rows=16)


def test_a_unit_follows_its_surrogate():
    surrogate = np.zeros(RASTER.shape)
    surrogate[30, 30] = 5.0  # one raster cell at 110.525 E, 33.525 N, all of it in unit 0
    operator = rasters.raster_operator(UNITS, RASTER, surrogate, TARGET, names=[1, 2])
    # that raster cell lies across two grid cells
    column = latlon.latlon_weights(RASTER, TARGET)[:, [30 * 80 + 30]]
    assert column.nnz == 2
    assert abs(operator[:, [0]] - column).max() < 1e-12
    # the other unit has none: it follows its area
    assert operator[:, [1]].nnz > 4
    assert np.asarray(operator.sum(axis=0)).ravel() == pytest.approx([1, 1], rel=1e-14)


def test_an_even_surrogate_is_the_overlay():
    operator = rasters.raster_operator(UNITS, RASTER, RASTER.cell_area, TARGET, names=[1, 2])
    peer = mass_weights(polygon_areas(UNITS, TARGET))
    assert abs(operator - peer).max() < 2e-3


def test_a_unit_outside_the_raster_is_refused():
    far = [*UNITS, shapely.box(112.5, 33, 114, 34)]
    with pytest.raises(InputError, match="unit Far"):
        rasters.raster_operator(far, RASTER, RASTER.cell_area, TARGET, names=[1, 2, "Far"])


@pytest.mark.parametrize("value", [-1.0, np.inf])
def test_a_surrogate_that_is_no_amount_is_refused(value):
    surrogate = np.ones(RASTER.shape)
    surrogate[3, 3] = value
    with pytest.raises(InputError, match="finite, not negative"):
        rasters.raster_operator(UNITS, RASTER, surrogate, TARGET, names=[1, 2])


def test_operators_are_kept_by_content(tmp_path):
    built = []

    def build():
        built.append(1)
        return rasters.raster_operator(UNITS, RASTER, RASTER.cell_area, TARGET, names=[1, 2])

    def key(array):
        return io_cache.content_key(
            "scenair.gridding.rasters", geometries=UNITS, grid=TARGET, arrays=[array]
        )

    first = io_cache.cached_operator(key(RASTER.cell_area), build, folder=tmp_path)
    again = io_cache.cached_operator(key(RASTER.cell_area), build, folder=tmp_path)
    assert len(built) == 1
    assert abs(first - again).max() == 0
    assert key(RASTER.cell_area) != key(RASTER.cell_area * 2)
    next(tmp_path.iterdir()).write_bytes(b"damaged")
    io_cache.cached_operator(key(RASTER.cell_area), build, folder=tmp_path)
    assert len(built) == 2


def test_a_folder_that_can_not_be_written_costs_time_only(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    operator = io_cache.cached_operator(
        "k", lambda: rasters.polygon_shares(UNITS, RASTER, names=[1, 2]), folder=blocked
    )
    assert operator.shape[1] == 2


def _raster_file(tmp_path, *, name="people", flip=False, dims=("lat", "lon"), value=1.0):
    import xarray as xr

    lat = 32 + 0.05 * (np.arange(60) + 0.5)
    lon = 109 + 0.05 * (np.arange(80) + 0.5)
    data = np.full((60, 80), value)
    data[0, 0] = 7.0  # the south-west
    if flip:
        lat, data = lat[::-1], data[::-1]
    da = xr.DataArray(data, dims=dims, coords={dims[0]: lat, dims[1]: lon}, name=name)
    da.to_netcdf(tmp_path / "r.nc")
    return tmp_path / "r.nc"


@pytest.mark.parametrize("flip", [False, True])
def test_rasters_are_read_south_first(tmp_path, flip):
    raster, values = io_rasters.read_raster(_raster_file(tmp_path, flip=flip))
    assert values[0, 0] == 7.0
    assert raster.lon[0] == pytest.approx(109.0)
    assert raster.lat[-1] == pytest.approx(35.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"dims": ("row", "col")}, "dimensions latitude"), ({"value": -9999.0}, "negative amounts")],
)
def test_wrong_raster_files_are_refused(tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        io_rasters.read_raster(_raster_file(tmp_path, **options))


def test_a_geotiff_is_read(tmp_path):
    import rasterio
    from rasterio.transform import from_origin

    data = np.ones((4, 6), dtype=np.float32)
    data[0, 0] = -1.0  # north-west, marked missing
    with rasterio.open(
        tmp_path / "r.tif", "w", driver="GTiff", width=6, height=4, count=1, dtype="float32",
        crs="EPSG:4326", transform=from_origin(110, 34, 0.5, 0.5), nodata=-1.0,
    ) as file:  # fmt: skip
        file.write(data, 1)
    raster, values = io_rasters.read_raster(tmp_path / "r.tif")
    assert raster.shape == (4, 6)
    assert values[3, 0] == 0.0
    assert values.sum() == 23


def test_a_projected_geotiff_is_refused(tmp_path):
    import rasterio
    from rasterio.transform import from_origin

    with rasterio.open(
        tmp_path / "r.tif", "w", driver="GTiff", width=2, height=2, count=1, dtype="float32",
        crs="EPSG:32650", transform=from_origin(5e5, 4e6, 1000, 1000),
    ) as file:  # fmt: skip
        file.write(np.ones((2, 2), dtype=np.float32), 1)
    with pytest.raises(InputError, match="longitude and latitude"):
        io_rasters.read_raster(tmp_path / "r.tif")
