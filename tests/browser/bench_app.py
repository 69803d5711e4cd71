"""The app in a real browser: how long a researcher waits for each thing, beside its budget.

Run by ``make bench-app``. The app is served by itself on what is shipped. It is measured with
results at hand, as a clip is opened again; ``bench inference`` measures the analysis of a new clip.
Figures are wall-clock times of this machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import long_day
from serving import FLAGS, chromium, served
from visitors import Visitors, held

from jss.bench.table import Row, show
from jss.errors import JssError

#: What pages.ui.cache.background says in the end.
ALL_DONE = (
    "Ready: the shipped examples are analysed, the claims judged and the fusions measured, so that "
    "Compare, Claims and Results open at once."
)
#: Visitors at once who do something, and who only have a page open.
BUSY, OPEN = 10, 40
CLIPS = (
    "vacuum-dog-speech.flac",
    "frying-shaver-speech.flac",
)  # neighbours, as Next and Previous go
SYSTEMS = ("SED", "MixIT-JT", "MixIT-S1")
_VIEWER = "document.querySelector('[data-testid=stBidiComponentIsolated]').viewer"


def main() -> int:
    """Measure and print a table. Returns 0, or 1 where a budget is exceeded, or 2 without browser."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--switches", type=int, default=20, help="clip and system switches each (default: 20)"
    )
    parser.add_argument(
        "--seconds", type=float, default=20.0, help=f"in which {BUSY} visitors act (default: 20)"
    )
    try:
        rows = run(parser.parse_args())
    except JssError as error:
        print(f"bench-app: {error}", file=sys.stderr)
        return 2
    return 0 if show(rows) else 1


def run(args: argparse.Namespace) -> list[Row]:
    """Measure. -> a row for each budget. Raises JssError where there is no browser to measure with."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise JssError(
            "playwright is not installed: run pip install -r requirements-dev.txt."
        ) from error
    browser = chromium()
    if browser is None:
        raise JssError(
            "No Chromium is installed, which measures the app: apt-get install chromium."
        )
    with tempfile.TemporaryDirectory() as cache, sync_playwright() as driver:
        environment = os.environ | {"XDG_CACHE_HOME": cache}
        command, log = ["pages", "--server.port", "{port}"], Path(cache) / "server.txt"
        window = driver.chromium.launch(executable_path=browser, args=FLAGS)
        with served(command, log, environment) as address:  # first of all, results are made
            tab = _Tab(window, address)
            for clip in CLIPS:
                for system in SYSTEMS:
                    tab.open(clip, system)
            tab.close()
            _wait_until_prepared(log)
        with served(command, log, environment) as address:
            tab = _Tab(window, address)
            rows = [_row("cold first figure, result at hand", 4.0, tab.open(CLIPS[0], SYSTEMS[-1]))]
            rows.append(
                _row(
                    "reload",
                    1.5,
                    statistics.median(tab.open(CLIPS[0], SYSTEMS[-1]) for _ in range(5)),
                )
            )
            rows += _switches(tab, args.switches)
            rows += _hands(tab, args.switches)
            rows += _sound(tab)
            rows.append(_row("figure PDF, the first", 2.0, _figure(tab)))
            rows += _crowd(tab, args.seconds)
            tab.close()
        with served(command, log, environment) as address:
            rows += _statistics(window, address)
        environment["JSS_REVIEW"] = str(long_day.write(Path(cache) / "day"))
        with served(command, log, environment) as address:
            rows += _day(window, address)
        window.close()
    return rows


class _Tab:
    """A tab with the app in it, and how much the server told it."""

    def __init__(self, window: Any, address: str) -> None:
        self.address, self.sent, self.bytes = address, 0, 0
        self.socket, self.said = (
            "",
            b"",
        )  # where the server is talked to, and what it was told first
        self.context = window.new_context(viewport={"width": 1440, "height": 1100})
        self.page = self.context.new_page()
        self.page.on("websocket", self._count)

    def _count(self, socket: Any) -> None:
        self.socket, self.said = socket.url, b""

        def sent(payload: Any) -> None:
            self.sent += 1
            self.said = self.said or payload

        def received(payload: Any) -> None:
            self.bytes += len(payload)

        socket.on("framesent", sent)
        socket.on("framereceived", received)

    def open(self, clip: str, system: str) -> float:
        """Seconds from the address to the drawn figure."""
        start = time.perf_counter()
        self.page.goto(f"{self.address}/?clip={clip}&system={system}&selection=teacher")
        self.drawn(clip, system)
        return time.perf_counter() - start

    def drawn(self, clip: str, system: str) -> None:
        """Until it is."""
        self.page.wait_for_selector(f".jss[data-drawn='{clip}|{system}|teacher']", timeout=600_000)

    def ask(self, code: str) -> Any:
        """What the viewer (v) answers; a promise is waited for."""
        return self.page.evaluate(f"async () => {{ const v = {_VIEWER}; {code} }}")

    def close(self) -> None:
        """Leave."""
        self.context.close()


def _wait_until_prepared(log: Path) -> None:
    """Until the server has prepared what it can, which it does while nobody acts."""
    until = time.monotonic() + 900
    while ALL_DONE not in log.read_text():
        if time.monotonic() > until:
            raise JssError(f"Not all is prepared after 15 minutes: {log.read_text()[-300:]}")
        time.sleep(1)


def _switches(tab: _Tab, times: int) -> list[Row]:
    """From click to drawn marker, in the browser's own clock."""
    spent, sizes = [], []
    for i in range(times):
        before = tab.bytes
        button = "Next" if i % 2 == 0 else "Previous"
        spent.append(
            tab.ask(
                "const start = performance.now(); const from = v.root.dataset.drawn; "
                f"[...document.querySelectorAll('button')].find(b => b.innerText.includes('{button}')).click();"
                "return await new Promise(done => { const look = () =>"
                " v.root.dataset.drawn && v.root.dataset.drawn !== from ? done((performance.now() - start) / 1000) : requestAnimationFrame(look);"
                " look(); });"
            )
        )
        tab.page.wait_for_timeout(300)
        sizes.append((tab.bytes - before) / 1000)
    return [
        _row(f"clip switch, p95 of {times}", 0.4, _p95(spent)),
        Row("clip switch over the WebSocket, most", "budget", 150.0, max(sizes), 1.0, unit="kB"),
    ]


def _hands(tab: _Tab, times: int) -> list[Row]:
    """What the browser does by itself."""
    tab.open(CLIPS[0], SYSTEMS[-1])
    tab.page.wait_for_function(
        f"names => names.every(name => {_VIEWER}.results.get(name)?.loaded)",
        arg=[*SYSTEMS],
        timeout=120_000,
    )
    tab.page.wait_for_timeout(500)
    result = []
    for what, act in (
        ("system switch", f"v.switchTo({list(SYSTEMS)}[i % 3])"),
        ("solo", "v.solo(`source${i % 4 + 1}`)"),
        ("threshold", "v.setThreshold(0.2 + 0.02 * i, false)"),
        ("zoom", "v.setView(0.1 * i, 5 + 0.1 * i)"),
    ):
        before = tab.sent
        spent = tab.ask(
            f"const spent = []; for (let i = 0; i < {times}; i++) {{ const start = performance.now(); {act};"
            " await new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)));"
            " spent.push((performance.now() - start) / 1000); } return spent;"
        )
        result.append(
            _row(f"{what}, p95 of {times}", 0.1, _p95(spent), f"{tab.sent - before} messages")
        )
        tab.page.wait_for_timeout(400)
    return result


def _sound(tab: _Tab) -> list[Row]:
    """First sound after a click, and the playhead's frames in three seconds."""
    tab.open(CLIPS[0], SYSTEMS[-1])
    wait = (
        "const start = performance.now(); v.togglePlay(); let wave = new Float32Array(1), loud = false;"
        " while (!loud) { await new Promise(done => setTimeout(done, 1)); const analyser = v.player.analyser;"
        " if (analyser && wave.length < analyser.fftSize) wave = new Float32Array(analyser.fftSize);"
        " analyser?.getFloatTimeDomainData(wave); loud = wave.some(x => Math.abs(x) > 1e-4); }"
        " return (performance.now() - start) / 1000;"
    )
    first = tab.ask(wait)
    before = tab.sent
    frames = tab.ask(
        "let n = 0, last = -1; const start = performance.now(); while (performance.now() - start < 3000) {"
        " await new Promise(done => requestAnimationFrame(done)); const at = v.position();"
        " n += at !== last; last = at; } return n / 3;"
    )
    note = f"{tab.sent - before} messages"
    tab.ask("v.player.pause(); v.seek(2);")
    tab.page.wait_for_timeout(2500)  # what is listened with hears the last two seconds
    later = tab.ask(wait)
    return [
        _row("first sound", 0.5, first),
        _row("later sound", 0.05, later),
        Row("playhead", "budget", 55.0, frames, 1.0, note, unit="fps", rate=True),
    ]


def _day(window: Any, address: str) -> list[Row]:
    """The page Timeline with 24 hours of sound: opened, and cells pressed."""
    context = window.new_context(viewport={"width": 1440, "height": 1100})
    context.add_init_script(long_day.LISTENER)
    page = context.new_page()
    spent = []
    for _ in range(3):  # the first: modules are imported
        page.goto(f"{address}/timeline")
        page.wait_for_selector(long_day.CELLS, timeout=120_000, state="attached")
        spent.append(page.evaluate(long_day.SINCE_ANSWER))
        page.wait_for_timeout(2000)
    presses = []
    for column in range(6 * long_day.LOUD - 10, 6 * long_day.LOUD):
        presses.append(long_day.press(page, 8, column))
        page.wait_for_timeout(500)
    context.close()
    return [
        _row("24 h of events, from the server's first message to the chart", 1.0, min(spent[1:])),
        _row(f"a cell is heard, p95 of {len(presses)}", 0.5, _p95(presses)),
    ]


def _statistics(window: Any, address: str) -> list[Row]:
    """The pages that compute most, opened for the first time on this server."""
    rows = []
    for name, said in (("claims", "Of \\d+ claims"), ("results", "mean scores \\(Eq. 25\\)")):
        context = window.new_context(viewport={"width": 1440, "height": 1100})
        context.add_init_script(long_day.LISTENER)
        page = context.new_page()
        page.goto(f"{address}/{name}")
        page.wait_for_function(
            f"() => document.querySelector('[data-test-script-state=notRunning]')"
            f" && /{said}/.test(document.querySelector('.stMain').innerText)",
            timeout=120_000,
        )
        spent = page.evaluate(long_day.SINCE_ANSWER)
        rows.append(_row(f"page {name.capitalize()}, from the server's first message", 1.5, spent))
        context.close()
    return rows


def _figure(tab: _Tab) -> float:
    """From the click to the file."""
    button = tab.page.get_by_role("button", name="Figure PDF")
    button.wait_for()
    start = time.perf_counter()
    with tab.page.expect_download(timeout=120_000) as download:
        button.click()
    download.value.path()
    return time.perf_counter() - start


def _crowd(tab: _Tab, seconds: float) -> list[Row]:
    """Ten visitors who open another clip every second, and what forty take who have one open."""
    frames = []
    for clip in CLIPS:
        tab.open(clip, SYSTEMS[-1])
        frames.append(tab.said)
    visitors, before = Visitors(tab.page, tab.socket, frames), held(tab.address)
    visitors.come(BUSY)
    spent = visitors.act(seconds)
    rows = [
        _row(f"{BUSY} visitors, an action a second, p95", 1.0, _p95(spent), f"{len(spent)} actions")
    ]
    visitors.come(OPEN)
    after = held(tab.address)
    if before is not None and after is not None:
        rows.append(
            Row(
                f"{OPEN} sessions, memory",
                "budget",
                500.0,
                max(1.0, after - before),
                1.0,
                f"on {before:.0f} MB with one",
                unit="MB",
            )
        )
    visitors.leave()
    return rows


def _row(what: str, budget: float, ours: float, note: str = "") -> Row:
    return Row(what, "budget", budget, ours, 1.0, note)


def _p95(spent: list[float]) -> float:
    return sorted(spent)[max(0, round(0.95 * len(spent)) - 1)]


if __name__ == "__main__":
    raise SystemExit(main())
