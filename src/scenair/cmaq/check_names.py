"""Names and units of emission variables against the rules of a mechanism.

A name that no DESID rule asks for is dropped by CMAQ with one line in its log; a unit that it does
not know is taken as the unit that it expects. Both end with status 0.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from scenair.cmaq.check_findings import Finding, Findings
from scenair.cmaq.ioapi import text
from scenair.core.errors import InputError
from scenair.core.io.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from scenair.cmaq.ioapi import IoapiFile

GAS_UNIT: Final = "moles/s"
PARTICLE_UNIT: Final = "g/s"
#: Names of CB05 and of inventories -> what CB6r5 rules ask for.
RENAMES: Final[dict[str, str]] = {
    "XYL": "XYLMN", "BENZENE": "BENZ", "XYLENE": "XYLMN", "TOLUENE": "TOL", "OC": "POC",
    "BC": "PEC", "EC": "PEC", "PM25": "PEC, POC, PNCOM, PMOTHR ...", "PM10": "PMC",
    "PMCOARSE": "PMC", "PMFINE": "PMOTHR", "NOX": "NO and NO2", "ISOPRENE": "ISOP",
    "NVOL": "leave out", "UNR": "leave out",
}  # fmt: skip
#: Carried in the file for other readers; CMAQ has no rule and reports it as unused.
IGNORED: Final = ("CO2", "N2O")
#: What CMAQ 5.5 does with a unit string that is not one of the two.
_SAME: Final = ("mol/s", "mol s-1", "moles s-1", "g s-1")
_CONVERTED: Final = ("kg/s", "mg/s", "kmol/s", "kg s-1", "mg s-1", "kmol s-1")
_FLUX: Final = ("moles/m2/s", "moles m-2 s-1", "mol/m2/s", "mol m-2 s-1", "g/m2/s", "g m-2 s-1")
_INVERTED: Final = ("/hr", "/h", "/min", "/km2", "/ha", "hr-1", "min-1", "km-2")


@dataclass(frozen=True)
class Mechanism:
    """Emission variables of a mechanism.

    Attributes
    ----------
    name : str
    phase : mapping of str to str
        Variable -> ``gas``, ``fine`` or ``coarse``.
    molar_mass : mapping of str to float
        g mol-1, as DESID has it.
    core : tuple of str
        What an anthropogenic emission set can't lack.
    inventory : mapping of str to str
        Variable -> inventory species that it comes from ("" where none).
    """

    name: str
    phase: Mapping[str, str]
    molar_mass: Mapping[str, float]
    core: tuple[str, ...]
    inventory: Mapping[str, str]

    def unit(self, variable: str) -> str:
        """The unit that CMAQ expects."""
        return GAS_UNIT if self.phase[variable] == "gas" else PARTICLE_UNIT


def mechanism_from(table: pd.DataFrame, *, name: str) -> Mechanism:
    """A mechanism from its table (variable, phase, inventory, core, value in g mol-1).

    Raises
    ------
    InputError
        Duplicate variables, unknown phases.
    """
    twice = table["variable"][table["variable"].duplicated()]
    if len(twice):
        raise InputError("a variable twice", where=f"mechanism {name}", value=twice.iloc[0])
    unknown = set(table["phase"]) - {"gas", "fine", "coarse"}
    if unknown:
        raise InputError(
            "unknown phase", where=f"mechanism {name}", value=", ".join(sorted(unknown)),
            allowed="gas, fine, coarse",
        )  # fmt: skip
    keys = table["variable"].astype(str)
    core = table["core"].astype(str).str.lower() == "true"
    return Mechanism(
        name=name,
        phase=dict(zip(keys, table["phase"], strict=True)),
        molar_mass=dict(zip(keys, table["value"].astype(float), strict=True)),
        core=tuple(keys[core]),
        inventory=dict(zip(keys, table["inventory"].fillna("").astype(str), strict=True)),
    )


def read_mechanism(name: str = "cb6r5_ae7") -> Mechanism:
    """A mechanism of ``resources/cmaq/mechanism_{name}.csv``.

    Raises
    ------
    InputError
        No such table.
    """
    return mechanism_from(read_table(f"cmaq/mechanism_{name}.csv"), name=name)


def check(file: IoapiFile, *, mechanism: Mechanism) -> list[Finding]:
    """Findings on names and units of one file."""
    out = Findings(file.name)
    for name in file.data_variables:
        var = file.variables[name]
        if "TSTEP" not in var.dims:
            continue
        if name in mechanism.phase:
            _unit(name, text(var.attrs.get("units", "")), mechanism, out)
        elif name in IGNORED:
            out.note("name-ignored", name, "no rule asks for it", "CMAQ ignores it")
        else:
            _unknown(name, mechanism, out)
    return out.items


def _unknown(name: str, mechanism: Mechanism, out: Findings) -> None:
    upper = name.upper()
    if upper in mechanism.phase:
        remedy = f"call it {upper}: names are case-sensitive and CMAQ drops this one silently"
    elif upper in RENAMES:
        remedy = f"{mechanism.name} has {RENAMES[upper]}: CMAQ drops this one silently"
    else:
        near = difflib.get_close_matches(upper, list(mechanism.phase), n=1, cutoff=0.6)
        hint = f"did you mean {near[0]}? " if near else ""
        remedy = f"{hint}No rule of {mechanism.name} asks for it: CMAQ drops it silently"
    out.error("name", name, f"no emission variable of {mechanism.name}", remedy)


def _unit(name: str, unit: str, mechanism: Mechanism, out: Findings) -> None:
    wanted = mechanism.unit(name)
    if unit == wanted:
        return
    gas = wanted == GAS_UNIT
    code, severity = "unit", "error"
    if not unit:
        effect = f"CMAQ takes the numbers as {wanted} without a word"
    elif unit in _SAME and gas == unit.startswith("mol"):
        severity, effect = "warning", "CMAQ reads it as the same"
    elif unit in _CONVERTED and gas == ("mol" in unit):
        severity, effect = "warning", "CMAQ converts the prefix"
    elif unit in _FLUX and gas == unit.startswith("mol"):
        severity, effect = "warning", "CMAQ multiplies by the cell area"
    elif unit.endswith(_INVERTED):
        effect = "CMAQ 5.4 and 5.5 multiply where they should divide (factor 3600 squared for /hr)"
    elif gas and unit.startswith(("g", "kg", "mg")):
        effect = "CMAQ takes grams as moles without a word"
    elif not gas and "mol" in unit:
        effect = "CMAQ takes moles as grams without a word"
    else:
        effect = f"not known to CMAQ, which takes the numbers as {wanted}"
    report = out.error if severity == "error" else out.warning
    report(code, name, f"units {unit!r}", f"write {wanted!r}: {effect}")


def check_set(files: Sequence[IoapiFile], *, mechanism: Mechanism, complete: bool) -> list[Finding]:
    """What no file has although an anthropogenic emission set needs it.

    Parameters
    ----------
    files : sequence of IoapiFile
        Gridded and point emission files.
    mechanism : Mechanism
    complete : bool
        Whether these are all streams of a run: an error then, else a note.
    """
    have = {name for file in files for name in file.data_variables}
    missing = [name for name in mechanism.core if name not in have]
    out = Findings("all files")
    if missing:
        report = out.error if complete else out.note
        report(
            "missing-variable", "", f"no file has {', '.join(missing)}",
            "CMAQ emits none of it and says so in one line of its log (CTM_EMISCHK=N)",
        )  # fmt: skip
    if "POC" in have and "PNCOM" not in have:
        out.warning(
            "organic-mass", "", "POC without PNCOM",
            "add PNCOM (OM minus OC): CMAQ's organic aerosol is POC + PNCOM",
        )  # fmt: skip
    return out.items
