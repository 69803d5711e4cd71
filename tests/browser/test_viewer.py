"""The viewer in a real browser: what is drawn, played and sent. Order, counts and values; no times."""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fake
import media
import numpy as np
import pandas as pd
import pytest
from browser import VIEWER, Page, located, system_button

from jss import audio
from jss.decoding import decode
from jss.io.annotations import formats
from jss.labels import DESED_LABELS
from jss.viz.agreement import agreement


@pytest.fixture(scope="module")
def page(chromium: Any, address: str) -> Iterator[Page]:
    page = Page(chromium, address)
    yield page
    assert page.wrong == []
    page.context.close()


@pytest.fixture(autouse=True)
def fresh(request: pytest.FixtureRequest) -> None:
    """The shared page as it was at first."""
    if "page" in request.fixturenames:
        page = request.getfixturevalue("page")
        page.ask(
            "(v.player.pause(), v.showWholeClip(), v.solo('mixture'), v.seek(0), v.state.hidden.clear())"
        )
        page.rest()


def events(page: Page) -> list[tuple[float, float, str]]:
    return [(e["onset"], e["offset"], DESED_LABELS[e["k"]]) for e in page.ask("v.state.events")]


def scores() -> np.ndarray:
    return fake.source_scores(156, "S1").max(axis=0)


def test_a_link_shows_its_clip_and_system(chromium: Any, address: str):
    link = "?clip=four_tones.flac&system=MixIT-JT&threshold=0.61&view=2.00-4.50"
    page = Page(chromium, address, link, system="MixIT-JT")
    assert page.ask("[v.state.view, v.position()]") == [{"start": 2, "end": 4.5}, 2]
    page.ask("v.showWholeClip()")
    page.tab.wait_for_function("() => !location.search.includes('view=')")
    kinds = page.ask("v.screen.layout.panels.map(p => p.kind)")
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "wave": 2,
        "events": 1,
        "mel": 5,
        "pooled": 1,
        "scores": 4,
        "similarity": 1,
    }
    assert page.tab.locator(".threshold output").text_content() == "0.61"
    assert page.tab.locator("[data-testid=stException], [data-testid=stAlert]").count() == 0
    assert page.wrong == []
    page.context.close()


def test_panels_share_the_time_axis(page: Page):
    panels = page.ask("v.screen.layout.panels")
    assert len({panel["w"] for panel in panels}) == 1
    assert {panel["x"] for panel in panels} == set(page.ask("v.screen.layout.columns"))


def test_picture_is_that_of_the_arrays(page: Page):
    """Each source's tone is a dark line in its own spectrogram, at its own height."""
    for m, hz in enumerate(fake.TONES):
        panel = page.ask(f"v.screen.layout.panels.find(p => p.kind === 'mel' && p.of === {m})")
        middle = sum(fake.SPANS[m]) / 2
        x = panel["x"] + round(middle / 10 * panel["w"])
        rows = page.ask(
            f"Array.from({{length: {panel['h']}}}, (_, i) => v.screen.still.getContext('2d')"
            f".getImageData({x}, {panel['y']} + i, 1, 1).data[0])"
        )
        share = (np.argmin(rows) + 0.5) / panel["h"]
        result = page.tab.evaluate(
            "async ([base, share]) => (await import(base + '/_stcore/bidi-components/jss.viewer/layout.js'))"
            ".yToHz(share, 128)",
            [page.tab.url.split("/?")[0], share],
        )
        assert abs(np.log2(result / hz)) < 0.12


def test_events_above_another_threshold_are_python_s_on_the_screen_and_in_the_files(page: Page):
    for threshold in (0.5, 0.7):
        page.ask(f"v.setThreshold({threshold}, true)")
        expected = decode(scores(), DESED_LABELS, hop=0.064, duration=10.0, threshold=threshold)
        assert events(page) == expected
        truth = [(on, off, DESED_LABELS[k]) for on, off, k in page.ask("v.state.meta.truth")]
        spans = [
            (s["onset"], s["offset"], DESED_LABELS[s["k"]], s["kind"])
            for s in page.ask("v.state.spans")
        ]
        assert sorted(spans) == sorted(agreement(events(page), truth))
    page.tab.get_by_text("above 0.70").wait_for()
    download = page.download("Events TSV")
    table = pd.read_csv(download.path(), sep="\t", float_precision="round_trip")
    assert table.columns.tolist() == ["filename", "onset", "offset", "event_label"]
    assert [row[1:] for row in table.itertuples(index=False, name=None)] == [
        (round(onset, 6), round(offset, 6), label) for onset, offset, label in expected
    ]
    assert not re.search(r"\.\d{7}", download.path().read_text(encoding="utf-8"))
    assert set(table["filename"]) == {"four_tones.flac"}
    page.ask("v.setThreshold(0.5, true)")
    page.tab.get_by_text("above 0.50").wait_for()


def test_decoding_in_the_browser_equals_python(page: Page):
    rng = np.random.default_rng(0)
    for frames in (1, 2, 3, 6, 7, 8, 50, 156):
        drawn = (
            rng.random((10, frames)).astype(np.float32).round(2)
        )  # many scores lie on a threshold
        for threshold in (0.1, 0.35, 0.5, 0.7):
            result = page.tab.evaluate(
                "async ([base, rows, options]) => (await import(base + '/_stcore/bidi-components/jss.viewer/'"
                " + 'decode.js')).decode(rows.map(row => Float32Array.from(row)), options)",
                [
                    page.tab.url.split("/?")[0],
                    drawn.tolist(),
                    {
                        "hop": 0.064,
                        "duration": frames * 0.064 - 0.01,
                        "threshold": threshold,
                        "median": 7,
                    },
                ],
            )
            expected = decode(
                drawn, DESED_LABELS, hop=0.064, duration=frames * 0.064 - 0.01, threshold=threshold
            )
            assert [(e["onset"], e["offset"], DESED_LABELS[e["k"]]) for e in result] == expected


def test_dragging_the_threshold_reaches_the_table_and_the_address(page: Page):
    x, _ = page.at(5.0, "pooled")
    box, panel = (
        page.tab.locator(".plot").bounding_box(),
        page.ask("v.screen.layout.panels.find(p => p.kind === 'pooled')"),
    )

    def height(score: float) -> float:
        return box["y"] + panel["y"] + 3 + (1 - score) * (panel["h"] - 6 - panel["strip"] - 3)

    page.tab.mouse.move(x, height(0.5))
    page.tab.mouse.down()
    page.tab.mouse.move(x, height(0.7), steps=4)
    before = page.sent
    assert page.ask("v.state.threshold") == pytest.approx(0.7, abs=0.02)
    assert page.sent == before  # nothing is sent while the line moves
    page.tab.mouse.up()
    threshold = page.ask("v.state.threshold")
    page.tab.wait_for_url(re.compile(f"threshold={threshold:.2f}"))
    page.tab.get_by_text(f"above {threshold:.2f}").wait_for()
    page.ask("v.setThreshold(0.5, true)")
    page.tab.wait_for_url(re.compile("threshold=0.50"))
    page.tab.get_by_text("above 0.50").wait_for()


def hear(page: Page, seconds: float) -> dict[str, Any]:
    """What came out once so much has been played. clock: seconds since the start, by the audio
    clock; wave: the last two seconds before, silence where nothing was played yet; position: of the
    playhead.
    """
    page.until(
        "v.player.playing && v.player.analyser.context.currentTime - v.player.startedAt"
        f" >= {seconds}"
    )
    return page.ask(
        "(({ analyser, startedAt }) => { const clock = analyser.context.currentTime - startedAt;"
        " analyser.fftSize = 32768; const wave = new Float32Array(analyser.fftSize);"
        " analyser.getFloatTimeDomainData(wave);"
        " return { clock, position: v.position(), wave: Array.from(wave) }; })(v.player)"
    )


def file(examples: Path) -> np.ndarray:
    return audio.load(examples / "four_tones.flac")


def rms(wave: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(wave))))


def test_playing_three_seconds_matches_the_file_and_sends_nothing(page: Page, examples: Path):
    page.tab.locator(".play").click()
    page.until("v.position() > 0.1")
    before = page.sent
    heard = hear(page, 3.0)
    assert page.sent == before
    assert heard["position"] == pytest.approx(heard["clock"], abs=0.1)
    end, size = round(heard["clock"] * 16000), len(heard["wave"])
    assert rms(np.array(heard["wave"])) == pytest.approx(
        rms(file(examples)[end - size : end]), rel=0.05
    )
    page.tab.keyboard.press("Space")
    at = page.ask("v.position()")
    page.tab.wait_for_timeout(100)
    assert page.ask("v.position()") == at
    assert page.tab.locator(".time").text_content() == f"{at:.2f} / 10.00 s"


def test_solo_and_mute_keep_the_position(page: Page):
    page.ask("v.seek(2.2)")
    page.ask("v.player.setLoop({start: 2.0, end: 2.9})")  # sources 1, 2 and 4 sound
    page.tab.locator(".plot").focus()
    page.tab.keyboard.press("Space")
    page.until("v.player.playing && v.position() > 2.0")
    for m in (0, 1, 3):
        page.tab.keyboard.press(str(m + 1))
        assert page.heard_hz() == pytest.approx(fake.TONES[m], abs=12)
        assert 2.0 <= page.ask("v.position()") <= 2.9
        assert page.tab.locator(".audible").text_content() == f"source {m + 1}"
    page.tab.keyboard.press("0")
    for name in ("Mute Source 1", "Mute Source 4"):
        page.tab.get_by_role("button", name=name).click()
    assert page.heard_hz() == pytest.approx(fake.TONES[1], abs=12)
    page.tab.keyboard.press("0")
    assert page.tab.locator(".audible").text_content() == "mixture"


def test_residual_is_what_the_sources_leave(page: Page):
    rest = page.ask(
        "Array.from(v.player.tracks.at(-1).buffer.getChannelData(0).subarray(0, 16000))"
    )
    assert 0.0025 < np.std(rest) < 0.0035  # the noise that was added to the tones
    assert page.ask("v.player.tracks.at(-1).id") == "residual"


def playhead(page: Page) -> float:
    """Seconds at which it is drawn, from the pixels of the triangle on top of it in the first
    column.
    """
    page.tab.mouse.move(5, 5)
    page.rest()
    left, width = page.ask("[v.screen.layout.columns[0], v.screen.layout.plot]")
    alpha = page.ask(
        f"Array.from(v.screen.moving.getContext('2d').getImageData({left}, 2, {width}, 1).data)"
        ".filter((_, i) => i % 4 === 3)"
    )
    view = page.ask("v.state.view")
    return view["start"] + (np.flatnonzero(alpha).mean() + 0.5) / width * (
        view["end"] - view["start"]
    )


def test_click_moves_playhead_and_sound(page: Page, examples: Path):
    page.tab.mouse.click(*page.at(5.0, "mel"))
    assert page.ask("v.position()") == pytest.approx(5.0, abs=0.02)
    assert playhead(page) == pytest.approx(5.0, abs=0.02)
    page.tab.locator(".plot").focus()
    page.tab.keyboard.press("Space")
    heard = hear(page, 1.0)
    wave, whole = np.array(heard["wave"][-int(heard["clock"] * 16000) :]), file(examples)
    size = len(wave) + len(whole)
    alike = np.fft.irfft(np.fft.rfft(whole, size) * np.conj(np.fft.rfft(wave, size)), size)
    assert alike.argmax() / 16000 == pytest.approx(5.0, abs=0.02)
    assert heard["position"] == pytest.approx(5.0 + heard["clock"], abs=0.1)


def test_clicks_and_keys_step(page: Page):
    page.tab.mouse.click(*page.at(2.0, "scores"))
    assert page.ask("v.position()") == pytest.approx(2.0, abs=0.02)
    page.tab.locator(".plot").focus()
    for key, expected in (
        ("ArrowRight", 2.5),
        ("Shift+ArrowLeft", 2.436),
        ("Home", 0.0),
        ("End", 10.0),
    ):
        page.tab.keyboard.press(key)
        assert page.ask("v.position()") == pytest.approx(expected, abs=0.02)


def test_drag_zooms_and_loops(page: Page):
    page.tab.mouse.move(*page.at(2.0, "mel"))
    page.tab.mouse.down()
    page.tab.mouse.move(*page.at(4.0, "mel"), steps=4)
    page.tab.mouse.up()
    view = page.ask("v.state.view")
    assert (view["start"], view["end"]) == pytest.approx((2.0, 4.0), abs=0.03)
    assert page.ask("v.player.loop") == pytest.approx(view)
    assert page.tab.locator(".loop").get_attribute("aria-pressed") == "true"
    page.tab.wait_for_url(re.compile(f"view={view['start']:.2f}-{view['end']:.2f}"))
    page.ask("v.seek(3.8)")
    page.tab.locator(".play").click()
    page.until("v.position() < 3.0")  # it came round
    page.tab.keyboard.press("Escape")
    assert page.ask("v.state.view") == {"start": 0, "end": 10}
    assert page.ask("v.player.loop") is None
    page.tab.wait_for_function("() => !location.search.includes('view=')")
    page.idle()


def test_a_click_on_an_event_loops_it_where_it_stands(page: Page):
    lane = page.tab.evaluate(
        "async base => { const { lanes } = await import(base +"
        " '/_stcore/bidi-components/jss.viewer/paint_events.js');"
        f" const v = {VIEWER}; const panel = v.screen.layout.panels.find(p => p.kind === 'events');"
        " const lane = lanes(v.state, panel).find(one => v.state.meta.classes[one.k].label === 'Speech');"
        " return [(lane.y + 0.25 * lane.h - panel.y) / panel.h, (lane.y + 0.75 * lane.h - panel.y) / panel.h]; }",
        page.tab.url.split("/?")[0],
    )
    (detected,) = (e for e in events(page) if e[2] == "Speech")
    for share, (onset, offset) in zip(lane, ((2.1, 6.0), detected[:2]), strict=True):
        page.tab.mouse.click(*page.at(4.0, "events", share))
        assert page.ask("v.player.loop") == pytest.approx({"start": onset, "end": offset})
        assert page.ask("v.state.view") == {"start": 0, "end": 10}
        page.until("v.player.playing")


def test_the_menu_sets_sound_and_spectrograms(page: Page):
    page.tab.get_by_text("Sound, view", exact=True).click()
    page.tab.get_by_label("Volume of Source 2 in dB").fill("-12")
    assert page.ask("v.solo('source2'), v.player.level('source2')") == pytest.approx(10 ** (-0.6))
    page.tab.get_by_label("Match levels").check()
    gains = page.ask(
        "(power => { const tracks = [1, 4].map(power => [{ id: 'source1', power }]);"
        " return tracks.map(some => v.mixer.levels(some, tracks).get('source1')); })()"
    )
    assert gains == pytest.approx([2.5**0.5, (2.5 / 4) ** 0.5])  # both at their mean power, 2.5
    page.tab.get_by_label("Match levels").uncheck()
    page.tab.get_by_label("Volume of Source 2 in dB").fill("0")
    low, high = page.ask("v.state.meta.shown_db")
    page.tab.locator(".menu .range").fill("40")
    page.tab.locator(".menu .gain").fill("10")
    assert page.ask("v.state.shownDb") == [high - 50, high - 10]
    assert page.tab.locator(".levels span >> nth=1").text_content() == f"{high - 10:g} dB"
    page.tab.get_by_label("Lowest frequency").select_option("1000")
    page.tab.get_by_label("Highest frequency").select_option("4000")
    page.rest()
    panel = page.ask("v.screen.layout.panels.find(p => p.kind === 'mel')")
    edges = page.ask(
        f"[0, 1].map(share => v.screen.probe({panel['x']} + 9, {panel['y']} + share * ({panel['h']} - 1e-6)).hz)"
    )
    assert edges == pytest.approx([4000, 1000], rel=0.01)
    bands = page.ask(  # the tones of 1600 and 3200 Hz are the dark rows that are left
        f"Array.from({{length: {panel['h']}}}, (_, i) => v.screen.still.getContext('2d')"
        f".getImageData({panel['x']} + Math.round(0.6 * {panel['w']}), {panel['y']} + i, 1, 1).data[0])"
    )
    assert np.argmin(bands) / panel["h"] < 0.45
    page.tab.get_by_role("button", name="Reset", exact=True).click()
    assert page.ask("[v.state.shownDb, v.state.band]") == [[low, high], {"low": 0, "high": 8000}]
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.ask("v.setThreshold(0.44, true)")
    page.tab.get_by_role("button", name="Copy link").click()
    page.tab.get_by_role("button", name="Copied").wait_for()
    link = page.tab.evaluate("navigator.clipboard.readText()")
    assert "clip=four_tones.flac" in link
    assert "threshold=0.44" in link
    page.ask("v.setThreshold(0.5, true)")
    page.tab.keyboard.press("Escape")
    assert page.tab.locator(".menu[open]").count() == 0
    page.tab.wait_for_url(re.compile("threshold=0.50"))
    page.idle()


def test_one_player_at_a_time(page: Page, examples: Path):
    page.tab.locator(".play").click()
    page.until("v.player.playing")
    sound = base64.b64encode((examples / "four_tones.flac").read_bytes()).decode()
    page.tab.evaluate(
        "sound => { const audio = new Audio('data:audio/flac;base64,' + sound); audio.id = 'other';"
        " document.body.append(audio); return audio.play(); }",
        sound,
    )
    page.until("!v.player.playing")
    page.tab.locator(".play").click()
    page.until("v.player.playing && document.getElementById('other').paused")
    page.tab.evaluate("document.getElementById('other').remove()")


def test_every_fast_press_of_next_counts(chromium: Any, address: str):
    page = Page(chromium, address)
    page.idle()
    page.ask(  # up to which report the page has answered
        "(receive => { v.reporter.receive = (choices, stamp, all) =>"
        " { v.answered = stamp; return receive(choices, stamp, all); }; })"
        "(v.reporter.receive.bind(v.reporter))"
    )
    page.tab.evaluate(
        "() => { for (let i = 0; i < 20; i++) setTimeout(() =>"
        " document.querySelector('.st-key-Next-clip button').click(), 40 * i); }"
    )
    page.until("v.reporter.steps === 20 && v.answered === v.reporter.stamp")
    located(page.tab, "clip=dog_and_speech.flac")
    page.drawn("dog_and_speech.flac")
    page.context.close()


def test_keys_change_the_clip_and_it_may_play_at_once(chromium: Any, address: str):
    page = Page(chromium, address)
    page.idle()
    page.ask("v.setAutoplay(true)")
    page.tab.locator(".plot").focus()
    page.tab.keyboard.press("n")
    page.drawn("short.flac")
    page.until("v.player.playing || v.position() > 2")  # the clip is short
    page.ask("v.player.pause()")
    page.tab.get_by_role("link", name="Compare").click()
    page.until("v?.state.compare && v.root.dataset.drawn?.startsWith('short.flac')")
    page.idle()
    page.tab.get_by_role("button", name="Previous").click()
    page.until("v.state.meta?.clip === 'four_tones.flac' && v.player.playing")  # on any page
    page.ask("(v.setAutoplay(false), v.player.pause())")
    page.tab.get_by_role("button", name="Next").click()
    page.until("v.root.dataset.drawn?.startsWith('short.flac')")
    assert page.ask("v.player.playing") is False
    page.context.close()


def test_legend_hides_a_class_everywhere(page: Page):
    def dark(kind: str) -> int:
        """Pixels of the colour of Speech, #6426DE, in a panel."""
        p = page.ask(f"v.screen.layout.panels.find(p => p.kind === '{kind}')")
        data = f"v.screen.still.getContext('2d').getImageData({p['x']}, {p['y']}, {p['w']}, {p['h']}).data"
        return page.ask(
            f"(d => {{ let n = 0; for (let i = 0; i < d.length; i += 4) n += [0x64, 0x26, 0xDE]"
            f".every((c, j) => Math.abs(d[i + j] - c) < 12); return n; }})({data})"
        )

    assert dark("pooled") > 100
    assert dark("events") > 100
    page.tab.get_by_role("button", name="Speech", exact=True).click()
    page.tab.mouse.move(5, 5)
    page.rest()
    assert dark("pooled") == dark("events") == 0
    page.tab.get_by_role("button", name="Speech", exact=True).click()


def test_hover_shows_values_without_a_message(page: Page):
    before = page.sent
    page.tab.mouse.move(*page.at(1.0, "mel", 0.3))
    page.rest()
    cursor = page.ask("({time: v.state.cursor.time, hz: v.state.cursor.hz})")
    assert cursor["time"] == pytest.approx(1.0, abs=0.02)
    assert 1500 < cursor["hz"] < 5000
    assert page.sent == before


def test_clip_and_system_switch(page: Page):
    page.ask("v.seek(4)")
    system_button(page.tab, "SED").click()
    page.drawn(system="SED")
    assert page.ask("v.position()") == 4  # another system keeps the position
    assert page.ask("v.screen.layout.panels.map(p => p.kind)") == [
        "wave",
        "events",
        "mel",
        "pooled",
    ]
    page.tab.get_by_text("This system does not separate: there are no sources").first.wait_for()
    size = page.bytes
    page.tab.get_by_role("button", name="Next").click()
    page.drawn("short.flac", "SED")
    assert page.bytes - size < 150_000
    assert page.ask("v.position()") == 0  # a new clip begins at its beginning
    page.tab.get_by_role("button", name="Previous").click()
    page.drawn(system="SED")
    system_button(page.tab, "MixIT-S1").click()
    page.drawn()


def test_twenty_clip_switches_are_drawn_once_each_in_order_and_are_small(page: Page):
    page.idle()
    page.watch()
    sizes = []
    for i in range(20):
        before = page.bytes
        page.tab.get_by_role("button", name=("Next", "Previous")[i % 2]).click()
        page.drawn(("short.flac", "four_tones.flac")[i % 2])
        page.idle()
        sizes.append(page.bytes - before)
    assert (
        page.ask("v.order")
        == [f"{clip}|MixIT-S1|teacher" for clip in ("short.flac", "four_tones.flac")] * 10
    )
    assert max(sizes) <= 150_000, sizes


def test_system_switches_send_nothing_before_they_are_drawn(page: Page):
    """Once each system is loaded, the browser switches by itself, at the same position, and reports
    afterwards.
    """
    for system in ("MixIT-JT", "SED", "MixIT-S1"):
        system_button(page.tab, system).click()
        page.drawn(system=system)
        page.tab.wait_for_url(re.compile(f"system={system}"))
    page.until("[...v.results.bySystem.values()].filter(one => one.loaded).length === 3")
    page.ask("v.seek(4)")
    drawn = page.tab.evaluate(
        f"() => {{ const v = {VIEWER}; const reports = [], drawn = [], send = v.reporter.send;"
        " v.reporter.send = choices => reports.push(choices);"
        " for (let i = 0; i < 20; i++) { v.switchTo(['SED', 'MixIT-JT', 'MixIT-S1'][i % 3]);"
        " drawn.push([v.root.dataset.drawn.split('|')[1], reports.length, v.position()]); }"
        " v.reporter.send = send; return drawn; }"
    )
    assert drawn == [[("SED", "MixIT-JT", "MixIT-S1")[i % 3], 0, 4] for i in range(20)]
    page.tab.wait_for_url(re.compile("system=MixIT-JT"))
    page.tab.keyboard.press("x")
    page.drawn(system="SED")  # the one before
    system_button(page.tab, "MixIT-S1").click()
    page.drawn()
    page.tab.wait_for_url(re.compile("system=MixIT-S1"))


def test_a_choice_is_reported_before_the_rest_of_the_page_is_used(page: Page):
    """The next clip is drawn through the system just chosen, however soon after it Next is pressed."""
    page.idle()
    system_button(page.tab, "SED").click()
    page.drawn(system="SED")
    page.tab.wait_for_url(re.compile("system=SED"))
    page.idle()
    page.watch()
    page.ask("v.switchTo('MixIT-S1')")
    page.tab.get_by_role("button", name="Next").click()
    page.drawn("short.flac")
    page.idle()
    seen = [one for one, _ in itertools.groupby(page.ask("v.order"))]
    assert seen == ["four_tones.flac|MixIT-S1|teacher", "short.flac|MixIT-S1|teacher"]
    page.tab.get_by_role("button", name="Previous").click()
    page.drawn()


def test_a_late_answer_takes_no_choice_back(page: Page):
    """The page answers a switch only after the next one was made: the last choice stays, and is
    reported.
    """
    for system in ("SED", "MixIT-S1"):
        system_button(page.tab, system).click()
        page.drawn(system=system)
        page.tab.wait_for_url(re.compile(f"system={system}"))
    page.ask(
        "(v.answers = [], v.own = v.update, v.update = (data, send) => { v.answers.push(data); v.send = send;"
        " return v.own(data, send); }, v.switchTo('SED'))"
    )
    page.tab.wait_for_url(re.compile("system=SED"))
    page.until("v.answers.some(data => data.shown === 'SED')")
    page.ask("v.switchTo('MixIT-S1')")
    page.until(
        "v.reporter.reported.system === 'MixIT-S1'"
    )  # reported, and not yet answered, or just so
    page.ask("v.own(v.answers.find(data => data.shown === 'SED'), v.send)")
    assert page.ask("[v.wanted, v.reporter.reported.system]") == ["MixIT-S1", "MixIT-S1"]
    page.ask("(delete v.update, 0)")
    page.drawn()
    page.tab.wait_for_url(re.compile("system=MixIT-S1"))


def test_an_overtaken_update_leaves_the_viewer_alone(page: Page):
    """Streamlit ends an update, by the function that it returned, where the next one comes before
    it is done.
    """
    page.ask("(v.old = true, v.seek(2), 0)")
    page.tab.evaluate(
        "async base => { const { default: mount } = await import(base + '/_stcore/bidi-components/jss.viewer/main.js');"
        f" const v = {VIEWER}; const nothing = () => {{}}; let end; const own = v.update; v.update = () => {{}};"
        " end = mount({ data: {}, parentElement: v.root.getRootNode(), setStateValue: nothing,"
        " setTriggerValue: nothing });"
        " v.update = own; end(); await new Promise(done => setTimeout(done, 50)); }",
        page.tab.url.split("/?")[0],
    )
    system_button(page.tab, "MixIT-JT").click()
    page.drawn(system="MixIT-JT")
    page.tab.wait_for_url(re.compile("system=MixIT-JT"))
    assert page.ask("[v.old, v.position()]") == [True, 2]
    page.tab.keyboard.press("x")
    page.drawn()
    page.tab.wait_for_url(re.compile("system=MixIT-S1"))


def test_pooled_scores_are_the_maximum_over_sources(page: Page):
    worst = page.ask(
        "Math.max(...v.state.picture.pooled.flatMap((row, k) => Array.from(row, (score, t) =>"
        " Math.abs(score - Math.max(...v.state.picture.bySource.map(one => one[k][t])) / 255))))"
    )
    assert worst <= 1 / 255


def test_compare_stacks_the_systems_and_keeps_the_position(chromium: Any, address: str):
    page = Page(chromium, address, "compare?clip=four_tones.flac&system=MixIT-S1&layout=stacked")
    page.until("v.state.compared.length === 3")
    kinds = page.ask("v.screen.layout.panels.map(p => p.kind)")
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "wave": 2,
        "mel": 5,
        "systemEvents": 1,
        "systemSimilarity": 1,
        "pooled": 1,
        "scores": 4,
    }
    spans = page.ask("v.state.compared.map(roll => roll.spans.length)")
    assert all(spans)
    page.ask("v.seek(3)")
    page.tab.locator(".plot").focus()
    page.tab.keyboard.press("Shift+1")
    page.drawn(system="SED")
    assert page.ask("v.position()") == 3
    assert (
        len(page.ask("v.screen.layout.panels")) == 14
    )  # nothing jumps: SED says that it has no sources
    page.tab.keyboard.press("x")
    page.drawn()
    page.tab.locator(".beside button[value=difference]").click()
    page.until("v.screen.layout.panels.filter(p => p.kind === 'difference').length === 4")
    page.tab.wait_for_url(re.compile("beside=difference"))
    scale = page.tab.evaluate(  # 10 of 255 levels between -50 and 80 dB: 5.1 dB
        """async base => {
        const { differenceScale } = await import(base + '/_stcore/bidi-components/jss.viewer/paint_compare.js');
        const system = (name, level) => ({ name, result: { picture: { sources: [
            [{ levels: new Uint8Array(500).fill(level) }]] } } });
        return differenceScale({ compared: [system('one', 150), system('other', 140)],
            compare: { against: 'other' }, meta: { stored_db: [-50, 80], shown_db: [-30, 50] } }); }""",
        page.tab.url.split("/compare")[0],
    )
    assert scale == 6
    page.until("v.toolbar.differenceScale.nextElementSibling.textContent === '+1 dB'")  # equal
    download = page.download("Figure SVG")
    assert download.suggested_filename == "four_tones.compared.svg"
    assert "ground truth, then 1 SED  2 MixIT-S1  3 MixIT-JT" in download.path().read_text(
        encoding="utf-8"
    )
    assert page.tab.locator("[data-testid=stException]").count() == 0
    assert page.wrong == []
    page.context.close()


def test_a_rerun_does_not_stop_the_player(page: Page):
    page.tab.locator(".play").click()
    page.until("v.position() > 0.1")
    page.tab.evaluate(f"() => {{ {VIEWER}.marked = true; }}")
    page.ask("v.setThreshold(0.42, true)")
    page.tab.get_by_text("above 0.42").wait_for()
    assert page.ask("v.marked") is True
    assert page.ask("v.player.playing") is True
    page.ask("v.setThreshold(0.5, true)")
    page.tab.get_by_text("above 0.50").wait_for()


def test_themes_and_widths(page: Page):
    for scheme in ("dark", "light"):
        page.tab.emulate_media(color_scheme=scheme)
        page.until(f"v.root.dataset.theme === '{scheme}'")
        page.rest()
        assert page.ask("v.screen.colours.palette") == {"light": "grey", "dark": "magma"}[scheme]
        corner = page.ask(
            "Array.from(v.screen.still.getContext('2d').getImageData(0, 0, 1, 1).data).slice(0, 3)"
        )
        assert (sum(corner) < 200) == (scheme == "dark")
        for width in (390, 2560, 1440):
            page.tab.set_viewport_size({"width": width, "height": 1100})
            page.until(
                f"v.screen.layout.wide === {str(width > 720).lower()} && v.screen.layout.width <= {width}"
            )
            assert page.tab.evaluate("document.documentElement.scrollWidth") <= width
            if width == 390:  # names stand above the panels, clear of a playhead at 0 s
                indents = page.ask(
                    "[...v.root.querySelectorAll('.row')].map((row) => row.querySelector('.name')"
                    ".getBoundingClientRect().x - row.getBoundingClientRect().x)"
                )
                assert min(indents) >= 6


def test_uploads_are_analysed_and_stay_and_downloads_open(
    chromium: Any, address: str, examples: Any, tmp_path: Any
):
    page = Page(chromium, address)
    page.tab.get_by_role("button", name="Open, record").click()
    mine, telephone, notes = (tmp_path / name for name in ("my own.flac", "new.m4a", "notes.wav"))
    mine.write_bytes((examples / "four_tones.flac").read_bytes())
    media.encode(telephone, 0.1 * np.random.default_rng(0).standard_normal(16000))
    notes.write_text("these are notes")
    page.tab.locator("input[type=file]").set_input_files([telephone, notes, mine])
    page.tab.wait_for_selector(".jss[data-drawn^='uploaded/']", timeout=120_000)
    page.tab.get_by_test_id("stPopoverBody").wait_for(state="hidden")
    page.tab.get_by_text("notes.wav is not audio that can be read").wait_for()
    page.tab.reload()  # a new session of the same visit
    page.tab.wait_for_selector(".jss[data-drawn^='uploaded/']", timeout=120_000)
    page.idle()
    page.tab.get_by_role("combobox", name="Clip").click()
    assert page.tab.get_by_role("option").all_inner_texts() == ["new.m4a", "my own.flac"]
    page.tab.keyboard.press("Escape")
    assert page.ask("v.state.truth") is None
    assert len(events(page)) == 4
    for name, start in (
        ("Figure PDF", b"%PDF-"),
        ("Sources FLAC", b"PK"),
        ("Events TSV", b"filename\tonset\toffset"),
    ):
        download = page.download(name)
        assert download.suggested_filename.startswith("my own.MixIT-S1.teacher.")
        assert download.path().read_bytes().startswith(start)
    page.tab.get_by_role("button", name="For other programs").click()
    download = page.download("Events: Raven selection table")
    assert download.suggested_filename.endswith(".events.selections.txt")
    selections = tmp_path / "selections.txt"
    selections.write_bytes(download.path().read_bytes())
    assert len(formats.read(selections)) == 4
    page.context.close()


def test_nothing_is_asked_of_another_host(page: Page):
    own = page.tab.url.split("/?")[0]
    assert [url for url in page.asked if not url.startswith((own, "blob:", "data:"))] == []


def test_what_the_median_filter_removes_is_said_and_drawn(page: Page):
    page.ask("v.setThreshold(0.88, true)")
    page.rest()
    removed = page.ask(
        "v.state.removed.map(r => [v.state.meta.classes[r.k].short, r.onset, r.offset])"
    )
    speech = scores()[DESED_LABELS.index("Speech")]
    frames = np.flatnonzero(speech > np.float32(0.88))
    assert {name for name, _, _ in removed} == {"Speech"}
    assert sum(offset - onset for _, onset, offset in removed) == pytest.approx(0.064 * len(frames))
    text = page.tab.locator(".removed").inner_text()
    assert "too short for the median filter (448 ms" in text
    assert f"Speech {removed[0][1]:.2f}" in text
    onset = removed[0][1]
    value = page.tab.evaluate(
        "async ([base, row, frame]) => (await import(base + '/_stcore/bidi-components/jss.viewer/'"
        " + 'decode.js')).medianAt(Float32Array.from(row), frame, 7)",
        [page.tab.url.split("/?")[0], speech.tolist(), round(onset / 0.064)],
    )
    first = round(onset / 0.064)
    assert value == pytest.approx(float(np.median(speech[first - 3 : first + 4])))
    assert value <= 0.88  # the curve that is drawn stays below the line
    page.ask("v.setThreshold(0.5, true)")
    page.tab.wait_for_url(re.compile("threshold=0.50"))
    assert page.tab.locator(".removed").is_hidden()


def test_names_of_curves_keep_clear_of_curves_and_of_the_threshold_s_tag(page: Page):
    places = page.tab.evaluate(
        """async base => {
        const { placeLabels } = await import(base + '/_stcore/bidi-components/jss.viewer/labels.js');
        const frames = [0, 100];
        const curve = (from, to, top) => {
            const values = Array.from({length: 100}, (_, i) => i >= from && i < to ? top : 0.01);
            return { width: 40, values, y: i => 100 - 90 * values[i] };
        };
        const curves = [curve(5, 40, 0.98), curve(20, 60, 0.9), curve(80, 98, 0.5)];
        const obstacles = [{ left: 460, right: 500, top: 46, bottom: 64 }];
        const places = placeLabels(curves, { x: i => 5 * i, frames, obstacles, height: 12,
            box: { left: 2, right: 498, top: 2, bottom: 97 } });
        return places.map(({ curve, left, y }) => ({ left, y, of: curves.indexOf(curve),
            lines: curves.map(({ y }) => Array.from({length: 100}, (_, i) => y(i))) })); }""",
        page.tab.url.split("/?")[0],
    )
    assert [place["of"] for place in places] == [0, 1, 2]
    for place in places:
        top, bottom = place["y"] - 6, place["y"] + 6
        assert 2 <= top < bottom <= 97
        assert 2 <= place["left"] <= 458
        over_tag = place["left"] + 40 > 460 and top < 64 and bottom > 46
        assert not over_tag
        inside = slice(int(place["left"] / 5) + 1, int((place["left"] + 40) / 5))
        for line in place["lines"]:
            assert not any(top < y < bottom for y in line[inside])


def test_a_box_of_values_covers_only_the_panel_under_the_pointer(page: Page):
    page.tab.mouse.move(*page.at(5.7, "pooled"))
    page.rest()
    covered = page.ask(
        "v.screen.layout.panels.map(p => { const d = v.screen.moving.getContext('2d')"
        ".getImageData(p.x, p.y, p.w, p.h).data; let n = 0;"
        " for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return [p.kind, n / (p.w * p.h)]; })"
    )
    assert max(share for kind, share in covered if kind == "pooled") > 0.05
    assert max(share for kind, share in covered if kind != "pooled") < 0.05


def test_lanes_have_room_at_low_thresholds(page: Page):
    page.ask("v.setThreshold(0.01, true)")
    page.rest()
    lanes = page.tab.evaluate(
        "async ([base]) => { const { lanes } = await import(base +"
        " '/_stcore/bidi-components/jss.viewer/paint_events.js');"
        f" const v = {VIEWER};"
        " return lanes(v.state, v.screen.layout.panels.find(p => p.kind === 'events')); }",
        [page.tab.url.split("/?")[0]],
    )
    assert len(lanes) == 10
    assert min(lane["h"] for lane in lanes) >= 16
    page.ask("v.setThreshold(0.5, true)")
    page.tab.wait_for_url(re.compile("threshold=0.50"))
