"""Fixtures that all tests share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from scenair.core.io import tables

if TYPE_CHECKING:
    from collections.abc import Iterator

REPO = Path(__file__).resolve().parents[1]

settings.register_profile("house", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("house")


@pytest.fixture(scope="session")
def repo() -> Path:
    """The repository's root."""
    return REPO


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder of development data; tests that use it are marked ``realdata``."""
    folder = Path(os.environ.get("SCENAIR_REALDATA", REPO.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("development data are absent (set SCENAIR_REALDATA to their folder)")
    return folder


@pytest.fixture(autouse=True, scope="module")
def fresh_ledger() -> Iterator[None]:
    """Tables that one file of tests reads are not those of the next: a job is its own process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "_read", {})
        yield
