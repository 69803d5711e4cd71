"""The app around the viewer, in a real browser: long analyses, keys, the Back button."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import VIEWER, Page, located, system_button

from jss import audio


@pytest.fixture
def system() -> str:
    """The system that is opened; a test may name another one."""
    return "MixIT-S1"


@pytest.fixture
def page(chromium: Any, address: str, system: str) -> Iterator[Page]:
    page = Page(chromium, address, f"?system={system}", system=system)
    yield page
    assert page.wrong == []
    page.context.close()


@pytest.fixture
def slow(examples: Path) -> Iterator[Path]:
    """While this file exists, no analysis ends."""
    flag = examples / "slow"
    flag.touch()
    yield flag
    flag.unlink(missing_ok=True)


def upload(page: Page, folder: Path, seed: int) -> str:
    """Open a recording that nobody has analysed. Returns its name in the address."""
    noise = 0.1 * np.random.default_rng(seed).standard_normal(48000)
    audio.save(folder / "new.flac", noise)
    page.tab.get_by_role("button", name="Open, record").click()
    page.tab.locator("input[type=file]").set_input_files(folder / "new.flac")
    page.tab.wait_for_url(re.compile("clip=uploaded"))  # the popover closes by itself
    return str(page.tab.evaluate("new URLSearchParams(location.search).get('clip')"))


def test_nothing_of_a_clip_stays_while_another_is_analysed(page: Page, slow: Path, tmp_path: Path):
    tab = page.tab
    tab.locator(".play").click()
    page.until("v.position() > 0.1")
    name = upload(page, tmp_path, 1)
    tab.get_by_text("Analysing new.flac with MixIT-S1").wait_for()
    assert page.ask("[v.state.meta, v.player.playing, v.player.tracks.length]") == [None, False, 0]
    colours = page.ask(
        "(d => new Set(Array.from({length: d.length / 4}, (_, i) => d[4 * i] << 8 | d[4 * i + 1])).size)"
        "(v.screen.still.getContext('2d').getImageData(0, 0, v.screen.still.width,"
        " v.screen.still.height).data)"
    )
    assert colours < 20, "only empty panels are painted"
    assert tab.locator("[data-testid=stDataFrame]").count() == 0
    assert tab.get_by_text("Ground truth", exact=True).count() == 0
    assert tab.locator(".jss .bar").get_attribute("inert") is not None
    slow.unlink()
    tab.wait_for_selector(f".jss[data-drawn='{name}|MixIT-S1|teacher']")
    assert tab.locator(".pending").is_hidden()
    assert page.ask("v.player.playing") is False
    tab.get_by_text("Events detected").wait_for()
    tab.locator(".play").click()
    page.until("v.player.playing && v.position() > 0.1")


def test_no_frame_shows_a_clip_under_the_name_of_another(page: Page):
    page.tab.evaluate(
        f"""() => {{ window.frames_seen = []; const look = () => {{ const v = {VIEWER};
        const named = new URLSearchParams(location.search).get('clip');
        if (v?.state.meta) window.frames_seen.push([named, v.state.meta.clip]);
        requestAnimationFrame(look); }}; look(); }}"""
    )
    for name in ("Next", "Next", "Previous"):
        page.tab.get_by_role("button", name=name).click()
        page.tab.wait_for_selector(".jss:not([data-drawn])", state="attached")
        page.tab.wait_for_selector(".jss[data-drawn]")
        page.idle()
    seen = {tuple(pair) for pair in page.tab.evaluate("window.frames_seen")}
    assert len(seen) >= 2
    assert {named for named, shown in seen if named != shown} == set()


def test_cancel_ends_an_analysis_and_another_system_can_be_chosen(
    page: Page, slow: Path, tmp_path: Path
):
    tab = page.tab
    slow.unlink()
    upload(page, tmp_path, 2)
    tab.wait_for_selector(".jss[data-drawn^='uploaded/']")
    page.idle()
    slow.touch()
    system_button(tab, "SED").click()
    bar = tab.locator("[data-testid=stProgress]")
    bar.get_by_text(re.compile("SED: analysing 3 s")).wait_for()
    assert page.ask("v.state.meta.system") == "MixIT-S1", "of the same clip, it stays and plays on"
    tab.get_by_role("button", name="Cancel").click()
    tab.get_by_text("Cancelled: new.flac with SED.").wait_for(timeout=10_000)
    assert slow.exists()
    system_button(tab, "MixIT-S1").click()
    tab.get_by_text("Cancelled").wait_for(state="detached")
    page.until("v.state.meta.system === 'MixIT-S1' && !v.root.hasAttribute('aria-busy')")
    system_button(tab, "SED").click()
    tab.get_by_text("Cancelled: new.flac with SED.").wait_for()
    slow.unlink()
    tab.get_by_role("button", name="Analyse").click()
    tab.wait_for_selector(".jss[data-drawn^='uploaded/'][data-drawn*='|SED|']")


@pytest.mark.parametrize("system", ["MixIT-JT"])
def test_the_bar_names_each_system_that_is_analysed(
    page: Page, system: str, slow: Path, tmp_path: Path
):
    """The order of MixIT-JT's sources is that of MixIT-S1, which has to be analysed first."""
    upload(page, tmp_path, 3)
    bar = page.tab.locator("[data-testid=stProgress]")
    text = "MixIT-S1: analysing 3 s of sound, to match the sources of MixIT-JT (1 of 2)"
    bar.get_by_text(text).wait_for()
    slow.unlink()
    page.tab.wait_for_selector(".jss[data-drawn^='uploaded/'][data-drawn*='|MixIT-JT|']")


def test_space_plays_whatever_was_clicked_last(page: Page):
    tab = page.tab
    for name in ("Next", "Previous"):
        tab.get_by_role("button", name=name).click()
        page.drawn("short.flac" if name == "Next" else "four_tones.flac")
        page.idle()
        drawn = page.ask("v.root.dataset.drawn")
        tab.keyboard.press("Space")
        page.until("v.player.playing")
        tab.keyboard.press("Space")
        page.until("!v.player.playing")
        assert page.ask("v.root.dataset.drawn") == drawn
    state = "[v.state.hidden.size, v.state.looping, [...v.mixer.soloed].join(), v.mixer.muted.size]"
    for selector in (".chip", ".loop", ".solo >> nth=1", ".mute >> nth=1"):
        tab.locator(selector).first.click()
        before = page.ask(state)
        tab.keyboard.press("Space")
        page.until("v.player.playing")
        tab.keyboard.press("Space")
        page.until("!v.player.playing")
        assert page.ask(state) == before, selector
    tab.locator(".loop").focus()
    tab.keyboard.press("Tab")
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Space")  # a button reached by the keyboard is pressed
    assert page.ask("[v.state.looping, v.player.playing]") == [False, False]
    find = tab.get_by_role("combobox", name="Clip")
    find.click()
    tab.keyboard.type("Dog and")  # Space in a text field is a space
    assert page.ask("v.player.playing") is False
    tab.keyboard.press("Enter")
    page.drawn("dog_and_speech.flac")


def test_the_player_is_the_first_stop_of_the_tab_key(page: Page):
    page.tab.evaluate("document.activeElement.blur()")
    for key in ("Tab", "Enter", "Enter"):  # skip link, its press, Play
        page.tab.keyboard.press(key)
    page.until("v.player.playing")


def test_only_a_page_a_set_or_a_clip_is_a_step_of_the_back_button(page: Page):
    tab = page.tab
    page.idle()
    steps = tab.evaluate("history.length")
    page.ask("(v.setMatched(true), v.setThreshold(0.61, true))")
    located(tab, "threshold=0.61")
    page.ask("(v.setView(2, 4), v.reporter.schedule())")
    located(tab, "view=2.00-4.00")
    system_button(tab, "SED").click()
    located(tab, "system=SED")
    page.idle()
    assert tab.evaluate("history.length") == steps
    tab.get_by_role("button", name="Next").click()
    page.drawn("short.flac", "SED")
    page.idle()
    assert tab.evaluate("history.length") == steps + 1
    tab.go_back()
    page.drawn("four_tones.flac", "SED")
    located(tab, "^(?!.*back=)")
    page.idle()
    assert page.ask("v.state.threshold") == pytest.approx(0.61)
    tab.go_forward()
    page.drawn("short.flac", "SED")
    located(tab, "^(?!.*back=)")
    page.idle()
    assert tab.evaluate("history.length") == steps + 1
    assert ["back=" in move for move in page.moves] == [True, True], "nothing without its mark"
    tab.get_by_role("link", name="Compare").click()
    page.until("v?.state.compare && v.state.meta?.clip === 'short.flac'")
    page.idle()
    assert page.ask("v.mixer.matched"), "kept for the visit"
    page.ask("v.setMatched(false)")
    tab.go_back()
    page.until("v && !v.state.compare && v.state.meta?.clip === 'short.flac'")
    assert re.search(r"localhost:\d+/\?.*clip=short.flac", tab.url)


def test_a_figure_shows_what_the_viewer_is_zoomed_to(chromium: Any, address: str):
    page = Page(chromium, address, "?view=2.00-4.50")
    text = page.download("Figure SVG").path().read_text(encoding="utf-8")
    assert ">3.5<" in text
    assert ">8<" not in text
    assert "false alarm" in text
    page.context.close()
