"""A sweep from nothing: jobs, wall time, overhead, and what more cores would give.

Usage (runs Snakemake in a folder of its own, then reads what it measured)::

    python benchmarks/sweep.py FOLDER --cores 2 --years 2025 2030 --scenarios peak reference
    python benchmarks/sweep.py FOLDER --cores 2 ... --read --wall 812.5      (a run that is done)

The projection places the measured task times on more cores: the longest remaining path first,
each job when its inputs are there and cores are free. ``as measured`` keeps the wall time of every
job; ``threads used`` lets a job with threads take its processor time over its threads.
"""

from __future__ import annotations

import argparse
import heapq
import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

REPO = Path(__file__).resolve().parents[1]
#: What Snakemake adds to a job that has no benchmark.
ALIAS_S = 0.05


@dataclass
class Job:
    """A job of the plan with its measured wall and processor time, s."""

    rule: str
    threads: int
    inputs: set[str]
    outputs: set[str]
    wall: float = 0.0
    cpu: float = 0.0
    waits_for: list[int] = field(default_factory=list)


def snakemake(given: argparse.Namespace, *options: str) -> list[str]:
    """The command line of the sweep."""
    members = {"years": given.years, "scenarios": given.scenarios}
    return [
        sys.executable, "-m", "snakemake", "sweep", "--snakefile", str(REPO / "Snakefile"),
        "--directory", str(given.folder), "--cores", str(given.cores), *options,
        "--config", f"case={given.case}", f"sweep={json.dumps(members)}",
    ]  # fmt: skip


def plan(text: str, folder: Path) -> list[Job]:
    """Jobs of a dry run with the times of their benchmarks."""
    blocks = re.split(r"^(?:local)?(?:rule|checkpoint) (\S+):$", text, flags=re.MULTILINE)
    jobs = []
    for rule, body in zip(blocks[1::2], blocks[2::2], strict=True):
        found = dict(re.findall(r"^    (\w+): (.*)$", body, flags=re.MULTILINE))
        files = [set(found.get(k, "").split(", ")) - {""} for k in ("input", "output")]
        job = Job(rule, int(found.get("threads", 1)), *files)
        if "benchmark" in found:
            row = pd.read_csv(folder / found["benchmark"], sep="\t", na_values="-").iloc[0]
            job.wall, job.cpu = float(row["s"]), float(row["cpu_time"])
        else:
            job.wall = job.cpu = ALIAS_S
        jobs.append(job)
    maker = {path: i for i, job in enumerate(jobs) for path in job.outputs}
    for job in jobs:
        job.waits_for = sorted({maker[path] for path in job.inputs if path in maker})
    return jobs


def length(job: Job, cores: int, *, threads_used: bool) -> float:
    """Wall time of a job, s."""
    if not threads_used:
        return job.wall
    return max(job.cpu, job.wall) / min(job.threads, cores)


def remaining(jobs: list[Job], lengths: list[float], after: list[list[int]]) -> list[float]:
    """Longest path from the start of each job to the end of the plan, s."""
    left: dict[int, float] = {}

    def path(i: int) -> float:
        if i not in left:
            left[i] = lengths[i] + max((path(k) for k in after[i]), default=0.0)
        return left[i]

    return [path(i) for i in range(len(jobs))]


def makespan(jobs: list[Job], cores: int, *, threads_used: bool) -> float:
    """Time of the plan on so many cores (list scheduling, longest remaining path first), s."""
    lengths = [length(job, cores, threads_used=threads_used) for job in jobs]
    after: list[list[int]] = [[] for _ in jobs]
    for i, job in enumerate(jobs):
        for j in job.waits_for:
            after[j].append(i)
    left = remaining(jobs, lengths, after)
    need = [min(job.threads, cores) for job in jobs]
    missing = [len(job.waits_for) for job in jobs]
    ready = {i for i, n in enumerate(missing) if n == 0}
    running: list[tuple[float, int]] = []
    now, free = 0.0, cores
    while ready or running:
        for i in sorted(ready, key=lambda i: -left[i]):
            if need[i] <= free:
                ready.remove(i)
                free -= need[i]
                heapq.heappush(running, (now + lengths[i], i))
        now, i = heapq.heappop(running)
        free += need[i]
        for k in after[i]:
            missing[k] -= 1
            if not missing[k]:
                ready.add(k)
    return now


def report(jobs: list[Job], given: argparse.Namespace, wall: float) -> None:
    """The table."""
    members = len(given.years) * len(given.scenarios)
    real = [job for job in jobs if job.wall > ALIAS_S]
    frame = pd.DataFrame([(re.sub(r"_q\d$", "", j.rule), j.wall) for j in real])
    by_rule = frame.groupby(0)[1].agg(["count", "sum"]).sort_values("sum", ascending=False)
    print(by_rule.rename(columns={"count": "jobs", "sum": "wall time, s"}).round(1).to_string())
    busy = sum(job.wall * min(job.threads, given.cores) for job in real)
    share = 1 - busy / (given.cores * wall)
    print(f"{members} scenario-years, {len(real)} jobs; {wall:.0f} s on {given.cores} cores = "
          f"{wall / members:.1f} s a scenario-year")  # fmt: skip
    print(f"task time {busy:.0f} core-seconds; cores not at work (start of Snakemake and of jobs, "
          f"waiting): {share:.1%}")  # fmt: skip
    for cores in (given.cores, 8, 32):
        times = [makespan(jobs, cores, threads_used=used) for used in (False, True)]
        print(f"projected at {cores} cores: {times[0]:.0f} s as measured, "
              f"{times[1]:.0f} s with threads used")  # fmt: skip


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--case", default="china-open")
    parser.add_argument("--years", type=int, nargs="+", default=[2020, 2025, 2030, 2035])
    parser.add_argument(
        "--scenarios",
        nargs="+",
        default=[
            "reference", "pollution_control", "peak", "early_peak", "synergy", "ozone",
            "ozone_regional",
        ],
    )  # fmt: skip
    parser.add_argument("--read", action="store_true", help="the run is done: only read it")
    parser.add_argument("--wall", type=float, help="with --read: its wall time, s")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    # the plan first: with everything made, a forced dry run lists the same jobs
    wall = given.wall or 0.0
    if not given.read:
        begin = time.perf_counter()
        subprocess.run(snakemake(given, "--quiet", "all"), check=True)
        wall = time.perf_counter() - begin
    listed = subprocess.run(
        snakemake(given, "--dry-run", "--forceall"), check=True, capture_output=True, text=True
    )
    report(plan(listed.stdout + listed.stderr, given.folder), given, wall)


if __name__ == "__main__":
    main()
