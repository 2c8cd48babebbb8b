"""What a nest takes from its parent run: air through its borders, emissions around its units.

Boundary values are concentrations of the parent at the centres of the cells just outside the
nest, bilinear in the parent's plane, layer by layer. They hold everything that the parent emits,
what leaves the nest and comes back included. What neither run controls (B) is not in them, so B
stays whole in both. Nothing enters through the top, as in the parent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import xarray as xr

from scenair.core.errors import InputError
from scenair.surrogate.ozone import Whole
from scenair.surrogate.sources import INPUT_SPECIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scenair.core.grids import Grid
    from scenair.surrogate.quarter import Quarter

Array = npt.NDArray[np.float64]

#: Points a side by which a cell of the nest is shared between cells of the parent.
_POINTS: Final = 6


@dataclass(frozen=True)
class Nest:
    """What a parent gives to one scenario-year of a nest.

    Attributes
    ----------
    boundary : mapping of tracer -> (quarter, layer, y, x)
        Concentration just outside, ug m-3, on the cells along the border; 0 elsewhere.
    around : Dataset, optional
        Emissions of the parent within the nest from units that are not the case's, in the form of
        ``gridded.nc``.
    origin : str
        Which run, for the attributes of results.
    ozone : mapping of quarter -> Whole
        Ox and VOC just outside, of warm quarters; the ozone module has its own boundary without.
    """

    boundary: Mapping[str, Array]
    around: xr.Dataset | None
    origin: str
    ozone: Mapping[int, Whole] = field(default_factory=dict)

    def of_quarter(self, quarter: int) -> dict[str, Array]:
        """Boundary values of one quarter, tracer -> (layer, y, x)."""
        return {name: values[quarter] for name, values in self.boundary.items()}


def layer_weights(tops: Array, parent_tops: Array) -> Array:
    """Mean of the parent's layers over each layer of the nest, (layer, parent layer).

    By overlap in metres; above the parent's top the air is clean, as it is in the parent.
    """
    edges, others = np.r_[0.0, tops], np.r_[0.0, parent_tops]
    low = np.maximum(edges[:-1, None], others[None, :-1])
    high = np.minimum(edges[1:, None], others[None, 1:])
    return np.asarray(np.clip(high - low, 0.0, None) / np.diff(edges)[:, None])


def bilinear(parent: Grid, x: Array, y: Array, *, nest: str) -> sp.csr_matrix:
    """Weights (point, parent cell) from the four cell centres around each point (m).

    Raises
    ------
    InputError
        A point beyond the outermost cell centres of the parent.
    """
    col = (x - parent.x[0]) / parent.xcell
    row = (y - parent.y[0]) / parent.ycell
    inside = (col >= 0) & (col <= parent.ncols - 1) & (row >= 0) & (row <= parent.nrows - 1)
    if not inside.all():
        raise InputError(
            "the nest reaches beyond its parent",
            where=f"grid {nest} in {parent.name}",
            value=f"{int((~inside).sum())} of {len(x)} border cells without air of the parent",
            allowed=f"a nest at least one cell inside {parent.name}",
            remedy="take a smaller nest or a larger parent",
        )
    i = np.minimum(col.astype(int), max(parent.ncols - 2, 0))
    j = np.minimum(row.astype(int), max(parent.nrows - 2, 0))
    u, v = col - i, row - j
    parts = [
        (j, i, (1 - v) * (1 - u)), (j, i + 1, (1 - v) * u), (j + 1, i, v * (1 - u)),
        (j + 1, i + 1, v * u),
    ]  # fmt: skip
    point = np.arange(len(x))
    rows = np.concatenate([point] * 4)
    cols = np.concatenate([jj * parent.ncols + ii for jj, ii, _ in parts])
    data = np.concatenate([w for _, _, w in parts])
    return sp.csr_matrix((data, (rows, cols)), shape=(len(x), parent.size))


def border_weights(parent: Grid, grid: Grid) -> sp.csr_matrix:
    """Weights (cell of the nest, parent cell) of the air just outside; inner cells have none.

    A corner cell takes the mean of its two sides.
    """
    x, y = grid.x, grid.y
    index = np.arange(grid.size).reshape(grid.shape)
    dx, dy = grid.xcell, grid.ycell
    sides = [
        (index[:, 0], np.full(grid.nrows, x[0] - dx), y),
        (index[:, -1], np.full(grid.nrows, x[-1] + dx), y),
        (index[0], x, np.full(grid.ncols, y[0] - dy)),
        (index[-1], x, np.full(grid.ncols, y[-1] + dy)),
    ]
    cell = np.concatenate([s[0] for s in sides])
    lonlat = grid.unproject(
        np.concatenate([s[1] for s in sides]), np.concatenate([s[2] for s in sides])
    )
    weights = bilinear(parent, *parent.project(*lonlat), nest=grid.name)
    count = np.bincount(cell, minlength=grid.size)
    gather = sp.csr_matrix(
        (1.0 / count[cell], (cell, np.arange(len(cell)))), shape=(grid.size, len(cell))
    )
    return sp.csr_matrix(gather @ weights)


def boundary_values(
    values: npt.NDArray[np.floating],
    *,
    parent: Grid,
    grid: Grid,
    parent_tops: Array,
    tops: Array,
) -> Array:
    """Concentrations (..., layer, y, x) just outside a nest from those of its parent.

    Parameters
    ----------
    values : (..., parent layer, y, x)
        On the parent's grid, any unit of concentration.
    parent, grid : Grid
        On the same sphere; projections may differ.
    parent_tops, tops : (parent layer,), (layer,)
        Layer tops above ground, m.
    """
    weights = border_weights(parent, grid)
    flat = values.reshape(-1, parent.size).astype(np.float64)
    moved = np.asarray((weights @ flat.T).T)
    moved = moved.reshape(*values.shape[:-2], *grid.shape)
    return np.asarray(np.einsum("kl,...lyx->...kyx", layer_weights(tops, parent_tops), moved))


def entering(
    quarter: Quarter, boundary: Mapping[str, Array], *, top_exchange: float
) -> dict[str, Array]:
    """Boundary values in the form that ``run_quarter`` takes; clean air above the top.

    Parameters
    ----------
    quarter : Quarter
    boundary : mapping of tracer -> (layer, y, x)
        Concentration outside the sides, ug m-3.
    top_exchange : float
        m s-1.
    """
    share = share_of_sides(quarter, top_exchange=top_exchange)
    return {name: values * share for name, values in boundary.items()}


def entering_ozone(
    quarter: Quarter, boundary: Whole, *, top_exchange: float, background: float
) -> Whole:
    """Ox and VOC outside the sides in the form that ``run_ozone`` takes.

    Above the top is the ozone background (ppb), as in the parent.
    """
    share = share_of_sides(quarter, top_exchange=top_exchange)
    return Whole(boundary.oxidant * share + background * (1 - share), boundary.voc * share)


def share_of_sides(quarter: Quarter, *, top_exchange: float) -> Array:
    """Share (layer, y, x) of what enters a cell that comes through the sides of the grid.

    In the top layer a border cell also exchanges with the air above.
    """
    into = quarter.transport.field(quarter.transport.inflow)
    sides = into.copy()
    sides[-1] = np.maximum(sides[-1] - top_exchange * quarter.area, 0.0)
    return np.divide(sides, into, out=np.zeros_like(into), where=into > 0)


def shared_cells(parent: Grid, grid: Grid) -> sp.csr_matrix:
    """Share (parent cell, cell) of each cell of the nest that lies in a cell of the parent.

    By points within the cell: exact where each cell lies in one cell of the parent, as in a nest
    on the parent's own lattice. Columns sum to 1 where the nest lies within the parent.
    """
    step = (np.arange(_POINTS) + 0.5) / _POINTS - 0.5
    x = (grid.x[:, None] + step * grid.xcell).ravel()
    y = (grid.y[:, None] + step * grid.ycell).ravel()
    xx, yy = np.meshgrid(x, y)
    cell = np.arange(grid.size).reshape(grid.shape)
    owner = np.repeat(np.repeat(cell, _POINTS, axis=0), _POINTS, axis=1).ravel()
    found = parent.locate(*(a.ravel() for a in grid.unproject(xx, yy)))
    inside = found >= 0
    return sp.csr_matrix(
        (np.full(int(inside.sum()), _POINTS**-2), (found[inside], owner[inside])),
        shape=(parent.size, grid.size),
    )


def emissions_around(
    parent: xr.Dataset, own: xr.Dataset, *, parent_grid: Grid, grid: Grid, others: Array
) -> tuple[xr.Dataset, xr.DataArray]:
    """Emissions of the parent inside a nest that the nest's own inventory does not have.

    In each cell of the parent the mass of the nest's own units is taken off; what is left goes to
    the cells of the nest in proportion to the area there that belongs to other units. Where there
    is no such area nothing is added, so that nothing is counted twice.

    Parameters
    ----------
    parent, own : Dataset
        Contents of ``gridded.nc`` of both runs.
    parent_grid, grid : Grid
    others : (y, x)
        Area of other units in each cell of the nest, m2.

    Returns
    -------
    Dataset
        In the form of ``gridded.nc`` on the nest, kg m-2 s-1, with the parent's release heights.
    DataArray
        What was taken from the parent, ``(species, month, sector)``, kg s-1.
    """
    shared = shared_cells(parent_grid, grid)
    parent_area = parent["cell_area"].transpose("y", "x").values.astype(np.float64).ravel()
    area = own["cell_area"].transpose("y", "x").values.astype(np.float64).ravel()
    covered = np.clip((shared @ area) / parent_area, 0.0, 1.0)
    outside = shared @ others.ravel()
    # where others' units have a place in the nest
    place = np.divide(1.0, outside, out=np.zeros_like(outside), where=outside > 0)
    spread = sp.diags_array(others.ravel()) @ shared.T @ sp.diags_array(place)
    data, taken = {}, []
    sectors = own["sector"].values
    for name in INPUT_SPECIES:
        theirs = parent[name].transpose("month", "sector", "y", "x").sel(sector=sectors).values
        ours = own[name].transpose("month", "sector", "y", "x").values
        shape = ours.shape
        mass = theirs.reshape(-1, parent_grid.size) * (parent_area * covered)
        mass = mass - np.asarray((shared @ (ours.reshape(-1, grid.size) * area).T).T)
        mass = np.where(outside > 0, np.maximum(mass, 0.0), 0.0)
        taken.append(mass.sum(axis=1).reshape(shape[:2]))
        flux = np.asarray((spread @ mass.T).T) / area
        data[name] = (("month", "sector", "y", "x"), flux.reshape(shape), own[name].attrs)
    coords = {c: own[c] for c in ("month", "sector", "y", "x") if c in own.coords}
    out = xr.Dataset(data, coords=coords)
    out["cell_area"] = own["cell_area"]
    for name in ("release", "layer_bottom", "layer_top"):
        out[name] = (
            parent[name].sel(sector=sectors) if "sector" in parent[name].dims else parent[name]
        )
    return out, xr.DataArray(
        np.stack(taken), dims=("species", "month", "sector"),
        coords={"species": list(INPUT_SPECIES), "sector": sectors},
    )  # fmt: skip
