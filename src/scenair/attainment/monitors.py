"""Monitor records of one year: annual and quarterly statistics, at the state a limit asks for."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from scenair.attainment.reference_state import particle_factor, state_of
from scenair.core.errors import InputError
from scenair.core.periods import QUARTERS, days_in_quarters

#: Daily means a year needs (GB 3095-2026, table 4).
DAYS_A_YEAR: Final = 324
#: Daily means a month needs; February two fewer.
DAYS_A_MONTH: Final = 27
#: Annual figure and count-weighted quarters may differ by rounding of two decimals.
_ROUNDING: Final = 0.02
_LARGEST: Final = 1000.0


def monitor_records(table: pd.DataFrame, *, year: int, pollutant: str = "PM25") -> pd.DataFrame:
    """One row a record from the long statistics table, checked.

    Parameters
    ----------
    table : DataFrame
        Columns adcode, name_zh, level, year, pollutant, period (year, Q1-Q4), statistic (mean,
        p95, count, lon, lat), value, unit.
    year : int
    pollutant : str

    Returns
    -------
    DataFrame
        Index adcode (ascending); name_zh, level, lon, lat, mean, p95, n_valid, mean_Q1..Q4,
        n_Q1..Q4. Concentrations in the unit of the table (ug m-3), as reported.

    Raises
    ------
    InputError
        No records of the year, missing or duplicate figures, another unit, values out of range,
        counts beyond the calendar, quarters that contradict the year.
    """
    rows = table[(table["year"] == year) & (table["pollutant"] == pollutant)]
    where = f"monitor statistics, {pollutant} {year}"
    if rows.empty:
        raise InputError(
            "no monitor records",
            where=where,
            value=f"the table has {sorted(set(table['year']))}, {sorted(set(table['pollutant']))}",
            remedy="choose another monitor_year or give a table of that year",
        )
    _require_units(rows, where=where)
    twice = rows.duplicated(["adcode", "period", "statistic"])
    if twice.any():
        raise InputError(
            "a figure is given twice",
            where=where,
            value=rows.loc[twice, ["adcode", "period", "statistic"]].iloc[0].tolist(),
        )
    label = rows["statistic"].where(
        rows["period"] == "year", rows["statistic"] + "_" + rows["period"]
    )
    wide = rows.assign(label=label).pivot_table(
        index="adcode", columns="label", values="value", sort=True
    )
    wide = wide.rename(columns={"count": "n_valid"})
    wide.columns = [str(c).replace("count_Q", "n_Q") for c in wide.columns]
    needed = ["lon", "lat", "mean", "n_valid", *(f"mean_{q}" for q in QUARTERS)]
    needed += [f"n_{q}" for q in QUARTERS]
    for column in needed:
        if column not in wide.columns or wide[column].isna().any():
            lacking = wide.index[wide[column].isna()].tolist() if column in wide.columns else "all"
            raise InputError("figures are missing", where=f"{where}, {column}", value=lacking)
    wide["p95"] = wide["p95"] if "p95" in wide.columns else np.nan
    names = rows.groupby("adcode")[["name_zh", "level"]].first()
    records = names.join(wide[[*needed, "p95"]])
    _check_values(records, year=year, where=where)
    return records


def _require_units(rows: pd.DataFrame, *, where: str) -> None:
    wanted = {
        "mean": "ug m-3",
        "p95": "ug m-3",
        "count": "days",
        "lon": "degrees_east",
        "lat": "degrees_north",
    }
    for statistic, unit in wanted.items():
        found = set(rows.loc[rows["statistic"] == statistic, "unit"])
        if found - {unit}:
            raise InputError(
                "wrong or mixed units",
                where=f"{where}, statistic {statistic}",
                value=", ".join(sorted(found)),
                allowed=unit,
                remedy="convert the table to one unit",
            )


def _check_values(records: pd.DataFrame, *, year: int, where: str) -> None:
    days = days_in_quarters(year)
    for q, length in zip(QUARTERS, days, strict=True):
        bad = (records[f"n_{q}"] < 0) | (records[f"n_{q}"] > length)
        if bad.any():
            raise InputError(
                "more daily values than days",
                where=f"{where}, {q}, adcode {records.index[bad][0]}",
                value=records.loc[bad, f"n_{q}"].iloc[0],
                allowed=f"0-{length}",
            )
    for column in ("mean", *(f"mean_{q}" for q in QUARTERS)):
        bad = ~((records[column] > 0) & (records[column] < _LARGEST))
        if bad.any():
            raise InputError(
                "a concentration out of range",
                where=f"{where}, {column}, adcode {records.index[bad][0]}",
                value=records.loc[bad, column].iloc[0],
                allowed=f"above 0 and below {_LARGEST:g} ug m-3",
            )
    off = (quarter_mean(records) - records["mean"]).abs() > _ROUNDING
    if off.any():
        raise InputError(
            "quarters and year contradict each other",
            where=f"{where}, adcode {records.index[off][0]}",
            value=f"year {records.loc[off, 'mean'].iloc[0]}, "
            f"quarters {quarter_mean(records)[off].iloc[0]:.3f}",
            allowed=f"equal within {_ROUNDING} ug m-3",
        )


def quarter_mean(records: pd.DataFrame) -> pd.Series:
    """Annual mean of the daily values from quarterly means and counts."""
    values = records[[f"mean_{q}" for q in QUARTERS]].to_numpy()
    counts = records[[f"n_{q}" for q in QUARTERS]].to_numpy()
    return pd.Series((values * counts).sum(axis=1) / counts.sum(axis=1), index=records.index)


def complete(records: pd.DataFrame, *, year: int) -> pd.Series:
    """Whether the daily values suffice for an annual mean.

    At least 324 days, and in every quarter at least the sum of 27 a month (February 25), the
    strictest test that quarterly counts allow.
    """
    needed = np.full(4, 3 * DAYS_A_MONTH)
    needed[0] -= 2
    counts = records[[f"n_{q}" for q in QUARTERS]].to_numpy()
    enough = (counts >= np.minimum(needed, days_in_quarters(year))).all(axis=1)
    return pd.Series(enough, index=records.index) & (records["n_valid"] >= DAYS_A_YEAR)


def ambient_factors(conditions: pd.DataFrame, records: pd.DataFrame, *, year: int) -> pd.DataFrame:
    """Factors by quarter from the reported state to ambient conditions, particles.

    Parameters
    ----------
    conditions : DataFrame
        ``site_conditions``: adcode, period (Q1-Q4), quantity (temperature, pressure), value.
    records : DataFrame
        Index adcode.
    year : int
        Years from 2019 on are reported at ambient conditions: factor 1.

    Returns
    -------
    DataFrame (adcode x Q1..Q4), 1

    Raises
    ------
    InputError
        A record without conditions; 2018, when the state changed within the year.
    """
    if year == 2018:
        raise InputError(
            "2018 mixes two reference states (the change is on 1 September)",
            where="monitor_year",
            remedy="convert the daily values first and give their statistics, or take another year",
        )
    if year > 2018:
        return pd.DataFrame(1.0, index=records.index, columns=list(QUARTERS))
    assert state_of(pd.Timestamp(year, 12, 31).date()) == "stp"
    wide = conditions[conditions["period"].isin(QUARTERS)].pivot_table(
        index="adcode", columns=["quantity", "period"], values="value"
    )
    quarters = list(QUARTERS)
    factor = pd.DataFrame(
        particle_factor(wide["temperature"][quarters], wide["pressure"][quarters]),
        index=wide.index,
        columns=quarters,
    )
    lacking = records.index.difference(factor.index)
    if len(lacking):
        raise InputError(
            "monitors without temperature and pressure",
            where="resources/attainment/site_conditions.csv.gz",
            value=lacking.tolist()[:5],
            remedy="add rows for these adcodes",
        )
    return factor.loc[records.index, list(QUARTERS)]
