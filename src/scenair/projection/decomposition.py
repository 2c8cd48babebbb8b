"""Who did what: end-of-pipe against co-control, measures by Shapley values, sectors of cities.

Shapley value of measure i: the mean over orders of the change of emission when i joins those
before it. Orders are sampled in pairs (an order and its reverse) from a fixed seed; the values sum
to the whole change exactly, and they do not depend on the order in which a scenario lists its
measures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scenair.core.sectors import SECTORS
from scenair.core.species import POLLUTANTS, SPECIES
from scenair.projection.model import project
from scenair.projection.peaks import peak_years
from scenair.projection.setup import Choice, Setup, choose

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

_CO2 = SPECIES.index("CO2")


def shapley(
    players: Sequence[str],
    value: Callable[[frozenset[str]], Array],
    *,
    permutations: int,
    seed: int,
) -> tuple[Array, Array]:
    """Shapley values by sampling orders in pairs.

    Parameters
    ----------
    players : sequence of str
        Their order does not matter: they are sorted first.
    value : callable
        Coalition -> array (any shape); called once for each coalition.
    permutations : int
        Number of orders; odd numbers are rounded up to pairs.
    seed : int

    Returns
    -------
    values, errors : ndarray, shape (player, ...)
        In the order of ``players``; standard errors from the pairs (0 with one pair).
    """
    names = sorted(players)
    known: dict[frozenset[str], Array] = {}

    def of(coalition: frozenset[str]) -> Array:
        if coalition not in known:
            known[coalition] = np.asarray(value(coalition), dtype=np.float64)
        return known[coalition]

    empty = of(frozenset())
    generator = np.random.default_rng(seed)
    pairs = max(1, (permutations + 1) // 2)
    sums = np.zeros((pairs, len(names), *empty.shape))
    for p in range(pairs):
        order = generator.permutation(len(names))
        for direction in (order, order[::-1]):
            inside: frozenset[str] = frozenset()
            for i in direction:
                joined = inside | {names[i]}
                sums[p, i] += 0.5 * (of(joined) - of(inside))
                inside = joined
    mean = sums.mean(axis=0)
    error = sums.std(axis=0, ddof=1) / np.sqrt(pairs) if pairs > 1 else np.zeros_like(mean)
    back = [names.index(p) for p in players]
    return mean[back], error[back]


def national(setup: Setup, choice: Choice, *, year: int) -> Array:
    """National emission by sector and species of one year, shape (sector, species)."""
    out: Array = project(setup, choice).emission[setup.years.index(year)].sum(axis=0)
    return out


def measure_values(
    setup: Setup, choice: Choice, *, year: int, permutations: int, seed: int
) -> pd.DataFrame:
    """Contribution of each measure of a scenario, Mg yr-1 by species.

    Returns
    -------
    DataFrame
        measure, species, contribution (negative: less), standard_error, share of the whole.
    """
    measures = [m for m, level in choice.levels.items() if np.any(level)]

    def value(coalition: frozenset[str]) -> Array:
        levels = {m: choice.levels[m] for m in choice.levels if m in coalition}
        run = national(setup, Choice(levels=levels, policy=choice.policy), year=year)
        return np.asarray(run.sum(axis=0))

    rows: list[dict[str, object]] = []
    if measures:
        values, errors = shapley(measures, value, permutations=permutations, seed=seed)
        whole = values.sum(axis=0)
        for m, measure in enumerate(measures):
            for s, species in enumerate(SPECIES):
                rows.append(
                    {
                        "measure": measure,
                        "species": species,
                        "contribution": values[m, s],
                        "standard_error": errors[m, s],
                        "share": values[m, s] / whole[s] if whole[s] else 0.0,
                    }
                )
    columns = ["measure", "species", "contribution", "standard_error", "share"]
    return pd.DataFrame(rows, columns=columns)


def contributions(setup: Setup, choice: Choice, *, year: int) -> pd.DataFrame:
    """End-of-pipe against co-control a species, in either order and their mean (Shapley of two).

    Returns
    -------
    DataFrame
        species, reference, scenario (Mg yr-1), end_of_pipe, co_control (negative: less), and both
        when end-of-pipe comes first.
    """
    current = tuple("current" for _ in choice.policy)
    cases = {
        "reference": Choice(levels={}, policy=current),
        "pipe": Choice(levels={}, policy=choice.policy),
        "measures": Choice(levels=choice.levels, policy=current),
        "scenario": choice,
    }
    e = {name: national(setup, c, year=year).sum(axis=0) for name, c in cases.items()}
    first = e["pipe"] - e["reference"]
    last = e["scenario"] - e["measures"]
    pipe = 0.5 * (first + last)
    whole = e["scenario"] - e["reference"]
    return pd.DataFrame(
        {
            "species": SPECIES,
            "year": year,
            "reference": e["reference"],
            "scenario": e["scenario"],
            "end_of_pipe": pipe,
            "co_control": whole - pipe,
            "end_of_pipe_first": first,
            "co_control_last": whole - first,
        }
    )


def sector_drivers(
    emission: Array, years: Sequence[int], *, start: int, end: int, tolerance: float
) -> pd.DataFrame:
    """CO2 change by sector of cities that have peaked by ``end`` and of the others.

    Parameters
    ----------
    emission : ndarray, shape (year, city, sector, species)
    """
    index = {int(y): i for i, y in enumerate(years)}
    co2 = emission[..., _CO2]
    year, peaked = peak_years(co2.sum(axis=2), years, tolerance=tolerance)
    done = peaked & (year <= end)
    change = co2[index[end]] - co2[index[start]]
    return pd.DataFrame(
        {
            "sector": list(SECTORS),
            "start": start,
            "end": end,
            "cities_peaked": int(done.sum()),
            "cities_not_peaked": int((~done).sum()),
            "change_peaked": change[done].sum(axis=0),
            "change_not_peaked": change[~done].sum(axis=0),
        }
    )


def elasticity(reference: Array, scenario: Array) -> Array:
    """Co-control elasticity (dAP / AP) / (dCO2 / CO2), shape (..., pollutant).

    NaN where CO2 does not change by at least one in a million.

    Parameters
    ----------
    reference, scenario : ndarray, shape (..., species)
    """
    before = np.where(reference > 0, reference, np.nan)
    change = (scenario - reference) / before
    co2 = change[..., _CO2 : _CO2 + 1]
    moved = np.where(np.abs(co2) > 1e-6, co2, np.nan)
    out: Array = change[..., :_CO2] / moved
    return out


def first_sectors(reference: Array, scenario: Array, cities: npt.NDArray[np.int32]) -> pd.DataFrame:
    """The sector that cuts most in each city, for CO2 and for PM2.5 precursors, with elasticities.

    Parameters
    ----------
    reference, scenario : ndarray, shape (city, sector, species)
        Of one year (Mg yr-1).
    """
    saved = reference - scenario
    total = saved[..., _CO2].sum(axis=1)
    best = saved[..., _CO2].argmax(axis=1)
    precursors = [SPECIES.index(s) for s in ("SO2", "NOx", "PM25")]
    air = saved[..., precursors].sum(axis=2)
    frame = pd.DataFrame(
        {
            "adcode": cities,
            "first_sector_co2": [
                SECTORS[i] if s > 0 else ""
                for i, s in zip(best, saved[np.arange(len(best)), best, _CO2], strict=True)
            ],
            "co2_saved": total,
            "first_sector_air": [SECTORS[i] for i in air.argmax(axis=1)],
            "air_saved": air.sum(axis=1),
        }
    )
    e = elasticity(reference.sum(axis=1), scenario.sum(axis=1))
    for s, species in enumerate(POLLUTANTS):
        frame[f"elasticity_{species}"] = e[:, s]
    return frame


def reference_choice(setup: Setup) -> Choice:
    """No measure, current legislation."""
    return choose(setup, [], policy="current")
