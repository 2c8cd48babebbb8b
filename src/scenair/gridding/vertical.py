"""Release heights: profiles given in metres, put on the layers of a model by overlap in metres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from scenair.core.errors import InputError
from scenair.core.layers import remap_heights

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = npt.NDArray[np.float64]

#: Tops (m above ground) of the layers of gridded.nc.
LAYER_TOPS: Final = (40.0, 100.0, 200.0, 400.0, 700.0, 1200.0, 2000.0, 3500.0)


def release_slabs(
    heights: pd.DataFrame, sector_heights: pd.DataFrame, *, sectors: Sequence[str]
) -> tuple[Array, Array, Array]:
    """Share of each sector's area emission in each slab of the profiles, as tabled.

    Returns
    -------
    bottoms, tops : array (slab,)
        m above ground.
    shares : array (sector, slab)
        1; sums to 1.

    Raises
    ------
    InputError
        A sector without a profile, an unknown profile, or shares that don't sum to 1.
    """
    profile_of = sector_heights.set_index("sector")["value"].to_dict()
    slabs = heights.groupby(["bottom_m", "top_m"], sort=True).size().index
    out = np.zeros((len(sectors), len(slabs)))
    for i, sector in enumerate(sectors):
        rows = heights[heights["profile"] == profile_of.get(sector)]
        if rows.empty or abs(rows["value"].sum() - 1) > 1e-6:
            raise InputError(
                "no release profile that sums to 1",
                where=f"the tables of release heights, sector {sector}",
                value=profile_of.get(sector),
                allowed=", ".join(sorted(set(heights["profile"]))),
            )
        place = slabs.get_indexer(pd.MultiIndex.from_frame(rows[["bottom_m", "top_m"]]))
        out[i, place] = rows["value"] / rows["value"].sum()
    edges = np.array([tuple(slab) for slab in slabs], dtype=np.float64)
    return edges[:, 0], edges[:, 1], out


def release_shares(
    heights: pd.DataFrame,
    sector_heights: pd.DataFrame,
    *,
    sectors: Sequence[str],
    layer_tops: Sequence[float] = LAYER_TOPS,
) -> Array:
    """Share of each sector's area emission in each layer, (sector, layer).

    Raises
    ------
    InputError
        As :func:`release_slabs`.
    """
    bottoms, tops, shares = release_slabs(heights, sector_heights, sectors=sectors)
    return remap_heights(bottoms, tops, shares, layer_tops=np.asarray(layer_tops, dtype=np.float64))
