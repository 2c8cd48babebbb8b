"""How the surrogate answers changes of emissions, beside what is published.

Usage, in a working directory as for ``surrogate_evaluation.py``::

    python benchmarks/surrogate_responses.py slopes --coarsen 2
    python benchmarks/surrogate_responses.py change --coarsen 2     (2013 and 2017 history)
    python benchmarks/surrogate_responses.py directions --coarsen 3
    python benchmarks/surrogate_responses.py ammonia --coarsen 3
    python benchmarks/surrogate_responses.py ozone --coarsen 1
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from surrogate_evaluation import Case, population

from scenair.core.io.netcdf import open_netcdf
from scenair.surrogate.coarsen import block_sum
from scenair.surrogate.evaluation import TRACERS_OF, national_parts, slopes
from scenair.surrogate.geometry import geometry
from scenair.surrogate.gridded import Sources, species_by_sector
from scenair.surrogate.model import run_quarter
from scenair.surrogate.ozone import OzoneState, run_ozone
from scenair.surrogate.quarter import Quarter, prepare_quarter

#: ug m-3 per Tg yr-1, CHN on CHN, base 2000 (Van Dingenen et al. 2018; JGCRI/rfasst)
FASST = {"PM25": (1.58, 1.75), "SO2": (0.24,), "NOx": (0.22,), "NH3": (0.41,)}
#: emissions of that base, Tg yr-1
FASST_BASE = {"SO2": 18.61, "NOx": 11.68, "NH3": 6.551}
#: our bar: largest ratio to the published slope, either way
BAR = {"PM25": 1.3, "SO2": 1.3, "NOx": 2.0, "NH3": 2.0}
#: national PM2.5 with ammonia cut by so much, per cent: WRF-CMAQ, Xu et al. 2017, China
#: Environmental Science 37, 2482
XU_2017 = {0.2: -2.7, 0.4: -6.3, 0.6: -11.3, 0.8: -19.0, 1.0: -29.8}
#: the same of eastern China in 2020: GEOS-Chem, Transactions of Atmospheric Sciences 2026, no. 3,
#: article 09 (abstract)
GEOS_CHEM_2020 = {0.2: -3.55, 1.0: -35.5}
#: lon, lat: a megacity, a city beside it, a rural place
PLACES = {"Beijing": (116.4, 39.9), "Taian": (117.1, 36.2), "rural Shaanxi": (108.0, 33.0)}
#: sign of the change of ozone there when NOx alone is cut
DIRECTION = {"Beijing": 1, "rural Shaanxi": -1}
#: largest relative change of the salts that still counts as insensitive
INSENSITIVE = 0.05
#: west, east, south, north of the winter plain
PLAIN = (114.0, 118.5, 35.0, 40.0)


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
            ratio_to = values.mean() / np.mean(FASST[name])
            kept = 1 / BAR[name] <= ratio_to <= BAR[name]
            print(
                f"{label}: {name} {values.mean():.3f} (quarters {values.round(2)}) ug m-3 per Tg; "
                f"TM5-FASST {FASST[name]}, ratio {ratio_to:.2f}, bar {BAR[name]} "
                f"{'kept' if kept else 'NOT KEPT'}"
            )


def show_change(folder: Path, *, ratio: int) -> None:
    """2013 -> 2017, population-weighted, same meteorology."""
    case = Case(folder, ratio=ratio)
    weight = population(case.grid)
    b = open_netcdf(folder / "results/surrogate/background.nc")["BACKGROUND"].values.mean(axis=0)
    fine = population(case.fine)
    background = float((b * fine).sum() / fine.sum())
    means = []
    for year in (2013, 2017):
        parts = national_parts(
            case.met, case.sources(year), grid=case.grid, par=case.par, weights=weight
        )
        total = sum(float(v.mean()) for v in parts.values())
        means.append(total + background)
        print(f"{year}: {total + background:.1f} ug m-3, of which background {background:.1f}")
    print(
        f"2013 to 2017, emissions alone: {means[1] - means[0]:.1f} ug m-3 "
        f"({means[1] / means[0] - 1:.1%}); published with meteorology: 61.8 to 42.0, "
        "-19.8 (-32 %), Zhang et al. 2019, PNAS 116, 24463; 11 to 20 expected from published slopes"
    )


def _verdict(held: bool) -> str:
    return "kept" if held else "NOT kept"


def _salts(quarter: Quarter, emitted: dict, weight: np.ndarray, **factor: float) -> dict:
    """Weighted surface means of a quarter with the emissions of some species scaled, ug m-3."""
    scale = {t: f for s, f in factor.items() for t in TRACERS_OF[s]}
    got = run_quarter(quarter, {k: v * scale.get(k, 1.0) for k, v in emitted.items()})
    fields = {"SO4": got.tracer["SO4"][0], "NO3": got.nitrate[0], "NH4": got.ammonium[0]}
    fields |= {t: got.tracer[t][0] for t in ("TNO3", "TNH4", "NOx", "SO2")}
    mean = {k: float((v * weight).sum() / weight.sum()) for k, v in fields.items()}
    return mean | {"SNA": mean["SO4"] + mean["NO3"] + mean["NH4"]}


def _show_plain(case: Case, src: Sources, people: np.ndarray) -> None:
    """Checks (i) and (iii): the plain of the north in winter."""
    lon, lat = case.grid.lonlat
    west, east, south, north = PLAIN
    plain = people * ((lon > west) & (lon < east) & (lat > south) & (lat < north))
    winter = prepare_quarter(case.met, 0, geo=geometry(case.grid), par=case.par)
    emitted = src.of_quarter(0)
    base = _salts(winter, emitted, plain)
    gas, acid = (base["TNH4"] - base["NH4"]) / 18.04, (base["TNO3"] - base["NO3"]) / 62.0
    ratio_gas = (gas + base["NO3"] / 62.0) / (acid + base["NO3"] / 62.0)
    print(f"winter plain, ug m-3: { {k: round(v, 1) for k, v in base.items()} }")
    print(f"NH3 {gas * 17.03:.1f} ug m-3; adjusted gas ratio {ratio_gas:.2f} (above 1: rich)")
    found = {}
    for cut in (
        {"NH3": 0.85}, {"NH3": 0.7}, {"NH3": 0.5}, {"NOx": 0.9}, {"NOx": 0.7}, {"SO2": 0.7},
    ):  # fmt: skip
        less = _salts(winter, emitted, plain, **cut)
        change = {k: less[k] / base[k] - 1 for k in ("SO4", "NO3", "NH4", "SNA")}
        found[next(iter(cut.items()))] = change
        told = {k: f"{v:+.1%}" for k, v in change.items()}
        print(f"(i, iii) {cut}: {told}, together {less['SNA'] - base['SNA']:+.2f} ug m-3")
    most = -found["NH3", 0.7]["SNA"]
    print(
        f"(i) 30 % less NH3 lowers the salts by {most:.1%}, limit {INSENSITIVE:.0%}: "
        f"{_verdict(most < INSENSITIVE)}; 50 % by {-found['NH3', 0.5]['SNA']:.1%}"
    )
    rise = found["SO2", 0.7]["NO3"]
    print(f"(iii) 30 % less SO2 changes nitrate by {rise:+.1%}: {_verdict(0 < rise < 0.1)}")


def _show_season(case: Case, src: Sources, people: np.ndarray) -> None:
    """Check (iv): winter over summer of primary particles for the same emissions."""
    weight, geo = people / people.sum(), geometry(case.grid)
    yearly = np.mean([src.of_quarter(q)["BC"] for q in range(4)], axis=0)
    same, own = [], []
    for q in (0, 2):
        quarter = prepare_quarter(case.met, q, geo=geo, par=case.par)
        for source, out in ((yearly, same), (src.of_quarter(q)["BC"], own)):
            field = run_quarter(quarter, {"BC": source}).tracer["BC"][0]
            out.append(float((weight * field).sum()))
    ratio = same[0] / same[1]
    print(
        f"(iv) primary, Q1 over Q3 for the same emissions {ratio:.2f}, expected 2 to 2.5: "
        f"{_verdict(2 <= ratio <= 2.5)} (with the season of the emissions {own[0] / own[1]:.2f})"
    )


def show_directions(folder: Path, *, ratio: int) -> None:
    """The directional checks, with what is found."""
    case = Case(folder, ratio=ratio)
    src, people = case.sources(2015), population(case.grid)
    _show_plain(case, src, people)
    warm = OzoneCase(case)
    for name, sign in DIRECTION.items():
        base, less = (warm.ozone(nox=f)[warm.cell(name)] for f in (1.0, 0.8))
        print(
            f"(ii) ozone of {name} with 20 % less NOx {less / base - 1:+.1%}, "
            f"expected {'a rise' if sign > 0 else 'a fall'}: {_verdict(sign * (less - base) > 0)}"
        )
    _show_season(case, src, people)


def show_ammonia(folder: Path, *, ratio: int) -> None:
    """National PM2.5 with less ammonia beside WRF-CMAQ, and what more ammonia at base does."""
    case = Case(folder, ratio=ratio)
    weight, found = population(case.grid), case.sources(2015)
    b = open_netcdf(folder / "results/surrogate/background.nc")["BACKGROUND"].values.mean(axis=0)
    fine = population(case.fine)
    background = float((b * fine).sum() / fine.sum())
    rows = {"Xu et al. 2017": XU_2017, "GEOS-Chem, east, 2020": GEOS_CHEM_2020}
    for more in (1.0, 1.27):
        fields = {k: v * (more if k == "TNH4" else 1.0) for k, v in found.by_sector.items()}
        src = Sources(fields, found.release, found.sectors)
        level = {}
        for cut in (0.0, *XU_2017):
            parts = national_parts(
                case.met, src, grid=case.grid, par=case.par, weights=weight,
                scale={"NH3": 1 - cut},
            )  # fmt: skip
            level[cut] = sum(float(v.mean()) for v in parts.values()) + background
        rows[f"ammonia times {more:g}"] = {
            cut: 100 * (level[cut] / level[0.0] - 1) for cut in XU_2017
        }
    print("change of the national annual PM2.5, %, by cut of ammonia")
    print(pd.DataFrame(rows).T.round(1).to_string())


class OzoneCase:
    """The third quarter of 2015 with what its ozone needs."""

    def __init__(self, case: Case) -> None:
        self.case, self.emitted = case, case.sources(2015).of_quarter(2)
        folder, ratio = case.folder, case.ratio
        ds = open_netcdf(folder / "results/2015/history/emissions/gridded.nc")
        found = case.sources(2015)
        nmvoc = block_sum(species_by_sector(ds, ("NMVOC",), year=2015)["NMVOC"], ratio)[2]
        self.voc = np.einsum("sl,syx->lyx", found.release, nmvoc)
        b = open_netcdf(folder / "results/surrogate/background.nc")["biogenic_reactivity"].values
        self.biogenic = block_sum(b.astype(float), ratio)[2] / ratio**2
        self.quarter = prepare_quarter(case.met, 2, geo=geometry(case.grid), par=case.par)

    def state(self, *, nox: float = 1.0, voc: float = 1.0) -> OzoneState:
        """Ozone with national NOx and NMVOC scaled."""
        source = self.emitted["NOx"] * nox
        field = run_quarter(self.quarter, {"NOx": source}).tracer["NOx"]
        return run_ozone(
            self.quarter, field, self.voc * voc, direct_no2=source, biogenic=self.biogenic,
            par=self.case.par,
        )  # fmt: skip

    def ozone(self, *, nox: float = 1.0, voc: float = 1.0) -> np.ndarray:
        """Surface ozone, ug m-3."""
        return self.state(nox=nox, voc=voc).ozone

    def cell(self, name: str) -> tuple[int, int]:
        """Row and column of one of :data:`PLACES`."""
        grid = self.case.grid
        x, y = grid.project(*PLACES[name])
        return int(np.abs(grid.y - y).argmin()), int(np.abs(grid.x - x).argmin())


def show_ozone(folder: Path, *, ratio: int) -> None:
    """Ozone of the field (July to September) over national NOx and NMVOC ratios."""
    warm = OzoneCase(Case(folder, ratio=ratio))
    cells = {name: warm.cell(name) for name in PLACES}
    out = {name: {} for name in cells}
    ratios_nox, ratios_voc = (0.2, 0.4, 0.6, 0.8, 0.9, 1.0, 1.2, 1.5), (0.5, 1.0)
    for fn in ratios_nox:
        for fv in ratios_voc if fn == 1.0 else (1.0,):
            got = warm.state(nox=fn, voc=fv)
            for name, at in cells.items():
                out[name][fn, fv] = got.ozone[at]
                if fn == fv == 1.0:
                    print(
                        f"{name}: O3 {got.ozone[at]:.0f} ug m-3, L_N/Q {got.nox_loss_share[at]:.2f}"
                    )
    for name, values in out.items():
        base = values[1.0, 1.0]
        line = {fn: f"{values[fn, 1.0] / base - 1:+.1%}" for fn in ratios_nox}
        peak = max(ratios_nox, key=lambda fn: values[fn, 1.0])
        nox_slope = (values[1.2, 1.0] - values[0.9, 1.0]) / 0.3
        voc_slope = (base - values[1.0, 0.5]) / 0.5
        need = max(0.0, -nox_slope / voc_slope) if voc_slope > 0 else float("nan")
        print(f"{name}: NOx {line}; half the NMVOC {values[1.0, 0.5] / base - 1:+.1%}")
        print(f"   peak at NOx x {peak:g}; NMVOC cut per NOx cut that avoids a rise: {need:.2f}")


def main() -> None:
    """Command line."""
    shows = {
        "slopes": show_slopes, "change": show_change, "directions": show_directions,
        "ammonia": show_ammonia, "ozone": show_ozone,
    }  # fmt: skip
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=tuple(shows))
    parser.add_argument("--folder", type=Path, default=Path())
    parser.add_argument("--coarsen", type=int, default=2)
    given = parser.parse_args()
    shows[given.what](given.folder, ratio=given.coarsen)


if __name__ == "__main__":
    main()
