"""The profiles of clusters know the rules: no name that is gone, no short job left alone."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache

import pytest

from scenair.config.load import read_yaml
from tests.workflow.runs import REPO

#: Long enough to be jobs of their own, or downloads, or the words for a wrong target.
ALONE = {
    "trajectory": "measures by potential wait for the responsibility of the base year",
    "responsibility": "minutes",
    "inventory_regional": "minutes, as large as the user's files",
    "unknown_target": "never runs",
}


@cache
def rules() -> frozenset[str]:
    """Names of all rules of the default case that make files from other files."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(REPO / "Snakefile"), "--list"]
    listed = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=True)
    names = re.findall(r"^(\w+)$", listed.stdout, flags=re.MULTILINE)
    return frozenset(n for n in names if not n.startswith("retrieve_"))


def without_files(name: str) -> bool:
    """A rule that only asks for others' files."""
    text = "".join(p.read_text(encoding="utf-8") for p in (REPO / "workflow/rules").glob("*.smk"))
    body = re.search(
        rf"^ *rule {name}:\n(.*?)(?=^ *rule |\Z)", text, flags=re.MULTILINE | re.DOTALL
    )
    return body is not None and "output:" not in body[1].split("\n\n\n")[0]


@pytest.mark.parametrize("profile", ["slurm", "ci"])
def test_groups_know_every_rule(profile: str) -> None:
    groups = read_yaml(REPO / "profiles" / profile / "profile.yaml")["groups"]
    assert sorted(set(groups) - rules()) == []
    left = {n for n in rules() - set(groups) - set(ALONE) if not without_files(n)}
    assert sorted(left) == [], "name these in groups, or here with a reason"


def test_both_profiles_group_alike() -> None:
    slurm, ci = (read_yaml(REPO / "profiles" / p / "profile.yaml") for p in ("slurm", "ci"))
    assert slurm["groups"] == ci["groups"]
    assert slurm["group-components"] == ci["group-components"]
