"""From the gridded inventory to the sources of the tracers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from scenair.core.species import MOLAR_MASS
from scenair.surrogate.aerosol import M_NH4, M_SO4

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scenair.surrogate.parameters import Parameters

Array = npt.NDArray[np.float64]

#: Species of the inventory that the surrogate uses.
INPUT_SPECIES: Final = ("SO2", "NOx", "NMVOC", "NH3", "CO", "PM25", "BC", "OC")
#: Tracers that have emissions.
EMITTED: Final = ("BC", "POA", "OTHER", "SO2", "SO4", "NOx", "TNH4", "PRECURSOR")


def split_particles(
    pm25: Array, bc: Array, oc: Array, *, ratio: float
) -> tuple[Array, Array, Array]:
    """Black carbon, organic matter and the rest; their sum is ``pm25`` exactly.

    Organic matter is ``ratio`` times OC. Where carbon would exceed the particles, both carbon
    parts shrink in proportion and the rest is 0.
    """
    matter = ratio * oc
    carbon = bc + matter
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(carbon > pm25, pm25 / carbon, 1.0)
    black, organic = bc * scale, matter * scale
    return black, organic, np.maximum(pm25 - black - organic, 0.0)


def tracer_emissions(species: Mapping[str, Array], *, par: Parameters) -> dict[str, Array]:
    """Emissions of the tracers from those of the species, any shape, same mass unit.

    Sulfur is split between SO2 and sulfate, ammonia counts as ammonium, nitrogen oxides as NO2;
    the precursor of secondary organic aerosol is scaled from CO and NMVOC and is counted as the
    aerosol it becomes.
    """
    black, organic, other = split_particles(
        species["PM25"], species["BC"], species["OC"], ratio=par["organic_matter_ratio"]
    )
    share = par["sulfate_share"]
    return {
        "BC": black,
        "POA": organic,
        "OTHER": other,
        "SO2": species["SO2"] * (1 - share),
        "SO4": species["SO2"] * (share * M_SO4 / MOLAR_MASS["SO2"]),
        "NOx": species["NOx"],
        "TNH4": species["NH3"] * (M_NH4 / MOLAR_MASS["NH3"]),
        "PRECURSOR": species["CO"] * par["soa_of_co"] + species["NMVOC"] * par["soa_of_nmvoc"],
    }


def species_of_tracers(mass: Mapping[str, float]) -> dict[str, float]:
    """Mass of each conserved species that the tracers' emissions carry (the way back)."""
    return {
        "SO2": mass["SO2"] + mass["SO4"] * MOLAR_MASS["SO2"] / M_SO4,
        "NOx": mass["NOx"],
        "NH3": mass["TNH4"] * MOLAR_MASS["NH3"] / M_NH4,
        "PM25": mass["BC"] + mass["POA"] + mass["OTHER"],
    }


def quarter_flux(monthly: Array, *, seconds: Array) -> Array:
    """Time-weighted quarterly mean of monthly fluxes, (12, ...) -> (4, ...)."""
    weight = seconds.reshape(4, 3)
    by_quarter = monthly.reshape(4, 3, *monthly.shape[1:])
    total = np.einsum("qm...,qm->q...", by_quarter, weight, dtype=np.float64)
    return np.asarray(total / weight.sum(axis=1).reshape(-1, *([1] * (monthly.ndim - 1))))
