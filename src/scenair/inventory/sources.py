"""The fuels and products whose use is the activity of the inventory, and their units.

Each is distributed over the cities once; species differ by factor, removal and closing factor only.
"""

from __future__ import annotations

from typing import Final

#: source -> unit of its activity, in the order of the ``source`` coordinate.
SOURCES: Final[dict[str, str]] = {
    "coal": "TJ",
    "coke": "TJ",
    "oil": "TJ",
    "gas": "TJ",
    "biomass": "TJ",
    "gasoline": "TJ",
    "diesel": "TJ",
    "pig_iron": "Mg",
    "steel": "Mg",
    "coke_output": "Mg",
    "cement": "Mg",
    "building_products": "Mg",
    "crude_oil": "Mg",
    "nonferrous_metal": "Mg",
    "paper": "Mg",
    "waste": "Mg",
    "solvent": "Mg",
    "livestock_n": "Mg",
    "fertilizer_n": "Mg",
    "population": "persons",
}

#: Sectors whose plants the trackers list; their plants carry the pattern.
PLANT_SECTORS: Final[tuple[str, ...]] = ("power", "iron_steel", "cement")

#: Sectors of industry whose provincial pattern does not come from REAS.
FIXED_INDUSTRY: Final[tuple[str, ...]] = ("iron_steel", "coking", "cement")

#: Sectors that MEIC counts as industry and REAS does not (assumed: its power plants emit 1.2 Pg
#: CO2 more than MEIC's in 2013): they follow their own activity, and REAS's share of industry is a
#: share of industry without them.
BESIDE_INDUSTRY: Final[tuple[str, ...]] = ("heating",)

#: Sectors of industry that share what REAS leaves.
REST_INDUSTRY: Final[tuple[str, ...]] = (
    "industrial_boilers",
    "building_materials",
    "petrochemical",
    "nonferrous",
    "waste_other",
)
