"""The fifteen sectors and their relation to the six sectors of MEIC."""

from __future__ import annotations

from typing import Final

#: Industry but for waste and the rest, in the order of the files.
_INDUSTRY: Final = (
    "heating",
    "industrial_boilers",
    "iron_steel",
    "coking",
    "cement",
    "building_materials",
    "petrochemical",
    "nonferrous",
)

#: Order of the ``sector`` coordinate in every file; the first twelve have co-control measures.
SECTORS: Final[tuple[str, ...]] = (
    "power",
    *_INDUSTRY,
    "residential",
    "on_road",
    "off_road",
    "solvent",
    "agriculture",
    "waste_other",
)

#: MEIC's six published sectors -> ours. A partition of SECTORS.
MEIC_SECTORS: Final[dict[str, tuple[str, ...]]] = {
    "power": ("power",),
    "industry": (*_INDUSTRY, "waste_other"),
    "residential": ("residential",),
    "transportation": ("on_road", "off_road"),
    "solvent": ("solvent",),
    "agriculture": ("agriculture",),
}

MEIC_OF: Final[dict[str, str]] = {s: m for m, group in MEIC_SECTORS.items() for s in group}
