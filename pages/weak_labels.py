"""Weak labels: separators of the second paper, on a mixture and in Tables 1, 2 and Fig. 3."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st

from jss.decoding import MEDIAN_FRAMES
from jss.labels import sound_class
from jss.papers import tables
from jss.viewer.page import Text
from jss.viewer.page import page as viewer_page
from pages.ui import address, charts, exports, systems, viewer, widgets
from pages.ui.cache import loaders, model_folders, weak_loaders
from pages.ui.cache.weak_loaders import TRUE, Mixture, WeakAnalysis
from pages.ui.progress import Step, prepare
from pages.ui.text import literal
from pages.ui.weak_labels import scenes, scores
from pages.ui.weak_labels.scores import SEPARATOR

KEY = "weak viewer"
#: What the viewer calls otherwise than the address.
NAMED = {"system": SEPARATOR}
_READY = "weak analyses are ready"
_TRAIN = "`jss train weak_desk --data BANK --checkpoints checkpoints`"


def page() -> None:
    st.title("Weak labels")
    st.markdown(
        "A separator can learn from mixtures alone: a **critic**, trained on which classes sound in each frame or "
        "in each clip, judges its sources. One trained on isolated sources (strong labels) is the upper bound "
        f"([Pishdadian, Wichern, Le Roux, 2020]({tables.WEAK_SOURCE}))."
    )
    _mixture()
    st.header("Scores")
    widgets.tabs({"Our results": scores.ours, "The paper's results": scores.theirs}, "scores")


@widgets.shows_errors
def _mixture() -> None:
    """Show a mixture and its analyses; an error here leaves the scores below in place."""
    _take_over()
    widgets.check_view_of_link()
    systems.follow_trainings()
    systems.show_faults()
    if not weak_loaders.critics():
        st.info(
            f"No critic is trained yet: {_TRAIN} trains critics and separators (BANK: a soundbank, or "
            "synthscapes).",
            icon=":material/model_training:",
        )
        return
    mixture = scenes.choose()
    if not weak_loaders.separators():
        st.info(
            f"No separator is trained yet, so only the critics' scores are shown: {_TRAIN} trains those of "
            "strong, frame and clip labels.",
            icon=":material/model_training:",
        )
    names = _names(mixture)
    with st.container(key="calm"):
        if _prepared(names, mixture):
            _analysis(mixture)


def _names(mixture: Mixture) -> list[str]:
    """Separators, else critics, and the true sources where they exist."""
    separators = weak_loaders.separators() or weak_loaders.critics()
    return [*separators, TRUE] if mixture.sources is not None else list(separators)


def _shown(names: list[str]) -> str:
    wanted = address.read(SEPARATOR)
    return wanted if wanted in names else names[0]


def _prepared(names: list[str], mixture: Mixture) -> bool:
    """Analyse the mixture with each separator; returns whether that is done."""
    missing = [name for name in names if weak_loaders.in_memory(mixture, name) is None]
    steps = [Step(partial(weak_loaders.analyse, mixture, name)) for name in missing]

    def show_pending(text: str) -> None:
        viewer.view(
            [],
            clip=mixture.name,
            shown=_shown(names),
            names=names,
            threshold=address.threshold(),
            key=KEY,
            span=address.view_of(mixture.name),
            pending=text,
            stepped="mixture",
            named=NAMED,
            on_interaction=_take_over,
        )

    ready = prepare(steps, f"{mixture.title} with {', '.join(missing)}", show_pending)
    if analysis := weak_loaders.in_memory(mixture, names[0]):
        widgets.check_span_of_link(mixture.name, analysis.clip.duration)
    st.session_state[_READY] = ready
    return ready


@st.fragment
@widgets.shows_errors
def _analysis(mixture: Mixture) -> None:
    """Show the viewer, and the tables and files that depend on its threshold and separator."""
    _take_over()
    names = _names(mixture)
    analyses = _analyse(names, mixture)
    wanted = address.read(SEPARATOR)
    if wanted and wanted not in (*names, TRUE):
        widgets.broken_link("separator", wanted, "is not installed")
    shown = _shown(names)
    st.caption("  ·  ".join(_notes(mixture, shown, analyses[shown])))
    viewer.view(
        [analysis.payload for analysis in analyses.values()],
        clip=mixture.name,
        shown=shown,
        names=names,
        threshold=address.threshold(),
        key=KEY,
        span=address.view_of(mixture.name),
        stepped="mixture",
        named=NAMED,
        on_interaction=_take_over,
    )
    with st.container():
        charts.table(
            _table(analyses, shown, mixture),
            "weak classes",
            f"{mixture.title}.{shown}",
            f"**{shown}**, class by class",
        )
        exports.clip_downloads(
            analyses[shown].clip,
            mixture.events,
            address.threshold(),
            address.span_of(mixture.name),
            _page_maker(mixture, shown, names),
        )


def _page_maker(mixture: Mixture, shown: str, names: list[str]) -> Callable[[], bytes]:
    """Return a function that makes the viewer with a mixture as one HTML file, for a download."""
    threshold, span = address.threshold(), address.view_of(mixture.name)

    def make() -> bytes:
        from jss.weak_labels.view import mel_masks

        analyses = {name: weak_loaders.analyse(mixture, name) for name in names}
        return viewer_page(
            [analysis.clip for analysis in analyses.values()],
            mixture.events,
            text=Text(mixture.title),
            shown=shown,
            threshold=threshold,
            span=span,
            masks={
                name: mel_masks(analysis.result)
                for name, analysis in analyses.items()
                if len(analysis.result.masks)
            },
        )

    return make


def _analyse(names: list[str], mixture: Mixture) -> dict[str, WeakAnalysis]:
    """Return the analyses that :func:`_prepared` has made."""
    address.rerun_if_changed(scenes.SCENE, mixture.name)
    ready = st.session_state.pop(_READY, False)
    if not ready and any(weak_loaders.in_memory(mixture, name) is None for name in names):
        st.rerun()
    return {name: weak_loaders.analyse(mixture, name) for name in names}


def _notes(mixture: Mixture, shown: str, analysis: WeakAnalysis) -> list[str]:
    notes = []
    if mixture.name.startswith(f"{weak_loaders.SYNTHESISED}/test/"):
        notes.append("Synthesised from sounds that no training used")
    if shown == TRUE:
        notes.append(
            f"**{TRUE}**: what a perfect separator would give, with scores of {analysis.result.critic}"
        )
    else:
        place = model_folders.place(shown)
        card = loaders.card(place.name, place.folder)
        notes.append(
            f"**{literal(shown)}**: {card.stage if card else ''}, on "
            f"{card.training_data if card else ''}"
        )
    if not len(analysis.result.sources):
        notes.append("A critic does not separate: there are no sources")
    notes.append(
        f"The scores are the critic's, on the mixture and on each source; events come from a threshold "
        f"and a median filter of "
        f"{1000 * MEDIAN_FRAMES * analysis.clip.score_hop:.0f} ms"
    )
    return notes


def _table(analyses: dict[str, WeakAnalysis], shown: str, mixture: Mixture) -> pd.DataFrame:
    """A row a class: the truth, the critic's score, and each separator's SI-SDR improvement."""
    result = analyses[shown].result
    rows = []
    for k, label in enumerate(result.labels):
        row: dict[str, object] = {"Class": sound_class(label).display}
        if mixture.sources is not None:
            row["In the mixture"] = "sounds" if result.active[k] else "absent"
        row["Critic, mixture (0 to 1)"] = float(result.clip_probabilities[k])
        if len(result.sources):
            probabilities = result.source_clip_probabilities[k]
            row["Critic, its source (0 to 1)"] = float(probabilities[k])
            highest = result.labels[int(probabilities.argmax())]
            row["Highest score in its source"] = (
                sound_class(highest).display if probabilities.max() >= 0.5 else "nothing"
            )
        if mixture.sources is not None and result.active.sum() > 1:
            row["SI-SDR, mixture (dB)"] = result.si_sdr()[0][k]
            row |= {
                f"Gain, {name} (dB)": other.result.si_sdr()[1][k] - other.result.si_sdr()[0][k]
                for name, other in analyses.items()
                if name != TRUE
            }
        rows.append(row)
    return pd.DataFrame(rows).round(2)


def _take_over() -> None:
    """Put what was chosen in the viewer into the address."""
    viewer.take_over(KEY, NAMED | {"view": address.VIEW}, scenes.SCENE)


page()
