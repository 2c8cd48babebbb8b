"""Figures of published studies with ours beside them, and what explains the difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from scenair.attainment.comparison import END_OF_PIPE, REFERENCE
from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Species whose emissions the study gives the falls of.
SPECIES: Final = ("SO2", "NOx", "PM25", "NMVOC")
COLUMNS: Final = (
    "year",
    "scenario",
    "item",
    "ours",
    "ours_low",
    "ours_high",
    "published",
    "difference",
    "unit",
    "explanation",
    "source",
    "note",
)


@dataclass(frozen=True)
class Study:
    """What stands beside the published figures.

    Attributes
    ----------
    table : DataFrame
        ``resources/attainment/city_study.csv``.
    summaries : mapping
        Scenario -> contents of ``summary.json``.
    emissions : DataFrame
        Index species, a column a scenario: national emissions of the year, Mg yr-1.
    ratios : DataFrame
        Index adcode, a column a scenario: PM2.5 of the year over that of ``ratio_year`` (the
        history year nearest to the study's base).
    ratio_year : int
    """

    table: pd.DataFrame
    summaries: Mapping[str, Mapping[str, Any]]
    emissions: pd.DataFrame
    ratios: pd.DataFrame
    ratio_year: int


def beside_published(study: Study) -> pd.DataFrame:
    """Published figures of the year with ours, where the scenario was run.

    Returns
    -------
    DataFrame
        year, scenario, item, ours, ours_low and ours_high (over the factors on the background,
        where the item depends on it), published, difference (ours less published), unit,
        explanation, source, note.

    Raises
    ------
    InputError
        An item that is not known here.
    """
    rows = []
    for row in study.table.to_dict("records"):
        data = study.summaries.get(str(row["scenario"]))
        if data is None or int(row["year"]) != data["year"]:
            continue
        item = str(row["item"])
        ours, low, high = _ours(item, data, study)
        rows.append(
            {
                "year": data["year"],
                "scenario": row["scenario"],
                "item": item,
                "ours": ours,
                "ours_low": low,
                "ours_high": high,
                "published": row["value"],
                "difference": None if ours is None else ours - float(row["value"]),
                "unit": row["unit"],
                "explanation": _explanation(item, data, study),
                "source": row["source"],
                "note": row["note"],
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


_Three = tuple[float | None, float | None, float | None]
_NOTHING: Final[_Three] = (None, None, None)


def _ours(item: str, data: Mapping[str, Any], study: Study) -> _Three:
    """Our figure and its range over the background.

    Items: ``attain_35`` (``_count``, ``_type_least``, ``_TYPE``), ``peaked`` (``_type_least``,
    ``_type_most``), four-way classes ``both_35``, falls by end-of-pipe controls and co-control,
    ``mean_change``, counts of rises, falls of emissions.
    """
    name = str(data["scenario"])
    national = data["national"]
    if item.startswith("attain_"):
        return _attaining(item, data)
    if item.startswith("peaked") and not item.startswith("peaked_only"):
        return _peaked(item, data), None, None
    if item.startswith("fall_by_"):
        return _fall(data, study, REFERENCE if item == "fall_by_end_of_pipe" else END_OF_PIPE)
    if item.startswith("emission_fall_"):
        falls = _emission_falls(study, name)
        pick = min if item.endswith("least") else max
        return (pick(falls.values()) if falls else None), None, None
    if item == "mean_change":
        return 100 * (float(national["mean_pm25_ratio"]) - 1), None, None
    if item in ("pm25_rises_count", "both_rise_count"):
        key = {"pm25_rises_count": "n_pm25_rises", "both_rise_count": "n_both_rise"}[item]
        return float(national[key]), None, None
    kind, _, limit = item.rpartition("_")
    if kind in ("both", "attains_only", "peaked_only", "neither"):
        at = national["by_limit"].get(limit)
        value = None if at is None else at["double_fused"]["percent"].get(kind)
        return (None if value is None else float(value)), None, None
    raise InputError(
        "an item of the study that is not known here",
        where="resources/attainment/city_study.csv",
        value=item,
    )


def _attaining(item: str, data: Mapping[str, Any]) -> _Three:
    _, limit, *rest = item.split("_", 2)
    what = rest[0] if rest else ""
    if what in ("", "count"):
        counts = {
            r["background_factor"]: r["n_attain_fused"] / (1 if what else r["n_judged"] / 100)
            for r in data["sensitivity"]
            if r["basis"] == "comparison" and r["limit"] == float(limit)
        }
        if not counts:
            return _NOTHING
        return float(counts[1.0]), float(min(counts.values())), float(max(counts.values()))
    shares = {
        name: 100 * group["by_limit"][limit]["n_attain_fused"] / group["n_judged"]
        for name, group in data["types"].items()
        if limit in group["by_limit"] and group["n_judged"]
    }
    value = min(shares.values(), default=None) if what == "type_least" else shares.get(what)
    return value, None, None


def _peaked(item: str, data: Mapping[str, Any]) -> float | None:
    def share(group: Mapping[str, Any]) -> float | None:
        percent = group["double_fused"]["percent"]
        return float(percent["both"] + percent["peaked_only"]) if percent else None

    if item == "peaked":
        return share(data["national"])
    by_type = [s for group in data["types"].values() if (s := share(group)) is not None]
    pick = min if item.endswith("least") else max
    return pick(by_type, default=None)


def _weighted(data: Mapping[str, Any]) -> dict[float, float]:
    """Population-weighted mean by factor on the background, ug m-3."""
    return {
        r["background_factor"]: float(r["population_weighted_pm25"])
        for r in data["sensitivity"]
        if r["population_weighted_pm25"] is not None
    }


def _fall(data: Mapping[str, Any], study: Study, start: str) -> _Three:
    if start not in study.summaries:
        return _NOTHING
    old, new = _weighted(study.summaries[start]), _weighted(data)
    falls = {b: old[b] - new[b] for b in old.keys() & new.keys()}
    if 1.0 not in falls:
        return _NOTHING
    return falls[1.0], min(falls.values()), max(falls.values())


def _emission_falls(study: Study, name: str) -> dict[str, float]:
    """Falls (percent) of the study's species: against reference, or end-of-pipe for CO2 paths."""
    against = REFERENCE if name in (END_OF_PIPE, "synergy") else END_OF_PIPE
    if against not in study.emissions or name not in study.emissions:
        return {}
    old, new = study.emissions[against], study.emissions[name]
    return {s: float(100 * (1 - new[s] / old[s])) for s in SPECIES}


def _explanation(item: str, data: Mapping[str, Any], study: Study) -> str:
    """What explains the difference, with the figures behind it."""
    parts = []
    judged = item.startswith(("attain_", "attains_only_", "both_")) and not item.endswith("count")
    if judged or item.startswith("fall_by_"):
        parts.append(_emission_words(study))
    if item.startswith("fall_by_"):
        parts.append(_scaled_words(item, data, study))
    if item.startswith("attain_"):
        parts.append(_basis_words(item, data))
    peaks = judged and not item.startswith("attain_")
    if (peaks or item.startswith("peaked")) and data.get("peak_readings"):
        n = data["national"]["n_units"]
        readings = ", ".join(
            f"{k.replace('_', ' ')} {100 * v / n:.1f} %" for k, v in data["peak_readings"].items()
        )
        parts.append(f"peaked, by readings of the word: {readings}")
    if item in ("mean_change", "pm25_rises_count", "both_rise_count"):
        parts.append(_since_words(item, data, study))
    if item.startswith("emission_fall_"):
        falls = _emission_falls(study, str(data["scenario"]))
        parts.append(", ".join(f"{k} {v:.1f} %" for k, v in falls.items()))
        parts.append("the reference here keeps the controls of 2017-18, measures are own settings")
    return "; ".join(p for p in parts if p)


def _published_midpoint(study: Study, name: str) -> float | None:
    rows = study.table[study.table["scenario"] == name].set_index("item")["value"]
    ends = [rows.get(f"emission_fall_{end}") for end in ("least", "most")]
    known = [float(e) for e in ends if e is not None]
    return float(np.mean(known)) if known else None


def _emission_words(study: Study) -> str:
    falls = _emission_falls(study, END_OF_PIPE)
    middle = _published_midpoint(study, END_OF_PIPE)
    if not falls or middle is None:
        return ""
    return (
        f"end-of-pipe lowers SO2, NOx, PM2.5, NMVOC by {np.mean(list(falls.values())):.0f} % on "
        f"average here, about {middle:.0f} % there"
    )


def _scaled_words(item: str, data: Mapping[str, Any], study: Study) -> str:
    """The fall if our emissions had fallen as the published ones."""
    start = REFERENCE if item == "fall_by_end_of_pipe" else END_OF_PIPE
    fall = _fall(data, study, start)[0]
    ours = _mean_fall(study, str(data["scenario"]), start)
    there = _published_midpoint(study, str(data["scenario"]))
    if start == END_OF_PIPE and there is not None:
        before = _published_midpoint(study, END_OF_PIPE)
        there = None if before is None else 100 * (1 - (100 - there) / (100 - before))
    if fall is None or ours is None or there is None or ours <= 0:
        return ""
    return (
        f"with the emission fall of the study ({there:.0f} %, here {ours:.0f} %) in proportion "
        f"{fall * there / ours:.1f} ug m-3"
    )


def _mean_fall(study: Study, name: str, start: str) -> float | None:
    if start not in study.emissions or name not in study.emissions:
        return None
    old, new = study.emissions[start], study.emissions[name]
    return float(np.mean([100 * (1 - new[s] / old[s]) for s in SPECIES]))


def _basis_words(item: str, data: Mapping[str, Any]) -> str:
    limit = item.split("_")[1]
    national = data["national"]
    at = national["by_limit"].get(limit)
    if at is None:
        return ""
    return (
        f"monitored cities alone {at['n_attain_monitored']} of {national['n_monitored']}; "
        f"{national['n_fused_far']} cities are judged by the model's shape only; monitors of "
        f"{data['monitor_year']} x response, weather of one year"
    )


def _since_words(item: str, data: Mapping[str, Any], study: Study) -> str:
    ratio = study.ratios.get(str(data["scenario"]))
    if ratio is None:
        return ""
    if item == "mean_change":
        return (
            f"{100 * (float(ratio.mean()) - 1):.1f} % since {study.ratio_year}, the history year "
            f"nearest to the study's base; {data['monitor_year']} was dirtier"
        )
    return f"{int((ratio > 1).sum())} cities above {study.ratio_year} in PM2.5"
