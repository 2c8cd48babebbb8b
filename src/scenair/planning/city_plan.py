"""Which measures, in which city, how far, so that cities above their limit reach it at least cost.

Linear throughout: the responsibility matrix turns emission changes into concentrations, potentials
of measures are those of each alone. Both hold for moderate changes; what the reductions of one
sector add up to is held below its emissions. The plan is a proposal to run through the chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from scenair.core.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

#: Largest share of a sector's emissions that measures together may take off.
LARGEST_SHARE: Final = 0.9
#: Relative slack on the smallest shortfall, so that the second programme stays feasible.
_SLACK: Final = 1e-6


@dataclass(frozen=True)
class Options:
    """What can be chosen.

    Attributes
    ----------
    reduction : ndarray (measure, level, city, sector, species)
        Emissions taken off beyond what the scenario does already, Mg yr-1; negative where a
        measure raises them.
    cost : ndarray (measure, level, city)
        A year, any currency.
    emission : ndarray (city, sector, species)
        Of the scenario, Mg yr-1.
    """

    reduction: Array
    cost: Array
    emission: Array


@dataclass(frozen=True)
class Plan:
    """A solution.

    Attributes
    ----------
    level : ndarray (measure, level, city)
        Share of the option that is used, 0-1; the levels of a measure in a city sum to at most 1.
    lowered : ndarray (receptor,)
        Fall of the concentration, ug m-3.
    shortfall : ndarray (receptor,)
        What no choice of measures takes off, ug m-3.
    cost : float
        A year.
    """

    level: Array
    lowered: Array
    shortfall: Array
    cost: float


def scenario_reduction(change: Array, used: Array) -> Array:
    """Reductions beyond what a scenario uses already.

    Parameters
    ----------
    change : ndarray (measure, level, city, sector, species)
        Emission change of each measure alone at each level, Mg yr-1 (negative: less).
    used : ndarray (measure, level, city)
        Share of each level in the scenario, 0-1.

    Returns
    -------
    ndarray
        Of ``change``; at a level below the one in use it is negative or zero.
    """
    there = np.einsum("mlc,mlcsp->mcsp", used, change)
    return np.asarray(there[:, None] - change)


def per_unit(reduction: Array, slope: Array) -> Array:
    """Fall of each receptor's concentration by each option at full use, ug m-3.

    Parameters
    ----------
    reduction : ndarray (measure, level, city, sector, species)
        Mg yr-1.
    slope : ndarray (receptor, city, sector, species)
        ug m-3 (Mg yr-1)-1.

    Returns
    -------
    ndarray (receptor, measure, level, city)
    """
    return np.asarray(np.einsum("icsp,mlcsp->imlc", slope, reduction, optimize=True))


def least_cost_plan(
    excess: Array, lowering: Array, options: Options, *, linked: npt.NDArray[np.bool_]
) -> Plan:
    """Cheapest choice of measures that leaves the smallest shortfall.

    First the sum of shortfalls is made as small as the linked cities' measures allow, then the
    cost (two linear programmes, HiGHS). A receptor within reach counts what every city gives it;
    one out of reach asks its linked cities only, or half a continent would act for fractions of a
    percent.

    Parameters
    ----------
    excess : ndarray (receptor,)
        Concentration above the limit, ug m-3, above 0.
    lowering : ndarray (receptor, measure, level, city)
        From :func:`per_unit`.
    options : Options
    linked : ndarray of bool (receptor, city)

    Raises
    ------
    InputError
        Nothing to lower, or costs that are negative or no numbers.
    """
    if excess.size == 0 or (excess <= 0).any():
        raise InputError("a plan needs receptors above their limit", value=excess.tolist()[:5])
    if not (np.isfinite(options.cost) & (options.cost >= 0)).all():
        raise InputError("costs must be numbers and not negative", value=float(options.cost.min()))
    near = lowering * linked[:, None, None, :]
    # an option that lowers nothing where it is linked is left out
    useful = np.flatnonzero((near > 0).any(axis=0).ravel())
    full, own = (part.reshape(len(excess), -1)[:, useful] for part in (lowering, near))
    price = options.cost.ravel()[useful]
    limits = _limits(options, useful)
    n = len(useful)
    free = np.zeros(n)
    first = _solve(np.r_[free, np.ones(len(excess))], own, excess, limits, spare=None)
    short = np.maximum(first[n:], 0.0)
    reached = short <= _SLACK
    rows = np.where(reached[:, None], full, own)
    second = _solve(
        np.r_[price / max(float(price.max(initial=0.0)), 1.0), np.zeros(len(excess))],
        rows,
        excess,
        limits,
        spare=short + _SLACK * np.maximum(1.0, short),
    )
    level = np.zeros(options.cost.size)
    level[useful] = np.clip(second[:n], 0, 1)
    lowered = full @ level[useful]
    left = np.where(reached, 0.0, np.maximum(excess - lowered, 0.0))
    return Plan(
        level=level.reshape(options.cost.shape),
        lowered=lowered,
        shortfall=left,
        cost=float(price @ level[useful]),
    )


def _limits(options: Options, useful: npt.NDArray[np.int64]) -> tuple[sp.csr_matrix, Array]:
    """One level of a measure in a city; measures of a sector within its emissions."""
    n_city = options.cost.shape[2]
    measure, _, city = np.unravel_index(useful, options.cost.shape)
    pairs, row = np.unique(measure * n_city + city, return_inverse=True)
    column = np.arange(len(useful))
    one = sp.csr_matrix((np.ones(len(useful)), (row, column)), shape=(len(pairs), len(useful)))
    # all measures at their best together: only where they exceed the sector can the cap bind
    most = np.maximum(options.reduction.max(axis=1), 0.0).sum(axis=0)
    c, s, p = np.nonzero(most > LARGEST_SHARE * options.emission)
    by_option = options.reduction.reshape(-1, *options.emission.shape[1:])
    blocks = []
    for place in np.unique(c):
        mine, take = np.flatnonzero(city == place), c == place
        block = sp.lil_matrix((int(take.sum()), len(useful)))
        block[:, mine] = by_option[useful[mine]][:, s[take], p[take]].T
        blocks.append(block.tocsr())
    caps = LARGEST_SHARE * options.emission[c, s, p]  # np.nonzero gives cities in order
    return sp.csr_matrix(sp.vstack([one, *blocks])), np.concatenate([np.ones(len(pairs)), caps])


def _solve(
    cost: Array,
    lowering: Array,
    excess: Array,
    limits: tuple[sp.csr_matrix, Array],
    *,
    spare: Array | None,
) -> Array:
    """Levels and shortfalls of one programme; ``spare`` bounds the shortfalls."""
    r, n = lowering.shape
    reach = sp.hstack([sp.csr_matrix(-lowering), -sp.eye_array(r)])
    bound = sp.hstack([limits[0], sp.csr_matrix((limits[0].shape[0], r))])
    rows = sp.csr_matrix(sp.vstack([reach, bound]))
    right = np.concatenate([-excess, limits[1]])
    # rows differ by many orders of magnitude (ug m-3 and Mg): each is scaled by its largest entry
    largest = np.asarray(abs(rows).max(axis=1).todense()).ravel()
    scale = 1 / np.where(largest > 0, largest, 1.0)
    upper = np.r_[np.ones(n), np.full(r, np.inf) if spare is None else spare]
    result = linprog(
        cost,
        A_ub=sp.diags_array(scale) @ rows,
        b_ub=scale * right,
        bounds=np.column_stack([np.zeros(n + r), upper]),
        method="highs",
    )
    if not result.success:
        raise InputError("the plan has no solution", value=result.message)
    return np.asarray(result.x)
