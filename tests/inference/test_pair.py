"""The shipped pair of Figs 12 to 15: each stage does what the note of the clip says."""

from pathlib import Path

import pytest

import jss

PAIR = Path(jss.__file__).parent / "examples" / "vacuum-speech.flac"

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("system", ["MixIT-S1", "MixIT-S2", "MixIT-JT", "MixIT-JT+"])
def test_stages_find_both_sounds_in_different_sources(system):
    result = jss.load_system(system)(PAIR)
    assert set(result.events()["event_label"]) == {"Speech", "Vacuum_cleaner"}
    speech, vacuum = (result.labels.index(label) for label in ("Speech", "Vacuum_cleaner"))
    best = result.source_scores.max(-1).argmax(0)  # (K,)
    assert best[speech] != best[vacuum]


def test_stage_0_adds_a_blender():
    result = set(jss.load_system("MixIT-S0")(PAIR).events()["event_label"])
    assert {"Speech", "Vacuum_cleaner", "Blender"} <= result
