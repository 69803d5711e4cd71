"""Data: the statistics of a set, class by class, and its clips to browse."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from jss.data.statistics import LENGTH_BINS, Statistics
from jss.errors import number_of
from jss.labels import sound_class
from jss.viz import set_charts
from jss.viz.score_tables import rounded
from pages.ui import address, charts, widgets
from pages.ui.cache import loaders
from pages.ui.clip import known_sets, links
from pages.ui.clip.known_sets import KnownSet
from pages.ui.text import literal

DATA, CLASS, OVERLAP, LENGTH = "data", "class", "overlap", "length"
#: In the address the absence of a choice: the page Classes has classes there too.
ANY = ""
_OVERLAPS = {
    ANY: (0.0, 1.0),
    "none": (0.0, 0.0),
    "up to a quarter of the time": (1e-9, 0.25),
    "more than a quarter": (0.25, 1.0),
}
_LENGTHS = {
    ANY: (0.0, 1e9),
    "an event below 0.5 s": (0.0, 0.5),
    "an event of 0.5 to 2 s": (0.5, 2.0),
    "an event of 2 to 8 s": (2.0, 8.0),
    "an event above 8 s": (8.0, 1e9),
}


def page() -> None:
    st.title("Data")
    titles = known_sets.titles()
    if not titles:
        st.info(
            "No set is installed: restore the shipped examples (`git checkout jss/examples`), or start the app "
            "with your folder (`make app DATA=FOLDER`).",
            icon=":material/library_music:",
        )
        return
    chosen = known_sets.known_set(
        widgets.pick("Set", list(titles), DATA, titles.__getitem__, width=360)
    )
    statistics = loaders.statistics(chosen.name, chosen.clips, chosen.labels)
    st.caption(
        literal(chosen.note)
        + f" Counted on **{statistics.strong} of {statistics.n_files_expected} clips**: those whose events "
        "are annotated."
    )
    if statistics.damaged:
        st.caption(
            f"{len(statistics.damaged)} of {statistics.n_files_expected} clips cannot be read to the end "
            f"and have no level: {literal(statistics.damaged[0])}"
        )
    _numbers(statistics)
    _charts(statistics, chosen.name.replace("/", "."))
    _browse(chosen, statistics)


def _numbers(statistics: Statistics) -> None:
    shares = statistics.polyphony
    facts = {
        "Clips": f"{statistics.n_files_expected}",
        "Minutes": f"{statistics.minutes:.1f}",
        "Events": f"{statistics.events}",
        "Two or more events at once": f"{100 * (shares[2] + shares[3]):.0f} % of the time"
        if shares
        else "unknown",
    }
    if statistics.level_db is not None:
        facts["Level, median"] = f"{rounded(statistics.level_db[2], 0)} dB re full scale"
    with st.container(horizontal=True, gap="large"):
        for name, value in facts.items():
            st.markdown(f"{name}  \n**{value}**")


def _charts(statistics: Statistics, stem: str) -> None:
    theme, classes = widgets.theme(), statistics.classes
    if not classes:
        st.caption("This set has no annotated events.")
        return
    amounts = {
        "events": {k: float(c.events) for k, c in classes.items()},
        "minutes of sound": {k: c.minutes for k, c in classes.items()},
        "clips": {k: float(c.clips) for k, c in classes.items()},
    }
    charts.show(
        set_charts.class_amounts(amounts, theme),
        "amounts",
        f"{stem}.classes",
        "#### Events of each class",
    )
    left, right = st.columns(2)
    with left:
        charts.show(
            set_charts.event_lengths({k: c.lengths for k, c in classes.items()}, theme),
            "lengths",
            f"{stem}.lengths",
            "#### Lengths of events",
        )
        counts = [
            float(sum(c.histogram[n] for c in classes.values())) for n in range(len(LENGTH_BINS))
        ]
        charts.show(
            set_charts.bins(counts, LENGTH_BINS, "length (s)", "events"),
            "bins",
            f"{stem}.histogram",
            "#### Lengths of all events",
        )
    with right:
        if statistics.polyphony is not None:
            charts.show(
                set_charts.shares(
                    statistics.polyphony,
                    ["0", "1", "2", "3 or more"],
                    "events at once",
                    "share of the time (%)",
                ),
                "polyphony",
                f"{stem}.polyphony",
                "#### Events at once",
            )
        charts.show(
            set_charts.co_occurrence(list(classes), statistics.co_occurrence),
            "together",
            f"{stem}.co-occurrence",
            "#### Clips with both classes",
        )
    rows = [
        {
            "Class": sound_class(k).display,
            "Clips": c.clips,
            "Events": c.events,
            "Minutes": c.minutes,
            "Shortest (s)": c.lengths and c.lengths[0],
            "Median (s)": c.lengths and c.lengths[2],
            "Longest (s)": c.lengths and c.lengths[4],
            "Alone (% of its time)": c.others and 100 * c.others[0],
        }
        for k, c in classes.items()
    ]
    charts.table(pd.DataFrame(rows).round(2), "by class", f"{stem}.by-class", "#### Class by class")


def _browse(chosen: KnownSet, statistics: Statistics) -> None:
    st.subheader("Clips")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        label = widgets.pick("Class", [ANY, *statistics.classes], CLASS, _class, width=230)
        overlap = _OVERLAPS[
            widgets.pick(
                "Events of two or more at once", list(_OVERLAPS), OVERLAP, _or_any, width=250
            )
        ]
        length = _LENGTHS[widgets.pick("Length", list(_LENGTHS), LENGTH, _or_any, width=200)]
    rows, names = [], []
    for clip, facts in zip(chosen.clips, statistics.clips, strict=True):
        lengths = [e.offset - e.onset for e in clip.events or () if label in (ANY, e.label)]
        fits = (label == ANY or label in (facts.labels or ())) and (
            overlap == _OVERLAPS[ANY]
            or (facts.overlapped is not None and overlap[0] <= facts.overlapped <= overlap[1])
        )
        if fits and (
            length == _LENGTHS[ANY] or any(length[0] <= seconds < length[1] for seconds in lengths)
        ):
            names.append(clip.filename)
            rows.append(
                {
                    "Clip": clip.filename,
                    "Length (s)": round(clip.duration, 2),
                    "Events": facts.events,
                    "Most at once": facts.most,
                    "Overlap (% of time)": None
                    if facts.overlapped is None
                    else round(100 * facts.overlapped, 1),
                    "Shortest event (s)": round(min(lengths), 2) if lengths else None,
                    "Longest event (s)": round(max(lengths), 2) if lengths else None,
                    "Classes": ", ".join(_class(k) for k in facts.labels or ()),
                    "Level (dB)": facts.level_db and round(facts.level_db, 1),
                }
            )
    title = f"{len(rows)} of {number_of(len(chosen.clips), 'clips')}. Click a row to open its clip."
    if not rows:
        st.caption(title)
        return
    state = charts.table(
        pd.DataFrame(rows),
        "clips",
        f"{chosen.name.replace('/', '.')}.clips",
        title,
        on_select="rerun",
        selection_mode="single-row",
    )
    for row in state.selection.rows[:1]:
        where, name = chosen.openable.get(names[row]), literal(names[row])
        if where is None:
            st.caption(f"The audio of {name} is not on this disk. {literal(chosen.note)}")
        else:
            st.page_link(
                links.EXPLORE,
                label=f"Open {name} in Explore",
                icon=":material/graphic_eq:",
                query_params={address.CLIP: where},
            )


def _class(label: str) -> str:
    return sound_class(label).display if label else _or_any(label)


def _or_any(choice: str) -> str:
    return choice or "any"


page()
