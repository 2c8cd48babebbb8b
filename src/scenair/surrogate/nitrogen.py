"""How fast nitrogen oxides become nitric acid, limited by what oxidises them.

By day NO2 meets hydroxyl, and no more nitric acid forms than radicals are made: the balance of
:mod:`.ozone` has ``L_N <= Q`` (Kleinman 2005, Atmos. Environ. 39, 575-586). By night NO2 meets
ozone and the N2O5 that forms is hydrolysed; but fresh NO takes the ozone first, so production near
the ground stops where there is more NOx than Ox and goes on aloft (Yang et al. 2022, ACP 22,
4539-4556). Both make the rate fall as NOx rises, which is why nitrate of the winter responds
little, or with the opposite sign, to cuts of NOx (Li et al. 2021, ACP 21, 15135-15152).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scenair.core.constants import AVOGADRO, GAS_CONSTANT
from scenair.core.species import MOLAR_MASS

if TYPE_CHECKING:
    from scenair.surrogate.parameters import Parameters

Array = npt.NDArray[np.float64]

#: Molecules cm-3 of one ppb: pressure (Pa) over temperature (K) times this.
_PER_PPB = 1e-15 * AVOGADRO / GAS_CONSTANT
#: Below this ratio of Ox to NOx the mean over the spread of NOx is taken by its series.
_SMALL = 1e-3


@dataclass(frozen=True)
class NitricAcid:
    """What limits the production of nitric acid in a quarter; all (layer, y, x).

    Attributes
    ----------
    hydroxyl : array
        Rate of NOx with hydroxyl in clean air, mean over 24 h, s-1.
    supply : array
        Radicals made, mean over 24 h, ppb s-1.
    ozone : array
        Rate of NOx a ppb of ozone by way of N2O5, mean over 24 h, s-1 ppb-1.
    oxidant : float
        Ox that fresh NO meets at night, ppb.
    ppb : array
        ppb of 1 ug m-3 of NOx (as NO2).
    """

    hydroxyl: Array
    supply: Array
    ozone: Array
    oxidant: float
    ppb: Array

    def rate(self, nox: Array) -> Array:
        """First-order rate, s-1, at NOx (as NO2, ug m-3)."""
        n = np.maximum(nox, 0.0) * self.ppb
        by_day = self.hydroxyl * self.hydroxyl_left(nox)
        return np.asarray(by_day + self.ozone * night_ozone(n, self.oxidant))

    def hydroxyl_left(self, nox: Array) -> Array:
        """Share of the hydroxyl of clean air that NOx (as NO2, ug m-3) leaves, 0-1."""
        n = np.maximum(nox, 0.0) * self.ppb
        return np.asarray(1 / (1 + self.hydroxyl * n / self.supply))


def night_ozone(nox: Array, oxidant: float) -> Array:
    """Ozone that NO2 meets at night, ppb: mean over the NOx of a period, weighted by NOx.

    NO and O3 react until one is used up, which leaves ``max(Ox - NOx, 0)``. NOx varies within the
    period like an exponential distribution of mean ``nox`` (ppb), so the mean of
    ``NOx max(Ox - NOx, 0)`` over ``nox`` is ``Ox - 2 n + (Ox + 2 n) exp(-Ox / n)``; it goes to
    ``oxidant`` in clean air and to ``Ox**3 / (6 n**2)`` where NOx prevails.
    """
    n = np.maximum(nox, 1e-9)
    u = oxidant / n
    exact = oxidant - 2 * n + (oxidant + 2 * n) * np.exp(-np.minimum(u, 700.0))
    return np.where(u < _SMALL, n * u**3 / 6, exact)


def nitric_acid(
    par: Parameters, *, warmth: Array, temperature: Array, pressure: Array, height: Array
) -> NitricAcid:
    """Limits of a quarter.

    Parameters
    ----------
    par : Parameters
    warmth : (y, x)
        0 in the cold climate, 1 in the warm one.
    temperature, pressure : (layer, y, x)
        K, Pa.
    height : (layer, 1, 1)
        Above ground, m: the supply of radicals falls off with it, as that of :mod:`.ozone`.
    """
    shape = temperature.shape
    molecules = _PER_PPB * pressure / temperature
    by_hydroxyl = par["k_hydroxyl_no2"] * par.at("hydroxyl", warmth) * par["no2_share_by_day"]
    radicals = par.at("radical_production", warmth) / 3600 * par.at("daylight_share", warmth)
    radicals = radicals * np.exp(-height / par["radical_scale_height"])
    by_ozone = par["k_no2_ozone"] * np.exp(-par["k_no2_ozone_activation"] / temperature)
    night = 2 * par["n2o5_yield"] * par.at("night_share", warmth)
    return NitricAcid(
        hydroxyl=np.broadcast_to(by_hydroxyl, shape),
        supply=np.broadcast_to(radicals, shape),
        ozone=by_ozone * night * molecules,
        oxidant=par["ozone_background"],
        ppb=GAS_CONSTANT * temperature / pressure * 1e3 / MOLAR_MASS["NOx"],
    )
