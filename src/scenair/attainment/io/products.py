"""Tables and files of one scenario and year beside the city table."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from scenair.attainment.exposure import exposure_table, people_above
from scenair.attainment.health import (
    age_groups,
    attributable_deaths,
    gemm,
    interval,
    interval_by_age,
    log_linear,
    transferred_vsl,
)
from scenair.attainment.places import weighted_mean
from scenair.attainment.summary import (
    all_groups,
    count_attaining,
    shared_cells,
    weighted,
)
from scenair.core.io.netcdf import write_netcdf
from scenair.core.io.tables import read_table
from scenair.core.periods import QUARTERS
from scenair.core.regions import units

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from scenair.attainment.assess import Estimate
    from scenair.attainment.health import Method
    from scenair.attainment.io.job import Job


def sensitivity_table(job: Job, cities: pd.DataFrame) -> pd.DataFrame:
    """Counts at other backgrounds and other limits.

    Returns
    -------
    DataFrame
        background_factor, limit, basis (``in force`` or ``comparison``), n_monitored,
        n_attain_monitored, n_judged, n_attain_fused, population_weighted_pm25 (ug m-3).
    """
    level = units()["level"].reindex(cities["adcode"]).eq("city").to_numpy()
    limits = [(job.judgement.pm25_limit, "in force")]
    limits += [(limit, "comparison") for limit in job.options.comparison_limits]
    people = np.asarray(job.places.people.sum(axis=1)).ravel()
    rows = []
    for factor in job.options.background_factors:
        result = job.run(factor)
        own = job.monitors.table["level"].eq("prefecture").to_numpy()
        value = pd.Series(
            result.future_annual[own], index=job.monitors.table["adcode"].to_numpy()[own]
        ).reindex(cities["adcode"])
        fused = weighted_mean(job.places.people, job.annual(result.field_future))
        best = value.fillna(pd.Series(fused, index=value.index)).to_numpy()[level]
        for limit, basis in limits:
            rows.append(
                {
                    "background_factor": factor,
                    "limit": limit,
                    "basis": basis,
                    "n_monitored": int(value[level].notna().sum()),
                    "n_attain_monitored": count_attaining(value.to_numpy()[level], limit),
                    "n_judged": int(np.isfinite(best).sum()),
                    "n_attain_fused": count_attaining(best, limit),
                    "population_weighted_pm25": weighted(fused, people),
                }
            )
    return pd.DataFrame(rows)


def health_table(fused: pd.DataFrame, population: pd.Series) -> pd.DataFrame:
    """Deaths attributable to PM2.5 in each unit, in the base year and now (GEMM NCD+LRI, PWRR).

    People, their age and the baseline rate stay at the base, so the difference is that of exposure
    alone.

    Returns
    -------
    DataFrame
        adcode, population_25 (persons), deaths_base, deaths, avoided (a year); units without a
        concentration are empty.
    """
    parameters = read_table("attainment/health.csv").set_index("quantity")["value"].astype(float)
    function = gemm(read_table("attainment/gemm.csv"))
    adults = population.to_numpy(np.float64) * parameters["share_25_and_older"]
    rate = float(parameters["baseline_rate_ncd_lri"])
    base = fused["pm25_fused_population_base"].to_numpy()
    now = fused["pm25_fused_population"].to_numpy()
    known = np.isfinite(base) & np.isfinite(now)
    out = np.full((2, len(fused)), np.nan)
    old = function.relative_risk(base[known])
    for i, values in enumerate((base, now)):
        risk = function.relative_risk(values[known])
        out[i, known] = attributable_deaths(adults[known], rate, risk, base_risk=old)
    return pd.DataFrame(
        {
            "adcode": fused["adcode"],
            "population_25": adults,
            "deaths_base": out[0],
            "deaths": out[1],
            "avoided": out[0] - out[1],
        }
    )


def health_summary(job: Job, fused: pd.DataFrame, population: pd.Series) -> dict[str, Any]:
    """National deaths avoided with their interval, by the choices that change them, and value."""
    parameters = read_table("attainment/health.csv").set_index("quantity")["value"].astype(float)
    table = read_table("attainment/gemm.csv")
    base = fused["pm25_fused_population_base"].to_numpy()
    now = fused["pm25_fused_population"].to_numpy()
    known = np.isfinite(base) & np.isfinite(now)
    adults = population.to_numpy(np.float64)[known] * parameters["share_25_and_older"]
    rate, function = float(parameters["baseline_rate_ncd_lri"]), gemm(table)
    before, after = base[known], now[known]
    central, low, high = interval(function, adults, rate, before, after)
    groups = age_groups(table, read_table("attainment/age_structure.csv"), rate=rate)
    aged = interval_by_age(groups, adults, before, after)
    linear = _log_linear_avoided(parameters, adults, rate, before, after)
    vsl = transferred_vsl(
        parameters["vsl"],
        income=(1 + parameters["income_growth"]) ** (job.year - parameters["vsl_year"]),
        reference_income=1.0,
        elasticity=parameters["vsl_elasticity"],
    )
    methods: tuple[Method, ...] = ("paf", "fixed_rate")
    return {
        "function": "GEMM NCD+LRI, adults of 25 and older",
        "attribution": "pwrr: underlying rate of the base kept, people and ages of 2020",
        "against": job.case.monitor_year,
        "deaths_avoided": central,
        "deaths_avoided_95_percent": [low, high],
        "deaths_avoided_by_age": aged[0],
        "deaths_avoided_by_age_95_percent": list(aged[1:]),
        "deaths_avoided_other_attribution": {
            m: interval(function, adults, rate, before, after, method=m)[0] for m in methods
        },
        "deaths_avoided_log_linear": linear,
        "value_cny": central * parameters["vsl"],
        "value_cny_range": [central * parameters["vsl_low"], central * parameters["vsl_high"]],
        "value_cny_with_income": central * vsl,
        "value_note": "VSL of 2019, and moved to the income of the year; rate, age shares, growth "
        "of income and elasticity are assumed",
        "ozone": "no monitors, so no level: deaths by ozone are left out",
    }


def _log_linear_avoided(
    parameters: pd.Series,
    adults: npt.NDArray[np.float64],
    rate: float,
    base: npt.NDArray[np.float64],
    now: npt.NDArray[np.float64],
) -> dict[str, float]:
    """Deaths avoided by log-linear functions (all causes in their studies, here at one rate)."""
    out = {}
    for name, threshold in (("krewski", 5.0), ("lepeule", 8.0)):
        rr = float(parameters[f"{name}_rr"])
        old, new = (log_linear(c, rr=rr, per=10.0, threshold=threshold) for c in (base, now))
        before = attributable_deaths(adults, rate, old, base_risk=old)
        after = attributable_deaths(adults, rate, new, base_risk=old)
        out[name] = float((before - after).sum())
    return out


def exposure_of(job: Job, result: Estimate) -> pd.DataFrame:
    """People by class of fused annual concentration."""
    return exposure_table(
        job.places.cell_people, job.annual(result.field_base), job.annual(result.field_future)
    )


def summary_of(
    job: Job,
    result: Estimate,
    tables: dict[str, pd.DataFrame],
    sensitivity: pd.DataFrame,
    loo: dict[str, Any],
    *,
    readings: Mapping[str, int] | None,
) -> dict[str, Any]:
    """Contents of ``summary.json``.

    Parameters
    ----------
    loo : dict
        Leave-one-out skill.
    readings : mapping, optional
        Reading of "peaked" -> prefecture-level cities; None for history.
    """
    cities, fused, double = tables["cities"], tables["fused"], tables["double"]
    rows = cities.merge(fused.drop(columns="monitored"), on="adcode").merge(
        double[["adcode", "peaked"]], on="adcode"
    )
    rows["level"] = units()["level"].reindex(rows["adcode"]).to_numpy()
    above = people_above(
        job.places.cell_people,
        job.annual(result.field_future),
        sorted({job.judgement.pm25_limit, *job.options.comparison_limits, 5.0}),
    )
    increment = (rows["pm25"] - rows["pm25_fused_population"])[rows["monitored"]]
    groups = all_groups(
        rows, read_table("attainment/regions.csv"), limits=job.options.comparison_limits
    )
    return groups | {
        "year": job.year,
        "scenario": job.scenario,
        "case": job.case.name,
        "standard": job.judgement.profile,
        "pm25_limit": job.judgement.pm25_limit,
        "monitor_year": job.case.monitor_year,
        "source": job.source,
        "array_cells": f"{2 * job.radius + 1} x {2 * job.radius + 1}",
        "fusion": f"{job.options.fusion}, {job.options.neighbours}",
        "leave_one_out": loo,
        "sensitivity": sensitivity.to_dict("records"),
        "uncertainty": asdict(job.uncertainty)
        | {
            "tag": "assumed",
            "unit": "1 sigma, relative",
            "cities_with_sigma_of_years": int(job.sigma_of_years.notna().sum()),
        },
        "peak_readings": readings,
        "people_above_ug_m3": {f"{level:g}": people for level, people in above.items()},
        "health": health_summary(job, fused, cities["population"]),
        "records_sharing_a_cell": shared_cells(job.monitors.table),
        "monitor_minus_population_mean": float(increment.mean()) if len(increment) else None,
        "notes": [
            "n_attain_monitored counts prefecture-level cities with a monitor record; "
            "n_attain_fused adds the others by the fused field and is an estimate, not a record",
            "monitor_minus_population_mean: mean over monitored cities of monitor value less "
            "population-weighted fused value, ug m-3; the urban increment that the grid hides",
            "n_fused_far: unmonitored cities over 200 km from any monitor (basis fused_far); their "
            "value is the model's shape only (the monitors shipped leave out the dusty south of "
            "Xinjiang, where fused values are far too low); n_attain_near leaves them out",
            "peak_readings: cities that have peaked by the year under other readings of the word; "
            "maximum is the one that decides",
            "population of 2020 in every year",
            "by_limit: counts and four-way shares at other limits",
            "ozone has no monitors here: only its relative response is given",
        ],
    }


def clean(value: Any) -> Any:
    """NaN becomes null, numpy scalars become numbers."""
    if isinstance(value, dict):
        return {k: clean(v) for k, v in value.items()}
    if isinstance(value, list):
        return [clean(v) for v in value]
    if isinstance(value, np.generic):
        return clean(value.item())
    return None if isinstance(value, float) and not np.isfinite(value) else value


def write_fused(job: Job, result: Estimate, loo: dict[str, Any], path: str | Path) -> None:
    shape = job.grid.shape

    def spread(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
        flat = np.full((*values.shape[:-1], job.grid.size), np.nan)
        flat[..., job.monitors.cells] = values
        return flat.reshape(*values.shape[:-1], *shape).astype(np.float32)

    unit, one = {"units": "ug m-3", "grid_mapping": "crs"}, {"units": "1", "grid_mapping": "crs"}
    plane, cube = ("y", "x"), ("quarter", "y", "x")
    ds = xr.Dataset(
        {
            "PM25": (cube, spread(result.field_future), unit),
            "PM25_annual": (plane, job.annual(result.field_future).reshape(shape), unit),
            "PM25_base": (cube, spread(result.field_base), unit),
            "PM25_base_annual": (plane, job.annual(result.field_base).reshape(shape), unit),
            "response_factor": (cube, spread(result.field_factor), one),
            "nearest_monitor": (
                plane,
                spread(job.monitors.nearest_km),
                {"units": "km", "grid_mapping": "crs"},
            ),
            "population": (
                plane,
                job.places.cell_people.reshape(shape),
                {"units": "persons", "grid_mapping": "crs"},
            ),
            "crs": ((), np.int32(0), job.grid.cf_attributes()),
        },
        coords={
            "quarter": list(QUARTERS),
            "y": ("y", job.grid.y, {"units": "m", "standard_name": "projection_y_coordinate"}),
            "x": ("x", job.grid.x, {"units": "m", "standard_name": "projection_x_coordinate"}),
        },
    )
    if result.deviation is not None:
        note = {"long_name": "relative standard error of the fused base field"}
        ds["PM25_base_deviation"] = (cube, spread(result.deviation), one | note)
    for name in ("PM25_annual", "PM25_base_annual"):
        ds[name] = ds[name].astype(np.float32)
    skill = {
        f"leave_one_out_{name}": ", ".join(f"{k} {v:.4g}" for k, v in row.items())
        for name, row in loo.items()
        if isinstance(row, dict)
    }
    write_netcdf(
        ds,
        path,
        title=f"PM2.5 of monitors and model together, {job.scenario} {job.year}",
        attrs={
            "source": job.source,
            "year": job.year,
            "scenario": job.scenario,
            "monitor_year": job.case.monitor_year,
            "fusion": f"{job.options.fusion} with {job.options.neighbours} weights",
            "ratios_bounded": loo["ratios_bounded"],
            "note": "far from monitors (see nearest_monitor) the field is the model's shape only",
            **skill,
        },
    )
