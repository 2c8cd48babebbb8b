"""Files appear whole or not at all: written beside their final name, flushed, then renamed."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """A sibling name to write to; renamed to ``path`` on success, removed on failure.

    The sibling has a fixed name (``.NAME.part``) so that a retry cleans up after a crash, and is
    opened normally so that the group keeps its read permission.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        yield part
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_text(text: str, path: str | Path) -> None:
    """Write UTF-8 text atomically."""
    with atomic_path(path) as part:
        part.write_text(text, encoding="utf-8")


def write_json(data: Any, path: str | Path) -> None:
    """Write JSON atomically, keys sorted, numbers at full precision."""
    write_text(json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n", path)
