"""Have AppTest run app.py for every page, as the server does."""

from __future__ import annotations

from pathlib import Path

import pytest


def run_app_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a folder named pages, AppTest would run a page's file alone, without st.navigation."""
    from streamlit.runtime.scriptrunner import script_runner

    def run(main: str) -> None:
        code = compile(Path(main).read_text(encoding="utf-8"), main, "exec")
        exec(code, {"__name__": "__main__", "__file__": main})

    monkeypatch.setattr(script_runner, "_mpa_v1", run)
