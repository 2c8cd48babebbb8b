"""How good is it: statistics against monitors and slopes of the national response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from scenair.surrogate.geometry import geometry
from scenair.surrogate.model import run_quarter
from scenair.surrogate.products import surface_parts
from scenair.surrogate.quarter import prepare_quarter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from scenair.core.grids import Grid
    from scenair.surrogate.gridded import Sources
    from scenair.surrogate.parameters import Parameters

Array = npt.NDArray[np.float64]

#: Tracers that a cut of a species scales.
TRACERS_OF: Final[dict[str, tuple[str, ...]]] = {
    "PM25": ("BC", "POA", "OTHER"),
    "SO2": ("SO2", "SO4"),
    "NOx": ("NOx",),
    "NH3": ("TNH4",),
    "VOC_CO": ("PRECURSOR",),
}


class Skill(NamedTuple):
    """Statistics of pairs of model and observation."""

    n: int
    mean_observed: float
    mean_modelled: float
    nmb: float
    nme: float
    r: float
    fac2: float


def skill(observed: Array, modelled: Array) -> Skill:
    """Normalised mean bias and error, correlation, share within a factor of 2.

    Pairs with a missing value are left out. Definitions as in Emery et al. (2017, JAWMA 67,
    582-598); NMB and NME are fractions.

    Raises
    ------
    ValueError
        Fewer than three pairs.
    """
    both = np.isfinite(observed) & np.isfinite(modelled)
    o, m = observed[both], modelled[both]
    if o.size < 3:
        raise ValueError(f"{o.size} pairs are too few")
    return Skill(
        n=int(o.size),
        mean_observed=float(o.mean()),
        mean_modelled=float(m.mean()),
        nmb=float((m - o).sum() / o.sum()),
        nme=float(np.abs(m - o).sum() / o.sum()),
        r=float(np.corrcoef(o, m)[0, 1]),
        fac2=float(np.mean((m >= o / 2) & (m <= 2 * o))),
    )


def ambient(reference: Array, *, temperature: Array, pressure: Array) -> Array:
    """Concentration at ambient conditions from one at 273.15 K and 101 325 Pa."""
    return np.asarray(reference * (273.15 / temperature) * (pressure / 101_325.0))


def national_parts(
    met: xr.Dataset,
    sources: Sources,
    *,
    grid: Grid,
    par: Parameters,
    weights: Array,
    scale: Mapping[str, float] | None = None,
) -> dict[str, Array]:
    """Weighted mean of the parts of PM2.5 by quarter.

    Parameters
    ----------
    met, sources, grid, par
        The case.
    weights : (y, x)
        For example population; normalised here.
    scale : mapping of species -> factor, optional
        Scales the tracers of :data:`TRACERS_OF`.

    Returns
    -------
    dict
        Part -> (quarter,), ug m-3.
    """
    geo = geometry(grid)
    w = weights / weights.sum()
    factor = {t: f for s, f in (scale or {}).items() for t in TRACERS_OF[s]}
    out: dict[str, list[float]] = {}
    for q in range(4):
        emitted = {k: v * factor.get(k, 1.0) for k, v in sources.of_quarter(q).items()}
        result = run_quarter(prepare_quarter(met, q, geo=geo, par=par), emitted)
        for name, field in surface_parts(result).items():
            out.setdefault(name, []).append(float((w * field).sum()))
    return {name: np.array(values) for name, values in out.items()}


def slopes(
    met: xr.Dataset,
    sources: Sources,
    *,
    grid: Grid,
    par: Parameters,
    weights: Array,
    teragram: Mapping[str, float],
    cut: float = 0.2,
) -> dict[str, Array]:
    """Change of the weighted controlled PM2.5 per Tg yr-1, by quarter, from a national cut.

    Parameters
    ----------
    teragram : mapping of species -> float
        National emissions, Tg yr-1; its keys are the species that are cut one by one.
    cut : float
        Fraction; 0.2 as in TM5-FASST (Van Dingenen et al. 2018, ACP 18, 16173-16211).

    Returns
    -------
    dict
        Species -> (quarter,), ug m-3 per Tg yr-1.
    """

    def total(scale: Mapping[str, float]) -> Array:
        parts = national_parts(met, sources, grid=grid, par=par, weights=weights, scale=scale)
        return np.asarray(np.sum(list(parts.values()), axis=0))

    base = total({})
    out = {}
    for species, mass in teragram.items():
        out[species] = (base - total({species: 1 - cut})) / (cut * mass)
    return out


def own_share(
    met: xr.Dataset,
    quarter: int,
    *,
    emitted: Mapping[str, Array],
    own: Sequence[Mapping[str, Array]],
    receptors: Sequence[Array],
    grid: Grid,
    par: Parameters,
    leave_out: bool = True,
) -> dict[str, Array]:
    """Shares of places in what they breathe themselves, of one quarter.

    Parameters
    ----------
    met, grid, par
        The case.
    quarter : int
        0-3.
    emitted : mapping of tracer -> (layer, y, x)
        All emissions, ug s-1.
    own : sequence of mapping of tracer -> (layer, y, x)
        Those of each place, part of ``emitted``.
    receptors : sequence of (y, x)
        Weights of each place, for example its population; normalised here.
    leave_out : bool
        Whether ``all`` is wanted; it takes two whole runs.

    Returns
    -------
    dict
        ``primary`` (place,): of the primary particles, by superposition. ``all`` (place,): of the
        controlled PM2.5, by leaving out the emissions of all places at once; they must be far
        enough from each other.
    """
    physics = prepare_quarter(met, quarter, geo=geometry(grid), par=par)
    weights = [w / w.sum() for w in receptors]
    primary = TRACERS_OF["PM25"]

    def at(field: Array, place: int) -> float:
        return float((weights[place] * field).sum())

    def particles(sources: Mapping[str, Array]) -> Array:
        one = np.asarray(np.sum([sources[name] for name in primary], axis=0))
        # all primary tracers share one operator
        return np.asarray(run_quarter(physics, {"BC": one}).tracer["BC"][0])

    def controlled(sources: Mapping[str, Array]) -> Array:
        return np.asarray(
            np.sum(list(surface_parts(run_quarter(physics, sources)).values()), axis=0)
        )

    among, each = particles(emitted), [particles(part) for part in own]
    places = range(len(own))
    shares = {"primary": np.array([at(each[i], i) / at(among, i) for i in places])}
    if leave_out:
        rest = {
            name: values - np.sum([part[name] for part in own], axis=0)
            for name, values in emitted.items()
        }
        every, without = controlled(emitted), controlled(rest)
        shares["all"] = np.array([1 - at(without, i) / at(every, i) for i in places])
    return shares
