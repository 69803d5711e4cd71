from __future__ import annotations

import sys

import numpy as np
import pytest
from matplotlib.colors import to_hex
from toy_clip import clip_result

from jss.errors import JssError
from jss.labels import DESED
from jss.viz import export, figure
from jss.viz.agreement import agreement, events_of
from jss.viz.names import place_names

TRUTH = [(1.0, 2.5, "Dog"), (4.0, 9.0, "Speech"), (0.0, 1.0, "Whale")]


def titles(fig):
    return [axes.get_title(loc="left") for axes in fig.axes]


def curves(axes):
    return {line.get_gid(): line for line in axes.lines if line.get_gid()}


def test_layout_of_the_paper(result):
    fig = figure(result, TRUTH)
    assert titles(fig)[:10] == [
        "mixture",
        "ground truth",
        "mixture",
        "pooled scores",
        "source 1",
        "scores of source 1",
        "source 2",
        "scores of source 2",
        "source 3",
        "scores of source 3",
    ]
    assert {axes.get_xlim() for axes in fig.axes[:10]} == {(0.0, 10.0)}
    assert [axes.get_xlabel() for axes in fig.axes[8:10]] == ["time (s)"] * 2
    assert "level (dB)" in [axes.get_xlabel() for axes in fig.axes]


def test_panels_show_the_arrays(result):
    fig = figure(result, threshold=0.7)
    np.testing.assert_array_equal(fig.axes[2].images[0].get_array(), result.mel)
    np.testing.assert_array_equal(fig.axes[6].images[0].get_array(), result.source_mels[1])
    pooled = curves(fig.axes[3])
    assert pooled.pop("threshold").get_ydata()[0] == 0.7
    assert list(pooled) == list(result.labels)
    for k, label in enumerate(result.labels):
        np.testing.assert_allclose(pooled[label].get_ydata(), result.scores[k])
        np.testing.assert_allclose(
            curves(fig.axes[7])[label].get_ydata(), result.source_scores[1, k]
        )
    assert pooled["Dog"].get_xdata()[0] == pytest.approx(0.032)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_and_dashes_of_the_classes(result, theme):
    fig = figure(result, theme=theme)
    for kind in DESED:
        line = curves(fig.axes[3])[kind.label]
        assert to_hex(line.get_color()) == kind.color(theme).lower()
        assert (line.get_linestyle() == "-") == (not kind.dash)
    names = [text.get_text() for text in fig.legends[0].get_texts()]
    assert names == [kind.display for kind in DESED]


def test_ground_truth_and_decoded_events(result):
    fig = figure(result, TRUTH, threshold=0.9)

    def bars(name, axes=fig.axes[1]):
        patches = [p for p in axes.patches if p.get_gid() == name]
        return sorted((p.get_x(), p.get_x() + p.get_width()) for p in patches)

    assert bars("truth") == [(0.0, 1.0), (1.0, 2.5), (4.0, 9.0)]
    spans = agreement(events_of(result.events(0.9)), TRUTH)
    for kind in ("hit", "miss", "false alarm"):
        assert np.array(bars(kind)).ravel() == pytest.approx(
            np.array(sorted(span[:2] for span in spans if span[3] == kind)).ravel()
        )
    keys = [text.get_text() for legend in fig.legends for text in legend.get_texts()]
    assert {"hit", "false alarm", "missed"} <= set(keys)
    without = figure(result, threshold=0.9).axes[1]
    assert [onset for onset, _ in bars("detected", without)] == pytest.approx(
        sorted(result.events(0.9)["onset"])
    )
    assert {"Dog", "Speech", "Whale"} <= {tick.get_text() for tick in fig.axes[1].get_yticklabels()}


def test_a_zoom_shows_its_span_and_names_what_is_high_in_it(result):
    fig = figure(result, TRUTH, threshold=0.7, span=(2.0, 4.5))
    assert {axes.get_xlim() for axes in fig.axes[:10]} == {(2.0, 4.5)}
    for axes in fig.axes[3:10:2]:
        assert all(2.0 <= text.get_position()[0] <= 4.5 for text in axes.texts)


def test_names_stand_by_their_own_peaks_clear_of_curves_and_of_one_another():
    time = (np.arange(156, dtype=np.float32) + 0.5) * 0.064

    def curve(start, end, top):
        return np.where((time >= start) & (time < end), top, 0.01).astype(np.float32)

    rows = [curve(0.5, 3.0, 0.98), curve(2.0, 6.0, 0.9), curve(8.0, 9.0, 0.5)]
    rows[2][:16] = 0.3  # a lower one elsewhere
    limits = (-0.03, 1.03)
    places = place_names(rows, [0.8] * 3, 0.12, time=time, span=(0.0, 10.0), limits=limits)
    boxes = [(x - 0.4, x + 0.4, y - 0.06, y + 0.06) for x, y in places]
    for n, (left, right, low, high) in enumerate(boxes):
        assert limits[0] <= low < high <= limits[1]
        assert not any(
            left < r and lo < right and low < t and b < high for lo, r, b, t in boxes[:n]
        )
        inside = (time >= left) & (time <= right)
        assert not any(((row[inside] > low) & (row[inside] < high)).any() for row in rows)
    assert 7.5 <= places[2][0] <= 9.5, "not between its two runs"


def test_without_a_separation_stage(no_sources):
    fig = figure(no_sources)
    assert titles(fig)[:4] == ["mixture", "ground truth: none", "mixture", "scores"]
    assert any("no separation stage" in text.get_text() for text in fig.texts)
    assert fig.get_figheight() < 4


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.1, 30.0])
def test_any_length(seconds):
    short = clip_result(1, seconds)
    assert figure(short).axes[0].get_xlim() == (0.0, short.duration)
    assert export(short, format="png", dpi=40).startswith(b"\x89PNG")


@pytest.mark.slow
def test_files(result):
    svg, pdf = export(result, TRUTH, format="svg"), export(result, TRUTH, format="pdf")
    assert b"<svg" in svg[:400]
    assert b">pooled scores<" in svg  # text stays text
    assert pdf.startswith(b"%PDF-")
    assert svg == export(result, TRUTH, format="svg")


def test_bad_requests_are_sentences(result):
    with pytest.raises(JssError, match="svg, pdf or png"):
        export(result, format="gif")
    with pytest.raises(JssError, match="theme"):
        figure(result, theme="sepia")


def test_no_global_state(result):
    figure(result)
    assert (
        "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()
    )
