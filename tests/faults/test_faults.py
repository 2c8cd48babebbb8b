"""Bad days. After each: a clear message, nothing half-written under a final name, the same command
finishes the work, and the data files are those of an undisturbed run, byte for byte.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from typing import TYPE_CHECKING

import netCDF4
import pytest

from tests.faults.bench import (
    BEFORE,
    TARGET,
    Bench,
    Row,
    can_mount,
    remount,
    small_disk,
    wait_gone,
)
from tests.workflow import runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="the faults are made with Linux's means"),
]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the target was made on a good day."""
    folder = tmp_path_factory.mktemp("undisturbed")
    run = runs.snakemake("--", TARGET, folder=folder, cores=2)
    assert run.status == 0, run.output
    return folder


@pytest.fixture(scope="module")
def table() -> Iterator[list[Row]]:
    """The table of faults, printed at the end (``pytest -s tests/faults``)."""
    rows: list[Row] = []
    yield rows
    print("\n\n| fault | found after it | what the user saw | recovery, s | data files |")
    print("|---|---|---|---|---|")
    for row in rows:
        print(row)


@pytest.fixture
def bench(
    undisturbed: Path,
    table: list[Row],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Bench]:
    """A copy of the finished run without its last product, beside it: inputs keep their names."""
    folder, hold = tmp_path_factory.mktemp("bench"), tmp_path_factory.mktemp("hold")
    shutil.copytree(undisturbed, folder, symlinks=True, dirs_exist_ok=True)
    fault = request.node.name.removeprefix("test_").replace("_", " ")
    made = Bench(folder, hold, fault=fault, table=table)
    made.target.unlink()
    yield made
    made.close()


@pytest.fixture
def disk(bench: Bench) -> Iterator[Path]:
    """The results of the bench on a small disk of their own."""
    if not can_mount(bench.hold_folder):
        pytest.skip("mounting a tmpfs needs root")
    with small_disk(bench.folder / "results", megabytes=64) as results:
        yield results


def require_recovery(bench: Bench, undisturbed: Path) -> None:
    """The same command finishes the work; every data file is as on a good day.

    What was deleted as damaged comes back where something is to be made from it.
    """
    found = bench.found()
    run = bench.run()
    assert run.status == 0, run.output
    assert bench.target.exists()
    good = runs.files_of(undisturbed)
    other = [n for n, data in runs.files_of(bench.folder).items() if good.get(n) != data]
    saw = "; ".join(bench.seen) or "nothing"
    bench.table.append(Row(bench.fault, found, saw, run.seconds, identical=not other))
    assert other == []


@pytest.mark.parametrize("orphan", ["finishes", "dies with it"])
def test_the_controller_is_killed(bench: Bench, undisturbed: Path, orphan: str) -> None:
    job = bench.start_held()
    assert bench.process is not None
    os.kill(bench.process.pid, signal.SIGKILL)
    bench.process.wait(timeout=30)
    assert not bench.target.exists()
    if orphan == "finishes":
        bench.release()
    else:
        bench.close()
    wait_gone(job)
    assert bench.target.exists() == (orphan == "finishes")
    locked = bench.run()
    assert locked.status != 0
    bench.saw(locked.output, "--unlock")
    bench.unlock()
    require_recovery(bench, undisturbed)


def test_a_job_is_killed(bench: Bench, undisturbed: Path) -> None:
    job = bench.start_held()
    os.kill(job, signal.SIGKILL)
    status, said = bench.wait()
    assert status != 0
    bench.saw(said, "Error in rule gridded")
    assert not bench.target.exists()
    require_recovery(bench, undisturbed)


def test_an_interrupt_from_the_keyboard(bench: Bench, undisturbed: Path) -> None:
    bench.start_held()
    assert bench.process is not None
    os.killpg(bench.process.pid, signal.SIGINT)
    status, _ = bench.wait()
    assert status != 0
    assert not bench.target.exists()
    require_recovery(bench, undisturbed)


def test_the_disk_is_full(bench: Bench, undisturbed: Path, disk: Path) -> None:
    free = shutil.disk_usage(disk).free
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(free - 20_000))
    run = bench.run()
    assert run.status != 0
    bench.saw(run.output, "the disk is full")
    assert "Traceback" not in run.output
    assert not bench.target.exists()
    assert not list(bench.target.parent.glob(".*.part"))
    ballast.unlink()
    require_recovery(bench, undisturbed)


def test_the_results_are_read_only(bench: Bench, undisturbed: Path, disk: Path) -> None:
    remount(disk, "ro")
    run = bench.run()
    assert run.status != 0
    bench.saw(run.output, "rite-protected output files")
    assert TARGET.replace("gridded.nc", "") in run.output
    remount(disk, "rw")
    require_recovery(bench, undisturbed)


def test_an_intermediate_file_is_truncated(bench: Bench, undisturbed: Path) -> None:
    whole = bench.before.read_bytes()
    bench.before.write_bytes(whole[: len(whole) // 2])
    run = bench.run()
    assert run.status != 0
    bench.saw(run.output, "not a readable netCDF file")
    assert BEFORE in run.output
    assert "delete it and run again" in run.output
    assert not bench.target.exists()
    bench.before.unlink()
    require_recovery(bench, undisturbed)


def test_a_cell_of_an_intermediate_file_is_corrupted(bench: Bench, undisturbed: Path) -> None:
    inventory = bench.folder / "results/inventory/2017.nc"
    with netCDF4.Dataset(inventory, "a") as ds:
        emission = ds["emission"]
        emission[3, 0, 0] = float(emission[3, 0, 0]) * 1.01 + 1.0
    run = bench.run()
    assert run.status != 0
    bench.saw(run.output, "[scenair]")
    assert "results/inventory/2017.nc" in run.output
    assert "Traceback" not in run.output
    assert not bench.target.exists()
    inventory.unlink()
    require_recovery(bench, undisturbed)


def test_an_input_changes_during_the_run(bench: Bench, undisturbed: Path) -> None:
    content = bench.before.read_bytes()
    bench.start_held()
    bench.before.write_bytes(content)
    bench.release()
    status, said = bench.wait()
    assert status != 0
    bench.saw(said, "an input changed while the job ran")
    assert BEFORE in said
    assert not bench.target.exists()
    require_recovery(bench, undisturbed)


def test_two_runs_at_once_in_one_folder(bench: Bench, undisturbed: Path) -> None:
    bench.start_held()
    second = bench.run()
    assert second.status != 0
    bench.saw(second.output, "lock")
    assert not bench.target.exists()
    bench.release()
    status, said = bench.wait()
    assert status == 0, said
    require_recovery(bench, undisturbed)


def test_the_clock_of_the_file_server_is_ahead(bench: Bench, undisturbed: Path) -> None:
    then = time.time() + 3600
    os.utime(bench.before, (then, then))
    run = bench.run()
    assert run.status != 0
    bench.saw(run.output, "clock skew")
    assert BEFORE in run.output
    assert not bench.target.exists()
    os.utime(bench.before)
    require_recovery(bench, undisturbed)


def test_the_clock_of_the_file_server_is_behind(bench: Bench, undisturbed: Path) -> None:
    then = time.time() - 3600
    os.utime(bench.before, (then, then))
    require_recovery(bench, undisturbed)
    again = bench.run()
    assert "Nothing to be done" in again.output
