"""Mass closure: every stage shows that what came in went out, per species and sector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.core.errors import MassBalanceError

if TYPE_CHECKING:
    import xarray as xr

TOLERANCE: Final = 1e-6
COLUMNS: Final = (
    "stage",
    "species",
    "sector",
    "mass_in",
    "mass_out",
    "outside",
    "relative_error",
)


def closure_table(
    *,
    stage: str,
    mass_in: xr.DataArray,
    mass_out: xr.DataArray,
    outside: xr.DataArray | None = None,
) -> pd.DataFrame:
    """Compare masses per species and sector.

    Parameters
    ----------
    stage : str
    mass_in, mass_out, outside : DataArray
        Dimensions (species, sector) in any order, all in the same unit (Mg yr-1 by custom).
        ``outside`` is what left the domain (counted as out).

    Returns
    -------
    DataFrame
        Columns of :data:`COLUMNS`; ``relative_error = (mass_out + outside - mass_in) / mass_in``,
        0 where nothing came in and nothing went out, infinite where something came from nothing.
    """
    import xarray as xr

    into = mass_in.transpose("species", "sector").astype("float64")
    out = mass_out.transpose("species", "sector").astype("float64").reindex_like(into)
    left = (
        xr.zeros_like(into)
        if outside is None
        else outside.transpose("species", "sector").astype("float64").reindex_like(into)
    )
    difference = out + left - into
    nothing = (into == 0) & (difference == 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = (difference / into).where(~nothing, 0.0)
    frame = pd.DataFrame(
        {
            "stage": stage,
            "species": np.repeat(into["species"].values, into.sizes["sector"]),
            "sector": np.tile(into["sector"].values, into.sizes["species"]),
            "mass_in": into.values.ravel(),
            "mass_out": out.values.ravel(),
            "outside": left.values.ravel(),
            "relative_error": relative.values.ravel(),
        }
    )
    return frame[list(COLUMNS)]


def require_closed(
    frame: pd.DataFrame, *, where: str, tolerance: float = TOLERANCE, unit: str = "Mg yr-1"
) -> pd.DataFrame:
    """Return ``frame`` unchanged, or stop with the worst row.

    Raises
    ------
    MassBalanceError
        Any relative error above ``tolerance`` or not a number.
    """
    error = frame["relative_error"].abs().to_numpy()
    bad = ~(error <= tolerance)
    if not bad.any():
        return frame
    worst = frame.iloc[int(np.argmax(np.where(np.isnan(error), np.inf, error)))]
    lost = worst["mass_out"] + worst["outside"] - worst["mass_in"]
    raise MassBalanceError(
        f"mass does not close in stage {worst['stage']}: {worst['species']}, {worst['sector']}",
        where=where,
        value=(
            f"in {worst['mass_in']:.9g}, out {worst['mass_out']:.9g}, "
            f"outside {worst['outside']:.3g}, difference {lost:+.6g} {unit} "
            f"({worst['relative_error']:+.2e}); {int(bad.sum())} of {len(frame)} rows fail"
        ),
        allowed=f"relative error up to {tolerance:g}",
        remedy="the file was changed or damaged after it was written: delete it and run again",
    )
