"""Classes: scores class by class, the baseline as a line (Figs 8 and 9 of the paper)."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from jss import audio
from jss.evaluation.clip_figures import FIGURES, LESS_IS_BETTER, Gain, gains
from jss.evaluation.comparisons import class_gain, text
from jss.labels import sound_class
from jss.reports import EvalReport
from jss.viz.report_charts import CLASS_METRICS, class_bars, class_order, value
from jss.viz.score_tables import rounded
from pages.ui import address, charts, systems, widgets
from pages.ui.cache import figure_loaders, loaders
from pages.ui.clip import links
from pages.ui.reports import choice
from pages.ui.text import literal

#: Names in the address: the score, its order, and what is compared: a class, two systems, a figure.
METRIC, SORT, CLASS, GAINING, OVER, BY = "metric", "sort", "class", "gaining", "over", "by"
#: Clips listed from either end.
LISTED = 6


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
        + " The line is the SED baseline. Click a bar to see its gain clip by clip."
    )
    names = [report.system for report in reports]
    label, system = address.last(CLASS) or "", address.last(GAINING) or ""
    chart = class_bars(
        reports, metric, by_gain=by_gain, theme=widgets.theme(), chosen=(label, system)
    )
    stem = f"classes.{reports[0].dataset}.{reports[0].subset}.{metric}"
    charts.show(chart, "class bars", stem, choose=_take_bar)
    st.subheader("Find by difference")
    over, system = _differences(reports, metric, names)
    labels = class_order(reports, metric) if by_gain else list(reports[0].classwise)
    table = _table(reports, metric, labels)
    gains = _gains(reports[0], metric, labels, over, system)
    if gains is not None:
        table[f"{system} minus {over} (95 %)"] = gains
    charts.table(table, "classes", stem, f"#### {CLASS_METRICS[metric]}, class by class")
    _gallery()


def _take_bar(key: tuple[Any, ...]) -> None:
    """A pressed bar chooses its class and its system."""
    address.write_all({CLASS: str(key[0]), GAINING: str(key[1]), BY: ""})


def _named(label: str) -> str:
    return sound_class(label).display if label else "all classes"


def _differences(reports: list[EvalReport], metric: str, names: list[str]) -> tuple[str, str]:
    """Show the clips of this set in which a system gains or loses most against another.

    Returns:
        The system compared with, and the system.
    """
    first = reports[0]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        system = widgets.pick(
            "System", names, GAINING, default=systems.chosen() or names[-1], width=200
        )
        over = widgets.pick("Compared with", names, OVER, default=systems.BASELINE, width=200)
        label = widgets.pick("Class", ["", *first.classwise], CLASS, _named, width=240)
        figure = widgets.pick(
            "By", list(FIGURES), BY, FIGURES.__getitem__, default=_figure_of(metric), width=260
        )
    _clips_by_gain(reports, metric, label, figure, over, system)
    return over, system


def _clips_by_gain(
    reports: list[EvalReport], metric: str, label: str, figure: str, over: str, system: str
) -> None:
    first = reports[0]
    if system == over:
        st.caption("Choose two systems.")
        return
    place = first.dataset, first.subset, first.selection
    a, b = (figure_loaders.clip_figures(*place, (name,)) for name in (over, system))
    if a is None or b is None:
        st.markdown(
            f"The scores of {literal(system)} or {literal(over)} on this set are not saved: evaluate with "
            "`--keep-scores`."
        )
        return
    clips = gains(a, b, figure, label)
    if not clips:
        st.caption(f"No clip of this set has {FIGURES[figure]} for both systems.")
        return
    better = "more is better" if figure not in LESS_IS_BETTER else "fewer are better"
    mean = sum(clip.gain for clip in clips) / len(clips)
    st.markdown(
        f"**{literal(system)}** against **{literal(over)}**, {literal(_named(label))}, "
        f"{FIGURES[figure]} ({'higher: less separated' if figure == 'similarity' else better}): "
        f"mean gain {rounded(mean, 2, sign=True)} over {len(clips)} clips of {first.dataset} {first.subset}"
    )
    of_class = _gains(first, metric, [label], over, system) if label else None
    if of_class and of_class[0]:
        st.markdown(
            f"Gain in {CLASS_METRICS[metric]} of {literal(_named(label))} on the whole set "
            f"(in brackets its paired 95 % interval over clips): **{of_class[0]}**"
        )
    columns = st.columns(2)
    ends = (
        ("gains most", [clip for clip in clips if clip.gain > 0][:LISTED]),
        ("loses most", [clip for clip in clips[::-1] if clip.gain < 0][:LISTED]),
    )
    for column, (title, shown) in zip(columns, ends, strict=True):
        with column:
            st.markdown(f"{literal(system)} {title} in" + ("" if shown else " no clip"))
            for clip in shown:
                gain = rounded(clip.gain, 2, sign=True)
                text_of = f"{clip.filename}: {gain}"
                links.compare(first.dataset, first.subset, clip.filename, text_of, (over, system))
    if not any(links.openable(first.dataset, first.subset, clip.filename) for clip in clips):
        st.markdown(
            f"The audio of {first.dataset} is not on this disk. {links.how_to_render(first.dataset)} "
            "Choose a clip's row below to see its scores and ground truth."
        )
    _all_clips(first, clips, figure, over, system)


def _all_clips(first: EvalReport, clips: list[Gain], figure: str, over: str, system: str) -> None:
    """Show every clip with its gain; a pressed row shows the clip."""
    with st.expander(f"All {len(clips)} clips, by gain"):
        frame = pd.DataFrame(
            [(clip.filename, clip.a, clip.b, clip.gain) for clip in clips],
            columns=["Clip", over, system, f"Gain, {FIGURES[figure]}"],
        ).round(3)
        state = charts.table(
            frame,
            "differences",
            f"differences.{first.dataset}.{first.subset}.{system}.{over}",
            height=300,
            on_select="rerun",
            selection_mode="single-row",
        )
        for row in state.selection.rows:
            if row < len(clips):
                place = first.dataset, first.subset, first.selection
                links.known(*place, clips[row].filename, system)


def _figure_of(metric: str) -> str:
    """Return what stands for a score of a class in one clip."""
    ends = {"_f1": "f1", "_precision": "false_alarm", "_recall": "hit"}
    return next((figure for end, figure in ends.items() if metric.endswith(end)), "balance")


def _gains(
    first: EvalReport, metric: str, labels: list[str], over: str, system: str
) -> list[str | None] | None:
    """Return each class's gain with its paired interval; None without saved scores."""
    place = first.dataset, first.subset, first.selection
    if system == over or any(
        figure_loaders.scores(*place, name) is None for name in (over, system)
    ):
        return None
    evidence = figure_loaders.evidence(first.dataset, first.subset)
    return [
        text(class_gain(evidence, metric, label, first.selection, over, system), metric)
        for label in labels
    ]


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
        width=1300,
        caption="Mel spectrograms of one synthesised sound of each class: time in s, "
        "frequency in Hz on the mel scale, level in dB. They are not recordings from DESED.",
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
