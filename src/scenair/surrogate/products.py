"""The file ``annual.nc``: fields, budgets, and what is checked when it is read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from scenair.core.audit.closure import COLUMNS
from scenair.core.errors import MassBalanceError
from scenair.core.periods import QUARTERS, days_in_quarters
from scenair.surrogate.quarter import TERMS, TRACERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scenair.core.grids import Grid
    from scenair.surrogate.model import Result
    from scenair.surrogate.ozone import OzoneState
    from scenair.surrogate.quarter import Quarter

Array = npt.NDArray[np.float64]

PARTS: Final = ("SO4", "NO3", "NH4", "BC", "OA", "OTHER", "BACKGROUND")
LONG_NAMES: Final = {
    "PM25": "PM2.5, dry",
    "SO4": "sulfate in PM2.5",
    "NO3": "nitrate in PM2.5",
    "NH4": "ammonium in PM2.5",
    "BC": "black carbon in PM2.5",
    "OA": "organic aerosol in PM2.5, primary and from controlled precursors",
    "OTHER": "other primary PM2.5",
    "BACKGROUND": "PM2.5 that no scenario controls",
    "SOA": "secondary organic aerosol of controlled precursors",
    "SO2": "sulfur dioxide of controlled emissions",
    "NOx": "nitrogen oxides of controlled emissions, as NO2 by mass",
}
#: Fields beside the parts of PM2.5: name -> the tracer, and what a reader must know.
BESIDE: Final = {
    "SOA": ("SOA", "part of OA, so not a further part of PM25"),
    "SO2": ("SO2", "gas, ambient conditions; no background; only its relative change is used"),
    "NOx": ("NOx", "gas, ambient conditions; no background; only its relative change is used"),
}
#: Numbers of the quarters from April to September.
WARM_QUARTERS: Final = (1, 2)
_PER_UG_MG: Final = 1e-12
#: Written field -> tracers whose dry deposition can be recomputed from it, and the phase.
_CHECKED: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "BC": (("BC",), "particle"),
    "OTHER": (("OTHER",), "particle"),
    "SO4": (("SO4",), "particle"),
    "OA": (("POA", "SOA"), "particle"),
    "SOA": (("SOA",), "particle"),
    "SO2": (("SO2",), "so2"),
    "NOx": (("NOx",), "nox"),
}
#: Phase -> variable of its deposition velocity.
VELOCITIES: Final = {
    "particle": "deposition_velocity",
    "so2": "deposition_velocity_SO2",
    "nox": "deposition_velocity_NOx",
}
#: Field -> part whose anchoring holds for it too.
_ANCHORED_WITH: Final = {"SOA": "OA"}


def surface_parts(result: Result) -> dict[str, Array]:
    """Concentrations of the controlled parts in the lowest layer, (y, x), ug m-3."""
    c = {name: values[0] for name, values in result.tracer.items()}
    return {
        "SO4": c["SO4"],
        "NO3": result.nitrate[0],
        "NH4": result.ammonium[0],
        "BC": c["BC"],
        "OA": c["POA"] + c["SOA"],
        "OTHER": c["OTHER"],
    }


class Solution(NamedTuple):
    """What is kept of a solved quarter of one scenario-year.

    Attributes
    ----------
    parts : mapping of part -> (y, x)
        Controlled parts in the lowest layer, ug m-3.
    beside : mapping of name -> (y, x)
        The fields of :data:`BESIDE` in the lowest layer, ug m-3.
    budget : (tracer, term)
        ug s-1.
    velocity : mapping of phase -> (y, x)
        Deposition velocity seen by the lowest layer, m s-1.
    ozone : OzoneState, optional
        Of a warm quarter.
    """

    parts: Mapping[str, Array]
    beside: Mapping[str, Array]
    budget: Array
    velocity: Mapping[str, Array]
    ozone: OzoneState | None


def solution_of(quarter: Quarter, result: Result, ozone: OzoneState | None) -> Solution:
    """What is kept of a quarter."""
    budget = np.array([[result.budget[t, k] for k in TERMS] for t in TRACERS])
    beside = {name: result.tracer[tracer][0] for name, (tracer, _) in BESIDE.items()}
    velocity = {phase: quarter.dry[phase] for phase in VELOCITIES}
    return Solution(surface_parts(result), beside, budget, velocity, ozone)


def annual_dataset(
    solutions: Sequence[Solution],
    *,
    background: Array,
    year: int,
    grid: Grid,
    factors: Mapping[str, Array] | None = None,
) -> xr.Dataset:
    """Quarterly and annual fields with the budgets.

    Parameters
    ----------
    solutions : four of Solution
    background : (quarter, y, x)
        ug m-3.
    year : int
    grid : Grid
    factors : mapping of part -> (quarter, y, x), optional
        Anchoring; recorded in the file.
    """
    days = days_in_quarters(year)
    data: dict[str, Any] = {}
    for name, values in _fields(solutions, background, factors).items():
        attrs = {"units": "ug m-3", "long_name": LONG_NAMES[name], "grid_mapping": "crs"}
        if name in BESIDE:
            attrs["note"] = BESIDE[name][1]
        data[name] = (("quarter", "y", "x"), values, attrs)
        annual = np.average(values.astype(np.float64), axis=0, weights=days)
        data[f"{name}_annual"] = (("y", "x"), annual.astype(np.float32), attrs)
    seconds = days * 86_400.0
    budget = np.stack([solution.budget for solution in solutions], axis=1)
    budget *= seconds[:, None] * _PER_UG_MG
    data["budget"] = (("tracer", "quarter", "term"), budget, {"units": "Mg"})
    for phase, name in VELOCITIES.items():
        data[name] = (
            ("quarter", "y", "x"),
            np.stack([s.velocity[phase] for s in solutions]).astype(np.float32),
            {"units": "m s-1", "long_name": f"dry deposition velocity, {phase}"},
        )
    for name, factor in (factors or {}).items():
        data[f"anchor_{name}"] = (
            ("quarter", "y", "x"), factor.astype(np.float64), {"units": "1"},
        )  # fmt: skip
    ozone = {q: s.ozone for q, s in enumerate(solutions) if s.ozone is not None}
    data |= _warm_season(ozone, days=days)
    data["cell_area"] = (("y", "x"), grid.cell_area, {"units": "m2"})
    coords = {
        "quarter": np.array(QUARTERS),
        "tracer": np.array(TRACERS),
        "term": np.array(TERMS),
        "y": ("y", grid.y, {"units": "m"}),
        "x": ("x", grid.x, {"units": "m"}),
    }
    ds = xr.Dataset(data, coords=coords)
    ds["crs"] = ((), np.int32(0), grid.cf_attributes())
    return ds


def _fields(
    solutions: Sequence[Solution], background: Array, factors: Mapping[str, Array] | None
) -> dict[str, npt.NDArray[np.float32]]:
    """PM25, its parts and what stands beside them, (quarter, y, x), anchored where asked for."""

    def written(name: str, quarters: Sequence[Array]) -> npt.NDArray[np.float32]:
        part = _ANCHORED_WITH.get(name, name)
        factor = 1.0 if factors is None or part not in factors else factors[part]
        return np.asarray(np.maximum(np.stack(quarters), 0.0) * factor, dtype=np.float32)

    controlled = [name for name in PARTS if name != "BACKGROUND"]
    fields = {name: written(name, [s.parts[name] for s in solutions]) for name in controlled}
    fields["BACKGROUND"] = background.astype(np.float32)
    total = np.sum([f.astype(np.float64) for f in fields.values()], axis=0)
    beside = {name: written(name, [s.beside[name] for s in solutions]) for name in BESIDE}
    return {"PM25": total.astype(np.float32)} | fields | beside


def _warm_season(ozone: Mapping[int, OzoneState], *, days: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Ozone by day from April to September, (y, x)."""
    if not ozone:
        return {}
    weights = [days[q] for q in ozone]
    mean = np.average([state.ozone for state in ozone.values()], axis=0, weights=weights)
    share = np.average([state.nox_loss_share for state in ozone.values()], axis=0, weights=weights)
    return {
        "O3_WARM": (
            ("y", "x"),
            mean.astype(np.float32),
            {
                "units": "ug m-3",
                "long_name": "ozone by day, April to September",
                "note": "only its relative change is used",
                "grid_mapping": "crs",
            },
        ),
        "O3_REGIME_WARM": (
            ("y", "x"),
            share.astype(np.float32),
            {
                "units": "1",
                "long_name": "share of radicals lost with nitrogen oxides, L_N / Q",
                "note": "above 0.5 ozone is limited by VOC, below by NOx (Kleinman 2005)",
                "grid_mapping": "crs",
            },
        ),
    }


def budget_closure(ds: xr.Dataset) -> pd.DataFrame:
    """Closure rows of every tracer and quarter from the budgets in the file, Mg.

    ``species`` is the tracer and ``sector`` the quarter; what leaves the domain is ``outside``.
    """
    budget = ds["budget"].transpose("tracer", "quarter", "term")
    term = {k: budget.sel(term=k).values for k in TERMS}
    into = term["emission"] + term["production"] + term["inflow"]
    out = term["dry_deposition"] + term["wet_deposition"] + term["conversion"]
    difference = out + term["outflow"] - into
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where((into == 0) & (difference == 0), 0.0, difference / into)
    frame = pd.DataFrame(
        {
            "stage": "surrogate transport",
            "species": np.repeat(ds["tracer"].values, ds.sizes["quarter"]),
            "sector": np.tile(ds["quarter"].values, ds.sizes["tracer"]),
            "mass_in": into.ravel(),
            "mass_out": out.ravel(),
            "outside": term["outflow"].ravel(),
            "relative_error": relative.ravel(),
        }
    )
    return frame[list(COLUMNS)]


def check_fields(ds: xr.Dataset, *, year: int, where: str) -> None:
    """Stop where the written fields contradict each other or the budgets.

    PM25 is the sum of its parts, SOA is a part of OA, the annual mean is that of the quarters, and
    the dry deposition of particles, SO2 and NOx follows from their surface concentration.

    Raises
    ------
    MassBalanceError
    """
    parts = np.sum([ds[name].values.astype(np.float64) for name in PARTS], axis=0)
    _agree(ds["PM25"].values, parts, what="PM25 is not the sum of its parts", where=where)
    over = ds["SOA"].values > ds["OA"].values * (1 + 1e-6) + 1e-6
    if over.any():
        raise MassBalanceError("more SOA than organic aerosol", where=where, value=int(over.sum()))
    days = days_in_quarters(year)
    for name in ("PM25", *PARTS, *BESIDE):
        annual = np.average(ds[name].values.astype(np.float64), axis=0, weights=days)
        _agree(ds[f"{name}_annual"].values, annual, what=f"annual mean of {name}", where=where)
    for field, (tracers, phase) in _CHECKED.items():
        volume = ds[VELOCITIES[phase]].astype(np.float64) * ds["cell_area"]
        own = ds[field].astype(np.float64)
        anchor = f"anchor_{_ANCHORED_WITH.get(field, field)}"
        if anchor in ds:
            own = own / ds[anchor]
        flux = (volume * own).sum(("y", "x")).values
        mass = flux * days * 86_400.0 * _PER_UG_MG
        term = ds["budget"].sel(tracer=list(tracers), term="dry_deposition")
        budget = term.sum("tracer").values
        _agree(mass, budget, what=f"dry deposition of {field} and its budget", where=where)


def _agree(found: npt.NDArray[np.floating], expected: Array, *, what: str, where: str) -> None:
    error = np.abs(found - expected)
    bad = ~(error <= 1e-6 * np.maximum(np.abs(expected), 1e-6))
    if bad.any():
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        raise MassBalanceError(
            what,
            where=f"{where}, index {at}",
            value=f"{found[at]:.9g} against {expected[at]:.9g} ({int(bad.sum())} such)",
            allowed="relative error up to 1e-06",
            remedy="the file was changed or damaged after it was written: delete it and run again",
        )
