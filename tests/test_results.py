"""Tables of scores as text."""

import numpy as np

from jss.results import score_table, score_text


def test_scores_as_text_are_what_pandas_writes():
    scores = np.random.default_rng(0).random((3, 40)).astype(np.float32)
    scores[:, :4] = [0.0, 1.0, 5e-7, 0.9999995]
    labels, facts = ("Dog", "a\tb", 'the "cat"'), {"hop": 0.064, "duration": 2.5}
    wanted = score_table(scores, labels, **facts).to_csv(sep="\t", index=False, float_format="%.6f")
    assert score_text(scores, labels, **facts) == wanted
