"""A system of a training that goes on shows in the open app, and opens in Compare."""

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

pytest.importorskip("streamlit")
MINE = "MixIT-S1 (runs/mine)"


def test_a_system_appears_when_its_stage_ends_and_opens_in_compare(
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

        page.tab.goto(f"{address}/training?of=run")
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
