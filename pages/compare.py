"""Compare: one clip through up to five systems, side by side, which switch at one position."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
import streamlit as st

from jss.decoding import Threshold
from jss.viz.agreement import agreement, events_of, tally
from pages.ui import address, charts, exports, systems, widgets
from pages.ui.cache.loaders import Analysis
from pages.ui.clip import view as clip_view
from pages.ui.clip.recordings import Recording

Beside = Literal["scores", "difference"]


def page() -> None:
    recording = clip_view.opened()
    if recording is None:
        return
    names = systems.pick_several()
    shown = _shown(names)
    widgets.check_link("Beside the sources", address.BESIDE, get_args(Beside).__contains__)
    widgets.check_link("Layout", address.LAYOUT, ("columns", "stacked").__contains__)
    compare = {
        "against": widgets.known_choice("Against", address.AGAINST, names.__contains__) or shown,
        "beside": _beside(),
        "layout": _layout(),
    }
    with st.container(key="calm"):
        if clip_view.prepared(names, recording, systems.wanted_selection(), shown, names, compare):
            comparison(recording, names)


def _shown(names: list[str]) -> str:
    wanted = address.read(address.SYSTEM)
    return wanted if wanted in names else names[0]


def _beside() -> Beside:
    return "difference" if address.read(address.BESIDE) == "difference" else "scores"


def _layout() -> str:
    return "stacked" if address.read(address.LAYOUT) == "stacked" else "columns"


@st.fragment
@widgets.shows_errors
def comparison(recording: Recording, names: list[str]) -> None:
    """Show the viewer with all systems, and their table and files."""
    clip_view.refresh()
    selection = systems.wanted_selection()
    analyses = clip_view.analyse(names, recording, selection)
    shown = _shown(list(analyses))
    against = address.read(address.AGAINST, names.__contains__)
    if against not in analyses:
        sounds = analyses[shown].result.sources
        other = [
            name
            for name in analyses
            if len(analyses[name].result.sources)
            and not np.array_equal(analyses[name].result.sources, sounds)
        ]
        against = next(iter(other), shown)
    beside, layout = _beside(), _layout()
    notes = [
        recording.note,
        "In columns, click a source to play it from the playhead. Shift and a number switches to another "
        "system, X back to the previous one",
    ]
    notes += [systems.selection_note(name) for name in names]
    notes += [
        f"**{name}**: {note}"
        for name in analyses
        if (note := clip_view.order_note(analyses[name], selection))
    ]
    st.caption("  ·  ".join(note.rstrip(".") for note in notes if note))
    compare = {"against": against, "beside": beside, "layout": layout}
    clip_view.view(analyses, shown, recording, selection, names, compare)
    threshold = address.threshold()
    table = _table(analyses, recording, threshold)
    span = address.span_of(recording.clip)
    with st.container():
        st.markdown(f"**Systems** {_said(analyses, threshold)}")
        st.dataframe(
            table,
            hide_index=True,
            width="stretch",
            column_config=charts.formats(table),
            placeholder="\u2013",
        )
        exports.comparison_downloads(
            f"{PurePath(recording.filename).stem}.compared",
            lambda: _figure(analyses, recording, shown, against, beside, layout, threshold, span),
            table,
            _events(analyses, threshold),
            {recording.filename: analyses[shown].result.duration},
            clip_view.page_maker(recording, selection, shown, names, compare),
        )


def _figure(
    analyses: dict[str, Analysis],
    recording: Recording,
    shown: str,
    against: str,
    beside: Beside,
    layout: str,
    threshold: Threshold,
    span: tuple[float, float] | None,
) -> Any:
    """Draw what the viewer shows, at print size."""
    from jss.metrics.diversity import frame_similarity
    from jss.viz.compare_columns_figure import columns
    from jss.viz.compare_figure import comparison as stacked

    results = [analysis.result for analysis in analyses.values()]
    similarity = {
        r.system: frame_similarity(r.source_scores).mean(axis=0) for r in results if r.n_sources > 1
    }
    look: dict[str, Any] = {
        "threshold": threshold,
        "similarity": similarity,
        "against": against,
        "beside": beside,
        "span": span,
    }
    if layout == "columns":
        return columns(results, recording.truth, **look)
    return stacked(results, recording.truth, shown=shown, **look)


def _said(analyses: dict[str, Analysis], threshold: Threshold) -> str:
    """Thresholds and filters in words."""
    different = {
        clip_view.described(analysis.result.decoder(threshold)) for analysis in analyses.values()
    }
    return (
        different.pop()
        if len(different) == 1
        else "each with its own thresholds and median filters"
    )


def _table(
    analyses: dict[str, Analysis], recording: Recording, threshold: Threshold
) -> pd.DataFrame:
    """A row a system: seconds of agreement with the truth, and the similarity of its sources."""
    rows = []
    for name, analysis in analyses.items():
        events = events_of(analysis.result.events(threshold))
        similarity = analysis.payload.meta["similarity"]
        row: dict[str, object] = {
            "System": name,
            "Selection": analysis.result.selection,
            "Events": len(events),
        }
        if recording.truth is not None:
            t = tally(agreement(events, recording.truth))
            row |= {
                "Hit (s)": t.hit,
                "Missed (s)": t.missed,
                "False alarm (s)": t.false_alarm,
                "Confused (s)": t.confused,
            }
        rows.append(row | {"Similarity (Eq. 30)": similarity["mean"] if similarity else None})
    return pd.DataFrame(rows).round(3)


def _events(analyses: dict[str, Analysis], threshold: Threshold) -> pd.DataFrame:
    """The events of all systems, in DESED's columns, with confidence and system."""
    return pd.concat(
        [
            analysis.result.scored_events(threshold).assign(system=name)
            for name, analysis in analyses.items()
        ]
    )


page()
