"""Parametric weather where no free climatology exists: mixing height, turbulence, formulas of rain.

All of it is synthetic: smooth functions of month, place and land, with figures from the parameter
table. A result that rests on them says so. Rain comes from :mod:`.normals` where they are given;
how often it rains and how moist the air is follow from rain and temperature by the formulas here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scenair.surrogate.parameters import Parameters

Array = npt.NDArray[np.float64]

KARMAN = 0.4
#: W m-2.
SOLAR_CONSTANT = 1361.0
#: Mean length of a month, s (the parametric rain is given a month).
_MONTH_S = 365.25 / 12 * 86_400


def summer_share(month: int) -> float:
    """0 in January, 1 in July, a cosine between."""
    return float((1 - np.cos(2 * np.pi * (month - 1) / 12)) / 2)


def monsoon_rain(month: int, lon: Array, lat: Array, *, par: Parameters) -> Array:
    """Monthly precipitation, kg m-2 s-1, of an idealised East Asian monsoon.

    January falls off exponentially to the north; July decreases to the north and to the west; the
    months between are weighted by :func:`summer_share`. All figures are rows ``rain_*`` of the
    parameter table.
    """
    winter = par["rain_winter_coast"] * np.exp(
        -(lat - par["rain_latitude_winter"]) / par["rain_winter_scale"]
    )
    summer = (
        par["rain_summer_south"]
        - par["rain_summer_north"] * np.maximum(lat - par["rain_latitude_summer"], 0)
        - par["rain_summer_west"] * np.maximum(par["rain_longitude_summer"] - lon, 0)
    )
    winter = np.clip(winter, par["rain_winter_least"], par["rain_winter_most"])
    summer = np.clip(summer, par["rain_summer_least"], par["rain_summer_most"])
    share = summer_share(month)
    return np.asarray(((1 - share) * winter + share * summer) / _MONTH_S)


def rain_rate(temperature: Array, *, par: Parameters) -> Array:
    """Mean rate while it rains, kg m-2 h-1, from the monthly mean temperature (K).

    Recommendation ITU-R P.837-7 (2017), equation 1.
    """
    warm = np.maximum(temperature - 273.15, 0.0)
    return np.asarray(par["rain_rate_cold"] * np.exp(par["rain_rate_warmth"] * warm))


def wet_fraction(rain: Array, temperature: Array, *, par: Parameters) -> Array:
    """Share of time with rain: precipitation (kg m-2 s-1) over the rate while it rains.

    Recommendation ITU-R P.837-7 (2017), equation 2, with its upper limit.
    """
    hourly = rain * 3600 / rain_rate(temperature, par=par)
    return np.minimum(hourly, par["wet_fraction_most"])


def rain_days(rain: Array, *, par: Parameters) -> Array:
    """Days a month with 0.1 mm or more: a power of the month's rain (kg m-2 s-1).

    The form of New et al. (2000, J. Climate 13, 2217-2238); the figures are those of the stations.
    """
    monthly = np.maximum(rain, 0.0) * _MONTH_S
    return np.asarray(par["rain_days_factor"] * monthly ** par["rain_days_exponent"])


def wet_event(wet: Array, days: Array, *, par: Parameters) -> Array:
    """Mean length of a rain, s: the wet time of a month over its days with rain."""
    length = wet * _MONTH_S / np.maximum(days, 1e-6)
    return np.clip(length, par["wet_event_least"], par["wet_event_most"])


def relative_humidity(rain: Array, *, par: Parameters) -> Array:
    """Daily mean relative humidity, 0-1, rising with the month's rain."""
    low, high = par["humidity_dry"], par["humidity_wet"]
    scale = par["humidity_rain_scale"] / _MONTH_S
    return np.asarray(low + (high - low) * (1 - np.exp(-rain / scale)))


def insolation(month: int, lat: Array) -> Array:
    """Daily mean insolation above the atmosphere in the middle of a month, W m-2.

    Declination after Cooper (1969, Solar Energy 12, 333-346); the daily mean is the integral of
    the sine of the sun's height from sunrise to sunset.
    """
    day = 365.25 / 12 * (month - 0.5)
    declination = np.radians(23.45) * np.sin(2 * np.pi * (284 + day) / 365)
    phi = np.radians(lat)
    sunset = np.arccos(np.clip(-np.tan(phi) * np.tan(declination), -1.0, 1.0))
    height = sunset * np.sin(phi) * np.sin(declination)
    height += np.cos(phi) * np.cos(declination) * np.sin(sunset)
    return np.asarray(SOLAR_CONSTANT / np.pi * height)


def mixing_height(month: int, land: Array, lat: Array, *, par: Parameters) -> Array:
    """Height of the mixed layer, m: by insolation over land, constant over sea.

    A mixed layer that grows by heat from the ground has a height that goes with the square root
    of that heat (thermodynamic method, Stull 1988, An Introduction to Boundary Layer Meteorology,
    chapter 11), here with the square root of the insolation. The figures of January and July hold
    at ``mixing_height_latitude``; a least height stands for mixing by wind alone.
    """
    own = np.array([par["mixing_height_latitude"]])
    january, july = (np.sqrt(insolation(m, own))[0] for m in (1, 7))
    share = (np.sqrt(insolation(month, lat)) - january) / (july - january)
    amplitude = par["mixing_height_summer"] - par["mixing_height_winter"]
    over_land = np.maximum(
        par["mixing_height_winter"] + amplitude * share, par["mixing_height_least"]
    )
    return np.asarray(land * over_land + (1 - land) * par["mixing_height_sea"])


def transient_wind(height: Array, *, par: Parameters) -> Array:
    """Standard deviation of a wind component within a month, m s-1, at ``height`` (m)."""
    grown = np.minimum((height / 1500.0) ** 0.3, 1.0)
    return np.asarray(par["transient_wind_ground"] + par["transient_wind_growth"] * grown)


def wind_profile(height: Array, *, par: Parameters) -> Array:
    """Wind at ``height`` (m) over the wind at 10 m: a power law with a cap."""
    return np.minimum(
        np.maximum(height / 10.0, 1.0) ** par["wind_profile_exponent"], par["wind_profile_most"]
    )


def friction_velocity(speed_10m: Array, land: Array, *, par: Parameters) -> Array:
    """u*, m s-1, from the 10 m wind speed by the logarithmic law."""
    log_z0 = land * np.log(par["roughness_land"]) + (1 - land) * np.log(par["roughness_sea"])
    return np.asarray(KARMAN * speed_10m / (np.log(10.0) - log_z0))


def vertical_diffusivity(
    height: Array, *, friction: Array, mixing: Array, par: Parameters
) -> Array:
    """Kz, m2 s-1, at ``height`` (interface,) for fields (y, x): a cubic profile with a floor."""
    z = height.reshape((-1,) + (1,) * friction.ndim)
    inside = np.clip(1 - z / (1.3 * mixing), 0.0, None) ** 2
    profile = par["vertical_mixing"] * KARMAN * friction * z * inside
    return np.maximum(profile, par["vertical_mixing_least"])


def pressure_at(elevation: Array) -> Array:
    """Pressure (Pa) of the standard atmosphere at ``elevation`` (m)."""
    return np.asarray(101_325.0 * (1 - 2.25577e-5 * elevation) ** 5.25588)
