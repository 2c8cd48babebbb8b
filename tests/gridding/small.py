"""A small world for gridding tests: four counties of two units on a grid that cuts one of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from scenair.core.grids import CN36, Grid

#: 6 x 4 cells of 36 km around 110E, 34N
GRID: Grid = CN36.nest(name="TINY", ratio=1, col0=83, row0=61, cols=6, rows=4)


def square(col: float, row: float, cols: float, rows: float) -> shapely.Polygon:
    """A polygon (longitude, latitude) that is a rectangle of grid cells in the plane."""
    x0, y0 = GRID.xorig + col * GRID.xcell, GRID.yorig + row * GRID.ycell
    edge = shapely.segmentize(
        shapely.box(x0, y0, x0 + cols * GRID.xcell, y0 + rows * GRID.ycell), 1000.0
    )
    lonlat = [np.column_stack(GRID.unproject(*np.asarray(edge.exterior.coords).T))]
    return shapely.Polygon(lonlat[0])


COUNTIES = [
    square(0.5, 0.5, 1, 1),  # unit 0
    square(1.5, 0.5, 2, 1),  # unit 0
    square(3.5, 0.5, 1, 3),  # unit 1
    square(4.5, 0.5, 3, 1),  # unit 1; half outside to the east
]
UNIT_OF_COUNTY = np.array([0, 0, 1, 1])
STATISTICS = pd.DataFrame({"people": [1.0, 3.0, 5.0, 5.0], "nothing": [0.0, 0.0, 2.0, 0.0]})
