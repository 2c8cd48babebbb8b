"""Configuration of the stage cmaq."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Annotated, Literal

from pydantic import Field, field_validator

from scenair.config.base import Section
from scenair.config.cmaq_kit import DesidConfig, KitConfig
from scenair.core.io.paths import resources


class CmaqConfig(Section):
    """Options of the stage cmaq; every field has a default and says its unit."""

    #: gas and aerosol mechanism: ``resources/cmaq/mechanism_{name}.csv``, ``speciation_voc_{name}``
    mechanism: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = "cb6r5_ae7"
    #: set of emission streams in ``cmaq/streams.csv``; ``six`` keeps residential solid fuel apart
    streams: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = "five"
    #: potential combustion SOA of CMAQ for stoves (its rule was fitted to vehicle exhaust)
    pcvoc_stoves: bool = False
    #: ``days``: those of ``days``; ``representative``: one file a class of day and month, with a
    #: date mapping, exact for the whole year; ``year``: every day (about 0.4 GB a day on CN36)
    period: Literal["days", "representative", "year"] = "days"
    #: UTC days (MM-DD) to write; empty: the Wednesday nearest to the 15th of January and of July
    days: tuple[str, ...] = ()

    #: tops of the model's layers (m above ground) for 3-D gridded files; empty: one layer
    layer_tops_m: tuple[Annotated[float, Field(gt=0)], ...] = ()
    #: take the tops from a METCRO3D file instead (mean of ZF over cells and hours)
    layer_tops_from: str = ""
    #: write a deflated netCDF-4 copy of every file into ``archive/`` (not for CMAQ: slow to read)
    archive: bool = False
    #: where concentrations come from: the built-in surrogate, the same with a run kit beside it, or
    #: CMAQ itself (needs ``kit.executables``)
    mode: Literal["surrogate", "prepare", "run"] = "surrogate"
    kit: KitConfig = KitConfig()
    desid: DesidConfig = DesidConfig()

    @field_validator("mechanism")
    @classmethod
    def _known_mechanism(cls, name: str) -> str:
        folder = resources() / "cmaq"
        known = sorted(p.stem.removeprefix("mechanism_") for p in folder.glob("mechanism_*.csv"))
        if name not in known:
            raise ValueError(f"no table cmaq/mechanism_{name}.csv; there are {', '.join(known)}")
        return name

    @field_validator("layer_tops_m")
    @classmethod
    def _ascending(cls, tops: tuple[float, ...]) -> tuple[float, ...]:
        if any(high <= low for low, high in itertools.pairwise(tops)):
            raise ValueError("layer tops must ascend")
        return tops

    @field_validator("days")
    @classmethod
    def _dates(cls, days: tuple[str, ...]) -> tuple[str, ...]:
        for day in days:
            # 2024 has a 29th of February; whether the year has one is known only later
            dt.date.fromisoformat(f"2024-{day}")
        return tuple(sorted(set(days)))
