"""Joining monitors and model: VNA, eVNA, aVNA and the log-ratio form, with leave-one-out skill.

With M_t the model at a place, M_n and O_n model and observation at monitor n, w_n its weight:

* vna: sum w O_n (observations only)
* evna: M_t sum w (O_n / M_n)
* log_ratio: M_t exp(sum w ln(O_n / M_n)), so that twice and half weigh the same
* avna: M_t - sum w (M_n - O_n)

Source: VNA and eVNA as in EPA's DFT/SMAT-CE (equations of barronh/nna_methods).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    import scipy.sparse as sp

Method = Literal["vna", "evna", "log_ratio", "avna"]


@dataclass(frozen=True)
class Skill:
    """Leave-one-out skill of an estimate against what was left out."""

    n: int
    nmb_percent: float
    nme_percent: float
    rmse: float
    r: float

    @classmethod
    def of(cls, estimate: npt.NDArray[np.float64], observed: npt.NDArray[np.float64]) -> Skill:
        """Skill of ``estimate`` (ug m-3) against ``observed`` (ug m-3)."""
        error = estimate - observed
        r = np.corrcoef(estimate, observed)[0, 1] if np.ptp(estimate) > 0 else np.nan
        return cls(
            n=len(observed),
            nmb_percent=float(100 * error.sum() / observed.sum()),
            nme_percent=float(100 * np.abs(error).sum() / observed.sum()),
            rmse=float(np.sqrt((error**2).mean())),
            r=float(r),
        )


def bounded_ratio(
    observed: npt.NDArray[np.float64],
    modelled: npt.NDArray[np.float64],
    bounds: tuple[float, float],
) -> tuple[npt.NDArray[np.float64], int]:
    """Observation over model inside ``bounds``, and how many were outside."""
    with np.errstate(divide="ignore"):
        ratio = observed / modelled
    outside = int(((ratio < bounds[0]) | (ratio > bounds[1])).sum())
    return np.clip(ratio, *bounds), outside


def fuse(
    weights: sp.csr_matrix,
    observed: npt.NDArray[np.float64],
    at_monitors: npt.NDArray[np.float64],
    at_targets: npt.NDArray[np.float64],
    *,
    method: Method = "log_ratio",
    bounds: tuple[float, float] = (0.1, 10.0),
) -> npt.NDArray[np.float64]:
    """The fused field at the targets.

    Parameters
    ----------
    weights : csr_matrix (target, monitor)
    observed, at_monitors : ndarray (..., monitor)
        Observations and model at the monitors, ug m-3.
    at_targets : ndarray (..., target)
        Model at the targets, ug m-3.
    bounds : (low, high)
        Bounds of observation over model, for evna and log_ratio.

    Returns
    -------
    ndarray (..., target)
        ug m-3.
    """

    def spread(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        flat = values.reshape(-1, values.shape[-1])
        return np.asarray((weights @ flat.T).T.reshape(*values.shape[:-1], weights.shape[0]))

    if method == "vna":
        return spread(observed)
    if method == "avna":
        return at_targets - spread(at_monitors - observed)
    ratio, _ = bounded_ratio(observed, at_monitors, bounds)
    if method == "evna":
        return at_targets * spread(ratio)
    return np.asarray(at_targets * np.exp(spread(np.log(ratio))))


def leave_one_out(
    weights: sp.csr_matrix,
    observed: npt.NDArray[np.float64],
    at_monitors: npt.NDArray[np.float64],
    *,
    method: Method = "log_ratio",
    bounds: tuple[float, float] = (0.1, 10.0),
) -> dict[str, Skill]:
    """Skill of the fusion, of observations alone and of the raw model at left-out monitors.

    Parameters
    ----------
    weights : csr_matrix (monitor, monitor)
        From :func:`scenair.attainment.weights.neighbour_weights` with ``leave_out``.
    observed, at_monitors : ndarray (monitor,)
        ug m-3.
    """
    fused = fuse(weights, observed, at_monitors, at_monitors, method=method, bounds=bounds)
    alone = fuse(weights, observed, at_monitors, at_monitors, method="vna")
    return {
        "fused": Skill.of(fused, observed),
        "observations_only": Skill.of(alone, observed),
        "raw_model": Skill.of(at_monitors, observed),
    }
