"""Tables of paired differences: teacher and student, fusions and a baseline, class by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from jss.evaluation.evidence import Difference, Evidence, Rescored, difference
from jss.evaluation.saved_scores import SavedScores, restricted
from jss.papers.claims import Figure, in_paper
from jss.reports import EvalReport
from jss.viz.score_tables import decimals, rounded

#: The figures of the paper's tables, and their names.
PAPER_FIGURES: Mapping[str, str] = {
    "psds1": "PSDS1",
    "psds2": "PSDS2 (K-1)",
    "event_f1_macro": "event F1 macro",
}


def text(gain: Difference | None, figure: str) -> str | None:
    """A difference with its interval, such as "+0.023 (-0.042 to +0.072)"; None for None."""
    if gain is None:
        return None
    value, low, high = (
        rounded(x, decimals(figure), sign=True) for x in (gain.value, gain.low, gain.high)
    )
    return f"{value} ({low} to {high})"


def selection_table(
    evidence: Evidence, systems: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Student and teacher of each system side by side, with the teacher's gain.

    Args:
        evidence: Figures of a set.
        systems: Names.

    Returns:
        A table with the columns (figure, Student), (figure, Teacher) and (figure, Teacher minus
        student); and which of its cells are gains whose interval leaves out 0.
    """
    rows, marks = [], []
    for system in systems:
        row: dict[tuple[str, str], object] = {
            ("", "System"): system,
            ("", "In the paper"): in_paper(system),
        }
        mark = dict.fromkeys(row, False)
        for name, title in PAPER_FIGURES.items():
            student, teacher = (
                evidence.sample(Figure(system, name, selection=selection))
                for selection in ("student", "teacher")
            )
            gain = difference(student, teacher)
            cells = {
                "Student": student and student.value,
                "Teacher": teacher and teacher.value,
                "Teacher minus student (95 %)": text(gain, name),
            }
            row |= {(title, column): value for column, value in cells.items()}
            significant = gain is not None and gain.significant
            mark |= {(title, column): significant and "minus" in column for column in cells}
        rows.append(row)
        marks.append(mark)
    columns = pd.MultiIndex.from_tuples(rows[0]) if rows else None
    return pd.DataFrame(rows, columns=columns), pd.DataFrame(marks, columns=columns)


def gains_over(
    judge: str, system: str, selection: str, evidence: Evidence
) -> dict[str, str | None]:
    """What a system or fusion gains over another one in the paper's figures, as text.

    Args:
        judge: The system that it is judged by.
        system: Name; of a fusion, its members joined by " + ".
        selection: student or teacher.
        evidence: Figures of the set.
    """
    # Both from saved scores, so that a report without a figure does not matter.
    sides = [
        evidence.rescored(Figure(name, "psds1", selection=selection)) for name in (judge, system)
    ]
    gains = {}
    for name, title in PAPER_FIGURES.items():
        a, b = (None if side is None else side.sample(name) for side in sides)
        gain = None if system == judge else difference(a, b)
        gains[f"{title}, minus {judge} (95 %)"] = text(gain, name)
    return gains


def class_gain(
    evidence: Evidence, figure: str, label: str, selection: str, over: str, system: str
) -> Difference | None:
    """What a system gains over another one in a class; None where it cannot be compared.

    Args:
        evidence: Figures of the set, which needs saved scores.
        figure: Of a class, as of ``Rescored.sample``.
        label: The class.
        selection: student or teacher.
        over: The system compared with.
        system: The system.
    """
    a, b = (evidence.rescored(Figure(name, figure, selection=selection)) for name in (over, system))
    if a is None or b is None:
        return None
    return difference(a.sample(figure, label), b.sample(figure, label))


def on_clips(
    report: EvalReport, saved: SavedScores, names: Sequence[str], figures: Sequence[str]
) -> EvalReport:
    """A report of some of its clips: their number, similarity and some figures with intervals.

    Args:
        report: Of all clips.
        saved: The scores behind it.
        names: Of the clips.
        figures: Headline figures to measure anew; all others are left out.
    """
    chosen = set(names)
    similarity = report.similarity
    if similarity is not None:
        per_clip = {name: v for name, v in similarity["per_clip"].items() if name in chosen}
        values = [v for v in per_clip.values() if v is not None]
        mean = sum(values) / len(values) if values else None
        similarity = {"mean": mean, "per_clip": per_clip}
    rescored = Rescored([restricted(saved, chosen)])
    samples = {name: one for name in figures if (one := rescored.sample(name)) is not None}
    fields: dict[str, Any] = {}
    for name, sample in samples.items():
        kind, _, average = name.rpartition("_")
        fields[kind if average == "macro" else name] = (
            {"macro": sample.value, "micro": None} if average == "macro" else sample.value
        )
    bounds = {name: sample.interval() for name, sample in samples.items()}
    return EvalReport(
        report.dataset,
        report.subset,
        report.system,
        report.selection,
        len(chosen & set(saved.outputs.clips)),
        len(chosen),
        similarity=similarity,
        intervals={name: list(b) if b else None for name, b in bounds.items()},
        commit=report.commit,
        **fields,
    )
