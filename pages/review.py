"""Review: detections are accepted, rejected, trimmed and relabelled by keyboard, and missed ones added."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from shlex import quote
from typing import Any

import pandas as pd
import streamlit as st

from jss.errors import JssError, number_of
from jss.labels import sound_class
from jss.review import acting, judgements, thresholds, truth
from jss.review.acting import ClipPlace, ClipScores
from jss.review.detections import Detection
from jss.review.judgements import Judgement, Judgements
from jss.review.sampling import ReviewPlan
from pages.ui import address, charts, systems, widgets
from pages.ui.cache import loaders
from pages.ui.clip import recordings
from pages.ui.clip import view as clip_view
from pages.ui.clip.recordings import Recording
from pages.ui.review import panel
from pages.ui.text import literal

#: Where reviewed clips are written, in the folder.
WRITTEN = "reviewed"
ORDERS = {"score": "Evenly over scores", "disagreement": "Where two systems disagree"}
PRECISIONS = ("0.8", "0.9", "0.95", "0.99")
#: In the session: the panel, who reviews, the clip, the last action stored and the last taken back,
#: and what missed events are found in.
PANEL, REVIEWER, CLIP = "review panel", "reviewer", "reviewed clip"
STORED, UNDONE, SCORES, FAULT = "review stored", "review undone", "review scores", "review fault"


def page() -> None:
    folders = recordings.detected_folders()
    if not folders:
        how_to_start()
        return
    st.session_state.setdefault(REVIEWER, uuid.uuid4().hex)
    by_disagreement = len(folders) > 1 and address.read(address.SAMPLE) == "disagreement"
    plan = loaders.review_plan(folders[:2], recordings.user_folder(), by_disagreement)
    store = Judgements(folders[0])
    st.session_state[PANEL + " context"] = (plan, store)
    clip_view.take_over(address.REVIEW_THRESHOLD)
    widgets.check_view_of_link(address.REVIEW_THRESHOLD)
    if fault := st.session_state.pop(FAULT, None):
        widgets.show_error(fault)
    current = store.current()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(folders) > 1:
            widgets.pick(
                "Order", list(ORDERS), address.SAMPLE, lambda order: ORDERS[order], width=260
            )
        summary(plan, current)
    for note in plan.notes:
        st.warning(literal(note), icon=":material/folder_off:")
    clip = chosen_clip(plan, store, current)
    if clip is None:
        st.success(
            "Every detection is reviewed." if plan.queue else "There is no detection to review.",
            icon=":material/check:",
        )
    else:
        review(plan, store, current, clip)
    results(plan, current, folders[:2])


def how_to_start() -> None:
    """Say how a folder comes to be reviewed."""
    st.info(
        "Nothing to review yet: detect the events of a folder of recordings, then start the app with the "
        "output folder.",
        icon=":material/rate_review:",
    )
    st.code(
        "jss detect recordings/ --system SED --out out/ --threshold 0.3\nmake app REVIEW=out/",
        language="sh",
        wrap_lines=True,
    )


def summary(plan: ReviewPlan, current: Mapping[str, Judgement]) -> None:
    """Say how far the review is."""
    count = Counter(judgement.verdict for judgement in current.values())
    complete = count.pop(judgements.COMPLETE, 0)
    verdicts = ", ".join(f"{number} {verdict}" for verdict, number in count.most_common())
    added = sum(judgement.is_added for judgement in current.values())
    judged = sum(count.values()) - added
    alone = len({detection.key for detection in plan.queue} & {d.key for d in plan.others})
    by_other = f" and {alone} that only {literal(plan.others[0].system)} detected" if alone else ""
    st.markdown(
        f"**{number_of(judged, 'events')} judged** of {len(plan.queue) - alone} detected by "
        f"{literal(plan.detected.system)}{by_other} in "
        f"{number_of(len(plan.detected.recordings), 'recordings')}"
        + (f", {added} added" if added else "")
        + (f": {verdicts}" if verdicts else "")
        + f"  \u00b7  {number_of(complete, 'clips')} complete"
    )


def chosen_clip(
    plan: ReviewPlan, store: Judgements, current: Mapping[str, Judgement]
) -> ClipPlace | None:
    """Return the clip of this page until it is complete, then the next one."""
    clip: ClipPlace | None = st.session_state.get(CLIP)
    if clip is None or not plan.has(clip[0]) or judgements.clip_key(*clip) in current:
        reviewer = st.session_state[REVIEWER]
        clip = plan.next_clip(current, store.claimed(reviewer)) or plan.next_clip(current)
        st.session_state[CLIP] = clip
        if clip is not None:
            for detection in plan.inside(*clip):
                store.claim(detection.key, reviewer)
    return clip


def recording_of(plan: ReviewPlan, clip: ClipPlace) -> Recording:
    """Return a clip as the viewer knows it; raises JssError where it cannot be read."""
    name, start, end = clip
    path = plan.detected.recordings[name].path
    assert path is not None
    return Recording(title_of(clip), title_of(clip), loaders.excerpt(path, start, end))


def title_of(clip: ClipPlace) -> str:
    """Return the name of a clip in the viewer."""
    name, start, end = clip
    return f"{name} {start:.1f}-{end:.1f} s"


def shown_systems(plan: ReviewPlan) -> list[str]:
    """Return the system that detected, and one with sources where it has none."""
    installed = loaders.systems()
    names = [item.name for item in installed if item.name == plan.detected.system]
    if not any(item.separates for item in installed if item.name in names):
        names += [name for name in [systems.default_system(installed)] if name not in names]
    return names


def review(
    plan: ReviewPlan, store: Judgements, current: Mapping[str, Judgement], clip: ClipPlace
) -> None:
    """Show a clip with the events to judge, and prepare the next one."""
    if not loaders.systems():
        systems.none_installed()
        return
    names = shown_systems(plan)
    if plan.detected.system not in names:
        st.warning(
            f"{literal(plan.detected.system)}, which detected these events, is not installed: {names[0]} shows "
            "the sources and scores.",
            icon=":material/model_training:",
        )
    wanted = address.read(address.SYSTEM)
    shown = wanted if wanted in names else names[0]
    own, threshold = address.REVIEW_THRESHOLD, plan.detected.threshold
    if address.read(own) is None and isinstance(threshold, float):
        address.write(own, address.threshold_text(min(0.99, max(0.01, threshold))))
    selection = plan.detected.selection
    name, start, end = clip
    st.caption(f"{literal(name)}, {start:.1f} to {end:.1f} s")
    panel(
        {"name": title_of(clip), "filename": name, "start": start, "end": end},
        events_of(plan, current, clip),
        [{"label": label, "display": sound_class(label).display} for label in plan.detected.labels],
        acknowledged=st.session_state.get(STORED, 0),
        undone=st.session_state.get(UNDONE, {"event": "", "n": 0}),
        key=PANEL,
        on_actions=act,
    )
    # where the clip cannot be read, its events can still be marked as unsure, and the next one opened
    with st.container(key="calm"), widgets.errors_shown():
        recording = recording_of(plan, clip)
        if clip_view.prepared(names, recording, selection, shown, names, threshold=own):
            analyses = clip_view.analysed(names, recording, selection)
            clip_view.view(analyses, shown, recording, selection, names, threshold=own)
            result = analyses[names[0]].result
            st.session_state[SCORES] = ClipScores(
                clip, result.labels, result.scores, result.score_hop
            )
            prefetch(plan, current, clip, names)


def events_of(
    plan: ReviewPlan, current: Mapping[str, Judgement], clip: ClipPlace
) -> list[dict[str, object]]:
    """Return the events of a clip as the panel shows them, with what was said of each."""
    name, start, end = clip
    rows: list[tuple[Judgement, Detection | None]] = [
        (current.get(detection.key, judgements.of(detection, "")), detection)
        for detection in plan.inside(*clip)
    ]
    rows += [
        (judgement, None)
        for judgement in current.values()
        if judgement.is_added and judgement.filename == name and judgement.overlaps(start, end)
    ]
    return [
        {
            "key": judgement.event,
            **in_clip(judgement, start, end),
            "display": sound_class(judgement.label).display,
            "score": detection and detection.score,
            "verdict": judgement.verdict,
            "detected": detection and in_clip(detection, start, end),
        }
        for judgement, detection in sorted(rows, key=lambda row: (row[0].onset, row[0].label))
    ]


def in_clip(event: Judgement | Detection, start: float, end: float) -> dict[str, object]:
    """Return the class of an event and its times in seconds of a clip, cut to it."""
    return {
        "label": event.label,
        "onset": round(max(0.0, event.onset - start), 3),
        "offset": round(min(end, event.offset) - start, 3),
    }


def prefetch(
    plan: ReviewPlan, current: Mapping[str, Judgement], clip: ClipPlace, names: Sequence[str]
) -> None:
    """Analyse the clip that comes after this one, while this one is judged."""
    after = {
        **current,
        **{
            detection.key: judgements.of(detection, judgements.UNSURE)
            for detection in plan.inside(*clip)
        },
        judgements.clip_key(*clip): judgements.complete(*clip),
    }
    following = plan.next_clip(after)
    if following is None:
        return
    try:
        recording, selection = recording_of(plan, following), plan.detected.selection
    except JssError:  # it is shown when the clip is opened
        return
    chosen = [(name, systems.shown_selection(name, selection)) for name in names]
    missing = [(name, have) for name, have in chosen if not loaders.on_disk(recording, name, have)]

    def analyse() -> None:
        with suppress(JssError):  # it is shown when the clip is opened
            for name, available in missing:
                loaders.compute_when_idle(recording, name, available)

    if missing:
        threading.Thread(target=analyse, daemon=True).start()


def act() -> None:
    """Store what the panel reports and was not stored before."""
    plan, store = st.session_state[PANEL + " context"]
    for action in st.session_state[PANEL]["actions"]:
        if action["n"] <= st.session_state.get(STORED, 0):
            continue
        st.session_state[STORED] = action["n"]
        try:
            take(action, plan, store)
        except JssError as error:
            st.session_state[FAULT] = error


def take(action: Mapping[str, Any], plan: ReviewPlan, store: Judgements) -> None:
    """Store one action of the panel; an undone judgement is shown again."""
    scores: ClipScores | None = st.session_state.get(SCORES)
    undone = acting.perform(action, plan, store, st.session_state[REVIEWER], scores)
    if action["kind"] == "undo":
        st.session_state[UNDONE] = {"event": undone.event if undone else "", "n": action["n"]}
    if undone is not None and undone.verdict == judgements.COMPLETE:
        st.session_state[CLIP] = (undone.filename, undone.onset, undone.offset)


@st.fragment
@widgets.shows_errors
def results(plan: ReviewPlan, current: Mapping[str, Judgement], folders: Sequence[Path]) -> None:
    """Show the thresholds that the judgements give, and write the reviewed clips.

    folders: What is reviewed, and what another system detected where there is one.
    """
    folder, *others = folders
    against = "".join(f" --against {quote(str(other))}" for other in others)
    right = thresholds.is_right(current)
    st.subheader("Thresholds")
    target = float(
        widgets.pick(
            "Precision",
            PRECISIONS,
            address.PRECISION,
            lambda text: f"{100 * float(text):.0f} %",
            "0.9",
            width=140,
        )
    )
    table = threshold_table(plan, right, target).round(2)
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        placeholder="\u2013",
        column_config=charts.formats(table),
    )
    st.caption(
        "Threshold: the lowest one above which the detections are estimated to have this precision; a detection "
        "is above it where its peak score is. From and to are its 95 % interval: the lowest threshold that may "
        "reach the precision, and the lowest that surely does. Each judgement is weighted by how many detections of "
        "its class and tenth of the score it stands for. A relabelled detection counts as wrong, a trimmed one as "
        "right, an unsure one not at all."
    )
    if table["Threshold"].notna().any():
        st.caption("To make these the `auto` thresholds of `jss detect` and of the viewer:")
        st.code(
            f"jss tune {plan.detected.system} --review {quote(str(folder))}{against} --precision {target:g}",
            language="sh",
            wrap_lines=True,
        )
    st.subheader("Reviewed clips")
    target_folder = folder / WRITTEN
    if st.button("Write the reviewed clips", icon=":material/save:"):
        written = truth.write(target_folder, plan.detected, current, plan.others)
        left_out = (
            f" Left out: {number_of(written.open, 'clips')}, unsure or not wholly judged."
            if written.open
            else ""
        )
        st.success(
            f"{number_of(written.clips, 'clips')} of {number_of(written.recordings, 'recordings')} with "
            f"{number_of(written.events, 'events')} written to {literal(str(target_folder))}.{left_out}",
            icon=":material/check:",
        )
        for note in written.notes:
            st.warning(literal(note), icon=":material/warning:")
    st.caption(
        "A clip is written where all of its detections are judged, none of its events is unsure, and Enter confirmed "
        "that nothing is missed in it. Then train on them, and compare before and after on the recordings left out:"
    )
    st.code(
        f"jss finetune {plan.detected.system} --selection {plan.detected.selection} --data "
        + quote(str(target_folder)),
        language="sh",
        wrap_lines=True,
    )


def threshold_table(plan: ReviewPlan, right: Mapping[str, bool], target: float) -> pd.DataFrame:
    """A row a class."""
    rows = thresholds.class_thresholds(
        plan.detected.detections,
        right,
        plan.detected.threshold,
        target=target,
        disputed=plan.disputed,
    )
    return pd.DataFrame(
        {
            "Class": [sound_class(row.label).display for row in rows],
            "Judged": [f"{row.judged} of {row.detections}" for row in rows],
            "Threshold": pd.Series([row.threshold for row in rows], dtype=float),
            "Threshold, from": pd.Series([row.earliest for row in rows], dtype=float),
            "Threshold, to": pd.Series([row.latest for row in rows], dtype=float),
            "Precision": pd.Series(
                [row.precision and row.precision.estimate for row in rows], dtype=float
            ),
            "Precision, from": pd.Series(
                [row.precision and row.precision.low for row in rows], dtype=float
            ),
            "Precision, to": pd.Series(
                [row.precision and row.precision.high for row in rows], dtype=float
            ),
            "Kept (%)": pd.Series(
                [None if row.kept is None else 100 * row.kept for row in rows], dtype=float
            ),
            "Note": [row.note for row in rows],
        }
    )


page()
