from __future__ import annotations

import numpy as np
import pytest

from jss.data.recordings import SPLITS
from jss.data.soundbank.synthbank import SynthBank
from jss.errors import JssError


def paths(bank: SynthBank, split: str) -> set[str]:
    return {r.path for label in bank.labels(split) for r in bank.recordings(label, split)}


def test_splits_halves_and_seeds_share_no_recording() -> None:
    first, second = SynthBank(6, seed=0), SynthBank(6, seed=1)
    sets = [paths(bank, split) for bank in (first, second) for split in SPLITS]
    assert len(set().union(*sets)) == sum(map(len, sets)) == 6 * 6 * 11
    assert not paths(first, "test_a") & paths(first, "test_b")
    assert paths(first, "test_a") | paths(first, "test_b") == paths(first, "test")


def test_recordings_depend_on_the_seed_only() -> None:
    recording = SynthBank(4, seed=3).recordings("Dog", "test_b")[1]
    sound = SynthBank(4, seed=3).load(recording)
    assert np.array_equal(sound, SynthBank(9, seed=3).load(recording))
    assert sound.dtype == np.float32
    assert 0.1 < np.abs(sound).max() <= 1.0


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    synthesised: list[int] = []

    def synthesise(label: str, seed: int, duration: float | None = None) -> np.ndarray:
        synthesised.append(seed)
        return np.full(250_000, 0.5, np.float32)

    monkeypatch.setattr("jss.synthesis.synthesise", synthesise)
    bank = SynthBank(5, megabytes=1)
    first, second, third, *_ = bank.recordings("Dog", "train")
    for recording in (first, second, first, third, first):
        bank.load(recording)
    assert len(synthesised) == 3
    bank.load(second)
    assert len(synthesised) == 4


def test_sentences_of_errors() -> None:
    with pytest.raises(JssError, match="2 to"):
        SynthBank(1)
    assert SynthBank(4).recordings("Horse", "train") == ()
