"""Release heights: profiles given in metres, put on the layers of a model by overlap in metres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

#: Tops (m above ground) of the layers of gridded.nc.
LAYER_TOPS: Final = (40.0, 100.0, 200.0, 400.0, 700.0, 1200.0, 2000.0, 3500.0)


def remap_heights(
    bottoms: npt.NDArray[np.float64],
    tops: npt.NDArray[np.float64],
    shares: npt.NDArray[np.float64],
    *,
    layer_tops: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Overlap integral of a piecewise constant profile with layers that start at the ground.

    Parameters
    ----------
    bottoms, tops : array (n,)
        Slabs of the profile, m.
    shares : array (n,)
        1.
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
    return np.asarray(fraction @ shares)


def release_shares(
    heights: pd.DataFrame,
    sector_heights: pd.DataFrame,
    *,
    sectors: Sequence[str],
    layer_tops: Sequence[float] = LAYER_TOPS,
) -> npt.NDArray[np.float64]:
    """Share of each sector's area emission in each layer, (sector, layer).

    Raises
    ------
    InputError
        A sector without a profile, an unknown profile, or shares that don't sum to 1.
    """
    profile_of = sector_heights.set_index("sector")["value"].to_dict()
    out = np.empty((len(sectors), len(layer_tops)))
    for i, sector in enumerate(sectors):
        rows = heights[heights["profile"] == profile_of.get(sector)]
        if rows.empty or abs(rows["value"].sum() - 1) > 1e-6:
            raise InputError(
                "no release profile that sums to 1",
                where=f"the tables of release heights, sector {sector}",
                value=profile_of.get(sector),
                allowed=", ".join(sorted(set(heights["profile"]))),
            )
        shares = remap_heights(
            rows["bottom_m"].to_numpy(dtype=np.float64),
            rows["top_m"].to_numpy(dtype=np.float64),
            rows["value"].to_numpy(dtype=np.float64),
            layer_tops=np.asarray(layer_tops, dtype=np.float64),
        )
        out[i] = shares / shares.sum()
    return out
