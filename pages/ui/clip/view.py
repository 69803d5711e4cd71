"""A clip on a page: its analyses, the viewer and the tables under it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from jss.decoding import Decoder, Threshold, binarize
from jss.errors import JssError
from jss.results import ClipResult
from jss.viewer.page import Text, page
from jss.viz.tables import detected_events, truth_table
from pages.ui import address, systems, viewer, widgets
from pages.ui.cache import loaders
from pages.ui.cache.jobs import Report
from pages.ui.cache.loaders import Analysis
from pages.ui.clip import browser, chooser
from pages.ui.clip.recordings import Recording
from pages.ui.progress import Step, prepare
from pages.ui.text import literal

log = logging.getLogger(__name__)
KEY = browser.VIEWER
#: Longer clips, in seconds, are not preloaded through other systems: their audio would fill the
#: browser's memory.
LONGEST = 60.0
#: In the session; the last one: why analyses failed, by clip, system and selection.
_MORE, _READY, _FAILED = "preload", "analyses are ready", "failed analyses"


def opened() -> Recording | None:
    """Show the controls that choose a clip; returns it, or None where none can be analysed."""
    take_over()
    widgets.check_view_of_link()
    systems.follow_trainings()
    systems.show_faults()
    system = systems.chosen()
    if system is None:
        systems.none_installed()
        return None
    clips, recording = chooser.choose(
        lambda clips: browser.ordered(clips, system, systems.shown_selection(system))
    )
    if recording is None:
        st.info(
            "No example clip is installed: press **Open, record** above.", icon=":material/mic:"
        )
        return None
    widgets.name_tab_of(recording.title)
    browser.panel(clips, recording, system, systems.shown_selection(system))
    if recording.audio is None:
        _missing(recording)
        return None
    return recording


def _missing(recording: Recording) -> None:
    """Show the annotation of a clip without audio."""
    name = literal(recording.filename)
    st.warning(
        f"The audio of {name} is not on this disk, so it cannot be played or analysed. Some clips of DESED can "
        "no longer be downloaded.",
        icon=":material/volume_off:",
    )
    if recording.truth is not None:
        st.markdown("**Ground truth**")
        _table(truth_table(recording.truth), "This clip holds no event.")
    elif recording.tags is not None:
        st.markdown(f"Weak labels: {literal(', '.join(recording.tags)) or 'none'}")


def prepared(
    needed: Sequence[str],
    recording: Recording,
    selection: str,
    shown: str,
    names: Sequence[str],
    compare: Mapping[str, str] | None = None,
    threshold: str = address.THRESHOLD,
) -> bool:
    """Analyse the clip with some systems. To be called by a page, not in a fragment.

    Args:
        needed: The systems.
        recording: The clip.
        selection: "teacher" or "student".
        shown: The system that is to be shown.
        names: All systems that can be chosen in the viewer.
        compare: As of :func:`view`.
        threshold: The name of the threshold in the address.

    Returns:
        Whether the analyses exist; of several systems, those that did not fail. If not, the page
        says why, and the viewer is empty.
    """
    failed = failures(recording, selection, needed)
    missing = [
        name
        for name in needed
        if name not in failed and _in_memory(recording, name, selection) is None
    ]
    steps = [
        _tolerant(step, recording, name, selection) if len(needed) > 1 else step
        for name in missing
        for step in _steps(recording, name, selection)
    ]

    def show_pending(text: str) -> None:
        analyses = [_in_memory(recording, name, selection) for name in names]
        viewer.view(
            [analysis.payload for analysis in analyses if analysis is not None],
            clip=recording.clip,
            shown=shown,
            names=names,
            threshold=address.threshold(threshold),
            key=KEY,
            span=address.view_of(recording.clip),
            compare=compare,
            named={"threshold": threshold},
            pending=text,
            stepped="clip" if widgets.can_step(address.CLIP, recording.clip) else "",
            on_interaction=partial(take_over, threshold),
        )

    ready = prepare(steps, f"{recording.title} with {', '.join(missing)}", show_pending)
    if ready and failed:
        _show_failures(failed)
        if len(failed) == len(needed):
            show_pending(f"Not analysed: {recording.title}")
            return False
    analyses = [_in_memory(recording, name, selection) for name in needed]
    if analysis := next(filter(None, analyses), None):
        widgets.check_span_of_link(recording.clip, analysis.result.duration)
    st.session_state[_READY] = ready
    return ready


def failures(recording: Recording, selection: str, names: Sequence[str]) -> dict[str, str]:
    """Return the systems with which the clip could not be analysed, with a sentence for each."""
    known = st.session_state.get(_FAILED, {})
    return {
        name: known[key]
        for name in names
        if (key := (recording.clip, name, systems.shown_selection(name, selection))) in known
    }


def _tolerant(step: Step, recording: Recording, system: str, selection: str) -> Step:
    """The step; where it fails, that is noted, and the other systems are analysed all the same."""
    key = (recording.clip, system, systems.shown_selection(system, selection))

    def run(report: Report) -> None:
        try:
            step.run(report)
        except JssError as error:
            log.info("%s", error, exc_info=error)
            st.session_state.setdefault(_FAILED, {})[key] = str(error)

    return Step(run, step.purpose)


def _show_failures(failed: Mapping[str, str]) -> None:
    named: dict[str, list[str]] = {}
    for name, why in failed.items():
        named.setdefault(why, []).append(f"**{literal(name)}**")
    with st.container(horizontal=True, vertical_alignment="center"):
        text = " ".join(f"{', '.join(names)}: {literal(why)}" for why, names in named.items())
        st.error(text, icon=":material/error:")
        st.button(
            "Try again",
            key="again failed analyses",
            on_click=st.session_state.pop,
            args=(_FAILED, None),
            icon=":material/play_arrow:",
        )


def _in_memory(recording: Recording, system: str, selection: str) -> Analysis | None:
    return loaders.in_memory(recording, system, *_selection_and_reference(system, selection))


def page_maker(
    recording: Recording,
    selection: str,
    shown: str,
    names: Sequence[str],
    compare: Mapping[str, str] | None = None,
) -> Callable[[], bytes]:
    """Return a function that makes the viewer with a clip as one HTML file.

    Args:
        recording: The clip.
        selection: "teacher" or "student".
        shown: The system that is shown.
        names: All systems, in order; others are in the file where they are in memory.
        compare: As of :func:`view`.

    Returns:
        The function, for a download: nothing in it needs the session.
    """
    chosen = {name: _selection_and_reference(name, selection) for name in names}
    threshold, span = address.threshold(), address.view_of(recording.clip)

    def make() -> bytes:
        loaders.analyse(recording, shown, *chosen[shown])
        known = [loaders.in_memory(recording, name, *chosen[name]) for name in names]
        note = ". ".join(filter(None, [recording.filename, recording.note]))
        described = {name: loaders.manifest(name).description for name in names}
        return page(
            [analysis.result for analysis in known if analysis is not None],
            recording.truth,
            text=Text(recording.title, note, described),
            shown=shown,
            threshold=threshold,
            span=span,
            compare=compare,
        )

    return make


def _steps(recording: Recording, system: str, selection: str) -> list[Step]:
    """The system, and before it the one whose order of sources it takes over."""
    available, reference = _selection_and_reference(system, selection)
    steps = [Step(lambda report: loaders.analyse(recording, system, available, reference, report))]
    if reference and not loaders.on_disk(recording, reference, available):
        first = Step(
            lambda report: loaders.analyse(recording, reference, available, report=report),
            f"to match the sources of {system}",
        )
        steps.insert(0, first)
    return steps


def analyse(names: Sequence[str], recording: Recording, selection: str) -> dict[str, Analysis]:
    """Return the analyses that :func:`prepared` has made; for a fragment.

    Where the fragment needs another one, the whole page runs again, and makes it. Of several
    systems, those that failed are left out.
    """
    address.rerun_if_changed(address.CLIP, recording.clip)
    if len(names) > 1:
        failed = failures(recording, selection, names)
        names = [name for name in names if name not in failed]
    ready = st.session_state.pop(_READY, False)
    if not ready and any(_in_memory(recording, name, selection) is None for name in names):
        st.rerun()
    return analysed(names, recording, selection)


def analysed(names: Sequence[str], recording: Recording, selection: str) -> dict[str, Analysis]:
    """Return the analyses of a clip; for a page, once :func:`prepared` has made them."""
    return {
        name: loaders.analyse(recording, name, *_selection_and_reference(name, selection))
        for name in names
    }


def _selection_and_reference(system: str, selection: str) -> tuple[str, str | None]:
    """Student or teacher, and the system whose order of sources is taken over."""
    shown = systems.shown_selection(system, selection)
    matched = address.read(address.MATCH) != "no"
    return shown, loaders.order_reference(system, shown) if matched else None


def order_note(analysis: Analysis, selection: str) -> str:
    """Return a sentence where sources are shown in the order of another system, else ""."""
    if analysis.order == tuple(range(len(analysis.order))):
        return ""
    _, reference = _selection_and_reference(analysis.result.system, selection)
    outputs = ", ".join(str(m + 1) for m in analysis.order)
    return f"Its outputs are shown in the order {outputs}, which matches the sources of {reference}"


def view(
    analyses: Mapping[str, Analysis],
    shown: str,
    recording: Recording,
    selection: str,
    names: Sequence[str],
    compare: Mapping[str, str] | None = None,
    threshold: str = address.THRESHOLD,
) -> None:
    """Show the viewer with every system whose result exists, so that the browser switches alone.

    threshold: as of :func:`prepared`.
    """
    payloads = {name: analysis.payload for name, analysis in analyses.items()}
    more = False
    if analyses[shown].result.duration <= LONGEST:
        load = st.session_state.pop(_MORE, None) == analyses[shown].payload.meta["id"]
        for name in (name for name in names if name not in payloads):
            available, reference = _selection_and_reference(name, selection)
            analysis = loaders.in_memory(recording, name, available, reference)
            if analysis is None and loaders.on_disk(recording, name, available):
                more = not load
                if load:
                    analysis = loaders.analyse(recording, name, available, reference)
            if analysis is not None:
                payloads[name] = analysis.payload
    viewer.view(
        [payloads[name] for name in names if name in payloads],
        clip=recording.clip,
        shown=shown,
        names=names,
        threshold=address.threshold(threshold),
        key=KEY,
        span=address.view_of(recording.clip),
        compare=compare,
        named={"threshold": threshold},
        more=more,
        reasons=failures(recording, selection, names),
        stepped="clip" if widgets.can_step(address.CLIP, recording.clip) else "",
        on_interaction=partial(take_over, threshold),
        on_more=_more,
    )


def take_over(threshold: str = address.THRESHOLD) -> None:
    """Put what was chosen in the viewer into the address; threshold: as of :func:`prepared`."""
    if viewer.has_news(KEY):
        browser.mark_outdated()
        names = (address.VIEW, address.SYSTEM, address.AGAINST, address.BESIDE, address.LAYOUT)
        viewer.take_over(
            KEY, {name: name for name in names} | {"threshold": threshold}, address.CLIP
        )


def refresh() -> None:
    """Take over what was chosen, and rerun the page where its list depends on that.

    For the top of a fragment.
    """
    take_over()
    browser.refresh()


def _more() -> None:
    st.session_state[_MORE] = st.session_state[KEY]["more"]


def tables(result: ClipResult, recording: Recording, threshold: Threshold) -> None:
    """Show detected events, and the ground truth beside them."""
    events = detected_events(result, recording.truth, threshold=threshold)
    with st.container(key="event tables"):
        left, right = st.columns([3, 2]) if recording.truth is not None else (st.container(), None)
    with left:
        st.markdown(f"**Events detected** {described(result.decoder(threshold))}")
        _table(events, _no_event(result, threshold))
    if right is not None:
        with right:
            st.markdown("**Ground truth**")
            _table(truth_table(recording.truth), "This clip holds no event.")


def described(decoder: Decoder) -> str:
    """Return threshold and filter in words."""
    if isinstance(decoder.threshold, tuple):
        return "by a threshold and a median filter for each class"
    return f"{decoder.above}, median filter 448 ms"


def _no_event(result: ClipResult, threshold: Threshold) -> str:
    """Why there is no event."""
    decoder = result.decoder(threshold)
    if binarize(result.scores, decoder.threshold, 1).any():
        return f"No event: scores are {decoder.above} only briefly, and the median filter removes that."
    return f"No event: no score is {decoder.above}. Lower the threshold in the viewer."


def _table(table: pd.DataFrame, empty: str) -> None:
    if not len(table):
        st.caption(empty)
        return
    number = st.column_config.NumberColumn
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        placeholder="\u2013",
        column_config={
            "Onset (s)": number(format="%.3f"),
            "Offset (s)": number(format="%.3f"),
            "Duration (s)": number(format="%.3f"),
            "Peak score": number(format="%.3f"),
            "In truth (%)": number(format="%.0f"),
            "Source": number(format="%d"),
        },
    )
