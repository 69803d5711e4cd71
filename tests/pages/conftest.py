"""The app with fake systems (fake.py) in this process, for AppTest."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest
from apptest import run_app_first

pytest.importorskip("streamlit")


@pytest.fixture
def fakes(examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fake systems and examples, an empty cache on disk and in memory."""
    import fake
    import streamlit as st

    from pages.ui.cache import fingerprint

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("JSS_RUNS", str(tmp_path / "runs"))
    monkeypatch.delenv("JSS_MODELS", raising=False)
    fake.install(examples, monkeypatch.setattr)
    monkeypatch.setattr(fingerprint, "_read", lru_cache(64)(fingerprint._read.__wrapped__))
    run_app_first(monkeypatch)
    st.cache_data.clear()
    st.cache_resource.clear()
