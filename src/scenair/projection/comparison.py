"""Scenarios beside each other, beside other models and beside what was observed."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.core.species import SPECIES
from scenair.projection.typology import TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import xarray as xr

    Array = npt.NDArray[np.float64]

MARKS: Final = (2015, 2017, 2018, 2020, 2022, 2024, 2025, 2030, 2035)
#: Last year of the inventories, and last year that has statistics to compare with.
LAST_HISTORY: Final = 2017
LAST_OBSERVED: Final = 2025
#: Each is expected not to exceed the one before it, nationally.
ORDER: Final = ("reference", "pollution_control", "peak", "early_peak")


def national_table(ds: xr.Dataset, *, scenario: str) -> pd.DataFrame:
    """National emission by species (Tg yr-1) and electricity (TWh yr-1) in the marked years."""
    rows: list[dict[str, object]] = []
    total = ds["emission"].sum(["city", "sector"]) / 1e6
    for year in [y for y in MARKS if y in ds["year"].values]:
        for species in SPECIES:
            value = float(total.sel(year=year, species=species))
            rows.append({"scenario": scenario, "quantity": species, "year": year,
                         "value": value, "unit": "Tg yr-1"})  # fmt: skip
        if "electricity_demand" in ds:
            demand = float(ds["electricity_demand"].sel(year=year).sum(skipna=False))
            if np.isfinite(demand):
                rows.append({"scenario": scenario, "quantity": "electricity_demand",
                             "year": year, "value": demand, "unit": "TWh yr-1"})  # fmt: skip
                made = ds["generation"].sel(year=year)
                share = float(made.sel(technology="nonfossil") / made.sum("technology"))
                rows.append({"scenario": scenario, "quantity": "nonfossil_share",
                             "year": year, "value": share, "unit": "1"})  # fmt: skip
    return pd.DataFrame(rows)


def beside(ours: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Our totals with the change against the reference, and columns for the other sources.

    Returns
    -------
    DataFrame
        scenario, quantity, year, value, unit, change_to_reference (1), kind (``history``,
        ``hindcast`` for years that have been and that a scenario projects, ``projection``), one
        column a series of ``others``; growth series are turned into levels by our 2017.
    """
    base = ours[ours["scenario"] == "reference"].set_index(["quantity", "year"])["value"]
    keys = list(zip(ours["quantity"], ours["year"], strict=True))
    reference = np.array([base.get(k, np.nan) for k in keys], dtype=np.float64)
    kind = np.where(
        ours["year"] <= LAST_HISTORY,
        "history",
        np.where(ours["year"] <= LAST_OBSERVED, "hindcast", "projection"),
    )
    out = ours.assign(change_to_reference=ours["value"] / reference - 1.0, kind=kind)
    start = ours[ours["year"] == 2017].drop_duplicates("quantity").set_index("quantity")["value"]
    for name, rows in others.groupby("series"):
        known = rows.set_index(["quantity", "year"])["value"].astype(float)
        values = np.array([known.get(k, np.nan) for k in keys], dtype=np.float64)
        if str(name).endswith("_growth"):
            values = values * np.array([start.get(q, np.nan) for q, _ in keys], dtype=np.float64)
        out[str(name)] = values
    return out


def national_order(series: Mapping[str, Array], years: Sequence[int]) -> pd.DataFrame:
    """Where a scenario exceeds the one before it in :data:`ORDER`, by species and year.

    Parameters
    ----------
    series : mapping
        Scenario -> (year, species), Mg yr-1.

    Returns
    -------
    DataFrame
        species, weaker, stronger, year, excess (1), explanation; empty when the order holds.
    """
    rows: list[dict[str, object]] = []
    known = [name for name in ORDER if name in series]
    for weaker, stronger in pairwise(known):
        ratio = series[stronger] / np.maximum(series[weaker], 1e-9) - 1.0
        for s, species in enumerate(SPECIES):
            over = np.flatnonzero(ratio[:, s] > 1e-9)
            if over.size:
                worst = int(over[np.argmax(ratio[over, s])])
                rows.append(
                    {
                        "species": species,
                        "weaker": weaker,
                        "stronger": stronger,
                        "years": int(over.size),
                        "year": int(years[worst]),
                        "excess": float(ratio[worst, s]),
                        "explanation": _explain(species, stronger),
                    }
                )
    columns = ["species", "weaker", "stronger", "years", "year", "excess", "explanation"]
    return pd.DataFrame(rows, columns=columns)


def _explain(species: str, stronger: str) -> str:
    if stronger == "pollution_control" and species in ("CO2", "NH3", "CO", "NMVOC"):
        return "declared co-effect: energy penalty, limestone CO2 or ammonia slip of the controls"
    if stronger == "early_peak":
        return "the two scenarios choose measures apart, with the least effort for another year"
    return "declared rise of a measure: see measure_raises.csv"


def growth_spread(ds: xr.Dataset, *, scenario: str) -> pd.DataFrame:
    """Spread of city CO2 growth by sector between 2017 and 2030, and of peak years.

    Returns
    -------
    DataFrame
        scenario, sector (``all`` for the city totals), quantile 5, 50 and 95 % and standard
        deviation of E(2030)/E(2017) over cities, and for ``all`` the share peaked by 2030.
    """
    last = min(2030, int(ds["year"].max()))
    co2 = ds["emission"].sel(species="CO2").transpose("year", "city", "sector")
    start, end = co2.sel(year=2017).values, co2.sel(year=last).values
    names = [*map(str, ds["sector"].values), "all"]
    rows: list[dict[str, object]] = []
    for j, name in enumerate(names):
        a = start.sum(axis=1) if name == "all" else start[:, j]
        b = end.sum(axis=1) if name == "all" else end[:, j]
        has = a > 0
        if not has.any():
            continue
        growth = b[has] / a[has]
        q = np.quantile(growth, (0.05, 0.5, 0.95))
        row: dict[str, object] = {
            "scenario": scenario, "sector": name, "cities": int(has.sum()), "q05": q[0],
            "median": q[1], "q95": q[2], "standard_deviation": float(growth.std()),
        }  # fmt: skip
        if name == "all":
            peaked = (ds["peaked"].values == 1) & (ds["co2_peak_year"].values <= last)
            row["share_peaked"] = float(peaked.mean())
        rows.append(row)
    return pd.DataFrame(rows)


def peaks_by_type(ds: xr.Dataset, *, scenario: str) -> pd.DataFrame:
    """Share of cities whose CO2 has peaked by 2025, 2030 and 2034, by type and for all."""
    code = ds["city_type"].values
    peaked, year = ds["peaked"].values == 1, ds["co2_peak_year"].values
    groups = [("all", np.ones(code.size, dtype=bool))]
    groups += [(name, code == i) for i, name in enumerate(TYPES)]
    rows: list[dict[str, object]] = []
    for name, inside in groups:
        if inside.any():
            done = peaked & inside
            rows.append(
                {
                    "scenario": scenario,
                    "city_type": name,
                    "cities": int(inside.sum()),
                    **{
                        f"peaked_{mark}": float((done & (year <= mark)).sum() / inside.sum())
                        for mark in (2025, 2030, 2034)
                    },
                    "median_peak_year": float(np.median(year[inside])),
                }
            )
    return pd.DataFrame(rows)


def peak_distribution(ds: xr.Dataset, *, scenario: str) -> pd.DataFrame:
    """How many cities have their CO2 maximum in each year.

    Returns
    -------
    DataFrame
        scenario, year, cities, share, meaning: ``in or before`` for the first year (what came
        before is not known), ``not peaked`` for the last.
    """
    years = ds["year"].values.astype(int)
    count = np.array([(ds["co2_peak_year"].values == y).sum() for y in years])
    meaning = np.full(years.size, "peak", dtype=object)
    meaning[0], meaning[-1] = "in or before", "not peaked"
    return pd.DataFrame(
        {
            "scenario": scenario,
            "year": years,
            "cities": count,
            "share": count / max(int(count.sum()), 1),
            "meaning": meaning,
        }
    )


def beside_bands(national: pd.DataFrame, peaks: pd.DataFrame, bands: pd.DataFrame) -> pd.DataFrame:
    """Published bands of changes and peak shares with what we get; for judging, never for tuning.

    Parameters
    ----------
    national : DataFrame
        :func:`beside`.
    peaks : DataFrame
        :func:`peaks_by_type` of all scenarios.
    bands : DataFrame
        scenario, quantity (a species: change to the reference; ``peaked``: share of cities), year,
        bound (``low`` or ``high``), value (1), and why ours may differ in column note.

    Returns
    -------
    DataFrame
        scenario, quantity, year, low, high, ours, inside (empty for a single figure), difference
        from the middle, why.
    """
    rows: list[dict[str, object]] = []
    for (scenario, quantity, year), group in bands.groupby(
        ["scenario", "quantity", "year"], sort=False
    ):
        if quantity == "peaked":
            found = peaks[(peaks["scenario"] == scenario) & (peaks["city_type"] == "all")]
            column = f"peaked_{year}"
        else:
            found = national[
                (national["scenario"] == scenario)
                & (national["quantity"] == quantity)
                & (national["year"] == year)
            ]
            column = "change_to_reference"
        if found.empty or column not in found:
            continue
        ours = float(found[column].iloc[0])
        bound = group.set_index("bound")["value"].astype(float)
        rows.append(
            {
                "scenario": scenario,
                "quantity": quantity,
                "year": year,
                "low": bound["low"],
                "high": bound["high"],
                "ours": ours,
                # a single published figure is no band
                "inside": bool(bound["low"] <= ours <= bound["high"])
                if bound["low"] < bound["high"]
                else None,
                "difference": ours - float(bound.mean()),
                "why": str(group["note"].iloc[0]),
            }
        )
    bound_columns = ["low", "high", "ours", "inside", "difference", "why"]
    columns = ["scenario", "quantity", "year", *bound_columns]
    return pd.DataFrame(rows, columns=columns)
