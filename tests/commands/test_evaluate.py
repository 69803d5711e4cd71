import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from jss import audio
from jss.checkpoints import Card
from jss.cli import main
from jss.errors import JssError
from jss.evaluation import run, saved_scores
from jss.inference import system as inference
from jss.inference.output_cache import ClipOutput, Item
from jss.labels import DESED_LABELS
from jss.results import ClipResult

T = 31  # frames of 64 ms in 2 s
EVENTS = {
    "a.wav": [(0.2, 1.2, "Dog")],
    "b.wav": [(0.0, 2.0, "Speech"), (0.5, 1.0, "Cat")],
    "c.wav": [],
    "gone.wav": [(0.1, 0.5, "Dog")],
}


def card(weight):
    return Card("detector", "crnn", {}, "SED", "teacher", "none: a fake", "MIT", sha256=weight)


class Fake:
    """A system that hears what the clip's level says, and counts how often it is asked."""

    def __init__(self, name, n_sources, weight="w"):
        self.name, self.selection, self.labels, self.n = name, "teacher", DESED_LABELS, n_sources
        self.cards, self.precision = {"detector": card(weight)}, "fp32"
        self.manifest = SimpleNamespace(
            pooling="max", features="f", consistent=False, labels=DESED_LABELS
        )
        self.asked, self.operating = [], None
        self.device = torch.device("cpu")

    def __call__(self, source, filename=None):
        self.asked.append(filename)
        mixture = audio.load(source) if not isinstance(source, np.ndarray) else source
        rng = np.random.default_rng(int(1e4 * abs(mixture).max()))
        n, k = self.n, len(self.labels)
        scores = rng.random((max(n, 1), k, T), np.float32)
        return ClipResult(
            filename=filename,
            mixture=mixture,
            sources=np.stack([mixture / n] * n) if n else np.zeros((0, 32000)),
            mel=np.zeros((8, 9), np.float32),
            source_mels=np.zeros((n, 8, 9), np.float32),
            scores=scores.max(axis=0),
            source_scores=scores[:n],
            weak=scores.max(axis=(0, 2)),
            source_weak=scores.max(axis=2)[:n],
            labels=self.labels,
            sample_rate=16000,
            mel_hop=0.016,
            score_hop=0.064,
            system=self.name,
            selection="teacher",
        )


@pytest.fixture
def root(tmp_path):
    """A set in DESED's layout: three clips that are there, one that is not; isolated sources of the
    first.
    """
    home = tmp_path / "tinyset"
    folder = home / "audio" / "validation" / "validation"
    rng = np.random.default_rng(0)
    rows = ["filename\tonset\toffset\tevent_label"]
    for level, (name, events) in enumerate(EVENTS.items(), 1):
        rows += [f"{name}\t{a}\t{b}\t{label}" for a, b, label in events] or [f"{name}\t\t\t"]
        if name != "gone.wav":
            audio.save(folder / name, 0.1 * level * rng.uniform(-1, 1, 32000))
    for number, label in enumerate(("background0_room", "foreground0_Dog")):
        audio.save(
            folder / "a_events" / f"{label}.wav", 0.1 * (number + 1) * rng.uniform(-1, 1, 32000)
        )
    tsv = home / "metadata" / "validation" / "validation.tsv"
    tsv.parent.mkdir(parents=True)
    tsv.write_text("\n".join(rows) + "\n")
    return home


@pytest.fixture
def systems(monkeypatch):
    made = {"SED": Fake("SED", 0), "MixIT-S1": Fake("MixIT-S1", 2)}
    monkeypatch.setattr(inference, "load_system", lambda name, *_, **__: made[name])
    return made


def evaluate(root, *more, subset="validation", names=("MixIT-S1",), out="r.json"):
    path = root.parent / out
    arguments = [a for name in names for a in ("--system", name)]
    code = main(
        [
            "evaluate",
            *arguments,
            "--data",
            str(root),
            "--subset",
            subset,
            "--out",
            str(path),
            "--resamples",
            "10",
            "--cache",
            str(root.parent / "cache"),
            *more,
        ]
    )
    return code, json.loads(path.read_text()) if path.exists() else None


def test_a_report_of_a_system(root, systems, capsys):
    code, report = evaluate(root)
    assert code == 0
    assert (report["dataset"], report["subset"], report["system"]) == (
        "tinyset",
        "validation",
        "MixIT-S1",
    )
    assert (report["n_files"], report["n_files_expected"], report["missing"]) == (
        3,
        4,
        ["gone.wav"],
    )
    assert report["psds1_exact"] is not None
    assert 0 < report["similarity"]["mean"] < 1
    assert set(report["similarity"]["per_clip"]) == {"a.wav", "b.wav", "c.wav"}
    assert report["separation"]["n_clips"] == 1
    assert report["separation"]["si_sdri"] is not None
    assert report["settings"]["weights_sha256"]["detector"] == "w"
    assert "3 of 4 files" in capsys.readouterr().out
    assert report["settings"]["reproduce"] == [
        "python -m jss evaluate --system MixIT-S1 --selection teacher --data DATA --subset validation "
        "--dataset tinyset --resamples 10 --seed 0 --out {system}.json"
    ]  # no set of ours, so nothing to render


def test_the_last_line_counts_clips_and_isolated_sources_apart(root, systems, capsys):
    assert evaluate(root)[0] == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "6 names in all: 3 clips, 2 isolated sources, 1 not audio (1 .tsv)."


def test_scores_are_computed_once(root, systems):
    _, first = evaluate(root)
    _, second = evaluate(root, "--seed", "0")
    assert len(systems["MixIT-S1"].asked) == 3
    assert first["psds2_exact"] == second["psds2_exact"]
    assert first["separation"] == second["separation"]
    for path in (root.parent / "cache").rglob("*.npz"):
        path.write_bytes(path.read_bytes()[:100])  # cut off
    assert evaluate(root)[1]["psds2_exact"] == first["psds2_exact"]
    assert len(systems["MixIT-S1"].asked) == 6
    systems["MixIT-S1"].cards["detector"] = card("other")
    evaluate(root)
    assert len(systems["MixIT-S1"].asked) == 9
    evaluate(root, "--no-cache")
    assert len(systems["MixIT-S1"].asked) == 12


def test_a_fusion_costs_no_inference(root, systems):
    for name in ("SED", "MixIT-S1"):
        evaluate(root, names=(name,))
    _, report = evaluate(root, "--fusion", names=("SED", "MixIT-S1"))
    assert report["system"] == "SED + MixIT-S1"
    assert report["similarity"] is None
    assert report["separation"] is None
    assert len(systems["SED"].asked) == len(systems["MixIT-S1"].asked) == 3


def test_several_systems_and_their_difference(root, systems, capsys):
    code, both = evaluate(root, "--compare", "SED", "MixIT-S1", names=("SED", "MixIT-S1"))
    assert code == 0
    assert [r["system"] for r in both["reports"]] == ["SED", "MixIT-S1"]
    assert "B - A" in capsys.readouterr().out
    assert main(["score", "--compare", *[str(root.parent / "r.json")] * 2]) == 2
    assert "holds several reports: evaluate again with --out '{system}.json', a file for each" in (
        capsys.readouterr().err
    )
    evaluate(root, names=("SED", "MixIT-S1"), out="of_{system}.json")
    assert json.loads((root.parent / "of_SED.json").read_text())["system"] == "SED"


def test_overlap_is_built_on_the_fly(root, systems):
    code, report = evaluate(root, subset="validation_overlap")
    assert code == 0
    assert report["n_files_expected"] == 12
    assert report["n_files"] == 12 - 6  # every pair with the missing clip
    assert report["settings"]["overlap_permutations"] == 3
    assert report["settings"]["events"] >= 6


def test_a_broken_clip_is_told_and_the_rest_goes_on(root, systems, capsys):
    (root / "audio" / "validation" / "validation" / "b.wav").write_text("no audio")
    code, report = evaluate(root)
    assert code == 1
    assert report["missing"] == ["b.wav", "gone.wav"]
    assert "b.wav is not audio" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--system", "SED"], "Give --system"),
        (["--compare", "a", "b", "--out", "c.json"], "Give --system"),
        (["--system", "SED", "--data", "{}", "--subset", "weak"], "has no subset weak"),
        (["--system", "SED", "--data", "{}", "--subset", "validation", "--fusion"], "two systems"),
        (
            ["--system", "SED", "--system", "SED", "--data", "{}", "--subset", "validation"],
            "named twice",
        ),
        (
            ["--system", "SED", "--data", "{}", "--subset", "validation", "--clips", "2"],
            "all clips of --subset are scored",
        ),
        (
            ["--system", "SED", "--data", "{}", "--subset", "validation", "--mean", "logits"],
            "add --fusion",
        ),
        (["--system", "SED", "--data", "{}/nowhere", "--subset", "validation"], "no folder"),
        (
            ["--system", "SED", "--data", "{}/audio", "--subset", "validation"],
            "audio is not in DESED's layout",
        ),
        (
            ["--system", "SED", "--data", "{}", "--subset", "validation", "--decoder", "boxes"],
            "with jss tune SED",
        ),
    ],
)
def test_mistakes_are_sentences(root, systems, capsys, more, sentence):
    assert main(["evaluate", *(m.format(root) for m in more)]) == 2
    assert sentence in capsys.readouterr().err


def test_nothing_to_hear(root, systems, tmp_path):
    for path in (root / "audio").rglob("*.wav"):
        path.unlink()
    clips = run.subset(root, "validation")
    outputs = run.collect(systems["SED"], clips, None)
    with pytest.raises(JssError, match="No clip of set validation could be analysed"):
        run.report(outputs, clips, "set", "validation")


def test_real_systems_end_to_end(root, all_kinds, monkeypatch):
    monkeypatch.setenv("JSS_CHECKPOINTS", str(all_kinds))
    code, report = evaluate(root)
    assert code == 0
    assert report["psds1"] is not None
    assert report["separation"]["n_clips"] == 1
    names = ("SED", "SSep-SED")
    more = ("--fusion", "--batch", "3", "--precision", "bf16", "--device", "cpu")
    code, report = evaluate(root, *more, names=names, out="f.json")
    assert code == 0
    assert report["system"] == "SED + SSep-SED"
    assert report["n_files"] == 3


def test_clips_in_batches_have_the_outputs_of_one_at_a_time(root, all_kinds):
    """Of each system, and of their fusion."""
    pytest.importorskip("onnxruntime")
    (root / "audio" / "validation" / "validation" / "b.wav").write_bytes(b"RIFF")
    clips = run.subset(root, "validation")
    systems = [
        inference.load_system(name, folder=all_kinds, device="cpu")
        for name in ("MixIT-S1", "SSep-SED", "MixIT-S1-onnx")
    ]
    alone, together = (
        [run.collect(system, clips, None, size=size) for system in systems] for size in (1, 3)
    )
    for parts in (alone, together):
        parts += [run.fuse_sets(parts[:3], mean) for mean in ("scores", "logits")]
    for one, other in zip(alone, together, strict=True):
        assert other.missing == one.missing
        assert list(other.clips) == list(one.clips) == ["a.wav", "c.wav"]
        for name, clip in one.clips.items():
            for part in ("scores", "source_scores", "weak"):
                wanted = getattr(clip, part)
                np.testing.assert_allclose(getattr(other.clips[name], part), wanted, atol=1e-5)
    one, other = (parts[0].clips["a.wav"].separation for parts in (alone, together))
    assert other.estimate == one.estimate
    np.testing.assert_allclose(other.si_sdr, one.si_sdr, atol=1e-3)  # dB


def test_kept_scores_give_the_report_again_and_any_fusion(root, systems, tmp_path):
    out = tmp_path / "made" / "{system}.json"
    evaluate(root, "--keep-scores", names=("SED", "MixIT-S1"), out="made/{system}.json")
    kept = [
        saved_scores.SavedScores.load(saved_scores.beside(out.with_name(f"{name}.json")))
        for name in systems
    ]
    one = saved_scores.report(kept[1:])
    report = json.loads(out.with_name("MixIT-S1.json").read_text())
    assert (one.n_files, one.n_files_expected, one.missing) == (3, 4, ["gone.wav"])
    for key in ("psds1", "psds2", "psds1_exact", "clip_f1", "event_f1"):
        assert getattr(one, key) == pytest.approx(report[key], abs=2e-3), key
    assert one.settings["weights_sha256"] == report["settings"]["weights_sha256"]
    both = saved_scores.report(kept)
    _, fused = evaluate(root, "--fusion", names=("SED", "MixIT-S1"))
    assert both.system == fused["system"] == "SED + MixIT-S1"
    assert both.psds1_exact == pytest.approx(fused["psds1_exact"], abs=2e-3)
    assert both.similarity is both.separation is None


@pytest.mark.parametrize(
    ("more", "names", "why"),
    [
        (("--fusion",), ("SED", "MixIT-S1"), "leave out --fusion"),
        ((), ("SED", "MixIT-S1"), "{system}"),
    ],
)
def test_scores_are_kept_of_single_systems_each_beside_its_report(
    more, names, why, root, systems, capsys
):
    code, _ = evaluate(root, "--keep-scores", *more, names=names)
    assert code == 2
    assert why in capsys.readouterr().err


def test_a_class_that_only_a_missing_clip_has(root, systems, capsys):
    """It is refused before the report is written, which the scores would be missing beside."""
    tsv = root / "metadata" / "validation" / "validation.tsv"
    tsv.write_text(tsv.read_text().replace("gone.wav\t0.1\t0.5\tDog", "gone.wav\t0.1\t0.5\tsiren"))
    assert evaluate(root, "--keep-scores") == (2, None)
    assert "has events of siren, a class that MixIT-S1 does not know" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"PK nothing", None])
def test_damaged_scores_are_told(content, tmp_path):
    path = tmp_path / "SED.scores.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(
        JssError, match="There are no scores" if content is None else "evaluate again"
    ):
        saved_scores.SavedScores.load(path)


def test_scores_of_different_clips_are_not_fused(root, systems):
    outputs = [
        run.collect(system, run.subset(root, "validation"), None) for system in systems.values()
    ]
    clips = run.subset(root, "validation")
    parts = [
        saved_scores.collect(outputs[0], clips, "tinyset", "validation"),
        saved_scores.collect(outputs[1], clips[:2], "tinyset", "validation"),
    ]
    with pytest.raises(JssError, match="Only scores of the same clips"):
        saved_scores.report(parts)


@pytest.fixture
def short_set(tmp_path):
    """A set in DESED's layout: a clip of 9.5 s, and the same clip padded with zeros to 10 s."""
    home = tmp_path / "short"
    samples = 0.2 * np.random.default_rng(0).standard_normal(152000).astype(np.float32)
    for name, lacking in (("short.wav", 0), ("whole.wav", 8000)):
        audio.save(
            home / "audio" / "validation" / "validation" / name, np.pad(samples, (0, lacking))
        )
    tsv = home / "metadata" / "validation" / "validation.tsv"
    tsv.parent.mkdir(parents=True)
    tsv.write_text(
        "filename\tonset\toffset\tevent_label\nshort.wav\t1.0\t9.4\tDog\nwhole.wav\t1.0\t9.4\tDog\n"
    )
    return home


@pytest.mark.parametrize("name", ["SED", "MixIT-S1"])
def test_a_clip_shorter_than_its_sets_length_is_padded_to_it_with_zeros(
    name, short_set, tiny_checkpoints, tmp_path
):
    system = inference.load_system(name, folder=tiny_checkpoints, device="cpu")
    clips = run.subset(short_set, "validation")
    outputs = run.collect(system, clips, None)
    short, whole = outputs.clips["short.wav"], outputs.clips["whole.wav"]
    assert short.scores.shape == (10, 156)
    for part in ("scores", "source_scores", "weak"):
        np.testing.assert_array_equal(getattr(short, part), getattr(whole, part))
    together = run.collect(system, clips, None, size=2).clips["short.wav"]
    np.testing.assert_allclose(together.scores, short.scores, atol=1e-5)
    as_it_is = system(short_set / "audio" / "validation" / "validation" / "short.wav")
    assert (
        np.abs(as_it_is.scores - short.scores[:, :148]).max() > 0
    )  # or else this test would show nothing

    report = run.report(outputs, clips, "short", "validation", resamples=0)
    assert report.settings["clips_padded_to_s"] == 10.0
    path = tmp_path / "short.scores.npz"
    saved_scores.collect(outputs, clips, "short", "validation").save(path)
    again = saved_scores.SavedScores.load(path)
    assert [clip.padded_to for clip in again.clips] == [10.0, 10.0]
    assert saved_scores.report([again]).settings["clips_padded_to_s"] == 10.0


def test_a_sum_of_short_clips_is_padded_too(short_set, tiny_checkpoints):
    system = inference.load_system("SED", folder=tiny_checkpoints, device="cpu")
    outputs = run.collect(system, run.subset(short_set, "validation_overlap"), None)
    assert {output.scores.shape for output in outputs.clips.values()} == {(10, 156)}


def test_an_event_may_run_into_the_padding_as_in_the_published_detections(
    short_set, systems, monkeypatch
):
    """The baseline's detections at 50 thresholds hold such events: in Y0..., 2.9 s long, up to
    9.984 s.
    """
    clips = run.subset(short_set, "validation")
    all_active = outputs_of(clips, np.ones((10, 156), np.float32))
    _, material = run.material(all_active, clips, "short", "validation")
    block = material.scores.block(0, 1)
    assert block.edges[block.first_edge[0] :][156] == pytest.approx(156 * 0.064)


def test_scores_cached_of_clips_as_they_are_are_not_those_of_padded_ones(tmp_path):
    audio.save(tmp_path / "a.wav", np.zeros(1600))
    item = Item("a.wav", (tmp_path / "a.wav",))
    assert item.key() != replace(item, padded_to=10.0).key()


def outputs_of(clips, scores):
    weak, nothing = scores.max(1), np.zeros((0, *scores.shape), np.float32)
    result = {clip.filename: ClipOutput(scores, nothing, weak, 0.064) for clip in clips}
    return run.Outputs("all", "teacher", DESED_LABELS, result, {}, {})
