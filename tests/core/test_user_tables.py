"""One reader of the tables that users bring."""

from __future__ import annotations

import contextlib
import gzip
import zipfile
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenair.core.errors import InputError
from scenair.core.io.user_tables import WESTERN, read_user_table
from tests.fuzz.test_readers import mangle

if TYPE_CHECKING:
    from pathlib import Path

SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
TEXT = "name,value\n唐山市,1.5\n北京市,\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("packed", [False, True])
def test_encodings_plain_and_gzipped(tmp_path: Path, encoding: str, packed: bool) -> None:
    data = TEXT.encode(encoding)
    path = tmp_path / ("t.csv.gz" if packed else "t.csv")
    path.write_bytes(gzip.compress(data) if packed else data)
    frame = read_user_table(path)
    assert list(frame.columns) == ["name", "value"]
    assert frame["name"].tolist() == ["唐山市", "北京市"]
    assert frame["value"].isna().tolist() == [False, True]


def test_western_encoding(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("region,value\nCôte d'Ivoire,1\n".encode("latin-1"))
    assert read_user_table(path, encodings=WESTERN)["region"].iloc[0] == "Côte d'Ivoire"


def test_missing_codes_and_columns_of_text(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("code,value\n0110,-999\n0120,3\n", encoding="utf-8")
    frame = read_user_table(path, missing=("-999",), text=("code",))
    assert frame["code"].tolist() == ["0110", "0120"]
    assert frame["value"].isna().tolist() == [True, False]


def test_a_sheet_of_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"a": [1]}).to_excel(book, sheet_name="first", index=False)
        pd.DataFrame({"b": ["2"]}).to_excel(book, sheet_name="second", index=False)
    assert list(read_user_table(path).columns) == ["a"]
    assert list(read_user_table(path, sheet="second").columns) == ["b"]
    with pytest.raises(InputError, match="sheet third"):
        read_user_table(path, sheet="third")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("t.csv", b"", "not a readable table"),
        ("t.csv", b"a,b\n", "without rows"),
        ("t.csv", b"a,b\n1,2,3\n4\n5,6,7,8\n", "not a readable table"),
        ("t.csv.gz", b"a,b\n1,2\n", "not a readable table"),
        ("t.csv.gz", gzip.compress(b"a,b\n1,2\n" * 50)[:-9], "not a readable table"),
        ("t.xlsx", b"a,b\n1,2\n", "not a readable Excel workbook"),
        ("t.xls", b"\xd0\xcf\x11\xe0", "before 2007"),
    ],
)
def test_what_is_no_table_is_told(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError, match=words) as told:
        read_user_table(path)
    assert str(path) in str(told.value)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="file not found"):
        read_user_table(tmp_path / "no.csv")
    with pytest.raises(InputError, match="not a regular file"):
        read_user_table(tmp_path)


def test_sizes_are_bounded_packed_and_unpacked(tmp_path: Path) -> None:
    long = b"a\n" + b"1\n" * 100_000
    plain, packed, book = (tmp_path / f"t{s}" for s in (".csv", ".csv.gz", ".xlsx"))
    plain.write_bytes(long)
    packed.write_bytes(gzip.compress(long))
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("xl/worksheets/sheet1.xml", bytes(200_000))
    for path in (plain, packed, book):
        with pytest.raises(InputError, match="larger|more than this reader takes"):
            read_user_table(path, maximum=50_000)


@SAME_FOLDER
@given(data=st.binary(max_size=300), suffix=st.sampled_from([".csv", ".csv.gz", ".xlsx"]))
def test_any_bytes_are_a_table_or_one_message(tmp_path: Path, data: bytes, suffix: str) -> None:
    path = tmp_path / f"t{suffix}"
    path.write_bytes(data)
    with contextlib.suppress(InputError):
        assert len(read_user_table(path)) > 0


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_damaged_workbook_is_read_or_told(tmp_path: Path) -> None:
    sound = tmp_path / "sound.xlsx"
    pd.DataFrame({"adcode": [110000, 120000], "value": [1.5, 2.5]}).to_excel(sound, index=False)
    path = tmp_path / "t.xlsx"
    told = 0
    for seed in range(60):
        path.write_bytes(mangle(sound.read_bytes(), seed))
        try:
            read_user_table(path)
        except InputError:
            told += 1
    assert told > 10
