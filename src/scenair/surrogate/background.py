"""The concentration that no scenario controls: dust, sea salt, natural SOA, inflow, ships.

A tagged table gives it by region, quarter and component; cells take the region of the province
they lie in (the nearest one outside the mainland). Regions blend over their borders and keep the
means of the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from scenair.core.errors import InputError
from scenair.core.periods import QUARTERS

if TYPE_CHECKING:
    import pandas as pd

    from scenair.core.grids import Grid

Array = npt.NDArray[np.float64]

COMPONENTS: Final = ("dust", "sea_salt", "natural_soa", "foreign", "ships")
#: Standard deviation of the blending: 10 to 90 % of a border's step within 2.6 times this.
_BLEND_KM: Final = 200.0
_MEAN_STEPS: Final = 200


def cell_provinces(
    grid: Grid, *, lon: Array, lat: Array, province: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """Province (xx0000) of each cell: that of the nearest of the given places.

    Parameters
    ----------
    lon, lat, province : (n,)
        Representative points of counties or cities and their province.

    Returns
    -------
    (y, x) int32
    """
    from scipy.spatial import cKDTree

    tree = cKDTree(np.column_stack(grid.project(lon, lat)))
    xx, yy = np.meshgrid(grid.x, grid.y)
    _, nearest = tree.query(np.column_stack([xx.ravel(), yy.ravel()]))
    cells: npt.NDArray[np.int32] = np.asarray(province, dtype=np.int32)[nearest]
    return cells.reshape(grid.shape)


def background_field(
    table: pd.DataFrame,
    *,
    region_of_province: dict[int, str],
    provinces: npt.NDArray[np.int32],
    grid: Grid,
    biogenic: pd.DataFrame | None = None,
) -> xr.Dataset:
    """B by quarter and component, and the reactivity of biogenic VOC.

    Parameters
    ----------
    table : DataFrame
        Columns region, quarter, component, value (ug m-3).
    region_of_province : dict
        Province (xx0000) -> region.
    provinces : (y, x)
        Province of each cell.
    grid : Grid
    biogenic : DataFrame, optional
        Columns region, quarter, value (s-1).

    Returns
    -------
    Dataset
        ``BACKGROUND(quarter, y, x)`` and ``component_field(component, quarter, y, x)``, ug m-3,
        dry; with ``biogenic`` also ``biogenic_reactivity(quarter, y, x)``, s-1.

    Raises
    ------
    InputError
        A combination missing, twice, unknown or negative.
    """
    regions = sorted(set(region_of_province.values()))
    missing = sorted(set(np.unique(provinces).tolist()) - set(region_of_province))
    if missing:
        raise InputError("provinces without a background region", value=missing)
    number = {region: i for i, region in enumerate(regions)}
    cells = np.vectorize(lambda p: number[region_of_province[int(p)]])(provinces)

    share = _shares(cells, len(regions), cell_km=grid.cell_km)

    def spread(rows: pd.DataFrame, key: str, kinds: tuple[str, ...]) -> Array:
        field = _blend(_levels(rows, regions, key, kinds), cells, share)
        return np.asarray(np.moveaxis(field, (2, 3), (0, 1)))

    data = spread(table, "component", COMPONENTS).astype(np.float32)
    ds = xr.Dataset(
        {"component_field": (("component", "quarter", "y", "x"), data, {"units": "ug m-3"})},
        coords={
            "component": np.array(COMPONENTS),
            "quarter": np.array(QUARTERS),
            "y": ("y", grid.y, {"units": "m"}),
            "x": ("x", grid.x, {"units": "m"}),
        },
    )
    total = data.sum(axis=0, dtype=np.float64).astype(np.float32)
    ds["BACKGROUND"] = (("quarter", "y", "x"), total, {"units": "ug m-3"})
    if biogenic is not None:
        only = spread(biogenic.assign(component="biogenic"), "component", ("biogenic",))[0]
        ds["biogenic_reactivity"] = (
            ("quarter", "y", "x"),
            only.astype(np.float32),
            {"units": "s-1", "long_name": "OH reactivity of biogenic VOC near the ground by day"},
        )
    ds["crs"] = ((), np.int32(0), grid.cf_attributes())
    return ds


def background_attributes(table: str, biogenic: str | None) -> dict[str, str]:
    """What a result with B in it says about where B comes from; names of the tables in."""
    attrs = {
        "background": f"assumed: {table} by quarter, component and region of "
        f"surrogate/background_regions.csv ({', '.join(COMPONENTS)}); "
        "every scenario of a case has the same"
    }
    if biogenic is not None:
        attrs["biogenic"] = f"assumed: {biogenic}, reactivity of biogenic VOC for ozone"
    return attrs


def _levels(table: pd.DataFrame, regions: list[str], key: str, kinds: tuple[str, ...]) -> Array:
    """(region, kind, quarter), every combination exactly once."""
    keys = ["region", key, "quarter"]
    double = table.duplicated(keys)
    if double.any():
        raise InputError("a background row twice", value=table.loc[double, keys].iloc[0].tolist())
    if not (table["value"].astype(float) >= 0).all():
        raise InputError("a negative background", where="column value")
    wanted = [(r, c, q) for r in regions for c in kinds for q in QUARTERS]
    found = table.set_index(keys)["value"].astype(float)
    unknown = sorted(set(found.index) - set(wanted))
    absent = [key for key in wanted if key not in found.index]
    if unknown or absent:
        raise InputError(
            "the background table does not fit the regions",
            value=f"unknown {unknown[:3]}, missing {absent[:3]}",
            allowed="every region of background_regions.csv, component and quarter, once",
        )
    return np.asarray(found.loc[wanted].to_numpy().reshape(len(regions), len(kinds), len(QUARTERS)))


def _shares(cells: npt.NDArray[np.int_], n: int, *, cell_km: float) -> Array:
    """Share (y, x, region) of every region in a cell: a Gaussian over the borders, sum 1."""
    from scipy.ndimage import gaussian_filter

    one = (cells[..., None] == np.arange(n)).astype(float)
    width = _BLEND_KM / cell_km
    return np.asarray(gaussian_filter(one, (width, width, 0.0), mode="nearest"))


def _blend(levels: Array, cells: npt.NDArray[np.int_], share: Array) -> Array:
    """Smooth field (y, x, ...) with the regional means of ``levels`` (region, ...).

    ``sum_r c_r share_r`` with ``c`` by the multiplicative iteration of Richardson (1972, J. Opt.
    Soc. Am. 62, 55-59), which keeps it positive. A region whose level is below what its
    neighbours bring over the border stays above its level.
    """
    n = len(levels)
    flat, owner = share.reshape(-1, n), cells.ravel()
    count = np.bincount(owner, minlength=n)
    sums = np.stack([np.bincount(owner, weights=f, minlength=n) for f in flat.T], axis=1)
    mean: Array = sums / np.maximum(count, 1)[:, None]
    target = levels.reshape(n, -1)
    c = target.copy()
    for _ in range(_MEAN_STEPS):
        reached = mean @ c
        ratio = np.divide(target, reached, out=np.ones_like(c), where=reached > 0)
        c *= np.where((count > 0)[:, None], ratio, 1.0)
    return np.asarray((flat @ c).reshape(*cells.shape, *levels.shape[1:]))
