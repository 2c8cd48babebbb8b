"""Marginal abatement cost curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence


def cost_curve(measures: pd.DataFrame) -> pd.DataFrame:
    """Order measures by unit cost; ties by cost, then by name.

    Parameters
    ----------
    measures : DataFrame
        Index measure; ``cost`` (a year), ``reduction`` (a year, above 0).

    Returns
    -------
    DataFrame
        With unit_cost, cumulative (reduction so far), total_cost, saves (unit cost below 0);
        ascending.

    Raises
    ------
    InputError
        A reduction that is not positive.
    """
    if not (measures["reduction"] > 0).all():
        raise InputError(
            "measures without reduction",
            value=measures.index[~(measures["reduction"] > 0)].tolist(),
            remedy="leave them out of the curve",
        )
    table = measures.assign(unit_cost=measures["cost"] / measures["reduction"])
    table = table.rename_axis("measure").reset_index()
    table = table.sort_values(["unit_cost", "cost", "measure"], kind="stable")
    table = table.set_index("measure")
    return table.assign(
        cumulative=table["reduction"].cumsum(),
        total_cost=table["cost"].cumsum(),
        saves=table["unit_cost"] < 0,
    )


def without_dominated(rungs: pd.DataFrame) -> pd.DataFrame:
    """Rungs of one source on the lower convex hull, with incremental costs.

    Alternatives on one source exclude each other: a rung stays only where going up to it costs
    less for each unit than going on to the next.

    Parameters
    ----------
    rungs : DataFrame
        Index measure; ``cost``, ``reduction`` of each alternative.

    Returns
    -------
    DataFrame
        Index measure; cost, reduction, incremental_cost, incremental_reduction, unit_cost; ready
        for :func:`cost_curve` under the incremental figures.
    """
    order = rungs.sort_values(["reduction", "cost"])
    keep: list[tuple[str, float, float]] = []
    for name, row in order.iterrows():
        point = (str(name), float(row["reduction"]), float(row["cost"]))
        if keep and point[1] == keep[-1][1]:
            continue  # the same reduction for more
        while keep and not _below(keep, point):
            keep.pop()
        keep.append(point)
    names, reduction, cost = zip(*keep, strict=True)
    step_r = np.diff(reduction, prepend=0.0)
    step_c = np.diff(cost, prepend=0.0)
    return pd.DataFrame(
        {
            "cost": cost,
            "reduction": reduction,
            "incremental_cost": step_c,
            "incremental_reduction": step_r,
            "unit_cost": step_c / step_r,
        },
        index=pd.Index(names, name="measure"),
    )


def _below(keep: Sequence[tuple[str, float, float]], point: tuple[str, float, float]) -> bool:
    """Whether the last kept rung lies below the line from the rung before it to ``point``."""
    r0, c0 = keep[-2][1:] if len(keep) > 1 else (0.0, 0.0)
    r1, c1 = keep[-1][1:]
    return (c1 - c0) * (point[1] - r1) < (point[2] - c1) * (r1 - r0)


def cost_of_target(curve: pd.DataFrame, target: float) -> float:
    """Least cost of a reduction: the curve's integral, with a fraction of the last rung.

    Measures that save are taken whole even where the target needs less of them.

    Raises
    ------
    InputError
        More than the curve can give.
    """
    total = float(curve["reduction"].sum())
    if target > total * (1 + 1e-12):
        raise InputError("more than all measures together", value=target, allowed=f"<= {total:g}")
    saved = curve[curve["saves"]]
    cost, left = float(saved["cost"].sum()), target - float(saved["reduction"].sum())
    for _, row in curve[~curve["saves"]].iterrows():
        if left <= 0:
            break
        used = min(1.0, left / row["reduction"])
        cost += used * row["cost"]
        left -= row["reduction"]
    return float(cost)
