"""Figures of the weak-label separators, ours and the paper's: Tables 1 and 2, Fig. 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from jss import audio
from jss.errors import JssError
from jss.labels import URBAN_LABELS, sound_class
from jss.metrics.class_separation import OVERALL
from jss.papers import tables
from jss.viz.score_tables import rounded
from jss.viz.separation_charts import INPUT, separation_boxes
from jss.weak_labels.report import WeakReport, critic_scores, spread
from pages.ui import address, charts, widgets
from pages.ui.cache import weak_loaders
from pages.ui.cache.weak_loaders import BANK, SYNTHESISED
from pages.ui.clip import recordings
from pages.ui.text import literal
from pages.ui.weak_labels import scenes

#: Names in the address: of the separator shown, and of the scenes of the reports.
SEPARATOR, SCENES = "separator", "scenes"
_TABLE1 = "#### SI-SDR and its improvement (Table 1): dB, mean ± standard deviation over sources"
_TABLE2 = "#### Critics on mixtures (Table 2): {}, 0 to 1, at a threshold of 0.5"
_F = "F-measure"
#: dB: a scene whose input SI-SDR differs by more is not the one of the report.
_TOLERANCE_DB = 0.1


def ours() -> None:
    """Show the reports under checkpoints/weak_labels of one set of scenes."""
    every = weak_loaders.reports()
    if not every:
        st.info(
            "No separator is evaluated yet: `jss evaluate --system weak-frame --data BANK --subset test "
            '--out "checkpoints/weak_labels/urban/{system}.json"` writes a report.',
            icon=":material/bar_chart:",
        )
        return
    order = weak_loaders.in_order([report.system for report in every])
    groups: dict[str, list[WeakReport]] = {}
    for report in sorted(every, key=lambda report: order.index(report.system)):
        of = f"{report.dataset} {report.split}, {report.n_clips} scenes, seed {report.seed}"
        groups.setdefault(of, []).append(report)
    name = (
        widgets.pick("Scenes", list(groups), SCENES, width=420)
        if len(groups) > 1
        else next(iter(groups))
    )
    reports = groups[name]
    first = reports[0]
    mixed = first.n_clips - first.n_single
    st.caption(
        f"Our figures, on the **{mixed} of {first.n_clips} scenes** of {literal(first.dataset)} "
        f"{first.split} (seed {first.seed}) in which two classes or more sound. The data are not the paper's: do "
        "not compare these figures with the paper's."
    )
    stem = f"weak-labels.{first.split}"
    charts.table(pd.DataFrame(_improvements(reports)), "weak table 1", f"{stem}.table1", _TABLE1)
    charts.table(
        pd.DataFrame(_critics(reports)).round(3),
        "weak table 2",
        f"{stem}.table2",
        _TABLE2.format(f"{_F}, precision and recall"),
    )
    _boxes(reports, stem)
    with st.expander(
        f"Scenes of one class ({first.n_single}), and the critic on separated sources"
    ):
        _single_class(reports, stem)
        _critic_check(reports, stem)


def theirs() -> None:
    """Show the figures that the paper printed."""
    st.caption(
        f"As printed in [the weak-label paper]({tables.WEAK_SOURCE}), on 5000 scenes of UrbanSound8K. Not "
        "computed here."
    )
    rows = []
    for row, group in tables.weak_separation().groupby("row", sort=False):
        cells = {
            label: f"{mean:.1f} ± {sd:.1f}"
            for label, mean, sd in group[["label", "mean", "sd"]].values
        }
        rows.append({"SI-SDR": _improvement_of(str(row))} | _cells(cells, OVERALL))
    charts.table(pd.DataFrame(rows), "paper weak 1", "weak2020.table1", _TABLE1)
    rows = []
    for level, group in tables.weak_classification().groupby("level", sort=False):
        rows.append({"Level": level} | _cells(dict(group[["label", "f_measure"]].values)))
    charts.table(pd.DataFrame(rows), "paper weak 2", "weak2020.table2", _TABLE2.format(_F))
    st.caption("Fig. 3 of the paper has no numbers, so its boxes are not shown here.")


def _cells(values: Mapping[str, object], last: str = "") -> dict[str, object]:
    """Columns of a row: one for each class, and one for all where ``last`` names it."""
    cells = {sound_class(label).display: values.get(label) for label in URBAN_LABELS}
    return cells | ({"Overall": values.get(last)} if last else {})


def _improvement_of(name: str) -> str:
    return "Mixture" if name == INPUT else f"Improvement, {name}"


def _improvements(reports: Sequence[WeakReport]) -> list[dict[str, object]]:
    table = reports[0].table1
    rows = [
        {"SI-SDR": "Sources (number)"}
        | _cells({label: str(row["n"]) for label, row in table.items()}, OVERALL),
        {"SI-SDR": _improvement_of(INPUT)}
        | _cells({k: spread(row, INPUT) for k, row in table.items()}, OVERALL),
    ]
    return rows + [
        {"SI-SDR": _improvement_of(report.system)}
        | _cells({k: spread(row, "improvement") for k, row in report.table1.items()}, OVERALL)
        for report in reports
    ]


def _critics(reports: Sequence[WeakReport]) -> list[dict[str, object]]:
    rows = {}
    for report in reports:
        for level in report.table2:
            name = level if " " in level else f"{level} {_F}"
            rows[report.critic, level] = {"Critic": report.critic, "Level": name} | _cells(
                critic_scores(report, level), "macro"
            )
    return [
        {("Mean" if key == "Overall" else key): value for key, value in row.items()}
        for row in rows.values()
    ]


def _single_class(reports: Sequence[WeakReport], stem: str) -> None:
    """Show scenes of one class, whose mixture is the source: a separator can only make it worse."""
    rows = [
        {"Separator": report.system}
        | _cells({label: row["output_median"] for label, row in report.single.items()}, OVERALL)
        for report in reports
    ]
    charts.table(
        pd.DataFrame(rows).round(1),
        "weak single",
        f"{stem}.single",
        "**One class alone:** median SI-SDR (dB) of its separated source",
    )


def _critic_check(reports: Sequence[WeakReport], stem: str) -> None:
    rows = [
        {"Separator": report.system}
        | _cells({k: round(100 * v) for k, v in report.check["own_only"].items()}, OVERALL)
        | {"Similarity": report.check.get("similarity")}
        for report in reports
    ]
    charts.table(
        pd.DataFrame(rows).round(2),
        "weak check",
        f"{stem}.check",
        "**A check without reference:** share (%) of separated sources in which the critic detects their "
        "class and no other, and the similarity of a scene's sources (Eq. 30 of the JSS paper)",
    )


def _boxes(reports: Sequence[WeakReport], stem: str) -> None:
    def samples(report: WeakReport, values: Sequence[float]) -> list[tuple[str, float, int]]:
        s = report.samples
        return [
            (report.labels[k], db, clip)
            for k, db, clip in zip(s.label, values, s.clip, strict=True)
        ]

    boxes = {INPUT: samples(reports[0], reports[0].samples.input)}
    boxes |= {report.system: samples(report, report.samples.output) for report in reports}
    chart = separation_boxes(boxes, reports[0].labels, widgets.theme())
    title = "#### Mixture and separated sources (Fig. 3)"
    chosen = charts.show(chart, "weak boxes", f"{stem}.boxes", title, select=True)
    if not chosen:
        st.caption(
            "Quartiles of SI-SDR in dB; a point is a source beyond 1.5 times the height of its box: click one "
            "to hear its scene."
        )
        return
    _, scene, label, name = chosen[0]
    _play(
        next((report for report in reports if report.system == name), reports[0]),
        int(scene),
        str(label),
    )


@widgets.shows_errors
def _play(report: WeakReport, number: int, label: str) -> None:
    """Show players for the scene of a clicked point: mixture, true source, separated source."""
    s = report.samples
    at = next(
        i
        for i, (clip, k) in enumerate(zip(s.clip, s.label, strict=True))
        if (clip, report.labels[k]) == (number, label)
    )
    kind = sound_class(label).display
    st.markdown(
        f"**Scene {number}, {kind}**, through {report.system}: SI-SDR {rounded(s.input[at], 1)} dB in the mixture, "
        f"{rounded(s.output[at], 1)} dB separated"
    )
    place = origin(report)
    if place is None:
        st.markdown(
            f"It is mixed from recordings that are not on this disk. To hear it, start the app with the soundbank "
            f"{literal(report.dataset)}: `make app DATA=BANK`."
        )
        return
    name = f"{place}/{report.split}/{report.seed}/{number}"
    mixture = weak_loaders.scene(name)
    if report.system not in weak_loaders.separators():
        raise JssError(f"{report.system} is no longer installed: click a point of another system.")
    with st.spinner(f"{report.system} separates the scene"):
        result = weak_loaders.analyse(mixture, report.system).result
    k = report.labels.index(label)
    assert mixture.sources is not None  # a scene has them
    if not abs(result.si_sdr()[0][k] - s.input[at]) <= _TOLERANCE_DB:
        raise JssError(
            "The recordings on this disk are not those of the report, so this scene cannot be played: start "
            "the app with the folder of the report's recordings (make app DATA=BANK)."
        )
    tracks = {
        "Mixture": result.mixture,
        f"True source: {kind}": mixture.sources[k],
        f"Separated: {kind}": result.sources[k],
    }
    gain = max(1.0, *(float(np.abs(track).max()) for track in tracks.values()))
    for column, (text, track) in zip(st.columns(3), tracks.items(), strict=True):
        with column:
            st.caption(text)
            st.audio(audio.encode(track / gain, "flac"), format="audio/flac")
    st.button(
        "Open in the viewer",
        icon=":material/graphic_eq:",
        on_click=_open,
        args=(name, report.system),
        help="All sources, masks and scores of this scene in the viewer at the top of this page",
    )


def _open(scene: str, system: str) -> None:
    address.write(scenes.SCENE, scene)
    address.write(SEPARATOR, system)


def origin(report: WeakReport) -> str | None:
    """Where a report's scenes are rendered from: the synthesiser, the user's folder, or nowhere."""
    if report.dataset.endswith(SYNTHESISED):
        return SYNTHESISED
    folder = recordings.user_folder()
    return BANK if folder is not None and report.dataset.endswith(folder.name) else None
