"""The one form of gridded inventories: orientation, bounds, units, audit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import xarray as xr

from scenair.core.errors import InputError, UnitsError
from scenair.core.io.netcdf import compute
from scenair.core.periods import seconds_in_months

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

#: Radius of the sphere with the area of WGS84 (m): fluxes of real inventories are per true area.
AUTHALIC_RADIUS_M: Final = 6_371_007.2

#: Unit of a file (lower case, no blanks) -> (our unit without period, factor).
_MASS_UNITS: Final[dict[str, float]] = {
    "mg": 1.0,
    "t": 1.0,
    "ton": 1.0,
    "tons": 1.0,
    "tonne": 1.0,
    "tonnes": 1.0,
    "metricton": 1.0,
    "metrictons": 1.0,
    "kg": 1e-3,
    "gg": 1e3,
    "kt": 1e3,
    "kton": 1e3,
}
_CELL_WORDS: Final = re.compile(
    r"(/|per)?(0\.\d+deg\.?x0\.\d+deg\.?|grid(box|cell)?s?|cells?)(-1)?"
)
_PERIOD: Final = re.compile(r"(/|per)?(month|mon|year|yr|a)(-1)?$")


def mass_unit(text: str, *, where: str) -> tuple[float, str | None]:
    """Factor to Mg and the period (``month``, ``year`` or None) that a unit text states.

    Raises
    ------
    UnitsError
        Not a mass per cell.
    """
    plain = re.sub(r"[\s_.]+(?!\d)", "", text.strip().lower())
    plain = _CELL_WORDS.sub("", plain)
    found = _PERIOD.search(plain)
    period = None
    if found:
        period = "month" if found.group(2).startswith("mon") else "year"
        plain = plain[: found.start()]
    # a cell word may have stood behind the period
    plain = _CELL_WORDS.sub("", plain).strip("/")
    if plain not in _MASS_UNITS:
        raise UnitsError(
            "not a mass per cell",
            where=where,
            value=text,
            allowed="Mg, t, tonnes, kg or Gg a cell, a month or a year; kg m-2 s-1",
        )
    return _MASS_UNITS[plain], period


def is_flux(text: str) -> bool:
    """Whether a unit text is kg m-2 s-1 in one of its spellings."""
    plain = re.sub(r"[\s*.]+", "", text.strip().lower()).replace("^", "")
    return plain in {"kgm-2s-1", "kg/m2/s", "kgm-2*s-1", "kg/m2s", "kgm2s-1", "kg/(m2s)"}


def edges(centres: Array, *, where: str) -> Array:
    """Cell edges of regular ascending centres.

    Raises
    ------
    InputError
        Fewer than two centres, not ascending, not regular.
    """
    if centres.ndim != 1 or len(centres) < 2:
        raise InputError("a coordinate needs at least two cells", where=where)
    step = np.diff(centres)
    if (step <= 0).any() or np.abs(step - step.mean()).max() > 1e-3 * step.mean():
        raise InputError(
            "a coordinate is not regular and ascending",
            where=where,
            value=f"steps {step.min():g} to {step.max():g}",
            remedy="bring the file on its original regular grid",
        )
    # float32 centres carry round-off: take the step from the whole span
    size = (centres[-1] - centres[0]) / (len(centres) - 1)
    return np.asarray(centres[0] - size / 2 + size * np.arange(len(centres) + 1))


def cell_areas(lat_edges: Array, lon_edges: Array) -> Array:
    """Spherical cell areas (lat, lon), m2: R2 x dlon x (sin lat2 - sin lat1)."""
    return np.outer(*_area_factors(lat_edges, lon_edges))


def _area_factors(lat_edges: Array, lon_edges: Array) -> tuple[Array, Array]:
    """The two vectors whose outer product are the cell areas: of latitudes (m2), of longitudes."""
    band = np.diff(np.sin(np.radians(np.clip(lat_edges, -90, 90))))
    return AUTHALIC_RADIUS_M**2 * band, np.radians(np.diff(lon_edges))


def month_seconds(year: int, months: Sequence[int]) -> Array:
    """Seconds of each month of ``months`` (0: the whole year)."""
    table = seconds_in_months(year)
    return np.array([table.sum() if m == 0 else table[m - 1] for m in months])


def clean(values: Array, *, nodata: float | None) -> tuple[Array, dict[str, Any]]:
    """Missing and negative cells to zero, with their count and mass (planned where dask plans)."""
    values = values.astype(np.float64)
    missing = ~np.isfinite(values)
    if nodata is not None and np.isfinite(nodata):
        missing = missing | (values == nodata)
    negative = ~missing & (values < 0)
    audit = {
        "audit_missing_cells": missing.sum(),
        "audit_negative_cells": negative.sum(),
        "audit_negative_mass": np.where(negative, values, 0.0).sum(),
    }
    return np.where(missing | negative, 0.0, values), audit


def gridded(
    values: Array,
    *,
    sectors: Sequence[str],
    months: Sequence[int],
    lat: Array,
    lon: Array,
    units: str,
    attrs: dict[str, Any],
    where: str,
    nodata: float | None = None,
) -> xr.Dataset:
    """Build the one form.

    Parameters
    ----------
    values : array (sector, month, lat, lon), NumPy or dask
        In ``units``; any latitude order, longitudes in -180..180 or 0..360.
    lat, lon : array
        Cell centres, degrees.
    units : str
        ``Mg cell-1 month-1``, ``Mg cell-1 yr-1`` or the same in Mmol.
    attrs : dict
        product, species, year and whatever else is known, sums that dask has planned included.
    nodata : float, optional
        The file's word for missing.

    Raises
    ------
    InputError
        Nothing but missing cells, or an irregular coordinate.
    """
    values, audit = clean(values, nodata=nodata)
    audit["audit_total"] = values.sum()
    if lat[0] > lat[-1]:
        lat, values = lat[::-1], values[:, :, ::-1]
    order, lon = _ascending(lon)
    if (np.diff(order) != 1).any():
        values = values[..., order]
    # all sums in one walk over the file
    attrs, audit, kept = compute(attrs, audit, values.sum(), where=where)
    if audit["audit_missing_cells"] == values.size:
        raise InputError("a file without any value", where=where, allowed="at least one cell")
    lat_edges, lon_edges = edges(lat, where=f"{where}, lat"), edges(lon, where=f"{where}, lon")
    if lat_edges[0] < -90.01 or lat_edges[-1] > 90.01:
        raise InputError("latitudes beyond the poles", where=where, value=lat_edges[[0, -1]])
    ds = xr.Dataset(
        {
            "emission": (("sector", "month", "lat", "lon"), values, {"units": units}),
            "lat_bnds": (("lat", "bound"), np.column_stack([lat_edges[:-1], lat_edges[1:]])),
            "lon_bnds": (("lon", "bound"), np.column_stack([lon_edges[:-1], lon_edges[1:]])),
        },
        coords={
            "sector": list(sectors),
            "month": np.asarray(months, dtype=np.int32),
            "lat": ("lat", np.asarray(lat, float), {"units": "degrees_north"}),
            "lon": ("lon", np.asarray(lon, float), {"units": "degrees_east"}),
        },
        attrs={**attrs, **{key: float(value) for key, value in audit.items()}},
    )
    for name in ("lat_bnds", "lon_bnds"):
        ds[name].attrs["units"] = "degrees"
    if not np.isclose(kept, audit["audit_total"], rtol=1e-12, atol=0):
        raise InputError("mass was lost while reading", where=where, value=kept)
    return ds


def _ascending(lon: Array) -> tuple[npt.NDArray[np.intp], Array]:
    """Order and values of longitudes in -180..180.

    A regional grid across the date line keeps values above 180, else it would fall apart.
    """
    around = np.ptp(lon) > 359 - (lon[1] - lon[0])
    shifted = np.where(lon > 180, lon - 360, lon) if around or lon.min() > 180 else lon
    order = np.argsort(shifted, kind="stable")
    return order, shifted[order]


def flux_to_mass(values: Array, *, lat: Array, lon: Array, seconds: Array, where: str) -> Array:
    """kg m-2 s-1 (sector, month, lat, lon) -> Mg cell-1 of each period.

    ``lat`` and ``lon`` may descend; true seconds of each month and spherical areas are used.
    """
    up = lat if lat[0] < lat[-1] else lat[::-1]
    along = edges(_ascending(lon)[1], where=f"{where}, lon")
    band, width = _area_factors(edges(up, where=f"{where}, lat"), along)
    if lat[0] > lat[-1]:
        band = band[::-1]
    # cells of a regular grid are as wide everywhere: the order of longitudes does not matter
    # as vectors: a field of areas would stay in memory for every sector that dask has planned
    by_row = (seconds[:, None] * band * 1e-3)[None, :, :, None]
    mass: Array = values * by_row * width
    return mass
