"""The user's systems on the pages, beside the fake ones that are shipped."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from streamlit.testing.v1 import AppTest
from test_model_folders import report
from test_pages import run, viewer
from tiny import write_weak

from pages.ui.cache import model_folders

MINE = "MixIT-S1 (runs/mine)"


@pytest.fixture
def mine(
    fakes: None, tiny_checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The checkpoints of a run, MixIT-S1 and SED, with random weights."""
    monkeypatch.setattr(model_folders, "_FRESH_S", 0.0)
    folder = tmp_path / "runs" / "mine" / "checkpoints"
    shutil.copytree(tiny_checkpoints, folder)
    return folder


def said(app: AppTest) -> str:
    return " ".join(item.value for item in (*app.warning, *app.error, *app.caption))


@pytest.mark.slow
def test_explore_shows_it_under_its_own_name(mine: Path):
    app = run(clip="four_tones.flac", system=MINE)
    data = viewer(app)
    assert data["id"] == f"four_tones.flac|{MINE}|teacher"
    assert data["sources"] == 4
    assert MINE in data["all"]["names"]
    assert data["all"]["names"][0] == "SED"
    assert not app.error
    assert not app.warning
    assert "".join(app.query_params["system"]) == MINE


@pytest.mark.usefixtures("fakes")
def test_it_appears_while_the_app_runs(tiny_checkpoints: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(model_folders, "_FRESH_S", 0.0)
    app = run()
    assert MINE not in viewer(app)["all"]["names"]
    shutil.copytree(tiny_checkpoints, tmp_path / "runs" / "mine" / "checkpoints")
    app.run()
    assert MINE in viewer(app)["all"]["names"]


@pytest.mark.usefixtures("fakes")
@pytest.mark.parametrize("page", [None, "pages/compare.py"])
def test_it_goes_while_a_page_is_made(
    page: str | None, tiny_checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The list of systems was read before it went, so that the page still counts on it."""
    folder = tmp_path / "runs" / "mine" / "checkpoints"
    shutil.copytree(tiny_checkpoints, folder)
    monkeypatch.setattr(model_folders, "_FRESH_S", 3600.0)
    model_folders.renewed(())
    shutil.rmtree(folder)
    app = run(page, clip="four_tones.flac", system="MixIT-S1")
    assert not app.error
    assert not app.warning
    assert viewer(app)["id"] == "four_tones.flac|MixIT-S1|teacher"
    assert MINE not in viewer(app)["all"]["names"]
    shutil.copytree(tiny_checkpoints, folder)
    model_folders.renewed(())
    shutil.rmtree(folder)
    linked = run(page, clip="four_tones.flac", system=MINE)
    assert not linked.error
    assert f"({MINE})" in said(linked).replace("\\", "")
    assert viewer(linked)["system"] == "MixIT-S1"


@pytest.mark.slow
def test_compare_shows_it_beside_the_shipped_one(mine: Path):
    app = run("pages/compare.py", clip="four_tones.flac", systems=f"MixIT-S1,{MINE}", system=MINE)
    data = viewer(app)
    assert data["all"]["names"] == ["MixIT-S1", MINE]
    assert [one["system"] for one in data["all"]["systems"]] == ["MixIT-S1", MINE]
    assert data["all"]["shown"] == MINE
    assert app.dataframe[0].value["System"].tolist() == ["MixIT-S1", MINE]
    related = run("pages/compare.py", clip="four_tones.flac", system=MINE)
    assert set(viewer(related)["all"]["names"]) >= {"SED", "MixIT-S1", MINE}


def test_compare_shows_systems_of_other_classes(mine: Path):
    path = mine / "systems" / "MixIT-S1.yaml"
    labels = ["Speech", *(f"Class {k}" for k in range(9))]
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"labels": labels}))
    app = run(
        "pages/compare.py", clip="four_tones.flac", systems=f"MixIT-S1,{MINE}", threshold="0.3"
    )
    assert not app.error
    one, other = viewer(app)["all"]["systems"]
    assert one["n_scored"] == other["n_scored"] == 10
    assert [kind["label"] for kind in other["classes"]][:10] == labels
    assert {kind["label"] for kind in one["classes"]} == {
        kind["label"] for kind in other["classes"]
    }
    assert len(one["classes"]) == 19
    alone = run(clip="four_tones.flac", system=MINE)
    assert [kind["label"] for kind in viewer(alone)["classes"]][:10] == labels
    assert not alone.error


@pytest.mark.slow
@pytest.mark.parametrize("page", [None, "pages/compare.py"])
def test_a_half_written_folder_is_a_sentence_and_the_rest_goes_on(page: str | None, mine: Path):
    (mine / "blocks" / "tiny-separator.safetensors").write_bytes(b"half")
    app = run(page, clip="four_tones.flac", system="MixIT-S1")
    (warning,) = app.warning
    assert warning.value.startswith("runs/mine\\: MixIT\\-S1 is left out")
    assert viewer(app)["system"] == "MixIT-S1"
    assert MINE not in viewer(app)["all"]["names"]
    gone = run(page, clip="four_tones.flac", system=MINE)
    assert "is not installed" in said(gone)


@pytest.mark.slow
def test_its_reports_are_in_results_and_a_damaged_one_is_a_sentence(mine: Path):
    report("MixIT-S1", psds1=0.25).save(mine.parent / "reports" / "eval" / "MixIT-S1.json")
    app = run("pages/results.py", set="mine eval")
    assert MINE in app.dataframe[0].value["", "System"].tolist()
    (mine.parent / "reports" / "eval" / "other.json").write_text("{")
    damaged = run("pages/results.py", set="mine eval")
    assert MINE in damaged.dataframe[0].value["", "System"].tolist()
    assert "other\\.json is damaged" in said(damaged)
    (mine.parent / "reports" / "eval" / "other.json").unlink()
    (mine.parent / "reports" / "eval" / "MixIT-S1.scores.npz").write_bytes(b"PK half")
    half = run("pages/results.py", set="mine eval")
    assert MINE in half.dataframe[0].value["", "System"].tolist()
    assert "MixIT\\-S1\\.scores\\.npz is damaged" in said(half)


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    ["overview", "explore", "compare", "diversity", "classes", "results", "training", "data"],
)
def test_every_page_opens_with_it(page: str, mine: Path):
    report("MixIT-S1", psds1=0.25).save(mine.parent / "reports" / "eval" / "MixIT-S1.json")
    app = run(f"pages/{page}.py", system=MINE)
    assert not app.error
    assert "is not installed" not in said(app)


@pytest.mark.usefixtures("fakes")
def test_weak_labels_shows_separators_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(model_folders, "_FRESH_S", 0.0)
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tmp_path / "none"))
    write_weak(tmp_path / "runs" / "weak" / "checkpoints", ("critic-frame", "weak-frame"))
    app = run("pages/weak_labels.py")
    assert viewer(app)["system"] == "weak-frame (runs/weak)"
    assert not app.error


def test_training_links_to_its_system_in_compare(mine: Path):
    import fake

    (mine.parent / "MixIT-S1-teacher").mkdir()
    fake.write_run(mine.parent / "MixIT-S1-teacher")
    config = mine.parent / "MixIT-S1-teacher" / "config.yaml"
    config.write_text(config.read_text().replace("system: SED", "system: MixIT-S1-teacher"))
    app = run("pages/training.py")
    (link,) = app.get("page_link")
    assert link.proto.label.replace("\\", "") == f"Open {MINE} in Compare"
    assert "MixIT-S1" in link.proto.query_string
