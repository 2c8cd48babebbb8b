"""What comes from outside is data: never evaluated, never larger than allowed, never elsewhere.

Users bring YAML, CSV, netCDF and archives. Each has a way to hurt a reader that trusts it: YAML
tags and aliases, paths that leave the folder, compressed files that unpack to terabytes, netCDF
headers that declare arrays of any size.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import lzma
import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

import yaml

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A configuration is text for people; a table of cities or plants is some megabytes.
MAX_YAML_BYTES: Final = 1_000_000
MAX_YAML_NODES: Final = 100_000
MAX_TABLE_BYTES: Final = 4_000_000_000
#: A manifest lists some thousand checksums; a summary is smaller.
MAX_JSON_BYTES: Final = 200_000_000
#: What a netCDF file may take when it is read at once; larger ones are read in chunks.
MAX_ARRAY_BYTES: Final = 8_000_000_000
#: Pieces of a netCDF file that is read in chunks.
MAX_CHUNKS: Final = 100_000
MAX_ARCHIVE_BYTES: Final = 50_000_000_000
MAX_ARCHIVE_MEMBERS: Final = 100_000
_BLOCK: Final = 1 << 20
#: What the readers of archives raise on a damaged one.
_DAMAGED: Final = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)


def contained(path: str | Path, *, folder: str | Path) -> Path:
    """``path`` (relative to ``folder``) with links resolved, if it lies inside ``folder``.

    Raises
    ------
    InputError
        A path that leaves the folder: absolute elsewhere, through ``..`` or through a link.
    """
    base = Path(folder).resolve()
    text = os.fspath(path)
    if "\0" in text:
        raise InputError("a path with a zero byte", where=str(folder), value=repr(text))
    full = Path(os.path.normpath(base / text))
    try:
        with suppress(FileNotFoundError, NotADirectoryError):
            # from Python 3.13 on only the strict form refuses links in a circle
            full.resolve(strict=True)
        real = full.resolve()
    except (OSError, RuntimeError) as error:
        raise InputError("a path that can't be followed", where=text, value=str(error)) from None
    if not (full.is_relative_to(base) and real.is_relative_to(base)):
        raise InputError(
            "a path leaves its folder",
            where=text,
            value=str(real),
            allowed=f"inside {base}",
            remedy="copy the file into the folder, or configure another folder",
        )
    return real


def require_size(path: str | Path, *, maximum: int) -> Path:
    """Return the path of a regular file of at most ``maximum`` bytes.

    Raises
    ------
    InputError
        Missing, a folder or a device, or larger.
    """
    file = Path(path)
    try:
        found = file.stat()
    except OSError:
        raise InputError("file not found", where=str(file), remedy="check the name") from None
    if not stat.S_ISREG(found.st_mode):
        raise InputError("not a regular file", where=str(file))
    if found.st_size > maximum:
        raise InputError(
            "a file larger than this reader takes",
            where=str(file),
            value=f"{found.st_size} bytes",
            allowed=f"{maximum} bytes",
        )
    return file


class _Bounded(io.RawIOBase):
    """A stream that stops with a message when it has given more than it may."""

    def __init__(self, stream: IO[bytes], *, maximum: int, where: str) -> None:
        self._stream, self._left, self._where = stream, maximum, where

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self._stream.read(len(buffer))
        self._left -= len(block)
        if self._left < 0:
            raise InputError("a file unpacks to more than this reader takes", where=self._where)
        buffer[: len(block)] = block
        return len(block)


@contextmanager
def open_bounded(path: str | Path, *, maximum: int) -> Iterator[IO[bytes]]:
    """The bytes of a plain or gzipped (``.gz``) file, at most ``maximum`` of them.

    Raises
    ------
    InputError
        Missing, no regular file, or more bytes, packed or unpacked.
    """
    file = require_size(path, maximum=maximum)
    with contextlib.ExitStack() as stack:
        raw: IO[bytes] = stack.enter_context(file.open("rb"))
        if file.suffix == ".gz":
            raw = cast("IO[bytes]", stack.enter_context(gzip.GzipFile(fileobj=raw)))
        yield io.BufferedReader(_Bounded(raw, maximum=maximum, where=str(file)), _BLOCK)


class _Loader(yaml.SafeLoader):
    """Plain YAML: no tags of our own, and a key only once in a mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:str":
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key '{key.value}' is given twice", key.start_mark
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def load_yaml(text: str, *, where: str) -> Any:
    """Parse YAML into plain values; nothing in it is ever evaluated.

    Aliases are counted at their expanded size, so that a few lines can't stand for a billion.

    Raises
    ------
    InputError
        Not YAML, a tag that would build an object, a key twice, too deep or too large.
    """
    if len(text.encode("utf-8", errors="replace")) > MAX_YAML_BYTES:
        raise InputError("a YAML text too large", where=where, allowed=f"{MAX_YAML_BYTES} bytes")
    try:
        data = yaml.load(text, Loader=_Loader)  # a SafeLoader: plain values only
        nodes = _expanded(data, known={}, above=set())
    except RecursionError:
        raise InputError("YAML that is nested too deeply or contains itself", where=where) from None
    except (yaml.YAMLError, ValueError, TypeError, OverflowError) as error:
        raise InputError("not valid YAML", where=where, value=str(error)) from None
    if nodes > MAX_YAML_NODES:
        raise InputError(
            "YAML whose aliases expand to too much",
            where=where,
            value=f"{nodes} values",
            allowed=f"{MAX_YAML_NODES}",
        )
    return data


def _expanded(value: Any, *, known: dict[int, int], above: set[int]) -> int:
    """Values in ``value`` with every alias written out."""
    if not isinstance(value, dict | list | tuple | set):
        return 1
    key = id(value)
    if key in above:
        raise RecursionError
    if key not in known:
        above.add(key)
        parts = [*value.keys(), *value.values()] if isinstance(value, dict) else value
        known[key] = 1 + sum(_expanded(part, known=known, above=above) for part in parts)
        above.discard(key)
    return known[key]


def extract_archive(
    archive: str | Path,
    folder: str | Path,
    *,
    maximum_bytes: int = MAX_ARCHIVE_BYTES,
    maximum_members: int = MAX_ARCHIVE_MEMBERS,
) -> tuple[Path, ...]:
    """Unpack a zip or tar archive into a new folder, whole or not at all.

    Only regular files and folders are taken. Bytes are counted while they are written, not as the
    archive declares them.

    Parameters
    ----------
    archive : str or Path
        ``.zip``, ``.tar`` or a compressed tar.
    folder : str or Path
        Must not exist yet.

    Returns
    -------
    tuple of Path
        The files, sorted.

    Raises
    ------
    InputError
        No archive, a member that leaves the folder or is a link or device, a name twice, too many
        members, too many bytes, or a folder that exists.
    """
    source, target = Path(archive), Path(folder)
    if target.exists():
        raise InputError("the folder to unpack into exists", where=str(target), remedy="delete it")
    if not source.is_file():
        raise InputError("file not found", where=str(source))
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        left = maximum_bytes
        with _members(source) as members:
            for count, (name, stream) in enumerate(members, start=1):
                if count > maximum_members:
                    raise InputError(
                        "too many members", where=str(source), allowed=str(maximum_members)
                    )
                left -= _write_member(name, stream, folder=part, left=left, where=str(source))
        part.replace(target)
    except _DAMAGED as error:
        raise InputError(
            "not a readable archive", where=str(source), value=f"{type(error).__name__}: {error}"
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return tuple(sorted(p for p in target.rglob("*") if p.is_file()))


def _write_member(name: str, stream: IO[bytes], *, folder: Path, left: int, where: str) -> int:
    path = contained(name, folder=folder)
    if path.exists():
        raise InputError("a member is given twice", where=f"{where}, {name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with path.open("xb") as out:
        while block := stream.read(_BLOCK):
            written += len(block)
            if written > left:
                raise InputError(
                    "an archive unpacks to more than is allowed",
                    where=f"{where}, {name}",
                    remedy="unpack it by hand if you trust it",
                )
            out.write(block)
    return written


@contextmanager
def _members(source: Path) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """Names and streams of the regular files of an archive, one after the other."""
    if zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as bundle:
            yield _zip_members(bundle, source)
    else:
        with tarfile.open(source, "r:*") as bundle:
            yield _tar_members(bundle, source)


def _zip_members(bundle: zipfile.ZipFile, source: Path) -> Iterator[tuple[str, IO[bytes]]]:
    for info in bundle.infolist():
        mode = info.external_attr >> 16
        if info.is_dir():
            continue
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise InputError("a member is no regular file", where=f"{source}, {info.filename}")
        with bundle.open(info) as stream:
            yield info.filename, stream


def _tar_members(bundle: tarfile.TarFile, source: Path) -> Iterator[tuple[str, IO[bytes]]]:
    for info in bundle:
        if info.isdir():
            continue
        stream = bundle.extractfile(info) if info.isreg() else None
        if stream is None:
            raise InputError("a member is no regular file", where=f"{source}, {info.name}")
        with stream:
            yield info.name, stream
