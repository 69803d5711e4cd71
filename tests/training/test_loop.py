"""A checkpoint is data: what else it holds is refused, and never run. bf16 is used where it is no
emulation.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace

import pytest
import tiny_task
import torch
from dying import first_child_dies
from torch.utils.data import DataLoader

from jss import audio
from jss.config import load_preset
from jss.errors import JssError
from jss.models.separator import ConvTasNet
from jss.training import loop
from jss.training.loop import SafeCheckpointIO, fit
from jss.training.separation import SeparationTask


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_a_checkpoint_that_would_run_something(tmp_path):
    torch.save({"state_dict": Trap(str(tmp_path / "pwned"))}, tmp_path / "last.ckpt")
    with pytest.raises(JssError, match="not one of jss"):
        SafeCheckpointIO().load_checkpoint(tmp_path / "last.ckpt", weights_only=False)
    assert not (tmp_path / "pwned").exists()


def test_a_checkpoint_that_is_cut_off(tmp_path):
    SafeCheckpointIO().save_checkpoint(
        {"epoch": 1, "weights": torch.ones(100)}, tmp_path / "last.ckpt"
    )
    assert SafeCheckpointIO().load_checkpoint(tmp_path / "last.ckpt")["epoch"] == 1
    (tmp_path / "last.ckpt").write_bytes((tmp_path / "last.ckpt").read_bytes()[:300])
    with pytest.raises(JssError, match="damaged"):
        SafeCheckpointIO().load_checkpoint(tmp_path / "last.ckpt")


def test_bf16_where_there_are_units_for_it(monkeypatch, caplog):
    config = load_preset("smoke", ("precision=bf16",))
    loop._report_fp32.cache_clear()
    monkeypatch.setattr(loop, "bf16_units", lambda: False)
    assert [loop._precision(config) for _ in range(2)] == ["32-true"] * 2
    assert sum("training in fp32" in line for line in caplog.messages) == 1
    caplog.clear()
    monkeypatch.setattr(loop, "bf16_units", lambda: True)
    assert loop._precision(config) == "bf16-mixed"
    assert loop._precision(load_preset("smoke")) == "32-true"
    assert not caplog.messages


def test_tensorboard_gets_the_history(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    task = tiny_task.task(tmp_path, ["detector"], separator=False, epochs=1)
    fit(task, replace(tiny_task.CONFIG, tensorboard=True), 1)
    events = accumulator.EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    (point,) = events.Scalars("loss")
    assert point.value == pytest.approx(task.history[0]["loss"])
    assert point.step == task.history[0]["steps"]


def test_a_first_validation_without_a_number_is_a_sentence(tmp_path, monkeypatch):
    task = tiny_task.task(tmp_path, ["detector"], separator=False, epochs=1)
    nothing = {"student_objective": float("nan"), "teacher_objective": float("nan")}
    monkeypatch.setattr(task, "validate", lambda: nothing)
    with pytest.raises(JssError, match="objective is not a number in any epoch: lower the"):
        fit(task, tiny_task.CONFIG, 1)


def test_tensorboard_that_is_not_installed_is_told(tmp_path, monkeypatch):
    def missing(*_, **__):
        raise ModuleNotFoundError("Neither `tensorboard` nor `tensorboardX` is available.")

    monkeypatch.setattr(sys.modules["jss.training.loop"], "TensorBoardLogger", missing)
    task = tiny_task.task(tmp_path, ["detector"], separator=False, epochs=1)
    with pytest.raises(JssError, match="pip install tensorboard"):
        fit(task, replace(tiny_task.CONFIG, tensorboard=True), 1)


def test_a_gpu_that_is_full(tmp_path, monkeypatch):
    task = tiny_task.task(tmp_path, ["detector"], separator=False, epochs=1)

    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(task, "training_step", full)
    with pytest.raises(JssError, match=r"raise detection\.accumulate.*--resume"):
        fit(task, tiny_task.CONFIG, 1)


def test_ctrl_c_between_two_epochs(tmp_path, monkeypatch):
    """Lightning's own end fails where the batches of the next epoch are not begun."""
    task = tiny_task.task(tmp_path, ["detector"], separator=False, epochs=2)
    begin = DataLoader.__iter__

    def press(loader):
        if task.history:
            raise KeyboardInterrupt
        return begin(loader)

    monkeypatch.setattr(DataLoader, "__iter__", press)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        fit(task, tiny_task.CONFIG, 2)
    assert signal.getsignal(signal.SIGINT) is before


def test_the_largest_seed_of_a_config_trains(tmp_path):
    task = tiny_task.task(tmp_path, ["detector"], separator=False, epochs=1)
    task.seed = 2**31 - 1
    fit(task, tiny_task.CONFIG, 1)
    assert len(task.history) == 1


def test_a_run_with_more_epochs_than_asked_for(tmp_path):
    """It is refused in a sentence; with the epochs that it has, it ends at once."""

    def trained(epochs):
        task = tiny_task.task(tmp_path, ["detector"], separator=False, epochs=epochs)
        fit(task, tiny_task.CONFIG, epochs)
        return task.history

    history = trained(3)
    for fewer in (1, 2):
        words = rf"has trained 3 epochs, more than the {fewer} asked for: .*epochs=3"
        with pytest.raises(JssError, match=words):
            trained(fewer)
    assert trained(3) == history


def test_weights_of_another_epoch_than_the_best_are_not_selected(tmp_path):
    """A GPU may train an epoch otherwise that was stopped before its checkpoint was written."""
    task = tiny_task.task(tmp_path, ["detector"], separator=False, epochs=2)
    fit(task, tiny_task.CONFIG, 2)
    best, states = task.selected("student")
    assert states["student-detector"]
    task.history[1 - best]["student_objective"] = 9.0
    with pytest.raises(
        JssError, match=rf"weights of epoch {best + 1}, not of {2 - best}, the best"
    ):
        task.selected("student")


def test_a_disk_that_is_full(small_disk):
    (small_disk / "rest").write_bytes(bytes(1_000_000))
    task = tiny_task.task(small_disk, ["detector"], separator=False, epochs=1)
    with pytest.raises(JssError, match="cannot be written: No space left on device"):
        fit(task, tiny_task.CONFIG, 1)
    assert not list(small_disk.rglob("*.ckpt"))
    (small_disk / "rest").unlink()
    fit(task, tiny_task.CONFIG, 1)
    assert list(small_disk.rglob("*.ckpt"))


class Slow(tiny_task.Noise):
    """Time enough to die in."""

    def __getitem__(self, index):
        time.sleep(0.2)
        return super().__getitem__(index)


class Removed(tiny_task.Noise):
    def __getitem__(self, index):
        audio.load("/nowhere/a.wav")


WORKERS = load_preset(
    "smoke", ("data.seconds=1", "detection.batch=[2, 2, 2]", "detection.epochs=1", "data.workers=1")
)


def with_synthetic(task, subset):
    """Its worker process makes batches of this."""
    task.config, task.data = WORKERS, replace(task.data, synthetic=subset)
    return task


def test_a_worker_that_dies(tmp_path):
    task = with_synthetic(
        tiny_task.task(tmp_path, ["detector"], separator=False, epochs=1), Slow(0)
    )
    with first_child_dies(), pytest.raises(JssError, match=r"lower data\.workers.*--resume"):
        fit(task, WORKERS, 1)


def test_a_recording_that_is_gone_is_told_without_the_workers_traceback(tmp_path):
    task = with_synthetic(
        tiny_task.task(tmp_path, ["detector"], separator=False, epochs=1), Removed(0)
    )
    with pytest.raises(JssError) as error:
        fit(task, WORKERS, 1)
    assert str(error.value) == "There is no file at /nowhere/a.wav."


@pytest.mark.slow
def test_a_stage_ends_with_the_epoch_in_which_its_minutes_have_passed(tmp_path):
    task = tiny_task.task(tmp_path, ["detector"], separator=False, epochs=50)
    task.config = replace(tiny_task.CONFIG, minutes=1e-9)
    assert task.late  # before it has begun, the clock of its making counts
    fit(task, task.config, 50)
    assert len(task.history) == 1
    assert task.reached(task.c).epochs == 1
    task.config = replace(tiny_task.CONFIG, minutes=60.0)
    assert task.reached(task.c).epochs == 50


def test_a_loss_below_zero_that_rises_slowly_halves_the_rate(tmp_path):
    """By default, torch counts whatever is within 0.01 % of the best loss as progress."""
    network = ConvTasNet(tiny_task.CONFIG.separator)
    c = replace(tiny_task.CONFIG.separation, patience=2)
    task = SeparationTask(tmp_path, tiny_task.CONFIG, c, tiny_task.POOL, network, "mixit", 1.0)
    optimizer = task.configure_optimizers()
    for epoch in range(4):
        task.plateau.step(-10.0 + 0.0005 * epoch)
    assert optimizer.param_groups[0]["lr"] == 0.5


@pytest.mark.parametrize(("patience", "ends"), [(0, False), (2, True), (3, False)])
def test_training_ends_after_epochs_without_progress_unless_there_is_no_such_end(
    tmp_path, patience, ends
):
    network = ConvTasNet(tiny_task.CONFIG.separator)
    c = replace(tiny_task.CONFIG.separation, early_stop=patience)
    task = SeparationTask(tmp_path, tiny_task.CONFIG, c, tiny_task.POOL, network, "mixit", 1.0)
    assert not task.enough()
    task.history = [{"validation_loss": loss} for loss in (2.0, 1.0, 1.0, 1.5)]
    assert task.enough() is ends
