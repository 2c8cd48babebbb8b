"""Configuration of the stage gridding."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from scenair.config.base import Section

Table = Annotated[str, Field(pattern=r"\.csv(\.gz)?$")]


class GriddingConfig(Section):
    """Tables of the stage gridding: relative to ``resources/`` or your own by absolute path."""

    #: county statistics and patterns that a sector follows
    proxies: Table = "gridding/proxies.csv"
    #: monthly shares by sector and species (``*`` for all)
    months: Table = "gridding/months.csv"
    #: monthly mean temperature (degC) of the units, for heating
    temperature: Table = "gridding/unit_temperature.csv.gz"
    #: release profiles by height above ground (m) and the profile of each sector
    heights: Table = "gridding/heights.csv"
    sector_heights: Table = "gridding/sector_heights.csv"
