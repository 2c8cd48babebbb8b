"""Configuration of the WRF-CMAQ run kit and of the DESID export."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from scenair.config.base import Section
from scenair.config.case import GridConfig

Year = Annotated[int, Field(ge=1979, le=2100)]
MonthDay = Annotated[str, Field(pattern=r"^\d{2}-\d{2}$")]
StreamKind = Literal["foreign", "ship", "biogenic", "fire"]
#: Streams without which a run of China is incomplete; sea spray is computed from an OCEAN file.
STREAM_KINDS: tuple[StreamKind, ...] = ("foreign", "ship", "biogenic", "fire")


class Period(Section):
    """A simulated period of the meteorological year, days included."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    start: MonthDay
    end: MonthDay

    @model_validator(mode="after")
    def _order(self) -> Period:
        if dt.date.fromisoformat(f"2024-{self.end}") < dt.date.fromisoformat(f"2024-{self.start}"):
            raise ValueError("a period ends on or after its start, within one year")
        return self


class ExternalStream(Section):
    """A stream that scenair does not make: gridded, or points with their stack groups."""

    kind: StreamKind
    #: CMAQ's stream label; PT_FIRES and the like switch potential combustion SOA off
    label: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,31}$")]
    #: path; {date} stands for YYYYMMDD of the file's day
    emission: str
    #: stack groups of a point stream; empty for a gridded one
    groups: str = ""
    #: the file's dates are those of the meteorology (else it is a representative day)
    dated: bool = True


class Executables(Section):
    """Programs and the data that come with them; empty: taken from the environment."""

    mcip: str = ""
    icon: str = ""
    bcon: str = ""
    cctm: str = ""
    combine: str = ""
    #: folder with the mechanism's namelists, OMI, PHOT_OPTICS and CSQY data of the CCTM build
    build: str = ""
    #: in front of cctm, for example ``srun`` or ``mpirun -np 32``
    launcher: str = ""


class KitConfig(Section):
    """Namelists and scripts for WRF and CMAQ."""

    #: year of the meteorology; the same for every scenario
    met_year: Year = 2015
    #: the annual mean and attainment need days in every quarter; these months stand for theirs
    periods: tuple[Period, ...] = (
        Period(name="january", start="01-01", end="01-31"),
        Period(name="april", start="04-01", end="04-30"),
        Period(name="july", start="07-01", end="07-31"),
        Period(name="october", start="10-01", end="10-31"),
    )
    #: days run before a period and not used
    spinup_days: Annotated[int, Field(ge=0, le=30)] = 10
    #: grids around the case's, outermost first, each like ``case.grid``: the outer domains of WRF
    #: (a nest of CN36 has CN36 without being told)
    parents: tuple[GridConfig, ...] = ()
    #: rows and columns of WRF that MCIP cuts off on each side
    btrim: Annotated[int, Field(ge=0, le=20)] = 5
    #: layers of WRF (staggered)
    e_vert: Annotated[int, Field(ge=20, le=80)] = 35
    #: top of WRF, Pa
    p_top: Annotated[int, Field(ge=1000, le=10000)] = 5000
    #: spacing of the driving analysis, s
    interval_seconds: Literal[3600, 10800, 21600] = 21600
    #: levels in the metgrid files of the driving analysis
    num_metgrid_levels: Annotated[int, Field(ge=10, le=140)] = 34
    #: land surface: Pleim-Xiu (CMAQ's own) or Noah
    land_surface: Literal["px", "noah"] = "px"
    #: run with the boundary from a larger run, with the shipped profile, or with ready files
    boundary: Literal["regrid", "profile", "files"] = "regrid"
    #: regrid: CONC file of the larger run, {date} is YYYYMMDD; files: BCON file
    boundary_source: str = ""
    #: files: ICON file of a period's first day, {date} is YYYYMMDD
    initial_source: str = ""
    #: regrid: METCRO3D of the larger run, {date} is YYYYMMDD
    boundary_met: str = ""
    #: what the run is for; the remote-Pacific profile serves tests only
    purpose: Literal["attainment", "test"] = "attainment"
    external: tuple[ExternalStream, ...] = ()
    #: OCEAN file for sea spray and halogens; empty switches both off
    ocean: str = ""
    #: folder of wrfout files
    wrf_out: str = ""
    columns: Annotated[int, Field(ge=1)] = 1
    rows: Annotated[int, Field(ge=1)] = 1
    #: write the 3-D instantaneous concentrations that nests need
    keep_conc: bool = False
    #: folder of DESID files (masks.nc and both namelists); empty: emission files as they are
    desid: str = ""
    #: ``annual.nc`` of a run without the emissions that scenarios change (``scenair cmaq read``),
    #: taken out of the parts of PM2.5 as BACKGROUND; empty: the parts hold everything
    background: str = ""
    executables: Executables = Executables()

    @field_validator("periods")
    @classmethod
    def _names(cls, periods: tuple[Period, ...]) -> tuple[Period, ...]:
        if not periods:
            raise ValueError("at least one period")
        names = [p.name for p in periods]
        if len(set(names)) < len(names):
            raise ValueError("two periods have one name")
        return periods

    @model_validator(mode="after")
    def _boundary(self) -> KitConfig:
        if self.boundary == "profile" and self.purpose == "attainment":
            raise ValueError(
                "the shipped profile is an annual mean of the remote Pacific (it left 10 ug m-3 of "
                "sea salt in an inland domain): give boundary: regrid with boundary_source, or "
                "say purpose: test"
            )
        return self


class DesidConfig(Section):
    """A scenario as factors on another scenario's emission files."""

    #: scenario whose files CMAQ reads, same year
    base: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = "reference"
    #: grouping of cities; auto: by equal factors where these are at most 99, else by type;
    #: similar: 99 groups with the most similar factors
    by: Literal["auto", "city", "equal", "similar", "type", "province", "everywhere"] = "auto"
