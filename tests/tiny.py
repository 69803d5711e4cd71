"""Folders of tiny systems with random weights, which run in milliseconds."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from jss.labels import URBAN_LABELS

CRNN = {
    "n_classes": 10,
    "channels": [4, 8, 8],
    "time_pools": [2, 2, 1],
    "mel_pools": [8, 4, 4],
    "cells": 8,
    "layers": 1,
}
SEPARATOR = {
    "n_src": 4,
    "n_filters": 16,
    "bn_chan": 8,
    "hid_chan": 16,
    "skip_chan": 8,
    "n_blocks": 2,
}
TDCN = {
    "n_src": 2,
    "n_filters": 16,
    "bn_chan": 8,
    "hid_chan": 8,
    "skip_chan": 8,
    "n_blocks": 1,
    "n_repeats": 2,
}
CRITIC = {"channels": [4, 4, 8], "kernel": 3, "cells": 8, "bands": 16}
MASKER = {"cells": 8, "layers": 1}
#: Blocks of the weak-label paper by name: kind and sizes.
WEAK = {
    "critic-frame": ("critic", CRITIC),
    "critic-clip": ("critic", CRITIC),
    "weak-strong": ("tf_masker", MASKER),
    "weak-frame": ("tf_masker", MASKER),
    "weak-clip": ("tf_masker", MASKER),
    "conv-frame": ("conv_tasnet", SEPARATOR | {"n_src": 5}),
}
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
#: The DCASE 2021 SSep+SED baseline.
TWO_BRANCHES = """\
name: SSep-SED
description: Detects in the sources and in the mixture.
labels: desed
pooling: sum
selections:
  teacher:
    separator: tiny-tdcn
    detector: tiny-detector-teacher
    mixture: tiny-detector-student
    q: 0.3
    mixture_input: sources
"""


def write_systems(folder: Path) -> None:
    """Two random systems: SED (no separation stage) and MixIT-S1 (four sources)."""
    import torch

    from jss.checkpoints import Card, build, save_block

    blocks = [
        ("tiny-detector-teacher", "crnn", CRNN, "teacher"),
        ("tiny-detector-student", "crnn", CRNN, "student"),
        ("tiny-separator", "conv_tasnet", SEPARATOR, "student"),
    ]
    with torch.random.fork_rng():
        torch.manual_seed(1)
        for name, kind, config, network in blocks:
            card = Card(name, kind, config, "test", network, "none: random weights", "MIT", seed=1)
            save_block(build(kind, config).state_dict(), card, folder)
    (folder / "systems").mkdir()
    for name, separator, description in (
        ("SED", "null", "Detects events in the mixture."),
        ("MixIT-S1", "tiny-separator", "Separates, then detects."),
    ):
        text = MANIFEST.format(name=name, separator=separator, description=description)
        (folder / "systems" / f"{name}.yaml").write_text(text)


def write_two_branches(folder: Path) -> None:
    """SSep-SED, from the detectors of ``write_systems`` and a random separator of two sources."""
    import torch

    from jss.checkpoints import Card, build, save_block

    with torch.random.fork_rng():
        torch.manual_seed(2)
        state = build("tdcn", TDCN).state_dict()
    card = Card("tiny-tdcn", "tdcn", TDCN, "test", "student", "none: random weights", "MIT")
    save_block(state, card, folder)
    (folder / "systems" / "SSep-SED.yaml").write_text(TWO_BRANCHES)


def write_onnx(folder: Path) -> None:
    """MixIT-S1-onnx: the student of MixIT-S1 with its detector as an ONNX file."""
    from jss.inference.onnx_files import export_onnx, import_onnx

    file = folder / "MixIT-S1.onnx"
    description = export_onnx("MixIT-S1", "student", file, folder)
    import_onnx(file, description, folder)


def write_weak(folder: Path, names: Iterable[str] = WEAK) -> None:
    """Random critics and separators of the five classes of the weak-label paper."""
    import torch

    from jss.checkpoints import Card, build, save_block

    with torch.random.fork_rng():
        torch.manual_seed(0)
        for name in names:
            kind, sizes = WEAK[name]
            labels = name.partition("-")[2]
            critic = f"critic-{labels}" if kind != "critic" and labels != "strong" else None
            settings = {"classes": list(URBAN_LABELS), "labels": labels, "critic": critic}
            card = Card(
                name,
                kind,
                sizes,
                "test",
                "student",
                "none: random weights",
                "MIT",
                settings=settings,
            )
            save_block(build(kind, sizes).state_dict(), card, folder)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
