"""The validator behind ``scenair cmaq check``: what is wrong with files meant for CMAQ.

Most errors in emission files are silent in CMAQ: it ends with status 0 and another science. Each
finding says what is wrong, where, what was found and what to do. What no reader of one file can
know (a plausible number that is wrong) is listed in ``docs/cmaq.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from scenair.cmaq import (
    check_grid,
    check_masks,
    check_names,
    check_stacks,
    check_structure,
    check_time,
    check_totals,
    check_values,
)
from scenair.cmaq.check_findings import Finding
from scenair.cmaq.ioapi import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from scenair.cmaq.check_names import Mechanism
    from scenair.cmaq.check_orientation import Orientation
    from scenair.cmaq.ioapi import IoapiFile
    from scenair.core.grids import Grid

Kind = Literal["emissions", "point_emissions", "stack_groups", "masks"]
KINDS: Final[tuple[Kind, ...]] = ("emissions", "point_emissions", "stack_groups", "masks")
_STACK_MARKS: Final = ("ISTACK", "STKDM", "STKHT", "STKTK")


@dataclass(frozen=True)
class Context:
    """What files are checked against.

    Attributes
    ----------
    mechanism : Mechanism
    grid : Grid, optional
        The model grid of GRIDDESC.
    table : DataFrame, optional
        Expected totals: variable, value, unit and optionally file.
    orientation : Orientation, optional
        Where land and known cities are, to see a flipped grid.
    complete : bool
        The files are all streams of the run: what none of them has is an error.
    kinds : dict
        File name -> kind, where it was said.
    """

    mechanism: Mechanism
    grid: Grid | None = None
    table: pd.DataFrame | None = None
    orientation: Orientation | None = None
    complete: bool = False
    kinds: dict[str, Kind] = field(default_factory=dict)


def kind_of(file: IoapiFile) -> Kind:
    """What a file is, from its variables and header."""
    names = {name.upper() for name in file.data_variables}
    if sum(mark in names for mark in _STACK_MARKS) >= 2:
        return "stack_groups"
    if file.dims.get("COL") == 1:
        return "point_emissions"
    units = {str(file.variables[n].attrs.get("units", "")).strip() for n in file.data_variables}
    timeless = number(file.attrs.get("TSTEP")) == 0
    if timeless and units <= {"fraction", "1", "none", "FRACTION", ""}:
        return "masks"
    return "emissions"


def check_file(file: IoapiFile, *, kind: Kind, context: Context) -> list[Finding]:
    """Findings of one file, in the order structure, time, grid, names, values."""
    found = check_structure.check(file)
    if any(f.code == "not-ioapi" for f in found):
        return found
    if kind == "stack_groups":
        return found + check_stacks.check_groups(file, grid=context.grid)
    found += check_grid.check(file, grid=context.grid, points=kind == "point_emissions")
    if kind == "masks":
        return found + check_masks.check(file)
    found += check_time.check(file)
    found += check_names.check(file, mechanism=context.mechanism)
    found += check_values.check(file)
    if context.orientation is not None and kind == "emissions":
        found += context.orientation.check(file)
    if context.table is not None:
        found += check_totals.check(file, table=context.table, mechanism=context.mechanism)
    return found


def check_files(files: Sequence[IoapiFile], *, context: Context) -> list[Finding]:
    """Findings of several files, each by itself and all together.

    Returns
    -------
    list of Finding
        By file in the order given; findings that concern several files at the end.
    """
    kinds = {file.name: context.kinds.get(file.name, kind_of(file)) for file in files}
    found: list[Finding] = []
    for file in files:
        found += check_file(file, kind=kinds[file.name], context=context)
    groups = [f for f in files if kinds[f.name] == "stack_groups"]
    points = [f for f in files if kinds[f.name] == "point_emissions"]
    emitting = [f for f in files if kinds[f.name] in ("emissions", "point_emissions")]
    found += check_stacks.check_pairs(groups, points)
    if emitting:
        found += check_names.check_set(
            emitting, mechanism=context.mechanism, complete=context.complete
        )
        found += check_time.check_seams(emitting)
    if context.table is not None and emitting:
        found += check_totals.check_listed(emitting, table=context.table)
    return found
