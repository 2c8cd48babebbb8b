"""Observations of a year, from archives to the monitor table that attainment reads."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.attainment.io.store import blocks_of_stations
from scenair.attainment.statistics.qc import DROPPED, apply_flags, qc_flags
from scenair.attainment.statistics.year import (
    city_values,
    daily_values,
    monitor_rows,
    whole_year,
    year_statistics,
)
from scenair.core.errors import InputError
from scenair.core.io.reading import reader
from scenair.core.io.tables import read_csv, write_csv
from scenair.core.regions import units

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import xarray as xr

logger = logging.getLogger("scenair.attainment")

#: A station this far outside every unit still belongs to the nearest, degrees.
_OFF_COAST_DEG: Final = 0.2


@reader
def read_stations(path: str | Path) -> pd.DataFrame:
    """A station list: station, lon, lat, control (true/false) and, if known, adcode.

    Stations without adcode get the unit whose polygon holds them.

    Returns
    -------
    DataFrame
        Index station; lon, lat, city (adcode), control.

    Raises
    ------
    InputError
        Missing columns, a station twice, coordinates out of range or outside every unit.
    """
    frame = read_csv(path, columns=("station", "lon", "lat", "control"), dtype={"station": str})
    if frame["station"].duplicated().any():
        raise InputError(
            "a station is there twice",
            where=str(path),
            value=frame.loc[frame["station"].duplicated(), "station"].iloc[0],
        )
    bad = ~(frame["lon"].between(70, 140) & frame["lat"].between(0, 60))
    if bad.any():
        raise InputError(
            "coordinates out of range",
            where=f"{path}, station {frame.loc[bad, 'station'].iloc[0]}",
            value=frame.loc[bad, ["lon", "lat"]].iloc[0].tolist(),
            allowed="lon 70-140, lat 0-60",
        )
    adcode = frame["adcode"] if "adcode" in frame.columns else pd.Series(np.nan, frame.index)
    lacking = adcode.isna()
    if lacking.any():
        found = unit_of(frame.loc[lacking, "lon"], frame.loc[lacking, "lat"])
        adcode = adcode.astype(float).where(~lacking)
        adcode.loc[lacking] = found
    control = frame["control"].astype(str).str.lower().isin(("true", "1"))
    return pd.DataFrame(
        {
            "lon": frame["lon"].to_numpy(),
            "lat": frame["lat"].to_numpy(),
            "city": adcode.astype(np.int32).to_numpy(),
            "control": control.to_numpy(),
        },
        index=pd.Index(frame["station"], name="station"),
    )


def unit_of(lon: pd.Series, lat: pd.Series) -> pd.Series:
    """adcode of the unit that holds each point; points just off a coast take the nearest.

    Raises
    ------
    InputError
        A point more than 0.2 degrees from every unit.
    """
    import shapely

    frame = units()
    codes = frame.index.to_numpy()
    polygons = np.asarray(frame.geometry.values, dtype=object)
    points = shapely.points(lon.to_numpy(np.float64), lat.to_numpy(np.float64))
    inside, polygon = shapely.STRtree(polygons).query(points, predicate="within")
    found = np.full(len(points), -1)
    found[inside] = codes[polygon]
    for i in np.flatnonzero(found < 0):
        distance = shapely.distance(polygons, points[i])
        if distance.min() > _OFF_COAST_DEG:
            raise InputError(
                "a station outside every unit", value=[float(lon.iloc[i]), float(lat.iloc[i])]
            )
        found[i] = codes[int(distance.argmin())]
    return pd.Series(found, index=lon.index)


def _daily_values(
    hourly: xr.Dataset, *, year: int, drop: Sequence[str]
) -> tuple[dict[str, xr.Dataset], pd.DataFrame]:
    """Daily values of all stations, and what was flagged, a block of stations after the other."""
    import xarray as xr

    parts: dict[str, list[xr.Dataset]] = {}
    counts = []
    for block in blocks_of_stations(hourly):
        values = whole_year(block, year)
        clean, found = apply_flags(values, qc_flags(values), drop=drop)
        counts.append(found)
        for name, ds in daily_values(clean).items():
            parts.setdefault(name, []).append(ds)
    daily = {name: xr.concat(some, dim="site") for name, some in parts.items()}
    rows = pd.concat(counts).groupby(["pollutant", "flag"], sort=False).sum()
    return daily, rows.reset_index()


def build_monitor_table(
    hourly: xr.Dataset,
    *,
    stations: pd.DataFrame,
    year: int,
    source: str,
    out: str | Path,
    report: str | Path,
    drop: Sequence[str] = DROPPED,
) -> None:
    """City statistics of a year in the form of ``resources/attainment/monitors_YYYY.csv``.

    Parameters
    ----------
    hourly : Dataset
        From one of the readers, or opened by :func:`scenair.attainment.io.store.open_hourly`. Some
        stations are in memory at a time.
    stations : DataFrame
        From :func:`read_stations`.
    source : str
        Named in every row.
    out : path
        Monitor table; give it as ``attainment.monitors`` in the case.
    report : path
        Quality flags: what was flagged and what was taken out.
    drop : sequence of str
        Flags whose values are taken out.

    Raises
    ------
    InputError
        Stations that are not in the list, a year without values.
    """
    daily, counts = _daily_values(hourly, year=year, drop=drop)
    logger.info("values taken out: %d", int(counts["n_dropped"].sum()))
    table = year_statistics(city_values(daily, stations))
    use = stations[~stations["control"]].groupby("city")[["lon", "lat"]].mean()
    known = units().reindex(use.index)
    places = use.assign(name_zh=known["name_zh"], level="prefecture")
    write_csv(monitor_rows(table, places, year=year, source=source), out)
    write_csv(counts, report)
