"""Scenarios of one year beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

#: Keys of a group in ``summary.json`` -> column of the comparison.
GROUP_COLUMNS: Final[dict[str, str]] = {
    "n_units": "n_units",
    "n_monitored": "n_monitored",
    "n_attain_monitored": "n_attain_monitored",
    "n_attain_fused": "n_attain_fused",
    "population_weighted_pm25": "population_weighted_pm25_ug_m3",
}


def compare(
    *,
    year: int,
    cities: Mapping[str, pd.DataFrame],
    summaries: Mapping[str, Mapping[str, Any]],
    totals: Mapping[str, xr.DataArray],
) -> pd.DataFrame:
    """One row a scenario and group (nation, regions, provinces, city types).

    Parameters
    ----------
    year : int
    cities : mapping of scenario -> DataFrame
        ``cities.csv``.
    summaries : mapping of scenario -> dict
        ``summary.json``.
    totals : mapping of scenario -> DataArray (species)
        National emission, Mg yr-1; shown in the national row only.

    Returns
    -------
    DataFrame
        year, scenario, group_kind, group, the columns of :data:`GROUP_COLUMNS`, then
        mean_pm25_ug_m3 and mean_pm25_base_ug_m3 over the monitored cities, then one column
        ``{species}_mg_yr`` a species (empty outside the national row).
    """
    rows = []
    for scenario, summary in summaries.items():
        groups = [("national", "all", summary["national"])]
        groups += [
            (kind, name, block)
            for kind in ("regions", "provinces", "types")
            for name, block in sorted(summary.get(kind, {}).items())
        ]
        for kind, name, block in groups:
            row = {"year": year, "scenario": scenario, "group_kind": kind, "group": name}
            row |= {column: block.get(key) for key, column in GROUP_COLUMNS.items()}
            members = _members(cities[scenario], kind, name)
            row["mean_pm25_ug_m3"] = None if members is None else members["pm25"].mean()
            row["mean_pm25_base_ug_m3"] = None if members is None else members["pm25_base"].mean()
            for species in map(str, totals[scenario]["species"].values):
                value = float(totals[scenario].sel(species=species))
                row[f"{species}_mg_yr"] = value if kind == "national" else None
            rows.append(row)
    return pd.DataFrame(rows)


def _members(cities: pd.DataFrame, kind: str, name: str) -> pd.DataFrame | None:
    """Units of a group; None where ``cities.csv`` doesn't tell (regions overlap)."""
    if kind == "national":
        return cities
    if kind == "types":
        return cities[cities["city_type"].astype(str) == name]
    if kind == "provinces":
        return cities[cities["province"].astype(str) == name]
    return None
