"""Requested against used: memory and time of every rule, from benchmarks and logs.

A cluster kills a job that takes more than it asked for and makes one that asks for too much wait.
What a job asks for is read from a dry run, what it took from its benchmark and from the last line
of its log (the benchmark samples memory every half second for fifteen seconds and then every
thirty; the log has the true peak)::

    python -m scenair.core.audit.resources results/2030/peak
    python -m scenair.core.audit.resources --directory FOLDER results/2030/peak --config case=bth
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from scenair.core.errors import InputError, ScenairError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Requests up to twice these are never too much: below, a job is the interpreter and its imports,
#: and a scheduler counts in minutes.
MEMORY_FLOOR_MB: Final = 300.0
TIME_FLOOR_S: Final = 300.0
FACTOR: Final = 2.0
_LOGGED = re.compile(r"is done; peak memory (\d+) MB")

COLUMNS: Final = (
    "rule",
    "jobs",
    "requested_mb",
    "used_mb",
    "memory_ratio",
    "requested_s",
    "used_s",
    "time_ratio",
    "verdict",
)


@dataclass(frozen=True)
class Request:
    """What one job asks for: memory (MB), time (s), and where it leaves its measurements."""

    rule: str
    memory_mb: float
    runtime_s: float
    benchmark: str
    log: str


def parse_requests(dry_run: str) -> tuple[Request, ...]:
    """Requests of the jobs that a Snakemake dry run lists; aliases and jobs without benchmark
    are left out.

    Raises
    ------
    InputError
        A job with a benchmark but without ``mem_mb`` or ``runtime``.
    """
    out = []
    blocks = re.split(r"^(?:local)?(?:rule|checkpoint) (\S+):$", dry_run, flags=re.MULTILINE)
    for rule, body in zip(blocks[1::2], blocks[2::2], strict=True):
        fields = dict(re.findall(r"^    (\w+): (.*)$", body, flags=re.MULTILINE))
        if "benchmark" not in fields:
            continue
        asked = dict(re.findall(r"(\w+)=(\d+)(?=,|$)", fields.get("resources", "")))
        if not {"mem_mb", "runtime"} <= asked.keys():
            raise InputError(
                "a rule asks for no memory or no time",
                where=f"rule {rule}",
                value=fields.get("resources", "no resources"),
                remedy="give it resources: mem_mb and runtime",
            )
        out.append(
            Request(
                rule=rule,
                memory_mb=float(asked["mem_mb"]),
                runtime_s=60.0 * float(asked["runtime"]),
                benchmark=fields["benchmark"],
                log=fields.get("log", "").split(" ")[0].rstrip(","),
            )
        )
    return tuple(out)


def used(request: Request, *, folder: Path) -> tuple[float, float] | None:
    """Peak memory (MB) and wall time (s) of a job that ran in ``folder``, or None.

    Raises
    ------
    InputError
        A benchmark file that is not one.
    """
    path = folder / request.benchmark
    if not path.exists():
        return None
    try:
        row = pd.read_csv(path, sep="\t", na_values=["-"]).iloc[-1]
        seconds, memory = float(row["s"]), float(row["max_rss"])
    except (KeyError, IndexError, ValueError, pd.errors.ParserError) as error:
        raise InputError(
            "not a benchmark of Snakemake", where=str(path), value=str(error), remedy="delete it"
        ) from None
    log = folder / request.log
    if request.log and log.is_file():
        logged = _LOGGED.findall(log.read_text(encoding="utf-8", errors="replace"))
        memory = max([0.0 if pd.isna(memory) else memory, *map(float, logged)])
    return memory, seconds


def compare(requests: Iterable[Request], *, folder: Path, factor: float = FACTOR) -> pd.DataFrame:
    """Requested and used, one row a rule: the largest of its jobs that ran.

    Returns
    -------
    DataFrame
        Columns of :data:`COLUMNS`. ``ratio`` is requested over used (used at least the floor).
        ``verdict`` is ``fits``, ``too little`` (used exceeds requested), ``too much`` (ratio above
        ``factor``), or ``not run``.
    """
    jobs: dict[str, list[tuple[Request, tuple[float, float] | None]]] = {}
    for request in requests:
        jobs.setdefault(request.rule, []).append((request, used(request, folder=folder)))
    rows = [_row(rule, members, factor=factor) for rule, members in sorted(jobs.items())]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(
    rule: str,
    members: Sequence[tuple[Request, tuple[float, float] | None]],
    *,
    factor: float,
) -> tuple[object, ...]:
    asked_mb = max(request.memory_mb for request, _ in members)
    asked_s = max(request.runtime_s for request, _ in members)
    ran = [took for _, took in members if took is not None]
    if not ran:
        nothing = float("nan")
        return (rule, 0, asked_mb, nothing, nothing, asked_s, nothing, nothing, "not run")
    used_mb, used_s = max(m for m, _ in ran), max(s for _, s in ran)
    memory_ratio = asked_mb / max(used_mb, MEMORY_FLOOR_MB)
    time_ratio = asked_s / max(used_s, TIME_FLOOR_S)
    if used_mb > asked_mb or used_s > asked_s:
        verdict = "too little"
    elif max(memory_ratio, time_ratio) > factor:
        verdict = "too much"
    else:
        verdict = "fits"
    return (rule, len(ran), asked_mb, used_mb, memory_ratio, asked_s, used_s, time_ratio, verdict)


def dry_run(arguments: Sequence[str], *, folder: Path, snakefile: Path) -> str:
    """What Snakemake would run for these targets and options if nothing existed.

    Raises
    ------
    InputError
        Where the dry run fails, with Snakemake's last lines.
    """
    command = [
        sys.executable, "-m", "snakemake", "--snakefile", str(snakefile),
        "--directory", str(folder), "--dry-run", "--forceall", *arguments,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    text = done.stdout + done.stderr
    if done.returncode:
        raise InputError(
            "the dry run failed", where=" ".join(arguments), value="\n".join(text.splitlines()[-8:])
        )
    return text


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; 1 where a rule asks for too little or for more than ``factor`` times."""
    parser = argparse.ArgumentParser(
        prog="python -m scenair.core.audit.resources", description=__doc__.split("\n", 1)[0]
    )
    parser.add_argument("--directory", type=Path, default=Path(), help="the run's folder")
    parser.add_argument(
        "--snakefile", type=Path, default=Path(__file__).resolve().parents[4] / "Snakefile"
    )
    parser.add_argument("--factor", type=float, default=FACTOR)
    options, rest = parser.parse_known_args(argv)
    try:
        text = dry_run(rest, folder=options.directory, snakefile=options.snakefile)
        frame = compare(parse_requests(text), folder=options.directory, factor=options.factor)
    except ScenairError as error:
        sys.stderr.write(f"[scenair] {error}\n")
        return 1
    sys.stdout.write(frame.to_string(index=False, float_format=lambda v: f"{v:.1f}") + "\n")
    wrong = frame["verdict"].isin(["too little", "too much"])
    return int(wrong.any() or frame["jobs"].sum() == 0)


if __name__ == "__main__":
    sys.exit(main())
