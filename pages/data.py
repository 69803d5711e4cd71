"""What a set is made of: events, minutes, lengths, overlap, class by class; and its clips to
browse.
"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from jss.data.statistics import LENGTH_BINS, Statistics
from jss.errors import JssError
from jss.labels import sound_class
from jss.viz import set_charts
from pages.ui import address, charts
from pages.ui.cache import loaders
from pages.ui.clip import known_sets, links
from pages.ui.clip.known_sets import KnownSet
from pages.ui.reports import choice

DATA, CLASS, OVERLAP, LENGTH = "data", "class", "overlap", "length"
ANY = "any"
_OVERLAPS = {
    ANY: (0.0, 1.0),
    "none": (0.0, 0.0),
    "up to a quarter of the time": (1e-9, 0.25),
    "more than a quarter": (0.25, 1.0),
}
_LENGTHS = {
    ANY: (0.0, 1e9),
    "an event below 0.5 s": (0.0, 0.5),
    "one of 0.5 to 2 s": (0.5, 2.0),
    "one of 2 to 8 s": (2.0, 8.0),
    "one above 8 s": (8.0, 1e9),
}


def page() -> None:
    st.title("Data")
    sets = known_sets.sets()
    if not sets:
        st.info(
            "No set is at hand: restore the shipped examples (`git checkout jss/examples`), or start the app "
            "with a folder of your own.",
            icon=":material/library_music:",
        )
        return
    chosen = sets[address.pick("Set", list(sets), DATA, lambda name: sets[name].title, width=360)]
    found = loaders.statistics(chosen.name, len(chosen.clips))
    st.caption(
        chosen.note
        + f" Counted by us on **{found.strong} of {found.n_files_expected} clips** whose events are "
        "annotated."
    )
    _numbers(found)
    _charts(found, chosen.name.replace("/", "."))
    _browse(chosen, found)


def _numbers(found: Statistics) -> None:
    shares = found.polyphony
    facts = {
        "Clips": f"{found.n_files_expected}",
        "Minutes": f"{found.minutes:.1f}",
        "Events": f"{found.events}",
        "Two or more at once": f"{100 * (shares[2] + shares[3]):.0f} % of the time"
        if shares
        else "unknown",
    }
    if found.level_db is not None:
        facts["Level, median"] = f"{found.level_db[2]:.0f} dB re full scale"
    with st.container(horizontal=True, gap="large"):
        for name, value in facts.items():
            st.markdown(f"{name}  \n**{value}**")


def _charts(found: Statistics, stem: str) -> None:
    theme, classes = choice.theme(), found.classes
    if not classes:
        st.caption("Nobody annotated this set: there is nothing to count.")
        return
    amounts = {
        "events": {k: float(c.events) for k, c in classes.items()},
        "minutes of sound": {k: c.minutes for k, c in classes.items()},
        "clips": {k: float(c.clips) for k, c in classes.items()},
    }
    charts.show(
        set_charts.class_amounts(amounts, theme), "amounts", f"{stem}.classes", "#### What is in it"
    )
    left, right = st.columns(2)
    with left:
        charts.show(
            set_charts.event_lengths({k: c.lengths for k, c in classes.items()}, theme),
            "lengths",
            f"{stem}.lengths",
            "#### How long events are",
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
        if found.polyphony is not None:
            charts.show(
                set_charts.shares(
                    found.polyphony,
                    ["0", "1", "2", "3 or more"],
                    "events at once",
                    "share of the time (%)",
                ),
                "polyphony",
                f"{stem}.polyphony",
                "#### How much at once",
            )
        charts.show(
            set_charts.co_occurrence(list(classes), found.co_occurrence),
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


def _browse(chosen: KnownSet, found: Statistics) -> None:
    st.subheader("Its clips")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        label = address.pick("Class", [ANY, *found.classes], CLASS, _class, width=230)
        overlap = _OVERLAPS[
            address.pick("Events of two or more at once", list(_OVERLAPS), OVERLAP, str, width=250)
        ]
        length = _LENGTHS[address.pick("Length", list(_LENGTHS), LENGTH, str, width=200)]
    rows, names = [], []
    for clip, facts in zip(chosen.clips, found.clips, strict=True):
        lengths = [e.offset - e.onset for e in clip.events or () if label in (ANY, e.label)]
        fits = (label == ANY or label in (facts.labels or ())) and overlap[0] <= (
            facts.overlapped or 0.0
        ) <= overlap[1]
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
    told = f"{len(rows)} of {len(chosen.clips)} clips. Choose a row to open its clip."
    if not rows:
        st.caption(told)
        return
    state = charts.table(
        pd.DataFrame(rows),
        "clips",
        f"{chosen.name.replace('/', '.')}.clips",
        told,
        on_select="rerun",
        selection_mode="single-row",
    )
    for row in state.selection.rows[:1]:
        where, name = chosen.open.get(names[row]), address.literal(names[row])
        if where is None:
            st.caption(f"The audio of {name} is not on this disk. {chosen.note}")
        else:
            st.page_link(
                links.EXPLORE,
                label=f"Open {name} in Explore",
                icon=":material/graphic_eq:",
                query_params={address.CLIP: where},
            )


def _class(label: str) -> str:
    return label if label == ANY else sound_class(label).display


try:
    page()
except JssError as error:
    st.error(address.literal(str(error)), icon=":material/error:")
