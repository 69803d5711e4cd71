"""Every entry of the index of equations computes what the paper prints.

Each oracle is given the objects that the index names, and holds them against numbers worked out by
hand or by an independent library: Asteroid, scikit-learn, or the formula in numpy as it is printed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import precision_recall_fscore_support
from torch import Tensor, nn

from jss.data.training.batching import DetectionBatch
from jss.losses import weak_label as losses
from jss.models.asteroid import asteroid
from jss.models.crnn import CRNNConfig, DetectorOutput
from jss.models.joint import JointModel
from jss.models.separator import ConvTasNet, ConvTasNetConfig
from jss.models.stft import stft
from jss.models.tf_masker import TFMasker, TFMaskerConfig
from jss.papers.equations import PAPERS
from jss.training.mean_teacher import warmup

Oracle = Callable[..., None]
ORACLES: dict[tuple[str, int], Oracle] = {}
close = torch.testing.assert_close
SIZES = {"n_src": 3, "n_filters": 16, "bn_chan": 8, "hid_chan": 16, "skip_chan": 8, "n_blocks": 2}


def oracle(paper: str, *numbers: int) -> Callable[[Oracle], Oracle]:
    def register(check: Oracle) -> Oracle:
        for number in numbers:
            assert (paper, number) not in ORACLES
            ORACLES[paper, number] = check
        return check

    return register


EVERY = [(paper, number) for paper, table in PAPERS.items() for number in table]


def test_every_equation_has_an_oracle():
    assert set(ORACLES) == set(EVERY)


@pytest.mark.parametrize(("paper", "number"), EVERY, ids=[f"{p}-{n}" for p, n in EVERY])
def test_an_equation_gives_the_numbers_of_the_paper(paper: str, number: int, one_thread: None):
    torch.manual_seed(0)
    ORACLES[paper, number](*PAPERS[paper][number].resolve())


def decibel(x: float) -> float:
    return 10 * math.log10(x)


# ---- de Benito-Gorrón, Zmolikova, Toledano 2024


@oracle("JSS", 1)
def scores_of_a_crnn(crnn: Any) -> None:
    """The published baseline's layers, written with torch's functions alone."""
    net = crnn(CRNNConfig(n_classes=3, channels=(4,) * 7, cells=4)).eval()
    for name, value in net.named_buffers():
        if "running" in name:
            nn.init.uniform_(value, 0.5, 1.5)
    log_mel = torch.rand(2, 128, 40)
    x = log_mel.transpose(1, 2).unsqueeze(1)
    for block, time in zip(net.cnn, (2, 2, 1, 1, 1, 1, 1), strict=True):
        conv, norm, glu = block[0], block[1], block[2].linear
        x = F.conv2d(x, conv.weight, conv.bias, padding=1)
        scale = norm.weight / (norm.running_var + 1e-3).sqrt()
        x = (x - norm.running_mean[:, None, None]) * scale[:, None, None]
        x = x + norm.bias[:, None, None]
        linear = torch.einsum("oc,bcth->both", glu.weight, x) + glu.bias[:, None, None]
        x = F.avg_pool2d(linear * torch.sigmoid(x), (time, 2))
    rnn = nn.GRU(4, 4, 2, batch_first=True, bidirectional=True)
    rnn.load_state_dict(net.rnn.state_dict())
    x = rnn(x.squeeze(-1).transpose(1, 2))[0]
    strong = 1 / (1 + torch.exp(-(x @ net.strong.weight.T + net.strong.bias)))
    attention = torch.exp(x @ net.attention.weight.T + net.attention.bias)
    attention = attention / attention.sum(-1, keepdim=True)
    with torch.no_grad():
        out = net(log_mel)
    close(out.strong, strong.transpose(1, 2), atol=1e-5, rtol=0)
    close(out.weak, (strong * attention).sum(1) / attention.sum(1), atol=1e-5, rtol=0)


@oracle("JSS", 2)
def two_branches(forward: Any) -> None:
    balance = SimpleNamespace(q=torch.tensor(0.25))
    mix, sep = torch.tensor([1.0, 0.0, 0.4]), torch.tensor([0.0, 0.5, 0.8])
    close(forward(balance, mix, sep), torch.tensor([0.25, 0.375, 0.7]))


@oracle("JSS", 3)
def moving_average(update_teacher: Any) -> None:
    student, teacher = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    nn.init.constant_(student.weight, 2.0)
    nn.init.constant_(teacher.weight, 1.0)
    update_teacher(teacher, student, 10**6, 0.9)
    assert teacher.weight.item() == pytest.approx(0.9 * 1.0 + 0.1 * 2.0)


@oracle("JSS", 4)
def cross_entropy(supervised_loss: Any) -> None:
    value = supervised_loss(torch.tensor([[0.9, 0.2]]), torch.tensor([[1.0, 0.0]]))
    assert value.item() == pytest.approx(-(math.log(0.9) + math.log(0.8)) / 2)


@oracle("JSS", 5)
def squared_error(consistency_loss: Any) -> None:
    value = consistency_loss(torch.tensor([0.5, 1.0]), torch.tensor([0.1, 0.8]))
    assert value.item() == pytest.approx((0.4**2 + 0.2**2) / 2)


@oracle("JSS", 6)
def mean_teacher_objective(training_step: Any) -> None:
    """L = L_strong + L_weak + alpha (MSE of strong + MSE of weak), alpha after warm-up 2."""
    parts = {"bce_strong": 0.5, "bce_weak": 0.25, "mse_strong": 0.03, "mse_weak": 0.01}
    task = SimpleNamespace(
        losses=lambda batch: {name: torch.tensor(value) for name, value in parts.items()},
        c=SimpleNamespace(consistency=2.0, retention_weight=0.03),
        recent=[],
        global_step=25,
        _warmup_steps=lambda: 50.0,
        tally=lambda values: values["loss"],
    )
    nothing = torch.zeros(0)
    batch = DetectionBatch(nothing, nothing, nothing, nothing, nothing)
    weight = 2.0 * math.exp(-5 * 0.5**2)
    assert warmup(25, 50) == pytest.approx(math.exp(-1.25))
    assert training_step(task, batch, 0).item() == pytest.approx(0.75 + weight * 0.04)


@oracle("JSS", 7, 8, 9)
def f1_precision_and_recall(rate: Any, f1_from_counts: Any) -> None:
    """By scikit-learn, class by class and averaged; and one class by hand."""
    rng = np.random.default_rng(0)
    value, true = rng.random((50, 4)) > 0.6, rng.random((50, 4)) > 0.5
    value[:, 3] = False  # never detected: no precision, which counts 0
    counts = (value & true).sum(0), value.sum(0), true.sum(0)
    f1 = f1_from_counts(*counts, "abcd")
    for average in (None, "macro", "micro"):
        theirs = precision_recall_fscore_support(true, value, average=average, zero_division=0)
        for ours, expected in zip((f1.precision, f1.recall, f1), theirs, strict=False):
            own = [*ours.per_class.values()] if average is None else getattr(ours, average)
            assert own == pytest.approx(expected)
    by_hand = {"f1_score": 6 / 11, "precision": 3 / 4, "recall": 3 / 7}  # tp 3, fp 1, fn 4
    arguments = {"f1_score": (4.0, 7.0), "precision": (4.0,), "recall": (7.0,)}[rate.__name__]
    assert rate(np.float64(3.0), *map(np.float64, arguments)) == pytest.approx(
        by_hand[rate.__name__]
    )


@oracle("JSS", 10)
def a_separators_estimates(conv_tasnet: Any) -> None:
    ours = conv_tasnet(ConvTasNetConfig(**SIZES)).eval()
    theirs = asteroid().models.ConvTasNet(**SIZES, n_repeats=1, sample_rate=16000).eval()
    theirs.load_state_dict(ours.state_dict())
    x = 0.1 * torch.randn(2, 1600)
    with torch.no_grad():
        close(ours(x), theirs(x), atol=1e-5, rtol=0)


@oracle("JSS", 11)
def negative_snr(loss: Any) -> None:
    value = loss(torch.tensor([3.0, 3.5]), torch.tensor([3.0, 4.0]))
    assert value.item() == pytest.approx(-decibel(25 / 0.25), abs=1e-4)


def _signals(silent: bool) -> tuple[Tensor, Tensor]:
    targets = torch.randn(1, 3, 40)
    if silent:
        targets[0, 2] = 0
    return targets[:, [2, 0, 1]] + 0.3 * torch.randn(1, 3, 40), targets


def _pair(estimate: Tensor, target: Tensor, mixture: Tensor) -> float:
    """Eqs 13 and 14 in numpy, tau = 0.001."""
    s, e, x = (part.double().numpy() for part in (target, estimate, mixture))
    if s.any():
        return decibel(((s - e) ** 2).sum() + 1e-3 * (s**2).sum())
    return decibel((e**2).sum() + 1e-3 * (x**2).sum())


def _least(estimates: Tensor, targets: Tensor) -> float:
    mixture = targets.sum(0)
    return min(
        sum(_pair(estimates[e], targets[t], mixture) for t, e in enumerate(order))
        for order in itertools.permutations(range(len(targets)))
    )


@oracle("JSS", 12)
def least_over_permutations(pit_loss: Any) -> None:
    estimates, targets = _signals(silent=False)
    loss, ordered = pit_loss(estimates, targets, targets.sum(1))
    assert loss.item() == pytest.approx(_least(estimates[0], targets[0]), abs=1e-4)
    close(ordered, estimates[:, [1, 2, 0]])


@oracle("JSS", 13)
def active_source(active_loss: Any) -> None:
    value = active_loss(torch.tensor([3.0, 3.0]), torch.tensor([3.0, 4.0]), 0.001)
    assert value.item() == pytest.approx(decibel(1 + 0.001 * 25), abs=1e-4)


@oracle("JSS", 14)
def inactive_output(inactive_loss: Any) -> None:
    value = inactive_loss(torch.tensor([3.0, 3.0]), torch.tensor([3.0, 4.0]), 0.001)
    assert value.item() == pytest.approx(decibel(18 + 0.001 * 25), abs=1e-4)


@oracle("JSS", 15)
def least_with_a_silent_source(pit_loss: Any) -> None:
    estimates, targets = _signals(silent=True)
    loss, _ = pit_loss(estimates, targets, targets.sum(1))
    assert loss.item() == pytest.approx(_least(estimates[0], targets[0]), abs=1e-4)


@oracle("JSS", 16)
def estimates_from_a_mixture_of_mixtures(separation_loss: Any) -> None:
    """The separator is given x1 + x2; its loss is Eq. 17 of what it makes of it, a mixture."""
    mixtures = torch.randn(2, 2, 40)
    given: list[Tensor] = []

    def separate(x: Tensor) -> Tensor:
        given.append(x)
        return torch.stack([0.9 * mixtures[:, 1], 0.8 * mixtures[:, 0]], 1)

    task = SimpleNamespace(
        run=separate,
        separator=separate,
        loss="mixit",
        c=SimpleNamespace(tau=1e-3, tau_inactive=1e-3, thresholded=False),
    )
    loss = separation_loss(task, mixtures)
    close(given[0], mixtures[:, 0] + mixtures[:, 1])
    expected = -(decibel(1 / 0.1**2) + decibel(1 / 0.2**2)) / 2  # each mixture at 0.9 and 0.8
    assert loss.item() == pytest.approx(expected, abs=1e-3)


@oracle("JSS", 17)
def least_over_assignments(mixit_loss: Any, assignments: Any) -> None:
    estimates, mixtures = torch.randn(3, 4, 200), torch.randn(3, 2, 200)

    def loss(e: Tensor, t: Tensor) -> Tensor:
        return -10 * torch.log10(t.square().sum(-1) / (t - e).square().sum(-1)).mean(-1)

    theirs = asteroid().losses.MixITLossWrapper(loss, generalized=True)(estimates, mixtures)
    close(mixit_loss(estimates, mixtures)[0].mean() / 2, theirs)
    every = {(row[0], row[1]) for row in itertools.product([(1.0, 0.0), (0.0, 1.0)], repeat=2)}
    assert {tuple(map(tuple, a.T.tolist())) for a in assignments(2)} == every


@oracle("JSS", 18)
def masks(masker: Any) -> None:
    """Asteroid's TDConvNet with the same weights; and s_m = D(E(x) * W_m) around it."""
    net = ConvTasNet(ConvTasNetConfig(**SIZES)).eval()
    assert isinstance(net.masker, masker)
    theirs = asteroid().models.ConvTasNet(**SIZES, n_repeats=1, sample_rate=16000).eval()
    theirs.load_state_dict(net.state_dict())
    x = 0.1 * torch.randn(1, 80)
    with torch.no_grad():
        encoded = x.unfold(-1, 16, 8) @ net.encoder.filterbank().T  # (1, T, filters)
        ours = net.masker(encoded)
        close(ours, theirs.masker(encoded.transpose(1, 2)).permute(0, 3, 1, 2))
        frames = (ours * encoded.unsqueeze(2)) @ net.decoder.filterbank()
        waves = torch.zeros(1, 3, 80)
        for t in range(frames.shape[1]):
            waves[..., 8 * t : 8 * t + 16] += frames[:, t]
        close(net(x), waves, atol=1e-6, rtol=0)


@oracle("JSS", 19)
def snr_improvement(improvement: Any) -> None:
    reference, mixture = np.array([3.0, 4.0]), np.array([3.0, 5.0])
    value = improvement(np.array([3.0, 4.5]), reference, mixture)
    assert value == pytest.approx(decibel(25 / 0.25) - decibel(25 / 1))


class _Halves(nn.Module):
    """A separator that is known: two sources, at 3/4 and at 1/4 of the mixture."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([0.75 * x, 0.25 * x], 1)


class _Largest(nn.Module):
    """A detector that is known: two scores a frame, of a log-mel (batch, mels, frames)."""

    def forward(self, log_mel: Tensor) -> DetectorOutput:
        strong = torch.stack([log_mel.amax(1), log_mel.amin(1)], 1)[..., ::4]
        return DetectorOutput(strong, strong.mean(-1))


def _joint() -> JointModel:
    return JointModel(_Halves(), _Largest()).eval()


@oracle("JSS", 20)
def sources_of_the_joint_model(separate: Any) -> None:
    x = torch.randn(1, 1600)
    close(separate(_joint(), x), torch.stack([0.75 * x, 0.25 * x], 1))


@oracle("JSS", 21)
def scores_of_each_source(detect: Any) -> None:
    """The detector's scores of each source alone, by a front end in numpy."""
    model, x = _joint(), torch.randn(1, 4096)
    sources = torch.cat([0.75 * x, torch.flip(x, (-1,))]).unsqueeze(0)
    out = detect(model, x, sources)
    for m in range(2):
        wave = np.pad(sources[0, m].double().numpy(), 1024, mode="reflect")
        frames = np.stack([wave[t : t + 2048] for t in range(0, 4097, 256)])
        mel = model.mel.filters.double().numpy() @ np.abs(
            np.fft.rfft(frames * np.hamming(2048), axis=1).T
        )
        db = np.clip(20 * np.log10(np.maximum(mel, 1e-5)), -50, 80)
        scaled = (db - db.min()) / (db.max() - db.min() + 1e-8)
        expected = np.stack([scaled.max(0), scaled.min(0)])[:, ::4]
        close(out.source_strong[0, m].double(), torch.from_numpy(expected), atol=1e-4, rtol=0)
        close(out.source_weak[0, m].double(), torch.from_numpy(expected.mean(1)), atol=1e-4, rtol=0)
    close(out.strong, out.source_strong.max(1)[0])


SCORES = torch.tensor([[[0.9, 0.2], [0.4, 0.1], [0.2, 0.3]]])  # (1, 3 sources, 2 classes)


@oracle("JSS", 22)
def pooling_by_name(pooling: Any) -> None:
    expected = {"max": [0.9, 0.3], "sum": [1.0, 0.6], "mean": [0.5, 0.2]}
    for name, values in expected.items():
        close(pooling(name)(SCORES), torch.tensor([values]))


@oracle("JSS", 23, 24)
def best_epoch(choose: Any) -> None:
    history = [
        {"student_objective": a, "teacher_objective": b}
        for a, b in ((0.5, 0.4), (0.9, 0.5), (0.7, 0.8), (0.9, 0.1))
    ]
    assert choose(history, "student_objective") == 1
    assert choose(history, "teacher_objective") == 2


@oracle("JSS", 25)
def mean_of_scores(fuse: Any) -> None:
    scores = [np.array([[0.1, 0.9]]), np.array([[0.3, 0.5]]), np.array([[0.2, 0.1]])]
    assert fuse(scores) == pytest.approx(np.array([[0.2, 0.5]]))


@oracle("JSS", 26, 29)
def selection_objective(objective: Any) -> None:
    """Class a: detected and true. Class b: detected where it is not true, and missed in the tags.

    Intersection F1: a 1, b 0. Clip F1: a 2/3 (tp 1, fp 1, fn 0), b 0 (fn 1).
    """
    strong = np.zeros((1, 2, 156), np.float32)
    strong[0, :, 20:60] = 0.9
    value = objective(
        strong,
        [[(20 * 0.064, 60 * 0.064, "a")]],
        np.array([[0.9, 0.1], [0.8, 0.2]]),
        np.array([[1.0, 0.0], [0.0, 1.0]]),
        ["a", "b"],
        seconds=10.0,
    )
    assert value["intersection_f1"] == pytest.approx(0.5)
    assert value["weak_f1"] == pytest.approx(1 / 3)
    assert value["objective"] == pytest.approx(0.5 + 1 / 3)


@oracle("JSS", 27)
def sum_over_sources(sum_pool: Any) -> None:
    close(sum_pool(SCORES), torch.tensor([[1.0, 0.6]]))  # 1.5 is clamped, as in the baseline


@oracle("JSS", 28)
def max_over_sources(max_pool: Any) -> None:
    close(max_pool(SCORES), torch.tensor([[0.9, 0.3]]))


@oracle("JSS", 30)
def similarity_of_sources(frame_similarity: Any, clip_similarity: Any) -> None:
    """Two classes, two frames. Cosines by frame: (3, 4) with (4, 3) is 24 / 25; (1, 0) with (0, 1)
    is 0.
    """
    scores = 0.2 * np.array([[[3, 1], [4, 0]], [[4, 0], [3, 1]]], float)
    assert frame_similarity(scores) == pytest.approx(np.array([[0.96, 0.0]]))
    assert clip_similarity(scores) == pytest.approx(0.48)


# ---- Pishdadian, Wichern, Le Roux 2020


@oracle("Weak labels", 1)
def masked_magnitudes(magnitudes: Any, forward: Any) -> None:
    """S = M X, with X and its inverse in numpy and the network's masks; the phase is X's."""
    net = TFMasker(TFMaskerConfig(n_src=2, cells=4, layers=1)).eval()
    x = torch.randn(1, 2048)
    window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(512) / 512))
    starts = range(0, 2049, 128)
    wave = np.pad(x[0].double().numpy(), 256, mode="reflect")
    spectrum = np.stack([np.fft.rfft(wave[t : t + 512] * window) for t in starts], axis=1)
    with torch.no_grad():
        mixture, sources = magnitudes(net, x)
        masks = net.masks(mixture)[0].double().numpy()
        waves = forward(net, x)[0].double().numpy()
    np.testing.assert_allclose(mixture[0].numpy(), np.abs(spectrum), atol=1e-4)
    np.testing.assert_allclose(sources[0].numpy(), masks * np.abs(spectrum), atol=1e-4)
    for mask, source in zip(masks, waves, strict=True):
        added, squares = np.zeros((2, len(wave)))
        for n, t in enumerate(starts):
            added[t : t + 512] += np.fft.irfft(mask[:, n] * spectrum[:, n]) * window
            squares[t : t + 512] += window**2
        np.testing.assert_allclose(source, (added / squares.clip(1e-9))[256:-256], atol=1e-4)


@oracle("Weak labels", 2)
def mixture_term(mixture_loss: Any) -> None:
    mixture = torch.tensor([[[3.0, 4.0, 5.0]]])  # one clip, one bin, three frames
    sources = torch.tensor([[[[1.0, 1.0, 9.0]], [[0.5, 2.0, 9.0]]]])
    assert mixture_loss(mixture, sources, reduction="sum").item() == pytest.approx(1.5 + 1.0 + 13.0)
    active = torch.tensor([[[1.0, 1.0, 0.0], [0.0, 1.0, 0.0]]])
    # Refined: |3 - 1| and the silent source's 0.5; |4 - 3|; the last frame has no active class.
    assert mixture_loss(mixture, sources, active, "sum").item() == pytest.approx(2.5 + 1.0)


def entropy(label: float, logit: float) -> float:
    p = 1 / (1 + math.exp(-logit))
    return -label * math.log(p) - (1 - label) * math.log(1 - p)


@oracle("Weak labels", 3)
def critic_frames(loss: Any) -> None:
    logits, active = torch.tensor([[[0.5, -1.0]]]), torch.tensor([[[1.0, 0.0]]])
    value = loss(logits, active, torch.tensor([[[2.0, 3.0]]]), "sum")
    assert value.item() == pytest.approx(2 * entropy(1, 0.5) + 3 * entropy(0, -1.0))


@oracle("Weak labels", 4)
def weights_of_classes(class_weights: Any) -> None:
    value = class_weights(torch.tensor([[[1.0, 0.0], [1.0, 0.0]]]), torch.tensor([0.2, 0.5]))
    close(value, torch.tensor([[[5.0, 1.25], [2.0, 2.0]]]))


@oracle("Weak labels", 5)
def critic_clips(loss: Any) -> None:
    logits = torch.tensor([[[0.5, -1.0], [-2.0, -3.0]]])
    value = loss(logits, torch.tensor([[1.0, 0.0]]), "sum")
    assert value.item() == pytest.approx(entropy(1, 0.5) + entropy(0, -2.0))


#: Log-odds of two sources in two classes and two frames, (1, 2, 2, 2).
JUDGED = torch.tensor([[[[0.5, -1.0], [0.3, 0.2]], [[-0.4, 0.1], [2.0, 1.0]]]])


@oracle("Weak labels", 6)
def source_frames(loss: Any) -> None:
    active = torch.tensor([[[1.0, 0.0], [1.0, 1.0]]])
    weights = torch.tensor([[[2.0, 3.0], [5.0, 7.0]]])
    expected = (
        2 * entropy(1, 0.5) + 3 * entropy(0, -1.0) + 5 * entropy(0, 0.3) + 7 * entropy(0, 0.2)
    )
    expected += (
        2 * entropy(0, -0.4) + 3 * entropy(0, 0.1) + 5 * entropy(1, 2.0) + 7 * entropy(1, 1.0)
    )
    assert loss(JUDGED, active, weights, "sum").item() == pytest.approx(expected)


@oracle("Weak labels", 7)
def source_clips(loss: Any) -> None:
    expected = entropy(1, 0.5) + entropy(0, 0.3) + entropy(0, 0.1) + entropy(0, 2.0)
    value = loss(JUDGED, torch.tensor([[1.0, 0.0]]), "sum")
    assert value.item() == pytest.approx(expected)


def _total(total_loss: Any, terms: Any, labels: str) -> None:
    """Both terms of a task whose separator and critic are known, and their sum by hand."""
    assert total_loss(torch.tensor(0.5), torch.tensor(0.25), 100.0).item() == 25.5

    class Critic(nn.Module):
        pool = 1

        def forward(self, magnitude: Tensor) -> Tensor:
            return torch.stack([magnitude.mean(1), -magnitude.mean(1)], 1)

    mixture, active = torch.randn(1, 1024), torch.tensor([[[1.0] * 9, [0.0] * 9]])
    batch = SimpleNamespace(mixture=mixture, active=active, present=active.amax(-1), sources=None)
    gamma = torch.tensor([0.5, 0.25])
    task = SimpleNamespace(
        current=_Halves(),
        compiled=None,
        critic=Critic(),
        labels=labels,
        gamma=gamma,
        c=SimpleNamespace(reduction="sum", alpha=3.0),
    )
    result = {name: value.item() for name, value in terms(task, batch).items()}
    magnitudes = [stft(share * mixture).abs() for share in (0.75, 0.25)]
    logits = torch.stack([task.critic(m) for m in magnitudes], 1)
    if labels == "clip":
        expected = losses.source_clip_loss(logits, batch.present, "sum").item()
    else:
        weights = torch.tensor([2.0, 1 / 0.75])[None, :, None].expand(1, 2, 9)
        expected = losses.source_frame_loss(logits, active, weights, "sum").item()
    # The mixture less the active source's 3/4, and all of the silent one's 1/4.
    adding_up = 0.5 * stft(mixture).abs().sum().item()
    assert result["mixture_loss"] == pytest.approx(adding_up, rel=1e-4)
    assert result["classification_loss"] == pytest.approx(expected, rel=1e-4)
    assert result["loss"] == pytest.approx(expected + 3.0 * adding_up, rel=1e-4)


@oracle("Weak labels", 8)
def total_of_frames(total_loss: Any, terms: Any) -> None:
    _total(total_loss, terms, "frame")


@oracle("Weak labels", 9)
def total_of_clips(total_loss: Any, terms: Any) -> None:
    _total(total_loss, terms, "clip")
