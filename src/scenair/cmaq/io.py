"""Files of the stage cmaq: one function a rule."""

from __future__ import annotations

import datetime as dt
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from scenair.cmaq import streams
from scenair.cmaq.griddesc import format_griddesc
from scenair.cmaq.io_days import write_days
from scenair.cmaq.io_inputs import Kit, prepare
from scenair.core.audit.closure import COLUMNS, require_closed
from scenair.core.io.atomic import write_text
from scenair.core.io.tables import write_csv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

logger = logging.getLogger(__name__)


def build_cmaq(
    *,
    year: int,
    scenario: str,
    config: Mapping[str, Any],
    gridded: str | Path,
    points: str | Path,
    griddesc: str | Path,
    emis: str | Path,
    stack: str | Path,
    listing: str | Path,
    closure: str | Path,
) -> None:
    """Rule ``cmaq``: emission files of the case's days, GRIDDESC and the closure.

    Parameters
    ----------
    year : int
    scenario : str
    config : mapping
        Sections ``case`` and ``cmaq``.
    gridded, points : path
        Inputs: gridded.nc, points.csv.
    griddesc, emis, stack, listing, closure : path
        Outputs: GRIDDESC, folder of gridded files, folder of point files, streams.csv,
        closure.csv (kg).

    Raises
    ------
    MassBalanceError
        The files, read back, differ from gridded.nc by more than 1e-6.
    """
    kit = prepare(year=year, scenario=scenario, config=config, gridded=gridded, points=points)
    write_text(format_griddesc([kit.grid]), griddesc)
    dates = kit_days(kit.options.days, year=year, calendar=kit.calendar)
    rows = write_days(kit, dates, emis=Path(emis), stack=Path(stack))
    write_csv(kit_listing(kit), listing)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    write_csv(require_closed(table, where=str(emis), unit="kg"), closure)


def kit_days(
    days: Sequence[str], *, year: int, calendar: Mapping[dt.date, str]
) -> tuple[dt.date, ...]:
    """UTC days to write.

    Parameters
    ----------
    days : sequence of str
        MM-DD; empty for the Wednesday nearest to the 15th of January and of July that is no
        holiday.
    """
    if days:
        return tuple(dt.date.fromisoformat(f"{year}-{day}") for day in days)
    out = []
    for month in (1, 7):
        middle = dt.date(year, month, 15)
        near = sorted(
            (middle + dt.timedelta(days=d) for d in range(-14, 15)),
            key=lambda date: (abs((date - middle).days), date),
        )
        out.append(next(d for d in near if d.weekday() == 2 and calendar.get(d) != "holiday"))
    return tuple(out)


def kit_listing(kit: Kit) -> pd.DataFrame:
    """Streams of the kit: label, files, sectors and what is decided about PCVOC."""
    rows = []
    for stream in kit.streams:
        pcvoc = "off" if stream.label == streams.NO_PCVOC_LABEL else "on"
        common = {"sectors": " ".join(stream.sectors), "pcvoc": pcvoc}
        name, grid = stream.name, kit.grid.name
        rows.append(
            {"kind": "gridded", "label": stream.label, "stream": name, **common}
            | {"emission": f"emis/emis_{name}_{grid}_YYYYMMDD.nc", "groups": ""}
        )
        if len(kit.stack_rows(stream)):
            rows.append(
                {"kind": "point", "label": stream.point_label, "stream": name, **common}
                | {
                    "emission": f"points/inln_{name}_{grid}_YYYYMMDD.nc",
                    "groups": f"points/stack_groups_{name}_{grid}.nc",
                }
            )
    return pd.DataFrame(rows)
