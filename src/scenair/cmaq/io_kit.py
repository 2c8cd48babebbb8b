"""Files of the run kit: namelists, scripts, the dates of the emission files."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from scenair.cmaq import hours, kit, kit_wrf
from scenair.cmaq.io_inputs import read_calendar
from scenair.config.case import CaseConfig
from scenair.config.cmaq import CmaqConfig
from scenair.core.errors import InputError
from scenair.core.griddesc import format_griddesc, parse_griddesc
from scenair.core.grids import CN36, Grid
from scenair.core.io.atomic import write_text
from scenair.core.io.paths import resources
from scenair.core.io.tables import read_csv, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jinja2 import Environment

_DAY = re.compile(r"_(\d{8})\.nc$")


def write_kit(
    *,
    year: int,
    scenario: str,
    config: Mapping[str, Any],
    griddesc: str | Path,
    listing: str | Path,
    emis: str | Path,
    folder: str | Path,
) -> None:
    """Namelists of WPS and WRF and the scripts of MCIP, ICON, BCON, CCTM, combine.

    Parameters
    ----------
    year, scenario
        Of the emissions.
    config : mapping
        Sections ``case`` and ``cmaq``.
    griddesc, listing, emis : path
        Inputs: GRIDDESC, streams.csv, folder of gridded emission files.
    folder : path
        Takes ``wrf/{period}/namelist.wps``, ``namelist.input`` and ``run/*``.

    Raises
    ------
    InputError
        No emission files. A grid that WRF can't have is said in ``wrf/NO_NAMELISTS.txt``.
    """
    case = CaseConfig.model_validate(config["case"])
    options = CmaqConfig.model_validate(config["cmaq"])
    path = Path(griddesc)
    grid = next(iter(parse_griddesc(path.read_text(encoding="utf-8"), where=str(path)).values()))
    grids = _domains(case, options, grid)
    out = Path(folder)
    said = kit.missing_streams(options.kit) + "\n"
    try:
        _write_wrf(grids, options=options, folder=out / "wrf")
    except InputError as error:
        # the emission files are right whether or not WRF can have the grid
        write_text(f"{error}\n", out / "wrf" / "NO_NAMELISTS.txt")
        said += f"no WRF namelists: {error}\n"
    gridded, points = _streams(read_csv(listing, columns=("kind", "label", "emission", "groups")))
    texts = kit.scripts(
        environment(),
        kit=options.kit,
        grid=grid,
        domain=len(grids),
        year=year,
        scenario=scenario,
        mechanism=options.mechanism,
        gridded=gridded,
        points=points,
    )
    run = out / "run"
    for name, text in texts.items():
        write_text(text, run / name)
        (run / name).chmod(0o755)
    write_text(format_griddesc([grid]), run / "GRIDDESC")
    dates = _dates(options, year=year, emis=Path(emis))
    write_text(said + kit.stand_ins(dates) + "\n", run / "MISSING.txt")
    lines = (f"{day:%Y-%m-%d} {file:%Y%m%d}\n" for day, file in sorted(dates.items()))
    write_text("".join(lines), run / "emission_dates.txt")


def _domains(case: CaseConfig, options: CmaqConfig, grid: Grid) -> list[Grid]:
    """Grids of the WRF domains, the case's last."""
    if options.kit.parents:
        return [*(parent.build() for parent in options.kit.parents), grid]
    return [CN36, grid] if case.grid.nest is not None and grid.xcell < CN36.xcell else [grid]


def require_background(options: CmaqConfig) -> None:
    """Stop before any job where the background run that is named is not there.

    A missing input would make Snakemake fall back to the surrogate's rule for the same file.

    Raises
    ------
    InputError
    """
    if options.kit.background and not Path(options.kit.background).is_file():
        raise InputError(
            "file not found", where="cmaq.kit.background", value=options.kit.background,
            remedy="make it with scenair cmaq read from a run without the controlled emissions",
        )  # fmt: skip


def environment() -> Environment:
    """Templates of ``resources/cmaq/kit``; an undefined name is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(resources() / "cmaq" / "kit"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )


def _write_wrf(grids: Sequence[Grid], *, options: CmaqConfig, folder: Path) -> None:
    table = read_table("cmaq/kit_wrf.csv")
    for period in kit.plan_periods(options.kit):
        # MCIP wants a record before its first and one after its last
        start = dt.datetime.combine(period.days[0], dt.time()) - dt.timedelta(days=1)
        end = dt.datetime.combine(period.days[-1], dt.time()) + dt.timedelta(days=1)
        target = folder / period.name
        wps = kit_wrf.namelist_wps(grids, kit=options.kit, start=start, end=end)
        wrf = kit_wrf.namelist_input(grids, kit=options.kit, start=start, end=end, options=table)
        write_text(wps, target / "namelist.wps")
        write_text(wrf, target / "namelist.input")


def _streams(table: pd.DataFrame) -> tuple[list[kit.StreamFiles], list[kit.StreamFiles]]:
    """Streams of streams.csv; ``YYYYMMDD`` in a name is the file's day."""
    gridded: list[kit.StreamFiles] = []
    points: list[kit.StreamFiles] = []
    for row in table.fillna("").itertuples():
        entry = kit.StreamFiles(
            label=str(row.label),
            path="$EMISSIONS/" + str(row.emission).replace("YYYYMMDD", "$FILE_DAY"),
            groups="$EMISSIONS/" + str(row.groups) if row.groups else "",
        )
        (points if row.kind == "point" else gridded).append(entry)
    return gridded, points


def available_dates(folder: Path) -> tuple[dt.date, ...]:
    """Days for which a folder holds emission files, from their names.

    Raises
    ------
    InputError
        A name with an impossible date.
    """
    found = set()
    for path in sorted(folder.glob("*.nc")):
        match = _DAY.search(path.name)
        if match:
            try:
                found.add(dt.datetime.strptime(match.group(1), "%Y%m%d").date())  # noqa: DTZ007
            except ValueError as error:
                raise InputError("no date in a file's name", where=str(path)) from error
    return tuple(sorted(found))


def _dates(options: CmaqConfig, *, year: int, emis: Path) -> dict[dt.date, dt.date]:
    """Model day -> day of the emission files."""
    days = [day for period in kit.plan_periods(options.kit) for day in period.days]
    calendar = dict(read_calendar(year))
    for met in sorted({day.year for day in days}):
        calendar |= read_calendar(met)
    return kit.emission_dates(
        days,
        available=available_dates(emis),
        day_class=lambda day: hours.day_class(day, calendar),
    )
