"""Relative response of the model: what decides attainment together with the monitors.

Response factor of quarter q = [C(scenario, year) + B] / [C(history, monitor year) + B]. C is what
the run controls, B what it does not (dust, sea salt, foreign inflow); both runs use the same
meteorology. For the monitor year itself the factor is 1 exactly.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from scenair.core.errors import InputError
from scenair.core.overlay import nearest_cell_mean

if TYPE_CHECKING:
    import numpy.typing as npt


def array_radius(cell_km: float, *, longest_km: float = 40.0) -> int:
    """Cells on each side of a monitor's cell, so that the array is at most ``longest_km`` wide.

    1 x 1 at 36 km (radius 0), 3 x 3 at 12 km (radius 1), after the EPA array rule read in km.
    """
    return max(0, math.floor((longest_km / cell_km - 1) / 2 + 1e-9))


def at_cells(
    field: npt.NDArray[np.float64], cells: npt.NDArray[np.int64], *, radius: int
) -> npt.NDArray[np.float64]:
    """Array mean of a field around flat cell indices.

    Parameters
    ----------
    field : ndarray (..., y, x)
    cells : ndarray (site,)
        Row-major, none outside the grid.
    radius : int
        From :func:`array_radius`.

    Returns
    -------
    ndarray (..., site)
    """
    smooth = nearest_cell_mean(np.asarray(field, dtype=np.float64), radius=radius)
    return np.asarray(smooth.reshape(*smooth.shape[:-2], -1)[..., cells])


def response_factor(
    base: npt.NDArray[np.float64],
    future: npt.NDArray[np.float64],
    background: npt.NDArray[np.float64],
    *,
    background_factor: float = 1.0,
    where: str = "response factor",
) -> npt.NDArray[np.float64]:
    """(C_future + f B) / (C_base + f B).

    Parameters
    ----------
    base, future : ndarray
        Controlled part C = PM25 - BACKGROUND, ug m-3, same shape.
    background : ndarray
        B of the base run, ug m-3.
    background_factor : float
        f; 1 is the central case.

    Returns
    -------
    ndarray
        1 exactly where ``future`` is ``base`` to the bit.

    Raises
    ------
    InputError
        A denominator that is not positive.
    """
    lower = base + background_factor * background
    upper = future + background_factor * background
    if not (lower > 0).all():
        raise InputError(
            "the base concentration is not positive, so there is no response factor",
            where=where,
            value=f"{int((~(lower > 0)).sum())} places",
            remedy="check the base run; without emissions and background nothing responds",
        )
    return np.asarray(upper / lower)


def species_response(
    observed: npt.NDArray[np.float64],
    fractions: npt.NDArray[np.float64],
    factors: npt.NDArray[np.float64],
    *,
    weights: npt.NDArray[np.float64] | None = None,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Future PM2.5 from quarterly observations by species (SMAT form).

    Parameters
    ----------
    observed : ndarray (quarter, ...)
        Observed PM2.5 by quarter, ug m-3.
    fractions : ndarray (quarter, species, ...)
        Observed mass fractions, summing to 1 over the species.
    factors : ndarray (quarter, species, ...)
        Response factors.
    weights : ndarray (quarter,), optional
        Weights of the quarters in the annual mean (days, counts); equal by default, as in SMAT.

    Returns
    -------
    quarters : ndarray (quarter, ...)
    annual : ndarray (...)
        Both ug m-3.

    Raises
    ------
    InputError
        Fractions that do not sum to 1.
    """
    total = fractions.sum(axis=1)
    if not np.allclose(total, 1, atol=1e-6):
        raise InputError(
            "species fractions do not sum to 1",
            value=f"{float(np.ravel(total)[np.argmax(np.abs(np.ravel(total) - 1))]):.6f}",
            allowed="1 within 1e-6",
        )
    quarters = observed * (fractions * factors).sum(axis=1)
    w = np.ones(len(quarters)) if weights is None else np.asarray(weights, dtype=np.float64)
    return np.asarray(quarters), np.asarray(np.tensordot(w / w.sum(), quarters, axes=(0, 0)))
