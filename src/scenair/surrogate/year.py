"""A scenario-year: four quarters, solved side by side."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from scenair.core.periods import seconds_in_months
from scenair.surrogate.gridded import KG_TO_UG, release_of
from scenair.surrogate.model import run_quarter
from scenair.surrogate.nesting import entering, entering_ozone
from scenair.surrogate.ozone import run_ozone
from scenair.surrogate.products import WARM_QUARTERS, Solution, solution_of
from scenair.surrogate.quarter import prepare_quarter
from scenair.surrogate.sources import INPUT_SPECIES, tracer_emissions

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from scenair.surrogate.geometry import Geometry
    from scenair.surrogate.model import Result
    from scenair.surrogate.nesting import Nest
    from scenair.surrogate.parameters import Parameters
    from scenair.surrogate.quarter import Quarter

logger = logging.getLogger(__name__)
Array = npt.NDArray[np.float64]


class Emitted(NamedTuple):
    """Emissions of a quarter.

    Attributes
    ----------
    tracers : dict of tracer -> (layer, y, x)
        ug s-1.
    voc : (layer, y, x)
        NMVOC, ug s-1.
    """

    tracers: dict[str, Array]
    voc: Array


def read_emitted(ds: xr.Dataset, quarter: int, *, year: int, par: Parameters) -> Emitted:
    """Emissions of one quarter from the contents of ``gridded.nc``; only its months are read."""
    months = slice(3 * quarter, 3 * quarter + 3)
    seconds = seconds_in_months(year)[months]
    area = ds["cell_area"].transpose("y", "x").values.astype(np.float64)
    release = release_of(ds)
    species = {}
    for name in INPUT_SPECIES:
        monthly = ds[name].isel(month=months).transpose("month", "sector", "y", "x").values
        mean = np.einsum("m...,m->...", monthly, seconds, dtype=np.float64) / seconds.sum()
        species[name] = mean * area * KG_TO_UG

    def released(by_sector: Array) -> Array:
        return np.asarray(np.einsum("sl,syx->lyx", release, by_sector, optimize=True))

    tracers = tracer_emissions(species, par=par)
    return Emitted({k: released(v) for k, v in tracers.items()}, released(species["NMVOC"]))


def with_ozone(
    quarter: Quarter,
    number: int,
    result: Result,
    emitted: Emitted,
    *,
    biogenic: Array | None,
    par: Parameters,
    nest: Nest | None = None,
    whole: bool = False,
) -> Solution:
    """What is kept of a solved quarter, with ozone where it is a warm one.

    ``biogenic`` (quarter, y, x) is reactivity, s-1; without it no ozone. ``whole`` keeps the
    ozone module's fields of all layers.
    """
    ozone = None
    if biogenic is not None and number in WARM_QUARTERS:
        edge = None
        if nest is not None and number in nest.ozone:
            edge = entering_ozone(
                quarter, nest.ozone[number],
                top_exchange=par["top_exchange"], background=par["ozone_background"],
            )  # fmt: skip
        ozone = run_ozone(
            quarter,
            result.tracer["NOx"],
            emitted.voc,
            direct_no2=emitted.tracers["NOx"],
            biogenic=biogenic[number],
            par=par,
            edge=edge,
            whole=whole,
        )
    return solution_of(quarter, result, ozone)


def together(one: Emitted, other: Emitted) -> Emitted:
    """Two sets of emissions as one."""
    tracers = {name: one.tracers[name] + other.tracers[name] for name in one.tracers}
    return Emitted(tracers, one.voc + other.voc)


class Solved(NamedTuple):
    """A quarter with the whole of its solution."""

    quarter: Quarter
    result: Result
    solution: Solution


def solve_year(
    met: xr.Dataset,
    emitted: Sequence[Emitted],
    *,
    biogenic: Array | None,
    geo: Geometry,
    par: Parameters,
    threads: int = 1,
    nest: Nest | None = None,
) -> list[Solution]:
    """Four quarters.

    Parameters
    ----------
    met, geo, par
        The case.
    emitted : four of Emitted
    biogenic : (quarter, y, x), optional
        Reactivity, s-1; without it no ozone.
    threads : int
        Quarters at a time; they share nothing, so the result does not depend on it.
    nest : Nest, optional
        What enters from a parent run; clean inflow without. Its emissions are not added here.
    """

    def solve(number: int) -> Solution:
        return solve_quarter(
            met, number, emitted[number], biogenic=biogenic, geo=geo, par=par, nest=nest
        ).solution

    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        return list(pool.map(solve, range(4)))


def solve_quarter(
    met: xr.Dataset,
    number: int,
    emitted: Emitted,
    *,
    biogenic: Array | None,
    geo: Geometry,
    par: Parameters,
    nest: Nest | None = None,
    whole: bool = False,
) -> Solved:
    """One quarter (0-3) of :func:`solve_year` with the fields of all tracers.

    ``whole`` keeps those of the ozone module too.
    """
    quarter = prepare_quarter(met, number, geo=geo, par=par)
    inflow = None
    if nest is not None:
        inflow = entering(quarter, nest.of_quarter(number), top_exchange=par["top_exchange"])
    result = run_quarter(quarter, emitted.tracers, inflow=inflow)
    solution = with_ozone(
        quarter, number, result, emitted, biogenic=biogenic, par=par, nest=nest, whole=whole
    )
    logger.info(
        "quarter %d of 4 is solved (%d steps of the particle share)", number + 1, result.picard
    )
    return Solved(quarter, result, solution)
