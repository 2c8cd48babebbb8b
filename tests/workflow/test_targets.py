"""What people type and what they see: targets, graphs, lint, wrong names, wrong configuration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.workflow.runs import REPO, snakemake

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

#: Rules that only give a name to files, or end a wrong target.
NO_JOB = ("unknown_target",)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty working directory; nothing here is ever executed in it."""
    return tmp_path_factory.mktemp("targets")


@pytest.mark.parametrize(
    "target", ["results/2030/peak", "results/2030/peak/", "results/2015/history"]
)
def test_a_year_and_scenario_is_a_target(folder: Path, target: str) -> None:
    run = snakemake("-n", "--", target, folder=folder)
    assert run.status == 0, run.output
    assert "inventory" in run.rules()
    assert "report.html" in run.output


def test_the_targets_are_listed(folder: Path) -> None:
    run = snakemake("--list-target-rules", folder=folder)
    assert run.status == 0, run.output
    listed = set(re.findall(r"^results/\d{4}/[a-z_0-9]+$", run.output, flags=re.MULTILINE))
    scenarios = {p.stem for p in (REPO / "config" / "scenarios").glob("*.yaml")}
    assert {t.split("/")[2] for t in listed} == scenarios | {"history"}
    assert {int(t.split("/")[1]) for t in listed if t.endswith("/history")} == set(
        range(2013, 2018)
    )
    assert {int(t.split("/")[1]) for t in listed if t.endswith("/peak")} == set(range(2018, 2036))


@pytest.mark.parametrize(
    ("typed", "problem", "meant"),
    [
        ("results/2030/peek", "no scenario 'peek'", "results/2030/peak"),
        ("results/2031/polution_control", "no scenario", "results/2031/pollution_control"),
        ("results/2040/peak", "no year '2040'", "results/2035/peak"),
        ("results/203/peak", "no year '203'", "results/2018/peak"),
        ("results/2030/history", "no year '2030'", "results/2017/history"),
    ],
)
def test_a_mistyped_target_is_explained_at_once(
    folder: Path, typed: str, problem: str, meant: str
) -> None:
    run = snakemake("--", typed, folder=folder)
    assert run.status != 0
    assert run.cpu_seconds < 5
    assert problem in run.output
    assert f"did you mean: {meant}" in run.output
    assert "pollution_control 2018-2035" in run.output
    assert "Traceback" not in run.output


def test_the_rulegraph_has_every_stage(folder: Path) -> None:
    run = snakemake("--rulegraph", "mermaid-js", "--", "results/2030/peak", folder=folder)
    assert run.status == 0, run.output
    assert "inventory" in run.output
    assert "flowchart" in run.output


def test_snakemake_finds_nothing_to_lint(folder: Path) -> None:
    run = snakemake("--lint", folder=folder)
    assert run.status == 0, run.output


def test_three_mistakes_are_told_at_once(folder: Path) -> None:
    mistakes = folder / "wrong.yaml"
    mistakes.write_text(
        "case:\n  name: bth\n  horizon: soon\n  base_year: 1066\n  colour: red\n", encoding="utf-8"
    )
    run = snakemake("-n", "--", "results/2030/peak", folder=folder, case=f"case={mistakes}")
    assert run.status != 0
    assert run.cpu_seconds < 5
    assert "3 mistake(s)" in run.output
    for key in ("case.horizon", "case.base_year", "case.colour: unknown key"):
        assert key in run.output
    assert "Traceback" not in run.output


def test_an_unknown_section_is_refused(folder: Path) -> None:
    mistakes = folder / "section.yaml"
    mistakes.write_text("case: {name: bth}\ninventroy: {}\n", encoding="utf-8")
    run = snakemake("-n", "--", "results/2030/peak", folder=folder, case=f"case={mistakes}")
    assert run.status != 0
    assert "inventroy: unknown key" in run.output


def test_an_unknown_case_names_the_known_ones(folder: Path) -> None:
    run = snakemake("-n", "--", "results/2030/peak", folder=folder, case="case=btth")
    assert run.status != 0
    assert "china-open" in run.output
    assert "bth" in run.output


def _rule_blocks() -> dict[str, str]:
    blocks: dict[str, str] = {}
    for path in sorted((REPO / "workflow" / "rules").glob("*.smk")):
        parts = re.split(r"^rule (\w+):\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for name, body in zip(parts[1::2], parts[2::2], strict=True):
            blocks[name] = re.split(r"^\S", body, maxsplit=1, flags=re.MULTILINE)[0]
    return blocks


#: Rules with a job: one without output only names what is to be made.
RULES = sorted(
    name
    for name, body in _rule_blocks().items()
    if name not in NO_JOB and re.search(r"^    output:", body, re.M)
)


def test_no_rule_uses_run() -> None:
    guilty = [n for n, body in _rule_blocks().items() if re.search(r"^    run:", body, re.M)]
    assert guilty == []


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_log_benchmark_resources_and_code(rule: str) -> None:
    body = _rule_blocks()[rule]
    for directive in ("log", "benchmark", "params", "resources"):
        assert re.search(rf"^    {directive}:", body, re.M), f"{rule} has no {directive}"
    assert re.search(rf'benchmarks/rules/{rule}[/."]', body), "benchmark lies in its rule's folder"
    assert "mem_mb=" in body
    assert "runtime=" in body
    assert "code_id(" in body
    assert re.search(r"^    (script|shell):", body, re.M)


def test_only_two_wildcards_reach_file_names(folder: Path) -> None:
    run = snakemake("-n", "--forceall", "--", "results/2030/peak", folder=folder)
    lines = re.findall(r"^    wildcards: (.*)$", run.output, flags=re.MULTILINE)
    assert len(lines) > 5
    names = {pair.split("=")[0] for line in lines for pair in line.split(", ")}
    assert names == {"year", "scenario"}


SCRIPTS = sorted((REPO / "workflow" / "scripts").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_only_bind(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 40
    assert re.search(r"^with job\(\s*snakemake\.log\[0\]", text, flags=re.MULTILINE)
