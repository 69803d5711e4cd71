"""The plain composition gives the scores of ours, and the bench says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jss.bench import inference as bench
from jss.cli import main
from jss.errors import JssError
from jss.inference.system import load_system


def test_the_peer_has_the_same_scores(tiny_checkpoints: Path) -> None:
    system = load_system("MixIT-S1", device="cpu", folder=tiny_checkpoints)
    clip = 0.1 * np.random.default_rng(0).standard_normal(32000).astype(np.float32)
    scores = system(clip).scores
    np.testing.assert_allclose(bench.peer(system)(clip), scores, atol=bench.APART["fp32"])
    assert scores.std() > 0


@pytest.mark.parametrize("name", ["SSep-SED", "MixIT-S1-onnx"])
def test_systems_of_other_parts_are_refused(name: str, all_kinds: Path) -> None:
    system = load_system(name, device="cpu", folder=all_kinds)
    with pytest.raises(JssError, match=f"{name} is not a Conv-TasNet and a CRNN"):
        bench.peer(system)


def test_the_bench(
    tiny_checkpoints: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tiny_checkpoints))
    assert main(["bench", "inference", "--clips", "2"]) in (0, 1)
    printed = capsys.readouterr().out
    assert "MixIT-S1, a 10 s clip, fp32, wall" in printed
    assert "2 clips, scores differ by" in printed
    assert "no event decoded differently" in printed
    assert "the first clip in a fresh process, cpu" in printed
    assert main(["bench", "inference", "--system", "SED"]) == 2
    assert "has no separation stage" in capsys.readouterr().err
