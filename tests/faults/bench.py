"""A finished run to copy and to hurt: what the fault tests share."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.workflow import runs

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The smallest piece of the chain in which one stage reads what another has written.
TARGET = "results/2017/history/emissions/gridded.nc"
BEFORE = "results/2017/history/emissions/cities.nc"
HOLD_MODULE = Path(__file__).parent / "hold"


@dataclass
class Bench:
    """A working directory, and the run in it that may be held."""

    folder: Path
    hold_folder: Path
    fault: str = ""
    process: subprocess.Popen[str] | None = field(default=None)
    #: lines that the user saw and that a test asked for
    seen: list[str] = field(default_factory=list)
    table: list[Row] = field(default_factory=list)

    @property
    def target(self) -> Path:
        return self.folder / TARGET

    @property
    def before(self) -> Path:
        return self.folder / BEFORE

    def run(self, *options: str) -> runs.Run:
        """The command as the user gives it."""
        return runs.snakemake(*options, "--", TARGET, folder=self.folder)

    def saw(self, output: str, words: str) -> None:
        """The user was told, in these words; the line goes into the table of faults."""
        line = next((line.strip() for line in output.splitlines() if words in line), None)
        assert line is not None, output
        self.seen.append(" ".join(line.replace(str(self.folder), "FOLDER").split()))

    def found(self) -> str:
        """What is there after the fault: of the target, and beside it."""
        parts = len(list(self.target.parent.glob(".*.part")))
        beside = f", {parts} .part beside it" if parts else ""
        return ("target whole" if self.target.exists() else "no target") + beside

    def unlock(self) -> None:
        done = runs.snakemake("--unlock", folder=self.folder)
        assert done.status == 0, done.output

    @property
    def log(self) -> Path:
        return self.hold_folder / "run.log"

    def start_held(self, name: str = "gridded.nc") -> int:
        """Start the command and wait until a job is about to rename ``name``; the job's id."""
        (self.hold_folder / "hold").write_text(name, encoding="utf-8")
        path = os.pathsep.join(filter(None, [str(HOLD_MODULE), os.environ.get("PYTHONPATH")]))
        env = runs.environment(PYTHONPATH=path, SCENAIR_TEST_HOLD=str(self.hold_folder))
        self.process = runs.start("--", TARGET, folder=self.folder, env=env, log=self.log)
        held = self.hold_folder / "held"
        end = time.monotonic() + 180
        while not held.exists():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < end, self.said()
            time.sleep(0.02)
        return int(held.read_text(encoding="utf-8"))

    def release(self) -> None:
        (self.hold_folder / "hold").unlink()

    def wait(self) -> tuple[int, str]:
        """Exit status of the held run, and what it said."""
        assert self.process is not None
        status = self.process.wait(timeout=180)
        return status, self.said()

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def close(self) -> None:
        if self.process is not None:
            runs.kill_group(self.process)


@dataclass(frozen=True)
class Row:
    """A line of the table of faults."""

    fault: str
    found: str
    saw: str
    seconds: float
    identical: bool

    def __str__(self) -> str:
        saw = self.saw if len(self.saw) <= 150 else f"{self.saw[:147]}..."
        same = "identical" if self.identical else "DIFFERENT"
        return f"| {self.fault} | {self.found} | {saw} | {self.seconds:.1f} | {same} |"


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_gone(pid: int) -> None:
    end = time.monotonic() + 120
    while alive(pid):
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[Path]:
    """A tmpfs over ``folder``, with what was in it; unmounted at the end."""
    keep = folder.with_name(folder.name + ".kept")
    folder.rename(keep)
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True
    )
    try:
        shutil.copytree(keep, folder, dirs_exist_ok=True)
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def remount(folder: Path, option: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{option}", str(folder)], check=True)


def can_mount(folder: Path) -> bool:
    """Whether this user may mount a tmpfs here."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    tried = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if tried.returncode == 0:
        subprocess.run(["umount", str(folder)], check=True)
    return tried.returncode == 0
