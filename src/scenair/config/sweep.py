"""Configuration of sweeps: scenario-years that are solved together."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from scenair.config.base import Section
from scenair.config.case import Year

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class SweepConfig(Section):
    """Scenario-years whose concentrations are solved together, in one job a quarter.

    A scenario that comes later goes into another sweep, so that nothing is solved twice.
    """

    #: years of each scenario
    years: Annotated[tuple[Year, ...], Field(min_length=1)]
    #: names of scenarios; ``history`` is one
    scenarios: Annotated[tuple[Name, ...], Field(min_length=1)]

    @field_validator("years", "scenarios")
    @classmethod
    def _once(cls, values: tuple[object, ...]) -> tuple[object, ...]:
        if len(set(values)) != len(values):
            raise ValueError("something is named twice")
        return values

    @property
    def members(self) -> tuple[tuple[int, str], ...]:
        """Year and scenario of each member."""
        return tuple((year, name) for name in self.scenarios for year in self.years)


def members_of(sweeps: dict[str, SweepConfig]) -> dict[tuple[int, str], str]:
    """The sweep of each scenario-year.

    Raises
    ------
    ValueError
        A scenario-year in two sweeps.
    """
    owner: dict[tuple[int, str], str] = {}
    for name, sweep in sweeps.items():
        for member in sweep.members:
            if member in owner:
                year, scenario = member
                raise ValueError(
                    f"results/{year}/{scenario} is in two sweeps: {owner[member]} and {name}"
                )
            owner[member] = name
    return owner
