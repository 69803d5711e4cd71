"""The fusion bench: select systems, and see the metrics of their mean scores (Eq. 25)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from jss.errors import JssError
from jss.inference import fusion
from pages.ui import address, systems, widgets
from pages.ui.cache import loaders, model_folders
from pages.ui.reports import choice, score_tables

BENCH, SELECTED = "bench", "fuse"
#: Columns of the table.
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


def no_scores(where: str = "") -> None:
    """Say what to do where no scores are saved."""
    st.info(
        f"No scores are saved {where}".rstrip() + ": `jss evaluate --system NAME --data ROOT "
        "--subset NAME --out 'checkpoints/reports/SET/{system}.json' --keep-scores` saves those of each system "
        "beside its report.",
        icon=":material/join_inner:",
    )


def of_paper(place: Place, first: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the members of the paper's fusions of each pre-training, of the systems with scores.

    Args:
        place: Data set, subset and selection.
        first: Systems before them, where they have scores.
    """
    saved = loaders.saved_scores().get(place, {})
    every = [fusion.members(item, kind) for kind in ("MixIT", "PIT") for item in fusion.FUSIONS]
    return [
        names for names in ((first,) if first else ()) + tuple(every) if set(names) <= set(saved)
    ]


def fuse_as_the_paper(wait: Callable[[], None]) -> None:
    """Measure the paper's fusions on the main set, so that the page Results opens at once.

    Args:
        wait: Called before each of them.
    """
    from jss.evaluation.evidence import main_set

    if main := main_set(loaders.reports()):
        place = (*main, "teacher")
        for names in of_paper(place):
            wait()
            loaders.fused(place, names)


@st.fragment
def bench() -> None:
    """Show a choice of a set and systems, and the metrics of their fusion and of each of them."""
    places = {" ".join(place): place for place in loaders.saved_scores()}
    if not places:
        no_scores()
        return
    chosen, selection = address.read(choice.SET), systems.wanted_selection()
    default = min(
        places,
        key=lambda name: (" ".join(places[name][:2]) != chosen, places[name][2] != selection),
    )
    place = places[
        widgets.pick(
            "Scores of", list(places), BENCH, lambda name: _title(places[name]), default, width=420
        )
    ]
    available = sorted(loaders.saved_scores()[place], key=model_folders.position)
    wanted = [name for name in address.read_several(SELECTED) if name in available]
    look = widgets.mirrored(
        "pick fuse", wanted or available[:2], partial(address.write_several, SELECTED)
    )
    pressed = st.pills("Systems to fuse", available, selection_mode="multi", **look)
    selected = tuple(name for name in available if name in pressed)
    if not selected:
        st.caption("Select one system or more.")
        return
    try:
        rows_of = [selected, *([(name,) for name in selected] if len(selected) > 1 else [])]
        reports = [loaders.fused(place, names) for names in rows_of]
    except JssError as error:
        widgets.show_error(error)
        return
    whole = reports[0]
    st.caption(
        f"Our figures, {place[2]} selection, on **{whole.n_files} of {whole.n_files_expected} files** of "
        f"{place[0]} {place[1]}: the mean of the saved scores (in steps of 1/1024), a median filter of 448 ms, "
        "and the metrics."
    )
    score_tables.show(reports, "bench", f"fusion.{place[0]}.{place[1]}", names=SHOWN)
    _warn_of_other_weights(place, selected)


def _warn_of_other_weights(place: Place, names: tuple[str, ...]) -> None:
    """Warn where the saved scores are of other weights than the report beside them."""
    weights = {
        (r.dataset, r.subset, r.selection, r.system): r.settings.get("weights_sha256")
        for r in loaders.reports()
    }
    old = [
        name
        for name in names
        if weights.get((*place, name))
        not in (None, dict(loaders.saved_scores()[place][name].outputs.weights))
    ]
    if old:
        st.warning(
            f"The saved scores and the report of {', '.join(old)} are of different weights: evaluate again "
            "with `--keep-scores`.",
            icon=":material/history:",
        )


def _title(place: Place) -> str:
    clips = len(next(iter(loaders.saved_scores()[place].values())).clips)
    return f"{place[0]} {place[1]}, {place[2]} ({clips} clips)"
