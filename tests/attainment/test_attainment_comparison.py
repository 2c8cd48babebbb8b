"""Scenarios side by side, and beside published figures, from files to files."""

from __future__ import annotations

import json
from pathlib import Path

import netCDF4
import numpy as np
import pandas as pd
import pytest

from scenair.attainment.comparison import attaining, contributions, double_by_type
from scenair.attainment.io.build import build_attainment
from scenair.attainment.io.compare import build_comparison
from scenair.attainment.io.text import markdown
from scenair.attainment.peaking import peak_readings
from scenair.attainment.published import Study, beside_published
from scenair.core.errors import InputError
from scenair.core.species import SPECIES
from tests.attainment.conftest import World, write_air_quality

#: Scenario -> controlled PM2.5 and emissions relative to the base.
RUNS = {"reference": 0.8, "pollution_control": 0.5, "peak": 0.4, "synergy": 0.3}


@pytest.fixture(scope="module")
def runs(world: World) -> dict[str, dict[str, Path]]:
    """Attainment of four synthetic scenarios and of history."""
    out = {}
    for name, scale in {"history": 1.0, **RUNS}.items():
        air, trajectory = (world.folder / f"{kind}_{name}.nc" for kind in ("air", "path"))
        write_air_quality(air, world.grid, scale=scale)
        trajectory.write_bytes(world.trajectory.read_bytes())
        with netCDF4.Dataset(trajectory, "a") as nc:
            emission = nc["emission"][:]
            emission[nc["year"][:] == 2030, ..., : SPECIES.index("CO2")] *= scale
            nc["emission"][:] = emission
        files = world.outputs(f"run_{name}")
        build_attainment(
            year=2017 if name == "history" else 2030,
            scenario=name,
            config=world.config,
            air_quality=air,
            base_air_quality=world.base,
            trajectory=trajectory,
            monitors=world.monitors,
            **files,
        )
        out[name] = files | {"trajectory": trajectory}
    return out


@pytest.fixture(scope="module")
def tables(runs: dict, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("comparison")
    names = ("comparison", "attaining", "contributions", "double", "published")
    out = {name: folder / f"{name}.csv" for name in names} | {"text": folder / "2030.md"}
    build_comparison(**inputs(runs), base_year=2017, out=out)
    return out


def inputs(runs: dict) -> dict:
    return {
        "summaries": {n: runs[n]["summary"] for n in RUNS},
        "cities": {n: runs[n]["cities_fused"] for n in RUNS},
        "trajectories": {n: runs[n]["trajectory"] for n in RUNS},
        "base_cities": runs["history"]["cities_fused"],
    }


def summaries(runs: dict) -> dict[str, dict]:
    return {n: json.loads(runs[n]["summary"].read_text(encoding="utf-8")) for n in RUNS}


def test_counts_are_those_of_the_city_tables(runs: dict, tables: dict) -> None:
    """Counted again from cities.csv with GB/T 8170: 35.5 rounds to 36, 34.5 to 34."""
    table = pd.read_csv(tables["attaining"]).set_index(["scenario", "limit", "background_factor"])
    for name in RUNS:
        value = pd.read_csv(runs[name]["cities"])["pm25"].dropna()
        for limit in (35.0, 30.0, 25.0):
            expected = int((np.round(value) <= limit).sum())  # half to even, as the standard
            assert table.loc[(name, limit, 1.0), "n_attain_monitored"] == expected
    assert set(table.index.get_level_values("background_factor")) == {0.5, 1.0, 1.5, 2.0}


def test_contributions_add_up(runs: dict, tables: dict) -> None:
    falls = pd.read_csv(tables["contributions"]).set_index(["scenario", "area"])
    data = summaries(runs)
    key = "population_weighted_pm25"
    mean = {n: d["national"][key] for n, d in data.items()}
    control = falls.loc[("pollution_control", "national"), "fall"]
    assert control == pytest.approx(mean["reference"] - mean["pollution_control"])
    both = control + falls.loc[("synergy", "national"), "fall"]
    assert both == pytest.approx(mean["reference"] - mean["synergy"])
    assert set(falls.loc["pollution_control", "by"]) == {"end-of-pipe"}
    # the long table carries the same national figures
    long = pd.read_csv(tables["comparison"])
    again = long[long["group"] == "contribution"].set_index("scenario")[key]
    assert again["pollution_control"] == pytest.approx(control)


def test_four_way_shares_by_type_sum_to_100(runs: dict, tables: dict) -> None:
    double = pd.read_csv(tables["double"])
    shares = double[[c for c in double.columns if c.endswith("_percent")]]
    np.testing.assert_allclose(shares.sum(axis=1), 100)
    part = double[(double["basis"] == "fused") & (double["limit"] == 35)]
    by_type = part[part["city_type"] != "all"].groupby("scenario")["n_both"].sum()
    whole = part[part["city_type"] == "all"].set_index("scenario")["n_both"]
    assert by_type.to_dict() == whole.to_dict()


def test_published_figures_have_ours_beside_them(runs: dict, tables: dict) -> None:
    beside = pd.read_csv(tables["published"]).set_index(["scenario", "item"])
    data = summaries(runs)
    at = data["pollution_control"]["national"]
    expected = 100 * at["by_limit"]["35"]["n_attain_fused"] / at["n_judged"]
    row = beside.loc[("pollution_control", "attain_35")]
    assert row["ours"] == pytest.approx(expected)
    assert row["ours_low"] <= row["ours"] <= row["ours_high"]
    assert row["difference"] == pytest.approx(row["ours"] - 82.1)
    assert beside.loc[("peak", "peaked"), "published"] == 40.9
    # every species falls alike in the synthetic trajectories: 1 - 0.5 / 0.8
    for end in ("least", "most"):
        fall = beside.loc[("pollution_control", f"emission_fall_{end}"), "ours"]
        assert fall == pytest.approx(37.5)
    assert beside["source"].notna().all()
    assert "here 38 %" in beside.loc[("pollution_control", "fall_by_end_of_pipe"), "explanation"]
    assert "since 2017" in beside.loc[("synergy", "mean_change"), "explanation"]


def test_text_holds_every_table(tables: dict) -> None:
    text = tables["text"].read_text(encoding="utf-8")
    assert text.count("\n## ") == 4 + 2 * 2 + 2
    assert "| reference |" in text


def test_other_files_are_refused(runs: dict, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    good = inputs(runs)
    out = dict.fromkeys(
        ("comparison", "attaining", "contributions", "double", "published", "text"),
        tmp_path / "out.csv",
    )
    for text, words in (("{}", "not a summary"), ("{", "JSON")):
        bad.write_text(text)
        with pytest.raises(InputError, match=words):
            build_comparison(**(good | {"summaries": {"peak": bad}}), base_year=2017, out=out)
    swapped = {"peak": runs["synergy"]["summary"]}
    for wrong in ({}, swapped):
        with pytest.raises(InputError, match="one year"):
            build_comparison(**(good | {"summaries": wrong}), base_year=2017, out=out)
    assert not out["text"].exists()


def test_an_unknown_item_of_a_study_stops(runs: dict) -> None:
    row = {"year": 2030, "scenario": "peak", "item": "joy", "value": 1.0, "unit": "1"}
    study = Study(
        table=pd.DataFrame([row | {"source": "test", "note": ""}]),
        summaries=summaries(runs),
        emissions=pd.DataFrame(),
        ratios=pd.DataFrame(),
        ratio_year=2017,
    )
    with pytest.raises(InputError, match="not known here"):
        beside_published(study)


def test_without_a_scenario_before_there_is_no_fall(runs: dict) -> None:
    data = summaries(runs)
    assert contributions([data["peak"], data["synergy"]]).empty
    assert len(attaining([data["peak"]])) == 3 * 4
    assert set(double_by_type([data["peak"]])["limit"]) == {35.0, 30.0, 25.0}


YEARS = list(range(2013, 2036))


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        # rises to 2020, falls by 1 a year
        ([*range(93, 101), *range(99, 84, -1)], (True, True, True, True)),
        # rises to the end
        (list(range(78, 101)), (False, False, False, False)),
        # flat: a tie is at its last year
        ([100] * 23, (False, False, False, True)),
        # rises to 2031, then falls
        ([*range(82, 101), 99, 98, 97, 96], (False, False, False, False)),
        # peaks in 2020, then stays 0.5 % below
        ([*range(93, 101), *[99.5] * 15], (True, False, False, True)),
    ],
)
def test_readings_of_a_peak(series: list[float], expected: tuple[bool, ...]) -> None:
    co2 = pd.DataFrame({110000: series}, index=YEARS, dtype=float)
    found = peak_readings(co2, year=2029)
    assert tuple(found.loc[110000]) == expected


def test_tables_as_text() -> None:
    table = pd.DataFrame({"name": ["a", None], "value": [1.25, np.nan], "n": [3, 4]})
    assert markdown(table, decimals=2).splitlines() == [
        "| name | value | n |",
        "| --- | ---: | ---: |",
        "| a | 1.25 | 3 |",
        "|  |  | 4 |",
    ]
