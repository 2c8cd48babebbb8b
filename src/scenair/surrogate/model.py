"""A quarter of the surrogate: sources in, concentrations and the budget of every tracer out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from scenair.surrogate.aerosol import partition
from scenair.surrogate.quarter import CONVERSIONS, PHASES, TERMS, TRACERS
from scenair.surrogate.solver import Anderson, ColumnSystem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scenair.surrogate.quarter import Quarter

Array = npt.NDArray[np.float64]

_PICARD: Final = 12
_PICARD_TOLERANCE: Final = 1e-3


@dataclass(frozen=True)
class Result:
    """Concentrations of a quarter.

    Attributes
    ----------
    tracer : mapping of tracer -> (layer, y, x)
        ug m-3.
    nitrate, ammonium : (layer, y, x)
        Particle phase, ug m-3.
    particle_share : mapping of tracer -> (layer, y, x)
        Share of total nitrate and ammonium in the particle phase that set their removal.
    budget : mapping of (tracer, term) -> float
        ug s-1.
    picard : int
        Steps that the particle share took.
    oxidation_nox : (layer, y, x)
        Rate of NOx to nitric acid that was reached, s-1.
    """

    tracer: Mapping[str, Array]
    nitrate: Array
    ammonium: Array
    particle_share: Mapping[str, Array]
    budget: Mapping[tuple[str, str], float]
    picard: int
    oxidation_nox: Array


def share_of(part: Array, total: Array) -> Array:
    """``part / total``, 0 where there is nothing."""
    return np.where(total > 0, part / np.where(total > 0, total, 1.0), 0.0)


def run_quarter(
    quarter: Quarter,
    sources: Mapping[str, Array],
    *,
    inflow: Mapping[str, Array] | None = None,
    system: ColumnSystem | None = None,
    start: Mapping[str, Array] | None = None,
) -> Result:
    """Steady state of all tracers.

    Parameters
    ----------
    quarter : Quarter
    sources : mapping of tracer -> (layer, y, x)
        Emissions, ug s-1.
    inflow : mapping of tracer -> (layer, y, x), optional
        Concentration that enters through the borders of the domain, ug m-3; clean without.
    system : ColumnSystem, optional
        Of the same transport, with what is set up already; its losses are changed.
    start : mapping of tracer -> (layer, y, x), optional
        Concentrations from which the iteration starts, ug m-3.

    Returns
    -------
    Result
    """
    work = _Work(quarter, dict(sources), dict(inflow or {}), system=system)
    work.concentration |= start or {}
    work.solve(("BC", "POA", "OTHER", "PRECURSOR"))
    work.solve_nox()
    # NOx takes the hydroxyl that SO2 would meet, so what a start holds of it has another rate
    work.quarter = work.quarter.with_nox(work.concentration["NOx"])
    for name in ("SO2", "SO4"):
        work.concentration.pop(name, None)
    work.solve(("SO2",))
    work.solve(("SO4", "SOA"))
    steps = work.solve_nitrate()
    nitrate, ammonium = work.partition()
    budget = {(name, term): value for name in TRACERS for term, value in work.budget(name).items()}
    oxidation = work.quarter.rate["oxidation_nox"]
    return Result(work.concentration, nitrate, ammonium, work.share, budget, steps, oxidation)


class _Work:
    """The state of a quarter's solution."""

    def __init__(
        self,
        quarter: Quarter,
        sources: dict[str, Array],
        inflow: dict[str, Array],
        *,
        system: ColumnSystem | None = None,
    ) -> None:
        self.quarter, self.sources, self.inflow = quarter, sources, inflow
        self.concentration: dict[str, Array] = {}
        self.loss: dict[str, dict[str, Array]] = {}
        self.system = system or ColumnSystem(quarter.transport, {})
        self._named: dict[str, str] = {}
        self.share: dict[str, Array] = {}

    def set_loss(self, tracer: str, share: Array | None = None) -> None:
        """Compute the losses of a tracer; tracers without a name of their own share one system."""
        self.loss[tracer] = self.quarter.loss_terms(tracer, particle_share=share)
        if share is not None:
            self.share[tracer] = share
        system = tracer if tracer in PHASES else "particle"
        if tracer in PHASES or system not in self._named.values():
            total = np.sum(list(self.loss[tracer].values()), axis=0)
            self.system.set_loss(system, self.quarter.transport.flat(total))
        self._named[tracer] = system

    def produced(self, tracer: str) -> Array:
        """Source of a tracer from its parent, ug s-1, (layer, y, x)."""
        if tracer not in CONVERSIONS:
            return np.zeros(self.quarter.transport.shape)
        parent, yield_, _ = CONVERSIONS[tracer]
        return yield_ * self.loss[parent]["conversion"] * self.concentration[parent]

    def right_hand_side(self, tracer: str) -> Array:
        transport = self.quarter.transport
        total = self.sources.get(tracer, 0.0) + self.produced(tracer)
        rhs = transport.flat(np.asarray(total))
        if tracer in self.inflow:
            rhs += transport.inflow * transport.flat(self.inflow[tracer])
        return rhs

    def solve(self, tracers: tuple[str, ...], *, rtol: float | None = None) -> None:
        """Solve for independent tracers side by side."""
        for name in tracers:
            if name not in self.loss:
                self.set_loss(name)
        rhs = np.stack([self.right_hand_side(name) for name in tracers], axis=1)
        start = None
        if all(name in self.concentration for name in tracers):
            flat = self.quarter.transport.flat
            start = np.stack([flat(self.concentration[name]) for name in tracers], axis=1)
        options = {} if rtol is None else {"rtol": rtol}
        systems = tuple(self._named[name] for name in tracers)
        solution = self.system.solve(systems, rhs, start=start, **options)
        field = self.quarter.transport.field(solution)
        for i, name in enumerate(tracers):
            self.concentration[name] = np.ascontiguousarray(field[..., i])

    def solve_nox(self) -> None:
        """NOx with the rate to nitric acid that its own concentration leaves; a fixed point."""
        limits = self.quarter.nitric_acid
        rate, mixing, before = self.quarter.rate["oxidation_nox"], Anderson(), np.zeros(1)
        change = 0.1
        for _ in range(_PICARD):
            self.quarter = self.quarter.with_oxidation(rate)
            self.set_loss("NOx")
            self.solve(("NOx",), rtol=max(_PICARD_TOLERANCE / 10, change / 1000))
            now = self.concentration["NOx"][0]
            change = float(np.abs(now - before).max() / max(now.max(), 1e-30))
            if change <= _PICARD_TOLERANCE:
                break
            before = now
            # in the logarithm, so that the mixed rate stays positive
            image = np.log(limits.rate(self.concentration["NOx"]))
            rate = np.exp(mixing.next(np.log(rate), image))
        self.solve(("NOx",))

    def partition(self) -> tuple[Array, Array]:
        c = {name: np.maximum(self.concentration[name], 0.0) for name in ("SO4", "TNO3", "TNH4")}
        return partition(c["SO4"], c["TNO3"], c["TNH4"], **self.quarter.state)

    def solve_nitrate(self) -> int:
        """Total nitrate and ammonium; the share of particles sets how fast they are removed.

        A fixed point in that share, with Anderson's mixing because it overshoots where ammonia
        is scarce. Early steps are solved only as well as they need to be.
        """
        names = ("TNO3", "TNH4")
        share = np.full((2, *self.quarter.transport.shape), 0.5)
        mixing, before, steps = Anderson(), np.zeros(self.quarter.area.shape), 0
        change = 0.1
        while steps < _PICARD and change > _PICARD_TOLERANCE:
            steps += 1
            for name, part in zip(names, share, strict=True):
                self.set_loss(name, part)
            self.solve(names, rtol=max(_PICARD_TOLERANCE / 10, change / 1000))
            pair = self.partition()
            now = pair[0][0] + pair[1][0]
            change = float(np.abs(now - before).max() / max(now.max(), 1e-30))
            before = now
            reached = [
                share_of(part, self.concentration[name])
                for name, part in zip(names, pair, strict=True)
            ]
            share = np.clip(mixing.next(share, np.stack(reached)), 0.0, 1.0)
        self.solve(names)
        return steps

    def budget(self, tracer: str) -> dict[str, float]:
        """What enters and leaves, ug s-1."""
        transport = self.quarter.transport
        c = self.concentration[tracer]
        out = dict.fromkeys(TERMS, 0.0)
        out["emission"] = float(np.sum(self.sources.get(tracer, 0.0)))
        out["production"] = float(self.produced(tracer).sum())
        if tracer in self.inflow:
            out["inflow"] = float(transport.inflow @ transport.flat(self.inflow[tracer]))
        for term, loss in self.loss[tracer].items():
            out[term] = float((loss * c).sum())
        out["outflow"] = float(transport.outflow @ transport.flat(c))
        return out
