"""Configuration and scenario files: all mistakes at once, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenair.config import load_config, load_scenarios
from scenair.core.errors import ConfigError
from scenair.targets import explain_target, valid_targets


def test_cases(repo: Path) -> None:
    default = load_config({"case": "china-open"}, folder=repo / "config")
    assert len(default.case.adcodes()) == 369
    assert default.case.grid.build().name == "CN36"
    bth = load_config({"case": "bth"}, folder=repo / "config")
    assert len(bth.case.adcodes()) == 28
    assert bth.case.grid.build().shape == (72, 66)
    assert bth.case.tests_only


def test_all_mistakes_at_once(repo: Path, tmp_path: Path) -> None:
    case = tmp_path / "mine.yaml"
    case.write_text(
        "case: {name: mine, base_year: 2016, horizn: 2035}\ngrid: {}\nsurrogate: {porj: 1}\n"
    )
    with pytest.raises(ConfigError) as info:
        load_config({"case": str(case)}, folder=repo / "config")
    for words in ("case.horizn: unknown key", "grid: unknown key", "surrogate.porj: unknown key"):
        assert words in str(info.value)


def test_a_mechanism_without_a_table_is_refused(repo: Path) -> None:
    with pytest.raises(ConfigError, match="cmaq.mechanism: no table.*there are cb6r5_ae7"):
        load_config({"case": "bth", "cmaq": {"mechanism": "cb7"}}, folder=repo / "config")


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "\x00"])
def test_no_mapping(repo: Path, tmp_path: Path, text: str) -> None:
    case = tmp_path / "mine.yaml"
    case.write_text(text)
    with pytest.raises(ConfigError, match=r"mine\.yaml"):
        load_config({"case": str(case)}, folder=repo / "config")


def test_unknown_case(repo: Path) -> None:
    with pytest.raises(ConfigError, match="unknown case.*bth, china-open"):
        load_config({"case": "chin"}, folder=repo / "config")


def test_yaml_is_never_evaluated(repo: Path, tmp_path: Path) -> None:
    case = tmp_path / "mine.yaml"
    case.write_text("case: !!python/object/apply:os.system ['true']\n")
    with pytest.raises(ConfigError, match="not valid YAML"):
        load_config({"case": str(case)}, folder=repo / "config")


def test_shipped_scenarios(repo: Path) -> None:
    scenarios = load_scenarios(repo / "config" / "scenarios")
    assert {"reference", "pollution_control", "peak"} <= set(scenarios)
    assert scenarios["reference"].counterfactual
    assert not scenarios["peak"].counterfactual


def test_circle_and_unknown_parent(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("title: a\ninherits: b\n")
    (tmp_path / "b.yaml").write_text("title: b\ninherits: a\n")
    (tmp_path / "c.yaml").write_text("title: c\ninherits: none\n")
    with pytest.raises(ConfigError) as info:
        load_scenarios(tmp_path)
    assert "inherit in a circle" in str(info.value)
    assert "unknown parent scenario" in str(info.value)


def test_target_words() -> None:
    valid = valid_targets(
        history_years=(2013, 2014),
        scenario_years=range(2018, 2036),
        scenarios=("peak", "reference"),
    )
    assert valid[0] == "results/2013/history"
    assert "results/2035/peak" in valid
    text = explain_target("results/2030/peek", valid=valid)
    assert "there is no scenario 'peek'" in text
    assert "did you mean: results/2030/peak" in text
    assert "did you mean: results/2035/peak" in explain_target("results/2051/peak", valid=valid)
    assert "did you mean: results/203" in explain_target("results/203o/peak", valid=valid)
    assert "did you mean: results/2014/history" in explain_target(
        "results/2030/history", valid=valid
    )
