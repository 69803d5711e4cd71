"""Two processes as torchrun starts them, forked from a test, so that they need not import
everything anew.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import traceback
from collections.abc import Callable
from pathlib import Path

import torch

from jss.errors import JssError
from jss.training.distributed import joined


def run(folder: Path, job: Callable[[], object]) -> list[str]:
    """Run ``job`` in both. -> what each had to say: nothing, the sentence of a JssError, or a
    traceback.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    fork = multiprocessing.get_context("fork")
    both = [fork.Process(target=_process, args=(rank, port, folder, job)) for rank in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(120)
        process.kill()
    return [(folder / f"{rank}.message").read_text() for rank in range(2)]


def _process(rank: int, port: int, folder: Path, job: Callable[[], object]) -> None:
    message = ""
    os.environ.update(
        RANK=str(rank),
        LOCAL_RANK=str(rank),
        WORLD_SIZE="2",
        LOCAL_WORLD_SIZE="2",
        GROUP_RANK="0",
        MASTER_ADDR="127.0.0.1",
        MASTER_PORT=str(port),
        TORCHELASTIC_RUN_ID="test",
    )
    torch.set_num_threads(1)
    try:
        with joined():
            job()
    except JssError as error:
        message = str(error)
    except BaseException:
        message = traceback.format_exc()
    (folder / f"{rank}.message").write_text(message)
