"""Who disagrees by how much, who won and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.core.sectors import MEIC_SECTORS
from scenair.core.species import SPECIES
from scenair.inventory.shares import PROVINCES, national_reas

if TYPE_CHECKING:
    from scenair.inventory.estimate import Estimate

COLUMNS: Final = (
    "year",
    "level",
    "adcode",
    "sector",
    "species",
    "winner",
    "winner_value",
    "loser",
    "loser_value",
    "unit",
    "relative_difference",
    "reason",
)
_MEIC = "MEIC (Zheng et al. 2018)"
#: Net calorific value of motor fuels, TJ Mg-1 (GB/T 2589: gasoline 43.07, diesel 42.65 MJ kg-1).
FUEL_HEAT: Final = {"gasoline": 0.04307, "diesel": 0.04265}


def _row(
    *, level: str, adcode: int | None, sector: str, species: str, winner: tuple[str, float],
    loser: tuple[str, float], unit: str, reason: str,
) -> dict[str, object]:  # fmt: skip
    size = max(abs(winner[1]), abs(loser[1]))
    return {
        "level": level,
        "adcode": adcode,
        "sector": sector,
        "species": species,
        "winner": winner[0],
        "winner_value": winner[1],
        "loser": loser[0],
        "loser_value": loser[1],
        "unit": unit,
        "relative_difference": 0.0
        if size == 0
        else (loser[1] - winner[1]) / max(winner[1], 1e-300)
        if winner[1] > 0
        else np.inf,
        "reason": reason,
    }


def _national_reas(result: Estimate, reas: pd.DataFrame, *, year: int) -> list[dict[str, object]]:
    sums = national_reas(reas, year=year)
    totals = result.totals
    group_of = {"transportation": "on_road"}
    rows = []
    for meic in MEIC_SECTORS:
        for name in SPECIES:
            groups = [group_of.get(meic, meic)] + (["off_road"] if meic == "transportation" else [])
            found = [float(sums[name, g]) for g in groups if (name, g) in sums.index]
            if not found or (meic == "transportation" and name != "NOx"):
                continue
            rows.append(
                _row(
                    level="nation",
                    adcode=None,
                    sector=meic,
                    species=name,
                    winner=(_MEIC, float(totals.sel(meic_sector=meic, species=name))),
                    loser=("REASv3.2", sum(found)),
                    unit="Mg yr-1",
                    reason="published national total by sector; REAS gives provincial shares only",
                )
            )
    return rows


def _national_edgar(result: Estimate, edgar: pd.DataFrame, *, year: int) -> list[dict[str, object]]:
    rows = edgar[edgar["year"] == year]
    return [
        _row(
            level="nation",
            adcode=None,
            sector=str(meic),
            species=str(name),
            winner=(_MEIC, float(result.totals.sel(meic_sector=meic, species=name))),
            loser=("EDGAR v8", float(value) * 1e3),
            unit="Mg yr-1",
            reason="EDGAR is not used: it misses a large part of China's controls after 2010",
        )
        for name, meic, value in zip(
            rows["species"], rows["meic_sector"], rows["value"], strict=True
        )
    ]


def _fuel_sulfur(result: Estimate, sulfur: pd.DataFrame, *, year: int) -> list[dict[str, object]]:
    """SO2 of transport: the published total against the sulfur limits in force that year."""
    limit = sulfur[sulfur["year"] == year].set_index("fuel")["value"]
    if limit.empty:
        return []
    national = result.activity.sum("city")
    # Mg SO2 = TJ / (TJ a Mg of fuel) x sulfur (mg kg-1) x 64 / 32
    found = sum(
        float(national.sel(sector=sector, source=fuel))
        / FUEL_HEAT[fuel]
        * float(limit[name])
        * 1e-6
        * 2.0
        for name, sector, fuel in (
            ("road_diesel", "on_road", "diesel"),
            ("gasoline", "on_road", "gasoline"),
            ("other_diesel", "off_road", "diesel"),
        )
    )
    return [
        _row(
            level="nation",
            adcode=None,
            sector="transportation",
            species="SO2",
            winner=(_MEIC, float(result.totals.sel(meic_sector="transportation", species="SO2"))),
            loser=("sulfur limits of fuels in force", found),
            unit="Mg yr-1",
            reason="the published total stays; it does not show the limits in force after 2013",
        )
    ]


def _power_pattern(result: Estimate) -> list[dict[str, object]]:
    """Provincial power CO2: plants and their rest against the REAS share."""
    ours = result.base.sel(sector="power", species="CO2") * result.factor.sel(
        sector="power", species="CO2"
    )
    total = float(ours.sum())
    share = result.shares["CO2", "power"]
    return [
        _row(
            level="province",
            adcode=code,
            sector="power",
            species="CO2",
            winner=("plant trackers", float(ours.sel(province=code))),
            loser=("REASv3.2 share", float(share[code]) * total),
            unit="Mg yr-1",
            reason="plants set the pattern of power",
        )
        for code in PROVINCES
    ]


def _reconciliation(result: Estimate) -> list[dict[str, object]]:
    plants = result.reconciliation["power_coal_plants"]
    nation = result.reconciliation["power_coal_national"]
    return [
        _row(
            level="nation",
            adcode=None,
            sector="power",
            species="",
            winner=("national coal of power", nation),
            loser=("coal of listed plants", plants),
            unit="TJ yr-1",
            reason="plants carry their mean share of the history years, the rest is area source",
        )
    ]


def _negative(result: Estimate) -> list[dict[str, object]]:
    return [
        _row(
            level="province",
            adcode=int(province),
            sector="industry",
            species=str(species),
            winner=("plants and coking", float(plants)),
            loser=("REASv3.2 share of industry", float(share)),
            unit="Mg yr-1",
            reason="negative residual: the other sectors of industry follow their activity",
        )
        for province, species, share, plants in result.negative.itertuples(index=False, name=None)
    ]


def conflict_table(
    result: Estimate,
    *,
    reas: pd.DataFrame,
    edgar: pd.DataFrame,
    sulfur: pd.DataFrame,
    year: int,
    threshold: float,
    changes: list[dict[str, object]],
) -> pd.DataFrame:
    """Differences above ``threshold`` (relative to the winner) between the sources of a year.

    What a user's own data changed (``changes``) is listed whatever its size.

    Columns: :data:`COLUMNS`. ``sector`` is a MEIC sector at national level.
    """
    rows = [
        *changes,
        *_national_reas(result, reas, year=year),
        *_national_edgar(result, edgar, year=year),
        *_fuel_sulfur(result, sulfur, year=year),
        *_reconciliation(result),
        *_power_pattern(result),
        *_negative(result),
    ]
    frame = pd.DataFrame(rows)
    frame.insert(0, "year", year)
    frame["adcode"] = frame["adcode"].astype("Int32")
    known = (frame["winner_value"] > 0) | (frame["loser_value"] > 0)
    # what a user's own data moved is always told
    told = frame.index < len(changes)
    frame = frame[known & (told | (frame["relative_difference"].abs() > threshold))]
    return frame[list(COLUMNS)].reset_index(drop=True)
