"""``scenair monitors``: a year of observations judged, tracked against a plan, exchanged."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace

    import pandas as pd
    import xarray as xr


def evaluate(arguments: Namespace) -> int:
    """Judge a year of hourly archives by the standard; print the cities."""
    from scenair.attainment.io.observations import read_stations
    from scenair.attainment.io.observed import build_evaluation
    from scenair.attainment.statistics.qc import DROPPED

    cities = build_evaluation(
        _hourly(arguments),
        stations=read_stations(arguments.stations),
        year=arguments.year,
        source=arguments.source,
        folder=arguments.out,
        standard=arguments.standard,
        drop=() if arguments.as_reported else DROPPED,
    )
    _show(cities)
    return 0


def _hourly(arguments: Namespace) -> xr.Dataset:
    from dataclasses import replace

    import xarray as xr

    from scenair.attainment.io.readers import (
        CsvLayout,
        read_cnemc_long,
        read_cnemc_wide,
        read_hourly_csv,
    )

    files = [Path(name) for name in arguments.files]
    if arguments.format == "wide":
        return read_cnemc_wide(files, label=arguments.label)
    if arguments.format == "long":
        return read_cnemc_long(files, label=arguments.label)[0]
    columns = dict(pair.split("=", 1) for pair in arguments.column)
    layout = replace(
        CsvLayout(),
        label=arguments.label,
        pollutants=columns or CsvLayout().pollutants,
        units=dict(pair.split("=", 1) for pair in arguments.unit),
    )
    return xr.concat([read_hourly_csv(path, layout) for path in files], dim="site")


def track(arguments: Namespace) -> int:
    """Lay observed years beside a scenario's path; 1 where a city misses its plan."""
    from scenair.attainment.io.observed import build_tracking

    table = build_tracking(plan=arguments.plan, observed=arguments.observed, out=arguments.out)
    missed = table[table["kept"].eq(other=False)]
    _show(missed)
    sys.stdout.write(f"{len(table) - len(missed)} of {len(table)} city-years keep the plan\n")
    return int(len(missed) > 0)


def to_smat(arguments: Namespace) -> int:
    """Daily values of a year for SMAT-CE and MATS."""
    from scenair.attainment.io.observations import read_stations
    from scenair.attainment.io.smat import write_monitor_file
    from scenair.attainment.statistics.year import daily_values

    hourly = _hourly(arguments)
    daily = daily_values(hourly[[arguments.pollutant]])[arguments.pollutant]["value"]
    stations = read_stations(arguments.stations)
    rows = write_monitor_file(daily, stations, arguments.out, pollutant=arguments.pollutant)
    sys.stdout.write(f"{rows} rows\n")
    return 0


def from_smat(arguments: Namespace) -> int:
    """Daily monitor values of SMAT-CE or MATS as a table: site, lon, lat, day, a column each."""
    from scenair.attainment.io.smat import read_monitor_file
    from scenair.core.io.tables import write_csv

    values, stations = read_monitor_file(arguments.file)
    table = values.to_dataframe().dropna(how="all").reset_index()
    table = table.join(stations[["lon", "lat"]], on="site")
    head = ["site", "lon", "lat", "day"]
    table = table[[*head, *[c for c in table.columns if c not in head]]].sort_values(
        ["site", "day"]
    )
    write_csv(table, arguments.out)
    sys.stdout.write(f"{len(table)} rows\n")
    return 0


def _show(table: pd.DataFrame) -> None:
    sys.stdout.write((table.to_string(index=False) if len(table) else "none") + "\n")
