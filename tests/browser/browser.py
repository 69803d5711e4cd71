"""A tab with the app in it, for tests in a real browser."""

from __future__ import annotations

import re
from typing import Any

import pytest

from jss.viz.style import INKS

VIEWER = "document.querySelector('[data-testid=stBidiComponentIsolated]').viewer"


def idle(tab: Any) -> None:
    """Until the page's script has run to its end, and all of it is shown."""
    tab.wait_for_function(
        "() => document.querySelector('[data-test-script-state=notRunning]')"
        " && !document.querySelector('[data-testid=stSkeleton], [data-stale=true]')",
        timeout=120_000,
    )


def located(tab: Any, pattern: str) -> None:
    """Until the address fits a pattern, also where a script has replaced it."""
    tab.wait_for_function(
        "pattern => new RegExp(pattern).test(location.href)", arg=pattern, timeout=60_000
    )


#: Theme -> the colour of the page.
PAPER = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 29)"}


def wear(tab: Any, theme: Any) -> None:
    """Change the theme of the open page, until its charts are drawn in it."""
    tab.emulate_media(color_scheme=theme)
    tab.wait_for_function(
        "([paper, grid]) => getComputedStyle(document.querySelector('.stApp')).backgroundColor === paper"
        " && [...document.querySelectorAll('.js-plotly-plot')]"
        ".every(chart => chart.layout.yaxis.gridcolor === grid)",
        arg=[PAPER[theme], INKS[theme].line],
        timeout=60_000,
    )
    idle(tab)


def barriers(tab: Any) -> None:
    """The open page fits a telephone, and axe finds nothing serious. In the dark theme only the two
    rules that depend on colours run.
    """
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )
    tab.set_viewport_size({"width": 390, "height": 900})
    for theme, rules in (
        ("light", {}),
        ("dark", {"runOnly": ["color-contrast", "link-in-text-block"]}),
    ):
        wear(tab, theme)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390
        options = {"resultTypes": ["violations"], **rules}
        result = axe.Axe().run(tab, options=options).response["violations"]
        serious = [one for one in result if one["impact"] in ("serious", "critical")]
        assert [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in serious] == []


def system_button(tab: Any, name: str) -> Any:
    """The button of a system in the viewer."""
    return tab.locator(f".system[title^='Show {name} '], .system[title^='{name}:']")


class Page:
    """A tab with the app in it, and what it asked for."""

    def __init__(
        self,
        browser: Any,
        address: str,
        link: str = "",
        system: str = "MixIT-S1",
        clip: str = "four_tones.flac",
        **look: Any,
    ) -> None:
        self.context = browser.new_context(viewport={"width": 1440, "height": 1100}, **look)
        self.tab = self.context.new_page()
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self.sent = self.received = self.bytes = 0
        self.moves: list[str] = []  # the addresses that Back and Forward told the server
        self.tab.on("request", lambda request: self.asked.append(request.url))
        self.tab.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.tab.on("websocket", self._count)
        self.context.route(re.compile(r"^https?://(?!localhost)"), lambda route: route.abort())
        self.tab.goto(f"{address}/{link}")
        self.drawn(clip, system)

    def _count(self, socket: Any) -> None:
        from streamlit.proto.BackMsg_pb2 import BackMsg

        def add(name: str, payload: Any) -> None:
            setattr(self, name, getattr(self, name) + 1)
            self.bytes += len(payload) * (name == "received")

        def send(payload: Any) -> None:
            add("sent", payload)
            asked = BackMsg.FromString(payload).rerun_script
            if asked.is_history_navigation:
                self.moves.append(asked.query_string)

        socket.on("framesent", send)
        socket.on("framereceived", lambda payload: add("received", payload))

    def idle(self) -> None:
        """Until the server has said all that it has to say."""
        idle(self.tab)

    def drawn(self, clip: str = "four_tones.flac", system: str = "MixIT-S1") -> None:
        from playwright.sync_api import TimeoutError

        try:
            self.tab.wait_for_selector(
                f".jss[data-drawn='{clip}|{system}|teacher']", timeout=120_000
            )
        except TimeoutError:
            found = self.ask(
                "v && JSON.stringify({drawn: v.root.dataset.drawn, wanted: v.wanted, told: v.reporter.reported,"
                " stamp: v.reporter.stamp, here: [...v.results.bySystem.keys()]})"
            )
            raise AssertionError(
                f"{clip}|{system} is not drawn at {self.tab.url}: {found}"
            ) from None
        self.rest()

    def rest(self) -> None:
        """Until all that is under way is drawn."""
        self.tab.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def download(self, name: str) -> Any:
        """What a button gives. A rerun while a file is made takes it back; then it is pressed
        again, as users do.
        """
        from playwright.sync_api import TimeoutError

        for patience in (40_000, 40_000, 80_000):
            idle(self.tab)
            try:
                with self.tab.expect_download(timeout=patience) as download:
                    self.tab.get_by_role("button", name=name, exact=True).click()
                return download.value
            except TimeoutError:
                continue
        raise AssertionError(f"{name} gives no file")

    def watch(self) -> None:
        """From now on v.order takes down what is drawn, in order."""
        self.ask(
            "(v.watch?.disconnect(), v.order = [], v.watch = new MutationObserver(changes =>"
            " changes.forEach(() => v.root.dataset.drawn && v.order.push(v.root.dataset.drawn))),"
            " v.watch.observe(v.root, { attributeFilter: ['data-drawn'] }))"
        )

    def ask(self, code: str) -> Any:
        return self.tab.evaluate(f"(() => {{ const v = {VIEWER}; return {code}; }})()")

    def until(self, code: str) -> None:
        """Until it holds; v is undefined where the page has no viewer."""
        viewer = VIEWER.replace(").viewer", ")?.viewer")
        self.tab.wait_for_function(
            f"() => {{ const v = {viewer}; return {code}; }}", timeout=60_000
        )

    def heard_hz(self) -> float:
        """The loudest frequency that comes out now, whatever was measured before."""
        self.tab.wait_for_timeout(200)
        return self.ask(
            "(a => { a.fftSize = 2048; a.smoothingTimeConstant = 0; const bins = new Float32Array(a.frequencyBinCount);"
            " a.getFloatFrequencyData(bins); return bins.indexOf(Math.max(...bins)) * 16000 / 2048;"
            " })(v.player.analyser)"
        )

    def at(self, seconds: float, kind: str, share: float = 0.5) -> tuple[float, float]:
        """Where on the page a time lies in the first panel of a kind, at a share of its height."""
        box = self.tab.locator(".plot").bounding_box()
        panel = self.ask(f"v.screen.layout.panels.find(p => p.kind === '{kind}')")
        view = self.ask("v.state.view")
        x = panel["x"] + (seconds - view["start"]) / (view["end"] - view["start"]) * panel["w"]
        return box["x"] + x, box["y"] + panel["y"] + share * panel["h"]
