"""Parametric weather where no free climatology exists: mixing height, turbulence, formulas of rain.

All of it is synthetic: smooth functions of month, place and land, with figures from the parameter
table. A result that rests on them says so. Rain comes from :mod:`.normals` where they are given;
how often it rains and how moist the air is follow from rain and temperature by the formulas here.

The forms and constants of the heat balance and of stable air (de Bruin and Holtslag, Holtslag and
van Ulden, Turc-Pike, Tennekes, Venkatram, van Ulden and Holtslag) are given from memory of these
papers; they were not read again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

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
#: Temperature at the ground (K) and its change over the lowest kilometre (K) in the reference
#: atmospheres of Recommendation ITU-R P.835-6: winter of high and middle latitudes, summer of
#: high and middle latitudes, low latitudes.
_REFERENCE: Final = np.array(
    [
        (257.4345, 2.3474 - 1.5479 + 0.08473),
        (272.7241, -3.6217 - 0.1759),
        (286.8374, -4.7805 - 0.1402),
        (294.9838, -5.2159 - 0.07109),
        (300.4222, -6.3533 + 0.005886),
    ]
)
#: Albedo of ground without snow, grass and crops (FAO-56).
_ALBEDO: Final = 0.23
#: Three equal parts of the daylight.
_DAY = (1 / 6, 1 / 2, 5 / 6)


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


def _sunset(month: int, lat: Array) -> tuple[Array, float]:
    """Hour angle of sunset and declination of the sun, radians, in the middle of a month."""
    day = 365.25 / 12 * (month - 0.5)
    declination = float(np.radians(23.45) * np.sin(2 * np.pi * (284 + day) / 365))
    angle = np.arccos(np.clip(-np.tan(np.radians(lat)) * np.tan(declination), -1.0, 1.0))
    return np.asarray(angle), declination


def insolation(month: int, lat: Array) -> Array:
    """Daily mean insolation above the atmosphere in the middle of a month, W m-2.

    Declination after Cooper (1969, Solar Energy 12, 333-346); the daily mean is the integral of
    the sine of the sun's height from sunrise to sunset.
    """
    sunset, declination = _sunset(month, lat)
    phi = np.radians(lat)
    height = sunset * np.sin(phi) * np.sin(declination)
    height += np.cos(phi) * np.cos(declination) * np.sin(sunset)
    return np.asarray(SOLAR_CONSTANT / np.pi * height)


def daylight(month: int, lat: Array) -> Array:
    """Share of the day with the sun above the horizon in the middle of a month."""
    return np.asarray(_sunset(month, lat)[0] / np.pi)


def relative_sunshine(humidity: Array, days: Array, *, par: Parameters) -> Array:
    """Sunshine over what a clear sky would give, 0-1, from humidity and days with rain."""
    share = par["sunshine_most"] - par["sunshine_humidity"] * humidity
    share = share - par["sunshine_rain_days"] * days / (_MONTH_S / 86_400)
    return np.clip(share, 0.05, 0.95)


def snow_cover(rain: Array, temperature: Array, *, par: Parameters) -> Array:
    """Share of the ground under snow, 0-1, (12, ...).

    What falls in months below ``snow_bare_k`` lies until a month above it; the ground is covered
    the more, the more lies and the colder it is.

    Parameters
    ----------
    rain : (12, ...)
        Precipitation of the calendar months, kg m-2 s-1.
    temperature : (12, ...)
        Monthly mean near the ground, K.
    """
    bare, full = par["snow_bare_k"], par["snow_full_k"]
    cold = np.clip((bare - temperature) / (bare - full), 0.0, 1.0)
    lying = np.zeros_like(temperature)
    pack = np.zeros_like(temperature[0])
    for month in (*range(12), *range(12)):  # the second round knows the snow of December
        pack = np.where(cold[month] > 0, pack + rain[month] * _MONTH_S, 0.0)
        lying[month] = pack
    return np.asarray(cold * lying / (lying + par["snow_half"]))


def stability_above(temperature: Array) -> Array:
    """Growth of potential temperature above the mixed layer, K m-1, from that at the ground (K).

    Over the lowest kilometre of the reference atmospheres of ITU-R P.835-6, between them linear
    in the temperature at the ground: 0.0106 in the winter of high latitudes, 0.0060 in that of
    middle ones, 0.0034 in low latitudes.
    """
    adiabatic = 9.80665 / 1005.0
    gamma = adiabatic + _REFERENCE[:, 1] / 1000
    return np.asarray(np.interp(temperature, _REFERENCE[:, 0], gamma))


def net_radiation(
    month: int,
    lat: Array,
    *,
    temperature: Array,
    humidity: Array,
    sunshine: Array,
    albedo: Array | float = _ALBEDO,
) -> tuple[Array, Array]:
    """Absorbed sunlight (mean of 24 h) and loss of heat radiation, W m-2.

    Allen et al. (1998, FAO Irrigation and Drainage Paper 56, equations 35 and 37-39): 0.25 and
    0.50 of Angstrom, albedo 0.23 without snow.
    """
    share = 0.25 + 0.50 * sunshine
    absorbed = (1 - albedo) * share * insolation(month, lat)
    vapour = humidity * saturation(temperature) / 1000  # kPa
    loss = 5.67e-8 * temperature**4 * (0.34 - 0.14 * np.sqrt(vapour))
    return np.asarray(absorbed), np.asarray(loss * (1.35 * share / 0.75 - 0.35))


def saturation(temperature: Array) -> Array:
    """Saturation vapour pressure over water, Pa (Alduchov and Eskridge 1996); K in."""
    celsius = temperature - 273.15
    return np.asarray(610.94 * np.exp(17.625 * celsius / (celsius + 243.04)))


def sensible_heat(
    available: Array, *, temperature: Array, pressure: Array, rain: Array, par: Parameters
) -> Array:
    """Sensible heat of a day, W m-2 (24 h mean, night and evening losses off), not below 0.

    ``((1 - alpha) + g) / (1 + g) available - beta`` with ``g`` the psychrometric constant over
    the slope of the saturation curve (de Bruin and Holtslag 1982, J. Appl. Meteorol. 21,
    1610-1621; Holtslag and van Ulden 1983, J. Climate Appl. Meteor. 22, 517-529). ``alpha``, 0
    dry and 1 wet, is the evaporation over the potential one by the Turc-Pike relation,
    ``1 / sqrt(1 + (potential / rain)^2)``.
    """
    latent, step = 2.5e6, 0.5
    slope = (saturation(temperature + step) - saturation(temperature - step)) / (2 * step)
    ratio = 1005.0 * pressure / (0.622 * latent) / slope
    beta = par["heat_beta"]
    potential = np.maximum(available, 0.0) / (1 + ratio) + beta
    alpha = 1 / np.sqrt(1 + (potential / np.maximum(rain * latent, 1e-3)) ** 2)
    return np.maximum((1 - alpha + ratio) / (1 + ratio) * available - beta, 0.0)


class MixedLayer(NamedTuple):
    """The mixed layer of a month over land.

    Attributes
    ----------
    day : (...)
        Share of the day with the sun above the horizon.
    highest, wind : (...)
        Height in the late afternoon, and by wind alone, m.
    heat : (...)
        Heat that the ground gives to the air, mean over the daylight, W m-2.
    night_friction : (...)
        u* of the night, m s-1.
    """

    day: Array
    highest: Array
    wind: Array
    heat: Array
    night_friction: Array

    def height_at(self, share: Array) -> Array:
        """Height after ``share`` of the daylight: sinusoidal growth, never below that by wind."""
        return np.asarray(np.maximum(np.sin(np.pi / 2 * share) * self.highest, self.wind))


def mixed_layer(
    month: int,
    lat: Array,
    *,
    temperature: Array,
    humidity: Array,
    sunshine: Array,
    rain: Array,
    snow: Array,
    pressure: Array,
    friction: Array,
    speed: Array,
    par: Parameters,
) -> MixedLayer:
    """The mixed layer by day and night, from heat and wind.

    By day it grows with the heat from the ground into the air above (thermodynamic method with
    entrainment 0.2, Tennekes 1973, J. Atmos. Sci. 30, 558-567) up to
    ``sqrt(2.8 Q / (rho cp gamma))``, ``gamma`` from :func:`stability_above`; ``snow`` (share of
    the ground) reflects sunlight. By night, and never less, wind alone mixes: 2300 u*^1.5
    with the u* of stable air (Venkatram 1980, Boundary-Layer Meteorol. 19, 481-485).
    """
    day = daylight(month, lat)
    absorbed, loss = net_radiation(
        month, lat, temperature=temperature, humidity=humidity, sunshine=sunshine,
        albedo=_ALBEDO + snow * (par["snow_albedo"] - _ALBEDO),
    )  # fmt: skip
    available = 0.9 * (absorbed - loss * day)  # a tenth goes into the ground
    heat = sensible_heat(available, temperature=temperature, pressure=pressure, rain=rain, par=par)
    capacity = 1005.0 * pressure / (287.05 * temperature)
    highest = np.sqrt(2.8 * 86_400 * heat / (capacity * stability_above(temperature)))
    calm = stable_friction(friction, speed, sunshine)
    wind = np.maximum(2300 * calm**1.5, par["mixing_height_least"])
    return MixedLayer(day, highest, wind, heat / np.maximum(day, 0.01), calm)


def mixing_height(layer: MixedLayer, land: Array, *, par: Parameters) -> Array:
    """Mean height of the mixed layer over day and night, m; constant over sea."""
    by_day = np.mean([layer.height_at(np.array(share)) for share in _DAY], axis=0)
    mean = layer.day * by_day + (1 - layer.day) * layer.wind
    return np.asarray(land * mean + (1 - land) * par["mixing_height_sea"])


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


def stable_friction(neutral: Array, speed_10m: Array, sunshine: Array) -> Array:
    """u* of the night, m s-1, from the neutral one and the wind at 10 m.

    ``u*/2 (1 + sqrt(1 - (2 u0)^2 / (C u^2)))`` with ``C`` the drag of the neutral wind and
    ``u0^2 = 4.7 z g theta* / T`` (Venkatram 1980, Boundary-Layer Meteorol. 19, 481-485), half of
    the neutral one where the wind is too weak; ``theta* = 0.09 (1 - 0.5 n^2)`` K with cloud ``n``,
    1 less the relative sunshine (van Ulden and Holtslag 1985, J. Climate Appl. Meteor. 24,
    1196-1207).
    """
    scale = 0.09 * (1 - 0.5 * (1 - sunshine) ** 2)
    buoyancy = 4.7 * 10.0 * 9.80665 * scale / 285.0
    root = 1 - 4 * buoyancy / np.maximum(neutral * speed_10m, 1e-6)
    return np.asarray(neutral / 2 * (1 + np.sqrt(np.maximum(root, 0.0))))


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
