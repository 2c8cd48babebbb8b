"""Snakemake runs for tests: in a folder of their own, in a process group of their own."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
CASE = "case=bth"


@dataclass(frozen=True)
class Run:
    """What a finished run left: exit status, all that was printed, wall and processor time (s)."""

    status: int
    output: str
    seconds: float
    cpu_seconds: float

    def rules(self) -> tuple[str, ...]:
        """Rules that a (dry) run lists for execution, aliases left out, sorted."""
        names = set(re.findall(r"^(?:local)?rule (\S+):$", self.output, flags=re.MULTILINE))
        return tuple(sorted(n for n in names if not n.startswith("results/")))


def command(
    *arguments: str, folder: Path, repo: Path = REPO, cores: int = 1, case: str = CASE
) -> list[str]:
    """The command line: options before ``--``, targets after it."""
    options = [a for a in arguments if a != "--"]
    targets: list[str] = []
    if "--" in arguments:
        cut = arguments.index("--")
        options, targets = list(arguments[:cut]), list(arguments[cut + 1 :])
    return [
        sys.executable, "-m", "snakemake", "--snakefile", str(repo / "Snakefile"),
        "--directory", str(folder), "--cores", str(cores), *options,
        "--config", case, "--", *targets,
    ]  # fmt: skip


def environment(**extra: str) -> dict[str, str]:
    """The caller's environment without a profile or a SLURM job around it."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("SNAKEMAKE_", "SLURM_"))}
    return env | {"PYTHONUNBUFFERED": "1"} | extra


def start(
    *arguments: str,
    folder: Path,
    repo: Path = REPO,
    cores: int = 1,
    case: str = CASE,
    env: dict[str, str] | None = None,
    log: Path | None = None,
) -> subprocess.Popen[str]:
    """Start Snakemake as leader of a new process group; output goes to ``log`` or a pipe."""
    folder.mkdir(parents=True, exist_ok=True)
    # a shell's background job ignores the keyboard, and so would all that it starts
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    stream = log.open("w", encoding="utf-8") if log is not None else subprocess.PIPE
    try:
        return subprocess.Popen(
            command(*arguments, folder=folder, repo=repo, cores=cores, case=case),
            cwd=repo,
            env=env if env is not None else environment(),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    finally:
        if log is not None:
            stream.close()  # type: ignore[union-attr]


def snakemake(
    *arguments: str,
    folder: Path,
    repo: Path = REPO,
    cores: int = 1,
    case: str = CASE,
    env: dict[str, str] | None = None,
    timeout: float = 300,
) -> Run:
    """Run Snakemake to its end, and end its whole process group afterwards."""
    begin, cpu = time.monotonic(), _cpu_of_children()
    process = start(*arguments, folder=folder, repo=repo, cores=cores, case=case, env=env)
    try:
        output, _ = process.communicate(timeout=timeout)
    finally:
        kill_group(process)
    spent = _cpu_of_children() - cpu
    return Run(process.returncode, output, time.monotonic() - begin, spent)


def _cpu_of_children() -> float:
    """Processor time of the children that have ended: a busy machine doesn't count."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def kill_group(process: subprocess.Popen[str]) -> None:
    """SIGKILL to everything that the process started in its group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=30)


def files_of(folder: Path, *, under: str = "results") -> dict[str, bytes]:
    """Contents of all files below ``under``, hidden ones included, by relative path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted((folder / under).rglob("*"))
        if path.is_file()
    }
