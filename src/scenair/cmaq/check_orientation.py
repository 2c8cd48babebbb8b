"""Is row 1 the southernmost? A flipped grid is valid in every other way.

Two independent looks: does the mass lie on land, and do known large cities stand out? Both are
computed for the file as it is and for its three mirror images.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from scenair.cmaq.check_findings import Finding, Findings

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from scenair.cmaq.ioapi import IoapiFile
    from scenair.core.grids import Grid

IMAGES: Final[dict[str, tuple[int, ...]]] = {
    "as it is": (),
    "rows flipped": (0,),
    "columns flipped": (1,),
    "rows and columns flipped": (0, 1),
}
#: Fewer known cities inside the grid than this give no vote.
MIN_CITIES: Final = 3
#: A stream of the mainland has at least this share of its mass in cells with land of it.
MIN_LAND: Final = 0.9


@dataclass(frozen=True)
class Orientation:
    """What is known of the grid's geography.

    Attributes
    ----------
    grid : Grid
    land : ndarray (row, col)
        Share of each cell that can emit, 0-1.
    cities : mapping
        Name -> (longitude, latitude) of places with large emissions.
    """

    grid: Grid
    land: npt.NDArray[np.float64]
    cities: Mapping[str, tuple[float, float]]

    def check(self, file: IoapiFile) -> list[Finding]:
        """An error where a mirror image fits land and cities better than the file."""
        out = Findings(file.name)
        field = self._field(file)
        if field is None or not np.isfinite(field).all() or field.sum() <= 0:
            return out.items
        scores = {name: self._score(np.flip(field, axes)) for name, axes in IMAGES.items()}
        best = max(scores, key=lambda name: scores[name])
        own = scores["as it is"]
        if best == "as it is" or scores[best][0] <= own[0]:
            return out.items
        # ships and fires lie off the land and the cities in their own right
        agree = scores[best][0] > own[0] + 0.02 and scores[best][1] > own[1] + 0.02
        agree = agree and scores[best][0] > MIN_LAND
        report = out.error if agree else out.warning
        report(
            "orientation", "row and column order",
            f"{own[0]:.1%} of the mass on land, known cities at rank {own[1]:.2f}; {best}: "
            f"{scores[best][0]:.1%}, {scores[best][1]:.2f}",
            "row 1 is the southernmost, column 1 the westernmost: flip the array",
        )  # fmt: skip
        return out.items

    def _field(self, file: IoapiFile) -> npt.NDArray[np.float64] | None:
        """Sum of all variables, each normalised, over time and layers."""
        total = np.zeros(self.grid.shape)
        for name in file.data_variables:
            var = file.variables[name]
            if len(var.shape) != 4 or var.shape[2:] != self.grid.shape:
                continue
            day = np.asarray(file.read(name, 0), dtype=np.float64).sum(axis=0)
            day = day + np.asarray(file.read(name, var.shape[0] // 2), np.float64).sum(axis=0)
            amount = day.sum()
            if np.isfinite(amount) and amount > 0:
                total += day / amount
        return total if total.any() else None

    def _score(self, field: npt.NDArray[np.float64]) -> tuple[float, float]:
        """(share of the mass on land, mean rank of the known cities' cells, 0-1)."""
        share = float((field * (self.land > 0)).sum() / field.sum())
        cells = self._cells()
        if len(cells) < MIN_CITIES:
            return share, share
        flat = field.ravel()
        positive = np.sort(flat[flat > 0])
        ranks = np.searchsorted(positive, flat[cells], side="right") / positive.size
        return share, float(ranks.mean())

    def _cells(self) -> npt.NDArray[np.int64]:
        if not self.cities:
            return np.empty(0, dtype=np.int64)
        lon, lat = np.array(list(self.cities.values())).T
        cells = self.grid.locate(lon, lat)
        return np.asarray(cells[cells >= 0], dtype=np.int64)


def covers_mainland(grid: Grid) -> bool:
    """Whether enough known cities lie inside for the test to say anything."""
    lon, lat = np.array(list(known_cities().values())).T
    return int((grid.locate(lon, lat) >= 0).sum()) >= MIN_CITIES


def mainland_orientation(grid: Grid) -> Orientation:
    """Geography of the mainland on a grid: land share from the units' polygons, known cities."""
    from scenair.core.overlay import polygon_areas
    from scenair.core.regions import units

    table = units()
    areas = polygon_areas(list(table.geometry), grid)[: grid.size]
    land = np.asarray(areas.sum(axis=1)).reshape(grid.shape) / grid.cell_area
    return Orientation(grid=grid, land=np.clip(land, 0.0, 1.0), cities=known_cities())


def known_cities() -> dict[str, tuple[float, float]]:
    """Large cities, far apart: name -> (longitude, latitude) of ``check_cities.csv``."""
    from scenair.core.io.tables import read_table

    table = read_table("cmaq/check_cities.csv")
    wide = table.pivot_table(index="city", columns="key", values="value")
    return {
        str(name): (float(row["longitude"]), float(row["latitude"]))
        for name, row in wide.iterrows()
    }
