"""What the projection gives, printed from the tables that its rules write.

    python projection_show.py tables RESULTS     # totals, bands, hindcast, spread, peaks, measures
    python projection_show.py example RESULTS    # the table of docs/measures.md: rows to results
    python projection_show.py messages           # wrong scenario files and what is said

RESULTS has ``inventory/``, ``projection/`` (target ``results/projection/comparison.csv``) and, for
the example, nothing else.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from scenair.config.case import CaseConfig
from scenair.config.load import dump, load_scenarios
from scenair.config.projection import ProjectionConfig
from scenair.config.scenario import MeasureUse, Scenario
from scenair.core.errors import ScenairError
from scenair.projection.io import ScenarioInputs
from scenair.projection.io.resources import read_measures

REPO = Path(__file__).resolve().parents[1]
ORDER = ("reference", "pollution_control", "peak", "early_peak", "synergy", "ozone",
         "ozone_regional")  # fmt: skip
SHOWN = ("SO2", "NOx", "PM25", "NMVOC", "NH3", "CO2")
#: Cities whose type anyone can judge.
KNOWN = (110000, 130200, 150600, 320500, 530700)


def heading(text: str) -> None:
    """A line between tables."""
    print(f"\n== {text}")


def totals(folder: Path) -> None:
    """National totals by scenario beside GAINS, the bands, and the hindcast."""
    national = pd.read_csv(folder / "comparison.csv")
    chosen = national[national["year"].isin((2025, 2030, 2035)) & national["quantity"].isin(SHOWN)]
    wide = chosen.pivot_table(index=["year", "quantity"], columns="scenario", values="value")
    wide = wide[[s for s in ORDER if s in wide]]
    wide["GAINS CLE"] = chosen.groupby(["year", "quantity"])["gains_cle"].first()
    heading("national totals, Tg yr-1 (GAINS ECLIPSE v6b CLE is China with Taiwan)")
    print(wide.reindex(SHOWN, level="quantity").round(2).to_string())
    change = national[(national["year"] == 2030) & national["quantity"].isin(SHOWN)]
    wide = change.pivot_table(index="quantity", columns="scenario", values="change_to_reference")
    heading("change against the reference in 2030, %")
    print((100 * wide[[s for s in ORDER if s in wide]].reindex(SHOWN)).round(1).to_string())
    bands = pd.read_csv(folder / "published_bands.csv")
    heading("published bands and ours (never fitted)")
    print(bands.drop(columns=["year", "why"]).round(3).to_string(index=False))
    for why in bands["why"].unique():
        print(" *", why)
    seen = national[(national["kind"] == "hindcast") & (national["scenario"] == "reference")]
    seen = seen.dropna(subset=["observed", "edgar_growth"], how="all")
    heading("hindcast: the counterfactual reference beside what was observed (EDGAR: growth only)")
    columns = ["quantity", "year", "value", "unit", "observed", "edgar_growth"]
    print(seen[columns].round(2).to_string(index=False))


def cities(folder: Path) -> None:
    """Spread of growth, years of the maximum, types, and the order of scenarios."""
    spread = pd.read_csv(folder / "spread.csv").query("scenario == 'reference'")
    heading("city CO2 2030 over 2017 by sector, reference: quantiles and standard deviation")
    print(spread.drop(columns=["scenario"]).round(3).to_string(index=False))
    years = pd.read_csv(folder / "peak_years.csv")
    wide = years.pivot_table(index=["year", "meaning"], columns="scenario", values="cities")
    heading("cities by the year of their CO2 maximum")
    print(wide[[s for s in ORDER if s in wide]].astype(int).to_string())
    heading("share of cities that have peaked by 2030, by type")
    peaks = pd.read_csv(folder / "peaks_by_type.csv")
    wide = peaks.pivot_table(index="city_type", columns="scenario", values="peaked_2030")
    print(wide[[s for s in ORDER if s in wide]].round(3).to_string())
    heading("order reference >= pollution_control >= peak >= early_peak: violations")
    print(pd.read_csv(folder / "order.csv").round(5).to_string(index=False))
    heading("city types: means of the features, silhouette, adjusted Rand over the seeds")
    print(pd.read_csv(folder / "city_types_quality.csv").round(3).T.to_string(header=False))
    types = pd.read_csv(folder / "city_types.csv").set_index("adcode")
    print(types.loc[list(KNOWN), ["name_en", "name_zh", "city_type", "distance"]].to_string())


def measures(folder: Path) -> None:
    """Every measure alone at best: its parameters and what moved."""
    table = pd.read_csv(folder / "potentials.csv").query("level == 'best' and year == 2030")
    library, _ = read_measures(base_year=2017)
    rows = []
    for row in table.to_dict("records"):
        paths = [
            f"{p.name} {p.x0:g} -> {p.knots['best'].get(2030, np.nan):g} {p.unit}"
            for p in library[row["measure"]]
        ]
        moved = {s: row[s] / 1e3 for s in SHOWN}
        moved["CO2"] /= 1e3
        rows.append({"measure": row["measure"], **moved, "sectors": row["sectors"],
                     "parameters": "; ".join(dict.fromkeys(paths))})  # fmt: skip
    heading("each measure alone at best in 2030 over the policy best: Gg yr-1 (CO2: Tg yr-1)")
    print(pd.DataFrame(rows).round(2).to_string(index=False, max_colwidth=90))


def example(results: Path) -> None:
    """The measure that a modeller adds: the rows of docs/measures.md, before and after."""
    text = (REPO / "docs/measures.md").read_text(encoding="utf-8")
    found = re.search(r"```csv\n(measure,.*?)```", text, flags=re.DOTALL)
    if found is None:
        raise SystemExit("docs/measures.md shows no table")
    heading("rows of config/measures/heat_pumps.csv")
    print(found.group(1))
    case = CaseConfig(name="china-open")
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "heat_pumps.csv"
        table.write_text(found.group(1), encoding="utf-8")
        runs = []
        for names in ((), ("U1",)):
            plan = Scenario(
                title="example",
                controls="best",
                measures=tuple(MeasureUse(measure=name) for name in names),
            )
            bundle = ScenarioInputs(
                scenario=dump(plan),
                config={"case": dump(case), "projection": dump(ProjectionConfig())},
                inventories=[results / f"inventory/{y}.nc" for y in case.history],
                points=results / f"inventory/points_{case.base_year}.csv",
                city_types=results / "projection/city_types.csv",
                user_measures=[table],
            )
            runs.append(bundle.read().resolved.projection.emission[-1].sum(axis=0))
    from scenair.core.sectors import SECTORS
    from scenair.core.species import SPECIES

    change = pd.DataFrame(runs[1] - runs[0], index=SECTORS, columns=SPECIES)
    heading("what U1 at best changes in 2035, Gg yr-1")
    print((change.loc[(change.abs() > 0.5).any(axis=1)] / 1e3).round(2).to_string())


def messages() -> None:
    """Wrong scenario files and wrong rows, and what the reader is told."""
    files = {
        "a circle of inheritance": {"a": "title: a\ninherits: b\n", "b": "title: b\ninherits: a\n"},
        "an unknown measure": {"a": "title: a\nmeasures: [{measure: P11}]\n"},
        "a year outside": {"a": "title: a\nselect: {goal: co2_peak, peak_year: 1999}\n"},
        "a share over 1": {"a": "title: a\nselect: {goal: pm25, potential: 1.4}\n"},
        "an unknown key": {"a": "title: a\nintensity: best\n"},
    }
    for what, texts in files.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "scenarios"
            path.mkdir()
            for stem, text in texts.items():
                (path / f"{stem}.yaml").write_text(text, encoding="utf-8")
            heading(what)
            try:
                load_scenarios(path)
            except ScenairError as error:
                print(error)
    text = (REPO / "docs/measures.md").read_text(encoding="utf-8")
    found = re.search(r"```csv\n(measure,.*?)```", text, flags=re.DOTALL)
    rows = found.group(1) if found else ""
    wrong = {
        "a share given in per cent": (",0.30,1,", ",30,1,"),
        "a unit that does not fit": (",0.30,1,", ",0.30,Mt yr-1,"),
        "a year before the projection": ("best,2035,", "best,2012,"),
        "an unknown destination sector": ("electricity 1@0.25", "grid/electricity 1@0.25"),
        "an unknown operator": (",shift,", ",swap,"),
    }
    for what, (old, new) in wrong.items():
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "heat_pumps.csv"
            table.write_text(rows.replace(old, new), encoding="utf-8")
            heading(what)
            try:
                read_measures(base_year=2017, user=[table])
            except ScenairError as error:
                print(str(error).replace(folder, "config/measures"))


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("tables", "example", "messages"))
    parser.add_argument("results", type=Path, nargs="?", default=Path("results"))
    given = parser.parse_args()
    pd.set_option("display.width", 200)
    if given.what == "messages":
        messages()
    elif given.what == "example":
        example(given.results)
    else:
        for show in (totals, cities, measures):
            show(given.results / "projection")


if __name__ == "__main__":
    main()
