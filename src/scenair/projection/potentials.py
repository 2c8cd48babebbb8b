"""What each measure does alone: its emission change by city and sector, and CO2 by city type.

The background is the policy ``best`` without any measure. Electricity that a measure saves or
draws changes fuel at the power plants; for the choice by city type this CO2 is given to the types
in proportion to the electricity they save or draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES
from scenair.projection.library import LEVELS
from scenair.projection.model import project
from scenair.projection.setup import Projection, Setup, choose, uniform
from scenair.projection.typology import TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

CHOICES: Final = LEVELS[1:]
_CO2: Final = SPECIES.index("CO2")
_POWER: Final = SECTORS.index("power")


@dataclass(frozen=True)
class Potentials:
    """Effects of measures alone.

    ``change`` (measure, level, city, sector, species) in the year of interest, Mg yr-1;
    ``co2`` (measure, level, year, type) Mg yr-1; ``base`` CO2 without measures (year, type);
    ``touched`` CO2 of the measure's sectors without it (measure, type) in the year of interest.
    """

    measures: tuple[str, ...]
    years: tuple[int, ...]
    year: int
    change: npt.NDArray[np.float32]
    co2: Array
    base: Array
    touched: Array
    national: pd.DataFrame


def by_type(values: Array, types: npt.NDArray[np.int32]) -> Array:
    """Sum over the cities of each type, (..., city) -> (..., type)."""
    out = np.zeros((*values.shape[:-1], len(TYPES)))
    for code in range(len(TYPES)):
        out[..., code] = values[..., types == code].sum(axis=-1)
    return out


def co2_by_type(alone: Projection, background: Projection, types: npt.NDArray[np.int32]) -> Array:
    """CO2 change of a measure by the type that takes it, shape (year, type), Mg yr-1."""
    change = alone.emission[..., _CO2] - background.emission[..., _CO2]
    power = change[:, :, _POWER].sum(axis=1)
    direct = by_type(change.sum(axis=2) - change[:, :, _POWER], types)
    drawn = alone.balance.demand.sum(axis=2) - background.balance.demand.sum(axis=2)
    weight = by_type(np.abs(drawn), types)
    # a measure of the power sector itself acts where power is made
    made = by_type(np.abs(change[:, :, _POWER]), types)
    weight = np.where(weight.sum(axis=1, keepdims=True) > 1e-9, weight, made)
    total = weight.sum(axis=1, keepdims=True)
    share = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
    out: Array = direct + power[:, None] * share
    return out


def measure_potentials(
    setup: Setup, types: npt.NDArray[np.int32], *, year: int, measures: Sequence[str]
) -> tuple[Potentials, Projection]:
    """Every measure alone at every level over the policy ``best``.

    Returns
    -------
    Potentials, Projection
        And the background without measures.
    """
    background = project(setup, choose(setup, [], policy="best"))
    n = setup.state.cities.size
    at = setup.years.index(year)
    shape = (len(measures), len(CHOICES))
    change = np.zeros((*shape, n, len(SECTORS), len(SPECIES)), dtype=np.float32)
    co2 = np.zeros((*shape, len(setup.years), len(TYPES)))
    touched = np.zeros((len(measures), len(TYPES)))
    rows = []
    for m, measure in enumerate(measures):
        sectors = sorted({SECTORS.index(p.sector) for p in setup.tables.library[measure]})
        touched[m] = by_type(background.emission[at][:, sectors, _CO2].sum(axis=1), types)
        for i, level in enumerate(CHOICES):
            alone = project(setup, choose(setup, [(measure, uniform(setup, level))], policy="best"))
            change[m, i] = alone.emission[at] - background.emission[at]
            co2[m, i] = co2_by_type(alone, background, types)
            rows.extend(_national_rows(setup, measure, level, alone, background))
    base = by_type(background.emission[..., _CO2].sum(axis=2), types)
    return (
        Potentials(
            measures=tuple(measures),
            years=setup.years,
            year=year,
            change=change,
            co2=co2,
            base=base,
            touched=touched,
            national=pd.DataFrame(rows),
        ),
        background,
    )


def _national_rows(
    setup: Setup, measure: str, level: str, alone: Projection, background: Projection
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    wanted: tuple[int, ...] = (2025, 2030, 2035)
    marks = [y for y in wanted if y in setup.years] or [setup.years[-1]]
    for year in marks:
        at = setup.years.index(year)
        change = (alone.emission[at] - background.emission[at]).sum(axis=0)
        before = background.emission[at].sum(axis=0)
        row: dict[str, object] = {"measure": measure, "level": level, "year": year}
        for s, species in enumerate(SPECIES):
            row[species] = float(change[:, s].sum())
            row[f"{species}_share"] = float(change[:, s].sum() / before[:, s].sum())
        moved = np.abs(change[:, _CO2]) > 1e3
        row["sectors"] = " ".join(np.array(SECTORS)[moved])
        row["parameters"] = " ".join(p.name for p in setup.tables.library[measure])
        rows.append(row)
    return rows


def undeclared_raises(
    change: Array,
    before: Array,
    declared: Sequence[tuple[str, str]],
    *,
    tolerance: float = 1e-6,
    floor: float = 1e-3,
) -> list[tuple[str, str, float]]:
    """Sectors and species that rise without being declared, in the nation or in any city.

    Parameters
    ----------
    change, before : ndarray, shape (..., sector, species)
        Emission change of a measure alone, and emission without it (Mg yr-1); a leading dimension
        is a city, and a rise in one city is not made up for by a fall in another.
    declared : sequence of (sector, species)
        ``*`` stands for every species.
    tolerance, floor : float
        Rises up to this share of the emission, or up to this (Mg yr-1), are rounding.

    Returns
    -------
    list of (sector, species, largest rise in Mg yr-1)
    """
    rise = np.where(change > np.maximum(tolerance * before, floor), change, 0.0)
    worst = rise.reshape(-1, *rise.shape[-2:]).max(axis=0)
    return [
        (SECTORS[j], SPECIES[s], float(worst[j, s]))
        for j, s in zip(*np.nonzero(worst), strict=True)
        if not {(SECTORS[j], SPECIES[s]), (SECTORS[j], "*")} & set(declared)
    ]
