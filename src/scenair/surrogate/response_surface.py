"""Response surfaces: a polynomial in emission ratios fitted to a set of model runs.

The form is that of the polynomial-function response surface model (Xing et al. 2018, ACP 18,
7799-7814): no intercept, so that the base run is met exactly, and one least-squares solution for
all cells. The terms are our own: :mod:`.surface_terms`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.stats import qmc

from scenair.core.errors import InputError
from scenair.surrogate.surface_terms import Terms, design_matrix, projection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Array = npt.NDArray[np.float64]


def design(
    factors: Sequence[str],
    runs: int,
    *,
    largest: float = 1.5,
    method: str = "hammersley",
    corners: bool = True,
    seed: int = 0,
) -> Array:
    """Emission ratios of a set of runs, denser towards the margins.

    Points are spread evenly in the unit cube and moved by ``largest (1 - cos(pi u)) / 2``, because
    the response is steepest near zero. With ``corners`` the base, all zero, all ``largest`` and
    each factor alone at zero come first; they count among ``runs``.

    Parameters
    ----------
    factors : sequence of str
    runs : int
        Number of rows.
    largest : float
        Upper end of the ratios.
    method : {"hammersley", "lhs"}
    corners : bool
    seed : int
        Of the Latin hypercube.

    Returns
    -------
    (runs, factors)

    Raises
    ------
    InputError
        Too few runs, or an unknown method.
    """
    n = len(factors)
    fixed = np.empty((0, n))
    if corners:
        fixed = np.vstack([np.ones(n), np.zeros(n), np.full(n, largest), 1 - np.eye(n)])
    inner = runs - len(fixed)
    if inner < 1:
        raise InputError("too few runs for the design", value=runs, allowed=f"> {len(fixed)}")
    if method == "hammersley":
        first = (np.arange(inner) + 0.5) / inner
        rest = qmc.Halton(n - 1, scramble=False).random(inner + 1)[1:] if n > 1 else None
        cube = first[:, None] if rest is None else np.column_stack([first, rest])
    elif method == "lhs":
        cube = qmc.LatinHypercube(n, rng=np.random.default_rng(seed)).random(inner)
    else:
        raise InputError("unknown design", value=method, allowed="hammersley, lhs")
    return np.vstack([fixed, largest * (1 - np.cos(np.pi * cube)) / 2])


@dataclass(frozen=True)
class ResponseSurface:
    """A fitted surface.

    Attributes
    ----------
    factors, terms
        Names of the ratios and the exponents.
    coefficients : (terms, cells)
        In the unit of the concentration.
    base : (cells,)
        Concentration with all ratios 1.
    low, high : (factors,)
        Range of the sampled ratios.
    loo_error : (runs, cells)
        Leave-one-out error of each run over its concentration.
    """

    factors: tuple[str, ...]
    terms: Terms
    coefficients: Array
    base: Array
    low: Array
    high: Array
    loo_error: Array

    def predict(self, ratios: Mapping[str, float] | Array) -> Array:
        """Concentration (cells,), or (runs, cells) for an array of ratios.

        Raises
        ------
        InputError
            A ratio outside the sampled range: the surface does not extrapolate.
        """
        single = not isinstance(ratios, np.ndarray)
        if isinstance(ratios, np.ndarray):
            points = np.atleast_2d(ratios)
        else:
            points = np.array([[ratios.get(name, 1.0) for name in self.factors]])
        slack = 1e-9 * np.maximum(self.high - self.low, 1.0)
        outside = (points < self.low - slack) | (points > self.high + slack)
        if outside.any():
            row, column = (int(i) for i in np.argwhere(outside)[0])
            raise InputError(
                "an emission ratio outside what the surface was fitted on",
                where=f"factor {self.factors[column]}",
                value=float(points[row, column]),
                allowed=f"{self.low[column]:g} to {self.high[column]:g}",
                remedy="add runs to the design that reach it",
            )
        out = self.base + design_matrix(points, self.factors, self.terms) @ self.coefficients
        return np.asarray(out[0] if single else out)

    def slope(self, factor: str) -> Array:
        """Change of the concentration per unit ratio at base, (cells,)."""
        step = np.zeros((2, len(self.factors)))
        step[:, self.factors.index(factor)] = (1e-4, -1e-4)
        ahead, behind = design_matrix(1.0 + step, self.factors, self.terms)
        return np.asarray((ahead - behind) / 2e-4 @ self.coefficients)


def fit(
    ratios: Array, concentrations: Array, *, factors: Sequence[str], terms: Terms, base: Array
) -> ResponseSurface:
    """Fit all cells at once.

    Parameters
    ----------
    ratios : (runs, factors)
        Emissions over base.
    concentrations : (runs, cells)
    factors, terms
    base : (cells,)
        Concentration of the base run.

    Returns
    -------
    ResponseSurface
        With leave-one-out errors from the hat matrix: ``e / (1 - h)``.

    Raises
    ------
    InputError
        Fewer runs than terms, or values that are no numbers.
    """
    matrix = design_matrix(ratios, factors, terms)
    if len(matrix) < len(terms):
        raise InputError(
            "fewer runs than terms", value=len(matrix), allowed=f">= {len(terms)}, better 1.5 times"
        )
    if not (np.isfinite(concentrations).all() and np.isfinite(base).all()):
        raise InputError("concentrations that are no numbers", where="response surface")
    inverse = projection(matrix)
    change = concentrations - base
    coefficients = inverse @ change
    residual = change - matrix @ coefficients
    hat = np.einsum("ij,ji->i", matrix, inverse)
    free = np.maximum(1 - hat, 1e-6)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.where(concentrations > 0, residual / free / concentrations, np.nan)
    return ResponseSurface(
        tuple(factors), terms, coefficients, base, ratios.min(axis=0), ratios.max(axis=0), error
    )


def normalised_error(predicted: Array, actual: Array) -> Array:
    """``|predicted - actual| / actual`` of each run and cell, 1."""
    return np.asarray(np.abs(predicted - actual) / actual)


def isopleth(
    surface: ResponseSurface, *, x: str, y: str, points: int = 31
) -> tuple[Array, Array, Array]:
    """The surface over two factors, the others at base.

    Returns
    -------
    x, y : (points,)
        Ratios.
    values : (points, points, cells)
        First axis ``y``.
    """
    i, j = surface.factors.index(x), surface.factors.index(y)
    xs = np.linspace(surface.low[i], surface.high[i], points)
    ys = np.linspace(surface.low[j], surface.high[j], points)
    ratios = np.ones((points * points, len(surface.factors)))
    for row, (b, a) in enumerate(product(ys, xs)):
        ratios[row, i], ratios[row, j] = a, b
    return xs, ys, surface.predict(ratios).reshape(points, points, -1)


def peak_ratio(surface: ResponseSurface, *, factor: str = "NOx", points: int = 301) -> Array:
    """Ratio of ``factor`` at which the concentration peaks, the others at base, (cells,).

    Below 1 the cell is limited by the other precursor, above 1 by this one; at the end of the
    sampled range the peak lies beyond it.
    """
    i = surface.factors.index(factor)
    ratios = np.ones((points, len(surface.factors)))
    ratios[:, i] = np.linspace(surface.low[i], surface.high[i], points)
    return np.asarray(ratios[surface.predict(ratios).argmax(axis=0), i])


def voc_to_nox_ratio(surface: ResponseSurface) -> Array:
    """Relative NMVOC cut per relative NOx cut that keeps ozone from rising at base, (cells,).

    ``-(dC/dNOx) / (dC/dNMVOC)``; 0 where a NOx cut alone lowers ozone, NaN where NMVOC do not
    matter.
    """
    nox, voc = surface.slope("NOx"), surface.slope("NMVOC")
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = -nox / voc
    return np.where(nox >= 0, 0.0, np.where(voc > 0, ratio, np.nan))
