"""Configuration of the stage surrogate."""

from __future__ import annotations

from scenair.config.base import Section


class SurrogateConfig(Section):
    """Options of the stage surrogate; figures are in ``resources/surrogate/parameters.csv``.

    A path resolves from the working directory; a table has the columns of the one it replaces.
    """

    #: table of parameters (relative to ``resources/`` or absolute)
    parameters: str = "surrogate/parameters.csv"
    #: table of the uncontrolled background by region, quarter and component
    background: str = "surrogate/background.csv"
