"""Compare in a real browser: five systems side by side."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fake
import pytest
import serving
from browser import Page, idle

LINK = "compare?clip=four_tones.flac&system=MixIT-S1"


@pytest.fixture(scope="module")
def page(chromium: Any, examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Compare with fakes of five systems, in a window of 1440 x 900."""
    environment = os.environ | {
        "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache")),
        "PYTHONPATH": str(serving.ROOT),
        "JSS_RUNS": str(tmp_path_factory.mktemp("runs")),
    }
    app = str(serving.ROOT / "tests" / "pages" / "fake.py")
    command = ["streamlit", "run", app, "--server.port", "{port}", "--", str(examples), "stages"]
    log = tmp_path_factory.mktemp("log") / "server.txt"
    with serving.served(command, log, environment) as address:
        page = Page(chromium, address, LINK)
        page.tab.set_viewport_size({"width": 1440, "height": 900})
        page.until("v.state.compared.length === 5 && v.screen.layout.byColumn")
        page.idle()
        yield page
        assert page.wrong == []
        page.context.close()


@pytest.fixture(autouse=True)
def fresh(page: Page) -> None:
    """The page as it was at first. Each test leaves when the page has answered its last switch."""
    page.ask("(v.player.pause(), v.showWholeClip(), v.solo('mixture'), v.seek(0))")
    page.ask("v.switchTo('MixIT-S1')")
    page.drawn()
    page.tab.wait_for_url(re.compile("system=MixIT-S1"))
    page.idle()


def place(page: Page, system: str, kind: str, of: object, seconds: float) -> tuple[float, float]:
    """Where on the page a time lies, in the middle of a panel of a system's column."""
    plot = page.tab.locator(".plot").bounding_box()
    panels = page.ask("v.screen.layout.panels")
    panel = next(
        p for p in panels if (p.get("system"), p["kind"], p.get("of")) == (system, kind, of)
    )
    x = panel["x"] + seconds / 10 * panel["w"]
    return plot["x"] + x, plot["y"] + panel["y"] + panel["h"] / 2


def test_each_system_has_a_column_and_two_sources_are_on_the_first_screen(page: Page):
    plot = page.tab.locator(".plot").bounding_box()
    on_screen = {
        (panel.get("system"), panel["kind"], panel.get("of"))
        for panel in page.ask("v.screen.layout.panels")
        if plot["y"] + panel["y"] + panel["h"] <= 900
    }
    expected = {(name, kind, None) for name in fake.STAGES for kind in ("events", "pooled")}
    expected |= {
        (name, kind, source)
        for name in fake.STAGES[1:]
        for kind in ("mel", "scores")
        for source in (0, 1)
    }
    assert expected <= on_screen
    assert (None, "mel", "mixture") in on_screen
    panels = page.ask("v.screen.layout.panels.filter(p => p.system)")
    assert len({panel["w"] for panel in panels}) == 1
    heads = page.tab.locator(".system").all()
    assert [head.bounding_box()["x"] - plot["x"] for head in heads] == page.ask(
        "v.screen.layout.columns"
    )


def test_nothing_is_wider_than_the_page(page: Page):
    main = "document.querySelector('.stMain')"
    assert page.tab.evaluate(f"{main}.scrollWidth - {main}.clientWidth") == 0


def test_a_click_on_a_source_plays_it_from_where_the_playhead_is(page: Page):
    page.until("[...v.results.bySystem.values()].every(one => one.loaded)")
    page.ask("(v.screen.drawNow = () => v.screen.requestFrame(), 0)")  # drawing takes no time here
    page.ask("v.seek(2.2)")
    page.ask("v.player.setLoop({start: 2.0, end: 2.9})")  # sources 1 and 2 sound
    for system, kind, m in (
        ("MixIT-S2", "mel", 1),
        ("MixIT-S0", "mel", 0),
        ("MixIT-S0", "scores", 1),
    ):
        page.tab.wait_for_timeout(800)  # as a person's next click
        page.tab.mouse.click(*place(page, system, kind, m, 8.0))
        page.drawn(system=system)
        for _ in range(30):  # the sound follows the picture within moments
            if abs(page.heard_hz() - fake.TONES[m]) <= 12:
                break
            page.tab.wait_for_timeout(100)
        assert page.heard_hz() == pytest.approx(fake.TONES[m], abs=12)
        assert 2.0 <= page.ask("v.position()") <= 2.9
        text = page.tab.locator(".audible").text_content()
        assert text == f"source {m + 1} of {system}"
    page.ask("(delete v.screen.drawNow, 0)")
    page.tab.mouse.click(*place(page, "MixIT-S2", "mel", 1, 8.0))
    page.drawn(system="MixIT-S2")
    assert page.tab.locator(".audible").text_content() == "source 2 of MixIT-S2"
    assert 2.0 <= page.ask("v.position()") <= 2.9
    page.ask("(v.player.pause(), v.player.setLoop(null))")
    page.tab.mouse.click(*place(page, "MixIT-S2", "scores", 1, 8.0))  # it is audible: a seek
    assert page.ask("v.position()") == pytest.approx(8.0, abs=0.05)
    page.tab.wait_for_url(re.compile("system=MixIT-S2"))


def test_a_click_elsewhere_moves_the_playhead(page: Page):
    page.tab.mouse.click(*place(page, "MixIT-JT", "pooled", None, 5.0))
    page.drawn(system="MixIT-JT")
    assert page.ask("v.position()") == pytest.approx(5.0, abs=0.05)
    assert page.ask("v.player.playing") is False
    page.tab.wait_for_url(re.compile("system=MixIT-JT"))


def test_keys_switch_systems_at_the_same_position(page: Page):
    page.ask("v.seek(3)")
    page.tab.locator(".plot").focus()
    before = page.ask("JSON.stringify(v.screen.layout)")
    for key, system in (("Shift+1", "SED"), ("x", "MixIT-S1"), ("Shift+5", "MixIT-JT")):
        page.tab.keyboard.press(key)
        page.drawn(system=system)
        assert page.ask("v.position()") == 3
        page.tab.wait_for_url(re.compile(f"system={system}"))
        assert page.ask("JSON.stringify(v.screen.layout)") == before  # nothing moves


def test_transport_and_systems_stay_in_view(page: Page):
    page.tab.mouse.move(700, 700)
    page.tab.mouse.wheel(0, 450)
    page.tab.wait_for_function(
        "() => document.querySelector('[data-testid=stMain]').scrollTop > 300"
    )
    for part in (".play", ".threshold", ".system >> nth=0", ".system >> nth=4"):
        box = page.tab.locator(part).bounding_box()
        assert 0 < box["y"] < 180, part
    page.tab.mouse.wheel(0, -2000)


def test_columns_share_threshold_and_zoom(page: Page):
    page.ask("(v.setView(2, 4), v.setThreshold(0.7, true))")
    page.rest()
    middles = page.ask(
        "v.screen.layout.areas.map(a => v.screen.probe(a.x + a.w / 2, a.bottom - 1).time)"
    )
    assert middles == pytest.approx([3.0] * 6, abs=0.01)
    events = page.ask("v.state.compared.map(one => one.state.threshold)")
    assert events == [0.7] * 5
    page.ask("v.setThreshold(0.5, true)")
    page.tab.wait_for_url(re.compile("threshold=0.50"))


def test_a_system_without_a_result_keeps_its_column_and_says_why(page: Page):
    idle(page.tab)  # the answer to the test before would bring the result back
    page.ask(
        "(v.saved = v.results.get('SED'), v.results.bySystem.delete('SED'),"
        " v.results.reasons.SED = 'Too long for the memory', v.updateEvents())"
    )
    page.rest()
    assert page.ask("v.screen.layout.columns.length") == 5
    head = page.tab.locator(".system >> nth=0")
    assert "Too long for the memory" in head.inner_text()
    page.ask("(v.results.bySystem.set('SED', v.saved), v.results.reasons = {}, v.updateEvents())")


def test_systems_are_stacked_on_demand_and_where_columns_have_no_room(page: Page):
    page.tab.get_by_role("button", name="Stacked", exact=True).click()
    page.until("!v.screen.layout.byColumn")
    page.tab.wait_for_url(re.compile("layout=stacked"))
    page.tab.get_by_role("button", name="Columns", exact=True).click()
    page.until("v.screen.layout.byColumn")
    page.tab.wait_for_url(re.compile("layout=columns"))
    page.tab.set_viewport_size({"width": 390, "height": 900})
    page.until("!v.screen.layout.byColumn")
    assert page.tab.locator(".layout").is_hidden()
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= 390
    page.tab.set_viewport_size({"width": 1440, "height": 900})
    page.until("v.screen.layout.byColumn")
