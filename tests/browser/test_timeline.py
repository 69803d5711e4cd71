"""The page Timeline in a real browser: a day is shown, and a pressed cell is heard."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import long_day
import pytest
import serving
from browser import barriers, idle, located

from jss.labels import DESED_LABELS

pytest.importorskip("streamlit")


def test_a_pressed_cell_is_heard_and_opens_in_shorter_ones(
    chromium: Any, examples: Path, tmp_path: Path
):
    environment = os.environ | {
        "PYTHONPATH": str(serving.ROOT),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "JSS_REVIEW": str(long_day.write(tmp_path)),
    }
    fake = str(serving.ROOT / "tests" / "pages" / "fake.py")
    command = ["streamlit", "run", fake, "--server.port", "{port}", "--", str(examples)]
    with serving.served(command, tmp_path / "server.txt", environment) as address:
        context = chromium.new_context(viewport={"width": 1440, "height": 1100})
        context.add_init_script(long_day.LISTENER)
        tab = context.new_page()
        tab.goto(f"{address}/timeline")
        tab.wait_for_selector(long_day.CELLS, timeout=120_000, state="attached")
        idle(tab)
        dog = DESED_LABELS.index("Dog")
        long_day.press(tab, dog, 6 * long_day.LOUD)
        idle(tab)
        text = tab.inner_text(".stMain")
        assert "Dog, 2024-01-31 06:01:10, 9.5 s, event 1 of" in text
        assert "20240131_060000.WAV, 69.5 to 79.5 s" in text
        assert "cell=Dog%4021600" in tab.url
        assert tab.evaluate("document.querySelector('audio').duration") == pytest.approx(
            10, abs=0.1
        )
        assert tab.locator("audio").count() == 3, "the recording and two sources"
        tab.locator(".st-key-zoom button").first.click()
        located(tab, "bin=minute")
        idle(tab)
        long_day.until_drawn(tab, 3600 * long_day.LOUD, 60)
        assert "since=21600" in tab.url
        long_day.press(tab, dog, 0)
        idle(tab)
        assert "No Dog was detected in this cell" in tab.inner_text(".stMain")
        for key in ("ArrowRight", "ArrowRight"):  # the pressed cell, and the one after it
            tab.keyboard.press(key)
        said = tab.locator(".cells .said").first.text_content()
        assert said.splitlines()[0] == "Dog, 2024-01-31 06:01:00"
        tab.keyboard.press("Enter")
        located(tab, "cell=Dog%4021660")
        idle(tab)
        assert "06:01:10, 9.5 s" in tab.inner_text(".stMain")
        assert tab.locator("[data-testid=stException]").count() == 0
        barriers(tab)
        context.close()
