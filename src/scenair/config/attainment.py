"""Configuration of the stage attainment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from scenair.config.base import Section

Positive = Annotated[float, Field(gt=0)]


class AttainmentConfig(Section):
    """Options of the stage attainment; every field has a default and says its unit."""

    #: profile of the table of standards, or the national one in force on 31 December
    standard: str = "auto-by-year"
    #: table of standards (in the working directory or in resources/)
    standards: str = "attainment/standards.csv"
    area_class: Literal["I", "II"] = "II"
    #: monitor statistics of the monitor year (in the working directory or in resources/)
    monitors: str = "attainment/monitors_2015.csv"
    #: what a response factor scales: the monitor year alone, the mean with its two neighbours, or
    #: five years weighted 1, 2, 3, 2, 1; the table of monitors must hold the years
    design_value: Literal["single_year", "mean3", "weighted5"] = "single_year"
    #: table of observed mass fractions (adcode, period, species, value), found like the two others;
    #: sites without a row use the total
    species_fractions: str | None = None
    #: table of annual means of several years (adcode, year, value; one reference state), found like
    #: the others; cities with five years or more get their own spread from year to year
    yearly_means: str | None = None
    #: longest side of the array of cells around a monitor, km (1 x 1 at 36 km, 3 x 3 at 12 km)
    array_km: Positive = 40.0
    #: how monitors and model are joined between the monitors
    fusion: Literal["log_ratio", "evna", "avna", "vna", "optimal_interpolation"] = "log_ratio"
    #: which monitors speak for a place
    neighbours: Literal["idw", "voronoi"] = "idw"
    #: number of nearest monitors (of which the Voronoi neighbours are taken)
    nearest: Annotated[int, Field(ge=1, le=60)] = 10
    #: weight = distance ** -power
    power: Positive = 2.0
    #: monitor over model is held inside these bounds, 1; what is clipped is counted
    ratio_bounds: tuple[Positive, Positive] = (0.1, 10.0)
    #: background factors of the sensitivity table, 1
    background_factors: tuple[Annotated[float, Field(ge=0)], ...] = (0.5, 1.0, 1.5, 2.0)
    #: annual PM2.5 limits shown beside the one in force, ug m-3
    comparison_limits: tuple[Positive, ...] = (35.0, 30.0, 25.0)
    #: scenario years from which the year of attainment of each city is found
    path_years: tuple[Annotated[int, Field(ge=2016, le=2100)], ...] = (2020, 2025, 2030, 2035)
    #: assumed 1-sigma uncertainties behind the probability of attaining, relative: of the logarithm
    #: of the response factor, of the annual mean from year to year, of the observed annual mean
    sigma_response: Annotated[float, Field(ge=0)] = 0.25
    sigma_meteorology: Annotated[float, Field(ge=0)] = 0.06
    sigma_monitor: Annotated[float, Field(ge=0)] = 0.02

    @field_validator("ratio_bounds")
    @classmethod
    def _ascending(cls, bounds: tuple[float, float]) -> tuple[float, float]:
        if bounds[0] >= 1 or bounds[1] <= 1:
            raise ValueError("ratio_bounds must enclose 1")
        return bounds

    @field_validator("background_factors")
    @classmethod
    def _central(cls, factors: tuple[float, ...]) -> tuple[float, ...]:
        if 1.0 not in factors:
            raise ValueError("background_factors must hold 1 (the central case)")
        return factors
