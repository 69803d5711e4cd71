import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jss.decoding import decode, runs
from jss.metrics.scores import ScoreSet, maximal_runs


def clips(seed, lengths, levels=5):
    rng = np.random.default_rng(seed)
    return [(rng.integers(0, levels, (3, t)) / levels, np.arange(t + 1) * 0.064) for t in lengths]


@pytest.mark.parametrize("median", [1, 3, 7])
def test_events_equal_the_decoder(median):
    data = clips(0, [1, 30, 2, 17, 156])
    events = ScoreSet.build(data, 3, median=median).at([0.3, 0.5])
    for point, threshold in enumerate([0.3, 0.5]):
        for n, (scores, edges) in enumerate(data):
            rows = (events.clip == n) & (events.point == point)
            ours = sorted(
                zip(events.onset[rows], events.offset[rows], events.label[rows], strict=True)
            )
            theirs = decode(
                scores, [0, 1, 2], hop=0.064, duration=edges[-1], threshold=threshold, median=median
            )
            assert np.array(ours) == pytest.approx(np.array(sorted(theirs)))


def test_events_come_sorted():
    events = ScoreSet.build(clips(1, [20, 20, 20]), 3, median=1).at([0.2, 0.6])
    key = list(zip(events.point, events.clip, events.label, events.onset, strict=True))
    assert key == sorted(key)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=12), min_size=1, max_size=4))
def test_every_run_of_every_threshold_is_listed_once(curves):
    value = np.concatenate([[-np.inf], *([*c, -np.inf] for c in curves)]).astype(float)
    result = maximal_runs(value)
    begin, end, birth, death = result.begin, result.end, result.birth, result.death
    assert len(set(zip(begin, end, strict=True))) == len(begin)
    for child, parent in enumerate(result.parent):
        if parent == -1:
            assert death[child] == -np.inf
        else:
            assert birth[parent] == death[child]
            assert begin[parent] <= begin[child] < end[child] <= end[parent]
    for threshold in np.arange(-1, 5) + 0.5:
        active = (death <= threshold) & (threshold < birth)
        assert sorted(zip(begin[active], end[active], strict=True)) == runs(value > threshold)


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="do not fit"):
        ScoreSet.build([(np.zeros((2, 5)), np.arange(5.0))], 2)
    with pytest.raises(ValueError, match="odd"):
        ScoreSet.build([], 2, median=4)
    with pytest.raises(ValueError, match="threshold"):
        ScoreSet.build(clips(0, [3]), 3).at([])
