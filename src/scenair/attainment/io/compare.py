"""The rule ``comparison``: scenarios of one year side by side, and beside published figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from scenair.core.errors import InputError
from scenair.core.io.tables import read_table, write_csv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FIGURES = (
    "n_units",
    "n_monitored",
    "n_judged",
    "n_attain_monitored",
    "n_attain_fused",
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
#: Scenario without measures, and the one with end-of-pipe controls only.
_REFERENCE, _END_OF_PIPE = "reference", "pollution_control"


def read_summary(path: str | Path) -> dict[str, Any]:
    """A summary written by the rule ``attainment``.

    Raises
    ------
    InputError
        Missing, no JSON, or without national figures.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("not a readable summary", where=str(path), value=str(error)) from error
    if not isinstance(data, dict) or "national" not in data:
        raise InputError("not a summary of attainment", where=str(path), remedy="run it again")
    return data


def build_comparison(
    *, summaries: Sequence[str | Path], out: str | Path, published: str | Path
) -> None:
    """National, regional and type figures of several scenarios, and published figures.

    Parameters
    ----------
    summaries : sequence of path
        ``summary.json`` of each scenario, one year.
    out : path
        CSV: year, scenario, group, name, standard, pm25_limit, then the figures. Group
        ``sensitivity``: names ``B x factor, limit``; group ``contribution``: fall of the
        population-weighted mean by end-of-pipe controls and by co-control.
    published : path
        CSV: year, scenario, item, ours, published, unit, source, note.

    Raises
    ------
    InputError
        No summaries, or of several years.
    """
    data = [read_summary(path) for path in summaries]
    if not data or len({d["year"] for d in data}) != 1:
        raise InputError(
            "summaries of one year are compared",
            where=str(out),
            value=sorted({d["year"] for d in data}),
        )
    by_name = {d["scenario"]: d for d in data}
    rows = [line for d in data for line in _lines(d)]
    rows += _contributions(by_name)
    write_csv(pd.DataFrame(rows), out)
    write_csv(beside_published(by_name, read_table("attainment/city_study.csv")), published)


def _lines(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    head = {k: data[k] for k in ("year", "scenario", "standard", "pm25_limit")}
    groups = {"national": {"": data["national"]}}
    groups |= {g: data[g] for g in ("regions", "types", "provinces")}
    rows: list[dict[str, Any]] = []
    for group, members in groups.items():
        for name, figures in members.items():
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
    return rows


def _fall(by_name: Mapping[str, Any], before: str, after: str) -> float | None:
    if before not in by_name or after not in by_name:
        return None
    key = "population_weighted_pm25"
    old, new = (by_name[n]["national"][key] for n in (before, after))
    return None if old is None or new is None else float(old - new)


def _contributions(by_name: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Falls of the national population-weighted mean, by what is added to the scenario before."""
    rows = []
    for name, data in by_name.items():
        if name == _REFERENCE:
            continue
        start = _REFERENCE if name == _END_OF_PIPE else _END_OF_PIPE
        fall = _fall(by_name, start, name)
        if fall is not None:
            kind = "end-of-pipe" if name == _END_OF_PIPE else "co-control"
            head = {k: data[k] for k in ("year", "scenario", "standard", "pm25_limit")}
            label = f"{kind}: fall from {start}"
            rows.append(
                head | {"group": "contribution", "name": label, "population_weighted_pm25": fall}
            )
    return rows


def beside_published(by_name: Mapping[str, Any], study: pd.DataFrame) -> pd.DataFrame:
    """Published figures of the year with ours beside them, where the scenario was run."""
    rows = []
    for _, row in study.iterrows():
        data = by_name.get(str(row["scenario"]))
        if data is None or int(row["year"]) != data["year"]:
            continue
        ours = _ours(str(row["item"]), data, by_name)
        rows.append(
            {
                "year": data["year"],
                "scenario": row["scenario"],
                "item": row["item"],
                "ours": ours,
                "published": row["value"],
                "unit": row["unit"],
                "source": row["source"],
                "note": row["note"],
            }
        )
    columns = ["year", "scenario", "item", "ours", "published", "unit", "source", "note"]
    return pd.DataFrame(rows, columns=columns)


def _ours(item: str, data: Mapping[str, Any], by_name: Mapping[str, Any]) -> float | None:
    """Our figure for an item of the study: ``attain_35``, ``both_35``, ``peaked``, falls."""
    name, _, limit = item.removesuffix("_count").rpartition("_")
    shares = data.get("double_by_limit", {})
    if item.startswith("attain_"):
        hit = [
            r
            for r in data["sensitivity"]
            if r["background_factor"] == 1 and r["limit"] == float(limit)
        ]
        if not hit:
            return None
        count = hit[0]["n_attain_fused"]
        return float(count if item.endswith("_count") else 100 * count / hit[0]["n_judged"])
    if item == "peaked":
        percent = data["national"]["double_fused"]["percent"]
        return float(percent["both"] + percent["peaked_only"]) if percent else None
    if limit in shares:
        value = shares[limit]["percent"].get(name)
        return None if value is None else float(value)
    if item == "fall_by_end_of_pipe":
        return _fall(by_name, _REFERENCE, str(data["scenario"]))
    if item == "fall_by_co_control":
        return _fall(by_name, _END_OF_PIPE, str(data["scenario"]))
    if item == "mean_change":
        return 100 * (float(data["national"]["mean_pm25_ratio"]) - 1)
    raise InputError(
        "an item of the study that is not known here",
        where="resources/attainment/city_study.csv",
        value=item,
    )
