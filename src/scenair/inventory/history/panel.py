"""Environmental Kuznets curve on a panel: fixed effects, clustered errors, turning-point test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Kuznets:
    """Result of :func:`kuznets`.

    Attributes
    ----------
    b1, b2 : float
        Coefficients of ln g and (ln g)^2.
    se1, se2 : float
        Clustered standard errors.
    turning_point : float
        ``exp(-b1 / (2 b2))`` in the unit of g; NaN where b2 is zero.
    inside : bool
        The turning point lies inside the data.
    sasabuchi_p : float
        One-sided p of the Sasabuchi test of an inverted U (the larger of the two ends).
    n, clusters : int
    """

    b1: float
    b2: float
    se1: float
    se2: float
    turning_point: float
    inside: bool
    sasabuchi_p: float
    n: int
    clusters: int

    @property
    def inverted_u(self) -> bool:
        """Rises at the low end and falls at the high end, at the 5 percent level."""
        return self.inside and self.b1 > 0 > self.b2 and self.sasabuchi_p < 0.05


def demean(values: Array, unit: npt.NDArray[np.int64], time: npt.NDArray[np.int64]) -> Array:
    """Two-way within transformation of the columns of ``values`` (balanced panels exactly)."""
    out = np.array(values, dtype=float)
    for _ in range(200):
        change = 0.0
        for group in (unit, time):
            sums = np.zeros((group.max() + 1, out.shape[1]))
            np.add.at(sums, group, out)
            mean = sums / np.bincount(group)[:, None]
            out -= mean[group]
            change = max(change, float(np.abs(mean).max()))
        if change < 1e-13:
            break
    return out


def kuznets(
    emission: Array, income: Array, unit: npt.NDArray[np.int64], time: npt.NDArray[np.int64]
) -> Kuznets:
    """``ln c = a_i + l_t + b1 ln g + b2 (ln g)^2 + e``, within estimator, errors clustered by unit.

    Parameters
    ----------
    emission, income : array (n,)
        Above zero.
    unit, time : array of int (n,)
        0-based codes.

    Raises
    ------
    ValueError
        Values that are not above zero, or income that does not vary within units.
    """
    if not ((emission > 0) & (income > 0)).all():
        raise ValueError("a log-log panel needs values above zero")
    g = np.log(income)
    centre = g.mean()
    # centred for conditioning; undone below
    x = np.column_stack([g - centre, (g - centre) ** 2])
    xw = demean(x, unit, time)
    yw = demean(np.log(emission)[:, None], unit, time)[:, 0]
    if np.linalg.matrix_rank(xw, tol=1e-9) < 2:
        raise ValueError("income does not vary within units")
    beta, _, _, _ = np.linalg.lstsq(xw, yw, rcond=None)
    residual = yw - xw @ beta
    covariance = _clustered(xw, residual, unit)
    # back to uncentred coefficients: b1 = c1 - 2 c2 centre
    back = np.array([[1.0, -2 * centre], [0.0, 1.0]])
    b1, b2 = back @ beta
    covariance = back @ covariance @ back.T
    turning = float(np.exp(-b1 / (2 * b2))) if b2 != 0 else float("nan")
    return Kuznets(
        b1=float(b1),
        b2=float(b2),
        se1=float(np.sqrt(covariance[0, 0])),
        se2=float(np.sqrt(covariance[1, 1])),
        turning_point=turning,
        inside=bool(income.min() < turning < income.max()),
        sasabuchi_p=_sasabuchi(np.array([b1, b2]), covariance, g.min(), g.max(), unit.max() + 1),
        n=len(g),
        clusters=int(unit.max() + 1),
    )


def _clustered(x: Array, residual: Array, unit: npt.NDArray[np.int64]) -> Array:
    bread = np.linalg.inv(x.T @ x)
    score = np.zeros((unit.max() + 1, x.shape[1]))
    np.add.at(score, unit, x * residual[:, None])
    groups, n = len(score), len(residual)
    small = groups / (groups - 1) * (n - 1) / (n - x.shape[1])
    return np.asarray(small * bread @ (score.T @ score) @ bread)


def _sasabuchi(beta: Array, covariance: Array, low: float, high: float, clusters: int) -> float:
    """p of "monotone or U-shaped" against an inverted U (Lind and Mehlum 2010)."""
    from scipy.stats import t

    def statistic(at: float) -> float:
        gradient = np.array([1.0, 2 * at])
        return float(gradient @ beta / np.sqrt(gradient @ covariance @ gradient))

    rises, falls = statistic(low), -statistic(high)
    return float(t.sf(min(rises, falls), df=clusters - 1))
