from __future__ import annotations

import pytest

from jss.inference import devices
from jss.inference.devices import Device
from pages.ui.cache import runs_on


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    monkeypatch.setattr(runs_on, "_known", [])
    monkeypatch.setattr(runs_on, "_chosen", [])


def test_the_cpu_alone_is_no_choice(monkeypatch):
    monkeypatch.setattr(devices.os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    assert [device.title for device in runs_on.choices()] == ["2 CPU cores"]
    assert runs_on.suffix() == ""


def test_a_gpu_comes_first_and_bf16_has_results_of_its_own(monkeypatch):
    gpu = [Device("cuda:0", "NVIDIA H100", precision) for precision in ("fp32", "bf16")]
    monkeypatch.setattr(runs_on, "devices", lambda: [*gpu, devices.cpu()])
    runs_on.find()
    assert runs_on.chosen() == gpu[0]
    assert runs_on.suffix() == ""
    runs_on.choose(gpu[1])
    assert (runs_on.chosen(), runs_on.suffix()) == (gpu[1], "|bf16")


def test_what_torch_finds_ends_with_the_cpu():
    assert devices.devices()[-1].name == "cpu"
