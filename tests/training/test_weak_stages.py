"""The weak-label chain at smoke size: what learns, what stays, and by which way gradients come."""

from __future__ import annotations

import dataclasses
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import torch

from jss import checkpoints
from jss.commands.evaluate import scenes_of
from jss.config import Config, load_preset
from jss.data.scenes.batches import SceneSteps, active_share
from jss.data.scenes.scenes import Scene, SceneSet, scene_data, scene_recipe
from jss.data.soundscapes.soundscape import Layer
from jss.errors import JssError
from jss.losses.weak_label import magnitude_loss, source_snr_loss
from jss.metrics.separation import si_sdr_improvement
from jss.models.critic import Critic
from jss.models.stft import stft
from jss.models.tf_masker import TFMasker, TFMaskerConfig, magnitudes
from jss.training.chain import Chain, Workspace
from jss.training.task import load_networks
from jss.training.weak_experiment import WeakTrainings
from jss.training.weak_label import SeparatorTask
from jss.training.weak_stages import WEAK_STAGES

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class WeakSmoke:
    """A finished chain: its config, the folder of its runs and that of its checkpoints."""

    config: Config
    out: Path
    checkpoints: Path


def chain_of(config: Config, out: Path, folder: Path | None = None) -> Chain:
    """The stages on scenes of the synthesiser; folder: of their blocks, by default within ``out``."""
    return Chain(
        WeakTrainings(Workspace(config, "synthscapes", out, folder or out / "checkpoints"))
    )


@pytest.fixture(scope="module")
def chain(tmp_path_factory) -> WeakSmoke:
    out = tmp_path_factory.mktemp("weak")
    config = load_preset("weak_smoke")
    chain_of(config, out).run(config.systems, resume=False)
    return WeakSmoke(config, out, out / "checkpoints")


@pytest.fixture
def task(chain, tmp_path):
    """A separator that learns from clip or frame labels of a batch."""
    config = chain.config
    data = scene_data("synthscapes", config)
    batch = SceneSteps(data.train, 4)[0]

    def make(labels, alpha=10.0):
        c = load_preset("weak_smoke", (f"weak.alpha={alpha}",)).weak
        critic, _ = checkpoints.load_network("critic-frame", chain.checkpoints)
        torch.manual_seed(0)
        return SeparatorTask(
            tmp_path, config, c, data, TFMasker(config.masker), critic, labels
        ), batch

    return make


def test_every_stage_has_a_block_and_a_card(chain):
    for name in chain.config.systems:
        _, card = checkpoints.load_network(name, chain.checkpoints)
        assert (card.kind, card.settings["labels"]) == (
            WEAK_STAGES[name].network,
            WEAK_STAGES[name].labels,
        )
        assert card.settings["critic"] == WEAK_STAGES[name].critic
        assert card.settings["classes"] == list(
            scene_data("synthscapes", chain.config).train.recipe.labels
        )


def test_history_has_both_terms(chain):
    history = pd.read_csv(chain.out / "weak-frame" / "history.csv")
    alpha = chain.config.weak.alpha
    assert len(history) == chain.config.weak.epochs
    total = history.classification_loss + alpha * history.mixture_loss
    assert total.tolist() == pytest.approx(history.loss.tolist(), rel=1e-4)
    assert history.validation_si_sdri.notna().all()


def test_critic_stays_frozen(chain):
    _, before = checkpoints.load_block("critic-frame", chain.checkpoints)
    for name in ("weak-frame", "conv-frame"):
        stored = torch.load(chain.out / name / "last.ckpt", weights_only=True)["state_dict"]
        after = {
            key.removeprefix("critic."): value
            for key, value in stored.items()
            if key.startswith("critic.")
        }
        assert after.keys() == before.keys()
        assert all(torch.equal(before[key], after[key]) for key in before)
        moved = load_networks(chain.out / name / "best-network.safetensors")["network"]
        assert not any(key.startswith("critic") for key in moved)


@pytest.mark.parametrize("labels", ["frame", "clip"])
def test_gradients_reach_the_masker_through_the_critic_alone(task, labels, monkeypatch):
    separation, batch = task(labels, alpha=0.0)
    separation.terms(batch)["loss"].backward()
    assert all(
        p.grad is not None and p.grad.abs().sum() > 0 for p in separation.network.parameters()
    )
    assert all(p.grad is None for p in separation.critic.parameters())

    cut, batch = task(labels, alpha=0.0)
    forward = Critic.forward
    monkeypatch.setattr(Critic, "forward", lambda self, x: forward(self, x.detach()))
    cut.terms(batch)["loss"].backward()
    assert all(p.grad is None or not p.grad.any() for p in cut.network.parameters())


def test_weak_loss_ignores_isolated_sources(task):
    separation, batch = task("frame")
    other = batch._replace(sources=torch.zeros_like(batch.sources))
    assert torch.equal(separation.terms(batch)["loss"], separation.terms(other)["loss"])


def test_weak_loss_falls(task):
    separation, batch = task("frame")
    optimizer = torch.optim.Adam(separation.network.parameters(), lr=0.01)
    losses = []
    for _ in range(12):
        loss = separation.terms(batch)["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]


def test_masker_overfits_isolated_sources(task):
    _, batch = task("frame")
    torch.manual_seed(0)
    masker = TFMasker(TFMaskerConfig(cells=32, layers=1, centre=-4.0, spread=4.0))
    optimizer = torch.optim.Adam(masker.parameters(), lr=0.01)
    targets = stft(batch.sources).abs()
    for _ in range(60):
        loss = magnitude_loss(magnitudes(masker, batch.mixture)[1], targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    several = (batch.present > 0) & (batch.present.sum(1, keepdim=True) > 1)
    mixtures = batch.mixture.unsqueeze(1).expand_as(batch.sources)
    with torch.no_grad():
        estimates = masker(batch.mixture)[several].numpy()
    assert (
        si_sdr_improvement(
            estimates, batch.sources[several].numpy(), mixtures[several].numpy()
        ).mean()
        > 3
    )


def test_paper_preset_has_the_papers_settings():
    c = load_preset("weak_paper")
    assert (c.masker.cells, c.masker.layers, c.critic.channels, c.critic.cells) == (
        600,
        3,
        (32, 64, 128),
        100,
    )
    assert (c.weak.batch, c.weak.epochs, c.weak.early_stop) == (10, 50, 5)
    assert (c.weak.learning_rate, c.weak.alpha, c.weak.fresh) == (1e-4, 100.0, False)
    assert (c.data.synthetic, c.data.validation_synthetic, c.data.seconds) == (20000, 5000, 4.0)
    assert c.weak.test == 5000


def test_unknown_stage(chain, tmp_path):
    with pytest.raises(JssError, match='no way to train "weak-none"'):
        chain_of(chain.config, tmp_path, tmp_path).run(("weak-none",), resume=False)


def test_finished_block_of_other_classes(chain, tmp_path):
    shutil.copytree(chain.checkpoints, tmp_path / "checkpoints")
    path = tmp_path / "checkpoints" / "blocks" / "critic-frame.json"
    card = json.loads(path.read_text())
    card["settings"]["classes"] = ["dog", "cat"]
    path.write_text(json.dumps(card))
    again = chain_of(chain.config, tmp_path)
    with pytest.raises(JssError, match=r"critic-frame in .* was trained for other classes"):
        again.plan(("critic-frame",), resume=False)


def test_presets_number_of_test_scenes_is_evaluates_default():
    settings = {"weak": dataclasses.asdict(load_preset("weak_paper").weak)}
    assert scenes_of(settings) == 5000
    assert scenes_of({"weak": dataclasses.asdict(load_preset("weak_desk").weak)}) == 500
    assert [scenes_of(damaged) for damaged in ({}, {"weak": 3}, {"weak": {"test": "x"}})] == [
        500
    ] * 3


def test_plan_names_scenes_steps_and_critic(tmp_path):
    config = load_preset("weak_paper")
    chain = chain_of(config, tmp_path)
    lines = {stage.name: stage.line for stage in chain.plan(config.systems, resume=False)}
    assert list(lines) == list(config.systems)
    assert "(train 20000, validation 5000 scenes); 50 epochs of 2000 steps" in lines["weak-frame"]
    assert lines["weak-clip"].endswith("starts from a new tf_masker, taught by critic-clip")
    with pytest.raises(JssError, match=r"no validation scenes: raise data\.validation_synthetic"):
        chain_of(load_preset("weak_smoke", ("data.validation_synthetic=0",)), tmp_path).run(
            ("critic-frame",), resume=False
        )
    assert not (tmp_path / "critic-frame").exists()


def test_memory_of_a_finished_critic_is_that_of_its_own_network(tmp_path):
    """A preset with another critic does not change the one that was trained before."""
    config = load_preset("weak_smoke")
    labels = scene_recipe("urban").labels
    sizes = dataclasses.asdict(dataclasses.replace(config.critic, n_classes=len(labels)))
    about = ("critic", "student", "none: random weights", "MIT")
    settings = {"classes": list(labels)}
    card = checkpoints.Card("critic-frame", "critic", sizes, *about, settings=settings)
    weights = checkpoints.build(card.kind, sizes).state_dict()
    checkpoints.save_block(weights, card, tmp_path / "checkpoints")

    def line(folder, *settings):
        chain = chain_of(load_preset("weak_smoke", settings), tmp_path, folder)
        return chain.plan(("weak-frame",), resume=False, memory=True)[-1].line

    finished, larger = tmp_path / "checkpoints", "critic.channels=[64, 128, 256]"
    assert line(finished, larger) == line(finished) != line(tmp_path / "new", larger)


def test_gamma_counts_all_training_scenes():
    """A scene that comes after the first 2000 counts like any other."""
    recipe = dataclasses.replace(scene_recipe("urban"), labels=("a", "b"))

    class Scenes(SceneSet):
        def scene(self, index):
            label = "b" if index == 2000 else "a"
            return Scene(4.0, ("a", "b"), (Layer(label, (), -25.0, (), ((0.0, 4.0),)),))

    share = active_share(Scenes(recipe, None, "train", 0, 2001))
    assert share == pytest.approx([2000 / 2001 * 500 / 501, 500 / 501 / 2001], rel=1e-6)


def test_the_running_mean_of_the_weights_is_validated_and_saved(tmp_path, monkeypatch):
    config = load_preset("weak_smoke", ("weak.ema=0.5", "weak.epochs=1"))
    seen = []
    step = SeparatorTask.on_train_batch_end

    def remember(self, *args):
        seen.append({k: v.detach().clone() for k, v in self.network.state_dict().items()})
        step(self, *args)

    monkeypatch.setattr(SeparatorTask, "on_train_batch_end", remember)
    chain = chain_of(config, tmp_path)
    chain.run(("weak-strong",), resume=False)
    expected = seen[0]
    for weights in seen[1:]:
        expected = {key: 0.5 * expected[key] + 0.5 * weights[key] for key in expected}
    _, saved = checkpoints.load_block("weak-strong", tmp_path / "checkpoints")
    assert len(seen) == 2
    for key, value in expected.items():
        torch.testing.assert_close(saved[key], value)
        assert not torch.equal(saved[key], seen[-1][key])


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (("stages.weak-clip.start=critic-clip",), "cannot go on from critic-clip, which has other"),
        (
            ("stages.weak-clip.start=weak-frame", "masker.cells=9"),
            "cannot go on from weak-frame, which has other classes or sizes",
        ),
        (("stages.weak-clip.start=weak-clap",), "weak-clap"),
        (("stages.weak-frame.start=weak-frame",), "only a row of a campaign goes on from its own"),
        (("stages.weak-clip.strong=snr",), "only isolated sources have this choice"),
        (
            ("weak.crop=0.01",),
            r"crops of 0\.01 s are too short: raise weak\.crop to 0\.1 s or more",
        ),
    ],
)
def test_a_start_that_does_not_fit_is_a_sentence_before_any_training(
    chain, tmp_path, settings, sentence
):
    folder = tmp_path / "checkpoints"
    shutil.copytree(chain.checkpoints, folder)
    (folder / "blocks" / "weak-clip.json").unlink()
    config = load_preset("weak_smoke", settings)
    stages = ("weak-frame", "weak-clip")
    with pytest.raises(JssError, match=sentence):
        chain_of(config, tmp_path, folder).plan(stages, resume=False)


def test_sizes_that_no_network_has_are_a_sentence_before_any_training(tmp_path):
    config = load_preset("weak_smoke", ("critic.time_pools=[1,2]",))
    with pytest.raises(JssError, match=r"A critic cannot have these sizes .* the preset's critic"):
        chain_of(config, tmp_path).plan(("critic-clip",), resume=False)


def test_a_start_that_is_another_stage_is_trained_first(tmp_path):
    config = load_preset("weak_smoke", ("stages.conv-frame.start=conv-strong",))
    chain = chain_of(config, tmp_path)
    planned = [stage.name for stage in chain.plan(("conv-frame",), resume=False)]
    assert planned == ["critic-frame", "conv-strong", "conv-frame"]


def test_a_resumed_run_has_the_same_running_mean(tmp_path):
    """Stopped after its first of two epochs, it ends as one that went through."""
    blocks = []
    for stops in ((2,), (1, 2)):
        folder = tmp_path / str(len(stops))
        for number, epochs in enumerate(stops):
            config = load_preset("weak_smoke", ("weak.ema=0.9", f"weak.epochs={epochs}"))
            checkpoint = folder / "checkpoints"
            shutil.rmtree(checkpoint, ignore_errors=True)
            chain_of(config, folder, checkpoint).run(("weak-strong",), resume=number > 0)
        blocks.append(load_networks(folder / "weak-strong" / "best-network.safetensors"))
    whole, resumed = (block["network"] for block in blocks)
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def test_isolated_sources_teach_signals_or_magnitudes(task):
    separation, batch = task("strong")
    separation.critic = None
    magnitude = separation.terms(batch)["loss"]
    separation.c = dataclasses.replace(separation.c, strong="snr")
    signal = separation.terms(batch)["loss"]
    estimates = separation.network(batch.mixture)  # the smoke masker has no floor
    torch.testing.assert_close(
        signal, source_snr_loss(estimates, batch.sources, batch.mixture), rtol=1e-4, atol=1e-4
    )
    assert magnitude.item() != signal.item()
