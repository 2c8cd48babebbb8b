"""Configuration of the stage surrogate."""

from __future__ import annotations

from scenair.config.base import Section


class SurrogateConfig(Section):
    """Options of the stage surrogate; every field has a default and says its unit."""
