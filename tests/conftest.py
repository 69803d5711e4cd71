"""Shared fixtures: a folder of tiny systems with random weights, which run in milliseconds."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny import write_systems


@pytest.fixture(scope="session")
def tiny_checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoints folder with two random systems: SED (no separation stage) and MixIT-S1 (four sources)."""
    pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("checkpoints")
    write_systems(folder)
    return folder
