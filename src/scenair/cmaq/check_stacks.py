"""Inline point sources: stack groups and their hourly emissions.

CCTM 5.5 needs ISTACK, XLOCA, YLOCA, STKDM, STKHT, STKTK, STKVE; it places sources by XLOCA, YLOCA
(metres in the projection), drops those outside without a word, and takes any temperature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from scenair.cmaq.check_findings import Finding, Findings
from scenair.cmaq.ioapi import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from scenair.cmaq.ioapi import IoapiFile
    from scenair.core.grids import Grid

REQUIRED: Final = ("ISTACK", "XLOCA", "YLOCA", "STKDM", "STKHT", "STKTK", "STKVE")
#: Variable -> lowest, highest plausible value, unit, what an outlier usually is.
RANGES: Final[dict[str, tuple[float, float, str, str]]] = {
    "STKTK": (250.0, 2000.0, "K", "degrees Celsius? add 273.15"),
    "STKDM": (0.05, 40.0, "m", "inner diameter in metres, above 0"),
    "STKHT": (0.0, 450.0, "m", "height above ground in metres"),
    "STKVE": (0.0, 100.0, "m/s", "exit velocity in m/s"),
}
_UNITS: Final = {
    "STKTK": ("K", "DEG K", "DEGREES K", "KELVIN"), "STKDM": ("M", "METERS"),
    "STKHT": ("M", "METERS"), "STKVE": ("M/S", "M S-1", "METERS/S"),
    "XLOCA": ("M", "METERS"), "YLOCA": ("M", "METERS"),
}  # fmt: skip


def check_groups(file: IoapiFile, *, grid: Grid | None) -> list[Finding]:
    """Findings on a stack group file."""
    out = Findings(file.name)
    missing = [name for name in REQUIRED if name not in file.variables]
    for name in missing:
        out.error("stack-variable", name, "missing", "CCTM 5.5 needs it")
    if file.dims.get("COL") != 1:
        out.error("stack-shape", "NCOLS", str(file.dims.get("COL")), "1 column, a row a source")
    if file.records > 1:
        out.error("stack-records", "TSTEP", f"{file.records} records", "one record")
    _units(file, out)
    for name, limits in RANGES.items():
        if name in file.variables:
            _range(name, _column(file, name), limits, out)
    if "ISTACK" in file.variables and file.variables["ISTACK"].dtype.kind != "i":
        out.error("type", "ISTACK", str(file.variables["ISTACK"].dtype), "write int32")
    if grid is not None and "XLOCA" not in missing and "YLOCA" not in missing:
        _places(file, grid, out)
    return out.items


def _column(file: IoapiFile, name: str) -> npt.NDArray[np.float64]:
    return np.asarray(file.read(name, None), dtype=np.float64).ravel()


def _units(file: IoapiFile, out: Findings) -> None:
    for name, allowed in _UNITS.items():
        if name not in file.variables:
            continue
        unit = text(file.variables[name].attrs.get("units", ""))
        if unit.upper() not in allowed:
            out.error("stack-unit", name, f"units {unit!r}", f"write {allowed[0]!r}")


def _range(
    name: str,
    values: npt.NDArray[np.float64],
    limits: tuple[float, float, str, str],
    out: Findings,
) -> None:
    low, high, unit, usual = limits
    bad = ~((values >= low) & (values <= high))
    if bad.any():
        i = int(np.argmax(bad))
        out.error(
            f"stack-{name.lower()}", f"{name}, source {i + 1}",
            f"{values[i]:g} {unit} ({int(bad.sum())} such sources)",
            f"allowed {low:g} to {high:g} {unit}: {usual}; CMAQ takes it without a word",
        )  # fmt: skip


def _places(file: IoapiFile, grid: Grid, out: Findings) -> None:
    x, y = _column(file, "XLOCA"), _column(file, "YLOCA")
    if grid.xcell > 100 and np.nanmax(np.abs([x, y]), initial=0.0) <= 360:
        out.error(
            "stack-degrees", "XLOCA, YLOCA", f"all within {np.nanmax(np.abs([x, y])):.1f}",
            "metres in the grid's projection, not degrees",
        )  # fmt: skip
        return
    xmin, ymin, xmax, ymax = grid.bounds
    outside = ~((x >= xmin) & (x < xmax) & (y >= ymin) & (y < ymax))
    if outside.any():
        i = int(np.argmax(outside))
        out.error(
            "stack-outside", f"XLOCA, YLOCA, source {i + 1}",
            f"{x[i]:.0f}, {y[i]:.0f} ({int(outside.sum())} of {len(x)} sources)",
            f"outside {grid.name}: CMAQ drops them without a word",
        )  # fmt: skip
    if "LONGITUDE" in file.variables and "LATITUDE" in file.variables:
        px, py = grid.project(_column(file, "LONGITUDE"), _column(file, "LATITUDE"))
        far = np.hypot(px - x, py - y) > grid.xcell
        if far.any():
            i = int(np.argmax(far))
            out.error(
                "stack-place", f"source {i + 1}",
                f"XLOCA, YLOCA {x[i]:.0f}, {y[i]:.0f}; LONGITUDE, LATITUDE give "
                f"{px[i]:.0f}, {py[i]:.0f} ({int(far.sum())} such sources)",
                "CMAQ uses XLOCA, YLOCA: project longitude and latitude anew",
            )  # fmt: skip


def check_pairs(groups: Sequence[IoapiFile], points: Sequence[IoapiFile]) -> list[Finding]:
    """Row counts of stack groups and point emissions that belong together.

    Files belong together by the longest common part of their names; a single pair always does.
    """
    found: list[Finding] = []
    for emission in points:
        out = Findings(emission.name)
        partner = _partner(emission, groups)
        if partner is None:
            out.note(
                "stack-pair", "", "point emissions without their stack groups",
                "give both files to have the rows compared",
            )  # fmt: skip
        elif partner.dims.get("ROW") != emission.dims.get("ROW"):
            out.error(
                "stack-rows", "NROWS",
                f"{emission.dims.get('ROW')}, {partner.name} has {partner.dims.get('ROW')}",
                "one row a source in both files, in the same order",
            )  # fmt: skip
        found += out.items
    return found


def _partner(emission: IoapiFile, groups: Sequence[IoapiFile]) -> IoapiFile | None:
    if not groups:
        return None
    words = set(_words(emission.name))
    return max(groups, key=lambda g: (len(words & set(_words(g.name))), -len(g.name)))


def _words(name: str) -> list[str]:
    stem = name.rsplit("/", 1)[-1].lower()
    return "".join(c if c.isalpha() else " " for c in stem).split()
