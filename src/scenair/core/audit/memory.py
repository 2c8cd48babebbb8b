"""Memory of this process, and chunks that keep it bounded."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Linux kernel, /proc/pid/status: peak resident set size.
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", flags=re.MULTILINE)
#: Bytes that one chunk of an array may take; a computation holds a few chunks a thread at a time.
CHUNK_BYTES: Final = 32 * 2**20


def peak_memory_mb() -> float:
    """Peak resident memory of this process since it started (MB of 2**20 bytes)."""
    status = Path("/proc/self/status")
    if status.exists() and (found := _PEAK.search(status.read_text(encoding="utf-8"))):
        return int(found.group(1)) / 1024
    import resource

    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def bounded_chunks(
    sizes: Mapping[str, int],
    *,
    along: str,
    itemsize: int = 4,
    limit: int = CHUNK_BYTES,
    multiple: int = 1,
) -> dict[str, int]:
    """Chunk lengths for dask: all dimensions whole but ``along``, as long as ``limit`` allows.

    Where even one step along ``along`` exceeds the limit, the other dimensions are halved in turn,
    the longest first.

    Parameters
    ----------
    sizes : mapping
        Length of every dimension.
    along : str
        The dimension to cut (time of a year of hours).
    itemsize : int
        Bytes a value.
    limit : int
        Bytes a chunk.
    multiple : int
        The length along ``along`` is a multiple of this where the limit allows (24 keeps days
        whole, so that daily statistics need no second cut).

    Raises
    ------
    ValueError
        ``along`` is not a dimension, a length below 1, or a limit below one value.
    """
    if along not in sizes:
        raise ValueError(f"no dimension {along} among {', '.join(sizes)}")
    if limit < itemsize or min(sizes.values()) < 1:
        raise ValueError("the limit must hold one value and every dimension at least one step")
    chunks = {name: 1 if name == along else length for name, length in sizes.items()}

    def size() -> int:
        total = itemsize
        for length in chunks.values():
            total *= length
        return total

    while size() > limit:
        longest = max(chunks, key=lambda name: chunks[name])
        chunks[longest] = -(-chunks[longest] // 2)
    steps = max(1, limit // size())
    chunks[along] = min(sizes[along], steps - steps % multiple or steps)
    return chunks
