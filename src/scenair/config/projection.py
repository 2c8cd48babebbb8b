"""Configuration of the stage projection."""

from __future__ import annotations

from scenair.config.base import Section


class ProjectionConfig(Section):
    """Options of the stage projection; every field has a default and says its unit."""
