"""The grid in a header against GRIDDESC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from scenair.cmaq.check_findings import Finding, Findings
from scenair.cmaq.ioapi import number, text
from scenair.core.grids import LAMBERT, LATLON

if TYPE_CHECKING:
    from scenair.cmaq.ioapi import IoapiFile
    from scenair.core.grids import Grid

#: GRIDDESC and header count as equal within this (degrees, metres relative to the cell).
TOLERANCE: Final = 1e-6
_SHAPE: Final = ("GDTYP", "P_ALP", "P_BET", "P_GAM", "XCENT", "YCENT")
HEADER: Final = "take the numbers of the model's GRIDDESC; CMAQ says 'File header inconsistent'"


def check(file: IoapiFile, *, grid: Grid | None, points: bool = False) -> list[Finding]:
    """Findings on the grid.

    Parameters
    ----------
    file : IoapiFile
    grid : Grid or None
        The model grid. Without it only the header's own contradictions are found.
    points : bool
        An inline point file: its rows are sources, only the projection is compared.
    """
    out = Findings(file.name)
    _own(file, out)
    if not points:
        _latitude(file, out)
    if grid is None:
        return out.items
    same = True
    for name in _SHAPE:
        found = number(file.attrs.get(name))
        wanted = float(getattr(grid, name.lower()))
        if found is not None and abs(found - wanted) > TOLERANCE:
            same = False
            out.error("grid-projection", name, f"{found:g}, GRIDDESC {wanted:g}", HEADER)
    if points or not same:
        return out.items
    for name in ("XCELL", "YCELL"):
        found = number(file.attrs.get(name))
        wanted = float(getattr(grid, name.lower()))
        if found is not None and abs(found / wanted - 1) > TOLERANCE:
            out.error("grid-cell", name, f"{found:g}, GRIDDESC {wanted:g}", HEADER)
            return out.items
    _placement(file, grid, out)
    if text(file.attrs.get("GDNAM", "")) != grid.name:
        out.note(
            "grid-name", "GDNAM", repr(text(file.attrs.get("GDNAM", ""))),
            f"GRIDDESC has {grid.name!r}; CMAQ accepts another name",
        )  # fmt: skip
    return out.items


def _own(file: IoapiFile, out: Findings) -> None:
    get = {k: number(file.attrs.get(k)) for k in ("GDTYP", "P_GAM", "XCENT", "XCELL", "YCELL")}
    for name in ("XCELL", "YCELL"):
        size = get[name]
        if size is not None and size <= 0:
            out.error("grid-cell", name, f"{size:g}", "the cell size is positive")
        elif size is not None and get["GDTYP"] not in (None, LATLON) and size < 100:
            out.error("grid-cell", name, f"{size:g}", "metres, not kilometres")
    if get["GDTYP"] == LAMBERT and None not in (get["P_GAM"], get["XCENT"]):
        assert get["P_GAM"] is not None
        assert get["XCENT"] is not None
        if abs(get["P_GAM"] - get["XCENT"]) > TOLERANCE:
            out.warning(
                "grid-centre", "P_GAM, XCENT", f"{get['P_GAM']:g}, {get['XCENT']:g}",
                "equal in grids of WRF and MCIP",
            )  # fmt: skip


def _latitude(file: IoapiFile, out: Findings) -> None:
    """Rows from south to north, where the file carries its latitudes."""
    for name in ("LAT", "lat", "latitude"):
        var = file.variables.get(name)
        if var is None or len(var.shape) < 2 or var.dtype.kind != "f":
            continue
        values = np.asarray(file.read(name, None), dtype=np.float64)
        rows = values.reshape(-1, *var.shape[-2:])[0].mean(axis=1)
        if len(rows) > 1 and not (np.diff(rows) > 0).all():
            out.error(
                "latitude", name, f"row 1 {rows[0]:.2f}, last row {rows[-1]:.2f}",
                "row 1 is the southernmost: flip all arrays",
            )  # fmt: skip


def _placement(file: IoapiFile, grid: Grid, out: Findings) -> None:
    for origin, cell, count, axis in (
        ("XORIG", grid.xcell, "NCOLS", "columns"),
        ("YORIG", grid.ycell, "NROWS", "rows"),
    ):
        start, n = number(file.attrs.get(origin)), number(file.attrs.get(count))
        if start is None or n is None:
            continue
        wanted, size = float(getattr(grid, origin.lower())), int(getattr(grid, count.lower()))
        cells = (wanted - start) / cell
        off = abs(cells - round(cells))
        if off * cell > max(2.0, 1e-4 * cell):
            out.error(
                "grid-origin", origin, f"{start:.3f}, GRIDDESC {wanted:.3f}",
                "shift by whole cells only: CMAQ stops or reads the wrong cells",
            )  # fmt: skip
        elif round(cells) < 0 or round(cells) + size > int(n):
            out.error(
                "grid-cover", f"{origin}, {count}",
                f"{start:.0f}, {int(n)} {axis}; GRIDDESC {wanted:.0f}, {size}",
                "the file must cover the model's domain",
            )  # fmt: skip
        elif round(cells) != 0 or size != int(n):
            out.note(
                "grid-window", f"{origin}, {count}", f"{int(n)} {axis}, the model has {size}",
                "CMAQ cuts the window",
            )  # fmt: skip
        elif off * cell > TOLERANCE * cell:
            out.warning(
                "grid-origin", origin, f"{start:.3f}, GRIDDESC {wanted:.3f}",
                "CMAQ accepts a metre; take the GRIDDESC that MCIP wrote",
            )  # fmt: skip
