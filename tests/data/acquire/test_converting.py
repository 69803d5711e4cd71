from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import true_layouts as layouts

from jss import audio
from jss.data.acquire.converting import convert
from jss.data.clip import Clip
from jss.data.datasets.sets import DATASETS
from jss.errors import JssError
from jss.io.inputs import CONVERSION, walk

HOME = Path(__file__).parents[3]
GRID = (
    'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n1\n<exists>\n1\n"IntervalTier"\n"Door"\n0\n1\n1\n'
    '0\n1\n"Door"\n'
)


def contents(root: Path) -> dict[str, bytes]:
    return {
        p.relative_to(root).as_posix(): p.read_bytes()
        for p in sorted(root.rglob("*"))
        if p.is_file()
    }


def labels_of(subsets: dict[str, list[Clip]]) -> dict[str, list[tuple[str, bool, int]]]:
    return {
        subset: [(Path(c.filename).stem, c.path is None, len(c.sources)) for c in clips]
        for subset, clips in subsets.items()
    }


def test_the_copy_has_the_samples_of_the_original(tmp_path: Path) -> None:
    root, out = layouts.desed(tmp_path / "44k"), tmp_path / "16k"
    assert convert("desed", root, out, workers=2) == {}
    before, after = DATASETS["desed"].prepare(root), DATASETS["desed"].prepare(out)
    assert list(before) == list(after)
    for subset, clips in before.items():
        for ours, theirs in zip(clips, after[subset], strict=True):
            assert (ours.filename, ours.events, ours.tags) == (
                theirs.filename,
                theirs.events,
                theirs.tags,
            )
            assert ours.duration == pytest.approx(theirs.duration, abs=1e-4)
            assert (ours.path is None) == (theirs.path is None)
            assert [label for label, _ in ours.sources] == [label for label, _ in theirs.sources]
    for path in (p for p in out.rglob("*.wav")):
        info = soundfile.info(path)
        assert (info.samplerate, info.channels) == (16000, 1)
        np.testing.assert_array_equal(audio.load(path), audio.load(root / path.relative_to(out)))
    for table in root.rglob("*.tsv"):
        assert (out / table.relative_to(root)).read_bytes() == table.read_bytes()
    assert (out / CONVERSION).is_file()
    # The note of the copy is no file of the user's.
    assert walk(out).left_out == walk(root).left_out


@pytest.mark.parametrize("name", ["fuss", "urbansound8k", "esc50", "folder"])
def test_copies_of_every_data_set_are_read_alike(tmp_path: Path, name: str) -> None:
    make = {
        "fuss": layouts.fuss,
        "urbansound8k": layouts.urbansound,
        "esc50": layouts.esc50,
        "folder": layouts.nested,
    }
    make[name](tmp_path / "set")
    root = DATASETS[name].find(tmp_path / "set")
    assert root is not None
    assert convert(name, root, tmp_path / "out") == {}
    before, after = DATASETS[name].prepare(root), DATASETS[name].prepare(tmp_path / "out")
    assert labels_of(before) == labels_of(after)


def labelled(root: Path, **files: str) -> Path:
    for name in ("a", "b", "c"):
        layouts.sound(root / f"{name}.wav", 1.0)
    layouts.text(root / "labels.yaml", "[Kettle, Door]\n")
    layouts.text(root / "splits.tsv", "filename\tsplit\na.wav\ttest\nb.wav\tvalidation\n")
    for name, content in files.items():
        layouts.text(root / name.replace("__", "/").replace("_dot_", "."), content)
    return root


@pytest.mark.parametrize(
    "files",
    [
        {"strong_dot_csv": "filename,onset,offset,event_label\na.wav,0,1,Door\nb.wav,0,1,Door\n"},
        {"strong__a_dot_TextGrid": GRID, "strong__b_dot_txt": "0\t1\tDoor\n"},
    ],
)
def test_a_labelled_folder_keeps_labels_of_any_format_and_its_splits(
    tmp_path: Path, files: dict[str, str]
) -> None:
    root = labelled(tmp_path / "set", **files)
    (root / "strong").mkdir(exist_ok=True)
    layouts.sound(root / "strong" / "c.flac", 1.0)
    assert convert("labelled", root, tmp_path / "out") == {}
    before, after = (DATASETS["labelled"].prepare(base) for base in (root, tmp_path / "out"))
    assert labels_of(before) == labels_of(after)
    assert "strong_test" in after
    assert not (tmp_path / "out" / "strong" / "c.flac").exists()


def test_a_recording_that_changed_since_is_converted_again(tmp_path: Path) -> None:
    """Even where its new date is before the conversion; all others stay as they are."""
    root, out = layouts.desed(tmp_path / "44k"), tmp_path / "16k"
    sounds = sorted(root.rglob("*.wav"))
    for path in sounds:
        os.utime(path, (1e9, 1e9))
    convert("desed", root, out)
    source = next(path for path in sounds if path.parent.name == "12_events")
    for number, path in enumerate((sounds[0], source)):
        layouts.sound(path, 3.0, pitch=900.0 + number)
        os.utime(path, (1.1e9, 1.1e9))
    dates = {path: path.stat().st_ctime_ns for path in out.rglob("*.wav")}
    assert convert("desed", root, out) == {}
    changed = {path for path, date in dates.items() if path.stat().st_ctime_ns != date}
    assert changed == {out / path.relative_to(root) for path in (sounds[0], source)}
    for path in changed:
        np.testing.assert_array_equal(audio.load(path), audio.load(root / path.relative_to(out)))


def test_an_older_recording_in_its_place_is_converted_too(tmp_path: Path) -> None:
    """As one that is restored from a backup with its date; it stayed the one before."""
    root, out = tmp_path / "in", tmp_path / "out"
    for seconds, date in ((1.0, 1.1e9), (2.0, 1e9)):
        layouts.sound(root / "a.wav", seconds)
        os.utime(root / "a.wav", (date, date))
        assert convert("folder", root, out) == {}
        assert audio.duration(out / "a.wav") == seconds


def test_recordings_that_have_gone_since_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """They are in the copy, and nothing said that they are no longer in the original."""
    root, out = tmp_path / "in", tmp_path / "out"
    for name in ("a.wav", "b/c.wav"):
        layouts.sound(root / name, 1.0)
    convert("folder", root, out)
    (root / "b" / "c.wav").unlink()
    assert convert("folder", root, out) == {}
    assert (
        f"{out} has 1 recording no longer in the data set at {root}, such as b/c.wav" in caplog.text
    )


def test_a_link_whose_file_has_gone_since_is_a_failed_clip(tmp_path: Path) -> None:
    """It was a traceback."""
    root, out = layouts.desed(tmp_path / "set"), tmp_path / "out"
    path = next(path for path in sorted(root.rglob("*.wav")) if "_events" not in str(path))
    path.rename(tmp_path / "elsewhere.wav")
    path.symlink_to(tmp_path / "elsewhere.wav")
    assert convert("desed", root, out) == {}
    (tmp_path / "elsewhere.wav").unlink()
    (why,) = convert("desed", root, out).values()
    assert why == f"There is no file at {path}."


def test_a_table_that_was_changed_since_is_no_part_of_the_copy_unnoticed(tmp_path: Path) -> None:
    table = "filename\tonset\toffset\tevent_label\na.wav\t0\t1\tDoor\n"
    root, out = labelled(tmp_path / "set", strong_dot_tsv=table), tmp_path / "out"
    convert("labelled", root, out)
    layouts.text(root / "strong.tsv", f"{table}c.wav\t0\t1\tKettle\n")
    with pytest.raises(JssError, match=r"out/strong\.tsv differs from .*set/strong\.tsv: delete"):
        convert("labelled", root, out)
    (out / "strong.tsv").unlink()
    assert convert("labelled", root, out) == {}
    assert labels_of(DATASETS["labelled"].prepare(out)) == labels_of(
        DATASETS["labelled"].prepare(root)
    )


def test_mono_wavs_at_16_khz_are_copied_unchanged(tmp_path: Path) -> None:
    root = layouts.fuss(tmp_path / "fuss", ("ssdata",))
    convert("fuss", root, tmp_path / "out")
    path = "ssdata/train/example00001.wav"
    assert (tmp_path / "out" / path).read_bytes() == (root / path).read_bytes()
    assert (tmp_path / "out/ssdata/train/example00001.jams").is_file()


def test_files_that_differ_only_in_their_suffix(tmp_path: Path) -> None:
    layouts.sound(tmp_path / "set/a.wav", 1.0)
    layouts.sound(tmp_path / "set/a.flac", 2.0)
    convert("folder", tmp_path / "set", tmp_path / "out")
    lengths = {p.name: audio.duration(p) for p in (tmp_path / "out").glob("*.wav")}
    assert lengths == pytest.approx({"a.wav": 1.0, "a.flac.wav": 2.0})


@pytest.mark.parametrize("name", ["folder", "labelled"])
def test_the_copy_has_the_splits_of_the_original(tmp_path: Path, name: str) -> None:
    """Files that differ only in their suffix stay together there too."""
    root, out = tmp_path / "set", tmp_path / "out"
    for number in range(20):
        for suffix in ("wav", "flac"):
            layouts.sound(root / f"{number}.{suffix}", 0.1)
    if name == "labelled":
        layouts.text(root / "labels.yaml", "[Door]\n")
        rows = "".join(f"{number}.wav\t0\t0.1\tDoor\n" for number in range(20))
        layouts.text(root / "strong.tsv", f"filename\tonset\toffset\tevent_label\n{rows}")
    convert(name, root, out)

    def stems(folder: Path) -> dict[str, list[str]]:
        return {
            subset: sorted(clip.filename.split(".")[0] for clip in clips)
            for subset, clips in DATASETS[name].prepare(folder).items()
        }

    assert stems(out) == stems(root)


@pytest.mark.parametrize("name", ["labelled", "desed"])
def test_labels_of_files_that_differ_only_in_their_suffix(tmp_path: Path, name: str) -> None:
    """Each stays with its sound, whichever is listed first."""
    root, out = tmp_path / "set", tmp_path / "out"
    rows = "a.flac\t0\t1\tDoor\na.wav\t0\t1\tKettle\na.mp3\t1\t2\tKettle\n"
    table, folder = {
        "labelled": (root / "strong.tsv", root),
        "desed": (
            root / "metadata/validation/validation.tsv",
            root / "audio/validation/validation",
        ),
    }[name]
    layouts.text(table, f"filename\tonset\toffset\tevent_label\n{rows}")
    if name == "labelled":
        layouts.text(root / "labels.yaml", "[Kettle, Door]\n")
        layouts.text(root / "splits.tsv", "filename\tsplit\na.flac\ttest\na.wav\tvalidation\n")
    for suffix, seconds in (("flac", 2.0), ("wav", 3.0), ("mp3", 4.0)):
        audio.save(folder / f"a.{suffix}", np.full(round(seconds * 16000), 0.1, np.float32))
    assert convert(name, root, out) == {}

    def known(base: Path) -> set[tuple[str, str, int, object]]:
        return {
            (subset, clip.filename, round(clip.duration), clip.events)
            for subset, clips in DATASETS[name].prepare(base).items()
            for clip in clips
        }

    assert known(out) == known(root)


def test_damaged_files_are_listed_and_leave_no_partial_clip(
    tmp_path: Path,
) -> None:
    root, out = layouts.desed(tmp_path / "set"), tmp_path / "out"
    (root / "audio/train/weak/Y-weak2_20.000_30.000.wav").write_bytes(b"broken")
    place = "audio/train/synthetic21_train/soundscapes"
    (root / place / "7_events/foreground0_Dog.wav").write_bytes(b"broken")
    failed = convert("desed", root, out, workers=2)
    assert set(failed) == {("weak", "Y-weak2_20.000_30.000.wav"), ("synthetic21_train", "7.wav")}
    assert (
        "Y-weak2_20.000_30.000.wav is not audio that can be read"
        in failed["weak", "Y-weak2_20.000_30.000.wav"]
    )
    assert not (out / place / "7.wav").exists()
    assert (out / place / "12.wav").exists()
    layouts.sound(root / "audio/train/weak/Y-weak2_20.000_30.000.wav", 10.0)  # downloaded again
    assert set(convert("desed", root, out)) == {("synthetic21_train", "7.wav")}
    assert (out / "audio/train/weak/Y-weak2_20.000_30.000.wav").exists()


@pytest.mark.slow
def test_resuming_after_a_kill(tmp_path: Path) -> None:
    for number in range(60):
        layouts.sound(
            tmp_path / f"set/{number % 7}/{number}.wav", 4.0, 44100, 2, 100.0 + 7 * number
        )
    command = [
        sys.executable,
        "-m",
        "jss",
        "prepare",
        "folder",
        str(tmp_path / "set"),
        "--workers",
        "2",
        "--convert",
    ]
    killed = tmp_path / "killed"
    process = subprocess.Popen(
        [*command, str(killed)], cwd=HOME, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while (
        len(list(killed.rglob("*.wav"))) < 5
        and time.monotonic() < deadline
        and process.poll() is None
    ):
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    there = {path: path.stat().st_mtime_ns for path in killed.rglob("*.wav")}
    assert 5 <= len(there) < 60
    (killed / "0" / ".0123456789abcdef.part").write_bytes(b"half a file")
    resumed = subprocess.run(
        [*command, str(killed)], cwd=HOME, capture_output=True, text=True, check=False
    )
    assert resumed.returncode == 0, resumed.stderr
    assert {
        path: path.stat().st_mtime_ns for path in there
    } == there  # what was there is not made again
    assert convert("folder", tmp_path / "set", tmp_path / "straight") == {}
    straight = contents(tmp_path / "straight")
    assert len(straight) == 61
    assert {
        name: data for name, data in contents(killed).items() if name != "jss-manifest.json"
    } == straight


def test_too_little_space_is_noticed_first(tmp_path: Path, small_disk: Path) -> None:
    root = layouts.desed(tmp_path / "set")
    with pytest.raises(
        JssError, match=r"needs about 0\.0 GB more, and the disk of .* has 0\.0 GB free: make room"
    ):
        convert("desed", root, small_disk / "out")
    assert not list(small_disk.rglob("*.wav"))


def test_full_disk_leaves_no_partial_file(tmp_path: Path, small_disk: Path) -> None:
    root = layouts.nested(tmp_path / "set")
    layouts.sound(root / "big.wav", 30.0)
    with pytest.raises(JssError, match=r"cannot be written: No space left on device"):
        convert("folder", root, small_disk / "out", workers=2)
    assert not list(small_disk.rglob("*.part"))
    for path in small_disk.rglob("*.wav"):
        np.testing.assert_array_equal(
            audio.load(path), audio.load(next(root.rglob(f"{path.stem}.*")))
        )
    subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
    assert convert("folder", root, small_disk / "out") == {}


def test_read_only_disk(tmp_path: Path, small_disk: Path) -> None:
    root = layouts.nested(tmp_path / "set")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(JssError, match="cannot be written: Read-only file system"):
        convert("folder", root, small_disk / "out")


def test_sentence_of_a_failed_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = layouts.nested(tmp_path / "set")
    write = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if len(list(path.parents[2].rglob("*.wav"))) > 3:
            raise OSError(28, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(JssError, match="No space left on device"):
        convert("folder", root, tmp_path / "out", workers=2)


def test_sentences_of_wrong_folders(tmp_path: Path) -> None:
    root = layouts.urbansound(tmp_path / "set")
    for place in (root, root / "16k", tmp_path):
        with pytest.raises(JssError, match="is in the other"):
            convert("urbansound8k", root, place)
    layouts.text(tmp_path / "full/thesis.txt", "")
    with pytest.raises(JssError, match="holds something else: give an empty folder"):
        convert("urbansound8k", root, tmp_path / "full")
    convert("urbansound8k", root, tmp_path / "out")
    with pytest.raises(
        JssError, match="holds a converted copy of urbansound8k: convert folder into another"
    ):
        convert("folder", layouts.nested(tmp_path / "nested"), tmp_path / "out")
    (tmp_path / "out" / CONVERSION).write_text("{")
    with pytest.raises(JssError, match="is damaged: convert into another folder"):
        convert("urbansound8k", root, tmp_path / "out")
