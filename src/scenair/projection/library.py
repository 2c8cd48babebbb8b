"""The measure library: parameters, their operators and their paths to 2035.

A measure is a set of rows of ``measures.csv``. A row gives the value of one parameter in one year
at one level: ``base`` (the base year), ``baseline`` (without the measure) and the three
intensities ``conventional``, ``enhanced``, ``best``. What a parameter does is its operator:

==========  =====================================================================================
``set``     a system parameter that supply, turnover or the fleet read by its name
``ratio``   activity of ``from`` in ``sector`` times x / x_base
``cut``     activity of ``from`` times (1 - x)
``shift``   a share x of ``from`` is replaced by what ``to`` names, useful energy kept
``mix``     the share of the sector's fuel energy that is not ``from`` becomes x
``move``    a share x of ``from`` goes to another sector, with the energy ratio in ``to``
``abate``   factor of the species in ``to`` times (1 - x * efficiency)
``price``   a price x (CNY per t CO2) lowers ``from`` by its carbon and an elasticity
==========  =====================================================================================

``from`` and ``to`` name sources of the inventory; ``*`` is every source of the sector, ``|``
separates several. ``to`` reads ``gas 0.4; off_road/diesel 0.6@0.25``: destination, share of the
replaced service and, after ``@``, final energy per energy replaced (without it the efficiencies
of ``end_use_efficiency.csv`` decide); ``none`` is a destination without emission.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from scenair.core.errors import InputError
from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES
from scenair.projection.curves import smooth

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    Rows = Sequence[Mapping[str, Any]]

LEVELS: Final = ("baseline", "conventional", "enhanced", "best")
OPERATORS: Final = ("set", "ratio", "cut", "shift", "mix", "move", "abate", "price")
#: Parameters of the operator ``set`` and the unit each is read in.
SYSTEM_PARAMETERS: Final = {
    "nonfossil_share": "1",
    "coal_intensity": "gce kWh-1",
    "power_life": "yr",
    "gas_biomass_share": "1",
    "nev_share_light": "1",
    "nev_share_heavy": "1",
    "nev_share_bus": "1",
    "old_diesel_scrapped": "1",
    "fuel_economy": "1",
    "coking_life": "yr",
    "new_building_heat": "1",
    "retrofitted_share": "1",
}
#: Operators whose parameter is a share.
_SHARES: Final = ("cut", "shift", "mix", "move", "abate")
#: No row may name a later year.
LAST_YEAR: Final = 2100
KEYS: Final = ("measure", "sector", "parameter", "operator", "from", "to", "level", "year")


@dataclass(frozen=True)
class Destination:
    """Where replaced service goes."""

    sector: str
    source: str
    share: float
    ratio: float | None


@dataclass(frozen=True)
class Parameter:
    """One parameter of a measure with its paths.

    ``knots[level]`` maps years to values; ``x0`` is the value of the base year and ``goal`` the
    last value of ``best``, the frontier that no city passes.
    """

    measure: str
    sector: str
    name: str
    operator: str
    sources: tuple[str, ...]
    to: tuple[Destination, ...]
    unit: str
    x0: float
    knots: Mapping[str, Mapping[int, float]]
    tag: str

    @property
    def goal(self) -> float:
        """The last value of ``best``."""
        best = self.knots["best"]
        return best[max(best)]


def parse_destinations(text: str, *, sector: str, where: str) -> tuple[Destination, ...]:
    """Read ``gas 0.4; off_road/diesel 0.6@0.25``.

    Raises
    ------
    InputError
        Not of that form, an unknown sector, or shares that do not sum to 1.
    """
    out: list[Destination] = []
    for item in filter(None, (part.strip() for part in text.split(";"))):
        name, _, amount = item.partition(" ")
        share, _, ratio = amount.partition("@")
        to_sector, _, source = name.rpartition("/")
        try:
            out.append(
                Destination(
                    to_sector or sector, source, float(share), float(ratio) if ratio else None
                )
            )
        except ValueError:
            raise InputError(
                "a destination that can't be read",
                where=f"{where}, column to",
                value=item,
                allowed="source share, or sector/source share@ratio; separated by ;",
            ) from None
        if out[-1].sector not in SECTORS:
            raise InputError(
                "unknown sector",
                where=f"{where}, column to",
                value=to_sector,
                allowed=", ".join(SECTORS),
            )
    return tuple(out)


def build_library(frame: pd.DataFrame, *, base_year: int) -> dict[str, tuple[Parameter, ...]]:
    """Parameters by measure, checked.

    Parameters
    ----------
    frame : DataFrame
        Rows of ``measures.csv`` (and of the user's files): columns :data:`KEYS`, value, unit, tag.
    base_year : int
        Year of level ``base``.

    Raises
    ------
    InputError
        Unknown operator, sector, level or system parameter; a share outside 0-1; mixed units;
        a missing level; a year before the base year; duplicates.
    """
    frame = frame.fillna({"from": "", "to": ""})
    doubled = frame.duplicated(list(KEYS))
    if doubled.any():
        first = frame[doubled].iloc[0]
        raise InputError(
            "a measure row is given twice",
            where=f"measures, {first['measure']}, {first['sector']}, {first['parameter']}",
            value=f"level {first['level']}, year {first['year']}",
        )
    grouped: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in frame[[*KEYS, "value", "unit", "tag"]].to_dict("records"):
        key = (str(row["measure"]), str(row["sector"]), str(row["parameter"]))
        grouped.setdefault(key, []).append({str(k): v for k, v in row.items()})
    out: dict[str, list[Parameter]] = {}
    for (measure, sector, name), rows in grouped.items():
        parameter = _parameter(rows, measure, sector, name, base_year=base_year)
        out.setdefault(measure, []).append(parameter)
    return {measure: tuple(items) for measure, items in out.items()}


def _single(rows: Rows, column: str, where: str) -> str:
    values = sorted({str(row[column]) for row in rows})
    if len(values) != 1:
        raise InputError(
            f"one parameter has several values of {column}",
            where=where,
            value=", ".join(values),
            allowed="one",
        )
    return values[0]


def _parameter(rows: Rows, measure: str, sector: str, name: str, *, base_year: int) -> Parameter:
    where = f"measures, {measure}, {sector}, {name}"
    operator = _single(rows, "operator", where)
    unit = _single(rows, "unit", where)
    if operator not in OPERATORS:
        raise InputError(
            "unknown operator", where=where, value=operator, allowed=", ".join(OPERATORS)
        )
    if sector not in SECTORS:
        raise InputError("unknown sector", where=where, value=sector, allowed=", ".join(SECTORS))
    if operator == "set":
        _check_system(name, unit, where)
    _check_values(rows, operator, unit, where, base_year=base_year)
    knots: dict[str, dict[int, float]] = {
        level: {int(r["year"]): float(r["value"]) for r in rows if r["level"] == level}
        for level in LEVELS
    }
    base = [float(r["value"]) for r in rows if r["level"] == "base"]
    if len(base) != 1 or not all(knots[level] for level in LEVELS[1:]):
        raise InputError(
            "a parameter needs one row of level base and rows of every intensity",
            where=where,
            value=", ".join(sorted({str(r["level"]) for r in rows})),
            allowed=f"base, baseline (may be left out), {', '.join(LEVELS[1:])}",
        )
    to = parse_destinations(_single(rows, "to", where), sector=sector, where=where)
    _check_destinations(operator, to, where)
    return Parameter(
        measure=measure,
        sector=sector,
        name=name,
        operator=operator,
        sources=tuple(filter(None, _single(rows, "from", where).split("|"))),
        to=to,
        unit=unit,
        x0=base[0],
        knots=knots,
        tag=",".join(sorted({str(r["tag"]) for r in rows})),
    )


def _check_destinations(operator: str, to: tuple[Destination, ...], where: str) -> None:
    total = sum(d.share for d in to)
    if operator in ("shift", "mix", "move") and abs(total - 1) > 1e-9:
        raise InputError(
            "shares of the destinations do not sum to 1", where=where, value=total, allowed="1"
        )
    if operator == "abate":
        for item in to:
            if item.source not in (*SPECIES, "*") or not 0 <= item.share <= 1:
                raise InputError(
                    "abate needs species and efficiency in column to",
                    where=where,
                    value=f"{item.source} {item.share}",
                    allowed=f"{', '.join(SPECIES)} or *, efficiency 0-1",
                )


def _check_system(name: str, unit: str, where: str) -> None:
    if name not in SYSTEM_PARAMETERS:
        near = difflib.get_close_matches(name, SYSTEM_PARAMETERS, n=1)
        raise InputError(
            "no such system parameter",
            where=where,
            value=name,
            allowed=", ".join(SYSTEM_PARAMETERS),
            remedy=f"did you mean {near[0]}" if near else "use another operator",
        )
    if unit != SYSTEM_PARAMETERS[name]:
        raise InputError(
            "wrong unit of a parameter", where=where, value=unit, allowed=SYSTEM_PARAMETERS[name]
        )


def _check_values(rows: Rows, operator: str, unit: str, where: str, *, base_year: int) -> None:
    if operator in _SHARES and unit != "1":
        raise InputError("a share has the unit 1", where=where, value=unit, allowed="1")
    low = -0.5 if operator == "cut" else 0.0
    for row in rows:
        here = f"{where}, level {row['level']}, year {row['year']}"
        value = row["value"]
        if not isinstance(value, int | float) or not np.isfinite(value):
            raise InputError("a value that is no number", where=here, value=value)
        if unit == "1" and operator != "ratio" and not low <= value <= 1:
            raise InputError(
                "a share outside its range",
                where=here,
                value=value,
                allowed=f"{low:g} to 1",
                remedy="give shares, not per cent",
            )
        if operator == "ratio" and value <= 0:
            raise InputError("a value that is not positive", where=here, value=value)
        if row["level"] not in ("base", *LEVELS):
            raise InputError(
                "unknown level",
                where=here,
                value=row["level"],
                allowed=f"base, {', '.join(LEVELS)}",
            )
        year = int(row["year"])
        if (row["level"] == "base") != (year == base_year) or not base_year <= year <= LAST_YEAR:
            raise InputError(
                "a year outside the projection",
                where=here,
                value=year,
                allowed=f"{base_year} for base, {base_year + 1}-{LAST_YEAR} for the others",
            )


def paths(
    parameter: Parameter,
    *,
    years: Sequence[int],
    base_year: int,
    diverge: int,
    observed: Mapping[int, float] | None = None,
    baseline: Mapping[int, float] | None = None,
) -> npt.NDArray[np.float64]:
    """Values of a parameter by level and year, on a smooth curve through the given years.

    Before ``diverge`` all levels share one path: the observed one where given, else ``baseline``.
    Afterwards each goes from there to its own targets. A level is never farther from the goal than
    a weaker one or the baseline is, and none goes back behind what was last observed. ``baseline``
    replaces the parameter's own (another model's path).

    Returns
    -------
    ndarray, shape (len(LEVELS), len(years))
    """
    knots = {**parameter.knots, "baseline": baseline or parameter.knots["baseline"]}
    common = {base_year: parameter.x0, **knots["baseline"]}
    grid = np.asarray(years, dtype=np.float64)
    start = diverge - 1
    seen = {y: v for y, v in (observed or {}).items() if base_year < y <= start}
    before = {base_year: parameter.x0, **(seen or {})}
    if not seen:
        shared = range(base_year + 1, start + 1)
        before |= dict(zip(shared, smooth(common, shared), strict=True))
    last = before[max(before)]
    sign = np.sign(parameter.goal - parameter.x0)
    out = np.empty((len(LEVELS), grid.size))
    for i, level in enumerate(LEVELS):
        after = {y: v for y, v in knots[level].items() if y > start}
        if seen and sign:
            after = {y: sign * max(sign * v, sign * last) for y, v in after.items()}
        if not after:
            after = {int(max(years)): last}
        out[i] = smooth({**before, **after}, grid)
    return sign * np.maximum.accumulate(sign * out, axis=0) if sign else out


def progress(parameter: Parameter, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """kappa r(t) of the gap closing: (x - x0) / (goal - x0), 0 where there is no gap."""
    gap = parameter.goal - parameter.x0
    return (values - parameter.x0) / gap if gap else np.zeros_like(values)


def close_gap(
    start: npt.NDArray[np.float64], goal: float, share: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """x_c(t) = x_c0 + share (goal - x_c0), for cities that lie before the goal.

    A city that is already past the goal (a share above the best) stays where it is: the measure
    never moves it away from best.

    Parameters
    ----------
    start : ndarray, shape (city,)
        The city's own state, a share (1).
    goal : float
        The best value (1); above the national start.
    share : ndarray, shape (year, city)
        :func:`progress` of the level of each city.
    """
    return start + share * np.maximum(goal - start, 0.0)
