"""Charts of the results of systems: class bars (Figs 8, 9), similarity (Figs 10, 11)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jss.labels import Theme, sound_class
from jss.reports import EvalReport
from jss.viz.chart import PALETTE, Chart, Panel, Series
from jss.viz.style import INKS, readable

#: Metrics by class that charts can show.
CLASS_METRICS = {
    "psds1_exact": "PSDS1 exact",
    "psds2_exact": "PSDS2 exact",
    "event_f1": "event F1",
    "event_precision": "event precision",
    "event_recall": "event recall",
    "psds1": "PSDS1 (50 thresholds)",
    "psds2": "PSDS2 (50 thresholds)",
    "intersection_f1": "intersection F1",
    "intersection_precision": "intersection precision",
    "intersection_recall": "intersection recall",
    "clip_f1": "clip F1",
    "clip_precision": "clip precision",
    "clip_recall": "clip recall",
}
#: Metrics of a system that are drawn against similarity, with PSDS at the paper's 50 thresholds, or
#: at all.
SCATTERED = {
    "50 thresholds": {
        "psds1": "PSDS1 (50 thresholds)",
        "psds2": "PSDS2 (50 thresholds)",
        "event_f1_macro": "event F1 macro",
    },
    "exact": {
        "psds1_exact": "PSDS1 exact",
        "psds2_exact": "PSDS2 exact",
        "event_f1_macro": "event F1 macro",
    },
}
BASELINE = "SED"
#: Systems in the order of the palette, so that a system has the same colour in every chart.
PLACES = (
    "SSep-SED",
    "MixIT-S0",
    "MixIT-S1",
    "MixIT-S2",
    "MixIT-JT",
    "MixIT-JT+",
    "PIT-S0",
    "PIT-S1",
    "PIT-S2",
    "PIT-JT",
    "MixIT-S2+",
)
#: Colours of all other systems, in no shipped system's.
OTHERS = ("#A39A00", "#A0522D", "#F06292", "#5C6BC0", "#00A6B8", "#6B8E23")


def system_colors(names: Sequence[str], theme: Theme = "light") -> dict[str, str]:
    """A colour for each system but the baseline, which is drawn in the colour of the text.

    Systems of ``PLACES`` have a fixed colour, others one that no system of ``PLACES`` has; each is
    changed where it does not stand out from the theme's background.
    """
    others = [name for name in dict.fromkeys(names) if name != BASELINE]
    fixed = {name: PALETTE[PLACES.index(name)] for name in others if name in PLACES}
    unlisted = [name for name in others if name not in fixed]
    colors = fixed | {name: OTHERS[i % len(OTHERS)] for i, name in enumerate(unlisted)}
    return {name: readable(color, theme) for name, color in colors.items()}


def class_bars(
    reports: Sequence[EvalReport],
    metric: str,
    *,
    by_gain: bool = False,
    theme: Theme = "light",
    chosen: tuple[str, str] | None = None,
) -> Chart:
    """One metric by class: a bar per system, the SED baseline as a line (Figs 8, 9).

    A value that could not be measured has no bar. Keys are (label, system).

    Args:
        reports: One per system, of one subset.
        metric: A key of ``CLASS_METRICS``.
        by_gain: Sort classes by the best system's gain over the baseline, largest first.
        theme: "light" or "dark".
        chosen: Key of the bar that is outlined.
    """
    systems = [r for r in reports if r.system != BASELINE]
    baseline = next((r for r in reports if r.system == BASELINE), None)
    labels = class_order(reports, metric) if by_gain else list(reports[0].classwise)
    colors = system_colors([r.system for r in reports], theme)
    width = 0.8 / max(1, len(systems))
    series = [
        Series(
            "bars",
            report.system,
            [i - 0.4 + (n + 0.5) * width for i in range(len(labels))],
            [value(report, label, metric) for label in labels],
            colors[report.system],
            width=0.92 * width,
            keys=[(label, report.system) for label in labels],
        )
        for n, report in enumerate(systems)
    ]
    if baseline is not None:
        at = [(i, value(baseline, label, metric)) for i, label in enumerate(labels)]
        series.append(
            Series(
                "line",
                f"{BASELINE} baseline",
                [x for i, _ in at for x in (i - 0.44, i + 0.44, None)],
                [y for _, v in at for y in (v, v, None)],
                INKS[theme].text,
            )
        )
    names = [(float(i), sound_class(label).short) for i, label in enumerate(labels)]
    panel = Panel("", "", f"{CLASS_METRICS[metric]} (0 to 1)", series, names, zero=True)
    return Chart(
        [[panel]],
        f"{CLASS_METRICS[metric]} of each class, a bar a system, the baseline as a line",
        400,
        chosen,
    )


def class_order(reports: Sequence[EvalReport], metric: str) -> list[str]:
    """Classes by the best system's gain over the SED baseline, largest first."""
    baseline = next((r for r in reports if r.system == BASELINE), None)

    def gain(label: str) -> float:
        reached = [
            v for r in reports if r.system != BASELINE if (v := value(r, label, metric)) is not None
        ]
        start = (value(baseline, label, metric) if baseline else None) or 0.0
        return max(reached) - start if reached else -np.inf

    return sorted(reports[0].classwise, key=gain, reverse=True)


def value(report: EvalReport, label: str, metric: str) -> float | None:
    """One metric of one class, None where it was not measured."""
    return report.classwise.get(label, {}).get(metric)


def similarities(
    reports: Sequence[EvalReport],
    theme: Theme = "light",
    chosen: tuple[str, str, str] | None = None,
) -> Chart:
    """Similarity of the sources' scores (Eq. 30): a panel per subset, a box per system (Fig. 10).

    Keys are (clip, system, subset).

    Args:
        reports: One per system and subset.
        theme: "light" or "dark".
        chosen: Key of the point that is outlined.
    """
    colors = system_colors([r.system for r in reports], theme)
    panels = []
    for subset in dict.fromkeys(r.subset for r in reports):
        shown = [
            (r, r.similarity["per_clip"])
            for r in reports
            if r.subset == subset and r.similarity and r.system in colors
        ]
        series = [
            Series(
                "box",
                report.system,
                [float(at)],
                list(clips.values()),
                colors[report.system],
                width=0.6,
                keys=[(clip, report.system, subset) for clip in clips],
                legend=False,
            )
            for at, (report, clips) in enumerate(shown)
        ]
        names = [(float(at), report.system) for at, (report, _) in enumerate(shown)]
        counts = sorted({len(per_clip) for _, per_clip in shown}) or [0]
        clips = " or ".join(map(str, counts))  # other systems may have other clips
        panels.append(
            Panel(
                f"{subset}, {clips} clips",
                "",
                "cosine similarity (0 to 1)",
                series,
                names,
                y_range=(-0.02, 1.02),
            )
        )
    return Chart(
        [panels],
        "Similarity of the sources' scores in each clip, quartiles and clips of each system",
        380,
        chosen,
    )


def score_against_similarity(
    reports: Sequence[EvalReport],
    theme: Theme = "light",
    thresholds: str = "50 thresholds",
    chosen: tuple[str, str] | None = None,
) -> Chart:
    """PSDS1, PSDS2 and F1 against the mean similarity, a column of panels per subset (Fig. 11).

    The baseline has one source, which equals itself: its similarity is 1. Bars are 95 % bootstrap
    intervals. Keys are (system, subset).

    Args:
        reports: One per system and subset.
        theme: "light" or "dark".
        thresholds: A key of ``SCATTERED``.
        chosen: Key of the point that is outlined.
    """
    colors = {BASELINE: INKS[theme].text, **system_colors([r.system for r in reports], theme)}
    grid = []
    for metric, name in SCATTERED[thresholds].items():
        row = []
        for subset in dict.fromkeys(r.subset for r in reports):
            series = []
            for report in (r for r in reports if r.subset == subset):
                at = 1.0 if report.system == BASELINE else report.headline("similarity")
                score = report.headline(metric)
                if at is None or score is None:
                    continue
                low, high = report.intervals.get(metric) or (score, score)
                series.append(
                    Series(
                        "points",
                        report.system,
                        [at],
                        [score],
                        colors[report.system],
                        low=[low],
                        high=[high],
                        symbol="diamond" if report.system == BASELINE else "circle",
                        keys=[(report.system, subset)],
                    )
                )
            row.append(
                Panel(
                    f"{name}, {subset}",
                    "mean similarity (0 to 1)",
                    f"{name} (0 to 1)",
                    series,
                    zero=True,
                )
            )
        grid.append(row)
    return Chart(
        grid,
        "PSDS1, PSDS2 and F1 of each system against the mean similarity of its sources' scores",
        330,
        chosen,
    )
