"""The surrogate against monitors and published sector shares, and at other resolutions.

Usage, in a working directory that has ``results/surrogate`` and ``results/2015/history``::

    python benchmarks/surrogate_evaluation.py monitors --pictures somewhere
    python benchmarks/surrogate_evaluation.py resolution
    python benchmarks/surrogate_evaluation.py shares --coarsen 2    (of cities in their own PM2.5)
    python benchmarks/surrogate_evaluation.py sectors --year 2015
    python benchmarks/surrogate_evaluation.py calibrate --coarsen 4

Monitors are the table of the stage attainment, converted to ambient conditions; nothing is
anchored and nothing was fitted before.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from scenair.config import load_config
from scenair.config.load import dump
from scenair.core.grids import Grid, grid_from_attributes
from scenair.core.io.netcdf import open_netcdf
from scenair.core.io.tables import read_table
from scenair.core.periods import QUARTERS
from scenair.core.regions import counties, units
from scenair.core.sectors import MEIC_SECTORS
from scenair.surrogate.coarsen import block_sum, coarse_grid, coarse_meteorology
from scenair.surrogate.evaluation import ambient, national_parts, own_share, skill
from scenair.surrogate.gridded import Sources, read_sources
from scenair.surrogate.io.calibration import build_calibration
from scenair.surrogate.io.fields import read_parameters
from scenair.surrogate.io.responsibility import city_shares, city_weights
from scenair.surrogate.products import PARTS

#: Per cent of the mortality by PM2.5 of China in 2015 (Liu et al. 2020, ACP 20, 7783-7797); the
#: first two from its abstract, the others from memory
SHARES = {"industry": 35, "residential": 25, "agriculture": 23, "transport": 10, "power": 6}
#: our sectors in those groups: MEIC's six, solvents with industry
GROUP = {
    ours: {"solvent": "industry", "transportation": "transport"}.get(group, group)
    for group, members in MEIC_SECTORS.items()
    for ours in members
}


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
    """What a working directory holds, on its grid or a coarser one.

    ``shift`` leaves out rows and columns in the south and west, so that coarse cells lie elsewhere.
    """

    def __init__(self, folder: Path, *, ratio: int = 1, shift: tuple[int, int] = (0, 0)) -> None:
        self.folder, self.ratio, self.shift = folder, ratio, shift
        met = open_netcdf(folder / "results/surrogate/meteorology.nc")
        self.fine = grid_from_attributes(met["crs"].attrs)
        if any(shift):
            j, i = shift
            met = met.isel(
                y=slice(j, None), y_face=slice(j, None), x=slice(i, None), x_face=slice(i, None)
            )
            self.fine = replace(
                self.fine, ncols=self.fine.ncols - i, nrows=self.fine.nrows - j,
                xorig=self.fine.xorig + i * self.fine.xcell,
                yorig=self.fine.yorig + j * self.fine.ycell,
            )  # fmt: skip
        self.grid = coarse_grid(self.fine, ratio) if ratio > 1 else self.fine
        self.met = coarse_meteorology(met, grid=self.fine, ratio=ratio) if ratio > 1 else met
        self.par = read_parameters()

    def sources(self, year: int) -> Sources:
        """Sources of a history year."""
        path = self.folder / f"results/{year}/history/emissions/gridded.nc"
        found = read_sources(open_netcdf(path), year=year, par=self.par)
        return self.coarse(found)

    def coarse(self, found: Sources, *, share: np.ndarray | float = 1.0) -> Sources:
        """Sources (or a ``share`` of them by cell) of the whole grid on the cells of this case."""
        j, i = self.shift
        fields = {
            k: block_sum((v * share)[..., j:, i:], self.ratio) for k, v in found.by_sector.items()
        }
        return Sources(fields, found.release, found.sectors)

    def totals(self, year: int) -> pd.Series:
        """National emissions, Tg yr-1."""
        ds = open_netcdf(self.folder / f"results/{year}/history/emissions/cities.nc")
        return ds["emission"].sum(["city", "sector"]).to_series() / 1e6


def pairs(case: Case, ds: xr.Dataset) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Records, and PM2.5 of monitors and model (quarter, record) at ambient conditions."""
    frame = monitors()
    cell = case.grid.locate(frame["lon"].to_numpy(), frame["lat"].to_numpy())
    observed = ambient(
        frame[list(QUARTERS)].to_numpy().T,
        temperature=case.met["temperature"].values.reshape(4, -1)[:, cell],
        pressure=case.met["pressure"].values.ravel()[cell],
    )
    return frame, observed, ds["PM25"].values.reshape(4, -1)[:, cell].astype(float)


def show_monitors(folder: Path, pictures: Path | None) -> None:
    """Skill by period, region and set; parts of the national mean; winter over summer."""
    case = Case(folder)
    ds = open_netcdf(folder / "results/2015/history/air_quality/annual.nc")
    frame, observed, modelled = pairs(case, ds)
    rows = {"year": skill(observed.mean(axis=0), modelled.mean(axis=0))}
    rows |= {f"Q{q + 1}": skill(observed[q], modelled[q]) for q in range(4)}
    regions = read_table("surrogate/background_regions.csv").set_index("province")["value"]
    sets = read_table("surrogate/calibration_sets.csv").set_index("member")["value"]
    region = (frame.index.to_series() // 10_000 * 10_000).map(regions)
    groups = {name: region == name for name in sorted(set(region))}
    groups |= {f"set to {name}": region.map(sets) == name for name in ("fit", "judge")}
    for name, part in groups.items():
        if part.sum() > 2:
            rows[name] = skill(
                observed[:, part.to_numpy()].mean(axis=0), modelled[:, part.to_numpy()].mean(axis=0)
            )
    print(pd.DataFrame(rows, index=list(rows["year"]._fields)).T.round(3).to_string())
    table = parts_table(case, ds)
    print("population-weighted, ug m-3")
    print(table.round(2).to_string())
    primary = table.loc["BC"]
    print(
        f"Q1 over Q3: PM2.5 modelled {modelled[0].mean() / modelled[2].mean():.2f}, observed "
        f"{observed[0].mean() / observed[2].mean():.2f}; black carbon {primary.Q1 / primary.Q3:.2f}"
    )
    if pictures is not None:
        draw(case, ds, observed.mean(axis=0), modelled.mean(axis=0), frame, pictures)


#: What the issue of a reduced-form model turns on, apart.
KINDS = {
    "primary": {"BC": 1, "OTHER": 1, "OA": 1, "SOA": -1},
    "secondary inorganic": {"SO4": 1, "NO3": 1, "NH4": 1},
    "SOA": {"SOA": 1},
    "B (not controlled)": {"BACKGROUND": 1},
}


def parts_table(case: Case, ds: xr.Dataset) -> pd.DataFrame:
    """Population-weighted parts of PM2.5 and their kinds by quarter and year, ug m-3."""
    weight = population(case.grid)
    names = ("PM25", *PARTS, "SOA")
    means = {n: (ds[n].values * weight).sum(axis=(1, 2)) / weight.sum() for n in names}
    kinds = {
        kind: sum(sign * means[name] for name, sign in members.items())
        for kind, members in KINDS.items()
    }
    table = pd.DataFrame(means | kinds, index=list(QUARTERS)).T
    table["year"] = table.mean(axis=1)
    table["% of PM25"] = 100 * table["year"] / table.loc["PM25", "year"]
    return table


#: Cities whose share in their own PM2.5 is shown (Chinese directional check of the local share).
CITIES = {"Beijing": 110000, "Shanghai": 310000, "Chengdu": 510100, "Guangzhou": 440100}


def shares_of(case: Case, whole: Sources, part: dict[int, np.ndarray], *, leave_out: bool):
    """Shares of the cities of ``part`` (adcode -> share of each fine cell), mean of quarters, %."""
    adcodes = np.array(sorted(part), dtype=np.int32)
    weights = city_weights(case.grid, adcodes).toarray()
    own = [case.coarse(whole, share=part[code]) for code in adcodes]
    every = case.coarse(whole)
    found = [
        own_share(
            case.met, q, emitted=every.of_quarter(q), own=[o.of_quarter(q) for o in own],
            receptors=[w.reshape(case.grid.shape) for w in weights], grid=case.grid,
            par=case.par, leave_out=leave_out,
        )
        for q in range(4)
    ]  # fmt: skip
    return {kind: 100 * np.mean([one[kind] for one in found], axis=0) for kind in found[0]}


def show_shares(folder: Path, *, finest: int) -> None:
    """Shares of four cities in their own PM2.5 on 108, 72 and 36 km; the emissions are the same.

    On coarse cells it matters how a city lies in them, so primary particles are also shown as the
    mean over all places that the cells can have.
    """
    everyone = np.array(units().index, dtype=np.int32)
    first = Case(folder)
    whole = first.sources(2015)
    share = city_shares(first.fine, everyone)
    part = {
        code: share[np.searchsorted(everyone, code)].toarray().reshape(first.fine.shape)
        for code in CITIES.values()
    }
    columns = {}
    for ratio in [r for r in (3, 2, 1) if r >= finest]:
        cells = f"{36 * ratio} km"
        moved = []
        for shift in np.ndindex(ratio, ratio):
            case = Case(folder, ratio=ratio, shift=shift)
            got = shares_of(case, whole, part, leave_out=not any(shift))
            moved.append(got["primary"])
            if not any(shift):
                columns |= {("primary", cells): got["primary"], ("all", cells): got["all"]}
        columns["primary, mean of places", cells] = np.mean(moved, axis=0)
        columns["spread of it", cells] = np.std(moved, axis=0)
    names = {code: name for name, code in CITIES.items()}
    table = pd.DataFrame(columns, index=[names[code] for code in sorted(part)])
    print("share of a city's own emissions in its own controlled PM2.5, mean of quarters, %")
    print("primary: by superposition; all: the four cities left out at once")
    kinds = ("primary", "primary, mean of places", "all")
    print(table[[*kinds, "spread of it"]].round(1).T.to_string())
    for kind in kinds:
        falls = (np.diff(table[kind].to_numpy(), axis=1) > 0).all(axis=1)
        print(f"(vi) {kind}: decreases with coarser cells in {falls.sum()} of {len(falls)}")


def draw(case, ds, observed, modelled, frame, folder: Path) -> None:
    """Scatter and map of the year; nothing is anchored."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(
        1, 2, figsize=(10.5, 4.2), width_ratios=(1, 1.35), layout="constrained"
    )
    top = 1.05 * max(observed.max(), modelled.max())
    for factor in (0.5, 1, 2):
        left.plot([0, top], [0, factor * top], color="0.6", lw=1, ls="-" if factor == 1 else "--")
    left.scatter(observed, modelled, s=14, color="tab:blue", alpha=0.7)
    left.set(
        xlim=(0, top), ylim=(0, top), aspect="equal", xlabel="monitors 2015, ug m$^{-3}$",
        ylabel="surrogate, not anchored, ug m$^{-3}$",
    )  # fmt: skip
    x, y = case.grid.project(frame["lon"].to_numpy(), frame["lat"].to_numpy())
    edges = case.grid.x_edges / 1e3, case.grid.y_edges / 1e3
    field = right.pcolormesh(*edges, ds["PM25_annual"].values, vmin=0, vmax=100, cmap="YlOrRd")
    right.scatter(
        x / 1e3, y / 1e3, c=observed, s=22, vmin=0, vmax=100, cmap="YlOrRd",
        edgecolor="black", linewidth=0.4,
    )  # fmt: skip
    right.set(aspect="equal", xlabel="x, km", ylabel="y, km", title="annual PM2.5; dots: monitors")
    figure.colorbar(field, ax=right, label="ug m$^{-3}$", shrink=0.8)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "surrogate_2015.png", dpi=100)
    print(f"wrote {folder / 'surrogate_2015.png'}")


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


def left_out(case: Case, year: int) -> pd.Series:
    """What the controlled PM2.5 (population-weighted) loses without each group of sectors, %.

    Of the sum over the groups, which is not the whole: nitrate needs two of them.
    """
    found, weight = case.sources(year), population(case.grid)
    group = np.array([GROUP[name] for name in found.sectors])

    def total(keep: np.ndarray) -> float:
        fields = {k: v * keep[None, :, None, None] for k, v in found.by_sector.items()}
        parts = national_parts(
            case.met, Sources(fields, found.release, found.sectors), grid=case.grid,
            par=case.par, weights=weight,
        )  # fmt: skip
        return sum(float(v.mean()) for v in parts.values())

    whole = total(np.ones(len(group)))
    lost = pd.Series({g: whole - total((group != g).astype(float)) for g in sorted(set(group))})
    print(
        f"left out one by one at {case.grid.cell_km:g} km: {lost.round(2).to_dict()} of "
        f"{whole:.2f} ug m-3, together {lost.sum() / whole:.2f} of it"
    )
    return lost / lost.sum() * 100


def show_sectors(folder: Path, year: int, *, ratio: int) -> None:
    """Shares of the sectors in the population-weighted controlled PM2.5, beside the published.

    By the path integral of the responsibility file, and by leaving out one group at a time.
    """
    ds = open_netcdf(folder / f"results/responsibility/{year}.nc")
    people = read_table("regions/census2020_county.csv.gz", dtype={"adcode": "int64"})
    people = people[people["variable"] == "pop"].groupby("adcode")["value"].sum()
    weight = people.reindex(ds["receptor"].values).fillna(0).to_numpy(dtype=float)
    base = np.einsum("rcsp,csp->rs", ds["contribution"].values, ds["emission"].values)
    share = pd.Series(weight @ base / (weight @ base).sum() * 100, index=ds["sector"].values)
    print(share.sort_values()[::-1].round(1).to_string())
    grouped = share.groupby(GROUP).sum()
    table = pd.DataFrame(
        {
            f"path integral {year}, %": grouped,
            f"left out {year}, %": left_out(Case(folder, ratio=ratio), year),
            "Liu et al. 2020, %": SHARES,
        }
    )
    print(table.sort_values("Liu et al. 2020, %", ascending=False).round(1).to_string())


def show_calibration(folder: Path, *, ratio: int) -> None:
    """Fit the free parameters within their ranges on the named regions, judge on the others."""
    config = load_config({"case": "china-open"}, folder=Path(__file__).parents[1] / "config")
    results = folder / "results"
    with tempfile.TemporaryDirectory() as place:
        out = {name: Path(place) / f"{name}.csv" for name in ("calibration", "evaluation", "pairs")}
        build_calibration(
            year=2015,
            config={"case": dump(config.case), "surrogate": dump(config.surrogate)},
            coarsening=ratio,
            monitors="attainment/monitors_2015.csv",
            gridded=results / "2015/history/emissions/gridded.nc",
            meteorology=results / "surrogate/meteorology.nc",
            background=results / "surrogate/background.nc",
            annual=results / "2015/history/air_quality/annual.nc",
            **out,
        )
        for name in ("calibration", "evaluation"):
            print(pd.read_csv(out[name]).round(3).to_string(index=False))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "what", choices=("monitors", "resolution", "shares", "sectors", "calibrate")
    )
    parser.add_argument("--folder", type=Path, default=Path())
    parser.add_argument(
        "--coarsen",
        type=int,
        help="finest grid of shares (1), sectors left out (2), the fit (4)",
    )
    parser.add_argument("--year", type=int, default=2015)
    parser.add_argument("--pictures", type=Path)
    given = parser.parse_args()
    if given.what == "monitors":
        show_monitors(given.folder, given.pictures)
    elif given.what == "sectors":
        show_sectors(given.folder, given.year, ratio=given.coarsen or 2)
    elif given.what == "resolution":
        show_resolution(given.folder)
    elif given.what == "shares":
        show_shares(given.folder, finest=given.coarsen or 1)
    else:
        show_calibration(given.folder, ratio=given.coarsen or 4)


if __name__ == "__main__":
    main()
