"""Charts of what systems scored, as Plotly figures: class bars (Figs 8, 9), similarity (Figs 10, 11)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from jss.labels import Theme, sound_class
from jss.reports import EvalReport
from jss.viz.style import INKS

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

#: Figures of a class, and of a system, that charts can show.
CLASS_METRICS = {"psds1_exact": "PSDS1 exact", "psds2_exact": "PSDS2 exact", "event_f1": "event F1",
                 "psds1": "PSDS1 (50 thresholds)", "psds2": "PSDS2 (50 thresholds)"}  # fmt: skip
SCATTERED = {"psds1_exact": "PSDS1 exact", "psds2_exact": "PSDS2 exact", "event_f1_macro": "event F1 macro"}
BASELINE = "SED"
#: Okabe and Ito's colours, told apart by every kind of sight, in the order of the systems on a page.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C8C8C")


def system_colors(names: Sequence[str]) -> dict[str, str]:
    """A colour for each system but the baseline, which is a line in the text's colour."""
    others = [name for name in dict.fromkeys(names) if name != BASELINE]
    return {name: PALETTE[i % len(PALETTE)] for i, name in enumerate(others)}


def class_bars(reports: Sequence[EvalReport], metric: str, *, by_gain: bool = False, theme: Theme = "light") -> Figure:
    """One metric by class, a bar a system, the SED baseline as a line across its class (Figs 8, 9).

    metric: a key of ``CLASS_METRICS``; by_gain: classes sorted by the best system's gain over the baseline, largest
    first. A value that could not be measured has no bar. Points carry (label, system) as custom data.
    """
    import plotly.graph_objects as go

    systems = [r for r in reports if r.system != BASELINE]
    baseline = next((r for r in reports if r.system == BASELINE), None)
    labels = class_order(reports, metric) if by_gain else list(reports[0].classwise)
    colors = system_colors([r.system for r in reports])
    width = 0.8 / max(1, len(systems))
    figure = go.Figure()
    for n, report in enumerate(systems):
        figure.add_bar(
            x=np.arange(len(labels)) - 0.4 + (n + 0.5) * width, width=width * 0.92, name=report.system,
            y=[value(report, label, metric) for label in labels], marker_color=colors[report.system],
            customdata=[[label, report.system] for label in labels],
            hovertemplate="%{customdata[0]}<br>%{customdata[1]}: %{y:.3f}<extra></extra>",
        )  # fmt: skip
    if baseline is not None:
        at = [(i, value(baseline, label, metric)) for i, label in enumerate(labels)]
        figure.add_scatter(
            x=[x for i, _ in at for x in (i - 0.44, i + 0.44, None)], y=[y for _, v in at for y in (v, v, None)],
            mode="lines", name=f"{BASELINE} baseline", line={"color": INKS[theme].text, "width": 2},
            hovertemplate=f"{BASELINE}: %{{y:.3f}}<extra></extra>",
        )  # fmt: skip
    names = [sound_class(label).short for label in labels]
    figure.update_xaxes(tickvals=list(range(len(labels))), ticktext=names, showgrid=False, tickangle=-30)
    figure.update_yaxes(title=CLASS_METRICS[metric], rangemode="tozero")
    return _dressed(figure, 440)


def class_order(reports: Sequence[EvalReport], metric: str) -> list[str]:
    """Classes by the best system's gain over the SED baseline, largest first; those without one at the end."""
    baseline = next((r for r in reports if r.system == BASELINE), None)

    def gain(label: str) -> float:
        reached = [v for r in reports if r.system != BASELINE if (v := value(r, label, metric)) is not None]
        start = (value(baseline, label, metric) if baseline else None) or 0.0
        return max(reached) - start if reached else -np.inf

    return sorted(reports[0].classwise, key=gain, reverse=True)


def value(report: EvalReport, label: str, metric: str) -> float | None:
    """One metric of one class, None where it was not measured."""
    return report.classwise.get(label, {}).get(metric)


def similarities(reports: Sequence[EvalReport]) -> Figure:
    """How alike the sources' scores are (Eq. 30), a distribution over clips for each system and subset (Fig. 10).

    Boxes are quartiles, points the clips. Points carry (clip, system) as custom data.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    subsets = list(dict.fromkeys(r.subset for r in reports))
    for n, subset in enumerate(subsets):
        for report in (r for r in reports if r.subset == subset and r.similarity):
            assert report.similarity is not None
            clips = report.similarity["per_clip"]
            figure.add_box(
                y=list(clips.values()), x=[report.system] * len(clips), name=subset, legendgroup=subset,
                offsetgroup=subset, showlegend=not any(t.name == subset for t in figure.data),
                marker_color=PALETTE[n], boxpoints="all", jitter=0.5, pointpos=0, line_width=1.5,
                marker={"size": 3, "opacity": 0.5}, customdata=[[clip, report.system] for clip in clips],
                hovertemplate="%{customdata[0]}<br>%{customdata[1]}: %{y:.3f}<extra></extra>",
            )  # fmt: skip
    figure.update_layout(boxmode="group")
    figure.update_yaxes(title="cosine similarity of the sources' scores", range=[-0.02, 1.02])
    return _dressed(figure, 460)


def score_against_similarity(reports: Sequence[EvalReport], theme: Theme = "light") -> Figure:
    """PSDS1, PSDS2 and F1 against the mean similarity, a row of panels for each subset (Fig. 11).

    The baseline has one source, alike to itself: it stands at similarity 1. Bars are 95 % bootstrap intervals.
    """
    from plotly.subplots import make_subplots

    subsets = list(dict.fromkeys(r.subset for r in reports))
    titles = [f"{name}, {subset}" for subset in subsets for name in SCATTERED.values()]
    figure = make_subplots(rows=len(subsets), cols=len(SCATTERED), subplot_titles=titles,
                           horizontal_spacing=0.07, vertical_spacing=0.16)  # fmt: skip
    colors = {BASELINE: INKS[theme].text, **system_colors([r.system for r in reports])}
    for row, subset in enumerate(subsets, 1):
        for column, metric in enumerate(SCATTERED, 1):
            for report in (r for r in reports if r.subset == subset):
                at = 1.0 if report.system == BASELINE else report.headline("similarity")
                score = report.headline(metric)
                if at is None or score is None:
                    continue
                low, high = report.intervals.get(metric) or (score, score)
                figure.add_scatter(
                    x=[at], y=[score], name=report.system, legendgroup=report.system,
                    showlegend=row == column == 1, mode="markers",
                    marker={"size": 11, "color": colors[report.system],
                            "symbol": "diamond" if report.system == BASELINE else "circle"},
                    error_y={"array": [high - score], "arrayminus": [score - low], "width": 3, "thickness": 1},
                    hovertemplate=f"{report.system}<br>similarity %{{x:.3f}}<br>score %{{y:.3f}}<extra></extra>",
                    row=row, col=column,
                )  # fmt: skip
    figure.update_yaxes(rangemode="tozero")
    for column in range(1, len(SCATTERED) + 1):
        figure.update_xaxes(title="mean similarity", row=len(subsets), col=column)
    return _dressed(figure, 330 * len(subsets))


def _dressed(figure: Figure, height: int) -> Any:
    figure.update_layout(height=height, margin={"l": 56, "r": 8, "t": 32, "b": 40}, hoverlabel={"namelength": -1},
                         legend={"orientation": "h", "y": -0.14, "x": 0})  # fmt: skip
    return figure
