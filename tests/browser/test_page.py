"""A clip as one HTML file, opened from the disk in a real browser that may fetch nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import fake
import numpy as np

from jss import audio
from jss.decoding import BoxPoint, MedianPoint, OperatingPoints, decode, decoder
from jss.labels import DESED_LABELS
from jss.viewer.page import Text, page

TRUTH = [(0.5, 3.0, "Alarm_bell_ringing"), (2.0, 6.5, "Speech")]


def analysed(name: str) -> Any:
    mixture = np.sum([fake.tone(m, 160000) for m in range(4)], axis=0, dtype=np.float32)
    system = fake.FakeSystem(name, "teacher")
    return system.join(list(system.pieces(mixture)), "four_tones.flac")


#: A threshold and a filter for each class, for one of the systems.
POINTS = OperatingPoints(
    "clips",
    3,
    "w",
    {k: MedianPoint(5 + 2 * (n % 5), 0.2 + 0.06 * n) for n, k in enumerate(DESED_LABELS)},
    {k: BoxPoint(5, 2.0, 0.5) for k in DESED_LABELS},
)


def test_a_page_plays_switches_and_decodes_without_a_network(chromium: Any, tmp_path: Path):
    results = [analysed(name) for name in ("SED", "MixIT-S1", "MixIT-JT")]
    results[1] = replace(results[1], operating=POINTS)
    file = tmp_path / "a clip.html"
    described = {"MixIT-S1": "Separates the mixture, then detects."}
    file.write_bytes(
        page(results, TRUTH, text=Text("Four tones", systems=described), shown="MixIT-S1")
    )
    context = chromium.new_context(viewport={"width": 1440, "height": 1100}, offline=True)
    tab, wrong, asked = context.new_page(), [], []
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("console", lambda message: message.type == "error" and wrong.append(message.text))
    tab.on("request", lambda request: asked.append(request.url.partition(":")[0]))

    def ask(code: str) -> Any:
        return tab.evaluate(
            f"async () => {{ const v = document.querySelector('#viewer').viewer; return {code}; }}"
        )

    def drawn(system: str) -> None:
        tab.wait_for_selector(f".jss[data-drawn='four_tones.flac|{system}|teacher']")

    tab.goto(file.as_uri())
    drawn("MixIT-S1")

    def shown() -> list[tuple[float, float, str]]:
        events = ask("v.state.events.map(e => [e.onset, e.offset, e.k])")
        return [(onset, offset, DESED_LABELS[k]) for onset, offset, k in events]

    # each class by its own threshold and filter, until one number is chosen, and again after that
    by_class = decode(
        results[1].scores,
        DESED_LABELS,
        hop=0.064,
        duration=10.0,
        **vars(decoder(POINTS, DESED_LABELS)),
    )
    auto = tab.get_by_role("button", name="Auto", exact=True)
    assert shown() == by_class
    assert auto.get_attribute("aria-pressed") == "true"
    ask("v.setThreshold(0.5, true)")
    assert shown() != by_class
    assert auto.get_attribute("aria-pressed") == "false"
    tab.wait_for_function("() => location.hash.includes('threshold=0.5')")
    auto.click()
    assert shown() == by_class
    tab.wait_for_function("() => location.hash.includes('threshold=auto')")
    tab.locator(".system", has_text=re.compile(r"\dSED")).click()  # has no operating points: 0.5
    drawn("SED")
    assert shown() == decode(results[0].scores, DESED_LABELS, hop=0.064, duration=10.0)
    assert auto.is_hidden()
    for result in results:
        tab.locator(".system", has_text=re.compile(rf"\d{result.system}")).click()
        drawn(result.system)
        for threshold in (0.5, 0.7):
            ask(f"v.setThreshold({threshold}, true)")
            expected = decode(
                result.scores, DESED_LABELS, hop=0.064, duration=10.0, threshold=threshold
            )
            assert shown() == expected
    tab.get_by_role("button", name="MixIT-JT").click()
    drawn("MixIT-JT")
    expected = [results[2].mixture, *results[2].sources, results[2].residual]
    for m, track in enumerate(expected):
        heard = np.asarray(ask(f"[...v.player.tracks[{m}].buffer.getChannelData(0)]"))
        np.testing.assert_allclose(heard, track, atol=1e-6)
    tab.locator("body").press("Space")
    tab.wait_for_timeout(700)
    assert ask("v.player.playing && v.position() > 0.3")
    tab.locator("body").press("Space")
    assert "system=MixIT-JT" in tab.url

    # a link to the file opens the same view; opened anew, in a dark theme
    tab.emulate_media(color_scheme="dark")
    tab.goto("about:blank")
    tab.goto(f"{file.as_uri()}#system=MixIT-JT&threshold=0.61&view=2.00-4.50")
    drawn("MixIT-JT")
    assert ask("[v.state.threshold, v.state.view.start, v.screen.theme.name]") == [0.61, 2, "dark"]
    assert tab.get_by_role("heading", name="Four tones").is_visible()
    assert {*asked} <= {"file", "data", "blob"}
    assert not wrong
    context.close()


def test_a_page_of_opus_has_a_residual_of_its_own(chromium: Any, tmp_path: Path, monkeypatch: Any):
    from jss.viewer import page as pages

    result = analysed("MixIT-S1")
    lossy = {name: encoding for name, encoding in pages._ENCODINGS.items() if "FLAC" not in name}
    monkeypatch.setattr(pages, "_ENCODINGS", lossy)
    file = tmp_path / "opus.html"
    file.write_bytes(page([result], text=Text("Four tones")))
    context = chromium.new_context(offline=True)
    tab = context.new_page()
    tab.goto(file.as_uri())
    tab.wait_for_selector(".jss[data-drawn]")
    tracks = tab.evaluate(
        "() => document.querySelector('#viewer').viewer.player.tracks"
        ".map(t => [t.id, t.buffer.length, t.buffer.getChannelData(0).reduce((a, b) => Math.max(a, b))])"
    )
    assert [track[0] for track in tracks][-1] == "residual"
    assert all(abs(length - 10 * audio.SAMPLE_RATE) <= 8 for _, length, _ in tracks)
    loudest = [float(track.max()) for track in (result.mixture, *result.sources, result.residual)]
    np.testing.assert_allclose([peak for *_, peak in tracks], loudest, atol=0.1)
    context.close()
