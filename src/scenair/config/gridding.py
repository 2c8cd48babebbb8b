"""Configuration of the stage gridding."""

from __future__ import annotations

from scenair.config.base import Section


class GriddingConfig(Section):
    """Options of the stage gridding; every field has a default and says its unit."""
