"""Files appear whole or not at all, and a refusing disk is told in words."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from scenair.core.audit.session import job
from scenair.core.errors import InputError, ScenairError, StorageError
from scenair.core.io import atomic

if TYPE_CHECKING:
    from pathlib import Path


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "x.txt"
    atomic.write_text("old", target)
    with pytest.raises(ZeroDivisionError), atomic.atomic_path(target) as part:
        part.write_text("half")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert names(tmp_path) == ["x.txt"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only"),
    ],
)
def test_a_refusing_disk_is_told_in_words(tmp_path: Path, code: int, words: str) -> None:
    target = tmp_path / "x.txt"
    with pytest.raises(StorageError, match=words) as caught, atomic.atomic_path(target):
        raise OSError(code, os.strerror(code))
    assert str(target) in str(caught.value)
    assert isinstance(caught.value, ScenairError)
    assert names(tmp_path) == []


def test_a_library_that_hides_the_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HDF5 says only "HDF error"; the free space says why."""
    usage = type("usage", (), {"free": 1000})
    monkeypatch.setattr(atomic.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(StorageError, match="disk is full"), atomic.atomic_path(tmp_path / "x.nc"):
        raise RuntimeError("NetCDF: HDF error")


def test_another_errors_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), atomic.atomic_path(tmp_path / "x"):
        raise PermissionError(errno.EACCES, "denied", "/elsewhere/input.csv")
    with pytest.raises(RuntimeError, match="other"), atomic.atomic_path(tmp_path / "x"):
        raise RuntimeError("other")
    with pytest.raises(StorageError, match="permission"), atomic.atomic_path(tmp_path / "x"):
        raise PermissionError(errno.EACCES, "denied", str(tmp_path / "x"))


def test_two_processes_never_write_the_same_part(tmp_path: Path) -> None:
    """An orphan of a killed run finishes its own file; the next run's is not touched by it."""
    code = (
        "import sys; from scenair.core.io.atomic import atomic_path\n"
        "with atomic_path(sys.argv[1]) as part:\n"
        "    part.write_text('orphan'); print('ready', flush=True); sys.stdin.readline()\n"
    )
    target = tmp_path / "x.txt"
    command = [sys.executable, "-c", code, str(target)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as orphan:
        assert orphan.stdout is not None
        assert orphan.stdin is not None
        assert orphan.stdout.readline() == "ready\n"
        with atomic.atomic_path(target) as part:
            part.write_text("mine, unfinished")
            orphan.stdin.write("go\n")
            orphan.stdin.flush()
            assert orphan.wait(timeout=30) == 0
            assert target.read_text() == "orphan"
            part.write_text("mine")
    assert target.read_text() == "mine"
    assert names(tmp_path) == ["x.txt"]


def test_what_a_dead_process_left_is_removed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    host = socket.gethostname()
    (tmp_path / f".x.txt.{host}-{gone.pid}.part").write_text("half")
    (tmp_path / ".x.txt.otherhost-1.part").write_text("perhaps alive")
    (tmp_path / f".y.txt.{host}-{gone.pid}.part").write_text("not mine")
    atomic.write_text("whole", tmp_path / "x.txt")
    assert names(tmp_path) == [".x.txt.otherhost-1.part", f".y.txt.{host}-{gone.pid}.part", "x.txt"]


class Script:
    """What Snakemake puts into a script's globals."""

    def __init__(self, *inputs: Path) -> None:
        self.input = [str(path) for path in inputs]


@pytest.mark.parametrize("touch", ["rewrite", "delete"])
def test_an_input_that_changes_while_the_job_runs_stops_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    touch: str,
) -> None:
    source = tmp_path / "in.csv"
    source.write_text("1")
    monkeypatch.setattr(sys.modules["__main__"], "snakemake", Script(source), raising=False)
    log = tmp_path / "job.log"
    with pytest.raises(SystemExit), job(log, name="test"):
        source.write_text("22") if touch == "rewrite" else source.unlink()
    said = capsys.readouterr().err
    assert "an input changed while the job ran" in said
    assert str(source) in said
    assert "an input changed" in log.read_text()


def test_an_unchanged_input_is_no_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "in.csv"
    source.write_text("1")
    monkeypatch.setattr(sys.modules["__main__"], "snakemake", Script(source), raising=False)
    with job(tmp_path / "job.log", name="test"):
        assert source.read_text() == "1"
    assert "is done; peak memory" in (tmp_path / "job.log").read_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not valid JSON"),
        ("[" * 200_000, "not valid JSON"),
        ("[1]", "missing everything"),
        ('{"a": 1}', "missing b"),
    ],
)
def test_a_json_file_that_is_not_what_is_asked(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words) as told:
        atomic.read_json_object(path, keys=("a", "b"))
    assert str(path) in str(told.value)


def test_a_json_object_comes_back(tmp_path: Path) -> None:
    data = {"a": [1.5, None, "唐山"], "b": {"c": True}}
    atomic.write_json(data, tmp_path / "x.json")
    assert atomic.read_json_object(tmp_path / "x.json", keys=("a",)) == data
    for nothing in (tmp_path, tmp_path / "y.json"):
        with pytest.raises(InputError):
            atomic.read_json(nothing)
