"""Hourly fields of WRF or MCIP as quarterly meteorology in the form that the surrogate reads.

Winds go to the layers of the surrogate by height and to the faces of its cells; what a quarterly
mean wind does not carry, the variance of the hourly wind, becomes horizontal diffusivity (variance
times a Lagrangian time scale). Vertical diffusivity is the mean of hourly neutral profiles of
friction velocity and boundary-layer height. Nothing here opens files; hours come in blocks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from scenair.core.errors import InputError
from scenair.core.grids import Grid, grid_from_attributes
from scenair.core.periods import QUARTERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Array = npt.NDArray[np.float64]

#: Tops of the surrogate's layers, m above ground.
LAYER_TOPS: Final = (40.0, 100.0, 200.0, 400.0, 700.0, 1200.0, 2000.0, 3500.0)
#: Fields that are needed, and what makes them.
NEEDED: Final = {
    "u": "U (UWINDC in METDOT3D)",
    "v": "V (VWINDC in METDOT3D)",
    "height": "PH, PHB (ZH in METCRO3D)",
    "relative_humidity": "QVAPOR, T, P, PB (QV in METCRO3D)",
    "pbl_height": "PBLH (PBL)",
    "friction_velocity": "UST (USTAR)",
    "temperature_2m": "T2 (TEMP2)",
    "surface_pressure": "PSFC (PRSFC)",
    "rain_rate": "RAINC, RAINNC of two times or more (RN)",
    "terrain_height": "HGT (HT in GRIDCRO2D)",
}
#: Figures of ``surrogate/parameters.csv`` that are used here.
FIGURES: Final = ("transient_time", "vertical_mixing", "vertical_mixing_least")
_KARMAN: Final = 0.4
#: An hour counts as wet above 0.1 mm.
_WET: Final = 0.1 / 3600
#: Winds that hardly vary still mix: (m s-1)^2.
_LEAST_VARIANCE: Final = 0.01
_BLOCK_HOURS: Final = 24
_PLACE: Final = 0.02


@dataclass
class _Quarter:
    """Sums over the hours of a quarter."""

    count: int = 0
    total: dict[str, Array] = field(default_factory=dict)
    rainy: int = 0

    def add(self, name: str, values: Array) -> None:
        self.total[name] = self.total.get(name, 0.0) + values


def window(hours: xr.Dataset, grid: Grid, *, where: str) -> xr.Dataset:
    """The cells of ``grid`` cut out of fields on the same projection and cell size.

    Raises
    ------
    InputError
        Another projection or cell size, cells that do not coincide, or a grid that sticks out.
    """
    own = grid_from_attributes(hours["crs"].attrs)
    numbers = ("gdtyp", "p_alp", "p_bet", "p_gam", "xcell", "ycell")
    for name in numbers:
        if abs(getattr(own, name) - getattr(grid, name)) > 1e-3:
            raise InputError(
                "meteorology on another projection or cell size", where=f"{where}, {name}",
                value=getattr(own, name), allowed=f"{getattr(grid, name)} of grid {grid.name}",
            )  # fmt: skip
    # the two may name another origin: compare places on the ground
    x, y = own.project(*(np.asarray(a[0, 0]) for a in grid.lonlat))
    start = [(float(x) - own.x[0]) / own.xcell, (float(y) - own.y[0]) / own.ycell]
    col, row = (round(s) for s in start)
    inside = 0 <= col <= own.ncols - grid.ncols and 0 <= row <= own.nrows - grid.nrows
    if max(abs(start[0] - col), abs(start[1] - row)) > _PLACE or not inside:
        raise InputError(
            "the grid is not a window of the meteorology's cells", where=where,
            value=f"begins at column {start[0]:.3f}, row {start[1]:.3f}; "
            f"{grid.ncols} x {grid.nrows} of {own.ncols} x {own.nrows} cells",
            allowed="whole numbers, inside",
            remedy="take the GRIDDESC that MCIP wrote, or MCIP's output itself",
        )  # fmt: skip
    cut = hours.isel(x=slice(col, col + grid.ncols), y=slice(row, row + grid.nrows))
    return cut.assign_coords(x=grid.x, y=grid.y)


def quarterly(
    hours: xr.Dataset, *, grid: Grid, figures: Mapping[str, float], where: str
) -> xr.Dataset:
    """Quarterly meteorology of a case.

    Parameters
    ----------
    hours : Dataset
        :func:`scenair.cmaq.wrf.fields` or :func:`scenair.cmaq.mcip.fields` on ``grid``; may be
        lazy, a day is loaded at a time.
    grid : Grid
    figures : mapping
        :data:`FIGURES`.
    where : str

    Returns
    -------
    Dataset
        wind_x, wind_y (m s-1), diffusivity_x, diffusivity_y, diffusivity_z (m2 s-1),
        mixing_height (m), temperature (K), humidity (1), pressure (Pa), precipitation
        (kg m-2 s-1), wet_fraction (1), wet_event (s), land (1), orography (m); ``records`` is the
        number of hours in each quarter.

    Raises
    ------
    InputError
        Fields missing, or a quarter without hours.
    """
    missing = [f"{name}: {source}" for name, source in NEEDED.items() if name not in hours]
    if missing:
        raise InputError(
            "the surrogate needs fields that the files lack", where=where,
            value="; ".join(missing), remedy="write them in WRF (iofields) or give MCIP's output",
        )  # fmt: skip
    sums = {name: _Quarter() for name in QUARTERS}
    wet_before: dict[str, npt.NDArray[np.bool_]] = {}
    for name, block in _blocks(hours):
        _accumulate(sums[name], block, figures=figures)
        wet_before[name] = _rain_events(sums[name], block, wet_before.get(name))
    empty = [name for name, quarter in sums.items() if not quarter.count or not quarter.rainy]
    if empty:
        raise InputError(
            "quarters without hours", where=where, value=", ".join(empty),
            allowed="hours in every quarter (a month each is the least that means something)",
        )  # fmt: skip
    step = float(np.median(np.diff(hours["time"].values)) / np.timedelta64(1, "s"))
    terrain = np.asarray(hours["terrain_height"].values, dtype=np.float64)
    terrain = terrain[0] if terrain.ndim == 3 else terrain
    land = _land(hours, terrain)
    return _dataset(sums, grid=grid, figures=figures, step=step, terrain=terrain, land=land)


def _blocks(hours: xr.Dataset) -> Iterator[tuple[str, dict[str, Array]]]:
    """Days of a quarter as plain arrays (time, ...)."""
    needed = hours[[n for n in NEEDED if n != "terrain_height"]]
    quarter = (hours["time.month"].to_numpy() - 1) // 3
    edges = np.flatnonzero(np.diff(quarter)) + 1
    for part in np.split(np.arange(len(quarter)), edges):
        for first in range(0, len(part), _BLOCK_HOURS):
            chosen = part[first : first + _BLOCK_HOURS]
            loaded = needed.isel(time=chosen).load()
            arrays = {str(n): np.asarray(v.values, dtype=np.float64) for n, v in loaded.items()}
            yield QUARTERS[quarter[part[0]]], arrays


def at_heights(values: Array, height: Array, levels: Array) -> Array:
    """Linear interpolation along axis 1 to heights above ground; constant beyond the ends.

    Parameters
    ----------
    values, height : array (time, level, y, x)
        ``height`` (m) ascends along the levels.
    levels : array (n,)
        m.
    """
    out = []
    last = values.shape[1] - 2
    for z in levels:
        low = np.clip((height < z).sum(axis=1, keepdims=True) - 1, 0, last)
        h0, h1 = (np.take_along_axis(height, low + k, axis=1) for k in (0, 1))
        v0, v1 = (np.take_along_axis(values, low + k, axis=1) for k in (0, 1))
        out.append(v0 + (v1 - v0) * np.clip((z - h0) / (h1 - h0), 0.0, 1.0))
    return np.concatenate(out, axis=1)


def to_faces(values: Array, axis: int) -> Array:
    """Means of neighbouring cells along ``axis``; the outermost faces take their cell's value."""
    pad = [(0, 0)] * values.ndim
    pad[axis] = (1, 1)
    wide = np.pad(values, pad, mode="edge")
    n = wide.shape[axis]
    return np.asarray((np.take(wide, range(n - 1), axis) + np.take(wide, range(1, n), axis)) / 2)


def _middle() -> Array:
    edges = np.array((0.0, *LAYER_TOPS))
    return np.asarray((edges[1:] + edges[:-1]) / 2)


def _accumulate(
    quarter: _Quarter, block: Mapping[str, Array], *, figures: Mapping[str, float]
) -> None:
    for source, name, axis in (("u", "wind_x", 3), ("v", "wind_y", 2)):
        face = to_faces(at_heights(block[source], block["height"], _middle()), axis)
        quarter.add(name, face.sum(axis=0))
        quarter.add(f"{name}_square", (face**2).sum(axis=0))
    mixing = block["pbl_height"]
    z = np.array(LAYER_TOPS[:-1])[None, :, None, None]
    inside = np.clip(1 - z / (1.3 * np.maximum(mixing, 1.0)[:, None]), 0.0, None) ** 2
    profile = figures["vertical_mixing"] * _KARMAN * block["friction_velocity"][:, None] * z
    least = figures["vertical_mixing_least"]
    quarter.add("diffusivity_z", np.maximum(profile * inside, least).sum(axis=0))
    quarter.add("mixing_height", mixing.sum(axis=0))
    quarter.add("temperature", block["temperature_2m"].sum(axis=0))
    quarter.add("humidity", block["relative_humidity"][:, 0].sum(axis=0))
    quarter.add("pressure", block["surface_pressure"].sum(axis=0))
    quarter.count += len(mixing)


def _rain_events(
    quarter: _Quarter, block: Mapping[str, Array], before: npt.NDArray[np.bool_] | None
) -> npt.NDArray[np.bool_]:
    """Add rain, wet hours and beginnings of rain; the first record of WRF has no rain yet."""
    rain = block["rain_rate"]
    rain = rain[np.isfinite(rain).all(axis=(1, 2))]
    wet = rain > _WET
    dry = np.zeros((1, *rain.shape[1:]), dtype=bool)
    head = dry if before is None else before[None]
    previous = np.concatenate([head, wet])[:-1]
    quarter.add("precipitation", rain.sum(axis=0))
    quarter.add("wet", wet.sum(axis=0).astype(np.float64))
    quarter.add("starts", (wet & ~previous).sum(axis=0).astype(np.float64))
    quarter.rainy += len(rain)
    return np.asarray(wet[-1] if len(wet) else head[0])


def _land(hours: xr.Dataset, terrain: Array) -> Array:
    if "land_mask" in hours:
        mask = np.asarray(hours["land_mask"].values, dtype=np.float64)
        return np.asarray((mask[0] if mask.ndim == 3 else mask) > 0.5, dtype=np.float64)
    return np.asarray(terrain > 0, dtype=np.float64)


def _dataset(
    sums: Mapping[str, _Quarter],
    *,
    grid: Grid,
    figures: Mapping[str, float],
    step: float,
    terrain: Array,
    land: Array,
) -> xr.Dataset:
    quarters = list(sums.values())

    def mean(name: str) -> Array:
        return np.stack([q.total[name] / q.count for q in quarters])

    def rain(name: str) -> Array:
        return np.stack([q.total[name] / q.rainy for q in quarters])

    fields = {n: mean(n) for n in ("wind_x", "wind_y", "diffusivity_z", "mixing_height")}
    fields |= {n: mean(n) for n in ("temperature", "humidity")}
    for axis in ("x", "y"):
        variance = mean(f"wind_{axis}_square") - fields[f"wind_{axis}"] ** 2
        spread = np.maximum(variance, _LEAST_VARIANCE) * figures["transient_time"]
        fields[f"diffusivity_{axis}"] = spread
    fields["precipitation"], fields["wet_fraction"] = rain("precipitation"), rain("wet")
    events = np.stack([q.total["wet"] / np.maximum(q.total["starts"], 1) for q in quarters])
    fields["wet_event"] = np.maximum(events, 1.0) * step
    days = np.array([q.count for q in quarters], dtype=np.float64)
    fields["pressure"] = np.average(mean("pressure"), axis=0, weights=days)
    fields["land"], fields["orography"] = land, np.maximum(terrain, 0.0)
    return _named(fields, grid=grid, records=days.astype(np.int32))


_PLAIN: Final = ("quarter", "y", "x")
_FORM: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "wind_x": ("m s-1", ("quarter", "layer", "y", "x_face")),
    "wind_y": ("m s-1", ("quarter", "layer", "y_face", "x")),
    "diffusivity_x": ("m2 s-1", ("quarter", "layer", "y", "x_face")),
    "diffusivity_y": ("m2 s-1", ("quarter", "layer", "y_face", "x")),
    "diffusivity_z": ("m2 s-1", ("quarter", "interface", "y", "x")),
    "mixing_height": ("m", _PLAIN),
    "temperature": ("K", _PLAIN),
    "humidity": ("1", _PLAIN),
    "pressure": ("Pa", ("y", "x")),
    "precipitation": ("kg m-2 s-1", _PLAIN),
    "wet_fraction": ("1", _PLAIN),
    "wet_event": ("s", _PLAIN),
    "land": ("1", ("y", "x")),
    "orography": ("m", ("y", "x")),
}


def _named(
    fields: Mapping[str, Array], *, grid: Grid, records: npt.NDArray[np.int32]
) -> xr.Dataset:
    data: dict[str, Any] = {
        name: (dims, fields[name].astype(np.float32), {"units": unit})
        for name, (unit, dims) in _FORM.items()
    }
    data["records"] = ("quarter", records, {"units": "1", "long_name": "hours in the quarter"})
    coords = {
        "quarter": np.array(QUARTERS),
        "layer_top": ("layer", np.array(LAYER_TOPS), {"units": "m"}),
        **grid.face_coordinates(),
    }
    ds = xr.Dataset(data, coords=coords)
    ds["crs"] = ((), np.int32(0), grid.cf_attributes())
    return ds
