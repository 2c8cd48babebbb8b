"""The runs of a design: emissions scaled over the whole domain, solved by the surrogate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from scenair.surrogate.products import WARM_QUARTERS
from scenair.surrogate.response_surface import design
from scenair.surrogate.sources import tracer_emissions
from scenair.surrogate.year import Emitted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scenair.surrogate.parameters import Parameters
    from scenair.surrogate.sweep import SharedQuarter

Array = npt.NDArray[np.float64]

FACTORS: Final = ("NOx", "NMVOC", "SO2", "NH3", "PM25")
#: Species of the inventory that each factor scales.
SPECIES_OF: Final[dict[str, tuple[str, ...]]] = {
    "NOx": ("NOx",),
    "NMVOC": ("NMVOC",),
    "SO2": ("SO2",),
    "NH3": ("NH3",),
    "PM25": ("PM25", "BC", "OC"),
}
#: Quantities of the runs.
QUANTITIES: Final = ("PM25", "O3")
#: Seed of the runs that judge; the fit never sees them.
_JUDGE_SEED: Final = 2


def design_runs(*, runs: int, held_out: int, method: str, largest: float) -> tuple[Array, Array]:
    """Emission ratios (run, factor) of the runs to fit and of those that judge.

    Those that judge are a Latin hypercube inside the range, without corners.
    """
    fitted = design(FACTORS, runs, largest=largest, method=method)
    judged = design(
        FACTORS, held_out, largest=largest, method="lhs", corners=False, seed=_JUDGE_SEED
    )
    return fitted, judged


def scaled(
    species: Mapping[str, Array], release: Array, ratio: Array, *, par: Parameters
) -> Emitted:
    """Emissions of a quarter under a run's ratios.

    Parameters
    ----------
    species : mapping of species -> (sector, y, x)
        ug s-1.
    release : (sector, layer)
    ratio : (factor,)
        In the order of :data:`FACTORS`.
    """
    factor = {s: r for name, r in zip(FACTORS, ratio, strict=True) for s in SPECIES_OF[name]}
    emitted = {name: values * factor.get(name, 1.0) for name, values in species.items()}

    def released(by_sector: Array) -> Array:
        return np.asarray(np.einsum("sl,syx->lyx", release, by_sector, optimize=True))

    tracers = {k: released(v) for k, v in tracer_emissions(emitted, par=par).items()}
    return Emitted(tracers, released(emitted["NMVOC"]))


def run_design_quarter(
    shared: SharedQuarter,
    number: int,
    emitted: Sequence[Emitted],
    *,
    biogenic: Array | None,
    par: Parameters,
) -> tuple[Array, Array | None]:
    """Controlled PM2.5 and, in a warm quarter, ozone of all runs, (run, y, x), ug m-3."""
    members = {(i, "run"): one for i, one in enumerate(emitted)}
    solved = shared.solve(members, number, biogenic=biogenic, par=par).values()
    particles = [np.sum(list(solution.parts.values()), axis=0) for solution in solved]
    ozone = [solution.ozone.ozone for solution in solved if solution.ozone is not None]
    return np.stack(particles), np.stack(ozone) if ozone else None


def annual(quarterly: Sequence[Array], days: npt.NDArray[np.int64]) -> Array:
    """Day-weighted mean of four quarters."""
    return np.asarray(np.average(np.stack(quarterly), axis=0, weights=days))


def warm(quarterly: Mapping[int, Array], days: npt.NDArray[np.int64]) -> Array:
    """Day-weighted mean of the warm quarters."""
    weights = [days[q] for q in WARM_QUARTERS]
    values = np.stack([quarterly[q] for q in WARM_QUARTERS])
    return np.asarray(np.average(values, axis=0, weights=weights))
