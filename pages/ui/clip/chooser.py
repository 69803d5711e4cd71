"""The row of controls that chooses a set, a clip and a selection."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.ui import address, widgets
from pages.ui.cache import loaders
from pages.ui.clip.recordings import UPLOADED, ClipSet, Recording
from pages.ui.clip.uploads import is_upload, messages, popover, take, uploads
from pages.ui.text import literal

#: Clips in the select box: those around the chosen one. The list below it has all.
_WINDOW = 200


def choose(order: Callable[[ClipSet], list[Recording]]) -> tuple[ClipSet, Recording | None]:
    """Show the controls.

    Args:
        order: Set -> its clips in the order in which Previous and Next go through them.

    Returns:
        The set and the clip, None where there is none.
    """
    take(address.CLIP)
    wanted = address.read(address.CLIP)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        clips = _choose_set()
        known, listed = clips.by_name, [item.clip for item in order(clips)] or list(clips.by_name)
        clip = None
        if known:
            current = wanted if wanted in known else listed[0]
            address.write(address.CLIP, current)
            at = listed.index(current) if current in listed else 0
            near = listed[max(0, at - _WINDOW // 2) : at + _WINDOW // 2]
            clip = widgets.pick(
                "Clip",
                near if current in near else [current, *near],
                address.CLIP,
                lambda name: known[name].title,
                current,
                width=360,
            )
            widgets.step_buttons("clip", listed, address.CLIP)
        popover()
        selections = [name for item in loaders.systems() for name in item.selections]
        if selections:
            address.write(address.SELECTION, widgets.pick_selection(selections))
        _match_sources()
    messages(address.CLIP)
    missing = wanted if wanted and wanted not in known else None
    reason = "was uploaded in another visit: upload it again"
    reason = reason if is_upload(missing or "") else "is not installed"
    widgets.replaced_link("clip", missing, reason, clip or "")
    return clips, known.get(clip or "")


def _choose_set() -> ClipSet:
    """The set that holds the clip of the address, else the one named there, else the first."""
    sets = _sets()
    wanted, clip = address.read(address.CLIPS), address.read(address.CLIP)
    widgets.check_link("Set", address.CLIPS, sets.__contains__)
    holding = next((clip_set for clip_set in sets.values() if clip in clip_set.by_name), None)
    filled = [clip_set for clip_set in sets.values() if clip_set.clips]
    chosen = holding or sets.get(wanted or "") or next(iter(filled or sets.values()))
    if len(sets) > 1:
        st.selectbox(
            "Set",
            list(sets),
            format_func=lambda name: f"{sets[name].title} ({len(sets[name].clips)})",
            help=literal(chosen.note) if chosen.note else None,
            width=220,
            **widgets.mirrored("pick clips", chosen.name, _take_set),
        )
    return chosen


def _sets() -> dict[str, ClipSet]:
    mine = tuple(uploads().values())
    sets = loaders.clip_sets()
    return sets | ({UPLOADED: ClipSet(UPLOADED, "Uploaded", mine)} if mine else {})


def _take_set(name: str) -> None:
    """Choose the first clip of another set."""
    clips = _sets()[name].clips
    first = {address.CLIP: clips[0].clip} if clips else {}
    address.write_all({address.CLIPS: name} | first)


def _match_sources() -> None:
    """A toggle: whether the sources of all systems are put in one order."""
    selections = {name for item in loaders.systems() for name in item.selections}
    if not any(map(loaders.order_references, selections)):
        return
    widgets.check_link("Match sources", address.MATCH, ("yes", "no").__contains__)
    st.toggle(
        "Match sources",
        **widgets.mirrored("pick match", address.read(address.MATCH) != "no", _take_match),
        help="The outputs of a separator have no fixed order. Matched by waveform, the sources of all "
        "systems are shown in the same order.",
    )


def _take_match(on: bool) -> None:
    address.write(address.MATCH, "" if on else "no")
