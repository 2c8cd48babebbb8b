"""A scenario file: what is done, how hard, where, from when."""

from __future__ import annotations

import csv
import difflib
from itertools import product
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator

from scenair.config.base import Section
from scenair.core.errors import ConfigError
from scenair.core.io.paths import resources

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Intensity = Literal["conventional", "enhanced", "best"]
#: An intensity, or the baseline.
Level = Literal["none", "conventional", "enhanced", "best"]
Controls = Literal["current", "enhanced", "best"]
CityType = Literal[
    "agriculture", "comprehensive_service", "tourism", "energy", "heavy_industry", "light_industry"
]

#: Names that are no scenario of a file.
RESERVED = ("history",)


class MeasureUse(Section):
    """One measure of the library (``resources/projection/measures.csv``) in a scenario."""

    #: its id; known ids come as the validation context ``measures``
    measure: str
    #: level everywhere; ``none`` with ``types`` or ``key_regions`` for a measure that is partial
    intensity: Level = "best"
    #: level in the cities of a type, over ``intensity``
    types: dict[CityType, Level] = Field(default_factory=dict)
    #: level in the key regions (``resources/projection/key_regions.csv``), over the others
    key_regions: Intensity | None = None

    @field_validator("measure")
    @classmethod
    def _known(cls, measure: str, info: ValidationInfo) -> str:
        known = (info.context or {}).get("measures")
        if known is not None and measure not in known:
            near = difflib.get_close_matches(measure, known, n=1, cutoff=0.3)
            raise ValueError(
                f"unknown measure; there are {', '.join(known)}"
                + (f"; did you mean {near[0]}" if near else "")
            )
        return measure


class Selection(Section):
    """Measures chosen by the model, on top of ``measures``; the choice is written to a table."""

    #: what the choice reaches: a national CO2 peak, PM2.5 potential, or NOx and NMVOC together
    goal: Literal["co2_peak", "pm25", "ozone"]
    #: last year in which national CO2 may still rise
    peak_year: Annotated[int, Field(ge=2019, le=2060)] = 2030
    #: strongest level that may be chosen
    ceiling: Intensity = "best"
    #: share of the summed potential that the chosen measures must hold (goals pm25 and ozone)
    potential: Annotated[float, Field(gt=0, le=1)] = 0.8
    #: potential a Mg from ``documented`` weights or from the surrogate's ``responsibility`` matrix
    weights: Literal["documented", "responsibility"] = "documented"
    #: least level of the measures of key sectors (those that drive the growth of cities that
    #: have not peaked) in city types of which more than the middle is asked
    key_sectors: Level = "none"
    #: level of the chosen measures in the key regions, where it is stronger
    key_regions: Intensity | None = None
    #: annual PM2.5 limit that the scenario aims at (ug m-3)
    pm25_limit: Annotated[float, Field(gt=0, le=100)] = 35.0


class Scenario(Section):
    """A scenario; the file's stem is its name."""

    title: str
    title_zh: str = ""
    description: str = ""
    #: a counterfactual is labelled as such wherever it is shown
    counterfactual: bool = False
    inherits: str | None = None
    #: first year that is not history; up to the year before, 2025 takes observed drivers
    diverge_from: Literal[2018, 2025] = 2018
    controls: Controls = "current"
    #: end-of-pipe policy in the key regions, where it differs
    controls_key_regions: Controls | None = None
    measures: tuple[MeasureUse, ...] = ()
    select: Selection | None = None
    #: IAMC file (CSV or XLSX) whose growth replaces our national drivers; a path from the
    #: working directory
    iamc: str = ""
    iamc_model: str = ""
    iamc_scenario: str = ""

    @field_validator("measures")
    @classmethod
    def _once(cls, uses: tuple[MeasureUse, ...]) -> tuple[MeasureUse, ...]:
        names = [use.measure for use in uses]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"measure(s) given twice: {', '.join(twice)}")
        return uses


class MatrixEntry(Section):
    """One row or column of a scenario matrix: a label and the keys that it sets."""

    title: str
    set: dict[str, Any] = Field(default_factory=dict)


class Matrix(Section):
    """Two axes in one file; every pair is a scenario ``{climate}_{pollution}``."""

    inherits: str | None = None
    climate: dict[str, MatrixEntry]
    pollution: dict[str, MatrixEntry]


def known_measures(folder: Path) -> tuple[str, ...]:
    """Ids of the shipped measures and of those in the tables of ``folder``, in their order.

    Only the column ``measure`` is looked at here; the tables are checked where they are read.
    """
    found: dict[str, None] = {}
    for path in (resources() / "projection" / "measures.csv", *sorted(folder.glob("*.csv"))):
        if path.is_file():
            with path.open(encoding="utf-8", errors="replace", newline="") as stream:
                found.update(
                    (row["measure"], None) for row in csv.DictReader(stream) if row.get("measure")
                )
    return tuple(found)


def expand_matrices(raw: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Replace every file with the key ``matrix`` by the scenarios that it declares.

    Parameters
    ----------
    raw : mapping
        Stem of a scenario file -> its content.

    Raises
    ------
    ConfigError
        A matrix that is no matrix, or a name that another file has.
    """
    out: dict[str, dict[str, Any]] = {}
    for stem, content in raw.items():
        made = {stem: content} if "matrix" not in content else _expand(stem, content)
        for name, scenario in made.items():
            if name in out or (name in raw and name != stem) or name in RESERVED:
                raise ConfigError(
                    "scenario name in use",
                    where=f"config/scenarios/{stem}.yaml",
                    value=name,
                    remedy="rename the file or the row of the matrix",
                )
            out[name] = scenario
    return out


def _expand(stem: str, content: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    where = f"config/scenarios/{stem}.yaml"
    extra = sorted(set(content) - {"matrix"})
    if extra:
        raise ConfigError("a matrix file has no other key", where=where, value=", ".join(extra))
    try:
        matrix = Matrix.model_validate(content["matrix"])
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"]))
        raise ConfigError(
            "not a scenario matrix", where=f"{where}, key matrix.{key}", value=first["msg"]
        ) from None
    out: dict[str, dict[str, Any]] = {}
    for (c, climate), (p, pollution) in product(matrix.climate.items(), matrix.pollution.items()):
        both = sorted(set(climate.set) & set(pollution.set))
        if both:
            raise ConfigError(
                "both axes set the same key", where=f"{where}, {c} x {p}", value=", ".join(both)
            )
        out[f"{c}_{p}"] = {
            "title": f"{climate.title}, {pollution.title}",
            "inherits": matrix.inherits,
            **climate.set,
            **pollution.set,
        }
    return out
