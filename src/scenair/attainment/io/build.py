"""The rule ``attainment``: one scenario and year against the standard."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from scenair.attainment.assess import (
    Estimate,
    ModelRun,
    MonitorSet,
    estimate,
    fusion_skill,
    require_same_background,
    site_table,
)
from scenair.attainment.cities import Judgement, city_table, double_table, fused_city_table
from scenair.attainment.io.model import O3_FIELDS, read_air_quality, read_city_paths
from scenair.attainment.io.places import read_monitors
from scenair.attainment.places import Places, weighted_mean
from scenair.attainment.response import array_radius
from scenair.attainment.standards import find_limit, profile_of_year
from scenair.attainment.summary import all_groups, count_attaining, shared_cells, weighted
from scenair.config.attainment import AttainmentConfig
from scenair.config.case import CaseConfig
from scenair.core.errors import ConfigError
from scenair.core.io.atomic import write_json
from scenair.core.io.netcdf import write_netcdf
from scenair.core.io.tables import read_table, write_csv
from scenair.core.periods import QUARTERS, days_in_quarters
from scenair.core.regions import units

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from scenair.core.grids import Grid

logger = logging.getLogger("scenair.attainment")

HISTORY = "history"


@dataclass(frozen=True)
class _Job:
    """What all tables of one run share."""

    year: int
    scenario: str
    case: CaseConfig
    options: AttainmentConfig
    grid: Grid
    monitors: MonitorSet
    places: Places
    base: ModelRun
    future: ModelRun
    judgement: Judgement
    source: str

    def run(self, background_factor: float = 1.0) -> Estimate:
        return estimate(
            self.base,
            self.future,
            self.monitors,
            radius=self.radius,
            method=self.options.fusion,
            bounds=self.options.ratio_bounds,
            background_factor=background_factor,
        )

    @property
    def radius(self) -> int:
        return array_radius(self.grid.cell_km, longest_km=self.options.array_km)

    def annual(self, quarters: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Day-weighted annual mean of a fused field on the whole grid (flat, NaN elsewhere)."""
        out = np.full(self.grid.size, np.nan)
        days = days_in_quarters(self.case.monitor_year)
        out[self.monitors.cells] = np.average(quarters, axis=0, weights=days)
        return out


def build_attainment(
    *,
    year: int,
    scenario: str,
    config: Mapping[str, Any],
    air_quality: str | Path,
    base_air_quality: str | Path,
    trajectory: str | Path,
    monitors: str | Path,
    sites: str | Path,
    cities: str | Path,
    cities_fused: str | Path,
    double: str | Path,
    sensitivity: str | Path,
    fused: str | Path,
    summary: str | Path,
) -> None:
    """Monitor x response factor, city and double attainment, fused field and summary.

    Parameters
    ----------
    year, scenario
        The run to judge.
    config : mapping
        Sections ``case`` and ``attainment``.
    air_quality, base_air_quality : path
        ``annual.nc`` of the run and of the history run in the monitor year.
    trajectory : path
        Trajectory file of the scenario: city type and CO2 peak.
    monitors : path
        From :func:`scenair.attainment.io.places.build_monitors`.
    sites, cities, cities_fused, double, sensitivity, fused, summary : path
        Written.

    Raises
    ------
    InputError, UnitsError
        Damaged or foreign input.
    """
    case = CaseConfig.model_validate(config["case"])
    options = AttainmentConfig.model_validate(config["attainment"])
    grid = case.grid.build()
    monitor_set, places = read_monitors(monitors, grid=grid)
    base, base_file = read_air_quality(base_air_quality, grid=grid)
    future, future_file = read_air_quality(air_quality, grid=grid)
    require_same_background(base, future)
    job = _Job(
        year=year,
        scenario=scenario,
        case=case,
        options=options,
        grid=grid,
        monitors=monitor_set,
        places=places,
        base=base,
        future=future,
        judgement=judge(options, year=year),
        source=str(future_file.attrs.get("source", "unknown")),
    )
    paths = read_city_paths(trajectory, adcodes=case.adcodes())
    result = job.run()
    site_rows = site_table(monitor_set, result, year=case.monitor_year)
    city_rows = city_table(
        units().loc[list(case.adcodes())],
        monitor_set,
        result,
        job.judgement,
        city_type=paths["city_type"],
        population=pd.Series(places.census, index=places.adcodes),
        o3_response=_ozone_response(base_file, future_file, places),
    )
    fused_rows = fused_city_table(
        city_rows, places, job.annual(result.field_base), job.annual(result.field_future)
    )
    double_rows = double_table(
        city_rows,
        peak_year=paths["peak_year"],
        peaked=paths["peaked"],
        year=year,
        projected=scenario != HISTORY,
    )
    table = sensitivity_table(job, city_rows)
    write_csv(site_rows, sites)
    write_csv(city_rows, cities)
    write_csv(fused_rows, cities_fused)
    write_csv(double_rows, double)
    write_csv(table, sensitivity)
    skill, bounded = fusion_skill(
        base,
        monitor_set,
        radius=job.radius,
        method=options.fusion,
        bounds=options.ratio_bounds,
    )
    loo = {name: asdict(value) for name, value in skill.items()} | {"ratios_bounded": bounded}
    _write_fused(job, result, loo, fused)
    write_json(_clean(_summary(job, city_rows, fused_rows, double_rows, table, loo)), summary)
    logger.info("%s %d: %s", scenario, year, job.judgement)


def judge(options: AttainmentConfig, *, year: int) -> Judgement:
    """Limits that judge a year.

    Raises
    ------
    ConfigError
        A profile without an annual PM2.5 limit.
    """
    standards = read_table("attainment/standards.csv")
    profile = profile_of_year(standards, year, standard=options.standard)
    pm25 = find_limit(standards, profile, "PM25", "annual", area_class=options.area_class)
    ozone = find_limit(standards, profile, "O3", "mda8", area_class=options.area_class)
    if pm25 is None:
        raise ConfigError(
            "this standard has no annual PM2.5 limit",
            where="key attainment.standard",
            value=profile,
        )
    in_ug = ozone is not None and ozone.unit == "ug m-3"
    return Judgement(
        profile=profile,
        pm25_limit=pm25.value,
        o3_limit=ozone.value if ozone is not None and in_ug else None,
    )


def _ozone_response(base: xr.Dataset, future: xr.Dataset, places: Places) -> pd.Series | None:
    """Population-weighted relative response of warm-season ozone, where both runs have it."""
    for name in O3_FIELDS:
        if name in base and name in future:
            old = weighted_mean(places.people, base[name].values.astype(np.float64).ravel())
            new = weighted_mean(places.people, future[name].values.astype(np.float64).ravel())
            return pd.Series(new / old, index=places.adcodes)
    return None


def sensitivity_table(job: _Job, cities: pd.DataFrame) -> pd.DataFrame:
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


def _summary(
    job: _Job,
    cities: pd.DataFrame,
    fused: pd.DataFrame,
    double: pd.DataFrame,
    sensitivity: pd.DataFrame,
    loo: dict[str, Any],
) -> dict[str, Any]:
    rows = cities.merge(fused.drop(columns="monitored"), on="adcode").merge(
        double[["adcode", "peaked"]], on="adcode"
    )
    rows["level"] = units()["level"].reindex(rows["adcode"]).to_numpy()
    increment = (rows["pm25"] - rows["pm25_fused_population"])[rows["monitored"]]
    return all_groups(rows, read_table("attainment/regions.csv")) | {
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
        "records_sharing_a_cell": shared_cells(job.monitors.table),
        "monitor_minus_population_mean": float(increment.mean()) if len(increment) else None,
        "notes": [
            "n_attain_monitored counts prefecture-level cities with a monitor record; "
            "n_attain_fused adds the others by the fused field and is an estimate, not a record",
            "monitor_minus_population_mean: mean over monitored cities of monitor value less "
            "population-weighted fused value, ug m-3; the urban increment that the grid hides",
            "population of 2020 in every year",
            "ozone has no monitors here: only its relative response is given",
        ],
    }


def _clean(value: Any) -> Any:
    """NaN becomes null, numpy scalars become numbers."""
    if isinstance(value, dict):
        return {k: _clean(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_clean(v) for v in value]
    if isinstance(value, np.generic):
        return _clean(value.item())
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _write_fused(job: _Job, result: Estimate, loo: dict[str, Any], path: str | Path) -> None:
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
