"""Shared fixtures: a folder of tiny systems with random weights, which run in milliseconds."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from tiny import write_onnx, write_systems, write_two_branches

#: Folders whose tests take seconds each: they drive a browser, a corpus of files or a bench.
SLOW = ("browser", "bench", "fuzz", "soak")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of such a folder as slow; single ones elsewhere say so themselves.

    A browser's test that fails runs once more, since a machine that is busy elsewhere can hold a
    browser up for longer than a test waits. The summary names each that did.

    Files with a browser, of minutes, are spread among the others: so mostly one of them runs at a
    time, and none is left to run alone in the end.
    """
    here = Path(__file__).parent
    files: dict[bool, dict[Path, int]] = {True: {}, False: {}}  # with a browser or not -> in order
    for item in items:
        folder = item.path.relative_to(here).parts[0]
        if folder in SLOW:
            item.add_marker(pytest.mark.slow)
        if folder == "browser":
            item.add_marker(pytest.mark.flaky(reruns=1))
        of = files[folder == "browser"]
        of.setdefault(item.path, len(of))
    place = {path: n / len(of) for of in files.values() for path, n in of.items()}
    items.sort(key=lambda item: place[item.path])


@pytest.fixture(scope="session")
def tiny_checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoints folder with two random systems: SED (no separation stage) and MixIT-S1 (four
    sources).
    """
    pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("checkpoints")
    write_systems(folder)
    return folder


@pytest.fixture(scope="session")
def all_kinds(tiny_checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny systems, and SSep-SED (two branches) and MixIT-S1-onnx (its detector is an ONNX file)."""
    folder = tmp_path_factory.mktemp("all_kinds") / "checkpoints"
    shutil.copytree(tiny_checkpoints, folder)
    write_two_branches(folder)
    if find_spec("onnx") and find_spec("onnxruntime"):
        write_onnx(folder)
    return folder


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three clips of tones with their ground truth, for the app."""
    pytest.importorskip("streamlit")
    import fake

    folder = tmp_path_factory.mktemp("examples")
    fake.write_examples(folder)
    return folder


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """torch on one thread, here and in processes that a test starts: two of them wait for one
    another where the machine is busy, and tiny networks gain nothing.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def tiny_installed(
    monkeypatch: pytest.MonkeyPatch, tiny_checkpoints: Path, one_thread: None
) -> None:
    """The tiny systems are the installed ones, and run on one thread."""
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tiny_checkpoints))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB, where one can be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    command = [mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)] if mount else []
    if not command or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small disk")
    yield place
    subprocess.run(["umount", str(place)], check=False)
