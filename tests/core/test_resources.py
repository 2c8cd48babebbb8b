"""Requested against used: what a dry run asks for, what benchmarks and logs say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenair.core.audit import resources
from scenair.core.audit.memory import bounded_chunks, peak_memory_mb
from scenair.core.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

DRY_RUN = """\
Building DAG of jobs...
[Sun Nov 22 08:58:31 2026]
rule inventory:
    output: results/inventory/2017.nc
    log: logs/inventory/2017.log
    jobid: 2
    benchmark: benchmarks/rules/inventory/2017.tsv
    wildcards: year=2017
    resources: tmpdir=<TBD>, mem_mb=1000, mem_mib=954, runtime=10
[Sun Nov 22 08:58:31 2026]
rule inventory:
    output: results/inventory/2016.nc
    log: logs/inventory/2016.log
    jobid: 3
    benchmark: benchmarks/rules/inventory/2016.tsv
    wildcards: year=2016
    resources: tmpdir=<TBD>, mem_mb=1000, mem=1000 MB, mem_mib=954, runtime=10
[Sun Nov 22 08:58:31 2026]
localrule results/2030/peak:
    input: results/2030/peak/report.html
    jobid: 0
    resources: tmpdir=<TBD>
"""
HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


def leave(folder: Path, year: int, *, seconds: float, memory: str, logged: int | None) -> None:
    """A benchmark and a log as a finished job leaves them."""
    bench = folder / f"benchmarks/rules/inventory/{year}.tsv"
    bench.parent.mkdir(parents=True, exist_ok=True)
    row = f"{seconds}\t0:00:01\t{memory}\t0\t0\t0\t0\t0\t0\t0\n"
    bench.write_text(HEADER + row, encoding="utf-8")
    log = folder / f"logs/inventory/{year}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    end = "" if logged is None else f"; peak memory {logged} MB"
    log.write_text(f"INFO scenair: inventory {year} is done{end}\n", encoding="utf-8")


def verdict(folder: Path, **options: float) -> str:
    requests = resources.parse_requests(DRY_RUN)
    return str(resources.compare(requests, folder=folder, **options)["verdict"].iloc[0])


def test_requests_are_read_and_aliases_left_out() -> None:
    requests = resources.parse_requests(DRY_RUN)
    assert [r.rule for r in requests] == ["inventory", "inventory"]
    assert requests[0].memory_mb == 1000
    assert requests[0].runtime_s == 600
    assert requests[0].log == "logs/inventory/2017.log"


@pytest.mark.parametrize("lost", ["mem_mb=1000", "runtime=10"])
def test_a_rule_that_asks_for_nothing_is_an_error(lost: str) -> None:
    with pytest.raises(InputError, match="rule inventory"):
        resources.parse_requests(DRY_RUN.replace(lost, "x=1"))


@pytest.mark.parametrize(
    ("seconds", "memory", "logged", "expected"),
    [
        (20.0, "600", None, "fits"),
        (20.0, "100", 600, "fits"),  # the log knows the peak that the benchmark missed
        (20.0, "-", 600, "fits"),
        (20.0, "400", None, "too much"),
        (20.0, "1001", None, "too little"),
        (601.0, "600", None, "too little"),
        (20.0, "900", 1100, "too little"),
    ],
)
def test_verdicts(
    tmp_path: Path, seconds: float, memory: str, logged: int | None, expected: str
) -> None:
    leave(tmp_path, 2017, seconds=seconds, memory=memory, logged=logged)
    assert verdict(tmp_path) == expected


def test_the_largest_job_of_a_rule_decides(tmp_path: Path) -> None:
    leave(tmp_path, 2016, seconds=1, memory="100", logged=None)
    leave(tmp_path, 2017, seconds=1, memory="700", logged=None)
    frame = resources.compare(resources.parse_requests(DRY_RUN), folder=tmp_path)
    assert frame["jobs"].tolist() == [2]
    assert frame["used_mb"].tolist() == [700]
    assert frame["verdict"].tolist() == ["fits"]


def test_small_requests_are_never_too_much(tmp_path: Path) -> None:
    leave(tmp_path, 2017, seconds=0.1, memory="5", logged=None)
    small = DRY_RUN.replace("mem_mb=1000", "mem_mb=600")
    frame = resources.compare(resources.parse_requests(small), folder=tmp_path)
    assert frame["verdict"].tolist() == ["fits"]


def test_a_rule_that_did_not_run_says_so(tmp_path: Path) -> None:
    assert verdict(tmp_path) == "not run"


def test_a_damaged_benchmark_is_named(tmp_path: Path) -> None:
    leave(tmp_path, 2017, seconds=1, memory="100", logged=None)
    file = tmp_path / "benchmarks/rules/inventory/2017.tsv"
    file.write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="not a benchmark"):
        verdict(tmp_path)


def test_the_command_fails_on_a_wrong_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(resources, "dry_run", lambda *_, **__: DRY_RUN)
    leave(tmp_path, 2017, seconds=1, memory="600", logged=None)
    arguments = ["--directory", str(tmp_path), "results/2030/peak"]
    assert resources.main(arguments) == 0
    assert "fits" in capsys.readouterr().out
    leave(tmp_path, 2017, seconds=1, memory="200", logged=None)
    assert resources.main(arguments) == 1
    assert "too much" in capsys.readouterr().out
    (tmp_path / "benchmarks/rules/inventory/2017.tsv").unlink()
    assert resources.main(arguments) == 1  # nothing measured is no pass


def test_peak_memory_grows_with_what_is_held() -> None:
    before = peak_memory_mb()
    held = np.ones(12_000_000)
    assert peak_memory_mb() >= before
    assert peak_memory_mb() > held.nbytes / 2**20
    assert before > 10


def test_chunks_by_hand() -> None:
    hours = {"time": 8760, "y": 100, "x": 100}
    assert bounded_chunks(hours, along="time", limit=4_000_000) == {"time": 100, "y": 100, "x": 100}
    assert bounded_chunks({"time": 10, "x": 5}, along="time") == {"time": 10, "x": 5}
    days = bounded_chunks(hours, along="time", limit=4_000_000, multiple=24)
    assert days == {"time": 96, "y": 100, "x": 100}
    assert bounded_chunks({"time": 10}, along="time", limit=20, multiple=24) == {"time": 5}
    wide = bounded_chunks({"time": 10, "y": 1000, "x": 4000}, along="time", limit=4_000_000)
    assert wide == {"time": 1, "y": 1000, "x": 1000}


@given(
    time=st.integers(1, 10_000),
    y=st.integers(1, 5_000),
    x=st.integers(1, 5_000),
    itemsize=st.sampled_from([4, 8]),
    limit=st.integers(8, 10**8),
)
def test_chunks_never_exceed_the_limit(
    time: int, y: int, x: int, itemsize: int, limit: int
) -> None:
    sizes = {"time": time, "y": y, "x": x}
    chunks = bounded_chunks(sizes, along="time", itemsize=itemsize, limit=limit)
    assert np.prod(list(chunks.values()), dtype=object) * itemsize <= limit
    assert all(1 <= chunks[name] <= sizes[name] for name in sizes)


def test_impossible_chunks_are_refused() -> None:
    with pytest.raises(ValueError, match="no dimension"):
        bounded_chunks({"x": 1}, along="time")
    with pytest.raises(ValueError, match="limit"):
        bounded_chunks({"time": 1}, along="time", limit=1)
