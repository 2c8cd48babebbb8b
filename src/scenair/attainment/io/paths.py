"""The rule ``attainment_path``: when each city attains for good, and when its CO2 peaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scenair.attainment.io.job import judge
from scenair.attainment.io.model import read_city_paths
from scenair.attainment.targets import year_of_attainment
from scenair.config.attainment import AttainmentConfig
from scenair.config.case import CaseConfig
from scenair.core.errors import InputError
from scenair.core.io.tables import read_csv, write_csv

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: Limit of the published study, shown beside the limits by date, ug m-3.
OLD_LIMIT = 35.0


def build_attainment_path(
    *,
    config: Mapping[str, Any],
    years: Mapping[int, str | Path],
    trajectory: str | Path,
    out: str | Path,
) -> None:
    """Concentration by year, year of attainment and of the CO2 peak of each city.

    Between the years that were run the concentration is interpolated in its logarithm, from the
    monitor year on.

    Parameters
    ----------
    config : mapping
        Sections ``case`` and ``attainment``.
    years : mapping
        Year -> ``cities_fused.csv`` of that year.
    trajectory : path
        Trajectory of the scenario.
    out : path
        CSV: adcode, city_type, basis, co2_peak_year, peaked, year_attains (limit of each year),
        year_attains_35, then pm25_YYYY (ug m-3) of the monitor year and of the years run.

    Raises
    ------
    InputError
        No years, years at or before the monitor year, tables of other cities.
    """
    case = CaseConfig.model_validate(config["case"])
    options = AttainmentConfig.model_validate(config["attainment"])
    adcodes = list(case.adcodes())
    start = case.monitor_year
    if not years or min(years) <= start:
        raise InputError(
            "years after the monitor year are needed", value=sorted(years), allowed=f"> {start}"
        )
    values: dict[int, pd.Series] = {}
    basis: pd.Series | None = None
    for year in sorted(years):
        table = read_csv(
            years[year], columns=("adcode", "pm25_best", "pm25_ratio", "basis")
        ).set_index("adcode")
        if table.index.tolist() != adcodes:
            raise InputError("a table of other cities", where=str(years[year]))
        if basis is None:
            basis = table["basis"]
            values[start] = table["pm25_best"] / table["pm25_ratio"]
        values[year] = table["pm25_best"]
    run = pd.DataFrame(values).T.sort_index()
    every = interpolated(run)
    limits = pd.Series({y: judge(options, year=y).pm25_limit for y in every.index})
    city = read_city_paths(trajectory, adcodes=case.adcodes()).table
    out_table = pd.DataFrame(
        {
            "adcode": adcodes,
            "city_type": city["city_type"].to_numpy(),
            "basis": None if basis is None else basis.to_numpy(),
            "co2_peak_year": city["peak_year"].to_numpy(),
            "peaked": city["peaked"].to_numpy() == 1,
            "year_attains": year_of_attainment(every, limits).to_numpy(),
            "year_attains_35": year_of_attainment(every, limits * 0 + OLD_LIMIT).to_numpy(),
        }
    )
    by_year = run.T.add_prefix("pm25_").reset_index(drop=True)
    write_csv(pd.concat([out_table, by_year], axis=1), out)


def interpolated(run: pd.DataFrame) -> pd.DataFrame:
    """Values of every year between the first and the last, linear in the logarithm.

    Parameters
    ----------
    run : DataFrame
        Index year ascending, a column a city, above 0.
    """
    years = np.arange(int(run.index[0]), int(run.index[-1]) + 1)
    logs = np.log(run.to_numpy(np.float64))
    columns = [np.interp(years, run.index.to_numpy(np.float64), c) for c in logs.T]
    return pd.DataFrame(np.exp(np.column_stack(columns)), index=years, columns=run.columns)
