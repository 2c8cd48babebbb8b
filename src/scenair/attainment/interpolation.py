"""Optimal interpolation of monitors into a model field, with its variance.

x_a = x_b + K (y - H x_b), K = B H' (H B H' + R)^-1, B = sb^2 exp(-d / L), R = so^2 I.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.distance import cdist

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


@dataclass(frozen=True)
class Covariance:
    """Error statistics of an optimal interpolation.

    Attributes
    ----------
    background_variance, observation_variance : float
        sb^2 and so^2, (ug m-3)^2.
    length : float
        L, in the unit of the coordinates.
    """

    background_variance: float
    observation_variance: float
    length: float


def optimal_interpolation(
    monitors: npt.NDArray[np.float64],
    targets: npt.NDArray[np.float64],
    observed: npt.NDArray[np.float64],
    at_monitors: npt.NDArray[np.float64],
    at_targets: npt.NDArray[np.float64],
    covariance: Covariance,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Analysis and its error variance at the targets.

    Parameters
    ----------
    monitors, targets : ndarray (n, 2)
        Coordinates, same unit as ``covariance.length``.
    observed, at_monitors : ndarray (monitor,)
        Observation and background (model) at the monitors, ug m-3.
    at_targets : ndarray (target,)
        Background at the targets, ug m-3.

    Returns
    -------
    analysis : ndarray (target,)
        ug m-3.
    variance : ndarray (target,)
        (ug m-3)^2; between 0 and the background variance.
    """
    gain, b = _gain(monitors, targets, covariance)
    analysis = at_targets + gain @ (observed - at_monitors)
    variance = covariance.background_variance - np.einsum("ij,ij->i", gain, b)
    return analysis, np.maximum(variance, 0.0)


def _gain(
    monitors: npt.NDArray[np.float64], targets: npt.NDArray[np.float64], covariance: Covariance
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """K (target, monitor) and B H' (target, monitor)."""
    among = covariance.background_variance * np.exp(-cdist(monitors, monitors) / covariance.length)
    among[np.diag_indices_from(among)] += covariance.observation_variance
    b = covariance.background_variance * np.exp(-cdist(targets, monitors) / covariance.length)
    return np.asarray(cho_solve(cho_factor(among), b.T).T), b


def left_out(
    monitors: npt.NDArray[np.float64],
    observed: npt.NDArray[np.float64],
    at_monitors: npt.NDArray[np.float64],
    covariance: Covariance,
) -> npt.NDArray[np.float64]:
    """Analysis at each monitor without that monitor, from one factorisation.

    With S = H B H' + R and d = y - H x_b, the left-out prediction error is (S^-1 d)_i / (S^-1)_ii.
    """
    among = covariance.background_variance * np.exp(-cdist(monitors, monitors) / covariance.length)
    among[np.diag_indices_from(among)] += covariance.observation_variance
    inverse = np.linalg.inv(among)
    error = (inverse @ (observed - at_monitors)) / np.diag(inverse)
    return np.asarray(observed - error)


def choose_length(
    monitors: npt.NDArray[np.float64],
    observed: npt.NDArray[np.float64],
    at_monitors: npt.NDArray[np.float64],
    *,
    lengths: Sequence[float],
    observation_share: float = 0.1,
) -> Covariance:
    """Length scale with the smallest leave-one-out error.

    Parameters
    ----------
    lengths : sequence of float
        Candidates, unit of the coordinates.
    observation_share : float
        Assumed share of the innovation variance that is observation and representativeness error.

    Returns
    -------
    Covariance
        The variances share out the variance of the innovations.
    """
    if not lengths:
        raise InputError("no length scale to choose from", where="choose_length")
    total = float(np.var(observed - at_monitors))
    candidates = [
        Covariance((1 - observation_share) * total, observation_share * total, float(length))
        for length in lengths
    ]
    errors = [
        float(np.mean((left_out(monitors, observed, at_monitors, c) - observed) ** 2))
        for c in candidates
    ]
    return candidates[int(np.argmin(errors))]
