"""Observed composition, where there is any: the SMAT form of the response at those sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.attainment.response import species_response
from scenair.core.errors import InputError
from scenair.core.periods import QUARTERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

#: Parts of the model's PM2.5 that observed fractions are given for.
PARTS: Final = ("SO4", "NO3", "NH4", "BC", "OA", "OTHER", "BACKGROUND")
#: A species below this (ug m-3) in the base run has no response of its own.
_SMALLEST: Final = 1e-3


def observed_fractions(
    table: pd.DataFrame, sites: npt.NDArray[np.int32]
) -> npt.NDArray[np.float64]:
    """Fractions by quarter and species at the sites; NaN where a site has none.

    Parameters
    ----------
    table : DataFrame
        adcode, period (Q1-Q4), species (:data:`PARTS`), value (1).
    sites : ndarray (site,)
        adcodes.

    Returns
    -------
    ndarray (quarter, species, site)

    Raises
    ------
    InputError
        Unknown species or periods, negative fractions, a site whose fractions are incomplete or do
        not sum to 1.
    """
    for column, known in (("species", PARTS), ("period", QUARTERS)):
        unknown = sorted(set(table[column]) - set(known))
        if unknown:
            raise InputError(
                f"unknown {column}",
                where="species fractions",
                value=", ".join(map(str, unknown)),
                allowed=", ".join(known),
            )
    if (table["value"] < 0).any() or table.duplicated(["adcode", "period", "species"]).any():
        raise InputError("negative or repeated fractions", where="species fractions")
    out = np.full((len(QUARTERS), len(PARTS), len(sites)), np.nan)
    for i, code in enumerate(sites):
        rows = table[table["adcode"] == code]
        if rows.empty:
            continue
        wide = rows.pivot_table(index="period", columns="species", values="value")
        wide = wide.reindex(index=list(QUARTERS), columns=list(PARTS), fill_value=0.0).fillna(0.0)
        total = wide.sum(axis=1)
        if (abs(total - 1) > 1e-3).any():
            raise InputError(
                "species fractions do not sum to 1",
                where=f"adcode {code}, {total.index[abs(total - 1) > 1e-3][0]}",
                value=f"{total[abs(total - 1) > 1e-3].iloc[0]:.4f}",
                remedy="every quarter needs all species",
            )
        out[:, :, i] = (wide.to_numpy().T / total.to_numpy()).T
    return out


def composed_factor(
    total: npt.NDArray[np.float64],
    fractions: npt.NDArray[np.float64],
    base: Mapping[str, npt.NDArray[np.float64]],
    future: Mapping[str, npt.NDArray[np.float64]],
) -> npt.NDArray[np.float64]:
    """Response factor from observed fractions where a site has them, the total one elsewhere.

    Parameters
    ----------
    total : ndarray (quarter, site)
        Response factor of the total mass.
    fractions : ndarray (quarter, species, site)
        From :func:`observed_fractions`.
    base, future : mapping
        Part -> (quarter, site) at the monitors, ug m-3.

    Returns
    -------
    ndarray (quarter, site)
    """
    factors = np.stack(
        [
            np.where(base[p] > _SMALLEST, future[p] / np.maximum(base[p], _SMALLEST), total)
            for p in PARTS
        ],
        axis=1,
    )
    known = np.isfinite(fractions).all(axis=(0, 1))
    out = total.copy()
    if known.any():
        one = np.ones((len(QUARTERS), int(known.sum())))
        out[:, known], _ = species_response(one, fractions[:, :, known], factors[:, :, known])
    return out
