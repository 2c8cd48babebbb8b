"""Fetch data that do not ship: checked, atomic, resumable.

``resources/registry.csv`` names every source with version, licence, address, mirrors and SHA-256.
A download goes to a part file beside its target; an interrupted one goes on where it stopped; the
checksum is compared before the file appears under its name. Where the registry holds no checksum
the first download records it beside the file, and later ones are compared with that.
"""

from __future__ import annotations

import csv
import logging
import os
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scenair.core.audit.checksums import sha256_of
from scenair.core.errors import InputError
from scenair.core.io.atomic import write_text
from scenair.core.io.paths import resources

if TYPE_CHECKING:
    from collections.abc import Sequence
    from http.client import HTTPResponse

logger = logging.getLogger(__name__)

COLUMNS: Final = (
    "name",
    "version",
    "licence",
    "access",
    "address",
    "mirrors",
    "sha256",
    "file",
    "note",
)
ACCESS: Final = ("open", "registration")
_BLOCK: Final = 1 << 18


@dataclass(frozen=True)
class Source:
    """A row of the registry.

    Attributes
    ----------
    name, version, licence, note : str
    access : str
        ``open`` (fetched) or ``registration`` (only words).
    addresses : tuple of str
        Address and mirrors, in the order they are tried.
    sha256 : str or None
    file : str
        Name below ``resources/retrieved/``.
    """

    name: str
    version: str
    licence: str
    access: str
    addresses: tuple[str, ...]
    sha256: str | None
    file: str
    note: str


def registry(path: str | Path | None = None) -> dict[str, Source]:
    """All known sources by name.

    Raises
    ------
    InputError
        A row without licence or address, an unknown access word, a name given twice, a checksum
        that is none.
    """
    file = Path(path) if path else resources() / "registry.csv"
    out: dict[str, Source] = {}
    for number, row in enumerate(_rows(file), start=2):
        where = f"{file.name}, line {number}"
        _check_row(row, where=where)
        if row["name"] in out:
            raise InputError("a source is named twice", where=where, value=row["name"])
        out[row["name"]] = Source(
            name=row["name"],
            version=row["version"],
            licence=row["licence"],
            access=row["access"],
            addresses=(row["address"], *row["mirrors"].split()),
            sha256=row["sha256"] or None,
            file=row["file"],
            note=row["note"],
        )
    return out


def _rows(file: Path) -> list[dict[str, str]]:
    """Rows of the registry; read without pandas, for every Snakemake call reads it."""
    if not file.exists():
        raise InputError("file not found", where=str(file))
    with file.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        missing = [c for c in COLUMNS if c not in (reader.fieldnames or [])]
        if missing:
            raise InputError("columns missing", where=str(file), value=", ".join(missing))
        return [{k: v or "" for k, v in row.items() if k} for row in reader]


def _check_row(row: dict[str, str], *, where: str) -> None:
    for column in ("name", "licence", "address", "file"):
        if not row[column].strip():
            raise InputError(f"a source without {column}", where=where)
    if row["access"] not in ACCESS:
        raise InputError(
            "unknown access", where=where, value=row["access"], allowed=", ".join(ACCESS)
        )
    if row["sha256"] and not re.fullmatch(r"[0-9a-f]{64}", row["sha256"]):
        raise InputError("not a SHA-256", where=where, value=row["sha256"])
    if Path(row["file"]).name != row["file"]:
        raise InputError("a file name with a folder", where=where, value=row["file"])


def retrieve(name: str, *, target: str | Path, path: str | Path | None = None) -> Path:
    """Bring one source of the registry to ``target``.

    Raises
    ------
    InputError
        Unknown name, a source that needs registration, no address that answers, or a checksum
        that does not fit.
    """
    known = registry(path)
    if name not in known:
        raise InputError("unknown source", value=name, allowed=", ".join(known))
    source = known[name]
    if source.access == "registration":
        raise InputError(
            f"{source.name} {source.version} can't be fetched without registration",
            where=source.addresses[0],
            allowed=f"licence: {source.licence}",
            remedy=f"{source.note or 'register there'}; put the files into {Path(target).parent}",
        )
    return download(source.addresses, target, sha256=source.sha256)


def download(
    addresses: Sequence[str],
    target: str | Path,
    *,
    sha256: str | None = None,
    timeout: float = 60.0,
) -> Path:
    """Fetch a file from the first address that gives it whole.

    Parameters
    ----------
    addresses : sequence of str
        http or https.
    target : path
    sha256 : str, optional
        Expected checksum; without it the one recorded beside the file, if any.
    timeout : float
        Seconds without a byte before the next address is tried.

    Raises
    ------
    InputError
        No address gives the file, or what they give has another checksum. The target is left as
        it was; what was fetched so far stays in the part file.
    """
    file = Path(target)
    file.parent.mkdir(parents=True, exist_ok=True)
    record = file.with_name(file.name + ".sha256")
    expected = sha256 or (record.read_text().split()[0] if record.exists() else None)
    if file.exists() and (expected is None or sha256_of(file) == expected):
        logger.info("%s is there and whole", file)
        return file
    part = file.with_name(f".{file.name}.download")
    problems = []
    for address in addresses:
        try:
            _fetch(address, part, timeout=timeout)
        except (OSError, urllib.error.URLError, InputError) as error:
            problems.append(f"{address}: {error}")
            logger.warning("%s", problems[-1])
            continue
        found = sha256_of(part)
        if expected is None or found == expected:
            _publish(part, file, record=record, checksum=found, known=sha256 is not None)
            return file
        problems.append(f"{address}: checksum {found[:12]}..., expected {expected[:12]}...")
        part.unlink()
    raise InputError(
        "the file could not be fetched",
        where=str(file),
        value="; ".join(problems),
        remedy="run again to go on where it stopped, or bring the file by hand",
    )


def _publish(part: Path, file: Path, *, record: Path, checksum: str, known: bool) -> None:
    with part.open("rb") as stream:
        os.fsync(stream.fileno())
    part.replace(file)
    if not known:
        logger.warning("%s: no checksum in the registry; %s recorded", file.name, checksum)
        write_text(f"{checksum}  {file.name}\n", record)


def _fetch(address: str, part: Path, *, timeout: float) -> None:
    """Fetch or go on fetching one address into the part file.

    Raises
    ------
    InputError
        Another scheme than http(s), or fewer bytes than announced.
    OSError
        Network and HTTP errors.
    """
    if not address.startswith(("http://", "https://")):
        raise InputError("not a web address", value=address, allowed="http or https")
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(address, headers={"User-Agent": "scenair"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        response = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:
            # nothing is left to fetch, or the part is not of this file: the checksum tells
            return
        raise
    with response:
        goes_on = have > 0 and response.status == 206 and _starts_at(response, have)
        announced = response.headers.get("Content-Length")
        written = 0
        with part.open("ab" if goes_on else "wb") as stream:
            while block := response.read(_BLOCK):
                stream.write(block)
                written += len(block)
    if announced is not None and written < int(announced):
        raise InputError(
            "the connection ended early", value=f"{written} of {announced} bytes of this request"
        )


def _starts_at(response: HTTPResponse, offset: int) -> bool:
    return str(response.headers.get("Content-Range", "")).startswith(f"bytes {offset}-")
