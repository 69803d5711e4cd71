"""Block diagrams: every block and source is there, what learns looks other than what is frozen."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from jss.viz.diagram import (
    SIZE,
    Arrow,
    Block,
    Box,
    Step,
    Word,
    branches_diagram,
    printed_diagram,
    svg,
    system_diagram,
    training_diagram,
)
from jss.viz.style import contrast

SED = Block("Sound event detection", ["sed-detector", "CRNN"])
SEP = Block("Source separation", ["mixit-separator", "Conv-TasNet"])


def words(drawing) -> list[str]:
    return [s.text for s in drawing.shapes if isinstance(s, Word)]


def boxes(drawing) -> list[Box]:
    return [s for s in drawing.shapes if isinstance(s, Box)]


def test_a_detector_alone_has_no_sources():
    drawing = system_diagram(SED, None, "max", 1, 10)
    assert [box.lines[0] for box in boxes(drawing)] == [
        "Sound event detection",
        "Threshold, median filter",
    ]
    assert words(drawing) == ["mixture x", "events of 10 classes: onset, offset"]


def test_a_joint_system_shows_each_source_and_the_pooling():
    drawing = system_diagram(SED, SEP, "max over sources", 4, 10)
    assert [box.lines[0] for box in boxes(drawing)] == [
        "Source separation",
        "Sound event detection",
        "Pooling",
        "Threshold, median filter",
    ]
    assert words(drawing)[1:9] == ["s1", "s2", "s3", "s4", "D1", "D2", "D3", "D4"]
    assert "mixit-separator gives 4 sources" in drawing.alt
    tops = [box.y for box in boxes(drawing)]
    assert tops == sorted(tops)
    assert all(
        box.x >= 0 and box.x + box.w <= SIZE and box.y + box.h <= drawing.height
        for box in boxes(drawing)
    )


def test_what_learns_is_filled_and_what_is_frozen_is_dashed():
    learns = Block("Detector", ["s1-detector", "<MixIT-S1>"], trained=True)
    before = Block("Detector", ["sed"], trained=True)
    drawing = training_diagram([Step("Pre-training", SEP, before), Step("Stage 1", SEP, learns)])
    assert [box.look for box in boxes(drawing)] == ["frozen", "trained", "frozen", "trained"]
    assert "Stage 1: source separation frozen and detector learns" in drawing.alt
    root = ET.fromstring(svg(drawing))
    rects = [item for item in root if item.tag.endswith("rect")]
    assert [bool(item.get("stroke-dasharray")) for item in rects] == [True, False, True, False]
    assert [item.text for item in root if item.tag.endswith("text")].count("<MixIT-S1>") == 1, (
        "names are escaped"
    )


def test_paper_and_screen_have_the_same_words():
    drawing = system_diagram(SED, SEP, "max", 4, 10)
    on_screen = [
        item.text for item in ET.fromstring(svg(drawing, "dark")) if item.tag.endswith("text")
    ]
    on_paper = [text.get_text() for text in printed_diagram(drawing).axes[0].texts]
    assert sorted(on_screen) == sorted(on_paper)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_text_of_a_block_in_training_can_be_read(theme):
    block = replace(SED, trained=True)
    drawing = ET.fromstring(svg(training_diagram([Step("Stage 1", None, block)]), theme))
    (box,) = (item for item in drawing if item.tag.endswith("rect"))
    lines = [item.get("fill", drawing.get("fill")) for item in drawing if item.text]
    assert len(set(lines)) == 2
    assert min(contrast(color, box.get("fill")) for color in lines) >= 4.5


@pytest.mark.parametrize("summed", [False, True])
def test_two_branches_are_weighted(summed):
    drawing = branches_diagram(
        Block("Detection", ["sed"]), SEP, Block("Detection", ["own"]), "sum", "0.40", summed=summed
    )
    (left,) = (
        arrow for arrow in drawing.shapes if isinstance(arrow, Arrow) and arrow.to == SIZE / 4
    )
    assert (left.x > left.to + 100) is summed  # from below the separator, or from the mixture
    assert [box.lines[-1] for box in boxes(drawing)] == [
        "Conv-TasNet",
        "sed",
        "own",
        "Weighted sum (Eq. 2)",
    ]
    assert {"q = 0.40", "sum, 1 - q"} <= set(words(drawing))
