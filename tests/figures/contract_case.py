"""A small result that follows the file contract, made up: 28 cities on a coarse nest.

Numbers are invented and reproducible. What must agree between files agrees: the grid carries
exactly the mass of the cities, PM2.5 is the sum of its parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from scenair.config.case import CaseConfig, GridConfig, NestConfig
from scenair.core.audit.closure import closure_table
from scenair.core.grids import Grid
from scenair.core.io.atomic import write_json
from scenair.core.io.netcdf import write_netcdf
from scenair.core.io.tables import write_csv
from scenair.core.overlay import mass_weights, polygon_areas
from scenair.core.periods import days_in_quarters, seconds_in_months
from scenair.core.regions import units
from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES

PARTS = ("SO4", "NO3", "NH4", "BC", "OA", "OTHER", "BACKGROUND")
TYPES = ("energy", "heavy_industry", "services", "tourism")
FLAGS = {"units": "1", "flag_values": np.arange(4, dtype="int32"), "flag_meanings": " ".join(TYPES)}
CASE = CaseConfig(
    name="made-up",
    title="A made-up case",
    units="2+26",
    grid=GridConfig(name="COARSE", nest=NestConfig(ratio=1, col0=88, row0=63, cols=22, rows=24)),
    tests_only=True,
)


@dataclass(frozen=True)
class Made:
    """Where the files of the made-up case are."""

    root: Path
    year: int
    scenario: str

    @property
    def result(self) -> Path:
        return self.root / "results" / str(self.year) / self.scenario


def write_case(root: Path, *, year: int = 2030, scenario: str = "peak") -> Made:
    """Write all contract files of one year and scenario, and of the monitor year."""
    made = Made(root, year, scenario)
    trajectories(root, scenario)
    if scenario != "history":
        measures(root, scenario)
    runs = {(2015, "history"): 1.0} | ({(year, scenario): 0.6} if scenario != "history" else {})
    for (y, s), factor in runs.items():
        folder = root / "results" / str(y) / s
        emission = emissions(folder, year=y, factor=factor)
        gridded(folder, emission, year=y)
        annual(folder, factor=factor)
        attainment(folder, year=y, factor=factor)
    return made


def city_emission(factor: float) -> xr.DataArray:
    """(city, sector, species), Mg yr-1."""
    rng = np.random.default_rng(7)
    codes = CASE.adcodes()
    size = (len(codes), len(SECTORS), len(SPECIES))
    values = rng.lognormal(7, 1, size) * np.where(np.array(SPECIES) == "CO2", 800.0, 1.0)
    return xr.DataArray(
        values * factor,
        dims=("city", "sector", "species"),
        coords={
            "city": np.array(codes, "int32"),
            "sector": list(SECTORS),
            "species": list(SPECIES),
        },
        attrs={"units": "Mg yr-1"},
        name="emission",
    )


def trajectories(root: Path, scenario: str) -> None:
    """History, reference and the scenario: linear falls of different slope."""
    for name, slope in {scenario: 0.03, "reference": 0.005, "history": 0.0}.items():
        years = np.arange(2013, 2018 if name == "history" else 2036, dtype="int32")
        scale = xr.DataArray(
            1 - 0.01 * (np.minimum(years, 2017) - 2013) - slope * np.maximum(years - 2017, 0),
            dims="year",
            coords={"year": years},
        )
        emission = (scale * city_emission(1.0)).assign_attrs(units="Mg yr-1")
        n = emission.sizes["city"]
        peak = np.where(np.arange(n) % 5 == 0, years[-1], 2013 + np.arange(n) % 15)
        ds = emission.to_dataset(name="emission").assign(
            city_type=("city", (np.arange(n) % 4).astype("int32"), FLAGS),
            co2_peak_year=("city", np.minimum(peak, years[-1]).astype("int32"), {"units": "1"}),
            peaked=("city", (peak < years[-1]).astype("int32"), {"units": "1"}),
        )
        write_netcdf(
            ds,
            root / f"results/trajectories/{name}.nc",
            title=name,
            attrs={"synthetic": "everything; made up for tests"},
        )
        table = closure_table(
            stage=f"projection {name}",
            mass_in=emission.isel(year=-1).sum("city"),
            mass_out=emission.isel(year=-1).sum("city"),
        )
        write_csv(table, root / f"results/trajectories/{name}.closure.csv")


def measures(root: Path, scenario: str) -> None:
    """Two measures taken, one of them in part of a type; one left alone."""
    path = root / f"results/trajectories/{scenario}.measures.csv"
    path.write_text(
        "measure,city_type,cities,share_baseline,share_conventional,share_enhanced,share_best,"
        "chosen,co2_effect_2030\n"
        "P1,energy,4,0,0,0,1,best,-2000000\nP1,tourism,6,0,0,0,1,best,-1000000\n"
        "R1,energy,4,0.5,0,0.5,0,enhanced,-4000000\nR1,tourism,6,1,0,0,0,none,0\n"
        "C1,energy,4,1,0,0,0,none,0\nC1,tourism,6,1,0,0,0,none,0\n",
        encoding="utf-8",
    )


def emissions(folder: Path, *, year: int, factor: float) -> xr.DataArray:
    """``emissions/cities.nc`` and ``points.csv``."""
    emission = city_emission(factor)
    write_netcdf(
        emission.to_dataset(), folder / "emissions/cities.nc", title="cities", attrs={"year": year}
    )
    points = pd.DataFrame(
        {"id": ["a"], "lon": [116.4], "lat": [39.9], "adcode": [110000], "sector": ["power"]}
    ).assign(**dict.fromkeys(SPECIES, 1.0))
    write_csv(points, folder / "emissions/points.csv")
    return emission


def gridded(folder: Path, emission: xr.DataArray, *, year: int) -> None:
    """``emissions/gridded.nc``: areas only, flat over the months, nothing outside."""
    grid = CASE.grid.build()
    codes = emission["city"].values.tolist()
    weights = mass_weights(polygon_areas(list(units().geometry.loc[codes]), grid)[: grid.size])
    seconds = seconds_in_months(year)
    ds = xr.Dataset(coords={"month": np.arange(1, 13, dtype="int32"), **sector_and_cells(grid)})
    for name in SPECIES:
        mass = weights @ emission.sel(species=name).values  # cells x sectors
        flux = mass.T.reshape(-1, *grid.shape) * 1e3 / grid.cell_area / seconds.sum()
        stack = np.broadcast_to(flux, (12, *flux.shape)).astype("float32")
        ds[name] = (("month", "sector", "y", "x"), stack, {"units": "kg m-2 s-1"})
    ds = ds.assign_coords(species=list(SPECIES))
    ds["cell_area"] = (("y", "x"), grid.cell_area, {"units": "m2"})
    zero = np.zeros((len(SPECIES), 12, len(SECTORS)))
    ds["outside"] = (("species", "month", "sector"), zero, {"units": "kg"})
    ds["crs"] = ((), np.int32(0), grid.cf_attributes())
    write_netcdf(
        ds,
        folder / "emissions/gridded.nc",
        title="gridded",
        attrs={"year": year, "synthetic": "months flat; made up for tests"},
    )
    total = emission.sum("city")
    write_csv(
        closure_table(stage="gridding", mass_in=total, mass_out=total),
        folder / "emissions/closure.csv",
    )
    write_csv(
        closure_table(stage="cmaq", mass_in=total, mass_out=total), folder / "cmaq/closure.csv"
    )


def sector_and_cells(grid: Grid) -> dict[str, object]:
    """Coordinates of a gridded file."""
    metres = {"units": "m", "standard_name": "projection_x_coordinate"}
    return {
        "sector": list(SECTORS),
        "y": ("y", grid.y, metres | {"standard_name": "projection_y_coordinate"}),
        "x": ("x", grid.x, metres),
    }


def annual(folder: Path, *, factor: float) -> None:
    """``air_quality/annual.nc``: a hump over the plain."""
    grid = CASE.grid.build()
    yy, xx = np.meshgrid(
        np.linspace(-1, 1, grid.nrows), np.linspace(-1, 1, grid.ncols), indexing="ij"
    )
    hump = np.exp(-2 * (xx**2 + yy**2)) * 12
    season = np.array([1.5, 0.8, 0.6, 1.1])[:, None, None]
    days = days_in_quarters(2015) / 365
    ds = xr.Dataset(coords={"quarter": ["Q1", "Q2", "Q3", "Q4"], **sector_and_cells(grid)})
    ds = ds.drop_vars("sector")
    total = np.zeros((4, *grid.shape), dtype="float32")
    for name in PARTS:
        field = (season * hump * (1.0 if name == "BACKGROUND" else factor)).astype("float32")
        total += field
        _put(ds, name, field, days)
    _put(ds, "PM25", total, days)
    ds["crs"] = ((), np.int32(0), grid.cf_attributes())
    write_netcdf(
        ds,
        folder / "air_quality/annual.nc",
        title="annual",
        attrs={"source": "surrogate", "synthetic": "rain, mixing height; made up for tests"},
    )


def _put(ds: xr.Dataset, name: str, field: np.ndarray, days: np.ndarray) -> None:
    unit = {"units": "ug m-3"}
    ds[name] = (("quarter", "y", "x"), field, unit)
    mean = np.tensordot(days, field.astype("float64"), axes=1).astype("float32")
    ds[f"{name}_annual"] = (("y", "x"), mean, unit)


def attainment(folder: Path, *, year: int, factor: float) -> None:
    """``attainment/``: six of seven cities monitored, one limit."""
    table = units().loc[list(CASE.adcodes())]
    n = len(table)
    monitored = np.arange(n) % 7 != 3
    base = np.linspace(40, 90, n)
    response = factor * np.linspace(0.6, 1.0, n) if factor < 1 else np.ones(n)
    limit = 35.0 if year < 2026 else 30.0
    future = np.where(monitored, base * response, np.nan)
    attains = pd.array(np.where(monitored, future < limit + 0.5, None), dtype="boolean")
    cities = pd.DataFrame(
        {
            "adcode": table.index,
            "name_zh": table["name_zh"].to_numpy(),
            "name_en": table["name_en"].to_numpy(),
            "province": table["province"].to_numpy(),
            "city_type": np.arange(n) % 4,
            "population": np.linspace(2e6, 2e7, n).round(),
            "monitored": monitored,
            "pm25_base": np.where(monitored, base, np.nan),
            "pm25": future,
            "pm25_limit": limit,
            "pm25_attains": attains,
            "o3_base": np.nan,
            "o3": np.nan,
            "o3_limit": 160.0,
            "o3_attains": None,
            "o3_response_factor": np.nan,
            "standard": "gb3095-2012" if year < 2026 else "gb3095-2026-transition",
        }
    )
    write_csv(cities, folder / "attainment/cities.csv")
    write_csv(_double(cities), folder / "attainment/double.csv")
    _sites(cities, response, folder)
    _cities_fused(cities, folder)
    _fused(folder, factor=factor)
    write_json(_summary(cities, year=year), folder / "attainment/summary.json")


def _double(cities: pd.DataFrame) -> pd.DataFrame:
    n = len(cities)
    peaked = np.arange(n) % 5 != 0
    attains = cities["pm25_attains"]
    names = {
        (True, True): "both", (True, False): "attains_only",
        (False, True): "peaked_only", (False, False): "neither",
    }  # fmt: skip
    return pd.DataFrame(
        {
            "adcode": cities["adcode"],
            "city_type": cities["city_type"],
            "monitored": cities["monitored"],
            "co2_peak_year": np.where(peaked, 2013 + np.arange(n) % 15, 2035),
            "peaked": peaked,
            "pm25_attains": attains,
            "class": [
                names[(bool(a), bool(p))] if pd.notna(a) else None
                for a, p in zip(attains, peaked, strict=True)
            ],
        }
    )


def _sites(cities: pd.DataFrame, response: np.ndarray, folder: Path) -> None:
    chosen = cities["monitored"].to_numpy()
    centre = units().geometry.loc[cities["adcode"]].representative_point()
    sites = pd.DataFrame(
        {
            "site": cities["adcode"].astype(str),
            "adcode": cities["adcode"],
            "level": "city",
            "lon": centre.x.to_numpy(),
            "lat": centre.y.to_numpy(),
            "pollutant": "PM25",
            "base_year": 2015,
            "base_value_raw": cities["pm25_base"] * 1.08,
            "base_value": cities["pm25_base"],
            "n_valid": 365,
            "background": 9.0,
            "response_factor": response,
            "future_value": cities["pm25"],
        }
    )
    write_csv(sites[chosen], folder / "attainment/sites.csv")


def _cities_fused(cities: pd.DataFrame, folder: Path) -> None:
    """Every unit judged, the others by the fused field; people in two classes."""
    best = cities["pm25"].fillna(33.0)
    margin = cities["pm25_limit"] - best
    fused = pd.DataFrame(
        {
            "adcode": cities["adcode"],
            "basis": np.where(
                cities["monitored"],
                "monitor",
                np.where(np.arange(len(cities)) % 14 == 3, "fused_far", "fused"),
            ),
            "pm25_best": best,
            "best_attains": best < cities["pm25_limit"] + 0.5,
            "margin": margin,
            "probability_attains": (0.5 + margin / 60).clip(0, 1),
            "nearest_monitor_km": np.where(np.arange(len(cities)) % 14 == 3, 250.0, 20.0),
        }
    )
    write_csv(fused, folder / "attainment/cities_fused.csv")
    exposure = pd.DataFrame({"lower": [0.0, 20.0, 40.0], "upper": [20.0, 40.0, 60.0]}).assign(
        people_base=[0.0, 4e6, 6e6],
        people=[2e6, 7e6, 1e6],
        share_above_base=[1.0, 1.0, 0.6],
        share_above=[1.0, 0.8, 0.1],
    )
    write_csv(exposure, folder / "attainment/exposure.csv")


def _fused(folder: Path, *, factor: float) -> None:
    grid = CASE.grid.build()
    field = np.linspace(20, 80, grid.size).reshape(grid.shape).astype("float32") * factor
    ds = xr.Dataset(coords=sector_and_cells(grid)).drop_vars("sector")
    ds["PM25_annual"] = (("y", "x"), field.astype("float32"), {"units": "ug m-3"})
    people = np.full(grid.shape, 1000.0)
    ds["population"] = (("y", "x"), people, {"units": "persons"})
    ds["crs"] = ((), np.int32(0), grid.cf_attributes())
    write_netcdf(ds, folder / "attainment/fused.nc", title="fused")


def _summary(cities: pd.DataFrame, *, year: int) -> dict[str, object]:
    groups = cities.groupby("city_type")
    return {
        "year": year,
        "pm25_limit": float(cities["pm25_limit"].iloc[0]),
        "national": _group(cities),
        "regions": {"2+26": _group(cities)},
        "types": {str(name): _group(part) for name, part in groups},
        "leave_one_out": {"fused": {"n": 24, "nmb": 0.01, "nme": 0.11, "rmse": 9.2, "r": 0.86}},
        "sensitivity": [
            {
                "background_factor": factor,
                "limit": limit,
                "basis": basis,
                "n_monitored": 24,
                "n_attain_monitored": n,
                "population_weighted_pm25": 30.0 + factor,
            }
            for factor, n in ((0.5, 9), (1.0, 7), (1.5, 5))
            for limit, basis in ((30.0, "in force"), (35.0, "comparison"))
        ],
    }


def _group(cities: pd.DataFrame) -> dict[str, object]:
    known = cities[cities["monitored"]]
    n = int(known["pm25_attains"].sum())
    return {
        "n_units": len(cities),
        "n_monitored": len(known),
        "n_judged": len(cities),
        "n_attain_monitored": n,
        "n_attain_fused": n,
        "mean_monitored_pm25": float(known["pm25"].mean()),
        "mean_monitored_pm25_base": float(known["pm25_base"].mean()),
        "population_weighted_pm25": float(np.average(known["pm25"], weights=known["population"])),
        "population_weighted_pm25_base": 61.25,
        "double_monitored": {
            "n": len(known),
            "counts": {"both": n, "attains_only": 0, "peaked_only": len(known) - n, "neither": 0},
            "percent": {"both": 100.0 * n / len(known)},
        },
    }
