"""app.py is a table of pages; the server starts without a question and sends no statistics."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_app_is_a_table_of_pages():
    text = (ROOT / "app.py").read_text()
    tree = ast.parse(text)
    assert not [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.For | ast.If)
    ]
    pages = {path.name for path in (ROOT / "pages").glob("*.py")} - {"__init__.py", "__main__.py"}
    assert all(f'"{name}"' in text for name in pages)


def test_server_settings():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert config["server"]["address"] == "localhost"
    assert config["server"]["headless"] is True
    assert config["browser"]["gatherUsageStats"] is False
    assert {"light", "dark"} <= set(config["theme"])


def test_only_loaders_cache():
    users = [
        path
        for path in [ROOT / "app.py", *(ROOT / "pages").rglob("*.py")]
        if "st.cache_" in path.read_text()
    ]
    assert {path.name for path in users} == {"loaders.py", "figure_loaders.py", "weak_loaders.py"}


def test_only_the_start_and_one_file_reach_behind_streamlit():
    behind = ("runtime.get_instance", "bidi_component_manager", "PagesManager")
    users = [
        path.name
        for path in (ROOT / "pages").rglob("*.py")
        if any(text in path.read_text() for text in behind)
    ]
    assert sorted(users) == ["__main__.py", "internals.py"]
