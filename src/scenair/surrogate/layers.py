"""The eight layers of the surrogate and the way emissions enter them."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from scenair.core.errors import InputError

Array = npt.NDArray[np.float64]

#: Layer tops above ground, m (terrain-following).
LAYER_TOPS_M: Final[tuple[float, ...]] = (40.0, 100.0, 200.0, 400.0, 700.0, 1200.0, 2000.0, 3500.0)


def thickness(tops: tuple[float, ...] = LAYER_TOPS_M) -> Array:
    """Layer thickness, m."""
    return np.diff(np.array((0.0, *tops)))


def middle(tops: tuple[float, ...] = LAYER_TOPS_M) -> Array:
    """Height of the layer middles above ground, m."""
    edges = np.array((0.0, *tops))
    return np.asarray((edges[1:] + edges[:-1]) / 2)


def remap_release(
    release: Array, *, bottom: Array, top: Array, tops: tuple[float, ...] = LAYER_TOPS_M
) -> Array:
    """Release fractions on the layers of the surrogate.

    Mass is spread evenly over the height of its layer; what lies above the model top joins the
    top layer.

    Parameters
    ----------
    release : (sector, layer)
        Fractions, each sector sums to 1.
    bottom, top : (layer,)
        Limits of the layers of ``release``, m above ground.

    Returns
    -------
    (sector, len(tops))
        Fractions, each sector sums to 1.

    Raises
    ------
    InputError
        Fractions outside 0-1, not summing to 1, or layers without height.
    """
    if not np.isfinite(release).all() or (release < 0).any() or (release > 1 + 1e-6).any():
        raise InputError("release fractions outside 0-1", where="variable release")
    total = release.sum(axis=1)
    if (np.abs(total - 1) > 1e-5).any():
        raise InputError(
            "release fractions of a sector do not sum to 1",
            where=f"variable release, sector number {int(np.abs(total - 1).argmax())}",
            value=float(total[np.abs(total - 1).argmax()]),
            allowed="1",
        )
    if (top <= bottom).any() or (bottom < 0).any():
        raise InputError("release layers without height", where="layer_bottom, layer_top")
    edges = np.array((0.0, *tops[:-1], np.inf))
    low = np.maximum(bottom[:, None], edges[None, :-1])
    high = np.minimum(top[:, None], edges[None, 1:])
    share = np.clip(high - low, 0.0, None) / (top - bottom)[:, None]
    return np.asarray(release @ share / total[:, None])
