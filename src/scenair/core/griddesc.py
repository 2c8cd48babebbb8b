"""GRIDDESC: the text file by which CMAQ, MCIP and their tools know a grid.

Every grid on a supported projection can be a case's grid; others may stand in the same file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scenair.core.errors import InputError
from scenair.core.grids import Grid

if TYPE_CHECKING:
    from collections.abc import Sequence

_PROJECTION_NUMBERS = 6
_GRID_NUMBERS = 7


@dataclass(frozen=True)
class _Entry:
    """A grid as it stands in the file."""

    name: str
    system: str
    projection: list[float]
    numbers: list[float]


def format_griddesc(grids: Sequence[Grid]) -> str:
    """GRIDDESC text of one or more grids (each projection once).

    Returns
    -------
    str
        Coordinate systems, a blank name, grids, a blank name; numbers that read back exactly.
    """
    lines = ["' '"]
    seen: set[str] = set()
    for grid in grids:
        if grid.projection in seen:
            continue
        seen.add(grid.projection)
        numbers = (grid.p_alp, grid.p_bet, grid.p_gam, grid.xcent, grid.ycent)
        lines.append(f"'{grid.projection}'")
        lines.append(f"  {grid.gdtyp}  " + "  ".join(repr(float(x)) for x in numbers))
    lines.append("' '")
    for grid in grids:
        corner = (grid.xorig, grid.yorig, grid.xcell, grid.ycell)
        lines.append(f"'{grid.name}'")
        lines.append(
            f"'{grid.projection}'  "
            + "  ".join(repr(float(x)) for x in corner)
            + f"  {grid.ncols}  {grid.nrows}  {grid.nthik}"
        )
    lines.append("' '")
    return "\n".join(lines) + "\n"


def parse_griddesc(text: str, *, where: str = "GRIDDESC") -> dict[str, Grid]:
    """Grids of a GRIDDESC by name.

    Accepts what Fortran list-directed input accepts here: commas or blanks, ``D`` exponents,
    comments after ``!``, names on a line of their own or followed by their numbers.

    Raises
    ------
    InputError
        Truncated, unknown projection, a grid on an undeclared coordinate system.
    """
    return {name: _grid(entry, where=where) for name, entry in _entries(text, where=where).items()}


def named_grid(text: str, name: str | None, *, where: str = "GRIDDESC") -> Grid:
    """One grid of a GRIDDESC; other grids of the file may be on any projection.

    Parameters
    ----------
    name : str, optional
        May be left out where the file has one grid only.

    Raises
    ------
    InputError
        As :func:`parse_griddesc`; no grid of that name.
    """
    entries = _entries(text, where=where)
    if name is None and len(entries) == 1:
        return _grid(next(iter(entries.values())), where=where)
    if name not in entries:
        raise InputError(
            "which grid?" if name is None else "no such grid",
            where=where,
            value=name,
            allowed=", ".join(entries),
            remedy="name one of them (letters as in the file)",
        )
    return _grid(entries[name], where=where)


def _entries(text: str, *, where: str) -> dict[str, _Entry]:
    tokens = _tokens(text)
    position = _section_start(tokens, 0, where=where)
    projections: dict[str, list[float]] = {}
    while not _blank(tokens, position, where=where):
        name = tokens[position][1]
        projections[name] = _numbers(tokens, position + 1, _PROJECTION_NUMBERS, where=where)
        position += 1 + _PROJECTION_NUMBERS
    position += 1
    grids: dict[str, _Entry] = {}
    while position < len(tokens) and not _blank(tokens, position, where=where):
        name = tokens[position][1]
        if position + 1 >= len(tokens) or tokens[position + 1][0] != "name":
            raise InputError(
                "a grid without coordinate system", where=f"{where}, grid {name}",
                remedy="two lines a grid: 'NAME', then 'SYSTEM' and seven numbers",
            )  # fmt: skip
        system = tokens[position + 1][1]
        if system not in projections:
            raise InputError(
                "a grid on an undeclared coordinate system",
                where=f"{where}, grid {name}",
                value=system,
                allowed=", ".join(projections),
            )
        numbers = _numbers(tokens, position + 2, _GRID_NUMBERS, where=where)
        grids[name] = _Entry(name, system, projections[system], numbers)
        position += 2 + _GRID_NUMBERS
    if not grids:
        raise InputError("a GRIDDESC without grids", where=where)
    return grids


def _grid(entry: _Entry, *, where: str) -> Grid:
    projection, numbers = entry.projection, entry.numbers
    try:
        return Grid(
            name=entry.name,
            projection=entry.system,
            gdtyp=int(projection[0]),
            p_alp=projection[1],
            p_bet=projection[2],
            p_gam=projection[3],
            xcent=projection[4],
            ycent=projection[5],
            xorig=numbers[0],
            yorig=numbers[1],
            xcell=numbers[2],
            ycell=numbers[3],
            ncols=int(numbers[4]),
            nrows=int(numbers[5]),
            nthik=int(numbers[6]),
        )
    except ValueError as error:
        raise InputError(
            "a grid that scenair can't use", where=f"{where}, grid {entry.name}", value=str(error),
            allowed="GDTYP 1 (lat-lon), 2 (Lambert), 3 and 7 (Mercator), 6 (polar)",
        ) from error  # fmt: skip


def _tokens(text: str) -> list[tuple[str, str]]:
    out = []
    for line in text.splitlines():
        for quoted, plain in re.findall(r"'([^']*)'|([^\s,']+)", line.split("!")[0]):
            out.append(("number", plain) if plain else ("name", quoted.strip()))
    return out


def _section_start(tokens: list[tuple[str, str]], position: int, *, where: str) -> int:
    """First coordinate system: the leading header is a blank name or a title."""
    if not tokens or tokens[position][0] != "name":
        raise InputError(
            "no GRIDDESC", where=where, value=tokens[0][1] if tokens else "an empty file",
            allowed="a first line ' '",
        )  # fmt: skip
    follows = tokens[position + 1][0] if position + 1 < len(tokens) else "name"
    return position + 1 if follows == "name" else position


def _blank(tokens: list[tuple[str, str]], position: int, *, where: str) -> bool:
    if position >= len(tokens):
        raise InputError(
            "a truncated GRIDDESC", where=where, remedy="each list ends with a line ' '"
        )
    kind, value = tokens[position]
    if kind != "name":
        raise InputError("a name is expected", where=where, value=value)
    return value == ""


def _numbers(tokens: list[tuple[str, str]], start: int, count: int, *, where: str) -> list[float]:
    found = tokens[start : start + count]
    try:
        values = [float(v.upper().replace("D", "E")) for kind, v in found if kind == "number"]
    except ValueError as error:
        raise InputError("not a number", where=where, value=str(error)) from error
    if len(values) != count:
        raise InputError(
            "a truncated GRIDDESC", where=where, value=f"{len(values)} numbers",
            allowed=f"{count} numbers after a name",
        )  # fmt: skip
    return values
