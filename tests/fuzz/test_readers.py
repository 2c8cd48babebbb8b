"""Any bytes in: a value or one message. Every reader of the core, on what users may bring."""

from __future__ import annotations

import contextlib
import gzip
import multiprocessing
import random
import string
import tracemalloc
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import netCDF4
import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenair.config import load_config, load_scenarios
from scenair.core.errors import ConfigError, InputError, ScenairError
from scenair.core.io import safe
from scenair.core.io.netcdf import open_netcdf, write_netcdf
from scenair.core.io.tables import read_csv, read_table

if TYPE_CHECKING:
    from collections.abc import Callable

REPO = Path(__file__).resolve().parents[2]
SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
HEADER = "adcode,value,unit,source,doi,tag,note\n"
TABLE = HEADER + "110000,1.5,Mg yr-1,Someone (2018),10.1/x,published,\n" * 20


def mangle(data: bytes, seed: int) -> bytes:
    """Some bytes changed, inserted, removed, or the end cut off."""
    rng = random.Random(seed)
    out = bytearray(data)
    for _ in range(rng.choice([1, 1, 3, 20])):
        place = rng.randrange(len(out))
        match rng.randrange(4):
            case 0:
                out[place] = rng.randrange(256)
            case 1:
                out[place:place] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 9)))
            case 2:
                del out[place : place + rng.randrange(1, 40)]
            case 3 if rng.random() < 0.2:
                del out[place:]
        if not out:
            return b"\0"
    return bytes(out)


# -- tables --------------------------------------------------------------------------------

TABLE_READERS: list[Callable[[Path], object]] = [
    read_table,
    lambda path: read_table(path, dtype={"adcode": "int32"}),
    lambda path: read_csv(path, columns=("adcode", "value")),
    lambda path: read_csv(path, columns=("adcode",), dtype={"adcode": "int32", "value": "float64"}),
]


@SAME_FOLDER
@given(
    data=st.binary(max_size=300) | st.text(string.printable + "，。省\0").map(str.encode),
    suffix=st.sampled_from([".csv", ".csv.gz"]),
)
def test_any_bytes_are_a_table_or_one_message(tmp_path: Path, data: bytes, suffix: str) -> None:
    file = tmp_path / f"any{suffix}"
    file.write_bytes(data)
    for reader in TABLE_READERS:
        with contextlib.suppress(ScenairError):
            reader(file)


@SAME_FOLDER
@given(seed=st.integers(0, 2**32), suffix=st.sampled_from([".csv", ".csv.gz"]))
def test_a_damaged_table_is_read_or_told(tmp_path: Path, seed: int, suffix: str) -> None:
    data = TABLE.encode()
    file = tmp_path / f"damaged{suffix}"
    file.write_bytes(mangle(gzip.compress(data) if suffix.endswith("gz") else data, seed))
    for reader in TABLE_READERS:
        with contextlib.suppress(ScenairError):
            reader(file)


def test_a_gzip_bomb_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenair.core.io.tables.MAX_TABLE_BYTES", 1_000_000)
    file = tmp_path / "bomb.csv.gz"
    file.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 10_000_000))
    assert file.stat().st_size < 100_000
    tracemalloc.start()
    with pytest.raises(InputError, match="unpacks to more"):
        read_csv(file, columns=("a",))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000_000


def test_a_truncated_gzip_is_told(tmp_path: Path) -> None:
    file = tmp_path / "cut.csv.gz"
    file.write_bytes(gzip.compress(TABLE.encode() * 50)[:-20])
    with pytest.raises(InputError, match="not a readable"):
        read_table(file)


def test_a_number_that_is_none_is_told(tmp_path: Path) -> None:
    file = tmp_path / "words.csv"
    file.write_text("adcode,value\nBeijing,1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"words\.csv"):
        read_csv(file, columns=("adcode",), dtype={"adcode": "int32"})


def test_a_table_is_text_and_nothing_in_it_runs(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    cell = f"=cmd|'touch {mark}'!A0"
    file = tmp_path / "formula.csv"
    file.write_text(f"adcode,value\n1,\"{cell}\"\n2,__import__('os').abort()\n", encoding="utf-8")
    frame = read_csv(file, columns=("adcode", "value"))
    assert frame["value"].iloc[0] == cell
    assert not mark.exists()


# -- netCDF --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A sound file as a stage writes it."""
    file = tmp_path_factory.mktemp("sound") / "a.nc"
    data = xr.Dataset(
        {"emission": (("city", "sector"), np.arange(60.0).reshape(20, 3), {"units": "Mg yr-1"})},
        coords={"city": np.arange(20, dtype="i4"), "sector": np.array(["a", "b", "ccc"])},
    )
    write_netcdf(data, file, title="test")
    return file.read_bytes()


def _read_damaged(sound: bytes, folder: Path, seeds: range, done: Path) -> None:
    """Reads damaged copies, and notes each seed when it was read or told."""
    warnings.simplefilter("ignore")
    with done.open("a", encoding="utf-8") as notes:
        for seed in seeds:
            file = folder / "damaged.nc"
            file.write_bytes(mangle(sound, seed))
            with contextlib.suppress(ScenairError):
                open_netcdf(file, variables={"emission": "Mg yr-1"})
            notes.write(f"{seed}\n")
            notes.flush()


def test_a_damaged_netcdf_is_read_or_told(tmp_path: Path, sound: bytes) -> None:
    """In a process of its own: HDF5 itself crashes on a few damaged headers.

    Such a crash ends a job without a file under a final name; any exception but ours is a defect.
    """
    done, first, last, crashes = tmp_path / "done", 0, 150, 0
    done.touch()
    while first < last:
        child = multiprocessing.get_context("fork").Process(
            target=_read_damaged, args=(sound, tmp_path, range(first, last), done)
        )
        child.start()
        child.join(timeout=120)
        notes = done.read_text(encoding="utf-8").split()
        assert child.exitcode is not None
        assert child.exitcode <= 0, f"an exception of another class at seed {len(notes)}"
        crashes += child.exitcode < 0
        first = (int(notes[-1]) if notes else first - 1) + 1 + (child.exitcode < 0)
    assert crashes <= 5


@SAME_FOLDER
@given(keep=st.floats(0, 0.999))
def test_a_truncated_netcdf_never_passes(tmp_path: Path, sound: bytes, keep: float) -> None:
    file = tmp_path / "cut.nc"
    file.write_bytes(sound[: int(len(sound) * keep)])
    with pytest.raises(InputError):
        open_netcdf(file, variables={"emission": "Mg yr-1"})


def test_a_header_that_declares_terabytes_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "huge.nc"
    with netCDF4.Dataset(file, "w") as ds:
        ds.createDimension("x", 400_000_000_000)
        ds.createVariable("v", "f8", ("x",), chunksizes=(1_000_000,))
    assert file.stat().st_size < 100_000
    with pytest.raises(InputError, match="more than is read at once"):
        open_netcdf(file)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scale_factor", "abc"),
        ("add_offset", "1"),
        ("scale_factor", np.array([1.0, 2.0])),
        ("units", "days since yesterday"),
        ("units", "seconds since 1-1-1 99:99"),
        ("coordinates", "nope ../x"),
        ("calendar", "martian"),
    ],
)
def test_attributes_that_steer_the_decoding(tmp_path: Path, name: str, value: object) -> None:
    file = tmp_path / "attribute.nc"
    with netCDF4.Dataset(file, "w") as ds:
        ds.createDimension("x", 3)
        variable = ds.createVariable("v", "f8", ("x",))
        variable[:] = [1, 2, 3]
        variable.setncattr(name, value)
    with contextlib.suppress(ScenairError):
        open_netcdf(file, variables=("v",))


def test_text_and_folders_are_no_netcdf(tmp_path: Path) -> None:
    (tmp_path / "x.nc").write_text("https://example.org/x.nc")
    for path in (tmp_path / "x.nc", tmp_path, "https://example.org/x.nc"):
        with pytest.raises(InputError):
            open_netcdf(path)


# -- configuration -------------------------------------------------------------------------

FOLDER = REPO / "config"


@SAME_FOLDER
@given(seed=st.integers(0, 2**32))
def test_a_damaged_case_is_read_or_told(tmp_path: Path, seed: int) -> None:
    file = tmp_path / "case.yaml"
    file.write_bytes(mangle((FOLDER / "cases" / "bth.yaml").read_bytes(), seed))
    with contextlib.suppress(ScenairError):
        load_config({"case": str(file)}, folder=FOLDER)


@SAME_FOLDER
@given(seed=st.integers(0, 2**32))
def test_a_damaged_scenario_is_read_or_told(tmp_path: Path, seed: int) -> None:
    for source in (FOLDER / "scenarios").glob("*.yaml"):
        data = source.read_bytes()
        damaged = source.stem == "peak"
        (tmp_path / source.name).write_bytes(mangle(data, seed) if damaged else data)
    with contextlib.suppress(ScenairError):
        load_scenarios(tmp_path)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
SECTIONS = ("case", "inventory", "projection", "gridding", "cmaq", "surrogate", "attainment")


@SAME_FOLDER
@given(given_values=st.dictionaries(st.sampled_from(SECTIONS) | st.text(max_size=5), VALUES))
def test_any_configuration_is_valid_or_one_message(given_values: dict[str, object]) -> None:
    case = given_values.pop("case", {})
    raw = {"case": "bth"} | given_values
    with contextlib.suppress(ScenairError):
        load_config(raw, folder=FOLDER)
    with contextlib.suppress(ScenairError):
        load_config({"case": case}, folder=FOLDER)


@pytest.mark.parametrize("name", ["../../etc/passwd", "bth\0", "/etc", "..", ""])
def test_a_case_is_a_name_or_a_yaml_file(name: str) -> None:
    with pytest.raises(ConfigError):
        load_config({"case": name}, folder=FOLDER)


def test_a_case_that_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    with pytest.raises(ConfigError, match="not a regular file"):
        load_config({"case": str(tmp_path / "zero.yaml")}, folder=FOLDER)


def test_a_case_larger_than_a_text_for_people_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "large.yaml"
    file.write_bytes(b"#" * (safe.MAX_YAML_BYTES + 1))
    with pytest.raises(ConfigError, match="larger"):
        load_config({"case": str(file)}, folder=FOLDER)
