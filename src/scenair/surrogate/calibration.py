"""Calibration: a few free parameters moved within their plausible range to fit named data.

Maximum a posteriori in the logarithms of the parameters (Rodgers 2000, Inverse Methods for
Atmospheric Sounding, chapter 5): Gauss-Newton with a Gaussian prior, inside bounds (rectangular
trust region, Voglis and Lagaris 2004, as in ``scipy.optimize.least_squares``). What is fitted and
what judges is named in ``resources/surrogate/calibration_sets.csv``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

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
    at_bound : tuple of str
        ``lowest`` or ``highest`` where a multiplier ended within 1 % of an end of its range, else
        empty.
    spread : (parameters,)
        Posterior standard deviation of the logarithm, bounds apart.
    sensitivity : (parameters,)
        Mean change of the logarithm of the concentrations a unit change of the parameter's.
    information : (parameters,)
        1 less posterior over prior variance: 0 where the data say nothing.
    """

    names: tuple[str, ...]
    factor: Array
    at_bound: tuple[str, ...]
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
    bounds: tuple[Array, Array] | None = None,
    steps: int = 3,
) -> Estimate:
    """Multipliers of the parameters that fit the observations best within prior and range.

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
    bounds : two of (parameters,), optional
        Lowest and highest multipliers; around 1.
    steps : int
        Gauss-Newton steps at the most.

    Raises
    ------
    ValueError
        Data that are not positive, shapes that do not fit, bounds that leave 1 outside.
    """
    if not (observed > 0).all() or len(names) != len(prior):
        raise ValueError("observations must be positive, and each name needs a prior")
    low, high = _log_bounds(bounds, len(prior))
    model = _Logarithm(forward, observed, prior=prior, error=error, high=high)
    found = least_squares(
        model.residual, np.zeros(len(prior)), jac=model.jacobian, bounds=(low, high),
        method="dogbox", x_scale=prior, max_nfev=steps + 1, xtol=1e-4, ftol=1e-4,
    )  # fmt: skip
    slopes = model.slopes(found.x)
    normal = slopes.T @ slopes / error**2 + np.diag(1 / np.square(prior))
    spread = np.sqrt(np.diag(np.linalg.inv(normal)))
    return Estimate(
        tuple(names),
        np.exp(found.x),
        _edges(found.x, low, high),
        spread,
        slopes.mean(axis=0),
        1 - np.square(spread / prior),
    )


def _log_bounds(bounds: tuple[Array, Array] | None, n: int) -> tuple[Array, Array]:
    if bounds is None:
        return np.full(n, -np.inf), np.full(n, np.inf)
    low, high = bounds
    if not ((low > 0) & (low < 1) & (high > 1)).all():
        raise ValueError("the plausible range of a parameter must hold its value")
    return np.log(low), np.log(high)


def _edges(state: Array, low: Array, high: Array) -> tuple[str, ...]:
    """Which end of its range each parameter has come to within 1 %, if any."""
    return tuple(
        "lowest" if at - least < 0.01 else "highest" if most - at < 0.01 else ""
        for at, least, most in zip(state, low, high, strict=True)
    )


class _Logarithm:
    """Residuals of the logarithms, prior included, and their slopes; the last point is kept."""

    def __init__(
        self,
        forward: Callable[[Array], Array],
        observed: Array,
        *,
        prior: Array,
        error: float,
        high: Array,
    ) -> None:
        self._forward, self._target = forward, np.log(observed)
        self._prior, self._error, self._high = prior, error, high
        self._at: dict[bytes, Array] = {}
        self._slopes: dict[bytes, Array] = {}

    def _model(self, state: Array) -> Array:
        key = state.tobytes()
        if key not in self._at:
            self._at[key] = np.log(self._forward(state))
        return self._at[key]

    def residual(self, state: Array) -> Array:
        """Of the data, then of the prior."""
        misfit = (self._model(state) - self._target) / self._error
        return np.concatenate([misfit, state / self._prior])

    def slopes(self, state: Array) -> Array:
        """Of the logarithms of the concentrations, (data, parameters)."""
        key = state.tobytes()
        if key not in self._slopes:
            here, columns = self._model(state), []
            for i, spread in enumerate(self._prior):
                step = 0.1 * spread
                if state[i] + step > self._high[i]:
                    step = -step
                moved = state.copy()
                moved[i] += step
                columns.append((np.log(self._forward(moved)) - here) / step)
            self._slopes = {key: np.stack(columns, axis=1)}
        return self._slopes[key]

    def jacobian(self, state: Array) -> Array:
        """Of :meth:`residual`."""
        return np.vstack([self.slopes(state) / self._error, np.diag(1 / self._prior)])
