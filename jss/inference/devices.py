"""What can compute on this machine. Importing this does not import torch."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jss.models.precision import Precision


@dataclass(frozen=True)
class Device:
    """A processor, and a precision that pays on it."""

    #: For ``load_system``: "cpu", "cuda:0".
    name: str
    #: For the user: "2 CPU cores", "NVIDIA H100 80GB HBM3".
    title: str
    #: Of the factors of products.
    precision: Precision = "fp32"


#: Threads that read, or write, beside a device that analyses several windows at once.
MOST_WORKERS = 8


def cores() -> int:
    """The number of processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def workers_for(size: int) -> int:
    """Threads that read, and threads that write, where so many windows are analysed at once."""
    return 1 if size == 1 else max(2, min(MOST_WORKERS, cores()))


def cpu() -> Device:
    """Return the processor cores that this process may use."""
    count = cores()
    return Device("cpu", f"{count} CPU core{'s' * (count != 1)}")


def devices() -> list[Device]:
    """Return every GPU that torch can use, then the CPU, each with every precision that pays."""
    import torch

    from jss.models.precision import bf16_units

    gpus = [
        Device(f"cuda:{n}", torch.cuda.get_device_name(n), precision)
        for n in range(torch.cuda.device_count())
        for precision in ("fp32", "bf16")
    ]
    cores = cpu()
    with_units = [Device("cpu", cores.title, "bf16")] if not gpus and bf16_units() else []
    return [*gpus, cores, *with_units]
