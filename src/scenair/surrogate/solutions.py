"""Solved quarters of many scenario-years as a dataset, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from scenair.core.errors import InputError
from scenair.surrogate.ozone import OzoneState
from scenair.surrogate.products import BESIDE, PARTS, VELOCITIES, Solution
from scenair.surrogate.quarter import TERMS, TRACERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scenair.core.grids import Grid
    from scenair.surrogate.sweep import Member

Array = npt.NDArray[np.float64]

_CONTROLLED = tuple(name for name in PARTS if name != "BACKGROUND")
_FIELD = ("member", "y", "x")


def member_name(member: Member) -> str:
    """``year/scenario``."""
    return f"{member[0]}/{member[1]}"


def solutions_dataset(
    solutions: Mapping[Member, Solution], *, emissions: Mapping[Member, str], grid: Grid
) -> xr.Dataset:
    """One quarter of all members, in double precision.

    Parameters
    ----------
    solutions : mapping of (year, scenario) -> Solution
    emissions : mapping of (year, scenario) -> str
        SHA-256 of the emission file that each was solved for.
    grid : Grid
    """
    every = list(solutions.values())
    data: dict[str, Any] = {
        name: (_FIELD, np.stack([s.parts[name] for s in every]), {"units": "ug m-3"})
        for name in _CONTROLLED
    }
    data |= {
        name: (_FIELD, np.stack([s.beside[name] for s in every]), {"units": "ug m-3"})
        for name in BESIDE
    }
    data["budget"] = (
        ("member", "tracer", "term"), np.stack([s.budget for s in every]), {"units": "ug s-1"},
    )  # fmt: skip
    # of the quarter: the same for all members
    for phase, name in VELOCITIES.items():
        data[name] = (("y", "x"), every[0].velocity[phase], {"units": "m s-1"})
    ozone = [s.ozone for s in every if s.ozone is not None]
    if ozone:
        data["ozone"] = (_FIELD, np.stack([o.ozone for o in ozone]), {"units": "ug m-3"})
        share = np.stack([o.nox_loss_share for o in ozone])
        data["nox_loss_share"] = (_FIELD, share, {"units": "1"})
    return xr.Dataset(
        data | {"emission_sha256": ("member", [emissions[m] for m in solutions])},
        coords={
            "member": [member_name(m) for m in solutions],
            "tracer": list(TRACERS),
            "term": list(TERMS),
            "y": ("y", grid.y, {"units": "m"}),
            "x": ("x", grid.x, {"units": "m"}),
        },
    )


def solution_from(ds: xr.Dataset, member: Member, *, emission: str, where: str) -> Solution:
    """One member of :func:`solutions_dataset`.

    Parameters
    ----------
    ds : Dataset
    member : (year, scenario)
    emission : str
        SHA-256 of the emission file that is there now.
    where : str
        Name of the file, for messages.

    Raises
    ------
    InputError
        The member is not there, was solved for other emissions, or holds what is no number.
    """
    name = member_name(member)
    if name not in ds["member"].values:
        raise InputError(
            "the sweep does not hold this scenario-year", where=where, value=name,
            allowed=", ".join(map(str, ds["member"].values)),
        )  # fmt: skip
    one = ds.sel(member=name).load()
    if str(one["emission_sha256"].item()) != emission:
        raise InputError(
            "solved for other emissions than those that are there now",
            where=f"{where}, member {name}",
            remedy="delete the file and run again",
        )
    parts = {part: one[part].values for part in _CONTROLLED}
    beside = {name: one[name].values for name in BESIDE}
    velocity = {phase: one[name].values for phase, name in VELOCITIES.items()}
    budget = one["budget"].transpose("tracer", "term").values
    for label, values in (*parts.items(), *beside.items(), ("budget", budget)):
        if not np.isfinite(values).all():
            raise InputError("values that are no numbers", where=f"{where}, variable {label}")
    ozone = None
    if "ozone" in ds:
        ozone = OzoneState(one["ozone"].values, one["nox_loss_share"].values, 0)
    return Solution(parts, beside, budget, velocity, ozone)
