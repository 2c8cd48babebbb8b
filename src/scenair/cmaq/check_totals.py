"""Mass of a file against a table of expected totals.

CMAQ interpolates linearly between hourly records, so the emitted amount of a file is the trapezoid
over its records.
"""

from __future__ import annotations

from fnmatch import fnmatch
from typing import TYPE_CHECKING, Final

import numpy as np

from scenair.cmaq.check_findings import Finding, Findings
from scenair.cmaq.check_names import GAS_UNIT
from scenair.cmaq.ioapi import text
from scenair.core.errors import InputError, UnitsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from scenair.cmaq.check_names import Mechanism
    from scenair.cmaq.ioapi import IoapiFile

TOLERANCE: Final = 1e-6
COLUMNS: Final = ("variable", "value", "unit")
#: Unit of the table -> grams (None: an amount in moles).
_GRAMS: Final[dict[str, float | None]] = {
    "g": 1.0, "kg": 1e3, "Mg": 1e6, "t": 1e6, "moles": None, "mol": None,
}  # fmt: skip


def trapezoid(file: IoapiFile, variable: str) -> float:
    """What CMAQ emits over the file's span, in the numerator of the unit (moles or g).

    Integral of the linear interpolation between hourly records, summed over the grid.
    """
    records = file.variables[variable].shape[0]
    sums = [float(np.sum(file.read(variable, r), dtype=np.float64)) for r in range(records)]
    return float(np.trapezoid(sums, dx=3600.0))


def rows_of(file: IoapiFile, table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the table that speak of this file (column ``file`` may hold a pattern)."""
    if "file" not in table.columns:
        return table
    base = file.name.rsplit("/", 1)[-1]
    keep = [not isinstance(p, str) or fnmatch(base, p) for p in table["file"]]
    return table[np.array(keep, dtype=bool)]


def check(file: IoapiFile, *, table: pd.DataFrame, mechanism: Mechanism) -> list[Finding]:
    """Findings where a variable's total differs from the table by more than 1e-6.

    Raises
    ------
    UnitsError
        A unit in the table other than g, kg, Mg, t, moles, mol.
    InputError
        A value in the table that is no number.
    """
    out = Findings(file.name)
    for row in rows_of(file, table).itertuples():
        name = str(row.variable)
        if name not in file.variables:
            continue
        wanted, has = _same_unit(row, file, name, mechanism)
        error = abs(has - wanted) / abs(wanted) if wanted else float(has != 0)
        if not error <= TOLERANCE:
            out.error(
                "closure", name, f"{has:.9g} {row.unit}, table {wanted:.9g} ({has - wanted:+.3g})",
                "the file does not hold what the table says: write it anew (trapezoid, UTC span)",
            )  # fmt: skip
    return out.items


def _same_unit(
    row: object, file: IoapiFile, name: str, mechanism: Mechanism
) -> tuple[float, float]:
    """Expected and found total, both in the table's unit."""
    unit, value = str(getattr(row, "unit", "")), getattr(row, "value", np.nan)
    if unit not in _GRAMS:
        raise UnitsError(
            "unknown unit in the table of totals",
            where=f"variable {name}",
            value=unit,
            allowed=", ".join(_GRAMS),
        )
    wanted = float(value)
    if not np.isfinite(wanted):
        raise InputError("no number in the table of totals", where=f"variable {name}", value=value)
    has = trapezoid(file, name)
    gas = text(file.variables[name].attrs.get("units", "")) == GAS_UNIT
    grams = _GRAMS[unit]
    if grams is None:
        return wanted, has if gas else has / mechanism.molar_mass.get(name, np.nan)
    mass = has * mechanism.molar_mass.get(name, np.nan) if gas else has
    return wanted, mass / grams


def check_listed(files: Sequence[IoapiFile], *, table: pd.DataFrame) -> list[Finding]:
    """Variables that the table expects and no file has."""
    out = Findings("all files")
    have = {name for file in files for name in file.data_variables}
    for name in dict.fromkeys(map(str, table["variable"])):
        if name not in have:
            out.error("closure", name, "in the table, in no file", "add the variable or the file")
    return out.items
