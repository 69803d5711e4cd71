"""The precisions that a bench measures."""

from __future__ import annotations

from jss.models.precision import Precision, bf16_units


def precisions() -> list[Precision]:
    """fp32, and bf16 where the CPU has units for it; prints a line where it has none."""
    if bf16_units():
        return ["fp32", "bf16"]
    print("This CPU has no bf16 units (AVX512-BF16 or AMX): fp32 only.")
    return ["fp32"]
