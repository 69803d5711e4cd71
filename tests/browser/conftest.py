"""The app as a server for a real browser, with fake systems (tests/pages/fake.py)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import serving

pytest.importorskip("streamlit")


@pytest.fixture(scope="session")
def address(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app of fake systems, served once for all browser tests."""
    import fake

    runs = tmp_path_factory.mktemp("runs")
    fake.write_run(runs / "desk" / "SED")
    environment = os.environ | {
        "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache")),
        "PYTHONPATH": str(serving.ROOT),
        "JSS_RUNS": str(runs),
    }
    app = str(serving.ROOT / "tests" / "pages" / "fake.py")
    command = ["streamlit", "run", app, "--server.port", "{port}", "--", str(examples)]
    with serving.served(command, tmp_path_factory.mktemp("log") / "server.txt", environment) as url:
        yield url


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
