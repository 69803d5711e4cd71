"""Nine tasks of a researcher on the app as it is shipped, each with the number of presses that it may
take. Only what is written on the pages is pressed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fake
import media
import pytest
import serving
from browser import VIEWER, idle

from jss import audio

pytestmark = pytest.mark.slow
#: The viewer, or nothing while there is none.
MAYBE = VIEWER.replace(").viewer", ")?.viewer")
#: The bar that stands highest above the baseline: its class, its system, and where its middle lies.
HIGHEST_BAR = """() => {
  const plot = document.querySelector(".js-plotly-plot"), box = plot.getBoundingClientRect();
  const { xaxis, yaxis } = plot._fullLayout, bars = plot._fullData.filter((one) => one.type === "bar");
  const line = plot._fullData.find((one) => one.name === "SED baseline").y;
  const found = bars.flatMap((one) => Array.from(one.y, (y, i) => ({ y, x: one.x[i], key: one.customdata[i], gain: y - line[3 * i] })));
  const { x, y, key } = found.reduce((a, b) => (b.gain > a.gain ? b : a));
  return [...key, box.left + xaxis._offset + xaxis.c2p(x), box.top + yaxis._offset + yaxis.c2p(y / 2)];
}"""
STAGES = ("MixIT-S0", "MixIT-S1", "MixIT-S2", "MixIT-JT")


class Person:
    """A tab, and how often its user has pressed something."""

    def __init__(self, browser: Any, address: str) -> None:
        self.address, self.presses, self.wrong = address, 0, []
        self.context = browser.new_context(viewport={"width": 1440, "height": 900})
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(120_000)
        self.tab.on("pageerror", lambda error: self.wrong.append(str(error)))

    @contextmanager
    def task(self, what: str, most: int, start: str | None = None) -> Iterator[None]:
        """Begin at an address, else where the last task ended; it takes at most so many presses."""
        if start is not None:
            self.tab.goto(f"{self.address}/{start}")
            idle(self.tab)
        before, begun = self.presses, time.monotonic()
        yield
        took = self.presses - before
        print(f"{what}: {took} of {most} presses, {time.monotonic() - begun:.1f} s")
        assert took <= most, what
        assert self.tab.get_by_test_id("stException").count() == 0
        assert not self.wrong

    def press(self, button: Any) -> None:
        self.presses += 1
        button.click()

    def press_at(self, x: float, y: float) -> None:
        self.presses += 1
        self.tab.mouse.click(x, y)

    def link(self, name: str) -> Any:
        return self.tab.get_by_role("link", name=name, exact=True)

    def button(self, name: str) -> Any:
        return self.tab.get_by_role("button", name=name, exact=True)

    def ask(self, code: str) -> Any:
        return self.tab.evaluate(f"(() => {{ const v = {VIEWER}; return {code}; }})()")

    def drawn(self, clip: str, system: str) -> None:
        from playwright.sync_api import TimeoutError

        try:
            self.tab.wait_for_selector(f".jss[data-drawn$='{clip}|{system}|teacher']")
        except TimeoutError:
            text = self.tab.locator(".stMain").inner_text()
            raise AssertionError(
                f"{clip}|{system} is not drawn at {self.tab.url}: {text}"
            ) from None

    def hears(self, what: str) -> None:
        self.tab.wait_for_function(
            f"() => {{ const v = {VIEWER}; return v.player.playing"
            f" && v.toolbar.audible.textContent === '{what}'; }}"
        )

    def panel(self, system: str, kind: str, of: object) -> tuple[float, float]:
        """The middle of a panel of a column of Compare."""
        plot = self.tab.locator(".plot").bounding_box()
        found = next(
            p
            for p in self.ask("v.screen.layout.panels")
            if (p.get("system"), p["kind"], p.get("of")) == (system, kind, of)
        )
        return plot["x"] + found["x"] + found["w"] / 2, plot["y"] + found["y"] + found["h"] / 2


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home") / "runs"


@pytest.fixture(scope="module")
def person(chromium: Any, runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    runs.mkdir()
    environment = os.environ | {
        "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache")),
        "JSS_RUNS": str(runs),
    }
    log = tmp_path_factory.mktemp("log") / "server.txt"
    with serving.served(["pages", "--server.port", "{port}"], log, environment) as address:
        person = Person(chromium, address)
        yield person
        person.context.close()


def test_the_pair_of_figs_12_to_15_is_found_and_heard_through_four_stages(person: Person):
    with person.task("find the pair of Figs 12 to 15 in Compare", 3, start=""):
        person.press(person.link("Compare"))
        idle(person.tab)
        person.press(person.tab.get_by_role("combobox", name=re.compile("Clip")))
        person.press(person.tab.get_by_role("option", name=re.compile("Figs 12 to 15")))
        person.tab.wait_for_function(
            f"() => {MAYBE}?.state.meta?.clip === 'vacuum-speech.flac'"
            f" && {VIEWER}.state.compared.length === 5"
        )
        idle(person.tab)
    for stage in STAGES:
        with person.task(f"hear a source of {stage}", 1):
            person.press_at(*person.panel(stage, "mel", 0))
            person.hears(f"source 1 of {stage}")


def test_each_source_and_the_residual_take_a_press_each(person: Person):
    with person.task("open a clip and play it", 1, start="?system=MixIT-S1"):
        person.tab.wait_for_selector(".jss[data-drawn]")
        person.press(person.button("Play"))
        person.hears("mixture")
    for name in ("Source 1", "Source 2", "Source 3", "Source 4", "Residual"):
        with person.task(f"hear {name}", 1):
            person.press(person.tab.get_by_role("button", name=re.compile(f"^Solo {name}")))
            person.hears(name.lower())


def test_a_figure_for_a_paper_takes_two_presses(person: Person, tmp_path: Path):
    with person.task("a figure as PDF", 2, start="?clip=dog.flac&system=MixIT-S1"):
        person.drawn("dog.flac", "MixIT-S1")
        idle(person.tab)
        with person.tab.expect_download() as download:
            person.press(person.button("Figure PDF"))
        content = download.value.path().read_bytes()
    assert content.startswith(b"%PDF-")
    assert download.value.suggested_filename == "dog.MixIT-S1.teacher.pdf"


def test_recordings_of_one_s_own_take_two_presses_each(person: Person, tmp_path: Path):
    sound = audio.load(serving.ROOT / "jss" / "examples" / "cat-dog.flac")[:48000]
    files = [tmp_path / f"mine.{kind}" for kind in ("wav", "mp3", "ogg")]
    for file in files:
        audio.save(file, sound)
    files += [media.encode(tmp_path / f"mine.{kind}", sound, 16000) for kind in ("m4a", "mp4")]
    for n, file in enumerate(files):
        with person.task(f"open {file.name}", 2, start="?system=MixIT-S1" if n == 0 else None):
            popover = person.tab.get_by_test_id("stPopoverBody")
            popover.wait_for(state="hidden")  # that of the file before closes by itself
            person.press(person.button("Open, record"))
            person.presses += 1  # the file, in the window of the browser
            popover.locator("input[type=file]").set_input_files(str(file))
            name = f"uploaded/{hashlib.sha256(file.read_bytes()).hexdigest()[:12]}"
            person.drawn(name, "MixIT-S1")
            idle(person.tab)
            assert person.tab.title().startswith(file.name)
            assert person.ask("v.state.meta.duration") == pytest.approx(3.0, abs=0.15)


def test_bars_and_distributions_take_a_press_each(person: Person):
    for page, what in (("Classes", "per-class bars"), ("Diversity", "distributions")):
        with person.task(what, 1, start="" if page == "Classes" else None):
            person.press(person.link(page))
            person.tab.wait_for_url(re.compile(page.lower()))
            person.tab.wait_for_selector(".js-plotly-plot .main-svg")
            idle(person.tab)


def test_the_class_helped_most_and_a_clip_that_shows_it(person: Person):
    with person.task("the class helped most and a clip that shows it", 4, start=""):
        person.press(person.link("Classes"))
        person.tab.wait_for_selector(".js-plotly-plot .main-svg")
        idle(person.tab)
        label, system, *place = person.tab.evaluate(HIGHEST_BAR)
        person.press_at(*place)
        person.tab.get_by_text(f"{system} gains most in", exact=True).wait_for()
        idle(person.tab)
        person.press(person.tab.get_by_text(re.compile("^All .* clips, by gain")))
        table = person.tab.get_by_test_id("stExpander").get_by_test_id("stDataFrame")
        table.scroll_into_view_if_needed()
        person.presses += 1  # the first row's box
        table.click(position={"x": 15, "y": 36 + 18})
        person.tab.get_by_text(re.compile(f"through {re.escape(system)}, teacher$")).wait_for()
        idle(person.tab)
        person.tab.locator(".js-plotly-plot .main-svg").nth(1).wait_for(state="attached")
    assert f"class={label}" in person.tab.url


def test_another_system_is_scored_beside_ours(person: Person, tmp_path: Path):
    """Its detections are the ground truth, as that button gives it: all scores are 1."""
    tab, file = person.tab, tmp_path / "theirs.tsv"
    with person.task("score another system", 4, start=""):
        person.press(person.link("Results"))
        person.press(tab.get_by_role("tab", name="Score your system"))
        with tab.expect_download() as download:
            person.press(person.button("Ground truth TSV"))
        download.value.save_as(file)
        person.presses += 1  # the file, in the window of the browser
        tab.locator("input[type=file]").first.set_input_files(str(file))
        tab.get_by_text(re.compile("theirs, your system, on .* files of")).wait_for()
        idle(tab)
        with tab.expect_download() as download:
            tab.get_by_role("button", name="Report JSON").click()
    report = json.loads(download.value.path().read_text())
    assert report["system"] == "theirs"
    assert report["event_f1"]["macro"] == 1


def test_a_training_is_followed_and_its_system_opened_in_compare(
    person: Person, runs: Path, tiny_checkpoints: Path
):
    stage = runs / "mine" / "MixIT-S1-teacher"
    stage.mkdir(parents=True)
    fake.write_run(stage, epochs=40)
    config = stage / "config.yaml"
    config.write_text(config.read_text().replace("system: SED", "system: MixIT-S1-teacher"))
    history = (stage / "history.csv").read_text().splitlines(keepends=True)
    (stage / "history.csv").write_text("".join(history[:2]))  # its first epoch
    with person.task("follow a training", 2, start=""):
        person.press(person.link("Training"))
        person.tab.get_by_text(re.compile("epoch 1")).first.wait_for()
        person.tab.wait_for_selector(".js-plotly-plot .main-svg")
        (stage / "history.csv").write_text("".join(history))
        person.tab.get_by_text(re.compile("epoch 3")).first.wait_for()
        shutil.copytree(tiny_checkpoints, runs / "mine" / "checkpoints")
        person.press(person.tab.get_by_role("link", name=re.compile("in Compare")).first)
        person.tab.wait_for_selector(".jss[data-drawn]")
        person.tab.wait_for_function(f"() => {MAYBE}?.results.get('MixIT-S1 (runs/mine)')?.picture")
    idle(person.tab)
    shutil.rmtree(runs / "mine")


def test_a_link_shows_the_same_view_elsewhere(person: Person, chromium: Any):
    with person.task("a view to share", 2, start="?clip=dog.flac&system=MixIT-S1"):
        person.drawn("dog.flac", "MixIT-S1")
        idle(person.tab)
        plot = person.tab.locator(".plot").bounding_box()
        panel = person.ask("v.screen.layout.panels.find(p => p.kind === 'wave')")
        y = plot["y"] + panel["y"] + panel["h"] / 2
        person.tab.mouse.move(plot["x"] + panel["x"] + 0.2 * panel["w"], y)
        person.tab.mouse.down()
        person.tab.mouse.move(plot["x"] + panel["x"] + 0.45 * panel["w"], y, steps=4)
        person.tab.mouse.up()
        person.presses += 1
        person.tab.wait_for_url(re.compile("view="))
        idle(person.tab)
    shown = "JSON.stringify([v.state.meta.id, v.state.viewText, v.state.threshold])"
    other = Person(chromium, person.address)
    # As where another page ends while this one runs again: the server has a file again a bit later.
    other.context.route("**/media/*", lambda route: route.fulfill(status=404), times=3)
    other.tab.goto(person.tab.url)
    other.drawn("dog.flac", "MixIT-S1")
    assert other.ask(shown) == person.ask(shown)
    other.context.close()
