"""Where scenair finds its own resources.

Resources resolve from the repository (or from ``SCENAIR_RESOURCES``), results from the working
directory.
"""

from __future__ import annotations

import os
from pathlib import Path


def resources() -> Path:
    """The folder ``resources`` of the repository."""
    override = os.environ.get("SCENAIR_RESOURCES")
    return Path(override) if override else Path(__file__).resolve().parents[4] / "resources"
