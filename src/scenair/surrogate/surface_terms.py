"""Terms of a response surface, and their choice from the training runs alone.

A term is a product of powers of (ratio - 1), as in the polynomial-function response surface model
(Xing et al. 2018, ACP 18, 7799-7814), or the amount of ammonium nitrate that two ratios allow: a
smooth minimum of nitric acid (with NOx) and of the ammonia that sulfate leaves over, in units of
the base. Which of them a quantity needs is found by stepwise selection, the idea of the
self-adaptive response surface model (SA-RSM), with the leave-one-out error as the measure; held-out
runs are not seen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Array = npt.NDArray[np.float64]

#: Width of the rounded corners of :class:`Nitrate`, in squared ratios: quarters, hours and places
#: upwind run out of ammonia at different emissions.
_ROUND: Final = 0.02
#: Runs a term, at the least.
_RUNS_A_TERM: Final = 1.5


@dataclass(frozen=True)
class Nitrate:
    """Smooth minimum of NOx and of ``ratio (NH3 - taken SO2)``, emissions over base.

    Attributes
    ----------
    ratio : float
        NOx ratio that the ammonia of the base can bind, without sulfate.
    taken : float
        Share of the ammonia of the base that the sulfate of the base takes.
    """

    ratio: float
    taken: float

    def at(self, nox: Array, ammonia: Array, sulfur: Array) -> Array:
        """Values of the ratios' shape, 0 at base."""
        return self._amount(nox, ammonia, sulfur) - self._amount(*np.ones((3, 1)))

    def _amount(self, nox: Array, ammonia: Array, sulfur: Array) -> Array:
        over = self.ratio * (ammonia - self.taken * sulfur)
        free = 0.5 * (over + np.sqrt(over**2 + 4 * _ROUND))
        return np.asarray(0.5 * (nox + free - np.sqrt((nox - free) ** 2 + 4 * _ROUND)))


#: Exponents by factor (factors not named have exponent 0), or the nitrate of three of them.
Term = dict[str, int] | Nitrate
Terms = tuple[Term, ...]

OZONE_TERMS: Final[Terms] = (
    {"NOx": 1}, {"NOx": 2}, {"NOx": 3}, {"NOx": 4}, {"NOx": 5},
    {"NMVOC": 1}, {"NMVOC": 2}, {"NMVOC": 3},
    {"NOx": 1, "NMVOC": 1}, {"NOx": 2, "NMVOC": 1}, {"NOx": 3, "NMVOC": 1}, {"NOx": 1, "NMVOC": 2},
)  # fmt: skip

_NITRATE = re.compile(r"min\(NOx, ([\d.]+) \(NH3 - ([\d.]+) SO2\)\)")


def particle_candidates() -> Terms:
    """Terms that the PM2.5 of a design may have.

    Powers of NOx, NH3 and SO2 together up to the fourth, of SO2 up to the second; NMVOC, its
    square and its products; primary particles; nitrate limited by either side.
    """
    names = ("NOx", "NH3", "SO2")
    powers = [
        {name: k for name, k in zip(names, p, strict=True) if k}
        for p in product(range(5), range(5), range(3))
        if 0 < sum(p) <= 4
    ]
    others: list[Term] = [{"PM25": 1}, {"NMVOC": 1}, {"NMVOC": 2}]
    others += [{"NMVOC": 1, name: 1} for name in names]
    pairs = product((0.5, 1.0, 2.0, 4.0), (0.0, 0.25, 0.5))
    limited = [Nitrate(ratio, taken) for ratio, taken in pairs]
    return (*powers, *others, *limited)


def term_name(term: Term) -> str:
    """For example ``NOx^2*NH3`` or ``min(NOx, 2 (NH3 - 0.25 SO2))``."""
    if isinstance(term, Nitrate):
        return f"min(NOx, {term.ratio:g} (NH3 - {term.taken:g} SO2))"
    return "*".join(name if power == 1 else f"{name}^{power}" for name, power in term.items())


def parse_term(name: str) -> Term:
    """The inverse of :func:`term_name`.

    Raises
    ------
    InputError
        No term.
    """
    found = _NITRATE.fullmatch(name)
    if found:
        return Nitrate(float(found[1]), float(found[2]))
    out = {}
    for part in name.split("*"):
        factor, _, power = part.partition("^")
        if not (factor and (power or "1").isdigit()):
            raise InputError("no term of a response surface", value=name)
        out[factor] = int(power or 1)
    return out


def design_matrix(ratios: Array, factors: Sequence[str], terms: Terms) -> Array:
    """Values of the terms at the ratios, (runs, terms); 0 in the base run.

    Raises
    ------
    InputError
        A term with a factor that is not there.
    """
    needed = {
        name
        for term in terms
        for name in (("NOx", "NH3", "SO2") if isinstance(term, Nitrate) else term)
    }
    unknown = needed - set(factors)
    if unknown:
        raise InputError(
            "a term with an unknown factor",
            value=", ".join(sorted(unknown)),
            allowed=", ".join(factors),
        )
    at = {name: ratios[:, i] for i, name in enumerate(factors)}
    columns = [
        term.at(at["NOx"], at["NH3"], at["SO2"]) if isinstance(term, Nitrate)
        else np.prod([(at[name] - 1) ** k for name, k in term.items()], axis=0)
        for term in terms
    ]  # fmt: skip
    return np.stack(columns, axis=1)


def projection(matrix: Array) -> Array:
    """What turns changes (runs, ...) into coefficients (terms, ...), with a little ridge."""
    normal = matrix.T @ matrix
    normal += 1e-9 * np.trace(normal) / len(normal) * np.eye(len(normal))
    return np.asarray(np.linalg.solve(normal, matrix.T), dtype=np.float64)


def left_out(matrix: Array, change: Array) -> Array:
    """Leave-one-out residuals (runs, ...) from the hat matrix: ``e / (1 - h)``."""
    inverse = projection(matrix)
    hat = np.einsum("ij,ji->i", matrix, inverse)
    residual = change - matrix @ (inverse @ change)
    return np.asarray(residual / np.maximum(1 - hat, 1e-6)[:, None])


def choose_terms(
    ratios: Array, concentrations: Array, *, base: Array, factors: Sequence[str], candidates: Terms
) -> Terms:
    """Terms with the least leave-one-out error, by steps forward and back.

    Parameters
    ----------
    ratios : (runs, factors)
    concentrations : (runs, cells)
        Positive; of the runs to fit only.
    base : (cells,)
        Concentration of the base run.
    factors, candidates
        Candidates that need a factor which is not there are left out.

    Returns
    -------
    tuple
        In the order in which they came; at most one term to 1.5 runs.
    """
    known = [t for t in candidates if isinstance(t, Nitrate) or set(t) <= set(factors)]
    if not {"NOx", "NH3", "SO2"} <= set(factors):
        known = [t for t in known if not isinstance(t, Nitrate)]
    columns = design_matrix(ratios, factors, tuple(known))
    # errors count relative to the concentration; all cells in as many columns as there are runs
    change = (concentrations - base) / base
    weight = (base / concentrations).mean(axis=1)[:, None]
    rotated, size, _ = np.linalg.svd(change, full_matrices=False)
    compact = rotated * size

    def error(chosen: Sequence[int]) -> float:
        if not chosen:
            return float(np.square(compact * weight).sum())
        left = left_out(columns[:, list(chosen)], compact)
        return float(np.square(left * weight).sum())

    return tuple(
        known[i] for i in _floating(error, len(known), most=int(len(ratios) / _RUNS_A_TERM))
    )


def _floating(error: Callable[[Sequence[int]], float], n: int, *, most: int) -> list[int]:
    """Sequential floating forward selection (Pudil et al. 1994, Pattern Recogn. Lett. 15, 1119).

    The best term is added even where it does not help at once; terms are dropped as long as that
    gives the best set of its size so far. Returns the best set of all sizes up to ``most``.
    """
    chosen: list[int] = []
    best: dict[int, tuple[float, list[int]]] = {0: (error([]), [])}
    for _ in range(4 * most):
        if len(chosen) == min(most, n):
            break
        trial = {i: error([*chosen, i]) for i in range(n) if i not in chosen}
        new = min(trial, key=lambda i: trial[i])
        chosen = [*chosen, new]
        if trial[new] < best.get(len(chosen), (np.inf, []))[0]:
            best[len(chosen)] = (trial[new], chosen)
        chosen = best[len(chosen)][1]
        while len(chosen) > 2:
            trial = {i: error([k for k in chosen if k != i]) for i in chosen}
            idle = min(trial, key=lambda i: trial[i])
            if trial[idle] >= best[len(chosen) - 1][0] * (1 - 1e-9):
                break
            chosen = [k for k in chosen if k != idle]
            best[len(chosen)] = (trial[idle], chosen)
    return min(best.values(), key=lambda pair: pair[0])[1]
