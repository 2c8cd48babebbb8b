"""Text of the two DESID namelists.

``CMAQ_Control_DESID.nml`` is written whole. The rules of the mechanism
(``CMAQ_Control_DESID_{mechanism}.nml``) belong to the user's CMAQ: the scenario's rows are put
before its closing slash by :func:`merge_rules`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scenair.cmaq.desid import Rule
from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

MASK_FILE: Final = "CMAQ_MASKS"
BEGIN: Final = "   ! scenair rules begin"
END: Final = "   ! scenair rules end"
_SCALING: Final = re.compile(r"^\s*&Desid_Scaling\s*$", re.IGNORECASE | re.MULTILINE)
_CLOSE: Final = re.compile(r"^\s*/\s*(!.*)?$", re.MULTILINE)
_MAX_RULES: Final = re.compile(r"(Desid_Max_Rules\s*=\s*)(\d+)", re.IGNORECASE)
_ROW: Final = re.compile(
    r"'([^']*)'\s*,\s*'([^']*)'\s*,\s*'([^']*)'\s*,\s*'([^']*)'\s*,\s*'([^']*)'\s*,"
    r"\s*([-+0-9.eEdD]+)\s*,\s*'([^']*)'\s*,\s*'([^']*)'"
)


def control_namelist(labels: Sequence[str]) -> str:
    """``CMAQ_Control_DESID.nml`` with the regions of the scenario.

    Everything else is CMAQ 5.5's default. The arrays are allocated with Desid_Max_Reg, which must
    exceed the number of regions.
    """
    rows = [f"   {r!r:<18},'{MASK_FILE}',{r!r}," for r in labels if r != "EVERYWHERE"]
    return "\n".join(
        [
            "! DESID control file written by scenair; masks: environment variable " + MASK_FILE,
            "&Desid_Options", " Desid_MaxLays = 0", "/", "",
            "&Desid_AreaNormVars", " Desid_Max_Area = 30", "/", "",
            "&Desid_AreaNorm", " Desid_Area_Nml =", "   'ALL','AUTO','AUTO',", "/", "",
            "&Desid_SizeDistVars", " Desid_Max_Sd = 10", "/", "",
            "&Desid_SizeDist", " Desid_Sd_nml =",
            "   'ALL'     ,'FINE'  ,'FINE_REF',", "   'ALL'     ,'COARSE','COARSE_REF',",
            "   'WBDUST'  ,'FINE'  ,'FINE_WBDUST',", "   'WBDUST'  ,'COARSE','COARSE_WBDUST',",
            "   'SEASPRAY','FINE'  ,'FINE_SEASPRAY',",
            "   'SEASPRAY','COARSE','COARSE_SEASPRAY',", "/", "",
            "&Desid_RegionDefVars", f" Desid_Max_Reg = {len(labels) + 10}",
            " Desid_N_Reg_Fams = 0", " Desid_Max_Reg_Fam_Members = 100", "/", "",
            "&Desid_RegionDef", " Desid_Reg_nml =", "   'EVERYWHERE'      ,'N/A','N/A',", *rows,
            "/", "", "&Desid_RegionFam", "/", "",
            "&Desid_StreamFamVars", " Desid_N_Stream_Fams = 0",
            " Desid_Max_Stream_Fam_Members = 20", "/", "",
            "&Desid_StreamFam", "/", "",
            "&Desid_DiagVars", " Desid_N_Diag_Rules = 0", " Desid_Max_Diag_Streams = 20",
            " Desid_Max_Diag_Spec = 80", "/", "", "&Desid_Diag", "/", "",
        ]
    )  # fmt: skip


def rule_rows(rows: Sequence[Rule]) -> str:
    """Rows of ``Desid_Rules_nml``; nine digits, enough for float32."""
    lines = [
        f"   {r.region!r:<18},{r.stream!r:<18},{r.variable!r:<16},'ALL','ALL',"
        f"{r.factor:.9g},'UNIT','{r.operation}',"
        for r in rows
    ]
    return "\n".join([BEGIN, *lines, END, ""])


def merge_rules(shipped: str, rows: Sequence[Rule], *, where: str) -> str:
    """The mechanism's namelist with the scenario's rows before the closing slash of its rules.

    Rows of an earlier merge are replaced; Desid_Max_Rules is raised where needed.

    Raises
    ------
    InputError
        No ``&Desid_Scaling`` section, or it never closes.
    """
    text = re.sub(re.escape(BEGIN) + r".*?" + re.escape(END) + r"\n?", "", shipped, flags=re.DOTALL)
    start = _SCALING.search(text)
    close = _CLOSE.search(text, start.end()) if start else None
    if start is None or close is None:
        raise InputError(
            "no DESID rules section",
            where=where,
            allowed="&Desid_Scaling ... / (CMAQ 5.4 or 5.5)",
            remedy="give CMAQ_Control_DESID_{mechanism}.nml of your CMAQ",
        )
    merged = (
        text[: close.start()].rstrip() + "\n" + rule_rows(rows) + text[close.start() :].lstrip("\n")
    )
    needed = len(parse_rules(merged)) + 200

    def raised(match: re.Match[str]) -> str:
        return f"{match.group(1)}{max(int(match.group(2)), needed)}"

    return _MAX_RULES.sub(raised, merged)


def parse_rules(text: str) -> list[Rule]:
    """Rules of a namelist's text, in order; comments are skipped.

    The column of the CMAQ species is not kept: rows of scenair have ``ALL`` there.
    """
    found = []
    for line in text.splitlines():
        match = _ROW.search(line.split("!")[0])
        if match:
            region, stream, variable, _, _, factor, _, operation = match.groups()
            op = operation.lower()
            if op in ("m", "o", "a"):
                number = float(factor.lower().replace("d", "e"))
                found.append(Rule(region, stream, variable, number, op))  # type: ignore[arg-type]
    return found
