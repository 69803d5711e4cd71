"""Choices that live in the address, so that a copied link opens the same view, and that follow from
page to page.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from jss.audio import SAMPLE_RATE
from jss.errors import printable
from jss.io.inputs import SUFFIXES
from pages.ui.cache import loaders
from pages.ui.clip.recordings import OWN, ClipSet, Recording, added
from pages.ui.first_choice import beside, default_system

#: Names in the address.
CLIP, SYSTEM, SELECTION, THRESHOLD, MATCH = "clip", "system", "selection", "threshold", "match"
# the span of time that is looked at, "2.00-4.50" in seconds; none where it is the whole clip
VIEW = "view"
CLIPS, FIND, ORDER = (
    "clips",
    "find",
    "order",
)  # the set of clips, the words looked for in it, and its order
SYSTEMS, AGAINST, BESIDE = "systems", "against", "beside"  # of a comparison
#: A select box takes no more clips than this: those around the chosen one. The list below it has
#: all.
_WINDOW = 200
#: Seconds within which a browser hears of a choice.
_HEARD_S = 3.0
_SPAN = re.compile(r"\d{1,4}(\.\d{1,3})?-\d{1,4}(\.\d{1,3})?", re.ASCII)


def read(name: str) -> str | None:
    """A choice: from the address, else as it was last in this session; then the address says it
    too.

    So a link copied from any page holds all that this page was shown by, also what was chosen on
    another one.
    """
    wanted: str | None = st.query_params.get(name)
    kept: str | None = st.session_state.get(f"chosen {name}")
    if wanted and wanted not in _replaced(name):
        st.session_state[f"chosen {name}"] = wanted
        return wanted
    if kept:
        st.query_params[name] = kept
    elif wanted:
        st.query_params.pop(name)
    return kept


def _replaced(name: str) -> dict[str, float]:
    """Values of the address that a choice has taken the place of, and until when a browser may not
    have heard of it. Those whose time is over are gone.
    """
    known, now = st.session_state.get(f"replaced {name}", {}), time.monotonic()
    st.session_state[f"replaced {name}"] = standing = {
        value: until for value, until in known.items() if now < until
    }
    return standing


def literal(text: str) -> str:
    """Somebody else's text for a place that reads Markdown: shown as it is, no link and no picture
    in it.
    """
    return "".join(f"\\{c}" if c in "\\`*_{}[]()<>#+-.!|~$:&" else c for c in printable(text))


def write(name: str, value: str) -> None:
    """Keep a choice, in the address and in the session; an empty one is taken out.

    A browser sends its address with all that a hand does. What it sends before it has heard of this
    choice still has the one before, which must not come back by that.
    """
    before = st.query_params.get(name)
    if before and before != value:
        _replaced(name)[before] = time.monotonic() + _HEARD_S
    _replaced(name).pop(value, None)
    st.session_state[f"chosen {name}"] = value
    if not value:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value


def still(name: str, shown: str) -> None:
    """Begin the page anew where a choice is another by now. For a part that is rerun by itself:
    Streamlit joins what hands do at the same moment into one rerun, and that may be the rerun of
    this part alone.
    """
    if read(name) not in (None, shown):
        st.rerun()


def no_system() -> None:
    """What to do where nothing is trained."""
    st.info(
        "No trained system is installed: restore the folder checkpoints (`git checkout checkpoints`), or train one "
        "with `python -m jss train`.",
        icon=":material/model_training:",
    )


def threshold() -> float:
    """The threshold of the address, 0.5 where it says none or nonsense."""
    try:
        return round(min(0.99, max(0.01, float(read(THRESHOLD) or 0.5))), 2)
    except ValueError:
        return 0.5


def view_of(clip: str) -> str:
    """The span of time that the address asks for, "" where it is the whole clip. A span of another
    clip is dropped.
    """
    wanted, of = read(VIEW) or "", st.session_state.get("view of", clip)
    st.session_state["view of"] = clip
    if wanted and (of != clip or not _SPAN.fullmatch(wanted)):
        write(VIEW, "")
        return ""
    return wanted


def _match() -> None:
    """A toggle: whether sources of all systems are put in one order."""
    models = {
        loaders.model_of_order(item.name, name)
        for item in loaders.systems()
        for name in item.selections
    }
    if models == {None}:
        return
    st.session_state["pick match"] = read(MATCH) != "no"
    st.toggle(
        "Match sources",
        key="pick match",
        on_change=_take_match,
        help="The order of a separator's outputs is arbitrary: all systems' are matched by waveform.",
    )


def _take_match() -> None:
    write(MATCH, "" if st.session_state["pick match"] else "no")


def own_recordings() -> dict[str, Recording]:
    """What this visitor uploaded or recorded, by its name in the address."""
    return st.session_state.setdefault("own recordings", {})


def clip_set() -> ClipSet:
    """The set of the address: that which holds its clip, else the one it names, else the first that
    is not empty.
    """
    own = own_recordings()
    sets = loaders.clip_sets() | (
        {OWN: ClipSet(OWN, "Your own", tuple(own.values()))} if own else {}
    )
    wanted, clip = read(CLIPS), read(CLIP)
    holding = next((one for one in sets.values() if clip in one.by_name), None)
    chosen = (
        holding
        or sets.get(wanted or "")
        or next((one for one in sets.values() if one.clips), one_of(sets))
    )
    if len(sets) > 1:
        st.session_state["pick clips"] = chosen.name
        st.selectbox(
            "Set",
            list(sets),
            key="pick clips",
            format_func=lambda name: _size(sets[name]),
            help=literal(chosen.note) if chosen.note else None,
            width=220,
            on_change=_take_set,
        )
    return chosen


def one_of(sets: dict[str, ClipSet]) -> ClipSet:
    return next(iter(sets.values()))


def _size(one: ClipSet) -> str:
    return f"{one.title} ({len(one.clips)})"


def _take_set() -> None:
    """The first clip of another set."""
    name = st.session_state["pick clips"]
    write(CLIPS, name)
    clips = tuple(own_recordings().values()) if name == OWN else loaders.clip_sets()[name].clips
    if clips:
        write(CLIP, clips[0].clip)


def choose(order: Callable[[ClipSet], list[Recording]]) -> tuple[ClipSet, Recording | None]:
    """A row of controls: the set, the clip, one's own recordings. -> the set and the clip, None
    where there is none.

    order: the clips of a set that are stepped through, in order.
    """
    wanted = read(CLIP)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        clips = clip_set()
        known, listed = clips.by_name, [item.clip for item in order(clips)] or list(clips.by_name)
        clip = None
        if known:
            kept = wanted if wanted in known else listed[0]
            at = listed.index(kept) if kept in listed else 0
            near = listed[max(0, at - _WINDOW // 2) : at + _WINDOW // 2]
            clip = pick(
                "Clip",
                near if kept in near else [kept, *near],
                CLIP,
                lambda name: known[name].title,
                kept,
                width=360,
            )
            for label, icon, step in (
                ("Previous", "chevron_left", -1),
                ("Next", "chevron_right", 1),
            ):
                st.button(
                    label,
                    icon=f":material/{icon}:",
                    key=f"{label} clip",
                    on_click=write,
                    help=f"{label} clip",
                    args=(CLIP, listed[(at + step) % len(listed)]),
                )
        own_recordings_popover(CLIP)
        _network()
        _match()
    if wanted and wanted not in known:
        own = wanted.startswith(f"{OWN}/")
        reason = "was opened in another session: upload it again" if own else "is not installed"
        st.warning(
            f"The clip of this link ({literal(wanted)}) {reason}.", icon=":material/link_off:"
        )
    if clip:
        write(CLIP, clip)
    return clips, known.get(clip or "")


def _network() -> None:
    every = dict.fromkeys(name for item in loaders.systems() for name in item.selections)
    if every:
        write(
            SELECTION,
            pick(
                "Network",
                list(every),
                SELECTION,
                str.capitalize,
                "teacher",
                width=140,
                help="The student that was trained, or its moving average, the teacher.",
            ),
        )


def linked_system() -> str | None:
    """The system of the address, None where there is none. Says so where it is not installed."""
    wanted = read(SYSTEM)
    if wanted and wanted not in [item.name for item in loaders.systems()]:
        st.warning(
            f"The system of this link ({literal(wanted)}) is not installed.",
            icon=":material/link_off:",
        )
        return None
    return wanted


def system() -> str | None:
    """The system of the address, else a good one; None where none is installed. Says so where the
    link's is missing.
    """
    installed = loaders.systems()
    wanted = linked_system()
    if not installed:
        return None
    chosen = wanted or default_system(installed)
    write(SYSTEM, chosen)
    return chosen


def several(name: str) -> list[str]:
    """Names of systems of the address, which may hold a plus, but no comma."""
    return (read(name) or "").split(",")


def write_several(name: str, systems: Sequence[str]) -> None:
    """The other way round."""
    write(name, ",".join(systems))


def pick_systems(most: int) -> list[str]:
    """Several systems, in the order in which they are installed; at first those beside the system
    of the address.
    """
    installed = loaders.systems()
    names = [item.name for item in installed]
    wanted = several(SYSTEMS)
    chosen = [name for name in names if name in wanted][:most]
    chosen = chosen or beside(read(SYSTEM), names, default_system(installed), most)
    st.session_state["pick systems"] = chosen
    st.pills(
        "Systems",
        names,
        key="pick systems",
        selection_mode="multi",
        on_change=_take_systems,
        args=(most,),
        help=f"Up to {most}: one more takes the place of the first.",
    )
    return chosen


def _take_systems(most: int) -> None:
    before = several(SYSTEMS)
    chosen = sorted(st.session_state["pick systems"], key=lambda name: name not in before)
    write_several(SYSTEMS, chosen[-most:])


def search(label: str, name: str, example: str, **look: Any) -> None:
    """A field of words that are looked for, kept in the address."""
    key = f"pick {name}"
    st.session_state[key] = read(name) or ""
    st.text_input(label, key=key, placeholder=example, on_change=_take, args=(name, key), **look)


def pick(
    label: str,
    options: list[str],
    name: str,
    show: Callable[[str], str],
    default: str | None = None,
    **look: Any,
) -> str:
    """A select box that shows what the address says, and writes to it."""
    wanted, key = read(name), f"pick {name}"
    st.session_state[key] = (
        wanted if wanted in options else default if default in options else options[0]
    )
    return st.selectbox(
        label, options, key=key, format_func=show, on_change=_take, args=(name, key), **look
    )


def tabs(labels: Sequence[str], name: str) -> Sequence[Any]:
    """Tabs of which the address says the one that is open."""
    wanted, key = read(name), f"pick {name}"
    st.session_state[key] = wanted if wanted in labels else labels[0]
    return st.tabs(labels, key=key, on_change=_take, args=(name, key))


def _take(name: str, key: str) -> None:
    write(name, st.session_state[key])


def own_recordings_popover(name: str) -> None:
    """A way for the visitor's own sounds; ``name`` of the address then says the last of them."""
    with st.popover("Open, record", icon=":material/mic:"):
        take: dict[str, Any] = {"on_change": _take_own, "args": (name,)}
        st.file_uploader(
            "Audio files, of any sampling rate and any number of channels",
            accept_multiple_files=True,
            type=sorted(suffix[1:] for suffix in SUFFIXES),
            key="uploads",
            **take,
        )
        st.audio_input("Or record", key="recorder", sample_rate=SAMPLE_RATE, **take)


def _take_own(place: str) -> None:
    """Add what was just uploaded or recorded, and choose it."""
    own = own_recordings()
    recorded = st.session_state.get("recorder")
    named = [(file.name, file) for file in st.session_state.get("uploads") or []]
    if recorded is not None:
        number = sum(item.title.startswith("recording ") for item in own.values()) + 1
        named.append((f"recording {number}.wav", recorded))
    for name, file in named:
        item = added(name, file.getvalue())
        if item.clip not in own:
            own[item.clip] = item
            write(place, item.clip)
