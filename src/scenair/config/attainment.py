"""Configuration of the stage attainment."""

from __future__ import annotations

from scenair.config.base import Section


class AttainmentConfig(Section):
    """Options of the stage attainment; every field has a default and says its unit."""
