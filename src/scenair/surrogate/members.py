"""Scenario-years of a quarter, solved side by side stage by stage; fields are (n, member)."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from scenair.surrogate.aerosol import Equilibrium
from scenair.surrogate.nonlinear import columns, row_blocks, solve_members
from scenair.surrogate.quarter import CONVERSIONS, TERMS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from scenair.surrogate.inverse import Inverse
    from scenair.surrogate.nitrogen import NitricAcid
    from scenair.surrogate.nonlinear import Index
    from scenair.surrogate.operator import Transport
    from scenair.surrogate.quarter import Quarter

Array = npt.NDArray[np.float64]

#: Stages in the order in which they are solved: operators, and tracers where they are linear.
STAGES: Final[dict[tuple[str, ...], tuple[str, ...]]] = {
    ("PRECURSOR",): ("PRECURSOR",),
    ("NOx",): (),
    ("SO2",): (),
    ("particle",): ("BC", "POA", "OTHER", "SO4", "SOA"),
    ("TNO3", "TNH4"): (),
}
#: Tracer whose losses an operator has, where it is not of the same name.
_LOSSES_OF: Final = {"particle": "BC"}
_NITRATE: Final = ("TNO3", "TNH4")
#: Relative correction at which a linear equation is solved.
_LINEAR: Final = 1e-9
#: The same of NOx: ozone of clean air is sensitive to what little of it there is.
_NOX: Final = 3e-9


def reference_loss(quarter: Quarter, operator: str) -> Array:
    """Rate times volume (n,) with which an operator is inverted, m3 s-1.

    Where members differ: NOx and SO2 are oxidised as in clean air; half of total nitrate and
    ammonium is in particles. Neither changes a solution, only the way to it.
    """
    tracer = _LOSSES_OF.get(operator, operator)
    half = np.full(quarter.transport.shape, 0.5) if tracer in _NITRATE else None
    terms = quarter.loss_terms(tracer, particle_share=half)
    return quarter.transport.flat(np.sum(list(terms.values()), axis=0))


class Members:
    """Concentrations of some scenario-years.

    Parameters
    ----------
    quarter : Quarter
        Its rates of NOx and SO2 are those in clean air.
    sources : sequence of mapping of tracer -> (layer, y, x)
        Of each member, ug s-1.
    inflow : mapping of tracer -> (layer, y, x), optional
        Enters through the borders, ug m-3; of all members.

    Attributes
    ----------
    concentration : dict of tracer -> (n, member)
        ug m-3.
    particle : dict of tracer -> (n, member)
        What is in particles of total nitrate and ammonium, ug m-3.
    share : dict of tracer -> (n, member)
        The same over the total.
    oxidation : (n, member)
        Rate of NOx to nitric acid, s-1.
    steps : (member,)
        Steps to total nitrate and ammonium.
    budgets : list of mapping of (tracer, term) -> float
        What enters and leaves, ug s-1, of each member.
    """

    def __init__(
        self,
        quarter: Quarter,
        sources: Sequence[Mapping[str, Array]],
        *,
        inflow: Mapping[str, Array] | None = None,
    ) -> None:
        self.quarter, self.sources, self.inflow = quarter, sources, dict(inflow or {})
        self.concentration: dict[str, Array] = {}
        self.particle: dict[str, Array] = {}
        self.share: dict[str, Array] = {}
        self.oxidation = np.zeros(0)
        self.steps = np.zeros(len(sources), dtype=np.int64)
        self.budgets: list[dict[tuple[str, str], float]] = [{} for _ in sources]
        self._conversion: dict[str, Array] = {}

    def solve(self, operators: tuple[str, ...], inverses: Sequence[Inverse]) -> None:
        """One of :data:`STAGES`."""
        if operators == ("NOx",):
            self._solve_nox(inverses[0])
        elif operators == ("SO2",):
            self._solve_so2(inverses[0])
        elif operators == _NITRATE:
            self._solve_nitrate(inverses)
        else:
            self._solve_linear(STAGES[operators], inverses[0])

    def emitted(self, tracer: str) -> Array:
        """Emissions (n, member), ug s-1."""
        flat = self.quarter.transport.flat
        return np.stack([flat(np.asarray(s.get(tracer, 0.0))) for s in self.sources], axis=1)

    def produced(self, tracer: str) -> Array:
        """Source of a tracer from its parent, (n, member), ug s-1."""
        if tracer not in CONVERSIONS:
            return np.zeros((1, len(self.sources)))
        parent, yield_, _ = CONVERSIONS[tracer]
        return yield_ * self._conversion[parent] * self.concentration[parent]

    def _right_hand_side(self, tracer: str) -> Array:
        transport = self.quarter.transport
        rhs = self.emitted(tracer) + self.produced(tracer)
        if tracer in self.inflow:
            rhs += (transport.inflow * transport.flat(self.inflow[tracer]))[:, None]
        return rhs

    def _losses(self, tracer: str, share: float | None = None) -> dict[str, Array]:
        """Losses of a tracer (n, 1), m3 s-1."""
        transport = self.quarter.transport
        given = None if share is None else np.full(transport.shape, share)
        terms = self.quarter.loss_terms(tracer, particle_share=given)
        return {term: transport.flat(loss)[:, None] for term, loss in terms.items()}

    def _solve_linear(self, tracers: tuple[str, ...], inverse: Inverse) -> None:
        rhs = np.concatenate([self._right_hand_side(name) for name in tracers], axis=1)
        found = np.split(inverse.solve(rhs), len(tracers), axis=1)
        for name, c in zip(tracers, found, strict=True):
            self._keep(name, np.ascontiguousarray(c), self._losses(name))

    def _solve_nox(self, inverse: Inverse) -> None:
        """NOx with the rate to nitric acid that its own concentration leaves."""
        transport = self.quarter.transport
        limits = _flat_limits(self.quarter.nitric_acid, transport)
        volume = transport.volume[:, None]
        terms = self._losses("NOx")
        removed = terms["dry_deposition"] + terms["wet_deposition"]
        rhs = self._right_hand_side("NOx")

        def correction(x: Array, members: Index) -> Array:
            residual = columns(rhs, members) - transport.matrix @ x
            for rows in row_blocks(x):
                rate = _rows_of(limits, rows).rate(x[rows])
                residual[rows] -= (removed[rows] + volume[rows] * rate) * x[rows]
            return inverse.correct(residual)

        nox, _ = solve_members(correction, inverse.correct(rhs), what="NOx", tolerance=_NOX)
        self.oxidation = limits.rate(nox)
        self._keep("NOx", nox, terms | {"conversion": volume * self.oxidation})

    def _solve_so2(self, inverse: Inverse) -> None:
        """SO2 with the hydroxyl that the NOx of its member leaves; linear."""
        transport = self.quarter.transport
        nox = self.concentration["NOx"]
        own = [self.quarter.with_nox(transport.field(column)) for column in nox.T]
        rates = [transport.flat(quarter.rate["oxidation_so2"]) for quarter in own]
        conversion = np.stack(rates, axis=1) * transport.volume[:, None]
        terms = self._losses("SO2") | {"conversion": conversion}
        loss = np.sum(np.broadcast_arrays(*terms.values()), axis=0)
        rhs = self._right_hand_side("SO2")

        def correction(x: Array, members: Index) -> Array:
            residual = columns(rhs, members) - transport.matrix @ x - columns(loss, members) * x
            return inverse.correct(residual)

        found, _ = solve_members(correction, inverse.correct(rhs), what="SO2", tolerance=_LINEAR)
        self._keep("SO2", found, terms)

    def _solve_nitrate(self, inverses: Sequence[Inverse]) -> None:
        """Total nitrate and ammonium; the share of particles sets how fast they are removed."""
        matrix = self.quarter.transport.matrix
        n = matrix.shape[0]
        parts = {"TNO3": slice(0, n), "TNH4": slice(n, 2 * n)}
        gas = {name: self._losses(name, 0.0) for name in _NITRATE}
        bound = {name: self._losses(name, 1.0) for name in _NITRATE}
        loss = np.concatenate([np.sum(list(gas[name].values()), axis=0) for name in _NITRATE])
        less = loss - np.concatenate(
            [np.sum(list(bound[name].values()), axis=0) for name in _NITRATE]
        )
        rhs = np.concatenate([self._right_hand_side(name) for name in _NITRATE])
        particles = self._equilibrium()

        def correct(residual: Array) -> Array:
            return np.concatenate(
                [i.correct(residual[p]) for i, p in zip(inverses, parts.values(), strict=True)]
            )

        def correction(x: Array, members: Index) -> Array:
            residual, given = particles(x, members), columns(rhs, members)
            for rows in row_blocks(x):
                residual[rows] *= less[rows]
                residual[rows] += given[rows] - loss[rows] * x[rows]
            for part in parts.values():
                residual[part] -= matrix @ x[part]
            return correct(residual)

        total, self.steps = solve_members(
            correction, correct(rhs), parts=list(parts.values()), what="total nitrate and ammonium"
        )
        particle = particles(total, np.arange(total.shape[1]))
        for name, part in parts.items():
            c, p = total[part], particle[part]
            share = np.where(c > 0, p / np.where(c > 0, c, 1.0), 0.0)
            self.particle[name], self.share[name] = p, share
            terms = {k: (1 - share) * gas[name][k] + share * bound[name][k] for k in gas[name]}
            self._keep(name, c, terms)

    def _equilibrium(self) -> Callable[[Array, Index], Array]:
        """What is in particles, (2 n, k), of total nitrate above total ammonium."""
        transport = self.quarter.transport
        n = transport.matrix.shape[0]
        state = {name: transport.flat(field)[:, None] for name, field in self.quarter.state.items()}
        equilibrium = Equilibrium(**state)
        sulfate = np.maximum(self.concentration["SO4"], 0.0)

        def particles(x: Array, members: Index) -> Array:
            out, acid = np.empty_like(x), columns(sulfate, members)
            for rows in row_blocks(x[:n]):
                below = slice(rows.start + n, rows.stop + n)
                out[rows], out[below] = equilibrium.rows(rows).partition(
                    acid[rows], np.maximum(x[rows], 0.0), np.maximum(x[below], 0.0)
                )
            return out

        return particles

    def _keep(self, tracer: str, c: Array, losses: Mapping[str, Array]) -> None:
        """Keep what was solved of a tracer, and its budget."""
        transport = self.quarter.transport
        self.concentration[tracer] = c
        if "conversion" in losses:
            self._conversion[tracer] = losses["conversion"]
        none = np.zeros(len(self.sources))
        terms = dict.fromkeys(TERMS, none)
        terms["emission"] = self.emitted(tracer).sum(axis=0)
        terms["production"] = self.produced(tracer).sum(axis=0) + none
        if tracer in self.inflow:
            terms["inflow"] = none + transport.inflow @ transport.flat(self.inflow[tracer])
        terms |= {term: (loss * c).sum(axis=0) for term, loss in losses.items()}
        terms["outflow"] = transport.outflow @ c
        for i, budget in enumerate(self.budgets):
            budget |= {(tracer, term): float(value[i]) for term, value in terms.items()}


def _flat_limits(limits: NitricAcid, transport: Transport) -> NitricAcid:
    """The same with its fields (n, 1)."""
    return _each_field(limits, lambda field: transport.flat(field)[:, None])


def _rows_of(limits: NitricAcid, rows: slice) -> NitricAcid:
    return _each_field(limits, lambda field: field[rows])


def _each_field(limits: NitricAcid, change: Callable[[Array], Array]) -> NitricAcid:
    arrays: dict[str, Any] = {
        f.name: change(value)
        for f in fields(limits)
        if isinstance(value := getattr(limits, f.name), np.ndarray)
    }
    return replace(limits, **arrays)
