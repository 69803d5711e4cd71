"""A person who never read the README: finds the clip where MixIT-JT takes one of two overlapping
events for something else, hears why, and takes the figure home. Only what is written on the page is
pressed.
"""

from __future__ import annotations

import re
from typing import Any

import fake
import pytest
from browser import Page


def test_from_the_start_to_the_figure_of_a_confusion(chromium: Any, address: str):
    page = Page(chromium, address)  # what `make app` opens
    tab = page.tab

    tab.get_by_role("button", name="MixIT-JT").click()
    page.drawn(system="MixIT-JT")
    tab.wait_for_url(re.compile("system=MixIT-JT"))
    page.idle()
    tab.get_by_text("Clip list (3)").click()
    tab.get_by_role("button", name=re.compile(r"Measure \d clips? with MixIT-JT")).click()
    tab.get_by_text("MixIT-JT, teacher, above 0.50, 3 of 3 clips").wait_for()
    page.idle()
    tab.get_by_role("combobox", name="Order").click()
    tab.get_by_role("option", name="Most confused where events overlap").click()
    tab.wait_for_url(re.compile("order=tangled"))
    page.idle()
    first_row = tab.get_by_test_id("stDataFrame").first
    first_row.scroll_into_view_if_needed()
    first_row.click(position={"x": 120, "y": 36 + 18})
    page.drawn("dog_and_speech.flac", "MixIT-JT")

    tab.get_by_role(
        "button", name="Cat instead of Dog"
    ).click()  # what went wrong, in words: loop it, with its context
    assert page.ask("v.player.loop") == pytest.approx({"start": 5.0, "end": 7.0}, abs=0.2)
    tab.get_by_role("button", name="Play", exact=True).click()
    for number in (2, 3):  # speech, and the dog that is taken for a cat: each is soloed
        tab.get_by_role("button", name=f"Solo Source {number}").click()
        page.until("v.player.playing && v.position() < 6.2")  # the speech ends at 6.5 s
        assert page.heard_hz() == pytest.approx(fake.TONES[number - 1], abs=12)
    tab.get_by_role("button", name="Pause").click()
    tab.wait_for_url(re.compile(r"view=\d"))

    download = page.download("Figure PDF")
    assert download.suggested_filename == "dog_and_speech.MixIT-JT.teacher.pdf"
    assert download.path().read_bytes().startswith(b"%PDF-")

    again = Page(
        chromium,
        address,
        tab.url.removeprefix(f"{address}/"),
        system="MixIT-JT",
        clip="dog_and_speech.flac",
    )
    shown = "[v.state.view.start, v.state.view.end]"
    assert again.ask(shown) == pytest.approx(page.ask(shown), abs=0.02)  # a colleague sees the same
    assert page.wrong == again.wrong == []
    for one in (page, again):
        assert one.tab.locator("[data-testid=stException]").count() == 0
        one.context.close()
