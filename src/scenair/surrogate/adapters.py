"""Other people's monthly meteorology in the names of the shipped file.

Neutral form (longitude-latitude, twelve months): ``uas``, ``vas`` (m s-1), ``tas`` (K) and, where
the source has them, ``pr`` (kg m-2 s-1), ``hurs`` (1), ``zmla`` (mixing height, m),
``wet_fraction`` (1) and ``wet_event`` (s). What is missing stays parametric.

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
    for name, units in _ERA5.items():
        if name not in ds:
            raise InputError("ERA5 variable missing", value=name, allowed=", ".join(_ERA5))
        if ds[name].attrs.get("units") not in units:
            raise UnitsError(
                "wrong unit", where=f"ERA5, variable {name}", value=ds[name].attrs.get("units"),
                allowed=units[0],
            )  # fmt: skip
    out = {
        "uas": _monthly(ds["u10"], "m s-1"),
        "vas": _monthly(ds["v10"], "m s-1"),
        "tas": _monthly(ds["t2m"], "K"),
    }
    if "tp" in ds:
        if ds["tp"].attrs.get("units") != "m":
            raise UnitsError(
                "wrong unit", where="ERA5, variable tp", value=ds["tp"].attrs.get("units"),
                allowed="m (a day, monthly means of daily means)",
            )  # fmt: skip
        out["pr"] = _monthly(ds["tp"].clip(min=0) * (1000 / 86_400), "kg m-2 s-1")
    for name in _RATES:
        if name in ds and "pr" not in out:
            if ds[name].attrs.get("units") not in ("kg m**-2 s**-1", "kg m-2 s-1"):
                raise UnitsError(
                    "wrong unit", where=f"ERA5, variable {name}",
                    value=ds[name].attrs.get("units"), allowed="kg m**-2 s**-1",
                )  # fmt: skip
            out["pr"] = _monthly(ds[name].clip(min=0), "kg m-2 s-1")
    if "d2m" in ds:
        out["hurs"] = _monthly((magnus(ds["d2m"]) / magnus(ds["t2m"])).clip(0.05, 1.0), "1")
    if "blh" in ds:
        out["zmla"] = _monthly(ds["blh"], "m")
    return xr.Dataset(out, attrs=ds.attrs).sortby(["lat", "lon"])


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
