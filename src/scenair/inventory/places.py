"""Which unit a point lies in, and what a longitude-latitude grid carries for each unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import scipy.sparse as sp

from scenair.core.errors import InputError, MassBalanceError
from scenair.core.grids import LATLON, Grid
from scenair.core.io.netcdf import compute
from scenair.core.overlay import polygon_areas

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt
    import xarray as xr

#: A point this far (km) from every unit is not off the coast but misplaced.
SNAP_LIMIT_KM: Final = 60.0
#: A grid narrower than this (degrees) is regional: its rows carry no check of their own.
REGIONAL_SPAN: Final = 180.0
#: By how much an image upside down must follow people better, and how well at least.
MIRROR_MARGIN: Final = 0.1
LEAST_CORRELATION: Final = 0.3
#: Least share of the units with mass in a grid of the whole country.
MOST_UNITS: Final = 0.5
#: Equal-area projection of the nearest-unit search.
_EQUAL_AREA: Final = 6933


def unit_of_points(
    lon: npt.ArrayLike, lat: npt.ArrayLike, units: gpd.GeoDataFrame, *, where: str
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """adcode of each point, and whether it was snapped to the nearest unit.

    Points just off the coast (ports, reclaimed land) belong to the nearest unit.

    Raises
    ------
    InputError
        A point without coordinates, or farther than :data:`SNAP_LIMIT_KM` from every unit.
    """
    import geopandas as gpd

    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    bad = ~(np.isfinite(x) & np.isfinite(y))
    if bad.any():
        raise InputError("a point without coordinates", where=f"{where}, row {int(bad.argmax())}")
    off_globe = (np.abs(y) > 90) | (np.abs(x) > 360)
    if off_globe.any():
        row = int(off_globe.argmax())
        raise InputError(
            "a point that is not on the globe",
            where=f"{where}, row {row}",
            value=f"lon {x[row]:g}, lat {y[row]:g}",
            allowed="latitude -90 to 90",
            remedy="check the order of longitude and latitude",
        )
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=4326)
    joined = gpd.sjoin(points, units[["geometry"]], how="left", predicate="within")
    code = joined[~joined.index.duplicated()]["adcode"].to_numpy(dtype=float).copy()
    off = np.isnan(code)
    if off.any():
        near = gpd.sjoin_nearest(
            points[off].to_crs(_EQUAL_AREA),
            units[["geometry"]].to_crs(_EQUAL_AREA),
            distance_col="metres",
        )
        near = near[~near.index.duplicated()]
        if (near["metres"] > SNAP_LIMIT_KM * 1e3).any():
            row = int(near["metres"].idxmax())
            raise InputError(
                "a point far from every unit",
                where=f"{where}, row {row}",
                value=f"lon {x[row]:g}, lat {y[row]:g}, {near['metres'].max() / 1e3:.0f} km",
                allowed=f"within {SNAP_LIMIT_KM:g} km of the mainland",
                remedy="check the order of longitude and latitude",
            )
        code[off] = near["adcode"].to_numpy()
    return code.astype(np.int32), off


def latlon_grid(lat: npt.NDArray[np.float64], lon: npt.NDArray[np.float64]) -> Grid:
    """Regular ascending cell centres as a grid of the core."""
    dx = (lon[-1] - lon[0]) / (len(lon) - 1)
    dy = (lat[-1] - lat[0]) / (len(lat) - 1)
    return Grid(
        name="LATLON", projection="LATLON", gdtyp=LATLON, p_alp=0, p_bet=0, p_gam=0, xcent=0,
        ycent=0, xorig=float(lon[0] - dx / 2), yorig=float(lat[0] - dy / 2), xcell=float(dx),
        ycell=float(dy), ncols=len(lon), nrows=len(lat),
    )  # fmt: skip


def cells_to_units(
    lat: npt.NDArray[np.float64], lon: npt.NDArray[np.float64], units: gpd.GeoDataFrame
) -> sp.csr_matrix:
    """Share of every cell that belongs to each unit, units x cells (row-major, south first).

    A cell on the coast or border gives its whole mass to the units it touches, in proportion to
    the area of each: sea carries no emission of these sectors. Cells that touch no unit are zero.
    """
    grid = latlon_grid(lat, lon)
    area = polygon_areas(list(units.geometry), grid)[: grid.size]
    total = np.asarray(area.sum(axis=1)).ravel()
    inverse = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    return (sp.diags_array(inverse) @ area).T.tocsr()


_overlays: dict[tuple[bytes, bytes, int], sp.csr_matrix] = {}


def _overlay(
    lat: npt.NDArray[np.float64], lon: npt.NDArray[np.float64], units: gpd.GeoDataFrame
) -> sp.csr_matrix:
    """:func:`cells_to_units`, kept for further files on the same grid."""
    key = (lat.tobytes(), lon.tobytes(), id(units))
    if key not in _overlays:
        _overlays.clear()
        _overlays[key] = cells_to_units(lat, lon, units)
    return _overlays[key]


def _mass(ds: xr.Dataset, *, where: str) -> npt.NDArray[np.float64]:
    """Mass of all months and sectors, (lat, lon)."""
    (total,) = compute(ds["emission"].sum(("month", "sector")), where=where)
    return np.asarray(total.to_numpy(), dtype=np.float64)


def _require_upright(
    mass: npt.NDArray[np.float64],
    ds: xr.Dataset,
    units: gpd.GeoDataFrame,
    people: pd.Series,
    *,
    where: str,
) -> None:
    """Stop where a grid of the whole country follows people better upside down.

    Raises
    ------
    InputError
    """
    from scipy.stats import spearmanr

    share = _overlay(ds["lat"].values, ds["lon"].values, units)
    count = people.reindex(units.index).to_numpy(np.float64)

    def follows(values: npt.NDArray[np.float64]) -> float:
        return float(spearmanr(values, count).statistic) if np.ptp(values) > 0 else 0.0

    read, turned = (share @ field.ravel() for field in (mass, mass[::-1]))
    if np.mean(read > 0) < MOST_UNITS:
        # a province alone says nothing about the country's rows
        return
    if follows(turned) > max(follows(read) + MIRROR_MARGIN, LEAST_CORRELATION):
        raise InputError(
            "rows are flipped: the grid follows population better upside down",
            where=where,
            value=f"rank correlation {follows(read):.2f} as read, {follows(turned):.2f} flipped",
            remedy="write rows from north to south (ASCII) or with their latitudes",
        )


def aggregate(
    ds: xr.Dataset,
    units: gpd.GeoDataFrame,
    *,
    where: str,
    most_outside: float = 0.3,
    people: pd.Series | None = None,
) -> pd.DataFrame:
    """A gridded inventory summed over months to the units.

    Parameters
    ----------
    ds : Dataset
        The one form (see :mod:`scenair.inventory.readers`), cut to China or global.
    units : GeoDataFrame
        Index ``adcode``.
    most_outside : float
        Largest share of the mass inside the units' bounding box that may lie outside the units; of
        a national inventory (MEIC) the mass outside the box counts too.
    people : Series, optional
        Population by unit. With it a regional grid that follows people better upside down is
        refused: China lies evenly about 35 N, so flipped rows may keep their mass inside.

    Returns
    -------
    DataFrame
        adcode, sector, species, year, value (Mg yr-1 or Mmol yr-1), unit; the mass outside the
        units is in ``frame.attrs["outside"]`` by sector.

    Raises
    ------
    InputError
        Most mass or all of it outside the units, or a mirrored grid: rows flipped or shifted.
    MassBalanceError
        Units and outside do not sum to the file.
    """
    west, south, east, north = units.total_bounds
    box = ds.sel(lat=slice(south - 1, north + 1), lon=slice(west - 1, east + 1))
    if min(box.sizes["lat"], box.sizes["lon"]) < 2:
        raise InputError(
            "the grid does not cover China: all of its mass lies outside the units",
            where=where,
            value=f"{float(ds['lon'][0]):g} to {float(ds['lon'][-1]):g} E, "
            f"{float(ds['lat'][0]):g} to {float(ds['lat'][-1]):g} N",
            allowed=f"{west:.0f} to {east:.0f} E, {south:.0f} to {north:.0f} N",
        )
    (sums,) = compute(box["emission"].sum("month"), where=where)
    annual = sums.to_numpy().reshape(box.sizes["sector"], -1)
    share = _overlay(box["lat"].values, box["lon"].values, units)
    values = np.asarray((share @ annual.T).T)
    whole = annual.sum(axis=1)
    outside = whole - values.sum(axis=1)
    regional = float(ds["lon"][-1] - ds["lon"][0]) < REGIONAL_SPAN
    mass = _mass(ds, where=where) if regional else np.array([[whole.sum()]])
    expected = mass.sum() if ds.attrs.get("product") == "MEIC" else whole.sum()
    # the reading's round-off must not look like a loss, nor an empty box like nothing lost
    lost = 1 - values.sum() / expected if expected > 0 else float(mass.sum() > 0)
    if lost > most_outside:
        raise InputError(
            "too much of the mass lies outside the units",
            where=where,
            value=f"{100 * lost:.1f} %",
            allowed=f"up to {100 * most_outside:.0f} %",
            remedy="rows are flipped or the grid is shifted: check latitudes and the first row",
        )
    if people is not None and regional:
        _require_upright(mass, ds, units, people, where=where)
    if not np.allclose(values.sum(axis=1) + outside, whole, rtol=1e-9):
        raise MassBalanceError("cells and units do not sum to the file", where=where)
    unit = str(ds["emission"].attrs["units"]).split()[0] + " yr-1"
    frame = pd.DataFrame(
        {
            "adcode": np.tile(units.index.to_numpy(np.int32), len(whole)),
            "sector": np.repeat(box["sector"].values, len(units)),
            "species": ds.attrs["species"],
            "year": ds.attrs["year"],
            "value": values.ravel(),
            "unit": unit,
        }
    )
    frame.attrs["outside"] = dict(zip(box["sector"].values.tolist(), outside.tolist(), strict=True))
    return frame
