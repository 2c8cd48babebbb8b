"""Reference states of concentrations in China and what lies between them.

Until 2018-08-31 everything is reported at 273.15 K and 1013.25 hPa. From 2018-09-01 (amendment of
GB 3095-2012, kept by GB 3095-2026) gases are at 298.15 K and 1013.25 hPa and particles at ambient
conditions.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np

from scenair.core.constants import GAS_CONSTANT
from scenair.core.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

T_STP_K: Final = 273.15
T_REFERENCE_K: Final = 298.15
P_REFERENCE_HPA: Final = 1013.25
CHANGE_OF_STATE: Final = date(2018, 9, 1)

#: C(298.15 K) = C(273.15 K) x this, gases.
GAS_STP_TO_REFERENCE: Final = T_STP_K / T_REFERENCE_K

MOLAR_MASS: Final[dict[str, float]] = {
    "O3": 47.9982,
    "NO2": 46.0055,
    "SO2": 64.0638,
    "CO": 28.0101,
}
PARTICLES: Final = ("PM25", "PM10", "TSP")


def particle_factor(
    temperature_k: npt.ArrayLike, pressure_hpa: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """C(ambient) = C(273.15 K, 1013.25 hPa) x factor = (273.15 / T)(P / 1013.25).

    Raises
    ------
    InputError
        Temperature outside 200-340 K or pressure outside 300-1100 hPa (Celsius, Pa).
    """
    t = np.asarray(temperature_k, dtype=np.float64)
    p = np.asarray(pressure_hpa, dtype=np.float64)
    if not ((t > 200) & (t < 340)).all():
        raise InputError(
            "temperature out of range", value=np.ravel(t)[:3], allowed="200-340 K", remedy="use K"
        )
    if not ((p > 300) & (p < 1100)).all():
        raise InputError(
            "pressure out of range", value=np.ravel(p)[:3], allowed="300-1100 hPa", remedy="use hPa"
        )
    return np.asarray((T_STP_K / t) * (p / P_REFERENCE_HPA))


def ug_m3_per_ppb(gas: str, *, temperature_k: float = T_REFERENCE_K) -> float:
    """Mass concentration (ug m-3) of 1 ppb of a gas at 1013.25 hPa.

    ``gas`` is a key of :data:`MOLAR_MASS`; ideal gas.
    """
    volume = GAS_CONSTANT * temperature_k / (P_REFERENCE_HPA * 100)  # m3 mol-1
    return MOLAR_MASS[gas] * 1e-3 / volume


def state_of(day: date) -> str:
    """``stp`` for days before 2018-09-01, ``cn2018`` from then on."""
    return "stp" if day < CHANGE_OF_STATE else "cn2018"
