"""Clips of the sets that reports stand on: opened in Explore where their audio can be had, else shown as far as known.

Anybody can have ``synthscapes``: a clip is rendered when it is opened. Real recordings are not shipped.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from jss import audio
from pages.ui import charts, controls, loaders, report_choice
from pages.ui.loaders import Recording

EXPLORE = str(Path(__file__).parent.parent / "explore.py")
#: The set that is rendered on demand.
RENDERED = "synthscapes"
_NUMBER = re.compile(r"_(\d{5})\.flac$")


class Synthscape(Recording):
    """A clip of ``synthscapes``: its file is made when it is first opened, and kept."""

    @property
    def digest(self) -> str:  # type: ignore[override]
        """Known without its sound: the number that it is drawn from."""
        return f"{self.clip}|{self._file().name}"

    def open(self) -> io.BytesIO:
        """Its bytes, rendered where they are not there yet."""
        path = self._file()
        if not path.is_file():
            from jss.data.render_set import render_clip

            _, subset, name = self.clip.split("/")
            index = _NUMBER.search(name)
            audio.save(path, render_clip(RENDERED, subset, int(index[1]) if index else 0).mixture)
        file = io.BytesIO(path.read_bytes())
        file.name = self.filename
        return file

    def _file(self) -> Path:
        return cache() / self.clip.rpartition("/")[2]


def cache() -> Path:
    """Where rendered clips are kept: jss/synthscapes in the user's cache folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jss" / RENDERED


def synthscapes() -> tuple[Recording, ...]:
    """The clips of ``synthscapes`` that our reports stand on; empty where no scores with their truth are kept."""
    found: dict[str, Recording] = {}
    for (dataset, subset, _), kept in loaders.kept_scores().items():
        if dataset != RENDERED or subset.endswith("_overlap"):
            continue
        for clip in next(iter(kept.values())).clips:
            name = f"{RENDERED}/{subset}/{clip.filename}"
            truth = tuple((e.onset, e.offset, e.label) for e in clip.events or ())
            found[name] = Synthscape(name, clip.filename, cache() / clip.filename,
                                     "Made by the built-in synthesiser when it was opened", truth)
    return tuple(found.values())


def opened() -> tuple[Recording, ...]:
    """The clip of the address where it is one of these sets, so that Explore knows it."""
    wanted = controls.read(controls.CLIP) or ""
    return tuple(item for item in synthscapes() if item.clip == wanted) if wanted.startswith(f"{RENDERED}/") else ()


def address(dataset: str, subset: str, filename: str) -> str | None:
    """The name in the address under which a clip of a report can be opened; None where its audio cannot be had."""
    if dataset == RENDERED and not subset.endswith("_overlap"):
        name = f"{RENDERED}/{subset}/{filename}"
        return name if any(item.clip == name for item in synthscapes()) else None
    same = (item.clip for item in loaders.examples() if item.clip.rpartition("/")[2] == filename)
    return next(same, None)


def links(dataset: str, subset: str, filenames: Sequence[str], system: str) -> None:
    """A link to Explore for each clip that can be opened; a sentence for the others."""
    named = [(name, address(dataset, subset, name)) for name in filenames]
    with st.container(horizontal=True, gap="small"):
        for name, clip in named:
            if clip is not None:
                st.page_link(EXPLORE, label=name, icon=":material/graphic_eq:",
                             query_params={controls.CLIP: clip, controls.SYSTEM: system})
    if any(clip is None for _, clip in named):
        st.caption(f"The audio of {dataset} is not on this disk: it is mixed from recordings that are not shipped. "
                   "What is known of a clip, its ground truth and the score curves, is shown when you press its point.")


def known(dataset: str, subset: str, filename: str, system: str, similarity: float | None = None) -> None:
    """All there is of one clip: a link where it opens, its facts, ground truth and score curves."""
    told = f"**{filename}** of {dataset} {subset}, through {system}"
    st.markdown(told + ("" if similarity is None else f": similarity {similarity:.3f}"))
    clip = address(dataset, subset, filename)
    if clip is not None:
        st.page_link(EXPLORE, label="Hear and see it in Explore", icon=":material/graphic_eq:",
                     query_params={controls.CLIP: clip, controls.SYSTEM: system})
        return
    kept = next((found[system] for (name, part, _), found in loaders.kept_scores().items()
                 if (name, part) == (dataset, subset) and system in found), None)
    if kept is None or filename not in kept.outputs.clips:
        st.caption(f"Its audio is not on this disk: {dataset} is mixed from recordings that are not shipped. Render "
                   f"the set (`python -m jss render {dataset} FOLDER --soundbank BANK`) to hear it. Its scores were "
                   "not kept either.")
        return
    from jss.viz.set_charts import clip_scores

    of = next(item for item in kept.clips if item.filename == filename)
    output = kept.outputs.clips[filename]
    st.caption("Its audio is not on this disk, since the set is mixed from recordings that are not shipped; this is "
               "what the system said of it, and the ground truth.")
    truth = [(e.onset, e.offset, e.label) for e in of.events or ()]
    chart = clip_scores(output.scores, output.hop, kept.outputs.labels, truth, of.duration, report_choice.theme())
    charts.show(chart, "clip scores", f"{dataset}.{filename}.{system}")

