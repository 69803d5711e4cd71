from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from toy_clip import clip_result

from jss.errors import JssError
from jss.viz.agreement import agreement, events_of
from jss.viz.compare_columns_figure import columns
from jss.viz.compare_figure import comparison
from jss.viz.printed import save

TRUTH = [(1.0, 2.5, "Dog"), (4.0, 9.0, "Speech"), (0.0, 1.0, "Whale")]


@pytest.fixture(scope="module")
def results():
    return [
        replace(clip_result(0), system="SED"),
        clip_result(),
        replace(
            clip_result(),
            system="Toy-JT",
            source_mels=clip_result().source_mels - 7,
            scores=clip_result().scores * np.float32(0.9),
        ),
    ]


def drawn(results, truth=TRUTH, **choices):
    alike = {r.system: r.source_scores[0, 0] for r in results if r.n_sources}
    return comparison(
        results, truth, **{"shown": "Toy-S1", "threshold": 0.9, "similarity": alike, **choices}
    )


def titles(fig):
    return [axes.get_title(loc="left") for axes in fig.axes]


def test_rolls_of_all_systems_stand_under_the_truth(results):
    fig = drawn(results)
    assert titles(fig)[:6] == [
        "mixture",
        "ground truth, then 1 SED  2 Toy-S1  3 Toy-JT",
        "similarity of the sources",
        "pooled scores of Toy-S1",
        "source 1 of Toy-S1",
        "scores of source 1",
    ]
    assert fig.axes[0].get_xlim() == (0.0, 10.0)
    for result in results:
        spans = agreement(events_of(result.events(0.9)), TRUTH)
        for kind in ("hit", "miss", "false alarm"):
            bars = [b for b in fig.axes[1].patches if b.get_gid() == f"{result.system} {kind}"]
            assert len(bars) == sum(span[3] == kind for span in spans)
    assert [line.get_gid() for line in fig.axes[2].lines] == ["Toy-S1", "Toy-JT"]
    names = [text.get_text() for legend in fig.legends for text in legend.get_texts()]
    assert {"hit", "false alarm", "missed", "Whale"} <= set(names)


def test_a_difference_is_that_of_the_spectrograms(results):
    fig = drawn(results, beside="difference", against="Toy-JT")
    panel = fig.axes[5]
    assert panel.get_title(loc="left") == "source 1: Toy-S1 minus Toy-JT"
    np.testing.assert_allclose(panel.images[0].get_array(), 7, atol=1e-4)
    assert panel.images[0].get_clim() == (-10, 10)  # the least round number that holds 7 dB
    assert (
        titles(drawn(results, beside="difference", against="SED"))[5] == "scores of source 1"
    )  # SED has no source


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_drawn_for_a_system_without_sources_and_without_truth(results, theme):
    fig = drawn(results, None, shown="SED", theme=theme)
    assert titles(fig)[:4] == [
        "mixture",
        "no ground truth; 1 SED  2 Toy-S1  3 Toy-JT",
        "similarity of the sources",
        "scores of SED",
    ]
    assert save(fig, "svg").startswith(b"<?xml")
    quiet = drawn([replace(results[0], scores=results[0].scores * 0)], None, shown="SED")
    assert "no event in any of the systems" in [text.get_text() for text in quiet.axes[1].texts]


def test_a_system_that_is_not_there_is_named(results):
    with pytest.raises(JssError, match="Toy-S9 is not among the systems compared: SED"):
        drawn(results, shown="Toy-S9")


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_small_multiples_have_a_column_for_each_system(results, theme):
    alike = {r.system: r.source_scores[0, 0] for r in results if r.n_sources}
    fig = columns(
        results,
        TRUTH,
        theme,
        threshold=0.9,
        similarity=alike,
        beside="difference",
        against="Toy-S1",
        span=(2.0, 6.0),
    )
    heads = {a.get_title(loc="left"): a for a in fig.axes if a.get_title(loc="left")}
    assert list(heads) == ["SED", "Toy-S1", "Toy-JT"]
    assert len({round(a.get_position().width, 6) for a in heads.values()}) == 1
    for result in results:
        spans = agreement(events_of(result.events(0.9)), TRUTH)
        bars = heads[result.system].patches
        for kind in ("hit", "miss", "false alarm"):
            mine = [bar for bar in bars if bar.get_gid() == f"{result.system} {kind}"]
            assert len(mine) == sum(span[3] == kind for span in spans)
        assert heads[result.system].get_xlim() == (2.0, 6.0)
    texts = {text.get_text() for axes in fig.axes for text in axes.texts}
    assert {"no separation stage", "subtracted from the others", "+10 dB"} <= texts
    assert save(fig, "svg").startswith(b"<?xml")
