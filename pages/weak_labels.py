"""Separation learnt from weak labels, the second paper: a mixture taken apart, and how well (Tables
1, 2, Fig. 3).
"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from jss.decoding import MEDIAN_FRAMES
from jss.errors import JssError
from jss.labels import sound_class
from jss.papers import tables
from pages.ui import address, charts, exports, viewer
from pages.ui.cache import loaders
from pages.ui.clip import view as clip_view
from pages.ui.progress import in_turn
from pages.ui.weak_labels import loaders as weak_loaders
from pages.ui.weak_labels import scenes, scores
from pages.ui.weak_labels.loaders import TRUE, Mixture, WeakAnalysis
from pages.ui.weak_labels.scores import SEPARATOR

KEY = "weak viewer"
_TRAIN = "`python -m jss train weak_desk --data BANK --checkpoints checkpoints`"


def page() -> None:
    st.title("Weak labels")
    st.markdown(
        "A separator can learn from mixtures alone, judged by a **critic** that was only told which classes sound in "
        "each frame, or somewhere in the clip. One taught by isolated sources (strong labels) is the upper bound "
        f"([Pishdadian, Wichern, Le Roux, 2020]({tables.WEAK_SOURCE}))."
    )
    _listen()
    st.header("Scores")
    our, their = address.tabs(["Ours", "The paper's"], "scores")
    with our:
        scores.ours()
    with their:
        scores.theirs()


@clip_view.errors_said
def _listen() -> None:
    """A mixture and what is made of it; a mistake here leaves the scores below."""
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
            f"No separator is trained yet, so there is only what the critics hear: {_TRAIN} trains those of "
            "strong, frame and clip labels.",
            icon=":material/model_training:",
        )
    with st.container(key="calm"):
        _analysis(mixture)


@st.fragment
@clip_view.errors_said
def _analysis(mixture: Mixture) -> None:
    """The viewer and what follows from its threshold and its separator."""
    systems = weak_loaders.separators() or weak_loaders.critics()
    names = [*systems, TRUE] if mixture.sources is not None else list(systems)
    found = _through(names, mixture)
    if found is None:
        return
    wanted = address.read(SEPARATOR)
    if wanted and wanted not in (*names, TRUE):
        st.warning(
            f"The separator of this link ({address.literal(wanted)}) is not installed.",
            icon=":material/link_off:",
        )
    shown = wanted if wanted in names else names[0]
    st.caption("  ·  ".join(_notes(mixture, shown, found[shown])))
    viewer.view(
        [one.payload for one in found.values()],
        shown=shown,
        names=names,
        threshold=address.threshold(),
        key=KEY,
        span=address.view_of(mixture.name),
        on_interaction=_take_over,
    )
    charts.table(
        _table(found, shown, mixture),
        "weak classes",
        f"{mixture.title}.{shown}",
        f"**{shown}**, class by class",
    )
    exports.clip_downloads(found[shown].clip, mixture.events, address.threshold())


def _through(names: list[str], mixture: Mixture) -> dict[str, WeakAnalysis] | None:
    """The mixture through all of them, so that the browser switches by itself; None where the
    visitor cancelled it.
    """
    address.still(scenes.SCENE, mixture.name)
    return in_turn(
        names,
        mixture.title,
        "mixture",
        lambda name, tell: weak_loaders.analyse(mixture, name, tell),
    )


def _notes(mixture: Mixture, shown: str, one: WeakAnalysis) -> list[str]:
    notes = []
    if mixture.name.startswith(f"{weak_loaders.MADE}/test/"):
        notes.append("Made by the built-in synthesiser, of sounds that nothing learnt from")
    if shown == TRUE:
        notes.append(
            f"**{TRUE}**: what the best separator would give, and what {one.result.critic} hears in it"
        )
    else:
        card = loaders.card(shown)
        notes.append(
            f"**{shown}**: {card.stage if card else ''}, on {card.training_data if card else ''}"
        )
    if not len(one.result.sources):
        notes.append("A critic separates nothing: there are no sources to show")
    notes.append(
        f"Scores are the critic's, of the mixture and of each source; events after a median filter of "
        f"{1000 * MEDIAN_FRAMES * one.clip.score_hop:.0f} ms"
    )
    return notes


def _table(found: dict[str, WeakAnalysis], shown: str, mixture: Mixture) -> pd.DataFrame:
    """A row a class: what is true, what the critic hears, and what each separator gains (SI-SDR
    improvement).
    """
    one = found[shown].result
    rows = []
    for k, label in enumerate(one.labels):
        row: dict[str, object] = {"Class": sound_class(label).display}
        if mixture.sources is not None:
            row["True"] = "sounds" if one.active[k] else "absent"
        row["Critic, mixture (0 to 1)"] = float(one.clip_probabilities[k])
        if len(one.sources):
            heard = one.source_clip_probabilities[k]
            row["Critic, own source (0 to 1)"] = float(heard[k])
            loudest = one.labels[int(heard.argmax())]
            row["Heard most in its source"] = (
                sound_class(loudest).display if heard.max() >= 0.5 else "nothing"
            )
        if mixture.sources is not None and one.active.sum() > 1:
            row["SI-SDR, mixture (dB)"] = one.si_sdr()[0][k]
            row |= {
                f"Gain, {name} (dB)": other.result.si_sdr()[1][k] - other.result.si_sdr()[0][k]
                for name, other in found.items()
                if name != TRUE
            }
        rows.append(row)
    return pd.DataFrame(rows).round(2)


def _take_over() -> None:
    """What was chosen in the viewer goes into the address."""
    chosen = st.session_state[KEY]["interaction"]
    address.write(address.THRESHOLD, f"{chosen['threshold']:.2f}")
    address.write(SEPARATOR, chosen["system"])
    address.write(address.VIEW, chosen["view"])


try:
    page()
except JssError as error:
    st.error(address.literal(str(error)), icon=":material/error:")
