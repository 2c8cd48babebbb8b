"""Values of an emission file: numbers, not negative, not all zero, within the possible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from scenair.cmaq.check_findings import Finding, Findings

if TYPE_CHECKING:
    import numpy.typing as npt

    from scenair.cmaq.ioapi import IoapiFile, Variable

#: netCDF's default fill value (9.97e36) and other markers lie above.
FILL: Final = 1e30
#: One cell of 36 km with more than this has a wrong factor: the world emits about 1e5 mol/s NO.
CEILING: Final = {"moles/s": 1e5, "g/s": 1e7}


def check(file: IoapiFile) -> list[Finding]:
    """Findings on values; reads record by record."""
    out = Findings(file.name)
    constant = []
    for name in file.data_variables:
        var = file.variables[name]
        if "TSTEP" not in var.dims or var.dtype.kind not in "fiu":
            continue
        if _variable(file, var, out):
            constant.append(name)
    if constant:
        shown = ", ".join(constant[:5]) + (" ..." if len(constant) > 5 else "")
        out.note(
            "no-diurnal-cycle", shown, f"{len(constant)} variable(s) the same in every record",
            "right for sources that run day and night; else apply an hourly profile",
        )  # fmt: skip
    return out.items


def _variable(file: IoapiFile, var: Variable, out: Findings) -> bool:
    """Findings of one variable; True where it is the same in every record."""
    largest, total, constant = 0.0, 0.0, True
    first: npt.NDArray[np.float64] | None = None
    for record in range(var.shape[0]):
        values = np.asarray(file.read(var.name, record), dtype=np.float64)
        if _bad(values, var.name, record, out):
            return False
        largest = max(largest, float(values.max(initial=0.0)))
        total += float(values.sum())
        first = values if first is None else first
        constant = constant and bool(np.array_equal(first, values))
    unit = str(var.attrs.get("units", "")).strip()
    if total == 0:
        out.warning("all-zero", var.name, "zero everywhere", "leave the variable out, or fill it")
    if largest > CEILING.get(unit, np.inf):
        out.warning(
            "implausible", var.name, f"{largest:.3g} {unit} in one cell",
            "look for a wrong factor (g for kg, year for second): the solver fails on it",
        )  # fmt: skip
    return constant and total > 0 and var.shape[0] > 1


def _bad(values: npt.NDArray[np.float64], name: str, record: int, out: Findings) -> bool:
    """One finding for the first kind of bad value in a record."""
    for code, mask, remedy in (
        ("not-finite", ~np.isfinite(values), "the model stops with 'NaN detected', or spreads it"),
        ("fill-value", values > FILL, "write zero where nothing is emitted, never a fill value"),
        ("negative", values < 0, "CMAQ stops: 'Negative Emissions Detected'"),
    ):
        if mask.any():
            cell = tuple(int(i) for i in np.argwhere(mask)[0])
            place = tuple(i + 1 for i in cell)
            out.error(
                code, f"{name}, record {record + 1}, (layer, row, column) {place}",
                f"{values[cell]:.6g} ({int(mask.sum())} such cells)", remedy,
            )  # fmt: skip
            return True
    return False
