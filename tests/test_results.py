"""Results as text."""

from dataclasses import replace

import numpy as np

from jss.results import ClipResult, score_table, score_text


def test_scores_as_text_are_what_pandas_writes():
    scores = np.random.default_rng(0).random((3, 40)).astype(np.float32)
    scores[:, :4] = [0.0, 1.0, 5e-7, 0.9999995]
    labels, facts = ("Dog", "a\tb", 'the "cat"'), {"hop": 0.064, "duration": 2.5}
    wanted = score_table(scores, labels, **facts).to_csv(sep="\t", index=False, float_format="%.6f")
    assert score_text(scores, labels, **facts) == wanted


def test_a_result_in_one_line():
    k, t, samples = 3, 40, 160000
    scores = np.zeros((k, t), np.float32)
    scores[1, 7] = 0.93
    result = ClipResult(
        filename="kitchen.wav",
        mixture=np.zeros(samples, np.float32),
        sources=np.zeros((4, samples), np.float32),
        mel=np.zeros((8, t), np.float32),
        source_mels=np.zeros((4, 8, t), np.float32),
        scores=scores,
        source_scores=np.zeros((4, k, t), np.float32),
        weak=np.array([0.2, 0.1, 0.0], np.float32),
        source_weak=np.zeros((4, k), np.float32),
        labels=("Cat", "Dog", "Speech"),
        sample_rate=16000,
        mel_hop=0.016,
        score_hop=0.064,
        system="MixIT-JT",
        selection="teacher",
    )
    assert repr(result) == str(result)
    assert str(result) == (
        "ClipResult('kitchen.wav', 10.0 s, system 'MixIT-JT' (teacher), 4 sources, 3 classes, "
        "highest score 0.93: Dog)"
    )
    none = replace(result, scores=scores[:0], labels=())
    assert str(none).endswith("4 sources, 0 classes)")
