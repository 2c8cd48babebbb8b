"""A scenario file: what is done, how hard, from when."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from scenair.config.base import Section

Intensity = Literal["conventional", "enhanced", "best"]
Controls = Literal["current", "enhanced", "best"]


class MeasureUse(Section):
    """One measure of the library (``resources/projection/measures.csv``) in a scenario."""

    measure: str
    intensity: Intensity = "best"


class Scenario(Section):
    """A scenario; the file's stem is its name."""

    title: str
    title_zh: str = ""
    description: str = ""
    #: a counterfactual is labelled as such wherever it is shown
    counterfactual: bool = False
    inherits: str | None = None
    diverge_from: Annotated[int, Field(ge=2018, le=2034)] = 2018
    controls: Controls = "current"
    measures: tuple[MeasureUse, ...] = ()
