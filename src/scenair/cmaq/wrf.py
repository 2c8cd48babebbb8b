"""Output of WRF as named fields in SI units at mass points of a model grid.

Winds stay along the grid's axes (the transport operator's), are moved from the faces to the cells;
rotate with ``COSALPHA``, ``SINALPHA`` only for maps. Nothing here opens files. Constants as in
``module_model_constants`` of WRF: base theta 300 K, p0 1e5 Pa, Rd 287 and cp 1004.5 J kg-1 K-1,
g 9.81 m s-2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from scenair.core.errors import InputError, UnitsError
from scenair.core.grids import EQUATORIAL_MERCATOR, LAMBERT, LATLON, POLAR, Grid

if TYPE_CHECKING:
    from collections.abc import Mapping

GRAVITY: Final = 9.81
THETA_BASE: Final = 300.0
P0: Final = 1e5
KAPPA: Final = 287.0 / 1004.5
R_DRY: Final = 287.0
#: MAP_PROJ of WRF -> GDTYP of I/O API, as MCIP has it
MAP_PROJ: Final = {1: LAMBERT, 2: POLAR, 3: EQUATORIAL_MERCATOR, 6: LATLON}
#: WRF name -> name here, unit here, units that WRF writes for it
SURFACE: Final[dict[str, tuple[str, str, tuple[str, ...]]]] = {
    "PBLH": ("pbl_height", "m", ("m",)),
    "UST": ("friction_velocity", "m s-1", ("m s-1",)),
    "HFX": ("heat_flux", "W m-2", ("W m-2",)),
    "T2": ("temperature_2m", "K", ("K",)),
    "U10": ("u_10m", "m s-1", ("m s-1",)),
    "V10": ("v_10m", "m s-1", ("m s-1",)),
    "PSFC": ("surface_pressure", "Pa", ("Pa",)),
    "SWDOWN": ("shortwave_down", "W m-2", ("W m-2",)),
    "HGT": ("terrain_height", "m", ("m",)),
    "ZNT": ("roughness_length", "m", ("m",)),
}
_CLOUD: Final = {"QCLOUD": "cloud_water", "QRAIN": "rain_water", "CLDFRA": "cloud_fraction"}
_RAIN: Final = ("RAINC", "RAINNC", "RAINSH")
_BUCKETS: Final = {"RAINC": "I_RAINC", "RAINNC": "I_RAINNC"}
#: Cell centres may miss the regular grid by this share of a cell (WRF keeps float32 degrees).
_PLACE: Final = 0.02


def saturation_pressure(temperature: Any) -> Any:
    """Pa over water, K (Bolton 1980, eq. 10; doi:10.1175/1520-0493(1980)108<1046>2.0.CO;2)."""
    celsius = temperature - 273.15
    return 611.2 * np.exp(17.67 * celsius / (celsius + 243.5))


def relative_humidity(mixing_ratio: Any, temperature: Any, pressure: Any) -> Any:
    """0-1 from the mixing ratio (kg kg-1), K, Pa; supersaturation counts as 1."""
    vapour = mixing_ratio * pressure / (0.622 + mixing_ratio)
    return (vapour / saturation_pressure(temperature)).clip(0.0, 1.0)


def times_of(ds: xr.Dataset, *, where: str) -> pd.DatetimeIndex:
    """UTC times from ``Times`` (characters), which every wrfout has; XTIME may have no unit.

    Raises
    ------
    InputError
        No Times, or one that is no date.
    """
    if "Times" not in ds:
        raise InputError("no WRF output", where=where, value="variable Times is missing")
    raw = ds["Times"].values
    if raw.dtype.kind == "S" and raw.ndim == 2:
        raw = np.array([b"".join(row) for row in raw])
    texts = [t.decode() if isinstance(t, bytes) else str(t) for t in raw]
    try:
        return pd.to_datetime(texts, format="%Y-%m-%d_%H:%M:%S")
    except ValueError as error:
        raise InputError("Times holds no date", where=where, value=texts[0]) from error


def grid_of(ds: xr.Dataset, *, where: str, name: str = "WRF") -> Grid:
    """The grid of the mass points of a wrfout, from its attributes and coordinates.

    The origin follows from the first cell, so that a cut-out of a domain is right as well.

    Raises
    ------
    InputError
        Attributes are missing, the projection is not supported, or the coordinates are not those
        of the projection.
    """
    needed = ("MAP_PROJ", "TRUELAT1", "TRUELAT2", "STAND_LON", "MOAD_CEN_LAT", "DX", "DY")
    missing = [a for a in needed if a not in ds.attrs]
    if missing:
        raise InputError(
            "the file has no projection", where=where, value=f"missing {', '.join(missing)}",
            remedy="give the grid (GRIDDESC) of the run",
        )  # fmt: skip
    gdtyp = MAP_PROJ.get(int(ds.attrs["MAP_PROJ"]))
    if gdtyp is None or gdtyp == LATLON:
        raise InputError(
            "unsupported projection", where=where, value=f"MAP_PROJ {int(ds.attrs['MAP_PROJ'])}",
            allowed="1 Lambert, 2 polar, 3 Mercator",
        )  # fmt: skip
    first, second = sorted(float(np.float32(ds.attrs[f"TRUELAT{i}"])) for i in (1, 2))
    stand = round(float(ds.attrs["STAND_LON"]), 4)
    middle = round(float(ds.attrs["MOAD_CEN_LAT"]), 4)
    if gdtyp == EQUATORIAL_MERCATOR:
        middle = 0.0
    cell = float(ds.attrs["DX"]), float(ds.attrs["DY"])
    parameters = {
        LAMBERT: (first, second),
        EQUATORIAL_MERCATOR: (first, 0.0),
        POLAR: (float(np.sign(first) or 1.0), first),
    }[gdtyp]
    lat, lon = _static(ds, "XLAT", where=where), _static(ds, "XLONG", where=where)
    rows, columns = lat.shape
    at_origin = Grid(
        name=name[:16], projection=name[:16], gdtyp=gdtyp, p_alp=parameters[0],
        p_bet=parameters[1], p_gam=stand, xcent=stand, ycent=middle, xorig=0.0, yorig=0.0,
        xcell=cell[0], ycell=cell[1], ncols=columns, nrows=rows,
    )  # fmt: skip
    x, y = at_origin.project(lon, lat)
    xorig = float(np.mean(x - np.arange(columns) * cell[0])) - cell[0] / 2
    yorig = float(np.mean(y - np.arange(rows)[:, None] * cell[1])) - cell[1] / 2
    grid = Grid(
        name=at_origin.name, projection=at_origin.projection, gdtyp=gdtyp, p_alp=parameters[0],
        p_bet=parameters[1], p_gam=stand, xcent=stand, ycent=middle, xorig=xorig, yorig=yorig,
        xcell=cell[0], ycell=cell[1], ncols=columns, nrows=rows,
    )  # fmt: skip
    require_place(grid, lon, lat, where=where)
    return grid


def require_place(grid: Grid, lon: npt.NDArray[Any], lat: npt.NDArray[Any], *, where: str) -> None:
    """Stop where cell centres are not where the grid says.

    Raises
    ------
    InputError
        Another shape, or an offset above 2 % of a cell.
    """
    if lat.shape != grid.shape:
        raise InputError(
            "the file is on another grid", where=where, value=f"{lat.shape}",
            allowed=f"{grid.shape} of {grid.name}",
        )  # fmt: skip
    x, y = grid.project(lon, lat)
    off = np.hypot(x - grid.x[None, :], y - grid.y[:, None]) / grid.xcell
    if not off.max() < _PLACE:
        raise InputError(
            "the cells are not where the grid says", where=where,
            value=f"up to {float(off.max()):.3f} cells away",
            remedy="check the projection's parameters, and rows from south to north",
        )  # fmt: skip


def _static(ds: xr.Dataset, name: str, *, where: str) -> npt.NDArray[np.float64]:
    """A field without time; some files repeat it for every time."""
    if name not in ds:
        raise InputError("variable missing", where=f"{where}, variable {name}")
    var = ds[name]
    values = var.isel(Time=0).values if "Time" in var.dims else var.values
    return np.asarray(values, dtype=np.float64)


def _cells(var: xr.DataArray, dim: str) -> xr.DataArray:
    """Mean of the two faces of each cell: ``dim`` loses its suffix."""
    name = f"{dim}_stag"
    low = var.isel({name: slice(None, -1)})
    high = var.isel({name: slice(1, None)})
    return (low + high.assign_coords({})).rename({name: dim}) / 2


def _checked(ds: xr.Dataset, name: str, units: tuple[str, ...], *, where: str) -> xr.DataArray:
    found = str(ds[name].attrs.get("units", "")).strip()
    if found not in units:
        raise UnitsError(
            "wrong unit", where=f"{where}, variable {name}", value=found, allowed=", ".join(units)
        )
    return ds[name]


def fields(ds: xr.Dataset, *, where: str, grid: Grid | None = None) -> xr.Dataset:
    """A wrfout as (time, level, y, x) fields in SI units.

    Parameters
    ----------
    ds : Dataset
        One or more times of one domain, as opened (may be dask-backed).
    where : str
        For messages.
    grid : Grid, optional
        Needed where the file has no projection; else taken from the file.

    Returns
    -------
    Dataset
        u, v, w m s-1; temperature K; pressure Pa; density kg m-3; mixing_ratio kg kg-1;
        relative_humidity 1; height, height_face m above ground; cloud water and fraction; at the
        surface pbl_height, friction_velocity, heat_flux, temperature_2m, u_10m, v_10m,
        surface_pressure, shortwave_down, roughness_length, terrain_height and rain_rate
        kg m-2 s-1 (mean since the time before; NaN at the first). What the file lacks is left out
        and named in the attribute ``missing``. ``lon``, ``lat`` of the cells.

    Raises
    ------
    InputError, UnitsError
    """
    lon, lat = _static(ds, "XLONG", where=where), _static(ds, "XLAT", where=where)
    if grid is None:
        grid = grid_of(ds, where=where)
    else:
        require_place(grid, lon, lat, where=where)
    time = times_of(ds, where=where)
    out: dict[str, xr.DataArray] = {}
    missing = _upper(ds, out, where=where)
    for source, (name, unit, units) in SURFACE.items():
        if source not in ds:
            missing.append(name)
        else:
            out[name] = _checked(ds, source, units, where=where).assign_attrs(units=unit)
    if "rain_rate" not in _rain(ds, out, time, where=where):
        missing.append("rain_rate")
    named = {"Time": "time", "bottom_top": "level", "bottom_top_stag": "level_face"}
    named |= {"south_north": "y", "west_east": "x"}
    data = {}
    for name, var in out.items():
        bare = var.drop_vars(list(var.coords), errors="ignore")
        data[name] = bare.rename({k: v for k, v in named.items() if k in bare.dims})
    result = xr.Dataset(data).assign_coords(time=time, x=grid.x, y=grid.y)
    result = result.assign_coords(lon=(("y", "x"), lon), lat=(("y", "x"), lat))
    result.attrs = {"source": "WRF", "missing": " ".join(sorted(missing)), "grid": grid.name}
    result["crs"] = ((), np.int32(0), grid.cf_attributes())
    return result


def _upper(ds: xr.Dataset, out: dict[str, xr.DataArray], *, where: str) -> list[str]:
    """Fields by level; returns the names of what can't be made."""
    missing = []
    for source, name, axis in (("U", "u", "west_east"), ("V", "v", "south_north")):
        if source in ds:
            wind = _checked(ds, source, ("m s-1",), where=where)
            out[name] = _cells(wind, axis).assign_attrs(units="m s-1")
        else:
            missing.append(name)
    if "W" in ds:
        out["w"] = _cells(ds["W"], "bottom_top").assign_attrs(units="m s-1")
    else:
        missing.append("w")
    if all(n in ds for n in ("T", "P", "PB")):
        pressure = _checked(ds, "P", ("Pa",), where=where) + _checked(
            ds, "PB", ("Pa",), where=where
        )
        theta = _checked(ds, "T", ("K",), where=where) + THETA_BASE
        temperature = theta * (pressure / P0) ** KAPPA
        out["pressure"] = pressure.assign_attrs(units="Pa")
        out["temperature"] = temperature.assign_attrs(units="K")
        vapour = ds.get("QVAPOR", 0.0)
        density = pressure / (R_DRY * temperature * (1 + 0.608 * vapour))
        out["density"] = density.assign_attrs(units="kg m-3")
    else:
        missing += ["pressure", "temperature", "density"]
    if "QVAPOR" in ds:
        out["mixing_ratio"] = ds["QVAPOR"].assign_attrs(units="kg kg-1")
        if "temperature" in out:
            humid = relative_humidity(ds["QVAPOR"], out["temperature"], out["pressure"])
            out["relative_humidity"] = humid.assign_attrs(units="1")
    else:
        missing += ["mixing_ratio", "relative_humidity"]
    missing += _heights(ds, out)
    for source, name in _CLOUD.items():
        if source in ds:
            unit = "1" if source == "CLDFRA" else "kg kg-1"
            out[name] = ds[source].assign_attrs(units=unit)
        else:
            missing.append(name)
    return missing


def _heights(ds: xr.Dataset, out: dict[str, xr.DataArray]) -> list[str]:
    if not all(n in ds for n in ("PH", "PHB")):
        return ["height", "height_face"]
    above_sea = (ds["PH"] + ds["PHB"]) / GRAVITY
    # the lowest face is the ground itself: no need of HGT, which cut files lack
    faces = above_sea - above_sea.isel(bottom_top_stag=0)
    out["height_face"] = faces.assign_attrs(units="m")
    out["height"] = _cells(faces, "bottom_top").assign_attrs(units="m")
    return []


def _rain(
    ds: xr.Dataset, out: dict[str, xr.DataArray], time: pd.DatetimeIndex, *, where: str
) -> Mapping[str, xr.DataArray]:
    """Mean rain since the time before, from the accumulated sums and their buckets.

    Where the sum falls (a restart that began anew) what has fallen since then counts.
    """
    have = [n for n in _RAIN if n in ds]
    if not have or len(time) < 2:
        return out
    if not time.is_monotonic_increasing or time.has_duplicates:
        raise InputError(
            "times do not ascend",
            where=where,
            remedy="give the files of one domain, each hour once",
        )
    total = sum(
        (_checked(ds, n, ("mm",), where=where) for n in have), start=xr.zeros_like(ds[have[0]])
    )
    bucket = float(ds.attrs.get("BUCKET_MM", -1.0))
    for name, counter in _BUCKETS.items():
        if bucket > 0 and name in have and counter in ds:
            total = total + bucket * ds[counter]
    fallen = total.diff("Time")
    since = total.isel(Time=slice(1, None))
    seconds = np.diff(time.to_numpy()) / np.timedelta64(1, "s")
    step = xr.DataArray(seconds, dims="Time")
    # float32 sums: a fall below their rounding is none
    rate = xr.where(fallen < -1e-3, since, fallen.clip(min=0)) / step  # type: ignore[no-untyped-call]
    first = xr.full_like(total.isel(Time=slice(0, 1)), np.nan)
    joined = xr.concat([first, rate], dim="Time").transpose(*total.dims)
    out["rain_rate"] = joined.assign_attrs(units="kg m-2 s-1")
    return out
