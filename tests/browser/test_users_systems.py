"""A training is followed in the open app, stage by stage, and its system opens in Compare."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_plus

import fake
import pytest
import serving
from browser import VIEWER, Page

from jss.io import histories
from jss.training.runs import training

pytest.importorskip("streamlit")
MINE = "MixIT-S1 (runs/mine)"


def follow(page: Page, stage: Path) -> None:
    """The page Training, opened before, moves to a stage that begins, and says when it ends."""
    tab = page.tab
    tab.get_by_text("epoch 3 of 40, running").wait_for()
    text = "system: MixIT-S1-student\ndata: bank\nepochs: 40\nconfig: {}\n"
    with training(stage):
        (stage / "config.yaml").write_text(text)
        tab.get_by_text("epoch 0 of 40, running").wait_for()
        tab.get_by_text("The first epoch is running.").wait_for()
        row = {"epoch": 1.0, "student_objective": 0.4, "bce_strong": 0.3}
        histories.save(stage / "history.csv", [row])
        tab.get_by_text("epoch 1 of 40, running").wait_for()
        tab.wait_for_selector(".js-plotly-plot .scatterlayer .points path", state="attached")
        layout = "document.querySelector('.js-plotly-plot')._fullLayout"
        (left, _), (low, high) = tab.evaluate(f"[{layout}.xaxis.range, {layout}.yaxis.range]")
        assert 0.9 < left < 1
        assert 0 <= low < 0.4 < high < 1
    tab.get_by_text("epoch 3 of 40, running").wait_for()  # back to the one that still trains


@pytest.mark.slow
def test_a_training_is_followed_and_its_system_opens_in_compare(
    chromium: Any, examples: Path, tiny_checkpoints: Path, tmp_path: Path
):
    runs = tmp_path / "runs"
    stage = runs / "mine" / "MixIT-S1-teacher"
    stage.mkdir(parents=True)
    fake.write_run(stage, epochs=40)
    config = stage / "config.yaml"
    config.write_text(config.read_text().replace("system: SED", "system: MixIT-S1-teacher"))
    environment = os.environ | {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYTHONPATH": str(serving.ROOT),
        "JSS_RUNS": str(runs),
    }
    app = str(serving.ROOT / "tests" / "pages" / "fake.py")
    command = ["streamlit", "run", app, "--server.port", "{port}", "--", str(examples)]
    with serving.served(command, tmp_path / "server.txt", environment) as address:
        page = Page(chromium, address)
        assert MINE not in page.ask("v.results.names")
        shutil.copytree(tiny_checkpoints, runs / "mine" / "checkpoints")
        page.tab.wait_for_function(f"() => {VIEWER}.results.names.includes('{MINE}')")
        assert page.ask("v.root.dataset.drawn") == "four_tones.flac|MixIT-S1|teacher"

        page.tab.goto(f"{address}/training")
        follow(page, runs / "mine" / "MixIT-S1-student")
        page.tab.get_by_role("combobox", name="Run", exact=True).click()
        ended = "mine/MixIT-S1-student, ended"
        page.tab.get_by_role("option", name=ended, exact=True).wait_for()
        page.tab.get_by_role("option", name="mine/MixIT-S1-teacher, running", exact=True).click()
        page.tab.get_by_role("link", name=f"Open {MINE} in Compare").click()
        page.drawn(system=MINE)
        assert {"SED", "MixIT-S1", MINE} <= set(page.ask("v.results.names"))
        assert MINE in unquote_plus(page.tab.url)
        page.idle()
        assert page.tab.get_by_role("alert").count() == 0

        # A link to it, and a folder that is damaged while the app runs.
        link = f"?clip=four_tones.flac&system={quote(MINE)}"
        page.tab.goto(f"{address}/{link}")
        page.drawn(system=MINE)
        (runs / "mine" / "checkpoints" / "systems" / "MixIT-S1.yaml").write_text("name: [")
        page.tab.goto(f"{address}/{link}")
        page.drawn(system="MixIT-S1")
        said = " ".join(page.tab.get_by_role("alert").all_inner_texts())
        assert "runs/mine: MixIT-S1 is left out." in said
        assert not page.wrong
        page.context.close()
