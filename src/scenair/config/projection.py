"""Configuration of the stage projection."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from scenair.config.base import Section


class ProjectionConfig(Section):
    """Options of the stage projection; every field has a default and says its unit."""

    #: number of city types (1); the six archetypes need 6
    types: Annotated[int, Field(ge=2, le=6)] = 6
    #: seeds of the stability test of the typology (1)
    type_seeds: Annotated[int, Field(ge=2, le=500)] = 50
    #: a city has peaked when CO2 of the last year lies below its maximum by this share (1)
    peak_tolerance: Annotated[float, Field(ge=0, le=0.05)] = 0.0
    #: a user's yearbook of city features (CSV: adcode, feature, value, unit, source, doi, tag,
    #: note), on top of the census; empty = none
    yearbook: str = ""
    #: permutations of the Shapley sampling (1)
    shapley_permutations: Annotated[int, Field(ge=2, le=2000)] = 24
    #: seed of every random draw of this stage (1)
    seed: Annotated[int, Field(ge=0)] = 20260101
    #: year of the decomposition and of the potentials
    decomposition_year: Annotated[int, Field(ge=2018, le=2060)] = 2030
