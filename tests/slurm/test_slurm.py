"""The same command on SLURM: the chain of the 28 cities on a real node of this machine."""

from __future__ import annotations

import os
import re
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.bench import HOLD_MODULE, wait_gone
from tests.slurm.one_node import missing, one_node
from tests.workflow import runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHY_NOT = missing()
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT)),
]
TARGET = "results/2030/peak"
ONE_JOB = "results/inventory/2017.nc"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Clients find the node, and Snakemake its profile, through the environment."""
    with one_node(tmp_path_factory.mktemp("slurm")) as env:
        yield env | {"SNAKEMAKE_PROFILE": str(runs.REPO / "profiles" / "ci")}


@pytest.mark.timeout(1800)
def test_the_chain_runs_on_slurm_and_gives_the_same_bytes(
    cluster: dict[str, str], tmp_path: Path
) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    run = runs.snakemake("--", TARGET, folder=there, env=cluster, timeout=850)
    assert run.status == 0, run.output[-4000:]
    submitted = re.findall(r"has been submitted with SLURM jobid (\d+)", run.output)
    jobs = re.findall(r"^Finished jobid: ", run.output, flags=re.MULTILINE)
    assert len(submitted) >= 4
    assert len(submitted) < len(jobs) / 2, "short jobs go together"
    assert (there / TARGET / "report.html").exists()

    local = runs.snakemake("--", TARGET, folder=here, cores=2, timeout=850)
    assert local.status == 0, local.output[-4000:]
    remote, made = runs.files_of(there), runs.files_of(here)
    assert len(made) > 10
    other = [name for name, data in made.items() if remote.get(name) != data]
    print(  # shown with pytest -s
        f"\n{TARGET}, case bth: {len(jobs)} jobs of the DAG in {len(submitted)} jobs of SLURM, "
        f"wall {run.seconds:.0f} s; local on 2 cores {local.seconds:.0f} s (processor "
        f"{local.cpu_seconds:.0f} s), {run.seconds - local.seconds:.0f} s less; "
        f"{len(made)} files, {len(other)} differ"
    )
    assert other == []


def held_job(cluster: dict[str, str], folder: Path, hold: Path) -> subprocess.Popen[str]:
    """Start the command; returns when its job is about to rename its file."""
    (hold / "hold").write_text("2017.nc", encoding="utf-8")
    path = os.pathsep.join(filter(None, [str(HOLD_MODULE), os.environ.get("PYTHONPATH")]))
    env = cluster | {"PYTHONPATH": path, "SCENAIR_TEST_HOLD": str(hold)}
    process = runs.start("--", ONE_JOB, folder=folder, env=env, log=hold / "run.log")
    end = time.monotonic() + 120
    while not (hold / "held").exists():
        assert process.poll() is None, (hold / "run.log").read_text(encoding="utf-8")
        assert time.monotonic() < end
        time.sleep(0.05)
    return process


def test_a_cancelled_job_leaves_nothing_and_the_same_command_goes_on(
    cluster: dict[str, str], tmp_path: Path
) -> None:
    folder, hold = tmp_path / "run", tmp_path / "hold"
    hold.mkdir()
    process = held_job(cluster, folder, hold)
    try:
        listed = ["squeue", "--noheader", "--states=RUNNING", "--format=%A"]
        ids = subprocess.run(listed, env=cluster, capture_output=True, text=True, check=True)
        assert len(ids.stdout.split()) == 1
        subprocess.run(["scancel", *ids.stdout.split()], env=cluster, check=True)
        assert process.wait(timeout=180) != 0
    finally:
        runs.kill_group(process)
    said = (hold / "run.log").read_text(encoding="utf-8")
    assert "CANCELLED" in said
    assert "inventory" in said
    wait_gone(int((hold / "held").read_text(encoding="utf-8")))
    assert not (folder / ONE_JOB).exists()
    run = runs.snakemake("--", ONE_JOB, folder=folder, env=cluster)
    assert run.status == 0, run.output
    line = next(line.strip() for line in said.splitlines() if "CANCELLED" in line)
    print(f"\nscancel: '{line}'; no file; the same command again: {run.seconds:.0f} s")
    assert (folder / ONE_JOB).exists()
    assert not list((folder / "results").rglob(".*.part"))


def test_a_request_that_no_node_can_meet_is_refused_at_once(
    cluster: dict[str, str], tmp_path: Path
) -> None:
    """Of a group Snakemake tells only that it failed, so the rule goes alone here."""
    options = ("--groups", "trajectory=alone", "--set-resources", "inventory:mem_mb=100000000")
    run = runs.snakemake(*options, "--", ONE_JOB, folder=tmp_path, env=cluster)
    assert run.status != 0
    assert "emory specification can not be satisfied" in run.output
