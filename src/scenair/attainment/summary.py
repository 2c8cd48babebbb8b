"""Counts and means of groups of cities: nation, regions, provinces, city types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scenair.attainment.cities import BASIS_FAR, CLASSES, classify
from scenair.attainment.rounding import attains

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt


def weighted(values: npt.ArrayLike, weights: npt.ArrayLike) -> float | None:
    """Weighted mean where both are known; None without weight."""
    v, w = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
    known = np.isfinite(v) & np.isfinite(w)
    total = w[known].sum()
    return float((v[known] * w[known]).sum() / total) if total > 0 else None


def group_summary(rows: pd.DataFrame, *, limits: Sequence[float] = ()) -> dict[str, Any]:
    """Figures of one group.

    Parameters
    ----------
    rows : DataFrame
        Joined city tables: level, population, monitored, pm25, pm25_base, pm25_attains, pm25_best,
        best_attains, pm25_fused_population, pm25_fused_population_base, probability_attains,
        pm25_ratio, co2_ratio, basis, peaked.
    limits : sequence of float
        Further annual limits, ug m-3; counts and shares at each are given in ``by_limit``.

    Returns
    -------
    dict
        Counts over the prefecture-level cities of the group; ``near`` leaves out those that are
        judged by the model's shape only; ``population_weighted_pm25`` is the fused field over all
        its units (persons of 2020), ug m-3.
    """
    cities = rows[rows["level"] == "city"]
    monitored = cities[cities["monitored"]]
    judged = cities["best_attains"].notna()
    far = cities["basis"] == BASIS_FAR
    n_monitored, n_judged = len(monitored), int(judged.sum())
    by_monitor = int(monitored["pm25_attains"].fillna(value=False).sum())
    by_best = int(cities["best_attains"].fillna(value=False).sum())
    return {
        "n_units": len(cities),
        "n_monitored": n_monitored,
        "n_judged": n_judged,
        "n_fused_far": int(far.sum()),
        "n_judged_near": int((judged & ~far).sum()),
        "n_attain_monitored": by_monitor,
        "n_attain_fused": by_best,
        "n_attain_near": int(cities.loc[~far, "best_attains"].fillna(value=False).sum()),
        "share_attain_monitored": by_monitor / n_monitored if n_monitored else None,
        "share_attain_fused": by_best / n_judged if n_judged else None,
        "expected_attaining_monitored": float(monitored["probability_attains"].sum()),
        "expected_attaining_fused": float(cities["probability_attains"].sum()),
        "n_pm25_rises": int((cities["pm25_ratio"] > 1).sum()),
        "n_co2_rises": int((cities["co2_ratio"] > 1).sum()),
        "n_both_rise": int(((cities["pm25_ratio"] > 1) & (cities["co2_ratio"] > 1)).sum()),
        "mean_pm25_ratio": _mean(cities["pm25_ratio"].dropna()),
        "mean_monitored_pm25": _mean(monitored["pm25"]),
        "mean_monitored_pm25_base": _mean(monitored["pm25_base"]),
        "population": float(rows["population"].sum()),
        "population_weighted_pm25": weighted(rows["pm25_fused_population"], rows["population"]),
        "population_weighted_pm25_base": weighted(
            rows["pm25_fused_population_base"], rows["population"]
        ),
        "double_monitored": class_shares(cities["pm25_attains"], cities["peaked"]),
        "double_fused": class_shares(cities["best_attains"], cities["peaked"]),
        "by_limit": {f"{limit:g}": _at_limit(cities, limit) for limit in limits},
    }


def _at_limit(cities: pd.DataFrame, limit: float) -> dict[str, Any]:
    """Counts and four-way shares at another annual limit (ug m-3)."""
    peaked = cities["peaked"].reset_index(drop=True)
    out: dict[str, Any] = {}
    for name, column in (("monitored", "pm25"), ("fused", "pm25_best")):
        ok = pd.Series(attains(cities[column].to_numpy(), limit, pollutant="PM25"))
        out[f"n_attain_{name}"] = int(ok.fillna(value=False).sum())
        out[f"double_{name}"] = class_shares(ok, peaked)
    return out


def _mean(values: pd.Series) -> float | None:
    return float(values.mean()) if len(values) else None


def class_shares(attained: pd.Series, peaked: pd.Series) -> dict[str, Any]:
    """Four-way counts and shares (%), over the cities where both are known.

    The shares sum to 100; without any such city they are absent.
    """
    names = pd.Series(classify(attained, peaked))
    counts = {name: int((names == name).sum()) for name in CLASSES}
    total = sum(counts.values())
    shares = {k: 100 * v / total for k, v in counts.items()} if total else {}
    return {"n": total, "counts": counts, "percent": shares}


def all_groups(
    rows: pd.DataFrame, regions: pd.DataFrame, *, limits: Sequence[float] = ()
) -> dict[str, Any]:
    """National figures and those of regions, provinces and city types.

    Parameters
    ----------
    rows : DataFrame
        As :func:`group_summary`, with adcode, province, city_type.
    regions : DataFrame
        adcode, value (name of a region); regions may overlap.
    limits : sequence of float
        As :func:`group_summary`.
    """
    named = {
        str(name): rows[rows["adcode"].isin(part["adcode"])]
        for name, part in regions.groupby("value")
    }
    return {
        "national": group_summary(rows, limits=limits),
        "regions": _many(named, limits),
        "provinces": _many({str(k): v for k, v in rows.groupby("province")}, limits),
        "types": _many({str(k): v for k, v in rows.groupby("city_type")}, limits),
    }


def _many(groups: Mapping[str, pd.DataFrame], limits: Sequence[float]) -> dict[str, Any]:
    return {
        name: group_summary(part, limits=limits)
        for name, part in sorted(groups.items())
        if len(part)
    }


def count_attaining(
    values: npt.NDArray[np.float64], limit: float, *, pollutant: str = "PM25"
) -> int:
    """Number of values at or below a limit after rounding."""
    return int(np.asarray(attains(values, limit, pollutant=pollutant).fillna(value=False)).sum())


def shared_cells(table: pd.DataFrame) -> list[list[int]]:
    """Groups of monitor records in one grid cell (adcodes): the grid can't tell them apart."""
    groups = table.groupby("cell")["adcode"].apply(list)
    return [[int(a) for a in g] for g in groups if len(g) > 1]
