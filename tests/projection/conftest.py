"""A small inventory of the contract's form: real adcodes, made-up activity."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.config.case import CaseConfig
from scenair.config.load import dump
from scenair.config.projection import ProjectionConfig
from scenair.config.scenario import Scenario
from scenair.core.io.netcdf import write_netcdf
from scenair.core.io.tables import write_csv
from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES
from scenair.projection.io.setup import read_setup
from scenair.projection.setup import Setup
from scenair.projection.state import State

CITIES = (
    110000, 120000, 130100, 130200, 140100, 150600, 310000, 320500, 410100, 440100, 540100, 650100,
)  # fmt: skip
#: source -> unit
UNITS = {
    "coal": "TJ", "coke": "TJ", "oil": "TJ", "gas": "TJ", "biomass": "TJ", "gasoline": "TJ",
    "diesel": "TJ", "pig_iron": "Mg", "coke_output": "Mg", "cement": "Mg", "solvent": "Mg",
    "livestock_n": "Mg", "waste": "Mg", "population": "persons",
}  # fmt: skip
USES = {
    "power": ("coal", "gas", "oil"), "heating": ("coal", "gas"),
    "industrial_boilers": ("coal", "gas", "oil"), "iron_steel": ("coal", "coke", "gas", "pig_iron"),
    "coking": ("coke_output",), "cement": ("coal", "cement"), "building_materials": ("coal", "gas"),
    "petrochemical": ("coal", "oil", "gas"), "nonferrous": ("coal",),
    "residential": ("coal", "oil", "gas", "biomass", "population"),
    "on_road": ("gasoline", "diesel"), "off_road": ("diesel",), "solvent": ("solvent",),
    "agriculture": ("livestock_n",), "waste_other": ("waste",),
}  # fmt: skip
CO2 = {"coal": 94.6, "coke": 107.0, "oil": 74.1, "gas": 56.1, "gasoline": 69.3, "diesel": 74.1,
       "pig_iron": 0.05, "cement": 0.3}  # fmt: skip


def make_inventory(year: int = 2017, *, cities: tuple[int, ...] = CITIES) -> xr.Dataset:
    """An inventory whose emission is its activity times its factors."""
    rng = np.random.default_rng(17)
    sources = tuple(UNITS)
    shape = (len(cities), len(SECTORS), len(sources))
    activity = np.zeros(shape)
    factor = np.zeros((len(SECTORS), len(sources), len(SPECIES)))
    removal = np.zeros_like(factor)
    for sector, used in USES.items():
        j = SECTORS.index(sector)
        for source in used:
            f = sources.index(source)
            size = 1e5 if UNITS[source] == "TJ" else 1e6
            if (sector, source) == ("power", "gas"):
                size *= 0.05
            activity[:, j, f] = size * rng.uniform(0.2, 1.0, len(cities))
            # gas is clean beside coal even after the best control, as in life
            size = 0.002 if source == "gas" else 1.0
            factor[j, f, :-1] = size * rng.uniform(0.05, 0.1, len(SPECIES) - 1)
            factor[j, f, SPECIES.index("PM10")] = 1.5 * factor[j, f, SPECIES.index("PM25")]
            if (sector, source) == ("cement", "coal"):
                factor[j, f] = 0.0  # pollutants of kilns are counted with the product
            factor[j, f, -1] = CO2.get(source, 0.0)
            removal[j, f, :-1] = rng.uniform(0.0, 0.6, len(SPECIES) - 1)
            removal[j, f, SPECIES.index("PM10")] = removal[j, f, SPECIES.index("PM25")]
    activity *= 1.0 - 0.02 * (2017 - year)
    provinces = np.unique(np.array(cities) // 10000 * 10000)
    k = rng.uniform(0.8, 1.2, (provinces.size, len(SECTORS), 1)) * np.ones((1, 1, len(SPECIES)))
    province = np.array(cities) // 10000 * 10000
    net = factor * (1 - removal)
    emission = np.einsum("cjf,jfs->cjs", activity, net) * k[np.searchsorted(provinces, province)]
    return xr.Dataset(
        {
            "emission": (("city", "sector", "species"), emission, {"units": "Mg yr-1"}),
            "activity": (("city", "sector", "source"), activity, {"units": "see unit(source)"}),
            "emission_factor": (
                ("sector", "source", "species"), factor, {"units": "Mg per unit(source)"}
            ),
            "removal": (("sector", "source", "species"), removal, {"units": "1"}),
            "closing_factor": (("province", "sector", "species"), k, {"units": "1"}),
            "province_of_city": (("city",), province.astype(np.int32), {"units": "1"}),
            "unit": (("source",), list(UNITS.values()), {"units": "1"}),
        },
        coords={
            "city": np.array(cities, dtype=np.int32),
            "sector": list(SECTORS),
            "species": list(SPECIES),
            "source": list(sources),
            "province": provinces.astype(np.int32),
        },
    )  # fmt: skip


def make_points(ds: xr.Dataset) -> pd.DataFrame:
    """Three plants a city for power, steel and cement, old to young, 80 % of the emission."""
    rows = []
    for sector, unit in (("power", "MW"), ("iron_steel", "Mg yr-1"), ("cement", "Mg yr-1")):
        for c, city in enumerate(ds["city"].values):
            for i, (start, share) in enumerate(((1982, 0.2), (2003, 0.3), (2012 + c % 5, 0.3))):
                mass = ds["emission"].sel(city=city, sector=sector).values * share
                rows.append(
                    {
                        "id": f"{sector}-{city}-{i}", "lon": 110.0 + c, "lat": 35.0,
                        "adcode": int(city), "sector": sector, "capacity": 1000.0 * share,
                        "capacity_unit": unit, "start_year": start, "stack_height_m": 100.0,
                        "stack_diameter_m": 4.0, "stack_temperature_k": 400.0,
                        "stack_velocity_m_s": 15.0, **dict(zip(SPECIES, mass, strict=True)),
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def write_case(folder: Path) -> dict[str, object]:
    """Files of a small case: five inventories, plants, types; and the configuration."""
    case = CaseConfig(name="small", units=CITIES)
    paths = []
    for year in case.history:
        path = folder / f"inventory/{year}.nc"
        write_netcdf(make_inventory(year), path, title="made up", attrs={"year": year})
        paths.append(path)
    points = folder / "inventory/points_2017.csv"
    write_csv(make_points(make_inventory(2017)), points)
    types = folder / "types.csv"
    write_csv(
        pd.DataFrame({"adcode": CITIES, "type_code": [i % 6 for i in range(len(CITIES))]}), types
    )
    return {
        "config": {"case": dump(case), "projection": dump(ProjectionConfig(type_seeds=2))},
        "inventories": paths,
        "points": points,
        "city_types": types,
    }


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Files of the small case."""
    return write_case(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def loaded(small: dict[str, object]) -> tuple[Setup, list[State]]:
    """The small case as the model sees it."""
    return read_setup(
        small["inventories"],  # type: ignore[arg-type]
        small["points"],  # type: ignore[arg-type]
        case=CaseConfig(name="small", units=CITIES),
        options=ProjectionConfig(),
        plan=Scenario(title="small"),
    )


@pytest.fixture(scope="session")
def setup(loaded: tuple[Setup, list[State]]) -> Setup:
    """Setup of the small case, leaving history in 2018."""
    return loaded[0]
