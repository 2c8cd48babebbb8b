"""Deaths attributable to PM2.5 and ozone, and what avoiding them is worth.

Functions: GEMM (Burnett et al. 2018) and log-linear with a threshold. The way in which deaths are
attributed changes the answer by a third, so it is named in every result. Functions under licences
that forbid redistribution (IHME) are not shipped; a table of relative risks can be given instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

Method = Literal["paf", "fixed_rate", "pwrr"]

#: Counterfactual of GEMM, ug m-3.
COUNTERFACTUAL: Final = 2.4
_NORMAL_95: Final = 1.959963984540054


@dataclass(frozen=True)
class Gemm:
    """Parameters of one GEMM function (cause, age)."""

    theta: float
    theta_se: float
    alpha: float
    mu: float
    nu: float

    def shape(self, concentration: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """T(z) = ln(1 + z / alpha) / (1 + exp(-(z - mu) / nu)), z = max(0, C - 2.4)."""
        z = np.maximum(0.0, np.asarray(concentration, dtype=np.float64) - COUNTERFACTUAL)
        return np.asarray(np.log1p(z / self.alpha) / (1 + np.exp(-(z - self.mu) / self.nu)))

    def relative_risk(
        self, concentration: npt.ArrayLike, *, deviations: float = 0.0
    ) -> npt.NDArray[np.float64]:
        """exp(theta T(z)); ``deviations`` moves theta by that many standard errors.

        Parameters
        ----------
        concentration : array_like
            Annual mean PM2.5, ug m-3.
        """
        theta = self.theta + deviations * self.theta_se
        return np.asarray(np.exp(theta * self.shape(concentration)))


def gemm(table: pd.DataFrame, *, cause: str = "NCD+LRI", age: str = "all") -> Gemm:
    """One function of ``resources/attainment/gemm.csv``.

    Raises
    ------
    InputError
        Unknown cause or age.
    """
    rows = table[(table["cause"] == cause) & (table["age"].astype(str) == age)]
    if len(rows) != 5:
        known = sorted(set(table["cause"] + " " + table["age"].astype(str)))
        raise InputError("no such GEMM function", value=f"{cause} {age}", allowed=", ".join(known))
    value = rows.set_index("quantity")["value"]
    return Gemm(**{str(k): float(v) for k, v in value.items()})


def log_linear(
    concentration: npt.ArrayLike, *, rr: float, per: float, threshold: float
) -> npt.NDArray[np.float64]:
    """RR = exp(ln(rr) / per x max(0, C - threshold)).

    Parameters
    ----------
    concentration : array_like
        ug m-3 or ppb, as ``per`` and ``threshold``.
    rr : float
        Relative risk for ``per`` units.
    """
    excess = np.maximum(0.0, np.asarray(concentration, dtype=np.float64) - threshold)
    return np.asarray(np.exp(np.log(rr) / per * excess))


def tabulated(
    concentration: npt.ArrayLike, grid: npt.ArrayLike, risk: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Relative risk from a user's table, linear between its points, flat outside.

    Raises
    ------
    InputError
        A grid that does not ascend, or risks below 1.
    """
    x, y = np.asarray(grid, dtype=np.float64), np.asarray(risk, dtype=np.float64)
    if (np.diff(x) <= 0).any() or (y < 1).any():
        raise InputError("a table of relative risks must ascend in concentration and be at least 1")
    return np.asarray(np.interp(np.asarray(concentration, dtype=np.float64), x, y))


def attributable_deaths(
    population: npt.ArrayLike,
    rate: float,
    risk: npt.ArrayLike,
    *,
    base_risk: npt.ArrayLike | None = None,
    method: Method = "pwrr",
) -> npt.NDArray[np.float64]:
    """Deaths attributable to exposure, a year.

    Parameters
    ----------
    population : array_like (place,)
        Persons at risk.
    rate : float
        Baseline deaths per person and year of the whole domain, in the base situation.
    risk : array_like (place,)
        Relative risk in the situation.
    base_risk : array_like (place,), optional
        Relative risk in the base situation; default ``risk``.
    method : {"paf", "fixed_rate", "pwrr"}
        ``paf``: P y (RR - 1) / RR in each situation, rate kept. ``fixed_rate``: the underlying
        rate y / RR_base of each place is kept: P y (RR - 1) / RR_base. ``pwrr``: the underlying
        rate of the domain y / PWRR_base is kept, PWRR the population-weighted base risk; places
        differ by exposure only. Default.

    Returns
    -------
    ndarray (place,)
    """
    p = np.asarray(population, dtype=np.float64)
    rr = np.asarray(risk, dtype=np.float64)
    base = rr if base_risk is None else np.asarray(base_risk, dtype=np.float64)
    if method == "paf":
        return np.asarray(p * rate * (rr - 1) / rr)
    if method == "fixed_rate":
        return np.asarray(p * rate * (rr - 1) / base)
    if method == "pwrr":
        return np.asarray(p * rate * (rr - 1) / np.average(base, weights=p))
    raise InputError("unknown attribution", value=method, allowed="paf, fixed_rate, pwrr")


def interval(
    function: Gemm,
    population: npt.ArrayLike,
    rate: float,
    base: npt.ArrayLike,
    future: npt.ArrayLike,
    *,
    method: Method = "pwrr",
) -> tuple[float, float, float]:
    """Deaths avoided between two situations: central, 2.5 % and 97.5 % (theta alone varies).

    Avoided deaths rise with theta, so the quantiles are those of theta.
    """

    def avoided(deviations: float) -> float:
        old = function.relative_risk(base, deviations=deviations)
        new = function.relative_risk(future, deviations=deviations)
        before = attributable_deaths(population, rate, old, base_risk=old, method=method)
        after = attributable_deaths(population, rate, new, base_risk=old, method=method)
        return float((before - after).sum())

    low, high = sorted((avoided(-_NORMAL_95), avoided(_NORMAL_95)))
    return avoided(0.0), low, high


@dataclass(frozen=True)
class AgeGroup:
    """One age group of the adults.

    Attributes
    ----------
    function : Gemm
    share : float
        Of the adults, 0-1.
    rate : float
        Baseline deaths per person and year.
    """

    function: Gemm
    share: float
    rate: float


def age_groups(
    table: pd.DataFrame, ages: pd.DataFrame, *, rate: float, cause: str = "NCD+LRI"
) -> list[AgeGroup]:
    """Functions, shares and rates by age whose mean rate is that of all adults.

    Parameters
    ----------
    table : DataFrame
        ``resources/attainment/gemm.csv``.
    ages : DataFrame
        ``resources/attainment/age_structure.csv``: age (lower end), quantity (people, mortality),
        value; only ratios of the values count.
    rate : float
        Baseline deaths per adult and year.

    Raises
    ------
    InputError
        Ages without a function, or people and mortality of other ages.
    """
    wide = ages.pivot_table(index="age", columns="quantity", values="value").sort_index()
    if set(wide.columns) != {"people", "mortality"} or wide.isna().any(axis=None):
        raise InputError(
            "people and mortality of the same ages are needed", value=list(map(str, wide.columns))
        )
    share = wide["people"].to_numpy() / wide["people"].sum()
    scale = rate / float((share * wide["mortality"].to_numpy()).sum())
    rates = scale * wide["mortality"].to_numpy()
    functions = [gemm(table, cause=cause, age=str(age)) for age in wide.index]
    return [
        AgeGroup(f, float(s), float(r)) for f, s, r in zip(functions, share, rates, strict=True)
    ]


def interval_by_age(
    groups: Sequence[AgeGroup],
    adults: npt.ArrayLike,
    base: npt.ArrayLike,
    future: npt.ArrayLike,
    *,
    method: Method = "pwrr",
) -> tuple[float, float, float]:
    """Deaths avoided over all ages: central, 2.5 % and 97.5 % (errors of theta go together).

    Parameters
    ----------
    groups : sequence
        From :func:`age_groups`.
    adults : array_like (place,)
        Persons of all the groups.
    base, future : array_like (place,)
        Annual mean PM2.5, ug m-3.
    """
    people = np.asarray(adults, dtype=np.float64)
    parts = [
        interval(g.function, g.share * people, g.rate, base, future, method=method) for g in groups
    ]
    central, low, high = (float(v) for v in np.sum(parts, axis=0))
    return central, low, high


def transferred_vsl(
    vsl: float, *, income: float, reference_income: float, elasticity: float
) -> float:
    """Value of a statistical life at another income: VSL (Y / Y0) ** e.

    Raises
    ------
    InputError
        Incomes that are not positive.
    """
    if income <= 0 or reference_income <= 0:
        raise InputError("incomes must be positive", value=[income, reference_income])
    return float(vsl * (income / reference_income) ** elasticity)
