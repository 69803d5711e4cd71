"""Sources that were separated once teach the same as those that are separated in every step."""

from __future__ import annotations

import pytest
import torch
from tiny_task import CONFIG, DATA, LABELS, batch, task

from jss.errors import DiskError
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
    found = job.losses(one._replace(audio=one.audio[:, :0], mels=mels))
    for name, loss in expected.items():
        torch.testing.assert_close(found[name], loss, rtol=1e-3, atol=1e-5)


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


def test_a_full_disk_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(separated.shutil, "disk_usage", lambda folder: type("", (), {"free": 9}))
    with pytest.raises(DiskError, match=r"0 MB free.*save_sources=false"):
        saved(task(tmp_path, ("detector",)), tmp_path)
    assert not [*tmp_path.glob("*.npy")]
