"""Decomposition, comparison with other sources, IAMC tables."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.config.load import dump
from scenair.config.scenario import MeasureUse, Scenario
from scenair.core.errors import InputError
from scenair.core.io.user_tables import WESTERN, read_user_table
from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES
from scenair.projection import decomposition
from scenair.projection import io as rules
from scenair.projection.comparison import (
    beside,
    growth_spread,
    national_order,
    national_table,
    peaks_by_type,
)
from scenair.projection.iamc import drivers_from, export, provincial_from, reduce_ratio, tidy
from scenair.projection.io.readers import read_trajectory
from scenair.projection.model import project
from scenair.projection.setup import Setup, choose, uniform


# ------------------------------------------------------------------ decomposition
def test_shapley_of_a_known_game() -> None:
    # v = 2 a + 3 b + 4 a b: a gets 2 + 2, b gets 3 + 2, c nothing
    def value(who: frozenset[str]) -> np.ndarray:
        a, b = "a" in who, "b" in who
        return np.array([2.0 * a + 3.0 * b + 4.0 * a * b, 1.0 * a])

    found, error = decomposition.shapley(("b", "c", "a"), value, permutations=2, seed=1)
    np.testing.assert_allclose(found, [[5, 0], [0, 0], [4, 1]])
    assert (error == 0).all()
    again, _ = decomposition.shapley(("a", "b", "c"), value, permutations=40, seed=7)
    np.testing.assert_allclose(again, [[4, 1], [5, 0], [0, 0]])


def test_measures_add_up_to_the_scenario(setup: Setup) -> None:
    uses = [(m, uniform(setup, "best")) for m in ("P1", "R1", "V1")]
    choice = choose(setup, uses, policy="best")
    found = decomposition.measure_values(setup, choice, year=2030, permutations=2, seed=5)
    at = setup.years.index(2030)
    whole = (
        project(setup, choice).emission[at]
        - project(setup, choose(setup, [], policy="best")).emission[at]
    ).sum(axis=(0, 1))
    summed = found.groupby("species")["contribution"].sum()
    np.testing.assert_allclose([summed[s] for s in SPECIES], whole, rtol=1e-9, atol=1e-6)
    assert (found[found["species"] == "CO2"]["contribution"] < 0).any()
    nothing = decomposition.measure_values(
        setup, choose(setup, [], policy="best"), year=2030, permutations=2, seed=5
    )
    assert nothing.empty


def test_end_of_pipe_and_co_control_add_up(setup: Setup) -> None:
    choice = choose(setup, [("P1", uniform(setup, "best"))], policy="best")
    found = decomposition.contributions(setup, choice, year=2030).set_index("species")
    np.testing.assert_allclose(
        found["end_of_pipe"] + found["co_control"], found["scenario"] - found["reference"]
    )
    assert found.loc["SO2", "end_of_pipe"] < 0
    assert found.loc["SO2", "co_control"] < 0
    # clean coal saves less where it is replaced: the order matters, and both are shown
    assert found.loc["SO2", "end_of_pipe_first"] < found.loc["SO2", "end_of_pipe"]
    assert found.loc["CO2", "end_of_pipe"] >= 0, "energy for the controls"


def test_elasticity_by_hand() -> None:
    before = np.full(len(SPECIES), 100.0)
    after = before.copy()
    after[-1] = 90.0
    after[0] = 80.0
    found = decomposition.elasticity(before, after)
    assert found[0] == pytest.approx(2.0)
    assert found[1] == 0.0
    assert np.isnan(decomposition.elasticity(before, before)).all()


def test_first_sector_of_a_city() -> None:
    before = np.full((2, len(SECTORS), len(SPECIES)), 10.0)
    after = before.copy()
    after[0, SECTORS.index("power"), -1] = 1.0
    after[0, SECTORS.index("residential"), SPECIES.index("SO2")] = 1.0
    cities = np.array([110000, 120000], dtype=np.int32)
    found = decomposition.first_sectors(before, after, cities).set_index("adcode")
    assert found.loc[110000, "first_sector_co2"] == "power"
    assert found.loc[110000, "first_sector_air"] == "residential"
    assert found.loc[120000, "first_sector_co2"] == ""


# ------------------------------------------------------------------ comparison and IAMC
@pytest.fixture(scope="module")
def trajectory(small: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    """A trajectory of the small case."""
    folder = tmp_path_factory.mktemp("trajectory")
    plan = Scenario(title="t", measures=(MeasureUse(measure="P1"),))
    rules.build_trajectory(
        name="t", inputs=rules.ScenarioInputs(scenario=dump(plan), **small),
        trajectory=folder / "t.nc", closure=folder / "t.csv",
        plants=folder / "p.csv", measures=folder / "m.csv", selection=folder / "s.csv",
    )  # fmt: skip
    return read_trajectory(folder / "t.nc")


def test_decomposition_of_a_scenario_adds_up(small: dict[str, Any], tmp_path: Path) -> None:
    plan = Scenario(
        title="t", controls="best",
        measures=tuple(MeasureUse(measure=m) for m in ("P1", "R1", "V1")),
    )  # fmt: skip
    out = {n: tmp_path / f"{n}.csv" for n in ("contributions", "shapley", "sectors", "cities")}
    rules.build_decomposition(
        inputs=rules.ScenarioInputs(scenario=dump(plan), **small),
        **out,  # type: ignore[arg-type]
    )
    parts = pd.read_csv(out["contributions"]).set_index("species")
    np.testing.assert_allclose(
        parts["end_of_pipe"] + parts["co_control"],
        parts["scenario"] - parts["reference"],
        rtol=1e-9,
    )
    measures = pd.read_csv(out["shapley"])
    assert set(measures["measure"]) == {"P1", "R1", "V1"}
    # the Shapley values are those of the measures under the policy of the scenario
    total = measures.groupby("species")["contribution"].sum()
    assert total["CO2"] == pytest.approx(parts.loc["CO2", "co_control_last"], rel=1e-6)
    assert len(pd.read_csv(out["cities"])) == 12


def test_scenarios_side_by_side(small: dict[str, Any], tmp_path: Path) -> None:
    files = {}
    for name, controls in (("reference", "current"), ("pollution_control", "best")):
        rules.build_trajectory(
            name=name,
            inputs=rules.ScenarioInputs(
                scenario=dump(Scenario(title=name, controls=controls)), **small  # type: ignore[arg-type]
            ),
            **{o: tmp_path / f"{name}.{o}" for o in (
                "trajectory", "closure", "plants", "measures", "selection"
            )},
        )  # fmt: skip
        files[name] = tmp_path / f"{name}.trajectory"
    names = ("national", "order", "spread", "types", "peak_years", "bands")
    out = {name: tmp_path / f"{name}.csv" for name in names}
    rules.build_comparison(trajectories=files, **out)  # type: ignore[arg-type]
    national = pd.read_csv(out["national"])
    assert set(national.query("year in (2020, 2024)")["kind"]) == {"hindcast"}
    assert set(national.query("year == 2030")["kind"]) == {"projection"}
    maxima = pd.read_csv(out["peak_years"])
    assert (maxima.groupby("scenario")["cities"].sum() == 12).all()
    assert maxima.query("year == 2013")["meaning"].unique().tolist() == ["in or before"]
    assert maxima.query("year == 2035")["meaning"].unique().tolist() == ["not peaked"]
    bands = pd.read_csv(out["bands"]).set_index(["scenario", "quantity"])
    ours = national.query("scenario == 'pollution_control' and quantity == 'SO2' and year == 2030")
    row = bands.loc[("pollution_control", "SO2")]
    assert row["ours"] == ours["change_to_reference"].item()
    assert bool(row["inside"]) == (row["low"] <= row["ours"] <= row["high"])
    assert bands["why"].str.len().min() > 20


def test_order_of_scenarios_and_its_violations() -> None:
    weak = np.full((2, len(SPECIES)), 10.0)
    strong = weak * 0.9
    series = {"reference": weak, "pollution_control": strong}
    assert national_order(series, (2029, 2030)).empty
    strong[1, SPECIES.index("CO2")] = 10.5
    found = national_order(series, (2029, 2030))
    assert found[["species", "year"]].to_numpy().tolist() == [["CO2", 2030]]
    assert found["excess"].iloc[0] == pytest.approx(0.05)
    assert "penalty" in found["explanation"].iloc[0]


def test_national_table_beside_other_sources(trajectory: xr.Dataset) -> None:
    ours = national_table(trajectory, scenario="reference")
    others = pd.DataFrame(
        [("gains_cle", "SO2", 2030, 9.86), ("edgar_growth", "CO2", 2020, 1.1)],
        columns=["series", "quantity", "year", "value"],
    )
    found = beside(ours, others).set_index(["quantity", "year"])
    assert found.loc[("SO2", 2030), "gains_cle"] == 9.86
    base = found.loc[("CO2", 2017), "value"]
    assert found.loc[("CO2", 2020), "edgar_growth"] == pytest.approx(1.1 * base)
    assert found.loc[("SO2", 2030), "change_to_reference"] == 0.0
    spread = growth_spread(trajectory, scenario="reference").set_index("sector")
    assert spread.loc["all", "standard_deviation"] > 0
    assert 0 <= spread.loc["all", "share_peaked"] <= 1
    peaks = peaks_by_type(trajectory, scenario="reference").set_index("city_type")
    by_2030 = (trajectory["peaked"] == 1) & (trajectory["co2_peak_year"] <= 2030)
    assert peaks.loc["all", "peaked_2030"] == pytest.approx(by_2030.mean().item())
    assert peaks["cities"].iloc[1:].sum() == peaks["cities"].iloc[0]


def test_export_is_an_iamc_table_whose_parts_add_up(trajectory: xr.Dataset) -> None:
    table = export(trajectory, scenario="t")
    long = tidy(table, where="export")
    assert not long.duplicated(["Region", "Variable", "year"]).any()
    co2 = long[(long["year"] == 2030) & long["Variable"].str.startswith("Emissions|CO2")]
    national = co2[(co2["Region"] == "China") & (co2["Variable"] == "Emissions|CO2")][
        "value"
    ].item()
    parts = co2[(co2["Region"] == "China") & (co2["Variable"] != "Emissions|CO2")]["value"].sum()
    provinces = co2[co2["Region"] != "China"]["value"].sum()
    assert national == pytest.approx(parts, rel=1e-9)
    assert national == pytest.approx(provinces, rel=1e-9)
    assert national == pytest.approx(
        trajectory["emission"].sel(year=2030, species="CO2").sum().item() / 1e6
    )


def test_reduce_ratio_by_hand() -> None:
    years = np.array([2020.0, 2025.0, 2030.0])
    # h/m = 0.8; beta 1, 0.5, 0
    found = reduce_ratio(np.array([10.0, 20.0, 30.0]), years, 8.0, until=2030)
    np.testing.assert_allclose(found, [8.0, 18.0, 30.0])
    # aneris 0.4.2, methods.reduce_ratio(model, 0.8, harmonize_year=2017, final_year=2035)
    model, grid = np.array([10.0, 20.0, 30.0, 35.0]), np.array([2017.0, 2020.0, 2030.0, 2035.0])
    expected = [8.0, 16.666667, 28.333333, 35.0]
    np.testing.assert_allclose(reduce_ratio(model, grid, 8.0, until=2035), expected, rtol=1e-7)


MESSY = (
    "model,scenario,region,variable,unit,X2015,X2020,X2035\n"
    "G,r,China,Population,million,1400,1410,1400\n"
    "G,r,China,GDP|PPP,billion,10,15,30\n"
    "G,r,China,Production|Steel,Mt/yr,800,900,700\n"
    "G,r,World,Population,million,7000,7500,8500\n"
    "G,r,China,Secondary Energy|Electricity,EJ/yr,20,25,40\n"
    "G,r,China,Secondary Energy|Electricity|Coal,EJ/yr,12,13,10\n"
    "G,r,China,Secondary Energy|Electricity|Gas,EJ/yr,2,2,5\n"
    "G,r,China,Secondary Energy|Electricity|Oil,EJ/yr,1,1,1\n"
)


def drivers(text: str, tmp_path: Path, **choice: str) -> dict[str, dict[int, float]]:
    path = tmp_path / "iamc.csv"
    path.write_bytes(text.encode("latin-1"))
    return drivers_from(
        tidy(read_user_table(path, encodings=WESTERN), where="iamc.csv"),
        model=choice.get("model", ""),
        scenario=choice.get("scenario", ""),
        years=(2017, 2020, 2035),
        history={"population": 1400.0, "gdp": 1.0, "crude_steel": 870.0, "nonfossil_share": 0.29},
        where="iamc.csv",
    )


def test_messy_iamc_files_become_drivers(tmp_path: Path) -> None:
    found = drivers(MESSY.replace("G,r", "G\xe9,r").replace("X2015", "X2017"), tmp_path)
    # steel: 800 in 2017 against 870 of ours; the ratio fades to 2035
    assert found["crude_steel"][2017] == pytest.approx(870.0)
    assert found["crude_steel"][2035] == pytest.approx(700.0)
    assert found["gdp"][2017] == 1.0
    assert found["gdp"][2035] == pytest.approx(30 / 10)
    assert found["nonfossil_share"][2017] == pytest.approx(0.29)
    # fossil 16/40 in 2035 against 15/20 in 2017, on our 0.71
    assert found["nonfossil_share"][2035] == pytest.approx(1 - 0.71 * 0.4 / (15 / 20))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (MESSY.replace("model,", "modell,"), "not an IAMC table.*Model"),
        (MESSY.replace("X2015,X2020,X2035", "a,b,c"), "no year columns"),
        (MESSY.replace("1410", "many"), "no number.*Population.*2020"),
        (MESSY.replace("China", "Mars"), "not one Model for China.*none"),
        (MESSY + MESSY.split("\n", 1)[1].replace("G,r", "G,s"), "not one Scenario.*r, s"),
        (MESSY.replace("X2035", "X2030"), "does not span the years.*2015-2030"),
        (MESSY.replace("1400,1410,1400", "1400,-1,1400"), "a driver that is not positive"),
    ],
)
def test_wrong_iamc_files_are_told(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=words):
        drivers(text, tmp_path)


def test_another_model_drives_a_scenario(small: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "iamc.csv"
    path.write_text(MESSY, encoding="utf-8")
    out = []
    for iamc in (None, path):
        rules.build_trajectory(
            name="t",
            inputs=rules.ScenarioInputs(
                scenario=dump(Scenario(title="t")), iamc=iamc, **small
            ),
            trajectory=tmp_path / "t.nc", closure=tmp_path / "t.csv",
            plants=tmp_path / "p.csv", measures=tmp_path / "m.csv", selection=tmp_path / "s.csv",
        )  # fmt: skip
        out.append(read_trajectory(tmp_path / "t.nc"))
    theirs = out[1]
    steel = [d["activity"].sel(sector="iron_steel", source="pig_iron").sum("city") for d in out]
    # 870 -> 700 of theirs, with our small share of electric furnaces
    assert (steel[1].sel(year=2035) / steel[1].sel(year=2017)).item() == pytest.approx(
        700 / 870 * 0.985, rel=1e-6
    )
    assert steel[0].sel(year=2035) > steel[1].sel(year=2035)
    made = theirs["generation"].sel(year=2035)
    assert (made.sel(technology="nonfossil") / made.sum()).item() == pytest.approx(0.594, abs=0.01)


def test_provinces_of_another_model_lead_their_cities(tmp_path: Path) -> None:
    from scenair.core.regions import PROVINCE_CODES

    lines = ["Model,Scenario,Region,Variable,Unit,2015,2020,2035"]
    for code, letters in PROVINCE_CODES.items():
        people = "40,40,60" if code == 440000 else "40,40,40"
        lines.append(f"G,r,{letters},Population,million,{people}")
        lines.append(f"G,r,{letters},GDP|MER,billion,10,12,{30 if code == 110000 else 20}")
    frame = tidy(pd.read_csv(io.StringIO("\n".join(lines))), where="t")
    years = (2017, 2020, 2035)
    found = provincial_from(frame, model="", scenario="", years=years, where="t")
    assert found["population"][440000][-1] == pytest.approx(1.5 / (1260 / 1240))
    assert found["population"][110000][-1] == pytest.approx(1 / (1260 / 1240))
    assert found["gdp"][110000][0] == 1.0
    assert found["gdp"][110000][-1] > found["gdp"][120000][-1]
    # the sum of the provinces is the nation where it has no row of its own
    nation = drivers_from(
        frame, model="", scenario="", years=years, where="t", history={"population": 1400.0},
    )  # fmt: skip
    assert nation["population"][2017] == pytest.approx(1400.0)
    assert nation["population"][2035] == pytest.approx(1260.0)
    # some provinces are no nation
    some = frame[frame["Region"] != "GD"]
    assert provincial_from(some, model="", scenario="", years=years, where="t") == {}


@pytest.mark.realdata
def test_gcam_drives_the_nation(realdata: Path) -> None:
    for name in ("gcam70_reference_china_world_iamc.csv", "gcam70_reference_china_iamc_Xyears.csv"):
        found = drivers_from(
            tidy(read_user_table(realdata / "iamc" / name, encodings=WESTERN), where=name),
            model="",
            scenario="",
            years=range(2017, 2036),
            history={"population": 1400.0, "gdp": 1.0, "crude_steel": 870.0},
            where=name,
        )
        assert found["population"][2017] == pytest.approx(1400.0)
        assert found["crude_steel"][2035] == pytest.approx(1249, rel=0.01)
