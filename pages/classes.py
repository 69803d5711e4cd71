"""Classes: scores class by class, the baseline as a line (Figs 8 and 9 of the paper)."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from jss import audio
from jss.labels import sound_class
from jss.reports import EvalReport
from jss.viz.report_charts import CLASS_METRICS, class_bars, class_order, value
from pages.ui import address, charts, systems, widgets
from pages.ui.cache import loaders
from pages.ui.clip import links
from pages.ui.reports import choice
from pages.ui.text import literal

METRIC, SORT, CLASS = "metric", "sort", "class"
#: Clips listed of a class.
LISTED = 16


def page() -> None:
    st.title("Classes")
    if not loaders.reports():
        choice.none_installed()
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        reports = choice.choose_set(loaders.reports())
        metric = widgets.pick(
            "Score", list(CLASS_METRICS), METRIC, CLASS_METRICS.__getitem__, width=220
        )
        orders = {"set": "Order of the class set", "gain": "Gain over the baseline"}
        by_gain = (
            widgets.pick("Sort by", list(orders), SORT, orders.__getitem__, width=230) == "gain"
        )
    st.caption(
        choice.files(reports)
        + " The line is the SED baseline. Click a bar to see clips of its class."
    )
    chart = class_bars(reports, metric, by_gain=by_gain, theme=widgets.theme())
    stem = f"classes.{reports[0].dataset}.{reports[0].subset}.{metric}"
    chosen = charts.show(chart, "class bars", stem, select=True)
    if chosen:
        address.write(CLASS, str(chosen[0][0]))
    of = widgets.pick("Clips of", ["", *reports[0].classwise], CLASS, _named, width=260)
    if of:
        _clips(of, str(chosen[0][1]) if chosen else systems.chosen() or reports[0].system)
    table = _table(
        reports, metric, class_order(reports, metric) if by_gain else list(reports[0].classwise)
    )
    charts.table(table, "classes", stem)
    _gallery()


def _named(label: str) -> str:
    return sound_class(label).display if label else "click a bar, or choose a class"


def _clips(label: str, system: str) -> None:
    """Show links to the installed clips with a class, through the system of the clicked bar."""
    name = literal(sound_class(label).display)
    clips = [
        item
        for clips in loaders.clip_sets().values()
        for item in clips.clips
        if item.audio is not None and label in (item.classes or ())
    ]
    if not clips:
        st.caption(f"No installed clip holds {name}.")
        return
    st.markdown(f"Installed clips with **{name}**, through {system}")
    with st.container(horizontal=True, gap="small"):
        for item in clips[:LISTED]:
            st.page_link(
                links.EXPLORE,
                label=literal(item.title),
                icon=":material/graphic_eq:",
                query_params={address.CLIP: item.clip, address.SYSTEM: system},
            )


@st.fragment
def _gallery() -> None:
    """Show Fig. 2 where the user asks for it: it takes a second to make."""
    st.subheader("A sound of each class (as Fig. 2)")
    if not st.toggle(
        "Synthesise and show one sound of each class",
        key="gallery",
        value=address.read("gallery") == "yes",
        on_change=_take_gallery,
    ):
        return
    with st.spinner("Synthesising ten sounds"):
        samples = loaders.gallery()
        picture = loaders.gallery_picture(widgets.theme())
    charts.files("classes.gallery", "gallery figure", _print_gallery)
    st.image(
        picture,
        width="stretch",
        caption="Mel spectrograms of one synthesised sound of each class: time in s, "
        "frequency in Hz on the mel scale, level in dB. They are no recordings of DESED.",
    )
    for row in (list(samples)[:5], list(samples)[5:]):
        for column, label in zip(st.columns(5), row, strict=True):
            with column:
                st.caption(sound_class(label).display)
                st.audio(audio.encode(samples[label].wave, "flac"), format="audio/flac")


def _print_gallery(kind: Any) -> bytes:
    from jss.viz.gallery import class_gallery
    from jss.viz.printed import save

    samples = loaders.gallery()
    return save(
        class_gallery({k: s.mel for k, s in samples.items()}, next(iter(samples.values())).hop),
        kind,
    )


def _take_gallery() -> None:
    address.write("gallery", "yes" if st.session_state["gallery"] else "no")


def _table(reports: list[EvalReport], metric: str, labels: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"Class": sound_class(label).display}
            | {r.system: value(r, label, metric) for r in reports}
            for label in labels
        ]
    ).round(3)


page()
