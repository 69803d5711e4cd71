"""Two processes train as one does: the same gradients, the same files; a mistake is a sentence."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import tiny_task
import torch
import two_processes

from jss.cli import main
from jss.config import load_preset
from jss.data.training.batching import DetectionSteps, SeparationSteps
from jss.errors import JssError
from jss.models.separator import ConvTasNet
from jss.models.tdcn import TDCN
from jss.training import distributed
from jss.training.chain import Chain, Workspace
from jss.training.distributed import on_rank_zero, rank, world_size
from jss.training.experiment import JointTrainings
from jss.training.loop import fit
from jss.training.separation import SeparationTask

ROOT = Path(__file__).parents[2]
TWO = replace(tiny_task.CONFIG, devices=2)
SMALL = (
    "detection.batch=[2, 2, 2]",
    "separation.epochs=1",
    "separation.steps=1",
    "data.synthetic=2",
    "data.weak=2",
    "data.unlabelled=2",
    "data.validation_synthetic=1",
    "data.validation_weak=1",
    "data.seconds=1",
    "data.sounds=2",
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("one_thread"),  # sums in another order would differ
]


def joint_task(folder):
    """Joint Training with a retention term, its batch of six in two micro-batches, wherever they
    are.
    """
    task = tiny_task.task(
        folder, ("detector", "separator"), retention="mixit", accumulate=2 // world_size(), epochs=2
    )
    task.config = replace(TWO, devices=world_size())
    return task


def separation_task(folder):
    """MixIT on batches of four pairs in two parts; the first process's weights are those of all."""
    torch.manual_seed(rank())
    network = ConvTasNet(TWO.separator)
    return SeparationTask(
        folder, TWO, replace(TWO.separation, batch=4), tiny_task.POOL, network, "mixit", 1e-3
    )


def trained(task):
    """Two epochs. -> the gradients of each step, the weights after them, the history."""
    gradients = []

    def note(_):
        gradients.append(
            {key: p.grad.clone() for key, p in task.named_parameters() if p.grad is not None}
        )

    task.on_before_optimizer_step = note
    fit(task, replace(TWO, devices=world_size()), 2, accumulate=2 // world_size(), clip=5.0)
    return gradients, {key: p.detach().clone() for key, p in task.named_parameters()}, task.history


@pytest.mark.parametrize("make", [joint_task, separation_task])
def test_two_processes_have_the_gradients_of_one(make, tmp_path):
    def job():
        torch.save(trained(make(tmp_path / "two")), tmp_path / f"{rank()}.pt")

    assert two_processes.run(tmp_path, job) == ["", ""]
    first, second = (
        torch.load(tmp_path / f"{number}.pt", weights_only=True) for number in range(2)
    )
    gradients, _, history = trained(make(tmp_path / "one"))
    assert len(gradients) == len(first[0]) == 4
    for ours, theirs in zip(first[0], gradients, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(first[1], second[1], atol=0, rtol=0)  # the teacher's too
    assert first[2] == second[2]
    for ours, theirs in zip(first[2], history, strict=True):
        assert ours["loss"] == pytest.approx(theirs["loss"], rel=1e-5)
        assert (ours["steps"], ours["learning_rate"]) == (theirs["steps"], theirs["learning_rate"])


@pytest.mark.parametrize(
    "network",
    [
        TDCN(replace(TWO.tdcn, n_blocks=blocks, n_repeats=repeats))
        for blocks, repeats in ((1, 2), (2, 1), (2, 2), (3, 1))
    ]
    + [ConvTasNet(TWO.separator)],
)
def test_what_learns_has_a_gradient(network):
    """The processes wait for one of each."""
    network(torch.randn(1, 4000)).square().sum().backward()
    assert [
        name for name, p in network.named_parameters() if p.requires_grad and p.grad is None
    ] == []


def test_what_one_process_meets_ends_both(tmp_path):
    def job():
        task = separation_task(tmp_path / "two")
        if rank():
            task.separation_loss = lambda targets: torch.tensor(float("nan"), requires_grad=True)
        fit(task, TWO, 1)

    first, second = two_processes.run(tmp_path, job)
    assert second.startswith("The loss became nan")
    assert first.startswith("Another process of this training has ended")


def test_what_the_first_meets_alone_it_tells_alone(tmp_path):
    def missing():
        raise JssError("There is no such file.")

    first, second = two_processes.run(tmp_path, lambda: on_rank_zero(missing))
    assert first == "There is no such file."
    assert second.splitlines()[-1] == "SystemExit: 2"


def test_a_chain_in_two_processes_is_that_of_one_and_goes_on(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    torchrun = (
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
        "-m",
        "jss",
    )
    line = (
        "train",
        "smoke",
        *SMALL,
        "devices=2",
        "detection.epochs=1",
        "--only",
        "SED",
        "--out",
        str(two),
    )
    first = subprocess.run(
        [*torchrun, *line], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert first.returncode == 0, first.stderr
    output = [row for row in first.stderr.splitlines() if row.startswith("jss: SED")]
    assert output == ["jss: SED: training", "jss: SED: done"]
    shutil.rmtree(two / "checkpoints" / "systems")  # as if killed before they were written
    config = load_preset("smoke", (*SMALL, "devices=2"))
    again = Chain(JointTrainings(Workspace(config, ("synthscapes",), two, two / "checkpoints")))
    assert two_processes.run(tmp_path, lambda: again.run(("PIT-S0",), resume=True)) == ["", ""]
    config = load_preset("smoke", (*SMALL, "detection.accumulate=2"))
    Chain(JointTrainings(Workspace(config, ("synthscapes",), one, one / "checkpoints"))).run(
        ("PIT-S0",), resume=False
    )
    files = [
        {path.relative_to(out) for path in out.rglob("*") if path.is_file()} for out in (one, two)
    ]
    assert files[0] == files[1]
    ours, theirs = (pd.read_csv(out / "SED" / "history.csv") for out in (two, one))
    for column in ("epoch", "steps", "loss", "bce_strong", "mse_weak", "learning_rate"):
        assert ours[column].tolist() == pytest.approx(theirs[column].tolist(), rel=1e-5), column


@pytest.mark.parametrize(
    ("setting", "call"),
    [("devices=2", "--nnodes 1 --nproc-per-node 2"), ("nodes=3", "--nnodes 3 --nproc-per-node 1")],
)
def test_several_devices_without_torchrun(setting, call, tmp_path, capsys):
    assert main(["train", "smoke", setting, "--out", str(tmp_path)]) == 2
    output = capsys.readouterr().err
    assert output.count("\n") == 1
    assert f"start it with torchrun {call} -m jss train" in output


def test_more_devices_than_gpus(monkeypatch):
    monkeypatch.setattr(distributed, "world_size", lambda: 2)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    with pytest.raises(JssError, match=r"fewer GPUs \(1\) than devices \(2\)"):
        distributed.check(2, 1)


def test_what_cannot_be_shared_is_told():
    config = load_preset("smoke", ("detection.batch=[3, 3, 3]", "separation.batch=3", "devices=2"))
    with pytest.raises(JssError, match="into 2 equal micro-batches"):
        DetectionSteps(tiny_task.DATA, config, config.detection, tiny_task.LABELS, 0)
    with pytest.raises(JssError, match="shared by 2 processes"):
        SeparationSteps(tiny_task.POOL, config, config.separation, "mixit", 0)
    with pytest.raises(JssError, match="devices must be at least 1"):
        load_preset("smoke", ("devices=0",))
