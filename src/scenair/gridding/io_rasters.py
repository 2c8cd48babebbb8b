"""Surrogate rasters of the user: GeoTIFF or netCDF on longitude and latitude."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_netcdf
from scenair.gridding.latlon import Raster

if TYPE_CHECKING:
    import numpy.typing as npt
    import xarray as xr

_NAMES = {
    "lon": ("lon", "longitude", "x"),
    "lat": ("lat", "latitude", "y"),
}


def read_raster(path: str | Path, *, variable: str = "") -> tuple[Raster, npt.NDArray[np.float64]]:
    """A raster and its amounts a cell, row 1 the southernmost.

    Parameters
    ----------
    path : path
        ``.tif`` (first band) or ``.nc``.
    variable : str
        Of a netCDF file; may be empty where it has only one on (lat, lon).

    Raises
    ------
    InputError
        Unreadable, projected, not on longitude and latitude, negative amounts.
    """
    file = Path(path)
    da = _geotiff(file) if file.suffix.lower() in (".tif", ".tiff") else _netcdf(file, variable)
    dims = {
        axis: next((str(d) for d in da.dims if str(d).lower() in names), None)
        for axis, names in _NAMES.items()
    }
    if dims["lon"] is None or dims["lat"] is None or da.ndim != len(dims):
        raise InputError(
            "a surrogate raster must have the dimensions latitude and longitude",
            where=str(path),
            value=", ".join(map(str, da.dims)),
        )
    da = da.transpose(dims["lat"], dims["lon"]).sortby([dims["lat"], dims["lon"]])
    lon, lat = (np.asarray(da[dims[k]].values, dtype=np.float64) for k in ("lon", "lat"))
    values = np.asarray(da.values, dtype=np.float64)
    values = np.where(np.isnan(values), 0.0, values)
    if (values < 0).any():
        raise InputError(
            "a surrogate raster with negative amounts",
            where=str(path),
            value=float(values.min()),
            remedy="mark missing cells as missing (nodata), not by a negative number",
        )
    return Raster.from_centres(lon, lat), values


def _geotiff(path: Path) -> xr.DataArray:
    import rasterio.errors  # type: ignore[import-untyped]
    import rioxarray

    if not path.is_file():
        raise InputError("file not found", where=str(path))
    try:
        opened: Any = rioxarray.open_rasterio(path, masked=True)
        with opened:
            da: xr.DataArray = opened.isel(band=0, drop=True).load()
    except rasterio.errors.RasterioError as error:
        raise InputError("not a readable GeoTIFF", where=str(path), value=str(error)) from error
    crs = da.rio.crs
    if crs is None or not crs.is_geographic:
        raise InputError(
            "a surrogate raster must be on longitude and latitude",
            where=str(path),
            value=str(crs),
            allowed="a geographic coordinate system such as EPSG:4326",
        )
    return da


def _netcdf(path: Path, variable: str) -> xr.DataArray:
    ds = open_netcdf(path, variables=(variable,) if variable else ())
    if variable:
        return ds[variable]
    flat = [name for name, var in ds.data_vars.items() if var.ndim == len(_NAMES)]
    if len(flat) != 1:
        raise InputError(
            "which variable of the raster?",
            where=str(path),
            value=", ".join(map(str, flat)) or "none on two dimensions",
            remedy="name it: gridding.rasters[].variable",
        )
    return ds[flat[0]]
