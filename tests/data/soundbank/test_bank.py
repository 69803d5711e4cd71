from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from jss import audio
from jss.data.recordings import SPLITS, Recording, halves, split_name
from jss.data.soundbank.bank import MixedBank, SoundBank
from jss.data.soundbank.synthbank import SynthBank
from jss.data.soundscapes.homescapes import SUBSETS
from jss.errors import JssError


def recordings(bank: SoundBank, split: str) -> set[str]:
    return {r.recording for label in bank.labels(split) for r in bank.recordings(label, split)}


def test_splits_and_halves_share_no_recording(bank: SoundBank) -> None:
    train, validation, test = (recordings(bank, split) for split in SPLITS)
    assert not (train | validation) & test
    assert not train & validation
    first, second = recordings(bank, "test_a"), recordings(bank, "test_b")
    assert not first & second
    assert first | second == test


def test_halves_are_even_for_each_label() -> None:
    items = [
        Recording(label, f"{label}{i}", f"r{label}{i}", "test")
        for label in "abcdef"
        for i in range(5)
    ]
    side = halves(items)
    for label in "abcdef":
        assert sorted(Counter(side[r.recording] for r in items if r.label == label).values()) == [
            2,
            3,
        ]


def test_a_recording_in_several_classes_stays_in_one_half() -> None:
    shared = [Recording(label, f"{label}{i}", f"r{i}", "test") for label in "ab" for i in range(6)]
    assert len(halves(shared)) == 6


def test_subsets_share_no_recording(bank: SoundBank) -> None:
    split = {name: subset.split for name, subset in SUBSETS.items()}
    assert len({split["weak"], split["unlabel_in_domain"], split["synthetic21_train"]}) == 1
    assert split["weak_validation"] == split["synthetic21_validation"] == "validation"
    assert not recordings(bank, split["validation"]) & recordings(bank, split["public"])


def test_loading_16_khz_mono(bank: SoundBank, bank_folder: Path) -> None:
    recording = bank.recordings("Dog", "train")[0]
    loaded = bank.load(recording)
    assert loaded.dtype == np.float32
    assert np.abs(loaded - audio.load(bank_folder / recording.path)).max() <= 1 / 32768


def test_folder_without_a_catalogue(tmp_path: Path) -> None:
    sound = np.sin(np.arange(44100) * 0.1)
    for number in range(30):
        path = tmp_path / "Dog" / f"{number}.wav"
        audio.save(path, sound.astype(np.float32), 44100)
    bank = SoundBank(tmp_path)
    by_split = {split: bank.recordings("Dog", split) for split in SPLITS}
    assert sum(len(items) for items in by_split.values()) == 30
    assert len(by_split["train"]) > 15
    assert by_split == {split: SoundBank(tmp_path).recordings("Dog", split) for split in SPLITS}
    assert abs(len(bank.load(by_split["train"][0])) - 16000) <= 1


def test_sentences_of_errors(tmp_path: Path, bank: SoundBank) -> None:
    with pytest.raises(JssError, match="no soundbank"):
        SoundBank(tmp_path / "nowhere")
    with pytest.raises(JssError, match="empty"):
        SoundBank(tmp_path)
    (tmp_path / "catalog.tsv").write_text("file\tclass\tsplit\n")
    with pytest.raises(JssError, match="'recording'"):
        SoundBank(tmp_path)
    (tmp_path / "catalog.tsv").write_text(
        "file\tclass\trecording\tsplit\na\tDog\tr\ttrain\nb\tDog\tr\ttest\n"
    )
    with pytest.raises(JssError, match="two splits"):
        SoundBank(tmp_path)
    (tmp_path / "catalog.tsv").write_text(
        "file\tclass\trecording\tsplit\na\tDog\tr\ttrain\na\tCat\tr\ttrain\n"
    )
    with pytest.raises(JssError, match="line 3: the file 'a' is listed twice"):
        SoundBank(tmp_path)
    (tmp_path / "catalog.tsv").write_text("file\tclass\trecording\tsplit\na.flac\t\tr\ttrain\n")
    with pytest.raises(JssError, match="line 2: the class is missing"):
        SoundBank(tmp_path)
    for seconds, why in (("1,5", "'1,5' is not a number"), ("-1", "-1 is not above 0")):
        (tmp_path / "catalog.tsv").write_text(
            f"file\tclass\trecording\tsplit\tduration_s\na.flac\tDog\tr\ttrain\t{seconds}\n"
        )
        with pytest.raises(JssError, match=f"line 2: the duration_s {why}"):
            SoundBank(tmp_path)
    (tmp_path / "catalog.tsv").write_text("file\tclass\trecording\tsplit\na.flac\tDog\tr\ttrain\n")
    lost = SoundBank(tmp_path)
    with pytest.raises(JssError, match=r"no file at .* a recording of the soundbank"):
        lost.load(lost.recordings("Dog", "train")[0])
    with pytest.raises(JssError, match="no recording of 'Horse'"):
        bank.pick("Horse", "train", np.random.default_rng(0))
    with pytest.raises(JssError, match="no split"):
        split_name("holdout")


def test_threads_get_the_same_samples(bank_folder: Path) -> None:
    fresh = SoundBank(bank_folder)
    recording = fresh.recordings("Dog", "train")[0]
    results: list[np.ndarray] = []
    threads = [
        threading.Thread(target=lambda: results.append(fresh.load(recording))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(results[0], result) for result in results)


def test_recordings_with_many_files_are_not_preferred(tmp_path: Path) -> None:
    rows = ["file\tclass\trecording\tsplit"] + [f"{i}.flac\tDog\tmany\ttrain" for i in range(9)]
    (tmp_path / "catalog.tsv").write_text("\n".join([*rows, "x.flac\tDog\tone\ttrain"]) + "\n")
    rng = np.random.default_rng(0)
    bank = SoundBank(tmp_path)
    counts = Counter(bank.pick("Dog", "train", rng).recording for _ in range(400))
    assert 150 < counts["one"] < 250


def test_weights_of_mixed_banks(bank: SoundBank) -> None:
    synthesiser = SynthBank(4)
    rng = np.random.default_rng(0)
    mixed = MixedBank([(bank, 0.75), (synthesiser, 0.25)])
    share = np.mean([mixed.pick("Dog", "train", rng).dataset == "synthesis" for _ in range(400)])
    assert 0.18 < share < 0.32
    fallback = MixedBank([(bank, 1.0), (synthesiser, 0.0)])
    assert {r.dataset for r in fallback.recordings("Dog", "validation")} == {"test"}
    assert {r.dataset for r in fallback.recordings("Electric_shaver_toothbrush", "validation")} == {
        "synthesis"
    }
    recording = fallback.pick("Electric_shaver_toothbrush", "validation", rng)
    assert fallback.holds(recording)
    assert fallback.load(recording).dtype == np.float32
    with pytest.raises(JssError, match="None of"):
        MixedBank([(bank, 1.0)]).load(recording)
