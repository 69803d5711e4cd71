"""Recordings that the user uploaded or recorded in this session."""

from __future__ import annotations

from typing import Any

import streamlit as st

from jss.audio import SAMPLE_RATE
from jss.errors import JssError
from jss.io.annotations import formats
from jss.io.inputs import SUFFIXES, is_audio
from pages.ui import address
from pages.ui.clip.recordings import UPLOADED, Recording, uploaded, with_truth
from pages.ui.widgets import show_error


def uploads() -> dict[str, Recording]:
    """Return the user's recordings by their names in the address."""
    recordings: dict[str, Recording] = st.session_state.setdefault("uploads of session", {})
    return recordings


def is_upload(name: str) -> bool:
    """Return whether a name in the address is that of an upload, of this session or another."""
    return name.startswith(f"{UPLOADED}/")


def popover(name: str) -> None:
    """Show a popover for uploads and recordings; ``name`` of the address becomes the last of them."""
    with st.popover("Open, record", icon=":material/mic:"):
        take: dict[str, Any] = {"on_change": _take, "args": (name,)}
        st.file_uploader(
            "Audio files, of any sampling rate and any number of channels, and labels of them",
            accept_multiple_files=True,
            type=sorted(suffix[1:] for suffix in (*SUFFIXES, *formats.SUFFIXES)),
            key="uploads",
            help="Labels of Audacity, Raven, Praat or Label Studio, TSV or CSV: the clip's ground truth",
            **take,
        )
        if error := st.session_state.pop("labels refused", None):
            show_error(error)
        st.audio_input("Or record", key="recorder", sample_rate=SAMPLE_RATE, **take)


def _take(name: str) -> None:
    """Add what was just uploaded or recorded, and choose it."""
    known = uploads()
    recorded = st.session_state.get("recorder")
    files = [(file.name, file) for file in st.session_state.get("uploads") or []]
    if recorded is not None:
        number = sum(item.title.startswith("recording ") for item in known.values()) + 1
        files.append((f"recording {number}.wav", recorded))
    for title, file in files:
        if not is_audio(title):
            continue
        item = uploaded(title, file.getvalue())
        if item.clip not in known:
            known[item.clip] = item
            address.write(name, item.clip)
    for title, file in files:
        if not is_audio(title):
            try:
                annotated = with_truth(list(known.values()), title, file.getvalue())
            except JssError as error:
                st.session_state["labels refused"] = error
            else:
                known |= {item.clip: item for item in annotated}
