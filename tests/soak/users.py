"""People who use the app at once: they open pages, go from clip to clip, upload good and bad files,
and look.
"""

from __future__ import annotations

import random
import re
import sys
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

from playwright.sync_api import TimeoutError

sys.path[:0] = [str(Path(__file__).parents[1] / "fuzz")]
import bad_audio

CLIPS = ("vacuum-dog-speech.flac", "frying-shaver-speech.flac", "cat-dog.flac", "dog.flac")
SYSTEMS = ("SED", "MixIT-S1")
PAGES = (
    "overview",
    "compare",
    "diversity",
    "classes",
    "results",
    "weak_labels",
    "training",
    "data",
)
#: Addresses that no page makes.
ODD = (
    "?clip=../../etc/passwd",
    "?clip=<script>alert(1)</script>&system=MixIT-S1",
    "?system=nobody&threshold=nan",
    "?threshold=1e999&clip=cat-dog.flac",
    "compare?systems=" + "x" * 3000,
    "data?data=%00",
    "nowhere",
)
UPLOADS = 60


class Users:
    """So many browser contexts in one Chromium. acts: what was done, how often; wrong: what should
    not have been.
    """

    def __init__(self, window: Any, address: str, count: int, chance: random.Random) -> None:
        self.address, self.chance = address, chance
        self.acts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.uploads = [
            (name, data)
            for name, data in bad_audio.files()
            if len(data) < 1_000_000 and name.isprintable()
        ]
        self.uploads = (
            chance.sample(self.uploads, UPLOADS)
            + [("good.wav", bad_audio.sound(seconds=2.0))] * UPLOADS
        )
        self.tabs = [self._tab(window) for _ in range(count)]

    def _tab(self, window: Any) -> Any:
        context = window.new_context(viewport={"width": 1440, "height": 1100})
        context.route(re.compile(r"^https?://(?!localhost)"), lambda route: route.abort())
        tab = context.new_page()
        tab.set_default_timeout(120_000)
        tab.on("pageerror", lambda error: self.wrong.append(f"in the browser: {str(error)[:200]}"))
        return tab

    def act(self) -> None:
        """One of them does one thing, and the page must be whole after it."""
        tab, kind = (
            self.chance.choice(self.tabs),
            self.chance.choice(("open", "page", "next", "upload", "odd", "http")),
        )
        what = getattr(self, f"_{kind}")(tab)
        self.acts[kind] += 1
        if tab.url.startswith("http"):
            tab.wait_for_selector("[data-testid=stMain]")
            tab.wait_for_timeout(self.chance.uniform(100, 1500))
            if tab.locator("[data-testid=stException]").count():
                text = tab.locator("[data-testid=stException]").first.inner_text()
                self.wrong.append(f"{kind} {what}: {text[:300]}")

    def _open(self, tab: Any) -> str:
        """A clip through a system, until it is drawn."""
        clip, system = self.chance.choice(CLIPS), self.chance.choice(SYSTEMS)
        tab.goto(f"{self.address}/?clip={clip}&system={system}&selection=teacher")
        tab.wait_for_selector(f".jss[data-drawn='{clip}|{system}|teacher']")
        return clip

    def _page(self, tab: Any) -> str:
        page = self.chance.choice(PAGES)
        tab.goto(f"{self.address}/{page}")
        return page

    def _press(self, tab: Any, button: Any) -> None:
        """Click it. Streamlit lays a dialog over a page, such as that there is no page of this
        name, at times late: it is closed first, as a person would, since nothing under it can be
        used.
        """
        for patience in (5_000, 10_000, 120_000):
            while tab.locator("#root[inert]").count():
                tab.keyboard.press("Escape")
                tab.wait_for_timeout(300)
            try:
                return button.click(timeout=patience)
            except TimeoutError:
                if patience == 120_000:
                    raise

    def _next(self, tab: Any) -> str:
        """To another clip, where there is such a button."""
        button = tab.get_by_role("button", name=self.chance.choice(("Next", "Previous")))
        if button.count():
            self._press(tab, button.first)
        return "a clip"

    def _upload(self, tab: Any) -> str:
        name, data = self.chance.choice(self.uploads)
        if not tab.url.startswith(f"{self.address}/?"):
            self._open(tab)
        field = tab.locator("input[type=file]")
        if not field.count():
            self._press(tab, tab.get_by_role("button", name="Open, record"))
        field.first.set_input_files({"name": name, "mimeType": "audio/wav", "buffer": data})
        tab.wait_for_timeout(1000)
        return name

    def _odd(self, tab: Any) -> str:
        link = self.chance.choice(ODD)
        tab.goto(f"{self.address}/{link}")
        return link[:60]

    def _http(self, tab: Any) -> str:
        """Without a browser."""
        for path in ("_stcore/health", "_stcore/host-config", ""):
            with urllib.request.urlopen(f"{self.address}/{path}", timeout=60) as answer:
                answer.read()
        return "requests"
