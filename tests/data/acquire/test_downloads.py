"""Downloads of data sets from records like those of Zenodo, served locally."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from web import Web, serve

from jss.cli import main
from jss.data.acquire import downloads, fetching
from jss.data.acquire.downloads import (
    DOWNLOADS,
    NOT_DOWNLOADABLE,
    Download,
    download,
    listing,
    select,
    unpack,
)
from jss.errors import JssError

RECORD = 1203745  # of UrbanSound8K, which most of these tests play


def packed_zip(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, body in members.items():
            archive.writestr(name.replace("__", "/"), body)
    return file.getvalue()


def packed_tar(**members: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, body in members.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return file.getvalue()


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setattr(fetching, "PAUSE", 0.01)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serve() as web:
        monkeypatch.setattr(downloads, "ZENODO", f"{web.address}/api/records")
        yield web


def put_record(web: Web, bodies: dict[str, bytes], **changes: object) -> None:
    items = [
        {
            "key": name,
            "size": len(body),
            "links": {"self": web.put(f"/files/{name}", body)},
            "checksum": "md5:" + hashlib.md5(body, usedforsecurity=False).hexdigest(),
        }
        for name, body in bodies.items()
    ]
    record = {
        "metadata": {"title": "a set", "license": {"id": "cc-by-nc-4.0"}},
        "files": items,
        **changes,
    }
    web.put(f"/api/records/{RECORD}", json.dumps(record).encode())


def test_download_of_a_record(web: Web, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put_record(
        web,
        {
            "audio.tar.gz": packed_tar(audio__fold1__a=b"a", audio__fold2__b=b"b"),
            "more.zip": packed_zip(metadata__m=b"m"),
            "README.txt": b"read me",
        },
    )
    assert main(["download", "urbansound8k", str(tmp_path / "set")]) == 0
    output = capsys.readouterr().out
    assert "CC BY-NC 3.0" in output
    assert "MD5 of each file, from " in output
    assert "3 of 3 files are complete" in output
    assert (tmp_path / "set" / "audio" / "fold2" / "b").read_bytes() == b"b"
    assert (tmp_path / "set" / "metadata" / "m").read_bytes() == b"m"
    asked = len(web.asked)
    assert (
        main(["download", "UrbanSound8K", str(tmp_path / "set")]) == 0
    )  # nothing but the record is read again
    assert len(web.asked) == asked + 1
    assert "unpacked" not in capsys.readouterr().out


def test_selection_of_files_and_dry_run(
    web: Web, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_record(web, {"audio.zip": packed_zip(a=b"a"), "notes.zip": packed_zip(b=b"b")})
    assert main(["download", "urbansound8k", "--list"]) == 0
    assert "audio.zip" in capsys.readouterr().out
    assert (
        main(["download", "urbansound8k", str(tmp_path), "--files", "notes", "--keep-packed"]) == 0
    )
    assert [path.name for path in tmp_path.iterdir()] == ["notes.zip"]
    assert main(["download", "urbansound8k", str(tmp_path), "--files", "video"]) == 2
    assert "No file is called video: there are audio.zip, notes.zip" in capsys.readouterr().err


def test_a_failed_file_does_not_stop_the_others(
    web: Web, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_record(web, {"a.txt": b"a", "b.txt": b"b"})
    web.pages["/files/b.txt"].body = b"!"
    assert main(["download", "urbansound8k", str(tmp_path)]) == 1
    output = capsys.readouterr().out
    assert "failed: b.txt arrived damaged twice" in output
    assert "1 of 2 files" in output
    web.pages["/files/a.txt"].status = 404
    (tmp_path / "a.txt").unlink()
    assert main(["download", "urbansound8k", str(tmp_path)]) == 2


def test_sentences_of_data_sets_that_cannot_be_downloaded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in NOT_DOWNLOADABLE:
        assert main(["download", name, "x"]) == 2
        assert "cannot be downloaded. " in capsys.readouterr().err
    with pytest.raises(JssError, match="choose from desed-public"):
        download("shoes")
    with pytest.raises(JssError, match=r"DCASE task 4.*desed-public"):
        download("DESED")
    assert main(["download", "fuss"]) == 2
    assert "Name the folder" in capsys.readouterr().err
    assert main(["download"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(DOWNLOADS)


@pytest.mark.parametrize(
    "change",
    [
        {"files": [{"key": "../a", "size": 1, "checksum": "md5:0", "links": {"self": "x"}}]},
        {"files": [{"key": ".a", "size": 1, "checksum": "md5:0", "links": {"self": "x"}}]},
        {"files": [{"key": "a", "size": 1, "checksum": "", "links": {"self": "x"}}]},
        {"files": [{"key": "a"}]},
        {"files": None},
        {"metadata": []},
    ],
)
def test_invalid_records_are_refused(web: Web, change: dict[str, object]) -> None:
    put_record(web, {}, **change)
    with pytest.raises(JssError, match=r"not downloaded|not a record"):
        listing(DOWNLOADS["urbansound8k"])


def test_missing_and_unreadable_records(web: Web) -> None:
    with pytest.raises(JssError, match="is not there"):
        listing(DOWNLOADS["fuss"])
    web.put(f"/api/records/{RECORD}", b"<html>")
    with pytest.raises(JssError, match="cannot be read"):
        listing(DOWNLOADS["urbansound8k"])


def test_no_checksum_without_a_record() -> None:
    files = listing(DOWNLOADS["esc50"])
    assert [file.checksum for file in files.files] == [None]
    assert files.verified == "no checksum is published"
    assert select(files.files, ["ESC"]) == files.files


def test_every_download_has_one_source() -> None:
    for name, known in DOWNLOADS.items():
        assert (known.record is None) == bool(known.url), name
        assert bool(known.url) == bool(known.file), name
        assert name not in NOT_DOWNLOADABLE


def test_a_changed_archive_is_refused(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = bytearray(packed_zip(a=b"some text that is stored as it is"))
    body[body.index(b"text")] ^= 1
    known = Download("x", url=web.put("/x.zip", bytes(body)), file="x.zip", licence="CC0")
    monkeypatch.setattr(downloads, "DOWNLOADS", {"x": known})
    assert main(["download", "x", str(tmp_path)]) == 1


def test_unpacking_once_and_again_after_a_stop(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(packed_tar(x=b"x", y=b"y"))
    assert unpack(tmp_path / "a.tar.gz") == 2
    (tmp_path / "x").unlink()
    assert unpack(tmp_path / "a.tar.gz") is None
    (tmp_path / ".a.tar.gz.unpacked").unlink()
    assert unpack(tmp_path / "a.tar.gz") == 2
    assert (tmp_path / "x").read_bytes() == b"x"
    (tmp_path / "a.tar.gz").write_bytes(packed_tar(new__a=b"1"))  # fetched again
    assert unpack(tmp_path / "a.tar.gz") == 1
    assert unpack(tmp_path / "x") is None


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.zip", packed_zip(**{"..__evil": b"x"})),
        ("a.tar.gz", packed_tar(**{"..__evil": b"x"})),
        ("a.zip", b"no archive"),
        ("a.tar.gz", b"no archive"),
        ("a.tar.gz", packed_tar(x=bytes(10_000))[:60]),
    ],
    ids=["zip out", "tar out", "no zip", "no tar", "half a tar"],
)
def test_unsafe_and_damaged_archives(tmp_path: Path, name: str, body: bytes) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / name).write_bytes(body)
    with pytest.raises(JssError, match="damaged"):
        unpack(folder / name)
    assert not (tmp_path / "evil").exists()
    assert not (folder / f".{name}.unpacked").exists()


def test_too_little_space_to_unpack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.zip").write_bytes(packed_zip(x=bytes(1000)))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=999))
    with pytest.raises(JssError, match="make room"):
        unpack(tmp_path / "a.zip")
