"""One clip through up to five systems: switch between them at one position, and see what each found
and missed.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Any, Literal

import numpy as np
import pandas as pd
import streamlit as st

from jss.errors import JssError
from jss.viz.agreement import agreement, events_of, tally
from pages.ui import address, charts, exports, selections
from pages.ui.cache.loaders import Analysis
from pages.ui.clip import browser
from pages.ui.clip import view as clip_view
from pages.ui.clip.recordings import Recording

MOST = 5
Beside = Literal["scores", "difference"]


def page() -> None:
    recording = clip_view.opened()
    if recording is None:
        return
    names = address.pick_systems(MOST)
    with st.container(key="calm"):
        comparison(recording, names)


@st.fragment
@clip_view.errors_said
def comparison(recording: Recording, names: list[str]) -> None:
    """The viewer with all of them, and what they add up to."""
    browser.refresh()
    selection = selections.asked()
    found = clip_view.analyse(names, recording, selection)
    if found is None:
        return
    wanted = address.read(address.SYSTEM)
    shown = wanted if wanted in names else names[0]
    against = address.read(address.AGAINST)
    if against not in names:
        sounds = found[shown].result.sources
        other = [
            name
            for name in names
            if len(found[name].result.sources)
            and not np.array_equal(found[name].result.sources, sounds)
        ]
        against = next(iter(other), names[0])
    beside: Beside = "difference" if address.read(address.BESIDE) == "difference" else "scores"
    notes = [
        recording.note,
        "Press a system, Shift and its number, or X for the last one: the position stays",
    ]
    notes += [selections.note(name) for name in names]
    notes += [
        f"**{name}**: {note}"
        for name in names
        if (note := clip_view.order_note(found[name], selection))
    ]
    st.caption("  ·  ".join(note.rstrip(".") for note in notes if note))
    clip_view.view(
        found, shown, recording, selection, names, {"against": against, "beside": beside}
    )
    threshold = address.threshold()
    st.markdown(f"**Systems** above {threshold:.2f}, median filter 448 ms")
    table = _table(found, recording, threshold)
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        column_config=charts.decimals(table),
        placeholder="\u2013",
    )
    exports.comparison_downloads(
        f"{PurePath(recording.filename).stem}.compared",
        lambda: _figure(found, recording, shown, against, beside, threshold),
        table,
        _events(found, threshold),
    )


def _figure(
    found: dict[str, Analysis],
    recording: Recording,
    shown: str,
    against: str,
    beside: Beside,
    threshold: float,
) -> Any:
    """What the viewer shows, for paper."""
    from jss.metrics.diversity import frame_similarity
    from jss.viz.compare_figure import comparison as drawn

    results = [one.result for one in found.values()]
    alike = {
        r.system: frame_similarity(r.source_scores).mean(axis=0) for r in results if r.n_sources > 1
    }
    return drawn(
        results,
        recording.truth,
        shown=shown,
        threshold=threshold,
        similarity=alike,
        against=against,
        beside=beside,
    )


def _table(found: dict[str, Analysis], recording: Recording, threshold: float) -> pd.DataFrame:
    """A row a system: what it found of the truth, in seconds, and Eq. 30."""
    rows = []
    for name, one in found.items():
        events = events_of(one.result.events(threshold))
        similarity = one.payload.meta["similarity"]
        row: dict[str, object] = {
            "System": name,
            "Network": one.result.selection,
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


def _events(found: dict[str, Analysis], threshold: float) -> pd.DataFrame:
    """The events of all systems, in the field's columns, with one more for the system."""
    return pd.concat(
        [one.result.events(threshold).assign(system=name) for name, one in found.items()]
    )


try:
    page()
except JssError as error:
    st.error(address.literal(str(error)), icon=":material/error:")
