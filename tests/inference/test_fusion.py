import numpy as np
import pytest

from jss.errors import JssError
from jss.inference.fusion import FUSIONS, common, fuse, members
from jss.inference.output_cache import ClipOutput, fuse_outputs


def test_equation_25_is_the_mean():
    a, b, c = np.array([[0.1, 0.9]]), np.array([[0.3, 0.5]]), np.array([[0.2, 0.1]])
    assert fuse([a, b, c]) == pytest.approx(np.array([[0.2, 0.5]]))
    assert fuse([a]) == pytest.approx(a)


def test_what_does_not_fit_is_refused():
    with pytest.raises(JssError, match="at least one"):
        fuse([])
    with pytest.raises(JssError, match="one shape"):
        fuse([np.zeros((2, 3)), np.zeros((2, 4))])


def test_the_seven_fusions_of_the_tables():
    assert len(FUSIONS) == 7
    assert members(FUSIONS[0]) == ("SED", "MixIT-S1")
    assert members(FUSIONS[-1], "PIT") == ("PIT-S1", "PIT-S2", "PIT-JT")


def test_the_mean_of_logits_counts_what_is_sure():
    fused = fuse([np.array([[0.5, 0.999, 1.0, 0.2]]), np.array([[0.5, 0.5, 0.0, 0.2]])], "logits")
    assert fused == pytest.approx(np.array([[0.5, 0.969, 0.5, 0.2]]), abs=1e-3)


def output(scores, hop, weak):
    return ClipOutput(
        np.array(scores, np.float32), np.zeros((0, 1, 1), np.float32), np.array(weak), hop
    )


def test_systems_of_other_hops_and_classes_are_fused_on_what_they_share():
    ours = output([[0.2, 0.4, 0.6, 0.8], [0.0] * 4], 0.064, [0.6, 0.0])
    theirs = output([[0.9, 0.9], [0.0, 0.4], [0.9, 0.9]], 0.128, [0.9, 0.2, 0.9])
    labels = [("Cat", "Dog"), ("Water", "Cat", "Frying")]
    fused = fuse_outputs([ours, theirs], labels)
    assert common(labels) == ("Cat",)
    assert fused.hop == 0.064
    assert fused.scores == pytest.approx(np.array([[0.1, 0.2, 0.5, 0.6]]))
    assert fused.weak == pytest.approx([0.4])
    turned = fuse_outputs([theirs, ours], labels[::-1])
    assert turned.scores == pytest.approx(fused.scores)
    with pytest.raises(JssError, match="common class"):
        fuse_outputs([ours, theirs], [("Cat", "Dog"), ("Water", "Frying", "Speech")])
