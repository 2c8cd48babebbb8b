"""Structure of an I/O API file: dimensions, header, TFLAG, types, names.

Source: behaviour of CMAQ 5.5 with I/O API 3.2 when each item is removed or changed in turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from scenair.cmaq.check_findings import Finding, Findings
from scenair.cmaq.ioapi import BOUNDARY, GRIDDED, NAME_LENGTH, number, slots, text

if TYPE_CHECKING:
    from scenair.cmaq.ioapi import IoapiFile, Variable

REWRITE: Final = "write the file anew with all I/O API attributes"
INTEGERS: Final = (
    "FTYPE", "CDATE", "CTIME", "WDATE", "WTIME", "SDATE", "STIME", "TSTEP", "NTHIK",
    "NCOLS", "NROWS", "NLAYS", "NVARS", "GDTYP", "VGTYP",
)  # fmt: skip
DOUBLES: Final = ("P_ALP", "P_BET", "P_GAM", "XCENT", "YCENT", "XORIG", "YORIG", "XCELL", "YCELL")
TEXTS: Final = ("GDNAM", "UPNAM", "VAR-LIST", "FILEDESC", "HISTORY")
HARMLESS: Final = ("IOAPI_VERSION", "EXEC_ID")
#: What happens without the attribute.
_EFFECT: Final = {
    **dict.fromkeys(("CDATE", "CTIME", "WDATE", "WTIME", "UPNAM", "HISTORY", "FILEDESC"), "desc"),
    "VGLVLS": "desc",
}
_DATA_DIMS: Final = {
    GRIDDED: ("TSTEP", "LAY", "ROW", "COL"),
    BOUNDARY: ("TSTEP", "LAY", "PERIM"),
}
_CLASSIC_LIMIT: Final = 2**31 - 4
_ALIASES: Final = {"y": "ROW", "x": "COL", "level": "LAY"}


def check(file: IoapiFile) -> list[Finding]:
    """Findings on the structure; ``not-ioapi`` alone where nothing else makes sense."""
    out = Findings(file.name)
    if "TSTEP" not in file.dims and "TFLAG" not in file.variables:
        out.error(
            "not-ioapi", "", f"neither TSTEP nor TFLAG ({file.data_model})",
            "give an I/O API file; a time dimension must be called TSTEP",
        )  # fmt: skip
        return out.items
    _dimensions(file, out)
    _attributes(file, out)
    _variable_list(file, out)
    _tflag_shape(file, out)
    for name in file.data_variables:
        _variable(file, file.variables[name], out)
    _container(file, out)
    return out.items


def _dimensions(file: IoapiFile, out: Findings) -> None:
    if "TSTEP" not in file.dims:
        out.error(
            "time-dimension", "", f"dimensions {', '.join(file.dims)}",
            "call the time dimension TSTEP: CMAQ can't open the file",
        )  # fmt: skip
    for name, size in (("DATE-TIME", 2), ("VAR", None), ("LAY", None)):
        found = file.dims.get(name)
        if found is None and name == "LAY" and "level" in file.dims:
            continue
        if found is None:
            out.error("dimension", name, "missing", REWRITE)
        elif size is not None and found != size:
            out.error("dimension", name, f"size {found}", f"must be {size}")


def _attributes(file: IoapiFile, out: Findings) -> None:
    for name in (*INTEGERS, *DOUBLES, "VGTOP", "VGLVLS", *TEXTS):
        if name not in file.attrs:
            effect = "describe" if name in _EFFECT else "open"
            out.error("attribute-missing", name, "missing", f"add it: CMAQ can't {effect} the file")
    for name in HARMLESS:
        if name not in file.attrs:
            out.note(
                "attribute-missing", name, "missing", "CMAQ accepts it; add it for other tools"
            )
    for name in (*INTEGERS, *DOUBLES, "VGTOP"):
        if name in file.attrs:
            _number_type(name, file.attrs[name], out)
    for name in TEXTS:
        if name in file.attrs and not isinstance(file.attrs[name], str):
            out.error("attribute-type", name, type(file.attrs[name]).__name__, "must be characters")
    _sizes(file, out)
    if number(file.attrs.get("FTYPE", GRIDDED)) not in (GRIDDED, BOUNDARY):
        out.error(
            "file-type", "FTYPE", str(file.attrs["FTYPE"]), "must be 1 (gridded) or 2 (boundary)"
        )


def _number_type(name: str, value: Any, out: Findings) -> None:
    if number(value) is None:
        out.error("attribute-type", name, repr(value), "must be one number")
        return
    dtype = np.asarray(value).dtype
    wanted = np.dtype("int32" if name in INTEGERS else "float32" if name == "VGTOP" else "float64")
    if name in INTEGERS and dtype.kind == "f":
        out.error("attribute-type", name, str(dtype), "must be int32")
    elif dtype != wanted:
        out.warning(
            "attribute-type", name, str(dtype), f"should be {wanted} (netCDF-4 readers take it)"
        )


def _sizes(file: IoapiFile, out: Findings) -> None:
    dims = {_ALIASES.get(name, name): size for name, size in file.dims.items()}
    for attribute, dim in (("NCOLS", "COL"), ("NROWS", "ROW"), ("NLAYS", "LAY")):
        stated = number(file.attrs.get(attribute))
        if stated is not None and dim in dims and int(stated) != dims[dim]:
            out.error(
                "size", attribute, f"{int(stated)}, dimension {dim} has {dims[dim]}",
                f"set {attribute} to the size of {dim}",
            )  # fmt: skip
    faces = np.asarray(file.attrs.get("VGLVLS", [])).size
    layers = number(file.attrs.get("NLAYS"))
    if "VGLVLS" in file.attrs and layers is not None and faces != int(layers) + 1:
        out.error("size", "VGLVLS", f"{faces} values", f"must be NLAYS + 1 = {int(layers) + 1}")


def _variable_list(file: IoapiFile, out: Findings) -> None:
    raw = file.attrs.get("VAR-LIST")
    if not isinstance(raw, str):
        return
    stored = list(file.data_variables)
    listed = slots(raw)
    stated = number(file.attrs.get("NVARS"))
    if len(raw) % NAME_LENGTH or any(" " in name.strip() for name in listed):
        out.error(
            "variable-list", "VAR-LIST", f"{len(raw)} characters",
            "one slot of exactly 16 characters a variable: CMAQ can't open the file",
        )  # fmt: skip
        return
    for name in listed:
        if name not in file.variables:
            out.error("variable-list", "VAR-LIST", f"{name!r} is no variable of the file", REWRITE)
    unlisted = [name for name in stored if name not in listed and _is_data(file, name)]
    if unlisted:
        out.error(
            "variable-list", "VAR-LIST", f"not listed: {', '.join(unlisted)}",
            "list them: CMAQ does not see them",
        )  # fmt: skip
    if stated is not None and int(stated) != len(listed):
        out.error(
            "variable-count", "NVARS", f"{int(stated)}, VAR-LIST has {len(listed)}",
            "make them equal: with too small a number the last variables are not read",
        )  # fmt: skip


def _is_data(file: IoapiFile, name: str) -> bool:
    """Extra variables without time (latitude, longitude) are no model variables."""
    return "TSTEP" in file.variables[name].dims


def _tflag_shape(file: IoapiFile, out: Findings) -> None:
    tflag = file.variables.get("TFLAG")
    if tflag is None:
        out.error("tflag", "TFLAG", "missing", REWRITE)
        return
    if tflag.dims[1:] != ("VAR", "DATE-TIME") or len(tflag.dims) != 3:
        out.error("tflag", "TFLAG", f"dimensions {tflag.dims}", "must be (TSTEP, VAR, DATE-TIME)")
    if tflag.dtype != np.int32:
        out.error("tflag", "TFLAG", str(tflag.dtype), "must be int32")
    stated = number(file.attrs.get("NVARS"))
    if stated is not None and len(tflag.shape) == 3 and tflag.shape[1] < int(stated):
        out.error("tflag", "TFLAG", f"{tflag.shape[1]} variables", f"must be NVARS = {int(stated)}")


def _variable(file: IoapiFile, var: Variable, out: Findings) -> None:
    if not _is_data(file, var.name) and var.name not in slots(file.attrs.get("VAR-LIST", "")):
        return
    if len(var.name) > NAME_LENGTH:
        out.error(
            "name-length", var.name, f"{len(var.name)} characters",
            "at most 16: CMAQ can't open the file",
        )  # fmt: skip
    wanted = _DATA_DIMS.get(int(number(file.attrs.get("FTYPE")) or GRIDDED), ())
    dims = tuple(_ALIASES.get(d, d) for d in var.dims)
    if wanted and dims != wanted:
        out.error("variable-dimensions", var.name, str(var.dims), f"must be {wanted}")
    elif var.dims != dims:
        out.note("dimension-names", var.name, str(var.dims), f"CMAQ accepts it; {wanted} is usual")
    _dtype(var, out)
    for attribute in ("long_name", "units", "var_desc"):
        _character(var, attribute, out)


def _dtype(var: Variable, out: Findings) -> None:
    if var.dtype == np.float32 or var.name == "ISTACK":
        return
    if var.dtype.kind in "iu" and var.name in ("ROW", "COL", "IFIP", "LMAJOR", "LPING", "STKCNT"):
        return
    said = {
        "f": "float64 is misread by CMAQ (it stops on negative emissions, or worse)",
        "i": "CMAQ ignores an integer variable without a word",
        "u": "CMAQ ignores an integer variable without a word",
    }.get(var.dtype.kind, "CMAQ can't read it")
    out.error("type", var.name, str(var.dtype), f"write float32: {said}")


def _character(var: Variable, attribute: str, out: Findings) -> None:
    value = var.attrs.get(attribute)
    if not isinstance(value, str):
        out.error("variable-attribute", f"{var.name}:{attribute}", "missing", REWRITE)
        return
    if "\0" in value:
        out.error(
            "nul-padding", f"{var.name}:{attribute}", repr(value),
            "pad with blanks: CMAQ 5.3 reads the NULs as part of the text",
        )  # fmt: skip
    elif attribute == "units" and len(value) != NAME_LENGTH:
        out.note(
            "padding", f"{var.name}:{attribute}", f"{len(value)} characters",
            "CMAQ 5.5 accepts it; pad to 16 with blanks",
        )  # fmt: skip
    if attribute == "long_name" and text(value) != var.name:
        out.note("long-name", var.name, repr(text(value)), "long_name is the variable's name")


def _container(file: IoapiFile, out: Findings) -> None:
    size = sum(int(np.prod(v.shape)) * v.dtype.itemsize for v in file.variables.values())
    if file.data_model == "NETCDF3_CLASSIC" and size > _CLASSIC_LIMIT:
        out.error(
            "container", "", f"{size / 1e9:.1f} GB in netCDF classic", "write 64-bit offset (CDF-2)"
        )
    elif file.data_model not in ("NETCDF3_64BIT_OFFSET", "NETCDF3_CLASSIC"):
        out.note(
            "container", "", file.data_model,
            "reads where the model's netCDF library has it; 64-bit offset reads everywhere",
        )  # fmt: skip
