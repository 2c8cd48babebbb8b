"""Indicators of a city's air-quality management: scores with coverage, never without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.core.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

#: A level-1 score needs this share of its weights.
COVERAGE: Final = 0.6
_TOP_ORDINAL: Final = 4.0


def score(
    value: npt.ArrayLike, *, low: float, high: float, lower_better: bool
) -> npt.NDArray[np.float64]:
    """Linear score between two references, held to 0-1; reversed where less is better.

    Raises
    ------
    InputError
        References that do not ascend.
    """
    if high <= low:
        raise InputError("references must ascend", value=[low, high])
    s = np.clip((np.asarray(value, dtype=np.float64) - low) / (high - low), 0, 1)
    return np.asarray(1 - s if lower_better else s)


def ordinal_score(value: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Score of a grade 0-4."""
    v = np.asarray(value, dtype=np.float64)
    if ((v < 0) | (v > _TOP_ORDINAL)).any():
        raise InputError("a grade outside 0-4", value=float(np.nanmax(v)))
    return np.asarray(v / _TOP_ORDINAL)


def combine(scores: pd.DataFrame) -> pd.DataFrame:
    """Level-1 scores of each area from its indicators.

    Parameters
    ----------
    scores : DataFrame
        area, level1, weight, score (missing where there is no observation).

    Returns
    -------
    DataFrame
        area, level1, coverage (weight share that is present), score (missing below 60 %).
    """
    rows = []
    for (area, level1), part in scores.groupby(["area", "level1"]):
        known = part["score"].notna()
        weight = part["weight"].to_numpy(np.float64)
        present = weight[known.to_numpy()]
        coverage = float(present.sum() / weight.sum())
        value = (
            float((present * part.loc[known, "score"].to_numpy()).sum() / present.sum())
            if coverage >= COVERAGE
            else float("nan")
        )
        rows.append({"area": area, "level1": level1, "coverage": coverage, "score": value})
    return pd.DataFrame(rows)
