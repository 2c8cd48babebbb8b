"""Export of a result's origin as an RO-Crate (ro-crate-metadata.json, specification 1.1).

A crate is for handing a result on: archives and search engines read it. Files inside the result's
folder are its parts; what the result was made from lies outside the folder and is described by
name and checksum.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from scenair.core.audit.checksums import sha256_of
from scenair.core.io.atomic import write_json
from scenair.report.verify import read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

NAME: Final = "ro-crate-metadata.json"
_FORMATS: Final[dict[str, str]] = {
    ".nc": "application/netcdf",
    ".csv": "text/csv",
    ".json": "application/json",
    ".html": "text/html",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}


def export(
    result_dir: str | Path,
    *,
    license_url: str,
    author: str,
    published: datetime.date | None = None,
) -> Path:
    """Write ``ro-crate-metadata.json`` into a result's folder.

    Parameters
    ----------
    result_dir : str or Path
        ``results/{year}/{scenario}`` with its manifest.
    license_url : str
        Licence under which you hand on the result (its inputs have their own).
    author : str
        Person or organisation.
    published : date, optional
        The specification asks for one; today where not given.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        No readable manifest.
    """
    folder = Path(result_dir)
    manifest = read_manifest(folder)
    day = published or datetime.datetime.now(tz=datetime.UTC).date()
    parts = sorted(
        path for path in folder.rglob("*")
        if path.is_file() and path.name != NAME and not path.name.startswith(".")
    )  # fmt: skip
    files = [_file(path, folder=folder) for path in parts]
    inputs = list(_inputs(manifest))
    graph = [
        *_head(manifest, files, day=day, license_url=license_url, author=author),
        *_software(manifest["versions"]),
        {
            "@id": "#run",
            "@type": "CreateAction",
            "name": _title(manifest),
            "instrument": {"@id": "#scenair"},
            "object": [{"@id": entity["@id"]} for entity in inputs],
            "result": {"@id": "./"},
        },
        *files,
        *inputs,
    ]
    write_json(
        {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}, folder / NAME
    )
    return folder / NAME


def _title(manifest: Mapping[str, Any]) -> str:
    target = manifest.get("target", {})
    return f"scenair result {target.get('year', '')} {target.get('scenario', '')}".strip()


def _head(
    manifest: Mapping[str, Any],
    files: Sequence[Mapping[str, Any]],
    *,
    day: datetime.date,
    license_url: str,
    author: str,
) -> list[dict[str, Any]]:
    """The crate itself, its root, licence and author."""
    return [
        {
            "@id": NAME,
            "@type": "CreativeWork",
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
            "about": {"@id": "./"},
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "name": _title(manifest),
            "description": "Emissions, concentrations and attainment of one year and scenario, "
            "with their manifest.",
            "datePublished": day.isoformat(),
            "license": {"@id": license_url},
            "author": {"@id": "#author"},
            "hasPart": [{"@id": entity["@id"]} for entity in files],
            "mentions": [{"@id": "#run"}],
        },
        {"@id": license_url, "@type": "CreativeWork", "name": license_url},
        {"@id": "#author", "@type": "Person", "name": author},
    ]


def _file(path: Path, *, folder: Path) -> dict[str, Any]:
    return {
        "@id": path.relative_to(folder).as_posix(),
        "@type": "File",
        "name": path.name,
        "contentSize": str(path.stat().st_size),
        "encodingFormat": _FORMATS.get(path.suffix, "application/octet-stream"),
        "sha256": sha256_of(path),
    }


def _inputs(manifest: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Inputs outside the result's folder, as contextual entities."""
    target = manifest.get("target", {})
    own = f"results/{target.get('year')}/{target.get('scenario')}/"
    for name, checksum in sorted(manifest["inputs"].items()):
        if not name.startswith(own):
            yield {
                "@id": f"#{name}",
                "@type": "CreativeWork",
                "name": name,
                "identifier": f"sha256:{checksum}",
            }


def _software(versions: Mapping[str, Any]) -> list[dict[str, Any]]:
    packages = {k: v for k, v in versions.items() if k not in ("code", "scenair")}
    return [
        {
            "@id": "#scenair",
            "@type": "SoftwareApplication",
            "name": "scenair",
            "softwareVersion": str(versions.get("scenair", "unknown")),
            "softwareRequirements": [f"{k} {v}" for k, v in sorted(packages.items())],
            "identifier": [f"{k}:{v}" for k, v in sorted(versions.get("code", {}).items())],
        }
    ]
