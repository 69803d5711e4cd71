"""Memory that is used again: never by two at once, never too much of it kept."""

from __future__ import annotations

import pytest
import torch

from jss.models.fast import scratch as module
from jss.models.fast.scratch import scratch


@pytest.fixture(autouse=True)
def _nothing_spare(monkeypatch):
    monkeypatch.setattr(module, "_spare", [])


def test_matrices_are_apart_and_of_the_type_asked_for():
    with scratch((3, 5, torch.float32), (7, 2, torch.bfloat16), (1, 1, torch.float32)) as (a, b, c):
        for number, matrix in enumerate((a, b, c)):
            matrix.fill_(number)
        assert [(m.shape, m.dtype) for m in (a, b, c)] == [
            ((3, 5), torch.float32),
            ((7, 2), torch.bfloat16),
            ((1, 1), torch.float32),
        ]
        assert [m.unique().tolist() for m in (a, b, c)] == [[0], [1], [2]]
        assert all((m.data_ptr() - a.data_ptr()) % 64 == 0 and m.is_contiguous() for m in (a, b, c))


def test_memory_is_used_again_but_never_twice_at_once():
    with scratch((100, 10, torch.float32)) as (first,):
        place = first.data_ptr()
        with scratch((100, 10, torch.float32)) as (second,):
            assert second.data_ptr() != place
    with scratch((50, 10, torch.float32)) as (third,):
        assert third.data_ptr() in {place, second.data_ptr()}
    with scratch((200, 10, torch.float32)):
        pass
    assert [m.numel() for m in module._spare] == [8000 + (64 - 8000 % 64) % 64]


def test_no_more_is_kept_than_may_be(monkeypatch):
    monkeypatch.setattr(module, "KEPT", 1000)
    with scratch((100, 10, torch.float32)):
        pass
    assert module._spare == []


def test_it_can_be_written_in_and_out_of_inference_mode_and_comes_back_after_an_error():
    with torch.inference_mode(), scratch((10, 10, torch.float32)) as (a,):
        a.zero_()
    with (
        pytest.raises(RuntimeError, match="must match the size"),
        scratch((10, 10, torch.float32)) as (b,),
    ):
        b.add_(torch.ones(3))
    assert len(module._spare) == 1
