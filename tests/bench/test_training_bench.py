import pytest

from jss.bench import training as bench
from jss.cli import main


@pytest.mark.parametrize("stage", bench.PEERS)
def test_the_peer_has_the_same_loss_step_by_step(stage):
    """Before the update, and after two: gradients, Adam and the teacher are the same too."""
    ours, plain = bench.steps(stage, "smoke", 4)
    losses = [(ours(), plain()) for _ in range(3)]
    for own, peer in losses:
        assert own == pytest.approx(peer, rel=1e-3)
    assert losses[0][0] != pytest.approx(losses[2][0], rel=1e-6)


def test_the_bench(capsys, monkeypatch):
    """Memory is measured in test_gpu_bench."""
    asked = []
    monkeypatch.setattr(bench, "precisions", lambda: ["fp32"])
    monkeypatch.setattr(bench, "memory", lambda *of: asked.append(of) or bench.Row("", "", 2, 1))
    code = main(["bench", "training", "--preset", "smoke", "--clips", "4", "--repeat", "1"])
    printed = capsys.readouterr().out
    assert code in (0, 1)
    assert asked == [("smoke", 4)]
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in printed.splitlines()
        if "4 clips" in line
    ]
    assert {
        "SED step of 4 clips, fp32, wall",
        "JT step of 4 clips, fp32, CPU",
        "S1 step of 4 clips, fp32, sources saved",
    } <= {row[0] for row in rows}
    assert all("differ by" in row[-1] for row in rows)


def test_mistakes(capsys):
    assert main(["bench", "training", "--clips", "6"]) == 2
    assert "multiple of 4" in capsys.readouterr().err
