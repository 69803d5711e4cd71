"""``detect`` on files and folders of every kind; a broken one among many does not stop the rest."""

from __future__ import annotations

import argparse
from pathlib import Path

import media
import numpy as np
import pandas as pd
import pytest
import soundfile as sf

from jss import audio
from jss.cli import main
from jss.commands.detect import collect
from jss.errors import JssError
from jss.inference import clip_files
from jss.inference.system import load_system
from jss.io.inputs import DUPLICATE, output_names
from jss.io.journal import DURATIONS
from jss.io.tsv import read_durations
from jss.labels import DESED_LABELS
from jss.results import ClipResult

CASES = Path(__file__).parents[3] / "shared" / "cases"
FORMATS = {
    "wav": "PCM_16",
    "flac": "PCM_16",
    "ogg": "VORBIS",
    "mp3": "MPEG_LAYER_III",
    "opus": "OPUS",
}


@pytest.fixture(autouse=True)
def _tiny(monkeypatch, tiny_checkpoints):
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tiny_checkpoints))


def noise(seconds: float, rate: int = 16000, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.3, 0.3, (round(seconds * rate), channels))


def write(path, samples, rate=16000):
    kind = path.suffix[1:]
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(
        path, samples, rate, format={"opus": "OGG"}.get(kind, kind.upper()), subtype=FORMATS[kind]
    )
    return path


def detect(out, *arguments, system="MixIT-S1") -> int:
    return main(
        ["detect", *map(str, arguments), "--system", system, "--out", str(out), "--device", "cpu"]
    )


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format(tmp_path, kind):
    path = write(tmp_path / f"a.{kind}", noise(1.2, 48000), 48000)
    assert detect(tmp_path / "out", path) == 0
    assert list(pd.read_csv(tmp_path / "out" / "events.tsv", sep="\t").columns) == [
        "filename",
        "onset",
        "offset",
        "event_label",
    ]
    scores = pd.read_csv(tmp_path / "out" / "scores" / "a.tsv", sep="\t")
    assert list(scores.columns) == ["onset", "offset", *DESED_LABELS]
    assert len(scores) in (18, 19)
    assert read_durations(tmp_path / "out" / DURATIONS) == {path.name: pytest.approx(1.2, abs=0.1)}


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.1, 1, 35])
@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (22050, 2), (44100, 1), (96000, 2)])
def test_every_rate_and_length(tmp_path, rate, channels, seconds):
    path = write(tmp_path / "a.wav", noise(seconds, rate, channels), rate)
    assert detect(tmp_path / "out", path, "--save-sources", "--threshold", "0.3") == 0
    scores = pd.read_csv(tmp_path / "out" / "scores" / "a.tsv", sep="\t")
    samples = round(seconds * 16000)
    assert len(scores) == max(1, (samples // 256 + 1) // 4)
    for m in range(1, 5):
        assert sf.info(tmp_path / "out" / "sources" / f"a_s{m}.flac").frames == samples
    events = pd.read_csv(tmp_path / "out" / "events.tsv", sep="\t")
    assert (events.offset <= seconds + 1e-6).all()
    assert (events.onset < events.offset).all()


@pytest.mark.slow
def test_what_is_written_is_what_python_gives(tmp_path):
    path = write(tmp_path / "a.wav", noise(33))
    out = tmp_path / "out"
    assert (
        detect(
            out,
            path,
            "--save-sources",
            "--save-results",
            "--threshold",
            "0.4",
            "--selection",
            "student",
        )
        == 0
    )
    result = load_system("MixIT-S1", "student", "cpu")(path)
    stored = ClipResult.load(out / "results" / "a.npz")
    np.testing.assert_array_equal(stored.scores, result.scores)
    np.testing.assert_array_equal(stored.sources, result.sources)
    written = pd.read_csv(out / "scores" / "a.tsv", sep="\t")
    np.testing.assert_allclose(written.to_numpy(), result.score_table().to_numpy(), atol=1e-6)
    events = pd.read_csv(out / "events.tsv", sep="\t")
    expected = result.events(0.4)
    assert list(events.event_label) == list(expected.event_label)
    np.testing.assert_allclose(
        events[["onset", "offset"]], expected[["onset", "offset"]], atol=1e-6
    )
    for m, source in enumerate(result.sources):
        np.testing.assert_allclose(
            audio.load(out / "sources" / f"a_s{m + 1}.flac"), source.clip(-1, 1), atol=1e-6
        )
    assert not [p for p in out.rglob("*") if p.name.endswith(".part")]


def test_html_holds_each_recording_that_is_short_enough(tmp_path, capsys, monkeypatch):
    write(tmp_path / "in" / "a.wav", noise(1.2))
    write(tmp_path / "in" / "long" / "b.wav", noise(4.0))
    monkeypatch.setattr(clip_files, "_LONGEST_PAGE", 3.0)
    for _ in range(2):  # what cannot be made is not tried again
        assert detect(tmp_path / "out", tmp_path / "in", "--html") == 0
    said = capsys.readouterr()
    assert said.err.count("long/b.wav is 4 s long, too much for an HTML page") == 1
    assert "2 of them before" in said.out
    html = (tmp_path / "out" / "html" / "a.html").read_text(encoding="utf-8")
    assert "<title>a.wav</title>" in html
    assert not list((tmp_path / "out" / "html").rglob("b*"))


def test_bf16_is_what_python_gives_and_is_not_mixed_with_fp32(tmp_path, capsys):
    path, out = write(tmp_path / "a.wav", noise(2)), tmp_path / "out"
    assert detect(out, path, "--save-results", "--precision", "bf16") == 0
    stored = ClipResult.load(out / "results" / "a.npz")
    np.testing.assert_array_equal(
        stored.scores, load_system("MixIT-S1", device="cpu", precision="bf16")(path).scores
    )
    assert (stored.scores != load_system("MixIT-S1", device="cpu")(path).scores).any()
    assert detect(out, path) == 2
    assert "another precision" in capsys.readouterr().err


def test_folders_keep_their_names(tmp_path):
    for name in ("a.wav", "b/a.wav", "b/c.flac", "b/a.flac", ".hidden/x.wav"):
        write(tmp_path / "in" / name, noise(0.3))
    (tmp_path / "in" / "notes.txt").write_text("not audio, not asked for")
    out = tmp_path / "in" / "out"
    for _ in range(2):  # what it wrote itself is no input the second time
        assert detect(out, tmp_path / "in", "--save-sources", "--threshold", "0") == 0
        events = pd.read_csv(out / "events.tsv", sep="\t")
        assert set(events.filename) == {"a.wav", "b/a.wav", "b/c.flac", "b/a.flac"}
        tables = {p.relative_to(out / "scores").as_posix() for p in (out / "scores").rglob("*.tsv")}
        assert tables == {"a.tsv", "b/a.wav.tsv", "b/a.flac.tsv", "b/c.tsv"}
        assert len(list((out / "sources").rglob("*.flac"))) == 16


def test_names():
    assert output_names(["a.wav", "a.flac", "b.c.wav"]) == {
        "a.wav": "a.wav",
        "a.flac": "a.flac",
        "b.c.wav": "b.c",
    }


def test_names_that_clash(tmp_path):
    one, two = (
        write(tmp_path / "1" / "a.wav", noise(0.1)),
        write(tmp_path / "2" / "a.wav", noise(0.1)),
    )
    out = tmp_path / "out"
    listing = collect([str(one), str(two), str(one)], out)
    assert list(listing.files) == ["1/a.wav", "2/a.wav"]
    assert listing.left_out == {DUPLICATE: 1}
    assert list(collect([str(tmp_path), str(one)], out).files) == ["1/a.wav", "2/a.wav"]
    assert list(collect([str(one)], out).files) == ["a.wav"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(JssError, match="holds no audio"):
        collect([str(tmp_path / "empty")], out)
    with pytest.raises(JssError, match="no file or folder"):
        collect([str(tmp_path / "nowhere")], out)


def test_a_link_to_itself(tmp_path, capsys):
    write(tmp_path / "in" / "a.wav", noise(0.3))
    loop = tmp_path / "in" / "loop.wav"
    loop.symlink_to("loop.wav")
    assert detect(tmp_path / "out", loop, tmp_path / "in" / "a.wav") == 1
    assert f"There is no file at {loop}" in capsys.readouterr().err


def test_refused_names_of_several_folders(tmp_path):
    """Each is named and counted, of one name in two folders too."""
    for folder in ("1", "2"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.wav").symlink_to("nowhere")
    listing = collect([str(tmp_path / "1"), str(tmp_path / "2")], tmp_path / "out")
    for folder, why in zip("12", listing.refused.values(), strict=True):
        assert f"{tmp_path / folder / 'a.wav'} is a link to nowhere" in why
    assert listing.summary({}) == "2 names in all: 2 refused."


def test_separated_sources_are_no_recordings(tmp_path, capsys):
    write(tmp_path / "a.wav", noise(0.3))
    assert detect(tmp_path / "out", tmp_path, "--save-sources") == 0
    assert detect(tmp_path / "other", tmp_path, system="SED") == 0
    assert "1 folder of separated sources" in capsys.readouterr().out
    assert list(read_durations(tmp_path / "other" / DURATIONS)) == ["a.wav"]


def test_scores_of_a_run_before_names_clashed(tmp_path, capsys):
    write(tmp_path / "in" / "a.wav", noise(0.3))
    assert detect(tmp_path / "out", tmp_path / "in") == 0
    write(tmp_path / "in" / "a.flac", noise(0.3))
    assert detect(tmp_path / "out", tmp_path / "in") == 0
    truth = tmp_path / "gt.tsv"
    truth.write_text("filename\tonset\toffset\tevent_label\na.wav\t0\t0.2\tDog\n")
    scores = tmp_path / "out" / "scores"
    arguments = ["score", "--ground-truth", str(truth), "--scores", str(scores), "--resamples", "0"]
    assert main(arguments) == 2
    assert f"Its scores are in {scores / 'a.tsv'}: rename that file, or delete it" in (
        capsys.readouterr().err
    )
    (scores / "a.tsv").unlink()
    assert main(arguments) == 0


def broken(folder):
    folder.mkdir(exist_ok=True)
    (folder / "empty.wav").touch()
    (folder / "text.mp3").write_text("This is not sound.\n" * 100)
    whole = write(folder / "cut.flac", noise(3)).read_bytes()
    (folder / "cut.flac").write_bytes(whole[: len(whole) // 2])
    samples = noise(1)[:, 0]
    samples[5] = np.nan
    sf.write(folder / "nan.wav", samples, 16000, subtype="FLOAT")
    return folder


def test_broken_files_among_good_ones(tmp_path, capsys):
    folder = broken(tmp_path / "in")
    write(folder / "good.wav", noise(1))
    write(folder / "silent.wav", np.zeros(32000))
    assert detect(tmp_path / "out", folder, "--save-sources") == 1
    text = capsys.readouterr()
    sentences = text.err.strip().splitlines()
    assert len(sentences) == 4
    assert all(line.startswith("jss: ") for line in sentences)
    for name in ("empty.wav", "text.mp3", "cut.flac", "nan.wav"):
        assert sum(name in line for line in sentences) == 1
    assert "2 recordings" in text.out
    assert "4 failed" in text.out
    assert {p.name for p in (tmp_path / "out" / "scores").iterdir()} == {"good.tsv", "silent.tsv"}
    silent = pd.read_csv(tmp_path / "out" / "scores" / "silent.tsv", sep="\t")
    assert not silent[list(DESED_LABELS)].to_numpy().any()
    assert "silent.wav" not in set(pd.read_csv(tmp_path / "out" / "events.tsv", sep="\t").filename)
    assert len(list((tmp_path / "out" / "sources").iterdir())) == 8


def test_nothing_but_broken_files(tmp_path, capsys):
    assert detect(tmp_path / "out", broken(tmp_path / "in")) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 4
    assert not (tmp_path / "out" / "events.tsv").exists()
    assert not (tmp_path / "out" / DURATIONS).exists()


@pytest.mark.parametrize(
    ("arguments", "system", "said"),
    [
        ([], "MixIT-S9", "no system"),
        (["--save-sources"], "SED", "no separation stage"),
        (["--threshold", "1"], "SED", "--threshold"),
        (["--threshold", "nan"], "SED", "--threshold"),
        (["--threshold", "much"], "SED", "neither a number nor auto"),
        (["--decoder", "boxes"], "SED", "with jss tune"),
        (["--raw", "16000"], "SED", "add --stream"),
        (["--channels", "2"], "SED", "give --raw RATE too"),
    ],
)
def test_mistakes(tmp_path, capsys, arguments, system, said):
    path = write(tmp_path / "a.wav", noise(0.1))
    assert detect(tmp_path / "out", path, *arguments, system=system) == 2
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    assert said in text


def test_an_output_that_is_a_file(tmp_path, capsys):
    path = write(tmp_path / "a.wav", noise(0.1))
    assert detect(path, path) == 2
    assert "is a file" in capsys.readouterr().err


def test_ctrl_c_keeps_what_is_done(tmp_path, monkeypatch):
    from jss.inference import batch

    for name in "abc":
        write(tmp_path / "in" / f"{name}.wav", noise(0.5))
    written = batch.write

    def stop(system, task, *rest):
        if task.name == "b.wav":
            raise KeyboardInterrupt
        return written(system, task, *rest)

    monkeypatch.setattr(batch, "write", stop)
    assert detect(tmp_path / "out", tmp_path / "in", "--threshold", "0") == 130
    assert set(pd.read_csv(tmp_path / "out" / "events.tsv", sep="\t").filename) == {"a.wav"}


def test_options_have_defaults():
    parser = argparse.ArgumentParser()
    from jss.commands import detect as command

    command.add_arguments(parser)
    args = parser.parse_args(["a.wav", "--system", "SED", "--out", "o"])
    assert (args.threshold, args.selection, args.save_sources, args.save_results) == (
        "auto",
        "teacher",
        False,
        False,
    )


def test_a_folder_of_all_suffixes(tmp_path, capsys):
    """Phones, browsers, recorders and cameras together; the last line adds up."""
    samples = noise(1.5, 48000)[:, 0]
    for kind in media.KINDS:
        media.encode(tmp_path / "in" / f"{kind}.{kind}", samples)
    for kind, container in {"bwf": "WAV", "wave": "WAV", "rf64": "RF64", "aifc": "AIFF", "snd": "AU",
                            "caf": "CAF", "w64": "W64"}.items():  # fmt: skip
        sf.write(
            tmp_path / "in" / f"{kind}.{kind}", samples, 48000, format=container, subtype="PCM_16"
        )
    (tmp_path / "in" / "song.mp3").write_bytes(b"no sound")
    (tmp_path / "in" / "a.mid").write_bytes(b"MThd")
    count = len(media.KINDS) + 7
    assert detect(tmp_path / "out", tmp_path / "in", system="SED") == 1
    text = capsys.readouterr()
    expected = f"{count + 2} names in all: {count} analysed, 1 failed, 1 not audio (1 .mid)."
    assert text.out.splitlines()[-1] == expected
    assert text.err.count("song.mp3") == 1
    assert len(list((tmp_path / "out" / "scores").iterdir())) == count


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside this repository")
def test_the_reported_folder(tmp_path, capsys):
    assert detect(tmp_path / "out", CASES / "folder-other-suffixes", system="SED") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "10 names in all: 10 analysed."
