"""Exact overlay of polygons and points with a regular grid.

The operator is in mass form: column sums are 1, split between the cells and an explicit share
outside the grid. No cell-centre rasterisation: areas are true intersections, weighted with the
projection's areal scale so that they are spherical.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from scenair.core.grids import Grid

#: Edges longer than this (degrees) get extra vertices before projection.
_SEGMENT_DEG = 0.1


def project_geometries(
    geometries: Sequence[shapely.Geometry], grid: Grid
) -> npt.NDArray[np.object_]:
    """Longitude-latitude geometries in the plane of ``grid``; invalid ones are mended."""
    dense = shapely.segmentize(np.asarray(geometries, dtype=object), _SEGMENT_DEG)

    def move(lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        x, y = grid.project(lonlat[:, 0], lonlat[:, 1])
        return np.column_stack([x, y])

    projected = shapely.transform(dense, move)
    broken = ~shapely.is_valid(projected)
    if broken.any():
        projected[broken] = shapely.make_valid(projected[broken])
    return np.asarray(projected, dtype=object)


def polygon_areas(geometries: Sequence[shapely.Geometry], grid: Grid) -> sp.csr_matrix:
    """Intersection areas (m2 on the sphere), cells x polygons.

    Parameters
    ----------
    geometries : sequence of Polygon or MultiPolygon
        Longitude, latitude (degrees).
    grid : Grid

    Returns
    -------
    csr_matrix
        Shape (grid.size + 1, n); the last row is the area outside the grid.
    """
    plane = project_geometries(geometries, grid)
    rows, cols, area = _intersections(plane, grid)
    total = _spherical_area(plane, grid)
    inside = np.bincount(cols, weights=area, minlength=len(plane))
    outside = total - inside
    # what is left of the subtraction where a polygon is fully inside is round-off
    clean = shapely.within(plane, shapely.box(*grid.bounds)) | (outside < 1e-9 * total)
    outside[clean] = 0.0
    edge = np.flatnonzero(outside)
    return sp.csr_matrix(
        (
            np.concatenate([area, outside[edge]]),
            (
                np.concatenate([rows, np.full(len(edge), grid.size)]),
                np.concatenate([cols, edge]),
            ),
        ),
        shape=(grid.size + 1, len(plane)),
    )


def _intersections(
    plane: npt.NDArray[np.object_], grid: Grid
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Cell index, polygon index and spherical area of every non-empty intersection."""
    xe, ye = grid.x_edges, grid.y_edges
    boxes = shapely.box(
        np.tile(xe[:-1], grid.nrows),
        np.repeat(ye[:-1], grid.ncols),
        np.tile(xe[1:], grid.nrows),
        np.repeat(ye[1:], grid.ncols),
    )
    shapely.prepare(plane)
    tree = shapely.STRtree(boxes)
    cols, rows = tree.query(plane, predicate="intersects")
    whole = shapely.contains_properly(plane[cols], boxes[rows])
    pieces = np.empty(len(rows), dtype=object)
    pieces[whole] = boxes[rows[whole]]
    pieces[~whole] = shapely.intersection(plane[cols[~whole]], boxes[rows[~whole]])
    area = _spherical_area(pieces, grid)
    keep = area > 0
    return rows[keep].astype(np.int64), cols[keep].astype(np.int64), area[keep]


def _spherical_area(pieces: npt.NDArray[np.object_], grid: Grid) -> npt.NDArray[np.float64]:
    """Plane area over the areal scale at the centroid.

    For a piece no larger than a cell the centroid rule is good to 1e-6; weights are shares of a
    polygon, so what matters is the variation of the scale across it. Whole polygons are only used
    for what lies outside the grid.
    """
    plane_area = shapely.area(pieces)
    ok = plane_area > 0
    centre = shapely.centroid(pieces[ok])
    out = np.zeros(len(pieces))
    out[ok] = plane_area[ok] / grid.areal_scale(shapely.get_x(centre), shapely.get_y(centre))
    return out


def mass_weights(areas: sp.csr_matrix) -> sp.csr_matrix:
    """Column-normalised weights: where the mass of a polygon goes; columns sum to 1.

    Raises
    ------
    ValueError
        A polygon without area.
    """
    total = np.asarray(areas.sum(axis=0)).ravel()
    if (total <= 0).any():
        raise ValueError(f"polygons without area: {np.flatnonzero(total <= 0).tolist()}")
    return (areas @ sp.diags_array(1 / total)).tocsr()


def nearest_cell_mean(field: npt.NDArray[np.float64], *, radius: int) -> npt.NDArray[np.float64]:
    """Mean over the (2 radius + 1)-square array around each cell, edges cut (last two axes)."""
    from scipy.ndimage import uniform_filter

    if radius == 0:
        return field
    size = [1] * (field.ndim - 2) + [2 * radius + 1] * 2
    total = uniform_filter(field, size=size, mode="constant")
    weight = uniform_filter(np.ones_like(field), size=size, mode="constant")
    return np.asarray(total / weight)
