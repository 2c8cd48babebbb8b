"""Downloads against a local server: whole, interrupted, wrong, moved."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from scenair.core.errors import InputError
from scenair.inventory.retrieve import download, registry, retrieve

DATA = bytes(range(256)) * 5000
SHA = hashlib.sha256(DATA).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serves DATA; the path says what goes wrong."""

    requests: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        Handler.requests.append((self.path, wanted))
        if self.path == "/gone":
            self.send_error(404)
            return
        data = b"something else" if self.path == "/wrong" else DATA
        start = 0
        if wanted and self.path != "/noresume":
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(data):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        rest = data[start:]
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        if self.path == "/breaks" and not wanted:
            rest = rest[:300_000]
            self.close_connection = True
        self.wfile.write(rest)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()


@pytest.fixture(autouse=True)
def _fresh() -> None:
    Handler.requests.clear()


def test_whole_file(server: str, tmp_path: Path) -> None:
    target = tmp_path / "deep" / "file.bin"
    download([f"{server}/ok"], target, sha256=SHA)
    assert target.read_bytes() == DATA
    assert [p.name for p in target.parent.iterdir()] == ["file.bin"]
    # a whole file is not fetched again
    download([f"{server}/ok"], target, sha256=SHA)
    assert len(Handler.requests) == 1


def test_goes_on_where_it_stopped(server: str, tmp_path: Path) -> None:
    target = tmp_path / "file.bin"
    with pytest.raises(InputError, match="go on where it stopped"):
        download([f"{server}/breaks"], target, sha256=SHA)
    assert not target.exists()
    part = tmp_path / ".file.bin.download"
    assert 0 < part.stat().st_size < len(DATA)
    have = part.stat().st_size
    download([f"{server}/breaks"], target, sha256=SHA)
    assert target.read_bytes() == DATA
    assert Handler.requests[-1] == ("/breaks", f"bytes={have}-")


def test_server_that_can_not_resume(server: str, tmp_path: Path) -> None:
    (tmp_path / ".file.bin.download").write_bytes(DATA[:1000])
    download([f"{server}/noresume"], tmp_path / "file.bin", sha256=SHA)
    assert (tmp_path / "file.bin").read_bytes() == DATA


def test_part_that_was_whole(server: str, tmp_path: Path) -> None:
    (tmp_path / ".file.bin.download").write_bytes(DATA)
    download([f"{server}/ok"], tmp_path / "file.bin", sha256=SHA)
    assert (tmp_path / "file.bin").read_bytes() == DATA


def test_wrong_checksum_leaves_nothing_and_keeps_the_old(server: str, tmp_path: Path) -> None:
    target = tmp_path / "file.bin"
    target.write_bytes(b"old")
    with pytest.raises(InputError, match="checksum"):
        download([f"{server}/wrong"], target, sha256=SHA)
    assert target.read_bytes() == b"old"
    assert not (tmp_path / ".file.bin.download").exists()


def test_mirror(server: str, tmp_path: Path) -> None:
    download([f"{server}/gone", f"{server}/wrong", f"{server}/ok"], tmp_path / "f.bin", sha256=SHA)
    assert [r[0] for r in Handler.requests] == ["/gone", "/wrong", "/ok"]


def test_all_gone(server: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="404"):
        download([f"{server}/gone"], tmp_path / "f.bin", sha256=SHA)


def test_unknown_checksum_is_recorded_and_then_holds(server: str, tmp_path: Path) -> None:
    target = tmp_path / "f.bin"
    download([f"{server}/ok"], target)
    assert (tmp_path / "f.bin.sha256").read_text().split()[0] == SHA
    target.write_bytes(b"damaged")
    with pytest.raises(InputError, match="checksum"):
        download([f"{server}/wrong"], target)
    download([f"{server}/ok"], target)
    assert target.read_bytes() == DATA


def test_only_the_web(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a web address"):
        download(["file:///etc/hostname"], tmp_path / "f.bin")


HEAD = "name,version,licence,access,address,mirrors,sha256,file,note\n"


def _registry(folder: Path, *rows: str) -> Path:
    path = folder / "registry.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_retrieve_by_name(server: str, tmp_path: Path) -> None:
    path = _registry(tmp_path, f"data,1,CC0,open,{server}/gone,{server}/ok,{SHA},d.bin,")
    assert retrieve("data", target=tmp_path / "d.bin", path=path).read_bytes() == DATA
    with pytest.raises(InputError, match="unknown source"):
        retrieve("date", target=tmp_path / "d.bin", path=path)


def test_words_for_registration(tmp_path: Path) -> None:
    path = _registry(tmp_path, "meic,1.4,research,registration,http://x.org,,,meic,register there")
    with pytest.raises(InputError, match="without registration.*put the files into"):
        retrieve("meic", target=tmp_path / "retrieved" / "meic", path=path)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,1,,open,http://x,,,f,", "without licence"),
        ("a,1,CC0,secret,http://x,,,f,", "unknown access"),
        ("a,1,CC0,open,http://x,,abc,f,", "not a SHA-256"),
        ("a,1,CC0,open,http://x,,,../f,", "with a folder"),
        ("a,1,CC0,open,http://x,,,f,\na,1,CC0,open,http://x,,,f,", "named twice"),
    ],
)
def test_registry_refuses(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        registry(_registry(tmp_path, row))


def test_shipped_registry() -> None:
    known = registry()
    assert {"meic", "census_2020_county", "edgar_ap"} <= set(known)
    assert all(source.licence for source in known.values())
