"""Annual costs of measures, and benefits against costs over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt


def capital_recovery_factor(rate: float, years: float) -> float:
    """CRF = i (1 + i)^n / ((1 + i)^n - 1); 1 / n at rate 0.

    Parameters
    ----------
    rate : float
        Discount rate a year, 0.05 for 5 %.
    years : float
        Life of the equipment.

    Raises
    ------
    InputError
        A negative rate or a life that is not positive.
    """
    if rate < 0 or years <= 0:
        raise InputError(
            "a discount rate of at least 0 and a life above 0 are needed", value=[rate, years]
        )
    if rate == 0:
        return 1 / years
    growth = (1 + rate) ** years
    return float(rate * growth / (growth - 1))


def annual_cost(
    capital: npt.ArrayLike, operation: npt.ArrayLike, years: npt.ArrayLike, *, rate: float
) -> npt.NDArray[np.float64]:
    """Annualised capital plus yearly operation (negative where a measure saves).

    Parameters
    ----------
    capital : array_like
        Outlay, any currency.
    operation : array_like
        Same currency a year.
    years : array_like
        Life.
    """
    lives = np.asarray(years, dtype=np.float64)
    factor = np.array([capital_recovery_factor(rate, float(n)) for n in lives.ravel()])
    capital_, operation_ = (np.asarray(v, dtype=np.float64) for v in (capital, operation))
    return np.asarray(capital_ * factor.reshape(lives.shape) + operation_)


def pollutant_equivalents(
    reductions: Mapping[str, npt.ArrayLike], *, equivalents: Mapping[str, float]
) -> npt.NDArray[np.float64]:
    """APeq = sum of reduction / equivalent.

    Parameters
    ----------
    reductions : mapping
        Pollutant -> reductions.
    equivalents : mapping
        Pollutant -> equivalent, as in ``resources/planning/equivalents.csv``.

    Raises
    ------
    InputError
        A pollutant without equivalent.
    """
    weights = dict(equivalents)
    unknown = sorted(set(reductions) - set(weights))
    if unknown:
        raise InputError("no equivalent for", value=", ".join(unknown), allowed=", ".join(weights))
    parts = [np.asarray(v, dtype=np.float64) / weights[k] for k, v in reductions.items()]
    return np.asarray(np.sum(parts, axis=0))


def elasticity(
    co2_change: float, co2_base: float, pollutant_change: float, pollutant_base: float
) -> float:
    """Co-control elasticity: relative fall of CO2 over that of a pollutant."""
    if not (co2_base and pollutant_base and pollutant_change):
        raise InputError("the elasticity needs bases and a change that are not zero")
    return (co2_change / co2_base) / (pollutant_change / pollutant_base)


def net_present_value(
    benefits: npt.ArrayLike, costs: npt.ArrayLike, *, rate: float
) -> tuple[float, float]:
    """Net present value and benefit-cost ratio of yearly streams that begin now.

    Returns
    -------
    npv : float
        Sum of (B_t - C_t) / (1 + r)^t.
    ratio : float
        Present benefits over present costs; infinite without cost.
    """
    b, c = np.asarray(benefits, dtype=np.float64), np.asarray(costs, dtype=np.float64)
    if b.shape != c.shape or b.ndim != 1:
        raise InputError("benefits and costs of the same years", value=[b.shape, c.shape])
    discount = (1 + rate) ** -np.arange(len(b), dtype=np.float64)
    present_b, present_c = float((b * discount).sum()), float((c * discount).sum())
    return present_b - present_c, present_b / present_c if present_c else float("inf")
