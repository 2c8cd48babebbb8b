"""Is a classic netCDF file whole? The library reads what is missing at its end as zeros.

Format: "NetCDF Classic Format Specification" (versions CDF-1, CDF-2 and CDF-5).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

from scenair.core.errors import InputError

_MAGIC: Final = b"CDF"
#: Bytes of a value of each type, by its number in the header.
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8, 7: 1, 8: 2, 9: 4, 10: 8, 11: 8}
#: The header of a file with 2048 variables and long attributes fits in this.
_HEADER_BYTES: Final = 8_000_000


def require_whole(path: str | Path) -> None:
    """Stop where a classic netCDF file is shorter than its header says.

    Files of other formats pass: HDF5 notices by itself.

    Raises
    ------
    InputError
    """
    file = Path(path)
    with file.open("rb") as stream:
        head = stream.read(_HEADER_BYTES)
    if head[:3] != _MAGIC or head[3:4] not in (b"\x01", b"\x02", b"\x05"):
        return
    try:
        end = end_of_data(head)
    except (IndexError, KeyError) as error:
        raise InputError(
            "not a readable netCDF file (truncated or damaged: its header ends too early)",
            where=str(file),
            remedy="bring it anew",
        ) from error
    size = file.stat().st_size
    if size < end:
        raise InputError(
            "not a readable netCDF file (truncated: the library would read its end as zeros)",
            where=str(file),
            value=f"{size} bytes",
            allowed=f"{end} bytes by its header",
            remedy="bring it anew (the copy or the program that wrote it was stopped)",
        )


class _Header:
    """Numbers of a header, one after the other."""

    def __init__(self, head: bytes) -> None:
        self._head, self._at = head, 4
        #: bytes of counts and of offsets
        self.count_bytes = 8 if head[3] == 5 else 4
        self.offset_bytes = 4 if head[3] == 1 else 8

    def take(self, size: int) -> int:
        value = self._head[self._at : self._at + size]
        if len(value) < size:
            raise IndexError(self._at)
        self._at += size
        return int.from_bytes(value, "big")

    def count(self) -> int:
        return self.take(self.count_bytes)

    def skip(self, size: int) -> None:
        self._at += _padded(size)

    def items(self) -> range:
        """The items of a list (its tag comes first)."""
        self.take(4)
        return range(self.count())

    def attributes(self) -> None:
        for _ in self.items():
            self.skip(self.count())
            kind = self.take(4)
            self.skip(self.count() * _SIZES[kind])


def _padded(size: int) -> int:
    return size + -size % 4


def end_of_data(head: bytes) -> int:
    """Byte after the last value that a header promises; 0 where the number of records is open.

    Raises
    ------
    IndexError, KeyError
        A header that ends too early or is none.
    """
    header = _Header(head)
    records = header.count()
    if records == 2 ** (8 * header.count_bytes) - 1:
        return 0
    lengths = []
    for _ in header.items():
        header.skip(header.count())
        lengths.append(header.count())
    header.attributes()
    fixed, repeated = [0], []
    for _ in header.items():
        header.skip(header.count())
        shape = [lengths[header.count()] for _ in range(header.count())]
        header.attributes()
        item = _SIZES[header.take(4)]
        header.count()  # the size that is stored overflows for large variables
        begin = header.take(header.offset_bytes)
        if shape and shape[0] == 0:
            repeated.append((begin, item * math.prod(shape[1:])))
        else:
            fixed.append(begin + item * math.prod(shape))
    if not repeated or not records:
        return max(fixed)
    step = sum(_padded(size) for _, size in repeated) if len(repeated) > 1 else repeated[0][1]
    return max(*fixed, *(begin + (records - 1) * step + size for begin, size in repeated))
