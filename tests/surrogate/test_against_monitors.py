"""China 2015 from published totals spread by population, against the city means of 2015.

A bare check of the model's level and pattern: the inventory of the project is not used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from scenair.core.io.netcdf import open_netcdf
from scenair.core.io.tables import read_table
from scenair.core.regions import counties
from scenair.surrogate.evaluation import ambient, skill
from scenair.surrogate.gridded import read_sources
from scenair.surrogate.model import run_quarter
from scenair.surrogate.products import surface_parts
from scenair.surrogate.quarter import prepare_quarter
from tests.surrogate.synthetic import TOTALS, blobs, emissions

if TYPE_CHECKING:
    from pathlib import Path


def _population(grid) -> np.ndarray:
    census = read_table("regions/census2020_county.csv.gz", dtype={"county": "int64"})
    people = census[census["variable"] == "pop"].set_index("county")["value"].astype(float)
    places = counties()
    point = places.geometry.representative_point()
    cell = grid.locate(point.x.to_numpy(), point.y.to_numpy())
    weight = people.reindex(places.index).fillna(0).to_numpy()
    flat = np.bincount(cell[cell >= 0], weights=weight[cell >= 0], minlength=grid.size)
    return flat.reshape(grid.shape) / flat.sum()


@pytest.mark.realdata
def test_city_means_of_2015(realdata: Path, small, par):
    table = pd.read_csv(realdata / "emission_totals/meic_china_sector_2010_2017_zheng2018_fig3.csv")
    national = table[table["year"] == 2015].groupby("species")["value"].sum()
    names = {"PM25": "PM2.5", "PM10": "PM10"}
    scale = {
        name: national[names.get(name, name)] / TOTALS[name]
        for name in TOTALS
        if names.get(name, name) in national.index and name != "CO2"
    }
    assert set(scale) >= {"SO2", "NOx", "NH3", "CO"}
    gridded, _ = emissions(small.grid, scale=scale)
    found = read_sources(gridded, year=2015, par=par)
    move = _population(small.grid) / np.maximum(blobs(small.grid), 1e-300)
    for name, field in found.by_sector.items():
        found.by_sector[name] = field * move
    monitors = pd.read_csv(realdata / "observations/china_183cities_pm25_statistics_2014_2015.csv")
    monitors = monitors[monitors["year"] == 2015]
    cell = small.grid.locate(monitors["lon"].to_numpy(), monitors["lat"].to_numpy())
    b = open_netcdf(small.folder / "background.nc")["BACKGROUND"].values
    modelled, observed = [], []
    for q in range(4):
        quarter = prepare_quarter(small.met, q, geo=small.geo, par=par)
        parts = surface_parts(run_quarter(quarter, found.of_quarter(q)))
        modelled.append((np.sum(list(parts.values()), axis=0) + b[q]).ravel()[cell])
        observed.append(
            ambient(
                monitors[f"pm25_q{q + 1}"].to_numpy(),
                temperature=small.met["temperature"].values[q].ravel()[cell],
                pressure=small.met["pressure"].values.ravel()[cell],
            )
        )
    got = skill(np.mean(observed, axis=0), np.mean(modelled, axis=0))
    assert got.n > 150
    assert abs(got.nmb) < 0.3
    assert got.r > 0.5
    assert got.fac2 > 0.75
