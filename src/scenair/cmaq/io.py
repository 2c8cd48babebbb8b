"""Files of the stage cmaq: one function a rule."""

from __future__ import annotations

import datetime as dt
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from scenair.cmaq import streams, streams_dates
from scenair.cmaq.check_names import read_mechanism
from scenair.cmaq.io_days import write_days
from scenair.cmaq.io_desid import write_desid
from scenair.cmaq.io_inputs import Kit, prepare
from scenair.cmaq.io_kit import write_kit
from scenair.cmaq.streams_hourly import MASS_SPECIES
from scenair.config.case import CaseConfig
from scenair.config.cmaq import CmaqConfig
from scenair.core.audit.closure import COLUMNS, require_closed
from scenair.core.griddesc import format_griddesc
from scenair.core.io.atomic import write_text
from scenair.core.io.netcdf import open_netcdf
from scenair.core.io.tables import read_table, write_csv
from scenair.core.regions import units
from scenair.core.sectors import SECTORS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

logger = logging.getLogger(__name__)


def build_cmaq(
    *,
    year: int,
    scenario: str,
    config: Mapping[str, Any],
    gridded: str | Path,
    points: str | Path,
    griddesc: str | Path,
    emis: str | Path,
    stack: str | Path,
    listing: str | Path,
    dates: str | Path,
    closure: str | Path,
    totals: str | Path,
    kit: str | Path,
    threads: int = 1,
) -> None:
    """Rule ``cmaq``: emission files of the case's days, GRIDDESC, the closure and the run kit.

    Parameters
    ----------
    year : int
    scenario : str
    config : mapping
        Sections ``case`` and ``cmaq``.
    gridded, points : path
        Inputs: gridded.nc, points.csv.
    griddesc, emis, stack, listing, dates, closure, totals : path
        Outputs: GRIDDESC, folder of gridded files, folder of point files, streams.csv, dates.csv
        (which file serves which date), closure.csv (kg), totals.csv (what every file must hold,
        for ``scenair cmaq check --table``).
    kit : path
        Folder that takes ``wrf/`` (namelists) and ``run/`` (scripts).
    threads : int
        That may deflate the archive.

    Raises
    ------
    MassBalanceError
        The files, read back, differ from gridded.nc by more than 1e-6.
    """
    made = prepare(
        year=year,
        scenario=scenario,
        config=config,
        gridded=gridded,
        points=points,
        threads=threads,
    )
    mapping = kit_dates(made)
    files = sorted(set(mapping["file_date"]))
    _write(
        made,
        files,
        griddesc=griddesc,
        emis=emis,
        stack=stack,
        listing=listing,
        closure=closure,
        totals=totals,
    )
    write_csv(mapping, dates)
    write_kit(
        year=year,
        scenario=scenario,
        config=config,
        griddesc=griddesc,
        listing=listing,
        emis=emis,
        folder=kit,
    )


def kit_dates(kit: Kit) -> pd.DataFrame:
    """Dates of the kit: date, file_date (whose file serves it), day_class.

    One row a day that is written, or a day of the year for representative days and full years.
    """
    options, year = kit.options, kit.year
    mapping = streams_dates.representative_days(year=year, calendar=kit.calendar)
    if options.period == "representative":
        return mapping
    mapping["file_date"] = mapping["date"]
    if options.period == "days":
        days = streams_dates.named_days(options.days, year=year)
        days = days or streams_dates.default_days(year=year, calendar=kit.calendar)
        mapping = mapping[mapping["date"].isin(days)].reset_index(drop=True)
    return mapping


def write_range(
    *,
    start: dt.date,
    stop: dt.date,
    scenario: str,
    config: Mapping[str, Any],
    gridded: str | Path,
    points: str | Path,
    folder: str | Path,
) -> list[Path]:
    """Write the days of a range just before CMAQ needs them, without Snakemake.

    The files are the same, byte for byte, as those of rule ``cmaq`` for these days, so that a
    kit need not be stored: it is a function of gridded.nc, the tables and the date.

    Parameters
    ----------
    start, stop : date
        First and last UTC day, of one year.
    config : mapping
        Section ``cmaq``.
    gridded, points : path
        Of the year and scenario.
    folder : path
        Gets ``GRIDDESC``, ``emis/``, ``points/``, ``streams.csv``, ``closure.csv``, ``totals.csv``.

    Returns
    -------
    list of Path
        The data files, sorted.
    """
    dates = streams_dates.date_range(start, stop)
    kit = prepare(year=start.year, scenario=scenario, config=config, gridded=gridded, points=points)
    out = Path(folder)
    _write(
        kit,
        dates,
        griddesc=out / "GRIDDESC",
        emis=out / "emis",
        stack=out / "points",
        listing=out / "streams.csv",
        closure=out / "closure.csv",
        totals=out / "totals.csv",
    )
    return sorted([*(out / "emis").glob("*.nc"), *(out / "points").glob("*.nc")])


def _write(
    kit: Kit,
    dates: Sequence[dt.date],
    *,
    griddesc: str | Path,
    emis: str | Path,
    stack: str | Path,
    listing: str | Path,
    closure: str | Path,
    totals: str | Path,
) -> None:
    write_text(format_griddesc([kit.grid]), griddesc)
    for folder in (emis, stack):
        # a case without plants has an empty folder of points
        Path(folder).mkdir(parents=True, exist_ok=True)
    ledger = write_days(kit, dates, emis=Path(emis), stack=Path(stack))
    write_csv(kit_listing(kit), listing)
    write_csv(pd.DataFrame(ledger.totals), totals)
    table = pd.DataFrame(ledger.closure, columns=list(COLUMNS))
    write_csv(require_closed(table, where=str(emis), unit="kg"), closure)


def kit_listing(kit: Kit) -> pd.DataFrame:
    """Streams of the kit: label, files, sectors and what is decided about PCVOC."""
    rows = []
    for stream in kit.streams:
        pcvoc = "off" if stream.label == streams.NO_PCVOC_LABEL else "on"
        common = {"sectors": " ".join(stream.sectors), "pcvoc": pcvoc}
        name, grid = stream.name, kit.grid.name
        rows.append(
            {"kind": "gridded", "label": stream.label, "stream": name, **common}
            | {"emission": f"emis/emis_{name}_{grid}_YYYYMMDD.nc", "groups": ""}
        )
        if len(kit.stack_rows(stream)):
            rows.append(
                {"kind": "point", "label": stream.point_label, "stream": name, **common}
                | {
                    "emission": f"points/inln_{name}_{grid}_YYYYMMDD.nc",
                    "groups": f"points/stack_groups_{name}_{grid}.nc",
                }
            )
    return pd.DataFrame(rows)


def build_desid(
    *,
    config: Mapping[str, Any],
    cities: str | Path,
    base: str | Path,
    trajectories: str | Path,
    folder: str | Path,
    gridded: tuple[str | Path, str | Path] | None = None,
    shipped: str | Path | None = None,
) -> None:
    """Rule ``desid``: a scenario as masks and namelist for the base scenario's emission files.

    Parameters
    ----------
    config : mapping
        Sections ``case`` and ``cmaq``.
    cities, base : path
        cities.nc of the scenario and of the base, same year.
    trajectories : path
        Trajectories of the scenario, for the city types.
    folder : path
        Output folder.
    gridded : (scenario, base), optional
        gridded.nc of both, for the round trip by cell.
    shipped : path, optional
        ``CMAQ_Control_DESID_{mechanism}.nml`` of the user's CMAQ, to merge the rules into.
    """
    import xarray as xr

    case = CaseConfig.model_validate(config["case"])
    options = CmaqConfig.model_validate(config["cmaq"])
    om_oc = read_table("cmaq/speciation_om_oc.csv").set_index("sector")["value"]
    made = streams.build_streams(
        read_table("cmaq/streams.csv"),
        name=options.streams,
        sectors=SECTORS,
        species=MASS_SPECIES,
        pcvoc=options.pcvoc_stoves,
    )
    write_desid(
        scenario=cities,
        base=base,
        streams=made,
        om_oc=xr.DataArray(
            om_oc.reindex(list(SECTORS)).to_numpy(dtype=float),
            dims="sector",
            coords={"sector": list(SECTORS)},
        ),
        grid=case.grid.build(),
        mechanism=read_mechanism(options.mechanism),
        geometries=units().geometry.loc[list(case.adcodes())].to_dict(),
        folder=folder,
        by=options.desid.by,
        city_type=open_netcdf(trajectories, variables=("city_type",))["city_type"],
        gridded=gridded,
        shipped=shipped,
    )
