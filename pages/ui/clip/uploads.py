"""Recordings that the user uploaded or recorded in this visit, and their ground truth."""

from __future__ import annotations

import logging
from pathlib import PurePath

import streamlit as st

from jss.audio import SAMPLE_RATE
from jss.errors import JssError
from jss.io.annotations import formats
from pages.ui import address
from pages.ui.cache import loaders
from pages.ui.cache.visits import MOST_BYTES, Visit
from pages.ui.clip.recordings import UPLOADED, Recording, uploaded, with_truth
from pages.ui.text import literal

log = logging.getLogger(__name__)

#: Cookie that names the visit, until the browser is closed.
COOKIE = "jss_visit"
#: In the session: the visit, how often something was taken, whether the popover is open, and the
#: clip of the last uploads with what was refused of them and what of their labels is not used.
_VISIT, _TAKEN, _OPEN, _SAID = "visit", "uploads taken", "uploads open", "uploads said"


def visit() -> Visit:
    """Return the visit that this session belongs to."""
    if _VISIT not in st.session_state:
        known = loaders.visits().find(st.context.cookies.get(COOKIE))
        st.session_state[_VISIT] = known or Visit()
    found: Visit = st.session_state[_VISIT]
    return found


def uploads() -> dict[str, Recording]:
    """Return the user's recordings by their names in the address."""
    return visit().recordings


def is_upload(name: str) -> bool:
    """Return whether a name in the address is that of an upload, of this visit or another."""
    return name.startswith(f"{UPLOADED}/")


def popover() -> None:
    """Show a popover for uploads and recordings, for :func:`take`."""
    files, sound = _fields()
    with st.popover("Open, record", icon=":material/mic:", key=_OPEN, on_change="rerun"):
        st.file_uploader(
            "Recordings or videos: m4a, mp4, webm, mp3, ogg, wav ...",
            accept_multiple_files=True,
            key=files,
        )
        st.caption(
            "Upload their labels too (TSV or CSV, or from Audacity, Raven, Praat or Label Studio) to see "
            "the ground truth."
        )
        st.audio_input("Or record", key=sound, sample_rate=SAMPLE_RATE)


def _fields() -> tuple[str, str]:
    """Keys of the two fields; new ones each time: what was taken is in the list of clips."""
    taken = st.session_state.get(_TAKEN, 0)
    return f"uploads {taken}", f"recorder {taken}"


def messages(name: str) -> None:
    """Say what was refused of the last uploads, and what of their labels is not used.

    It is said until another clip is chosen, by ``name`` of the address.
    """
    _remember()
    clip, refused, unused = st.session_state.get(_SAID, (None, (), ()))
    with st.container():  # an element in either case, so that those below keep their place
        if clip != address.read(name):
            return
        for sentence in refused:
            st.error(literal(sentence), icon=":material/error:")
        for sentence in unused:
            st.warning(literal(sentence), icon=":material/warning:")


def _remember() -> None:
    """Have the browser remember the visit, for a reload."""
    mine = visit()
    with st.container(key="visit"):
        if mine.recordings and st.context.cookies.get(COOKIE) != mine.token:
            cookie = f"{COOKIE}={mine.token}; path=/; SameSite=Strict"
            st.html(
                "<style>.st-key-visit { display: none; }</style>"
                f"<script>document.cookie = '{cookie}';</script>",
                unsafe_allow_javascript=True,
            )


def take(name: str) -> None:
    """Add what was uploaded or recorded since the last call; ``name`` of the address becomes the last of it.

    To be called before a page reads ``name``. Streamlit may break a run off in favour of a newer
    event, such as Escape, which closes the popover: then the next run does all of this again.
    """
    mine, (files, sound) = visit(), _fields()
    refused: list[str] = []
    unused: list[str] = []
    recorded = st.session_state.get(sound)
    given = [(file.name, file) for file in st.session_state.get(files) or []]
    if not given and recorded is None:
        return
    if recorded is not None:
        number = sum(item.title.startswith("recording ") for item in uploads().values()) + 1
        given.append((f"recording {number}.wav", recorded))
    last = None
    given.sort(key=lambda upload: _is_labels(upload[0]))  # what labels are of comes before them
    for title, file in given:
        try:
            if _is_labels(title):
                unused += _add_labels(mine, title, file.getvalue())
            else:
                last = _add(mine, title, file.getvalue())
        except JssError as error:
            log.info("%s", error, exc_info=error)
            refused.append(str(error))
    loaders.visits().keep(mine)
    if last is not None:
        address.write(name, last)
    st.session_state[_SAID] = (address.read(name), refused, unused)
    st.session_state[_OPEN] = False
    st.session_state[_TAKEN] = st.session_state.get(_TAKEN, 0) + 1


def _add(mine: Visit, title: str, data: bytes) -> str:
    """Add a recording; returns its name in the address. Raises JssError where it is refused."""
    item = uploaded(title, data)
    if item.clip not in mine.recordings:
        loaders.length(item)
        if mine.nbytes + len(data) > MOST_BYTES:
            raise JssError(
                f"{title} is not opened: the uploads of a visit take at most "
                f"{MOST_BYTES >> 30} GB. Start the app with their folder (make app DATA=FOLDER)."
            )
        mine.recordings[item.clip] = item
    return item.clip


def _is_labels(title: str) -> bool:
    return PurePath(title).suffix.lower() in formats.SUFFIXES


def _add_labels(mine: Visit, title: str, data: bytes) -> list[str]:
    """Give recordings their ground truth; returns a sentence for each kind of row that is not used.

    Raises JssError where a file of labels is refused.
    """
    labelled, unused = with_truth(list(mine.recordings.values()), title, data)
    mine.recordings.update({item.clip: item for item in labelled})
    return unused
