"""Monthly shares by sector, species and unit.

Tabled shares hold for a year of 365 days; they are taken as daily rates, so that a leap year gets
its 29th of February. Residential stoves and district heating follow the monthly temperature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from scenair.core.errors import InputError
from scenair.core.periods import days_in_months

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

_COMMON_YEAR = 2015


def shares_of_year(shares: npt.NDArray[np.float64], year: int) -> npt.NDArray[np.float64]:
    """Shares for a year of 365 days (last axis months) -> shares for ``year``; sum 1."""
    rate = shares / days_in_months(_COMMON_YEAR)
    mass = rate * days_in_months(year)
    return np.asarray(mass / mass.sum(axis=-1, keepdims=True))


def stove_shares(
    temperature: npt.NDArray[np.float64], *, hours: pd.DataFrame, year: int
) -> npt.NDArray[np.float64]:
    """Residential combustion: hours of stove operation by temperature class times days.

    Parameters
    ----------
    temperature : array (..., 12)
        Monthly mean, degC.
    hours : DataFrame
        Columns t_min, t_max (degC) and value (h d-1); classes that cover every temperature.

    Raises
    ------
    InputError
        A temperature in no class.
    """
    daily = np.full(temperature.shape, np.nan)
    for row in hours.itertuples():
        member = (temperature >= float(row.t_min)) & (temperature < float(row.t_max))  # type: ignore[arg-type]
        daily[member] = float(row.value)  # type: ignore[arg-type]
    if np.isnan(daily).any():
        raise InputError(
            "a monthly temperature lies in no class of stove hours",
            value=float(temperature[np.isnan(daily)][0]),
            allowed="degC, within the classes of gridding/temperature_response.csv",
        )
    mass = daily * days_in_months(year)
    return np.asarray(mass / mass.sum(axis=-1, keepdims=True))


def heating_shares(
    temperature: npt.NDArray[np.float64],
    *,
    base_share: float,
    season_below: float,
    room_temperature: float,
    year: int,
) -> npt.NDArray[np.float64]:
    """Heat supply: a base that follows the days, the rest the degree days of cold months.

    Parameters
    ----------
    temperature : array (..., 12)
        Monthly mean, degC.
    base_share : float
        1; where no month is cold everything is base.
    season_below, room_temperature : float
        degC.
    """
    days = days_in_months(year).astype(np.float64)
    cold = np.where(temperature < season_below, (room_temperature - temperature) * days, 0.0)
    total = cold.sum(axis=-1, keepdims=True)
    base = np.broadcast_to(days / days.sum(), cold.shape)
    with np.errstate(invalid="ignore"):
        season = np.where(total > 0, cold / np.where(total > 0, total, 1.0), base)
    return np.asarray(base_share * base + (1 - base_share) * season)


def month_shares(
    *,
    table: pd.DataFrame,
    response: pd.DataFrame,
    temperature: npt.NDArray[np.float64],
    cities: Sequence[int],
    sectors: Sequence[str],
    species: Sequence[str],
    year: int,
) -> xr.DataArray:
    """Share of the annual emission in each month.

    Parameters
    ----------
    table : DataFrame
        Columns sector, species (``*`` for those not named), month, value.
    response : DataFrame
        ``gridding/temperature_response.csv``.
    temperature : array (cities, 12)
        degC.

    Returns
    -------
    DataArray
        (sector, species, month, city), 1; sums to 1 over the months. A sector outside ``table``
        must be one that follows the temperature (residential, heating).

    Raises
    ------
    InputError
        A sector or species without a profile; months missing; shares that don't sum to 1.
    """
    stoves = response[response["parameter"] == "hours"]
    heat = response[response["sector"] == "heating"].set_index("parameter")["value"].astype(float)
    by_temperature = {
        "residential": stove_shares(temperature, hours=stoves, year=year),
        "heating": heating_shares(
            temperature,
            base_share=heat["base_share"],
            season_below=heat["season_below"],
            room_temperature=heat["room_temperature"],
            year=year,
        ),
    }
    rows = _profiles(table, year=year)
    out = np.empty((len(sectors), len(species), 12, len(cities)))
    for i, sector in enumerate(sectors):
        for j, name in enumerate(species):
            profile = rows.get((sector, name), rows.get((sector, "*")))
            if profile is not None:
                out[i, j] = profile[:, None]
            elif sector in by_temperature:
                out[i, j] = by_temperature[sector].T
            else:
                raise InputError(
                    "no monthly profile",
                    where="the table of months",
                    value=f"sector {sector}, species {name}",
                    remedy="add twelve rows; species * serves all species of the sector",
                )
    return xr.DataArray(
        out,
        dims=("sector", "species", "month", "city"),
        coords={
            "sector": list(sectors),
            "species": list(species),
            "month": np.arange(1, 13, dtype=np.int32),
            "city": np.asarray(cities, dtype=np.int32),
        },
        name="month_share",
        attrs={"units": "1", "long_name": "share of the annual emission in the month"},
    )


def _profiles(table: pd.DataFrame, *, year: int) -> dict[tuple[str, str], npt.NDArray[np.float64]]:
    out = {}
    for (sector, name), group in table.groupby(["sector", "species"]):
        months = group.sort_values("month")
        values = months["value"].to_numpy(dtype=np.float64)
        if months["month"].tolist() != list(range(1, 13)) or (values < 0).any():
            raise InputError(
                "a monthly profile needs twelve shares that are not negative",
                where=f"the table of months, sector {sector}, species {name}",
                value=values.tolist(),
            )
        if abs(values.sum() - 1) > 1e-5:
            raise InputError(
                "a monthly profile doesn't sum to 1",
                where=f"the table of months, sector {sector}, species {name}",
                value=values.sum(),
                allowed="1 within 1e-5",
            )
        out[(str(sector), str(name))] = shares_of_year(values, year)
    return out
