"""The parameters of the surrogate by tag, as a table in Markdown.

Usage: ``python benchmarks/surrogate_parameters.py``.
"""

from __future__ import annotations

import pandas as pd

from scenair.core.io.tables import TAGS, read_table


def by_tag(table: pd.DataFrame) -> pd.DataFrame:
    """A row a parameter: its figures in all climates, unit, source; ordered by tag."""
    order = pd.Categorical(table["tag"], TAGS, ordered=True)
    table = table.assign(tag=order, figure=table["value"].map("{:g}".format))
    cold_and_warm = table["climate"] != "all"
    table.loc[cold_and_warm, "figure"] += " (" + table["climate"] + ")"
    rows = table.groupby(["tag", "parameter"], observed=True, sort=False).agg(
        figure=("figure", ", ".join), unit=("unit", "first"), source=("source", "first"),
        note=("note", "first"),
    )  # fmt: skip
    return rows.reset_index().sort_values("tag", kind="stable")


def main() -> None:
    """Print them, with the number of each tag."""
    rows = by_tag(read_table("surrogate/parameters.csv")).fillna("")
    for tag, part in rows.groupby("tag", observed=True, sort=False):
        print(f"\n## {tag} ({len(part)})\n")
        print("| parameter | figure | unit | source | note |\n|---|---|---|---|---|")
        for row in part.itertuples():
            print(f"| {row.parameter} | {row.figure} | {row.unit} | {row.source} | {row.note} |")


if __name__ == "__main__":
    main()
