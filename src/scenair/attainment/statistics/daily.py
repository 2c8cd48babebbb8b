"""Hourly values to daily means and to the maximum daily 8-hour mean (MDA8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import xarray as xr

from scenair.core.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

Convention = Literal["cn", "us", "who"]
HOURS: Final = 24
WINDOW: Final = 8
#: Hourly values that a daily mean and an 8-hour mean need (GB 3095-2026, table 4).
HOURS_A_DAY: Final = 20
HOURS_A_WINDOW: Final = 6


@dataclass(frozen=True)
class WindowRule:
    """Which 8-hour windows belong to a day, and how many must be there.

    Attributes
    ----------
    first_start, last_start : int
        Starting hours relative to the day's 00:00; negative reaches into the day before.
    needed : int
        Valid windows a day needs, unless the maximum exceeds the limit.
    """

    first_start: int
    last_start: int
    needed: int

    @property
    def windows(self) -> int:
        return self.last_start - self.first_start + 1


#: cn: 17 windows ending 08:00-24:00 (HJ 663). us: 17 windows starting 07:00-23:00, the last ends
#: 07:00 next day (40 CFR 50, appendix U). who: 24 windows ending 01:00-24:00, 18 needed (European
#: practice; WHO names no rule).
RULES: Final[dict[str, WindowRule]] = {
    "cn": WindowRule(0, 16, 14),
    "us": WindowRule(7, 23, 13),
    "who": WindowRule(-7, 16, 18),
}


def require_hourly(hourly: xr.DataArray, *, where: str = "hourly values") -> None:
    """Stop where time is not a complete hourly axis of whole days.

    Raises
    ------
    InputError
        Gaps, duplicates, disorder, or a part of a day.
    """
    time = hourly["time"].values
    if len(time) == 0 or len(time) % HOURS:
        raise InputError("not a whole number of days", where=where, value=f"{len(time)} hours")
    step = np.diff(time) / np.timedelta64(1, "h")
    if not (step == 1).all():
        i = int(np.argmax(step != 1))
        raise InputError(
            "the time axis is not hourly and complete",
            where=where,
            value=f"{time[i]} is followed by {time[i + 1]}",
            remedy="read the file with a reader of scenair, which completes the axis with missing",
        )
    if time[0] != time[0].astype("datetime64[D]"):
        raise InputError("the first hour is not 00:00", where=where, value=time[0])


def daily_mean(hourly: xr.DataArray, *, needed: int = HOURS_A_DAY) -> xr.Dataset:
    """Daily means of hourly values.

    Parameters
    ----------
    hourly : DataArray (time, ...)
        Complete hourly axis, label at the hour's beginning; NumPy or dask.
    needed : int
        Valid hours that a day needs.

    Returns
    -------
    Dataset
        ``value (day, ...)`` in the unit of the input, NaN where too few; ``n_valid`` hours.
    """
    require_hourly(hourly)
    blocks = _days(hourly)
    count = blocks.notnull().sum("hour")
    mean = blocks.mean("hour", skipna=True)
    unit = hourly.attrs.get("units", "")
    return xr.Dataset(
        {
            "value": mean.where(count >= needed).assign_attrs(units=unit),
            "n_valid": count.astype("int16"),
        }
    )


def _days(hourly: xr.DataArray) -> xr.DataArray:
    rest = [d for d in hourly.dims if d != "time"]
    array = hourly.transpose("time", *rest)
    n = array.sizes["time"] // HOURS
    data = array.data.reshape(n, HOURS, *array.shape[1:])
    days = array["time"].values[::HOURS].astype("datetime64[ns]")
    coords = {str(k): v for k, v in array.coords.items() if "time" not in v.dims}
    return xr.DataArray(data, dims=("day", "hour", *rest), coords={"day": days, **coords})


def mda8(
    hourly: xr.DataArray, *, convention: Convention = "cn", limit: float | None = 160.0
) -> xr.Dataset:
    """Maximum daily 8-hour mean.

    Parameters
    ----------
    hourly : DataArray (time, ...)
        Complete hourly axis, label at the hour's beginning.
    convention : {"cn", "us", "who"}
        Windows of a day, see :data:`RULES`.
    limit : float, optional
        A day with too few windows still counts where its maximum exceeds this (unit of the
        input). None: never.

    Returns
    -------
    Dataset
        ``value (day, ...)``, NaN where invalid; ``n_valid`` windows; ``first_hour`` of the window
        of the maximum relative to 00:00 of the day (-99 where invalid).
    """
    require_hourly(hourly)
    rest = [d for d in hourly.dims if d != "time"]
    array = hourly.transpose("time", *rest)
    if array.chunks is not None:
        array = array.chunk({"time": -1})
    core = {"convention": convention, "limit": np.nan if limit is None else limit}
    n = array.sizes["time"] // HOURS
    value, count, hour = xr.apply_ufunc(
        _mda8,
        array.rename(time="slot"),
        kwargs=core,
        input_core_dims=[["slot"]],
        output_core_dims=[["day"], ["day"], ["day"]],
        dask="parallelized",
        output_dtypes=[np.float64, np.int16, np.int16],
        dask_gufunc_kwargs={"output_sizes": {"day": n}},
    )
    days = hourly["time"].values[::HOURS].astype("datetime64[ns]")
    out = xr.Dataset({"value": value, "n_valid": count, "first_hour": hour})
    out = out.drop_vars("slot", errors="ignore").assign_coords(day=days).transpose("day", ...)
    out["value"].attrs["units"] = hourly.attrs.get("units", "")
    out.attrs["convention"] = convention
    return out


def _mda8(
    values: npt.NDArray[np.float64], *, convention: Convention, limit: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int16], npt.NDArray[np.int16]]:
    """MDA8 along the last axis (whole days)."""
    rule = RULES[convention]
    days = values.shape[-1] // HOURS
    before = max(0, -rule.first_start)
    after = max(0, rule.last_start + WINDOW - HOURS)
    pad = [(0, 0)] * (values.ndim - 1) + [(before, after)]
    padded = np.pad(values.astype(np.float64), pad, constant_values=np.nan)
    good = np.isfinite(padded)
    filled = np.where(good, padded, 0.0)
    starts = padded.shape[-1] - WINDOW + 1
    total = np.zeros((*values.shape[:-1], starts))
    count = np.zeros((*values.shape[:-1], starts), dtype=np.int8)
    for k in range(WINDOW):  # eight exact sums instead of a running difference
        total += filled[..., k : k + starts]
        count += good[..., k : k + starts]
    mean = np.where(count >= HOURS_A_WINDOW, total / np.maximum(count, 1), -np.inf)
    offset = rule.first_start + before
    index = HOURS * np.arange(days)[:, None] + offset + np.arange(rule.windows)
    windows = mean[..., index]
    n_valid = np.isfinite(windows).sum(axis=-1)
    best = windows.max(axis=-1)
    with np.errstate(invalid="ignore"):
        keep = (n_valid >= rule.needed) | (best > limit)
    keep &= n_valid > 0
    hour = np.where(keep, windows.argmax(axis=-1) + rule.first_start, -99)
    return np.where(keep, best, np.nan), n_valid.astype(np.int16), hour.astype(np.int16)
