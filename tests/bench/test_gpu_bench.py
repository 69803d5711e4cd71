"""The bench of a GPU runs on a CPU from end to end, and says that its rows are small."""

from __future__ import annotations

from pathlib import Path

import pytest

from jss.bench import gpu
from jss.bench.table import Row
from jss.cli import main
from jss.errors import JssError


@pytest.mark.usefixtures("one_thread")
def test_the_bench(
    tiny_checkpoints: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tiny_checkpoints))
    monkeypatch.setattr(gpu, "fitting", lambda system: 2)
    assert main(["bench", "gpu", *gpu.SMALL]) == 0
    printed = capsys.readouterr().out
    assert "There is no GPU here" in printed
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in printed.splitlines()
        if "small, on a CPU" in line
    ]
    assert len(rows) == 8
    for row, what in zip(
        rows,
        ("to tables,", "to tables and sources,", "SED", "S1", "JT", "MixIT", "peak", "the chain"),
        strict=True,
    ):
        assert what in row[0]
        assert row[5:7] == ["", ""], "no goal"
    for row in rows[:2]:
        assert "in batches of 2; alone: decoding" in row[-1]
    assert all("differ by" in row[-1] for row in rows[2:6])
    assert 0.05 < float(rows[6][3].removesuffix(" GB")) < 24
    assert "accumulate=1," in rows[6][-1]
    assert main(["bench", "gpu", "--system", "SED", "--clips", "2"]) == 2
    assert "has no separation stage" in capsys.readouterr().err


def test_a_step_that_does_not_fit_is_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    def measured(preset: str, clips: int, precision: str) -> Row:
        if clips > 12:
            raise JssError("The run whose memory is measured failed: CUDA out of memory.")
        return Row(f"{clips} clips", "80 GB", 80.0, 40.0)

    monkeypatch.setattr(gpu.training, "memory", measured)
    assert gpu.memory("paper", 48, "bf16").what == "12 clips"


def test_hours_are_those_of_the_papers_epochs() -> None:
    steps = {name: Row(name, "plain", 2.0, 1.0) for name in ("MixIT", "SED", "S1", "JT")}
    row = gpu.hours(steps, 4)
    steps_of_a_detector = 200 * 118 * 4  # 12 of 48 clips each
    assert row.ours == pytest.approx((200 * 5000 + 4 * steps_of_a_detector) / 3600)
    assert row.ratio == pytest.approx(2)
