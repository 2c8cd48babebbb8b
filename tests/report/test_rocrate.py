"""The crate follows the specification where a machine can tell."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from scenair.cli import main
from scenair.core.audit.checksums import sha256_of
from scenair.core.errors import InputError
from scenair.report.rocrate import export
from tests.figures.contract_case import Made

LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def crate(made: Made) -> dict[str, dict]:
    path = export(
        made.result, license_url=LICENCE, author="A. Person", published=datetime.date(2026, 1, 2)
    )
    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["@context"].endswith("/ro/crate/1.1/context")
    return {entity["@id"]: entity for entity in data["@graph"]}


def test_root_and_descriptor(made: Made) -> None:
    found = crate(made)
    assert found["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    root = found["./"]
    assert root["datePublished"] == "2026-01-02"
    assert root["license"] == {"@id": LICENCE}
    for part in root["hasPart"]:
        path = made.result / part["@id"]
        assert found[part["@id"]]["sha256"] == sha256_of(path)
        assert found[part["@id"]]["contentSize"] == str(path.stat().st_size)


def test_every_reference_has_its_entity(made: Made) -> None:
    found = crate(made)

    def references(value: object) -> list[str]:
        if isinstance(value, list):
            return [r for item in value for r in references(item)]
        if isinstance(value, dict) and set(value) == {"@id"}:
            return [value["@id"]]
        return []

    used = {r for entity in found.values() for v in entity.values() for r in references(v)}
    assert used - {"https://w3id.org/ro/crate/1.1"} <= set(found)
    run = found["#run"]
    assert {"@id": "#results/trajectories/peak.nc"} in run["object"]
    assert "#results/2030/peak/emissions/cities.nc" not in found


def test_second_export_does_not_hold_itself(made: Made) -> None:
    first, second = crate(made), crate(made)
    assert first == second


def test_result_without_manifest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no manifest"):
        export(tmp_path, license_url=LICENCE, author="A. Person")


def test_commands_verify_and_crate(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(made.result)]) == 0
    arguments = ["crate", str(made.result), "--author", "A. Person", "--license", LICENCE]
    assert main(arguments) == 0
    assert (made.result / "ro-crate-metadata.json").is_file()
    (made.result / "attainment/double.csv").unlink()
    assert main(["verify", str(made.result)]) == 1
    assert "missing: results/2030/peak/attainment/double.csv" in capsys.readouterr().out
    assert main(["crate", str(made.root), "--author", "x", "--license", LICENCE]) == 2
    assert "there is no manifest" in capsys.readouterr().err
