"""Layers above ground: profiles given in metres, put on other layers by overlap in metres."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def remap_heights(bottoms: Array, tops: Array, shares: Array, *, layer_tops: Array) -> Array:
    """Overlap integral of piecewise constant profiles with layers that start at the ground.

    Parameters
    ----------
    bottoms, tops : array (n,)
        Slabs of the profile, m.
    shares : array (..., n)
        Share in each slab, 1; leading axes (sectors) are kept in front.
    layer_tops : array (..., layers)
        Ascending along the last axis, m; leading axes (cells, hours) are kept.

    Returns
    -------
    array (..., layers)
        Sums to the sum of ``shares``; what lies above the top layer stays in the top layer.
    """
    edges = np.concatenate([np.zeros((*layer_tops.shape[:-1], 1)), layer_tops], axis=-1)
    edges[..., -1] = np.maximum(edges[..., -1], tops.max())
    low = np.maximum(edges[..., :-1, None], bottoms)
    high = np.minimum(edges[..., 1:, None], tops)
    fraction = np.clip(high - low, 0, None) / (tops - bottoms)
    return np.asarray(np.tensordot(shares, fraction, axes=(-1, -1)))
