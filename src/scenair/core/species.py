"""The ten species of the inventory and their basis."""

from __future__ import annotations

from typing import Final

#: Order of the ``species`` coordinate in every file. NOx counts as NO2 until speciation.
SPECIES: Final[tuple[str, ...]] = (
    "SO2",
    "NOx",
    "NMVOC",
    "NH3",
    "CO",
    "PM25",
    "PM10",
    "BC",
    "OC",
    "CO2",
)

#: Species that are air pollutants (all but CO2).
POLLUTANTS: Final[tuple[str, ...]] = SPECIES[:-1]

#: Molar mass (g mol-1) of the mass basis the inventory uses.
MOLAR_MASS: Final[dict[str, float]] = {
    "SO2": 64.0638,
    "NOx": 46.0055,
    "NH3": 17.0305,
    "CO": 28.0101,
    "CO2": 44.0095,
}

LONG_NAMES: Final[dict[str, str]] = {
    "SO2": "sulfur dioxide",
    "NOx": "nitrogen oxides as NO2",
    "NMVOC": "non-methane volatile organic compounds",
    "NH3": "ammonia",
    "CO": "carbon monoxide",
    "PM25": "primary particulate matter below 2.5 um",
    "PM10": "primary particulate matter below 10 um",
    "BC": "black carbon (part of PM25)",
    "OC": "organic carbon as C (part of PM25)",
    "CO2": "carbon dioxide",
}
