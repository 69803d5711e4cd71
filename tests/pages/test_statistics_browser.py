"""The statistics pages in a real browser: nothing runs out of a telephone's width, axe finds nothing serious."""

from __future__ import annotations

import re
from typing import Any

import pytest

PAGES = {"overview": "h1", "diversity": ".js-plotly-plot .main-svg", "classes": ".js-plotly-plot .main-svg",
         "results": "[data-testid=stDataFrame]", "training": "h1", "data": ".js-plotly-plot .main-svg"}  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_telephone_and_have_no_serious_barrier(chromium: Any, address: str, scheme: str):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    context = chromium.new_context(viewport={"width": 390, "height": 900}, color_scheme=scheme)
    context.route(re.compile(r"^https?://(?!localhost)"), lambda route: route.abort())
    found: dict[str, Any] = {}
    for name, drawn in PAGES.items():
        tab = context.new_page()
        wrong: list[str] = []
        tab.on("pageerror", lambda error, wrong=wrong: wrong.append(str(error)))
        tab.goto(f"{address}/{name}")
        tab.wait_for_selector(drawn, timeout=120_000, state="attached")
        tab.wait_for_function("() => !document.querySelector('[data-testid=stSkeleton], [data-stale=true]')")
        assert tab.locator("[data-testid=stException]").count() == 0
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390, name
        assert wrong == [], name
        violations = axe.Axe().run(tab).response["violations"]
        bad = [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in violations
               if v["impact"] in ("serious", "critical")]
        found |= {name: bad} if bad else {}
        tab.close()
    context.close()
    assert found == {}
