"""Configuration of the stage gridding."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from scenair.config.base import Section
from scenair.core.sectors import SECTORS

Table = Annotated[str, Field(pattern=r"\.csv(\.gz)?$")]


class RasterProxy(Section):
    """Your own raster (GeoTIFF or netCDF, longitude and latitude) that a sector follows."""

    sector: str
    path: str
    #: of a netCDF file with more than one
    variable: str = ""

    @field_validator("sector")
    @classmethod
    def _known(cls, sector: str) -> str:
        if sector not in SECTORS:
            raise ValueError(f"unknown sector; there are {', '.join(SECTORS)}")
        return sector


class GriddingConfig(Section):
    """Tables of the stage gridding: relative to ``resources/`` or your own by absolute path."""

    #: county statistics and patterns that a sector follows
    proxies: Table = "gridding/proxies.csv"
    #: rasters that replace the county statistics of a sector
    rasters: tuple[RasterProxy, ...] = ()
    #: monthly shares by sector and species (``*`` for all)
    months: Table = "gridding/months.csv"
    #: monthly mean temperature (degC) of the units, for heating
    temperature: Table = "gridding/unit_temperature.csv.gz"
    #: release profiles by height above ground (m) and the profile of each sector
    heights: Table = "gridding/heights.csv"
    sector_heights: Table = "gridding/sector_heights.csv"
