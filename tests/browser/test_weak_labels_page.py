"""The page Weak labels, with networks of random weights: what is said, shown, heard and sent."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import serving
from apptest import run_app_first
from browser import VIEWER, barriers, idle
from streamlit.testing.v1 import AppTest
from tiny import WEAK, write_weak

from jss import audio
from jss.labels import URBAN_LABELS

pytest.importorskip("torch")
ROOT = Path(__file__).parents[2]
MASKERS = ["weak-strong", "weak-frame", "weak-clip"]
SCENES = 6
#: A number that no separator reaches: an outlier.
FAR = 60.0


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Critics, separators and their reports; in that of weak-frame one source is an outlier."""
    from jss.weak_labels.evaluate import evaluate_weak, held_out
    from jss.weak_labels.inference import load_weak

    folder = tmp_path_factory.mktemp("weak")
    write_weak(folder)
    scenes = held_out("synthscapes", URBAN_LABELS, "test", SCENES)
    for name in MASKERS:
        report = evaluate_weak(load_weak(name, folder), scenes, "urban scenes of synthscapes")
        if name == "weak-frame":
            output = (FAR, *report.samples.output[1:])
            report = dataclasses.replace(
                report, samples=dataclasses.replace(report.samples, output=output)
            )
        report.save(folder / "weak_labels" / "urban" / f"{name}.json")
    return folder


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Nothing cached, no folder of the visitor's own."""
    import streamlit as st

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("JSS_DATA", raising=False)
    run_app_first(monkeypatch)

    st.cache_data.clear()
    st.cache_resource.clear()
    yield monkeypatch
    st.cache_data.clear()
    st.cache_resource.clear()


def run(checkpoints: Path, fresh: pytest.MonkeyPatch, own: Any = None, **address: str) -> AppTest:
    fresh.setenv("JSS_CHECKPOINTS", str(checkpoints))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    app.switch_page("pages/weak_labels.py")
    for name, value in address.items():
        app.query_params[name] = value
    if own is not None:
        from pages.ui.cache.visits import Visit

        app.session_state["visit"] = Visit(recordings={own.clip: own})
    app.run()
    assert not app.exception, [item.value for item in app.exception]
    return app


def viewer(app: AppTest) -> dict[str, Any]:
    """What the viewer is told, and under "one" of the separator shown."""

    def find(block: Any) -> list[Any]:
        result = []
        for child in getattr(block, "children", {}).values():
            result += [child] if child.type == "bidi_component" else find(child)
        return result

    (component,) = find(app.main)
    data = json.loads(component.proto.json)
    return data | {"one": next(one for one in data["systems"] if one["system"] == data["shown"])}


def tables(app: AppTest) -> dict[str, Any]:
    """Every table by its first column."""
    return {item.value.columns[0]: item.value for item in app.dataframe}


def test_all_separators_hear_a_scene_and_the_truth_stands_beside_them(
    trained: Path, fresh: pytest.MonkeyPatch
):
    app = run(trained, fresh)
    data = viewer(app)
    assert data["names"] == [*MASKERS, "conv-frame", "true sources"]
    assert [one["system"] for one in data["systems"]] == data["names"], (
        "the browser switches by itself"
    )
    one = data["one"]
    assert one["id"] == "synthscapes/test/0/1|weak-strong|critic-frame"
    assert one["source_names"] == ["Car horn", "Dog bark", "Gun shot", "Jackhammer", "Siren"]
    assert (len(one["source_mels"]), len(one["source_masks"]), len(one["audio"])) == (5, 5, 6)
    assert (one["frames"], one["score_hop"], one["duration"]) == (125, 0.032, 4.0)
    assert len(one["truth"]) == 8
    assert len(json.dumps(data)) < 40_000
    rows = tables(app)["Class"]
    assert set(rows["In the mixture"]) == {"sounds"}
    assert [name for name in rows if name.startswith("Gain")] == [
        f"Gain, {name} (dB)" for name in (*MASKERS, "conv-frame")
    ]
    assert not app.error
    assert not app.info


def test_tables_are_those_of_the_reports_and_the_papers_stand_apart(
    trained: Path, fresh: pytest.MonkeyPatch
):
    from jss.weak_labels.report import WeakReport

    app = run(trained, fresh)
    ours = app.tabs[0]
    report = WeakReport.load(trained / "weak_labels" / "urban" / "weak-clip.json")
    table = ours.dataframe[0].value.set_index("SI-SDR")
    assert list(table.index) == [
        "Sources (number)",
        "Mixture",
        *(f"Improvement, {name}" for name in MASKERS),
    ]
    row = report.table1["overall"]
    assert table.loc["Sources (number)", "Overall"] == str(row["n"])
    mean, sd = table.loc["Improvement, weak-clip", "Overall"].split(" ± ")
    assert (float(mean), float(sd)) == (
        pytest.approx(row["improvement_mean"], abs=0.051),
        pytest.approx(row["improvement_sd"], abs=0.051),
    )
    critics = ours.dataframe[1].value
    assert set(zip(critics["Critic"], critics["Level"], strict=True)) == {
        (name, f"{level} {score}")
        for name in ("critic-frame", "critic-clip")
        for level in ("frame", "clip")
        for score in ("F-measure", "precision", "recall")
    }
    assert f"{report.n_clips - report.n_single} of {report.n_clips} scenes" in ours.caption[0].value
    assert f"Scenes of one class ({report.n_single})" in ours.expander[0].label
    theirs = run(trained, fresh, scores="The paper's results").tabs[1]
    printed = theirs.dataframe[0].value.set_index("SI-SDR")
    assert printed.loc["Improvement, strong", "Overall"] == "9.0 ± 8.6"
    assert not any(
        "weak-" in str(value)
        for item in theirs.dataframe
        for value in item.value.to_numpy().ravel()
    )
    assert "Not computed here" in theirs.caption[0].value


def test_the_address_rules_scene_separator_and_threshold(trained: Path, fresh: pytest.MonkeyPatch):
    app = run(trained, fresh, scene="synthscapes/test/0/3", separator="weak-clip", threshold="0.7")
    data = viewer(app)
    assert (data["one"]["id"], data["threshold"]) == (
        "synthscapes/test/0/3|weak-clip|critic-clip",
        0.7,
    )
    app.button(key="Next mixture").click().run()
    assert app.query_params["scene"] == "synthscapes/test/0/1"
    assert viewer(app)["shown"] == "weak-clip"


@pytest.mark.parametrize(
    "scene", ["![x](http://a/x.png)", "uploaded/0123456789ab", "synthscapes/test/0/9999999", "../x"]
)
def test_links_to_nothing_say_so(trained: Path, fresh: pytest.MonkeyPatch, scene: str):
    app = run(trained, fresh, scene=scene, separator="[x](http://a)")
    said = " ".join(item.value for item in app.warning)
    assert "of this link" in said
    assert "](http:" not in said
    assert viewer(app)["clip"] == "synthscapes/test/0/1"


def test_recordings_that_are_not_here_are_a_sentence(
    trained: Path, fresh: pytest.MonkeyPatch, tmp_path: Path
):
    app = run(trained, fresh, scene="bank/test/0/3")
    assert "make app DATA" in app.error[0].value
    assert tables(app)["SI-SDR"] is not None, "the scores are still there"
    audio.save(tmp_path / "bank" / "siren" / "a.wav", np.zeros(16000, np.float32))
    fresh.setenv("JSS_DATA", str(tmp_path / "bank"))
    assert len(run(trained, fresh, scene="bank/test/0/3").error) == 1


def test_ones_own_audio_is_taken_apart_and_has_no_truth(trained: Path, fresh: pytest.MonkeyPatch):
    from pages.ui.cache import weak_loaders as loaders
    from pages.ui.clip import recordings

    rng = np.random.default_rng(0)
    own = recordings.uploaded(
        "street.flac", audio.encode(0.1 * rng.standard_normal(24000).astype(np.float32), "flac")
    )
    app = run(trained, fresh, own, scene=own.clip)
    data = viewer(app)
    assert data["names"] == [*MASKERS, "conv-frame"]
    assert (data["one"]["truth"], data["one"]["duration"]) == (None, 1.5)
    assert "In the mixture" not in tables(app)["Class"]
    fresh.setattr(loaders, "LONGEST", 1.0)
    assert "cut it" in run(trained, fresh, own, scene=own.clip).error[0].value
    noise = recordings.uploaded("notes.wav", b"these are notes")
    assert "is not audio" in run(trained, fresh, noise, scene=noise.clip).error[0].value.replace(
        "\\", ""
    )


def test_critics_alone_are_heard_and_the_rest_is_one_sentence(
    fresh: pytest.MonkeyPatch, tmp_path: Path
):
    write_weak(tmp_path, [name for name in WEAK if name.startswith("critic")])
    app = run(tmp_path, fresh)
    data = viewer(app)
    assert data["names"] == ["critic-frame", "critic-clip", "true sources"]
    assert [one["sources"] for one in data["systems"]] == [0, 0, 5]
    assert [item.value.count("`jss train") for item in app.info] == [1, 0]
    assert "`jss evaluate" in app.info[1].value
    assert not app.error


def test_nothing_is_one_sentence_and_damage_is_another(fresh: pytest.MonkeyPatch, tmp_path: Path):
    app = run(tmp_path, fresh)
    assert "`jss train weak_desk" in app.info[0].value
    app = run(tmp_path, fresh, scores="The paper's results")
    assert len(app.dataframe) == 2, "the paper's tables"
    write_weak(tmp_path)
    (tmp_path / "weak_labels").mkdir()
    (tmp_path / "weak_labels" / "x.json").write_text("{}")
    (tmp_path / "blocks" / "weak-clip.safetensors").write_bytes(b"damaged")
    import streamlit as st

    st.cache_data.clear()
    st.cache_resource.clear()
    app = run(tmp_path, fresh)
    assert len(app.error) == 2
    assert all(item.value.endswith((".", "\\.")) for item in app.error)


@pytest.fixture(scope="module")
def address(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    cache = tmp_path_factory.mktemp("cache")
    environment = os.environ | {"XDG_CACHE_HOME": str(cache), "JSS_CHECKPOINTS": str(trained)}
    environment.pop("JSS_DATA", None)
    command = ["pages", "--server.port", "{port}"]
    with serving.served(
        command, tmp_path_factory.mktemp("log") / "server.txt", environment
    ) as result:
        yield result


class Tab:
    """A tab with the page in it, and what it asked for."""

    def __init__(
        self, browser: Any, address: str, width: int = 1440, link: str = "", **look: Any
    ) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 1100}, **look)
        self.context.route(re.compile(r"^https?://(?!localhost)"), lambda route: route.abort())
        self.page = self.context.new_page()
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.goto(f"{address}/weak_labels{link}")
        self.page.wait_for_selector(".jss[data-drawn]", timeout=120_000)
        self.page.wait_for_selector(".js-plotly-plot .main-svg", timeout=60_000)
        self.page.wait_for_function(
            "() => !document.querySelector('[data-testid=stSkeleton], [data-stale=true]')"
        )

    def ask(self, code: str) -> Any:
        """What the viewer (v) answers."""
        return self.page.evaluate(f"async () => {{ const v = {VIEWER}; {code} }}")

    def close(self) -> None:
        assert self.page.locator("[data-testid=stException]").count() == 0
        assert self.wrong == []
        assert all("localhost" in url or url.startswith(("data:", "blob:")) for url in self.asked)
        self.context.close()


def test_it_fits_a_telephone_without_a_serious_barrier_or_a_request_elsewhere(
    chromium: Any, address: str
):
    tab = Tab(chromium, address, 390)
    barriers(tab.page)
    tab.close()


def test_the_browser_switches_separators_at_one_position_and_shows_masks(
    chromium: Any, address: str
):
    tab = Tab(chromium, address, link="?scene=synthscapes/test/0/1&separator=weak-frame")
    assert tab.ask("return v.state.sourceNames") == [
        "Car horn",
        "Dog bark",
        "Gun shot",
        "Jackhammer",
        "Siren",
    ]
    tab.ask("v.seek(2.5); v.solo('source3')")
    tab.page.get_by_role("button", name="true sources").click()
    tab.page.wait_for_selector(".jss[data-drawn='synthscapes/test/0/1|true sources|critic-frame']")
    assert tab.ask("return [v.position(), [...v.player.audible][0]]") == [2.5, "source3"]
    assert tab.page.locator(".audible").inner_text() == "gun shot"
    tab.page.wait_for_url(re.compile("separator=true"))
    looks = (
        "const {x, y, w, h} = v.screen.layout.panels.find(p => p.kind === 'mel' && p.of === 2);"
        " const d = window.devicePixelRatio; return [...v.screen.still.getContext('2d')"
        ".getImageData(x * d, y * d, w * d, h * d).data].reduce((a, b) => a + b, 0)"
    )
    before = tab.ask(looks)
    tab.page.get_by_role("button", name="Masks (0 to 1)").click()
    tab.page.wait_for_timeout(300)
    assert tab.ask(looks) != before
    assert tab.ask("return v.state.masked && v.state.picture.masks.length") == 5
    tab.close()


def test_a_press_on_an_outlier_plays_its_scene(chromium: Any, address: str):
    tab = Tab(chromium, address)
    chart = tab.page.locator(".js-plotly-plot")
    chart.scroll_into_view_if_needed()
    idle(tab.page)
    tab.page.wait_for_timeout(500)
    x, y = chart.evaluate(f"""plot => {{
        const {{xaxis, yaxis}} = plot._fullLayout, box = plot.getBoundingClientRect();
        // the last: of all classes, since those of its own are too few for a point beyond the whiskers
        const trace = plot.data.findLast(one => one.name === "weak-frame" && Array.from(one.y).includes({FAR}));
        return [box.x + xaxis._offset + xaxis.d2p(trace.x[0]), box.y + yaxis._offset + yaxis.d2p({FAR})];
    }}""")
    tab.page.mouse.move(x, y, steps=4)
    tab.page.mouse.click(x, y)
    tab.page.wait_for_selector("[data-testid=stAudio]", timeout=60_000)
    tab.page.wait_for_function(
        "() => document.querySelectorAll('[data-testid=stAudio]').length === 3"
    )
    tab.page.get_by_role("button", name="Open in the viewer").click()
    tab.page.wait_for_url(
        re.compile(r"scene=synthscapes%2Ftest%2F0%2F\d+&separator=weak-frame|separator=weak-frame")
    )
    tab.page.wait_for_selector(".jss[data-drawn$='|weak-frame|critic-frame']")
    tab.close()
