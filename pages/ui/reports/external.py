"""Score your system: its scores or detections on our sets or your own, beside our systems."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from jss.data.clip import Clip
from jss.errors import JssError, number_of
from jss.evaluation import submissions
from jss.evaluation.submissions import File, TruthTables
from jss.labels import label_list, sound_class
from jss.reports import HEADLINES, EvalReport, compare
from jss.viz.report_charts import CLASS_METRICS, class_bars, value
from jss.viz.score_tables import rounded
from pages.ui import charts, systems, widgets
from pages.ui.cache import loaders
from pages.ui.reports import choice
from pages.ui.text import literal

#: The choice of a ground truth that is uploaded.
YOURS = "your own"
#: In the session: the report shown, under the key of what it was made of.
_REPORT = "external report"


@st.fragment
def form() -> None:
    """Show a choice of ground truth, an upload of results on it, and their report."""
    sets = {f"{place[0]} {place[1]}": saved for place, saved in loaders.saved_scores().items()}
    st.markdown(
        "Upload a system's output for each clip. The figures are those of `jss score`. "
        "The files stay on this machine."
    )
    name = widgets.pick(
        "Ground truth",
        [*sets, YOURS],
        "truth",
        lambda name: "Your own tables" if name == YOURS else name,
        width=320,
    )
    saved = next(iter(sets[name].values())) if name in sets else None
    if saved is None:
        truth: Sequence[Clip] | TruthTables | None = _upload_truth()
    else:
        truth = saved.clips
        _truth_button(saved.clips, name)
    files = st.file_uploader(
        "Results of the system",
        type=["tsv", "csv", "zip"],
        accept_multiple_files=True,
        key="external results",
        help="One of these three, as files or in a ZIP:\n\n"
        "- score tables: a `<clip>.tsv` for each clip with the columns onset, offset (seconds) and one "
        "for each class, as `sed_scores_eval` and `jss detect` write them\n"
        "- detections: a `..._th_<threshold>.tsv` for each threshold with the columns filename, onset, "
        "offset and event_label\n"
        "- one table of events\n\n"
        "A table of events beside the others holds the events at the operating threshold.",
    )
    system, labels, median = _options(files[0].name if files else "")
    if not files or truth is None:
        return
    content = [(file.name, file.getvalue()) for file in files]
    if saved is not None and labels is None and not any(_has_scores(file) for file in content):
        labels = saved.outputs.labels  # those of the set, also where no clip holds one of them
    place = ("", "") if saved is None else (saved.dataset, saved.subset)
    report = _scored(content, truth, place, system, labels, median)
    if report is not None:
        _show(report, "your ground truth" if saved is None else name)


def _upload_truth() -> TruthTables | None:
    """Show two fields for a ground truth; returns it once both are there."""
    left, right = st.columns(2)
    events = left.file_uploader(
        "Ground truth: filename, onset, offset, event_label",
        type=["tsv"],
        key="external truth",
        help="Tab-separated, times in seconds. A file without events has a row with only its name.",
    )
    durations = right.file_uploader(
        "Durations: filename, duration",
        type=["tsv"],
        key="external durations",
        help="Tab-separated, in seconds; `jss detect` writes it. Only files in this table count.",
    )
    if events is None or durations is None:
        return None
    return TruthTables((events.name, events.getvalue()), (durations.name, durations.getvalue()))


def _options(first: str) -> tuple[str, Sequence[str] | None, int]:
    """Show fields for the system's name, its classes and a median filter; returns these."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        default = first.rpartition("/")[2].rpartition(".")[0] or "my system"
        name = st.text_input(
            "Name of the system", placeholder=default, key="external name", width=220
        )
        median = st.number_input(
            "Median filter, frames",
            min_value=1,
            max_value=999,
            step=2,
            key="external median",
            width=180,
            help="An odd number; 1 means no filter. It applies to score curves only. Ours use 7 frames "
            "(448 ms).",
        )
        classes = st.text_input(
            "Classes",
            placeholder="those of the tables",
            key="external classes",
            width=320,
            help="Separated by commas; needed where the tables do not hold all of them.",
        )
    return name.strip() or default, label_list(classes) or None, int(median)


def _has_scores(file: File) -> bool:
    """Whether a file may hold score tables."""
    name, content = file
    return name.lower().endswith(".zip") or b"event_label" not in content[:4096]


def _scored(
    content: Sequence[File],
    truth: Sequence[Clip] | TruthTables,
    place: tuple[str, str],
    system: str,
    labels: Sequence[str] | None,
    median: int,
) -> EvalReport | None:
    """The report, measured once; None where it cannot be, which is then said."""
    if median % 2 == 0:
        st.error("The median filter must be an odd number of frames.", icon=":material/error:")
        return None
    uploaded = [truth.events, truth.durations] if isinstance(truth, TruthTables) else []
    prints = [(n, hashlib.sha256(c).digest()) for n, c in (*content, *uploaded)]
    key = hashlib.sha256(repr([prints, place, system, labels, median]).encode()).hexdigest()
    known: tuple[str, EvalReport | None] = st.session_state.get(_REPORT, ("", None))
    if known[0] == key:
        return known[1]
    try:
        with st.spinner(f"Scoring {number_of(len(content), 'files')}"):
            report = submissions.score(
                content,
                truth,
                system=system,
                dataset=place[0],
                subset=place[1],
                labels=labels,
                median=median,
            )
    except JssError as error:
        widgets.show_error(error)
        return None
    st.session_state[_REPORT] = (key, report)
    return report


def _truth_button(clips: Sequence[Clip], name: str) -> None:
    """A button for the ground truth, which also holds the names that the tables need."""
    frame = _truth_table(clips)
    st.download_button(
        "Ground truth TSV",
        lambda: frame.to_csv(sep="\t", index=False),
        mime="text/plain",
        file_name=f"{name.replace(' ', '.')}.truth.tsv",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
    )


def _truth_table(clips: Sequence[Clip]) -> pd.DataFrame:
    """Events of clips; a clip without events has a row with only its name."""
    rows: list[tuple[str | float | None, ...]] = []
    for clip in clips:
        events = [(clip.filename, e.onset, e.offset, e.label) for e in clip.events or ()]
        rows += events or [(clip.filename, None, None, None)]
    return pd.DataFrame(rows, columns=["filename", "onset", "offset", "event_label"])


def _show(report: EvalReport, name: str) -> None:
    """Show a report beside those of our systems on the same ground truth."""
    why = report.settings.get("missing")
    missing = f" (the others: {why})" if why else ""
    st.caption(
        f"**{literal(report.system)}**, your system, on "
        f"**{report.n_files} of {number_of(report.n_files_expected, 'files')}** of {name}{missing}. "
        "In brackets the 95 % bootstrap interval over clips."
    )
    for note in report.settings.get("notes", []):
        st.caption(f"Note: {literal(note)}.")
    ours = _pick_ours(_ours(report))
    rows = [
        {"Metric": title, report.system: _with_bounds(report, key)}
        | {other.system: _with_bounds(other, key) for other in ours}
        for key, title in HEADLINES.items()
        if report.headline(key) is not None
    ]
    charts.table(pd.DataFrame(rows), "external", f"scores.{report.system}")
    st.download_button(
        "Report JSON",
        lambda: json.dumps(report.as_dict()),
        file_name=f"{report.system}.json",
        mime="application/json",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
    )
    _differences(report, ours)
    _classes(report, ours)


def _with_bounds(report: EvalReport, key: str) -> str | None:
    score, bounds = report.headline(key), report.intervals.get(key)
    if score is None:
        return None
    text = rounded(score, 4)
    return text + (f" ({rounded(bounds[0])} to {rounded(bounds[1])})" if bounds else "")


def _ours(report: EvalReport) -> list[EvalReport]:
    """Our reports on the same ground truth: of the same set, or of the same clips and events."""

    def content(other: EvalReport) -> tuple[object, ...]:
        clips = other.bootstrap["clips"] if other.bootstrap else ""
        return clips, other.settings.get("events"), list(other.classwise)

    place = report.dataset, report.subset
    wanted = systems.wanted_selection()
    same = [
        other
        for other in loaders.reports()
        if other.system != report.system
        and (
            (other.dataset, other.subset) == place
            if any(place)
            else content(other) == content(report)
        )
    ]
    # One of each system: that of the wanted selection, where there is one.
    by_system = {
        other.system: other for other in sorted(same, key=lambda other: other.selection == wanted)
    }
    return choice.in_order(list(by_system.values()))


def _pick_ours(ours: Sequence[EvalReport]) -> list[EvalReport]:
    """Show buttons for our systems; returns the reports of the chosen ones."""
    if not ours:
        st.caption("None of our systems has a report on this ground truth.")
        return []
    names = [other.system for other in ours]
    default = systems.default_system(loaders.systems()) if loaders.systems() else names[0]
    chosen = st.pills(
        "Beside it",
        names,
        selection_mode="multi",
        default=systems.related(None, names, default, 3),
        key=f"external beside {' '.join(names)}",
    )
    return [other for other in ours if other.system in chosen]


def _differences(report: EvalReport, ours: Sequence[EvalReport]) -> None:
    """Show the paired differences to our systems, where they are of the same clips."""
    columns: dict[str, dict[str, str]] = {}
    for other in ours:
        try:
            columns[f"minus {other.system}"] = {
                HEADLINES[d.headline]: f"{rounded(d.b - d.a, 4, sign=True)} "
                f"({rounded(d.low, sign=True)} to {rounded(d.high, sign=True)})"
                for d in compare(other, report)
            }
        except JssError:  # of other clips, as the number of files above says
            continue
    if not columns:
        return
    frame = pd.DataFrame(columns).rename_axis("Metric").reset_index()
    title = f"**{literal(report.system)} minus ours**, paired bootstrap over clips"
    charts.table(frame, "external differences", f"differences.{report.system}", title)


def _classes(report: EvalReport, ours: Sequence[EvalReport]) -> None:
    """Show bars of one figure by class, and a table of all figures by class."""
    measured = [
        key
        for key in CLASS_METRICS
        if any(value(report, label, key) is not None for label in report.classwise)
    ]
    if not measured:
        return
    metric = st.selectbox(
        "Score by class", measured, format_func=CLASS_METRICS.__getitem__, width=260
    )
    files = sorted(
        {(other.n_files, other.system) for other in ours if other.n_files != report.n_files}
    )
    if files:
        st.caption(
            f"Yours is on {number_of(report.n_files, 'files')}, ours on {files[0][0]}: they cannot be compared class by class."
        )
    chart = class_bars([report, *ours], metric, theme=widgets.theme())
    charts.show(chart, "external bars", f"classes.{report.system}.{metric}")
    table = pd.DataFrame(
        [
            {"Class": sound_class(label).display}
            | {CLASS_METRICS[key]: value(report, label, key) for key in measured}
            for label in report.classwise
        ]
    ).round(4)
    charts.table(table, "external classes", f"classes.{report.system}")
