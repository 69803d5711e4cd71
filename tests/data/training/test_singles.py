import numpy as np

from jss.data.soundbank.bank import SoundBank
from jss.data.soundscapes.recipes import RECIPES
from jss.data.training.singles import MixedSet, RecordingSet


def singles(bank: SoundBank, size: int = 60) -> RecordingSet:
    return RecordingSet(RECIPES["desed"], bank, "train", 7, size)


def test_clips_are_single_recordings(
    bank: SoundBank,
) -> None:
    clips = [singles(bank)[i] for i in range(60)]
    assert {len(c.mixture) for c in clips} == {160_000}
    assert {len(c.tags) for c in clips} == {0, 1}
    assert {c.tags[0] for c in clips if c.tags} == set(RECIPES["desed"].classes)
    assert all(c.events is None for c in clips), "nobody knows the onsets"
    last_second = [np.sqrt(np.mean(c.mixture[-16000:] ** 2)) for c in clips]
    assert min(last_second) > 1e-3, "short recordings are looped to the end"


def test_reproducibility_and_peak(bank: SoundBank) -> None:
    again = singles(bank, 1)
    for i in range(20):
        clip = singles(bank)[i]
        np.testing.assert_array_equal(clip.mixture, again[i].mixture)
        assert np.abs(clip.mixture).max() <= 0.981


def test_share_of_the_other_set() -> None:
    mixed = MixedSet(range(1000), range(5000, 6000), 0.25, seed=3)  # type: ignore[arg-type]
    got = [int(mixed[i]) for i in range(1000)]  # type: ignore[call-overload]
    others = [i for i, value in enumerate(got) if value == 5000 + i]
    assert all(value in (i, 5000 + i) for i, value in enumerate(got))
    assert abs(len(others) - 250) < 50
    assert len(mixed) == 1000
