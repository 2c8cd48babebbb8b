"""Documents are in step with what they describe."""

from __future__ import annotations

import pkgutil
import re
import tomllib
from pathlib import Path

import yaml

from scenair.config.base import Section
from scenair.config.figures import FIGURES, PROJECTION_FIGURES, SCENARIO_FIGURES
from scenair.config.reference import BEGIN, END, all_comments, describe, reference, renew


def test_configuration_reference_is_in_step(repo: Path) -> None:
    text = (repo / "config/README.md").read_text(encoding="utf-8")
    block = text.split(BEGIN)[1].split(END)[0].strip()
    remedy = "python -m scenair.config.reference config/README.md"
    assert block == reference().strip(), remedy
    assert renew(text) == text, remedy


def test_reference_reads_comments_of_parents() -> None:
    class Parent(Section):
        #: first line,
        #: second line
        a: int = 1
        b: int = 2

    class Child(Parent):
        #: other
        b: int = 3

    assert all_comments(Child) == {"a": "first line, second line", "b": "other"}


def test_schema_in_words() -> None:
    assert (
        describe({"type": "integer", "minimum": 1, "exclusiveMaximum": 9}, {}) == "integer ≥ 1 < 9"
    )
    assert describe({"anyOf": [{"type": "string"}, {"type": "null"}]}, {}) == "text or empty"
    assert describe({"enum": ["a", "b"]}, {}) == "`a`, `b`"
    assert describe({"type": "array", "items": {"$ref": "#/$defs/X"}}, {"X": {"const": 1}}) == (
        "list of `1`"
    )


def test_every_resource_has_its_row(repo: Path) -> None:
    text = (repo / "resources/README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([^`]+)` \|", text, flags=re.MULTILINE))
    folder = repo / "resources"
    found = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in (".csv", ".gz", ".nc", ".json", ".yaml")
        and not {"retrieved", "cache"} & set(path.relative_to(folder).parts)
    }  # fmt: skip
    assert found - listed == set(), "resources/README.md lacks a row for these"
    assert listed - found == set(), "resources/README.md has rows for files that are gone"
    for line in text.splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            assert len(cells) == 4, line
            assert all(cells), f"content, source and licence are all needed: {line}"


def test_environment_has_every_dependency(repo: Path) -> None:
    project = tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = {re.split(r"[<>=!~ ]", d)[0].lower() for d in project["project"]["dependencies"]}
    environment = yaml.safe_load((repo / "envs/environment.yaml").read_text(encoding="utf-8"))
    conda = [d for d in environment["dependencies"] if isinstance(d, str)]
    pip = [d for item in environment["dependencies"] if isinstance(item, dict) for d in item["pip"]]
    found = {re.split(r"[<>=!~ ]", d)[0].lower() for d in (*conda, *pip)}
    # the same library under the name that conda-forge gives it
    found = {
        {
            "matplotlib-base": "matplotlib",
            "python-isal": "isal",
            "snakemake-minimal": "snakemake",
        }.get(name, name)
        for name in found
    }
    assert wanted - found == set()


def test_every_figure_is_described(repo: Path) -> None:
    text = (repo / "docs/figures.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^\| `([a-z0-9_{}]+)` \|", text, flags=re.MULTILINE))
    drivers = "drivers_{scenario}"
    assert described == {*FIGURES, *SCENARIO_FIGURES, *PROJECTION_FIGURES, drivers}


def test_documents_point_to_what_exists(repo: Path) -> None:
    pages = [repo / "README.md", repo / "config/README.md", *(repo / "docs").glob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_picture_in_the_readme_is_small(repo: Path) -> None:
    for path in (repo / "docs/images").glob("*.png"):
        assert path.stat().st_size < 300_000, path.name


def test_container_recipes_copy_what_exists(repo: Path) -> None:
    recipe = (repo / "envs/Containerfile").read_text(encoding="utf-8")
    copied = [
        word
        for line in re.findall(r"^COPY (.+) \S+$", recipe, re.MULTILINE)
        for word in line.split()
    ]
    definition = (repo / "envs/scenair.def").read_text(encoding="utf-8")
    listed = re.findall(r"^    (\S+) /opt/scenair/", definition, re.MULTILINE)
    assert set(copied) == set(listed)
    assert len(copied) > 5
    for name in copied:
        assert (repo / name).exists(), name


def test_names_in_documents_exist(repo: Path) -> None:
    names = set()
    for page in (repo / "README.md", *(repo / "docs").glob("*.md"), *repo.glob("*/README.md")):
        text = page.read_text(encoding="utf-8")
        names |= set(re.findall(r"`(scenair(?:\.\w+)+)[`(]", text))
        for module, imported in re.findall(r"^from (scenair[\w.]+) import ([\w, ]+)$", text, re.M):
            names |= {f"{module}.{name.strip()}" for name in imported.split(",")}
    assert len(names) > 5
    for name in sorted(names):
        assert pkgutil.resolve_name(name) is not None, name
