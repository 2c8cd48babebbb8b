"""Choice of measures by city type under a national CO2 constraint, as a small linear programme.

z(m, k, l) = 1 where the cities of type k take measure m at level l (0 or 1, at most one level).

    minimise    sum of effort(m, k, l) z(m, k, l)
    subject to  CO2(t) - CO2(t - 1) <= -fall CO2(t - 1)  for every t after the peak year,
                CO2(t) = CO2 without measures + sum of effect(m, l, t, k) z(m, k, l)

effort = level x CO2 of the measure's sectors in the type x (1 - score / 200), halved in key
sectors (rows ``choice_*`` of ``parameters.csv``): the same CO2 touched costs less where more is
asked of a type. Effects of measures are
those of each alone; a full run corrects their sum and the programme is solved again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

_GAP: Final = 1e-3
_NODES: Final = 200


@dataclass(frozen=True)
class Problem:
    """Data of the programme: measures x types x levels.

    ``effect`` (measure, level, year, type) and ``base`` (year,) CO2 in Mg yr-1; ``effort``
    (measure, type, level); ``allowed`` (measure, type, level); ``fall`` the least share by which
    CO2 falls in a year after the peak (yr-1).
    """

    years: tuple[int, ...]
    base: Array
    effect: Array
    effort: Array
    allowed: npt.NDArray[np.bool_]
    fall: float


@dataclass(frozen=True)
class Answer:
    """What HiGHS found: levels (measure, type; 0 none, 1-3), the effort, the gap it left (1)."""

    levels: npt.NDArray[np.int64]
    objective: float
    gap: float
    status: str


def effort_of(
    touched: Array,
    score: Array,
    key: npt.NDArray[np.bool_],
    *,
    parameters: Mapping[str, float],
) -> Array:
    """Effort by measure, type and level.

    Parameters
    ----------
    touched : ndarray, shape (measure, type)
        CO2 of the measure's sectors (Mg yr-1).
    score : ndarray, shape (type,)
        0 to 100.
    key : ndarray of bool, shape (measure,)
        Whether the measure acts in a key sector.
    parameters : mapping
        Rows ``choice_*`` of ``parameters.csv``.
    """
    level = np.array([parameters[f"choice_effort_{name}"] for name in ("low", "middle", "high")])
    price = touched / 1e6 * (1.0 - score / parameters["choice_effort_score"])
    price = price * np.where(key, parameters["choice_key_discount"], 1.0)[:, None]
    # of two measures that touch nothing the lower level is taken
    out: Array = price[:, :, None] * level + 1e-6 * level
    return out


def solve_peak(
    problem: Problem,
    *,
    peak_year: int,
    fixed: npt.NDArray[np.int64],
    correction: Array,
) -> Answer:
    """Levels by measure and type (0 none, 1-3) with the least effort.

    Parameters
    ----------
    problem : Problem
    peak_year : int
        Last year in which CO2 may rise.
    fixed : ndarray of int, shape (measure, type)
        Levels taken already; the answer is at least these.
    correction : ndarray, shape (year,)
        Full run less sum of single effects, from the last iteration (Mg yr-1).

    Raises
    ------
    InputError
        No choice reaches the peak year.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    n_m, n_l, _, n_k = problem.effect.shape
    years = np.asarray(problem.years)
    after = np.flatnonzero(years > peak_year)
    if not after.size:
        raise InputError("the peak year is the horizon", value=peak_year)
    # (year, measure, type, level) flattened to columns
    effect = problem.effect.transpose(2, 0, 3, 1).reshape(years.size, -1)
    base = problem.base + correction
    keep = 1.0 - problem.fall
    # without the rounding of 1e9 Mg the solver would see huge numbers
    matrix = (effect[after] - keep * effect[after - 1]) / 1e6
    bound = (keep * base[after - 1] - base[after]) / 1e6
    one_level = np.kron(np.eye(n_m * n_k), np.ones((1, n_l)))
    at_least = (np.arange(1, n_l + 1) >= fixed.reshape(-1, 1)) | (fixed.reshape(-1, 1) == 0)
    upper = (problem.allowed.reshape(-1, n_l) & at_least).astype(np.float64).ravel()
    must = (fixed.ravel() > 0).astype(np.float64)
    found = milp(
        problem.effort.ravel(),
        integrality=np.ones(upper.size),
        bounds=Bounds(0.0, upper),
        constraints=[
            LinearConstraint(matrix, -np.inf, bound),
            LinearConstraint(one_level, must, 1.0),
        ],
        options={"mip_rel_gap": _GAP, "node_limit": _NODES, "presolve": True},
    )
    if found.x is None:
        raise InputError(
            "no choice of measures reaches the CO2 peak",
            where="scenario, key select",
            value=f"peak_year {peak_year}",
            remedy="choose a later peak year, a higher ceiling, or add measures",
        )
    chosen = np.round(found.x).reshape(n_m, n_k, n_l)
    return Answer(
        levels=np.asarray((chosen * np.arange(1, n_l + 1)).sum(axis=2), dtype=np.int64),
        objective=float(found.fun),
        gap=float(found.mip_gap or 0.0),
        status=str(found.message).strip().splitlines()[0],
    )


def by_potential(
    potential: Array, *, share: float, ceiling: int, names: Sequence[str]
) -> npt.NDArray[np.int64]:
    """Level by measure: the measures with the highest potential until they hold ``share``.

    Parameters
    ----------
    potential : ndarray, shape (measure,)
        Improvement at the ceiling (any unit); negative ones are never taken.
    share : float
        Of the summed positive potential.
    ceiling : int
        Level that they get (1-3).
    names : sequence of str
        Breaks ties by name, so that the choice does not depend on the order of a file.
    """
    order = sorted(range(potential.size), key=lambda i: (-potential[i], names[i]))
    total = np.maximum(potential, 0.0).sum()
    out = np.zeros(potential.size, dtype=np.int64)
    held = 0.0
    for i in order:
        if held >= share * total or potential[i] <= 0:
            break
        out[i] = ceiling
        held += float(potential[i])
    return out
