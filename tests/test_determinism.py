"""The same clip, the same scores: alone, among others, in any order, on any threads, compiled or
not; bf16 near it.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from jss import audio
from jss.inference.system import load_system

#: Within one way of computing; between the compiled kernels and plain torch; between fp32 and bf16,
#: as the README says.
SAME, COMPILED, BF16 = 1e-5, 1e-4, 0.01
ARRAYS = ("sources", "mel", "scores", "source_scores", "weak", "source_weak")


@pytest.fixture(scope="module", params=["MixIT-S1", "SED"])
def system(request, tiny_checkpoints):
    return load_system(request.param, folder=tiny_checkpoints, device="cpu")


def noise(seconds, seed=0):
    return np.random.default_rng(seed).uniform(-0.3, 0.3, round(seconds * 16000)).astype(np.float32)


def close(found, expected, tolerance):
    for name in ARRAYS:
        apart = np.abs(getattr(found, name) - getattr(expected, name)).max(initial=0.0)
        assert apart <= tolerance * (10 if name == "mel" else 1), (name, apart)  # mels are in dB


@pytest.mark.slow
def test_files_in_any_order(system, tmp_path, one_thread):
    """Lengths differ, so that what one leaves behind (a buffer, a cache) would be seen by the next."""
    paths = [tmp_path / f"{number}.flac" for number in range(4)]
    for number, (path, seconds) in enumerate(zip(paths, (2.0, 0.4, 31.0, 2.0), strict=True)):
        audio.save(path, noise(seconds, number))
    alone = {path: system(path) for path in paths}
    order = [paths[number] for number in (3, 0, 0, 2, 1)]
    for path, result in zip(order, system.run(order), strict=True):
        close(result, alone[path], SAME)


def test_threads(system):
    signal, threads, result = noise(4), torch.get_num_threads(), []
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            result.append(system(signal))
    finally:
        torch.set_num_threads(threads)
    close(result[1], result[0], SAME)


def test_a_system_that_is_loaded_again(system, tiny_checkpoints, one_thread):
    again = load_system(system.name, folder=tiny_checkpoints, device="cpu")
    close(again(noise(2)), system(noise(2)), 0.0)


def test_plain_and_accelerated(system, tiny_checkpoints, one_thread):
    plain = load_system(system.name, folder=tiny_checkpoints, device="cpu", accelerate=False)
    close(plain(noise(4)), system(noise(4)), COMPILED)


@pytest.mark.parametrize("accelerate", [True, False])
def test_bf16_comes_near(system, accelerate, tiny_checkpoints, one_thread):
    """Spectra are float32 all the same, so are the types of all results."""
    half = load_system(
        system.name, folder=tiny_checkpoints, device="cpu", precision="bf16", accelerate=accelerate
    )
    expected, result = system(noise(4)), half(noise(4))
    assert {getattr(result, name).dtype for name in ARRAYS} == {np.dtype(np.float32)}
    assert (
        0 < np.abs(result.source_scores - expected.source_scores).max(initial=0) <= BF16
        or not system.separates
    )
    assert 0 < np.abs(result.scores - expected.scores).max() <= BF16
    again = half(noise(4))
    close(again, result, SAME)
