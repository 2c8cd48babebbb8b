"""Configuration of the stage surrogate."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from scenair.config.base import Section


class SurrogateConfig(Section):
    """Options of the stage surrogate; figures are in ``resources/surrogate/parameters.csv``.

    A path resolves from ``resources/``, or is absolute; a table has the columns of the one it
    replaces.
    """

    #: table of parameters
    parameters: str = "surrogate/parameters.csv"
    #: table of the uncontrolled background by region, quarter and component
    background: str = "surrogate/background.csv"
    #: table of biogenic VOC reactivity by region and quarter; ozone is not computed without it
    biogenic: str | None = "surrogate/biogenic.csv"
    #: compute ozone of the warm season (used relatively)
    ozone: bool = True
    #: file of anchoring factors (``scenair.surrogate.io.anchoring``), relative to the working
    #: directory; none leaves the surrogate as it is
    anchor: str | None = None
    #: monthly meteorology of your own (ERA5 monthly means, or the names of the shipped file),
    #: relative to the working directory; none takes the shipped fields
    meteorology: str | None = None
    #: working directory of the run on a larger grid that this case is a nest of: its
    #: ``air_quality/tracers.nc`` of the same year and scenario enters through the borders; none
    #: leaves the inflow clean
    parent: str | None = None
    #: cells of the case that make up one cell of the responsibility matrix, each way
    responsibility_coarsening: Annotated[int, Field(ge=1, le=4)] = 2
