"""Fields that arrive one by one and are needed together, kept on disk instead of in memory."""

from __future__ import annotations

import os
import tempfile
import weakref
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from scenair.core.audit.memory import bounded_chunks

if TYPE_CHECKING:
    from pathlib import Path

    import dask.array as da
    import numpy.typing as npt

_TYPE: Final = np.dtype(np.float32)
#: Bytes of a piece that is read back; what is computed from it is in double precision.
PIECE_BYTES: Final = 8 * 2**20


class Spill:
    """A growing stack of float32 fields of one shape, in an unnamed temporary file.

    The file has no name, so that nothing is left when the process is killed. It is an array of
    dimensions (step, y, x) to whoever reads it.

    Parameters
    ----------
    shape : tuple of int
        (y, x) of a field.
    folder : path, optional
        Where the file lies; a disk, not memory. The system's temporary folder by default.
    """

    dtype = _TYPE
    ndim = 3

    def __init__(self, shape: tuple[int, int], *, folder: str | Path | None = None) -> None:
        self._rows, self._columns = shape
        self._count = 0
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - as long as this object
        weakref.finalize(self, self._file.close)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(steps so far, y, x)."""
        return self._count, self._rows, self._columns

    def append(self, field: npt.ArrayLike) -> None:
        """Put a field (y, x) on the stack.

        Raises
        ------
        ValueError
            Another shape.
        """
        values = np.ascontiguousarray(field, dtype=_TYPE)
        if values.shape != self.shape[1:]:
            raise ValueError(f"a field of {values.shape} in a stack of {self.shape[1:]}")
        self._file.write(values.tobytes())
        self._count += 1

    def __getitem__(self, key: tuple[slice, slice, slice]) -> npt.NDArray[np.float32]:
        steps, rows, columns = (
            range(*part.indices(length)) for part, length in zip(key, self.shape, strict=True)
        )
        self._file.flush()
        out = np.empty((len(steps), len(rows), len(columns)), dtype=_TYPE)
        if not out.size:
            return out
        low, high = min(rows), max(rows) + 1
        line = self._columns * _TYPE.itemsize
        for i, step in enumerate(steps):
            start = (step * self._rows + low) * line
            # pread leaves the position alone: threads may read at the same time
            data = os.pread(self._file.fileno(), (high - low) * line, start)
            block = np.frombuffer(data, dtype=_TYPE).reshape(high - low, self._columns)
            out[i] = block[np.array(rows) - low][:, columns]
        return out

    def lazy(self, *, along: str, limit: int = PIECE_BYTES) -> da.Array:
        """The stack as a dask array, cut along ``step`` or ``y`` into pieces of ``limit`` bytes."""
        import dask.array as da

        sizes = dict(zip(("step", "y", "x"), self.shape, strict=True))
        chunks = bounded_chunks(sizes, along=along, itemsize=_TYPE.itemsize, limit=limit)
        from_array: Any = da.from_array  # dask has no types
        stack: da.Array = from_array(self, chunks=tuple(chunks[d] for d in sizes), name=False)
        return stack
