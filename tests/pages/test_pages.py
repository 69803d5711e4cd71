"""Every page, run as Streamlit runs it, without a browser."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import fake
import numpy as np
import pandas as pd
import pytest
import streamlit as st
from apptest import run_app_first
from streamlit.testing.v1 import AppTest

from jss import audio, checkpoints
from jss.papers.claims import CLAIMS
from jss.reports import EvalReport
from pages.ui.cache import figure_loaders

ROOT = Path(__file__).parents[2]


def run(page: str | None = None, **address: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    if page:
        app.switch_page(page).run()
    assert not app.exception, [item.value for item in app.exception]
    return app


def viewer(app: AppTest) -> dict:
    """What the viewer is told: of the system shown, and under "all" of all of them."""
    (result,) = find(app.main, "bidi_component")
    data = json.loads(result.proto.json)
    (shown,) = (one for one in data["systems"] if one["system"] == data["shown"])
    return {**shown, "threshold": data["threshold"], "all": data}


def find(block, kind: str) -> list:
    result = []
    for child in getattr(block, "children", {}).values():
        result += [child] if child.type == kind else find(child, kind)
    return result


def opened(app: AppTest) -> list[str]:
    """Labels of the links to other pages."""
    return [link.proto.label.replace("\\", "") for link in find(app.main, "page_link")]


@pytest.mark.usefixtures("fakes")
@pytest.mark.parametrize("system", fake.SYSTEMS)
@pytest.mark.parametrize("selection", ["teacher", "student"])
def test_explore_shows_every_system(system: str, selection: str):
    app = run(clip="four_tones.flac", system=system, selection=selection)
    data = viewer(app)
    assert data["id"] == f"four_tones.flac|{system}|{selection}"
    assert data["sources"] == (0 if system == "SED" else 4)
    assert len(data["truth"]) == 4
    assert len(data["audio"]) == len(data["source_mels"]) + 1
    assert len(app.dataframe) == 2
    assert not app.error


@pytest.mark.usefixtures("fakes")
@pytest.mark.parametrize("page", [None, "pages/compare.py"])
def test_a_network_that_a_system_has_not_is_told(page: str | None, monkeypatch: pytest.MonkeyPatch):
    from pages.ui.cache import loaders

    whole = loaders.systems()
    some = [
        replace(item, selections={"teacher": item.selections["teacher"]})
        if item.name == "MixIT-S1"
        else item
        for item in whole
    ]
    monkeypatch.setattr(loaders, "systems", lambda: some)
    output = [item.value for item in run(page, system="MixIT-S1", selection="student").caption]
    assert any("MixIT-S1 has no student: its teacher is shown" in line for line in output)
    assert not any(
        "has no" in item.value for item in run(page, system="MixIT-S1", selection="teacher").caption
    )


@pytest.mark.slow
@pytest.mark.usefixtures("fakes")
@pytest.mark.parametrize("page", [None, "pages/overview.py"])
def test_a_system_of_a_link_that_is_not_there_is_told(page: str | None):
    app = run(page)
    app.query_params["system"] = "gone"
    app.query_params["back"] = "1"
    app.run()
    assert "The system of this link (gone) is not installed." in [
        item.value for item in app.warning
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("fakes")
def test_the_fusion_bench_opens_with_the_set_and_network_that_are_shown():
    chosen = {"set": "homescapes validation_overlap", "selection": "student"}
    app = run("pages/results.py", results="Fusion bench", **chosen)
    assert app.selectbox(key="pick bench").value == "homescapes validation_overlap student"


@pytest.mark.usefixtures("fakes")
def test_first_visit_shows_the_first_example_and_a_separating_system():
    app = run()
    assert viewer(app)["id"] == "four_tones.flac|MixIT-S1|teacher"
    assert app.query_params == {
        "clip": "four_tones.flac",
        "system": "MixIT-S1",
        "selection": "teacher",
    }


@pytest.mark.usefixtures("fakes")
def test_next_clip_and_other_system():
    app = run()
    app.button(key="Next clip").click().run()
    assert app.query_params["clip"] == "short.flac"
    assert viewer(app)["clip"] == "short.flac"
    assert "This clip holds no event." in [item.value for item in app.caption]
    app.button(key="Previous clip").click().run()
    assert viewer(app)["clip"] == "four_tones.flac"


@pytest.mark.slow
@pytest.mark.usefixtures("fakes")
def test_systems_that_are_at_hand_are_preloaded():
    app = run()
    assert viewer(app)["all"]["names"] == list(fake.SYSTEMS)
    assert [one["system"] for one in viewer(app)["all"]["systems"]] == ["MixIT-S1"]
    run(system="SED")
    run(system="MixIT-JT")
    app = run(system="MixIT-S1")
    ready = viewer(app)["all"]["systems"]
    assert [(one["system"], one["sources"]) for one in ready] == [
        ("SED", 0),
        ("MixIT-S1", 4),
        ("MixIT-JT", 4),
    ]
    assert viewer(app)["all"]["more"] is False
    assert len(json.dumps(viewer(app)["all"])) < 40_000


@pytest.mark.usefixtures("fakes")
def test_sources_keep_their_order_across_systems():
    from pages.ui.cache import loaders

    clip = loaders.examples()[0]
    assert loaders.order_reference("MixIT-JT", "teacher") == "MixIT-S1"
    assert (
        loaders.order_reference("MixIT-S1", "teacher")
        is loaders.order_reference("SED", "teacher")
        is None
    )
    own = loaders.analyse(clip, "MixIT-JT", "teacher")
    analysis = loaders.analyse(clip, "MixIT-JT", "teacher", "MixIT-S1")
    assert own.order == (0, 1, 2, 3)
    assert [fake.JT_ORDER[m] for m in analysis.order] == [0, 1, 2, 3]
    for m in range(4):
        np.testing.assert_array_equal(analysis.result.sources[m], fake.tone(m, 160000))
    for name in ("sources", "source_mels", "source_scores", "source_weak"):
        np.testing.assert_array_equal(
            getattr(analysis.result, name), getattr(own.result, name)[list(analysis.order)]
        )
    app = run(system="MixIT-JT")
    assert any("which matches the sources of MixIT-S1" in item.value for item in app.caption)
    app.toggle(key="pick match").set_value(False).run()
    assert app.query_params["match"] == "no"
    assert "in the order" not in app.caption[1].value
    assert viewer(app)["id"] == "four_tones.flac|MixIT-JT|teacher"


@pytest.mark.usefixtures("fakes")
def test_the_address_rules_the_threshold():
    app = run(threshold="0.75")
    assert viewer(app)["threshold"] == 0.75
    result = fake_result()
    assert app.dataframe[0].value["Onset (s)"].tolist() == result.events(0.75)["onset"].tolist()
    assert result.events(0.75)["onset"].tolist() != result.events(0.5)["onset"].tolist()
    assert viewer(run(threshold="nonsense"))["threshold"] == "auto"


@pytest.mark.usefixtures("fakes")
def test_choices_follow_from_page_to_page_into_the_address():
    """Also those that the other page was not asked for by its own link; a span of time stays with
    its clip.
    """
    app = run(clip="four_tones.flac", threshold="0.75", view="2.00-4.50")
    app.toggle(key="pick match").set_value(False).run()
    assert viewer(app)["all"]["view"] == "2.00-4.50"
    app.switch_page("pages/compare.py")
    app.query_params.clear()  # as the link to another page does
    app.run()
    address = {
        name: "".join(value) for name, value in app.query_params.items()
    }  # a string, or a list with one
    assert address == {
        "clip": "four_tones.flac",
        "threshold": "0.75",
        "match": "no",
        "view": "2.00-4.50",
        "system": "MixIT-S1",
        "selection": "teacher",
    }
    assert viewer(app)["threshold"] == 0.75
    app.button(key="Next clip").click().run()
    assert viewer(app)["all"]["view"] == ""
    assert "view" not in app.query_params
    assert viewer(run(clip="four_tones.flac", view="<b>"))["all"]["view"] == ""


@pytest.mark.usefixtures("fakes")
def test_an_address_from_before_a_choice_takes_nothing_back():
    """A browser sends its address with every event: an old one, until it has learnt of the choice."""
    app = run(clip="four_tones.flac", system="SED")
    for clip in ("short.flac", "dog_and_speech.flac"):
        app.button(key="Next clip").click().run()
        assert viewer(app)["clip"] == clip
    for late in (
        "four_tones.flac",
        "short.flac",
        "four_tones.flac",
    ):  # each comes when the choice has been shown
        app.query_params["clip"] = late
        app.run()
        assert viewer(app)["clip"] == "dog_and_speech.flac"
        assert "".join(app.query_params["clip"]) == "dog_and_speech.flac"
    for late in ("four_tones.flac", "short.flac"):  # one press of the Back button is taken once
        app.query_params["clip"] = late
        app.query_params["back"] = "1"
        app.run()
        assert viewer(app)["clip"] == "four_tones.flac"
    assert "back" not in app.query_params


def fake_result():
    from pages.ui.cache import loaders

    return loaders.analyse(loaders.examples()[0], "MixIT-S1", "teacher").result


@pytest.mark.usefixtures("fakes")
def test_links_to_what_is_not_here_say_so():
    app = run(clip="uploaded/0123456789ab", system="PIT-S9")
    said = " ".join(item.value for item in app.warning)
    assert "upload it again" in said
    assert "PIT\\-S9" in said
    assert viewer(app)["clip"] == "four_tones.flac"


def unknown(app: AppTest) -> str:
    """What the page says of its link, as it is read."""
    (said,) = [item.value for item in app.warning if item.value.startswith("This link names what")]
    return said.replace("\\", "")


@pytest.mark.usefixtures("fakes")
@pytest.mark.parametrize(
    ("page", "link", "said"),
    [
        (
            None,
            {
                "selection": "pupil",
                "threshold": "nan",
                "view": "9-2",
                "clips": "gone",
                "order": "x",
            },
            "Selection (pupil), Set (gone), Order (x), Threshold (nan), Visible span (9-2)",
        ),
        (
            "pages/compare.py",
            {"systems": "SED,gone", "against": "gone", "beside": "x", "layout": "y"},
            "Systems (gone), Against (gone), Beside the sources (x), Layout (y)",
        ),
        ("pages/data.py", {"data": "gone", "class": "Duck"}, "Set (gone), Class (Duck)"),
        ("pages/training.py", {"run": "gone"}, "Run (gone)"),
    ],
)
def test_what_a_link_names_and_a_page_does_not_know_is_said(
    page: str | None, link: dict[str, str], said: str
):
    app = run(page)
    app.query_params.clear()
    for name, value in {**link, "back": "1"}.items():
        app.query_params[name] = value
    app.run()
    assert set(unknown(app).partition(": ")[2].removesuffix(".").split(", ")) == set(
        said.split(", ")
    )
    app.run()
    assert unknown(app), "until another choice is made"


@pytest.mark.usefixtures("fakes")
def test_what_is_unknown_in_a_link_is_said_until_another_choice_is_made():
    app = run(selection="pupil", threshold="7")
    assert viewer(app)["threshold"] == "auto"
    assert "Selection (pupil)" in unknown(app)
    assert "Threshold (7)" in unknown(app)
    app.selectbox(key="pick selection").select("student").run()
    assert "pupil" not in unknown(app)
    app.switch_page("pages/data.py").run()
    assert not app.warning


@pytest.mark.usefixtures("fakes")
def test_a_visible_span_after_the_end_of_the_clip_is_said_and_dropped():
    app = run(clip="four_tones.flac", view="50-60")
    assert "Visible span (50-60)" in unknown(app)
    assert viewer(app)["all"]["view"] == ""
    assert "view" not in app.query_params
    assert viewer(run(clip="four_tones.flac", view="8-60"))["all"]["view"] == "8-60"


@pytest.mark.usefixtures("fakes")
def test_systems_of_a_link_that_are_too_many_are_named(monkeypatch: pytest.MonkeyPatch):
    names = ["SED", "MixIT-S0", "MixIT-S1", "MixIT-S2", "MixIT-JT", "PIT-S1"]
    like = fake.SYSTEMS["MixIT-S1"]
    monkeypatch.setattr(fake, "SYSTEMS", {name: replace(like, name=name) for name in names})
    app = run("pages/compare.py", systems=",".join(names))
    said = [item.value for item in app.caption if item.value.startswith("Up to 5 systems")]
    assert [set(text.split(": ")[1].split()) & set(names) for text in said] == [{"PIT-S1"}]


@pytest.mark.usefixtures("fakes")
def test_a_link_cannot_put_pictures_or_links_on_the_page(monkeypatch: pytest.MonkeyPatch):
    said = " ".join(
        item.value for item in run(clip="![x](http://a/x.png)", system="[x](http://a)<b>").warning
    )
    assert "\\!\\[x\\]\\(http\\:" in said
    assert "\\[x\\]\\(" in said
    assert "\\<b\\>" in said


@pytest.mark.usefixtures("fakes")
def test_a_recording_of_hours_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, examples: Path
):
    from pages.ui.cache import loaders
    from pages.ui.clip import recordings

    monkeypatch.setattr(loaders, "LONGEST", 1.0)
    with pytest.raises(loaders.JssError, match="use jss detect"):
        loaders.analyse(
            recordings.uploaded("a.flac", (examples / "short.flac").read_bytes()),
            "MixIT-S1",
            "teacher",
        )


@pytest.mark.slow
@pytest.mark.usefixtures("fakes")
def test_nothing_installed_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(checkpoints, "systems", lambda folder=None: [])
    app = run()
    assert "`jss train`" in app.info[0].value
    assert "`jss train`" in run("pages/overview.py").info[0].value


@pytest.mark.usefixtures("fakes")
def test_no_examples_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    from pages.ui.clip import recordings

    monkeypatch.setattr(recordings, "EXAMPLES", tmp_path / "none")
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tmp_path))
    assert "Open, record" in run().info[0].value


@pytest.mark.usefixtures("fakes")
def test_errors_are_sentences(monkeypatch: pytest.MonkeyPatch):
    from jss.errors import JssError

    def damaged(name: str, folder: object = None):
        raise JssError("The block is damaged: restore it.")

    monkeypatch.setattr(checkpoints, "load_card", damaged)
    app = run()
    assert [item.value.replace("\\", "") for item in app.error] == [
        "The block is damaged: restore it."
    ]
    assert not app.code
    monkeypatch.setenv("JSS_DEBUG", "1")
    assert "in damaged" in run().code[0].value


@pytest.mark.usefixtures("fakes")
def test_uploads_are_clips(tmp_path: Path, examples: Path):
    from pages.ui import address as page_address
    from pages.ui.cache import loaders
    from pages.ui.clip import recordings

    item = recordings.uploaded("my clip.flac", (examples / "short.flac").read_bytes())
    result = loaders.analyse(item, "MixIT-S1", "teacher").result
    assert result.filename == "my clip.flac"
    assert result.duration == 2.5
    bad = recordings.uploaded("notes.wav", b"these are notes")
    with pytest.raises(loaders.JssError, match=r"notes\.wav is not audio"):
        loaders.analyse(bad, "MixIT-S1", "teacher")
    assert page_address.CLIP == "clip"


@pytest.mark.usefixtures("fakes")
def test_results_are_kept_on_disk(monkeypatch: pytest.MonkeyPatch):
    import streamlit as st

    from pages.ui.cache import disk, loaders

    first = fake_result()
    assert len(list(disk.folder().glob("*.npz"))) == 1
    st.cache_resource.clear()
    monkeypatch.setattr(loaders, "_system", lambda *_: pytest.fail("loaded again"))
    assert (fake_result().scores == first.scores).all()


@pytest.mark.usefixtures("fakes")
def test_overview_lists_what_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checkpoints, "root", lambda folder=None: tmp_path)
    for system, psds in (("SED", 0.25), ("MixIT-S1", 0.3125)):
        report = EvalReport("synthscapes", "eval", system, "teacher", 99, 100, psds1=psds)
        report.save(tmp_path / "reports" / "synthscapes" / f"{system}.json")
    app = run("pages/overview.py")
    scores = app.dataframe[2].value
    columns = ["System", "In the paper", "Selection", "Files", "PSDS1"]
    assert [name for _, name in scores.columns] == columns
    assert scores["", "System"].tolist() == ["SED", "MixIT-S1"]
    assert scores.iloc[1].tolist() == ["MixIT-S1", "DESED-S1", "teacher", "99 of 100", 0.312]
    assert app.dataframe[0].value["System"].tolist() == list(fake.SYSTEMS)
    assert "Of no chain." in [item.value for item in app.markdown]
    assert "MIT" in app.dataframe[1].value["Licence"].tolist()


def test_real_systems_run(
    tiny_checkpoints: Path, examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Networks of random weights: the whole way from file to viewer, with torch."""
    import streamlit as st

    from pages.ui.clip import recordings

    monkeypatch.setenv("JSS_CHECKPOINTS", str(tiny_checkpoints))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(recordings, "EXAMPLES", examples)
    st.cache_data.clear()
    st.cache_resource.clear()
    for system in ("SED", "MixIT-S1"):
        data = viewer(run(clip="short.flac", system=system))
        assert data["duration"] == 2.5
        assert data["sources"] == (0 if system == "SED" else 4)
    st.cache_data.clear()
    st.cache_resource.clear()


STATISTICS = ("pages/diversity.py", "pages/classes.py", "pages/results.py", "pages/claims.py")
EVERY = (*STATISTICS, "pages/overview.py", "pages/training.py", "pages/data.py")


@pytest.mark.usefixtures("fakes")
@pytest.mark.parametrize("page", STATISTICS)
def test_statistics_without_reports_say_what_to_do(
    page: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tmp_path))
    assert "`jss evaluate`" in run(page).info[0].value


@pytest.mark.usefixtures("fakes")
def test_claims_without_a_report_of_single_clips_say_what_to_do(monkeypatch: pytest.MonkeyPatch):
    from pages.ui.cache import loaders
    from pages.ui.reports import fusion_bench

    pairs = tuple(report for report in loaders.reports() if report.subset.endswith("_overlap"))
    assert pairs
    monkeypatch.setattr(loaders, "reports", lambda: pairs)
    assert "`jss evaluate`" in run("pages/claims.py").info[0].value
    figure_loaders.judge_claims(lambda: pytest.fail("there is nothing to judge"))
    fusion_bench.fuse_as_the_paper(lambda: pytest.fail("there is nothing to fuse"))


@pytest.mark.slow
@pytest.mark.usefixtures("fakes")
@pytest.mark.parametrize("page", STATISTICS[:3])
def test_statistics_stand_on_the_shipped_reports(page: str):
    app = run(page)
    assert not app.error
    assert not app.info
    shown = " ".join(item.value for item in (*app.caption, *app.markdown))
    assert re.search(r"(\d+) of \1 files", shown)
    assert "homescapes" in shown


def by_class(app: AppTest) -> pd.DataFrame:
    """The table of classes."""
    return next(item.value for item in app.dataframe if "Class" in item.value)


@pytest.mark.slow
@pytest.mark.usefixtures("fakes")
def test_classes_are_sorted_and_scored_as_the_address_says():
    app = run("pages/classes.py", metric="event_f1")
    first = by_class(app)["Class"].tolist()
    app.selectbox(key="pick sort").select("gain").run()
    assert app.query_params["sort"] == ["gain"] or app.query_params["sort"] == "gain"
    table = by_class(app)
    assert sorted(table["Class"]) == sorted(first)
    folder = ROOT / "checkpoints" / "reports" / "homescapes"
    reports = {
        path.stem: EvalReport.load(path)
        for path in folder.glob("*.json")
        if "-student" not in path.stem
    }
    row = table.set_index("Class").loc["Speech"]
    for system, report in reports.items():
        assert row[system] == pytest.approx(report.classwise["Speech"]["event_f1"], abs=6e-4)
    gain = row["MixIT-S1 minus SED (95 %)"].split()
    assert float(gain[0]) == pytest.approx(row["MixIT-S1"] - row["SED"], abs=2e-3)


@pytest.mark.slow
@pytest.mark.usefixtures("fakes")
def test_a_bar_leads_to_the_clips_that_make_it():
    link = {"set": "synthscapes validation", "gaining": "MixIT-JT", "class": "Dog", "by": "hit"}
    app = run("pages/classes.py", **link)
    table = next(item.value for item in app.dataframe if "Clip" in item.value)
    gain = table["Gain, hit seconds"]
    assert gain.tolist() == sorted(gain, reverse=True)
    assert gain.to_numpy() == pytest.approx((table["MixIT-JT"] - table["SED"]).to_numpy(), abs=2e-3)
    linked = [item.proto.label for item in find(app.main, "page_link")]
    best, worst = table.iloc[0], table.iloc[-1]
    for clip, change in ((best["Clip"], best.iloc[-1]), (worst["Clip"], worst.iloc[-1])):
        if change:
            name = clip.replace("_", "\\_").replace(".", "\\.")
            assert any(name in label for label in linked), clip
    assert all("homescapes" not in label for label in linked), "of this set alone"


@pytest.mark.slow
@pytest.mark.usefixtures("fakes")
def test_results_keep_ours_and_the_papers_apart():
    app = run("pages/results.py")
    absent = next(c.value for c in app.caption if c.value.startswith("Only the reports"))
    assert "YAMNet" in absent
    assert "MixIT\\-S1," not in absent
    ours = app.tabs[0]
    single, selections, fusions = (ours.dataframe[n].value for n in range(3))
    assert "SED" in single["", "System"].tolist()
    assert "SED" in selections["", "System"].tolist()
    teacher = selections["event F1 macro", "Teacher"]
    shown = single.set_index(("", "System"))["Event, macro", "F1"]
    for system, score in zip(selections["", "System"], teacher, strict=True):
        assert score == shown[system], "one number on every table"
    assert fusions["", "System"].tolist()[0] == "SSep-SED", "by which the paper judges fusions"
    assert len(fusions) == 1 + 14, "the seven fusions of each pre-training"
    theirs = run("pages/results.py", results="The paper's results").tabs[3]
    assert len(theirs.dataframe) == 4
    assert all("MixIT-S1" not in item.value["", "System"].tolist() for item in theirs.dataframe)
    assert "Not computed here" in theirs.caption[0].value


@pytest.mark.slow
@pytest.mark.usefixtures("fakes")
def test_claims_are_judged_and_their_clips_are_one_click_away(monkeypatch: pytest.MonkeyPatch):
    def cards_of(app: AppTest) -> list[str]:
        return [item.value for item in app.markdown if "**Paper:**" in item.value]

    app = run("pages/claims.py")
    assert not app.error
    cards = cards_of(app)
    assert len(cards) == sum(claim.paper == "JSS" for claim in CLAIMS)
    linked = [item.proto.label for item in find(app.main, "page_link")]
    assert len([label for label in linked if "Shows it best" in label]) > 10
    assert not [label for label in linked if "homescapes" in label]
    plain = cards[0].replace("\\", "")
    assert "Shows it best, homescapes: validation" in plain  # its audio is not shipped
    chosen = run("pages/claims.py", paper="Weak labels", verdict="holds", claim="50")
    kept = cards_of(chosen)
    assert all("holds" in card.split("]")[0] for card in kept)
    st.cache_resource.clear()
    monkeypatch.setattr(figure_loaders, "_judged", None)  # another start finds them on disk
    again = run("pages/claims.py")
    assert cards_of(again) == cards
    assert [item.proto.label for item in find(again.main, "page_link")] == linked


@pytest.mark.slow
@pytest.mark.usefixtures("fakes")
def test_a_class_and_a_system_are_chosen_without_a_pointer():
    app = run("pages/classes.py")
    app.selectbox(key="pick class").select("Dog").run()
    assert app.query_params["class"] in ("Dog", ["Dog"])
    assert any("Dog, hit minus false" in item.value for item in app.markdown)
    app = run("pages/diversity.py", of="MixIT-S1 validation")
    assert any("sources most diverse in" in item.value for item in app.markdown)


@pytest.mark.slow
@pytest.mark.usefixtures("fakes")
def test_the_fusion_bench_measures_what_is_ticked():
    chosen = {"bench": "synthscapes validation teacher", "fuse": "SED,MixIT-JT+"}
    app = run("pages/results.py", results="Fusion bench", **chosen)
    assert app.session_state["pick results"] == "Fusion bench"
    bench = app.tabs[1]
    table = bench.dataframe[0].value.set_index(("", "System"))
    assert table.index.tolist() == ["SED + MixIT-JT+", "SED", "MixIT-JT+"]
    report = EvalReport.load(ROOT / "checkpoints" / "reports" / "synthscapes" / "SED.json")
    own = table.loc["SED"]
    assert own["PSDS, exact", "PSDS1"] == pytest.approx(report.psds1_exact, abs=2e-3)
    files = f"{report.n_files} of {report.n_files_expected} files"
    assert files in bench.caption[0].value


@pytest.mark.usefixtures("fakes")
def test_a_reason_of_several_systems_is_said_once(monkeypatch: pytest.MonkeyPatch):
    from jss.errors import JssError

    class Damaged(fake.FakeSystem):
        def pieces(self, file: object) -> object:
            raise JssError("The clip is damaged: copy it again.")

    monkeypatch.setattr(fake, "load_system", Damaged)
    app = run("pages/compare.py", clip="four_tones.flac", system="MixIT-JT")
    assert [error.value.replace("\\", "") for error in app.error] == [
        "**SED**, **MixIT-S1**, **MixIT-JT**: The clip is damaged: copy it again."
    ]


@pytest.mark.usefixtures("fakes")
def test_a_clip_that_fills_the_memory_is_compared_all_the_same(monkeypatch: pytest.MonkeyPatch):
    """Each system took the place of the one before, and all were analysed again without end."""
    from jss.errors import JssError
    from pages.ui.cache import disk, loaders

    computed: list[str] = []
    compute = loaders._compute

    def counted(recording, system: str, *rest: object):
        computed.append(system)
        if len(computed) > 9:
            raise JssError("It never ends.")
        return compute(recording, system, *rest)

    monkeypatch.setattr(loaders, "_compute", counted)
    monkeypatch.setattr(loaders, "MEMORY", 1)
    monkeypatch.setattr(disk, "LONGEST", 1.0)  # as of a clip of minutes
    app = run("pages/compare.py", clip="four_tones.flac", system="MixIT-JT")
    assert not app.error
    assert len(viewer(app)["all"]["systems"]) == 3
    assert sorted(computed) == sorted(fake.SYSTEMS)


@pytest.mark.slow
@pytest.mark.usefixtures("fakes")
def test_one_failed_analysis_leaves_the_other_systems(monkeypatch: pytest.MonkeyPatch):
    from jss.errors import JssError

    class Damaged(fake.FakeSystem):
        def pieces(self, file: object) -> object:
            raise JssError("The block is damaged: restore it.")

    load = fake.load_system
    monkeypatch.setattr(
        fake,
        "load_system",
        lambda name, selection: (Damaged if name == "MixIT-JT" else fake.FakeSystem)(
            name, selection
        ),
    )
    app = run("pages/compare.py", clip="four_tones.flac", system="MixIT-JT")
    data = viewer(app)["all"]
    assert [one["system"] for one in data["systems"]] == ["SED", "MixIT-S1"]
    assert data["names"] == ["SED", "MixIT-S1", "MixIT-JT"]
    assert data["reasons"] == {"MixIT-JT": "The block is damaged: restore it."}
    assert [error.value.replace("\\", "") for error in app.error] == [
        "**MixIT-JT**: The block is damaged: restore it."
    ]
    assert app.dataframe[-1].value["System"].tolist() == ["SED", "MixIT-S1"]
    monkeypatch.setattr(fake, "load_system", load)
    app.button(key="again failed analyses").click().run()
    assert not app.error
    assert len(viewer(app)["all"]["systems"]) == 3


@pytest.mark.usefixtures("fakes")
def test_a_grid_of_compared_events_ends_with_the_clip(monkeypatch: pytest.MonkeyPatch):
    """It ended with the last event."""
    from jss.io.annotations import textgrid
    from pages.ui import exports

    written = []
    monkeypatch.setattr(
        exports,
        "_other_formats",
        lambda stem, tables, durations: written.append(
            textgrid.write(tables["Events"][1]().head(1), durations)
        ),
    )
    run("pages/compare.py", clip="four_tones.flac", systems="SED,MixIT-S1")
    assert "\nxmax = 10.000000\n" in written[-1]


def test_compare_begins_with_the_stages_of_one_pretraining():
    from pages.ui.systems import related

    names = [
        "SED",
        "SSep-SED",
        *(f"{kind}-{stage}" for kind in ("MixIT", "PIT") for stage in ("S0", "S1", "S2", "JT")),
    ]
    mixit, pit = [names[0], *names[2:6]], [names[0], *names[6:]]
    assert related(None, names, "MixIT-S1", 5) == related("SED", names, "MixIT-S1", 5) == mixit
    assert related("PIT-JT", names, "MixIT-S1", 5) == pit
    assert related("SSep-SED", names, "MixIT-S1", 5) == names[:5]
    assert related("gone", ["mine"], "mine", 5) == ["mine"]


@pytest.mark.slow
def test_every_page_opens_for_every_shipped_system(
    examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """With the real manifests, cards and reports; scores and sources are fakes, no network is run.

    Claims and Results, the same for every system, have tests of their own above.
    """
    import streamlit as st

    from pages.ui.cache import loaders
    from pages.ui.clip import recordings

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("JSS_RUNS", str(tmp_path))
    monkeypatch.setattr(
        loaders, "_system", lambda name, selection, weights: fake.load_system(name, selection)
    )
    monkeypatch.setattr(recordings, "EXAMPLES", examples)
    run_app_first(monkeypatch)
    st.cache_data.clear()
    st.cache_resource.clear()
    names = [system.name for system in checkpoints.systems()]
    assert len(names) >= 10
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    pages = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "pages").glob("[a-z]*.py"))
        if path.stem not in ("claims", "results")
    ]
    shows_one = ("compare", "explore", "overview")
    for name in names:
        for page in pages:
            if name != names[0] and Path(page).stem not in shows_one:
                continue
            app.query_params.clear()
            app.query_params["system"] = name
            app.switch_page(page).run()
            assert not app.exception, (name, page, [item.value for item in app.exception])
            assert not app.error, (name, page, [item.value for item in app.error])
            if page in ("pages/explore.py", "pages/compare.py"):
                assert viewer(app)["system"] == name
            if (name, page) == ("MixIT-JT", "pages/overview.py"):  # long notes are folded
                (notes,) = (box for box in app.expander if box.label.startswith("Notes"))
                assert "mixit-jt-detector-teacher" in notes.markdown[0].value
    assert len(pages) >= 10
    said = " ".join(item.value for item in app.switch_page("pages/overview.py").run().markdown)
    assert f"**{names[-1]}" in said.replace("\\", "")  # Markdown escapes its hyphen
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.mark.usefixtures("fakes")
@pytest.mark.parametrize("page", ["pages/training.py", "pages/data.py"])
def test_pages_without_data_say_what_to_do(
    page: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    from pages.ui.cache import loaders

    monkeypatch.setenv("JSS_RUNS", str(tmp_path))
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tmp_path))
    monkeypatch.setattr(checkpoints, "systems", lambda folder=None: [])
    monkeypatch.setattr(loaders, "clip_sets", dict)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    app.switch_page(page).run()
    assert not app.exception
    advice = {"pages/training.py": "`jss train desk", "pages/data.py": "git checkout"}[page]
    assert advice in app.info[0].value


@pytest.mark.usefixtures("fakes")
def test_training_follows_a_run_and_names_the_chosen_epochs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    fake.write_run(tmp_path / "desk" / "SED", epochs=40)
    monkeypatch.setenv("JSS_RUNS", str(tmp_path))
    app = run("pages/training.py")
    said = " ".join(item.value for item in app.markdown)
    assert "epoch 3 of 40, running; written " in said
    assert (
        "student selection (Eq. 23): **epoch 2**; teacher selection (Eq. 24): **epoch 3**" in said
    )
    assert app.dataframe[0].value["epoch"].tolist() == [1, 2, 3]


@pytest.mark.usefixtures("fakes")
def test_training_moves_on_to_the_stage_that_trains(tmp_path: Path):
    from jss.training import runs

    folder = tmp_path / "runs"
    app = run("pages/training.py")
    for stage in ("SED", "MixIT"):
        (folder / "desk" / stage).mkdir(parents=True)
        fake.write_run(folder / "desk" / stage, epochs=40)
        with runs.training(folder / "desk" / stage):
            app.run()
            assert app.selectbox(key="pick run").options[0] == f"Newest: desk/{stage}, running"
            assert "epoch 3 of 40, running" in " ".join(item.value for item in app.markdown)
    app.selectbox(key="pick run").select("desk/SED")
    killed = runs.training(folder / "desk" / "MixIT")
    killed.__enter__()
    app.run()
    assert "epoch 3 of 40, ended" in " ".join(item.value for item in app.markdown)
    killed.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    app.selectbox(key="pick run").select("desk/MixIT").run()
    assert "epoch 3 of 40, interrupted" in " ".join(item.value for item in app.markdown)
    (folder / "desk" / "half").mkdir()
    (folder / "desk" / "half" / "config.yaml").write_text("system: [SED")
    app.run()
    (warning,) = app.warning
    assert "The run desk/half is left out" in warning.value.replace("\\", "")
    assert len(app.selectbox(key="pick run").options) == 3


@pytest.mark.usefixtures("fakes")
def test_training_shows_the_rows_of_a_campaign(tmp_path: Path):
    from jss.training.campaign import PLAN

    folder = tmp_path / "runs" / "long"
    (folder / "first" / "SED").mkdir(parents=True)
    fake.write_run(folder / "first" / "SED", epochs=40)
    rows = "[{name: first, trains: SED}, {name: second, trains: SED, start: [first]}]"
    (folder / PLAN).write_text(f"preset: smoke\nrows: {rows}\n")
    app = run("pages/training.py")
    table = app.dataframe[0].value
    assert table[["Row", "State"]].values.tolist() == [["first", "running"], ["second", "waiting"]]
    assert "0 of 2 rows finished" in " ".join(item.value for item in app.markdown)


@pytest.mark.usefixtures("fakes")
def test_data_counts_and_browses_synthscapes():
    app = run("pages/data.py", data="synthscapes/validation")
    said = " ".join(item.value for item in (*app.caption, *app.markdown))
    assert "50 of 50 clips" in said
    app.selectbox(key="pick class").select("Dog").run()
    shown = app.dataframe[-1].value
    assert 0 < len(shown) < 50
    assert all("Dog" in classes for classes in shown["Classes"])


@pytest.fixture
def users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the app is started with, with recordings of one name in two subfolders."""
    folder = tmp_path / "mine"
    audio.save(folder / "mon" / "x.wav", np.full(16000, 0.1))
    audio.save(folder / "tue" / "x.wav", np.full(32000, 0.5))
    monkeypatch.setenv("JSS_DATA", str(folder))
    return folder


@pytest.mark.usefixtures("fakes", "users_folder")
def test_data_keeps_recordings_of_one_name_apart():
    from pages.ui.clip import known_sets

    app = run("pages/data.py", data="mine")
    shown = app.dataframe[-1].value
    assert shown[["Clip", "Length (s)", "Level (dB)"]].values.tolist() == [
        ["mon/x.wav", 1.0, -20.0],
        ["tue/x.wav", 2.0, -6.0],
    ]
    assert known_sets.known_set("mine").openable == {
        "mon/x.wav": "mine/mon/x.wav",
        "tue/x.wav": "mine/tue/x.wav",
    }
    app.selectbox(key="pick overlap").select("none").run()  # nobody knows: they are not annotated
    assert "0 of 2 clips. Click a row to open its clip." in [item.value for item in app.caption]


@pytest.mark.usefixtures("fakes")
def test_data_of_a_folder_to_train_on_has_the_classes_of_its_labels(users_folder: Path):
    """All of them, in their order, and no other class of DESED."""
    (users_folder / "labels.yaml").write_text("[Speech, Dog, Dishes, Cat]\n")
    header, rows = "filename\tonset\toffset\tevent_label\n", "mon/x.wav\t0.1\t0.9\tDog\n"
    (users_folder / "strong.tsv").write_text(header + rows)
    app = run("pages/data.py", data="mine")
    assert app.dataframe[0].value["Class"].tolist() == ["Speech", "Dog", "Dishes", "Cat"]


@pytest.mark.usefixtures("fakes")
def test_data_leaves_a_damaged_file_out_and_says_so(users_folder: Path):
    (users_folder / "bad.wav").write_bytes(b"")
    said = " ".join(item.value for item in run("pages/data.py", data="examples").caption)
    assert "3 of 3 clips" in said
    app = run("pages/data.py", data="mine")
    said = " ".join(item.value for item in app.caption).replace("\\", "")
    assert not app.error
    assert "1 of 3 clips cannot be read and are left out" in said
    assert "bad.wav" in said
    assert app.dataframe[-1].value["Clip"].tolist() == ["mon/x.wav", "tue/x.wav"]
    audio.save(users_folder / "bad.wav", np.full(48000, 0.1))
    (users_folder / "tue" / "x.wav").write_bytes(b"")
    shown = run("pages/data.py", data="mine").dataframe[-1].value
    assert shown[["Clip", "Length (s)"]].values.tolist() == [["bad.wav", 3.0], ["mon/x.wav", 1.0]]


@pytest.mark.usefixtures("fakes")
def test_data_measures_a_file_again_that_was_replaced(users_folder: Path):
    """By one of equal length."""
    run("pages/data.py", data="mine")
    audio.save(users_folder / "mon" / "x.wav", np.full(16000, 0.5))
    shown = run("pages/data.py", data="mine").dataframe[-1].value
    assert shown["Level (dB)"].tolist() == [-6.0, -6.0]


@pytest.mark.usefixtures("fakes")
def test_data_says_where_a_level_could_not_be_measured(users_folder: Path):
    audio.save(users_folder / "nan.wav", np.full(16000, np.nan))
    said = " ".join(item.value for item in run("pages/data.py", data="mine").caption)
    assert "1 of 3 clips cannot be read to the end and have no level: " in said
    assert "nan.wav" in said.replace("\\", "")


@pytest.mark.usefixtures("fakes")
def test_a_link_to_a_synthscape_opens_no_clip_of_that_name_in_the_users_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from pages.ui.clip import links

    name, folder = "validation_00007.flac", tmp_path / "homescapes"
    audio.save(folder / "audio" / "validation" / "validation" / name, np.full(16000, 0.1))
    (folder / "metadata" / "validation").mkdir(parents=True)
    (folder / "metadata" / "validation" / "validation.tsv").write_text(
        f"filename\tonset\toffset\tevent_label\n{name}\t0.1\t0.5\tDog\n"
    )
    monkeypatch.setenv("JSS_DATA", str(folder))
    assert links.openable("homescapes", "validation", name) == f"validation/{name}"
    synthscape = f"synthscapes/validation/{name}"
    assert links.openable("synthscapes", "validation", name) == synthscape


@pytest.mark.slow
@pytest.mark.usefixtures("fakes")
@pytest.mark.parametrize("selection", ["teacher", "student"])
def test_a_clip_without_audio_has_the_scores_of_the_selection_that_is_shown(
    monkeypatch: pytest.MonkeyPatch, selection: str
):
    from jss.viz import set_charts
    from pages.ui.cache import loaders

    saved = loaders.saved_scores()[("homescapes", "validation", selection)]["MixIT-S1"]
    name = next(iter(saved.outputs.clips))
    drawn, clip_scores = [], set_charts.clip_scores

    def draw(scores, *rest):
        drawn.append(scores)
        return clip_scores(scores, *rest)

    monkeypatch.setattr(set_charts, "clip_scores", draw)
    point = f"{name}|MixIT-S1|validation"
    run("pages/diversity.py", dataset="homescapes", selection=selection, point=point)
    np.testing.assert_array_equal(drawn[-1], saved.outputs.clips[name].scores)


@pytest.mark.usefixtures("fakes")
def test_a_clip_is_measured_by_its_present_ground_truth():
    from pages.ui.cache import loaders

    run(clip="four_tones.flac", system="MixIT-S1")
    clip = loaders.examples()[0]
    before = loaders.measure(clip, "MixIT-S1", "teacher", 0.5)
    corrected = replace(clip, truth=((0.0, 10.0, "Cat"),))
    after = loaders.measure(corrected, "MixIT-S1", "teacher", 0.5)
    assert before.tally.hit > 10
    assert (after.tally.hit, after.tally.missed) == (0, 10)


@pytest.mark.usefixtures("fakes")
def test_a_row_of_data_that_was_clicked_opens_no_clip_of_another_list():
    app = run("pages/data.py", data="synthscapes/validation")
    names = app.dataframe[-1].value["Clip"]
    key = app.dataframe[-1].proto.id.split("-", 2)[2]
    app.session_state[key] = {"selection": {"rows": [49], "columns": [], "cells": []}}
    app.run()
    assert f"Open {names[49]} in Explore" in opened(app)
    app.selectbox(key="pick class").select("Dog").run()
    assert not app.exception
    assert not opened(app)


@pytest.mark.usefixtures("fakes")
def test_a_synthscape_is_rendered_when_it_is_opened(tmp_path: Path):
    from pages.ui.cache import loaders
    from pages.ui.clip import synthscapes

    clips = loaders.clip_sets()["synthscapes/validation"]
    assert len(clips.clips) == 50
    clip = clips.by_name["synthscapes/validation/validation_00007.flac"]
    assert not clip.audio.exists()
    assert len(clip.open().getbuffer()) > 50_000
    assert clip.audio.parent == synthscapes.cache()


@pytest.mark.slow
@pytest.mark.usefixtures("fakes")
def test_the_whole_analysis_reads_back():
    import io

    import pandas as pd
    import soundfile

    from pages.ui import exports
    from pages.ui.cache import loaders

    clip, result = loaders.examples()[0], fake_result()
    files = exports.everything(result, clip.truth, 0.6)
    assert {
        "figure.pdf",
        "events.tsv",
        "ground_truth.tsv",
        "scores_source_4.tsv",
        "analysis.json",
    } <= set(files)
    events = pd.read_csv(io.BytesIO(files["events.tsv"]), sep="\t")
    pd.testing.assert_frame_equal(events, result.events(0.6))
    sounds = {
        name: soundfile.read(io.BytesIO(data))[0]
        for name, data in files.items()
        if name.endswith(".flac")
    }
    total = sum(sound for name, sound in sounds.items() if name != "mixture.flac")
    np.testing.assert_allclose(total, sounds["mixture.flac"], atol=1e-5)
