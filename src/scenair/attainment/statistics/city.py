"""City values from site values: control sites out, coverage checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import xarray as xr

from scenair.core.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

#: What the names of clean control sites carry in the national network.
CONTROL_MARK: Final = "对照点"
#: Share of a city's sites that must be valid (half where there are fewer than four; from memory).
SITE_SHARE: Final = 0.75
FEW_SITES: Final = 4
SITE_SHARE_FEW: Final = 0.5


def is_control(names: pd.Series) -> npt.NDArray[np.bool_]:
    """Which station names carry the mark of a clean control site (清洁对照点)."""
    return names.astype(str).str.contains(CONTROL_MARK, regex=False).to_numpy()


def city_daily(
    daily: xr.DataArray,
    stations: pd.DataFrame,
    *,
    site_share: float | None = None,
) -> xr.Dataset:
    """Daily city value: mean of the daily values of the evaluation sites.

    For ozone ``daily`` is the sites' MDA8, so this is the mean of MDA8, not the MDA8 of a mean.

    Parameters
    ----------
    daily : DataArray (day, site)
    stations : DataFrame
        Index site; city, control (bool).
    site_share : float, optional
        Share of a city's evaluation sites that a day needs; default 0.75, or 0.5 for fewer than
        four sites. 0 takes any day with a valid site.

    Returns
    -------
    Dataset
        ``value (day, city)``, ``n_valid`` sites, ``n_sites`` evaluation sites (city).

    Raises
    ------
    InputError
        A site without a row in ``stations``; a city with control sites only.
    """
    sites = pd.Index(daily["site"].values)
    lacking = sites.difference(stations.index)
    if len(lacking):
        raise InputError(
            "stations without a city",
            value=", ".join(map(str, lacking[:5])),
            remedy="add them to the station list, or leave them out by name",
        )
    table = stations.loc[sites]
    use = ~table["control"].to_numpy(bool)
    cities = np.unique(table["city"].to_numpy())
    empty = sorted(set(cities) - set(table["city"].to_numpy()[use]))
    if empty:
        raise InputError("cities with control sites only", value=", ".join(map(str, empty)))
    values = daily.transpose("day", "site").values[:, use].astype(np.float64)
    good = np.isfinite(values)
    column = np.searchsorted(cities, table["city"].to_numpy()[use])
    member = np.zeros((len(column), len(cities)))
    member[np.arange(len(column)), column] = 1.0
    total, count = np.where(good, values, 0) @ member, good.astype(float) @ member
    n_sites = member.sum(axis=0)
    default = np.where(n_sites < FEW_SITES, SITE_SHARE_FEW, SITE_SHARE)
    share = default if site_share is None else np.full(len(cities), site_share)
    enough = (count >= share * n_sites - 1e-9) & (count > 0)
    value = np.where(enough, total / np.maximum(count, 1), np.nan)
    return xr.Dataset(
        {
            "value": (("day", "city"), value, {"units": daily.attrs.get("units", "")}),
            "n_valid": (("day", "city"), count.astype(np.int16)),
            "n_sites": ("city", n_sites.astype(np.int16)),
        },
        coords={"day": daily["day"].values, "city": cities},
    )
