import numpy as np
import pytest

from jss.errors import JssError
from jss.inference.fusion import FUSIONS, fuse, fuse_results, members
from jss.results import ClipResult


def result(system, seed, n_sources=2, samples=1600, labels=("a", "b"), hop=0.064):
    rng = np.random.default_rng(seed)

    def random(*shape):
        return rng.random(shape, np.float32)

    k, t = len(labels), 2
    return ClipResult(
        filename="x.wav",
        mixture=random(samples),
        sources=random(n_sources, samples),
        mel=random(8, 7),
        source_mels=random(n_sources, 8, 7),
        scores=random(k, t),
        source_scores=random(n_sources, k, t),
        weak=random(k),
        source_weak=random(n_sources, k),
        labels=labels,
        sample_rate=16000,
        mel_hop=0.016,
        score_hop=hop,
        system=system,
        selection="teacher",
    )


def test_equation_25_is_the_mean():
    a, b, c = np.array([[0.1, 0.9]]), np.array([[0.3, 0.5]]), np.array([[0.2, 0.1]])
    assert fuse([a, b, c]) == pytest.approx(np.array([[0.2, 0.5]]))
    assert fuse([a]) == pytest.approx(a)


def test_a_fused_result_has_no_sources():
    a, b = result("SED", 0, n_sources=0), result("MixIT-S1", 1)
    both = fuse_results([a, b])
    assert both.system == "SED + MixIT-S1"
    assert both.selection == "teacher"
    assert both.n_sources == 0
    assert both.scores == pytest.approx((a.scores + b.scores) / 2)
    assert both.weak == pytest.approx((a.weak + b.weak) / 2)
    assert len(both.residual) == len(both.mixture)


def test_what_does_not_fit_is_refused():
    for other in (
        result("B", 1, labels=("b", "a")),
        result("B", 1, hop=0.02),
        result("B", 1, samples=800),
    ):
        with pytest.raises(JssError, match="Only"):
            fuse_results([result("A", 0), other])
    with pytest.raises(JssError, match="at least one"):
        fuse_results([])
    with pytest.raises(JssError, match="at least one"):
        fuse([])
    with pytest.raises(JssError, match="one shape"):
        fuse([np.zeros((2, 3)), np.zeros((2, 4))])


def test_the_seven_fusions_of_the_tables():
    assert len(FUSIONS) == 7
    assert members(FUSIONS[0]) == ("SED", "MixIT-S1")
    assert members(FUSIONS[-1], "PIT") == ("PIT-S1", "PIT-S2", "PIT-JT")
