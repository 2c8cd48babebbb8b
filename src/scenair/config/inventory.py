"""Configuration of the stage inventory."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from scenair.config.base import Section


class InventoryConfig(Section):
    """Options of the stage inventory; every field has a default and says its unit."""

    #: closing factors outside this band are listed (dimensionless)
    band_low: Annotated[float, Field(gt=0)] = 0.5
    band_high: Annotated[float, Field(gt=0)] = 2.0
    #: least part of its naive REAS share that a province keeps in the rest of industry (0-1)
    residual_floor: Annotated[float, Field(ge=0, le=1)] = 0.25
    #: a city's own inventory (CSV with the declared schema), relative to the working directory
    own_inventory: str | None = None
    #: a regional inventory by province and MEIC sector (CSV with the declared schema)
    regional_inventory: str | None = None
    #: gridded inventories (MEIC, MIX, HTAP, EDGAR, CEDS files or patterns, one product): their
    #: provincial pattern replaces that of REAS for the sectors and species they hold
    gridded_inventory: tuple[str, ...] = ()
    #: a plant survey (CSV with the declared schema): emissions from fuel quality and controls
    plant_survey: str | None = None
    #: city statistics (CSV with the declared schema) for analytics that need the GDP of cities
    city_statistics: str | None = None
    #: draws of the Monte Carlo uncertainty, and its seed
    uncertainty_draws: Annotated[int, Field(ge=20, le=20_000)] = 400
    seed: Annotated[int, Field(ge=0)] = 20171231
    #: least part of their emission that the other cities of a province keep (0-1)
    others_floor: Annotated[float, Field(ge=0, le=1)] = 0.5
    #: relative difference from which two sources are reported as in conflict
    conflict_threshold: Annotated[float, Field(gt=0)] = 0.1

    @model_validator(mode="after")
    def _band(self) -> InventoryConfig:
        if self.band_low >= self.band_high:
            raise ValueError("band_low must lie below band_high")
        if self.gridded_inventory and self.regional_inventory:
            raise ValueError("give gridded_inventory or regional_inventory, not both")
        return self
