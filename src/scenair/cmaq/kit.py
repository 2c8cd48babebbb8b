"""The run kit: what to run on which days, with which streams.

Text is made here, files are written by :mod:`scenair.cmaq.io_kit`.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from scenair.config.cmaq_kit import STREAM_KINDS
from scenair.core.errors import ConfigError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jinja2 import Environment

    from scenair.config.cmaq import CmaqConfig
    from scenair.config.cmaq_kit import KitConfig
    from scenair.core.grids import Grid

SCRIPTS: Final = ("env.sh", "mcip.sh", "icon.sh", "bcon.sh", "cctm.sh", "combine.sh", "chain.sh")
#: The profile that ships with CMAQ: an annual mean of the remote Pacific.
PROFILE: Final = "avprofile_cb6r3m_ae7_kmtbr_hemi2016_v53beta2_m3dry_col051_row068.csv"


#: What may stand in a script: names, and paths or commands. Nothing that a shell acts upon.
_NAME: Final = re.compile(r"[\w.\-]*")
_PATH: Final = re.compile(r"[\w./:@+{}=,~ \-]*")


@dataclass(frozen=True)
class PlannedPeriod:
    """A period with its spin-up: every UTC day in order."""

    name: str
    days: tuple[dt.date, ...]
    spinup: int


@dataclass(frozen=True)
class StreamFiles:
    """A stream of the run; ``$FILE_DAY`` and ``$(compact "$DAY")`` are set by the script."""

    label: str
    path: str
    groups: str = ""
    sym: str = "$SYM"


def plan_periods(kit: KitConfig) -> tuple[PlannedPeriod, ...]:
    """Days of every period in the meteorological year, spin-up included.

    Raises
    ------
    ConfigError
        A 29th of February in a common year, or periods that overlap.
    """
    out = []
    for period in kit.periods:
        try:
            start = dt.date.fromisoformat(f"{kit.met_year}-{period.start}")
            end = dt.date.fromisoformat(f"{kit.met_year}-{period.end}")
        except ValueError as error:
            raise ConfigError(
                "no such day in the meteorological year", where=f"period {period.name}",
                value=f"{kit.met_year}, {period.start} to {period.end}", allowed=str(error),
            ) from error  # fmt: skip
        first = start - dt.timedelta(days=kit.spinup_days)
        days = tuple(first + dt.timedelta(days=i) for i in range((end - first).days + 1))
        out.append(PlannedPeriod(period.name, days, kit.spinup_days))
    for before, after in pairwise(sorted(out, key=lambda p: p.days[0])):
        if after.days[0] <= before.days[-1]:
            raise ConfigError(
                "two periods overlap, spin-up included",
                where=f"periods {before.name} and {after.name}",
                value=f"{before.days[-1]}, {after.days[0]}",
                remedy="make them one period, or shorten the spin-up",
            )
    return tuple(out)


def require_plain(kit: KitConfig, *, grid: Grid, streams: Sequence[StreamFiles]) -> None:
    """Stop where a name or path holds characters that a shell would act upon.

    Raises
    ------
    ConfigError
        With the first such text.
    """
    texts = [(_NAME, "name of the grid", grid.name), (_NAME, "projection", grid.projection)]
    texts += [(_NAME, "label of a stream", s.label) for s in streams]
    texts += [
        (_PATH, "files of a stream", t.removeprefix("$EMISSIONS/").replace("$FILE_DAY", ""))
        for s in streams
        for t in (s.path, s.groups)
    ]
    texts += [
        (_PATH, f"cmaq.kit.executables.{k}", str(v))
        for k, v in kit.executables.model_dump().items()
    ]
    plain = ("boundary_source", "boundary_met", "initial_source", "ocean", "wrf_out", "desid")
    texts += [(_PATH, f"cmaq.kit.{name}", str(getattr(kit, name))) for name in plain]
    texts += [(_PATH, "cmaq.kit.external", t) for e in kit.external for t in (e.emission, e.groups)]
    for pattern, what, value in texts:
        if not pattern.fullmatch(value):
            raise ConfigError(
                "a text that can't stand in a script", where=what, value=repr(value),
                allowed="letters, digits and . _ - (in paths also / : @ + { } = , ~ and blanks)",
            )  # fmt: skip


def require_runnable(options: CmaqConfig) -> None:
    """Stop a configuration that can't run CMAQ, before the first job.

    Raises
    ------
    ConfigError
        With everything that is missing.
    """
    kit = options.kit
    wants = ["mcip", "cctm", "build"]
    if kit.boundary != "files":
        wants += ["icon", "bcon"]
    missing = [f"kit.executables.{n}" for n in wants if not getattr(kit.executables, n)]
    if not kit.wrf_out:
        missing.append("kit.wrf_out")
    if kit.boundary != "profile" and not kit.boundary_source:
        missing.append("kit.boundary_source")
    if kit.boundary == "files" and not kit.initial_source:
        missing.append("kit.initial_source")
    if kit.boundary == "regrid" and not kit.boundary_met:
        missing.append("kit.boundary_met")
    quarters = {(day.month - 1) // 3 for p in plan_periods(kit) for day in p.days[p.spinup :]}
    if len(quarters) < 4:
        missing.append("kit.periods in every quarter")
    if options.period == "days":
        missing.append("period: representative or year (emission files for every model day)")
    if missing:
        raise ConfigError(
            "cmaq.mode is run, and CMAQ can't run without its settings",
            where="section cmaq", value=f"missing: {'; '.join(missing)}",
            remedy="give them in the case, or use mode: prepare and run the kit by hand",
        )  # fmt: skip


def emission_dates(
    days: Sequence[dt.date],
    *,
    available: Sequence[dt.date],
    day_class: Callable[[dt.date], str] | None = None,
) -> dict[dt.date, dt.date]:
    """The day of the emission files for every model day.

    The nearest month counts first, then the classes of the two local days that a UTC day touches,
    then the day of the month.

    Parameters
    ----------
    days : sequence of date
        Model days, UTC (meteorological year).
    available : sequence of date
        UTC days for which emission files exist (year of the emissions).
    day_class : callable, optional
        Class of a local date; weekday, saturday or sunday by default.

    Raises
    ------
    InputError
        No files at all.
    """
    if not available:
        raise InputError("no emission files", remedy="write them first (rule cmaq)")
    kind = day_class or _weekday

    def pair(day: dt.date) -> tuple[str, str]:
        # UTC day D is 08:00 of local day D to 08:00 of D + 1
        return kind(day), kind(day + dt.timedelta(days=1))

    classes = {day: pair(day) for day in (*days, *available)}

    def distance(day: dt.date, file: dt.date) -> tuple[int, int, int, dt.date]:
        months = abs(day.month - file.month)
        odd = sum(a != b for a, b in zip(classes[day], classes[file], strict=True))
        return min(months, 12 - months), odd, abs(day.day - file.day), file

    return {day: min(available, key=lambda file: distance(day, file)) for day in days}


def _weekday(day: dt.date) -> str:
    return "weekday" if day.weekday() < 5 else "saturday" if day.weekday() == 5 else "sunday"


def missing_streams(kit: KitConfig) -> str:
    """One line: which streams of a complete run the kit does not have."""
    have = {stream.kind for stream in kit.external}
    missing = [str(kind) for kind in STREAM_KINDS if kind not in have]
    if not kit.ocean:
        missing.append("sea spray")
    if not missing:
        return "streams: complete (foreign, ship, biogenic, fire, sea spray)"
    return (
        f"missing streams: {', '.join(missing)} - the run has none of these emissions; "
        "give files under cmaq.kit.external and cmaq.kit.ocean"
    )


def stand_ins(dates: Mapping[dt.date, dt.date]) -> str:
    """One line: how many days of emission files stand for how many model days."""
    files = len(set(dates.values()))
    if all((day.month, day.day) == (file.month, file.day) for day, file in dates.items()):
        return f"emission files: one for each of the {len(dates)} model days"
    return (
        f"emission files of {files} day(s) stand for {len(dates)} model days (emission_dates.txt); "
        "more days: cmaq.days, or scenair cmaq write"
    )


def external_streams(kit: KitConfig) -> tuple[list[StreamFiles], list[StreamFiles]]:
    """Gridded and point streams that the user brings."""
    gridded: list[StreamFiles] = []
    points: list[StreamFiles] = []
    for s in kit.external:
        day = '$(compact "$DAY")' if s.dated else "$FILE_DAY"
        entry = StreamFiles(
            label=s.label,
            path=s.emission.replace("{date}", day),
            groups=s.groups.replace("{date}", day),
            sym="F" if s.dated else "$SYM",
        )
        (points if s.groups else gridded).append(entry)
    return gridded, points


def scripts(
    environment: Environment,
    *,
    kit: KitConfig,
    grid: Grid,
    domain: int,
    year: int,
    scenario: str,
    mechanism: str,
    gridded: Sequence[StreamFiles],
    points: Sequence[StreamFiles],
) -> dict[str, str]:
    """Text of all scripts, by file name.

    Parameters
    ----------
    environment : jinja2.Environment
        Loads ``{script}.j2``; undefined names are errors.
    domain : int
        Number of the WRF domain that gives the grid.
    gridded, points : sequence of StreamFiles
        Streams of scenair; the user's follow.

    Raises
    ------
    ConfigError
        No stream at all, or text that can't stand in a script.
    """
    require_plain(kit, grid=grid, streams=[*gridded, *points])
    more_gridded, more_points = external_streams(kit)
    if not (gridded or points or more_gridded or more_points):
        raise ConfigError("a run without emission streams: CCTM ends in a segmentation fault")
    periods = plan_periods(kit)
    values = {
        "k": kit,
        "grid": grid,
        "domain": f"{domain:02d}",
        "btrim": kit.btrim,
        "year": year,
        "scenario": scenario,
        "mechanism": mechanism,
        "profile": PROFILE,
        "periods": periods,
        "firsts": [p.days[0].isoformat() for p in periods],
        "gridded": [*gridded, *more_gridded],
        "points": [*points, *more_points],
    }
    return {name: environment.get_template(f"{name}.j2").render(values) for name in SCRIPTS}
