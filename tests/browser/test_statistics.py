"""Every page in a real browser, in both themes: it fits a telephone, axe finds nothing serious,
keys reach what is there, and nothing is asked of another host.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from browser import barriers, idle, located

VIEWER, CHART = ".jss[data-drawn]", ".js-plotly-plot .main-svg"
#: Page -> what is on it once it is drawn.
PAGES = {
    "overview": "[data-testid=stHtml] img",
    "": VIEWER,
    "compare": VIEWER,
    "diversity": CHART,
    "classes": CHART,
    "results": "[data-testid=stDataFrame]",
    "claims": "[data-testid=stPageLink]",
    "training": CHART,
    "data": CHART,
}
#: Page -> what the Tab key reaches in turn, the keys that work it, and what is in the address then.
KEYS = {
    "compare": [
        ("[data-variant=pills]", ["Enter"], "systems=MixIT-S1%2CMixIT-JT"),
        (".system[title*='MixIT-JT']", ["Enter"], "system=MixIT-JT"),
    ],
    "training": [("[aria-label=Show]", ["ArrowDown", "ArrowDown", "Enter"], "of=block")],
    "overview": [("[aria-label=System]", ["ArrowDown", "ArrowDown", "Enter"], "system=MixIT")],
    "diversity": [("[aria-label='Clips of']", ["ArrowDown", "ArrowDown", "Enter"], "of=")],
    "classes": [("[aria-label=Class]", ["ArrowDown", "ArrowDown", "Enter"], "class=[A-Z]")],
    "claims": [("[aria-label=Verdict]", ["ArrowDown", "Enter"], "verdict=holds")],
    "results": [
        ("[role=tab]", ["ArrowRight"], "results=Fusion"),
        ("[aria-label='Scores of']", ["ArrowDown", "ArrowDown", "Enter"], "bench="),
    ],
    "data": [("[aria-label=Set]", ["ArrowDown", "ArrowDown", "Enter"], "data=homescapes")],
}


class Visit:
    """One tab, and all that it ever asked for."""

    def __init__(self, browser: Any, address: str) -> None:
        self.address = address
        self.context = browser.new_context(
            viewport={"width": 390, "height": 900}, color_scheme="light"
        )
        self.context.route(re.compile(r"^https?://(?!localhost)"), lambda route: route.abort())
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self.context.on("request", lambda request: self.asked.append(request.url))
        self.tab = self.context.new_page()
        self.tab.on("pageerror", lambda error: self.wrong.append(str(error)))

    def open(self, link: str, drawn: str) -> None:
        self.tab.goto(f"{self.address}/{link}")
        self.tab.wait_for_selector(drawn, timeout=120_000, state="attached")
        idle(self.tab)


def reach(tab: Any, what: str) -> None:
    """Press Tab until what has the focus fits a selector."""
    for _ in range(60):
        tab.keyboard.press("Tab")
        if tab.evaluate(
            "what => { let on = document.activeElement; while (on.shadowRoot?.activeElement)"
            " on = on.shadowRoot.activeElement; return on.matches(what); }",
            what,
        ):
            return
    raise AssertionError(f"the Tab key does not reach {what}")


@pytest.fixture(scope="module")
def visit(chromium: Any, address: str) -> Iterator[Visit]:
    visit = Visit(chromium, address)
    yield visit
    assert [url for url in visit.asked if not url.startswith((address, "data:", "blob:"))] == []
    visit.context.close()


@pytest.mark.parametrize("page", PAGES)
def test_pages_fit_a_telephone_have_no_serious_barrier_and_obey_keys(visit: Visit, page: str):
    tab = visit.tab
    visit.open(page, PAGES[page])
    barriers(tab)
    for what, keys, address in KEYS.get(page, ()):
        reach(tab, what)
        for key in keys:
            tab.keyboard.press(key)
        located(tab, address)
        idle(tab)
    assert tab.locator("[data-testid=stException]").count() == 0
    assert visit.wrong == []


def test_a_title_is_level_with_its_buttons(visit: Visit):
    visit.open("data", PAGES["data"])
    title, button = visit.tab.evaluate(
        "() => ['h4', '[data-testid=stDownloadButton]'].map(what => { const range = new Range();"
        " range.selectNodeContents(document.querySelector(what));"
        " const box = range.getBoundingClientRect(); return box.y + box.height / 2; })"
    )
    assert title == pytest.approx(button, abs=2)


@pytest.mark.slow
def test_a_clicked_bar_and_point_are_in_the_address_and_outlined(chromium: Any, address: str):
    """A click outlines what was clicked, fades nothing, and a copied link shows the same."""
    context = chromium.new_context(viewport={"width": 1440, "height": 1100}, color_scheme="dark")
    tab = context.new_page()
    for page, thing, name in (
        ("classes", ".barlayer .point path", "gaining"),
        ("diversity", ".scatterlayer .point", "point"),
    ):
        tab.goto(f"{address}/{page}")
        tab.wait_for_selector(CHART, timeout=120_000, state="attached")
        idle(tab)
        point = tab.locator(thing).nth(2)
        box = point.bounding_box()
        tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        located(tab, name + "=")
        idle(tab)
        tab.reload()
        tab.wait_for_selector(CHART, timeout=120_000, state="attached")
        idle(tab)
        assert name + "=" in tab.url
        widths = tab.eval_on_selector_all(
            f"{thing}, {thing} path", "all => all.map(p => parseFloat(p.style.strokeWidth) || 0)"
        )
        assert [width for width in widths if width >= 3] != [], "an outline"
        faded = tab.eval_on_selector_all(
            ".barlayer .point path", "all => all.filter(p => +p.style.opacity < 0.9).length"
        )
        assert faded == 0
    context.close()
