"""What CMAQ says it emitted (CTM_BUDGET) against what the emission files hold.

The budget tool writes one line a species and hour: burden, boundary fluxes and processes in kg for
the whole domain (CMAQ, CCTM/src/procan/pa/budget_defn.F). Its column EMIS is the last word on
whether names, units, times and molar masses were understood: most mistakes in emission files end
with status 0.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

#: A right file agrees to the rounding of CMAQ's molar masses and single precision.
TOLERANCE: Final = 1e-4
_TIMES: Final = ("T_START", "T_FINAL")
_NUMBERS: Final = ("M_START", "M_FINAL", "M_DELTA", "EMIS", "RESID")
_HOURS_OF_DAY: Final = 24
#: Not comparable one to one: volatile organics are spread over products, SULF joins sulfate,
#: coarse mass is split.
_SPREAD: Final = ("POC", "PNCOM", "SULF", "PSO4", "PMC", "PH2O")


def parse_budget(text: str, *, where: str = "CTM_BUDGET") -> pd.DataFrame:
    """Lines of a budget file.

    Returns
    -------
    DataFrame
        SPECIES, T_START, T_FINAL (UTC) and the columns of the file, kg.

    Raises
    ------
    InputError
        Not a budget file, cut off, or numbers that can't be read (Fortran stars).
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    header = [c.strip() for c in lines[0].split(",")] if lines else []
    missing = [c for c in ("SPECIES", *_TIMES, *_NUMBERS) if c not in header]
    if missing:
        raise InputError(
            "no budget file of CMAQ", where=where, value=f"columns missing: {', '.join(missing)}",
            allowed="CCTM_BUDGET_*.txt of CMAQ 5.4 or later with process emissions (EMIS)",
        )  # fmt: skip
    for number, line in enumerate(lines[1:], start=2):
        if line.count(",") != len(header) - 1:
            raise InputError(
                "a budget file that is cut off", where=f"{where}, line {number} after the comments",
                value=line[:60],
            )  # fmt: skip
    table = pd.read_csv(io.StringIO("\n".join(lines)), skipinitialspace=True)
    table.columns = pd.Index(header)
    table["SPECIES"] = table["SPECIES"].astype(str).str.strip()
    try:
        for name in _TIMES:
            stamps = pd.to_datetime(table[name].astype(str).str.strip(), utc=True)
            table[name] = stamps.dt.tz_localize(None)
        numbers = table.drop(columns=["SPECIES", *_TIMES]).apply(pd.to_numeric)
    except (ValueError, TypeError) as error:
        raise InputError(
            "a number or time in a budget file can't be read", where=where, value=str(error),
            remedy="stars mean that CMAQ itself overflowed: look for an absurd factor",
        ) from error  # fmt: skip
    table[numbers.columns] = numbers
    if table.empty or not np.isfinite(table["EMIS"].to_numpy(dtype=float)).all():
        raise InputError("a budget without numbers in EMIS", where=where)
    return table


def emitted(budget: pd.DataFrame, *, where: str = "CTM_BUDGET") -> tuple[pd.Series, int, int]:
    """Kilograms emitted by species over the hours of the budget.

    Returns
    -------
    kg : Series
        By model species.
    first, last : int
        Hours of the UTC day (0-24) between which they were emitted.

    Raises
    ------
    InputError
        More than one UTC day, or hours missing or twice.
    """
    start, stop = budget["T_START"].min(), budget["T_FINAL"].max()
    day = start.floor("D")
    hour = pd.Timedelta(hours=1)
    first, last = int((start - day) / hour), int((stop - day) / hour)
    if last > _HOURS_OF_DAY:
        raise InputError(
            "a budget of more than one UTC day", where=where, value=f"{start} to {stop}",
            remedy="give the budget of one day and the files that served it",
        )  # fmt: skip
    rows = budget.groupby("SPECIES").size()
    steps = budget[list(_TIMES)].drop_duplicates()
    covered = (steps["T_FINAL"] - steps["T_START"]).sum()
    if covered != stop - start or (rows != len(steps)).any():
        raise InputError(
            "a budget with hours missing or twice", where=where,
            value=f"{len(steps)} steps between {start} and {stop}",
        )  # fmt: skip
    return budget.groupby("SPECIES")["EMIS"].sum(), first, last


def trapezoid_between(sums: npt.NDArray[np.float64], first: int, last: int) -> float:
    """Amount between two hours of a file's 25 sums (per second), as CMAQ interpolates."""
    return float(np.trapezoid(sums[first : last + 1], dx=3600.0))


def compare(
    kg: pd.Series, amounts: Mapping[str, float], *, rules: pd.DataFrame
) -> tuple[pd.DataFrame, list[str]]:
    """The model's kilograms beside those of the files.

    Parameters
    ----------
    kg : Series
        By model species (:func:`emitted`).
    amounts : mapping
        Variable of the files -> moles (gases) or g (particles) over the same hours.
    rules : DataFrame
        Mechanism table: variable, phase, cmaq_species, value (g mol-1).

    Returns
    -------
    table : DataFrame
        variable, species, files, model (kg), relative_error.
    left : list of str
        Variables that can't be compared one to one.
    """
    rows, left = [], []
    known = {str(row.variable): row for row in rules.itertuples()}
    for name in sorted(amounts):
        row = known.get(name)
        species = [] if row is None else _species(str(row.phase), str(row.cmaq_species), kg.index)
        if row is None or name in _SPREAD or not species:
            left.append(name)
            continue
        gas = row.phase == "gas"
        files = amounts[name] * (float(str(row.value)) if gas else 1.0) / 1000
        model = float(kg[species].sum())
        error = (model - files) / files if files else float(model != 0)
        rows.append((name, "+".join(species), files, model, error))
    columns = ["variable", "species", "files", "model", "relative_error"]
    return pd.DataFrame(rows, columns=columns), left


def _species(phase: str, name: str, known: Sequence[str] | pd.Index) -> list[str]:
    """Species of the budget that a variable is emitted as: gases as they are, fine in two modes."""
    wanted = [name] if phase == "gas" else [f"{name}I", f"{name}J"]
    return [s for s in wanted if s in known]
