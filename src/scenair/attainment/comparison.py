"""Scenarios of one year side by side: counts, falls and four-way shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from scenair.attainment.cities import CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Summary = Mapping[str, Any]

_FIGURES: Final = (
    "n_units",
    "n_monitored",
    "n_judged",
    "n_judged_near",
    "n_attain_monitored",
    "n_attain_fused",
    "n_attain_near",
    "share_attain_monitored",
    "share_attain_fused",
    "expected_attaining_monitored",
    "expected_attaining_fused",
    "n_pm25_rises",
    "n_co2_rises",
    "n_both_rise",
    "mean_monitored_pm25",
    "population_weighted_pm25",
)
_HEAD: Final = ("year", "scenario", "standard", "pm25_limit")
_GROUPS: Final = ("regions", "types", "provinces")
#: Scenario without measures, and the one with end-of-pipe controls only.
REFERENCE: Final = "reference"
END_OF_PIPE: Final = "pollution_control"


def _members(data: Summary, groups: Sequence[str]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    yield "national", "", data["national"]
    for group in groups:
        for name, figures in data[group].items():
            yield group, name, figures


def long_table(summaries: Sequence[Summary]) -> pd.DataFrame:
    """National, regional, type and provincial figures of each scenario, a row a group.

    Parameters
    ----------
    summaries : sequence
        Contents of ``summary.json``, one year.

    Returns
    -------
    DataFrame
        year, scenario, standard, pm25_limit, group, name, then the figures; group ``sensitivity``
        with names ``B x factor, limit``; group ``contribution`` from :func:`contributions`.
    """
    rows: list[dict[str, Any]] = []
    for data in summaries:
        head = {key: data[key] for key in _HEAD}
        for group, name, figures in _members(data, _GROUPS):
            line = head | {"group": group, "name": name}
            line |= {key: figures.get(key) for key in _FIGURES}
            for basis in ("monitored", "fused"):
                percent = figures[f"double_{basis}"]["percent"]
                line |= {f"{basis}_{k}_percent": v for k, v in percent.items()}
            rows.append(line)
        for item in data["sensitivity"]:
            label = f"B x {item['background_factor']:g}, {item['limit']:g} ug m-3 ({item['basis']})"
            line = head | {"group": "sensitivity", "name": label}
            rows.append(line | {k: item[k] for k in _FIGURES if k in item})
    heads = {data["scenario"]: {key: data[key] for key in _HEAD} for data in summaries}
    for fall in contributions(summaries).to_dict("records"):
        if fall["area"] == "national":
            label = f"{fall['by']}: fall from {fall['against']}"
            line = heads[fall["scenario"]] | {"group": "contribution", "name": label}
            rows.append(line | {"population_weighted_pm25": fall["fall"]})
    return pd.DataFrame(rows)


def attaining(summaries: Sequence[Summary]) -> pd.DataFrame:
    """Cities at or below each limit at each factor on the background.

    Returns
    -------
    DataFrame
        scenario, limit (ug m-3), background_factor, n_monitored, n_attain_monitored (cities with a
        monitor record), n_judged, n_attain_fused (all; the others by the fused field),
        population_weighted_pm25 (ug m-3).
    """
    rows = [
        {"scenario": data["scenario"]} | dict(item)
        for data in summaries
        for item in data["sensitivity"]
        if item["basis"] == "comparison"
    ]
    columns = ["scenario", "limit", "background_factor", "n_monitored", "n_attain_monitored"]
    columns += ["n_judged", "n_attain_fused", "population_weighted_pm25"]
    return pd.DataFrame(rows, columns=columns)


def contributions(summaries: Sequence[Summary]) -> pd.DataFrame:
    """Falls of the population-weighted mean, by what is added to the scenario before.

    Returns
    -------
    DataFrame
        scenario, by (``end-of-pipe`` or ``co-control``), against (scenario), area (``national`` or
        a key region), before, after, fall (ug m-3).
    """
    by_name = {data["scenario"]: data for data in summaries}
    rows = []
    for name, data in by_name.items():
        start = REFERENCE if name == END_OF_PIPE else END_OF_PIPE
        if name == REFERENCE or start not in by_name:
            continue
        old = {n or g: f for g, n, f in _members(by_name[start], ("regions",))}
        for group, area, figures in _members(data, ("regions",)):
            before = old[area or group]["population_weighted_pm25"]
            after = figures["population_weighted_pm25"]
            if before is not None and after is not None:
                rows.append(
                    {
                        "scenario": name,
                        "by": "end-of-pipe" if name == END_OF_PIPE else "co-control",
                        "against": start,
                        "area": area or group,
                        "before": float(before),
                        "after": float(after),
                        "fall": float(before) - float(after),
                    }
                )
    columns = ["scenario", "by", "against", "area", "before", "after", "fall"]
    return pd.DataFrame(rows, columns=columns)


def double_by_type(summaries: Sequence[Summary]) -> pd.DataFrame:
    """Four-way shares of attainment and CO2 peak, by city type and limit.

    Returns
    -------
    DataFrame
        scenario, limit (ug m-3), city_type (``all`` first), basis (``monitored`` cities, or all by
        monitor and ``fused`` field), n, then counts and shares (percent) of each class.
    """
    rows = []
    for data in summaries:
        for _, name, figures in _members(data, ("types",)):
            for limit, at in figures["by_limit"].items():
                for basis in ("monitored", "fused"):
                    double = at[f"double_{basis}"]
                    line = {"scenario": data["scenario"], "limit": float(limit)}
                    line |= {"city_type": name or "all", "basis": basis, "n": double["n"]}
                    line |= {f"n_{c}": double["counts"][c] for c in CLASSES}
                    line |= {f"{c}_percent": double["percent"].get(c) for c in CLASSES}
                    rows.append(line)
    return pd.DataFrame(rows)
