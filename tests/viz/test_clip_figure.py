from __future__ import annotations

import sys

import numpy as np
import pytest
from matplotlib.colors import to_hex
from toy_clip import clip_result

from jss.errors import JssError
from jss.labels import DESED
from jss.viz import export, figure

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
    bars = {
        name: [p for p in fig.axes[1].patches if p.get_gid() == name]
        for name in ("truth", "detected")
    }
    assert sorted((p.get_x(), p.get_x() + p.get_width()) for p in bars["truth"]) == [
        (0.0, 1.0),
        (1.0, 2.5),
        (4.0, 9.0),
    ]
    expected = result.events(0.9)
    assert sorted(p.get_x() for p in bars["detected"]) == pytest.approx(sorted(expected["onset"]))
    assert {"Dog", "Speech", "Whale"} <= {tick.get_text() for tick in fig.axes[1].get_yticklabels()}


def test_without_a_separation_stage(no_sources):
    fig = figure(no_sources)
    assert titles(fig)[:4] == ["mixture", "ground truth: none", "mixture", "scores"]
    assert any("no separation stage" in text.get_text() for text in fig.texts)
    assert fig.get_figheight() < 4


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
