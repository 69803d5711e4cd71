"""The fusion bench: tick systems, and see at once what their mean scores (Eq. 25) are worth."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from jss import checkpoints
from jss.errors import JssError
from jss.reports import HEADLINES
from pages.ui import address, charts, selections
from pages.ui.cache import loaders
from pages.ui.reports import choice

BENCH, TICKED = "bench", "fuse"
#: A fusion beside its members.
SHOWN = (
    "psds1",
    "psds2",
    "event_f1_macro",
    "event_precision_macro",
    "event_recall_macro",
    "psds1_exact",
    "psds2_exact",
    "event_f1_micro",
    "event_precision_micro",
    "event_recall_micro",
    "intersection_f1_macro",
    "intersection_precision_macro",
    "intersection_recall_macro",
    "clip_f1",
    "clip_precision",
    "clip_recall",
)
Place = tuple[str, str, str]


def nothing(where: str = "") -> None:
    """What to do where no scores are kept."""
    st.info(
        f"No scores are kept {where}".rstrip()
        + ": `python -m jss evaluate --system NAME --data ROOT "
        "--subset NAME --out 'checkpoints/reports/SET/{system}.json' --keep-scores` keeps those of each system "
        "beside its report.",
        icon=":material/join_inner:",
    )


def made_of(place: Place, names: tuple[str, ...]) -> str:
    """What changes when the kept scores do."""
    return repr(
        [sorted(loaders.kept_scores()[place][name].outputs.weights.items()) for name in names]
    )


@st.fragment
def bench() -> None:
    """Choose a set and systems -> the fusion's metrics, and each system's."""
    places = {" ".join(place): place for place in loaders.kept_scores()}
    if not places:
        nothing()
        return
    chosen, network = address.read(choice.SET), selections.asked()
    like = min(
        places, key=lambda name: (" ".join(places[name][:2]) != chosen, places[name][2] != network)
    )
    place = places[
        address.pick(
            "Scores of", list(places), BENCH, lambda name: _told(places[name]), like, width=420
        )
    ]
    there = sorted(loaders.kept_scores()[place], key=checkpoints.place)
    asked = [name for name in address.several(TICKED) if name in there]
    st.session_state["pick fuse"] = asked or there[:2]
    st.pills("Systems to fuse", there, selection_mode="multi", key="pick fuse", on_change=_take)
    ticked = tuple(name for name in there if name in st.session_state["pick fuse"])
    if not ticked:
        st.caption("Tick one system or more.")
        return
    try:
        shown = [(ticked,), *([((name,),) for name in ticked] if len(ticked) > 1 else [])]
        reports = [loaders.fused(place, names, made_of(place, names)) for (names,) in shown]
    except JssError as error:
        st.error(address.literal(str(error)), icon=":material/error:")
        return
    whole = reports[0]
    rows = [
        {"System": report.system} | {HEADLINES[key]: report.headline(key) for key in SHOWN}
        for report in reports
    ]
    st.caption(
        f"Our figures, {place[2]} networks, on **{whole.n_files} of {whole.n_files_expected} files** of "
        f"{place[0]} {place[1]}, computed from the scores kept to 1/1024: mean, median filter over "
        "448 ms, metrics."
    )
    charts.table(pd.DataFrame(rows).round(4), "bench", f"fusion.{place[0]}.{place[1]}")
    _stale(place, ticked)


def _stale(place: Place, names: tuple[str, ...]) -> None:
    """Say so where the scores are of other weights than the report beside them."""
    of = {
        (r.dataset, r.subset, r.selection, r.system): r.settings.get("weights_sha256")
        for r in loaders.reports()
    }
    old = [
        name
        for name in names
        if of.get((*place, name))
        not in (None, dict(loaders.kept_scores()[place][name].outputs.weights))
    ]
    if old:
        st.warning(
            f"The kept scores of {', '.join(old)} are of other weights than the report: evaluate again.",
            icon=":material/history:",
        )


def _told(place: Place) -> str:
    clips = len(next(iter(loaders.kept_scores()[place].values())).clips)
    return f"{place[0]} {place[1]}, {place[2]} ({clips} clips)"


def _take() -> None:
    address.write_several(TICKED, st.session_state["pick fuse"])
