"""Downloads from a local server that interrupts, misreports, ignores ranges or is absent."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from web import Web, serve

from jss.data.acquire import fetching
from jss.data.acquire.fetching import RemoteFile, fetch, remaining
from jss.errors import JssError

BODY = np.random.default_rng(0).bytes(300_000)


def md5(body: bytes) -> str:
    return "md5:" + hashlib.md5(body, usedforsecurity=False).hexdigest()


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setattr(fetching, "PAUSE", 0.01)
    monkeypatch.setattr(fetching, "CHUNK", 10_000)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serve() as web:
        yield web


def remote(web: Web, name: str = "a.zip", body: bytes = BODY, **behaviour: object) -> RemoteFile:
    return RemoteFile(name, web.put(f"/{name}", body, **behaviour), len(BODY), md5(BODY))


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith((".", "tmp"))]


def test_a_second_call_downloads_nothing(web: Web, tmp_path: Path) -> None:
    files = [remote(web, f"{i}.bin") for i in range(5)]
    counts: list[float] = []
    assert fetch(files, tmp_path / "new", progress=lambda name, count: counts.append(count)) == {}
    assert all((tmp_path / "new" / file.name).read_bytes() == BODY for file in files)
    assert sum(counts) == 5 * len(BODY)
    assert not leftovers(tmp_path / "new")
    asked = len(web.asked)
    assert fetch(files, tmp_path / "new") == {}
    assert len(web.asked) == asked == 5


def test_interrupted_connections_resume(web: Web, tmp_path: Path) -> None:
    file = remote(web, cuts=[100_000, 50_000, 0, 30_000])
    counts: list[float] = []
    assert fetch([file], tmp_path, progress=lambda name, count: counts.append(count)) == {}
    assert (tmp_path / "a.zip").read_bytes() == BODY
    assert [wanted for _, wanted in web.asked] == [
        None,
        *["bytes=100000-", "bytes=150000-"],
        "bytes=150000-",
        "bytes=180000-",
    ]
    assert web.sent["/a.zip"] == sum(counts) == len(BODY)


def test_stopped_calls_resume(web: Web, tmp_path: Path) -> None:
    file = remote(web, cuts=[120_000] + [0] * fetching.TRIES)
    assert "was interrupted 5 times" in fetch([file], tmp_path)["a.zip"]
    assert not (tmp_path / "a.zip").exists()
    assert remaining(file, tmp_path) == 180_000
    assert fetch([file], tmp_path) == {}
    assert web.asked[-1] == ("/a.zip", "bytes=120000-")
    assert (tmp_path / "a.zip").read_bytes() == BODY
    assert remaining(file, tmp_path) == 0


def test_ctrl_c_keeps_partial_files(web: Web, tmp_path: Path) -> None:
    def stop(name: str, count: float) -> None:
        raise KeyboardInterrupt

    files = [remote(web, f"{i}.bin") for i in range(20)]
    with pytest.raises(KeyboardInterrupt):
        fetch(files, tmp_path, jobs=2, progress=stop)
    assert len(web.asked) < 20
    assert not list(tmp_path.glob("*.bin"))
    assert fetch(files, tmp_path) == {}
    assert any(wanted == "bytes=10000-" for _, wanted in web.asked)


def test_server_without_ranges(web: Web, tmp_path: Path) -> None:
    file = remote(web, cuts=[200_000], ranges=False)
    counts: list[float] = []
    assert fetch([file], tmp_path, progress=lambda name, count: counts.append(count)) == {}
    assert (tmp_path / "a.zip").read_bytes() == BODY
    assert sum(counts) == len(BODY)
    assert web.sent["/a.zip"] == 200_000 + len(BODY)


def test_busy_server(web: Web, tmp_path: Path) -> None:
    assert fetch([remote(web, busy=2)], tmp_path) == {}
    assert len(web.asked) == 3


def test_wrong_checksum(web: Web, tmp_path: Path) -> None:
    wrong = bytes(len(BODY))
    good, bad = remote(web, "good.bin"), remote(web, "bad.bin", wrong)
    failed = fetch([bad, good], tmp_path)
    assert list(failed) == ["bad.bin"]
    assert "damaged twice" in failed["bad.bin"]
    assert [path.name for path in tmp_path.iterdir()] == ["good.bin"]


def test_damaged_partial_file(web: Web, tmp_path: Path) -> None:
    (tmp_path / ".a.zip.part").write_bytes(bytes(1000))
    assert fetch([remote(web)], tmp_path) == {}
    assert (tmp_path / "a.zip").read_bytes() == BODY
    assert [wanted for _, wanted in web.asked] == ["bytes=1000-", None]


def test_partial_file_that_is_too_long(web: Web, tmp_path: Path) -> None:
    (tmp_path / ".a.zip.part").write_bytes(bytes(len(BODY) + 5))
    assert fetch([remote(web)], tmp_path) == {}
    assert (tmp_path / "a.zip").read_bytes() == BODY


def test_existing_file_of_another_size(web: Web, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"old")
    assert fetch([remote(web)], tmp_path) == {}
    assert (tmp_path / "a.zip").read_bytes() == BODY


def test_more_bytes_than_published_are_refused(web: Web, tmp_path: Path) -> None:
    assert (
        "is longer than the 300000 bytes"
        in fetch([remote(web, body=BODY + b"more")], tmp_path)["a.zip"]
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("status", "said"), [(404, "is not there"), (403, "forbids"), (401, "login"), (418, "418")]
)
def test_a_missing_file_does_not_stop_the_others(
    web: Web, tmp_path: Path, status: int, said: str
) -> None:
    gone = remote(web, "gone.bin", status=status)
    failed = fetch([gone, remote(web)], tmp_path)
    assert list(failed) == ["gone.bin"]
    assert said in failed["gone.bin"]
    assert (tmp_path / "a.zip").is_file()
    assert web.sent["/gone.bin"] == 0


def test_no_resuming_without_a_checksum(web: Web, tmp_path: Path) -> None:
    (tmp_path / ".a.zip.part").write_bytes(b"of last year's file")
    file = RemoteFile("a.zip", web.put("/a.zip", BODY, cuts=[70_000]))
    assert fetch([file], tmp_path) == {}
    assert (tmp_path / "a.zip").read_bytes() == BODY
    assert [wanted for _, wanted in web.asked] == [None, "bytes=70000-"]


def test_no_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "PAUSE", 0.0)
    with serve() as web:
        file = remote(web)
    assert "was interrupted" in fetch([file], tmp_path)["a.zip"]


def test_too_little_space_is_noticed_first(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _: SimpleNamespace(free=fetching.SPARE + 100_000)
    )
    with pytest.raises(JssError, match=r"0\.1 GB free"):
        fetch([remote(web)], tmp_path)
    assert not web.asked
    (tmp_path / ".a.zip.part").write_bytes(BODY[:250_000])
    assert fetch([remote(web)], tmp_path) == {}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_full_disk(web: Web, tmp_path: Path) -> None:
    (tmp_path / ".a.zip.part").symlink_to("/dev/full")
    failed = fetch([remote(web), remote(web, "b.bin")], tmp_path)
    assert list(failed) == ["a.zip"]
    assert "is full" in failed["a.zip"]
    assert (tmp_path / "b.bin").is_file()


def test_folder_that_cannot_be_created(web: Web, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JssError, match="cannot be written"):
        fetch([remote(web)], tmp_path / "file" / "folder")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_without_permission(web: Web, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "cannot be written" in fetch([remote(web)], tmp_path)["a.zip"]
