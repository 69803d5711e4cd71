from __future__ import annotations

import json
from pathlib import Path

import pytest
import true_layouts as layouts

from jss.data.acquire import checking
from jss.data.clip import Clip
from jss.data.datasets import sets
from jss.errors import JssError

REAL = Path(__file__).parents[4] / "shared" / "evaluation" / "desed-metadata" / "real"


def test_missing_damaged_and_wrong_lengths(tmp_path: Path) -> None:
    root = layouts.desed(tmp_path)
    weak = root / "audio/train/weak"
    cut = (weak / "Y-weak2_20.000_30.000.wav").read_bytes()
    (weak / "Y-weak2_20.000_30.000.wav").write_bytes(cut[: len(cut) // 2])
    (weak / "Y-weak3_30.000_40.000.wav").write_bytes(b"not audio")
    (weak / "Y-weak4_40.000_50.000.wav").unlink()
    layouts.sound(weak / "Y-weak5_50.000_60.000.wav", 7.0)
    layouts.text(
        root / "audio/train/synthetic21_train/soundscapes/7_events/foreground0_Dog.wav", ""
    )
    checks = checking.check("desed", root, workers=2)
    weak_found = checks["weak"]
    assert weak_found.missing == ("Y-weak4_40.000_50.000.wav",)
    assert set(weak_found.damaged) == {"Y-weak2_20.000_30.000.wav", "Y-weak3_30.000_40.000.wav"}
    assert "cut off or damaged" in weak_found.damaged["Y-weak2_20.000_30.000.wav"]
    assert weak_found.wrong_length == {"Y-weak5_50.000_60.000.wav": 7.0}
    assert (weak_found.listed, weak_found.fine, weak_found.published) == (9, 5, 1420)
    assert weak_found.seconds == pytest.approx(50.0)
    assert (
        "7_events" in checks["synthetic21_train"].damaged["7.wav"]
    )  # a source is part of its clip
    assert checks["validation"].fine == 2  # 9.4 s of a 10 s clip is what YouTube gives
    assert checks["unlabel_in_domain"].missing == ("Ygone_30.000_40.000.wav",)


def test_check_of_headers_only(tmp_path: Path) -> None:
    root = layouts.nested(tmp_path)
    path = root / "001/001/0000000001.flac"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    (root / "002/002/0000000002.wav").write_bytes(b"")
    for headers, damaged in ((True, 1), (False, 2)):
        checks = checking.check("folder", root, headers=headers)
        assert sum(len(c.damaged) for c in checks.values()) == damaged


@pytest.mark.slow
def test_one_damaged_file_of_a_thousand(tmp_path: Path) -> None:
    for number in range(1000):
        layouts.sound(tmp_path / f"{number // 20}/{number}.wav", 0.05, 16000)
    (tmp_path / "3/77.wav").write_bytes(b"RIFF")
    checks = checking.check("folder", tmp_path, workers=2)
    assert [name for c in checks.values() for name in c.damaged] == ["3/77.wav"]
    assert sum(c.fine for c in checks.values()) == 999


def test_manifest_and_table(tmp_path: Path) -> None:
    root = layouts.fuss(tmp_path / "fuss", ("ssdata",))
    (root / "ssdata/eval/example00003.wav").unlink()
    checks = checking.check("fuss", root)
    lines = checking.table("fuss", root, checks)
    assert len({len(line) for line in lines[1:9]}) == 1  # columns in line
    assert [line.split()[1:5] for line in lines if line.startswith("train ")] == [
        ["20000", "not", "there"]
    ]
    assert [line.split()[1:6] for line in lines if line.startswith("eval_dry ")] == [
        ["1000", "1", "1", "0", "0"]
    ]
    assert "  eval_dry, missing: example00003.wav" in lines
    checking.save("fuss", root, checks, tmp_path / "m.json")
    stored = json.loads((tmp_path / "m.json").read_text())
    assert stored["dataset"] == "fuss"
    assert stored["subsets"]["eval_dry"]["missing"] == ["example00003.wav"]
    assert stored["subsets"]["train_dry"]["fine"] == 2


def test_only_the_table_shortens_long_lists(tmp_path: Path) -> None:
    for number in range(8):
        layouts.text(tmp_path / f"{number}.wav", "")
    checks = checking.check("folder", tmp_path)
    lines = checking.table("folder", tmp_path, checks)
    assert sum("damaged:" in line for line in lines) == checking.MAX_NAMES + 1 + len(
        checks["validation"].damaged
    )
    assert any("more, listed in the manifest" in line for line in lines)


def test_lists_of_the_same_length_are_distinguished() -> None:
    clips = [
        Clip("Yabcdefghijk_0.000_10.000.wav", None),
        Clip("Ybbcdefghijk_0.000_10.000.wav", None),
    ]
    without = [
        Clip("bbcdefghijk_0.000_10.000.flac", None),
        Clip("abcdefghijk_0.000_10.000.flac", None),
    ]
    assert sets.fingerprint(clips) == sets.fingerprint(without)
    assert sets.fingerprint(clips) != sets.fingerprint(
        [clips[0], Clip("Ycbcdefghijk_0.000_10.000.wav", None)]
    )


@pytest.mark.skipif(
    not REAL.is_dir(), reason="needs ../shared/evaluation, DESED's published metadata"
)
def test_published_lists(tmp_path: Path) -> None:
    (tmp_path / "metadata").symlink_to(REAL)
    checks = checking.check("desed", tmp_path)
    for subset in ("weak", "weak_validation", "unlabel_in_domain", "validation", "public"):
        assert checks[subset].names is True
        assert checks[subset].listed == checks[subset].published == len(checks[subset].missing)


@pytest.mark.parametrize(
    ("name", "place", "text"),
    [
        ("fuss", "us", "holds UrbanSound8K: use the name urbansound8k"),
        ("desed", "desed/metadata/train", r"not the folder of DESED: give .*desed\."),
        ("urbansound8k", "us/metadata", "not the folder of UrbanSound8K: give "),
        ("fuss", ".", "give .*fuss"),
        ("esc50", "nothing", r"it needs meta/esc50\.csv"),
        ("esc50", "nowhere", "There is no folder"),
        ("esc51", "us", "There is no data set 'esc51': use one of desed, fuss"),
    ],
)
def test_sentence_of_a_wrong_folder(tmp_path: Path, name: str, place: str, text: str) -> None:
    layouts.urbansound(tmp_path / "us")
    layouts.fuss(tmp_path / "fuss", ("ssdata",))
    layouts.text(tmp_path / "desed/metadata/train/weak.tsv", "filename\tevent_labels\n")
    (tmp_path / "nothing").mkdir()
    with pytest.raises(JssError, match=text):
        sets.locate(name, tmp_path / place)
