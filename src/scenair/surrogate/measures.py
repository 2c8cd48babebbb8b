"""What a change of emissions does to every city: responsibility matrix x change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from scenair.core.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

_ORDER: Final = ("source_city", "sector", "species")


class Responsibility:
    """The matrix of a responsibility file, ready for one change after the other.

    Parameters
    ----------
    ds : Dataset
        ``contribution(receptor, source_city, sector, species)``, ug m-3 (Mg yr-1)-1.
    """

    def __init__(self, ds: xr.Dataset) -> None:
        self._ds = ds
        values = ds["contribution"].transpose("receptor", *_ORDER).values
        self._matrix = np.ascontiguousarray(values.reshape(len(values), -1), dtype=np.float32)

    def effect(self, change: xr.DataArray) -> npt.NDArray[np.float64]:
        """Change of annual PM2.5 of every receptor, ug m-3.

        Exact for primary particles; for what turns into sulfate, nitrate, ammonium and organic
        aerosol it is the mean response between nothing and the base.

        Parameters
        ----------
        change : DataArray (source_city, sector, species)
            Change of emissions, Mg yr-1, negative for a cut; labels that are left out are 0.

        Raises
        ------
        InputError
            A city, sector or species that the matrix does not have, or a value that is no number.
        """
        for name in _ORDER:
            unknown = set(change[name].values.tolist()) - set(self._ds[name].values.tolist())
            if unknown:
                raise InputError(
                    f"{name} not in the responsibility matrix",
                    value=", ".join(map(str, sorted(unknown)[:5])),
                )
        if not np.isfinite(change.values).all():
            raise InputError("a change of emissions that is no number")
        full = change.reindex({name: self._ds[name] for name in _ORDER}, fill_value=0.0)
        vector = full.transpose(*_ORDER).values.astype(np.float32).ravel()
        return np.asarray(self._matrix @ vector, dtype=np.float64)
