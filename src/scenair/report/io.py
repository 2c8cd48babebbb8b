"""Files in, manifest and report out: one function a rule."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenair.core.audit.checksums import sha256_of
from scenair.core.audit.closure import COLUMNS, require_closed
from scenair.core.errors import InputError
from scenair.core.flags import flag_words
from scenair.core.io.atomic import read_json, write_json, write_text
from scenair.core.io.netcdf import open_netcdf
from scenair.core.io.paths import resources
from scenair.core.io.tables import read_csv, read_table
from scenair.report.content import CITY_COLUMNS, DOUBLE_COLUMNS, SITE_COLUMNS, Contents
from scenair.report.manifest import (
    assumed_rows,
    closure_rows,
    synthetic_notes,
    table_names,
    versions,
)
from scenair.report.page import render
from scenair.report.verify import read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd


def build_manifest(
    *,
    year: int,
    scenario: str,
    config: Mapping[str, Any],
    files: Sequence[str],
    brought: Sequence[str],
    figures: Sequence[str],
    manifest: str | Path,
) -> None:
    """Write ``manifest.json``: no dates, so the same result has the same manifest.

    Parameters
    ----------
    year, scenario
        The target.
    config : mapping
        The whole configuration and, under ``scenario``, the scenario's own.
    files : sequence of str
        Contract files the result rests on, relative to the working directory.
    brought : sequence of str
        What no stage made: resource tables and files of the user.
    figures : sequence of str
        Figures, listed under ``outputs``.
    manifest : str or Path

    Raises
    ------
    MassBalanceError
        A closure file with a difference above the tolerance.
    InputError
        A file that is missing or damaged.
    """
    attributes = {name: _attributes(name) for name in files if name.endswith(".nc")}
    named = table_names(str(a[""].get("resource_tables", "")) for a in attributes.values())
    shipped, own = split_brought(brought)
    tables = sorted({*named, *shipped})
    closures = [name for name in files if "closure" in Path(name).name]
    checksums = {name: sha256_of(name) for name in files}
    checksums |= {f"resources/{name}": sha256_of(resources() / name) for name in tables}
    closure, assumed = [], []
    for name in closures:
        frame = read_csv(name, columns=COLUMNS)
        closure += closure_rows(name, require_closed(frame, where=name))
    for name in tables:
        if name.endswith((".csv", ".csv.gz")):
            assumed += assumed_rows(name, read_table(name))
    write_json(
        {
            "target": {"year": year, "scenario": scenario},
            "versions": versions(),
            "config": dict(config),
            "inputs": checksums,
            "user_inputs": {name: sha256_of(name) for name in own},
            "outputs": {name: sha256_of(name) for name in figures},
            "assumed": assumed,
            "closure": closure,
            "synthetic": [
                note for name, attrs in attributes.items() for note in synthetic_notes(name, attrs)
            ],
        },
        manifest,
    )


def _attributes(path: str) -> dict[str, dict[str, Any]]:
    """Attributes of a netCDF file (empty name) and of its variables; data are not read."""
    with open_netcdf(path, chunks={}) as ds:
        return {"": dict(ds.attrs)} | {str(n): dict(v.attrs) for n, v in ds.variables.items()}


def split_brought(paths: Iterable[str]) -> tuple[list[str], list[str]]:
    """Names relative to ``resources/``, and the paths of the user's own files."""
    folder = resources().resolve()
    shipped, own = [], []
    for path in sorted(set(paths)):
        full = Path(path).resolve()
        if full.is_relative_to(folder):
            shipped.append(full.relative_to(folder).as_posix())
        else:
            own.append(path)
    return shipped, own


def build_report(
    *,
    year: int,
    scenario: str,
    title: str,
    description: str,
    counterfactual: bool,
    config: Mapping[str, Any],
    trajectory: str | Path,
    annual: str | Path,
    cities: str | Path,
    double: str | Path,
    sites: str | Path,
    summary: str | Path,
    manifest: str | Path,
    figures: Mapping[str, str],
    report: str | Path,
) -> None:
    """Write ``report.html``: one file that needs nothing else to be read.

    Parameters
    ----------
    year, scenario, title, description, counterfactual
        The target and what the scenario says about itself.
    config : mapping
        Sections ``case``, ``figures`` and ``attainment``.
    trajectory, annual, cities, double, sites, summary, manifest : str or Path
        Contract files.
    figures : mapping of stem -> path of a PNG
    report : str or Path
        HTML file to write.
    """
    with open_netcdf(trajectory, variables={"emission": "Mg yr-1"}, chunks={}) as ds:
        national = ds["emission"].sum(("city", "sector")).load() / 1e6
        types = flag_words(ds["city_type"]) if "city_type" in ds else {}
    contents = Contents(
        year=year,
        scenario=scenario,
        title=title,
        description=description,
        counterfactual=counterfactual,
        config=config,
        co2=national.sel(species="CO2"),
        national=national,
        cities=read_csv(cities, columns=CITY_COLUMNS),
        double=read_csv(double, columns=DOUBLE_COLUMNS),
        sites=read_csv(sites, columns=SITE_COLUMNS),
        summary=read_summary(summary),
        manifest=read_manifest(Path(manifest).parent),
        manifest_sha256=sha256_of(manifest),
        figures={stem: data_uri(path) for stem, path in figures.items()},
        type_words=types,
        published=_mainland(config, "inventory/meic_national.csv"),
        observed=_mainland(config, "attainment/city_study.csv"),
        source=str(_attributes(str(annual))[""].get("source", "unknown")),
    )
    write_text(render(contents), report)


def _mainland(config: Mapping[str, Any], table: str) -> pd.DataFrame | None:
    """A table of national figures, where the case is the whole mainland."""
    return read_table(table) if config["case"]["units"] == "all" else None


def read_summary(path: str | Path) -> dict[str, Any]:
    """``summary.json``.

    Raises
    ------
    InputError
        Missing, no JSON, or without its national block.
    """
    data = read_json(path)
    if not isinstance(data, dict) or "national" not in data:
        raise InputError("no block national", where=str(path), remedy="delete it and run again")
    return data


def data_uri(path: str | Path) -> str:
    """A PNG as an address that holds the picture itself."""
    return "data:image/png;base64," + base64.b64encode(Path(path).read_bytes()).decode("ascii")
