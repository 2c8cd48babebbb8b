"""Calibration: a few free parameters moved within their uncertainty to fit named data.

Maximum a posteriori in the logarithms of the parameters (Rodgers 2000, Inverse Methods for
Atmospheric Sounding, chapter 5): Gauss-Newton with a Gaussian prior. What is fitted and what
judges is named in ``resources/surrogate/calibration_sets.csv``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Array = npt.NDArray[np.float64]


class Estimate(NamedTuple):
    """Result of a calibration.

    Attributes
    ----------
    names : tuple of str
    factor : (parameters,)
        Multipliers of the parameters.
    spread : (parameters,)
        Posterior standard deviation of the logarithm.
    sensitivity : (parameters,)
        Mean change of the logarithm of the concentrations a unit change of the parameter's.
    information : (parameters,)
        1 less posterior over prior variance: 0 where the data say nothing.
    """

    names: tuple[str, ...]
    factor: Array
    spread: Array
    sensitivity: Array
    information: Array


def calibrate(
    forward: Callable[[Array], Array],
    observed: Array,
    *,
    names: Sequence[str],
    prior: Array,
    error: float,
    steps: int = 3,
) -> Estimate:
    """Multipliers of the parameters that fit the observations best within the prior.

    Parameters
    ----------
    forward : callable
        Logarithms of the multipliers -> concentrations (data,), positive.
    observed : (data,)
        Positive, without missing values.
    names : sequence of str
    prior : (parameters,)
        Standard deviations of the logarithms.
    error : float
        Standard deviation of the logarithm of model less observation, representation included.
    steps : int
        Gauss-Newton steps.

    Raises
    ------
    ValueError
        Data that are not positive, or shapes that do not fit.
    """
    if not (observed > 0).all() or len(names) != len(prior):
        raise ValueError("observations must be positive, and each name needs a prior")
    state = np.zeros(len(prior))
    precision = np.diag(1 / np.square(prior))
    jacobian = np.empty((len(observed), len(prior)))
    for _ in range(steps):
        here = np.log(forward(state))
        for i in range(len(prior)):
            moved = state.copy()
            moved[i] += 0.1 * prior[i]
            jacobian[:, i] = (np.log(forward(moved)) - here) / (0.1 * prior[i])
        normal = jacobian.T @ jacobian / error**2 + precision
        pull = jacobian.T @ (np.log(observed) - here) / error**2 - precision @ state
        state = state + np.linalg.solve(normal, pull)
    posterior = np.linalg.inv(normal)
    spread = np.sqrt(np.diag(posterior))
    return Estimate(
        tuple(names),
        np.exp(state),
        spread,
        jacobian.mean(axis=0),
        1 - np.square(spread / prior),
    )
