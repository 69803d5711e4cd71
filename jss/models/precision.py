"""The type of the factors of matrix products: float32, or bfloat16 where the processor has units
for it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Literal

import torch

Precision = Literal["fp32", "bf16"]


def bf16_units() -> bool:
    """Whether products in bf16 are fast here: on a GPU, or a CPU with AVX512-BF16 or AMX. Others
    emulate them.
    """
    return bool(
        torch.cuda.is_available()
        or torch.cpu._is_avx512_bf16_supported()
        or torch.cpu._is_amx_tile_supported()
    )


def products(device: torch.device | str, precision: Precision) -> AbstractContextManager[object]:
    """A context in which products on a device have factors of this precision (torch's autocast)."""
    return torch.autocast(torch.device(device).type, torch.bfloat16, enabled=precision == "bf16")
