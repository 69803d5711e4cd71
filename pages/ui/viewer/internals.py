"""The one place on the pages that reaches behind Streamlit: files by address, and a component of
plain ES modules.

Streamlit serves media from memory by a hash of their content, for as long as a session shows them.
A component with an ``asset_dir`` has its modules served by address too, so that they import one
another without a build step; that is meant for installed packages, so the manifest is handed over
here instead of being found among them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest


def address(data: bytes, kind: str, place: str) -> str:
    """Where the browser fetches ``data`` (a MIME type ``kind``); ``place`` holds one file at a time
    in a session.
    """
    if not runtime.exists():
        return ""
    return runtime.get_instance().media_file_mgr.add(data, kind, place)


def calm(key: str) -> None:
    """What a container of a key holds does not fade while it is made anew: for what changes often,
    and a little.
    """
    st.html(
        f"<style>.st-key-{key} [data-stale=true] {{ opacity: 1 !important; transition: none !important; }}</style>"
    )


def component(folder: Path, *, html: str, styles: str, js: str) -> Any:
    """A component whose files lie in ``folder``: a function that mounts it, as of
    st.components.v2.component.

    html and js name files. The page and its styles travel with the message, the modules are
    fetched. Registered once for each runtime.
    """
    package, name = "jss", folder.parent.name
    manager = get_bidi_component_manager()
    if manager.get_component_path(f"{package}.{name}") is None:
        manifest = ComponentManifest(package, "0", [ComponentConfig(name, folder.name)])
        manager.register_from_manifest(manifest, folder.parent)
        _MOUNTS.pop(f"{package}.{name}", None)
    if f"{package}.{name}" not in _MOUNTS:
        _MOUNTS[f"{package}.{name}"] = st.components.v2.component(
            f"{package}.{name}",
            js=js,
            html=(folder / html).read_text(encoding="utf-8"),
            css=styles,
        )
    return _MOUNTS[f"{package}.{name}"]


_MOUNTS: dict[str, Any] = {}
