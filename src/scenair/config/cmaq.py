"""Configuration of the stage cmaq."""

from __future__ import annotations

from scenair.config.base import Section


class CmaqConfig(Section):
    """Options of the stage cmaq; every field has a default and says its unit."""
