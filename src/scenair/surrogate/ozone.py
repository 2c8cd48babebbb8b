"""Ozone of the warm season: radical balance in each cell, then transport of Ox.

Production follows from a steady state of peroxy radicals, hydroxyl and the photostationary state
of NO, NO2 and O3 (Kleinman 2005, Atmos. Environ. 39, 575-586, in spirit); Ox = O3 + NO2 is
then transported by the operator of the particles with its own losses. Absolute values are not
used; the relative response is. Biogenic VOC are an input that has to be given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from scenair.core.constants import GAS_CONSTANT
from scenair.core.errors import InputError
from scenair.surrogate.layers import middle
from scenair.surrogate.solver import ColumnSystem

if TYPE_CHECKING:
    from scenair.surrogate.parameters import Parameters
    from scenair.surrogate.quarter import Quarter

Array = npt.NDArray[np.float64]

_STEPS: Final = 200
#: Relative change of the peroxy radicals at which their balance is reached.
_BALANCE: Final = 1e-5
_LOOPS: Final = 12
_LOOP_TOLERANCE_PPB: Final = 0.05
M_O3: Final = 47.998
M_NO2: Final = 46.0055
#: Molecules cm-3 of one ppb at 298 K and 1 atm.
_PER_PPB: Final = 2.46e10


class Balance(NamedTuple):
    """State of the photochemistry.

    Attributes
    ----------
    ozone, no, no2 : array
        ppb.
    production : array
        Net chemical source of Ox, ppb h-1 (production less NO2 + OH).
    gross : array
        Production of Ox by peroxy radicals with NO, ppb h-1.
    nox_loss_share : array
        L_N / Q, share of radicals lost by reaction with nitrogen oxides: 1 where ozone is
        limited by VOC, 0 where by NOx.
    hydroxyl : array
        molecules cm-3.
    peroxy : array
        ppb.
    """

    ozone: Array
    no: Array
    no2: Array
    production: Array
    gross: Array
    nox_loss_share: Array
    hydroxyl: Array
    peroxy: Array


@dataclass(frozen=True)
class Rates:
    """Rate constants in ppb-1 s-1 and s-1 (300 K)."""

    peroxy_no: float
    ozone_no: float
    hydroxyl_no2: float
    peroxy_self: float
    peroxy_cross: float
    nitrate_yield: float
    photolysis: float


def rates(par: Parameters) -> Rates:
    """Rate constants from the parameter table (cm3 molecule-1 s-1 there)."""

    def per_ppb(name: str) -> float:
        return par[name] * _PER_PPB

    return Rates(
        per_ppb("k_peroxy_no"),
        per_ppb("k_ozone_no"),
        per_ppb("k_hydroxyl_no2"),
        per_ppb("k_peroxy_self"),
        per_ppb("k_peroxy_cross"),
        par["organic_nitrate_yield"],
        par["photolysis_no2"],
    )


def balance(
    nox: Array,
    oxidant: Array,
    *,
    radicals: Array,
    reactivity: Array,
    k: Rates,
    start: Array | None = None,
) -> Balance:
    """Radical balance and photostationary state.

    Parameters
    ----------
    nox, oxidant : array
        NOx and Ox = O3 + NO2, ppb.
    radicals : array
        Primary production of radicals Q, ppb h-1.
    reactivity : array
        Reactivity of OH with VOC, CO and CH4, s-1.
    k : Rates
    start : array, optional
        Peroxy radicals (ppb) to begin with.
    """
    q = np.asarray(radicals, dtype=np.float64) / 3600
    nox = np.maximum(nox, 1e-6)
    oxidant = np.maximum(oxidant, 1e-6)
    peroxy = np.full(np.broadcast_shapes(nox.shape, oxidant.shape, q.shape), 0.01)
    if start is not None:
        peroxy[...] = start
    for _ in range(_STEPS):
        ozone = _photostationary(nox, oxidant, peroxy, k)
        no2 = np.clip(oxidant - ozone, 0.0, nox)
        no = nox - no2
        a = (
            2 * (k.peroxy_self + k.peroxy_cross)
            + k.hydroxyl_no2 * no2 * k.peroxy_cross / reactivity
        )
        b = (k.hydroxyl_no2 * no2 / reactivity + k.nitrate_yield) * k.peroxy_no * no
        new = (-b + np.sqrt(b * b + 4 * a * q)) / (2 * a)
        done = np.abs(new - peroxy).max() <= _BALANCE * float(new.max())
        peroxy = 0.5 * (peroxy + new)
        if done:
            break
    hydroxyl = (k.peroxy_no * no * peroxy + k.peroxy_cross * peroxy**2) / reactivity
    gross = 2 * k.peroxy_no * no * peroxy * (1 - k.nitrate_yield / 2)
    loss = k.hydroxyl_no2 * hydroxyl * no2
    by_nitrogen = (loss + k.nitrate_yield * k.peroxy_no * no * peroxy) / q
    return Balance(
        ozone,
        no,
        no2,
        (gross - loss) * 3600,
        gross * 3600,
        by_nitrogen,
        hydroxyl * _PER_PPB,
        peroxy,
    )


def _photostationary(nox: Array, oxidant: Array, peroxy: Array, k: Rates) -> Array:
    """O3 (ppb) from ``J NO2 = NO (k O3 + 2 kN x)`` with NO2 = Ox - O3, NO = NOx - NO2."""
    extra = 2 * k.peroxy_no * peroxy
    # NO2 = Ox - O3; (J + extra)(Ox - O3) = k O3 (NOx - Ox + O3) + extra NOx
    b = k.ozone_no * (nox - oxidant) + k.photolysis + extra
    c = extra * nox - (k.photolysis + extra) * oxidant
    root = (-b + np.sqrt(b * b - 4 * k.ozone_no * c)) / (2 * k.ozone_no)
    return np.clip(root, 0.0, oxidant)


def require_biogenic(reactivity: Array | None, *, where: str) -> Array:
    """The reactivity of biogenic VOC, or a message that ozone can't be had without it.

    Raises
    ------
    InputError
        Not given, negative, missing values, or zero everywhere.
    """
    if reactivity is None:
        raise InputError(
            "the ozone module needs biogenic VOC",
            where=where,
            remedy="give a table or field of biogenic reactivity; without it rural ozone is wrong "
            "in sign, so no ozone is computed",
        )
    values = np.asarray(reactivity, dtype=np.float64)
    if not np.isfinite(values).all() or (values < 0).any() or not (values > 0).any():
        raise InputError(
            "biogenic reactivity must be finite, not negative, and not zero everywhere", where=where
        )
    return values


@dataclass(frozen=True)
class OzoneState:
    """Ozone of a quarter in the lowest layer by day.

    Attributes
    ----------
    ozone : (y, x)
        ug m-3.
    nox_loss_share : (y, x)
        L_N / Q.
    loops : int
        Rounds of chemistry and transport.
    """

    ozone: Array
    nox_loss_share: Array
    loops: int


def run_ozone(
    quarter: Quarter,
    nox: Array,
    voc_source: Array,
    *,
    direct_no2: Array,
    biogenic: Array,
    par: Parameters,
) -> OzoneState:
    """Photochemistry and transport of Ox, in turn until they agree.

    Parameters
    ----------
    quarter : Quarter
    nox : (layer, y, x)
        NOx as NO2, ug m-3.
    voc_source : (layer, y, x)
        Anthropogenic NMVOC, ug s-1.
    direct_no2 : (layer, y, x)
        NOx emissions as NO2, ug s-1.
    biogenic : (y, x)
        Reactivity of biogenic VOC near the ground by day, s-1.
    par : Parameters
    """
    transport, k = quarter.transport, rates(par)
    volume = transport.field(transport.volume)
    ppb = GAS_CONSTANT * quarter.state["temperature"] / quarter.state["pressure"] * 1e3
    system = ColumnSystem(transport, {"VOC": transport.flat(par["loss_voc"] * volume)})
    voc = transport.field(system.solve(("VOC",), transport.flat(voc_source)[:, None], rtol=1e-6))
    height = middle(tuple(np.cumsum(volume[:, 0, 0] / quarter.area[0, 0])))[:, None, None]
    reactivity = (
        par["reactivity_background"]
        + par["reactivity_of_voc"] * voc[..., 0]
        + biogenic * np.exp(-height / par["biogenic_scale_height"])
    )
    day_nox = nox / M_NO2 * ppb * par["daytime_nox_share"]
    warmth = np.broadcast_to(quarter.warmth, transport.shape)
    radicals = par.at("radical_production", warmth) * np.exp(-height / par["radical_scale_height"])
    deposition = quarter.dry["ozone"]
    day_share = par.at("daylight_share", warmth)
    direct = par["direct_no2_share"] * direct_no2 / M_NO2 * ppb
    # unpolluted air is in balance with its own sources, deposition included, so ozone is the
    # background where nothing is emitted
    kept = par["loss_oxidant"] * volume
    kept[0] += deposition * quarter.area
    inflow = (transport.inflow + transport.flat(kept)) * par["ozone_background"]
    oxidant = np.full(transport.shape, par["ozone_background"])
    loops, change = 0, np.inf
    peroxy: Array | None = None
    while loops < _LOOPS and change > _LOOP_TOLERANCE_PPB:
        loops += 1
        day = balance(day_nox, oxidant, radicals=radicals, reactivity=reactivity, k=k, start=peroxy)
        peroxy = day.peroxy
        loss = par["loss_oxidant"] * volume
        loss[0] += deposition * quarter.area * day.ozone[0] / oxidant[0]
        # what nitrogen takes is a loss in proportion to Ox, so Ox stays positive
        taken = (day.gross - day.production) / 3600 / oxidant
        loss += day_share * taken * volume
        system.set_loss("Ox", transport.flat(loss))
        source = day_share * day.gross / 3600 * volume + direct
        rhs = transport.flat(source) + inflow
        start = transport.flat(oxidant)[:, None]
        new = transport.field(system.solve(("Ox",), rhs[:, None], start=start, rtol=1e-7))[..., 0]
        change = float(np.abs(new - oxidant)[0].max())
        oxidant = np.maximum(new, 1e-3)
    day = balance(day_nox, oxidant, radicals=radicals, reactivity=reactivity, k=k)
    return OzoneState(day.ozone[0] * M_O3 / ppb[0], day.nox_loss_share[0], loops)
