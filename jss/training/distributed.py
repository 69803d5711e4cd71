"""Training in several processes, one for each device, as torchrun starts them: which one this is,
what they agree on.

Alone, as without torchrun, a process is number 0 of 1 and agrees with itself.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist

from jss.errors import JssError

T = TypeVar("T")
#: Longest wait for one another. A process that died ends all, by torchrun; one may render or
#: validate for long.
PATIENCE = timedelta(days=1)


def rank() -> int:
    """The number of this process, from 0."""
    return dist.get_rank() if dist.is_available() and dist.is_initialized() else 0


def world() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


@contextmanager
def joined() -> Iterator[None]:
    """In the ``with`` block the processes that torchrun started know one another; nothing changes
    without it.

    Raises JssError where another one has ended.
    """
    if (
        not (dist.is_available() and dist.is_torchelastic_launched())
        or int(os.environ["WORLD_SIZE"]) == 1
    ):
        yield
        return
    gpu = torch.cuda.is_available()
    dist.init_process_group("cpu:gloo,cuda:nccl" if gpu else "gloo", timeout=PATIENCE)
    if rank():  # what all of them would say is said once
        logging.getLogger("jss").setLevel(logging.ERROR)
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, dist.DistError) or "gloo" in str(error):
            raise JssError(
                "Another process of this training has ended, and told why unless it was killed: go on with "
                "--resume."
            ) from error
        raise
    finally:
        dist.destroy_process_group()


def check(devices: int, nodes: int) -> None:
    """Raises JssError unless there is a process for each of ``devices`` on each of ``nodes``, and a
    GPU, if any.
    """
    local = int(os.environ["LOCAL_WORLD_SIZE"]) if world() > 1 else 1
    if (local, world() // local) != (devices, nodes):
        raise JssError(
            f"devices={devices} nodes={nodes} does not fit {local} processes on each of {world() // local} machines: "
            f"start it with torchrun --nnodes {nodes} --nproc-per-node {devices} -m jss train ..., or change these "
            "settings."
        )
    if 0 < torch.cuda.device_count() < devices:
        raise JssError(
            f"This machine has fewer GPUs ({torch.cuda.device_count()}) than devices ({devices}): lower "
            "devices."
        )


def alone(make: Callable[[], T]) -> T:
    """What ``make`` gives to the first process, which alone calls it; all others wait. Where it
    raises a JssError, the first raises it, and the others end without a word.
    """
    if world() == 1:
        return make()
    told: list[tuple[T | None, JssError | None]] = [(None, None)]
    if rank() == 0:
        try:
            told = [(make(), None)]
        except JssError as error:
            told = [(None, error)]
    dist.broadcast_object_list(told)
    made, failed = told[0]
    if failed is not None:
        raise failed if rank() == 0 else SystemExit(2)
    return made  # type: ignore[return-value]


def first(make: Callable[[], T]) -> T:
    """``make()`` of each process, the first one's before all others': what it writes, they find."""
    made: list[T] = []
    alone(lambda: made.append(make()))
    return made[0] if made else make()


def mean(values: dict[str, float]) -> dict[str, float]:
    """The mean over the processes, each of which has the same keys."""
    found: list[dict[str, float]] = [values] * world()
    if world() > 1:
        dist.all_gather_object(found, values)
    return {key: sum(one[key] for one in found) / len(found) for key in values}
