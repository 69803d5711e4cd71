import numpy as np
import pytest

from jss.bench import data as bench
from jss.cli import main
from jss.config import load_preset
from jss.data.soundscapes import draw, render
from jss.data.training.datasets import SoundscapeSet
from jss.data.training.training_data import training_data


@pytest.fixture(scope="module")
def smoke():
    config = load_preset("smoke", ("data.sounds=2", "data.workers=0"))
    return training_data("synthscapes", config)


def test_the_peer_makes_the_same_soundscape(smoke, tmp_path):
    """Level by level; fades and loops have other shapes, and pyloudnorm gates the quiet parts."""
    synthetic = smoke.synthetic
    assert isinstance(synthetic, SoundscapeSet)
    scapes = [draw(synthetic.recipe, synthetic.bank, "train", (4, i)) for i in range(4)]
    files = bench._write_recordings(scapes, synthetic.bank, tmp_path)
    for scape in scapes:
        ours, theirs = render(scape, synthetic.bank).sources, bench.plainly(scape, files)
        assert ours.shape == theirs.shape
        apart = bench._rms(ours) - bench._rms(theirs)
        assert np.abs(apart - np.median(apart)).max() < 3
        for layer, a, b in zip((scape.background, *scape.foregrounds), ours, theirs, strict=True):
            looped = any(
                p.length > (p.stop - p.start) / 2 ** (p.semitones / 12) + 0.01 for p in layer.pieces
            )
            alike = max(
                np.corrcoef(a, np.roll(b, shift))[0, 1] for shift in (-1, 0, 1)
            )  # librosa cuts times off
            assert looped or alike > 0.95


def test_a_soundbank_that_is_not_there_is_an_error(capsys, tmp_path):
    assert main(["bench", "data", *bench.SMALL, "--soundbank", str(tmp_path / "nowhere")]) == 2
    assert "there is no folder" in capsys.readouterr().err


def test_the_bench(capsys):
    code = main(
        [
            "bench",
            "data",
            "--preset",
            "smoke",
            "--clips",
            "2",
            "--batches",
            "1",
            "--workers",
            "0",
        ]
    )
    printed = capsys.readouterr().out
    assert code in (0, 1)
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in printed.splitlines()
        if "clips/s" in line
    ]
    assert [row[1] for row in rows] == [
        "librosa + pyloudnorm",
        "Dataset with librosa.load",
        *["SED step (cpu)"] * 2,
    ]
    for row in rows:
        ours, theirs = (float(row[i].removesuffix(" clips/s")) for i in (3, 2))
        assert ours > 0
        assert theirs > 0
    assert "differ by 0e+00" in rows[1][-1]


def test_mistakes(capsys):
    assert main(["bench", "data", "--clips", "0"]) == 2
    assert "1 or more" in capsys.readouterr().err
