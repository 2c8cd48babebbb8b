"""CMAQ output files in, ``air_quality/annual.nc`` and ``daily.nc`` out, in bounded memory.

Files stay lazy (:mod:`scenair.cmaq.io_run`); a block of local days is in memory at a time, and what
it gives is kept on disk until both files are written.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from scenair.cmaq import readback
from scenair.cmaq.io_run import grid_of_run, open_run
from scenair.cmaq.kit import plan_periods
from scenair.cmaq.readback_annual import Accumulator, annual_dataset, daily_dataset
from scenair.config.case import CaseConfig
from scenair.config.cmaq import CmaqConfig
from scenair.core.audit.closure import COLUMNS, require_closed
from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_in_chunks, open_netcdf, require_finite, write_netcdf
from scenair.core.io.tables import read_table, write_csv
from scenair.core.periods import QUARTERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scenair.core.grids import Grid

Array = npt.NDArray[np.float64]
logger = logging.getLogger(__name__)
_GASES = ("O3", "NO2", "SO2", "CO")
_FINE = ("PM10",)
#: AELMO's PM2.5 and AERO7's sum over hourly means agree to 1e-4 in a real run.
FORMULA_TOLERANCE = 0.01
#: What the hours in memory at one time may take (float32).
BLOCK_BYTES = 150_000_000


def read_cmaq(
    *,
    files: Sequence[str | Path],
    year: int,
    scenario: str,
    annual: str | Path,
    daily: str | Path,
    partial: bool = False,
    periods: Sequence[tuple[str, str]] = (),
    background: str | Path | None = None,
    tests_only: bool = False,
    closure: str | Path | None = None,
) -> None:
    """Write ``annual.nc`` and ``daily.nc`` from the output of a CMAQ run.

    Parameters
    ----------
    files : sequence of path
        ACONC, AELMO or COMBINE files, in any order; PM2.5 is taken from AELMO where there is, else
        from COMBINE, else computed from the species of ACONC.
    year, scenario
        Of the emissions; the dates in the files are those of the meteorology.
    partial : bool
        The days stand for their quarters (fewer than 324).
    periods : sequence of (first, last), optional
        Local dates (YYYY-MM-DD) that count; leaves out the spin-up. All by default.
    background : path, optional
        ``annual.nc`` of a run without the emissions that scenarios change.
    tests_only : bool
        Marks results that are for tests (``tests_only`` of the case, boundary from a profile).
    closure : path, optional
        Gets the closure of both files, read back (:func:`closure_of`).

    Raises
    ------
    InputError
        Files of other grids, overlapping or damaged files, quarters without days.
    """
    series = open_run(files)
    grid = grid_of_run(series)
    folder = Path(daily).parent
    folder.mkdir(parents=True, exist_ok=True)
    sums = accumulate(series, shape=grid.shape, periods=periods, folder=folder)
    met = sums.dates[0].year if sums.dates else year
    sums.require_complete(partial=partial, year=met)
    given = None if background is None else _background(background, grid=grid)
    attrs = _attributes(sums, year=year, scenario=scenario, given=given is not None)
    attrs["tests_only"] = "true" if tests_only else "false"
    fields = annual_dataset(sums, grid=grid, year=year, background=given)
    for name in ("PM25", *readback.PARTS):
        require_finite(fields[name], where="CMAQ output")
    write_netcdf(fields, annual, title="Concentrations from CMAQ", attrs=attrs)
    write_netcdf(
        daily_dataset(sums, grid=grid), daily, title="Daily values from CMAQ, local days (UTC+8)",
        attrs=attrs,
    )  # fmt: skip
    if closure is not None:
        table = closure_of(annual, daily)
        write_csv(require_closed(table, where=str(annual), unit="ug m-3 d cells"), closure)
    logger.info("read %d local days from %d files", len(sums.dates), len(files))


def read_run(
    *,
    year: int,
    scenario: str,
    config: Mapping[str, Any],
    files: Sequence[str | Path],
    annual: str | Path,
    daily: str | Path,
    closure: str | Path,
    background: str | Path | None = None,
) -> None:
    """Rule ``cmaq_air_quality``: the output of the run kit's days, spin-up left out.

    Parameters
    ----------
    config : mapping
        Sections ``case`` and ``cmaq``; the periods stand for their quarters.
    files : sequence of path
        ACONC and AELMO files.
    annual, daily, closure : path
        Outputs.
    background : path, optional
        ``annual.nc`` of the run that ``cmaq.kit.background`` names.
    """
    case = CaseConfig.model_validate(config["case"])
    options = CmaqConfig.model_validate(config["cmaq"]).kit
    periods = [
        (p.days[p.spinup].isoformat(), p.days[-1].isoformat()) for p in plan_periods(options)
    ]
    read_cmaq(
        files=files,
        year=year,
        scenario=scenario,
        annual=annual,
        daily=daily,
        closure=closure,
        partial=True,
        periods=periods,
        background=background,
        tests_only=case.tests_only or options.purpose == "test",
    )


def closure_of(annual: str | Path, daily: str | Path) -> pd.DataFrame:
    """PM2.5 of ``daily.nc`` against ``annual.nc``, and the parts against the whole, by quarter.

    Returns
    -------
    DataFrame
        Columns of a closure table; ``sector`` is the quarter, amounts are ug m-3 summed over cells
        and days.
    """
    year = open_netcdf(annual, variables={"PM25": "ug m-3"})
    count = year["valid_days"].values.astype(np.float64)
    whole = year["PM25"].values.astype(np.float64).sum(axis=(1, 2)) * count
    parts = sum(
        year[p].values.astype(np.float64).sum(axis=(1, 2)) * count
        for p in (*readback.PARTS, "BACKGROUND")
    )
    with open_in_chunks(daily, along=("day",), variables={"PM25": "ug m-3"}) as days:
        quarter = (pd.DatetimeIndex(days["day"].values).month.to_numpy() - 1) // 3
        fields = days["PM25"].astype(np.float64).sum(("y", "x")).compute().to_numpy()
    summed = np.bincount(quarter, weights=fields, minlength=4)
    rows = []
    for name, into, out in (("PM25 of days", summed, whole), ("PM25 of parts", whole, parts)):
        for q, label in enumerate(QUARTERS):
            error = (out[q] - into[q]) / into[q] if into[q] else float(out[q] != 0)
            rows.append(("air_quality", name, label, into[q], out[q], 0.0, error))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def particles(series: Mapping[readback.Kind, xr.Dataset]) -> xr.Dataset:
    """PM2.5 and its parts from the best source there is, lazy.

    Raises
    ------
    InputError
        No file gives PM2.5.
    """
    if "aelmo" in series:
        out = readback.parts_from_totals(series["aelmo"], kind="aelmo")
        source = series["aelmo"]
    elif "combine" in series:
        out = readback.parts_from_totals(series["combine"], kind="combine")
        source = series["combine"]
    else:
        source = series["aconc"]
        table = read_table("cmaq/readback_aero7.csv")
        out = readback.parts_from_species(source, table=table, fractions=_fractions(source))
    for name in _FINE:
        if name in source:
            out[name] = readback.require_mass_unit(source, name)
    return out


def _fractions(ds: xr.Dataset) -> Mapping[str, float] | xr.Dataset:
    if all(name in ds for name in readback.FRACTIONS.values()):
        return ds
    logger.warning("no FPM25AIT, FPM25ACC, FPM25COR in the files: mean shares are assumed")
    table = read_table("cmaq/readback_fractions.csv")
    return {str(r.mode): float(str(r.value)) for r in table.itertuples()}


def gases(series: Mapping[readback.Kind, xr.Dataset]) -> dict[str, xr.DataArray]:
    """O3, NO2, SO2 (ug m-3) and CO (mg m-3) at 298.15 K, 101.325 kPa, those there are, lazy."""
    out = {}
    for name in _GASES:
        source = next((ds for ds in series.values() if name in ds), None)
        if source is not None:
            factor = readback.MG_PER_PPB_CO if name == "CO" else readback.UG_PER_PPB[name]
            out[name] = readback.gas_ppb(source, name) * factor
    return out


def accumulate(
    series: Mapping[readback.Kind, xr.Dataset],
    *,
    shape: tuple[int, int],
    periods: Sequence[tuple[str, str]] = (),
    folder: Path | None = None,
) -> Accumulator:
    """Walk through the local days of a run, those inside ``periods`` if given.

    A block of days, as long as :data:`BLOCK_BYTES` allow, is cut out of the lazy series and loaded;
    what it gives goes to a file without name in ``folder``.
    """
    import dask

    spans = [(pd.Timestamp(a), pd.Timestamp(b)) for a, b in periods]
    days = [d for d in _days(series) if not spans or any(a <= d <= b for a, b in spans)]
    cross_check(series, days)
    wanted = _needed(series)
    a_day = 24 * 4 * shape[0] * shape[1] * sum(map(len, wanted.values()))
    length = int(np.clip(BLOCK_BYTES // a_day, 1, 31))
    sums = Accumulator(shape=shape, folder=folder)
    with dask.config.set(scheduler="synchronous"):
        for i in range(0, len(days), length):
            block = days[i : i + length]
            hours = {k: _cut(ds[wanted[k]], block[0], block[-1]) for k, ds in series.items()}
            _add_block(sums, hours, block)
    return sums


def cross_check(series: Mapping[readback.Kind, xr.Dataset], days: Sequence[pd.Timestamp]) -> float:
    """PM2.5 of AELMO or COMBINE against the species of ACONC on the middle day, if both are there.

    Returns
    -------
    float
        Relative difference of the domain means (0 where nothing can be compared); above 1 % it is
        logged: another definition, or files of different runs.
    """
    whole = next((k for k in ("aelmo", "combine") if k in series), None)
    if whole is None or "aconc" not in series or "ASO4J" not in series["aconc"] or not days:
        return 0.0
    day = days[len(days) // 2]
    table = read_table("cmaq/readback_aero7.csv")
    species = _cut(series["aconc"], day, day)
    given = _cut(series[whole], day, day)  # type: ignore[index]
    shares = given if "FPM25ACC" in given else species
    summed = readback.parts_from_species(species, table=table, fractions=_fractions(shares))
    name = readback.TOTALS[whole]["PM25"]
    mean = float(given[name].mean())
    difference = abs(float(summed["PM25"].mean()) - mean) / mean if mean > 0 else 0.0
    if difference > FORMULA_TOLERANCE:
        logger.warning(
            "PM2.5 of %s and the sum of ACONC's species differ by %.1f %% on %s: another "
            "definition of PM2.5, or files of different runs",
            whole.upper(), 100 * difference, f"{day:%Y-%m-%d}",
        )  # fmt: skip
    return difference


def _add_block(
    sums: Accumulator, hours: Mapping[readback.Kind, xr.Dataset], block: Sequence[pd.Timestamp]
) -> None:
    dust = particles(hours)
    air = gases(hours)
    time = pd.DatetimeIndex(dust.indexes["time"])
    fields = {str(name): np.asarray(var.values) for name, var in dust.data_vars.items()}
    gas = {n: (pd.DatetimeIndex(v.indexes["time"]), np.asarray(v.values)) for n, v in air.items()}
    for day in block:
        at = readback.local_hours(time, day)
        filled = {n: readback.hours_of_local_day(v, at) for n, v in fields.items()}
        if np.isfinite(filled["PM25"]).any(axis=(1, 2)).sum() < readback.HOURS_OF_DAY:
            continue
        negative = float(np.nanmin(filled["PM25"]))
        if negative < 0:
            raise InputError(
                "negative PM2.5 in the CMAQ output", where=f"{day:%Y-%m-%d}",
                value=f"{negative:.3g} ug m-3",
            )  # fmt: skip
        vapours = {
            n: readback.hours_of_local_day(v, readback.local_hours(t, day))
            for n, (t, v) in gas.items()
        }
        sums.add(day, filled, vapours)


def _days(series: Mapping[readback.Kind, xr.Dataset]) -> pd.DatetimeIndex:
    times = [ds.indexes["time"] for ds in series.values()]
    return readback.local_days(pd.DatetimeIndex(np.unique(np.concatenate(times))))


def _cut(ds: xr.Dataset, first: pd.Timestamp, last: pd.Timestamp) -> xr.Dataset:
    """The hours of local days from ``first`` to ``last``, in memory."""
    edges = [first - readback.LOCAL_SHIFT, last + pd.Timedelta(days=1) - readback.LOCAL_SHIFT]
    start, stop = ds.indexes["time"].searchsorted(pd.DatetimeIndex(edges))
    return ds.isel(time=slice(int(start), int(stop))).load()


def _needed(series: Mapping[readback.Kind, xr.Dataset]) -> dict[readback.Kind, list[str]]:
    """Variables to load of each kind of file; gases come from the first that has them."""
    order: tuple[readback.Kind, ...] = ("aelmo", "combine", "aconc")
    source = next(kind for kind in order if kind in series)
    wanted: dict[readback.Kind, list[str]] = {kind: [] for kind in series}
    species = list(read_table("cmaq/readback_aero7.csv")["species"])
    fine = {"aconc": [*species, *readback.FRACTIONS.values()]}.get(source, [])
    fine = fine or list(readback.TOTALS[source].values())
    wanted[source] += [n for n in (*fine, *_FINE) if n in series[source]]
    for name in _GASES:
        kind = next((k for k, ds in series.items() if name in ds), None)
        if kind is not None:
            wanted[kind].append(name)
    return wanted


def _background(path: str | Path, *, grid: Grid) -> Array:
    ds = open_netcdf(path, variables={"PM25": "ug m-3"})
    require_finite(ds["PM25"], where=str(path))
    if ds["PM25"].shape != (4, *grid.shape):
        raise InputError(
            "the background run is on another grid", where=str(path), value=ds["PM25"].shape
        )
    return np.asarray(ds["PM25"].values, dtype=np.float64)


def _attributes(sums: Accumulator, *, year: int, scenario: str, given: bool) -> dict[str, Any]:
    note = (
        "BACKGROUND is the PM2.5 of the given background run"
        if given
        else "BACKGROUND is zero: no background run was given, so all PM2.5, boundary inflow and "
        "natural aerosol included, is in the parts"
    )
    return {
        "source": "cmaq",
        "year": year,
        "scenario": scenario,
        "meteorological_year": sums.dates[0].year,
        "valid_days": int(sums.days.sum()),
        "synthetic": "false",
        "note": note,
    }
