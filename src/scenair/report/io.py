"""Files in, manifest and report out: one function a rule."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenair.core.audit.checksums import sha256_of
from scenair.core.audit.closure import COLUMNS, require_closed
from scenair.core.flags import flag_words
from scenair.core.io.atomic import read_json_object, write_json, write_text
from scenair.core.io.netcdf import open_netcdf
from scenair.core.io.paths import resources
from scenair.core.io.tables import read_csv, read_table
from scenair.report.content import (
    CITY_COLUMNS,
    DOUBLE_COLUMNS,
    FUSED_COLUMNS,
    MEASURE_COLUMNS,
    SITE_COLUMNS,
    Contents,
)
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
    words: Mapping[str, Any],
    config: Mapping[str, Any],
    inputs: Mapping[str, str | None],
    figures: Mapping[str, str],
    report: str | Path,
) -> None:
    """Write ``report.html``: one file that needs nothing else to be read.

    Parameters
    ----------
    year, scenario
        The target.
    words : mapping
        What the scenario says about itself: title, description, counterfactual.
    config : mapping
        Sections ``case`` and ``figures``.
    inputs : mapping
        Paths of trajectory, annual, cities, cities_fused, double, sites, summary, manifest and
        measures (None for a history).
    figures : mapping of stem -> path of a PNG
    report : str or Path
        HTML file to write.

    Raises
    ------
    InputError
        A file that is missing, damaged or lacks a column.
    """
    path = {name: value for name, value in inputs.items() if value}
    with open_netcdf(path["trajectory"], variables={"emission": "Mg yr-1"}, chunks={}) as ds:
        national = ds["emission"].sum(("city", "sector")).load() / 1e6
        types = flag_words(ds["city_type"]) if "city_type" in ds else {}
    annual = _attributes(path["annual"])[""]
    contents = Contents(
        year=year,
        scenario=scenario,
        **words,
        config=config,
        co2=national.sel(species="CO2"),
        national=national,
        cities=read_csv(path["cities"], columns=CITY_COLUMNS),
        double=read_csv(path["double"], columns=DOUBLE_COLUMNS),
        sites=read_csv(path["sites"], columns=SITE_COLUMNS),
        fused=read_csv(path["cities_fused"], columns=FUSED_COLUMNS),
        summary=read_json_object(path["summary"], keys=("national",)),
        manifest=read_manifest(Path(path["manifest"]).parent),
        manifest_sha256=sha256_of(path["manifest"]),
        figures={stem: data_uri(picture) for stem, picture in figures.items()},
        type_words=types,
        published=_mainland(config, "inventory/meic_national.csv"),
        observed=_mainland(config, "attainment/city_study.csv"),
        source=str(annual.get("source", "unknown")),
        inflow=str(annual.get("inflow", "")),
        measures=_measures(path.get("measures")),
        measure_names=read_table("projection/measure_names.csv"),
    )
    write_text(render(contents), report)


def _measures(path: str | None) -> pd.DataFrame | None:
    """Measures of the scenario by city type; nothing for a history."""
    return None if path is None else read_csv(path, columns=MEASURE_COLUMNS)


def _mainland(config: Mapping[str, Any], table: str) -> pd.DataFrame | None:
    """A table of national figures, where the case is the whole mainland."""
    return read_table(table) if config["case"]["units"] == "all" else None


def data_uri(path: str | Path) -> str:
    """A PNG as an address that holds the picture itself."""
    return "data:image/png;base64," + base64.b64encode(Path(path).read_bytes()).decode("ascii")
