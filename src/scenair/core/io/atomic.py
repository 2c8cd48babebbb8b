"""Files appear whole or not at all: written beside their final name, flushed, then renamed."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from scenair.core.errors import InputError, StorageError
from scenair.core.io.safe import MAX_JSON_BYTES, require_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_UNWRITABLE: Final = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "no permission to write",
    errno.EPERM: "no permission to write",
}
#: HDF5 keeps the reason of a failed write to itself; less free space than this is the reason.
_FULL_BYTES: Final = 1 << 20


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """A sibling name to write to; renamed to ``path`` on success, removed on failure.

    The sibling ``.NAME.HOST-PID.part`` belongs to this process alone: a run that was killed can
    leave a job behind that still writes while the next run writes the same file. What a process
    that is no more left on this host is removed. The sibling is opened normally, so that the group
    keeps its read permission.

    Raises
    ------
    StorageError
        Full disk, quota, read-only file system, no permission.
    """
    target = Path(path)
    part = target.with_name(f".{target.name}.{socket.gethostname()}-{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(target)
        yield part
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        part.replace(target)
    except BaseException as error:
        reason = _unwritable(error, target)
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        if reason is None:
            raise
        raise StorageError(
            f"the result can't be written: {reason}",
            where=str(target),
            remedy="mend that and give the same command again; finished files are kept",
        ) from error


def _remove_leftovers(target: Path) -> None:
    """Deletes what killed processes of this host left beside ``target``."""
    for left in target.parent.glob(f".{target.name}.{socket.gethostname()}-*.part"):
        pid = left.name.removesuffix(".part").rpartition("-")[2]
        try:
            os.kill(int(pid), 0)
        except (ProcessLookupError, ValueError):
            left.unlink(missing_ok=True)
        except PermissionError:
            continue  # alive, of another user


def _unwritable(error: BaseException, target: Path) -> str | None:
    """Why the storage refused, or None where something else went wrong."""
    if not isinstance(error, OSError | RuntimeError):
        return None
    code = getattr(error, "errno", None)
    if code in (errno.EACCES, errno.EPERM):
        about = os.fsdecode(getattr(error, "filename", None) or "")
        return _UNWRITABLE[code] if about.startswith(str(target.parent)) else None
    if code in _UNWRITABLE:
        return _UNWRITABLE[code]
    with contextlib.suppress(OSError):
        if shutil.disk_usage(target.parent).free < _FULL_BYTES:
            return _UNWRITABLE[errno.ENOSPC]
    return None


def write_text(text: str, path: str | Path) -> None:
    """Write UTF-8 text atomically."""
    with atomic_path(path) as part:
        part.write_text(text, encoding="utf-8")


def read_json(path: str | Path) -> Any:
    """The content of a JSON file.

    Raises
    ------
    InputError
        Missing, no regular file, oversized, nested too deeply or no JSON.
    """
    file = require_size(path, maximum=MAX_JSON_BYTES)
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise InputError("not valid JSON", where=str(file), value=str(error)) from None


def read_json_object(path: str | Path, *, keys: Iterable[str]) -> dict[str, Any]:
    """A JSON file that holds one object with at least ``keys``.

    Raises
    ------
    InputError
        As :func:`read_json`; no object, or a key missing.
    """
    data = read_json(path)
    missing = sorted(set(keys) - set(data)) if isinstance(data, dict) else ["everything"]
    if missing:
        raise InputError(
            "a JSON file that lacks something", where=str(path),
            value=f"missing {', '.join(missing)}", remedy="delete it and run again",
        )  # fmt: skip
    return dict(data)


def write_json(data: Any, path: str | Path) -> None:
    """Write JSON atomically, keys sorted, numbers at full precision."""
    write_text(json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n", path)
