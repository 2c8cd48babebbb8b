"""Tables of the report, as rows of text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scenair.config.figures import FIGURES
from scenair.report.content import (
    REGION_WORDS,
    SKILL_WORDS,
    Contents,
    compare_limit,
    number,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def group_rows(c: Contents) -> list[dict[str, Any]]:
    """Nation, regions and city types: counts and means, for a table."""
    rows = []
    whole = "nation" if c.config["case"]["units"] == "all" else "case"
    groups = [(whole, "all", c.summary["national"])]
    regions = c.summary.get("regions", {})
    known = [name for name in REGION_WORDS if name in regions]
    for name in [*known, *(name for name in regions if name not in known)]:
        groups.append(("region", name, regions[name]))
    groups += [("city type", name, g) for name, g in c.summary.get("types", {}).items()]
    for kind, name, group in groups:
        percent = (group.get("double_monitored") or {}).get("percent") or {}
        rows.append(
            {
                "kind": kind,
                "name": c.city_type(REGION_WORDS.get(name, name)),
                "n_units": group.get("n_units"),
                "n_monitored": group.get("n_monitored"),
                "n_attain": group.get("n_attain_monitored"),
                "pm25": number(group.get("mean_monitored_pm25"), 1),
                "pm25_base": number(group.get("mean_monitored_pm25_base"), 1),
                "weighted": number(group.get("population_weighted_pm25"), 1),
                "both": number(percent.get("both"), 1),
            }
        )
    return rows


def emission_rows(c: Contents) -> list[dict[str, str]]:
    """Emissions of all units in the base year, the monitor year and the year, Tg yr-1."""
    base_year = int(c.config["case"]["base_year"])
    published: dict[str, float] = {}
    if c.published is not None:
        totals = c.published[c.published["year"] == base_year].groupby("species")["value"].sum()
        published = {str(name): float(value) for name, value in totals.items()}
    rows = []
    for name in map(str, c.national["species"].values):
        series = c.national.sel(species=name)
        then, now = float(series.sel(year=base_year)), float(series.sel(year=c.year))
        rows.append(
            {
                "species": name,
                "monitor": _amount(float(series.sel(year=c.monitor_year))),
                "base": _amount(then),
                "published": _amount(published.get(name)),
                "now": _amount(now),
                "change": number(100 * (now / then - 1), 1) if then else "–",
            }
        )
    return rows


def _amount(value: float | None) -> str:
    return number(value, 2 if value is None or abs(value) < 1000 else 0)


def captions(c: Contents) -> list[dict[str, str]]:
    """Figures in order, with captions filled in."""
    case = c.config["case"]
    words = {
        "year": c.year,
        "title": c.title,
        "monitor_year": c.monitor_year,
        "base_year": case["base_year"],
        "first_year": int(c.co2["year"][0]),
        "horizon": int(c.co2["year"][-1]),
        "compare_limit": compare_limit(c),
    }
    return [
        {
            "stem": stem,
            "title": _title(stem),
            "uri": c.figures[stem],
            "caption": caption.format(**words),
        }
        for stem, caption in FIGURES.items()
    ]


def _title(stem: str) -> str:
    words = stem.replace("_", " ").replace("pm25", "PM2.5").replace("co2", "CO2")
    return words[0].upper() + words[1:]


def assumed_groups(c: Contents) -> list[dict[str, Any]]:
    """Assumed figures by table: how many, and the first of them."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in c.manifest["assumed"]:
        groups.setdefault(row["table"], []).append(row)
    return [
        {"table": name, "count": len(rows), "rows": rows[:40], "more": max(0, len(rows) - 40)}
        for name, rows in sorted(groups.items())
    ]


def sensitivity_rows(c: Contents) -> list[dict[str, str]]:
    """Counts and population-weighted mean at multiples of the background."""
    rows: dict[float, dict[str, str]] = {}
    for item in c.summary.get("sensitivity", []):
        factor = float(item["background_factor"])
        row = rows.setdefault(factor, {"factor": f"{factor:g} × B", "force": "–", "compare": "–"})
        row["weighted"] = number(item["population_weighted_pm25"], 1)
        count = f"{item['n_attain_monitored']} of {item['n_monitored']}"
        if item["basis"] == "in force":
            row["force"] = count
        elif item["limit"] == compare_limit(c):
            row["compare"] = count
    return [rows[factor] for factor in sorted(rows)]


def limit_rows(c: Contents) -> list[dict[str, str]]:
    """Cities at or below the limits of the standard over the years, the strictest last."""
    nation = c.summary["national"]
    rows = []
    for limit, found in sorted(nation.get("by_limit", {}).items(), key=lambda i: -float(i[0])):
        both = (found.get("double_monitored") or {}).get("counts", {})
        rows.append(
            {
                "limit": f"{float(limit):g}" + (" (in force)" if float(limit) == c.limit else ""),
                "monitored": f"{found['n_attain_monitored']} of {nation['n_monitored']}",
                "fused": f"{found['n_attain_fused']} of {nation['n_judged']}",
                "both": "–" if c.is_history or not both else str(both.get("both", "–")),
            }
        )
    return rows


def hindcast_rows(c: Contents) -> list[dict[str, str]]:
    """Attaining cities of a year that has happened: as stated, and in this run (never fitted)."""
    if c.observed is None or c.is_history:
        return []
    rows = []
    stated = c.observed[c.observed["year"] == c.year]
    for row in stated.to_dict("records"):
        found = re.fullmatch(r"attain_(\d+)_count", str(row["item"]))
        if found is None:
            continue
        limit = float(found.group(1))
        for item in c.summary.get("sensitivity", []):
            if item["limit"] == limit and item["background_factor"] == 1:
                rows.append(
                    {
                        "limit": f"{limit:g}",
                        "observed": f"{row['value']:g}",
                        "run": f"{item['n_attain_fused']} of {item['n_judged']}",
                        "monitored": f"{item['n_attain_monitored']} of {item['n_monitored']}",
                        "source": f"{row['source']}; {row['note']}",
                    }
                )
                break
    return rows


def skill_rows(c: Contents) -> tuple[list[str], list[list[str]]]:
    """Leave-one-out skill of the fused field: names of the figures, and a row a method."""
    table = {
        name: values
        for name, values in c.summary.get("leave_one_out", {}).items()
        if isinstance(values, dict)
    }
    columns = list(dict.fromkeys(key for values in table.values() for key in values))
    rows = [
        [name.replace("_", " "), *(_figure(values.get(key)) for key in columns)]
        for name, values in table.items()
    ]
    return [SKILL_WORDS.get(name, name) for name in columns], rows


def _figure(value: Any) -> str:
    return str(value) if isinstance(value, int) else number(value, 2)


def synthetic_groups(c: Contents) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Synthetic content, and other notes: each text once, with the files that carry it.

    What a file says of itself stands with its synthetic content where it has any; the note of a
    single variable stands with the notes.
    """
    made_up = {row["file"] for row in c.manifest["synthetic"] if row["kind"] == "synthetic"}
    found: dict[tuple[bool, str], dict[str, None]] = {}
    for row in c.manifest["synthetic"]:
        # the bare word is told by the list that the file stands in
        if row["text"].lower() not in ("true", "yes", "1"):
            place = f"{row['file']}, {row['variable']}" if row["variable"] else row["file"]
            of_file = row["file"] in made_up and not row["variable"]
            synthetic = row["kind"] == "synthetic" or of_file
            found.setdefault((synthetic, row["text"]), {})[place] = None
    groups: dict[bool, list[dict[str, str]]] = {True: [], False: []}
    for (synthetic, text), places in found.items():
        groups[synthetic].append({"text": text, "files": ", ".join(places)})
    return groups[True], groups[False]
