"""Clips cut by label: the samples, the margins, the padding, and the source that won."""

from __future__ import annotations

import numpy as np
import pytest

from jss.inference.cutting import cut, unanalysed
from jss.inference.windows import FRAME, Stretch

RATE = 16000


def test_the_mixture_is_cut_to_the_sample_across_blocks():
    sound = np.arange(10 * RATE, dtype=np.float32)
    blocks = [unanalysed(block) for block in np.split(sound, [7, 3 * RATE, 5 * RATE + 1])]
    events = [(4.0, 6.0, "Dog"), (0.0, 0.5, "Cat"), (9.5, 12.0, "Dog"), (10.5, 11.0, "Cat")]
    clips = {clip.event: clip for clip in cut(blocks, events, margin=0.25, length=3.0)}
    assert sorted(clips) == [0, 1, 2]  # the last begins after the end
    for event, begin, end in ((0, 3.75, 6.25), (1, 0.0, 0.75), (2, 9.25, 10.0)):
        clip = clips[event]
        assert (clip.begin, clip.end, clip.source) == (begin, end, 0)
        expected = sound[round(begin * RATE) : round(end * RATE)]
        assert len(clip.samples) == 3 * RATE
        np.testing.assert_array_equal(clip.samples[: len(expected)], expected)
        assert not clip.samples[len(expected) :].any()


def test_the_source_that_won_is_cut():
    frames = 100
    sources = np.stack([np.full(frames * FRAME, value, np.float32) for value in (1, 2, 3)])
    scores = np.zeros((3, 2, frames), np.float32)
    scores[0, 0, :] = 0.6
    scores[2, 0, 20] = 0.9  # the maximum of class 0 from frame 10 to 40, in the second stretch
    scores[1, 1, 50:60] = 0.4

    def stretch(part):
        samples = slice(part.start * FRAME, part.stop * FRAME)
        return Stretch(
            sources[0, samples], sources[:, samples], scores[:, :, part].max(0), scores[:, :, part],
            np.zeros(2, np.float32), np.zeros((3, 2), np.float32),
        )  # fmt: skip

    second = FRAME / RATE
    events = [(10 * second, 40 * second, "a"), (50 * second, 60 * second, "b"), (0.0, second, "a")]
    stretches = [stretch(slice(0, 15)), stretch(slice(15, 55)), stretch(slice(55, frames))]
    clips = {clip.event: clip for clip in cut(stretches, events, ["a", "b"])}
    assert [clips[e].source for e in range(3)] == [3, 2, 1]
    assert [set(clips[e].samples) for e in range(3)] == [{3.0}, {2.0}, {1.0}]
    assert len(clips[0].samples) == 30 * FRAME


@pytest.mark.parametrize("at", [0.0, 1.0])
def test_an_event_without_length_gives_a_clip_only_with_a_margin(at):
    block = unanalysed(np.ones(2 * RATE, np.float32))
    assert list(cut([block], [(at, at, "a")])) == []
    assert len(next(cut([block], [(at, at, "a")], margin=0.5)).samples) == RATE * (0.5 + at / 2)


@pytest.mark.parametrize("onset", [2.0, 2.2])
def test_an_event_after_the_end_gives_no_clip_of_its_margin(onset):
    events = [(onset, 2.5, "a"), (1.9, 2.5, "a")]
    (clip,) = cut([unanalysed(np.ones(2 * RATE, np.float32))], events, margin=0.5)
    assert (clip.event, clip.begin, clip.end) == (1, 1.4, 2.0)
