"""``scenair cmaq``: the tools around WRF-CMAQ files."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scenair.core.errors import ConfigError, InputError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from scenair.cmaq.check_findings import Finding
    from scenair.cmaq.check_orientation import Orientation
    from scenair.cmaq.ioapi import IoapiFile
    from scenair.core.grids import Grid


def check(arguments: Namespace) -> int:
    """Print what is wrong with the files; 1 where there are errors."""
    from scenair.cmaq import check as checks
    from scenair.cmaq.check_findings import by_severity, summary
    from scenair.cmaq.check_names import read_mechanism
    from scenair.cmaq.io_tools import IoapiReader
    from scenair.core.io.tables import read_csv

    if arguments.kind is not None and arguments.kind not in checks.KINDS:
        raise ConfigError(
            "unknown kind of file", value=arguments.kind, allowed=", ".join(checks.KINDS)
        )
    kinds = (
        {} if arguments.kind is None else {str(Path(f)): arguments.kind for f in arguments.files}
    )
    grid = _grid(arguments) if arguments.griddesc else None
    table = None
    if arguments.table:
        table = read_csv(arguments.table, columns=("variable", "value", "unit"))
    with IoapiReader(arguments.files) as files:
        context = checks.Context(
            mechanism=read_mechanism(arguments.mechanism),
            grid=grid,
            table=table,
            orientation=None if arguments.no_land else _orientation(grid, files),
            complete=arguments.complete,
            kinds=kinds,
        )
        found = checks.check_files(files, context=context)
    if arguments.quiet:
        found = [f for f in found if f.severity != "note"]
    _print(by_severity(found), layout=arguments.format)
    sys.stderr.write(summary(found, files=len(arguments.files)) + "\n")
    return int(any(f.severity == "error" for f in found))


def _print(found: Sequence[Finding], *, layout: str) -> None:
    if layout == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(("severity", "code", "file", "where", "found", "remedy"))
        writer.writerows((f.severity, f.code, f.file, f.where, f.found, f.remedy) for f in found)
        return
    for finding in found:
        sys.stdout.write(f"{finding}\n")


def desid(arguments: Namespace) -> int:
    """Write masks and namelists and print the round trip."""
    import pandas as pd

    from scenair.cli.results import configuration, locate
    from scenair.cmaq.io import build_desid

    new, old = locate(arguments.result), locate(arguments.base)
    if new.year != old.year:
        raise ConfigError(
            "scenario and base are of different years", value=f"{new.year} and {old.year}"
        )
    over = {"cmaq": {"desid": {"by": arguments.by}}} if arguments.by else {}
    folder = Path(arguments.folder or new.folder / "cmaq" / "desid")
    gridded = None
    if arguments.cells:
        gridded = (new.file("emissions/gridded.nc"), old.file("emissions/gridded.nc"))
    build_desid(
        config=configuration(arguments.case, over),
        cities=new.file("emissions/cities.nc"),
        base=old.file("emissions/cities.nc"),
        trajectories=new.trajectories,
        folder=folder,
        gridded=gridded,
        shipped=arguments.namelist,
    )
    table = pd.read_csv(folder / "roundtrip.csv")
    columns = ["relative_error", "misplaced"]
    worst = table[columns].abs().groupby([table["level"], table["part"]]).max()
    sys.stdout.write(worst.to_string(float_format=lambda x: f"{x:.2e}") + "\n")
    sys.stderr.write(f"{folder}: masks and namelists\n")
    return 0


def kit(arguments: Namespace) -> int:
    """Write namelists and scripts of a result anew."""
    from scenair.cli.results import configuration, locate
    from scenair.cmaq.io_kit import write_kit

    result = locate(arguments.result)
    folder = Path(arguments.folder or result.folder / "cmaq")
    write_kit(
        year=result.year,
        scenario=result.scenario,
        config=configuration(arguments.case),
        griddesc=result.file("cmaq/GRIDDESC"),
        listing=result.file("cmaq/streams.csv"),
        emis=result.file("cmaq/emis"),
        folder=folder,
    )
    sys.stderr.write((folder / "run" / "MISSING.txt").read_text(encoding="utf-8"))
    return 0


def read(arguments: Namespace) -> int:
    """Write air_quality/annual.nc and daily.nc from CMAQ's output."""
    from scenair.cli.results import parse
    from scenair.cmaq.io_readback import read_cmaq

    result = parse(arguments.result)
    target = result.folder / "air_quality"
    read_cmaq(
        files=arguments.files,
        year=result.year,
        scenario=result.scenario,
        annual=target / "annual.nc",
        daily=target / "daily.nc",
        partial=arguments.partial,
        background=arguments.background,
    )
    sys.stderr.write(f"{target}: annual.nc, daily.nc\n")
    return 0


def budget(arguments: Namespace) -> int:
    """Compare CMAQ's own sum of emissions with the files; 1 where they differ."""
    from scenair.cmaq.budget import TOLERANCE
    from scenair.cmaq.io_budget import check_budget

    table, left = check_budget(arguments.budget, arguments.files, mechanism=arguments.mechanism)
    if table.empty:
        raise InputError("no species in common", where=arguments.budget)
    formats = {"files": "{:.6g}".format, "model": "{:.6g}".format}
    formats["relative_error"] = "{:+.1e}".format
    sys.stdout.write(table.to_string(index=False, formatters=formats) + "\n")
    if left:
        sys.stderr.write(f"not compared: {', '.join(left)}\n")
    off = table["relative_error"].abs() > TOLERANCE
    sys.stderr.write(f"{int(off.sum())} of {len(table)} differ by more than {TOLERANCE:g}\n")
    return int(off.any())


def met(arguments: Namespace) -> int:
    """Write quarterly means of wrfout files or of MCIP folders."""
    from scenair.cmaq.io_meteorology import (
        read_mcip,
        read_wrf,
        write_for_surrogate,
        write_quarters,
    )

    grid = _grid(arguments) if arguments.griddesc else None
    folders = [Path(p).is_dir() for p in arguments.inputs]
    if any(folders) != all(folders):
        raise ConfigError("wrfout files and MCIP folders don't mix")
    reader = read_mcip if all(folders) else read_wrf
    if arguments.surrogate:
        write_for_surrogate(reader(arguments.inputs), arguments.out, grid=grid)
    else:
        write_quarters(reader(arguments.inputs, grid=grid), arguments.out)
    return 0


def write(arguments: Namespace) -> int:
    """Write the emission files of a range of days."""
    import datetime as dt

    from scenair.cli.results import configuration, locate
    from scenair.cmaq.io import write_range

    result = locate(arguments.result)
    try:
        start, stop = (dt.date.fromisoformat(d) for d in (arguments.start, arguments.end))
    except ValueError as error:
        raise ConfigError("no date", value=str(error), allowed="YYYY-MM-DD") from error
    if start.year != result.year:
        raise ConfigError(
            "dates of another year than the result's", value=str(start), allowed=str(result.year)
        )
    files = write_range(
        start=start,
        stop=stop,
        scenario=result.scenario,
        config=configuration(arguments.case),
        gridded=result.file("emissions/gridded.nc"),
        points=result.file("emissions/points.csv"),
        folder=arguments.folder,
    )
    sys.stderr.write(f"{arguments.folder}: {len(files)} files\n")
    return 0


def _grid(arguments: Namespace) -> Grid:
    """The grid of ``--griddesc`` and ``--grid``."""
    from scenair.core.griddesc import named_grid

    path = Path(arguments.griddesc)
    if not path.is_file():
        raise InputError("file not found", where=str(path), remedy="check --griddesc")
    text = path.read_text(encoding="utf-8", errors="replace")
    return named_grid(text, arguments.grid, where=str(path))


def _orientation(grid: Grid | None, files: Sequence[IoapiFile]) -> Orientation | None:
    """Land and cities on the model's grid, or on that of the first gridded emission file."""
    from scenair.cmaq.check import kind_of
    from scenair.cmaq.check_orientation import covers_mainland, mainland_orientation
    from scenair.cmaq.ioapi import grid_of

    gridded = [f for f in files if "ROW" in f.dims and kind_of(f) == "emissions"]
    if not gridded:
        return None
    if grid is None:
        try:
            grid = grid_of(gridded[0].attrs, where=gridded[0].name)
        except InputError:
            # the header's faults are findings of their own
            return None
    return mainland_orientation(grid) if covers_mainland(grid) else None
