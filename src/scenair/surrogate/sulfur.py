"""How fast sulfur dioxide becomes sulfate.

Hydroxyl in the gas phase, and the rest (clouds, wet particles) as a first-order rate. Hydroxyl is
what nitrogen oxides leave of it: the radicals that end as nitric acid oxidise no SO2, so less NOx
means a little more sulfate for the same SO2, as WRF-Chem finds for the Chinese winter (Li et al.
2022, JGR Atmospheres, doi 10.1029/2021jd036191: +3.3 %). The balance is that of
:mod:`.nitrogen`. With NOx given, SO2 and sulfate are linear in the emissions of SO2.

The rest keeps its rate in polluted air although hydrogen peroxide is short there too: in the
Chinese winter oxidation on particles takes its place, and no figure that we could cite tells the
two apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from scenair.core.constants import AVOGADRO, GAS_CONSTANT

if TYPE_CHECKING:
    from scenair.surrogate.parameters import Parameters

Array = npt.NDArray[np.float64]

#: SO2 + OH + M: low-pressure limit (cm6 s-1 at 300 K), its exponent of temperature,
#: high-pressure limit (cm3 s-1) and broadening (JPL, as coded in geoschem/geos-chem).
_LOW: Final = 3.3e-31
_EXPONENT: Final = -4.3
_HIGH: Final = 1.6e-12
_BROADENING: Final = 0.6


def hydroxyl_constant(temperature: Array, pressure: Array) -> Array:
    """Rate constant of SO2 with hydroxyl, cm3 s-1, at ``temperature`` (K), ``pressure`` (Pa)."""
    air = pressure / (GAS_CONSTANT * temperature) * AVOGADRO * 1e-6
    low = _LOW * (temperature / 300.0) ** _EXPONENT * air
    ratio = low / _HIGH
    return np.asarray(low / (1 + ratio) * _BROADENING ** (1 / (1 + np.log10(ratio) ** 2)))


@dataclass(frozen=True)
class SulfateFormation:
    """Rates of a quarter, s-1, (layer, y, x).

    Attributes
    ----------
    hydroxyl : array
        Of SO2 with hydroxyl in clean air, mean over 24 h.
    other : array
        By clouds and particles.
    """

    hydroxyl: Array
    other: Array

    def rate(self, left: Array | float = 1.0) -> Array:
        """First-order rate where the share ``left`` of the hydroxyl of clean air is there."""
        return np.asarray(self.hydroxyl * left + self.other)


def sulfate_formation(
    par: Parameters, *, warmth: Array, temperature: Array, pressure: Array
) -> SulfateFormation:
    """Rates of a quarter.

    The figure ``oxidation_so2`` is the whole rate near the ground in clean air; what hydroxyl does
    not explain there is the rest.

    Parameters
    ----------
    par : Parameters
    warmth : (y, x)
        0 in the cold climate, 1 in the warm one.
    temperature, pressure : (layer, y, x)
        K, Pa.
    """
    hydroxyl = hydroxyl_constant(temperature, pressure) * par.at("hydroxyl", warmth)
    other = np.maximum(par.at("oxidation_so2", warmth) - hydroxyl[0], 0.0)
    return SulfateFormation(hydroxyl, np.broadcast_to(other, hydroxyl.shape))
