"""Who is asked to cut how much, so that every receptor meets its target.

A source is asked only where it is linked: where it gives a receptor above its target at least a
share of all that is controlled there (the idea of linkage in EPA's Cross-State Air Pollution Rule,
which takes 1 % of the standard). Without it a receptor out of reach would empty half a continent
for fractions of a percent. Costs rise with what is cut already, so that the effort is spread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import linprog

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

#: Share of a receptor's controlled PM2.5 from which a source is linked to it.
LINKED_SHARE: Final = 0.01
#: One step of cost up to nine tenths of the emissions.
ONE_STEP: Final = ((0.9, 1.0),)
#: Share of a receptor's largest source below which a source only spoils the scaling.
_SMALLEST_SOURCE: Final = 1e-6


@dataclass(frozen=True)
class Allocation:
    """Cuts by source that meet the targets at least cost.

    Attributes
    ----------
    cut : ndarray (source,)
        Share of the source's emissions.
    shortfall : ndarray (receptor,)
        What the cuts leave above the target where its linked sources can't reach it, ug m-3.
    linked : ndarray of bool (receptor, source)
        Which sources are asked for which receptor above its target.
    cost : float
        Sum of weight x relative cost x cut.
    """

    cut: npt.NDArray[np.float64]
    shortfall: npt.NDArray[np.float64]
    linked: npt.NDArray[np.bool_]
    cost: float


def least_cuts(
    excess: npt.NDArray[np.float64],
    contribution: npt.NDArray[np.float64],
    *,
    weight: npt.NDArray[np.float64] | None = None,
    steps: Sequence[tuple[float, float]] = ONE_STEP,
    linked_share: float = LINKED_SHARE,
) -> Allocation:
    """Cheapest cuts that take every receptor to its target.

    min sum w_j p_k x_jk subject to sum_jk A_ij x_jk >= excess_i, 0 <= x_jk <= width of step k
    (HiGHS). A receptor that its linked sources can't bring to its target at their largest cuts
    asks for those cuts; the rest is its shortfall.

    Parameters
    ----------
    excess : ndarray (receptor,)
        Concentration above the target, ug m-3; what is below counts as 0.
    contribution : ndarray (receptor, source)
        ug m-3 at base emissions.
    weight : ndarray (source,), optional
        Cost of a full cut, for example emissions; 1 each by default.
    steps : sequence of (upper, relative cost)
        Up to which share of the emissions a cut costs how much, both ascending; the last upper
        bound is the largest cut.
    linked_share : float
        0 links every source.

    Raises
    ------
    InputError
        Steps that do not ascend in 0-1.
    """
    upper, price = np.asarray(steps, dtype=np.float64).T
    width = np.diff(upper, prepend=0.0)
    if (width <= 0).any() or upper[-1] > 1 or (np.diff(price) < 0).any():
        raise InputError(
            "steps of cost must ascend", value=[tuple(s) for s in steps], allowed="0-1"
        )
    need = np.maximum(excess, 0.0)
    linked = _linked(need, contribution, linked_share)
    largest = np.where(linked.any(axis=0), upper[-1], 0.0)
    n = contribution.shape[1]
    if not linked.any():
        return Allocation(np.zeros(n), need, linked, 0.0)
    # what is a millionth of a receptor's largest source only spoils the scaling
    main = contribution >= _SMALLEST_SOURCE * contribution.max(axis=1, keepdims=True)
    matrix = np.where(main, contribution, 0.0)
    reach = np.where(linked, matrix, 0.0) @ largest
    # a hair below what is reachable keeps the problem feasible in floating point
    asked = np.minimum(need, reach * (1 - 1e-6))
    w = np.ones(n) if weight is None else np.asarray(weight, dtype=np.float64)
    costs = np.outer(price, w).ravel()
    rows = need > 0
    result = linprog(
        costs / costs.max(),
        A_ub=-np.tile(matrix[rows], len(width)),
        b_ub=-asked[rows],
        bounds=np.column_stack([np.zeros(costs.size), np.outer(width, largest > 0).ravel()]),
        method="highs",
    )
    if not result.success:
        raise InputError("the allocation has no solution", value=result.message)
    cut = result.x.reshape(len(width), n).sum(axis=0)
    left = np.maximum(need - matrix @ cut, 0.0)
    return Allocation(cut, np.where(need > asked, left, 0.0), linked, float(costs @ result.x))


def _linked(
    need: npt.NDArray[np.float64], contribution: npt.NDArray[np.float64], share: float
) -> npt.NDArray[np.bool_]:
    total = contribution.sum(axis=1, keepdims=True)
    enough = (contribution > 0) & (contribution >= share * total)
    return np.asarray(enough & (need > 0)[:, None])


def equal_effort(
    excess: npt.NDArray[np.float64], contribution: npt.NDArray[np.float64], *, largest: float
) -> npt.NDArray[np.float64]:
    """Cut that each receptor needs if all sources cut alike, at most ``largest``.

    Returns
    -------
    ndarray (receptor,)
        Share; ``largest`` where even that is not enough.
    """
    total = contribution.sum(axis=1)
    need = np.maximum(excess, 0.0)
    share = np.divide(need, total, out=np.zeros_like(need), where=total > 0)
    return np.asarray(np.minimum(share, largest))
