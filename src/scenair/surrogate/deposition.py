"""Dry deposition through resistances in series, after the EMEP MSC-W model.

Simpson et al. (2012, ACP 12, 7825-7865, section 8), constants as coded in metno/emep-ctm:
``v = 1 / (Ra + Rb + Rc)`` for gases and ``v = 1 / (Ra + 1 / Vds)`` for fine particles, whose
settling is negligible.

* Ra: logarithmic law from the roughness to the middle of the lowest layer, with the friction
  velocity of the mean wind speed there (mean and transient wind of the meteorology), neutral.
* Rb: quasi-laminar layer, by the diffusivity of the gas.
* Rc of SO2 and NH3 over land: one non-stomatal resistance each (co-deposition), by temperature,
  humidity and the acidity ratio ``a = [SO2] / [NH3]`` by volume, beside the stomata:
  ``Rns(NH3) = 10 log10(T + 2) exp((100 - RH) / 7) 10**(1.6769 - 1.1099 a) / 22`` in 10-200 s m-1,
  ``Rns(SO2) = 11.84 exp(1.1 a) (RH / 100)**-1.67`` in 10-1000 s m-1 above 0 degrees C; both 100
  from -5 to 0 and 500 below, times the correction for cold surfaces. The acidity ratio is a figure
  of the parameter table, not the concentrations of the run: with it SO2 stays linear in its
  emissions.
* Rc of HNO3: ``max(10, -2 T)`` s m-1.
* Rc of ozone: outer leaf surfaces, ground through the canopy, stomata; of NO2: a tenth of the
  non-stomatal conductance of ozone (reactivity 0.1, Wesely 1989) beside the stomata.
* Vds: ``0.002 u* (1 + (300 / L)**(2/3))`` by day, ``0.002 u*`` by night; three times as much by day
  for ammonium nitrate, which evaporates near the ground.

Resistances are not linear in temperature and humidity: velocities are means over the day and over
the spread of temperature within a quarter. Left out: snow, and the compensation point of ammonia
over fertilised land (in winter it is below 1 ug m-3; in summer deposition is overestimated there).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from scenair.surrogate.aerosol import DIURNAL_K, RH_PER_K
from scenair.surrogate.parametric import KARMAN

if TYPE_CHECKING:
    from scenair.surrogate.parameters import Parameters

Array = npt.NDArray[np.float64]

#: Molecular diffusivity of water vapour and kinematic viscosity of air, m2 s-1; Prandtl number.
D_WATER: Final = 0.21e-4
VISCOSITY: Final = 0.15e-4
PRANDTL: Final = 0.72
#: Diffusivity of water vapour over that of the gas (Wesely 1989, table 2).
DIFFUSIVITY_RATIO: Final = {"so2": 1.9, "nh3": 1.0, "hno3": 1.9, "no2": 1.6, "ozone": 1.6}
#: Surface resistance of open water, s m-1: SO2 as Wesely (1989), from memory, the others
#: scaled from it.
RC_WATER: Final = {"so2": 1.0, "nh3": 5.0, "hno3": 10.0, "no2": 20_000.0, "ozone": 2000.0}
#: Outer surfaces of leaves for ozone (EMEP), s m-1; reactivity of NO2 against ozone (Wesely 1989).
R_EXTERNAL_OZONE: Final = 2500.0
REACTIVITY_NO2: Final = 0.1
#: Departures of temperature from the mean of a quarter by month and weather, K.
SPREAD_K: Final = (-6.0, 0.0, 6.0)
_FREEZING: Final = 273.15
_FRICTION_RANGE: Final = (0.03, 2.0)
_RH_RANGE: Final = (0.05, 0.98)
#: Most of the acidity ratio (EMEP).
_ACIDITY_MOST: Final = 3.0


@dataclass(frozen=True)
class Surface:
    """What deposition needs to know of a place; all (y, x).

    Attributes
    ----------
    friction : array
        u*, m s-1.
    roughness : array
        z0, m.
    land : array
        Share of land, 0-1.
    temperature : array
        2 m, K.
    humidity : array
        Relative, 0-1.
    warmth : array
        0 in the cold climate, 1 in the warm one.
    """

    friction: Array
    roughness: Array
    land: Array
    temperature: Array
    humidity: Array
    warmth: Array


def mean_speed(
    wind: tuple[Array, Array], diffusivity: tuple[Array, Array], *, par: Parameters
) -> Array:
    """Mean wind speed (y, x) of a layer at the cell centres, m s-1.

    Parameters
    ----------
    wind, diffusivity : (y, x + 1), (y + 1, x)
        Mean wind normal to the faces (m s-1) and the diffusivity of the transient wind there
        (m2 s-1), which is its variance times ``transient_time``. The speed of a vector of that mean
        with two normal components is ``sqrt(mean**2 + pi / 2 variance)``.
    par : Parameters
    """
    (u, v), (kx, ky) = (
        (0.5 * (x[:, :-1] + x[:, 1:]), 0.5 * (y[:-1] + y[1:])) for x, y in (wind, diffusivity)
    )
    variance = 0.5 * (kx + ky) / par["transient_time"]
    return np.asarray(np.sqrt(u**2 + v**2 + np.pi / 2 * variance))


def friction_velocity(speed: Array, roughness: Array, *, height: float) -> Array:
    """u*, m s-1, of a wind (m s-1) at ``height`` (m) by the logarithmic law."""
    return np.clip(KARMAN * speed / np.log(height / roughness), *_FRICTION_RANGE)


def aerodynamic_resistance(friction: Array, roughness: Array, *, height: float) -> Array:
    """Ra from the roughness length to ``height`` (m) in a neutral surface layer, s m-1."""
    return np.asarray(np.log(np.maximum(height / roughness, 1.1)) / (KARMAN * friction))


def laminar_resistance(gas: str, friction: Array, roughness: Array, *, water: bool) -> Array:
    """Rb of a gas, s m-1; over water within 10-1000 (EMEP)."""
    diffusivity = D_WATER / DIFFUSIVITY_RATIO[gas]
    if water:
        rb = np.log(roughness * KARMAN * friction / diffusivity) / (KARMAN * friction)
        return np.clip(rb, 10.0, 1000.0)
    return np.asarray(2 / (KARMAN * friction) * (VISCOSITY / diffusivity / PRANDTL) ** (2 / 3))


def cold_correction(celsius: Array) -> Array:
    """Factor on surface resistances below -1 degree C, 1 to 2."""
    return np.clip(np.exp(0.2 * (-1 - celsius)), 1.0, 2.0)


def _by_temperature(celsius: Array, mild: Array) -> Array:
    """``mild`` above 0, 100 from -5 to 0, 500 below, times the correction, s m-1."""
    cold = np.where(celsius > -5, 100.0, 500.0)
    return np.where(celsius > 0, mild, cold) * cold_correction(celsius)


def co_deposition(celsius: Array, humidity: Array, acidity: Array) -> dict[str, Array]:
    """Non-stomatal resistance of SO2 and NH3, s m-1.

    Parameters
    ----------
    celsius : array
        Surface temperature, degrees C.
    humidity : array
        Relative, 0-1.
    acidity : array
        SO2 over NH3 by volume.
    """
    a = np.minimum(acidity, _ACIDITY_MOST)
    warm = np.log10(np.maximum(celsius, 0.0) + 2.0)
    nh3 = 10 * warm * np.exp((100 - 100 * humidity) / 7) * 10 ** (1.6769 - 1.1099 * a) / 22
    so2 = 11.84 * np.exp(1.1 * a) * humidity**-1.67
    return {
        "nh3": _by_temperature(celsius, np.clip(nh3, 10.0, 200.0)),
        "so2": _by_temperature(celsius, np.clip(so2, 10.0, 1000.0)),
    }


def _land_conductance(
    celsius: Array, humidity: Array, *, surface: Surface, par: Parameters
) -> dict[str, Array]:
    """Surface conductance of the gases over land, m s-1."""
    warmth = surface.warmth
    rns = co_deposition(celsius, humidity, par.at("acidity_ratio", warmth))
    stomata = par.at("stomatal_ozone", warmth)
    area, tall = par.at("surface_area_index", warmth), par.at("canopy_height", warmth)
    correction = cold_correction(celsius)
    ground = par["ozone_ground_resistance"] * correction + 14 * area * tall / surface.friction
    ozone = area / (R_EXTERNAL_OZONE * correction) + 1 / ground
    ratio = {gas: DIFFUSIVITY_RATIO["ozone"] / d for gas, d in DIFFUSIVITY_RATIO.items()}
    return {
        "so2": 1 / rns["so2"] + ratio["so2"] * stomata,
        "nh3": 1 / rns["nh3"] + ratio["nh3"] * stomata,
        "hno3": 1 / np.maximum(10.0, -2 * celsius),
        "no2": REACTIVITY_NO2 * ozone + ratio["no2"] * stomata,
        "ozone": ozone + stomata,
    }


def _gases(surface: Surface, *, height: float, par: Parameters) -> dict[str, Array]:
    """Deposition velocities of the gases, means over the nodes of temperature, m s-1."""
    ra = aerodynamic_resistance(surface.friction, surface.roughness, height=height)
    rb = {
        water: {
            gas: laminar_resistance(gas, surface.friction, surface.roughness, water=water)
            for gas in DIFFUSIVITY_RATIO
        }
        for water in (False, True)
    }
    out = {gas: np.zeros_like(surface.land) for gas in DIFFUSIVITY_RATIO}
    nodes = [(d, s) for d in DIURNAL_K for s in SPREAD_K]
    for by_day, spread in nodes:
        celsius = surface.temperature - _FREEZING + by_day + spread
        humidity = np.clip(surface.humidity + RH_PER_K * by_day, *_RH_RANGE)
        land = _land_conductance(celsius, humidity, surface=surface, par=par)
        for gas in out:
            over_land = 1 / (ra + rb[False][gas] + 1 / land[gas])
            over_water = 1 / (ra + rb[True][gas] + RC_WATER[gas])
            mosaic = surface.land * over_land + (1 - surface.land) * over_water
            out[gas] += mosaic / len(nodes)
    return out


def _particles(surface: Surface, *, height: float, par: Parameters) -> dict[str, Array]:
    """Deposition velocities of fine particles, of nitrate and of ammonium, m s-1."""
    ra = aerodynamic_resistance(surface.friction, surface.roughness, height=height)
    calm = par["particle_deposition"] * surface.friction
    unstable = 1 + (300 * par.at("inverse_obukhov_by_day", surface.warmth)) ** (2 / 3)
    night = par.at("night_share", surface.warmth)

    def mean(by_day: Array | float) -> Array:
        day = 1 / (ra + 1 / (calm * unstable * by_day))
        return np.asarray(night / (ra + 1 / calm) + (1 - night) * day)

    enhanced = par["nitrate_deposition_by_day"]
    share = par.at("nitrate_in_ammonium", surface.warmth)
    return {
        "particle": mean(1.0),
        "nitrate": mean(enhanced),
        "ammonium": mean(1 + (enhanced - 1) * share),
    }


def deposition_velocities(surface: Surface, *, depth: float, par: Parameters) -> dict[str, Array]:
    """Deposition velocity of every phase seen by the lowest layer, (y, x), m s-1.

    Parameters
    ----------
    surface : Surface
    depth : float
        Thickness of the lowest layer, m; concentrations hold at its middle.
    par : Parameters

    Returns
    -------
    dict
        ``so2, nh3, hno3, nox, ozone, particle, nitrate, ammonium, precursor``. NOx deposits by its
        share of NO2 alone; of the precursor of organic aerosol the surface conductance itself is a
        figure of the table.
    """
    height = depth / 2
    out = _gases(surface, height=height, par=par)
    out["nox"] = par["no2_share_by_day"] * out.pop("no2")
    ra = aerodynamic_resistance(surface.friction, surface.roughness, height=height)
    out["precursor"] = 1 / (ra + 1 / par.at("dry_precursor", surface.warmth))
    return out | _particles(surface, height=height, par=par)


def surface_of(
    *,
    speed: Array,
    land: Array,
    temperature: Array,
    humidity: Array,
    height: float,
    par: Parameters,
) -> Surface:
    """The surface of a quarter; ``speed`` is the mean wind speed (m s-1) at ``height`` (m)."""
    log_z0 = land * np.log(par["roughness_land"]) + (1 - land) * np.log(par["roughness_sea"])
    roughness = np.exp(log_z0)
    return Surface(
        friction=friction_velocity(speed, roughness, height=height),
        roughness=roughness,
        land=land,
        temperature=temperature,
        humidity=humidity,
        warmth=par.warmth(temperature),
    )
