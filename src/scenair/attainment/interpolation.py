"""Optimal interpolation of monitors into a model field, with its variance.

x_a = x_b + K (y - H x_b), K = B H' (H B H' + R)^-1, B = sb^2 exp(-d / L), R = so^2 I.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.distance import cdist

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


#: Length scales tried by leave-one-out, m.
LENGTHS_M: Final = (100e3, 200e3, 400e3, 800e3, 1600e3)


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


def fuse_by_interpolation(
    monitors: npt.NDArray[np.float64],
    targets: npt.NDArray[np.float64],
    observed: npt.NDArray[np.float64],
    at_monitors: npt.NDArray[np.float64],
    at_targets: npt.NDArray[np.float64],
    *,
    bounds: tuple[float, float] = (0.1, 10.0),
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Optimal interpolation of ln(observation / model), so that the field stays positive.

    The length scale is the one of :data:`LENGTHS_M` with the smallest leave-one-out error of the
    first row.

    Parameters
    ----------
    monitors, targets : ndarray (n, 2)
        m.
    observed, at_monitors : ndarray (row, monitor)
        ug m-3.
    at_targets : ndarray (row, target)
        ug m-3.
    bounds : (low, high)
        Bounds of observation over model.

    Returns
    -------
    field : ndarray (row, target)
        ug m-3.
    deviation : ndarray (row, target)
        Standard deviation of the logarithm (about the relative standard error).
    """
    ratio = np.log(np.clip(observed / at_monitors, *bounds))
    zero = np.zeros(ratio.shape[1])
    covariance = choose_length(monitors, ratio[0], zero, lengths=LENGTHS_M)
    fields, deviations = [], []
    for row, model in zip(ratio, at_targets, strict=True):
        total = float(np.var(row))
        share = covariance.observation_variance / (
            covariance.observation_variance + covariance.background_variance
        )
        own = Covariance((1 - share) * total, share * total, covariance.length)
        analysis, variance = optimal_interpolation(
            monitors, targets, row, zero, np.zeros(len(targets)), own
        )
        fields.append(model * np.exp(analysis))
        deviations.append(np.sqrt(variance))
    return np.stack(fields), np.stack(deviations)


def left_out_by_interpolation(
    monitors: npt.NDArray[np.float64],
    observed: npt.NDArray[np.float64],
    at_monitors: npt.NDArray[np.float64],
    *,
    bounds: tuple[float, float] = (0.1, 10.0),
) -> npt.NDArray[np.float64]:
    """Fused value at each monitor without that monitor (row-less form), ug m-3."""
    ratio = np.log(np.clip(observed / at_monitors, *bounds))
    zero = np.zeros(len(ratio))
    covariance = choose_length(monitors, ratio, zero, lengths=LENGTHS_M)
    return np.asarray(at_monitors * np.exp(left_out(monitors, ratio, zero, covariance)))
