"""Daily and annual products of a CMAQ run, accumulated one local day at a time, in bounded memory.

Sums by quarter stay in memory; the fields of the days go to disk and come back in pieces.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from scenair.cmaq import readback
from scenair.core.errors import InputError
from scenair.core.io.spill import Spill
from scenair.core.periods import QUARTERS, days_in_quarters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from scenair.core.grids import Grid

Array = npt.NDArray[np.float64]
UNIT: Final = "ug m-3"
LONG_NAMES: Final = {
    "PM25": "PM2.5, dry", "SO4": "sulfate in PM2.5", "NO3": "nitrate in PM2.5",
    "NH4": "ammonium in PM2.5", "BC": "black carbon in PM2.5", "OA": "organic aerosol in PM2.5",
    "OTHER": "other PM2.5", "BACKGROUND": "PM2.5 that no scenario controls",
}  # fmt: skip
#: name in daily.nc -> long name, unit
DAILY: Final = {
    "PM25": ("daily mean PM2.5", UNIT),
    "PM10": ("daily mean PM10", UNIT),
    "O3_MDA8": ("daily maximum 8-h ozone, HJ 663 (windows ending 08-24 h local), 298.15 K", UNIT),
    "NO2": ("daily mean NO2, 298.15 K", UNIT),
    "SO2": ("daily mean SO2, 298.15 K", UNIT),
    "CO": ("daily mean CO, 298.15 K", "mg m-3"),
}
#: HJ 663: days of a valid year.
DAYS_OF_YEAR: Final = 324
#: April to September.
WARM: Final = range(4, 10)


@dataclass
class Accumulator:
    """Sums by quarter and daily fields of a run.

    Attributes
    ----------
    total : dict
        Part -> (quarter, y, x) sum of daily means, ug m-3.
    days : array (quarter,)
        Valid days.
    daily : dict
        Name -> (day, y, x) float32, on disk.
    folder : path, optional
        Where that disk is; the system's temporary folder by default.
    """

    shape: tuple[int, int]
    total: dict[str, Array] = field(default_factory=dict)
    days: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(4, dtype=np.int64))
    dates: list[pd.Timestamp] = field(default_factory=list)
    daily: dict[str, Spill] = field(default_factory=dict)
    folder: Path | None = None

    def add(
        self, day: pd.Timestamp, particles: Mapping[str, Array], gases: Mapping[str, Array]
    ) -> None:
        """Take the hourly fields (24, y, x) of one local day.

        Parameters
        ----------
        day : Timestamp
            Local date.
        particles : mapping
            PM25, its parts and optionally PM10, ug m-3.
        gases : mapping
            O3, NO2, SO2 ug m-3 and CO mg m-3 at 298.15 K, those that there are.
        """
        means = {name: readback.daily_mean(values) for name, values in particles.items()}
        if not np.isfinite(means["PM25"]).all():
            return
        quarter = (day.month - 1) // 3
        self.days[quarter] += 1
        for name, values in means.items():
            if name != "PM10":
                total = self.total.setdefault(name, np.zeros((4, *self.shape)))
                total[quarter] += values
        self.dates.append(day)
        kept: dict[str, Array] = {n: v for n, v in means.items() if n in ("PM25", "PM10")}
        for name, values in gases.items():
            if name == "O3":
                kept["O3_MDA8"] = readback.mda8(values)
            else:
                kept[name] = readback.daily_mean(values)
        for name, values in kept.items():
            if name not in self.daily:
                self.daily[name] = Spill(self.shape, folder=self.folder)
            self.daily[name].append(values)

    def require_complete(self, *, partial: bool, year: int) -> None:
        """Stop where the days do not make a year.

        Raises
        ------
        InputError
            A quarter without a day; fewer than 324 days where ``partial`` is False.
        """
        counts = ", ".join(f"{q} {n}" for q, n in zip(QUARTERS, self.days, strict=True))
        if (self.days == 0).any():
            raise InputError(
                "the run has no complete local day in some quarter",
                where=f"meteorological year {year}", value=counts,
                allowed="days in every quarter",
                remedy="run the other quarters; the annual mean and attainment need all four",
            )  # fmt: skip
        if not partial and int(self.days.sum()) < DAYS_OF_YEAR:
            raise InputError(
                "the run does not cover a year",
                where=f"meteorological year {year}",
                value=f"{int(self.days.sum())} valid days ({counts})",
                allowed=f"at least {DAYS_OF_YEAR} (HJ 663)",
                remedy="run the missing days, or let these stand for their quarter (--partial)",
            )


def annual_dataset(
    sums: Accumulator, *, grid: Grid, year: int, background: Array | None = None
) -> xr.Dataset:
    """Quarterly and annual fields in the form that the attainment stage reads.

    Parameters
    ----------
    sums : Accumulator
    grid : Grid
    year : int
        Year of the scenario, whose quarter lengths weight the annual mean.
    background : array (quarter, y, x), optional
        PM2.5 of a run without the emissions that scenarios change, ug m-3. It is taken out of the
        parts in proportion. Without it BACKGROUND is zero and the parts hold everything.

    Raises
    ------
    InputError
        A background above the run's own PM2.5 by more than 1 %, parts that exceed PM2.5.
    """
    means = {p: v / sums.days[:, None, None] for p, v in sums.total.items() if p != "PM25"}
    whole = np.sum([means[p] for p in readback.PARTS], axis=0)
    stated = sums.total["PM25"] / sums.days[:, None, None]
    if (np.abs(whole - stated) > 0.01 * stated + 0.01).any():
        raise InputError(
            "the parts of PM2.5 add up to more than PM2.5",
            value=f"up to {float((whole - stated).max()):.3g} ug m-3",
            remedy="give files of one run whose definitions of PM2.5 and its parts agree",
        )
    given = np.zeros_like(whole) if background is None else background
    if (given > 1.01 * whole + 0.01).any():
        raise InputError(
            "the background run has more PM2.5 than this run",
            value=f"{float((given - whole).max()):.3g} ug m-3",
            remedy="give the run without controlled emissions, same meteorology",
        )
    given = np.minimum(given, whole)
    keep = np.divide(whole - given, whole, out=np.ones_like(whole), where=whole > 0)
    parts = {p: (means[p] * keep).astype(np.float32) for p in readback.PARTS}
    parts["BACKGROUND"] = given.astype(np.float32)
    total = np.sum([f.astype(np.float64) for f in parts.values()], axis=0).astype(np.float32)
    days = days_in_quarters(year)
    data: dict[str, Any] = {}
    for name, values in ({"PM25": total} | parts).items():
        attrs = {"units": UNIT, "long_name": LONG_NAMES[name], "grid_mapping": "crs"}
        data[name] = (("quarter", "y", "x"), values, attrs)
        mean = np.average(values.astype(np.float64), axis=0, weights=days)
        data[f"{name}_annual"] = (("y", "x"), mean.astype(np.float32), attrs)
    data |= _ozone(sums) | _gases(sums, days=days)
    ds = xr.Dataset(data, coords={"quarter": np.array(QUARTERS), **_plane(grid)})
    ds["valid_days"] = ("quarter", sums.days.astype(np.int32), {"units": "1"})
    ds["crs"] = ((), np.int32(0), grid.cf_attributes())
    return ds


def _ozone(sums: Accumulator) -> dict[str, Any]:
    if "O3_MDA8" not in sums.daily:
        return {}
    warm = np.array([d.month in WARM for d in sums.dates])
    attrs = {"units": UNIT, "grid_mapping": "crs"}
    p90 = over_days(sums.daily["O3_MDA8"], partial(readback.percentile, share=0.9))
    out = {"O3_MDA8_P90": (("y", "x"), p90, attrs | {"long_name": "90th percentile of MDA8 ozone"})}
    if warm.any():
        mean = over_days(sums.daily["O3_MDA8"], lambda days: readback.mean_of_days(days[warm]))
        named = attrs | {"long_name": "mean MDA8 ozone, April to September"}
        out["O3_MDA8_warm"] = (("y", "x"), mean, named)
    return out


def _gases(sums: Accumulator, *, days: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Annual means of the gases that every quarter has, weighted as those of the particles."""
    quarter = np.array([(d.month - 1) // 3 for d in sums.dates])

    def mean(fields: npt.NDArray[np.float64]) -> Array:
        each = [readback.mean_of_days(fields[quarter == q]) for q in range(4)]
        return np.asarray(np.average(each, axis=0, weights=days))

    out = {}
    for name in ("SO2", "NO2", "CO"):
        if name in sums.daily:
            values = over_days(sums.daily[name], mean)
            if np.isfinite(values).all():
                long_name, unit = DAILY[name]
                attrs = {
                    "units": unit, "grid_mapping": "crs",
                    "long_name": long_name.replace("daily", "annual"),
                }  # fmt: skip
                out[f"{name}_annual"] = (("y", "x"), values, attrs)
    return out


def over_days(fields: Spill, statistic: Callable[[Array], Array]) -> npt.NDArray[np.float32]:
    """A statistic over all days (day, y, x) -> (y, x), computed for a band of rows at a time."""

    def band(days: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return statistic(days.astype(np.float64)).astype(np.float32)

    bands: Any = fields.lazy(along="y")
    out = bands.map_blocks(band, drop_axis=0, dtype=np.float32, meta=np.empty((0, 0), np.float32))
    # one thread a job: parallel work is Snakemake's
    return np.asarray(out.compute(scheduler="synchronous"))


def daily_dataset(sums: Accumulator, *, grid: Grid) -> xr.Dataset:
    """Fields by local date (UTC+8): PM25, PM10, O3_MDA8, NO2, SO2, CO, those that there are."""
    data = {
        name: (
            ("day", "y", "x"),
            values.lazy(along="step"),
            {"units": DAILY[name][1], "long_name": DAILY[name][0], "grid_mapping": "crs"},
        )
        for name, values in sums.daily.items()
    }
    dates = np.array([d.strftime("%Y-%m-%d") for d in sums.dates])
    ds = xr.Dataset(data, coords={"day": ("day", dates), **_plane(grid)})
    ds["crs"] = ((), np.int32(0), grid.cf_attributes())
    return ds


def _plane(grid: Grid) -> dict[str, Any]:
    return {"y": ("y", grid.y, {"units": "m"}), "x": ("x", grid.x, {"units": "m"})}
