"""The rule ``comparison``: scenarios of one year side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from scenair.core.errors import InputError
from scenair.core.io.tables import write_csv

if TYPE_CHECKING:
    from collections.abc import Sequence

_FIGURES = (
    "n_units",
    "n_monitored",
    "n_judged",
    "n_attain_monitored",
    "n_attain_fused",
    "share_attain_monitored",
    "share_attain_fused",
    "mean_monitored_pm25",
    "population_weighted_pm25",
)


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


def build_comparison(*, summaries: Sequence[str | Path], out: str | Path) -> None:
    """National, regional and type figures of several scenarios.

    Parameters
    ----------
    summaries : sequence of path
        ``summary.json`` of each scenario.
    out : path
        CSV: year, scenario, group, name, standard, pm25_limit, then the figures; sensitivity rows
        have group ``sensitivity`` and name ``B x factor, limit``.
    """
    rows: list[dict[str, Any]] = []
    for path in summaries:
        data = read_summary(path)
        head = {k: data[k] for k in ("year", "scenario", "standard", "pm25_limit")}
        groups = {"national": {"": data["national"]}}
        groups |= {g: data[g] for g in ("regions", "types", "provinces")}
        for group, members in groups.items():
            for name, figures in members.items():
                line = head | {"group": group, "name": name}
                line |= {key: figures.get(key) for key in _FIGURES}
                for basis in ("monitored", "fused"):
                    percent = figures[f"double_{basis}"]["percent"]
                    line |= {f"{basis}_{k}_percent": v for k, v in percent.items()}
                rows.append(line)
        for item in data["sensitivity"]:
            label = f"B x {item['background_factor']:g}, {item['limit']:g} ug m-3"
            line = head | {"group": "sensitivity", "name": f"{label} ({item['basis']})"}
            rows.append(line | {k: item[k] for k in _FIGURES if k in item})
    if not rows:
        raise InputError("no scenario to compare", where=str(out))
    write_csv(pd.DataFrame(rows), out)
