"""Configuration of the stage figures, and the list of figures that a result has."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from scenair.config.base import Section

#: File stem -> caption; words in braces are filled in by the report.
FIGURES: Final[dict[str, str]] = {
    "attainment_map": (
        "Annual PM2.5 of {year} against the limit in force on 31 December {year}. Only units with "
        "a prefecture-level monitor record are judged; the others are grey."
    ),
    "margin_map": (
        "How far every unit is from the limit in force (left; a value up to 0.5 µg m⁻³ above it "
        "rounds to it) and the probability that it attains (right), given assumed uncertainties of "
        "monitor, response and weather. Dots are monitored units; the others are "
        "estimates by the fused field, hatched where no monitor is near."
    ),
    "city_ranking": (
        "Monitored cities ranked by PM2.5 of {year} (filled) beside {monitor_year} (open). Solid "
        "line: limit in force; dotted line: {compare_limit:g} µg m⁻³."
    ),
    "exposure_curve": (
        "Share of people who live at or above a concentration in {monitor_year} and {year}: fused "
        "field, census population of 2020."
    ),
    "double_attainment": (
        "Monitored cities by type: PM2.5 attained in {year} and CO2 peaked by {year}, both, "
        "one of the two, or neither. Numbers are cities."
    ),
    "pm25_map": (
        "Annual mean PM2.5 of {year}. Left: the field as modelled (dry mass); its absolute level "
        "decides nothing, and outside the mainland it is inflow and background. Right: the field "
        "fused with the monitors of {monitor_year} and carried to {year} by relative response; "
        "circles are monitored cities."
    ),
    "pm25_change_map": (
        "Change of the modelled annual mean PM2.5 from {monitor_year} to {year}, same meteorology "
        "(left: µg m⁻³, right: per cent)."
    ),
    "pm25_parts": (
        "Parts of modelled PM2.5 by region in {monitor_year} (left bar) and {year} (right bar): "
        "weighted with the census population of 2020. The background is what this run does not "
        "control (dust, sea salt, natural organic aerosol, inflow, ships)."
    ),
    "emission_maps": (
        "Emissions of {year} per km² of cell area (Mg km⁻² yr⁻¹, logarithmic scale, the same in "
        "every year and scenario). NOx counts as NO2; CO2 is the direct emission of the cell."
    ),
    "trajectories_species": (
        "Emissions of all units, {first_year} to {horizon}: history (black), {title} (in colour) "
        "and the counterfactual reference (grey) where that is another scenario. The dashed line "
        "marks {year}."
    ),
    "trajectories_sectors": (
        "Emissions of all units by sector group in {title}. Years up to {base_year} are history."
    ),
    "co2_peak_years": (
        "Year in which a unit's direct CO2 emission is highest (last year of a tie), by city type; "
        "a maximum in the last year counts as not peaked. History alone shows no peak: it has no "
        "future."
    ),
}

#: The same for the figures across scenarios (``results/paper/{year}/``).
SCENARIO_FIGURES: Final[dict[str, str]] = {
    "scenarios_trajectories": "Emissions of all units in every scenario, with history.",
    "scenarios_outcome": (
        "Monitored cities at or below the limit in force and the other limit, population-weighted "
        "PM2.5, and units whose CO2 has peaked, by scenario; whiskers: range over the background."
    ),
    "scenarios_peaked": "Units whose CO2 has peaked by the year, by city type and scenario.",
    "scenarios_double": "Double attainment of the monitored cities by scenario.",
}

#: Measures and peaks over all scenarios (``results/projection/figures/``).
PROJECTION_FIGURES: Final[dict[str, str]] = {
    "measure_potentials": (
        "Reduction of the national total by each measure alone at its strongest level; marks: "
        "weaker levels. A bar to the left is a rise."
    ),
    "type_scores": "Scores of city types (importance, feasibility, action and their mean).",
    "peaked_by_type": "Units whose direct CO2 has peaked by a year, by city type and scenario.",
}


class FiguresConfig(Section):
    """Options of the stage figures; every field has a default and says its unit."""

    #: resolution of the PNG files, dots per inch
    dpi: Annotated[int, Field(ge=60, le=600)] = 150
    #: language of city names in figures
    city_names: Literal["en", "zh"] = "en"
    #: limit drawn beside the one in force, ug m-3 (GB 3095-2012, class II, annual PM2.5)
    compare_limit: Annotated[float, Field(gt=0, le=200)] = 35.0
