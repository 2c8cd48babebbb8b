"""Files of the budget check: CTM_BUDGET and the emission files of the same day."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scenair.cmaq import budget
from scenair.cmaq.io_tools import IoapiReader
from scenair.core.errors import InputError
from scenair.core.io.safe import MAX_JSON_BYTES, require_size
from scenair.core.io.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

_RECORDS = 25


def check_budget(
    path: str | Path, files: Sequence[str | Path], *, mechanism: str
) -> tuple[pd.DataFrame, list[str]]:
    """What CMAQ emitted in a day against the emission files that it read.

    Parameters
    ----------
    path : path
        ``CCTM_BUDGET_*.txt`` of one UTC day.
    files : sequence of path
        All gridded and point files of that day (of any date: representative days serve others).
    mechanism : str

    Returns
    -------
    table, left
        :func:`scenair.cmaq.budget.compare`.

    Raises
    ------
    InputError
        A file that is no budget or no emission file of 25 records.
    """
    file = require_size(path, maximum=MAX_JSON_BYTES)
    text = file.read_text(encoding="utf-8", errors="replace")
    kg, first, last = budget.emitted(budget.parse_budget(text, where=str(path)), where=str(path))
    amounts: dict[str, float] = {}
    with IoapiReader(files) as opened:
        for one in opened:
            if "ISTACK" in one.variables:
                continue
            for name in one.data_variables:
                values = np.asarray(one.read(name, None))
                if len(values) != _RECORDS:
                    raise InputError(
                        "not an emission file of a UTC day", where=f"{one.name}, variable {name}",
                        value=f"{len(values)} records", allowed="25 records, 00Z to 24Z",
                    )  # fmt: skip
                sums = values.reshape(_RECORDS, -1).sum(axis=1, dtype=np.float64)
                amount = budget.trapezoid_between(sums, first, last)
                amounts[name] = amounts.get(name, 0.0) + amount
    rules = read_table(f"cmaq/mechanism_{mechanism}.csv")
    return budget.compare(kg, amounts, rules=rules)
