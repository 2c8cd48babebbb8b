"""What the report says: numbers and tables from the contract files, no HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

CITY_COLUMNS: Final = (
    "adcode", "name_zh", "name_en", "province", "city_type", "population", "monitored",
    "pm25_base", "pm25", "pm25_limit", "pm25_attains", "o3_response_factor", "standard",
)  # fmt: skip
DOUBLE_COLUMNS: Final = ("adcode", "co2_peak_year", "peaked", "class")
SITE_COLUMNS: Final = ("adcode", "base_value_raw", "background", "response_factor")
FUSED_COLUMNS: Final = (
    "adcode", "pm25_best", "basis", "best_attains", "nearest_monitor_km", "probability_attains",
)  # fmt: skip
MEASURE_COLUMNS: Final = (
    "measure", "city_type", "cities", "share_baseline", "share_conventional", "share_enhanced",
    "share_best",
)  # fmt: skip
SKILL_WORDS: Final = {
    "n": "monitors",
    "nmb_percent": "NMB, %",
    "nme_percent": "NME, %",
    "rmse": "RMSE, µg m⁻³",
}
CLASS_WORDS: Final = {
    "both": "attains, peaked",
    "attains_only": "attains only",
    "peaked_only": "peaked only",
    "neither": "neither",
}
#: Regions of ``summary.json`` in words.
REGION_WORDS: Final = {
    "bth_surroundings": "Beijing-Tianjin-Hebei and surroundings",
    "cities_2_26": "the 28 cities 2+26",
    "chengdu_chongqing": "Chengdu-Chongqing",
    "fenwei": "Fenwei plain",
    "mid_yangtze": "Middle Yangtze",
    "prd": "Pearl River Delta",
    "yrd": "Yangtze River Delta",
}


@dataclass(frozen=True)
class Contents:
    """Everything that the report is made of.

    Attributes
    ----------
    year, scenario, title, description, counterfactual
        The target.
    config : mapping
        Sections ``case`` and ``figures``.
    co2 : DataArray (year)
        Direct CO2 of all units, Tg yr-1.
    national : DataArray (year, species)
        Emissions of all units, Tg yr-1.
    cities, double, sites, fused : DataFrame
        ``cities.csv``, ``double.csv``, ``sites.csv`` and ``cities_fused.csv``.
    summary, manifest : mapping
        ``summary.json`` and ``manifest.json``.
    manifest_sha256 : str
    figures : mapping of stem -> data URI
    type_words : mapping
        City type as the tables write it -> word.
    source : str
        Attribute ``source`` of ``annual.nc``.
    inflow : str
        Its attribute ``inflow``: what enters through the borders.
    published : DataFrame, optional
        National totals the inventory reproduces (species, year, value in Tg yr-1); only where the
        case is the whole mainland.
    measures, measure_names : DataFrame, optional
        Measures of the scenario by city type, and their names; a history has none.
    observed : DataFrame, optional
        Counts of attaining cities that were stated for real years (year, item
        ``attain_{limit}_count``, value, source, note).
    """

    year: int
    scenario: str
    title: str
    description: str
    counterfactual: bool
    config: Mapping[str, Any]
    co2: xr.DataArray
    national: xr.DataArray
    cities: pd.DataFrame
    double: pd.DataFrame
    sites: pd.DataFrame
    fused: pd.DataFrame
    summary: Mapping[str, Any]
    manifest: Mapping[str, Any]
    manifest_sha256: str
    figures: Mapping[str, str]
    type_words: Mapping[str, str]
    source: str
    inflow: str = ""
    published: pd.DataFrame | None = None
    observed: pd.DataFrame | None = None
    measures: pd.DataFrame | None = None
    measure_names: pd.DataFrame | None = None

    def city_type(self, name: object) -> str:
        """A city type in words."""
        return self.type_words.get(str(name), str(name)).replace("_", " ")

    @property
    def is_history(self) -> bool:
        return self.scenario == "history"

    @property
    def limit(self) -> float:
        """Annual PM2.5 limit in force, ug m-3."""
        return float(self.cities["pm25_limit"].iloc[0])

    @property
    def monitor_year(self) -> int:
        return int(self.config["case"]["monitor_year"])


def co2_peak(co2: xr.DataArray) -> tuple[int, float, bool]:
    """Year of the national maximum (last of a tie), the amount (Tg yr-1), and whether it peaked.

    A maximum in the last year is not a peak.
    """
    years = co2["year"].values
    values = co2.values
    k = len(values) - 1 - int(values[::-1].argmax())
    return int(years[k]), float(values[k]), k < len(values) - 1


def headline(c: Contents) -> list[dict[str, str]]:
    """The cards on top of the report: label, value, and what it stands beside."""
    nation = c.summary["national"]
    cards = [
        {
            "label": "population-weighted PM2.5",
            "value": f"{number(nation.get('population_weighted_pm25'), 1)} µg m⁻³",
            "beside": f"{number(nation.get('population_weighted_pm25_base'), 1)} in "
            f"{c.monitor_year}; {_background_range(c)}fused field, census population of 2020",
        },
        {
            "label": f"cities at or below {c.limit:g} µg m⁻³",
            "value": f"{nation['n_attain_monitored']} of {nation['n_monitored']} monitored",
            "beside": f"limit in force on 31 December {c.year}; {_expected(nation)}"
            f"{_at_compare(c)}{_units_beside(nation)}",
        },
        _co2_card(c),
    ]
    both = nation.get("double_monitored") or {}
    share = (both.get("percent") or {}).get("both")
    if not c.is_history and share is not None:
        cards.append(
            {
                "label": "double attainment",
                "value": f"{share:.1f} % of monitored cities",
                "beside": f"PM2.5 attained and CO₂ peaked by {c.year}: "
                f"{both['counts']['both']} of {both['n']}",
            }
        )
    return cards


def _co2_card(c: Contents) -> dict[str, str]:
    """The peak of direct CO2; history has no future to peak in and shows the year's amount."""
    label = f"direct CO₂ of the {len(c.cities)} units"
    peak_year, peak, peaked = co2_peak(c.co2)
    years = c.co2["year"].values
    now = f"{float(c.co2.sel(year=c.year)):,.0f} Tg"
    highest = f"{peak:,.0f} Tg in {peak_year}"
    if peak_year == int(years[0]):
        highest += ", the first year of the record"
    if c.is_history:
        beside = f"in {c.year}; highest of {years[0]}-{years[-1]}: {highest}"
        return {"label": label, "value": now, "beside": beside}
    value = f"highest in {peak_year}" if peaked else f"no peak in {years[0]}-{years[-1]}"
    beside = highest if peak_year == c.year else f"{highest}; {now} in {c.year}"
    return {"label": label, "value": value, "beside": beside}


def _background_range(c: Contents) -> str:
    """Population-weighted mean at the smallest and the largest multiple of the background."""
    items = [i for i in c.summary.get("sensitivity", []) if i["basis"] == "in force"]
    if len(items) < 2:
        return ""
    low, high = (f(items, key=lambda i: i["background_factor"]) for f in (min, max))
    return (
        f"{number(low['population_weighted_pm25'], 1)} to "
        f"{number(high['population_weighted_pm25'], 1)} with {low['background_factor']:g} to "
        f"{high['background_factor']:g} × background; "
    )


def _expected(nation: Mapping[str, Any]) -> str:
    """Sum of the probabilities of attaining: what to count on, given the assumed uncertainties."""
    expected = nation.get("expected_attaining_monitored")
    return "" if expected is None else f"{expected:.0f} to be expected by the probabilities; "


def _at_compare(c: Contents) -> str:
    """Monitored cities at or below the other limit, central background."""
    for item in c.summary.get("sensitivity", []):
        if item["limit"] == compare_limit(c) and item["background_factor"] == 1:
            return f"{item['n_attain_monitored']} at or below {compare_limit(c):g}; "
    return ""


def _units_beside(nation: Mapping[str, Any]) -> str:
    fused, judged = nation.get("n_attain_fused"), nation.get("n_judged")
    if fused is None or judged is None:
        return f"{nation['n_units']} prefecture-level cities in the case"
    return f"{fused} of {judged} cities where the fused field fills in for monitors"


def compare_limit(c: Contents) -> float:
    """The limit shown beside the one in force, ug m-3."""
    return float(c.config["figures"]["compare_limit"])


def cell_km(c: Contents) -> float:
    """Cell size of the case's grid, km."""
    grid = c.config["case"]["grid"]
    nest = grid.get("nest")
    return float(grid["xcell"]) / 1000 / (nest["ratio"] if nest else 1)


def concentration_source(c: Contents) -> str:
    """``surrogate`` or ``cmaq``, as the concentration file says."""
    words = {"surrogate": "the built-in surrogate", "cmaq": "CMAQ output of the user"}
    return words.get(c.source, c.source)


def as_bool(column: pd.Series) -> pd.Series:
    """``true`` as True, all else as False."""
    return column.astype(str).str.lower() == "true"


def number(value: Any, digits: int) -> str:
    """A number with fixed digits; a dash where there is none."""
    if value is None or pd.isna(value):
        return "–"
    return f"{float(value):,.{digits}f}"
