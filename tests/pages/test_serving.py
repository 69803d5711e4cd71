"""The app as ``make app`` serves it: every page by its own link, on a server that nobody has visited before."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest

from jss.bench import serving

PAGES = {"results": "Results", "classes": "Classes", "diversity": "Diversity",
         "overview": "Hear a mixture taken apart, and see what is in it"}  # fmt: skip
#: What a page shows last; the others have a table.
DRAWN = {"overview": "[data-testid=stHtml] img"}


@pytest.fixture(scope="module")
def own_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("log") / "server.txt"
    environment = os.environ | {"XDG_CACHE_HOME": str(log.parent), "PYTHONPATH": str(serving.ROOT)}
    with serving.served(["pages", "--server.port", "{port}"], log, environment) as found:
        yield found


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_a_link_opens_its_page_within_the_navigation(own_address: str, chromium: Any, page: str, theme: str):
    context = chromium.new_context(viewport={"width": 390, "height": 800}, color_scheme=theme)
    tab, asked = context.new_page(), []
    tab.on("request", lambda request: asked.append(request.url))
    context.route(re.compile(r"^https?://(?!localhost)"), lambda route: route.abort())
    tab.goto(f"{own_address}/{page}")
    tab.wait_for_selector(f"h1:has-text('{PAGES[page]}')", timeout=60_000)
    tab.wait_for_selector(DRAWN.get(page, "[data-testid=stDataFrame]"), timeout=60_000)
    assert tab.locator("[data-testid=stException]").count() == 0
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert all(url.startswith((own_address, "data:", "blob:")) for url in asked), asked
    tab.set_viewport_size({"width": 1440, "height": 800})
    for name in ("Overview", "Explore", *sorted(set(PAGES) - {"overview"})):
        tab.get_by_role("link", name=name.capitalize()).first.wait_for(timeout=30_000)
    context.close()
