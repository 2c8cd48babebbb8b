"""Region masks for DESID: what CMAQ only warns about leaves the scenario equal to the base."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from scenair.cmaq.check_findings import Finding, Findings
from scenair.cmaq.ioapi import number

if TYPE_CHECKING:
    from scenair.cmaq.ioapi import IoapiFile

#: Masks of regions that share a cell may add up to 1 and no more (float32 rounding).
SUM_TOLERANCE: Final = 1e-5


def check(file: IoapiFile) -> list[Finding]:
    """Findings on a masks file."""
    out = Findings(file.name)
    if number(file.attrs.get("TSTEP")) != 0:
        out.error(
            "mask-time", "TSTEP", str(file.attrs.get("TSTEP")),
            "must be 0: CMAQ only warns and ignores the region",
        )  # fmt: skip
    if number(file.attrs.get("NLAYS")) != 1:
        out.error("mask-layers", "NLAYS", str(file.attrs.get("NLAYS")), "must be 1")
    total: np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None = None
    for name in file.data_variables:
        if name != name.upper():
            out.error(
                "mask-name",
                name,
                "lower case",
                "upper case: CMAQ only warns and ignores the region",
            )
        values = np.asarray(file.read(name, None), dtype=np.float64)
        bad = ~((values >= 0) & (values <= 1))
        if bad.any():
            out.error(
                "mask-value", name, f"{values[bad][0]:g} ({int(bad.sum())} cells)",
                "a fraction from 0 to 1: CMAQ stops",
            )  # fmt: skip
        elif not values.any():
            out.warning("mask-empty", name, "zero everywhere", "the region is outside the grid")
        if total is None or total.shape == values.shape:
            total = values if total is None else total + values
    if total is not None and float(np.nanmax(total)) > 1 + SUM_TOLERANCE:
        out.warning(
            "mask-sum", "all masks", f"{float(np.nanmax(total)):.6f} in one cell",
            "regions that are used in one rule set must not overlap",
        )  # fmt: skip
    return out.items
