"""The printed table of malformed files says what the tests assert."""

from __future__ import annotations

import importlib
import sys

import pytest


@pytest.fixture
def malformed(repo, monkeypatch):
    monkeypatch.syspath_prepend(str(repo / "benchmarks"))
    yield importlib.import_module("malformed")
    for name in ("malformed", "single_thread"):
        sys.modules.pop(name, None)


def test_every_case_that_a_file_can_show_is_caught(malformed):
    missed = []
    for effect, label, check, code in malformed.several():
        caught, _ = malformed.verdict(check, code)
        if caught == "not caught":
            missed.append((effect, label))
    assert missed == [
        ("silent", "local time labelled as UTC"),
        ("silent", "3-D file with other VGLVLS"),
    ]


def test_a_truncated_file_is_refused_in_words(malformed):
    table = {label: (check, code) for _, label, check, code in malformed.several()}
    caught, message = malformed.verdict(*table["file cut off"])
    assert caught == "refused"
    assert "zeros" in message
