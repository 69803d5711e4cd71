"""The app with fake systems (fake.py): in this process for AppTest, and as a server for a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

pytest.importorskip("streamlit")


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import fake

    folder = tmp_path_factory.mktemp("examples")
    fake.write_examples(folder)
    return folder


@pytest.fixture
def fakes(examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fake systems and examples, an empty cache on disk and in memory."""
    import fake
    import streamlit as st

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    fake.install(examples, monkeypatch.setattr)
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(scope="session")
def address(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app of fake systems, served once for all browser tests."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache")), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "streamlit", "run", str(Path(__file__).with_name("fake.py")), "--server.port",
               str(port), "--", str(examples)]
    log = tmp_path_factory.mktemp("log") / "server.txt"
    with log.open("w") as out:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=5).close()
                break
            except OSError:
                if server.poll() is not None:
                    pytest.fail(f"the app does not start:\n{log.read_text()}")
                time.sleep(0.1)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless browser; the tests are skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no chromium is installed")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
             "--disable-background-networking", "--disable-component-update",
             "--autoplay-policy=no-user-gesture-required"]
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()
