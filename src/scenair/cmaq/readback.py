"""CMAQ output to what the attainment stage reads: PM2.5 with its parts, ozone, daily values.

Nothing here opens files. Fields are hourly, surface layer, with a coordinate ``time`` in UTC that
is the start of the hour (CMAQ's averaged files). China keeps UTC+8: the local day D is UTC
D-1 16:00 to D 16:00. Sources: SpecDef_cb6r5_ae7_aq.txt of CMAQ 5.5 (PM2.5), GB 3095 and HJ 663
(statistics).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from scenair.core.errors import InputError, UnitsError

if TYPE_CHECKING:
    from collections.abc import Mapping

Array = npt.NDArray[np.float64]
Kind = Literal["aelmo", "combine", "aconc"]

PARTS: Final = ("SO4", "NO3", "NH4", "BC", "OA", "OTHER")
LOCAL_SHIFT: Final = pd.Timedelta(hours=8)
#: Modes of AERO7 -> variable with the share of the mode below 2.5 um.
FRACTIONS: Final = {"I": "FPM25AIT", "J": "FPM25ACC", "K": "FPM25COR"}
_AELMO: Final[dict[str, str]] = {
    "PM25": "PM25", "SO4": "PM25_SO4", "NO3": "PM25_NO3", "NH4": "PM25_NH4", "BC": "PM25_EC",
    "OA": "PM25_OA",
}  # fmt: skip
#: What AELMO and COMBINE call PM2.5 and its parts.
TOTALS: Final[dict[str, dict[str, str]]] = {
    "aelmo": _AELMO,
    "combine": _AELMO | {"PM25": "PM25_TOT", "OA": "PM25_OM"},
}
#: ug m-3 (mg m-3 for CO) a ppb at 298.15 K and 101.325 kPa: molar mass over 24.465 l mol-1.
UG_PER_PPB: Final = {"O3": 47.998 / 24.465, "NO2": 46.0055 / 24.465, "SO2": 64.0638 / 24.465}
MG_PER_PPB_CO: Final = 28.0101 / 24.465e3
_TO_PPB: Final = {"ppmv": 1e3, "ppbv": 1.0, "ppm": 1e3, "ppb": 1.0}
#: HJ 663: hours of a valid daily mean, hours of a valid 8-h mean, windows of a valid MDA8.
HOURS_OF_DAY: Final = 20
HOURS_OF_WINDOW: Final = 6
WINDOWS_OF_DAY: Final = 14
O3_LIMIT: Final = 160.0
_MASS: Final = ("ug/m3", "ug m-3", "microg/m**3", "ug/m**3", "micrograms/m**3")


def kind_of(ds: xr.Dataset) -> Kind:
    """Which program wrote a file, from its variables.

    Raises
    ------
    InputError
        Neither AELMO, COMBINE nor ACONC.
    """
    if "PM25_TOT" in ds:
        return "combine"
    if "PM25" in ds and "PM25_SO4" in ds:
        return "aelmo"
    if "ASO4J" in ds or "O3" in ds:
        return "aconc"
    raise InputError(
        "no output of CMAQ that gives PM2.5 or ozone",
        value=", ".join(map(str, list(ds.data_vars)[:8])),
        allowed="ACONC, AELMO or COMBINE files",
    )


def require_mass_unit(ds: xr.Dataset, name: str) -> xr.DataArray:
    """A particle variable, whose unit must be ug m-3.

    Raises
    ------
    InputError, UnitsError
    """
    if name not in ds:
        raise InputError(
            "variable missing", where=name, remedy="write it in CMAQ (AELMO, AVG_CONC_SPCS ALL)"
        )
    unit = str(ds[name].attrs.get("units", "")).strip().lower()
    if unit not in _MASS:
        raise UnitsError("wrong unit", where=name, value=unit, allowed=", ".join(_MASS))
    return ds[name]


def parts_from_totals(ds: xr.Dataset, *, kind: Literal["aelmo", "combine"]) -> xr.Dataset:
    """PM2.5 and its parts from AELMO or COMBINE.

    Returns
    -------
    Dataset
        PM25, SO4, NO3, NH4, BC, OA and OTHER = PM25 - the rest, ug m-3. PM25_FRM, an imitation of
        the US filter, is not used.
    """
    out = {part: require_mass_unit(ds, name) for part, name in TOTALS[kind].items()}
    known = sum(
        (out[p] for p in ("SO4", "NO3", "NH4", "BC", "OA")), start=xr.zeros_like(out["PM25"])
    )
    out["OTHER"] = (out["PM25"] - known).clip(min=0)
    return xr.Dataset(out)


def parts_from_species(
    ds: xr.Dataset, *, table: pd.DataFrame, fractions: Mapping[str, float] | xr.Dataset
) -> xr.Dataset:
    """PM2.5 (dry) and its parts from the aerosol species of ACONC, by AERO7's definition.

    ``PM25 = ATOTI FPM25AIT + ATOTJ FPM25ACC + ATOTK FPM25COR``.

    Parameters
    ----------
    ds : Dataset
        Species in ug m-3.
    table : DataFrame
        species, mode (I, J, K), part; species that the file lacks count as zero if their mode's
        sulfate is there.
    fractions : mapping of mode to number, or Dataset with FPM25AIT, FPM25ACC, FPM25COR

    Raises
    ------
    InputError
        None of the sulfate species there.
    """
    for name in ("ASO4I", "ASO4J"):
        require_mass_unit(ds, name)
    out: dict[str, xr.DataArray] = {}
    for row in table.itertuples():
        species, mode, part = str(row.species), str(row.mode), str(row.part)
        if species not in ds:
            continue
        share = fractions[FRACTIONS[mode]] if isinstance(fractions, xr.Dataset) else fractions[mode]
        amount = require_mass_unit(ds, species) * share
        out[part] = out[part] + amount if part in out else amount
    missing = [p for p in PARTS if p not in out]
    if missing:
        raise InputError(
            "no species of some parts of PM2.5", value=", ".join(missing),
            remedy="run CMAQ with AVG_CONC_SPCS ALL",
        )  # fmt: skip
    total = out["SO4"]
    for part in PARTS[1:]:
        total = total + out[part]
    return xr.Dataset({"PM25": total, **{p: out[p] for p in PARTS}})


def gas_ppb(ds: xr.Dataset, name: str) -> xr.DataArray:
    """A gas in ppb, whatever of ppmV and ppbV the file has.

    Raises
    ------
    UnitsError
        Another unit.
    """
    unit = str(ds[name].attrs.get("units", "")).strip().lower()
    if unit not in _TO_PPB:
        raise UnitsError("wrong unit of a gas", where=name, value=unit, allowed="ppmV or ppbV")
    return ds[name] * _TO_PPB[unit]


def local_days(time: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Local dates (UTC+8) that the hours touch."""
    return pd.DatetimeIndex(sorted(set((time + LOCAL_SHIFT).floor("D"))))


def local_hours(time: pd.DatetimeIndex, day: pd.Timestamp) -> npt.NDArray[np.int64]:
    """(24,) positions in ``time`` of the hours 00-01 to 23-24 local of a date; -1 where missing."""
    hours = pd.date_range(day - LOCAL_SHIFT, periods=24, freq="h")
    return np.asarray(time.get_indexer(hours), dtype=np.int64)


def hours_of_local_day(values: npt.NDArray[Any], positions: npt.NDArray[np.int64]) -> Array:
    """(24, y, x) of :func:`local_hours`; NaN where an hour is missing."""
    out = np.full((24, *values.shape[1:]), np.nan)
    present = positions >= 0
    out[present] = values[positions[present]]
    return out


def daily_mean(hourly: Array) -> Array:
    """Mean of a local day; NaN with fewer than 20 hours (HJ 663).

    Parameters
    ----------
    hourly : array (24, ...)
    """
    valid = np.isfinite(hourly)
    count = valid.sum(axis=0)
    total = np.where(valid, hourly, 0.0).sum(axis=0)
    return np.where(count >= HOURS_OF_DAY, total / np.maximum(count, 1), np.nan)


def mda8(hourly: Array, *, limit: float = O3_LIMIT) -> Array:
    """Daily maximum of the 8-h means, HJ 663.

    The 17 windows that end at 08:00 to 24:00 local and lie inside the day; a window needs 6 of its
    8 hours, a day 14 windows, or a maximum above the limit.

    Parameters
    ----------
    hourly : array (24, ...)
        Hour 0 is 00:00-01:00 local.
    limit : float
        In the unit of ``hourly``.
    """
    valid = np.isfinite(hourly)
    zero = np.zeros((1, *hourly.shape[1:]))
    total = np.concatenate([zero, np.cumsum(np.where(valid, hourly, 0.0), axis=0)])
    count = np.concatenate([zero, np.cumsum(valid, axis=0)])
    sums, counts = total[8:] - total[:-8], count[8:] - count[:-8]
    good = counts >= HOURS_OF_WINDOW
    means = np.where(good, sums / np.maximum(counts, 1), -np.inf)
    highest = means.max(axis=0)
    kept = (good.sum(axis=0) >= WINDOWS_OF_DAY) | (highest > limit)
    return np.where(kept & np.isfinite(highest), highest, np.nan)


def percentile(values: Array, share: float) -> Array:
    """Percentile of daily values along the first axis, HJ 663 annex A: rank 1 + (n - 1) p.

    NaN where no day is valid.
    """
    empty = ~np.isfinite(values).any(axis=0)
    filled = np.where(empty, 0.0, values)
    return np.where(empty, np.nan, np.nanquantile(filled, share, axis=0))


def mean_of_days(values: Array) -> Array:
    """Mean along the first axis over valid days; NaN where there is none."""
    valid = np.isfinite(values)
    count = valid.sum(axis=0)
    total = np.where(valid, values, 0.0).sum(axis=0, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
