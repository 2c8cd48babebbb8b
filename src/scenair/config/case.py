"""The case: where and when."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from scenair.config.base import Section
from scenair.core.errors import InputError
from scenair.core.griddesc import named_grid
from scenair.core.grids import CN36, Grid
from scenair.core.io.safe import MAX_YAML_BYTES, require_size

Year = Annotated[int, Field(ge=1990, le=2100)]


class GridConfig(Section):
    """A grid of a GRIDDESC, by GRIDDESC numbers, or as a nest of CN36.

    Give ``griddesc`` and ``name``, or ``nest``, or all numbers; with none of them it is CN36. The
    GRIDDESC is read when the configuration is, and its numbers take its place: an edit of the file
    makes anew what depends on the grid.
    """

    #: path of a GRIDDESC (relative to the working directory); ``name`` says which of its grids
    griddesc: str = ""
    #: stands in file names
    name: Annotated[str, Field(max_length=16, pattern=r"^[A-Za-z0-9_.+-]+$")] = "CN36"
    projection: Annotated[str, Field(min_length=1, max_length=16)] = "LCC_CHN"
    gdtyp: Literal[1, 2, 3, 6, 7] = 2
    p_alp: float = CN36.p_alp
    p_bet: float = CN36.p_bet
    p_gam: float = CN36.p_gam
    xcent: float = CN36.xcent
    ycent: float = CN36.ycent
    xorig: float = CN36.xorig
    yorig: float = CN36.yorig
    xcell: Annotated[float, Field(gt=0)] = CN36.xcell
    ycell: Annotated[float, Field(gt=0)] = CN36.ycell
    ncols: Annotated[int, Field(ge=1)] = CN36.ncols
    nrows: Annotated[int, Field(ge=1)] = CN36.nrows
    nest: NestConfig | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_griddesc(cls, given: object) -> object:
        """The numbers of the named grid in place of the path."""
        if not isinstance(given, dict) or not given.get("griddesc"):
            return given
        extra = sorted(set(given) - {"griddesc", "name"})
        if extra:
            raise ValueError(f"griddesc gives the whole grid: leave out {', '.join(extra)}")
        path, name = Path(str(given["griddesc"])), given.get("name")
        try:
            require_size(path, maximum=MAX_YAML_BYTES)
            text = path.read_text(encoding="utf-8")
            grid = named_grid(text, None if name is None else str(name), where=str(path))
        except (OSError, UnicodeDecodeError, InputError) as error:
            raise ValueError(f"no usable GRIDDESC: {error}") from error
        return {k: v for k, v in asdict(grid).items() if k in cls.model_fields}

    def build(self) -> Grid:
        """The grid as the core knows it."""
        if self.nest is not None:
            return CN36.nest(name=self.name, **self.nest.model_dump())
        return Grid(**self.model_dump(exclude={"nest", "griddesc"}))


class NestConfig(Section):
    """A window of CN36 cells (zero-based) refined by ``ratio``."""

    ratio: Annotated[int, Field(ge=1, le=12)]
    col0: Annotated[int, Field(ge=0)]
    row0: Annotated[int, Field(ge=0)]
    cols: Annotated[int, Field(ge=2)]
    rows: Annotated[int, Field(ge=2)]


class CaseConfig(Section):
    """Domain, units and years of a case."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")] = "china-open"
    title: str = "China, open data"
    grid: GridConfig = GridConfig()
    #: adcodes of the units, or ``all`` for the 369 of the mainland
    units: Literal["all", "2+26"] | tuple[int, ...] = "all"
    history: tuple[Year, ...] = (2013, 2014, 2015, 2016, 2017)
    base_year: Year = 2017
    monitor_year: Year = 2015
    first_year: Year = 2018
    horizon: Year = 2035
    #: results of this case are for tests only (a nest without inflow) unless ``surrogate.parent``
    #: gives it one
    tests_only: bool = False

    @field_validator("units")
    @classmethod
    def _known(cls, units: str | tuple[int, ...]) -> str | tuple[int, ...]:
        """Refuse adcodes that are no unit of the mainland before the first job."""
        if isinstance(units, tuple):
            from scenair.core.regions import adcodes

            unknown = sorted(set(units) - set(adcodes()))
            if unknown or not units:
                raise ValueError(
                    f"no such units: {unknown}; adcodes of the 369 units stand in "
                    "resources/regions/city_names_en.csv"
                )
        return units

    @field_validator("history")
    @classmethod
    def _ascending(cls, years: tuple[int, ...]) -> tuple[int, ...]:
        if list(years) != list(range(years[0], years[-1] + 1)):
            raise ValueError("history must be consecutive ascending years")
        return years

    @model_validator(mode="after")
    def _order(self) -> CaseConfig:
        if self.base_year != self.history[-1]:
            raise ValueError(f"base_year must be the last history year ({self.history[-1]})")
        if self.monitor_year not in self.history:
            raise ValueError(f"monitor_year must be one of history {list(self.history)}")
        if self.first_year != self.base_year + 1:
            raise ValueError("first_year must follow base_year")
        if self.horizon < self.first_year:
            raise ValueError("horizon lies before first_year")
        return self

    @property
    def years(self) -> tuple[int, ...]:
        """Scenario years."""
        return tuple(range(self.first_year, self.horizon + 1))

    @property
    def n_units(self) -> int:
        """Number of units, known without reading their boundaries."""
        from scenair.core.regions import CITIES_2_26, N_UNITS

        if self.units == "all":
            return N_UNITS
        return len(CITIES_2_26) if self.units == "2+26" else len(self.units)

    def adcodes(self) -> tuple[int, ...]:
        """adcodes of the case, ascending."""
        from scenair.core.regions import CITIES_2_26, adcodes

        if self.units == "all":
            return adcodes()
        if self.units == "2+26":
            return CITIES_2_26
        return tuple(sorted(self.units))


GridConfig.model_rebuild()
