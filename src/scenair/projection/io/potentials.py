"""Rule measure_potentials: every measure alone, scores of city types, key sectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from scenair.config.case import CaseConfig
from scenair.config.projection import ProjectionConfig
from scenair.config.scenario import Scenario
from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_netcdf, require_finite, write_netcdf
from scenair.core.io.reading import reader
from scenair.core.io.tables import write_csv
from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES
from scenair.projection.io.readers import read_types
from scenair.projection.io.setup import read_setup
from scenair.projection.potentials import CHOICES, measure_potentials, undeclared_raises
from scenair.projection.scores import city_scores, indicator_table, key_sectors, type_scores
from scenair.projection.typology import TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt
    import pandas as pd

    from scenair.projection.potentials import Potentials
    from scenair.projection.setup import Projection, Setup
    from scenair.projection.state import State


def build_measure_potentials(
    *,
    config: Mapping[str, Any],
    inventories: Sequence[str | Path],
    points: str | Path,
    city_types: str | Path,
    user_measures: Sequence[str | Path],
    potentials: str | Path,
    table: str | Path,
    scores: str | Path,
    type_table: str | Path,
    sectors: str | Path,
) -> None:
    """Potentials of all measures over the policy ``best``, and what scenarios choose by.

    Parameters
    ----------
    config : mapping
        Sections ``case`` and ``projection``.
    inventories, points, city_types, user_measures : path
        As for a trajectory.
    potentials, table, scores, type_table, sectors : path
        Outputs: change by measure, city, sector and species; national sums by measure; peak
        scores by city and by type; key sectors of cities that have not peaked.

    Raises
    ------
    InputError
        A measure that raises a species in a sector of any city, or of the nation, without
        declaring it.
    """
    case = CaseConfig.model_validate(config["case"])
    options = ProjectionConfig.model_validate(config["projection"])
    setup, states = read_setup(
        inventories,
        points,
        case=case,
        options=options,
        plan=Scenario(title="potentials"),
        user_measures=user_measures,
    )
    types = read_types(city_types, setup.state.cities)
    names = list(setup.tables.library)
    year = min(options.decomposition_year, case.horizon)
    found, background = measure_potentials(setup, types, year=year, measures=names)
    _require_declared(setup, found, background, year=year)
    by_city = city_scores(_indicators(states, setup))
    by_type = type_scores(by_city, types)
    co2 = background.emission[..., SPECIES.index("CO2")]
    drivers = key_sectors(
        co2,
        setup.years,
        start=case.first_year,
        end=year,
        deadline=year,
        key_share=setup.tables.parameters["key_sector_share"],
    )
    _write(found, setup, by_type, drivers, potentials)
    write_csv(found.national, table)
    write_csv(by_city.reset_index(names="adcode"), scores)
    write_csv(by_type, type_table)
    write_csv(drivers, sectors)


def _indicators(states: Sequence[State], setup: Setup) -> pd.DataFrame:
    return indicator_table(
        co2=np.stack([s.emission[..., SPECIES.index("CO2")].sum(axis=1) for s in states]),
        so2=np.stack([s.emission[..., SPECIES.index("SO2")].sum(axis=1) for s in states]),
        population=setup.drivers.population[0],
        features=setup.features,
        key_region=setup.state.key_region,
    )


def _require_declared(
    setup: Setup, found: Potentials, background: Projection, *, year: int
) -> None:
    before = background.emission[setup.years.index(year)]
    raises = setup.tables.raises
    for m, measure in enumerate(found.measures):
        rows = raises[raises["measure"] == measure]
        declared = list(zip(rows["sector"], rows["species"], strict=True))
        for i, level in enumerate(CHOICES):
            # the file holds single precision: what is below its last bit is no rise
            bad = undeclared_raises(found.change[m, i].astype(np.float64), before, declared)
            if bad:
                sector, species, amount = max(bad, key=lambda item: item[2])
                raise InputError(
                    "a measure raises emissions without declaring it",
                    where=f"measure {measure}, level {level}, {sector}, {species}",
                    value=f"{amount:+.6g} Mg yr-1 in the worst city in {year}; {len(bad)} such "
                    "pairs of sector and species",
                    remedy="correct the measure, or declare the rise in measure_raises.csv "
                    "(in a user's table: a row with operator raises, species in column to)",
                )


def _write(
    found: Potentials, setup: Setup, by_type: pd.DataFrame, drivers: pd.DataFrame, path: str | Path
) -> None:
    score = by_type.set_index("city_type")["score"].reindex(TYPES).fillna(50.0)
    optional = set(setup.tables.names.query("kind == 'optional'")["measure"])
    ds = xr.Dataset(
        {
            "change": (
                ("measure", "level", "city", "sector", "species"),
                found.change,
                {"units": "Mg yr-1", "long_name": f"change by the measure alone in {found.year}"},
            ),
            "co2_change": (
                ("measure", "level", "year", "city_type"),
                found.co2,
                {"units": "Mg yr-1", "long_name": "CO2 change by the type that takes the measure"},
            ),
            "co2_base": (
                ("year", "city_type"),
                found.base,
                {"units": "Mg yr-1", "long_name": "CO2 without measures"},
            ),
            "co2_touched": (
                ("measure", "city_type"),
                found.touched,
                {"units": "Mg yr-1", "long_name": f"CO2 of the measure's sectors in {found.year}"},
            ),
            "score": (("city_type",), score.to_numpy(float), {"units": "1"}),
            "key_sector": (
                ("sector",),
                drivers["key"].to_numpy().astype(np.int32),
                {
                    "units": "1",
                    "flag_values": np.array([0, 1], dtype=np.int32),
                    "flag_meanings": "not_key key",
                },
            ),
            "optional": (
                ("measure",),
                np.array([m in optional for m in found.measures], dtype=np.int32),
                {"units": "1", "long_name": "1 = a lever that is never chosen by the model"},
            ),
        },
        coords={
            "measure": list(found.measures),
            "level": list(CHOICES),
            "city": setup.state.cities,
            "sector": list(SECTORS),
            "species": list(SPECIES),
            "year": np.asarray(found.years, dtype=np.int32),
            "city_type": list(TYPES),
        },
    )
    write_netcdf(
        ds,
        path,
        title="Potentials of measures",
        attrs={
            "note": "each measure alone over the policy best; effects overlap, sums overstate",
            "synthetic": "no",
            "year": found.year,
        },
    )


@reader
def read_potentials(path: str | Path, *, cities: npt.NDArray[np.int32]) -> xr.Dataset:
    """The potentials file, checked.

    Raises
    ------
    InputError, UnitsError
        Missing variables, other cities, NaN.
    """
    ds = open_netcdf(
        path,
        variables={
            "change": "Mg yr-1",
            "co2_change": "Mg yr-1",
            "co2_base": "Mg yr-1",
            "co2_touched": "Mg yr-1",
        },
    )
    if not np.array_equal(ds["city"].values, cities):
        raise InputError("potentials of other cities", where=str(path))
    for name in ("change", "co2_change", "co2_base"):
        require_finite(ds[name], where=str(path), minimum=None)
    return ds
