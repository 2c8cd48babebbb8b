"""Configuration of the stage figures."""

from __future__ import annotations

from scenair.config.base import Section


class FiguresConfig(Section):
    """Options of the stage figures; every field has a default and says its unit."""
