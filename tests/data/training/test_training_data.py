from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import true_layouts as layouts

from jss import audio
from jss.config import load_preset
from jss.data.clip import Clip, Event
from jss.data.datasets import desed
from jss.data.training.batching import DetectionSteps, SeparationSteps, SeparationValidation
from jss.data.training.datasets import ClipSet
from jss.data.training.training_data import training_data
from jss.errors import JssError
from jss.inference.windows import padded
from jss.labels import DESED_LABELS
from jss.training.stages import STAGES

CONFIG = load_preset("smoke", ("detection.batch=[1, 1, 1]",))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DESED, FUSS and unlabelled recordings beside one another."""
    root = tmp_path_factory.mktemp("world")
    layouts.desed(root / "desed")
    layouts.fuss(root / "fuss")
    layouts.nested(root / "yfcc")
    layouts.urbansound(root / "us8k")
    return root


ROOTS = ("yfcc", "fuss", "desed")
#: Stage -> the names of the mixtures that it learns from, how many, and how many select it.
PAPER = {
    "PIT": ("sources", "fuss", 2, 1),
    "MixIT": ("detection", "desed", 4, 10),
    "TDCN": ("recordings", "yfcc", 10, 2),
}


@pytest.mark.parametrize("roots", [ROOTS, ROOTS[::-1]])
def test_pools_of_the_papers_stages(world: Path, roots: tuple[str, ...]) -> None:
    config = load_preset("paper", ("data.workers=0", "data.seconds=2"))
    data = training_data([str(world / name) for name in roots], config)
    for name, (kind, folder, count, held_out) in PAPER.items():
        row = STAGES[name]
        pool = data.pool(row.data, row.loss)
        assert (pool.name, Path(pool.root).name) == (kind, folder)
        steps = SeparationSteps(pool, config, config.separation, row.loss, 3)
        assert sum(map(len, steps.subsets)) == count
        validation = SeparationValidation(pool, config, config.separation, row.loss)
        assert len(validation.clips) == held_out
        files = [clip.path for subset in steps.subsets for clip in subset.clips]
        files += [clip.path for clip in validation.clips.clips]
        assert all((world / folder) in path.parents for path in files)
        mixed = config.separator.n_src if row.loss == "pit" else 2
        assert steps[0].targets.shape == (config.separation.batch, mixed, 160000)
        assert validation[0].targets.shape[1:] == (mixed, 160000)
    assert [len(data.pools["sources"].sources[i].sources) for i in range(2)] == [1, 4]


def test_mixit_pool_of_desed(
    world: Path,
) -> None:
    data = training_data([str(world / name) for name in ROOTS], load_preset("paper"))
    pool = data.pool("detection", "mixit")
    assert {name: len(result) for name, result in pool.mixtures.items()} == {
        "synthetic": 2,
        "unlabelled": 2,
    }
    names = {clip.filename for clip in pool.validation.clips}
    assert names == {f"Y-weak{i}_{10 * i}.000_{10 * i + 10}.000.wav" for i in range(10)}


def test_descriptions_of_pools(world: Path) -> None:
    data = training_data([str(world / name) for name in ROOTS], CONFIG)
    assert (len(data.synthetic), len(data.weak), len(data.unlabelled)) == (2, 8, 2)
    start = "the data set desed, in DESED's layout (files: synthetic21_train 2 of 2,"
    assert data.description.startswith(start)
    assert "unlabel_in_domain 2 of 3" in data.description
    fuss = data.pools["sources"].description
    assert fuss == "FUSS, reverberant (files: train 2 of 2, validation 1 of 1)"
    batch = DetectionSteps(data, CONFIG, CONFIG.detection, DESED_LABELS, 0)[0]
    assert batch.audio.shape == (3, 32000)


def test_absent_pools_are_replaced(world: Path) -> None:
    """By the next of POOLS that serves: (what is given, what is wanted) -> what it is."""
    for given, loss, wanted, expected in (
        ("desed", "mixit", "recordings", "detection"),
        ("desed", "pit", "sources", "detection"),
        ("yfcc", "mixit", "detection", "recordings"),
        ("fuss", "mixit", "detection", "sources"),
        ("fuss", "mixit", "sources", "sources"),
    ):
        data = training_data(str(world / given), CONFIG)
        pool = data.pool(wanted, loss)
        assert pool.name == expected
        mixed = CONFIG.separator.n_src if loss == "pit" else 2
        steps = SeparationSteps(pool, CONFIG, CONFIG.separation, loss, 0)
        assert steps[0].targets.shape == (2, mixed, 16000)


def test_sentences_of_a_folder_alone(world: Path) -> None:
    data = training_data(str(world / "yfcc"), CONFIG)
    with pytest.raises(
        JssError, match=r"no synthetic clips.*10 unlabelled recordings in yfcc: add --data"
    ):
        DetectionSteps(data, CONFIG, CONFIG.detection, DESED_LABELS, 0)
    with pytest.raises(JssError, match="PIT needs FUSS, a soundbank or another set"):
        data.pool("sources", "pit")


def test_fresh_soundscapes_with_a_set_on_disk(world: Path) -> None:
    data = training_data(("synthscapes", str(world / "fuss")), CONFIG)
    assert data.fresh
    pool = data.pool("sources", "pit")
    assert (Path(pool.root).name, pool.fresh) == ("fuss", False)
    assert data.pool("detection", "mixit").fresh
    steps = SeparationSteps(pool, CONFIG, CONFIG.separation, "pit", 7)
    assert steps[0].targets.shape == (2, 4, 16000)


def test_urbansound8k_is_a_soundbank_mixed_with_the_synthesiser(world: Path) -> None:
    data = training_data(str(world / "us8k"), CONFIG)
    assert data.fresh
    assert "folder us8k" in data.description


def test_sentences_of_errors(world: Path, tmp_path: Path) -> None:
    with pytest.raises(JssError, match="both hold labelled clips: give one of them"):
        training_data((str(world / "desed"), "synthscapes"), CONFIG)
    with pytest.raises(JssError, match="There is no folder"):
        training_data(str(tmp_path / "nowhere"), CONFIG)
    with pytest.raises(JssError, match="is empty: it needs class folders"):
        training_data(str(tmp_path), CONFIG)
    layouts.text(tmp_path / "ssdata/train/readme.txt", "")
    layouts.text(tmp_path / "metadata/train/weak.tsv", "filename\tevent_labels\n")
    with pytest.raises(
        JssError, match="holds DESED and FUSS together: put each into a folder of its own"
    ):
        training_data(str(tmp_path), CONFIG)
    layouts.sound(tmp_path / "one/only.wav", 1.0)
    with pytest.raises(JssError, match="a single recording: MixIT needs at least two"):
        training_data(str(tmp_path / "one"), CONFIG)


def test_a_damaged_clip_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"broken")
    layouts.sound(tmp_path / "b.wav", 3.0)
    clips = [Clip(name, tmp_path / name) for name in ("a.wav", "b.wav")]
    with pytest.warns(UserWarning, match=r"a\.wav is not audio .* Another clip replaces it"):
        stand_in = ClipSet(clips, 16000)[0]
    np.testing.assert_array_equal(stand_in.mixture, ClipSet(clips, 16000)[1].mixture)
    (tmp_path / "b.wav").write_bytes(b"")
    with (
        pytest.warns(UserWarning, match="replaces it"),
        pytest.raises(JssError, match="None of the 2 clips can be read"),
    ):
        ClipSet(clips, 16000)[0]


def long_clips(root: Path, seconds: float = 5.0) -> Path:
    """Four recordings: Dog in the first second, Cat in the last."""
    for number in range(4):
        layouts.sound(root / f"{number}.wav", seconds, pitch=300.0 + number)
    last = (str(seconds - 1), str(seconds), "Cat")
    rows = [(f"{n}.wav", *row) for n in range(4) for row in (("0.0", "1.0", "Dog"), last)]
    layouts.text(root / "strong.tsv", layouts.strong(*rows))
    layouts.text(root / "labels.yaml", "[Dog, Cat]")
    return root


def test_tags_are_those_of_what_is_read(tmp_path: Path) -> None:
    path = layouts.sound(tmp_path / "a.wav", 2.0)
    events = (Event(0.0, 0.5, "Dog"), Event(1.5, 2.0, "Cat"))
    clip = ClipSet([Clip("a.wav", path, 2.0, events, ("Cat", "Dog"))], 16000)[0]
    assert (clip.events, clip.tags) == (((0.0, 0.5, "Dog"),), ("Dog",))


def test_long_labelled_clips_are_divided(tmp_path: Path) -> None:
    """Five seconds in three parts of two at most, with the labels and samples of each."""
    root = long_clips(tmp_path)
    data = training_data(str(root), CONFIG)
    assert len(data.synthetic) == len(data.weak) == len(data.unlabelled) == 9
    assert len(data.weak_validation) == 3
    whole = audio.load(root / "0.wav")
    at = [clip.filename for clip in data.weak.clips].index("0.wav")
    parts = [data.weak[at + number] for number in range(3)]
    assert [part.tags for part in parts] == [("Dog",), (), ("Cat",)]
    ((onset, offset, label),) = parts[2].events
    assert (onset, offset, label) == (pytest.approx(2 / 3), pytest.approx(5 / 3), "Cat")
    length = round(5 / 3 * 16000)
    for number, part in enumerate(parts):
        assert len(part.mixture) == 32000
        begin = round(number * 5 / 3 * 16000)
        inner = slice(100, length - 100)  # the resampler's ends differ
        expected = whole[begin : begin + length][inner]
        assert np.abs(part.mixture[:length][inner] - expected).max() < 0.02
        assert not part.mixture[length + 1 :].any()


def test_weak_labels_of_long_clips_are_lost(tmp_path: Path) -> None:
    """Nobody knows which part of a clip they are of; the clip is used without them."""
    root = long_clips(tmp_path)
    layouts.sound(root / "4.wav", 2.1)
    layouts.sound(root / "5.wav", 5.0)
    layouts.sound(root / "6.wav", 5.0)
    layouts.text(
        root / "weak.tsv",
        "filename\tevent_labels\n4.wav\tDog\n5.wav\tDog,Cat\n6.wav\t\n",
    )
    layouts.text(root / "splits.tsv", "filename\tsplit\n3.wav\tvalidation\n4.wav\tvalidation\n")
    with pytest.raises(
        JssError,
        match=r"2 of 11 labels .* 2 weak ones, without times, of clips longer than data\.sec",
    ):
        training_data(str(root), CONFIG)
    data = training_data(
        str(root), load_preset("smoke", ("detection.batch=[1, 1, 1]", "data.lost_labels=0.2"))
    )
    assert [clip.filename for clip in data.weak.clips] == ["6.wav"]
    assert [clip.filename for clip in data.weak_validation.examples.clips] == ["4.wav"]
    assert data.unlabelled.clips[0].filename == "5.wav"
    assert data.unlabelled.clips[0].tags is None


def ramps(root: Path, count: int = 2) -> Path:
    """Unlabelled recordings of 20 s, in which a sample says when it is."""
    for number in range(count):
        audio.save(root / f"{number}.wav", np.arange(1, 320001, dtype=np.float32) / 320001)
    return root


def test_all_of_a_long_unlabelled_recording_is_used(tmp_path: Path) -> None:
    """At a place that the number of the clip, its round and the seed decide."""
    data = training_data(str(ramps(tmp_path)), CONFIG)
    clips = data.pools["recordings"].mixtures["recordings"]

    def starts(clips: ClipSet) -> list[float]:
        return [20 * float(clips[n * len(clips)].mixture[0]) for n in range(100)]

    places = starts(clips)
    assert min(places) < 2
    assert max(places) > 16
    assert np.histogram(places, 6, (0, 18))[0].min() > 5
    assert starts(clips) == places
    other = load_preset("smoke", ("seed=7",))
    again = training_data(str(tmp_path), other).pools["recordings"].mixtures["recordings"]
    assert starts(again) != places


def test_every_step_and_epoch_draws_other_places(tmp_path: Path) -> None:
    data = training_data(str(ramps(tmp_path)), CONFIG)
    pool, c = data.pools["recordings"], replace(CONFIG.separation, seconds=2.0)
    batches = [
        SeparationSteps(pool, CONFIG, c, "mixit", epoch)[step].targets
        for epoch in range(2)
        for step in range(2)
    ]
    assert len({float(batch[0, 0, 0]) for batch in batches}) == 4
    again = SeparationSteps(pool, CONFIG, c, "mixit", 1)[1].targets
    assert (again == batches[3]).all()


def test_unlabelled_clips_of_a_detector_are_read_elsewhere_in_each_epoch(tmp_path: Path) -> None:
    data = training_data(str(long_clips(tmp_path / "labelled")), CONFIG)
    clip = Clip("0.wav", ramps(tmp_path / "unlabelled") / "0.wav")
    data = replace(data, unlabelled=ClipSet([clip], 32000))
    first, second = (
        DetectionSteps(data, CONFIG, CONFIG.detection, ("Dog", "Cat"), epoch)[0].audio[-1, 0]
        for epoch in range(2)
    )
    assert first != second


def test_a_recording_that_is_shorter_than_its_header_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = layouts.sound(tmp_path / "a.wav", 1.0, 16000)
    monkeypatch.setattr(audio, "estimate", lambda path: 500.0)
    np.testing.assert_array_equal(
        ClipSet([Clip("a.wav", path)], 16000)[0].mixture, audio.load(path)
    )


@pytest.mark.slow
def test_soundscapes_that_are_not_fresh_are_rendered_once(tmp_path: Path) -> None:
    config = load_preset("smoke", ("data.fresh=false", "data.single=0.5"))
    kept, fresh = (
        training_data("synthscapes", c, tmp_path / "pool")
        for c in (config, load_preset("smoke", ("data.single=0.5",)))
    )
    assert not kept.fresh
    for name in ("synthetic", "weak", "synthetic_validation"):
        a, b = getattr(kept, name)[1], getattr(fresh, name)[1]
        assert (a.events, a.tags) == (b.events, b.tags)
        assert abs(a.mixture - b.mixture).max() <= 2**-11 * abs(b.mixture).max()
    written = (tmp_path / "pool" / "synthetic.npy").stat().st_mtime_ns
    training_data("synthscapes", config, tmp_path / "pool")
    assert (tmp_path / "pool" / "synthetic.npy").stat().st_mtime_ns == written
    assert SeparationSteps(kept.pools["sources"], config, config.separation, "pit", 0)[
        0
    ].targets.shape == (
        2,
        4,
        16000,
    )
    with pytest.raises(JssError, match="another"):
        training_data(
            "synthscapes", load_preset("smoke", ("data.fresh=false", "seed=7")), tmp_path / "pool"
        )


def test_validation_pads_like_evaluation(world: Path, tmp_path: Path) -> None:
    """With ``data.seconds`` of the paper, a clip under 10 s is what evaluation gives a system:
    zeros up to 10 s.
    """
    root = tmp_path / "desed"
    layouts.desed(root)
    subset = desed.prepare(root)["weak"]
    short = next(clip for clip in subset if clip.path is not None)
    assert short.path is not None
    audio.save(short.path, 0.1 * np.random.default_rng(0).standard_normal(152000))
    subsets = desed.prepare(root)
    data = training_data(str(root), load_preset("paper"))
    clips = [clip for clip in subsets["weak"] if clip.path is not None]
    at = [clip.filename for clip in clips].index(short.filename)
    expected = padded(audio.load(short.path), clips[at].padded_to)
    assert len(expected) == 160000
    np.testing.assert_array_equal(data.weak[at].mixture, expected)
    held_out = [clip for clip in subsets["weak_validation"] if clip.path is not None]
    for number, clip in enumerate(held_out):
        assert clip.path is not None
        np.testing.assert_array_equal(
            data.weak_validation[number].mixture,
            padded(audio.load(clip.path), clip.padded_to)[:160000],
        )


def test_the_only_long_recording_is_paired_with_another_place_of_it(tmp_path: Path) -> None:
    pool = training_data(str(ramps(tmp_path)), CONFIG).pools["recordings"]
    assert len(pool.mixtures["recordings"]) == 1
    c = replace(CONFIG.separation, seconds=2.0)
    for step in range(2):
        targets = SeparationSteps(pool, CONFIG, c, "mixit", 0)[step].targets
        assert (targets[:, 0, 0] != targets[:, 1, 0]).all()
