"""The commands that belong to no stage, and what the command line says of itself."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from scenair.cli import main
from scenair.cli.parser import build_parser

if TYPE_CHECKING:
    from pathlib import Path


def test_help_has_examples_and_the_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    said = capsys.readouterr().out
    assert "scenair verify results/2030/peak" in said
    assert "exit status: 0" in said
    for name in ("verify", "crate", "unpack", "cmaq"):
        assert name in said


def test_every_command_names_a_function_that_is_there() -> None:
    import argparse
    from importlib import import_module

    def leaves(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
        groups = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
        below = [leaf for g in groups for p in g.choices.values() for leaf in leaves(p)]
        return below if groups else [parser]

    found = leaves(build_parser())
    assert len(found) > 5
    for parser in found:
        closed = [cell.cell_contents for cell in parser.get_default("run").__closure__]
        module = next(word for word in closed if word.startswith("scenair."))
        assert any(callable(getattr(import_module(module), w, None)) for w in closed), parser.prog


def test_an_archive_is_unpacked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr("in/b.txt", "text")
    assert main(["unpack", str(archive), str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / "out" / "in" / "b.txt")]
    # once more: nothing is ever written over
    assert main(["unpack", str(archive), str(tmp_path / "out")]) == 2
    assert "exists" in capsys.readouterr().err


def test_an_archive_that_leaves_its_folder_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr("../b.txt", "text")
    assert main(["unpack", str(archive), str(tmp_path / "out")]) == 2
    assert "leaves its folder" in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip"]
    small = tmp_path / "small.zip"
    with zipfile.ZipFile(small, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("b.txt", bytes(10_000))
    assert main(["unpack", str(small), str(tmp_path / "o"), "--most-gb", "1e-6"]) == 2
    assert "more than is allowed" in capsys.readouterr().err
