"""Model performance statistics and the benchmarks they are held against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scenair.core.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd


def paired(
    observed: npt.ArrayLike, modelled: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Pairs where both are known.

    Raises
    ------
    InputError
        Other shapes, or fewer than two pairs.
    """
    o = np.asarray(observed, dtype=np.float64).ravel()
    m = np.asarray(modelled, dtype=np.float64).ravel()
    if o.shape != m.shape:
        raise InputError("observations and model differ in length", value=f"{o.size}, {m.size}")
    known = np.isfinite(o) & np.isfinite(m)
    if known.sum() < 2:
        raise InputError("too few pairs", value=int(known.sum()), allowed=">= 2")
    return o[known], m[known]


def statistics(observed: npt.ArrayLike, modelled: npt.ArrayLike) -> dict[str, float]:
    """Statistics over all pairs.

    Parameters
    ----------
    observed, modelled : array_like
        Same unit.

    Returns
    -------
    dict
        n; mean_observed, mean_modelled, mb, me, rmse (unit of the input); nmb, nme, mfb, mfe
        (percent); r; fac2; ioa_1981 (Willmott 1981, 0 to 1), ioa_2011 (refined, -1 to 1).
    """
    o, m = paired(observed, modelled)
    d = m - o
    total = o.sum()
    spread = np.abs(m - o.mean()) + np.abs(o - o.mean())
    deviation = 2 * np.abs(o - o.mean()).sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        fraction = d / (m + o)
        inside = (m >= 0.5 * o) & (m <= 2 * o)
        varied = bool(np.ptp(o) > 0 and np.ptp(m) > 0)
        r = float(np.corrcoef(o, m)[0, 1]) if varied else float("nan")
        absolute = np.abs(d).sum()
        refined = 1 - absolute / deviation if absolute <= deviation else deviation / absolute - 1
        return {
            "n": float(len(o)),
            "mean_observed": float(o.mean()),
            "mean_modelled": float(m.mean()),
            "mb": float(d.mean()),
            "me": float(np.abs(d).mean()),
            "rmse": float(np.sqrt((d**2).mean())),
            "nmb": float(100 * d.sum() / total),
            "nme": float(100 * np.abs(d).sum() / total),
            "mfb": float(200 * np.nanmean(fraction)),
            "mfe": float(200 * np.nanmean(np.abs(fraction))),
            "r": r,
            "fac2": float(inside.mean()),
            "ioa_1981": float(1 - (d**2).sum() / (spread**2).sum()),
            "ioa_2011": float(refined),
        }


def boylan_bounds(mean_observed: float, mean_modelled: float) -> dict[str, float]:
    """Concentration-dependent goals and criteria of Boylan and Russell (2006), percent.

    Parameters
    ----------
    mean_observed, mean_modelled : float
        ug m-3.
    """
    c = mean_observed + mean_modelled
    return {
        "mfe_goal": 150 * np.exp(-0.5 * c / 0.75) + 50,
        "mfb_goal": 170 * np.exp(-0.5 * c / 0.5) + 30,
        "mfe_criteria": 125 * np.exp(-0.5 * c / 2) + 75,
        "mfb_criteria": 140 * np.exp(-0.5 * c / 1) + 60,
    }


def judge(
    values: dict[str, float], benchmarks: pd.DataFrame, *, item: str, source: str
) -> dict[str, str]:
    """``goal``, ``criteria`` or ``outside`` for each statistic that has a benchmark.

    Parameters
    ----------
    values : dict
        From :func:`statistics`.
    benchmarks : DataFrame
        ``resources/attainment/benchmarks.csv``: set, item, statistic, level, value. A bound on
        nmb, nme, mfb, mfe is an upper bound on the magnitude, on r a lower bound.
    item : str
        For example ``PM25_24h``.
    source : str
        The set, for example ``emery2017``.

    Raises
    ------
    InputError
        No benchmark for this item.
    """
    rows = benchmarks[(benchmarks["set"] == source) & (benchmarks["item"] == item)]
    if rows.empty:
        known = sorted(set(benchmarks["set"] + " " + benchmarks["item"]))
        raise InputError("no benchmark", value=f"{source} {item}", allowed=", ".join(known))
    out = {}
    for statistic, part in rows.groupby("statistic"):
        bound = part.set_index("level")["value"]
        out[str(statistic)] = "outside"
        for level in ("criteria", "goal"):
            if level in bound.index and _within(values, str(statistic), float(bound[level])):
                out[str(statistic)] = level
    return out


def _within(values: dict[str, float], statistic: str, bound: float) -> bool:
    value = values[statistic]
    return value >= bound if statistic == "r" else abs(value) <= bound


def taylor(observed: npt.ArrayLike, modelled: npt.ArrayLike) -> dict[str, float]:
    """Coordinates of a Taylor diagram: ratio of standard deviations, r, centred RMSE (ratio)."""
    o, m = paired(observed, modelled)
    ratio = float(m.std() / o.std())
    r = float(np.corrcoef(o, m)[0, 1])
    centred = float(np.sqrt((((m - m.mean()) - (o - o.mean())) ** 2).mean()) / o.std())
    return {"std_ratio": ratio, "r": r, "centred_rmse": centred}
