"""Climate normals in place of parametric weather: maps of rain and upper wind, and stations.

The maps give the monthly precipitation and the wind at 300 hPa. The stations give what no free map
gives, days with rain, relative humidity and sunshine: formulas carry them to every cell, and what
these miss at the stations is spread by inverse distance. Far from every station the formula stands
alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from scenair.core.errors import InputError, UnitsError
from scenair.surrogate import parametric
from scenair.surrogate.geometry import great_circle

if TYPE_CHECKING:
    from scenair.surrogate.meteorology import Regular
    from scenair.surrogate.parameters import Parameters

Array = npt.NDArray[np.float64]

#: Variable of the station table: unit, least and largest value.
QUANTITIES: Final[dict[str, tuple[str, float, float]]] = {
    "rain": ("mm", 0.0, 2000.0),
    "rain_days": ("d", 0.0, 31.0),
    "humidity": ("%", 1.0, 99.5),
    "sunshine": ("h", 1.0, 500.0),
}
#: Days of the mean month.
DAYS: Final = 365.25 / 12
_KEYS: Final = ["station", "variable", "month"]


@dataclass(frozen=True)
class Stations:
    """Normals of one quantity at the stations that have it and rain.

    Attributes
    ----------
    lon, lat : (station,)
    rain : (station, 12)
        kg m-2 s-1.
    values : (station, 12)
        Days a month; humidity and sunshine (over the daylight) 0-1.
    """

    lon: Array
    lat: Array
    rain: Array
    values: Array


@dataclass(frozen=True)
class Normals:
    """Maps of the monthly precipitation, kg m-2 a month, and of the wind at 300 hPa, m s-1,
    (12, lat, lon), and the stations."""

    rain: Regular
    upper_east: Regular
    upper_north: Regular
    rain_days: Stations
    humidity: Stations
    sunshine: Stations


def stations_from_table(table: pd.DataFrame, *, quantity: str) -> Stations:
    """The stations of the table of normals that have ``quantity``.

    Parameters
    ----------
    table : DataFrame
        Columns station, lon, lat, variable, month, value, unit.
    quantity : str
        ``rain_days``, ``humidity`` or ``sunshine`` (h, returned over the daylight).

    Raises
    ------
    InputError
        Unknown variable, a month twice or missing, a value or place out of range, a station in
        two places or without rain.
    UnitsError
        Another unit.
    """
    _check(table)
    found = {
        name: rows.pivot_table(index="station", columns="month", values="value")
        for name, rows in table.groupby("variable")
    }
    values = found.get(quantity, pd.DataFrame())
    rain = found.get("rain", pd.DataFrame()).reindex(values.index)
    for name, part in ((quantity, values), ("rain", rain)):
        hole = part.reindex(columns=range(1, 13)).isna().to_numpy().any(axis=1)
        if hole.any() or len(part) == 0:
            first = part.index[int(hole.argmax())] if len(part) else "any"
            raise InputError(
                "normals without all twelve months",
                where=f"station {first}, variable {name}",
                allowed="months 1 to 12 of rain and of what else the station has",
            )
    place = table.groupby("station")[["lon", "lat"]].first().loc[values.index]
    return Stations(
        place["lon"].to_numpy(float),
        place["lat"].to_numpy(float),
        rain.to_numpy(float) / (DAYS * 86_400),
        values.to_numpy(float) / _full(quantity, place["lat"].to_numpy(float)),
    )


def _full(quantity: str, lat: Array) -> Array:
    """What a value is divided by, (station, 12)."""
    if quantity == "sunshine":
        return np.stack([parametric.daylight(m, lat) * 24 * DAYS for m in range(1, 13)], axis=1)
    return np.full((len(lat), 12), 100.0 if quantity == "humidity" else 1.0)


def _check(table: pd.DataFrame) -> None:
    """Every row of the table of normals on its own."""
    unknown = sorted(set(table["variable"]) - set(QUANTITIES))
    if unknown:
        raise InputError(
            "unknown variable of a station", value=unknown, allowed=", ".join(QUANTITIES)
        )
    double = table.duplicated(_KEYS)
    if double.any():
        raise InputError("a normal twice", value=table.loc[double, _KEYS].iloc[0].tolist())
    if not table["month"].isin(range(1, 13)).all():
        raise InputError("a month outside 1-12", where="column month")
    moved = table.groupby("station")[["lon", "lat"]].nunique().max(axis=1) > 1
    if moved.any():
        raise InputError("a station in two places", value=str(moved.index[moved][0]))
    inside = table["lon"].between(-180, 180) & table["lat"].between(-90, 90)
    if not inside.all():
        raise InputError("a station off the globe", value=table.loc[~inside, "station"].iloc[0])
    for name, (unit, least, most) in QUANTITIES.items():
        rows = table[table["variable"] == name]
        other = rows["unit"] != unit
        if other.any():
            raise UnitsError(
                "wrong unit", where=f"station {rows.loc[other, 'station'].iloc[0]}, {name}",
                value=rows.loc[other, "unit"].iloc[0], allowed=unit,
            )  # fmt: skip
        bad = ~rows["value"].astype(float).between(least, most)
        if bad.any():
            raise InputError(
                "a normal out of range",
                where=f"station {rows.loc[bad, 'station'].iloc[0]}, {name}",
                value=rows.loc[bad, "value"].iloc[0],
                allowed=f"{least:g} to {most:g} {unit}",
            )


def spread(
    departure: Array, stations: Stations, *, lon: Array, lat: Array, par: Parameters
) -> Array:
    """What a formula misses at the stations, (station, 12), at other places, (12, *lon.shape).

    Inverse-distance weights (Shepard 1968, Proc. 23rd ACM National Conference, 517-524)
    ``1 / (d + core)^power``; no departure at all has the weight of a station at the distance
    ``normals_reach``, so that the formula stands alone where no station is near.
    """
    metres = great_circle(
        stations.lon, stations.lat, np.asarray(lon)[..., None], np.asarray(lat)[..., None]
    )
    core, power = par["normals_core"], par["normals_power"]
    weight = (metres / 1000 + core) ** -power
    none = (par["normals_reach"] + core) ** -power
    mean = weight @ departure / (weight.sum(axis=-1, keepdims=True) + none)
    return np.asarray(np.moveaxis(mean, -1, 0))


def rain_days(rain: Array, stations: Stations, *, lon: Array, lat: Array, par: Parameters) -> Array:
    """Days a month with 0.1 mm or more, (12, ...), where it rains ``rain`` (12, ...), kg m-2 s-1.

    The logarithm of the days over those of :func:`.parametric.rain_days` is what is spread.
    """
    own = parametric.rain_days(stations.rain, par=par)
    departure = np.log(np.maximum(stations.values, 0.05) / np.maximum(own, 0.05))
    factor = np.exp(spread(departure, stations, lon=lon, lat=lat, par=par))
    return np.minimum(parametric.rain_days(rain, par=par) * factor, DAYS)


def relative_humidity(
    rain: Array, stations: Stations, *, lon: Array, lat: Array, par: Parameters
) -> Array:
    """Mean relative humidity, 0-1, (12, ...), where it rains ``rain`` (12, ...), kg m-2 s-1.

    What :func:`.parametric.relative_humidity` misses is spread as a logit, so that the result
    stays between 0 and 1.
    """
    own = parametric.relative_humidity(stations.rain, par=par)
    departure = _logit(stations.values) - _logit(own)
    formula = parametric.relative_humidity(rain, par=par)
    logit = _logit(formula) + spread(departure, stations, lon=lon, lat=lat, par=par)
    return np.asarray(1 / (1 + np.exp(-logit)))


def relative_sunshine(
    humidity: Array, days: Array, normals: Normals, *, lon: Array, lat: Array, par: Parameters
) -> Array:
    """Sunshine over the daylight, 0-1, (12, ...), from humidity and days with rain (12, ...).

    What :func:`.parametric.relative_sunshine` misses at the stations is spread as a logit.
    """
    x, y, rain = normals.sunshine.lon, normals.sunshine.lat, normals.sunshine.rain.T
    moist = relative_humidity(rain, normals.humidity, lon=x, lat=y, par=par)
    wet = rain_days(rain, normals.rain_days, lon=x, lat=y, par=par)
    own = parametric.relative_sunshine(moist, wet, par=par).T
    departure = _logit(normals.sunshine.values) - _logit(own)
    formula = parametric.relative_sunshine(humidity, days, par=par)
    logit = _logit(formula) + spread(departure, normals.sunshine, lon=lon, lat=lat, par=par)
    return np.asarray(1 / (1 + np.exp(-logit)))


def _logit(share: Array) -> Array:
    return np.asarray(np.log(share / (1 - share)))
