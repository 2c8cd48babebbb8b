"""Output of MCIP as named fields in SI units at the cells of the model grid.

The names are those of :mod:`scenair.cmaq.wrf`, so that one adapter takes both. Traps of real files:
units in capitals and blanks, TFLAG anywhere, ``TSTEP`` 0 with a date that means nothing, GDNAM cut
to 16 characters, DOT files one cell larger and shifted by half a cell, rain in cm a step, QFX in
W m-2. Nothing here opens files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from scenair.cmaq import ioapi
from scenair.cmaq.wrf import relative_humidity, require_place
from scenair.core.errors import InputError, UnitsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scenair.core.grids import Grid

#: MCIP name -> name here, unit here, factor, units that MCIP writes (capitals, no blanks)
CROSS_2D: Final[dict[str, tuple[str, str, float, tuple[str, ...]]]] = {
    "PBL": ("pbl_height", "m", 1.0, ("M",)),
    "USTAR": ("friction_velocity", "m s-1", 1.0, ("M/S",)),
    "HFX": ("heat_flux", "W m-2", 1.0, ("WATTS/M**2", "W/M**2")),
    "TEMP2": ("temperature_2m", "K", 1.0, ("K",)),
    "PRSFC": ("surface_pressure", "Pa", 1.0, ("PASCAL", "PA")),
    "RGRND": ("shortwave_down", "W m-2", 1.0, ("WATTS/M**2", "W/M**2")),
    "ZRUF": ("roughness_length", "m", 1.0, ("M",)),
    "CFRAC": ("cloud_cover", "1", 1.0, ("FRACTION",)),
}
CROSS_3D: Final[dict[str, tuple[str, str, float, tuple[str, ...]]]] = {
    "TA": ("temperature", "K", 1.0, ("K",)),
    "PRES": ("pressure", "Pa", 1.0, ("PA", "PASCAL")),
    "DENS": ("density", "kg m-3", 1.0, ("KG/M**3",)),
    "QV": ("mixing_ratio", "kg kg-1", 1.0, ("KG/KG",)),
    "QC": ("cloud_water", "kg kg-1", 1.0, ("KG/KG",)),
    "QR": ("rain_water", "kg kg-1", 1.0, ("KG/KG",)),
    "ZH": ("height", "m", 1.0, ("M",)),
}
_RAIN: Final = ("RN", "RC")


def fields(files: Mapping[str, xr.Dataset], *, where: str, grid: Grid | None = None) -> xr.Dataset:
    """MCIP files of a run as (time, level, y, x) fields.

    Parameters
    ----------
    files : mapping
        ``METCRO2D`` and optionally ``METCRO3D``, ``METDOT3D``, ``GRIDCRO2D`` -> dataset as opened
        without decoding times (may be dask-backed).
    where : str
    grid : Grid, optional
        The model grid to compare with.

    Returns
    -------
    Dataset
        Names and units as in :func:`scenair.cmaq.wrf.fields`; rain_rate is the mean of the step
        that ends at the time; winds from the cell faces. What is not there is left out and named
        in ``missing``.

    Raises
    ------
    InputError, UnitsError
        Files that don't belong together, another grid, a wrong unit.
    """
    if "METCRO2D" not in files:
        raise InputError("METCRO2D is needed", where=where, value=", ".join(files))
    decoded = {kind: ioapi.decode(ds, where=f"{where}, {kind}") for kind, ds in files.items()}
    own = ioapi.grid_of(files["METCRO2D"].attrs, where=where)
    _same_grid(own, files, grid, where=where)
    flat = decoded["METCRO2D"]
    flat = flat.isel(layer=0) if "layer" in flat.dims else flat
    out: dict[str, xr.DataArray] = {}
    missing = _take(flat, CROSS_2D, out, where=where)
    missing += _surface_wind(flat, decoded.get("GRIDCRO2D"), out, own)
    missing += _rain(flat, out, step=_seconds(files["METCRO2D"]), where=where)
    missing += _volume(decoded.get("METCRO3D"), out, where=where)
    missing += _winds(decoded.get("METDOT3D"), out, where=where)
    times = [v.indexes["time"] for v in out.values() if "time" in v.dims]
    if any(not t.equals(times[0]) for t in times):
        raise InputError("files of different times", where=where)
    result = xr.Dataset(
        {name: var.drop_vars("layer", errors="ignore") for name, var in out.items()}
    )
    result = result.assign_coords(x=own.x, y=own.y)
    lon, lat = own.lonlat
    result = result.assign_coords(lon=(("y", "x"), lon), lat=(("y", "x"), lat))
    result.attrs = {"source": "MCIP", "missing": " ".join(sorted(missing)), "grid": own.name}
    result["crs"] = ((), np.int32(0), own.cf_attributes())
    return result


def _seconds(ds: xr.Dataset) -> float:
    """TSTEP of a header (HHMMSS) in seconds."""
    step = int(ioapi.number(ds.attrs.get("TSTEP")) or 0)
    return float(step // 10_000 * 3600 + step // 100 % 100 * 60 + step % 100)


def _same_grid(
    own: Grid, files: Mapping[str, xr.Dataset], wanted: Grid | None, *, where: str
) -> None:
    for kind, ds in files.items():
        other = ioapi.grid_of(ds.attrs, where=where)
        dot = kind.startswith(("METDOT", "GRIDDOT"))
        columns, rows = own.ncols + dot, own.nrows + dot
        shift = own.xcell / 2 if dot else 0.0
        off = max(abs(other.xorig - own.xorig + shift), abs(other.yorig - own.yorig + shift))
        if (other.ncols, other.nrows) != (columns, rows) or off > 1e-3 * own.xcell:
            raise InputError(
                f"{kind} is on another grid than METCRO2D", where=where,
                value=f"{other.ncols} x {other.nrows}, origin {other.xorig}, {other.yorig}",
                allowed=f"{columns} x {rows}, origin {own.xorig - shift}, {own.yorig - shift}",
            )  # fmt: skip
    if wanted is not None:
        require_place(wanted, *own.lonlat, where=where)


def _unit(var: xr.DataArray) -> str:
    return str(var.attrs.get("units", "")).upper().replace(" ", "")


def _take(
    ds: xr.Dataset,
    table: Mapping[str, tuple[str, str, float, tuple[str, ...]]],
    out: dict[str, xr.DataArray],
    *,
    where: str,
) -> list[str]:
    missing = []
    for source, (name, unit, factor, allowed) in table.items():
        if source not in ds:
            missing.append(name)
            continue
        if _unit(ds[source]) not in allowed:
            raise UnitsError(
                "wrong unit", where=f"{where}, variable {source}",
                value=ds[source].attrs.get("units"), allowed=", ".join(allowed),
            )  # fmt: skip
        out[name] = (ds[source] * factor).assign_attrs(units=unit)
    return missing


def _surface_wind(
    ds: xr.Dataset, static: xr.Dataset | None, out: dict[str, xr.DataArray], grid: Grid
) -> list[str]:
    """u, v at 10 m along the grid's axes from speed and direction.

    MCIP turns the direction by the cone factor's size times the longitude relative to the middle of
    its domain, not to the meridian of the projection, and with the northern sign on both
    hemispheres (seen in a real Australian file 15 degrees off that meridian, whose wrfout gives
    the same wind to 1e-3 m s-1 this way). Centred in the north, that is true north.
    """
    if static is not None and "HT" in static:
        height = static["HT"].isel(layer=0) if "layer" in static["HT"].dims else static["HT"]
        out["terrain_height"] = height.assign_attrs(units="m")
    if "WSPD10" not in ds or "WDIR10" not in ds:
        return ["u_10m", "v_10m"]
    north = convergence(grid)
    hemisphere = np.sign(grid.lonlat[1].mean())
    angle = xr.DataArray(hemisphere * (north - north.mean()), dims=("y", "x"))
    turned = np.deg2rad(ds["WDIR10"]) + angle
    out["u_10m"] = (-ds["WSPD10"] * np.sin(turned)).assign_attrs(units="m s-1")
    out["v_10m"] = (-ds["WSPD10"] * np.cos(turned)).assign_attrs(units="m s-1")
    return [] if "terrain_height" in out else ["terrain_height"]


def convergence(grid: Grid) -> npt.NDArray[np.float64]:
    """Angle (radians) from the grid's y axis to true north at the cells, positive to the east.

    A wind from direction ``d`` (clockwise from true north) comes from ``d + angle`` relative to the
    grid's y axis.
    """
    lon, lat = grid.lonlat
    step = 1e-3
    x1, y1 = grid.project(lon, lat + step)
    x0, y0 = grid.project(lon, lat - step)
    return np.asarray(np.arctan2(x1 - x0, y1 - y0))


def _rain(ds: xr.Dataset, out: dict[str, xr.DataArray], *, step: float, where: str) -> list[str]:
    """RN (and RC, which is -1 where WRF's scheme gives none) in cm a step."""
    if "RN" not in ds or step <= 0:
        return ["rain_rate"]
    total = xr.zeros_like(ds["RN"])
    for name in _RAIN:
        if name in ds:
            if _unit(ds[name]) != "CM":
                raise UnitsError(
                    "wrong unit", where=f"{where}, variable {name}",
                    value=ds[name].attrs.get("units"), allowed="CM",
                )  # fmt: skip
            total = total + ds[name].clip(min=0)
    # 1 cm of rain is 10 kg m-2
    out["rain_rate"] = (total * 10.0 / step).assign_attrs(units="kg m-2 s-1")
    return []


def _volume(ds: xr.Dataset | None, out: dict[str, xr.DataArray], *, where: str) -> list[str]:
    if ds is None:
        return [name for name, *_ in CROSS_3D.values()] + ["relative_humidity", "height_face"]
    found: dict[str, xr.DataArray] = {}
    missing = _take(ds, CROSS_3D, found, where=where)
    if all(n in found for n in ("mixing_ratio", "temperature", "pressure")):
        humid = relative_humidity(found["mixing_ratio"], found["temperature"], found["pressure"])
        found["relative_humidity"] = humid.assign_attrs(units="1")
    else:
        missing.append("relative_humidity")
    out.update({n: v.rename(layer="level") for n, v in found.items()})
    if "ZF" in ds:
        # ZF is the top of each layer; the ground is the first face
        ground = xr.zeros_like(ds["ZF"].isel(layer=slice(0, 1)))
        faces = xr.concat([ground, ds["ZF"]], dim="layer").rename(layer="level_face")
        out["height_face"] = faces.transpose("time", "level_face", "y", "x").assign_attrs(units="m")
    else:
        missing.append("height_face")
    return missing


def _winds(ds: xr.Dataset | None, out: dict[str, xr.DataArray], *, where: str) -> list[str]:
    """Winds of the cell faces (UWINDC, VWINDC, last row or column void) as cell means.

    METDOT3D is one cell larger in both directions: UWINDC uses all columns and all rows but the
    last, VWINDC all rows and all columns but the last.
    """
    if ds is None or "UWINDC" not in ds or "VWINDC" not in ds:
        return ["u", "v"]
    for source, name, along, across in (("UWINDC", "u", "x", "y"), ("VWINDC", "v", "y", "x")):
        var = ds[source]
        if _unit(var) != "M/S":
            raise UnitsError(
                "wrong unit", where=f"{where}, variable {source}", value=var.attrs.get("units"),
                allowed="M/S",
            )  # fmt: skip
        bare = var.drop_vars(["x", "y"]).isel({across: slice(None, -1)})
        low, high = bare.isel({along: slice(None, -1)}), bare.isel({along: slice(1, None)})
        out[name] = ((low + high) / 2).rename(layer="level").assign_attrs(units="m s-1")
    return []


def join(parts: Sequence[xr.Dataset], *, where: str) -> xr.Dataset:
    """Days of one run in order; the last record of a day that the next begins with counts once.

    Raises
    ------
    InputError
        Nothing to join.
    """
    if not parts:
        raise InputError("no meteorology", where=where)
    ordered = sorted(parts, key=lambda ds: pd.Timestamp(ds["time"].values[0]))
    static = [n for n, v in ordered[0].data_vars.items() if "time" not in v.dims]
    moving = [ds.drop_vars(static, errors="ignore") for ds in ordered]
    joined: Any = xr.concat(
        moving, dim="time", data_vars="minimal", coords="minimal", compat="override",
        join="override", combine_attrs="override",
    )  # fmt: skip
    joined = joined.isel(time=~joined.indexes["time"].duplicated(keep="first"))
    whole: xr.Dataset = joined.assign({n: ordered[0][n] for n in static})
    return whole
