"""Configuration of the stage inventory."""

from __future__ import annotations

from scenair.config.base import Section


class InventoryConfig(Section):
    """Options of the stage inventory; every field has a default and says its unit."""
