"""Tables as text to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Hashable


def markdown(table: pd.DataFrame, *, decimals: int = 1) -> str:
    """A table in Markdown; numbers to the right, floats with ``decimals``, empty for missing."""

    def cell(value: object) -> str:
        if pd.isna(value):  # type: ignore[call-overload]
            return ""
        if isinstance(value, float):
            return f"{value:.{decimals}f}"
        return str(value)

    def rule(column: Hashable) -> str:
        return "---:" if pd.api.types.is_numeric_dtype(table[column]) else "---"

    lines = ["| " + " | ".join(map(str, table.columns)) + " |"]
    lines.append("| " + " | ".join(rule(c) for c in table.columns) + " |")
    lines += ["| " + " | ".join(map(cell, row)) + " |" for row in table.itertuples(index=False)]
    return "\n".join(lines) + "\n"
