"""The manifest says what the files say; verify sees every change."""

from __future__ import annotations

import json
from pathlib import Path

import netCDF4
import numpy as np
import pandas as pd
import pytest

from scenair.config.load import dump, load_config, load_scenarios
from scenair.core.audit.checksums import sha256_of
from scenair.core.errors import InputError, MassBalanceError
from scenair.report.io import build_manifest
from scenair.report.manifest import assumed_rows, closure_rows, synthetic_notes, table_names
from scenair.report.verify import KEYS, Finding, flat, verify
from tests.figures.contract_case import Made
from tests.report.conftest import CONFIG, brought, contract_files, inside


def manifest_of(made: Made) -> dict:
    return json.loads((made.result / "manifest.json").read_text(encoding="utf-8"))


def test_manifest_has_its_keys_and_true_checksums(made_once: Made) -> None:
    data = manifest_of(made_once)
    assert set(KEYS) <= set(data)
    for name in contract_files(made_once):
        assert data["inputs"][name] == sha256_of(made_once.root / name)
    assert data["inputs"]["resources/regions/city_names_en.csv"]  # named by a file
    assert data["inputs"]["resources/attainment/standards.csv"]  # an input of a rule
    assert {row["table"] for row in data["assumed"]} == {"attainment/standards.csv"}
    assert data["user_inputs"] == {"mine.csv": sha256_of(made_once.root / "mine.csv")}
    assert data["config"] == CONFIG
    assert len(data["versions"]["code"]["report"]) == 12
    stages = {row["stage"] for row in data["closure"]}
    assert {"gridding", "cmaq", "projection peak"} <= stages
    assert all(row["max_relative_error"] <= 1e-6 and row["rows"] == 150 for row in data["closure"])
    assert any("rain" in row["text"] for row in data["synthetic"])


def test_manifest_is_the_same_twice(made: Made) -> None:
    before = (made.result / "manifest.json").read_bytes()
    figures = sorted(manifest_of(made)["outputs"])
    with inside(made.root):
        build_manifest(
            year=made.year,
            scenario=made.scenario,
            config=CONFIG,
            files=contract_files(made),
            brought=brought(made),
            figures=figures,
            manifest=made.result / "manifest.json",
        )
    assert (made.result / "manifest.json").read_bytes() == before


def test_open_closure_stops_the_manifest(made: Made) -> None:
    path = made.result / "emissions/closure.csv"
    table = pd.read_csv(path)
    table.loc[3, "relative_error"] = 2e-6
    table.to_csv(path, index=False)
    with inside(made.root), pytest.raises(MassBalanceError, match="does not close"):
        build_manifest(
            year=made.year,
            scenario=made.scenario,
            config=CONFIG,
            files=contract_files(made),
            brought=brought(made),
            figures=[],
            manifest=made.result / "manifest.json",
        )


def test_assumed_rows_are_the_assumed_ones_only() -> None:
    table = pd.DataFrame(
        {
            "sector": ["power", "cement"],
            "species": ["SO2", None],
            "value": [0.5, 2.0],
            "unit": ["1", "kg Mg-1"],
            "source": ["a paper", "expert"],
            "doi": [None, None],
            "tag": ["published", "assumed"],
            "note": [None, "no figure known"],
        }
    )
    assert assumed_rows("x/y.csv", table) == [
        {
            "table": "x/y.csv",
            "key": "sector=cement",
            "value": 2.0,
            "unit": "kg Mg-1",
            "source": "expert",
            "note": "no figure known",
        }
    ]


def test_closure_rows_name_the_worst() -> None:
    table = pd.DataFrame(
        {
            "stage": ["a", "a", "b"],
            "species": ["SO2", "NOx", "SO2"],
            "sector": ["power", "cement", "power"],
            "mass_in": 1.0,
            "mass_out": 1.0,
            "outside": 0.0,
            "relative_error": [1e-9, -3e-8, np.nan],
        }
    )
    first, second = closure_rows("f.csv", table)
    assert (first["rows"], first["max_relative_error"], first["worst_species"]) == (2, 3e-8, "NOx")
    assert second["max_relative_error"] is None


def test_synthetic_notes_and_table_names() -> None:
    attrs = {"": {"synthetic": "rain"}, "pblh": {"synthetic": "true", "note": "flat"}, "x": {}}
    notes = synthetic_notes("m.nc", attrs)
    assert [(n["variable"], n["kind"], n["text"]) for n in notes] == [
        ("", "synthetic", "rain"),
        ("pblh", "synthetic", "true"),
        ("pblh", "note", "flat"),
    ]
    assert synthetic_notes("m.nc", {"": {"synthetic": "false"}}) == []
    assert table_names(["b.csv a.csv", "", "a.csv"]) == ["a.csv", "b.csv"]


def test_untouched_result_has_no_finding(made_once: Made) -> None:
    assert verify(made_once.result) == []


def test_one_changed_byte_is_seen(made: Made) -> None:
    path = made.result / "attainment/sites.csv"
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(bytes(data))
    (finding,) = verify(made.result)
    assert finding.kind == "changed"
    assert finding.where.endswith("attainment/sites.csv")
    assert finding.serious
    assert "sha256" in str(finding)


def test_changed_file_of_the_user_is_seen(made: Made) -> None:
    (made.root / "mine.csv").write_text("adcode,value\n110000,2\n", encoding="utf-8")
    (finding,) = verify(made.result)
    assert (finding.kind, finding.where) == ("changed", "mine.csv")


def test_missing_file_is_seen(made: Made) -> None:
    (made.root / "results/trajectories/peak.nc").unlink()
    (finding,) = verify(made.result)
    assert (finding.kind, finding.where) == ("missing", "results/trajectories/peak.nc")


def test_changed_mass_is_seen_even_with_a_forged_checksum(made: Made) -> None:
    path = made.result / "emissions/gridded.nc"
    with netCDF4.Dataset(path, "a") as nc:
        field = nc["NOx"][0, 0].filled(0)
        where = np.unravel_index(int(field.argmax()), field.shape)
        nc["NOx"][(0, 0, *where)] = field[where] * 2
    manifest = manifest_of(made)
    manifest["inputs"]["results/2030/peak/emissions/gridded.nc"] = sha256_of(path)
    (made.result / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (finding,) = verify(made.result)
    assert finding.kind == "not closed"
    assert "NOx, power" in finding.message


def test_forged_relative_error_is_recomputed(made: Made) -> None:
    path = made.result / "cmaq/closure.csv"
    table = pd.read_csv(path)
    table.loc[0, "mass_out"] *= 1.01
    table.to_csv(path, index=False)
    kinds = [f.kind for f in verify(made.result)]
    assert sorted(kinds) == ["changed", "not closed"]


def test_other_versions_are_notes_after_serious_findings(made: Made) -> None:
    manifest = manifest_of(made)
    manifest["versions"]["numpy"] = "1.0"
    manifest["versions"]["code"]["gridding"] = "0" * 12
    (made.result / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (made.result / "attainment/double.csv").unlink()
    findings = verify(made.result)
    assert [f.kind for f in findings] == ["missing", "version", "code"]
    assert [f.serious for f in findings] == [True, False, False]
    assert "1.0 made the result" in findings[1].message


def test_other_configuration_is_a_note(made: Made, repo: Path) -> None:
    folder = repo / "config"
    now = dump(load_config({"case": "bth"}, folder=folder))
    manifest = manifest_of(made)
    manifest["config"] = now | {"scenario": dump(load_scenarios(folder / "scenarios")["peak"])}
    manifest["config"]["attainment"] = now["attainment"] | {"array_km": 99.0}
    del manifest["config"]["figures"]["dpi"]
    manifest["config"]["scenario"]["controls"] = "x" * 100
    (made.result / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    found = {finding.where: str(finding) for finding in verify(made.result)}
    assert set(found) == {"attainment.array_km", "figures.dpi", "scenario.controls"}
    assert "99.0 made the result, 40.0 is configured now" in found["attainment.array_km"]
    assert "(no such key) made the result" in found["figures.dpi"]
    assert f"{'x' * 57}... made the result" in found["scenario.controls"]
    assert not any(finding.serious for finding in verify(made.result))


def test_flat() -> None:
    assert flat({"a": {"b": 1, "c": {}}, "d": [2]}) == {"a.b": 1, "a.c": {}, "d": [2]}


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "not valid JSON"), ("[1]", "without its keys"), ('{"inputs": {}}', "without its keys")],
)
def test_damaged_manifest(tmp_path: Path, text: str, message: str) -> None:
    folder = tmp_path / "results/2030/peak"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        verify(folder)


def test_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no manifest"):
        verify(tmp_path / "results/2030/peak")


def test_manifest_that_points_elsewhere_is_refused(made: Made) -> None:
    manifest = manifest_of(made)
    manifest["inputs"]["../../../etc/passwd"] = "0"
    (made.result / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(InputError):
        verify(made.result)


def test_finding_reads_as_a_sentence() -> None:
    assert str(Finding("version", "numpy", "a, b")) == "version: numpy: a, b"
