"""An edit of the library or of the configuration re-runs what depends on it, and nothing else.

The chain is not executed: its files are made empty and recorded by ``--touch``; a dry run then says
what an edit would cost.
"""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.workflow import runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.e2e

TARGET = "results/2030/peak"
UPSTREAM = {
    "inventory",
    "spatial",
    "gridded",
    "air_quality",
    "cmaq",
    "city_emissions",
    "trajectory",
}


class Copy:
    """A copy of the repository with a chain that counts as made."""

    def __init__(self, root: Path) -> None:
        self.repo, self.folder = root / "repo", root / "run"
        self.repo.mkdir()
        for name in ("Snakefile", "workflow", "config", "profiles", "src"):
            source = runs.REPO / name
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, self.repo / name)
        (self.repo / "resources").symlink_to(runs.REPO / "resources")
        self.env = runs.environment(PYTHONPATH=str(self.repo / "src"))

    def run(self, *options: str, case: str = runs.CASE) -> runs.Run:
        return runs.snakemake(
            *options, "--", TARGET, folder=self.folder, repo=self.repo, env=self.env, case=case
        )

    def pretend(self) -> None:
        """Make the files of the chain, empty, and have Snakemake record them."""
        listed = self.run("-n", "--forceall")
        assert listed.status == 0, listed.output
        for line in re.findall(r"^    output: (.*)$", listed.output, flags=re.MULTILINE):
            for name in line.split(", "):
                path = self.folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                if path.suffix or path.name == "GRIDDESC":
                    path.touch()
                else:  # the folders of the rule cmaq
                    path.mkdir(exist_ok=True)
        touched = self.run("--touch", "--forceall")
        assert touched.status == 0, touched.output

    def edit(self, module: str) -> None:
        """A harmless line at the end of a module of the library."""
        path = self.repo / "src" / "scenair" / module
        path.write_text(path.read_text(encoding="utf-8") + "\nEDITED = True\n", encoding="utf-8")


@pytest.fixture(scope="module")
def pretended(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    copy = Copy(tmp_path_factory.mktemp("code"))
    copy.pretend()
    return copy


@pytest.fixture
def copy(pretended: Copy) -> Iterator[Copy]:
    """The copy, with the library as it was afterwards."""
    source = pretended.repo / "src"
    keep = source.with_name("kept")
    shutil.copytree(source, keep)
    yield pretended
    shutil.rmtree(source)
    os.rename(keep, source)  # noqa: PTH104 - a folder onto a free name


def rerun(copy: Copy, *, case: str = runs.CASE) -> set[str]:
    run = copy.run("-n", case=case)
    assert run.status == 0, run.output
    return set(run.rules())


def test_nothing_changed_nothing_to_do(copy: Copy) -> None:
    run = copy.run("-n")
    assert "Nothing to be done" in run.output, run.output


def test_attainment_re_runs_attainment_and_what_follows(copy: Copy) -> None:
    copy.edit("attainment/io/__init__.py")
    rules = rerun(copy)
    assert {"attainment", "figures", "report", "manifest"} <= rules
    assert not rules & UPSTREAM


def test_figures_re_run_figures_and_the_report(copy: Copy) -> None:
    copy.edit("figures/style.py")
    rules = rerun(copy)
    assert "figures" in rules
    assert "report" in rules
    assert not rules & (UPSTREAM | {"attainment"})


def test_the_core_re_runs_its_importers(copy: Copy) -> None:
    copy.edit("core/grids.py")
    assert {"spatial", "gridded", "air_quality", "attainment", "figures"} <= rerun(copy)


def test_a_module_that_no_stage_imports_re_runs_nothing(copy: Copy) -> None:
    copy.edit("core/audit/resources.py")
    assert rerun(copy) == set()


def test_a_comment_in_a_binding_re_runs_only_its_rule_and_followers(copy: Copy) -> None:
    script = copy.repo / "workflow" / "scripts" / "figures.py"
    text, times = script.read_text(encoding="utf-8"), script.stat()
    script.write_text(text + "# edited\n", encoding="utf-8")
    try:
        rules = rerun(copy)
    finally:
        script.write_text(text, encoding="utf-8")
        os.utime(script, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert "figures" in rules
    assert not rules & (UPSTREAM | {"attainment"})


def test_an_option_re_runs_only_its_readers(copy: Copy, tmp_path: Path) -> None:
    """The case file's name is not part of what a rule depends on, its content is."""
    text = (copy.repo / "config" / "cases" / "bth.yaml").read_text(encoding="utf-8")
    same = copy.folder / "same.yaml"
    same.write_text(text, encoding="utf-8")
    assert rerun(copy, case=f"case={same}") == set()
    other = copy.folder / "other.yaml"
    other.write_text(text.rstrip("\n") + "\nfigures: {dpi: 71}\n", encoding="utf-8")
    rules = rerun(copy, case=f"case={other}")
    assert "figures" in rules
    assert not rules & (UPSTREAM | {"attainment"})
