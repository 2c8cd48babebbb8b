"""Files that the configuration names are looked for before the first job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scenair.config import load_config
from scenair.config.base import Section
from scenair.config.files import NAMED, require_files
from scenair.config.load import Config
from scenair.config.reference import all_comments
from scenair.core.errors import ConfigError
from scenair.core.io.paths import resources

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = resources().parent / "config"


def test_the_shipped_cases_have_their_files(tmp_path: Path) -> None:
    for case in ("china-open", "bth"):
        config = load_config({"case": case}, folder=FOLDER)
        require_files(config, resources=resources(), folder=tmp_path)


def test_every_key_that_takes_a_path_is_looked_at() -> None:
    whole = Config()
    for section in Config.model_fields:
        model = type(getattr(whole, section))
        if not issubclass(model, Section):
            continue
        words = all_comments(model)
        for key, spec in model.model_fields.items():
            table = isinstance(spec.default, str) and spec.default.endswith((".csv", ".csv.gz"))
            said = words.get(key, "")
            named = table or "working directory" in said or "in resources/" in said
            assert not named or (section, key) in NAMED, f"{section}.{key}"
    for section, key in NAMED:
        assert hasattr(getattr(whole, section), key)


def test_all_missing_files_are_told_at_once(tmp_path: Path) -> None:
    raw = {
        "case": "bth",
        "inventory": {"own_inventory": "mine.csv", "gridded_inventory": ["meic/*.nc"]},
        "attainment": {"monitors": "monitors.csv"},
        "surrogate": {"anchor": "results/anchor.nc"},
    }
    config = load_config(raw, folder=FOLDER)
    with pytest.raises(ConfigError) as told:
        require_files(config, resources=resources(), folder=tmp_path)
    said = str(told.value)
    assert f"inventory.own_inventory: mine.csv (looked in {tmp_path})" in said
    assert "inventory.gridded_inventory: meic/*.nc" in said
    assert f"attainment.monitors: monitors.csv (looked in {tmp_path} and {resources()})" in said
    assert "anchor" not in said
    (tmp_path / "mine.csv").touch()
    (tmp_path / "monitors.csv").touch()
    (tmp_path / "meic").mkdir()
    (tmp_path / "meic" / "2017.nc").touch()
    require_files(config, resources=resources(), folder=tmp_path)
