"""Operators kept by the content they were made from: geometry costs seconds, reading it nothing.

The key is a hash over the polygons, the grid, any raster and the code that makes the operator, so
an entry is never stale; the folder can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
import scipy.sparse as sp
import shapely

from scenair.core.audit.code import code_id
from scenair.core.io.atomic import atomic_path
from scenair.core.io.paths import resources

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scenair.core.grids import Grid

logger = logging.getLogger(__name__)


def default_folder() -> Path:
    """``resources/cache`` of the repository (ignored by git)."""
    return resources() / "cache"


def content_key(
    *modules: str,
    geometries: Sequence[shapely.Geometry],
    grid: Grid,
    arrays: Sequence[np.ndarray[Any, Any]] = (),
) -> str:
    """Hash of everything an operator depends on: code of ``modules``, polygons, grid, arrays."""
    digest = hashlib.sha256(code_id(*modules).encode())
    digest.update(repr(grid).encode())
    for blob in shapely.to_wkb(np.asarray(geometries, dtype=object)):
        digest.update(blob)
    for array in arrays:
        digest.update(repr((array.shape, array.dtype.str)).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:24]


def cached_operator(
    key: str, build: Callable[[], sp.csc_matrix | sp.csr_matrix], *, folder: Path | None = None
) -> sp.csc_matrix:
    """The operator of ``key``: read if it is there, else built and kept.

    A folder that can't be written costs the time of building, no more; a damaged entry is built
    anew.
    """
    target = (folder or default_folder()) / f"operator_{key}.npz"
    if target.is_file():
        try:
            return sp.csc_matrix(sp.load_npz(target))
        except (OSError, ValueError, KeyError, BadZipFile):
            logger.warning("a damaged cache entry is built anew: %s", target)
    operator = sp.csc_matrix(build())
    try:
        with atomic_path(target) as part, part.open("wb") as stream:
            sp.save_npz(stream, operator, compressed=False)
    except OSError as error:
        logger.info("operators are not kept: %s", error)
    return operator
