"""Overlay: exact areas, mass form, the outside row."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from scenair.core.grids import CN36
from scenair.core.overlay import (
    mass_weights,
    nearest_cell_mean,
    polygon_areas,
)


def cell_polygon(row: int, col: int, *, rows: int = 1, cols: int = 1) -> shapely.Polygon:
    """A polygon that covers whole cells, as longitude and latitude (edges densified)."""
    x0, y0 = CN36.x_edges[col], CN36.y_edges[row]
    box = shapely.segmentize(
        shapely.box(x0, y0, x0 + cols * CN36.xcell, y0 + rows * CN36.ycell), 500.0
    )
    xy = shapely.get_coordinates(box)
    return shapely.Polygon(np.column_stack(CN36.unproject(xy[:, 0], xy[:, 1])))


def test_whole_cells() -> None:
    areas = polygon_areas([cell_polygon(60, 80, rows=2, cols=3)], CN36).toarray().ravel()
    inside = np.zeros(CN36.shape)
    inside[60:62, 80:83] = CN36.cell_area[60:62, 80:83]
    assert areas[:-1] == pytest.approx(inside.ravel(), rel=1e-5, abs=1e3)
    assert areas[-1] == 0


def test_column_sums_are_one_with_the_outside_row() -> None:
    inside = cell_polygon(60, 80)
    across = shapely.Polygon([(60, 40), (80, 40), (80, 45), (60, 45)])
    away = shapely.Polygon([(0, 40), (5, 40), (5, 45), (0, 45)])
    weights = mass_weights(polygon_areas([inside, across, away], CN36))
    sums = np.asarray(weights.sum(axis=0)).ravel()
    assert sums == pytest.approx(1, abs=1e-12)
    outside = weights[-1].toarray().ravel()
    assert outside[0] == 0
    assert 0.05 < outside[1] < 0.95
    assert outside[2] == pytest.approx(1)


def test_neighbours_share_a_cell_without_gap_or_overlap() -> None:
    west = shapely.Polygon([(110, 34), (110.71, 34), (110.71, 35), (110, 35)])
    east = shapely.Polygon([(110.71, 34), (111.4, 34), (111.4, 35), (110.71, 35)])
    both = shapely.union(west, east)
    areas = polygon_areas([west, east, both], CN36).toarray()
    assert areas[:, 0] + areas[:, 1] == pytest.approx(areas[:, 2], rel=1e-6, abs=10)


def test_a_polygon_without_area_is_refused() -> None:
    flat = shapely.Polygon([(110, 34), (111, 34), (110, 34)])
    with pytest.raises(ValueError, match="without area"):
        mass_weights(polygon_areas([cell_polygon(60, 80), flat], CN36))


def test_array_mean_cuts_edges() -> None:
    field = np.arange(12.0).reshape(3, 4)
    mean = nearest_cell_mean(field, radius=1)
    assert mean[1, 1] == pytest.approx(field[:3, :3].mean())
    assert mean[0, 0] == pytest.approx(field[:2, :2].mean())
    assert nearest_cell_mean(field, radius=0) is field
