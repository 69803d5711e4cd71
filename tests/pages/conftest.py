"""The app with fake systems (fake.py): in this process for AppTest, and as a server for a real
browser.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
for folder in (ROOT, ROOT / "tests"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from jss.bench import serving

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

    from pages.ui.cache import fingerprint

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    fake.install(examples, monkeypatch.setattr)
    monkeypatch.setattr(fingerprint, "_read", lru_cache(64)(fingerprint._read.__wrapped__))
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(scope="session")
def address(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app of fake systems, served once for all browser tests."""
    import fake

    runs = tmp_path_factory.mktemp("runs")
    fake.write_run(runs / "desk" / "SED")
    environment = os.environ | {
        "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache")),
        "PYTHONPATH": str(ROOT),
        "JSS_RUNS": str(runs),
    }
    app = str(Path(__file__).with_name("fake.py"))
    command = ["streamlit", "run", app, "--server.port", "{port}", "--", str(examples)]
    with serving.served(
        command, tmp_path_factory.mktemp("log") / "server.txt", environment
    ) as found:
        yield found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless browser; the tests are skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = serving.chromium()
    if path is None:
        pytest.skip("no chromium is installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=serving.FLAGS)
        yield browser
        browser.close()
