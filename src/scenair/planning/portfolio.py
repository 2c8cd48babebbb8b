"""Least-cost portfolios: which measures, where and how far, so that every target is met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt


@dataclass(frozen=True)
class Portfolio:
    """A solution.

    Attributes
    ----------
    level : Series
        Share of each measure's potential that is used, 0-1 (0 or 1 for whole measures).
    cost : float
        A year.
    achieved : Series
        Reduction of each target quantity.
    """

    level: pd.Series
    cost: float
    achieved: pd.Series


def least_cost(
    measures: pd.DataFrame,
    targets: Mapping[str, float],
    *,
    exclusive: Mapping[str, str] | None = None,
    whole: bool = False,
    budget: float | None = None,
) -> Portfolio:
    """Cheapest set of measures that meets all targets (HiGHS through SciPy).

    Parameters
    ----------
    measures : DataFrame
        Index measure; ``cost`` and one column a target quantity (reduction at full use; negative
        where a measure raises it).
    targets : mapping
        Quantity -> reduction to reach, for example ``{"SO2": 100, "CO2": 5000}``, or a city's
        concentration when the columns hold ug m-3 from a responsibility matrix.
    exclusive : mapping, optional
        Measure -> source; of the measures on one source the levels sum to at most 1.
    whole : bool
        Measures are taken or left.
    budget : float, optional
        Upper bound on the cost.

    Raises
    ------
    InputError
        Unknown quantity, or targets out of reach (says which alone are).
    """
    unknown = sorted(set(targets) - set(measures.columns))
    if unknown:
        raise InputError("measures say nothing of", value=", ".join(unknown))
    cost = measures["cost"].to_numpy(np.float64)
    quantity = measures[list(targets)].to_numpy(np.float64).T
    need = np.array(list(targets.values()), dtype=np.float64)
    constraints = [LinearConstraint(quantity, lb=need)]
    if exclusive:
        constraints.append(LinearConstraint(_one_each(measures.index, exclusive), ub=1.0))
    if budget is not None:
        constraints.append(LinearConstraint(cost[None, :], ub=budget))
    result = milp(
        cost,
        constraints=constraints,
        bounds=Bounds(0, 1),
        integrality=np.full(len(cost), int(whole)),
    )
    if not result.success:
        most = np.where(quantity > 0, quantity, 0).sum(axis=1)
        alone = [name for name, m, n in zip(targets, most, need, strict=True) if m < n]
        raise InputError(
            "the targets can't be met",
            value=", ".join(alone) if alone else "together (or within the budget)",
            allowed=", ".join(f"{n} <= {m:g}" for n, m in zip(targets, most, strict=True)),
        )
    level = pd.Series(np.clip(result.x, 0, 1), index=measures.index)
    achieved = pd.Series(quantity @ level.to_numpy(), index=list(targets))
    return Portfolio(level=level, cost=float(cost @ level.to_numpy()), achieved=achieved)


def _one_each(names: pd.Index[str], exclusive: Mapping[str, str]) -> npt.NDArray[np.float64]:
    sources = sorted(set(exclusive.values()))
    matrix = np.zeros((len(sources), len(names)))
    for j, name in enumerate(names):
        if name in exclusive:
            matrix[sources.index(exclusive[name]), j] = 1.0
    return matrix


def strongest_within(
    measures: pd.DataFrame,
    quantity: str,
    *,
    budget: float,
    exclusive: Mapping[str, str] | None = None,
) -> Portfolio:
    """Largest reduction of one quantity that a budget buys."""
    reduction = measures[quantity].to_numpy(np.float64)
    cost = measures["cost"].to_numpy(np.float64)
    constraints = [LinearConstraint(cost[None, :], ub=budget)]
    if exclusive:
        constraints.append(LinearConstraint(_one_each(measures.index, exclusive), ub=1.0))
    result = milp(-reduction, constraints=constraints, bounds=Bounds(0, 1))
    if not result.success:
        raise InputError("nothing can be bought within the budget", value=budget)
    level = pd.Series(np.clip(result.x, 0, 1), index=measures.index)
    used = level.to_numpy()
    return Portfolio(level, float(cost @ used), pd.Series({quantity: float(reduction @ used)}))
