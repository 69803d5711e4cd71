"""Sources that were separated once teach the same as those that are separated in every step."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tiny_task import CONFIG, DATA, LABELS, Noise, batch, task

from jss.data.training.batching import DetectionSteps
from jss.errors import DiskError
from jss.io.code_fingerprint import code_fingerprint
from jss.training import separated


def saved(job, folder, data=DATA):
    return separated.separate_once(data, job.student, CONFIG, job.c, LABELS, folder)


@pytest.mark.parametrize("scaling", ["clip", "mixture"])
def test_same_loss(tmp_path, scaling):
    job = task(tmp_path, ("detector",)).eval()
    job.student.scaling = job.teacher.scaling = scaling
    one = batch()
    mels = separated.mels_of(job.student, one.audio).half()
    expected = job.losses(one)
    result = job.losses(one._replace(audio=one.audio[:, :0], mels=mels))
    for name, loss in expected.items():
        torch.testing.assert_close(result[name], loss, rtol=1e-3, atol=1e-5)


def test_same_mels_and_labels(tmp_path):
    job = task(tmp_path, ("detector",)).eval()
    data = saved(job, tmp_path)
    assert not data.fresh
    assert [len(s) for s in (data.synthetic, data.weak, data.unlabelled)] == [4, 4, 4]
    for before, after in ((DATA.weak, data.weak), (DATA.weak_validation, data.weak_validation)):
        clip, other = before[2], after[2]
        with torch.no_grad():
            mels = job.student.mel(job.student.separate(torch.from_numpy(clip.mixture)[None]))[0]
        torch.testing.assert_close(torch.from_numpy(other.mels).float(), mels, rtol=1e-3, atol=1e-6)
        assert (other.events, other.tags) == (clip.events, clip.tags)
        assert (other.strong(LABELS) == clip.strong(LABELS)).all()


def test_only_whole_files_of_the_same_content_are_used(tmp_path):
    job = task(tmp_path, ("detector",)).eval()
    calls = []

    def separate(audio, inner=job.student.separate):
        calls.append(len(audio))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return inner(audio)

    job.student.separate = separate
    with pytest.raises(KeyboardInterrupt):
        saved(job, tmp_path)
    assert len([*tmp_path.glob("*.json")]) == len([*tmp_path.glob("*.npy")]) == 2
    assert not [*tmp_path.rglob("*.part")]
    saved(job, tmp_path)
    assert calls == [4] * 6  # the two finished sets were not separated again
    saved(job, tmp_path)
    assert calls == [4] * 6
    next(job.student.separator.parameters()).data += 1.0
    saved(job, tmp_path)
    assert calls == [4] * 11


def test_files_of_changed_training_code_are_not_used(tmp_path, monkeypatch):
    """What is stored is made in jss/training, which the fingerprint leaves out by default."""
    package = tmp_path / "package"
    code = package / "training" / "separated.py"
    code.parent.mkdir(parents=True)

    def fingerprint(**excluded):
        code_fingerprint.cache_clear()
        return code_fingerprint(package, **excluded)

    monkeypatch.setattr(separated, "code_fingerprint", fingerprint)
    job, names = task(tmp_path, ("detector",)).eval(), []
    for content in ("1", "2"):
        code.write_text(content)
        saved(job, tmp_path / content)
        names.append({path.name for path in (tmp_path / content).glob("*.npy")})
    assert names[0].isdisjoint(names[1])


def test_a_full_disk_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(separated.shutil, "disk_usage", lambda folder: type("", (), {"free": 9}))
    with pytest.raises(DiskError, match=r"0 MB free.*save_sources=false"):
        saved(task(tmp_path, ("detector",)), tmp_path)
    assert not [*tmp_path.glob("*.npy")]


def test_training_clips_are_paired_before_the_separation_and_validation_clips_are_not(tmp_path):
    job = task(tmp_path, ("detector",)).eval()
    job.c = replace(job.c, save_pairs=1.0)
    data = saved(job, tmp_path)
    sets = [
        (separated.PairedSet(before, 4, 1.0, (CONFIG.seed, number)), after)
        for number, (before, after) in enumerate(
            [
                (DATA.synthetic, data.synthetic),
                (DATA.weak, data.weak),
                (DATA.unlabelled, data.unlabelled),
            ]
        )
    ]
    sets += [(DATA.synthetic_validation, data.synthetic_validation)]
    sets += [(DATA.weak_validation, data.weak_validation)]
    for expected, result in sets:
        clip = expected[2]
        with torch.no_grad():
            mels = job.student.mel(job.student.separate(torch.from_numpy(clip.mixture)[None]))[0]
        stored = torch.from_numpy(result[2].mels).float()
        torch.testing.assert_close(stored, mels, rtol=1e-3, atol=1e-6)
        assert (result[2].events, result[2].tags) == (clip.events, clip.tags)


@pytest.mark.parametrize(
    ("size", "share", "pairs"),
    [(0, 1.0, 0), (1, 1.0, 0), (2, 1.0, 2), (1000, 0.0, 0), (1000, 0.5, 500), (1000, 1.0, 1000)],
)
def test_pairs_are_a_share_of_the_set_and_never_a_clip_with_itself(size, share, pairs):
    partner = separated.PairedSet(DATA.weak, size, share, (3, 0)).partner
    assert len(partner) == pytest.approx(pairs, abs=50 if share == 0.5 else 0)
    assert all(other != index for index, other in partner.items())
    assert len({*partner.values()}) == len(partner), "each clip is added to one other at most"


def test_a_pair_has_the_labels_of_both_if_both_have_labels():
    first = replace(DATA.weak[0], events=((0.1, 0.6, "a"),), tags=("a",))
    second = replace(DATA.weak[1], events=((0.4, 0.9, "a"), (0.2, 0.3, "b")), tags=("a", "b"))
    pair = separated.PairedSet([first, second], 2, 1.0, (0, 0))[0]
    assert (pair.mixture == first.mixture + second.mixture).all()
    assert pair.events == ((0.1, 0.9, "a"), (0.2, 0.3, "b"))
    assert pair.tags == ("a", "b")
    unknown = replace(second, events=None, tags=None)
    pair = separated.PairedSet([first, unknown], 2, 1.0, (0, 0))[0]
    assert (pair.events, pair.tags) == (None, None)


def test_of_a_set_on_disk_the_clips_of_the_first_epoch_are_taken_not_those_listed_first(tmp_path):
    job = task(tmp_path, ("detector",)).eval()
    listed = replace(
        DATA,
        fresh=False,
        synthetic=[replace(Noise(0, 40)[n], tags=(f"clip {n}",)) for n in range(40)],
    )
    data = saved(job, tmp_path, listed)
    assert len(data.synthetic) == 4
    of_an_epoch = DetectionSteps(listed, CONFIG, job.c, LABELS, 0).order(0)[:4]
    tags = [data.synthetic[n].tags for n in range(4)]
    assert tags == [(f"clip {n}",) for n in of_an_epoch]
