"""The spatial operator of each sector: what share of a unit's emission falls into each cell.

A sector follows county statistics (population, employment ...), each spread inside the county
either evenly over its area or with its settlements. In mass form: columns (units) sum to 1, split
between the cells and one row outside the grid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from scenair.core.errors import InputError
from scenair.core.overlay import mass_weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

PATTERNS = ("area", "settlement")


def settlement_pattern(
    areas: sp.csr_matrix,
    kernels: sp.csr_matrix,
    *,
    population: npt.NDArray[np.float64],
    county: npt.NDArray[np.int64],
    cell_area: npt.NDArray[np.float64],
) -> sp.csr_matrix:
    """Cells x counties, column-normalised: kernels of the county's settlements, cut to the county.

    Parameters
    ----------
    areas : csr_matrix (cells + 1, counties)
        Intersection areas (m2), last row outside.
    kernels : csr_matrix (cells + 1, settlements)
    population : array (settlements,)
        Persons.
    county : array (settlements,)
        Position of the county, -1 for none.
    cell_area : array (cells,)
        m2.

    Returns
    -------
    csr_matrix
        A kernel counts in a cell as far as the county covers that cell. Counties without a
        settlement keep the area pattern.
    """
    n_cells, n_counties = areas.shape[0] - 1, areas.shape[1]
    known = np.flatnonzero(county >= 0)
    to_county = sp.csr_matrix(
        (population[known], (known, county[known])), shape=(len(county), n_counties)
    )
    people = (kernels @ to_county).tocsr()
    # share of the cell that the county covers; outside the grid: all or nothing
    inverse = np.append(1 / cell_area.ravel(), 0.0)
    cover = sp.diags_array(inverse) @ areas
    outside = areas[n_cells].copy()
    outside.data[:] = 1.0
    cover = sp.vstack([cover.tocsr()[:n_cells], outside]).tocsr()
    pattern = people.multiply(cover).tocsc()
    empty = np.asarray(pattern.sum(axis=0)).ravel() <= 0
    area_pattern = mass_weights(areas).tocsc()
    filled = pattern + area_pattern @ sp.diags_array(empty.astype(float))
    return mass_weights(filled.tocsr())


def unit_shares(
    statistic: npt.NDArray[np.float64],
    *,
    unit_of_county: npt.NDArray[np.int64],
    n_units: int,
    fallback: npt.NDArray[np.float64],
) -> sp.csr_matrix:
    """Counties x units: share of each county in its unit; columns sum to 1.

    A unit in which ``statistic`` is zero everywhere follows ``fallback`` (county area).
    """
    total = np.bincount(unit_of_county, statistic, n_units)
    value = np.where(total[unit_of_county] > 0, statistic, fallback)
    total = np.bincount(unit_of_county, value, n_units)
    n = len(unit_of_county)
    share = value / total[unit_of_county]
    return sp.csr_matrix((share, (np.arange(n), unit_of_county)), shape=(n, n_units))


def sector_operators(
    proxies: pd.DataFrame,
    *,
    sectors: Sequence[str],
    patterns: Mapping[str, sp.csr_matrix],
    statistics: pd.DataFrame,
    unit_of_county: npt.NDArray[np.int64],
    n_units: int,
    county_area: npt.NDArray[np.float64],
) -> dict[str, sp.csc_matrix]:
    """One operator a sector.

    Parameters
    ----------
    proxies : DataFrame
        Columns sector, statistic, pattern, value (shares that sum to 1 in each sector).
    patterns : mapping
        Pattern name -> csr_matrix (cells + 1, counties), columns sum to 1.
    statistics : DataFrame
        Counties x statistics.

    Returns
    -------
    dict
        Sector -> csc_matrix (cells + 1, units), columns sum to 1.

    Raises
    ------
    InputError
        Sector without proxy, shares that don't sum to 1, unknown pattern or statistic.
    """
    _check_proxies(proxies, sectors=sectors, patterns=patterns, statistics=statistics)
    cache: dict[tuple[str, str], sp.csr_matrix] = {}
    out = {}
    for sector in sectors:
        total = None
        for row in proxies[proxies["sector"] == sector].itertuples():
            key = (str(row.statistic), str(row.pattern))
            if key not in cache:
                shares = unit_shares(
                    statistics[key[0]].to_numpy(dtype=np.float64),
                    unit_of_county=unit_of_county,
                    n_units=n_units,
                    fallback=county_area,
                )
                cache[key] = patterns[key[1]] @ shares
            part = cache[key] * float(row.value)  # type: ignore[arg-type]
            total = part if total is None else total + part
        assert total is not None
        operator = total.tocsc()
        operator.sum_duplicates()
        out[sector] = operator
    return out


def _check_proxies(
    proxies: pd.DataFrame,
    *,
    sectors: Sequence[str],
    patterns: Mapping[str, sp.csr_matrix],
    statistics: pd.DataFrame,
) -> None:
    where = "the table of spatial proxies"
    total = proxies.groupby("sector")["value"].sum().reindex(list(sectors))
    bad = total[~(np.abs(total - 1) < 1e-9)]
    if len(bad):
        raise InputError(
            "spatial proxies of a sector don't sum to 1",
            where=f"{where}, sector {bad.index[0]}",
            value=bad.iloc[0],
            allowed="1 in every sector",
        )
    for column, known in (("pattern", list(patterns)), ("statistic", list(statistics.columns))):
        odd = proxies.loc[~proxies[column].isin(known), column]
        if len(odd):
            raise InputError(
                f"unknown {column}", where=where, value=odd.iloc[0], allowed=", ".join(known)
            )
