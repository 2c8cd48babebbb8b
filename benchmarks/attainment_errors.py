"""What happens to wrong observations: message, and effect on a year's evaluation.

Two stations of one city with a made-up year of PM2.5, ozone and CO; one thing is wrong at a time.

    python benchmarks/attainment_errors.py
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from scenair.attainment.io.readers import CsvLayout, read_cnemc_wide, read_hourly_csv
from scenair.attainment.monitors import monitor_records
from scenair.attainment.statistics.qc import apply_flags, qc_flags
from scenair.attainment.statistics.year import (
    city_values,
    daily_values,
    whole_year,
    year_statistics,
)
from scenair.core.errors import ScenairError
from scenair.core.io.tables import read_table

YEAR = 2015
STATIONS = pd.DataFrame({"city": 110000, "control": False}, index=["1001A", "1003A"])
Change = Callable[[pd.DataFrame], pd.DataFrame]


def year_of_hours() -> pd.DataFrame:
    """One row a station and hour; ozone peaks in summer afternoons."""
    rng = np.random.default_rng(0)
    time = pd.date_range(f"{YEAR}-01-01", f"{YEAR}-12-31 23:00", freq="h")
    season = np.cos(2 * np.pi * (time.day_of_year.to_numpy() - 20) / 365)
    sun = np.maximum(0, np.sin(np.pi * (time.hour.to_numpy() - 6) / 14))
    parts = []
    for code, level in zip(STATIONS.index, (1.0, 1.1), strict=True):
        noise = rng.gamma(4, 0.25, len(time))
        part = {"time": time, "station": code, "PM25": level * (45 + 25 * season) * noise}
        part |= {"O3": 30 + (90 - 60 * season) * sun * noise, "CO": 0.8 * noise}
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True).round({"PM25": 0, "O3": 0, "CO": 2})


def evaluate(hourly: xr.Dataset) -> str:
    """Annual figures of the city in one line."""
    whole = whole_year(hourly, YEAR)
    clean, flags = apply_flags(whole, qc_flags(whole))
    table = year_statistics(city_values(daily_values(clean), STATIONS)).set_index("pollutant")
    fine, ozone = table.loc["PM25"], table.loc["O3"]
    reasons = [f"{name} {table.loc[name, 'reason']}" for name in ("PM25", "O3")]
    reasons = [r for r in reasons if not r.endswith(" ")]
    flagged = flags[flags["n_dropped"] > 0]
    taken = [f"{r.n_dropped} {r.pollutant} {r.flag}" for r in flagged.itertuples()]
    return (
        f"PM2.5 {fine['mean']:.2f} ({fine['n_valid']} d), O3 P90 {ozone['percentile']:.1f} "
        f"({ozone['n_valid']} d), {'not valid: ' + '; '.join(reasons) if reasons else 'valid'}"
        + (f"; taken out: {', '.join(taken)}" if taken else "")
    )


class Log(logging.Handler):
    """Keeps the warnings of the readers."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(record.getMessage())


def through(folder: Path, frame: pd.DataFrame, layout: CsvLayout | None = None) -> str:
    """Write the hours, read them back, evaluate the year."""
    path = folder / "hours.csv"
    frame.to_csv(path, index=False)
    return evaluate(read_hourly_csv(path, layout))


def hours_gone(frame: pd.DataFrame, *, from_hour: int, to_hour: int, until: str) -> pd.DataFrame:
    """Both stations silent in some hours of each day until a date."""
    hour = frame["time"].dt.hour
    silent = (frame["time"] < until) & hour.between(from_hour, to_hour)
    return frame[~silent]


def one_stuck(frame: pd.DataFrame) -> pd.DataFrame:
    """PM2.5 of one station repeats for three days."""
    days = (frame["time"] >= f"{YEAR}-02-01") & (frame["time"] < f"{YEAR}-02-04")
    return frame.assign(PM25=frame["PM25"].mask(days & (frame["station"] == "1001A"), 300))


def contradiction(frame: pd.DataFrame) -> pd.DataFrame:
    """An hour twice with different values."""
    return pd.concat([frame, frame.iloc[[5]].assign(PM25=999)])


CASES: dict[str, Change] = {
    "nothing wrong": lambda f: f,
    "5 hours a day missing until 1 March (19 left)": lambda f: hours_gone(
        f, from_hour=0, to_hour=4, until=f"{YEAR}-03-01"
    ),
    "hours 08-10 missing until 1 July (11 ozone windows)": lambda f: hours_gone(
        f, from_hour=8, to_hour=10, until=f"{YEAR}-07-01"
    ),
    "one station silent from June": lambda f: f[
        (f["time"] < f"{YEAR}-06-01") | (f["station"] == "1003A")
    ],
    "identical rows twice": lambda f: pd.concat([f, f.iloc[:500]]),
    "an hour twice with other values": contradiction,
    "a station that is not in the list": lambda f: f.assign(
        station=f["station"].replace("1003A", "9999A")
    ),
    "CO in ug m-3, not declared": lambda f: f.assign(CO=1000 * f["CO"]),
    "PM2.5 in mg m-3, not declared": lambda f: f.assign(PM25=f["PM25"] / 1000),
    "a value that is text": lambda f: f.astype({"PM25": object}).assign(
        PM25=lambda g: g["PM25"].mask(g.index == 7, "broken")
    ),
    "codes -999 and — for missing": lambda f: f.astype({"PM25": object}).assign(
        PM25=lambda g: g["PM25"].mask(g.index % 50 == 0, "—").mask(g.index % 50 == 1, -999)
    ),
    "stuck at 300 for three days": one_stuck,
    "no rows": lambda f: f.iloc[:0],
    "a year with 300 days": lambda f: f[f["time"] < f"{YEAR}-10-28"],
    "another year": lambda f: f.assign(time=f["time"] + pd.Timedelta(days=3650)),
}


def outcome(run: Callable[[], str], log: Log) -> tuple[str, str]:
    """Message and effect of one case."""
    log.lines.clear()
    try:
        effect = run()
    except ScenairError as error:
        return str(error), "stops"
    return "; ".join(dict.fromkeys(log.lines)) or "-", effect


def mixed_units() -> str:
    """A table of annual statistics with one value in another unit."""
    table = read_table("attainment/monitors_2015.csv")
    rows = table.index[table["statistic"] == "mean"]
    table.loc[rows[0], "unit"] = "mg m-3"
    return f"{len(monitor_records(table, year=YEAR))} records"


def wrong_codes(folder: Path) -> str:
    """An archive whose columns are names instead of station codes."""
    frame = pd.DataFrame({"date": "20150101", "hour": range(24), "type": "PM2.5", "Wanliu": 40})
    path = folder / "china_sites_20150101.csv"
    frame.to_csv(path, index=False)
    return f"{read_cnemc_wide([path], pollutants=['PM25']).sizes}"


def empty_file(folder: Path) -> str:
    """A file of no bytes."""
    path = folder / "empty.csv"
    path.write_text("")
    return f"{read_hourly_csv(path).sizes}"


def main() -> None:
    """Print case, message and effect."""
    log = Log()
    logger = logging.getLogger("scenair.attainment")
    logger.addHandler(log)
    logger.propagate = False
    hours = year_of_hours()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs: dict[str, Callable[[], str]] = {
            case: (lambda change=change: through(folder, change(hours)))
            for case, change in CASES.items()
        }
        runs["CO in ug m-3, declared"] = lambda: through(
            folder, hours.assign(CO=1000 * hours["CO"]), CsvLayout(units={"CO": "ug m-3"})
        )
        runs["an archive with names for codes"] = lambda: wrong_codes(folder)
        runs["an annual table with mixed units"] = mixed_units
        runs["a file of no bytes"] = lambda: empty_file(folder)
        for case, run in runs.items():
            message, effect = outcome(run, log)
            print(f"{case}\n    message: {message.replace(name + '/', '')}\n    effect:  {effect}")


if __name__ == "__main__":
    main()
