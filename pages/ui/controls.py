"""Choices that live in the address, so that a copied link opens the same view, and that follow from page to page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from jss.audio import SAMPLE_RATE, SUFFIXES
from jss.checkpoints import Manifest
from jss.errors import printable
from pages.ui import loaders
from pages.ui.loaders import Recording

#: Names in the address.
CLIP, SYSTEM, SELECTION, THRESHOLD, MATCH = "clip", "system", "selection", "threshold", "match"


def read(name: str) -> str | None:
    """A choice: from the address, else as it was last in this session."""
    return st.query_params.get(name) or st.session_state.get(f"chosen {name}")


def literal(text: str) -> str:
    """Somebody else's text for a place that reads Markdown: shown as it is, no link and no picture in it."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()<>#+-.!|~$:&" else c for c in printable(text))


def write(name: str, value: str) -> None:
    """Keep a choice, in the address and in the session."""
    st.session_state[f"chosen {name}"] = value
    if st.query_params.get(name) != value:
        st.query_params[name] = value


def no_system() -> None:
    """What to do where nothing is trained."""
    st.info("No trained system is installed: restore the folder checkpoints (`git checkout checkpoints`), or train one "
            "with `python -m jss train`.", icon=":material/model_training:")


def threshold() -> float:
    """The threshold of the address, 0.5 where it says none or nonsense."""
    try:
        return round(min(0.99, max(0.01, float(read(THRESHOLD) or 0.5))), 2)
    except ValueError:
        return 0.5


def matched(model: str) -> bool:
    """A toggle: whether sources are put in the order of another system's."""
    st.session_state["pick match"] = read(MATCH) != "no"
    st.toggle(f"Sources in the order of {model}", key="pick match", on_change=_take_match,
              help="The order of a separator's outputs is arbitrary: sources are matched by their waveforms.")
    return bool(st.session_state["pick match"])


def _take_match() -> None:
    write(MATCH, "yes" if st.session_state["pick match"] else "no")


def own_recordings() -> dict[str, Recording]:
    """What this visitor uploaded or recorded, by its name in the address."""
    return st.session_state.setdefault("own recordings", {})


def choose(clips: Sequence[Recording]) -> tuple[Recording | None, str | None, str | None]:
    """One row of controls: the clip, one's own recording, the system, student or teacher. -> what is chosen.

    clips: those that are installed; one's own come after them. None stands for what is not there to be chosen.
    """
    known = {item.clip: item for item in (*clips, *own_recordings().values())}
    installed = {item.name: item for item in loaders.systems()}
    wanted = {name: read(name) for name in (CLIP, SYSTEM, SELECTION)}
    clip = system = selection = None
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    with row.container(horizontal=True, vertical_alignment="bottom", gap="small", width="content"):
        if known:
            names = list(known)
            clip = pick("Clip", names, CLIP, lambda name: known[name].title, width=360)
            at = names.index(clip)
            for label, icon, step in (("Previous", "chevron_left", -1), ("Next", "chevron_right", 1)):
                st.button(label, icon=f":material/{icon}:", key=f"{label} clip", on_click=write, help=f"{label} clip",
                          args=(CLIP, names[(at + step) % len(names)]))
        _own_recordings_popover()
    with row.container(horizontal=True, vertical_alignment="bottom", gap="small", width="content"):
        if installed:
            system = pick("System", list(installed), SYSTEM, str, _default_system(list(installed.values())), width=170)
            selection = pick("Network", list(installed[system].selections), SELECTION, str.capitalize, "teacher",
                              width=140, help="The student that was trained, or its moving average, the teacher.")
    if wanted[CLIP] and wanted[CLIP] not in known:
        own = wanted[CLIP].startswith("own/")
        reason = "was opened in another session: upload it again" if own else "is not installed"
        st.warning(f"The clip of this link ({literal(wanted[CLIP])}) {reason}.", icon=":material/link_off:")
    if wanted[SYSTEM] and wanted[SYSTEM] not in installed:
        st.warning(f"The system of this link ({literal(wanted[SYSTEM])}) is not installed.", icon=":material/link_off:")
    for name, value in ((CLIP, clip), (SYSTEM, system), (SELECTION, selection)):
        if value:
            write(name, value)
    return known.get(clip or ""), system, selection


def _default_system(installed: Sequence[Manifest]) -> str:
    """An S1 (the paper's best single systems), else any with a separation stage, else the first."""
    ranked = sorted(installed, key=lambda item: (not item.name.endswith("-S1"), not item.separates))
    return ranked[0].name


def pick(
    label: str, options: list[str], name: str, show: Callable[[str], str], default: str | None = None, **look: Any
) -> str:
    """A select box that shows what the address says, and writes to it."""
    wanted, key = read(name), f"pick {name}"
    st.session_state[key] = wanted if wanted in options else default if default in options else options[0]
    return st.selectbox(label, options, key=key, format_func=show, on_change=_take, args=(name, key), **look)


def _take(name: str, key: str) -> None:
    write(name, st.session_state[key])


def _own_recordings_popover() -> None:
    with st.popover("Upload, record", icon=":material/mic:"):
        st.file_uploader("Audio files, of any sampling rate and any number of channels", accept_multiple_files=True,
                         type=sorted(suffix[1:] for suffix in SUFFIXES), key="uploads", on_change=_take_own)
        st.audio_input("Or record", key="recorder", sample_rate=SAMPLE_RATE, on_change=_take_own)


def _take_own() -> None:
    """Add what was just uploaded or recorded, and choose it."""
    own = own_recordings()
    recorded = st.session_state.get("recorder")
    named = [(file.name, file) for file in st.session_state.get("uploads") or []]
    if recorded is not None:
        number = sum(item.title.startswith("recording ") for item in own.values()) + 1
        named.append((f"recording {number}.wav", recorded))
    for name, file in named:
        item = loaders.added(name, file.getvalue())
        if item.clip not in own:
            own[item.clip] = item
            write(CLIP, item.clip)
