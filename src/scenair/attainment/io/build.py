"""The rule ``attainment``: one scenario and year against the standard."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scenair.attainment.assess import fusion_skill, require_same_background, site_table
from scenair.attainment.cities import city_table, double_table, fused_city_table
from scenair.attainment.io.job import Job, judge
from scenair.attainment.io.model import (
    GAS_FIELDS,
    O3_FIELDS,
    O3_REGIME,
    read_air_quality,
    read_city_paths,
)
from scenair.attainment.io.places import read_monitors
from scenair.attainment.io.products import (
    clean,
    exposure_of,
    health_table,
    sensitivity_table,
    summary_of,
    write_fused,
)
from scenair.attainment.peaking import peak_readings
from scenair.attainment.places import Places, weighted_mean
from scenair.config.attainment import AttainmentConfig
from scenair.config.case import CaseConfig
from scenair.core.io.atomic import write_json
from scenair.core.io.netcdf import require_finite
from scenair.core.io.tables import write_csv
from scenair.core.regions import units

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt
    import xarray as xr

    from scenair.attainment.assess import Estimate
    from scenair.attainment.io.model import CityPaths

logger = logging.getLogger("scenair.attainment")


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
    exposure: str | Path,
    health: str | Path,
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
        Trajectory file of the scenario: city type, CO2 and its peak.
    monitors : path
        From :func:`scenair.attainment.io.places.build_monitors`.
    sites, cities, cities_fused, double, sensitivity, exposure, health, fused, summary : path
        Written.

    Raises
    ------
    InputError, UnitsError
        Damaged or foreign input.
    """
    options = AttainmentConfig.model_validate(config["attainment"])
    case = CaseConfig.model_validate(config["case"])
    grid = case.grid.build()
    monitor_set, places = read_monitors(monitors, grid=grid)
    base, base_file = read_air_quality(base_air_quality, grid=grid)
    future, future_file = read_air_quality(air_quality, grid=grid)
    require_same_background(base, future)
    paths = read_city_paths(trajectory, adcodes=case.adcodes())
    job = Job(
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
    result = job.run()
    ozone = _ozone_response(base_file, future_file, places)
    tables = _city_tables(job, result, paths, ozone)
    gases = _gas_responses(base_file, future_file, places)
    tables["fused"] = tables["fused"].merge(gases, how="left", left_on="adcode", right_index=True)
    skill, bounded = fusion_skill(
        base, monitor_set, radius=job.radius, method=options.fusion, bounds=options.ratio_bounds
    )
    loo = {name: asdict(value) for name, value in skill.items()} | {"ratios_bounded": bounded}
    limits = sensitivity_table(job, tables["cities"])
    content = summary_of(job, result, tables, limits, loo, readings=_peaked(job, paths))
    write_csv(site_table(monitor_set, result, year=case.monitor_year), sites)
    write_csv(tables["cities"], cities)
    write_csv(tables["fused"], cities_fused)
    write_csv(tables["double"], double)
    write_csv(limits, sensitivity)
    write_csv(exposure_of(job, result), exposure)
    write_csv(health_table(tables["fused"], tables["cities"]["population"]), health)
    write_fused(job, result, loo, fused)
    write_json(clean(content), summary)
    national = content["national"]
    logger.info(
        "%s %d: %d of %d monitored cities attain %g ug m-3 (%s)",
        scenario,
        year,
        national["n_attain_monitored"],
        national["n_monitored"],
        job.judgement.pm25_limit,
        job.judgement.profile,
    )


def _peaked(job: Job, paths: CityPaths) -> dict[str, int] | None:
    """Prefecture-level cities that have peaked by the year, by reading of the word."""
    if not job.projected:
        return None
    city = units()["level"].reindex(paths.co2.columns).eq("city").to_numpy()
    return {
        str(name): int(column.sum())
        for name, column in peak_readings(paths.co2.loc[:, city], year=job.year).items()
    }


def _city_tables(
    job: Job, result: Estimate, paths: CityPaths, ozone: pd.DataFrame | None
) -> dict[str, pd.DataFrame]:
    """Tables ``cities``, ``fused`` and ``double``, a row a unit."""
    cities = city_table(
        units().loc[list(job.case.adcodes())],
        job.monitors,
        result,
        job.judgement,
        city_type=paths.table["city_type"],
        population=pd.Series(np.rint(job.places.census), index=job.places.adcodes),
        o3_response=None if ozone is None else ozone["o3_response_factor"],
    )
    fused = fused_city_table(
        cities,
        job.places,
        job.annual(result.field_base),
        job.annual(result.field_future),
        nearest_km=job.on_grid(job.monitors.nearest_km),
        uncertainty=job.uncertainty_of(cities["adcode"]),
        co2_ratio=paths.co2_ratio(year=job.year, base_year=job.case.monitor_year),
    )
    if ozone is not None:
        fused = fused.merge(
            ozone[["o3_regime", "o3_basis"]], how="left", left_on="adcode", right_index=True
        )
    double = double_table(
        cities,
        peak_year=paths.table["peak_year"],
        peaked=paths.table["peaked"],
        year=job.year,
        projected=job.projected,
    )
    return {"cities": cities, "fused": fused, "double": double}


def _gas_responses(base: xr.Dataset, future: xr.Dataset, places: Places) -> pd.DataFrame:
    """Population-weighted response factors of other pollutants that both runs have.

    Returns
    -------
    DataFrame
        Index adcode; a column ``{gas}_response_factor`` (1) each, and ``gas_basis`` in words. There
        are no monitors of them here, so no level is given.

    Raises
    ------
    InputError
        A field that is negative or no number.
    """
    table, basis = pd.DataFrame(index=pd.Index(places.adcodes)), []
    for gas, fields in GAS_FIELDS.items():
        name = next((n for n in fields if n in base and n in future), None)
        if name is None:
            continue
        for ds, what in ((base, "base"), (future, "future")):
            require_finite(ds[name], where=f"air quality, {what}")
        then, now = (
            weighted_mean(places.people, ds[name].values.astype(np.float64).ravel())
            for ds in (base, future)
        )
        missing = np.full_like(then, np.nan)
        table[f"{gas}_response_factor"] = np.divide(now, then, out=missing, where=then > 0)
        basis.append(fields[name])
    if basis:
        source = str(future.attrs.get("source", "unknown"))
        only = "; controlled emissions only, no background" if source == "surrogate" else ""
        table["gas_basis"] = f"{', '.join(basis)} ({source}{only})"
    return table


def _ozone_response(base: xr.Dataset, future: xr.Dataset, places: Places) -> pd.DataFrame | None:
    """Population-weighted response of warm-season ozone and its regime, where both runs have it.

    Returns
    -------
    DataFrame or None
        Index adcode; columns o3_response_factor (1), o3_regime (``VOC`` or ``NOx`` limited in the
        future run, empty where the run does not tell), o3_basis (the field it comes from).
    """

    def city(field: xr.DataArray) -> npt.NDArray[np.float64]:
        return weighted_mean(places.people, field.values.astype(np.float64).ravel())

    for name, basis in O3_FIELDS.items():
        if name in base and name in future:
            table = pd.DataFrame(index=places.adcodes)
            table["o3_response_factor"] = city(future[name]) / city(base[name])
            table["o3_regime"] = (
                np.where(city(future[O3_REGIME]) > 0.5, "VOC", "NOx")
                if O3_REGIME in future
                else None
            )
            table["o3_basis"] = basis
            return table
    return None
