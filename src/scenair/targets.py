"""Names of the targets ``results/{year}/{scenario}`` and help for a wrong one."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HISTORY = "history"


def valid_targets(
    *, history_years: Sequence[int], scenario_years: Sequence[int], scenarios: Sequence[str]
) -> tuple[str, ...]:
    """All targets of a case: history years as ``results/2015/history``, then the scenarios."""
    history = [f"results/{year}/{HISTORY}" for year in history_years]
    future = [f"results/{year}/{name}" for name in scenarios for year in scenario_years]
    return (*history, *future)


def explain_target(target: str, *, valid: Sequence[str]) -> str:
    """One message for a target that does not exist: what is wrong, what there is, what was meant.

    Parameters
    ----------
    target : str
        ``results/{year}/{scenario}`` as typed.
    valid : sequence of str
        Targets of :func:`valid_targets`.
    """
    year, scenario = target.split("/")[1:3]
    years: dict[str, list[int]] = {}
    for item in valid:
        y, s = item.split("/")[1:3]
        years.setdefault(s, []).append(int(y))
    spans = "; ".join(f"{name} {min(ys)}-{max(ys)}" for name, ys in years.items())
    if scenario not in years:
        what = f"there is no scenario '{scenario}'"
        near = difflib.get_close_matches(scenario, years, n=1, cutoff=0.4)
        guess = near[0] if near else next(iter(years))
    else:
        what = f"the scenario '{scenario}' has no year '{year}'"
        guess = scenario
    span = years[guess]
    nearest = (
        min(span, key=lambda y: abs(y - int(year)))
        if year.isdigit()
        else int(difflib.get_close_matches(year, map(str, span), n=1, cutoff=0)[0])
    )
    return f"{what} ({target}).\n  there are: {spans}\n  did you mean: results/{nearest}/{guess}"
