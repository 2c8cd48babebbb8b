"""Hourly records of a stream: month rates x hour weights x speciation, one product a part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from scenair.cmaq.hours import RECORDS, MonthRates, month_rates
from scenair.cmaq.speciation import GASES, PARTS, Speciation, particle_parts
from scenair.cmaq.writer import GAS_UNIT, PARTICLE_UNIT, Field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Array = npt.NDArray[np.float64]

#: Species of a month's masses, in the order in which :func:`stream_month` takes them.
MASS_SPECIES: Final = ("SO2", "NOx", "NMVOC", "NH3", "CO", "PM25", "PM10", "BC", "OC")


@dataclass(frozen=True)
class StreamMonth:
    """A stream in one month, for any set of cells or plants.

    Attributes
    ----------
    rates : mapping
        Part -> :class:`MonthRates` with arrays (sectors, cells).
    excess : mapping
        Species -> kg in the month that the parts could not take (BC, OC) or lacked (PM10), by
        sector; zero in a consistent inventory.
    """

    rates: Mapping[str, MonthRates]
    excess: Mapping[str, Array]


#: Part -> inventory species without which it is not made.
_NEEDS: Final = {"OC": "OC", "NCOM": "OC", "REST": "PM25", "PMC": "PM10"}


def active_parts(species: Sequence[str]) -> tuple[str, ...]:
    """Parts that a stream with emissions of ``species`` has, the same in every month."""
    return tuple(part for part in PARTS if _NEEDS.get(part, part) in species)


def stream_month(
    masses: tuple[Mapping[str, Array], Mapping[str, Array], Mapping[str, Array]],
    *,
    om_oc: Array,
    weights: tuple[Array, Array, Array],
) -> StreamMonth:
    """Rates of the parts in a month.

    Parameters
    ----------
    masses : tuple of mapping
        Month before, month, month after: species -> kg (sectors, cells).
    om_oc : array (sectors,)
    weights : tuple of array (sectors, records)
        :func:`scenair.cmaq.hours.month_weights` of the three months.
    """
    parts = []
    excess: Mapping[str, Array] = {}
    for i, mass in enumerate(masses):
        split, left = particle_parts(
            pm25=mass["PM25"],
            pm10=mass["PM10"],
            bc=mass["BC"],
            oc=mass["OC"],
            om_oc=om_oc[:, None],
        )
        parts.append({name: mass[name] for name in GASES} | split)
        if i == 1:
            excess = {name: value.sum(axis=1) for name, value in left.items()}
    rates = {
        part: month_rates(parts[0][part], parts[1][part], parts[2][part], weights=weights)
        for part in PARTS
    }
    return StreamMonth(rates=rates, excess=excess)


def stream_fields(
    speciation: Speciation, *, parts: Sequence[str], rows: npt.NDArray[np.int64]
) -> tuple[dict[str, npt.NDArray[np.int64]], tuple[Field, ...]]:
    """Variables of a stream: those that its parts and sectors make.

    Parameters
    ----------
    parts : sequence of str
        Parts with emission.
    rows : array of int
        Positions of the stream's sectors in ``speciation``.

    Returns
    -------
    members : dict
        Part -> positions of the variables in ``speciation.factors[part]``.
    fields : tuple of Field
        In file order, parts together.
    """
    members = {}
    fields = []
    for part in PARTS:
        if part not in parts:
            continue
        used = np.flatnonzero(speciation.factors[part][:, rows].any(axis=1))
        members[part] = used
        unit = GAS_UNIT if part in GASES else PARTICLE_UNIT
        for i in used:
            name = speciation.variables[part][i]
            fields.append(Field(name, unit, f"{name} from {part}"))
    return members, tuple(fields)


class DayFill:
    """Fills the 25 records of a UTC day for :func:`scenair.cmaq.writer.write_records`.

    Parameters
    ----------
    month : StreamMonth
    speciation : Speciation
    members : mapping
        Part -> positions of the variables (:func:`stream_fields`).
    rows : array of int
        Positions of the stream's sectors in ``speciation``.
    day : int
        Day of the UTC month, 1-based.
    layers : array (sectors, layers), optional
        Share of each sector in each layer; one layer without.
    """

    def __init__(
        self,
        month: StreamMonth,
        *,
        speciation: Speciation,
        members: Mapping[str, npt.NDArray[np.int64]],
        rows: npt.NDArray[np.int64],
        day: int,
        layers: Array | None = None,
    ) -> None:
        self._layers = np.ones((len(rows), 1)) if layers is None else layers
        self._offset = 24 * (day - 1)
        self._blocks = []
        for part, used in members.items():
            rates = month.rates[part]
            factors = speciation.factors[part][np.ix_(used, rows)]
            end = rates.weights.shape[1] - 1
            # a field for each record that is not amplitude x weight: the month's two ends
            ends = {
                time: field.astype(np.float32)
                for time, field in ((0, rates.first), (end, rates.last))
                if self._offset <= time < self._offset + RECORDS
            }
            self._blocks.append((factors, rates.weights, rates.amplitude.astype(np.float32), ends))
        widest = max((len(factors) for factors, *_ in self._blocks), default=0)
        cells = self._blocks[0][2].shape[1] if self._blocks else 0
        self._scratch = np.empty((widest, cells), dtype=np.float32)

    def __call__(self, record: int, floats: npt.NDArray[Any], ints: npt.NDArray[Any]) -> None:
        """Fill one record (0-24)."""
        del ints  # emissions have no integer variables
        time = self._offset + record
        start = 0
        for factors, weights, amplitude, ends in self._blocks:
            field = ends.get(time, amplitude)
            gain = factors if time in ends else factors * weights[:, time]
            cells, stop = field.shape[1], start + len(factors)
            # native float32 first, then one pass that swaps the bytes: faster than either way alone
            block = self._scratch[: len(factors)]
            for layer, share in enumerate(self._layers.T):
                if share.any():
                    np.matmul((gain * share).astype(np.float32), field, out=block)
                    floats[start:stop, layer * cells : (layer + 1) * cells] = block
            start = stop


def day_mass(month: StreamMonth, part: str, *, day: int) -> Array:
    """Trapezoid of a part over a UTC day, kg by sector (sum over cells)."""
    start = 24 * (day - 1)
    mass = month.rates[part].mass(start=start, stop=start + RECORDS - 1)
    return np.asarray(mass.sum(axis=tuple(range(1, mass.ndim))))


def amounts(
    expected: Mapping[str, Array],
    *,
    speciation: Speciation,
    members: Mapping[str, npt.NDArray[np.int64]],
    rows: npt.NDArray[np.int64],
) -> list[tuple[str, float, str]]:
    """What each variable of a file must sum to: name, amount, unit (``moles`` or ``g``).

    Parameters
    ----------
    expected : mapping
        Part -> kg by sector over the file's span.
    """
    out = []
    for part, used in members.items():
        values = speciation.factors[part][np.ix_(used, rows)] @ expected[part]
        unit = "moles" if part in GASES else "g"
        out += [
            (speciation.variables[part][i], float(v), unit)
            for i, v in zip(used, values, strict=True)
        ]
    return out


def mass_of_file(
    totals: Mapping[str, float],
    *,
    speciation: Speciation,
    members: Mapping[str, npt.NDArray[np.int64]],
    rows: npt.NDArray[np.int64],
    expected: Mapping[str, Array],
) -> tuple[dict[str, float], dict[str, float]]:
    """Mass by part that a file's variables stand for.

    Parameters
    ----------
    totals : mapping
        Variable -> trapezoid over the file, moles or g.
    expected : mapping
        Part -> kg by sector; weighs the sectors' molar masses where a variable has several.

    Returns
    -------
    mass : dict
        Part -> kg, each variable by its effective mass a mole in this stream.
    unreactive : dict
        Part -> kg that the mechanism does not carry.
    """
    mass: dict[str, float] = {}
    unreactive: dict[str, float] = {}
    for part, used in members.items():
        kg = expected[part]
        carried = speciation.mass[part][np.ix_(used, rows)] @ kg
        amount = speciation.factors[part][np.ix_(used, rows)] @ kg
        names = [speciation.variables[part][i] for i in used]
        per_amount = np.divide(carried, amount, out=np.zeros_like(carried), where=amount > 0)
        mass[part] = float(sum(totals[n] * m for n, m in zip(names, per_amount, strict=True)))
        unreactive[part] = float(((1 - speciation.carried(part)[rows]) * kg).sum())
    return mass, unreactive
