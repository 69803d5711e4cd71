"""Links to clips of reports in Explore; where there is no audio, their truth and scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from pages.ui import address, charts, widgets
from pages.ui.cache import loaders
from pages.ui.text import literal

EXPLORE = str(Path(__file__).parents[2] / "explore.py")
COMPARE = str(Path(__file__).parents[2] / "compare.py")


def openable(dataset: str, subset: str, filename: str) -> str | None:
    """Return the name in the address of a report's clip; None where there is no audio of it."""
    # Other data sets may have clips of the same subset and name: the full name goes first.
    for name in (f"{dataset}/{subset}/{filename}", f"{subset}/{filename}"):
        for clips in loaders.clip_sets().values():
            clip = clips.by_name.get(name)
            if clip is not None and clip.audio is not None:
                return clip.clip
    return None


def set_openable(dataset: str, subset: str) -> bool:
    """Return whether the clips of a set of reports can be opened; its first one stands for all."""
    names = (
        name
        for report in loaders.reports()
        if (report.dataset, report.subset) == (dataset, subset) and report.similarity
        for name in report.similarity["per_clip"]
    )
    first = next(names, None)
    if first is None:  # no system separates: the scores beside the reports name clips too
        saved = next(
            (
                next(iter(scores.values()))
                for place, scores in loaders.saved_scores().items()
                if place[:2] == (dataset, subset)
            ),
            None,
        )
        first = saved.clips[0].filename if saved and saved.clips else None
    return first is not None and openable(dataset, subset, first) is not None


def links(dataset: str, subset: str, filenames: Sequence[str], system: str) -> None:
    """Show a link to Explore for each clip with audio, and a sentence for the others."""
    named = [(name, openable(dataset, subset, name)) for name in filenames]
    with st.container(horizontal=True, gap="small"):
        for name, clip in named:
            if clip is not None:
                st.page_link(
                    EXPLORE,
                    label=literal(name),
                    icon=":material/graphic_eq:",
                    query_params={address.CLIP: clip, address.SYSTEM: system},
                )
    if any(clip is None for _, clip in named):
        st.caption(
            f"The audio of {dataset} is not on this disk: it is mixed from recordings that are not shipped. "
            "Click a point to see the clip's ground truth and score curves."
        )


def how_to_render(dataset: str) -> str:
    """What to do to hear the clips of a rendered set."""
    return (
        f"The clips of {dataset} are mixed from recordings that are not shipped; with the same ones in BANK, one "
        f"folder for each class, `jss render {dataset} FOLDER --soundbank BANK --clips 0 validation=100` makes them, and "
        "`make app DATA=FOLDER` opens them."
    )


def compare(
    dataset: str, subset: str, filename: str, text: str, systems: Sequence[str], **query: str
) -> None:
    """Show a link to a clip through some systems; its text alone where there is no audio.

    Args:
        dataset: Name of the data set.
        subset: Name of the subset.
        filename: Of the clip.
        text: Of the link.
        systems: The systems, the last of them shown first; one alone opens in Explore.
        **query: Further choices for the address.
    """
    clip = openable(dataset, subset, filename)
    if clip is None:
        st.caption(literal(text), width="content")
        return
    query |= {address.CLIP: clip, address.SYSTEM: systems[-1]}
    if len(systems) > 1:
        query[address.SYSTEMS] = ",".join(systems)
    st.page_link(
        COMPARE if len(systems) > 1 else EXPLORE,
        label=literal(text),
        icon=":material/graphic_eq:",
        query_params=query,
    )


def known(
    dataset: str,
    subset: str,
    selection: str,
    filename: str,
    system: str,
    similarity: float | None = None,
) -> None:
    """Show a clip: a link to it where it has audio, else its ground truth and score curves."""
    text = f"**{literal(filename)}** of {dataset} {subset}, through {system}, {selection}"
    st.markdown(text + ("" if similarity is None else f": similarity {similarity:.3f}"))
    clip = openable(dataset, subset, filename)
    if clip is not None:
        st.page_link(
            EXPLORE,
            label="Open in Explore",
            icon=":material/graphic_eq:",
            query_params={
                address.CLIP: clip,
                address.SYSTEM: system,
                address.SELECTION: selection,
            },
        )
        return
    saved = loaders.saved_scores().get((dataset, subset, selection), {}).get(system)
    if saved is None or filename not in saved.outputs.clips:
        st.markdown(
            f"Its audio is not on this disk, and its scores are not saved. {how_to_render(dataset)}"
        )
        return
    from jss.viz.set_charts import clip_scores

    clip_of = next(item for item in saved.clips if item.filename == filename)
    output = saved.outputs.clips[filename]
    st.caption(
        "Its audio is not on this disk: the set is mixed from recordings that are not shipped. Below are the "
        "system's scores and the ground truth."
    )
    truth = [(e.onset, e.offset, e.label) for e in clip_of.events or ()]
    chart = clip_scores(
        output.scores, output.hop, saved.outputs.labels, truth, clip_of.duration, widgets.theme()
    )
    charts.show(chart, "clip scores", f"{dataset}.{filename}.{system}")
