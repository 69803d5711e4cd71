"""Freed memory is used again while a training runs, and returned afterwards."""

import platform
import resource

import pytest
import torch

from jss.training.allocator import reusing_memory

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")

MEGABYTE = 1 << 18  # floats


def faults(work):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    work()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@pytest.mark.slow
def test_memory_is_reused_only_within_the_block():
    def step():
        torch.ones(256 * MEGABYTE)

    step()
    plain = faults(step)
    with reusing_memory():
        step()
        reused = faults(step)
    returned = faults(step)
    assert reused < plain / 10, (plain, reused)
    assert reused < returned / 10, (returned, reused)
