"""Clips that reports stand on: opened in Explore where their audio can be had, else shown as far as
known.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from pages.ui import address as page_address
from pages.ui import charts
from pages.ui.cache import loaders
from pages.ui.reports import choice

EXPLORE = str(Path(__file__).parent.parent / "explore.py")


def address(dataset: str, subset: str, filename: str) -> str | None:
    """The name in the address under which a clip of a report can be opened; None where its audio
    cannot be had.
    """
    own = f"{dataset}/{subset}/{filename}"
    for clips in loaders.clip_sets().values():
        if own in clips.by_name:
            return own
        same = next(
            (c for c in clips.clips if c.audio is not None and c.clip == f"{subset}/{filename}"),
            None,
        )
        if same is not None:
            return same.clip
    return None


def links(dataset: str, subset: str, filenames: Sequence[str], system: str) -> None:
    """A link to Explore for each clip that can be opened; a sentence for the others."""
    named = [(name, address(dataset, subset, name)) for name in filenames]
    with st.container(horizontal=True, gap="small"):
        for name, clip in named:
            if clip is not None:
                st.page_link(
                    EXPLORE,
                    label=page_address.literal(name),
                    icon=":material/graphic_eq:",
                    query_params={page_address.CLIP: clip, page_address.SYSTEM: system},
                )
    if any(clip is None for _, clip in named):
        st.caption(
            f"The audio of {dataset} is not on this disk: it is mixed from recordings that are not shipped. "
            "What is known of a clip, its ground truth and the score curves, is shown when you press its point."
        )


def known(
    dataset: str, subset: str, filename: str, system: str, similarity: float | None = None
) -> None:
    """All there is of one clip: a link where it opens, its facts, ground truth and score curves."""
    told = f"**{page_address.literal(filename)}** of {dataset} {subset}, through {system}"
    st.markdown(told + ("" if similarity is None else f": similarity {similarity:.3f}"))
    clip = address(dataset, subset, filename)
    if clip is not None:
        st.page_link(
            EXPLORE,
            label="Hear and see it in Explore",
            icon=":material/graphic_eq:",
            query_params={page_address.CLIP: clip, page_address.SYSTEM: system},
        )
        return
    kept = next(
        (
            found[system]
            for (name, part, _), found in loaders.kept_scores().items()
            if (name, part) == (dataset, subset) and system in found
        ),
        None,
    )
    if kept is None or filename not in kept.outputs.clips:
        st.caption(
            f"Its audio is not on this disk: {dataset} is mixed from recordings that are not shipped. Render "
            f"the set (`python -m jss render {dataset} FOLDER --soundbank BANK`) to hear it. Its scores were "
            "not kept either."
        )
        return
    from jss.viz.set_charts import clip_scores

    of = next(item for item in kept.clips if item.filename == filename)
    output = kept.outputs.clips[filename]
    st.caption(
        "Its audio is not on this disk, since the set is mixed from recordings that are not shipped; this is "
        "what the system said of it, and the ground truth."
    )
    truth = [(e.onset, e.offset, e.label) for e in of.events or ()]
    chart = clip_scores(
        output.scores, output.hop, kept.outputs.labels, truth, of.duration, choice.theme()
    )
    charts.show(chart, "clip scores", f"{dataset}.{filename}.{system}")
