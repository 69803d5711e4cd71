"""A folder of tiny systems with random weights, which run in milliseconds."""

from __future__ import annotations

from pathlib import Path

CRNN = {"n_classes": 10, "channels": [4, 8, 8], "time_pools": [2, 2, 1], "mel_pools": [8, 4, 4], "cells": 8,
        "layers": 1}
SEPARATOR = {"n_src": 4, "n_filters": 16, "bn_chan": 8, "hid_chan": 16, "skip_chan": 8, "n_blocks": 2}
MANIFEST = """\
name: {name}
description: {description}
labels: desed
pooling: max
features: dcase2021
selections:
  teacher: {{separator: {separator}, detector: tiny-detector-teacher}}
  student: {{separator: {separator}, detector: tiny-detector-student}}
"""


def write_systems(folder: Path) -> None:
    """Two random systems: SED (no separation stage) and MixIT-S1 (four sources)."""
    import torch

    from jss.checkpoints import Card, build, save_block

    blocks = [("tiny-detector-teacher", "crnn", CRNN, "teacher"), ("tiny-detector-student", "crnn", CRNN, "student"),
              ("tiny-separator", "conv_tasnet", SEPARATOR, "student")]
    with torch.random.fork_rng():
        torch.manual_seed(1)
        for name, kind, config, network in blocks:
            card = Card(name, kind, config, "test", network, "none: random weights", "MIT", seed=1)
            save_block(build(kind, config).state_dict(), card, folder)
    (folder / "systems").mkdir()
    for name, separator, description in (("SED", "null", "Detects events in the mixture."),
                                         ("MixIT-S1", "tiny-separator", "Separates, then detects.")):
        text = MANIFEST.format(name=name, separator=separator, description=description)
        (folder / "systems" / f"{name}.yaml").write_text(text)
