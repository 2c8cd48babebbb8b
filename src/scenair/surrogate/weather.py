"""Monthly weather at the cell centres: what a source gives, the rest from normals and formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scenair.surrogate import normals as climate
from scenair.surrogate import parametric
from scenair.surrogate.diurnal import effective_diffusivity, hourly_diffusivity

if TYPE_CHECKING:
    from scenair.surrogate.parameters import Parameters

Array = npt.NDArray[np.float64]


def water(
    centre: tuple[Array, Array],
    temperature: Array,
    *,
    given: dict[str, Array],
    normals: climate.Normals | None,
    par: Parameters,
) -> tuple[dict[str, Array], Array]:
    """Rain, its frequency and humidity at the cell centres, (12, ...), and days with rain.

    The rain is what is ``given``, else the map of the normals, else parametric; the rest follows
    from it, with the stations of the normals where there are any.
    """
    lon, lat = centre
    if "precipitation" in given:
        rain = given["precipitation"]
    elif normals is not None:
        rain = np.maximum(normals.rain.at(lon, lat), 0.0) / (climate.DAYS * 86_400)
    else:
        months = range(1, 13)
        rain = np.stack([parametric.monsoon_rain(m, lon, lat, par=par) for m in months])
    wet = given.get("wet_fraction", parametric.wet_fraction(rain, temperature, par=par))
    if normals is None:
        days = parametric.rain_days(rain, par=par)
        humidity = parametric.relative_humidity(rain, par=par)
    else:
        days = climate.rain_days(rain, normals.rain_days, lon=lon, lat=lat, par=par)
        humidity = climate.relative_humidity(rain, normals.humidity, lon=lon, lat=lat, par=par)
    fields = {
        "precipitation": rain,
        "wet_fraction": wet,
        "wet_event": parametric.wet_event(wet, days, par=par),
        "humidity": humidity,
    }
    return fields, days


def turbulence(
    centre: tuple[Array, Array],
    fields: dict[str, Array],
    days: Array,
    *,
    temperature: Array,
    pressure: Array,
    land: Array,
    speed: Array,
    normals: climate.Normals | None,
    tops: tuple[float, ...],
    par: Parameters,
) -> dict[str, Array]:
    """Mixing height, unless ``fields`` has it, and vertical diffusivity, (12, ...)."""
    lon, lat = centre
    humidity = fields["humidity"]
    if normals is None:
        sunshine = parametric.relative_sunshine(humidity, days, par=par)
    else:
        sunshine = climate.relative_sunshine(humidity, days, normals, lon=lon, lat=lat, par=par)
    # mean speed of a vector wind with mean and two normal components
    gust = parametric.transient_wind(np.array(10.0), par=par)
    total = np.sqrt(speed**2 + np.pi / 2 * gust**2)
    interface = np.array(tops[:-1])
    friction = parametric.friction_velocity(total, land, par=par)
    if "mixing_height" in fields:
        heights = fields["mixing_height"]
        mixed = [
            parametric.vertical_diffusivity(interface, friction=u, mixing=h, par=par)
            for u, h in zip(friction, heights, strict=True)
        ]
        return {"mixing_height": heights, "diffusivity_z": np.stack(mixed)}
    snow = parametric.snow_cover(fields["precipitation"], temperature, par=par)
    layers = [
        parametric.mixed_layer(
            m + 1, lat, temperature=temperature[m], humidity=humidity[m], sunshine=sunshine[m],
            rain=fields["precipitation"][m], snow=snow[m], pressure=pressure,
            friction=friction[m], speed=total[m], par=par,
        )
        for m in range(12)
    ]  # fmt: skip
    heights = np.stack([parametric.mixing_height(layer, land, par=par) for layer in layers])
    mixed = [
        _land_and_sea(
            layer, interface=interface, friction=u, pressure=pressure, land=land, tops=tops,
            par=par,
        )
        for layer, u in zip(_by_quarter(layers), by_quarter(friction), strict=True)
    ]  # fmt: skip
    return {"mixing_height": heights, "diffusivity_z": np.repeat(np.stack(mixed), 3, axis=0)}


def by_quarter(monthly: Array) -> Array:
    """Mean of three months each; (12, ...) -> (4, ...)."""
    return np.asarray(monthly.reshape(4, 3, *monthly.shape[1:]).mean(axis=1))


def _by_quarter(layers: list[parametric.MixedLayer]) -> list[parametric.MixedLayer]:
    """The mixed layer of the mean day of each quarter."""
    parts = [by_quarter(np.stack(part)) for part in zip(*layers, strict=True)]
    return [parametric.MixedLayer(*(part[q] for part in parts)) for q in range(4)]


def _land_and_sea(
    layer: parametric.MixedLayer,
    *,
    interface: Array,
    friction: Array,
    pressure: Array,
    land: Array,
    tops: tuple[float, ...],
    par: Parameters,
) -> Array:
    """Kz, m2 s-1, (interface, ...): of the mean day over land, of the wind over sea."""

    def hourly(hour: int) -> Array:
        return hourly_diffusivity(
            hour, layer, interface=interface, friction=friction, pressure=pressure, par=par
        )

    ground = effective_diffusivity(hourly, tops=tops, loss=par["column_loss"])
    deep = np.full_like(friction, par["mixing_height_sea"])
    sea = parametric.vertical_diffusivity(interface, friction=friction, mixing=deep, par=par)
    return np.asarray(land * ground + (1 - land) * sea)
