"""Meteorology of a case: quarterly means on the faces and centres of the model grid.

A source gives monthly fields at places of the grid (:class:`MonthlySource`); what it lacks comes
from :mod:`.parametric`. Winds leave mass-consistent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from scenair.core.errors import InputError, UnitsError
from scenair.core.periods import QUARTERS
from scenair.surrogate import parametric
from scenair.surrogate.adapters import OPTIONAL
from scenair.surrogate.geometry import Geometry, geometry
from scenair.surrogate.layers import LAYER_TOPS_M, middle
from scenair.surrogate.weather import by_quarter, turbulence, water
from scenair.surrogate.winds import mass_consistent

if TYPE_CHECKING:
    from scenair.core.grids import Grid
    from scenair.surrogate.normals import Normals
    from scenair.surrogate.parameters import Parameters

Array = npt.NDArray[np.float64]

#: Variables of the meteorology file with their units.
VARIABLES: Final[dict[str, str]] = {
    "wind_x": "m s-1",
    "wind_y": "m s-1",
    "diffusivity_x": "m2 s-1",
    "diffusivity_y": "m2 s-1",
    "diffusivity_z": "m2 s-1",
    "mixing_height": "m",
    "temperature": "K",
    "humidity": "1",
    "pressure": "Pa",
    "precipitation": "kg m-2 s-1",
    "wet_fraction": "1",
    "wet_event": "s",
    "land": "1",
    "orography": "m",
}
LAPSE_K_PER_M: Final = 0.0065
#: Height of 300 hPa in the standard atmosphere, m.
UPPER_M: Final = 9164.0
SYNTHETIC: Final = (
    "synthetic meteorology: mixing height and turbulence are parametric; precipitation is a map of "
    "normals, its frequency and the humidity are formulas held to normals of stations; winds "
    "near the ground and temperature are one model year (MPI-ESM-LR, 2005), not a climatology"
)


@dataclass(frozen=True)
class Regular:
    """A monthly field on a regular longitude-latitude grid, for bilinear sampling."""

    lon: Array
    lat: Array
    values: Array

    def at(self, lon: Array, lat: Array) -> Array:
        """Values (..., *lon.shape); points outside take the nearest edge."""
        from scipy.interpolate import RegularGridInterpolator

        point = np.stack(
            [np.clip(lat, *self.lat[[0, -1]]), np.clip(lon, *self.lon[[0, -1]])], axis=-1
        )
        values = np.moveaxis(np.atleast_3d(self.values.reshape(-1, *self.values.shape[-2:])), 0, -1)
        out = np.moveaxis(RegularGridInterpolator((self.lat, self.lon), values)(point), -1, 0)
        return np.asarray(out.reshape(*self.values.shape[:-2], *lon.shape))


def regular(ds: xr.Dataset, name: str, *, unit: str, where: str) -> Regular:
    """A checked variable of a longitude-latitude file.

    Raises
    ------
    InputError
        Variable or axes missing, axes not ascending, values missing.
    UnitsError
        Another unit.
    """
    if name not in ds or not {"lat", "lon"} <= set(ds[name].dims):
        raise InputError(
            "variable missing, or not on lat and lon",
            where=f"{where}, variable {name}",
            allowed=f"{name}(..., lat, lon)",
        )
    if ds[name].attrs.get("units") != unit:
        raise UnitsError(
            "wrong unit", where=f"{where}, variable {name}", value=ds[name].attrs.get("units"),
            allowed=unit,
        )  # fmt: skip
    lat, lon = ds["lat"].values.astype(float), ds["lon"].values.astype(float)
    if (np.diff(lat) <= 0).any() or (np.diff(lon) <= 0).any():
        raise InputError("lat and lon must ascend", where=where, remedy="sort the file")
    values = ds[name].transpose(..., "lat", "lon").values.astype(float)
    if not np.isfinite(values).all():
        raise InputError("missing values", where=f"{where}, variable {name}")
    return Regular(lon, lat, values)


@dataclass(frozen=True)
class Places:
    """Longitude and latitude of centres and faces, (lon, lat) each."""

    centre: tuple[Array, Array]
    face_x: tuple[Array, Array]
    face_y: tuple[Array, Array]


def places(grid: Grid) -> Places:
    """Where the fields of ``grid`` are wanted."""
    return Places(
        grid.lonlat,
        grid.unproject(*np.meshgrid(grid.x_edges, grid.y)),
        grid.unproject(*np.meshgrid(grid.x, grid.y_edges)),
    )


def blocking(elevation: Array, height: Array, *, axis: int, par: Parameters) -> Array:
    """Share of the flow that passes a step of the terrain, (layer, faces).

    ``exp(-step / (scale + height))`` between neighbouring cells; 1 at the edge of the domain.
    """
    pad = [(0, 0), (0, 0)]
    pad[axis] = (1, 1)
    step = np.abs(np.diff(np.pad(elevation, pad, mode="edge"), axis=axis))
    return np.asarray(np.exp(-step / (par["blocking_scale"] + height[:, None, None])))


def free_meteorology(
    surface: xr.Dataset,
    relief: xr.Dataset,
    *,
    grid: Grid,
    par: Parameters,
    normals: Normals | None = None,
    tops: tuple[float, ...] = LAYER_TOPS_M,
) -> xr.Dataset:
    """Quarterly meteorology from free monthly 10 m winds and 2 m temperature.

    Parameters
    ----------
    surface : Dataset
        ``uas``, ``vas`` (m s-1), ``tas`` (K), dimensions month, lat, lon; the optional fields of
        :data:`.adapters.OPTIONAL` take the place of parametric ones.
    relief : Dataset
        ``orog`` (m), dimensions lat, lon; negative below sea level.
    grid : Grid
    par : Parameters
    normals : Normals, optional
        Rain map and stations in place of the parametric rain, rain days and humidity.
    tops : tuple of float
        Layer tops, m.

    Returns
    -------
    Dataset
        Variables of :data:`VARIABLES`, dimensions quarter, layer, y, x, y_face, x_face, interface.
    """
    place, geo = places(grid), geometry(grid, tops=tops)
    wind = {name: regular(surface, name, unit="m s-1", where="winds") for name in ("uas", "vas")}
    if wind["uas"].values.shape[0] != 12:
        raise InputError("winds need twelve months", value=wind["uas"].values.shape[0])
    height = regular(relief, "orog", unit="m", where="relief")
    land = Regular(height.lon, height.lat, (height.values > 0).astype(float)).at(*place.centre)
    elevation = np.maximum(height.at(*place.centre), 0.0)
    temperature = _lapse_corrected(surface, height, place=place, elevation=elevation)
    upper = None
    if normals is not None:
        upper = {"uas": normals.upper_east, "vas": normals.upper_north}
    winds = _face_winds(
        wind, upper, place=place, geo=geo, relief=height, elevation=elevation, tops=tops, par=par
    )
    speed = np.hypot(wind["uas"].at(*place.centre), wind["vas"].at(*place.centre))
    given = {
        field: regular(surface, name, unit=unit, where="weather").at(*place.centre)
        for name, (unit, field) in OPTIONAL.items()
        if name in surface
    }
    moisture, days = water(place.centre, temperature, given=given, normals=normals, par=par)
    months = moisture | given
    months |= turbulence(
        place.centre, months, days, temperature=temperature, speed=speed, land=land,
        pressure=parametric.pressure_at(elevation), normals=normals, tops=tops, par=par,
    )  # fmt: skip
    fields = {name: by_quarter(values) for name, values in months.items()} | winds
    # the rains of a quarter keep their number and their hours together
    rains = by_quarter(months["wet_fraction"] / months["wet_event"])
    wet = fields["wet_fraction"]
    fields["wet_event"] = np.divide(wet, rains, out=fields["wet_event"], where=rains > 0)
    fields |= {"temperature": by_quarter(temperature), "land": land, "orography": elevation}
    fields["pressure"] = parametric.pressure_at(elevation)
    return meteorology_dataset(fields, grid=grid, tops=tops)


def on_grid_meteorology(ds: xr.Dataset, *, grid: Grid) -> xr.Dataset:
    """Quarterly meteorology that is on the grid already (from wrfout or MCIP), made consistent.

    Winds of another model are not free of divergence on these finite volumes: the column flow is
    corrected as for the free fields; all else is taken as it is.

    Parameters
    ----------
    ds : Dataset
        All variables of :data:`VARIABLES` with their units and dimensions.
    grid : Grid
    """
    tops = tuple(float(t) for t in ds["layer_top"].values)
    geo = geometry(grid, tops=tops)
    fields = {
        name: ds[name].transpose(*_DIMS.get(name, ("quarter", "y", "x"))).values.astype(np.float64)
        for name in VARIABLES
    }
    pairs = [
        mass_consistent(x, y, geo=geo)
        for x, y in zip(fields["wind_x"], fields["wind_y"], strict=True)
    ]
    fields["wind_x"], fields["wind_y"] = (np.stack(part) for part in zip(*pairs, strict=True))
    return meteorology_dataset(fields, grid=grid, tops=tops)


def _lapse_corrected(
    surface: xr.Dataset, relief: Regular, *, place: Places, elevation: Array
) -> Array:
    """2 m temperature moved from the smooth terrain of its source to that of the grid."""
    source = regular(surface, "tas", unit="K", where="winds")
    coarse = np.maximum(relief.at(*np.meshgrid(source.lon, source.lat)), 0.0)
    smooth = Regular(source.lon, source.lat, coarse).at(*place.centre)
    return source.at(*place.centre) - LAPSE_K_PER_M * (elevation - smooth)


def _toward(upper: Array, near: Array, ground: Array, around: Array, height: Array) -> Array:
    """Wind at ``height`` (layer, 1, 1) above the ``ground`` (faces), m s-1.

    Above the terrain ``around``, smoothed, or the ground where that is higher, the wind of the
    friction layer ``near`` (layer, faces) gives way to that at 300 hPa ``upper`` (faces) in
    proportion to the height: a thermal wind that is the same at all levels. Below it a basin is
    sheltered: stable air does not descend from a ridge higher than U/N (Hunt and Snyder 1980, J.
    Fluid Mech. 96, 671-704).
    """
    base = np.clip(np.maximum(ground, around), 0.0, 6000.0)
    share = (height + np.minimum(ground, 6000.0) - base) / (UPPER_M - base)
    share = np.maximum(share, 0.0)
    return np.asarray((1 - share) * near + share * upper)


def _face_winds(
    wind: dict[str, Regular],
    upper: dict[str, Regular] | None,
    *,
    place: Places,
    geo: Geometry,
    relief: Regular,
    elevation: Array,
    tops: tuple[float, ...],
    par: Parameters,
) -> dict[str, Array]:
    """Winds and horizontal diffusivities on the faces, by quarter."""
    from scipy.ndimage import gaussian_filter

    mid = middle(tops)
    profile = parametric.wind_profile(mid, par=par)[:, None, None]
    spread = parametric.transient_wind(mid, par=par)[:, None, None]
    pass_x = blocking(elevation, mid, axis=1, par=par)
    pass_y = blocking(elevation, mid, axis=0, par=par)

    def along(field: dict[str, Regular]) -> tuple[Array, Array]:
        east_x, north_x = (by_quarter(field[n].at(*place.face_x)) for n in ("uas", "vas"))
        east_y, north_y = (by_quarter(field[n].at(*place.face_y)) for n in ("uas", "vas"))
        return (
            east_x * geo.cos_x + north_x * geo.sin_x,
            -east_y * geo.sin_y + north_y * geo.cos_y,
        )

    near = along(wind)
    above = near if upper is None else along(upper)
    above_sea = np.maximum(relief.values, 0.0)
    steps = (np.diff(relief.lat).mean(), np.diff(relief.lon).mean())
    smooth = gaussian_filter(above_sea, [par["shelter_scale"] / d for d in steps], mode="nearest")
    ground, around = (
        [Regular(relief.lon, relief.lat, field).at(*face) for face in (place.face_x, place.face_y)]
        for field in (above_sea, smooth)
    )
    out: dict[str, list[Array]] = {n: [] for n in list(VARIABLES)[:4]}
    for q in range(4):
        layers = [part[q] * profile for part in near]
        if upper is not None:
            layers = [
                _toward(a[q], n, g, r, mid[:, None, None])
                for a, n, g, r in zip(above, layers, ground, around, strict=True)
            ]
        x, y = mass_consistent(
            layers[0] * pass_x,
            layers[1] * pass_y,
            geo=geo,
            # the wind at 10 m is given; aloft it is the profile's, less known the farther from 1
            variance=(profile.ravel() - 1) ** 2,
        )
        out["wind_x"].append(x)
        out["wind_y"].append(y)
        out["diffusivity_x"].append(spread**2 * par["transient_time"] * pass_x)
        out["diffusivity_y"].append(spread**2 * par["transient_time"] * pass_y)
    return {name: np.stack(values) for name, values in out.items()}


_DIMS: Final[dict[str, tuple[str, ...]]] = {
    "wind_x": ("quarter", "layer", "y", "x_face"),
    "wind_y": ("quarter", "layer", "y_face", "x"),
    "diffusivity_x": ("quarter", "layer", "y", "x_face"),
    "diffusivity_y": ("quarter", "layer", "y_face", "x"),
    "diffusivity_z": ("quarter", "interface", "y", "x"),
    "pressure": ("y", "x"),
    "land": ("y", "x"),
    "orography": ("y", "x"),
}


def meteorology_dataset(
    fields: dict[str, Array], *, grid: Grid, tops: tuple[float, ...]
) -> xr.Dataset:
    """Fields by name as the dataset of a meteorology file."""
    data: dict[str, Any] = {}
    for name, unit in VARIABLES.items():
        # winds stay in double precision: continuity must hold to round-off
        kind = np.float64 if name.startswith("wind_") else np.float32
        dims = _DIMS.get(name, ("quarter", "y", "x"))
        data[name] = (dims, fields[name].astype(kind), {"units": unit})
    data["wind_x"][2]["long_name"] = "wind normal to the faces that look along x"
    data["wind_y"][2]["long_name"] = "wind normal to the faces that look along y"
    coords = {
        "quarter": np.array(QUARTERS),
        "layer_top": ("layer", np.array(tops), {"units": "m"}),
        **grid.face_coordinates(),
    }
    ds = xr.Dataset(data, coords=coords)
    ds["crs"] = ((), np.int32(0), grid.cf_attributes())
    return ds
