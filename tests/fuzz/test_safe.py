"""What comes from outside is data: paths, YAML and archives that mean harm."""

from __future__ import annotations

import contextlib
import io
import stat
import string
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from scenair.core.errors import InputError
from scenair.core.io import safe

# -- paths ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["../x", "a/../../x", "/etc/passwd", "a/../../../etc/passwd", "..", "a\0b"]
)
def test_a_path_that_leaves_its_folder_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(InputError):
        safe.contained(path, folder=tmp_path)


def test_a_link_that_leaves_its_folder_is_refused(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link").symlink_to(tmp_path)
    with pytest.raises(InputError, match="leaves its folder"):
        safe.contained("link/x.csv", folder=inside)


def test_a_link_onto_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError):
        safe.contained("loop/x", folder=tmp_path)


def test_a_path_inside_is_taken_with_its_links_resolved(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "link").symlink_to("b")
    found = safe.contained("./link/../link/x.csv", folder=tmp_path)
    assert found == (tmp_path / "b" / "x.csv").resolve()
    assert safe.contained(tmp_path / "b", folder=tmp_path) == (tmp_path / "b").resolve()


@given(st.lists(st.sampled_from(["..", ".", "a", "b", "", "/", "~", "...", " "]), max_size=8))
def test_what_is_returned_always_lies_inside(parts: list[str]) -> None:
    base = Path("/nowhere/base")
    try:
        found = safe.contained("/".join(parts), folder=base)
    except InputError:
        return
    assert found.is_relative_to(base)


def test_sizes_are_bounded(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"12345")
    assert safe.require_size(file, maximum=5) == file
    with pytest.raises(InputError, match="larger"):
        safe.require_size(file, maximum=4)
    with pytest.raises(InputError, match="not a regular file"):
        safe.require_size(tmp_path, maximum=10**9)
    with pytest.raises(InputError, match="not a regular file"):
        safe.require_size("/dev/zero", maximum=10**9)
    with pytest.raises(InputError, match="not found"):
        safe.require_size(tmp_path / "none", maximum=5)


# -- YAML ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['touch {mark}']",
        "x: !!python/name:os.system",
        "x: !!python/object/new:subprocess.Popen [['touch', '{mark}']]",
        "x: !include /etc/passwd",
    ],
)
def test_yaml_never_builds_objects(tmp_path: Path, text: str) -> None:
    mark = tmp_path / "mark"
    with pytest.raises(InputError, match="not valid YAML"):
        safe.load_yaml(text.replace("{mark}", str(mark)), where="test")
    assert not mark.exists()


def test_an_alias_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    with pytest.raises(InputError, match="aliases expand"):
        safe.load_yaml("\n".join(lines), where="test")


@pytest.mark.parametrize("text", ["&a [*a]", "&a {k: *a}", "[" * 5000, "{a: " * 5000])
def test_yaml_that_never_ends_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        safe.load_yaml(text, where="test")


@pytest.mark.parametrize("text", ["a: 2001-99-99", "a: {b: 1, b: 2}", "a: 1\na: 2", "a: [", "\t:"])
def test_wrong_yaml_is_an_input_error(text: str) -> None:
    with pytest.raises(InputError, match="not valid YAML"):
        safe.load_yaml(text, where="test")


def test_a_key_given_twice_is_named() -> None:
    with pytest.raises(InputError, match="'horizon' is given twice"):
        safe.load_yaml("case:\n  horizon: 2030\n  horizon: 2035\n", where="test")


def test_merge_keys_still_work() -> None:
    data = safe.load_yaml("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\n", where="test")
    assert data["b"] == {"x": 1, "y": 3}


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(string.printable),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(string.ascii_letters), inner),
    max_leaves=20,
)


@given(PLAIN)
def test_plain_values_survive(value: object) -> None:
    assert safe.load_yaml(yaml.safe_dump(value), where="test") == value


@given(st.text() | st.binary().map(lambda b: b.decode("utf-8", errors="replace")))
def test_any_text_is_plain_values_or_one_message(text: str) -> None:
    with contextlib.suppress(InputError):
        value = safe.load_yaml(text, where="test")
        assert type(value).__module__ in {"builtins", "datetime"}


# -- archives ------------------------------------------------------------------------------


def _tar(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as bundle:
        for info, content in members:
            info.size = len(content) if info.isreg() else 0
            bundle.addfile(info, io.BytesIO(content))
    return path


def _info(name: str, *, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
def test_an_archive_is_unpacked(tmp_path: Path, suffix: str) -> None:
    archive = tmp_path / f"a{suffix}"
    if suffix == ".zip":
        with zipfile.ZipFile(archive, "w") as bundle:
            bundle.writestr("d/x.csv", "1")
            bundle.writestr("y.csv", "2")
    else:
        _tar(archive, (_info("d", kind=tarfile.DIRTYPE), b""), (_info("d/x.csv"), b"1"),
             (_info("y.csv"), b"2"))  # fmt: skip
    files = safe.extract_archive(archive, tmp_path / "out")
    assert [f.relative_to(tmp_path / "out").as_posix() for f in files] == ["d/x.csv", "y.csv"]
    assert files[0].read_text() == "1"


@pytest.mark.parametrize(
    "member",
    [
        _info("../evil"),
        _info("/evil"),
        _info("a/../../evil"),
        _info("link", kind=tarfile.SYMTYPE, link="/etc/passwd"),
        _info("hard", kind=tarfile.LNKTYPE, link="/etc/passwd"),
        _info("pipe", kind=tarfile.FIFOTYPE),
        _info("device", kind=tarfile.CHRTYPE),
    ],
    ids=lambda m: m.name.replace("/", "_"),
)
def test_a_harmful_tar_member_leaves_nothing(tmp_path: Path, member: tarfile.TarInfo) -> None:
    archive = _tar(tmp_path / "a.tar.gz", (_info("good"), b"1"), (member, b"x"))
    with pytest.raises(InputError):
        safe.extract_archive(archive, tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tar.gz"]


def test_a_zip_with_a_link_or_a_way_out_is_refused(tmp_path: Path) -> None:
    for name, mode in (("link", stat.S_IFLNK | 0o777), ("../evil", stat.S_IFREG | 0o644)):
        archive = tmp_path / "a.zip"
        with zipfile.ZipFile(archive, "w") as bundle:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            bundle.writestr(info, "/etc/passwd")
        with pytest.raises(InputError):
            safe.extract_archive(archive, tmp_path / "out")
        assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip"]


def test_a_bomb_is_stopped_by_what_it_unpacks_to(tmp_path: Path) -> None:
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("zeros", bytes(20_000_000))
    assert archive.stat().st_size < 100_000
    with pytest.raises(InputError, match="more than is allowed"):
        safe.extract_archive(archive, tmp_path / "out", maximum_bytes=1_000_000)
    assert not (tmp_path / "out").exists()


def test_too_many_members_and_a_member_twice(tmp_path: Path) -> None:
    archive = _tar(tmp_path / "a.tar.gz", *((_info(f"f{i}"), b"") for i in range(5)))
    with pytest.raises(InputError, match="too many members"):
        safe.extract_archive(archive, tmp_path / "out", maximum_members=4)
    twice = _tar(tmp_path / "b.tar.gz", (_info("x"), b"1"), (_info("./x"), b"2"))
    with pytest.raises(InputError, match="given twice"):
        safe.extract_archive(twice, tmp_path / "out")


def test_an_existing_folder_is_never_touched(tmp_path: Path) -> None:
    archive = _tar(tmp_path / "a.tar.gz", (_info("x"), b"1"))
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match="exists"):
        safe.extract_archive(archive, tmp_path / "out")


@given(st.binary(max_size=2000))
def test_any_bytes_are_no_archive(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "a").write_bytes(data)
    try:
        safe.extract_archive(folder / "a", folder / "out")
    except InputError:
        assert not (folder / "out").exists()


@given(cut=st.integers(1, 400), flip=st.integers(0, 10_000))
def test_a_damaged_archive_unpacks_whole_or_not_at_all(
    tmp_path_factory: pytest.TempPathFactory, cut: int, flip: int
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    content = b"some,content\n" * 50
    data = bytearray(_tar(folder / "a.tar.gz", (_info("x"), content)).read_bytes())
    data[flip % len(data)] ^= 0xFF
    (folder / "a.tar.gz").write_bytes(data[:-cut] or b"x")
    try:
        safe.extract_archive(folder / "a.tar.gz", folder / "out")
    except InputError:
        assert not (folder / "out").exists()
