import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from jss import checkpoints
from jss.config import load_preset
from jss.errors import JssError
from jss.inference.system import load_system
from jss.results import ClipResult
from jss.training import runs
from jss.training.chain import Chain, Workspace
from jss.training.experiment import JointTrainings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def states(name, selection, folder):
    chosen = checkpoints.manifest(name, folder).selections[selection]
    return {
        block: checkpoints.load_block(getattr(chosen, block), folder)[1]
        for block in ("separator", "detector")
        if getattr(chosen, block)
    }


def chain_of(config, out, folder):
    """The stages on clips of the synthesiser; folder: of their blocks."""
    return Chain(JointTrainings(Workspace(config, "synthscapes", out, folder)))


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def test_every_system_of_the_preset_is_there(smoke):
    assert {m.name for m in checkpoints.systems(smoke.checkpoints)} == set(smoke.config.systems)


def test_each_chain_follows_its_own_selection(smoke):
    cards = {
        path.stem: checkpoints.load_card(path.stem, smoke.checkpoints)
        for path in (smoke.checkpoints / "blocks").glob("*.json")
    }
    parents = [(card, cards[card.parent]) for card in cards.values() if card.parent]
    assert {card.stage for card, _ in parents} == {"SSep-SED", "MixIT-S1", "MixIT-S2", "MixIT-JT"}
    for card, parent in parents:
        if parent.name not in ("pit-separator", "mixit-separator", "tdcn-separator"):
            assert card.network == parent.network, card.name
        assert card.name.endswith(f"-{card.network}")
    assert not [c.name for c, p in parents if c.network == "student" and p.network == "teacher"]
    for system in checkpoints.systems(smoke.checkpoints):
        assert set(system.selections) == {"student", "teacher"}
        for who, chosen in system.selections.items():
            others = {"student": "teacher", "teacher": "student"}[who]
            assert not [name for name in chosen.blocks if name.endswith(f"-{others}")]
    one, other = (
        pd.read_csv(smoke.out / f"MixIT-S1-{who}" / "history.csv") for who in ("student", "teacher")
    )
    assert not one.equals(other)


def test_a_shipped_student_says_that_it_began_from_teachers():
    for system in checkpoints.systems():
        for who, chosen in system.selections.items():
            cards = [checkpoints.load_card(name) for name in chosen.blocks]
            parents = [checkpoints.load_card(card.parent) for card in cards if card.parent]
            foreign = [c.name for c in (*cards, *parents) if c.network == "teacher"]
            assert bool(who == "student" and foreign) == (
                "began from teacher networks" in chosen.note
            ), system.name


def test_blocks_are_shared_where_a_stage_trains_none(smoke):
    manifests = {m.name: m.selections for m in checkpoints.systems(smoke.checkpoints)}
    assert manifests["MixIT-S0"]["teacher"].detector == manifests["SED"]["teacher"].detector
    assert manifests["MixIT-S1"]["teacher"].separator == manifests["MixIT-S0"]["teacher"].separator
    assert manifests["MixIT-S2"]["student"].detector == manifests["MixIT-S1"]["student"].detector
    assert manifests["MixIT-JT"]["teacher"].separator != manifests["MixIT-S0"]["teacher"].separator
    assert manifests["PIT-S0"]["teacher"].separator == "pit-separator"


def test_the_ssep_sed_baseline_shares_the_sed_teacher_and_learns_q(smoke):
    system = load_system("SSep-SED", folder=smoke.checkpoints)
    chosen = checkpoints.manifest("SSep-SED", smoke.checkpoints).selections
    assert {who: c.mixture for who, c in chosen.items()} == {
        who: f"sed-detector-{who}" for who in ("student", "teacher")
    }
    assert {c.separator for c in chosen.values()} == {"tdcn-separator"}
    assert 0 <= chosen["student"].q <= 1
    assert chosen["student"].q != chosen["teacher"].q
    before, after = (
        states(n, "teacher", smoke.checkpoints)["detector"] for n in ("SED", "SSep-SED")
    )
    assert not same(before, after)
    assert {c.mixture_input for c in chosen.values()} == {"sources"}
    assert system.model.mixture_input == "sources"
    result = system(0.1 * np.random.default_rng(0).standard_normal(32000, np.float32))
    assert result.sources.shape == (8, 32000)
    assert result.mixture_scores.shape == result.scores.shape == (10, 31)
    q, sep = chosen["teacher"].q, result.source_scores.sum(0).clip(max=1)
    expected = q * result.mixture_scores + (1 - q) * sep  # Eq. 2
    np.testing.assert_allclose(result.scores, expected, atol=1e-6)
    again = ClipResult.load(_saved(result, smoke.out / "result.npz"))
    np.testing.assert_array_equal(again.mixture_scores, result.mixture_scores)
    long = system(0.1 * np.random.default_rng(0).standard_normal(35 * 16000, np.float32))
    assert long.mixture_scores.shape == long.scores.shape
    assert system.cards["mixture"].name == "sed-detector-teacher"


def _saved(result, path):
    result.save(path)
    return path


def test_a_stage_moves_the_blocks_that_it_trains(smoke):
    before, after = (
        states(name, "teacher", smoke.checkpoints) for name in ("MixIT-S0", "MixIT-S1")
    )
    assert same(before["separator"], after["separator"])
    assert not same(before["detector"], after["detector"])
    second = states("MixIT-S2", "teacher", smoke.checkpoints)
    assert same(after["detector"], second["detector"])
    assert not same(after["separator"], second["separator"])


def test_cards_say_where_the_weights_come_from(smoke):
    card = checkpoints.load_card("mixit-s1-detector-teacher", smoke.checkpoints)
    assert (card.stage, card.network, card.parent) == (
        "MixIT-S1",
        "teacher",
        "sed-detector-teacher",
    )
    parent = checkpoints.load_card(card.parent, smoke.checkpoints)
    assert card.parent_sha256 == parent.sha256
    assert "synthesiser" in card.training_data
    assert card.seed == smoke.config.seed
    history = pd.read_csv(smoke.out / "MixIT-S1-teacher" / "history.csv")
    assert card.epoch == history.teacher_objective.idxmax() + 1


def test_a_stage_may_start_from_a_named_block_and_the_card_says_every_setting(smoke, tmp_path):
    overrides = (
        "stages.SED.detector=mixit-s1-detector-teacher",
        "detection.epochs=1",
        "stages.SED.mixup=0",
    )
    (tmp_path / "blocks").mkdir()
    for suffix in ("json", "safetensors"):
        shutil.copy(
            smoke.checkpoints / "blocks" / f"mixit-s1-detector-teacher.{suffix}",
            tmp_path / "blocks",
        )
    chain_of(load_preset("smoke", overrides), tmp_path / "runs", tmp_path).run(
        ("SED",), resume=False
    )
    card = checkpoints.load_card("sed-detector-student", tmp_path)
    assert card.parent == "mixit-s1-detector-teacher"
    assert card.settings["preset"] == "smoke"
    assert card.settings["stage"]["detector"] == "mixit-s1-detector-teacher"
    assert (card.settings["detection"]["epochs"], card.settings["detection"]["mixup"]) == (1, 0.0)
    assert card.settings["data"]["seconds"] == 2.0


@pytest.mark.parametrize("setting", ["learning_rate=fast", "detector=3", "epochs=soon"])
def test_a_stages_setting_of_a_wrong_type_is_named(setting, tmp_path):
    config = load_preset("smoke", (f"stages.SED.{setting}",))
    with pytest.raises(JssError, match=f"stages.SED: {setting.partition('=')[0]} must be"):
        chain_of(config, tmp_path, tmp_path).run(("SED",), resume=False)


def test_the_history_tells_each_epochs_losses_and_objectives(smoke):
    history = pd.read_csv(smoke.out / "SED" / "history.csv")
    assert len(history) == smoke.config.detection.epochs
    assert {
        "loss",
        "bce_strong",
        "mse_weak",
        "student_objective",
        "teacher_objective",
        "learning_rate",
    } <= set(history)
    assert history.notna().all().all()


def test_a_trained_block_keeps_its_epochs_beside_its_card(smoke):
    kept = checkpoints.load_history("mixit-s1-detector-teacher", smoke.checkpoints)
    (run,) = (run for run in runs.find(smoke.out).runs if run.system == "MixIT-S1-teacher")
    assert run.state == "ended"
    assert len(kept) == len(run.history) == smoke.config.detection.epochs
    assert kept[0]["teacher_objective"] == pytest.approx(
        run.history[0]["teacher_objective"], rel=1e-4
    )
    assert (
        runs.selected_epochs(kept)["teacher"]
        == checkpoints.load_card("mixit-s1-detector-teacher", smoke.checkpoints).epoch
    )
    assert checkpoints.load_history("nobody", smoke.checkpoints) == []


def test_finished_systems_are_reused_and_unfinished_runs_need_resume(smoke, tmp_path, caplog):
    chain = chain_of(smoke.config, tmp_path, smoke.checkpoints)
    with caplog.at_level("INFO", logger="jss"):
        chain.run(("MixIT-S1",), resume=False)
    assert caplog.messages == [f"MixIT-S1-{who}: finished before" for who in ("teacher", "student")]
    (tmp_path / "SED").mkdir()
    with pytest.raises(JssError, match="--resume"):
        chain_of(smoke.config, tmp_path, tmp_path / "none").run(("SED",), resume=False)


def test_a_nan_ends_the_run_with_advice(smoke, tmp_path):
    config = load_preset("smoke", ("stages.SED.learning_rate=1.0e+30", "detection.warmup_epochs=0"))
    chain = chain_of(config, tmp_path, tmp_path / "checkpoints")
    with pytest.raises(JssError, match="lower the learning rate"):
        chain.run(("SED",), resume=False)


def test_stage_0_joins_the_detector_that_its_settings_name(smoke, tmp_path):
    shutil.copytree(smoke.checkpoints / "blocks", tmp_path / "blocks")
    config = load_preset("smoke", ("stages.S0.detector=mixit-s1-detector-student",))
    chain_of(config, tmp_path / "runs", tmp_path).run(("MixIT-S0",), resume=False)
    selections = checkpoints.manifest("MixIT-S0", tmp_path).selections
    blocks = {name: (s.separator, s.detector) for name, s in selections.items()}
    assert blocks == dict.fromkeys(
        ("student", "teacher"), ("mixit-separator", "mixit-s1-detector-student")
    )
