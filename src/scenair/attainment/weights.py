"""Which monitors speak for a place: sparse weights, computed once for a monitor set.

Inverse distance (power 2) among the k nearest monitors, or among the Voronoi neighbours of the
place (EPA's VNA). Distances in projected metres. At a monitor that monitor has all the weight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import scipy.sparse as sp
from scipy.spatial import ConvexHull, QhullError, cKDTree

from scenair.core.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

Neighbours = Literal["idw", "voronoi"]

#: A distance below this many metres is "at the monitor".
_AT_MONITOR_M = 1e-6


def neighbour_weights(
    monitors: npt.NDArray[np.float64],
    targets: npt.NDArray[np.float64],
    *,
    neighbours: Neighbours = "idw",
    nearest: int = 10,
    power: float = 2.0,
    leave_out: bool = False,
) -> sp.csr_matrix:
    """Weights of the monitors at the targets; each row sums to 1.

    Parameters
    ----------
    monitors : ndarray (monitor, 2)
        x, y in m, no two alike.
    targets : ndarray (target, 2)
    neighbours : {"idw", "voronoi"}
        All ``nearest`` monitors, or the natural neighbours among them.
    nearest : int
    power : float
    leave_out : bool
        ``targets`` are the monitors themselves, and none speaks for itself.

    Returns
    -------
    csr_matrix (target, monitor)

    Raises
    ------
    InputError
        Too few monitors, or two at one place.
    """
    n = len(monitors)
    if n < 2 + leave_out:
        raise InputError("too few monitors for a fusion", value=n, allowed=f">= {2 + leave_out}")
    tree = cKDTree(monitors)
    if tree.query_pairs(_AT_MONITOR_M):
        raise InputError(
            "two monitors at one place",
            value=f"{len(tree.query_pairs(_AT_MONITOR_M))} pairs",
            remedy="merge or drop duplicates before the fusion",
        )
    k = min(nearest + leave_out, n)
    distance, index = tree.query(targets, k=k)
    distance, index = distance.reshape(len(targets), k), index.reshape(len(targets), k)
    use: npt.NDArray[np.bool_] = np.ones(distance.shape, dtype=bool)
    if leave_out:
        use &= index != np.arange(len(targets))[:, None]
    if neighbours == "voronoi":
        use &= _natural(monitors, targets, index, use)
    return _to_matrix(distance, index, use, power=power, shape=(len(targets), n))


def _natural(
    monitors: npt.NDArray[np.float64],
    targets: npt.NDArray[np.float64],
    index: npt.NDArray[np.int64],
    use: npt.NDArray[np.bool_],
) -> npt.NDArray[np.bool_]:
    """Which of the candidates are Voronoi neighbours of each target.

    The Voronoi cell of the origin is bounded by the bisectors x.p <= |p|^2 / 2; its polar dual is
    the convex hull of the inverted points 2 p / |p|^2 and the origin. Hull vertices are the
    neighbours, so one small hull a target serves, with no triangulation.
    """
    natural = np.zeros_like(use)
    for row, target in enumerate(targets):
        candidates = np.flatnonzero(use[row])
        step = monitors[index[row, candidates]] - target
        square = (step**2).sum(axis=1)
        if square[0] <= _AT_MONITOR_M**2 or len(candidates) < 3:
            natural[row, candidates] = True
            continue
        # scaled by the nearest so that the hull is well conditioned
        inverted = step / square[:, None] * np.sqrt(square[0])
        try:
            hull = ConvexHull(np.vstack([inverted, [0.0, 0.0]]))
        except QhullError:  # all on one line: the nearest on either side
            natural[row, candidates] = _on_a_line(inverted)
            continue
        vertices = hull.vertices[hull.vertices < len(candidates)]
        natural[row, candidates[vertices]] = True
    return natural


def _on_a_line(inverted: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    along = inverted @ inverted[0]
    keep = np.zeros(len(inverted), dtype=bool)
    keep[int(np.argmax(along))] = True
    if along.min() < 0:
        keep[int(np.argmin(along))] = True
    return keep


def _to_matrix(
    distance: npt.NDArray[np.float64],
    index: npt.NDArray[np.int64],
    use: npt.NDArray[np.bool_],
    *,
    power: float,
    shape: tuple[int, int],
) -> sp.csr_matrix:
    at = np.logical_and(use, distance <= _AT_MONITOR_M)
    use = np.where(at.any(axis=1).reshape(-1, 1), at, use)
    with np.errstate(divide="ignore"):
        weight = np.where(at, 1.0, distance ** (-power))
    weight = np.where(use, weight, 0.0)
    weight /= weight.sum(axis=1, keepdims=True)
    row, column = np.nonzero(use)
    matrix = sp.csr_matrix((weight[row, column], (row, index[row, column])), shape=shape)
    matrix.sort_indices()
    return matrix


def nearest_distance(
    monitors: npt.NDArray[np.float64], targets: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Distance of each target to the nearest monitor, m."""
    distance, _ = cKDTree(monitors).query(targets)
    return np.asarray(distance)
