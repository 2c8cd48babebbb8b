"""Time of an emission file: 25 hourly UTC records a day, one flag for every variable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.cmaq.check_findings import Finding, Findings
from scenair.cmaq.ioapi import HOURLY, number, slots, timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from scenair.cmaq.ioapi import IoapiFile

HOUR: Final = pd.Timedelta(hours=1)
#: Relative difference of record 25 from record 1 of the next day that float32 allows.
SEAM_TOLERANCE: Final = 1e-5


def check(file: IoapiFile) -> list[Finding]:
    """Findings on the records of a file with time."""
    out = Findings(file.name)
    if number(file.attrs.get("TSTEP")) != HOURLY:
        out.error(
            "time-step", "TSTEP", str(file.attrs.get("TSTEP")),
            "must be 10000 (HHMMSS, one hour): CMAQ says 'Time step not available'",
        )  # fmt: skip
    flags = _flags(file, out)
    if flags is None:
        return out.items
    when = [timestamp(int(d), int(t)) for d, t in flags]
    bad = [i for i, w in enumerate(when) if w is None]
    if bad:
        i = bad[0]
        out.error(
            "tflag-date", f"TFLAG, record {i + 1}",
            f"{flags[i][0]}, {flags[i][1]} ({len(bad)} such records)",
            "write YYYYDDD, HHMMSS (UTC): CMAQ finds records by TFLAG",
        )  # fmt: skip
        return out.items
    stamps = pd.DatetimeIndex([w for w in when if w is not None])
    _steps(stamps, out)
    _start(file, stamps, out)
    _whole_days(stamps, out)
    return out.items


def _flags(file: IoapiFile, out: Findings) -> npt.NDArray[np.int64] | None:
    if "TFLAG" not in file.variables:
        return None
    raw = np.asarray(file.read("TFLAG", None))
    if raw.ndim != 3 or raw.shape[0] == 0 or raw.shape[2] != 2:
        out.error("records", "TFLAG", f"shape {raw.shape}", "write 25 hourly records a day")
        return None
    differ = (raw != raw[:, :1, :]).any(axis=(0, 2))
    if differ.any():
        names = slots(file.attrs.get("VAR-LIST", ""))
        i = int(np.argmax(differ))
        out.error(
            "tflag-variables", f"TFLAG of {names[i] if i < len(names) else f'variable {i + 1}'}",
            "differs from the first variable's", "write the same flags for every variable",
        )  # fmt: skip
    return raw[:, 0, :].astype(np.int64)


def _steps(stamps: pd.DatetimeIndex, out: Findings) -> None:
    steps = np.diff(stamps.to_numpy())
    wrong = np.flatnonzero(steps != HOUR.to_timedelta64())
    if wrong.size:
        i = int(wrong[0])
        out.error(
            "tflag-steps", f"TFLAG, records {i + 1} and {i + 2}",
            f"{stamps[i]:%Y-%m-%d %H:%M}, {stamps[i + 1]:%Y-%m-%d %H:%M}",
            "records must follow by one hour",
        )  # fmt: skip


def _start(file: IoapiFile, stamps: pd.DatetimeIndex, out: Findings) -> None:
    date, clock = number(file.attrs.get("SDATE")), number(file.attrs.get("STIME"))
    if date is None or clock is None:
        return
    start = timestamp(int(date), int(clock))
    if start != stamps[0]:
        out.error(
            "start", "SDATE, STIME",
            f"{int(date)}, {int(clock)}; TFLAG begins {stamps[0]:%Y-%m-%d %H:%M} UTC",
            "make SDATE and STIME the first record",
        )  # fmt: skip


def _whole_days(stamps: pd.DatetimeIndex, out: Findings) -> None:
    have = set(stamps)
    days = pd.date_range(stamps[0].floor("D"), stamps[-1].floor("D"), freq="D")
    whole = [d for d in days if all(d + i * HOUR in have for i in range(25))]
    said = f"{len(stamps)} records, {stamps[0]:%Y-%m-%d %H}Z to {stamps[-1]:%Y-%m-%d %H}Z"
    if not whole:
        out.error(
            "records", "TFLAG", said,
            "25 hourly records 00Z to 24Z (UTC): with 24 the model stops at the last hour",
        )  # fmt: skip
    elif len(stamps) != 24 * len(whole) + 1:
        out.note(
            "records", "TFLAG", said, f"complete for {len(whole)} UTC day(s); the rest is unused"
        )


def check_seams(files: Sequence[IoapiFile]) -> list[Finding]:
    """Record 25 of a day must equal record 1 of the next, where both files were given.

    Files meet when they have the same variables and grid and one begins where the other ends.
    """
    found: list[Finding] = []
    starts = {}
    for file in files:
        span = _span(file)
        if span is not None:
            starts[(_likeness(file), span[0])] = file
    for file in files:
        span = _span(file)
        follower = starts.get((_likeness(file), span[1])) if span else None
        if follower is not None and follower is not file:
            found += _seam(file, follower)
    return found


def _likeness(file: IoapiFile) -> tuple[object, ...]:
    stem = "".join(c for c in file.name.rsplit("/", 1)[-1] if not c.isdigit())
    sizes = tuple(file.dims.get(d) for d in ("LAY", "ROW", "COL"))
    return stem, file.data_variables, sizes


def _span(file: IoapiFile) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    if "TFLAG" not in file.variables or file.records < 2:
        return None
    raw = np.asarray(file.read("TFLAG", None))
    if raw.ndim != 3 or raw.shape[1] == 0:
        return None
    first, last = (timestamp(int(d), int(t)) for d, t in (raw[0, 0], raw[-1, 0]))
    return None if first is None or last is None else (first, last)


def _seam(before: IoapiFile, after: IoapiFile) -> list[Finding]:
    out = Findings(before.name)
    for name in before.data_variables:
        a = np.asarray(before.read(name, before.records - 1), dtype=np.float64)
        b = np.asarray(after.read(name, 0), dtype=np.float64)
        scale = np.abs(a).max(initial=0.0)
        if a.shape == b.shape and not np.allclose(a, b, rtol=SEAM_TOLERANCE, atol=1e-7 * scale):
            out.warning(
                "seam", f"{name}, last record",
                f"sum {a.sum():.6g}, first record of {after.name} {b.sum():.6g}",
                "make them equal, or daily totals drift (CMAQ interpolates between records)",
            )  # fmt: skip
            break
    return out.items
