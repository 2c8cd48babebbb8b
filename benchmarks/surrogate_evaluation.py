"""The surrogate against monitors, published slopes, and itself at other resolutions.

Usage, in a working directory that has ``results/surrogate`` and ``results/2015/history``::

    python benchmarks/surrogate_evaluation.py monitors
    python benchmarks/surrogate_evaluation.py slopes --coarsen 2
    python benchmarks/surrogate_evaluation.py resolution
    python benchmarks/surrogate_evaluation.py change          (needs 2013 and 2017 history)
    python benchmarks/surrogate_evaluation.py sectors
    python benchmarks/surrogate_evaluation.py calibrate --coarsen 4

Monitors are the table of the stage attainment, converted to ambient conditions; nothing is
anchored and nothing was fitted before.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from scenair.core.grids import Grid, grid_from_attributes
from scenair.core.io.netcdf import open_netcdf
from scenair.core.io.tables import read_table
from scenair.core.periods import QUARTERS
from scenair.core.regions import counties
from scenair.surrogate.calibration import calibrate
from scenair.surrogate.coarsen import block_sum, coarse_grid, coarse_meteorology
from scenair.surrogate.evaluation import ambient, national_parts, skill, slopes
from scenair.surrogate.geometry import geometry
from scenair.surrogate.gridded import Sources, read_sources
from scenair.surrogate.io.fields import read_parameters
from scenair.surrogate.model import prepare_quarter, run_quarter
from scenair.surrogate.products import PARTS, surface_parts

#: ug m-3 per Tg yr-1, CHN on CHN, base 2000 (Van Dingenen et al. 2018; JGCRI/rfasst)
FASST = {"PM25": (1.58, 1.75), "SO2": (0.24,), "NOx": (0.22,), "NH3": (0.41,)}
#: emissions of that base, Tg yr-1
FASST_BASE = {"SO2": 18.61, "NOx": 11.68, "NH3": 6.551}


def population(grid: Grid) -> np.ndarray:
    """Census 2020 population by cell, counties at a representative point."""
    census = read_table("regions/census2020_county.csv.gz", dtype={"county": "int64"})
    people = census[census["variable"] == "pop"].set_index("county")["value"].astype(float)
    places = counties()
    point = places.geometry.representative_point()
    cell = grid.locate(point.x.to_numpy(), point.y.to_numpy())
    weight = people.reindex(places.index).fillna(0).to_numpy()
    flat = np.bincount(cell[cell >= 0], weights=weight[cell >= 0], minlength=grid.size)
    return flat.reshape(grid.shape)


def monitors() -> pd.DataFrame:
    """Quarterly means of 2015 at the reference state, one row a record, with its coordinates."""
    table = read_table("attainment/monitors_2015.csv", dtype={"adcode": "int64"})
    table = table[table["pollutant"] == "PM25"]
    wide = table[table["statistic"] == "mean"].pivot_table(
        index="adcode", columns="period", values="value"
    )
    places = table[table["statistic"].isin(["lon", "lat"])].pivot_table(
        index="adcode", columns="statistic", values="value"
    )
    return wide.join(places)


class Case:
    """What a working directory holds, on its grid or a coarser one."""

    def __init__(self, folder: Path, *, ratio: int = 1) -> None:
        self.folder, self.ratio = folder, ratio
        met = open_netcdf(folder / "results/surrogate/meteorology.nc")
        self.fine = grid_from_attributes(met["crs"].attrs)
        self.grid = coarse_grid(self.fine, ratio) if ratio > 1 else self.fine
        self.met = coarse_meteorology(met, grid=self.fine, ratio=ratio) if ratio > 1 else met
        self.par = read_parameters()

    def sources(self, year: int) -> Sources:
        """Sources of a history year."""
        path = self.folder / f"results/{year}/history/emissions/gridded.nc"
        found = read_sources(open_netcdf(path), year=year, par=self.par)
        fields = {k: block_sum(v, self.ratio) for k, v in found.by_sector.items()}
        return Sources(fields, found.release, found.sectors)

    def totals(self, year: int) -> pd.Series:
        """National emissions, Tg yr-1."""
        ds = open_netcdf(self.folder / f"results/{year}/history/emissions/cities.nc")
        return ds["emission"].sum(["city", "sector"]).to_series() / 1e6


def show_monitors(folder: Path) -> None:
    """Skill by period and by region of the background table."""
    case = Case(folder)
    ds = open_netcdf(folder / "results/2015/history/air_quality/annual.nc")
    frame = monitors()
    cell = case.grid.locate(frame["lon"].to_numpy(), frame["lat"].to_numpy())
    temperature = case.met["temperature"].values.reshape(4, -1)[:, cell]
    pressure = case.met["pressure"].values.ravel()[cell]
    observed = ambient(
        frame[list(QUARTERS)].to_numpy().T, temperature=temperature, pressure=pressure
    )
    modelled = ds["PM25"].values.reshape(4, -1)[:, cell].astype(float)
    rows = {"year": skill(observed.mean(axis=0), modelled.mean(axis=0))}
    rows |= {f"Q{q + 1}": skill(observed[q], modelled[q]) for q in range(4)}
    regions = read_table("surrogate/background_regions.csv").set_index("province")["value"]
    region = (frame.index.to_series() // 10_000 * 10_000).map(regions).to_numpy()
    for name in sorted(set(region)):
        if (region == name).sum() > 2:
            part = region == name
            rows[name] = skill(observed[:, part].mean(axis=0), modelled[:, part].mean(axis=0))
    print(pd.DataFrame(rows, index=list(rows["year"]._fields)).T.round(3).to_string())
    weight = population(case.grid)
    for name in ("PM25", *PARTS):
        value = (ds[f"{name}_annual"].values * weight).sum() / weight.sum()
        print(f"population-weighted {name}: {value:.2f} ug m-3")


def show_slopes(folder: Path, *, ratio: int) -> None:
    """National slopes beside TM5-FASST, with emissions of 2015 and of its base."""
    case = Case(folder, ratio=ratio)
    sources, totals = case.sources(2015), case.totals(2015)
    mass = {name: float(totals[name]) for name in FASST}
    scale = {"SO2": "SO2", "SO4": "SO2", "NOx": "NOx", "TNH4": "NH3"}
    like = {
        k: v * (FASST_BASE[scale[k]] / mass[scale[k]] if k in scale else 1.0)
        for k, v in sources.by_sector.items()
    }
    weight = population(case.grid)
    for label, src, tera in (
        ("2015", sources, mass),
        ("base of FASST", Sources(like, sources.release, sources.sectors), mass | FASST_BASE),
    ):
        got = slopes(case.met, src, grid=case.grid, par=case.par, weights=weight, teragram=tera)
        for name, values in got.items():
            print(
                f"{label}: {name} {values.mean():.3f} (quarters {values.round(2)}) ug m-3 per Tg; "
                f"TM5-FASST {FASST[name]}"
            )


def show_resolution(folder: Path) -> None:
    """Population-weighted parts at several cell sizes."""
    for ratio in (4, 3, 2, 1):
        case = Case(folder, ratio=ratio)
        parts = national_parts(
            case.met, case.sources(2015), grid=case.grid, par=case.par,
            weights=population(case.grid),
        )  # fmt: skip
        means = {name: round(float(v.mean()), 2) for name, v in parts.items()}
        print(f"{case.grid.cell_km:g} km: {means}, sum {sum(means.values()):.2f}")


def show_change(folder: Path, *, ratio: int) -> None:
    """2013 -> 2017, population-weighted, same meteorology."""
    case = Case(folder, ratio=ratio)
    weight = population(case.grid)
    b = open_netcdf(folder / "results/surrogate/background.nc")["BACKGROUND"].values.mean(axis=0)
    fine = population(case.fine)
    background = float((b * fine).sum() / fine.sum())
    for year in (2013, 2017):
        parts = national_parts(
            case.met, case.sources(year), grid=case.grid, par=case.par, weights=weight
        )
        total = sum(float(v.mean()) for v in parts.values())
        print(f"{year}: {total + background:.1f} ug m-3, of which background {background:.1f}")


def show_sectors(folder: Path) -> None:
    """Shares of the sectors in the population-weighted controlled PM2.5."""
    ds = open_netcdf(folder / "results/responsibility/2015.nc")
    people = read_table("regions/census2020_county.csv.gz", dtype={"adcode": "int64"})
    people = people[people["variable"] == "pop"].groupby("adcode")["value"].sum()
    weight = people.reindex(ds["receptor"].values).fillna(0).to_numpy(dtype=float)
    base = np.einsum("rcsp,csp->rs", ds["contribution"].values, ds["emission"].values)
    share = weight @ base / (weight @ base).sum()
    print(pd.Series(share, index=ds["sector"].values).sort_values()[::-1].round(3).to_string())


def show_calibration(folder: Path, *, ratio: int) -> None:
    """Fit the free parameters on the named regions, judge on the others."""
    case = Case(folder, ratio=ratio)
    frame, free = monitors(), read_table("surrogate/calibration_free.csv")
    cell = case.grid.locate(frame["lon"].to_numpy(), frame["lat"].to_numpy())
    background = open_netcdf(folder / "results/surrogate/background.nc")["BACKGROUND"].values
    b = block_sum(background.astype(float), ratio).reshape(4, -1)[:, cell] / ratio**2
    observed = ambient(
        frame[list(QUARTERS)].to_numpy().T,
        temperature=case.met["temperature"].values.reshape(4, -1)[:, cell],
        pressure=case.met["pressure"].values.ravel()[cell],
    )
    regions = read_table("surrogate/background_regions.csv").set_index("province")["value"]
    sets = read_table("surrogate/calibration_sets.csv").set_index("member")["value"]
    region = (frame.index.to_series() // 10_000 * 10_000).map(regions)
    fitted = (region.map(sets) == "fit").to_numpy()
    path = folder / "results/2015/history/emissions/gridded.nc"
    emitted, geo = open_netcdf(path), geometry(case.grid)

    def everywhere(state: np.ndarray) -> np.ndarray:
        factor = dict(zip(free["parameter"], np.exp(state), strict=True))
        par, met = case.par.replace(**factor), case.met.copy()
        met["diffusivity_z"] = (met["diffusivity_z"] * factor["vertical_mixing"]).clip(min=0.5)
        found = read_sources(emitted, year=2015, par=par)
        fields = {k: block_sum(v, ratio) for k, v in found.by_sector.items()}
        sources = Sources(fields, found.release, found.sectors)
        out = []
        for q in range(4):
            result = run_quarter(prepare_quarter(met, q, geo=geo, par=par), sources.of_quarter(q))
            total = np.sum(list(surface_parts(result).values()), axis=0)
            out.append(total.ravel()[cell])
        return np.stack(out) + b

    got = calibrate(
        lambda state: everywhere(state)[:, fitted].ravel(), observed[:, fitted].ravel(),
        names=tuple(free["parameter"]), prior=free["value"].to_numpy(dtype=float), error=0.4,
        steps=2,
    )  # fmt: skip
    print(pd.DataFrame(got._asdict()).round(3).to_string())
    for label, state in (("before", 0 * got.factor), ("after", np.log(got.factor))):
        modelled = everywhere(state)
        for name, part in (("fit", fitted), ("judge", ~fitted)):
            s = skill(observed[:, part].mean(axis=0), modelled[:, part].mean(axis=0))
            q = skill(observed[:, part].ravel(), modelled[:, part].ravel())
            print(
                f"{label} {name}: n {s.n} annual NMB {s.nmb:+.1%} NME {s.nme:.1%} r {s.r:.2f}; "
                f"quarters NMB {q.nmb:+.1%} NME {q.nme:.1%} r {q.r:.2f}"
            )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "what", choices=("monitors", "slopes", "resolution", "change", "sectors", "calibrate")
    )
    parser.add_argument("--folder", type=Path, default=Path())
    parser.add_argument("--coarsen", type=int, default=2)
    given = parser.parse_args()
    if given.what in ("slopes", "change"):
        {"slopes": show_slopes, "change": show_change}[given.what](
            given.folder, ratio=given.coarsen
        )
    elif given.what == "calibrate":
        show_calibration(given.folder, ratio=given.coarsen)
    else:
        {"monitors": show_monitors, "resolution": show_resolution, "sectors": show_sectors}[
            given.what
        ](given.folder)


if __name__ == "__main__":
    main()
