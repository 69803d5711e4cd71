"""The published baseline, by a checkpoint in its layout and a plain restatement of its network."""

from __future__ import annotations

import os
import shutil
from itertools import pairwise

import librosa
import numpy as np
import pytest
import torch
from scipy.signal.windows import hamming
from torch import nn

from jss.cli import main
from jss.errors import JssError
from jss.inference import dcase2021
from jss.inference.system import load_system
from jss.labels import DESED_LABELS

FILTERS = (16, 32, 64, 128, 128, 128, 128)
POOLS = ((2, 2), (2, 2), *[(1, 2)] * 5)


class Gate(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.linear = nn.Linear(n, n)

    def forward(self, x):
        return self.linear(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2) * torch.sigmoid(x)


class Holder(nn.Module):
    """A module with one child, as the reference nests its layers."""

    def __init__(self, **child):
        super().__init__()
        for name, module in child.items():
            self.add_module(name, module)


class Reference(nn.Module):
    """The network of the recipe of 2021, with the names of its layers."""

    def __init__(self):
        super().__init__()
        layers = nn.Sequential()
        for n, (before, after) in enumerate(pairwise((1, *FILTERS))):
            layers.add_module(f"conv{n}", nn.Conv2d(before, after, 3, 1, 1))
            layers.add_module(f"batchnorm{n}", nn.BatchNorm2d(after, eps=0.001, momentum=0.99))
            layers.add_module(f"glu{n}", Gate(after))
            layers.add_module(f"dropout{n}", nn.Dropout(0.5))
            layers.add_module(f"pooling{n}", nn.AvgPool2d(POOLS[n]))
        self.cnn = Holder(cnn=layers)
        self.rnn = Holder(rnn=nn.GRU(128, 128, 2, batch_first=True, bidirectional=True))
        self.dense, self.dense_softmax = nn.Linear(256, 10), nn.Linear(256, 10)

    def forward(self, mel):
        x = self.cnn.cnn(mel.transpose(1, 2).unsqueeze(1)).squeeze(-1).permute(0, 2, 1)
        x, _ = self.rnn.rnn(x)
        strong = torch.sigmoid(self.dense(x))
        attention = torch.softmax(self.dense_softmax(x), -1).clamp(1e-7, 1)
        return strong.transpose(1, 2), (strong * attention).sum(1) / attention.sum(1)


class Callback:
    """What a checkpoint of those years has as a key."""


class Danger:
    """What runs a command where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.fixture(scope="module")
def networks():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = {"student": Reference(), "teacher": Reference()}
        for network in made.values():
            for module in network.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.running_mean.normal_()
                    module.running_var.uniform_(0.5, 2.0)
    return {name: network.eval() for name, network in made.items()}


def features(clip):
    """The front end of 2021 by librosa: min-max scaled decibels, (1, mels, frames)."""
    mel = librosa.feature.melspectrogram(
        y=clip,
        sr=16000,
        n_fft=2048,
        hop_length=256,
        window=hamming(2048),
        pad_mode="reflect",
        power=1.0,
        n_mels=128,
        fmin=0.0,
        fmax=8000.0,
        htk=True,
        norm=None,
    )
    db = np.clip(20 * np.log10(np.maximum(mel, 1e-5)), -50, 80)
    return torch.from_numpy((db - db.min()) / (db.max() - db.min() + 1e-8)).float()[None]


@pytest.fixture
def checkpoint(networks, tmp_path):
    weights = {
        f"sed_{name}.{key}": value
        for name, network in networks.items()
        for key, value in network.state_dict().items()
    }
    filters = librosa.filters.mel(sr=16000, n_fft=2048, htk=True, norm=None)
    weights["mel_spec.spectrogram.window"] = torch.from_numpy(hamming(2048)).float()
    weights["mel_spec.mel_scale.fb"] = torch.from_numpy(filters.T.copy())
    path = tmp_path / "epoch=133.ckpt"
    torch.save(
        {
            "epoch": 133,
            "state_dict": weights,
            "callbacks": {Callback: {"best_model_score": torch.tensor(0.5), "made": Callback()}},
            "hyper_parameters": {"scaler": {"statistic": "instance", "dims": (1, 2)}},
            "lr_schedulers": [Callback()],
            "numpy": np.float64(3.0),
        },
        path,
    )
    return path


@pytest.mark.slow
def test_its_scores_are_those_of_the_reference(checkpoint, networks, tmp_path, capsys):
    command = ["convert", "dcase2021", str(checkpoint), "--out", str(tmp_path / "out")]
    assert main(command) == 0
    assert "--system DCASE2021" in capsys.readouterr().out
    clip = np.random.default_rng(0).normal(0, 0.1, 160000).astype(np.float32)
    clip[60000:90000] *= 0.01
    mel = features(clip)
    for selection, network in networks.items():
        with torch.inference_mode():
            strong, weak = network(mel)
        system = load_system("DCASE2021", selection, "cpu", tmp_path / "out", accelerate=False)
        result = system(clip)
        assert result.labels == DESED_LABELS
        np.testing.assert_allclose(result.scores, strong[0].numpy(), atol=1e-5)
        np.testing.assert_allclose(result.weak, weak[0].numpy(), atol=1e-5)
    assert system.cards["detector"].epoch == 133


def test_what_else_it_pickles_is_not_run(checkpoint, tmp_path):
    stored = dcase2021.read(checkpoint)
    (key,) = stored["callbacks"]
    assert key is not Callback
    assert isinstance(stored["lr_schedulers"][0], dcase2021._Empty)
    harmful = tmp_path / "harmful.ckpt"
    torch.save({"state_dict": {}, "loops": Danger(tmp_path / "made")}, harmful)
    with pytest.raises(JssError, match="as weights alone"):
        dcase2021.read(harmful)
    assert not (tmp_path / "made").exists()


def test_a_trained_system_is_not_replaced(checkpoint, tmp_path, tiny_checkpoints):
    folder = shutil.copytree(tiny_checkpoints, tmp_path / "checkpoints")
    with pytest.raises(JssError, match="SED would replace a block or system that is there"):
        dcase2021.convert(checkpoint, "SED", folder)
    for _ in range(2):
        dcase2021.convert(checkpoint, "Mine", folder)


def test_other_files_are_refused_in_a_sentence(checkpoint, tmp_path):
    def refused(content):
        torch.save(content, tmp_path / "other.ckpt")
        with pytest.raises(JssError) as caught:
            dcase2021.convert(tmp_path / "other.ckpt", folder=tmp_path / "out")
        assert "\n" not in str(caught.value)
        return str(caught.value)

    stored = dict(dcase2021.read(checkpoint))
    stored = {key: stored[key] for key in ("epoch", "state_dict")}
    weights = stored["state_dict"]
    assert "no keys and values" in refused([1])
    assert "no state_dict" in refused({"epoch": 1})
    shape = {**weights, "sed_student.dense.bias": torch.zeros(7)}
    assert "strong.bias of the size (7,), not (10,)" in refused({"state_dict": shape})
    front = {**weights, "mel_spec.spectrogram.window": torch.hann_window(2048)}
    assert "another front end" in refused({"state_dict": front})
    for path, says in ((tmp_path / "gone", "no file"), (__file__, "no checkpoint")):
        with pytest.raises(JssError, match=says):
            dcase2021.convert(path)


def test_the_older_names_of_its_layers(networks):
    """A version of the reference saves its CNN without one of the two levels."""
    from jss.models.crnn import CRNNConfig

    weights = {
        f"sed_student.{key.replace('cnn.cnn.', 'cnn.')}": value
        for key, value in networks["student"].state_dict().items()
    }
    state = dcase2021.network(weights, "sed_student", CRNNConfig(), "x.ckpt")
    assert state["cnn.6.0.weight"].shape == (128, 128, 3, 3)
