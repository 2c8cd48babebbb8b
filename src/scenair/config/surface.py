"""Configuration of response surfaces."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from scenair.config.base import Section

LonLat = tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]]


class SurfaceConfig(Section):
    """Response surfaces of the base year: design, runs, fit (target ``results/surface``)."""

    #: runs that the polynomials are fitted to
    runs: Annotated[int, Field(ge=30, le=500)] = 45
    #: further runs that only judge
    held_out: Annotated[int, Field(ge=5, le=200)] = 10
    #: spread of the design; the runs that judge are a Latin hypercube
    method: Literal["hammersley", "lhs"] = "hammersley"
    #: largest emission ratio
    largest: Annotated[float, Field(gt=1, le=3)] = 1.5
    #: cells of the case that make up one cell of the surrogate's runs, each way
    coarsening: Annotated[int, Field(ge=1, le=4)] = 2
    #: results of your own model instead of the surrogate's: path with ``{run}`` (1, 2, ...) of
    #: files with ``PM25_annual`` and ``O3_WARM`` (y, x) on the grid of the case, ug m-3
    results: str = ""
    #: longitude and latitude of the cells whose isopleths are shown
    places: dict[str, LonLat] = Field(
        default_factory=lambda: {
            "megacity": (116.40, 39.90),
            "suburb": (117.10, 40.10),
            "rural": (109.50, 30.30),
        }
    )

    @model_validator(mode="after")
    def _pattern(self) -> SurfaceConfig:
        if self.results and "{run}" not in self.results:
            raise ValueError("results: the path needs {run}")
        return self
