"""The smoke chain, trained once for all tests that look at it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from jss.config import Config, load_preset
from jss.training.chain import Chain, Workspace
from jss.training.experiment import JointTrainings


@dataclass(frozen=True)
class Smoke:
    """A finished chain: its config, the folder of its runs and that of its checkpoints."""

    config: Config
    out: Path
    checkpoints: Path


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Smoke:
    """SED, PIT, MixIT, S0, S1, S2 and JT with tiny networks, on the synthesiser."""
    out = tmp_path_factory.mktemp("smoke")
    config = load_preset(
        "smoke",
        ("data.synthetic=4", "data.weak=4", "data.unlabelled=4", "stages.S1.save_sources=true"),
    )  # two steps an epoch
    chain = Chain(JointTrainings(Workspace(config, "synthscapes", out, out / "checkpoints")))
    chain.run(config.systems, resume=False)
    return Smoke(config, out, out / "checkpoints")
