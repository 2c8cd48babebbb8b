"""Cited tables and CSV files under bad input."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from scenair.core.errors import InputError, UnitsError
from scenair.core.io.paths import resources
from scenair.core.io.tables import PROVENANCE, TAGS, read_csv, read_table, tables_read, write_csv
from scenair.core.units import conversion

GOOD = (
    "key,value,unit,source,doi,tag,note\na,1.5,m,someone,,published,\nb,2,m,someone,,assumed,why\n"
)


def put(folder: Path, text: str | bytes) -> Path:
    path = folder / "t.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_good_table(tmp_path: Path) -> None:
    frame = read_table(put(tmp_path, GOOD))
    assert frame["value"].tolist() == [1.5, 2.0]
    assert str(tmp_path / "t.csv") in tables_read()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a readable"),
        ("key,value,unit,source,doi,tag,note\n", "without rows"),
        ("key,value\na,1\n", "lacks provenance"),
        (GOOD.replace("someone,,published", ",,published"), "no source"),
        (GOOD.replace("published", "guessed"), "unknown tag"),
        (GOOD.replace("1.5", ""), "no value"),
        (b"\xff\xfe\x00key", "not a readable"),
        (
            'key,value,unit,source,doi,tag,note\n"a,1,m,s,,published,\n',
            "not a readable|without rows",
        ),
    ],
)
def test_bad_tables_are_refused(tmp_path: Path, text: str | bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as info:
        read_table(put(tmp_path, text))
    assert "t.csv" in str(info.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="file not found"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(InputError, match="columns missing"):
        read_csv(put(tmp_path, GOOD), columns=("key", "adcode"))


def test_csv_round_trip(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"a": [0.1, 1 / 3], "b": pd.array([True, None], dtype="boolean"), "c": ["京", None]}
    )
    write_csv(frame, tmp_path / "x.csv")
    text = (tmp_path / "x.csv").read_text(encoding="utf-8")
    assert text == "a,b,c\n0.1,true,京\n0.3333333333333333,,\n"
    assert not list(tmp_path.glob(".*.part"))


def test_every_shipped_table_is_cited() -> None:
    paths = [
        p
        for p in resources().rglob("*.csv*")
        if p.name != "registry.csv" and "retrieved" not in p.parts
    ]
    assert paths
    for path in paths:
        frame = pd.read_csv(path, dtype=str)
        missing = set(PROVENANCE) - set(frame.columns)
        assert not missing, f"{path}: {missing}"
        assert set(frame["tag"]) <= set(TAGS), path


def test_units() -> None:
    assert conversion("Tg yr-1", "Mg yr-1") == 1e6
    assert conversion("tce", "GJ") == pytest.approx(29.3076)
    with pytest.raises(UnitsError, match="different dimension"):
        conversion("TJ", "Mg yr-1")
    with pytest.raises(UnitsError, match="unknown unit"):
        conversion("furlong", "m")
