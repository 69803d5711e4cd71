"""The training loop: Lightning's Trainer with atomic checkpoints and exact resume."""

from __future__ import annotations

import io
import logging
import signal
import warnings
from functools import cache
from typing import Any, Literal

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from pytorch_lightning.callbacks import ModelCheckpoint, TQDMProgressBar
from pytorch_lightning.loggers import TensorBoardLogger
from pytorch_lightning.plugins.io import TorchCheckpointIO

from jss.config import Config
from jss.errors import JssError
from jss.io.atomic import atomic_write
from jss.models.precision import bf16_units
from jss.training.allocator import reusing_memory
from jss.training.distributed import on_rank_zero, rank, world_size
from jss.training.task import Task

log = logging.getLogger(__name__)

LAST = "last.ckpt"


class SafeCheckpointIO(TorchCheckpointIO):
    """Writes checkpoints atomically, and reads them as data.

    A killed run never leaves half a checkpoint. Only tensors, numbers and text are read, so that
    the checkpoint of a stranger cannot run code.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None
    ) -> None:
        """Lightning's hook."""
        content = io.BytesIO()  # torch's own writer raises a RuntimeError for a full disk
        torch.save(checkpoint, content)
        with atomic_write(path) as part:
            part.write_bytes(content.getbuffer())

    def load_checkpoint(
        self, path: Any, map_location: Any = None, weights_only: bool | None = True
    ) -> dict[str, Any]:
        """Lightning's hook.

        Raises:
            JssError: The checkpoint is damaged, or holds anything but data.
        """
        try:
            checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
            return checkpoint
        except OSError as error:
            raise JssError(
                f"The checkpoint {path} cannot be read: {error.strerror or error}."
            ) from error
        except Exception as error:  # a damaged file can make any error of torch's reader
            raise JssError(
                f"The checkpoint {path} is damaged, or not one of jss: delete it to train its "
                "stage from the beginning."
            ) from error


class _Progress(TQDMProgressBar):
    """A bar for each epoch, with the loss, the last objectives and the time left."""

    def get_metrics(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> dict[str, Any]:
        items = super().get_metrics(trainer, pl_module)
        items.pop("v_num", None)
        history = pl_module.history[-1] if isinstance(pl_module, Task) and pl_module.history else {}
        for key in ("student_objective", "teacher_objective", "validation_loss"):
            if key in history:
                items[key.removesuffix("_objective")] = f"{history[key]:.3f}"
        return items


def _precision(config: Config) -> Literal["bf16-mixed", "32-true"]:
    """Lightning's name of the precision: fp32 where bf16 would be emulated, which is slow."""
    if config.precision == "fp32":
        return "32-true"
    if bf16_units():
        return "bf16-mixed"
    _report_fp32()
    return "32-true"


@cache
def _report_fp32() -> None:
    if rank() == 0:
        log.warning("This CPU has no bf16 units and would emulate them slowly: training in fp32.")


def _tensorboard(task: Task) -> TensorBoardLogger:
    """A logger to the run's folder.

    Raises:
        JssError: TensorBoard is not installed.
    """
    try:
        return TensorBoardLogger(task.folder, name="tensorboard", version="")
    except ModuleNotFoundError as error:
        raise JssError(
            "tensorboard=true needs TensorBoard: pip install tensorboard, or leave it out "
            "(history.csv has the same rows)."
        ) from error


def fit(
    task: Task, config: Config, epochs: int, *, accumulate: int = 1, clip: float | None = None
) -> None:
    """Train up to an epoch, from the last finished epoch of the run if there is one.

    A resumed run gives the same weights as one that never stopped, bit for bit on a CPU. Several
    processes average the gradients of their micro-batches; the BatchNorm statistics are those of
    the first process.

    Args:
        task: What is trained, and the folder of its run.
        config: Precision, devices and logging.
        epochs: Where training ends.
        accumulate: Micro-batches for each optimizer step.
        clip: Largest norm of the gradient; None for any.

    Raises:
        JssError: The checkpoint is not one of this run, memory runs out, or the loss is not finite.
    """
    task.folder.mkdir(parents=True, exist_ok=True)
    for name in ("pytorch_lightning", "lightning.pytorch", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="pytorch_lightning")
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    warnings.filterwarnings("ignore", message=".*Grad strides do not match.*")
    # In TF32, cuDNN would round the factors of convolutions.
    torch.backends.cudnn.allow_tf32 = config.precision != "fp32"
    trainer = pl.Trainer(
        default_root_dir=task.folder,
        max_epochs=epochs,
        accelerator="auto" if world_size() == 1 or torch.cuda.is_available() else "cpu",
        devices=config.devices,
        num_nodes=config.nodes,
        strategy="auto" if world_size() == 1 else "ddp",
        use_distributed_sampler=False,
        precision=_precision(config),
        accumulate_grad_batches=accumulate,
        gradient_clip_val=clip,
        logger=_tensorboard(task) if config.tensorboard else False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        reload_dataloaders_every_n_epochs=1,
        callbacks=[
            ModelCheckpoint(
                task.folder,
                filename="last",
                save_top_k=1,
                every_n_epochs=1,
                save_on_train_epoch_end=True,
                enable_version_counter=False,
            ),
            _Progress(refresh_rate=5),
        ],
        plugins=[SafeCheckpointIO(), *([] if world_size() == 1 else [TorchElasticEnvironment()])],
    )
    last = task.folder / LAST
    on_interrupt = signal.getsignal(signal.SIGINT)
    try:
        with reusing_memory():
            trainer.fit(task, ckpt_path=str(last) if on_rank_zero(last.is_file) else None)
    except SystemExit as stop:
        if trainer.interrupted and stop.code == 1:  # how Lightning ends after Ctrl-C
            signal.signal(signal.SIGINT, on_interrupt)
            raise KeyboardInterrupt from stop
        raise
    except torch.OutOfMemoryError as error:
        raise JssError(
            "The GPU ran out of memory: raise detection.accumulate, lower separation.batch or "
            "data.seconds, or stop other programs on it, and continue with --resume."
        ) from error
    except (RuntimeError, KeyError) as error:
        if isinstance(error.__context__, KeyboardInterrupt):  # pressed between two epochs
            signal.signal(signal.SIGINT, on_interrupt)
            raise KeyboardInterrupt from error
        if "DataLoader worker" in str(error):
            raise JssError(
                "A process that prepares batches died, mostly for lack of memory: lower "
                "data.workers (0 needs no such process), and continue with --resume."
            ) from error
        if last.is_file() and "state_dict" in str(error):
            raise JssError(
                f"The checkpoint {last} belongs to a run with other sizes or settings: use another --out, or "
                "delete that folder."
            ) from error
        raise
