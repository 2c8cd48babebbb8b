"""Check a result against its manifest: is it what was made, and does it still close?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from scenair.config.load import dump, load_config, load_scenarios, read_yaml
from scenair.core.audit.checksums import sha256_of
from scenair.core.audit.closure import COLUMNS, TOLERANCE
from scenair.core.errors import InputError, ScenairError
from scenair.core.io.netcdf import open_netcdf
from scenair.core.io.paths import resources
from scenair.core.io.safe import contained
from scenair.core.io.tables import read_csv
from scenair.core.periods import seconds_in_months
from scenair.report.manifest import closure_rows, versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

KEYS: Final = ("versions", "config", "inputs", "assumed", "closure", "synthetic")
Kind = Literal["missing", "changed", "not closed", "config", "version", "code"]


@dataclass(frozen=True)
class Finding:
    """One difference between a result and its manifest.

    Attributes
    ----------
    kind : str
        ``missing`` or ``changed`` file, mass ``not closed``; a key of the ``config``, the
        ``version`` of a package and the ``code`` of a stage are notes: the files are those of the
        manifest, but a new run may differ.
    where : str
        File, key, package or stage.
    message : str
    """

    kind: Kind
    where: str
    message: str

    @property
    def serious(self) -> bool:
        """Whether the result is no longer the one that the manifest describes."""
        return self.kind in ("missing", "changed", "not closed")

    def __str__(self) -> str:
        return f"{self.kind}: {self.where}: {self.message}"


def read_manifest(result_dir: str | Path) -> dict[str, Any]:
    """The manifest of a result.

    Raises
    ------
    InputError
        Missing, no JSON, or keys missing.
    """
    path = Path(result_dir) / "manifest.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            "there is no manifest", where=str(path), remedy="make the result first"
        ) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError("not valid JSON", where=str(path), value=str(error)) from None
    if not isinstance(data, dict) or any(key not in data for key in KEYS):
        found = ", ".join(data) if isinstance(data, dict) else type(data).__name__
        raise InputError(
            "manifest without its keys", where=str(path), value=found, allowed=", ".join(KEYS)
        )
    return data


def verify(result_dir: str | Path) -> list[Finding]:
    """Re-check checksums and closure of a result, and say what changed since.

    Parameters
    ----------
    result_dir : str or Path
        ``results/{year}/{scenario}`` of a run; the run's working directory is found from it.

    Returns
    -------
    list of Finding
        Empty where everything is as the manifest says. Serious findings first.

    Raises
    ------
    InputError
        No readable manifest, or one that names files outside the run.
    """
    folder = Path(result_dir).resolve()
    manifest = read_manifest(folder)
    root = folder.parents[2]
    findings = [
        *_checksums({**manifest["inputs"], **manifest.get("outputs", {})}, root=root),
        *_user_files(manifest.get("user_inputs", {}), root=root),
        *_closure_files(manifest["closure"], root=root),
        *_gridded_mass(folder),
        *_configuration(manifest["config"]),
        *_versions(manifest["versions"]),
    ]
    return sorted(findings, key=lambda f: not f.serious)


def locate(name: str, *, root: Path) -> Path:
    """Path of a name in the manifest: ``resources/...`` of scenair, all else below ``root``."""
    if name.startswith("resources/"):
        return contained(name.removeprefix("resources/"), folder=resources())
    return contained(name, folder=root)


def _checksums(wanted: dict[str, str], *, root: Path) -> Iterator[Finding]:
    for name, checksum in sorted(wanted.items()):
        yield from _checksum(name, locate(name, root=root), checksum)


def _user_files(wanted: dict[str, str], *, root: Path) -> Iterator[Finding]:
    # a user's files may lie anywhere; they are only hashed
    for name, checksum in sorted(wanted.items()):
        yield from _checksum(name, root / name, checksum)


def _checksum(name: str, path: Path, checksum: str) -> Iterator[Finding]:
    if not path.is_file():
        yield Finding("missing", name, "the file is gone")
    elif (found := sha256_of(path)) != checksum:
        yield Finding(
            "changed", name, f"sha256 is {found[:12]}..., the manifest says {checksum[:12]}..."
        )


def _closure_files(wanted: list[dict[str, Any]], *, root: Path) -> Iterator[Finding]:
    for name in sorted({str(row["file"]) for row in wanted}):
        try:
            table = read_csv(locate(name, root=root), columns=COLUMNS)
        except ScenairError as error:
            yield Finding("not closed", name, f"can't be read: {error}")
            continue
        yield from _closure_findings(name, table, [r for r in wanted if r["file"] == name])


def _closure_findings(
    name: str, table: pd.DataFrame, wanted: list[dict[str, Any]]
) -> Iterator[Finding]:
    # the error is recomputed from the masses, not believed
    difference = table["mass_out"] + table["outside"] - table["mass_in"]
    scale = table["mass_in"].abs().where(table["mass_in"] != 0, np.nan)
    nothing = (table["mass_in"] == 0) & (difference == 0)
    relative = (difference.abs() / scale).where(~nothing, 0.0)
    bad = ~(relative <= TOLERANCE)
    if bad.any():
        row = table[bad].iloc[0]
        yield Finding(
            "not closed",
            name,
            f"{int(bad.sum())} of {len(table)} rows; first: stage {row['stage']}, "
            f"{row['species']}, {row['sector']}: in {row['mass_in']:.9g}, "
            f"out {row['mass_out']:.9g}, outside {row['outside']:.3g}",
        )
    now = {r["stage"]: r["rows"] for r in closure_rows(name, table)}
    then = {r["stage"]: r["rows"] for r in wanted}
    if now != then:
        yield Finding("changed", name, f"stages and rows are {now}, the manifest says {then}")


def _gridded_mass(folder: Path) -> Iterator[Finding]:
    """Mass of the grid, read anew with its own areas and seconds, against the cities'."""
    grid, cities = folder / "emissions/gridded.nc", folder / "emissions/cities.nc"
    if not (grid.is_file() and cities.is_file()):
        return
    try:
        emission = open_netcdf(cities, variables={"emission": "Mg yr-1"})["emission"].sum("city")
        ds = open_netcdf(grid, variables={"cell_area": "m2", "outside": "kg"}, chunks={})
    except ScenairError as error:
        yield Finding("not closed", "emissions/gridded.nc", f"can't be read: {error}")
        return
    with ds:
        seconds = seconds_in_months(int(ds.attrs["year"]))
        area = ds["cell_area"].values.astype("float64")
        for name in map(str, emission["species"].values):
            flux = ds[name].transpose("month", "sector", "y", "x").values
            mass = np.einsum("msyx,yx,m->s", flux, area, seconds, dtype="float64", optimize=True)
            lost = ds["outside"].sel(species=name).sum("month").reindex_like(emission["sector"])
            total = (mass + lost.values) / 1e3
            wanted = emission.sel(species=name).values
            with np.errstate(divide="ignore", invalid="ignore"):
                relative = np.where(total == wanted, 0.0, np.abs(total - wanted) / np.abs(wanted))
            if not (relative <= TOLERANCE).all():
                k = int(np.nanargmax(np.where(np.isnan(relative), np.inf, relative)))
                yield Finding(
                    "not closed",
                    "emissions/gridded.nc",
                    f"{name}, {emission['sector'].values[k]}: {wanted[k]:.9g} Mg yr-1 in "
                    f"cities.nc, {total[k]:.9g} Mg yr-1 on the grid and outside it",
                )


def _configuration(wanted: dict[str, Any]) -> Iterator[Finding]:
    """Keys that the repository's configuration has otherwise now.

    A case that isn't in ``config/cases`` (a user's file) can't be looked up and is not compared.
    """
    folder = resources().parent / "config"
    name = str(wanted.get("case", {}).get("name"))
    if not (folder / "cases" / f"{name}.yaml").is_file():
        return
    raw = read_yaml(folder / "config.yaml") if (folder / "config.yaml").is_file() else {}
    try:
        now = dump(load_config({**raw, "case": name}, folder=folder))
        scenarios = load_scenarios(folder / "scenarios")
    except ScenairError as error:
        yield Finding("config", str(folder), f"can't be compared: {error}")
        return
    made_with = flat({key: value for key, value in wanted.items() if key != "scenario"})
    found = flat(now)
    title = wanted.get("scenario", {}).get("title")
    for scenario in scenarios.values():
        if scenario.title == title:
            made_with |= flat({"scenario": wanted["scenario"]})
            found |= flat({"scenario": dump(scenario)})
    for key in sorted(made_with.keys() | found.keys()):
        then, here = made_with.get(key, "(no such key)"), found.get(key, "(no such key)")
        if then != here:
            yield Finding(
                "config", key, f"{_short(then)} made the result, {_short(here)} is configured now"
            )


def _short(value: object, *, width: int = 60) -> str:
    text = "empty" if value in (None, "", [], {}) else str(value)
    return text if len(text) <= width else text[: width - 3] + "..."


def flat(nested: Mapping[str, Any], *, prefix: str = "") -> dict[str, Any]:
    """Nested mappings as one, keys joined with dots."""
    out: dict[str, Any] = {}
    for key, value in nested.items():
        if isinstance(value, dict) and value:
            out |= flat(value, prefix=f"{prefix}{key}.")
        else:
            out[f"{prefix}{key}"] = value
    return out


def _versions(wanted: dict[str, Any]) -> Iterator[Finding]:
    now = versions()
    for name, then in sorted(wanted.items()):
        if name == "code":
            continue
        if now.get(name) != then:
            yield Finding("version", name, f"{then} made the result, {now.get(name)} is installed")
    for stage, then in sorted(wanted.get("code", {}).items()):
        found = now["code"].get(stage)
        if found != then:
            yield Finding(
                "code", stage, f"source {then} made the result, the source is now {found}"
            )
