"""The files of a stage's days: written, read back and closed."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scenair.cmaq import hours, ioapi, speciation, stacks, streams_hourly
from scenair.cmaq.io_archive import archive_copy
from scenair.cmaq.io_tools import IoapiReader
from scenair.cmaq.writer import Field, write_records
from scenair.core.audit.closure import COLUMNS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from scenair.cmaq import streams
    from scenair.cmaq.io_inputs import Kit
    from scenair.core.grids import Grid

logger = logging.getLogger(__name__)
UPNAM = "scenair"
#: Sigma faces of a file with one layer; CMAQ puts it into its own first layer.
_ONE_LAYER = (1.0, 0.995)
#: Share of a species that particles of an inconsistent inventory may lack before it is said.
_WORTH_SAYING = 1e-4


@dataclass
class Ledger:
    """What the writing of files accounts for.

    Attributes
    ----------
    closure : list of dict
        Rows of closure.csv, kg.
    totals : list of dict
        Rows of totals.csv: variable, value, unit (moles or g), file; what each file must hold,
        computed without reading it.
    """

    closure: list[dict[str, Any]] = field(default_factory=list)
    totals: list[dict[str, Any]] = field(default_factory=list)


def write_days(kit: Kit, dates: Sequence[dt.date], *, emis: Path, stack: Path) -> Ledger:
    """Write the files of some UTC days and account for their mass.

    The month is closed first: streams and plants together are gridded.nc. Then every file is read
    back and its trapezoid compared.
    """
    ledger = Ledger()
    for number in sorted({date.month for date in dates}):
        members = [date for date in dates if date.month == number]
        _write_month(kit, number, members, emis=emis, stack=stack, ledger=ledger)
    return ledger


def _write_month(
    kit: Kit, number: int, dates: Sequence[dt.date], *, emis: Path, stack: Path, ledger: Ledger
) -> None:
    around = [(number - 2) % 12 + 1, number, number % 12 + 1]
    weights = [
        hours.month_weights(kit.profiles, year=kit.year, month=m, calendar=kit.calendar)
        for m in around
    ]
    masses = [kit.source.month_mass(m) for m in around]
    plants = [kit.source.plant_mass(kit.plants, m) for m in around]
    areas = [
        kit.source.without_plants(mass, kit.plants, plant)
        for mass, plant in zip(masses, plants, strict=True)
    ]
    total: dict[tuple[str, str], float] = {}
    left: dict[tuple[str, str], float] = {}
    for stream in kit.streams:
        sectors = kit.rows(stream)
        w = tuple(weight[sectors] for weight in weights)
        for kind, source in (("emis", areas), ("points", plants)):
            index = kit.stack_rows(stream) if kind == "points" else slice(None)
            if kind == "points" and not len(index):  # type: ignore[arg-type]
                continue
            month = streams_hourly.stream_month(
                tuple(
                    {
                        name: mass[name][sectors][:, index] * stream.share[:, i, None]
                        for i, name in enumerate(streams_hourly.MASS_SPECIES)
                    }
                    for mass in source
                ),  # type: ignore[arg-type]
                om_oc=kit.speciation.om_oc[sectors],
                weights=w,  # type: ignore[arg-type]
            )
            _add_month(month, stream, total=total, left=left)
            target = _Target(kit, stream, month, kind=kind, index=index)
            target.write(dates, folder=emis if kind == "emis" else stack, ledger=ledger)
    ledger.closure += _month_rows(kit, number, masses[1], total=total, left=left)


def _add_month(
    month: streams_hourly.StreamMonth,
    stream: streams.Stream,
    *,
    total: dict[tuple[str, str], float],
    left: dict[tuple[str, str], float],
) -> None:
    """Add a stream's trapezoid over the whole month to the totals by species and sector."""
    parts = {part: rates.mass().sum(axis=1) for part, rates in month.rates.items()}
    amounts = speciation.species_of_parts(parts)
    for i, sector in enumerate(stream.sectors):
        for name, values in amounts.items():
            key = (name, sector)
            total[key] = total.get(key, 0.0) + float(values[i])
            excess = month.excess.get(name)
            if excess is None or not excess[i]:
                continue
            sign = -1.0 if name == "PM10" else 1.0
            left[key] = left.get(key, 0.0) + sign * float(excess[i])


def _month_rows(
    kit: Kit,
    number: int,
    mass: Mapping[str, npt.NDArray[np.float64]],
    *,
    total: Mapping[tuple[str, str], float],
    left: Mapping[tuple[str, str], float],
) -> list[dict[str, Any]]:
    rows = []
    for name in streams_hourly.MASS_SPECIES:
        for i, sector in enumerate(kit.source.sectors):
            into = float(mass[name][i].sum())
            key = (name, sector)
            if abs(left.get(key, 0.0)) > _WORTH_SAYING * into:
                logger.warning(
                    "%s of %s, month %d: %.4g of %.4g kg does not fit (BC + OC <= PM2.5 <= PM10); "
                    "closure.csv has it in the column outside",
                    name,
                    sector,
                    number,
                    abs(left[key]),
                    into,
                )
            rows.append(
                _row(
                    f"cmaq month {kit.year}-{number:02d}", name, sector,
                    into, total.get(key, 0.0), left.get(key, 0.0),
                )
            )  # fmt: skip
    return rows


def _row(
    stage: str, species: str, sector: str, into: float, out: float, outside: float
) -> dict[str, Any]:
    lost = out + outside - into
    error = 0.0 if lost == 0 else lost / into if into else np.inf
    return dict(zip(COLUMNS, (stage, species, sector, into, out, outside, error), strict=True))


class _Target:
    """The files of one stream, gridded or points, in one month."""

    def __init__(
        self,
        kit: Kit,
        stream: streams.Stream,
        month: streams_hourly.StreamMonth,
        *,
        kind: str,
        index: Any,
    ) -> None:
        self.kit, self.stream, self.month, self.kind = kit, stream, month, kind
        self.plants = kit.plants.iloc[index] if kind == "points" else None
        self.rows = kit.rows(stream)
        self.members, self.fields = streams_hourly.stream_fields(
            kit.speciation, parts=self._active(), rows=self.rows
        )

    def _active(self) -> tuple[str, ...]:
        """Parts with emission in any month, so that all days have the same variables."""
        if self.plants is not None:
            own = [s for s in streams_hourly.MASS_SPECIES if self.plants[s].to_numpy().any()]
        else:
            flux = self.kit.source.flux
            own = [s for s in streams_hourly.MASS_SPECIES if flux[s][:, self.rows].any()]
        return streams_hourly.active_parts(own)

    @property
    def label(self) -> str:
        return self.stream.label if self.kind == "emis" else self.stream.point_label

    def write(self, dates: Sequence[dt.date], *, folder: Path, ledger: Ledger) -> None:
        """Write each day and account for it."""
        if not self.fields:
            return
        if self.plants is not None:
            write_stack_groups(
                self.plants,
                folder / f"stack_groups_{self.stream.name}_{self.kit.grid.name}.nc",
                grid=self.kit.grid,
            )
        for date in dates:
            path = folder / day_name(self.kind, self.stream.name, self.kit.grid.name, date)
            self._write_day(path, date)
            self._close_day(path, date, ledger)
            if self.kit.options.archive:
                archive_copy(path, folder / "archive" / path.name, threads=self.kit.threads)

    def _write_day(self, path: Path, date: dt.date) -> None:
        n = None if self.plants is None else len(self.plants)
        layers = self.kit.layers(self.stream) if n is None else None
        depth = 1 if layers is None else layers.shape[1]
        shape = (depth, *self.kit.grid.shape) if n is None else (1, n, 1)
        fill = streams_hourly.DayFill(
            self.month,
            speciation=self.kit.speciation,
            members=self.members,
            rows=self.rows,
            day=date.day,
            layers=layers,
        )
        write_records(
            path,
            attributes=file_attributes(
                self.kit.grid,
                self.fields,
                start=pd.Timestamp(date),
                description=self._description(date),
                rows=n,
                layer_tops=self.kit.layer_tops[:depth] if layers is not None else (),
            ),
            fields=self.fields,
            shape=shape,
            stamps=[
                ioapi.date_time(pd.Timestamp(date) + pd.Timedelta(hours=h))
                for h in range(hours.RECORDS)
            ],
            fill=fill,
        )

    def _description(self, date: dt.date) -> str:
        kit = self.kit
        return "\n".join(
            (
                f"scenair emission, stream {self.label}, UTC day {date:%Y-%m-%d}",
                f"scenario {kit.scenario}, year {kit.year}, mechanism {kit.options.mechanism}",
                f"sectors: {' '.join(self.stream.sectors)}"[:80],
                "NOx counted as NO2 (46.0055 g mol-1) before speciation",
            )
        )

    def _close_day(self, path: Path, date: dt.date, ledger: Ledger) -> None:
        expected = {
            part: streams_hourly.day_mass(self.month, part, day=date.day) for part in self.members
        }
        with IoapiReader([path]) as (file,):
            totals = {f.name: file_trapezoid(file, f.name) for f in self.fields}
        out, lost = streams_hourly.mass_of_file(
            totals,
            speciation=self.kit.speciation,
            members=self.members,
            rows=self.rows,
            expected=expected,
        )
        into = speciation.species_of_parts({p: v.sum() for p, v in expected.items()})
        found = speciation.species_of_parts(out)
        missing = speciation.species_of_parts(lost)
        stage = f"cmaq {self.kind} {date:%Y-%m-%d}"
        ledger.closure += [
            _row(stage, name, self.label, float(into[name]), found[name], missing[name])
            for name in into
        ]
        ledger.totals += [
            {"variable": name, "value": value, "unit": unit, "file": path.name}
            for name, value, unit in streams_hourly.amounts(
                expected, speciation=self.kit.speciation, members=self.members, rows=self.rows
            )
        ]


def day_name(kind: str, stream: str, grid: str, date: dt.date) -> str:
    """File name of a stream's day."""
    prefix = "emis" if kind == "emis" else "inln"
    return f"{prefix}_{stream}_{grid}_{date:%Y%m%d}.nc"


def file_attributes(
    grid: Grid,
    fields: Sequence[Field],
    *,
    start: pd.Timestamp | None,
    description: str,
    rows: int | None = None,
    layer_tops: Sequence[float] = (),
) -> dict[str, Any]:
    """Global attributes.

    Parameters
    ----------
    rows : int, optional
        Makes it a point file of that many sources.
    layer_tops : sequence of float
        Tops of the layers (m) of a 3-D file; they become sigma levels of the standard atmosphere
        (CMAQ takes layers by number and does not look at VGLVLS).
    """
    attributes = ioapi.header(
        grid,
        variables={f.name: (f.units, f.description) for f in fields},
        start=start,
        upname=UPNAM,
        description=description,
        vglvls=sigma_levels(layer_tops) if layer_tops else _ONE_LAYER,
    )
    if rows is not None:
        attributes["NCOLS"], attributes["NROWS"] = np.int32(1), np.int32(rows)
    return attributes


def sigma_levels(tops: Sequence[float], *, top_pressure: float = 5000.0) -> tuple[float, ...]:
    """Layer faces as sigma, from heights (m) in the ICAO standard atmosphere (Pa)."""
    height = np.concatenate([[0.0], np.asarray(tops, dtype=np.float64)])
    surface = 101_325.0
    pressure = surface * np.maximum(1 - 2.25577e-5 * height, 0.0) ** 5.25588
    sigma = (pressure - top_pressure) / (surface - top_pressure)
    return tuple(float(s) for s in np.clip(sigma, 0.0, 1.0))


def write_stack_groups(plants: pd.DataFrame, path: Path, *, grid: Grid) -> None:
    """Stack groups of some plants, one row each."""
    values = stacks.stack_values(plants, grid)
    fields = stacks.STACK_FIELDS

    def fill(record: int, floats: npt.NDArray[Any], ints: npt.NDArray[Any]) -> None:
        del record
        for i, one in enumerate(fields):
            (ints if one.kind == "i" else floats)[i] = values[one.name]

    write_records(
        path,
        attributes=file_attributes(
            grid, fields, start=None, description="scenair stack groups", rows=len(plants)
        ),
        fields=fields,
        shape=(1, len(plants), 1),
        stamps=[(0, 0)],
        fill=fill,
    )


def file_trapezoid(file: ioapi.IoapiFile, variable: str) -> float:
    """What CMAQ emits over the file's records, in the numerator of the unit (moles or g)."""
    values = np.asarray(file.read(variable, None))
    sums = values.reshape(len(values), -1).sum(axis=1, dtype=np.float64)
    return float(np.trapezoid(sums, dx=hours.SECONDS_PER_HOUR))
