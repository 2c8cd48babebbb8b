"""Technology and funding that a plan needs, year by year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping


def gross_additions(stock: pd.Series, penetration: pd.Series, retired: pd.Series) -> pd.Series:
    """Units to be equipped: N_t p_t - N_(t-1) p_(t-1) + retired_t, not below 0.

    Parameters
    ----------
    stock : Series
        Index year ascending; units (MW, t/h of boilers, vehicles, households).
    penetration : Series
        Share of the stock that is equipped at the end of the year, 0-1.
    retired : Series
        Equipped units that retire in the year.

    Returns
    -------
    Series
        From the second year on.

    Raises
    ------
    InputError
        Other years in the three series, shares outside 0-1.
    """
    if not (stock.index.equals(penetration.index) and stock.index.equals(retired.index)):
        raise InputError("stock, penetration and retirement of the same years are needed")
    if not penetration.between(0, 1).all():
        raise InputError("penetration outside 0-1", value=float(penetration.max()))
    equipped = stock * penetration
    return (equipped.diff() + retired).iloc[1:].clip(lower=0)


def capital_needs(
    additions: pd.Series,
    *,
    unit_cost: float,
    learning: float = 0.0,
    first_year: int | None = None,
    retrofit: float = 0.0,
) -> pd.Series:
    """Capital a year: additions x u0 x (1 - l)^(t - t0) x (1 + retrofit factor).

    Parameters
    ----------
    additions : Series
        Index year; units.
    unit_cost : float
        Cost of a unit in ``first_year``.
    learning : float
        Fall of the unit cost a year, 0-1.
    first_year : int, optional
        Default: the first year of ``additions``.
    retrofit : float
        Extra for existing plants, 0.2 for 20 %.
    """
    start = int(additions.index[0]) if first_year is None else first_year
    years = np.asarray(additions.index, dtype=np.float64) - start
    return additions * unit_cost * (1 - learning) ** years * (1 + retrofit)


def funding(
    need: pd.Series, shares: Mapping[str, float], committed: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Needs by source of money, and the gap to what is committed.

    Parameters
    ----------
    need : Series
        Index year; money.
    shares : mapping
        For example public, enterprise, green_loan; sum to 1.
    committed : mapping, optional
        Source -> money a year that is secured.

    Returns
    -------
    DataFrame
        Year x source, and ``gap`` (not below 0).

    Raises
    ------
    InputError
        Shares that do not sum to 1.
    """
    total = sum(shares.values())
    if abs(total - 1) > 1e-9 or min(shares.values()) < 0:
        raise InputError("funding shares must sum to 1", value=total)
    out = pd.DataFrame({name: need * share for name, share in shares.items()})
    secured = committed or {}
    gaps = [(out[name] - secured.get(name, 0.0)).clip(lower=0) for name in shares]
    return out.assign(gap=pd.concat(gaps, axis=1).sum(axis=1))


def supply_check(additions: pd.Series, capacity: float, *, persons_per_unit: float) -> pd.DataFrame:
    """Whether industry can deliver (units a year), and the staff that the additions take."""
    return pd.DataFrame(
        {
            "additions": additions,
            "deliverable": additions <= capacity,
            "staff": additions * persons_per_unit,
        }
    )
