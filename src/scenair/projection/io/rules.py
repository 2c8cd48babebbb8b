"""One keyword-only function a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from scenair.config.case import CaseConfig
from scenair.config.projection import ProjectionConfig
from scenair.core.audit.closure import closure_table, require_closed
from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_netcdf, write_netcdf
from scenair.core.io.tables import read_csv, write_csv
from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES
from scenair.projection import plants as plant_model
from scenair.projection.io import readers
from scenair.projection.io.resources import read_features, read_resources
from scenair.projection.io.setup import read_states
from scenair.projection.io.trajectory import trajectory_dataset
from scenair.projection.setup import PLANT_SECTORS
from scenair.projection.typology import FEATURES, TYPES, TYPES_ZH, classify, feature_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from scenair.projection.io.inputs import ScenarioInputs
    from scenair.projection.setup import Projection, Setup

    Emission = npt.NDArray[np.float64]


def _sections(config: Mapping[str, Any]) -> tuple[CaseConfig, ProjectionConfig]:
    return (
        CaseConfig.model_validate(config["case"]),
        ProjectionConfig.model_validate(config["projection"]),
    )


def build_city_types(
    *, config: Mapping[str, Any], inventory: str | Path, types: str | Path, quality: str | Path
) -> None:
    """City types of a case.

    Parameters
    ----------
    config : mapping
        Sections ``case`` and ``projection``.
    inventory : path
        Inventory of the base year.
    types, quality : path
        Outputs: one row a city; silhouette, stability and feature means by type.
    """
    from scenair.core.regions import units

    case, options = _sections(config)
    ds = readers.read_inventory(inventory, year=case.base_year)
    cities = ds["city"].values.astype(np.int32)
    census = read_features(cities, yearbook=options.yearbook)
    co2 = ds["emission"].sel(species="CO2").transpose("city", "sector").values
    features = feature_table(census, co2, SECTORS)
    result = classify(
        features, k=options.types, seed=options.seed % 2**31, seeds=options.type_seeds
    )
    names = units().loc[cities]
    write_csv(
        pd.DataFrame(
            {
                "adcode": cities,
                "name_zh": names["name_zh"].to_numpy(),
                "name_en": names["name_en"].to_numpy(),
                "city_type": [TYPES[c] for c in result.code],
                "city_type_zh": [TYPES_ZH[c] for c in result.code],
                "type_code": result.code,
                "distance": result.distance,
                **{f: features[f].to_numpy() for f in FEATURES},
            }
        ),
        types,
    )
    write_csv(_type_quality(features, result.code, result.silhouette, result.stability), quality)


def _type_quality(
    features: pd.DataFrame, code: np.ndarray[Any, Any], silhouette: float, stability: float
) -> pd.DataFrame:
    rows = features.assign(code=code).groupby("code")
    frame = rows.mean().reset_index()
    frame.insert(0, "city_type", [TYPES[int(c)] for c in frame["code"]])
    frame.insert(1, "cities", rows.size().to_numpy())
    return frame.drop(columns="code").assign(silhouette=silhouette, adjusted_rand=stability)


def build_history_trajectory(
    *,
    config: Mapping[str, Any],
    inventories: Sequence[str | Path],
    city_types: str | Path,
    trajectory: str | Path,
    closure: str | Path,
) -> None:
    """The history years as a trajectory, copied from the inventories.

    Parameters
    ----------
    inventories : sequence of path
        One a history year, ascending.
    """
    case, options = _sections(config)
    tables = read_resources(base_year=case.base_year)
    states = read_states(inventories, case=case, tables=tables)
    codes = readers.read_types(city_types, states[-1].cities)
    ds = trajectory_dataset(
        states, projection=None, city_type=codes, tolerance=options.peak_tolerance
    )
    _write(ds, trajectory, closure, scenario="history", note="copied from the inventories")


def _write(
    ds: xr.Dataset,
    path: str | Path,
    closure: str | Path,
    *,
    scenario: str,
    note: str,
    counterfactual: bool = False,
) -> None:
    expected = ds["emission"].sum(["year", "city"]).transpose("species", "sector")
    write_netcdf(
        ds,
        path,
        title=f"Trajectory of the scenario {scenario}",
        attrs={
            "scenario": scenario,
            "note": note,
            "synthetic": "no",
            "counterfactual": "true" if counterfactual else "false",
        },
    )
    back = readers.read_trajectory(path)
    out = back["emission"].sum(["year", "city"])
    frame = closure_table(stage="projection", mass_in=expected, mass_out=out)
    write_csv(require_closed(frame, where=str(path)), closure)


def build_trajectory(
    *,
    name: str,
    inputs: ScenarioInputs,
    trajectory: str | Path,
    closure: str | Path,
    plants: str | Path,
    measures: str | Path,
    selection: str | Path,
) -> None:
    """One scenario to the horizon.

    Parameters
    ----------
    name : str
    inputs : ScenarioInputs
    trajectory, closure, plants, measures, selection : path
        Outputs: the trajectory; its closure; capacity of every plant by year; what was chosen; the
        programme that chose it, year by year (empty where the scenario names its measures).
    """
    loaded = inputs.read()
    result, plan = loaded.resolved.projection, loaded.plan
    _require_base(loaded.states[-1].emission, result.emission[0])
    _write(
        trajectory_dataset(
            loaded.states,
            projection=result,
            city_type=loaded.types,
            tolerance=loaded.options.peak_tolerance,
        ),
        trajectory,
        closure,
        scenario=name,
        counterfactual=plan.counterfactual,
        note=(
            f"leaves history in {plan.diverge_from}; end-of-pipe policy {plan.controls}; "
            "measures, controls, elasticities and drivers are assumed where their tables say so"
        ),
    )
    write_csv(loaded.resolved.table, measures)
    write_csv(loaded.resolved.programme, selection)
    write_csv(_plant_table(loaded.setup, result), plants)


def _require_base(inventory: Emission, projected: Emission) -> None:
    """Stop where the projection of the base year is not the inventory to 1e-9."""
    require_closed(
        closure_table(
            stage="projection, base year",
            mass_in=_national(inventory),
            mass_out=_national(projected),
        ),
        where="projection of the base year against the inventory",
        tolerance=1e-9,
    )


def _plant_table(setup: Setup, result: Projection) -> pd.DataFrame:
    return plant_model.plant_table(
        setup.plants,
        cities=setup.state.cities,
        years=setup.years,
        surviving={s: result.turnover[s].surviving for s in PLANT_SECTORS},
        new={s: result.turnover[s].new for s in PLANT_SECTORS},
    )


def _national(emission: Emission) -> xr.DataArray:
    return xr.DataArray(
        emission.sum(axis=0).T,
        dims=("species", "sector"),
        coords={"species": list(SPECIES), "sector": list(SECTORS)},
    )


def build_city_emissions(
    *,
    year: int,
    scenario: str,
    config: Mapping[str, Any],
    trajectory: str | Path,
    points: str | Path,
    plants: str | Path | None,
    cities: str | Path,
    points_out: str | Path,
    closure: str | Path,
) -> None:
    """The slice of one year, with the plants of that year.

    Parameters
    ----------
    trajectory : path
    points : path
        Plants as the inventory has them: of ``year`` in the history, else of the base year.
    plants : path, optional
        Capacity by year of the scenario; None in the history, whose plants are copied.
    cities, points_out, closure : path
        Outputs.
    """
    case, _ = _sections(config)
    ds = readers.read_trajectory(trajectory)
    if year not in ds["year"].values:
        raise InputError(
            "the trajectory does not have the year",
            where=str(trajectory),
            value=year,
            allowed=f"{int(ds['year'].min())}-{int(ds['year'].max())}",
        )
    emission = ds["emission"].sel(year=year, drop=True)
    write_netcdf(
        xr.Dataset(
            {
                "emission": emission,
                "city_type": ds["city_type"],
                "province_of_city": ds["province_of_city"],
            }
        ),
        cities,
        title=f"City emissions {year}, scenario {scenario}",
        attrs={
            "scenario": scenario,
            "year": year,
            "synthetic": "no",
            "note": "the year's slice of the trajectory; plants are part of these totals",
        },
    )
    base = readers.read_points(points)
    if plants is None:
        rows = base
    else:
        table = read_csv(
            plants, columns=("id", "sector", "adcode", "start_year"), dtype={"id": "str"}
        )
        rows = plant_model.plants_of_year(
            base,
            table,
            year=year,
            emission=emission,
            base_emission=ds["emission"].sel(year=case.base_year, drop=True),
        )
    readers.require_part(rows, emission, where=str(points_out))
    write_csv(rows, points_out)
    back = open_netcdf(cities, variables={"emission": "Mg yr-1"})["emission"].sum("city")
    frame = closure_table(stage="city_emissions", mass_in=emission.sum("city"), mass_out=back)
    write_csv(require_closed(frame, where=str(cities)), closure)
