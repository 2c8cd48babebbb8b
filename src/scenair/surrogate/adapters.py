"""Other people's monthly meteorology in the names of the shipped file.

Neutral form (longitude-latitude, twelve months): ``uas``, ``vas`` (m s-1), ``tas`` (K) and, where
the source has them, ``pr`` (kg m-2 s-1), ``hurs`` (1), ``zmla`` (mixing height, m),
``wet_fraction`` (1) and ``wet_event`` (s). What is missing comes from normals and formulas; a file
that knows from hourly rain how often it rains says so in ``wet_fraction`` and ``wet_event``, and
they are taken.

Meteorology that is already on the grid of the case by quarter (from wrfout or MCIP) comes as a file
with the variables of :data:`.meteorology.VARIABLES`; see :func:`.meteorology.on_grid_meteorology`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import xarray as xr

from scenair.core.errors import InputError, UnitsError

#: Optional variables of the neutral form: unit, name of the field they replace.
OPTIONAL: Final[dict[str, tuple[str, str]]] = {
    "pr": ("kg m-2 s-1", "precipitation"),
    "hurs": ("1", "humidity"),
    "zmla": ("m", "mixing_height"),
    "wet_fraction": ("1", "wet_fraction"),
    "wet_event": ("s", "wet_event"),
}
#: ERA5 monthly means: name -> units in the file.
_ERA5: Final[dict[str, tuple[str, ...]]] = {
    "u10": ("m s**-1", "m s-1"),
    "v10": ("m s**-1", "m s-1"),
    "t2m": ("K",),
}
#: Names of the mean rate of precipitation, where the file has no total.
_RATES: Final = ("avg_tprate", "mtpr")


def is_era5(ds: xr.Dataset) -> bool:
    """Whether the names are those of ERA5 monthly means."""
    return "u10" in ds and "t2m" in ds


def from_era5(ds: xr.Dataset) -> xr.Dataset:
    """ERA5 monthly means of single levels in the neutral form.

    Precipitation ``tp`` is in m a day in the monthly means; relative humidity follows from
    ``d2m`` and ``t2m`` by the Magnus formula (Alduchov and Eskridge 1996, J. Appl. Meteor. 35,
    601-609). Several years are averaged month by month.

    Raises
    ------
    InputError, UnitsError
        Variables or months missing, or another unit.
    """
    names = {"latitude": "lat", "longitude": "lon", "valid_time": "time"}
    ds = ds.rename({old: new for old, new in names.items() if old in ds.dims or old in ds.coords})
    for name in _ERA5:
        if name not in ds:
            raise InputError("ERA5 variable missing", value=name, allowed=", ".join(_ERA5))
        _require_unit(ds, name, _ERA5[name])
    out = {
        "uas": _monthly(ds["u10"], "m s-1"),
        "vas": _monthly(ds["v10"], "m s-1"),
        "tas": _monthly(ds["t2m"], "K"),
    }
    rain = _rain(ds)
    if rain is not None:
        out["pr"] = _monthly(rain.clip(min=0), "kg m-2 s-1")
    if "d2m" in ds:
        out["hurs"] = _monthly((magnus(ds["d2m"]) / magnus(ds["t2m"])).clip(0.05, 1.0), "1")
    if "blh" in ds:
        out["zmla"] = _monthly(ds["blh"], "m")
    for name in ("wet_fraction", "wet_event"):
        if name in ds:
            unit = OPTIONAL[name][0]
            _require_unit(ds, name, (unit,))
            out[name] = _monthly(ds[name], unit)
    return xr.Dataset(out, attrs=ds.attrs).sortby(["lat", "lon"])


def _require_unit(ds: xr.Dataset, name: str, allowed: tuple[str, ...]) -> None:
    if ds[name].attrs.get("units") not in allowed:
        raise UnitsError(
            "wrong unit", where=f"ERA5, variable {name}", value=ds[name].attrs.get("units"),
            allowed=allowed[0],
        )  # fmt: skip


def _rain(ds: xr.Dataset) -> xr.DataArray | None:
    """Precipitation, kg m-2 s-1: the total of a day in m, else the mean rate, else nothing."""
    if "tp" in ds:
        _require_unit(ds, "tp", ("m",))
        return ds["tp"] * (1000 / 86_400)
    for name in _RATES:
        if name in ds:
            _require_unit(ds, name, ("kg m**-2 s**-1", "kg m-2 s-1"))
            return ds[name]
    return None


def magnus(temperature: xr.DataArray) -> xr.DataArray:
    """Saturation vapour pressure over water, Pa; temperature in K."""
    celsius = temperature - 273.15
    power: xr.DataArray = np.exp(17.625 * celsius / (celsius + 243.04))  # type: ignore[assignment]
    return 610.94 * power


def _monthly(da: xr.DataArray, unit: str) -> xr.DataArray:
    """Mean of each calendar month, (month, lat, lon)."""
    mean = da.groupby("time.month").mean("time").transpose("month", "lat", "lon")
    if mean.sizes["month"] != 12:
        raise InputError(
            "months missing",
            where=f"ERA5, variable {da.name}",
            value=mean["month"].values.tolist(),
            allowed="all twelve",
        )
    return mean.assign_attrs(units=unit)
