"""Training in several processes, one for each device, started by torchrun.

Without torchrun there is one process, of rank 0.
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
#: Longest wait for another process, which may render or validate for hours. Where one dies,
#: torchrun ends all of them at once.
TIMEOUT = timedelta(days=1)


def rank() -> int:
    """The rank of this process, from 0."""
    return dist.get_rank() if dist.is_available() and dist.is_initialized() else 0


def world_size() -> int:
    """The number of processes that train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


@contextmanager
def joined() -> Iterator[None]:
    """In the ``with`` block, the processes that torchrun started form a group.

    Without torchrun, nothing changes.

    Raises:
        JssError: Another process has ended.
    """
    if (
        not (dist.is_available() and dist.is_torchelastic_launched())
        or int(os.environ["WORLD_SIZE"]) == 1
    ):
        yield
        return
    gpu = torch.cuda.is_available()
    dist.init_process_group("cpu:gloo,cuda:nccl" if gpu else "gloo", timeout=TIMEOUT)
    if rank():  # the messages are the same in all processes
        logging.getLogger("jss").setLevel(logging.ERROR)
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, dist.DistError) or "gloo" in str(error):
            raise JssError(
                "Another process of this training has ended; its message says why, unless it was "
                "killed: continue with --resume."
            ) from error
        raise
    finally:
        dist.destroy_process_group()


def check(devices: int, nodes: int) -> None:
    """Check that torchrun has started the processes that the config asks for.

    Args:
        devices: Processes on each machine, and, where it has GPUs, at least as many GPUs.
        nodes: Machines.

    Raises:
        JssError: There are other numbers of processes, or fewer GPUs.
    """
    local = int(os.environ["LOCAL_WORLD_SIZE"]) if world_size() > 1 else 1
    if (local, world_size() // local) != (devices, nodes):
        raise JssError(
            f"devices={devices} nodes={nodes} does not fit {local} processes on each of "
            f"{world_size() // local} machines: start it with torchrun --nnodes {nodes} "
            f"--nproc-per-node {devices} -m jss train ..., or change these settings."
        )
    if 0 < torch.cuda.device_count() < devices:
        raise JssError(
            f"This machine has fewer GPUs ({torch.cuda.device_count()}) than devices ({devices}): "
            "lower devices."
        )


def on_rank_zero(action: Callable[[], T]) -> T:
    """Run ``action`` in the first process alone, and return its result in all of them.

    Where it raises a JssError, the first process raises it too, and the others exit silently.
    """
    if world_size() == 1:
        return action()
    outcome: list[tuple[T | None, JssError | None]] = [(None, None)]
    if rank() == 0:
        try:
            outcome = [(action(), None)]
        except JssError as error:
            outcome = [(None, error)]
    dist.broadcast_object_list(outcome)
    result, error_of_first = outcome[0]
    if error_of_first is not None:
        raise error_of_first if rank() == 0 else SystemExit(2)
    return result  # type: ignore[return-value]


def rank_zero_first(action: Callable[[], T]) -> T:
    """Run ``action`` in every process, in the first one before all others, which use its files."""
    result_of_first: list[T] = []
    on_rank_zero(lambda: result_of_first.append(action()))
    return result_of_first[0] if result_of_first else action()


def mean_over_processes(values: dict[str, float]) -> dict[str, float]:
    """The mean of each value over all processes, which have the same keys."""
    of_all: list[dict[str, float]] = [values] * world_size()
    if world_size() > 1:
        dist.all_gather_object(of_all, values)
    return {key: sum(part[key] for part in of_all) / len(of_all) for key in values}
