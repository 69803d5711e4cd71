"""The app as ``make app`` serves it: a page by its own link, on a server that nobody has visited
before.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import serving


def test_a_link_opens_its_page_within_the_navigation(chromium: Any, tmp_path: Path):
    log, environment = tmp_path / "server.txt", os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    with serving.served(["pages", "--server.port", "{port}"], log, environment) as address:
        tab, asked = chromium.new_page(), []
        tab.on("request", lambda request: asked.append(request.url))
        tab.route(re.compile(r"^https?://(?!localhost)"), lambda route: route.abort())
        tab.goto(f"{address}/results")
        tab.wait_for_selector("h1:has-text('Results')", timeout=60_000)
        tab.wait_for_selector("[data-testid=stDataFrame]", timeout=60_000)
        assert tab.locator("[data-testid=stException]").count() == 0
        assert all(url.startswith((address, "data:", "blob:")) for url in asked), asked
        for name in (
            "Overview",
            "Explore",
            "Compare",
            "Diversity",
            "Classes",
            "Results",
            "Training",
            "Data",
        ):
            tab.get_by_role("link", name=name, exact=True).first.wait_for(timeout=30_000)
        tab.close()
