"""Release heights: profiles given in metres, put on the layers of a model by overlap in metres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from scenair.core.errors import InputError
from scenair.core.layers import remap_heights

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

#: Tops (m above ground) of the layers of gridded.nc.
LAYER_TOPS: Final = (40.0, 100.0, 200.0, 400.0, 700.0, 1200.0, 2000.0, 3500.0)


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
