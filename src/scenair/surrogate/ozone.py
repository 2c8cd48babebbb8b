"""Ozone of the warm season: photochemistry in each cell and transport of Ox, for many members.

Ox = O3 + NO2 is transported by the operator of the particles with its own losses; its production
is that of :mod:`.photochemistry`. Absolute values are not used; the relative response is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from scenair.core.constants import GAS_CONSTANT
from scenair.surrogate.inverse import Iterated
from scenair.surrogate.layers import middle
from scenair.surrogate.members import Members
from scenair.surrogate.nonlinear import columns, row_blocks, solve_members
from scenair.surrogate.photochemistry import M_NO2, M_O3, Balance, balance, rates
from scenair.surrogate.solver import ColumnSystem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scenair.surrogate.inverse import Inverse
    from scenair.surrogate.nonlinear import Index
    from scenair.surrogate.parameters import Parameters
    from scenair.surrogate.quarter import Quarter

Array = npt.NDArray[np.float64]

#: Operators of the module, in the order in which they are solved.
OPERATORS: Final = ("VOC", "Ox")
#: Relative correction of Ox; where nitrogen oxides prevail, ozone is a small rest of it.
_TOLERANCE: Final = 3e-9


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
        Steps of chemistry and transport.
    whole : Whole, optional
        Fields of all layers, where they are wanted.
    """

    ozone: Array
    nox_loss_share: Array
    loops: int
    whole: Whole | None = None


class Whole(NamedTuple):
    """Ox and VOC of all layers, or what of them enters through the borders of a nest.

    Attributes
    ----------
    oxidant : (layer, y, x)
        ppb.
    voc : (layer, y, x)
        Anthropogenic, ug m-3.
    """

    oxidant: Array
    voc: Array


class Air:
    """What the photochemistry of a quarter does not take from its emissions; (n, 1) each.

    Parameters
    ----------
    quarter : Quarter
    biogenic : (y, x)
        Reactivity of biogenic VOC near the ground by day, s-1.
    par : Parameters

    Attributes
    ----------
    ppb
        ppb of 1 ug m-3 of a species of 1 g mol-1.
    reactivity
        Of OH without anthropogenic VOC, s-1.
    radicals
        Primary production, ppb h-1.
    day_share
        Share of daylight.
    deposition
        Velocity times area in the lowest layer, 0 above, m3 s-1.
    lost
        Loss of Ox aloft and near the ground, m3 s-1.
    """

    def __init__(self, quarter: Quarter, *, biogenic: Array, par: Parameters) -> None:
        transport = quarter.transport
        volume = transport.field(transport.volume)
        depth = volume[:, 0, 0] / quarter.area[0, 0]
        height = middle(tuple(np.cumsum(depth)))[:, None, None]
        warmth = np.broadcast_to(quarter.warmth, transport.shape)

        def flat(field: Array) -> Array:
            return transport.flat(field)[:, None]

        self.quarter, self.par = quarter, par
        self.ppb = flat(
            GAS_CONSTANT * quarter.state["temperature"] / quarter.state["pressure"] * 1e3
        )
        self.reactivity = flat(
            par["reactivity_background"] + biogenic * np.exp(-height / par["biogenic_scale_height"])
        )
        self.radicals = flat(
            par.at("radical_production", warmth) * np.exp(-height / par["radical_scale_height"])
        )
        self.day_share = flat(par.at("daylight_share", warmth))
        dry = np.zeros(transport.shape)
        dry[0] = quarter.dry["ozone"] * quarter.area
        self.deposition = flat(dry)
        self.lost = flat(par["loss_oxidant"] * volume)

    def reference_loss(self, operator: str) -> Array:
        """Rate times volume (n,) with which one of :data:`OPERATORS` is inverted, m3 s-1."""
        if operator == "VOC":
            return self.par["loss_voc"] * self.quarter.transport.volume
        return (self.lost + self.deposition)[:, 0]


class OzoneMembers:
    """Ozone of some scenario-years of a quarter, stage by stage; fields are (n, member).

    Parameters
    ----------
    air : Air
    members : Members
        Solved for NOx.
    voc : sequence of (layer, y, x)
        Anthropogenic NMVOC of each member, ug s-1.
    edge : Whole, optional
        What enters with the inflow; without it no VOC, and the ozone background.
    """

    def __init__(
        self, air: Air, members: Members, voc: Sequence[Array], *, edge: Whole | None = None
    ) -> None:
        self.air, self._members, self._voc_source = air, members, voc
        transport = air.quarter.transport
        outside = edge or Whole(np.array(air.par["ozone_background"]), np.zeros(()))
        self._entering = {
            "VOC": (transport.inflow * transport.flat(outside.voc))[:, None],
            "Ox": (transport.inflow * transport.flat(outside.oxidant))[:, None],
        }

    def solve(self, operator: str, inverses: Sequence[Inverse]) -> None:
        """One of :data:`OPERATORS`, with its inverse."""
        if operator == "VOC":
            flat = self.air.quarter.transport.flat
            source = np.stack([flat(v) for v in self._voc_source], axis=1)
            self._voc = inverses[0].solve(source + self._entering["VOC"])
        else:
            self._solve_oxidant(inverses[0])

    def _solve_oxidant(self, inverse: Inverse) -> None:
        """Ox with the production that its own ozone leaves."""
        air, par, transport = self.air, self.air.par, self.air.quarter.transport
        nox = self._members.concentration["NOx"]
        self._day_nox = nox / M_NO2 * air.ppb * par["daytime_nox_share"]
        direct = par["direct_no2_share"] * self._members.emitted("NOx") / M_NO2 * air.ppb
        # unpolluted air is in balance with its own sources, deposition included, so ozone is the
        # background where nothing is emitted
        clean = (air.lost + air.deposition) * par["ozone_background"]
        rhs = direct + clean + self._entering["Ox"]
        by_day = air.day_share * transport.volume[:, None] / 3600
        self._peroxy = np.full(nox.shape, 0.01)

        def correction(x: Array, members: Index) -> Array:
            ozone, production = self._chemistry(x, members)
            residual = columns(rhs, members) - transport.matrix @ x - air.lost * x
            residual += by_day * production - air.deposition * ozone
            return inverse.correct(residual)

        start = np.full(nox.shape, par["ozone_background"])
        self._oxidant, self._steps = solve_members(
            correction, start, what="Ox", tolerance=_TOLERANCE
        )

    def _chemistry(self, oxidant: Array, members: Index) -> tuple[Array, Array]:
        """Ozone, ppb, and net production of Ox, ppb h-1, by day."""
        ozone, production = np.empty_like(oxidant), np.empty_like(oxidant)
        for rows in row_blocks(oxidant):
            day = self._balance(rows, oxidant[rows], members)
            ozone[rows], production[rows] = day.ozone, day.production
            self._peroxy[rows, members] = day.peroxy
        return ozone, production

    def _balance(self, rows: slice, oxidant: Array, members: Index) -> Balance:
        air, par = self.air, self.air.par
        voc = self._voc[rows][:, members]
        return balance(
            self._day_nox[rows][:, members],
            oxidant,
            radicals=air.radicals[rows],
            reactivity=air.reactivity[rows] + par["reactivity_of_voc"] * voc,
            k=rates(par),
            start=self._peroxy[rows][:, members],
        )

    def whole(self, member: int) -> Whole:
        """Fields of all layers of a member."""
        field = self.air.quarter.transport.field
        found = (field(x[:, member]) for x in (self._oxidant, self._voc))
        return Whole(*(np.ascontiguousarray(values) for values in found))

    def states(self) -> list[OzoneState]:
        """What was found for each of the members."""
        transport = self.air.quarter.transport
        lowest = slice(None, None, transport.shape[0])
        day = self._balance(lowest, self._oxidant[lowest], np.arange(self._oxidant.shape[1]))
        shape = (*transport.shape[1:], -1)
        ozone = (day.ozone * M_O3 / self.air.ppb[lowest]).reshape(shape)
        share = day.nox_loss_share.reshape(shape)
        return [
            OzoneState(ozone[..., i].copy(), share[..., i].copy(), int(steps))
            for i, steps in enumerate(self._steps)
        ]


def run_ozone(
    quarter: Quarter,
    nox: Array,
    voc_source: Array,
    *,
    direct_no2: Array,
    biogenic: Array,
    par: Parameters,
    edge: Whole | None = None,
    whole: bool = False,
) -> OzoneState:
    """Photochemistry and transport of Ox of one scenario-year.

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
    edge : Whole, optional
        What enters with the inflow of a nest.
    whole : bool
        Keep the fields of all layers.

    Raises
    ------
    NotConvergedError
    """
    air = Air(quarter, biogenic=biogenic, par=par)
    members = Members(quarter, [{"NOx": direct_no2}])
    members.concentration["NOx"] = quarter.transport.flat(nox)[:, None]
    ozone = OzoneMembers(air, members, [voc_source], edge=edge)
    system = ColumnSystem(quarter.transport, {})
    for operator in OPERATORS:
        ozone.solve(operator, [Iterated(system, operator, air.reference_loss(operator))])
    state = ozone.states()[0]
    return replace(state, whole=ozone.whole(0)) if whole else state
