"""How many people live at which concentration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


def exposure_table(
    people: npt.NDArray[np.float64],
    base: npt.NDArray[np.float64],
    future: npt.NDArray[np.float64],
    *,
    width: float = 5.0,
) -> pd.DataFrame:
    """People by class of concentration, in the base year and now.

    Parameters
    ----------
    people : ndarray (cell,)
        Persons.
    base, future : ndarray (cell,)
        Annual mean, ug m-3; cells without a value are left out.
    width : float
        Class width, ug m-3.

    Returns
    -------
    DataFrame
        lower, upper (ug m-3; a value on a border belongs to the class above), people_base, people,
        and the share of all people at or above ``lower`` (share_above_base, share_above).
    """
    top = np.nanmax(np.concatenate([base, future]))
    edges = np.arange(0.0, top + width + 1e-9, width)

    def count(field: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        known = np.isfinite(field)
        return np.histogram(field[known], bins=edges, weights=people[known])[0].astype(float)

    before, now = count(base), count(future)

    def above(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.asarray(values[::-1].cumsum()[::-1] / values.sum())

    return pd.DataFrame(
        {
            "lower": edges[:-1],
            "upper": edges[1:],
            "people_base": before,
            "people": now,
            "share_above_base": above(before),
            "share_above": above(now),
        }
    )


def people_above(
    people: npt.NDArray[np.float64], field: npt.NDArray[np.float64], levels: Sequence[float]
) -> dict[float, float]:
    """Persons at more than each level (ug m-3)."""
    known = np.isfinite(field)
    return {
        float(level): float(people[known & (np.where(known, field, 0) > level)].sum())
        for level in levels
    }
