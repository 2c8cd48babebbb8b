"""Evaluation of a year by HJ 663: items, six items together, composite index. Rules are data.

``resources/attainment/evaluation.csv`` holds a profile an edition: percentiles, weights of the
index, decimal places, completeness, years averaged. HJ 663-2026 is provisional.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd

from scenair.attainment.rounding import round_gb8170
from scenair.attainment.standards import find_limit
from scenair.attainment.statistics.annual import Completeness
from scenair.attainment.statistics.aqi import composite_index
from scenair.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

Scope = Literal["annual_mean", "item", "six_items"]

ITEMS: Final = ("SO2", "NO2", "PM10", "PM25", "CO", "O3")
#: Items that have an annual limit on their mean.
MEANS: Final = ("SO2", "NO2", "PM10", "PM25")


@dataclass(frozen=True)
class Evaluation:
    """One edition of HJ 663.

    Attributes
    ----------
    profile : str
    percentile, weight, decimals : mapping
        By pollutant.
    completeness : Completeness
    years_averaged : int
    """

    profile: str
    percentile: Mapping[str, float]
    weight: Mapping[str, float]
    decimals: Mapping[str, int]
    completeness: Completeness
    years_averaged: int


def _number(frame: pd.DataFrame, row: str, column: str) -> float:
    return float(frame[column].to_dict()[row])


def evaluation_profile(table: pd.DataFrame, profile: str) -> Evaluation:
    """One profile of ``evaluation.csv``.

    Raises
    ------
    ConfigError
        Unknown profile or a rule that is missing.
    """
    rows = table[table["profile"] == profile]
    if rows.empty:
        raise ConfigError(
            "unknown evaluation", value=profile, allowed=", ".join(sorted(set(table["profile"])))
        )
    by_item = rows[rows["pollutant"].notna()].pivot_table(
        index="pollutant", columns="quantity", values="value"
    )
    general = rows[rows["pollutant"].isna()].set_index("quantity")["value"]
    lacking = sorted(set(ITEMS) - set(by_item.index)) or by_item.columns[by_item.isna().any()]
    if len(lacking):
        raise ConfigError("an evaluation without all rules", where=profile, value=list(lacking))
    return Evaluation(
        profile=profile,
        percentile={i: _number(by_item, i, "percentile") for i in ITEMS},
        weight={i: _number(by_item, i, "index_weight") for i in ITEMS},
        decimals={i: int(_number(by_item, i, "decimals")) for i in ITEMS},
        completeness=Completeness(
            days_a_year=int(general["days_a_year"]),
            days_a_month=int(general["days_a_month"]),
            days_february=int(general["days_february"]),
        ),
        years_averaged=int(general["years_averaged"]),
    )


def evaluate(
    statistics: pd.DataFrame,
    standards: pd.DataFrame,
    *,
    standard: str,
    evaluation: Evaluation,
    area_class: str = "II",
) -> pd.DataFrame:
    """Each item of a city against its limits.

    Parameters
    ----------
    statistics : DataFrame
        Index pollutant; mean, percentile (ug m-3, CO mg m-3), valid (completeness).
    standards : DataFrame
        ``resources/attainment/standards.csv``.
    standard : str
        Its profile.
    evaluation : Evaluation
    area_class : str

    Returns
    -------
    DataFrame
        Index pollutant; mean, percentile (unrounded), limit_mean, limit_percentile, ratio (the
        larger of both over their limits), multiple (how far over the limit, 0 where not),
        mean_attains, attains (mean and percentile; missing where not valid), valid.
    """
    rows = []
    for item in map(str, statistics.index):
        mean, high = _number(statistics, item, "mean"), _number(statistics, item, "percentile")
        places = evaluation.decimals[item]
        limits = {
            "mean": _limit(standards, standard, item, "annual", area_class),
            "percentile": _limit(
                standards, standard, item, "mda8" if item == "O3" else "24h", area_class
            ),
        }
        pairs = [
            (value, limit)
            for value, limit in ((mean, limits["mean"]), (high, limits["percentile"]))
            if np.isfinite(limit)
        ]
        ok = [float(round_gb8170(v, decimals=places)) <= limit for v, limit in pairs]
        worst = max((v / limit for v, limit in pairs), default=float("nan"))
        rows.append(
            {
                "pollutant": item,
                "mean": mean,
                "percentile": high,
                "limit_mean": limits["mean"],
                "limit_percentile": limits["percentile"],
                "ratio": worst,
                "multiple": max(worst - 1, 0.0) if not all(ok) else 0.0,
                "mean_attains": ok[0] if item in MEANS else pd.NA,
                "attains": all(ok) if bool(statistics.loc[item, "valid"]) else pd.NA,
                "valid": bool(statistics.loc[item, "valid"]),
            }
        )
    return pd.DataFrame(rows).set_index("pollutant")


def _limit(
    standards: pd.DataFrame, standard: str, item: str, averaging: str, area_class: str
) -> float:
    found = find_limit(standards, standard, item, averaging, area_class=area_class)
    return float("nan") if found is None else found.value


def city_attains(items: pd.DataFrame, *, scope: Scope = "six_items") -> bool | None:
    """Whether a city attains; None where it can't be said.

    Parameters
    ----------
    items : DataFrame
        From :func:`evaluate`.
    scope : {"annual_mean", "item", "six_items"}
        PM2.5 annual mean only (how cities are counted in public statements); PM2.5 mean and
        percentile; all six items.
    """
    if scope == "annual_mean":
        valid = bool(items.loc["PM25", "valid"])
        return bool(items.loc["PM25", "mean_attains"]) if valid else None
    if scope == "item":
        known = bool(items["attains"].notna()["PM25"])
        return bool(items.loc["PM25", "attains"]) if known else None
    if set(items.index) != set(ITEMS):
        return None
    failed = items["attains"].eq(False).any()
    if failed:
        return False
    return None if items["attains"].isna().any() else True


def index_of(items: pd.DataFrame, evaluation: Evaluation, *, ranking: bool = True) -> float:
    """Composite index of a city from :func:`evaluate`, unrounded.

    Parameters
    ----------
    ranking : bool
        The form of the national ranking (means of the four, percentiles of CO and O3); otherwise
        the larger ratio of mean and percentile.
    """
    value = {i: _number(items, i, "mean" if i in MEANS else "percentile") for i in ITEMS}
    limits = {
        i: _number(items, i, "limit_mean" if i in MEANS else "limit_percentile") for i in ITEMS
    }
    both = {
        i: (_number(items, i, "percentile"), _number(items, i, "limit_percentile")) for i in MEANS
    }
    return composite_index(
        value, limits, weights=evaluation.weight, percentiles=None if ranking else both
    )
