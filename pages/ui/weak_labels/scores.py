"""What separators of the weak-label paper scored: Table 1, Table 2 and the boxes of Fig. 3, ours
and the paper's.
"""

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
from jss.viz.separation_charts import INPUT, separation_boxes
from jss.weak_labels.report import Row, WeakReport
from pages.ui import address, charts
from pages.ui.clip import recordings, view
from pages.ui.reports import choice
from pages.ui.weak_labels import loaders, scenes
from pages.ui.weak_labels.loaders import BANK, MADE

#: Names in the address: the separator shown, and the scenes that the reports stand on.
SEPARATOR, SCENES = "separator", "scenes"
_TABLE1 = "#### SI-SDR and its improvement (Table 1): dB, mean ± standard deviation over sources"
_TABLE2 = "#### What critics detect in mixtures (Table 2): {}, 0 to 1, at a threshold of 0.5"
_F = "F-measure"
#: Of the input SI-SDR, in dB: a scene whose own is further off is not the one that the report
#: stands on.
_SAME = 0.1


def ours() -> None:
    """The reports under checkpoints/weak_labels that stand on one set of scenes."""
    every = loaders.reports()
    if not every:
        st.info(
            "No separator was measured yet: `python -m jss evaluate --system weak-frame --data BANK --subset test "
            '--out "checkpoints/weak_labels/urban/{system}.json"` writes a report.',
            icon=":material/bar_chart:",
        )
        return
    order = loaders.in_order([report.system for report in every])
    groups: dict[str, list[WeakReport]] = {}
    for report in sorted(every, key=lambda report: order.index(report.system)):
        of = f"{report.dataset} {report.split}, {report.n_clips} scenes, seed {report.seed}"
        groups.setdefault(of, []).append(report)
    name = (
        address.pick("Scenes", list(groups), SCENES, str, width=420)
        if len(groups) > 1
        else next(iter(groups))
    )
    found = groups[name]
    first = found[0]
    several = first.n_clips - first.n_single
    st.caption(
        f"Our figures, on the **{several} of {first.n_clips} scenes** of {address.literal(first.dataset)} "
        f"{first.split} (seed {first.seed}) in which two classes or more sound. Other data than the paper's: no "
        "figure here can be compared with its."
    )
    stem = f"weak-labels.{first.split}"
    charts.table(pd.DataFrame(_improvements(found)), "weak table 1", f"{stem}.table1", _TABLE1)
    charts.table(
        pd.DataFrame(_critics(found)).round(3),
        "weak table 2",
        f"{stem}.table2",
        _TABLE2.format(f"{_F}, precision and recall"),
    )
    _boxes(found, stem)
    with st.expander(
        f"Scenes of one class ({first.n_single}), and what the critic hears in separated sources"
    ):
        _alone(found, stem)
        _own_only(found, stem)


def theirs() -> None:
    """As printed."""
    st.caption(
        f"As printed in [the weak-label paper]({tables.WEAK_SOURCE}), on 5000 scenes of UrbanSound8K. Not "
        "computed here."
    )
    rows = []
    for row, one in tables.weak_separation().groupby("row", sort=False):
        cells = {
            label: f"{mean:.1f} ± {sd:.1f}"
            for label, mean, sd in one[["label", "mean", "sd"]].values
        }
        rows.append({"SI-SDR": _improvement_of(str(row))} | _cells(cells, OVERALL))
    charts.table(pd.DataFrame(rows), "paper weak 1", "weak2020.table1", _TABLE1)
    rows = []
    for level, one in tables.weak_classification().groupby("level", sort=False):
        rows.append({"Level": level} | _cells(dict(one[["label", "f_measure"]].values)))
    charts.table(pd.DataFrame(rows), "paper weak 2", "weak2020.table2", _TABLE2.format(_F))
    st.caption(
        "Fig. 3 of the paper is a drawing without numbers; its boxes cannot be repeated here."
    )


def _cells(values: Mapping[str, object], last: str = "") -> dict[str, object]:
    """A column a class, and one for all of them where ``last`` names it."""
    cells = {sound_class(label).display: values.get(label) for label in URBAN_LABELS}
    return cells | ({"Overall": values.get(last)} if last else {})


def _improvement_of(name: str) -> str:
    return "Mixture" if name == INPUT else f"Improvement, {name}"


def _spread(row: Row, name: str) -> str | None:
    mean, sd = row[f"{name}_mean"], row[f"{name}_sd"]
    return None if mean is None else f"{round(mean, 1) + 0.0:.1f} ± {sd:.1f}"


def _improvements(found: Sequence[WeakReport]) -> list[dict[str, object]]:
    table = found[0].table1
    rows = [
        {"SI-SDR": "Sources (number)"}
        | _cells({label: str(row["n"]) for label, row in table.items()}, OVERALL),
        {"SI-SDR": _improvement_of(INPUT)}
        | _cells({k: _spread(row, INPUT) for k, row in table.items()}, OVERALL),
    ]
    return rows + [
        {"SI-SDR": _improvement_of(report.system)}
        | _cells({k: _spread(row, "improvement") for k, row in report.table1.items()}, OVERALL)
        for report in found
    ]


def _critics(found: Sequence[WeakReport]) -> list[dict[str, object]]:
    rows = {}
    for report in found:
        for level, scores in report.table2.items():
            name = level if " " in level else f"{level} {_F}"
            rows[report.critic, level] = {"Critic": report.critic, "Level": name} | _cells(
                scores, "macro"
            )
    return [
        {("Mean" if key == "Overall" else key): value for key, value in row.items()}
        for row in rows.values()
    ]


def _alone(found: Sequence[WeakReport], stem: str) -> None:
    """Scenes whose mixture is the source: nothing to improve, only something to spoil."""
    rows = [
        {"Separator": report.system}
        | _cells({label: row["output_median"] for label, row in report.single.items()}, OVERALL)
        for report in found
    ]
    charts.table(
        pd.DataFrame(rows).round(1),
        "weak single",
        f"{stem}.single",
        "**One class alone:** median SI-SDR (dB) of the source that the separator makes of it",
    )


def _own_only(found: Sequence[WeakReport], stem: str) -> None:
    rows = [
        {"Separator": report.system}
        | _cells({k: round(100 * v) for k, v in report.check["own_only"].items()}, OVERALL)
        | {"Similarity": report.check.get("similarity")}
        for report in found
    ]
    charts.table(
        pd.DataFrame(rows).round(2),
        "weak check",
        f"{stem}.check",
        "**A check without reference:** share (%) of separated sources in which the critic hears their own "
        "class and no other, and how alike it finds the sources of a scene (Eq. 30 of the JSS paper)",
    )


def _boxes(found: Sequence[WeakReport], stem: str) -> None:
    def samples(report: WeakReport, values: Sequence[float]) -> list[tuple[str, float, int]]:
        s = report.samples
        return [
            (report.labels[k], db, clip)
            for k, db, clip in zip(s.label, values, s.clip, strict=True)
        ]

    boxes = {INPUT: samples(found[0], found[0].samples.input)}
    boxes |= {report.system: samples(report, report.samples.output) for report in found}
    chart = separation_boxes(boxes, found[0].labels, choice.theme())
    title = "#### Mixture and separated sources (Fig. 3)"
    chosen = charts.show(chart, "weak boxes", f"{stem}.boxes", title, select=True)
    if not chosen:
        st.caption(
            "Quartiles of SI-SDR in dB; a point is a source beyond 1.5 times the height of its box: press one "
            "to hear its scene."
        )
        return
    _, scene, label, name = chosen[0]
    _hear(
        next((report for report in found if report.system == name), found[0]),
        int(scene),
        str(label),
    )


@view.errors_said
def _hear(report: WeakReport, number: int, label: str) -> None:
    """The scene of a point that was pressed: mixture, true source, separated source."""
    s = report.samples
    at = next(
        i
        for i, (clip, k) in enumerate(zip(s.clip, s.label, strict=True))
        if (clip, report.labels[k]) == (number, label)
    )
    kind = sound_class(label).display
    st.markdown(
        f"**Scene {number}, {kind}**, through {report.system}: SI-SDR {s.input[at]:.1f} dB in the mixture, "
        f"{s.output[at]:.1f} dB separated"
    )
    place = _place(report)
    if place is None:
        st.caption(
            f"It is mixed from recordings that are not at hand: start the app with the soundbank of "
            f"{address.literal(report.dataset)} (`make app DATA=BANK`) to hear it."
        )
        return
    name = f"{place}/{report.split}/{report.seed}/{number}"
    mixture = loaders.scene(name)
    if report.system not in loaders.separators():
        raise JssError(
            f"{report.system} is not installed any more, so its sources cannot be heard."
        )
    with st.spinner(f"{report.system} listens"):
        result = loaders.analyse(mixture, report.system, lambda share, what: None).result
    k = report.labels.index(label)
    if not abs(result.si_sdr()[0][k] - s.input[at]) <= _SAME:
        raise JssError(
            "The recordings at hand are not those that the report stands on: this scene cannot be heard."
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
        "Open it above",
        icon=":material/graphic_eq:",
        on_click=_open,
        args=(name, report.system),
        help="All sources, masks and scores of this scene in the viewer at the top of this page",
    )


def _open(scene: str, system: str) -> None:
    address.write(scenes.SCENE, scene)
    address.write(SEPARATOR, system)


def _place(report: WeakReport) -> str | None:
    """Where the scenes of a report can be rendered: by the synthesiser, from the folder at hand, or
    nowhere.
    """
    if report.dataset.endswith(MADE):
        return MADE
    folder = recordings.own_folder()
    return BANK if folder is not None and report.dataset.endswith(folder.name) else None
