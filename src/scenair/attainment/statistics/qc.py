"""Quality flags of hourly observations. Values are flagged first; what is taken out is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import xarray as xr

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

#: Flag bits.
FLAGS: Final[dict[str, int]] = {
    "negative": 1,
    "out_of_range": 2,
    "stuck": 4,
    "spike": 8,
    "fine_above_coarse": 16,
}
#: Flags whose values are taken out unless told otherwise; the others are shown only.
DROPPED: Final[tuple[str, ...]] = ("negative", "out_of_range", "stuck", "spike")

#: Largest hourly value that is believed, ug m-3 (CO mg m-3); upper ends of the analysers' ranges.
HIGHEST: Final[dict[str, float]] = {
    "PM25": 1500.0,
    "PM10": 5000.0,
    "SO2": 2000.0,
    "NO2": 800.0,
    "O3": 800.0,
    "CO": 60.0,
}
#: Values at or below this may repeat (detection limit), same unit.
QUIET: Final[dict[str, float]] = {
    "PM25": 5.0,
    "PM10": 10.0,
    "SO2": 10.0,
    "NO2": 5.0,
    "O3": 5.0,
    "CO": 0.5,
}
#: Identical hourly values in a row that count as stuck. Whole ug m-3 repeat by chance: a day is
#: beyond that, half a day is not for SO2.
STUCK_HOURS: Final = 24
#: A spike rises above both neighbours by this factor and by this share of HIGHEST.
SPIKE_FACTOR: Final = 4.0
SPIKE_SHARE: Final = 0.2
#: PM2.5 may exceed PM10 by instrument noise.
FINE_FACTOR: Final = 1.2
FINE_STEP: Final = 10.0


def runs_of_equal(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    """Length of the run of identical finite values that each value belongs to (axis 0)."""
    n = values.shape[0]
    same = np.zeros(values.shape, dtype=bool)
    same[1:] = values[1:] == values[:-1]
    up = np.zeros(values.shape, dtype=np.int32)
    down = np.zeros(values.shape, dtype=np.int32)
    for i in range(1, n):
        up[i] = np.where(same[i], up[i - 1] + 1, 0)
    for i in range(n - 2, -1, -1):
        down[i] = np.where(same[i + 1], down[i + 1] + 1, 0)
    return np.where(np.isfinite(values), up + down + 1, 0).astype(np.int32)


def qc_flags(hourly: xr.Dataset) -> xr.Dataset:
    """Flag bits of every value.

    Parameters
    ----------
    hourly : Dataset
        Variables named as :data:`HIGHEST`, (time, site); complete hourly axis; ug m-3
        (CO mg m-3); NumPy or dask (one chunk in time).

    Returns
    -------
    Dataset
        The same variables, int8 sums of :data:`FLAGS`; as lazy as the input.
    """
    out = {}
    for name, var in hourly.data_vars.items():
        inputs = [var]
        if name == "PM25" and "PM10" in hourly:
            inputs.append(hourly["PM10"])
        out[name] = xr.apply_ufunc(
            _bits,
            *inputs,
            kwargs={"top": HIGHEST[str(name)], "quiet": QUIET[str(name)]},
            input_core_dims=[["time"]] * len(inputs),
            output_core_dims=[["time"]],
            dask="parallelized",
            output_dtypes=[np.int8],
        ).transpose("time", "site")
    meaning = ", ".join(f"{bit} {name}" for name, bit in FLAGS.items())
    return xr.Dataset(out, attrs={"flags": meaning})


def _bits(
    values: npt.NDArray[np.float64],
    coarse: npt.NDArray[np.float64] | None = None,
    *,
    top: float,
    quiet: float,
) -> npt.NDArray[np.int8]:
    """Flags of values (..., time); ``coarse`` is PM10 beside PM2.5."""
    # hours first and together in memory: runs are followed from hour to hour
    v = np.ascontiguousarray(np.moveaxis(values, -1, 0), dtype=np.float64)
    with np.errstate(invalid="ignore"):
        bits = np.where(v < 0, FLAGS["negative"], 0).astype(np.int8)
        bits |= np.where(v > top, FLAGS["out_of_range"], 0).astype(np.int8)
        stuck = (runs_of_equal(v) >= STUCK_HOURS) & (v > quiet)
        bits |= np.where(stuck, FLAGS["stuck"], 0).astype(np.int8)
        bits |= np.where(_spikes(v, top), FLAGS["spike"], 0).astype(np.int8)
        if coarse is not None:
            c = np.moveaxis(coarse, -1, 0)
            above = v > np.maximum(FINE_FACTOR * c, c + FINE_STEP)
            bits |= np.where(above, FLAGS["fine_above_coarse"], 0).astype(np.int8)
    return np.asarray(np.moveaxis(bits, 0, -1), dtype=np.int8)


def _spikes(v: npt.NDArray[np.float64], top: float) -> npt.NDArray[np.bool_]:
    spike = np.zeros(v.shape, dtype=bool)
    higher = np.fmax(v[:-2], v[2:])
    middle = v[1:-1]
    spike[1:-1] = (middle > SPIKE_FACTOR * higher) & (middle - higher > SPIKE_SHARE * top)
    return spike


def apply_flags(
    hourly: xr.Dataset, flags: xr.Dataset, *, drop: Sequence[str] = DROPPED
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Take flagged values out and say how many of each.

    Parameters
    ----------
    drop : sequence of str
        Names of :data:`FLAGS`.

    Returns
    -------
    Dataset
        With NaN where a value was taken out.
    DataFrame
        pollutant, flag, n_flagged, n_dropped, n_values (values present before).
    """
    mask = sum(FLAGS[name] for name in drop)
    out, counts = {}, {}
    for name, var in hourly.data_vars.items():
        bits = flags[name].transpose(*var.dims)
        out[name] = var.where((bits & mask) == 0).assign_attrs(var.attrs)
        counts[name] = xr.concat(
            [((bits & bit) != 0).sum() for bit in FLAGS.values()] + [np.isfinite(var).sum()],
            dim="what",
        )
    known = xr.Dataset(counts).compute()
    rows = [
        (str(name), flag, int(n), int(n) if flag in drop else 0, int(known[name][-1]))
        for name in hourly.data_vars
        for flag, n in zip(FLAGS, known[name].values, strict=False)
    ]
    columns = ["pollutant", "flag", "n_flagged", "n_dropped", "n_values"]
    return xr.Dataset(out, coords=hourly.coords), pd.DataFrame(rows, columns=columns)


def suspicious_units(hourly: xr.Dataset) -> Mapping[str, str]:
    """Variables whose level fits another unit, with what is suspected.

    CO in mg m-3 has a median near 1; a median above 20 is ug m-3. Gases or particles with a median
    below 0.5 are mg m-3.
    """
    out = {}
    for name, var in hourly.data_vars.items():
        values = var.values[np.isfinite(var.values)]
        if not values.size:
            continue
        median = float(np.median(values))
        if name == "CO" and median > 20:
            out[str(name)] = f"median {median:.4g}: ug m-3, not mg m-3"
        if name != "CO" and 0 < median < 0.5:
            out[str(name)] = f"median {median:.4g}: mg m-3, not ug m-3"
    return out
