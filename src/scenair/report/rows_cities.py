"""Tables of cities and of measures for the report, as rows of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from scenair.core.regions import PROVINCE_NAMES_EN
from scenair.report.content import (
    CLASS_WORDS,
    DOUBLE_COLUMNS,
    FUSED_COLUMNS,
    SITE_COLUMNS,
    Contents,
    as_bool,
    compare_limit,
    number,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEVELS: Final = ("conventional", "enhanced", "best")
_EFFECT: Final = "co2_effect_"
#: Mg; smaller effects are shown with decimals.
_TEN_TG: Final = 1e7
_BASIS_WORDS: Final = {
    "fused": "fused field",
    "fused_far": "shape of the model only: no monitor near",
}
_YES_NO: Final = {"true": "yes", "false": "no"}


def has_ozone(c: Contents) -> bool:
    """Whether the run gives a relative response of ozone."""
    return bool(c.cities["o3_response_factor"].notna().any())


def city_rows(c: Contents) -> list[dict[str, Any]]:
    """Monitored cities with base and future value, limit, attainment and CO2 peak."""
    table = _joined(c)
    sites = c.sites[list(SITE_COLUMNS)].drop_duplicates("adcode")
    table = table.merge(sites, on="adcode", how="left")
    return [_city_row(c, row) for row in table[as_bool(table["monitored"])].to_dict("records")]


def estimate_rows(c: Contents) -> list[dict[str, Any]]:
    """Units without a monitor record: what the fused field says, never dressed up as a record."""
    table = _joined(c)
    table = table[~as_bool(table["monitored"]) & table["pm25_best"].notna()]
    return [_estimate_row(c, row) for row in table.to_dict("records")]


def _joined(c: Contents) -> pd.DataFrame:
    double = c.double[list(DOUBLE_COLUMNS)].rename(columns={"class": "four_way"})
    fused = c.fused[list(FUSED_COLUMNS)]
    table = c.cities.merge(double, on="adcode", how="left").merge(fused, on="adcode", how="left")
    return table.sort_values("adcode")


def _place(c: Contents, row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "adcode": row["adcode"],
        "name": row["name_en"],
        "name_zh": row["name_zh"],
        "province": PROVINCE_NAMES_EN.get(int(row["province"]), str(row["province"])),
        "type": c.city_type(row["city_type"]),
        "probability": number(100 * row["probability_attains"], 0),
        "peak_year": "–" if pd.isna(row["co2_peak_year"]) else str(int(row["co2_peak_year"])),
    }


def _city_row(c: Contents, row: Mapping[Any, Any]) -> dict[str, Any]:
    return _place(c, row) | {
        "base": number(row["pm25_base"], 1),
        "value": number(row["pm25"], 1),
        "raw": number(row["base_value_raw"], 1),
        "background": number(row["background"], 1),
        "response": number(row["response_factor"], 3),
        "attains": _YES_NO.get(str(row["pm25_attains"]).lower(), "–"),
        # half to even, as GB/T 8170 rounds
        "under_compare": "yes" if round(row["pm25"]) <= compare_limit(c) else "no",
        "o3": number(row["o3_response_factor"], 2),
        "class": CLASS_WORDS.get(str(row["four_way"]), "–"),
    }


def _estimate_row(c: Contents, row: Mapping[Any, Any]) -> dict[str, Any]:
    return _place(c, row) | {
        "value": number(row["pm25_best"], 1),
        "attains": _YES_NO.get(str(row["best_attains"]).lower(), "–"),
        "distance": number(row["nearest_monitor_km"], 0),
        "basis": _BASIS_WORDS.get(str(row["basis"]), str(row["basis"])),
    }


def measure_rows(c: Contents) -> list[dict[str, str]]:
    """Co-control measures that the scenario takes: where, at which level, what each does to CO2."""
    if c.measures is None or c.measure_names is None:
        return []
    names = {str(row["measure"]): row for row in c.measure_names.to_dict("records")}
    rows = []
    for measure, part in c.measures.groupby("measure", sort=False):
        levels = _levels(c, part)
        if not levels:
            continue
        name = names.get(str(measure), {})
        effect = part.filter(like=_EFFECT).sum().sum() if "chosen" in part else float("nan")
        taking = (part["cities"] * (1 - part["share_baseline"])).sum()
        rows.append(
            {
                "measure": f"{measure} {name.get('value', '')}".strip(),
                "name_zh": str(name.get("name_zh", "")),
                "sector": str(name.get("sector", "–")).replace("_", " "),
                "units": f"{taking:.0f} of {part['cities'].sum():.0f}",
                "levels": "; ".join(levels),
                "co2": number(effect / 1e6, 0 if abs(effect) >= _TEN_TG else 2),
            }
        )
    return rows


def effect_year(c: Contents) -> str:
    """Year that the CO2 of the measures is told for, from the column's name."""
    names = [] if c.measures is None else c.measures.filter(like=_EFFECT).columns.tolist()
    return names[0].removeprefix(_EFFECT) if names else "the year of the choice"


def _levels(c: Contents, part: pd.DataFrame) -> list[str]:
    """``best: all types`` or ``best: energy, tourism``; shares below 1 are said."""
    out = []
    for level in _LEVELS:
        taken = part[part[f"share_{level}"] > 0]
        if taken.empty:
            continue
        if len(taken) == len(part) and (taken[f"share_{level}"] == 1).all():
            return [f"{level}: all types"]
        pairs = zip(taken["city_type"], taken[f"share_{level}"], strict=True)
        words = [c.city_type(t) + ("" if s == 1 else f" ({100 * s:.0f} %)") for t, s in pairs]
        out.append(f"{level}: {', '.join(words)}")
    return out


def health_words(c: Contents) -> dict[str, str]:
    """Deaths avoided against the monitor year, as the summary gives them; empty without."""
    found = c.summary.get("health") or {}
    deaths, span = found.get("deaths_avoided"), found.get("deaths_avoided_95_percent")
    if c.is_history or deaths is None or not span:
        return {}
    return {
        "deaths": _rounded(deaths),
        "low": _rounded(span[0]),
        "high": _rounded(span[1]),
        "function": str(found.get("function", "")),
        "attribution": str(found.get("attribution", "")),
        "note": str(found.get("value_note", "")),
    }


def _rounded(value: float) -> str:
    """Three figures, which is more than such a number holds."""
    return f"{float(f'{value:.3g}'):,.0f}"
