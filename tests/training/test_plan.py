"""The plan of a training: the paper's data for each stage, and what is refused before the first step."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
import true_layouts as layouts

from jss import checkpoints
from jss.cli import main
from jss.config import load_preset
from jss.data.training.training_data import class_list, training_data
from jss.errors import JssError
from jss.training.chain import Chain, Workspace
from jss.training.experiment import JointTrainings
from jss.training.memory import detection_memory, peak_bytes, separation_memory
from jss.training.stages import STAGES, split

ROOTS = ("yfcc", "desed", "fuss")
#: Each pre-training, its pool and its data set in the paper.
PAPER = {
    "PIT": "sources of {}/fuss",
    "MixIT": "detection of {}/desed",
    "TDCN": "recordings of {}/yfcc",
}
SHORT = ("detection.epochs=1", "separation.epochs=1", "data.seconds=1", "detection.batch=[1, 1, 1]")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small DESED, FUSS and YFCC100M in their true layouts."""
    root = tmp_path_factory.mktemp("world")
    layouts.desed(root / "desed")
    layouts.fuss(root / "fuss", ("ssdata_reverb",))
    layouts.nested(root / "yfcc")
    return root


def data(world: Path, *names: str) -> list[str]:
    return [word for name in names or ROOTS for word in ("--data", str(world / name))]


def chain(
    roots: str | tuple[str, ...], folder: Path, *overrides: str, preset: str = "smoke"
) -> Chain:
    return Chain(
        JointTrainings(
            Workspace(load_preset(preset, overrides), roots, folder, folder / "checkpoints")
        )
    )


@pytest.mark.slow
def test_train_paper_plans_the_papers_pool_for_each_stage(world, tmp_path, capsys):
    words = ["train", "paper", *data(world), "--plan", "--out", str(tmp_path / "out")]
    assert main([*words, "detection.batch=[1, 1, 1]", "data.workers=0"]) == 0
    lines = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    for name, pool in PAPER.items():
        assert f"data={pool.format(world)} (" in lines[name]
        assert "200 epochs of 5000 steps at most; batch 4; memory about " in lines[name]
    assert "sources 2 clips of 1 to 4 sources; validated on 1 mixtures of 1" in lines["PIT"]
    assert "synthetic 2, unlabelled 2 clips; validated on 5 pairs of 10" in lines["MixIT"]
    assert "recordings 10 clips; validated on 1 pairs of 2" in lines["TDCN"]
    assert f"data={world}/desed (synthetic 2, weak 9, unlabelled 2 clips" in lines["SED"]
    assert lines["PIT-JT-teacher"].endswith(
        "starts from the separator of PIT and the detector of SED (teacher)"
    )
    assert lines["MixIT-S2-student"].endswith("and the detector of MixIT-S1 (student)")
    assert set(load_preset("paper").systems) < {split(name)[0] for name in lines}
    assert lines["evaluation"].startswith("not on public_overlap, of which ")
    assert not (tmp_path / "out").exists()
    assert main([*words, "--only", "MixIT"]) == 0
    assert "evaluation" not in capsys.readouterr().out  # no system is trained: nothing to evaluate


@pytest.mark.slow
def test_smoke_learns_from_the_pools(world, tmp_path, monkeypatch, one_thread):
    """The files that are read while each separator is trained are those of its pool."""
    read: dict[str, set[str]] = {}
    now = []
    from jss.data.training.datasets import ClipSet

    sample, pretrain = ClipSet._samples, JointTrainings._train_separator

    def noted(self, path):
        if now:
            read.setdefault(now[-1], set()).add(path.relative_to(world).parts[0])
        return sample(self, path)

    def named(self, name, run):
        now.append(name)
        pretrain(self, name, run)
        now.pop()

    monkeypatch.setattr(ClipSet, "_samples", noted)
    monkeypatch.setattr(JointTrainings, "_train_separator", named)
    out = tmp_path / "out"
    words = ["train", "smoke", *data(world), "--out", str(out), *SHORT]
    assert main([*words, "--only", "PIT-S0", "MixIT-S0", "SSep-SED"]) == 0
    assert read == {"PIT": {"fuss"}, "MixIT": {"desed"}, "TDCN": {"yfcc"}}
    says = {
        name: checkpoints.load_card(f"{name}-separator".lower(), out / "checkpoints")
        for name in PAPER
    }
    assert says["PIT"].training_data.startswith("FUSS, reverberant")
    assert says["MixIT"].training_data.startswith("the data set desed, in DESED's layout")
    assert says["TDCN"].training_data == "10 unlabelled recordings in yfcc"
    assert {name: card.settings["stage"]["data"] for name, card in says.items()} == {
        name: STAGES[name].data for name in PAPER
    }


def test_a_stages_data_may_be_set_and_what_is_absent_is_replaced_with_a_sentence(world, tmp_path):
    roots = tuple(str(world / name) for name in ROOTS)
    (stage,) = chain(roots, tmp_path, "stages.MixIT.data=recordings").plan(("MixIT-S0",), False)[:1]
    assert "data=recordings of" in stage.line
    assert stage.note is None
    plan = chain(roots[1], tmp_path).plan(("SSep-SED", "MixIT-S0"), False)
    notes = {stage.name: stage.note for stage in plan if stage.note}
    assert list(notes) == ["TDCN"]
    assert notes["TDCN"].startswith("TDCN learns from the data set ")
    assert notes["TDCN"].endswith(
        " in place of a folder of unlabelled recordings (YFCC100M), as none was given (data=detection)."
    )
    with pytest.raises(
        JssError, match=r"stages\.MixIT: data must be 'detection', 'recordings' or 'sources'"
    ):
        chain(roots, tmp_path, "stages.MixIT.data=yfcc").plan(("MixIT-S0",), False)
    with pytest.raises(JssError, match="only PIT, MixIT and TDCN choose theirs"):
        chain(roots, tmp_path, "stages.S1.data=sources").plan(("MixIT-S1",), False)


def test_what_would_fail_hours_later_is_refused_before_the_first_step(world, tmp_path):
    roots = tuple(str(world / name) for name in ROOTS)

    def refused(match: str, *overrides: str, root: str | tuple[str, ...] = roots) -> None:
        with pytest.raises(JssError, match=match):
            chain(root, tmp_path / "out", *overrides).run(("SED", "PIT-JT"), resume=False)
        assert not (tmp_path / "out").exists()

    refused("PIT: a mixture of .*fuss has 4 sources.*set separator.n_src=4", "separator.n_src=3")
    refused(
        r"The synthetic clips are too few for a batch of \[4, 1, 1\].*to \[2, 1, 1\] or less",
        "stages.JT.batch=[4, 1, 1]",
    )
    refused("stages.JT: epochs must be", "stages.JT.epochs=soon")
    refused("stages.JTT: there is no such stage", "stages.JTT.epochs=3")
    refused("There is no card .*none", "stages.JT.detector=none")
    refused(r"12\.wav.*label 'Cat', which is not among the classes", "labels=[Dog, Frying]")
    refused("no synthetic clips", root=str(world / "fuss"))


def test_a_clip_without_labels_is_refused_before_the_first_step(tmp_path):
    root = layouts.desed(tmp_path / "desed")
    (root / "metadata/train/weak.tsv").unlink()
    with pytest.raises(JssError, match=r"Y-weak.* has no weak labels: add them to its table"):
        chain(str(root), tmp_path / "out", "detection.batch=[1, 1, 1]").run(("SED",), resume=False)


def test_an_unfinished_run_is_refused_before_another_stage_is_trained(world, tmp_path):
    (tmp_path / "MixIT").mkdir()
    with pytest.raises(JssError, match="--resume"):
        chain(str(world / "desed"), tmp_path).run(("SED", "MixIT-S0"), resume=False)
    assert not (tmp_path / "SED").exists()


def test_the_peak_is_what_lives_at_once():
    weight = torch.randn(8, 8, requires_grad=True)
    x = torch.randn(1000, 8)
    product = 4 * 1000 * 8
    # The product, its square and then the gradient of the square in the place of it.
    peak = peak_bytes(lambda: (x @ weight).square().sum(), [weight])
    assert 2 * product <= peak <= 4.1 * product
    assert torch.allclose(weight.grad, 2 * x.T @ (x @ weight.detach()), rtol=1e-4)
    x = torch.randn(2000, 8)
    assert peak_bytes(lambda: (x @ weight).square().sum(), [weight]) == pytest.approx(
        2 * peak, rel=0.02
    )


def test_the_peak_has_what_a_function_holds_itself():
    """As the tiled separator does, on its context."""

    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.held = [x.clone() for _ in range(5)]
            return 2 * x

        @staticmethod
        def backward(ctx, gradient):
            return 2 * gradient

    x = torch.randn(1000, requires_grad=True)
    assert peak_bytes(lambda: Twice.apply(x).sum(), [x]) >= 6 * 4 * 1000


@pytest.mark.slow
def test_memory_grows_with_the_batch_and_its_length():
    def of(stage: str, *overrides: str) -> float:
        config = load_preset("smoke", ("detection.batch=[1, 1, 2]", *overrides))
        data, row = training_data("synthscapes", config, used=()), STAGES[stage]
        if row.loss == "sed":
            labels = class_list("synthscapes", config)
            return detection_memory(config, row, config.detection, data, labels)
        pool = data.pool(row.data, row.loss)
        return separation_memory(config, row, config.separation, pool)

    assert of("JT", "detection.batch=[2, 2, 4]") == pytest.approx(2 * of("JT"), rel=0.05)
    assert of("JT", "detection.batch=[2, 2, 4]", "detection.accumulate=2") == of("JT")
    assert of("PIT", "separation.batch=8") == pytest.approx(4 * of("PIT"), rel=0.1)
    assert of("S1") < of("JT")
    assert of("SED") < of("S1")


def test_memory_of_a_named_block_is_that_of_its_own_network(tmp_path):
    config = load_preset("smoke", ("detection.batch=[1, 1, 2]",))
    card = checkpoints.Card(
        "mine", "tdcn", asdict(config.tdcn), "TDCN", "student", "none: random weights", "MIT"
    )
    checkpoints.save_block(checkpoints.build(card.kind, card.config).state_dict(), card, tmp_path)
    data, labels = training_data("synthscapes", config, used=()), ("Dog", "Cat")

    def systems(start: str) -> float:
        row = replace(STAGES["S1"], separator=start)
        return detection_memory(config, row, config.detection, data, labels, tmp_path)

    def separators(start: str) -> float:
        row = replace(STAGES["MixIT"], separator=start)
        pool = data.pool(row.data, row.loss)
        return separation_memory(config, row, config.separation, pool, tmp_path)

    for of, same, other in ((systems, "TDCN", "MixIT"), (separators, "new TDCN++", "new")):
        mine, tdcn, conv_tasnet = map(of, ("mine", same, other))
        assert mine == pytest.approx(tdcn, rel=0.02)
        assert mine != pytest.approx(conv_tasnet, rel=0.1)


@pytest.mark.slow
def test_finished_stages_say_so(world, tmp_path):
    root, made = str(world / "desed"), chain(str(world / "desed"), tmp_path, *SHORT)
    made.run(("SED",), resume=False)
    again = chain(root, tmp_path, *SHORT).plan(("SED", "MixIT-S0"), False)
    assert [stage.name for stage in again] == ["SED", "MixIT", "MixIT-S0"]
    assert "finished before" in again[0].line
    card = json.loads((tmp_path / "checkpoints/blocks/sed-detector-teacher.json").read_text())
    assert card["stage"] == "SED"


def test_pairs_without_saved_sources_are_refused(tmp_path):
    paired = chain("synthscapes", tmp_path, "detection.save_pairs=0.5")
    with pytest.raises(JssError, match=r"save_pairs goes with detection\.save_sources=true"):
        paired.plan(("SED",), resume=False)


def test_pairs_of_a_single_clip_are_refused(tmp_path):
    """MixIT of no pair is no number: the first step would end with advice on the learning rate."""
    settings = ("detection.batch=[2, 0, 0]", "detection.accumulate=2", "detection.norm_clips=0")
    with pytest.raises(JssError, match=r"MixIT-JT\+-teacher mixes .* in pairs.*lower accumulate"):
        chain("synthscapes", tmp_path, *settings).plan(["MixIT-JT+"], resume=False)
    other = ("stages.JT+.retention=distillation", *settings)
    chain("synthscapes", tmp_path, *other).plan(["MixIT-JT+"], resume=False)


def test_a_stage_that_trains_nothing_starts_from_no_new_network(tmp_path):
    with pytest.raises(JssError, match="cannot start from a new detector"):
        chain("synthscapes", tmp_path, "stages.S0.detector=new").plan(["MixIT-S0"], resume=False)


def test_pit_from_a_block_with_another_number_of_outputs_is_refused(tmp_path):
    """The search over permutations would leave some outputs, or some sources, out of the loss."""
    sizes = {"n_src": 8, "n_filters": 16, "bn_chan": 8, "hid_chan": 16, "skip_chan": 8}
    card = checkpoints.Card("eight", "conv_tasnet", sizes, "test", "student", "noise", "MIT")
    state = checkpoints.build(card.kind, sizes).state_dict()
    checkpoints.save_block(state, card, tmp_path / "checkpoints")
    start = "stages.PIT.separator=eight"
    with pytest.raises(JssError, match=r"eight has 8 outputs.*set separator\.n_src=8"):
        chain("synthscapes", tmp_path, start).plan(["PIT"], resume=False)
    assert chain("synthscapes", tmp_path, start, "separator.n_src=8").plan(["PIT"], resume=False)
    after = chain("synthscapes", tmp_path, "stages.PIT.separator=MixIT")
    assert (
        "starts from the separator of MixIT" in after.plan(["MixIT", "PIT"], resume=False)[1].line
    )
    assert [each.name for each in after.plan(["PIT"], resume=False)] == ["MixIT", "PIT"]
    mixit = chain("synthscapes", tmp_path, "stages.MixIT.separator=eight")
    assert mixit.plan(["MixIT"], resume=False)


@pytest.mark.parametrize(
    "setting", ["separator=S1", "separator=pre-training", "separator=null", "detector=SED"]
)
def test_a_separator_starts_from_a_separator(setting, tmp_path):
    """One from S1 failed at its first step, for want of a block of None-S1."""
    wrong = chain("synthscapes", tmp_path, f"stages.PIT.{setting}")
    with pytest.raises(JssError, match=r"stages\.PIT trains a separator alone: let it start from"):
        wrong.plan(["PIT"], resume=False)


@pytest.mark.parametrize("stage", ["PIT", "MixIT", "TDCN"])
def test_a_separator_that_starts_from_itself_is_refused(stage, tmp_path):
    """The plan passed, and the training failed for want of its own block."""
    itself = chain("synthscapes", tmp_path, f"stages.{stage}.separator={stage}")
    with pytest.raises(JssError, match=f"^{stage} starts from {stage}, so none can be trained"):
        itself.plan([stage], resume=False)


@pytest.mark.parametrize("stage", ["PIT", "MixIT", "TDCN"])
@pytest.mark.parametrize("kind", ["crnn", "critic", checkpoints.ONNX])
def test_a_separator_starts_from_no_block_of_another_kind(kind, stage, tmp_path):
    """A plan of PIT from a critic was a traceback; MixIT and TDCN failed at their first step."""
    card = checkpoints.Card("mine", kind, {}, "test", "student", "noise", "MIT")
    checkpoints.save_weights(b"", card, tmp_path / "checkpoints")
    wrong = chain("synthscapes", tmp_path, f"stages.{stage}.separator=mine")
    with pytest.raises(JssError, match=f"The block mine is a {kind}, so no stage .* separator"):
        wrong.plan([stage], resume=False)


def test_memory_after_a_finished_stage_is_that_of_its_block(tmp_path, monkeypatch):
    """It was that of the preset's network, which may have other sizes."""
    sizes = {"n_src": 8, "n_filters": 16, "bn_chan": 8, "hid_chan": 16, "skip_chan": 8}
    card = checkpoints.Card("pit-separator", "conv_tasnet", sizes, "PIT", "student", "noise", "MIT")
    state = checkpoints.build(card.kind, sizes).state_dict()
    checkpoints.save_block(state, card, tmp_path / "checkpoints")
    starts = []

    def memory(config, stage, c, data, labels, folder):
        starts.append(stage.separator)
        return 1e9 * len(starts)

    monkeypatch.setattr("jss.training.plan.detection_memory", memory)
    planned = chain("synthscapes", tmp_path).plan(
        ["PIT-S1-teacher", "MixIT-S1-teacher", "MixIT-S1-student"], resume=False, memory=True
    )
    lines = {each.name: each.line for each in planned}
    assert starts == [None, "pit-separator", "pre-training"]
    assert "memory about 2.0 GB" in lines["PIT-S1-teacher"]
    assert "memory about 3.0 GB" in lines["MixIT-S1-teacher"]
    assert "memory about 3.0 GB" in lines["MixIT-S1-student"]
